"""What comes while something else is being accepted, by another process: nothing is decided on what holds no more."""

import pytest
from redis.exceptions import ResponseError

from services.ingest.desk import Desk
from services.ingest.doors import Doors
from services.ingest.draft import Draft
from services.ingest.waiting import Waiting
from shared.articles import identify
from shared.events import ARTICLES
from shared.front import FRONT, Front, Lead
from shared.live import list_key, live_key, score
from shared.service import Service
from tests.ingest.two import Two, story


async def test_two_articles_that_want_one_address_get_two(two: Two) -> None:
    accepted, article = await two.interrupt(story("mine"), story("theirs"))
    assert accepted.article.path == article.path == "/2025/07/26/story-2/"


async def test_an_older_version_does_not_take_the_place_of_the_newer_one_that_came_meanwhile(two: Two) -> None:
    accepted, article = await two.interrupt(story("g"), story("g", version=2, summary="newer"))
    assert (accepted.outcome, article.version, article.summary) == ("stale", 2, "newer")


async def test_what_the_stream_does_not_take_is_not_kept_and_comes_again_as_new(two: Two) -> None:
    await two.stores[0].do("XADD", ARTICLES, f"{2**64 - 1}-{2**64 - 1}", "by", "somebody else")
    with pytest.raises(ResponseError):
        await two.first.accept("desk", story("g"))
    await two.stores[0].do("DEL", ARTICLES)
    assert (await two.first.accept("desk", story("g"))).outcome == "published"
    assert await two.stores[0].do("XLEN", ARTICLES) == 1


async def test_an_original_learns_of_the_rewrite_that_came_meanwhile(two: Two) -> None:
    theirs = story("rewrite", headline="Another address", evolved_from="original")
    accepted, article = await two.interrupt(story("original"), theirs)
    assert accepted.article.replaced_by == article.replaced_by is not None


async def test_a_rewrite_replaces_the_original_that_came_meanwhile(two: Two) -> None:
    mine = story("rewrite", headline="Another address", evolved_from="original")
    accepted, _ = await two.interrupt(mine, story("original"))
    original = (await two.second.find(identify("desk", "original")))[0].current
    assert original is not None
    assert original.replaced_by == accepted.article.id


@pytest.mark.parametrize("known", [(), ("b",)])
async def test_rewrites_of_one_that_never_came_are_of_one_chain_though_they_come_at_once(
    two: Two, known: tuple[str, ...]
) -> None:
    mine, theirs, *others = (story(guid, headline=guid, evolved_from="lost") for guid in ("mine", "a", *known))
    for other in others:
        await two.second.accept("desk", other)
    accepted, article = await two.interrupt(mine, theirs)
    assert article.live
    for guid in ("a", *known):
        older = (await two.second.find(identify("desk", guid)))[0].current
        assert older is not None
        assert older.replaced_by == accepted.article.id


async def test_a_kill_takes_down_the_newer_version_that_came_meanwhile(two: Two) -> None:
    ident = (await two.second.accept("desk", story("g"))).article.id
    service = Service("ingest", two.settings)
    desk = Desk(service, Doors({}), two.first, Waiting(service.store))
    two.stores[0].between = lambda: two.second.accept("desk", story("g", version=2, summary="newer"))
    told = await desk.withdraw("desk", ident)
    assert (told["outcome"], told["version"]) == ("withdrawn", 2)
    await service.store.close()


@pytest.mark.parametrize(
    "later", [story("g", version=2, status="canceled"), story("rewrite", headline="Another address", evolved_from="g")]
)
async def test_a_kill_and_a_rewrite_take_out_of_the_lists_what_was_listed_meanwhile(two: Two, later: Draft) -> None:
    article = (await two.second.accept("desk", story("g"))).article
    store = two.stores[1]

    async def list_it() -> None:
        await store.do("SET", live_key(article.id), article.card().model_dump_json())
        await store.do("ZADD", list_key("all"), score(article.card()), article.id)

    two.stores[0].between = list_it
    await two.first.accept("desk", later)
    assert not await store.do("EXISTS", live_key(article.id), list_key("all"))


async def test_a_rewrite_of_what_led_changes_nothing_of_a_front_that_was_named_meanwhile(two: Two) -> None:
    led, other = [(await two.second.accept("desk", story(guid, slug=guid))).article.id for guid in ("led", "other")]
    before, meanwhile = [Front(lead=(Lead(article=ident),)).model_dump_json() for ident in (led, other)]
    await two.stores[1].do("SET", FRONT, before)
    two.stores[0].between = lambda: two.stores[1].do("SET", FRONT, meanwhile)
    await two.first.accept("desk", story("rewrite", slug="rewrite", evolved_from="led"))
    assert await two.stores[1].do("GET", FRONT) == meanwhile.encode()

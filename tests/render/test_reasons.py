"""Why a page is as it is, and which pages an article's change would reach."""

import json
import re
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from services.render import keys
from services.render.addresses import page_of, path_of
from services.render.dirty_steps import WHY, waits_key
from services.render.edition import LiveEdition
from services.render.output import page_file
from services.render.reasons import article_at, impact, why
from shared.articles import Article
from shared.charts import Chart, Ranked, chart_key, charted_key, charts_key
from shared.events import SIGNALS, RankingChanged, announce, made_at
from shared.site_settings import SiteSettings
from tests.properties.press_room import OneByOne, PressRoom, draft, lists_change_while_shelving, opened

WEEK = "2025-W29"
SITE = SiteSettings(timezone="Asia/Baghdad", hot=2, topics=3, related=2)


@pytest.fixture
async def room(valkey: str, tmp_path: Path) -> AsyncIterator[PressRoom]:
    async with opened(valkey, tmp_path, SITE) as made:
        yield made


async def publish(room: PressRoom, guid: str, **members: Any) -> Article:
    accepted = await room.accept(draft(guid, **{"section": "World", "topics": ("Oil",), **members}))
    await room.drain()
    return accepted.article


async def reasons_of(room: PressRoom, address: str) -> dict[str, Any]:
    found = await why(room.store, LiveEdition(room.store, SITE), room.tree, address)
    assert found is not None, address
    return found


async def articles_of(room: PressRoom, address: str) -> list[str]:
    return list((await reasons_of(room, address))["made_of"]["articles"])


async def impact_of(room: PressRoom, article: Article) -> set[str]:
    found = await impact(room.store, LiveEdition(room.store, SITE), article.id)
    assert found is not None
    assert len(found) == len(set(found))
    return set(found)


async def chart(room: PressRoom, *articles: Article) -> None:
    """What trending does when a week is over."""
    entries = tuple(Ranked(rank=rank, id=one.id, views=9) for rank, one in enumerate(articles, 1))
    await room.store.commit(
        {},
        [
            ("SET", chart_key(WEEK), Chart(week=WEEK, entries=entries).model_dump_json()),
            ("SADD", charts_key(), WEEK),
            *(("SADD", charted_key(one.id), WEEK) for one in articles),
            announce(SIGNALS, RankingChanged(at=room.now, list=f"week:{WEEK}")),
        ],
    )
    await room.drain()


async def test_a_page_is_made_of_the_articles_that_it_shows(room: PressRoom) -> None:
    old = await publish(room, "old", published_at=room.now - timedelta(days=17), authors=("Jane Doe",))
    new, lead = await publish(room, "new"), await publish(room, "lead", section="Sport", topics=())
    await room.lead(old.id, 5)
    await room.rank("hot", ["gone", lead.id, old.id, new.id])
    await chart(room, new, lead)
    newest = [one.id for one in sorted((new, lead), key=lambda one: one.id, reverse=True)]
    assert await articles_of(room, "/") == [old.id, *newest]
    assert await articles_of(room, "/feed.json") == [*newest, old.id]
    assert await articles_of(room, "/world/") == [new.id, old.id]
    assert await articles_of(room, "/author/jane-doe/2025/07/") == [old.id]
    assert await articles_of(room, "/archive/2025/07/09/") == [old.id]
    assert await articles_of(room, "/hot/") == [lead.id, old.id, new.id]
    assert await articles_of(room, "/_fragments/hot.html") == [lead.id, old.id]
    assert await articles_of(room, "/_fragments/topics.html") == [*newest, old.id]
    assert await articles_of(room, "/_fragments/navigation.html") == []
    assert await articles_of(room, f"/hot/{WEEK}/") == [new.id, lead.id]
    assert await articles_of(room, "/sitemaps/2025-07-1.xml") == [old.id, new.id, lead.id]
    assert await articles_of(room, "/news-sitemap.xml") == newest
    assert await articles_of(room, "/sitemap.xml") == await articles_of(room, "/robots.txt") == []
    assert await articles_of(room, new.path) == [new.id, old.id]


async def test_a_page_includes_the_fragments_that_its_file_names(room: PressRoom) -> None:
    article = await publish(room, "g")
    await chart(room, article)
    pages = ("/", "/world/", article.path, "/hot/", f"/hot/{WEEK}/", "/archive/2025/07/")
    others = ("/feed.xml", "/sitemap.xml", "/news-sitemap.xml", "/robots.txt", "/_fragments/hot.html")
    for address in (*pages, *others):
        file = room.tree.read(page_file(address)) or b""
        named = re.findall(rb'<!--# include virtual="/_fragments/([a-z]+).html"', file)
        includes = (await reasons_of(room, address))["made_of"]["includes"]
        assert includes == [f"fragment:{name.decode()}" for name in named], address


async def test_the_event_is_told_that_made_an_address_lead_to_the_rewrite(room: PressRoom) -> None:
    old = await publish(room, "old")
    rewrite = await room.accept(draft("new", evolved_from="old"))
    await room.deliver(OneByOne())
    while await room.press.round():  # its page waits for the rewrite's
        pass
    assert await room.store.do("EXISTS", waits_key(rewrite.article.id))
    await room.drain()
    found = await reasons_of(room, old.path)
    asked_at, _ = await room.store.do("TIME")
    assert (made_at(rewrite.event_id) or 0) <= found["rebuilt_at_ms"] < (int(asked_at) + 1) * 1000
    events = [json.loads(fields[1]) for _, fields in await room.store.do("XRANGE", "articles", "-", "+")]
    [withdrawn] = [event for event in events if event["id"] == old.id and event["type"] == "article.withdrawn"]
    assert found["page"] == keys.article(old.id)
    assert found["last_event"] == {name: value for name, value in withdrawn.items() if name != "article"}
    assert (await reasons_of(room, rewrite.article.path))["last_event"]["event_id"] == rewrite.event_id


async def test_the_event_is_told_that_changed_a_fragment_alone(room: PressRoom) -> None:
    await room.drain()  # what a start builds has other reasons
    await room.conditions(47, 0)
    await room.drain()
    assert (await reasons_of(room, "/_fragments/masthead.html"))["last_event"]["type"] == "conditions.changed"


async def test_the_event_is_told_though_the_lists_changed_while_its_page_was_built(
    room: PressRoom, monkeypatch: pytest.MonkeyPatch
) -> None:
    await room.drain()  # what a start builds has no event
    tries = lists_change_while_shelving(room, monkeypatch)
    accepted = await room.accept(draft("g", headline="One"))
    await room.drain()
    assert tries[:2] == [False, True]
    cause = (await room.store.do("HGET", WHY, keys.listing("all"))).split()[0].decode()
    assert cause == accepted.event_id


@pytest.mark.parametrize(
    ("address", "path"),
    [
        ("/hot/", "/hot/"),
        ("hot", "/hot/"),
        ("/hot/index.html", "/hot/"),
        ("http://host/hot/", "/hot/"),
        ("HTTPS://reader@[::1]:8080/hot/?x=1#top", "/hot/"),
        ("http://host", "/"),
        ("http://host?x=http://host/hot/", "/"),
        ("", "/"),
        ("/feed.xml?x=1", "/feed.xml"),
        ("/feed.xml#a?b", "/feed.xml"),
        ("/feed.xml/", "/feed.xml/"),
        ("/world%2dco/", "/world-co/"),
        ("/topic%2Foil/", "/topic/oil/"),
        ("/%D9%86%D9%81%D8%B7/", "/نفط/"),
        ("/what%3F/", "/what?/"),
        ("//hot//", "/hot/"),
        ("/world/./../hot", "/hot/"),
        ("/%ff\ud800/", "/\ufffd?/"),
    ],
)
def test_an_address_is_taken_as_nginx_takes_it(address: str, path: str) -> None:
    assert path_of(address) == path


async def test_a_page_is_found_by_its_whole_address(room: PressRoom) -> None:
    await publish(room, "g", section="World & Co")
    found = await reasons_of(room, "http://anywhere:8080/world%2dco?from=mail#top")
    assert (found["path"], found["page"]) == ("/world-co/", keys.listing("section:world-co"))


async def test_a_folder_of_redirects_and_410s_is_no_page(room: PressRoom) -> None:
    old = await publish(room, "old")
    await room.accept(draft("old", status="canceled"))
    await room.drain()
    assert (await reasons_of(room, old.path))["page"] == keys.article(old.id)
    year = f"/{old.path.split('/')[1]}/"
    assert (room.folder / "site/_gone" / year.strip("/")).is_dir()
    assert await why(room.store, LiveEdition(room.store, SITE), room.tree, year) is None
    assert await impact(room.store, LiveEdition(room.store, SITE), old.id) is None


async def test_an_article_is_told_by_its_id_or_by_any_address_that_it_has_had(room: PressRoom) -> None:
    before = await publish(room, "g")
    await room.accept(draft("g", version=2, slug="moved", section="World", topics=("Oil",)))
    await room.drain()
    edition = LiveEdition(room.store, SITE)
    moved = f"{before.path.rsplit('/', 2)[0]}/moved/"
    for told in (before.id, before.path, f"https://news.example{moved}?from=mail", moved):
        assert await article_at(room.store, edition, told) == before.id, told
    for none in ("/world/", f"{before.path}x/", "g"):
        assert await article_at(room.store, edition, none) == none


# What `impact` says is held against what happens.

Prepare = Callable[[PressRoom], Awaitable[Article]]


async def before_views(room: PressRoom) -> Article:
    for number in range(4):
        await publish(room, f"g{number}")
    return await publish(room, "g")


async def with_topics_ranking(room: PressRoom) -> Article:
    article = await publish(room, "g", topics=("Oil", "Iran"), authors=("Jane Doe",))
    for topic in ("Rain", "Vote", "Water"):
        await publish(room, topic, topics=(topic,))
    await room.rank("topics", ["iran", "rain", "vote"])
    await room.drain()
    return article


async def with_a_full_topics_block(room: PressRoom) -> Article:
    for topic in ("Rain", "Vote", "Water"):
        await publish(room, topic, topics=(topic,))
    await room.rank("topics", ["water", "rain", "vote"])
    await room.drain()
    return await publish(room, "g")


async def in_hot_and_its_block(room: PressRoom) -> Article:
    article, others = await publish(room, "g"), [await publish(room, f"g{number}") for number in range(3)]
    await room.rank("hot", [others[0].id, article.id, others[1].id])
    await room.drain()
    return article


async def in_hot_below_its_block(room: PressRoom) -> Article:
    article, others = await publish(room, "g"), [await publish(room, f"g{number}") for number in range(3)]
    await room.rank("hot", [*(other.id for other in others), article.id])
    await room.drain()
    return article


async def in_a_chart(room: PressRoom) -> Article:
    article = await publish(room, "g")
    await chart(room, await publish(room, "other"), article)
    return article


async def old_among_newer_ones(room: PressRoom) -> Article:
    for number in range(8):
        await publish(room, f"g{number}")
    return await publish(room, "g", topics=("Oil", "Iran"), published_at=room.now - timedelta(days=17))


async def leading(room: PressRoom) -> Article:
    article = await publish(room, "g", published_at=room.now - timedelta(days=17))
    for number in range(31):
        await room.accept(draft(f"g{number}", section="World"))
    await room.lead(article.id, 5)
    await room.drain()
    return article


STATES: dict[Prepare, tuple[set[str], set[str]]] = {
    before_views: ({keys.TOPICS_BLOCK, keys.NEWS}, {keys.HOT, keys.HOT_BLOCK, keys.chart(WEEK)}),
    with_topics_ranking: ({keys.TOPICS_BLOCK, keys.listing("author:jane-doe"), keys.feed("topic:iran")}, {keys.HOT}),
    with_a_full_topics_block: ({keys.FRONT}, {keys.TOPICS_BLOCK}),
    in_hot_and_its_block: ({keys.HOT, keys.HOT_BLOCK}, set()),
    in_hot_below_its_block: ({keys.HOT}, {keys.HOT_BLOCK}),
    in_a_chart: ({keys.chart(WEEK)}, {keys.HOT}),
    old_among_newer_ones: ({keys.FRONT, keys.archive("all", "2025-07-09", 1)}, {keys.NEWS, keys.TOPICS_BLOCK}),
    leading: ({keys.FRONT}, {keys.feed("all"), keys.feed("section:world"), keys.NEWS}),
}
states = pytest.mark.parametrize("prepare", STATES, ids=lambda prepare: prepare.__name__)
LEADS = {keys.NAVIGATION, keys.SITEMAPS}
"""Pages that name sections and months: they change with the last article of one alone."""


async def changed_by(room: PressRoom, **members: Any) -> set[str]:
    """The keys of the pages whose files change when the article `g` does."""
    before = {path: room.tree.read(path) for path in room.tree.walk()}
    await room.accept(draft("g", updated_at=room.now + timedelta(minutes=1), **members))
    await room.drain()
    after = {path: room.tree.read(path) for path in room.tree.walk()}
    changed = {path for path in {*before, *after} if before.get(path) != after.get(path)}
    addresses = {path_of(path.removeprefix("_gone").removeprefix("_moved")) for path in changed}
    return {await page_of(room.store, address) or address for address in addresses}


def members_of(article: Article) -> dict[str, Any]:
    return {
        "section": article.section and article.section.name,
        "topics": tuple(topic.name for topic in article.topics),
        "authors": tuple(author.name for author in article.authors),
    }


@states
async def test_impact_names_the_pages_that_a_correction_changes_and_no_other(room: PressRoom, prepare: Prepare) -> None:
    article = await prepare(room)
    named = await impact_of(room, article)
    reached, left_alone = STATES[prepare]
    assert named >= reached
    assert not named & left_alone
    changed = await changed_by(room, headline="Otherwise", body_html="<p>New.</p>", **members_of(article))
    assert changed == named


@states
async def test_impact_names_the_pages_that_a_withdrawal_changes(room: PressRoom, prepare: Prepare) -> None:
    article = await prepare(room)
    named = await impact_of(room, article)
    changed = await changed_by(room, status="canceled")
    assert named <= changed
    assert changed - named <= LEADS

"""What a new state of an article changes for the others of its chain of rewrites, and what it does not."""

import json
from collections.abc import AsyncIterator
from datetime import timedelta
from itertools import permutations
from typing import Any

import pytest

from services.ingest.draft import Draft
from services.ingest.entries import Change, enter
from services.ingest.families import chain_of_key
from services.ingest.register import Accepted
from shared.articles import Article, body_key, identify
from shared.events import ARTICLES, SIGNALS
from shared.kept import unpack_body
from shared.site_settings import SiteSettings
from tests.ingest.test_two_ingests import EARLIER, Ingest

GUIDS = ("original", "rewrite", "newest")


class Desk(Ingest):
    """An ingest that is asked what it told others."""

    async def take(self, guid: str, **members: Any) -> Accepted:
        draft = Draft(guid=guid, **{"headline": guid, "body_text": guid, **members})
        return await self.register.accept("desk", draft)

    async def events(self) -> int:
        return int(await self.store.do("XLEN", ARTICLES))

    async def article(self, guid: str) -> Article:
        article = (await self.register.find(identify("desk", guid)))[0].current
        assert article is not None
        return article


@pytest.fixture
async def empty(valkey: str) -> AsyncIterator[Desk]:
    """Where nothing has come yet."""
    made = Desk(valkey, EARLIER)
    yield made
    await made.store.close()


@pytest.fixture
async def desk(empty: Desk) -> Desk:
    """Where an original has been rewritten twice."""
    await empty.take("original")
    await empty.take("rewrite", evolved_from="original")
    await empty.take("newest", evolved_from="rewrite")
    return empty


async def test_the_event_that_is_named_is_that_of_the_article_and_comes_after_those_of_its_chain(desk: Desk) -> None:
    before = await desk.events()
    accepted = await desk.take("last", evolved_from="newest")
    entries = await desk.store.do("XRANGE", ARTICLES, "-", "+")
    *others, own = [json.loads(fields[1]) for _, fields in entries[before:]]
    assert (own["event_id"], own["guid"]) == (accepted.event_id, "last")
    assert {event["guid"] for event in others} == set(GUIDS)


async def test_of_what_has_been_rewritten_before_a_rewrite_tells_where_it_leads_and_not_its_words_again(
    desk: Desk,
) -> None:
    before = await desk.events()
    last = await desk.take("last", evolved_from="newest")
    entries = await desk.store.do("XRANGE", ARTICLES, "-", "+")
    told = {event["guid"]: event for event in (json.loads(fields[1]) for _, fields in entries[before:])}
    assert {guid for guid, event in told.items() if event["article"]["body_html"]} == {"newest", "last"}
    assert {event["article"]["guid"] for event in told.values()} == set(told)
    assert {told[guid]["replaced_by"] for guid in GUIDS} == {last.article.id}
    assert told["newest"]["article"]["body_html"] == "<p>newest</p>"
    await desk.take("last", status="canceled", evolved_from="newest")
    await desk.take("newest", body_text="It is back.", updated_at=EARLIER + timedelta(days=1), evolved_from="rewrite")
    *_, entry = await desk.store.do("XRANGE", ARTICLES, "-", "+")
    assert json.loads(entry[1][1])["article"]["body_html"] == "<p>It is back.</p>"


@pytest.mark.parametrize(
    "change", [{"status": "canceled"}, {"withholds": True, "embargo_until": EARLIER + timedelta(hours=1)}]
)
async def test_what_is_taken_from_readers_is_told_with_the_words_that_they_had(
    desk: Desk, change: dict[str, Any]
) -> None:
    await desk.take("newest", evolved_from="rewrite", **change)
    *_, entry = await desk.store.do("XRANGE", ARTICLES, "-", "+")
    event = json.loads(entry[1][1])
    assert (event["type"], event["guid"]) == ("article.withdrawn", "newest")
    assert event["article"]["body_html"] == "<p>newest</p>"


async def test_a_kill_that_is_told_again_takes_down_nothing_that_came_since(empty: Desk) -> None:
    await empty.take("original", version=1)
    killed = await empty.take("original", version=2, status="canceled")
    await empty.take("rewrite", evolved_from="original", updated_at=EARLIER + timedelta(hours=3))
    for version in (2, 3):
        again = await empty.take("original", version=version, status="canceled")
        assert (again.outcome, again.article.withdrawn_at) == ("unchanged", killed.article.withdrawn_at)
        assert (await empty.article("rewrite")).live


async def test_a_body_is_kept_once_though_its_article_leads_elsewhere(desk: Desk) -> None:
    before = await desk.article("original")
    elsewhere = Change(before, before.model_copy(update={"replaced_by": "another"}), "<p>original</p>", None)
    commands, _ = enter(elsewhere, SiteSettings(), EARLIER)
    assert not any(body_key(before.id) in command for command in commands)
    changed = Change(before, before.model_copy(update={"digest": "of other words"}), "<p>Other words.</p>", None)
    commands, _ = enter(changed, SiteSettings(), EARLIER)
    assert any(body_key(before.id) in command for command in commands)


@pytest.mark.parametrize("guid", GUIDS)
async def test_new_words_are_told_of_the_article_alone(desk: Desk, guid: str) -> None:
    before = await desk.events()
    evolved_from = {"rewrite": "original", "newest": "rewrite"}.get(guid)
    accepted = await desk.take(guid, body_text="New words.", evolved_from=evolved_from)
    assert await desk.events() == before + 1
    assert bool(accepted.awaited) is (guid == "newest"), "readers see no new words of what has been rewritten"


async def test_what_leads_to_an_article_already_is_waited_for_with_its_new_words(desk: Desk) -> None:
    before = {identify("desk", guid): (await desk.article(guid)).revision for guid in GUIDS}
    accepted = await desk.take("newest", body_text="New words.", evolved_from="rewrite")
    newest = identify("desk", "newest")
    assert dict(accepted.awaited) == {**before, newest: before[newest] + 1}


@pytest.mark.parametrize("change", [{"slug": "elsewhere", "evolved_from": "rewrite"}, {"status": "canceled"}])
async def test_what_happens_at_the_newest_address_is_told_at_those_that_lead_there(
    desk: Desk, change: dict[str, Any]
) -> None:
    before = {identify("desk", guid): (await desk.article(guid)).revision for guid in GUIDS}
    accepted = await desk.take("newest", **change)
    assert dict(accepted.awaited) == {ident: revision + 1 for ident, revision in before.items()}
    for guid in GUIDS:
        assert (await desk.article(guid)).revision == before[identify("desk", guid)] + 1


async def test_the_same_again_is_recorded_and_told_to_nobody(desk: Desk) -> None:
    before, revision = await desk.events(), (await desk.article("newest")).revision
    accepted = await desk.take("newest", evolved_from="rewrite", version=9)
    assert (accepted.outcome, accepted.event_id, accepted.awaited) == ("unchanged", None, ())
    assert await desk.events() == before
    kept = await desk.article("newest")
    assert (kept.version, kept.revision) == (9, revision)


async def test_the_same_again_is_told_where_it_moves_an_article_in_its_chain(empty: Desk) -> None:
    for later, guid in enumerate(("original", "one", "other")):
        above = None if guid == "original" else "original"
        await empty.take(guid, evolved_from=above, updated_at=EARLIER + timedelta(seconds=later))
    before, revision = await empty.events(), (await empty.article("one")).revision
    accepted = await empty.take("one", evolved_from="original", updated_at=EARLIER + timedelta(seconds=3))
    assert (accepted.outcome, accepted.article.revision) == ("published", revision + 1)
    entries = await empty.store.do("XRANGE", ARTICLES, "-", "+")
    told = [json.loads(fields[1]) for _, fields in entries[before:]]
    assert {event["guid"] for event in told} == {"original", "one", "other"}
    assert told[-1]["event_id"] == accepted.event_id


async def test_new_words_are_kept_and_told_though_they_come_with_the_end_of_an_article(empty: Desk) -> None:
    await empty.take("original", updated_at=EARLIER)
    for later, guid in enumerate(("other", "one"), 1):
        await empty.take(guid, evolved_from="original", version=1, updated_at=EARLIER + timedelta(seconds=later))
    accepted = await empty.take("one", evolved_from="original", version=2, updated_at=EARLIER, body_text="New words.")
    assert accepted.article.replaced_by == identify("desk", "other")
    assert unpack_body(await empty.store.do("GET", body_key(accepted.article.id))) == "<p>New words.</p>"
    *_, entry = await empty.store.do("XRANGE", ARTICLES, "-", "+")
    assert json.loads(entry[1][1])["article"]["body_html"] == "<p>New words.</p>"


async def test_an_article_that_has_no_words_any_more_keeps_none(desk: Desk) -> None:
    accepted = await desk.take("newest", evolved_from="rewrite", body_text=None, body_html="<script>x</script>")
    assert unpack_body(await desk.store.do("GET", body_key(accepted.article.id))) == ""


async def test_what_becomes_of_an_article_that_does_not_lead_is_no_news_of_the_front(desk: Desk) -> None:
    await desk.take("last", evolved_from="newest")
    await desk.take("last", status="canceled", evolved_from="newest")
    assert not await desk.store.do("EXISTS", SIGNALS)


async def test_the_page_of_a_new_article_is_waited_for(empty: Desk) -> None:
    accepted = await empty.take("new")
    assert accepted.awaited == ((accepted.article.id, 1),)


async def test_nobody_waits_for_what_was_withdrawn_before_it_could_appear(desk: Desk) -> None:
    accepted = await desk.take("never", status="canceled")
    assert (accepted.outcome, accepted.awaited) == ("withdrawn", ())


async def test_an_address_that_is_to_lead_to_a_rewrite_is_waited_for(empty: Desk) -> None:
    original, rewrite = (identify("desk", guid) for guid in ("original", "rewrite"))
    await empty.take("rewrite", evolved_from="original", updated_at=EARLIER)
    assert (await empty.take("original", updated_at=EARLIER)).awaited == (), "it came after its rewrite"
    accepted = await empty.take("original", slug="elsewhere", updated_at=EARLIER + timedelta(seconds=1))
    assert accepted.awaited == ((original, 2),), "its new address is to lead there too"
    accepted = await empty.take("original", status="canceled", updated_at=EARLIER + timedelta(seconds=2))
    assert accepted.awaited == ((original, 3), (rewrite, 2)), "both are to answer 410"
    accepted = await empty.take("original", updated_at=EARLIER + timedelta(seconds=3))
    assert accepted.awaited == ((original, 4), (rewrite, 3)), "its address leads again to what is back too"


async def test_what_was_killed_unseen_and_brings_its_rewrite_back_is_waited_for_too(empty: Desk) -> None:
    original, rewrite = (identify("desk", guid) for guid in ("original", "rewrite"))
    await empty.take("rewrite", evolved_from="original", updated_at=EARLIER)
    await empty.take("original", status="canceled", updated_at=EARLIER + timedelta(seconds=1))
    accepted = await empty.take("original", updated_at=EARLIER + timedelta(seconds=2))
    assert accepted.awaited == ((original, 2), (rewrite, 3))
    *_, (_, fields), _ = await empty.store.do("XRANGE", ARTICLES, "-", "+")
    back = json.loads(fields[1])
    assert (back["guid"], back["article"]["body_html"]) == ("rewrite", "<p>rewrite</p>"), "readers have it again"


@pytest.mark.parametrize("order", list(permutations(range(3))))
async def test_a_chain_is_one_in_whatever_order_its_members_come(empty: Desk, order: tuple[int, ...]) -> None:
    guids = sorted("abc", key=lambda guid: identify("desk", guid))  # it is known by the first of their ids
    idents = [identify("desk", guid) for guid in guids]
    for at in order:
        await empty.take(guids[at], evolved_from=guids[at - 1] if at else None)
    (key,) = await empty.store.do("KEYS", "chain:*")
    assert json.loads(await empty.store.do("GET", key)) == idents
    assert {await empty.store.do("GET", chain_of_key(ident)) for ident in idents} == {idents[0].encode()}

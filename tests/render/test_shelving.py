"""The step that lists articles: what two of them touch, what others did in between, and what waits for what."""

from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from services.ingest.draft import Draft
from services.render.affected import NEWEST
from services.render.dirty_steps import GONE, LEASES, TOKENS, WHY, basis_key, waits_key
from services.render.keys import LAST, NEIGHBOUR, archive, article, chart
from services.render.known import SHELVINGS
from services.render.leases import Change
from services.render.output import gone, moved, page_file
from shared.articles import identify
from shared.backlog import SHARED, TO_BUILD, UNHURRIED
from shared.charts import charted_key
from shared.clock import moment
from shared.dead_letters import letters
from shared.live import built_key, days_key, months_key
from shared.store import pairs
from tests.properties.press_room import START, OneByOne, PressRoom, draft, pages_of
from tests.render.test_firsts import before_it_is_listed
from tests.render.test_press import another_press

HOUR = timedelta(hours=1)


async def shelve_in_one_step(
    room: PressRoom, *guids: str, firsts: Sequence[str] = (), between: Callable[[], Awaitable[None]] | None = None
) -> None:
    """Build these articles' pages, and list them in one step, in this order."""
    plans: dict[str, Any] = {}
    shelf = room.press.articles._shelf

    async def wait_for_all(plan: Any) -> int | bytes:
        plan.about["firsts"] += tuple(firsts)
        plans[plan.about["id"]] = plan
        return 1

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(shelf._together, "put", wait_for_all)
        for guid in guids:
            [taken] = await take(room, guid)
            await room.press._build(taken)
    if between:
        await between()
    assert await shelf._shelve_all([plans[identify("desk", guid)] for guid in guids]) == [1] * len(guids)


async def take(room: PressRoom, *guids: str) -> Sequence[Any]:
    """Take these articles' pages, and nothing else."""
    changes = [Change("0-1", "marked", identify("desk", guid), 99, urgent=True) for guid in guids]
    return await room.press.dirty.mark_articles(changes, len(guids), 99)


async def lease_runs_out(room: PressRoom, guid: str) -> None:
    """As after a long time in which nobody heard of its press."""
    await room.store.do("ZADD", LEASES, "XX", 0, article(identify("desk", guid)))


async def due_in(room: PressRoom, queue: str, page: str) -> float:
    """Milliseconds until a page is due."""
    seconds, micros = await room.store.do("TIME")
    return float(await room.store.do("ZSCORE", queue, page)) - int(seconds) * 1000 - int(micros) // 1000


# ---------------------------------------------------------------------------------------------- marks


@pytest.mark.parametrize("order", [("new", "old"), ("old", "new")])
async def test_a_list_that_one_joins_and_another_one_is_withdrawn_from_in_one_step_is_due_at_once(
    room: PressRoom, order: tuple[str, str]
) -> None:
    await room.accept(draft("old", topics=("Oil",)))
    await room.drain()
    await room.accept(draft("new", topics=("Oil",)))
    await room.accept(draft("old", status="canceled"))
    await shelve_in_one_step(room, *order)
    due_at_once = {SHARED: ("list:topic:oil",), UNHURRIED: ("feed:topic:oil", "archive:topic:oil|2025-07|1")}
    for queue, page in ((queue, page) for queue, pages in due_at_once.items() for page in pages):
        assert await due_in(room, queue, page) <= 0, page
    await room.drain()
    assert (await room.differences()).clean


async def test_a_list_that_waits_is_not_put_off_by_an_article_nor_built_for_it(room: PressRoom) -> None:
    await room.accept(draft("g", topics=("Oil",)))
    await room.press.dirty.mark(["front", "feed:all"], "first", patience=0)
    await shelve_in_one_step(room, "g")
    assert await due_in(room, SHARED, "front") <= 0
    assert await due_in(room, UNHURRIED, "feed:all") <= 0
    await room.drain()
    for page in ("front", "feed:all"):
        assert (await room.store.do("HGET", WHY, page)).startswith(b"first ")
    assert (await room.store.do("HGET", WHY, "fragment:topics")).startswith(b"marked ")


async def test_what_came_with_an_article_is_rebuilt_by_the_next_event_that_touches_it(room: PressRoom) -> None:
    for guid in ("g", "h"):
        accepted = await room.accept(draft(guid, topics=("Oil",)))
        await room.drain()
        why = await room.store.do("HGET", WHY, "list:topic:oil")
        assert why.decode().split()[0] == accepted.event_id


async def test_a_page_that_is_built_to_the_same_bytes_has_the_reason_that_it_had(room: PressRoom) -> None:
    page = article((await room.accept(draft("g"))).article.id)
    await room.drain()
    why = await room.store.do("HGET", WHY, page)
    await room.press.dirty.mark_again([page], "rebuild")
    await room.drain()
    assert await room.store.do("HGET", WHY, page) == why


async def test_what_waited_for_an_article_waits_no_more_when_it_is_there(room: PressRoom) -> None:
    await room.accept(draft("old"))
    await room.drain()
    new = await room.accept(draft("new", evolved_from="old"))
    for _ in "it leaves the lists", "and is to lead on":
        [taken] = await take(room, "old")
        await room.press._build(taken)
    assert await room.store.do("EXISTS", waits_key(new.article.id))
    await room.drain()
    assert not await room.store.do("EXISTS", waits_key(new.article.id))


async def test_an_article_that_changes_is_built_again_in_the_charts_that_have_it(room: PressRoom) -> None:
    accepted = await room.accept(draft("g"))
    await room.drain()
    await room.store.do("SADD", charted_key(accepted.article.id), "2025-W30", "2025-W31")
    await room.accept(draft("g", version=2, headline="Corrected"))
    [taken] = await take(room, "g")
    await room.press._build(taken)
    assert await room.press.dirty.waiting() >= {chart("2025-W30"), chart("2025-W31")}


async def test_an_archive_has_its_time_and_a_page_of_it_that_begins_has_none(room: PressRoom) -> None:
    pages = [archive("all", "2025-07", n) for n in (1, 2)]
    with pages_of(2):
        for number, queued in enumerate(([], pages[:1], pages)):
            await room.accept(draft(f"g{number}"))
            [taken] = await take(room, f"g{number}")
            await room.press._build(taken)
            assert [page for page in pages if await room.store.do("ZSCORE", UNHURRIED, page)] == queued
            if queued == pages:
                assert await due_in(room, UNHURRIED, pages[1]) <= 0, "the first one leads to it"
            if queued:
                assert await due_in(room, UNHURRIED, pages[0]) > LAST / 2
            await room.drain()


async def test_a_410_is_not_put_off_by_what_comes_after_the_withdrawal(room: PressRoom) -> None:
    await room.accept(draft("g"))
    await room.drain()
    killed = await room.accept(draft("g", status="canceled"))
    page = article(killed.article.id)
    await room.store.do("ZADD", GONE, 1, page)  # it has been due for long
    [taken] = await take(room, "g")
    await room.store.do("ZADD", GONE, 1, page)
    await room.press._build(taken)
    assert float(await room.store.do("ZSCORE", GONE, page)) == 1


# ---------------------------------------------------------------------------------------------- what others did


async def test_who_may_show_an_article_is_looked_for_in_time_and_at_once_where_it_was_withdrawn(
    room: PressRoom,
) -> None:
    for status, patience in (("usable", NEIGHBOUR), ("canceled", 0)):
        await room.accept(draft("g", topics=("Oil",), status=status))
        [taken] = await take(room, "g")
        await room.press._build(taken)
        waiting = await room.press.dirty.waiting()
        assert [int(page.split("|")[2]) for page in waiting if page.startswith("near:")] == [patience]
        await room.drain()


@pytest.mark.parametrize(
    ("then", "changed"),
    [
        ({"headline": "Otherwise"}, ["words"]),
        ({"slug": "elsewhere"}, ["words"]),
        ({"body_html": "<p>More.</p>"}, []),
        ({"topics": ("Oil", "Iran")}, ["moved"]),
        ({"topics": ("Iran",), "headline": "Otherwise"}, ["moved"]),
        ({"published_at": START - HOUR}, ["moved", "moved"]),
        ({"status": "canceled"}, ["moved"]),
    ],
)
async def test_who_is_around_an_article_is_told_how_it_changed(
    room: PressRoom, then: dict[str, Any], changed: list[str]
) -> None:
    first = {"topics": ("Oil",), "published_at": START - 2 * HOUR, "summary": "Oil."}

    async def looks(**members: Any) -> list[str]:
        await room.accept(draft("g", **first | members))
        [taken] = await take(room, "g")
        await room.press._build(taken)
        return [page.split("|")[3] for page in await room.press.dirty.waiting() if page.startswith("near:")]

    assert await looks() == ["joined"]
    await room.drain()
    assert await looks(**then) == changed


async def test_what_the_page_of_a_withdrawn_article_was_built_from_is_kept_no_longer(room: PressRoom) -> None:
    for status, is_kept in (("usable", 1), ("canceled", 0)):
        accepted = await room.accept(draft("g", status=status))
        await room.drain()
        assert await room.store.do("EXISTS", basis_key(accepted.article.id)) == is_kept


async def test_an_article_that_left_lists_and_is_back_before_they_were_built_has_moved(room: PressRoom) -> None:
    """Who was built in between may not have it any more, and it may have pushed nobody out since."""
    await room.accept(draft("g", topics=("Oil",)))
    await room.drain()
    await room.accept(draft("g", topics=("Oil",), status="canceled"))
    await room.accept(draft("g", topics=("Oil",), version=9))
    [taken] = await take(room, "g")
    await room.press._build(taken)
    assert [page.split("|")[3] for page in await room.press.dirty.waiting() if page.startswith("near:")] == ["moved"]


async def test_an_article_is_live_since_its_revision_was_there_whatever_its_page_shows_since(room: PressRoom) -> None:
    await room.accept(draft("g", topics=("Oil",)))
    await room.drain()
    built = built_key(identify("desk", "g"))
    await room.store.do("HSET", built, "at", 1)
    shown = await room.store.do("HGET", built, "shown")
    await room.accept(draft("h", topics=("Oil",)))
    await room.drain()
    assert await room.store.do("HGET", built, "shown") != shown
    assert await room.store.do("HGET", built, "at") == b"1"
    await room.accept(draft("g", headline="Corrected", topics=("Oil",)))
    await room.drain()
    assert await room.store.do("HGET", built, "at") != b"1"


async def test_an_article_that_the_store_cannot_list_is_set_aside_with_the_reason(room: PressRoom) -> None:
    await room.store.do("SET", SHELVINGS, 2**63 - 1)  # one more does not fit
    await room.accept(draft("g", topics=("Oil",)))
    await room.drain()
    told = {letter["name"]: letter["reason"] for letter in await letters(room.store)}
    assert told[article(identify("desk", "g"))].startswith("ShelvingFailed: ")


async def test_who_comes_too_late_does_not_list_what_others_have_listed(room: PressRoom) -> None:
    await room.accept(draft("g", topics=("Oil",)))

    async def others_list_it() -> None:
        await lease_runs_out(room, "g")
        [taken] = await another_press(room).dirty.take(1)
        assert await another_press(room)._build(taken)

    await before_it_is_listed(room, others_list_it)
    await room.accept(draft("g", status="canceled"))
    await room.drain()
    assert (await room.differences()).clean, "counted twice, its topic and month would never be empty"


async def test_who_comes_too_late_does_not_list_what_others_have_listed_and_what_left_again(room: PressRoom) -> None:
    await room.accept(draft("g", section="World"))
    other = another_press(room)

    async def it_comes_to_another_section_and_goes() -> None:
        await lease_runs_out(room, "g")
        await room.accept(draft("g", version=2, section="Politics"))
        await room.deliver(OneByOne())
        while await other.round():
            pass
        assert room.tree.has("politics/index.html")
        await room.accept(draft("g", version=3, status="canceled"))
        await room.accept(draft("g", version=4, section="World"))

    await before_it_is_listed(room, it_comes_to_another_section_and_goes)
    assert not room.tree.has("politics/index.html")


async def test_what_who_comes_too_late_has_written_over_it_before_it_is_listed_is_written_again(
    room: PressRoom, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = another_press(room)
    shelve = other.articles._shelf.shelve
    for guid in "gh":
        await room.accept(draft(guid, topics=("Oil",)))
    await room.drain()

    async def headline(words: str) -> None:
        await room.accept(draft("h", headline=words, topics=("Oil",)))
        [related] = await take(room, "h")
        await other._build(related)

    await headline("Oil down")
    [late] = await take(room, "g")
    await headline("Oil up")
    await lease_runs_out(room, "g")

    async def the_late_one_goes_on(*about: Any) -> bool:
        await room.press._build(late)
        return await shelve(*about)

    monkeypatch.setattr(other.articles._shelf, "shelve", the_late_one_goes_on)
    for page in await other.dirty.take(100):
        await other._build(page)
    await room.drain()
    differences = await room.differences()
    assert differences.clean, differences.differs


async def test_what_was_there_still_when_it_came_and_is_taken_away_before_it_is_listed_comes_back_at_once(
    room: PressRoom,
) -> None:
    pages = {"list:topic:oil": SHARED, "feed:topic:oil": UNHURRIED, archive("topic:oil", "2025-07", 1): UNHURRIED}
    await room.accept(draft("g", topics=("Oil",)))
    await room.accept(draft("other"))  # of the same day
    await room.drain()
    await room.accept(draft("g", version=2, status="canceled"))
    [leaves] = await take(room, "g")
    await room.press._build(leaves)
    await room.accept(draft("h", topics=("Oil",)))
    [comes] = await take(room, "h")
    shelve, left = room.press.articles._shelf.shelve, []

    async def when_they_are_gone(*about: Any) -> bool:
        for page in await another_press(room).dirty.take(100):
            await another_press(room)._build(page)
        left.append(room.tree.read("topic/oil/feed.xml"))
        return await shelve(*about)

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(room.press.articles._shelf, "shelve", when_they_are_gone)
        await room.press._build(comes)
    assert left == [None]
    assert all([await due_in(room, queue, page) <= 0 for page, queue in pages.items()])
    await room.drain()
    assert (await room.differences()).clean


@pytest.mark.parametrize("listed", [True, False])
async def test_what_is_looked_at_again_since_others_have_it_in_hand_is_so_for_its_event(
    room: PressRoom, listed: bool
) -> None:
    accepted = await room.accept(draft("g"))
    [taken] = await take(room, "g")
    await lease_runs_out(room, "g")
    [theirs] = await another_press(room).dirty.take(1)
    if listed:
        await another_press(room)._build(theirs)
    await room.press._build(taken)
    assert (await room.press.dirty.mark_of(article(accepted.article.id)) or b"").startswith(b"marked ")
    if not listed:
        await another_press(room)._build(theirs)
    await room.drain()
    assert (await room.differences()).clean


# ---------------------------------------------------------------------------------------------- addresses


async def test_the_address_of_a_page_that_was_made_while_it_moved_leads_on_and_is_gone_with_it(room: PressRoom) -> None:
    first = await room.accept(draft("g", slug="first"))

    async def it_moves() -> None:
        await room.accept(draft("g", version=2, slug="second"))

    await before_it_is_listed(room, it_moves)
    link, target = moved(first.article.path, first.article.path.replace("first", "second"))
    assert (room.tree.root / link).readlink() == Path(target)
    await room.accept(draft("g", version=3, status="canceled"))
    await room.drain()
    assert room.tree.read(gone(first.article.path)) is not None
    assert not room.tree.has(page_file(first.article.path))


async def test_a_period_counts_all_that_join_and_leave_it_in_one_step(room: PressRoom) -> None:
    async def counted(section: str) -> int:
        return int(await room.store.do("HGET", months_key(f"section:{section}"), "2025-07"))

    for guid in "abcd":
        await room.accept(draft(guid, section="World"))
    await shelve_in_one_step(room, *"abcd")
    assert await counted("world") == 4
    await room.drain()
    for guid in "abcd":
        await room.accept(draft(guid, version=2, section="Politics"))
    await shelve_in_one_step(room, *"abcd")
    assert (await counted("world"), await counted("politics")) == (0, 4)
    await room.drain()
    assert (await room.differences()).clean, "the section that all have left has no archive any more"


async def test_a_period_that_two_leave_in_one_step_is_over_where_nobody_shows_them(room: PressRoom) -> None:
    june, july = datetime(2025, 6, 1, 9, tzinfo=UTC), datetime(2025, 7, 1, 9, tzinfo=UTC)
    for number in range(NEWEST):
        await room.accept(draft(f"{number}", section="World", published_at=july))
    for guid in "ab":
        await room.accept(draft(guid, section="World", published_at=june))
    await room.drain()
    for guid in "ab":
        await room.accept(draft(guid, version=2, section="Politics", published_at=june))
    await shelve_in_one_step(room, *"ab")
    await room.drain()
    assert (await room.differences()).clean, "the section's page names its months"


@pytest.mark.parametrize("published_at", [datetime(1869, 5, 1, tzinfo=UTC), moment(0)])
async def test_an_article_from_before_there_were_milliseconds_comes_changes_and_goes(
    room: PressRoom, published_at: datetime
) -> None:
    about = {"section": "World", "topics": ("Oil",), "published_at": published_at}
    for step in (draft("a", **about), draft("b", **about), draft("a", headline="Corrected", version=2, **about)):
        await room.accept(step)
        await room.drain()
        assert (await room.differences()).clean
    await room.accept(Draft(guid="b", status="canceled"))
    await room.drain()
    assert (await room.differences()).clean


async def test_of_articles_that_are_listed_in_one_step_each_has_its_own_lease(room: PressRoom) -> None:
    for guid in "abc":
        await room.accept(draft(guid))

    async def another_takes_b() -> None:
        await lease_runs_out(room, "b")
        assert [taken.key for taken in await another_press(room).dirty.take(1)] == [page["b"]]

    page = {guid: article(identify("desk", guid)) for guid in "abc"}
    await shelve_in_one_step(room, *"abc", between=another_takes_b)
    assert await room.store.do("ZRANGE", LEASES, 0, -1) == await room.store.do("HKEYS", TOKENS) == [page["b"].encode()]
    waits = [await room.store.do("ZSCORE", TO_BUILD, page[guid]) is not None for guid in "abc"]
    assert waits == [False, True, False], "nobody knows which of the two has written last"


async def test_what_articles_bring_is_noted_however_much_it_is(room: PressRoom) -> None:
    # so many pages come with 24 articles of 50 new topics and 50 new authors each
    brought = [f"list:topic:{number}" for number in range(7_000)]
    await room.accept(draft("g", topics=("Oil",)))
    await shelve_in_one_step(room, "g", firsts=brought)
    found = await room.store.do("HMGET", WHY, *brought)
    assert {why and why.split()[0] for why in found} == {b"marked"}
    await room.drain()
    assert (await room.differences()).clean


async def test_what_pages_read_of_months_does_not_grow_with_the_days(room: PressRoom) -> None:
    for guid, month, day in [("a", 6, 1), ("b", 6, 2), ("c", 6, 2), ("d", 7, 1)]:
        await room.accept(draft(guid, published_at=datetime(2025, month, day, tzinfo=UTC)))
    await room.drain()
    counts = {key: dict(pairs(await room.store.do("HGETALL", key))) for key in (months_key("all"), days_key("2025-06"))}
    assert counts == {
        months_key("all"): {b"2025-06": b"3", b"2025-07": b"1"},
        days_key("2025-06"): {b"2025-06-01": b"1", b"2025-06-02": b"2"},
    }

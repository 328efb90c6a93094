"""The dirty set on a real Valkey: leases, tokens, and whose turn it is."""

import asyncio
import time
from typing import Any

import pytest

from services.render import dirty_steps as steps
from services.render import keys
from services.render.dirty_steps import (
    ALL,
    BACKGROUND,
    CAUSES,
    FURTHEST,
    GONE,
    LEASES,
    LOOK,
    TOKENS,
    UNTOLD,
    WHY,
    waits_key,
)
from services.render.leases import Change, Leases, Taken
from shared.articles import record_key
from shared.backlog import SHARED, TO_BUILD, UNHURRIED
from shared.events import ARTICLES, PAGES
from shared.groups import PRESSES
from shared.live import built_key, live_key
from shared.store import Store, pairs
from tests.servers import until_true


@pytest.fixture
def dirty(store: Store) -> Leases:
    return Leases(store, "w1")


@pytest.fixture
def other(store: Store) -> Leases:
    return Leases(store, "w2")


def names(taken: list[Taken]) -> list[str]:
    return [page.key for page in taken]


async def mark_article(dirty: Leases, ident: str, revision: int = 1, cause: str = "", urgent: bool = False) -> None:
    await dirty.mark_articles([Change("0-1", cause, ident, revision, urgent)], 0, 0)


async def nothing_is_left(store: Store) -> bool:
    return not any(await store.all([("EXISTS", key) for key in ALL]))


# ---------------------------------------------------------------------------------------------- marks


async def test_a_page_that_is_marked_many_times_is_built_once_for_its_first_cause(store: Store, dirty: Leases) -> None:
    for cause in ("first", "second", "third"):
        await dirty.mark(["front"], cause)
    cause, _, at = (await dirty.mark_of("front") or b"").partition(b" ")
    assert cause == b"first"
    assert abs(int(at) - time.time() * 1000) < 5000
    (taken,) = await dirty.take(10)
    assert (taken.key, taken.cause) == ("front", "first")
    assert await dirty.take(10) == []
    assert await dirty.done(taken)
    assert await dirty.drained()
    assert await nothing_is_left(store)


async def test_an_event_that_somebody_else_made_may_be_called_anything(dirty: Leases) -> None:
    cause = "not one\nof ours"
    await dirty.mark(["front"], cause)
    assert [page.cause for page in await dirty.take(10)] == [cause]
    assert await dirty.reclaim() == 1
    (taken,) = await dirty.take(10)
    assert taken.cause == cause
    assert await dirty.done(taken)


async def test_a_later_mark_never_puts_a_page_off(store: Store, dirty: Leases) -> None:
    await dirty.mark(["feed:all"], patience=0)
    due = await store.do("ZSCORE", UNHURRIED, "feed:all")
    await dirty.mark(["feed:all"])
    assert await store.do("ZSCORE", UNHURRIED, "feed:all") == due


async def test_an_article_that_is_marked_again_keeps_its_place_and_its_first_cause(store: Store, dirty: Leases) -> None:
    await mark_article(dirty, "a", 2, "kill", urgent=True)
    await mark_article(dirty, "a", 3, "correction")
    assert await store.do("ZSCORE", TO_BUILD, "article:a") == b"0"
    assert [page.cause for page in await dirty.take(1)] == ["kill"]


async def test_marking_acknowledges_in_the_same_step(store: Store, dirty: Leases) -> None:
    await store.do("XGROUP", "CREATE", ARTICLES, PRESSES, "0", "MKSTREAM")
    entries = [(await store.do("XADD", ARTICLES, "*", "event", str(n))).decode() for n in range(3)]
    await store.do("XREADGROUP", "GROUP", PRESSES, "w1", "STREAMS", ARTICLES, ">")
    await dirty.mark(["front"], "c", ack=(ARTICLES, entries[0]))
    await dirty.mark_articles([Change(entry, "c", "a" * 16, 1, False) for entry in entries[1:]], 0, 0)
    assert (await store.do("XPENDING", ARTICLES, PRESSES))[0] == 0
    assert await dirty.waiting() == {"front", f"article:{'a' * 16}"}


@pytest.mark.parametrize(
    ("on_disk", "revision", "marked"), [(None, 1, True), (1, 2, True), (2, 2, False), (3, 2, False)]
)
async def test_an_article_that_is_on_disk_at_that_revision_or_a_later_one_is_not_marked(
    store: Store, dirty: Leases, on_disk: int | None, revision: int, marked: bool
) -> None:
    if on_disk is not None:
        await store.do("HSET", built_key("a"), "revision", on_disk)
    await mark_article(dirty, "a", revision)
    assert await dirty.waiting() == ({"article:a"} if marked else set())


async def test_of_a_batch_each_article_is_marked_for_the_first_that_is_told_of_it(store: Store, dirty: Leases) -> None:
    told = [("a", "first"), ("b", "second"), ("a", "third"), ("c", "fourth")]
    changes = [Change("0-1", cause, ident, at, False) for at, (ident, cause) in enumerate(told, 1)]
    await store.do("SADD", UNTOLD, "article:b")
    taken = await dirty.mark_articles(changes, 10, 0)
    found = {page.key: (page.cause, page.untold) for page in taken}
    assert found == {"article:a": ("first", False), "article:b": ("second", True), "article:c": ("fourth", False)}
    assert len(taken) == 3, "nobody builds a page twice at once"
    assert all(await asyncio.gather(*(dirty.done(page) for page in taken)))
    await mark_article(dirty, "b", 9)
    assert [page.untold for page in await dirty.take(1)] == [False], "it was told when it was done"


async def test_of_a_batch_of_any_size_each_article_is_marked_for_its_own_event(store: Store, dirty: Leases) -> None:
    changes = [Change("0-1", f"event-{number}", f"{number}", 1, False) for number in range(650)]
    assert await dirty.mark_articles(changes, 0, 0) == []
    causes = {page.decode(): cause.split()[0].decode() for page, cause in pairs(await store.do("HGETALL", CAUSES))}
    assert causes == {f"article:{change.article}": change.event_id for change in changes}
    assert await dirty.waiting() == causes.keys()


@pytest.mark.parametrize("went_last", [True, False])
async def test_an_article_that_a_batch_brings_and_withdraws_goes_before_all_others(
    dirty: Leases, went_last: bool
) -> None:
    await mark_article(dirty, "older")
    changes = [Change("0-1", "first", "a", 1, not went_last), Change("0-2", "second", "a", 2, went_last)]
    (taken,) = await dirty.mark_articles(changes, 1, 0)
    assert (taken.key, taken.cause) == ("article:a", "first")


async def test_of_pages_that_can_wait_only_a_few_are_taken_where_that_is_asked(dirty: Leases) -> None:
    await dirty.mark([f"feed:topic:t{number}" for number in range(9)])
    assert len(await dirty.take(8, 3)) == 3
    await mark_article(dirty, "a")
    taken = names(await dirty.take(8, 3))
    assert taken[0] == "article:a", "a new article goes first"
    assert len(taken) == 3
    for number in range(4):
        await mark_article(dirty, f"b{number}")
    assert len(await dirty.take(8, 3)) == 4, "of new articles more than those few"
    assert len(await dirty.take(8)) == 4


async def test_of_pages_that_are_not_due_yet_none_is_taken_where_that_is_asked(store: Store, dirty: Leases) -> None:
    a_while = FURTHEST - 1_000
    await dirty.mark([f"list:topic:t{number}" for number in range(4)], patience=0)
    await dirty.mark(["list:section:world", "feed:all"], patience=a_while)
    await store.do("ZADD", BACKGROUND, await dirty.now() + a_while, "article:old")
    assert len(await dirty.take(8, 3, 0)) == 3, "overdue ones as ever, a few"
    assert len(await dirty.take(8, 3, 0)) == 1
    assert await dirty.take(8, 3, 0) == []
    assert names(await dirty.take(8, 3)) == ["list:section:world", "feed:all", "article:old"]
    await mark_article(dirty, "new")
    await dirty.mark(["list:author:jane", "list:section:sport", "feed:author:jane", "sitemap-index"], patience=a_while)
    assert len(await dirty.take(8, 3, 2)) == 2, "so many in all"
    assert len(await dirty.take(8, 3, 2)) == 2


async def test_a_press_with_room_takes_articles_alone_in_the_step_that_marks_them(
    store: Store, dirty: Leases, other: Leases
) -> None:
    await store.do("SET", record_key("a"), "its record")
    await dirty.mark(["front", "feed:all"], patience=0)
    change = Change("0-1", "cause", "a", 1, False)
    (taken,) = await dirty.mark_articles([change], 10, 0)
    assert (taken.key, taken.cause, taken.known[0][0]) == ("article:a", "cause", b"its record")
    change = Change("0-2", "cause", "b", 1, False)
    assert await other.mark_articles([change], 10, 0) == [], "one is being built"
    assert names(await other.mark_articles([change], 10, 1)) == ["article:b"]
    assert names(await other.take(10)) == ["front", "feed:all"]


# ---------------------------------------------------------------------------------------------- leases


async def test_no_two_builders_get_one_page(dirty: Leases, other: Leases) -> None:
    await dirty.mark([f"list:topic:{n}" for n in range(30)])
    first, second = await asyncio.gather(dirty.take(20), other.take(20))
    assert {len(first), len(second)} == {20, 10}
    assert not set(names(first)) & set(names(second))


async def test_a_page_marked_while_it_is_built_is_built_again_afterwards(dirty: Leases, other: Leases) -> None:
    await dirty.mark(["front"], "one")
    (taken,) = await dirty.take(1)
    await dirty.mark(["front"], "two")
    assert await other.take(10) == []
    assert await dirty.done(taken)
    (again,) = await other.take(10)
    assert (again.key, again.cause) == ("front", "two")


async def test_leased_pages_do_not_hide_those_behind_them(dirty: Leases, other: Leases) -> None:
    await dirty.mark([f"list:topic:{n}" for n in range(5)], patience=0)
    assert len(await dirty.take(5)) == 5
    await dirty.mark([f"list:topic:{n}" for n in range(5)], patience=0)
    await dirty.mark(["list:topic:free"], patience=0)
    assert names(await other.take(1)) == ["list:topic:free"]


async def test_a_builder_that_lost_its_lease_marks_the_page_again(
    dirty: Leases, other: Leases, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(steps, "LEASE_MS", 20)
    await dirty.mark(["front"], "first")
    (slow,) = await dirty.take(1)
    (quick,) = await until_true(lambda: other.take(1))
    assert (quick.key, quick.cause, quick.untold) == ("front", "first", True)
    assert not await dirty.done(slow), "its token does not hold any more"
    assert await other.done(quick), "the other one's still does"
    assert await dirty.waiting() == {"front"}, "what the slow one wrote last is not trusted"
    (again,) = await dirty.take(1)
    assert (again.cause, again.untold) == ("first", True), "and is told with the event that it was built for"


async def test_a_builder_that_comes_back_to_a_lease_that_nobody_took_marks_it_again(
    store: Store, dirty: Leases, other: Leases, monkeypatch: pytest.MonkeyPatch
) -> None:
    await store.do("HSET", built_key("a"), "revision", 1, "shown", "look")
    monkeypatch.setattr(steps, "LEASE_MS", 20)
    await mark_article(dirty, "a", 2)
    (slow,) = await dirty.take(1)
    (quick,) = await until_true(lambda: other.take(1))
    assert await store.do("HGET", built_key("a"), "shown") is None, "what is on disk is not trusted"
    assert await other.done(quick)
    assert not await dirty.done(slow)
    assert await dirty.waiting() == {"article:a"}


async def put_back_the_clock(store: Store, queue: str) -> None:
    """What a queue has stands an hour later than it was, as seen by a clock that is put back by an hour."""
    for page, at in pairs(await store.do("ZRANGE", queue, 0, -1, "WITHSCORES")):
        await store.do("ZADD", queue, float(at) + 3_600_000, page)


@pytest.mark.parametrize("queue", [GONE, SHARED, UNHURRIED, BACKGROUND])
async def test_a_page_is_due_at_once_after_the_machines_clock_was_put_back(
    store: Store, dirty: Leases, queue: str
) -> None:
    await dirty.mark(["sitemap-index"], patience=FURTHEST - 1_000)  # there is something that can wait all the time
    await store.do("ZADD", queue, await dirty.now(), "list:section:world")
    await put_back_the_clock(store, queue)
    await store.do("ZADD", UNHURRIED, await dirty.now() + FURTHEST - 1_000, "sitemap-index")
    assert names(await dirty.take(8, 1, 0)) == ["list:section:world"]


async def test_a_lease_ends_at_once_after_the_machines_clock_was_put_back(
    store: Store, dirty: Leases, other: Leases
) -> None:
    await dirty.mark(["front"], "first")
    (stopped,) = await dirty.take(1)
    assert await other.take(1) == []
    await put_back_the_clock(store, LEASES)
    (again,) = await other.take(1)
    assert (again.key, again.cause, again.untold) == ("front", "first", True)
    assert not await dirty.done(stopped)


async def test_articles_from_before_the_machines_clock_was_put_back_do_not_wait_behind_all_others(
    store: Store, dirty: Leases
) -> None:
    await mark_article(dirty, "before")
    await put_back_the_clock(store, TO_BUILD)
    await dirty.take(0)
    await mark_article(dirty, "since")
    assert names(await dirty.take(1)) == ["article:before"]


def test_no_lease_and_no_patience_is_as_long_as_what_tells_that_the_clock_was_put_back() -> None:
    longest = max(steps.LEASE_MS, steps.HELP_LEASE_MS, steps.GONE_AFTER_MS, keys.SOON, keys.LATER, keys.LAST)
    assert longest + 1_000 < FURTHEST


async def test_an_earlier_lifes_pages_are_reclaimed_and_no_others(store: Store, dirty: Leases, other: Leases) -> None:
    await store.do("HSET", built_key("a"), "revision", 1, "shown", "look")
    await mark_article(dirty, "a", 2)
    await dirty.mark(["feed:all"])
    assert len(await dirty.take(2)) == 2
    await dirty.mark(["hot"])
    theirs = await other.take(1)
    assert await Leases(store, "w1").reclaim() == 2
    assert await store.do("HKEYS", TOKENS) == [theirs[0].key.encode()]
    assert names(await dirty.take(10, 0)) == ["article:a"], "a new article goes first then too"
    assert names(await dirty.take(10)) == ["feed:all"]
    assert await store.do("HGET", built_key("a"), "shown") is None
    assert await other.done(theirs[0])
    assert await Leases(store, "w").reclaim() == 0, "a worker whose name begins alike is another one"


@pytest.mark.parametrize("untold", [True, False])
async def test_a_page_that_was_given_back_is_built_for_what_it_was_marked(
    store: Store, dirty: Leases, untold: bool
) -> None:
    if untold:
        await store.do("SADD", UNTOLD, "front")
    await dirty.mark(["front"], "first")
    (taken,) = await dirty.take(1)
    await dirty.give_back(taken)
    (again,) = await dirty.take(1)
    assert (taken.untold, again.cause, again.untold) == (untold, "first", untold)


async def test_a_withdrawal_that_came_meanwhile_goes_first_though_its_page_is_given_back(dirty: Leases) -> None:
    await mark_article(dirty, "a")
    (taken,) = await dirty.take(1)
    for ident in ("b", "a"):
        await mark_article(dirty, ident, revision=2, urgent=ident == "a")
    await dirty.give_back(taken)
    assert names(await dirty.take(1)) == ["article:a"]


@pytest.mark.parametrize("untold", [True, False])
async def test_a_page_waits_for_the_article_that_it_is_to_lead_to_and_for_what_it_was_marked(
    store: Store, dirty: Leases, untold: bool
) -> None:
    if untold:
        await store.do("SADD", UNTOLD, "article:a")
    await mark_article(dirty, "a", cause="first")
    (taken,) = await dirty.take(1)
    await store.do("SET", live_key("heir"), '{"path": "/here/"}')
    assert not await dirty.wait_for(taken, "heir", "/here/"), "it is there already"
    assert await store.do("EXISTS", waits_key("heir")) == 0
    assert await dirty.wait_for(taken, "heir", "/there/")
    assert await dirty.drained()
    assert await store.do("SMEMBERS", waits_key("heir")) == [b"article:a"]
    await dirty.mark(["article:a"], "second")
    (again,) = await dirty.take(1)
    assert (again.cause, again.untold) == ("first", untold)


async def test_a_page_that_was_done_announces_itself(store: Store, dirty: Leases) -> None:
    await dirty.mark(["front", "hot"], "first")
    taken, same = await dirty.take(2)
    await dirty.done(same)
    await dirty.done(taken, ['{"a": 1}', '{"b": 2}'])
    page, why = await store.do("HGETALL", WHY)
    assert (page.decode(), why.partition(b" ")[0]) == (taken.key, b"first"), "one that is as it was had no event"
    entries = await store.do("XRANGE", PAGES, "-", "+")
    assert [fields for _, fields in entries] == [[b"event", b'{"a": 1}'], [b"event", b'{"b": 2}']]


async def test_what_was_to_come_with_an_article_that_never_came_is_told_of_by_whoever_builds_it(
    dirty: Leases, other: Leases
) -> None:
    await dirty.mark_firsts(["list:topic:oil"], "first")
    (taken,) = await other.take(10)
    assert (taken.key, taken.cause, taken.untold) == ("list:topic:oil", "first", True)


# ---------------------------------------------------------------------------------------------- turns


async def test_a_page_waits_for_its_cause_until_it_is_built(dirty: Leases) -> None:
    await dirty.mark(["article:b"], "event")
    await dirty.mark_again(["article:a"], "rebuild")
    for _ in range(2):
        assert await dirty.waits_for("rebuild")
        held = await dirty.take(2)
        assert len(held) == 2
        assert await dirty.waits_for("rebuild")
        for taken in held:
            await dirty.give_back(taken)
    assert not await dirty.waits_for("re")
    for taken in await dirty.take(2):
        await dirty.done(taken)
    assert not await dirty.waits_for("rebuild")


async def test_articles_come_in_the_order_of_their_marks_and_before_pages_that_can_wait(dirty: Leases) -> None:
    await dirty.mark(["feed:all", "sitemap-index"])
    for ident in "cab":
        await mark_article(dirty, ident)
        await asyncio.sleep(0.002)  # marks are ordered by the millisecond
    assert names(await dirty.take(2)) == ["article:c", "article:a"]
    assert names(await dirty.take(1)) == ["article:b"]
    assert sorted(names(await dirty.take(9))) == ["feed:all", "sitemap-index"]


async def test_a_withdrawal_goes_before_all_other_articles(dirty: Leases) -> None:
    for number in range(10):
        await mark_article(dirty, f"new-{number}")
    await mark_article(dirty, "killed", 2, urgent=True)
    assert names(await dirty.take(1)) == ["article:killed"]


async def test_overdue_pages_get_a_place_under_any_load_of_articles_and_no_more_than_half(dirty: Leases) -> None:
    for number in range(100):
        await mark_article(dirty, f"{number}")
    await dirty.mark(["front", "fragment:hot"], patience=0)
    taken = names(await dirty.take(24))
    assert len(taken) == 24
    assert {"front", "fragment:hot"} < set(taken)
    await dirty.mark([f"feed:topic:{number}" for number in range(100)], patience=0)
    taken = names(await dirty.take(24, 6))
    assert sum(name.startswith("article:") for name in taken) == 12
    taken = names(await dirty.take(100, 6))
    assert len(taken) == 66 + 6, "the next article would wait for more than these"


async def test_what_goes_before_all_other_pages_is_taken_beside_any_number_of_withdrawals_or_alone(
    dirty: Leases,
) -> None:
    for number in range(10):
        await mark_article(dirty, f"killed-{number}", 2, urgent=True)
    await dirty.mark(["list:section:world"], patience=0)
    await dirty.mark(["front"], patience=0)
    await dirty.mark(["fragment:hot"], patience=FURTHEST - 1_000)
    assert names(await dirty.take(0)) == ["front"], "not what is not due"
    assert await dirty.take(0) == []
    await dirty.mark(["fragment:topics"], patience=0)
    taken = names(await dirty.take(4))
    assert len(taken) == 5
    assert taken[-1] == "fragment:topics"


async def test_what_can_wait_for_all_others_does_so_however_long_it_has_waited(dirty: Leases) -> None:
    await dirty.mark_again([f"article:far-{number}" for number in range(100)], "rebuild")
    await dirty.mark([f"feed:topic:{number}" for number in range(14)])
    for number in range(22):
        await mark_article(dirty, f"{number}")
    taken = names(await dirty.take(24))
    assert sum(name.startswith("article:far-") for name in taken) == 2, "a small place under any load"
    assert sum(name.startswith("article:") for name in taken) == 24
    taken = names(await dirty.take(24, 20))
    assert sum(name.startswith("feed:") for name in taken) == 14, "what events ask for goes first"
    assert sum(name.startswith("article:far-") for name in taken) == 6


@pytest.mark.parametrize("mark", [Leases.mark_again, Leases.mark_at_once])
async def test_what_is_built_again_is_so_whatever_its_page_looked_like(store: Store, dirty: Leases, mark: Any) -> None:
    await store.do("HSET", built_key("a"), "revision", 1, "shown", "the same")
    await mark(dirty, ["article:a", "front"], "repair")
    assert await store.do("HGETALL", built_key("a")) == [b"revision", b"1"]
    assert {(page.key, page.cause) for page in await dirty.take(9)} == {
        ("article:a", "repair"),
        ("front", "repair"),
    }


async def test_lists_are_not_kept_waiting_by_what_is_built_again(dirty: Leases) -> None:
    await dirty.mark_again([f"article:far-{number}" for number in range(500)], "rebuild")
    await dirty.mark(["list:section:world"])
    assert "list:section:world" in names(await dirty.take(24))
    await dirty.mark(["article:far-400", "list:section:sport"], patience=0)
    assert {"article:far-400", "list:section:sport"} < set(names(await dirty.take(24))), "an event asks for it"


async def test_lists_do_not_queue_behind_feeds_that_are_overdue_for_longer_nor_keep_them_from_being_built(
    dirty: Leases,
) -> None:
    """A batch makes all its feeds and archives due at once; lists have less time."""
    for number in range(100):
        await mark_article(dirty, f"{number}")
    pages = ("feed:topic", "archive:all|2025-07|", "sitemap:2025-07|")
    for page in pages:
        await dirty.mark([f"{page}{number}" for number in range(20)], patience=-5_000)
    lists = {f"list:topic:{number}" for number in range(20)}
    await dirty.mark(lists, patience=0)
    kinds = [page.partition(":")[0] for page in names(await dirty.take(24))]
    assert (kinds.count("article"), kinds.count("list")) == (12, 8)
    kinds = [page.partition(":")[0] for page in names(await dirty.take(48))]
    assert (kinds.count("article"), kinds.count("list")) == (24, 12), "what lists leave is theirs"


async def test_a_page_becomes_overdue_after_its_patience(dirty: Leases, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(keys._PATIENCE, "front", 2_500)
    for number in range(2000):
        await mark_article(dirty, f"{number}")
    await dirty.mark(["front", "feed:all"])
    assert "front" not in names(await dirty.take(4))

    async def front_is_there() -> bool:
        found = names(await dirty.take(2))
        assert "feed:all" not in found
        return "front" in found

    await until_true(front_is_there)


def test_the_patience_of_pages_is_that_of_the_design() -> None:
    assert max(keys.patience(key) for key in (keys.FRONT, keys.MASTHEAD, keys.HOT_BLOCK)) < 500
    assert max(keys.patience(key) for key in ("list:section:world", keys.HOT, "article:a")) < 2_000
    assert max(keys.patience(key) for key in ("feed:all", "archive:all|2025-07|1", keys.SITEMAPS, keys.NEWS)) < 10_000


async def test_a_410_waits_for_the_lists_that_the_article_left(store: Store, dirty: Leases) -> None:
    far = int(time.time() * 1000) + FURTHEST - 1_000
    await store.do("ZADD", GONE, far, "article:a")
    await dirty.mark(["front", "feed:all"])
    (front, feeds) = await dirty.take(10)
    assert {front.key, feeds.key} == {"front", "feed:all"}
    assert await dirty.take(10) == [], "lists are being built still"
    await dirty.done(front)
    assert await dirty.take(10) == []
    await dirty.done(feeds)
    assert names(await dirty.take(10)) == ["article:a"]


@pytest.mark.parametrize("page", ["front", "feed:all"])
async def test_a_410_waits_for_lists_that_nobody_has_begun(store: Store, dirty: Leases, page: str) -> None:
    await store.do("ZADD", GONE, int(time.time() * 1000) + FURTHEST - 1_000, "article:a")
    await dirty.mark([page])
    assert await dirty.take(10, 0) == []
    assert names(await dirty.take(10)) == [page]


async def test_a_410_that_is_due_waits_for_nothing(store: Store, dirty: Leases) -> None:
    await store.do("ZADD", GONE, int(time.time() * 1000) - 1, "article:a")
    await dirty.mark(["list:section:world"], patience=0)
    for number in range(20):
        await mark_article(dirty, f"{number}")
    assert names(await dirty.take(1)) == ["article:a"]


async def test_an_article_that_is_taken_is_taken_out_of_every_queue(store: Store, dirty: Leases) -> None:
    await store.do("ZADD", GONE, 1, "article:a")
    await mark_article(dirty, "a")
    await dirty.mark(["article:a"])
    await dirty.mark_again(["article:a"], "rebuild")
    (taken,) = await dirty.take(10)
    await dirty.done(taken)
    assert await dirty.drained()


# ---------------------------------------------------------------------------------------------- a press that only helps


async def test_who_helps_takes_new_articles_where_many_wait_and_no_other_page_beside_them(
    dirty: Leases, other: Leases
) -> None:
    await dirty.mark(["front", "list:section:world"], patience=0)
    for ident in ("a", "b"):
        await mark_article(dirty, ident)
    assert await other.help(10, 3) == []
    await mark_article(dirty, "c")
    assert names(await other.help(2, 3)) == ["article:c", "article:b"], "those that others would come to last"
    assert await other.help(10, 2) == [], "one is left, which is not many"
    assert set(names(await dirty.take(10))) == {"article:a", "front", "list:section:world"}


async def test_who_helps_finds_what_is_behind_pages_that_are_being_built_or_are_not_for_helpers(
    dirty: Leases, other: Leases
) -> None:
    leased = ("list:topic:b", "list:section:world", "list:author:jane")
    await dirty.mark(leased, patience=0)
    assert len(await dirty.take(3)) == 3
    for page in ("list:topic:a", *leased, *keys.FIRST):
        await dirty.mark([page], patience=0)
        await asyncio.sleep(0.002)  # each is due later than the one before
    assert names(await other.help(1, 2)) == ["list:topic:a"]


async def test_who_helps_takes_overdue_pages_only_while_no_article_waits(dirty: Leases, other: Leases) -> None:
    await dirty.mark([f"feed:topic:{n}" for n in range(3)], patience=0)
    await dirty.mark(["feed:all", "feed:section:world"])
    await mark_article(dirty, "a")
    assert await other.help(10, 3) == []
    assert names(await dirty.take(2)) == ["feed:topic:0", "article:a"]
    assert await other.help(10, 3) == [], "two are overdue; what can wait does not count"
    assert len(names(await other.help(10, 2))) == 2


async def test_who_helps_takes_what_has_long_been_able_to_wait_for_all_others(dirty: Leases, other: Leases) -> None:
    await dirty.mark_again([f"article:far-{number}" for number in range(3)], "rebuild")
    assert await other.help(10, 4) == [], "three are not many"
    await mark_article(dirty, "a")
    assert await other.help(10, 3) == []
    assert names(await dirty.take(2)) == ["article:far-0", "article:a"]
    assert set(names(await other.help(10, 2))) == {"article:far-1", "article:far-2"}


async def test_who_helps_leaves_withdrawals_and_what_goes_before_all_others_alone(dirty: Leases, other: Leases) -> None:
    await dirty.mark(["front", "fragment:navigation", "feed:all", "feed:section:world"], patience=0)
    assert set(names(await other.help(10, 4))) == {"feed:all", "feed:section:world"}
    assert set(names(await dirty.take(10))) == {"front", "fragment:navigation"}
    await mark_article(dirty, "withdrawn", urgent=True)
    for ident in ("a", "b"):
        await mark_article(dirty, ident)
    assert set(names(await other.help(10, 3))) == {"article:a", "article:b"}
    assert names(await dirty.take(10)) == ["article:withdrawn"]


async def test_what_a_helper_stands_still_with_is_soon_given_to_others(
    store: Store, dirty: Leases, other: Leases
) -> None:
    await mark_article(dirty, "a")
    await dirty.take(10)
    await mark_article(dirty, "b")
    await other.help(10, 1)
    leases = await store.do("ZRANGE", LEASES, 0, -1, "WITHSCORES")
    until = dict(zip(leases[::2], map(float, leases[1::2]), strict=True))
    assert 1_000 < until[b"article:a"] - until[b"article:b"] < 14_000


# ---------------------------------------------------------------------------------------------- another look


async def test_who_has_another_look_builds_what_is_new_and_leaves_the_rest_to_who_has_the_sites(store: Store) -> None:
    mine, old = Leases(store, "w1", look="new"), Leases(store, "w2", look="old")
    await store.do("SET", LOOK, "new")
    await mine.mark_again(["front", "article:a"], "rebuild")
    assert await old.take(10) == []
    await mark_article(old, "b")
    await old.mark(["list:section:world"])
    taken = await old.take(10)
    assert set(names(taken)) == {"article:b", "list:section:world"}
    assert [await old.done(page) for page in taken] == [True, True]
    assert await old.take(10) == []
    assert set(names(await mine.take(10))) == {"front", "article:a", "article:b", "list:section:world"}


async def test_who_has_another_look_is_no_help(store: Store, dirty: Leases) -> None:
    mine, old = Leases(store, "w1", look="new"), Leases(store, "w2", look="old")
    for ident in ("a", "b"):
        await mark_article(dirty, ident)
    assert len(await mine.help(1, 2)) == 1, "what a site without a page is built with is not known yet"
    await mark_article(dirty, "c")
    await store.do("SET", LOOK, "new")
    assert await old.help(10, 2) == []
    assert len(await mine.help(10, 2)) == 2


async def test_what_comes_with_an_article_of_another_look_waits_for_who_has_the_sites(store: Store) -> None:
    await store.do("SET", LOOK, "new")
    assert await Leases(store, "w2", look="old").mark_firsts(["list:topic:oil"], "c") == {}
    assert (await Leases(store, "w1", look="new").mark_firsts(["list:topic:oil"], "c")).keys() == {"list:topic:oil"}

"""What waits for its time: one that cannot appear does not keep the others waiting."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from services.console.dead_letters import put_back
from services.ingest import pace, schedule
from services.ingest.register import Accepted
from services.ingest.schedule import LONGEST_SLEEP, aside
from shared.articles import identify
from shared.clock import Clock, due, millis
from shared.dead_letters import letters
from shared.problems import Problem
from shared.settings import Settings
from shared.store import StoreUnavailable
from tests.ingest.test_pace import LONG, Backlog
from tests.ingest.test_two_ingests import DUE, EARLIER, GUID, Ingest
from tests.servers import until_true


@pytest.fixture
async def before(valkey: str) -> AsyncIterator[Ingest]:
    made = Ingest(valkey, EARLIER)
    yield made
    await made.store.close()


@pytest.fixture
async def later(valkey: str) -> AsyncIterator[Ingest]:
    made = Ingest(valkey, DUE)
    yield made
    await made.store.close()


async def test_a_rewrite_that_would_close_a_circle_is_refused_though_it_is_only_scheduled(before: Ingest) -> None:
    await before.accept("a", evolved_from="c")
    await before.accept("b", evolved_from="a")
    with pytest.raises(Problem) as refused:
        await before.accept("c", evolved_from="b", embargo_until=DUE)
    assert (refused.value.status, refused.value.faults[0].pointer) == (422, "/evolved_from")
    assert not await before.store.do("ZCARD", due("ingest"))


async def test_a_version_that_cannot_appear_is_set_aside_and_those_behind_it_appear(
    before: Ingest, later: Ingest
) -> None:
    await before.accept("a", evolved_from="b", embargo_until=DUE)
    await before.accept("b", evolved_from="a")  # known only now: the circle
    await before.accept("c", embargo_until=DUE)
    counted = aside._value.get()
    while await later.schedule.advance():
        pass
    assert await later.shown(identify("desk", "c")) == 1
    assert await later.shown(identify("desk", "a")) is None
    (letter,) = await letters(later.store)
    assert (letter["kind"], letter["name"]) == ("schedule", identify("desk", "a"))
    assert "rewrite of itself" in letter["reason"]
    assert aside._value.get() == counted + 1

    assert await later.accept("b", status="canceled", version=2) == "withdrawn"
    await put_back(later.store, letter, [letter])
    assert not await letters(later.store)
    while await later.schedule.advance():
        pass
    (again,) = await letters(later.store)
    assert again["name"] == letter["name"], "the cause is still there"


async def test_a_version_that_two_ingests_fail_on_is_set_aside_once(before: Ingest, later: Ingest) -> None:
    await before.schedule_version(1, DUE)
    tries = [await ingest.register.set_aside(identify("desk", "g"), "because") for ingest in (before, later)]
    assert tries == [True, False]
    (letter,) = await letters(later.store)
    assert letter["name"] == identify("desk", "g")


async def test_a_version_that_comes_while_one_is_set_aside_keeps_its_time(before: Ingest, later: Ingest) -> None:
    await before.schedule_version(1, DUE)
    await before.register.set_aside(identify("desk", "g"), "because")
    assert not await before.store.do("ZCARD", due("ingest"))
    await before.schedule_version(2, DUE)
    while await later.schedule.advance():
        pass
    assert await later.shown() == 2


async def test_a_version_that_comes_in_the_moment_in_which_one_is_set_aside_appears_in_its_place(
    before: Ingest, later: Ingest, monkeypatch: pytest.MonkeyPatch
) -> None:
    await before.schedule_version(1, DUE)
    run = later.store.run

    async def after_another_came(*about: Any) -> Any:
        monkeypatch.undo()
        await before.schedule_version(2, DUE)
        return await run(*about)

    monkeypatch.setattr(later.store, "run", after_another_came)
    assert not await later.register.set_aside(identify("desk", "g"), "because")
    while await later.schedule.advance():
        pass
    assert await later.shown() == 2
    assert not await letters(later.store)


async def test_a_store_that_was_away_for_a_moment_has_nothing_set_aside(
    before: Ingest, later: Ingest, monkeypatch: pytest.MonkeyPatch
) -> None:
    await before.schedule_version(1, DUE)

    async def away(_: str) -> Any:
        raise StoreUnavailable("away")

    with monkeypatch.context() as patched:
        patched.setattr(later.register, "fall_due", away)
        with pytest.raises(StoreUnavailable):
            await later.schedule.advance()
    assert not await letters(later.store)
    assert await later.schedule.advance()
    assert await later.shown() == 1


async def test_versions_that_are_due_at_once_are_published_beside_one_another(
    before: Ingest, later: Ingest, monkeypatch: pytest.MonkeyPatch
) -> None:
    for guid in ("a", "b"):
        await before.accept(guid, embargo_until=DUE)
    both, fall_due = asyncio.Barrier(2), later.register.fall_due

    async def together(ident: str) -> Accepted | None:
        await both.wait()
        return await fall_due(ident)

    monkeypatch.setattr(later.register, "fall_due", together)
    assert await asyncio.wait_for(later.schedule.advance(), 15) == 2
    assert [await later.shown(identify("desk", guid)) for guid in ("a", "b")] == [1, 1]


async def test_of_many_that_are_due_at_once_the_rest_keeps_pace_with_the_press(
    before: Ingest, later: Ingest, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pace, "STANDSTILL", LONG)
    monkeypatch.setattr(schedule, "AT_ONCE", 2)
    for guid in ("a", "b", "c"):
        await before.accept(guid, embargo_until=DUE)
    backlog = Backlog(before.store)
    await backlog.add(pace.AHEAD + 1)
    async with _running(later):
        await until_true(lambda: _wait_for_their_time(before, 1))
        await backlog.asked(3)
        assert await _wait_for_their_time(before, 1)
        await backlog.take(1)
        await until_true(lambda: _wait_for_their_time(before, 0))


async def test_what_is_due_alone_is_held_by_nothing_that_waits_to_be_built(
    before: Ingest, later: Ingest, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pace, "STANDSTILL", LONG)
    await Backlog(before.store).add(pace.AHEAD + 1)
    async with _running(later):
        for guid in ("a", "b"):
            await before.accept(guid, embargo_until=DUE)
            await until_true(lambda: _wait_for_their_time(before, 0))


async def test_what_waits_for_later_is_left_alone(before: Ingest) -> None:
    await before.schedule_version(1, EARLIER + timedelta(milliseconds=1))
    assert not await before.schedule.advance()


async def test_however_far_off_what_waits_is_what_comes_meanwhile_may_be_due_before_it(valkey: str) -> None:
    ingest = Ingest(valkey, None)
    assert 0 < await ingest.clock.until_due(ingest.store, "ingest", LONGEST_SLEEP) <= LONGEST_SLEEP
    for ahead in (timedelta(days=1), timedelta(days=-1)):
        await ingest.store.do("ZADD", due("ingest"), millis(datetime.now(UTC) + ahead), f"{ahead}")
        assert 0 < await ingest.clock.until_due(ingest.store, "ingest", LONGEST_SLEEP) <= LONGEST_SLEEP
    stands_still = Clock(Settings(now=datetime.now(UTC)))
    assert await stands_still.until_due(ingest.store, "ingest", LONGEST_SLEEP) == LONGEST_SLEEP
    await ingest.store.close()


@pytest.mark.parametrize("end", ["it appears", "a newer one appears", "it is taken back"])
async def test_nothing_is_left_of_a_version_that_waited(before: Ingest, later: Ingest, end: str) -> None:
    await before.schedule_version(1, DUE)
    if end == "it appears":
        assert await later.schedule.advance()
    else:
        await before.accept(GUID, version=2, status="usable" if "newer" in end else "canceled")
    assert not await before.store.do("KEYS", "scheduled*")
    assert not await before.store.do("ZCARD", due("ingest"))


@contextlib.asynccontextmanager
async def _running(ingest: Ingest) -> AsyncIterator[None]:
    """Meanwhile it publishes what is due."""
    task = asyncio.create_task(ingest.schedule.run())
    yield
    task.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await task


async def _wait_for_their_time(ingest: Ingest, count: int) -> bool:
    """Whether so many versions wait."""
    return bool(await ingest.store.do("ZCARD", due("ingest")) == count)

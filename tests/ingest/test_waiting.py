"""Waiting for a page: told by the stream of pages, which is read only while somebody waits."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any

import pytest

from services.ingest.waiting import LONGEST, Waiting, seconds_to_wait
from shared.events import PAGES, PageBuilt, announce
from shared.live import built_key
from shared.settings import Settings
from shared.store import Store, StoreUnavailable
from tests.servers import Valkey, free_port, until_true

IDENT, OTHER = "a" * 16, "b" * 16


class Room:
    """Those who wait, and a press that builds when it is told to."""

    def __init__(self, url: str) -> None:
        self.store = Store(Settings(redis_url=url))
        self.waiting = Waiting(self.store)

    async def build(self, ident: str, revision: int) -> None:
        event = PageBuilt(at=datetime.now(UTC), page=f"article:{ident}", paths=[], article=ident, revision=revision)
        await self.store.commit({}, [("HSET", built_key(ident), "revision", revision), announce(PAGES, event)])

    def wait(self, *wanted: tuple[str, int], seconds: float = 15) -> asyncio.Task[bool]:
        return asyncio.create_task(self.waiting.until_built(wanted, seconds))

    async def is_reading(self) -> bool:
        """Whether the stream is being read now."""
        return b"cmd=xread" in await self.store.do("CLIENT", "LIST")

    async def reads(self) -> int:
        """How often the stream was read, or a page looked for."""
        lines = (await self.store.do("INFO", "commandstats")).decode().splitlines()
        found = [line for line in lines if line.startswith(("cmdstat_xread:", "cmdstat_xrevrange:", "cmdstat_hget:"))]
        return sum(int(line.partition("calls=")[2].partition(",")[0]) for line in found)


@pytest.fixture
async def room(valkey_server: Valkey) -> AsyncIterator[Room]:
    valkey_server.flush()
    made = Room(valkey_server.url)
    listening = asyncio.create_task(made.waiting.listen())
    yield made
    while not listening.done():
        listening.cancel()  # more than once, as a service does: redis-py drops one that comes while it connects
        await asyncio.wait([listening], timeout=0.1)
    await made.store.close()


@pytest.mark.parametrize(
    ("prefer", "seconds"),
    [
        ([], 0), ([""], 0), (["respond-async"], 0), (["wait"], 0), (["wait=x"], 0), (["wait=-1"], 0), (["await=5"], 0),
        (["wait=0"], 0), (["wait=5"], 5), (['wait="5"'], 5), (["Wait = 5"], 5), (["wait=5;strict"], 5),
        (["respond-async, wait=5"], 5), (["respond-async", "wait=5"], 5), (["respond-async; wait=5"], 5),
        (["wait=60"], 60), (["wait=61"], LONGEST), (["wait=999999"], LONGEST),
    ],
)  # fmt: skip
def test_the_wait_that_is_preferred_has_a_bound(prefer: list[str], seconds: float) -> None:
    assert seconds_to_wait(prefer) == seconds


async def test_a_page_that_is_built_ends_the_waiting_for_it(room: Room) -> None:
    for revision in (1, 2):
        waits = room.wait((IDENT, revision))
        await room.build(OTHER, 9)
        await room.build(IDENT, revision)
        assert await waits


async def test_a_page_that_was_built_before_is_not_waited_for(room: Room) -> None:
    await room.build(IDENT, 2)
    assert await room.wait((IDENT, 1))


async def test_nobody_is_told_of_a_page_that_stays_as_it_was_and_nobody_waits_for_it(room: Room) -> None:
    waits = room.wait((IDENT, 1), seconds=5)
    await until_true(room.is_reading)
    for _ in range(30):
        await room.store.do("PING")  # the first looks are over
    await room.store.do("HSET", built_key(IDENT), "revision", 1)
    assert await waits


async def test_a_store_that_is_away_meanwhile_is_waited_for_too(room: Room, monkeypatch: pytest.MonkeyPatch) -> None:
    async def away(commands: Any) -> Any:
        monkeypatch.undo()
        raise StoreUnavailable("away")

    await room.build(IDENT, 1)
    monkeypatch.setattr(room.store, "all", away)
    assert await room.wait((IDENT, 1), seconds=5)


async def test_all_of_several_are_waited_for(room: Room) -> None:
    waits = room.wait((IDENT, 1), (OTHER, 1))
    await room.build(IDENT, 1)
    assert not await room.wait((OTHER, 1), seconds=0.05)
    assert not waits.done()
    await room.build(OTHER, 1)
    assert await waits


async def test_who_still_waits_for_a_page_is_told_of_it_though_another_has_given_up(
    room: Room, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("services.ingest.waiting.AGAIN", 60)
    waits = room.wait((IDENT, 1))
    assert not await room.wait((IDENT, 1), seconds=0.01)
    await until_true(room.is_reading)
    await room.build(IDENT, 1)
    assert await waits


@pytest.mark.parametrize("fields", [("other", "field"), ("event", "{nope")])
async def test_what_cannot_be_read_on_the_stream_is_passed_over(room: Room, fields: tuple[str, str]) -> None:
    waits = room.wait((IDENT, 1), seconds=3)
    await until_true(room.is_reading)
    await room.store.do("XADD", PAGES, "*", *fields)
    await room.build(IDENT, 1)
    assert await waits


async def test_what_was_told_before_anybody_waited_is_not_read(room: Room) -> None:
    assert await room.waiting._end() == "0"
    await room.build(IDENT, 1)
    [[newest, _]] = await room.store.do("XREVRANGE", PAGES, "+", "-", "COUNT", 1)
    assert await room.waiting._end() == newest


async def test_a_store_that_is_gone_is_told_as_such() -> None:
    store = Store(Settings(redis_url=f"redis://127.0.0.1:{free_port()}"))
    with pytest.raises(StoreUnavailable):
        await Waiting(store)._hear("0")
    await store.close()


async def test_one_that_is_not_built_in_time_is_told_so(room: Room) -> None:
    await room.build(IDENT, 1)
    assert not await room.wait((IDENT, 2), seconds=0.05)


async def test_a_wait_whose_time_is_over_just_as_a_page_is_told_of_is_over(room: Room) -> None:
    waits = room.wait((IDENT, 1))
    await asyncio.sleep(0)
    [built] = room.waiting._waiters[IDENT]

    async def is_asleep() -> bool:
        return bool(built._waiters)

    await until_true(is_asleep)
    built.set()
    await asyncio.sleep(0)  # the event is heard, and whoever waits for it is not yet back
    waits.cancel()  # as `asyncio.timeout` does
    await asyncio.wait([waits], timeout=5)
    assert waits.cancelled()


@pytest.mark.parametrize(("step", "looks"), [("_end", 1), ("_hear", 2)])
async def test_a_page_that_is_built_between_two_steps_of_listening_is_not_missed(
    room: Room, monkeypatch: pytest.MonkeyPatch, step: str, looks: int
) -> None:
    looked = asyncio.Semaphore(0)
    look, go_on = room.waiting._are_built, getattr(room.waiting, step)

    async def and_count(wanted: Any) -> bool:
        found = await look(wanted)
        looked.release()
        return found

    async def after_a_build(*given: Any) -> Any:
        monkeypatch.setattr(room.waiting, step, go_on)
        for _ in range(looks):
            await looked.acquire()
        await room.build(IDENT, 1)
        return await go_on(*given)

    monkeypatch.setattr("services.ingest.waiting.AGAIN", 60)
    monkeypatch.setattr(room.waiting, "_are_built", and_count)
    monkeypatch.setattr(room.waiting, step, after_a_build)
    assert await room.wait((IDENT, 1), seconds=3)


async def test_who_waits_asks_the_store_for_next_to_nothing_until_something_is_built(room: Room) -> None:
    waits = room.wait((IDENT, 1))
    await until_true(room.is_reading)
    await room.build(OTHER, 1)
    before = await room.reads()
    for _ in range(30):
        await room.store.do("PING")
    assert await room.reads() <= before + 4  # it reads on, and may still be about its first looks
    await room.build(IDENT, 1)
    assert await waits


@pytest.mark.parametrize("waited", [False, True])
async def test_the_stream_is_not_read_while_nobody_waits(room: Room, waited: bool) -> None:
    if waited:
        waits = room.wait((IDENT, 1))
        await until_true(room.is_reading)
        await room.build(IDENT, 1)
        assert await waits
    before = await room.reads()
    for revision in range(1, 30):
        await room.build(IDENT, revision)
    assert await room.reads() <= before + waited  # the one that was under way

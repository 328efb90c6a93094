"""Waiting for a page: told by the stream of pages, which is read only while somebody waits."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime

import pytest

from services.ingest.waiting import Waiting
from shared.events import PAGES, PageBuilt, announce
from shared.live import built_key
from shared.settings import Settings
from shared.store import Store
from tests.servers import Valkey, until_true

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
        """How often the stream was read."""
        lines = (await self.store.do("INFO", "commandstats")).decode().splitlines()
        found = [line for line in lines if line.startswith("cmdstat_xread:")]
        return int(found[0].partition("calls=")[2].partition(",")[0]) if found else 0


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


async def test_a_page_that_is_built_ends_the_waiting_for_it(room: Room) -> None:
    for revision in (1, 2):
        waits = room.wait((IDENT, revision))
        await room.build(OTHER, 9)
        await room.build(IDENT, revision)
        assert await waits


async def test_a_page_that_was_built_before_is_not_waited_for(room: Room) -> None:
    await room.build(IDENT, 2)
    assert await room.wait((IDENT, 1))


async def test_all_of_several_are_waited_for(room: Room) -> None:
    waits = room.wait((IDENT, 1), (OTHER, 1))
    await room.build(IDENT, 1)
    assert not await room.wait((OTHER, 1), seconds=0.05)
    assert not waits.done()
    await room.build(OTHER, 1)
    assert await waits


@pytest.mark.parametrize("fields", [("other", "field"), ("event", "{nope")])
async def test_what_cannot_be_read_on_the_stream_is_passed_over(room: Room, fields: tuple[str, str]) -> None:
    waits = room.wait((IDENT, 1), seconds=3)
    await until_true(room.is_reading)
    await room.store.do("XADD", PAGES, "*", *fields)
    await room.build(IDENT, 1)
    assert await waits


async def test_one_that_is_not_built_in_time_is_told_so(room: Room) -> None:
    await room.build(IDENT, 1)
    assert not await room.wait((IDENT, 2), seconds=0.05)


async def test_the_stream_is_not_read_while_nobody_waits(room: Room) -> None:
    before = await room.reads()
    for revision in range(1, 20):
        await room.build(IDENT, revision)
    assert await room.reads() == before

"""Waiting until an article's page is on disk: `Prefer: wait` (RFC 7240)."""

import asyncio
import contextlib
import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Any

from redis.exceptions import RedisError

from shared.entries import Fields, Unreadable, decode
from shared.events import PAGES, page_events
from shared.live import built_key
from shared.store import Store, StoreUnavailable

LONGEST = 60.0
AGAIN = 0.5
"""Seconds between looks for a page, told of or not: nobody is told of one that comes out just as it stood."""
_WAIT = re.compile(r"(?:^|[,;]\s*)wait\s*=\s*\"?([0-9]{1,6})\"?", re.IGNORECASE)


def seconds_to_wait(prefer: Sequence[str]) -> float:
    """The seconds that Prefer headers ask to wait, at most LONGEST; 0 for none. There may be several (RFC 7240 §2)."""
    found = _WAIT.search(",".join(prefer))
    return min(float(found[1]), LONGEST) if found else 0.0


def _article_of(entry: str, fields: Fields) -> str | None:
    """The article whose page an entry tells of; what others have put there may tell of none."""
    try:
        return decode(page_events, entry, fields).event.article
    except Unreadable:
        return None


class Waiting:
    """Those who wait for a page, told by the stream of pages."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._waiters: defaultdict[str, set[asyncio.Event]] = defaultdict(set)
        self._wanted = asyncio.Event()

    async def until_built(self, wanted: Sequence[tuple[str, int]], seconds: float) -> bool:
        """Whether these articles are on disk in those revisions, or later ones, within so many seconds."""
        built = asyncio.Event()
        for ident, _ in wanted:
            self._waiters[ident].add(built)
        self._wanted.set()
        try:
            async with asyncio.timeout(seconds):
                while not await self._are_built(wanted):
                    with contextlib.suppress(TimeoutError):
                        async with asyncio.timeout(AGAIN):  # `wait_for` may swallow the end of all time, before 3.12
                            await built.wait()
                    built.clear()
            return True
        except TimeoutError:
            return False
        finally:
            for ident, _ in wanted:
                self._waiters[ident].discard(built)
                if not self._waiters[ident]:
                    del self._waiters[ident]

    async def listen(self) -> None:
        """For ever: read the stream of pages while somebody waits, and wake them. Every page that is built is told
        there, and mostly nobody waits."""
        while True:
            await self._wanted.wait()
            last = await self._end()
            for waiters in self._waiters.values():
                self._wake(waiters)  # what was built before the end that is read from has to be looked for
            while self._waiters:
                last = await self._hear(last)
            self._wanted.clear()

    async def _end(self) -> str | bytes:
        """Where the stream ends now."""
        newest = await self._store.do("XREVRANGE", PAGES, "+", "-", "COUNT", 1)
        return newest[0][0] if newest else "0"

    async def _hear(self, last: str | bytes) -> str | bytes:
        """Read on from an entry, wake whose pages are told of, and return the entry to read on from."""
        try:
            answer: Any = await self._store.client.xread({PAGES: last}, count=500, block=1000)
        except (RedisError, OSError, RuntimeError) as error:  # the last is uvloop's, of what closed while we greet
            raise StoreUnavailable(str(error)) from error
        for _, entries in answer:
            for entry, fields in entries:
                last = entry
                if self._waiters and (ident := _article_of(entry.decode(), fields)):
                    self._wake(self._waiters.get(ident, ()))
        return last

    @staticmethod
    def _wake(waiters: Iterable[asyncio.Event]) -> None:
        for built in waiters:
            built.set()

    async def _are_built(self, wanted: Sequence[tuple[str, int]]) -> bool:
        try:
            found = await self._store.all([("HGET", built_key(ident), "revision") for ident, _ in wanted])
        except StoreUnavailable:
            return False  # what is waited for has been accepted, whatever becomes of the store since
        return all(int(kept or 0) >= revision for kept, (_, revision) in zip(found, wanted, strict=True))

"""Waiting until an article's page is on disk: `Prefer: wait` (RFC 7240)."""

import asyncio
import re
from collections import defaultdict
from collections.abc import Sequence
from typing import Any

from redis.exceptions import RedisError

from shared.events import PAGES, page_events
from shared.live import built_key
from shared.store import Store, StoreUnavailable

LONGEST = 60.0
_WAIT = re.compile(r"(?:^|[,;]\s*)wait\s*=\s*\"?([0-9]{1,6})\"?", re.IGNORECASE)


def seconds_to_wait(prefer: str | None) -> float:
    """The seconds that a Prefer header asks to wait, at most LONGEST; 0 for none."""
    found = _WAIT.search(prefer or "")
    return min(float(found[1]), LONGEST) if found else 0.0


class Waiting:
    """Those who wait for a page, told by the stream of pages."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._waiters: defaultdict[str, set[asyncio.Event]] = defaultdict(set)

    async def until_built(self, wanted: Sequence[tuple[str, int]], seconds: float) -> bool:
        """Whether these articles are on disk in those revisions, or later ones, within so many seconds."""
        built = asyncio.Event()
        for ident, _ in wanted:
            self._waiters[ident].add(built)
        try:
            async with asyncio.timeout(seconds):
                while not await self._are_built(wanted):
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
        """For ever: read the stream of pages and wake those who wait."""
        last: Any = "$"
        while True:
            try:
                answer: Any = await self._store.client.xread({PAGES: last}, count=500, block=1000)
            except (RedisError, OSError) as error:
                raise StoreUnavailable(str(error)) from error
            for _, entries in answer:
                for entry, fields in entries:
                    last = entry
                    self._wake(fields[b"event"])

    def _wake(self, raw: bytes) -> None:
        if self._waiters and (ident := page_events.validate_json(raw).article):
            for built in self._waiters.get(ident, ()):
                built.set()

    async def _are_built(self, wanted: Sequence[tuple[str, int]]) -> bool:
        found = await self._store.all([("HGET", built_key(ident), "revision") for ident, _ in wanted])
        return all(int(kept or 0) >= revision for kept, (_, revision) in zip(found, wanted, strict=True))

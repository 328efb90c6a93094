"""How far a batch may run ahead of the press: what is posted beside it waits behind all of it, and so do its own last
lines once they are acknowledged; and pages that list its articles get old."""

import asyncio
import contextlib
import math
import time

from shared.backlog import Backlog, backlog
from shared.metrics import Counter
from shared.store import Store, StoreUnavailable

AHEAD = 160
"""Articles that may wait to be built while a batch is read: two full rounds of each of two presses, and as many again
that come while those are built."""
LISTS_DUE, FEEDS_DUE = 0.75, 1.0
"""Seconds for which a list and a feed may have been due, so that none gets older than two seconds, and ten."""
LOOK_EVERY = 0.01
STANDSTILL = 1.0

held = Counter(
    "pressrun_batch_held_seconds_total", "Seconds for which batches, and many that were due at once, waited for pages"
)


class Pace:
    """The pace of all batches of a process: that of the press, as long as it builds. What is accepted waits for nobody
    where nothing is built: then the store is where articles wait."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._seen = Backlog()
        self._looked_at = -math.inf
        self._stood_at: bytes | None = None
        """The newest page when it was seen last that none was built; until there is another, a batch is not held."""

    async def keep(self) -> None:
        """Return once little enough waits to be built, or if for STANDSTILL seconds no page is built."""
        with contextlib.suppress(StoreUnavailable):  # the line that comes next is told so
            await self._keep()

    async def _keep(self) -> None:
        newest, since, began = None, 0.0, time.monotonic()
        while _is_behind(seen := await self._look()) and seen.newest != self._stood_at:
            if seen.newest != newest:
                newest, since = seen.newest, time.monotonic()
            elif time.monotonic() - since > STANDSTILL:
                self._stood_at = newest
            await asyncio.sleep(LOOK_EVERY)
        if newest is not None:
            held.inc(time.monotonic() - began)

    async def _look(self) -> Backlog:
        """What waits to be built, as of a moment ago."""
        if time.monotonic() - self._looked_at > LOOK_EVERY:
            self._looked_at = time.monotonic()
            self._seen = await backlog(self._store)
        return self._seen


def _is_behind(seen: Backlog) -> bool:
    return seen.articles > AHEAD or seen.lists > LISTS_DUE or seen.feeds > FEEDS_DUE

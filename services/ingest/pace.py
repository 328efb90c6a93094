"""How far a batch may run ahead of the press: what is posted beside it waits behind all of it, and so do its own last
lines once they are acknowledged."""

import asyncio
import contextlib
import math
import time

from shared.backlog import articles_to_build
from shared.store import Store, StoreUnavailable

AHEAD = 160
"""Articles that may wait to be built while a batch is read: two full rounds of each of two presses, and as many again
that come while those are built."""
LOOK_EVERY = 0.01
STANDSTILL = 1.0


class Pace:
    """The pace of all batches of a process: that of the press, as long as it builds. What is accepted waits for nobody
    where nothing is built: then the store is where articles wait."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._waiting = 0
        self._looked_at = -math.inf
        self._stuck = math.inf
        """As many waited when it was seen last that none was built; until some are, a batch is not held."""

    async def keep(self) -> None:
        """Return once few enough articles wait to be built, or if for STANDSTILL seconds they do not become fewer."""
        with contextlib.suppress(StoreUnavailable):  # the line that comes next is told so
            await self._keep()

    async def _keep(self) -> None:
        fewest, since = math.inf, time.monotonic()
        while AHEAD < (waiting := await self._count()) < self._stuck:
            now = time.monotonic()
            if waiting < fewest:
                fewest, since = waiting, now
            elif now - since > STANDSTILL:
                self._stuck = fewest
                return
            await asyncio.sleep(LOOK_EVERY)
        if waiting <= AHEAD:
            self._stuck = math.inf

    async def _count(self) -> int:
        """How many articles wait to be built, as of a moment ago."""
        if time.monotonic() - self._looked_at > LOOK_EVERY:
            self._looked_at = time.monotonic()
            self._waiting = await articles_to_build(self._store)
        return self._waiting

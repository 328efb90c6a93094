"""The owner of embargoes and schedules: publishes what has waited for its time."""

import asyncio

from services.ingest.pace import Pace
from services.ingest.register import Register
from shared.clock import Clock, due, millis
from shared.logs import log
from shared.metrics import Counter
from shared.store import Store, StoreUnavailable

AT_ONCE = 64
"""Versions that are published beside one another: each alone would wait for the store several times."""
LONGEST_SLEEP = 0.25

aside = Counter("pressrun_schedules_set_aside_total", "Scheduled versions set aside, because they cannot appear")


class Schedule:
    """Takes what is due from `due:ingest`; that an id is taken and its article published is one step."""

    def __init__(self, store: Store, register: Register, clock: Clock) -> None:
        self._store = store
        self._register = register
        self._clock = clock
        self._pace = Pace(store)

    async def run(self) -> None:
        """For ever. Of many that are due at once the first are published at once, the rest as a batch would be, so that
        news which come meanwhile do not wait behind all of them."""
        while True:
            found = await self.advance()
            if found == AT_ONCE:
                await self._pace.keep()
            elif not found:
                await asyncio.sleep(await self._clock.until_due(self._store, "ingest", LONGEST_SLEEP))

    async def advance(self) -> int:
        """Publish the first versions that are due, at most AT_ONCE; how many there were."""
        now = millis(self._clock.now())
        found = await self._store.do("ZRANGEBYSCORE", due("ingest"), "-inf", now, "LIMIT", 0, AT_ONCE)
        await asyncio.gather(*(self._fall_due(ident.decode()) for ident in found))
        return len(found)

    async def _fall_due(self, ident: str) -> None:
        try:
            accepted = await self._register.fall_due(ident)
        except StoreUnavailable:
            raise
        except Exception as error:  # noqa: BLE001 - what is wrong with one must not keep the others from appearing
            if await self._register.set_aside(ident, f"{type(error).__name__}: {error}"):
                aside.inc()
                log().error("a scheduled version was set aside", id=ident, exc_info=error)
        else:
            if accepted:
                log().info("due", id=ident, outcome=accepted.outcome, event_id=accepted.event_id)

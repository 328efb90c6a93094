"""The owner of embargoes and schedules: publishes what has waited for its time."""

import asyncio

from services.ingest.register import Register
from shared.clock import Clock, due, millis
from shared.logs import log
from shared.metrics import Counter
from shared.store import Store, StoreUnavailable

CHUNK = 1_000
LONGEST_SLEEP = 0.25

aside = Counter("pressrun_schedules_set_aside_total", "Scheduled versions set aside, because they cannot appear")


class Schedule:
    """Takes what is due from `due:ingest`; that an id is taken and its article published is one step."""

    def __init__(self, store: Store, register: Register, clock: Clock) -> None:
        self._store = store
        self._register = register
        self._clock = clock

    async def run(self) -> None:
        """For ever."""
        while True:
            if not await self.advance():
                await asyncio.sleep(await self._clock.until_due(self._store, "ingest", LONGEST_SLEEP))

    async def advance(self) -> bool:
        """Publish at most CHUNK versions that are due; False if there was none."""
        now = millis(self._clock.now())
        found = await self._store.do("ZRANGEBYSCORE", due("ingest"), "-inf", now, "LIMIT", 0, CHUNK)
        for ident in found:
            await self._fall_due(ident.decode())
        return bool(found)

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

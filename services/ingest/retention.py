"""How long streams keep entries: what any group still needs, and the last hours for whoever looks back."""

import asyncio
import contextlib
import time

from redis.exceptions import ResponseError

from shared.entries import order_of
from shared.events import STREAMS
from shared.groups import OURS, Group, groups_of, idle_of, pending_between
from shared.logs import log
from shared.metrics import Gauge
from shared.store import Store

LOOK_EVERY = 30.0

idle_groups = Gauge(
    "pressrun_idle_groups",
    "Groups of others that have not read for longer than entries are kept",
    multiprocess_mode="mostrecent",
)


class Retention:
    """Trims the streams. A group that is not ours and reads no more is reported after `hours`, and removed after
    twice as long: else it would keep every entry for ever. Where a group has no reader at all, the time counts from
    when this process first saw it so."""

    def __init__(self, store: Store, hours: float) -> None:
        self._store = store
        self._kept_ms = int(hours * 3_600_000)
        self._alone_since: dict[tuple[str, str], int] = {}

    async def run(self) -> None:
        """For ever."""
        while True:
            await self.trim()
            await asyncio.sleep(LOOK_EVERY)

    async def trim(self) -> None:
        """Trim each stream below the oldest entry that is needed or young enough."""
        idle = 0
        for stream in STREAMS:
            needed = f"{time.time_ns() // 1_000_000 - self._kept_ms}-0"
            for group in await groups_of(self._store, stream):
                idle_ms = await self._idle_ms(stream, group.name)
                idle += idle_ms > self._kept_ms
                if idle_ms > 2 * self._kept_ms:
                    await self._remove(stream, group.name)
                else:
                    needed = min(needed, await self._needed(stream, group), key=order_of)
            await self._store.do("XTRIM", stream, "MINID", "=", needed)
        idle_groups.set(idle)

    async def _needed(self, stream: str, group: Group) -> str:
        """The oldest entry that a group has not done with, or an older one: the group goes on meanwhile."""
        pending = None
        with contextlib.suppress(ResponseError):  # another process has removed it meanwhile
            pending = await pending_between(self._store, stream, group.name)
        return pending[0] if pending else group.last

    async def _idle_ms(self, stream: str, group: str) -> int:
        if group in OURS:
            return 0
        try:
            readers = await idle_of(self._store, stream, group)
        except ResponseError:
            return 0  # another process has removed it meanwhile
        now = time.monotonic_ns() // 1_000_000
        if readers:
            self._alone_since.pop((stream, group), None)
            idle = min(readers)
        else:
            idle = now - self._alone_since.setdefault((stream, group), now)
        if idle > self._kept_ms:
            log().warning("a group reads no more", stream=stream, group=group, idle_ms=idle)
        return idle

    async def _remove(self, stream: str, group: str) -> None:
        self._alone_since.pop((stream, group), None)
        if await self._store.do("XGROUP", "DESTROY", stream, group):
            log().error("a group that reads no more was removed", stream=stream, group=group)

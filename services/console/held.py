"""Writing at the store is held while it is read, so that what is read is of one moment."""

import asyncio
import math
import re
import signal
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from services.console.failed import CannotGoOn
from shared.store import Store

HOLD_MS = 30_000
"""For so long writing is held at a time: whoever is killed meanwhile leaves it held until then."""

_HELD = re.compile(rb"^paused_actions:(?!none)", re.MULTILINE)


class Held:
    """Writing, held from the first `on` to the last one."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._until = math.inf

    async def on(self) -> None:
        """Hold it for `HOLD_MS` from now. Raises CannotGoOn if it was let go meanwhile: what was read is of no one
        moment then."""
        until, self._until = self._until, time.monotonic() + HOLD_MS / 1000
        await self._store.do("CLIENT", "PAUSE", HOLD_MS, "WRITE")
        if time.monotonic() > until:
            raise CannotGoOn(
                f"this stood still for more than {HOLD_MS / 1000:g} s while it read the store, which others have"
                " written to since; try again when the machine is less busy"
            )


@asynccontextmanager
async def held(store: Store) -> AsyncIterator[Held]:
    """What holds writing. However this ends, the store writes again: SIGTERM by itself ends Python on the spot.

    Raises CannotGoOn where somebody else holds it, whom the first to end would let go (a Redis does not tell).
    """
    if _HELD.search(await store.do("INFO", "clients")):
        raise CannotGoOn(
            "writing at the store is held already: another export reads it. Try again when it has ended; what one that"
            f" was killed has left ends within {HOLD_MS / 1000:g} s"
        )
    loop, task = asyncio.get_running_loop(), asyncio.current_task()
    assert task is not None  # noqa: S101 - a coroutine runs in one
    loop.add_signal_handler(signal.SIGTERM, task.cancel)
    try:
        yield Held(store)
    finally:
        await store.do("CLIENT", "UNPAUSE")
        loop.remove_signal_handler(signal.SIGTERM)

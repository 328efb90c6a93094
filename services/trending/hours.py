"""The passing of time: what falls due is looked for every second."""

import asyncio

from services.trending.announce import Announcer
from services.trending.due import Due
from shared.clock import Clock

LOOK = 1.0


async def keep_time(due: Due, clock: Clock, announcer: Announcer) -> None:
    """For ever: do what is due, and let it be announced."""
    while True:
        await due.run(clock.now())
        announcer.poke()
        await asyncio.sleep(LOOK)

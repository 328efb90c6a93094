"""A service as a process, from its start to its end: its logs, what its loop tells, what is looked at for garbage."""

import asyncio
import gc
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any

from shared import metrics
from shared.logs import configure_logs, log
from shared.service import Service
from shared.wrong import WrongSetting, end_the_start

YOUNG = 20_000  # objects before a collection: a request makes some hundreds, and nearly all go with it

Run = Callable[[], Awaitable[None]]
"""Called once a service has started."""


@asynccontextmanager
async def running(service: Service, run: Run | None = None) -> AsyncIterator[None]:
    """Start a service, and stop it in the end."""
    configure_logs(service.name, service.settings.log_level, metrics.lines_lost.inc)
    asyncio.get_running_loop().set_exception_handler(_tell_of_what_nobody_took)
    async with AsyncExitStack() as stack:
        stack.push_async_callback(service.stop)
        try:
            await service.start()
            if run is not None:
                await run()
        except WrongSetting as error:
            end_the_start(error)
        gc.set_threshold(YOUNG)
        gc.freeze()  # what was made at start stays: a collection need not look at it
        if service.remembers:
            gc.callbacks.append(_freeze_what_is_left)
            stack.callback(gc.callbacks.remove, _freeze_what_is_left)
        log().info("started")
        yield


def _tell_of_what_nobody_took(loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
    """As asyncio does, but for a name that was not found: uvloop goes on to look it up for a connection that was given
    up, and who wanted that one has been told."""
    if not isinstance(context.get("exception"), socket.gaierror):
        loop.default_exception_handler(context)


def _freeze_what_is_left(phase: str, _: dict[str, int]) -> None:
    """What outlasts a collection is remembered: to look at hundreds of thousands of cards again takes a tenth of a
    second, in which no page is built. What is left of it goes when nobody refers to it, as it always does; cycles that
    are garbage only later stay, and a press makes hardly any."""
    if phase == "stop":
        gc.freeze()

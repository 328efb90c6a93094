"""What came by way of a proxy is not answered while more of it is coming.

nginx passes no more of a body on once its answer has begun and ingest has been slower than the sender for a moment
(`preserve_output` in its sources); Go's servers, Caddy for one, pass none on then. So the answer begins when all has
been said, or when the sender pauses, who may be waiting for it.
"""

import asyncio
from collections.abc import AsyncIterator

from starlette.requests import Request
from starlette.types import Message, Send

PROXIED = ("x-forwarded-for", "forwarded", "via")
PAUSE = 1.0
"""Seconds for which nothing comes from a sender that waits for an answer before it goes on."""


def came_by_proxy(request: Request) -> bool:
    """Whether a proxy says so."""
    return any(name in request.headers for name in PROXIED)


async def until_a_pause(chunks: AsyncIterator[bytes], paused: asyncio.Event) -> AsyncIterator[bytes]:
    """A body as it comes; tells when its sender has paused, or has said all."""
    while True:
        due = asyncio.get_running_loop().call_later(PAUSE, paused.set)
        chunk = await anext(chunks, None)
        due.cancel()
        if chunk is None:
            break
        yield chunk
    paused.set()


class Kept:
    """Keeps what is sent until it may begin, and passes it on from then."""

    def __init__(self, send: Send) -> None:
        self._send = send
        self._kept: list[Message] | None = []

    async def __call__(self, message: Message) -> None:
        if self._kept is None:
            await self._send(message)
        else:
            self._kept.append(message)

    async def give(self, begins: asyncio.Event) -> None:
        """Wait until it may begin."""
        await begins.wait()
        while self._kept:
            await self._send(self._kept.pop(0))
        self._kept = None

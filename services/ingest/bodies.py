"""Request bodies within their bounds."""

import asyncio
from collections.abc import AsyncIterator

from starlette.requests import ClientDisconnect, Request

from shared.problems import Problem

MOST = 5 * 1024 * 1024
PATIENCE = 30.0
SLOW = "the body comes too slowly; send it again"
PACE = 16 * 1024
"""A body that nobody has vouched for yet has to come within PATIENCE seconds, and one more for each PACE bytes of it:
else those without a secret could keep every place among the requests in flight with a few bytes a minute."""


def pieces(request: Request) -> AsyncIterator[bytes]:
    """The body as it arrives; Problem 415 for one that is compressed: signatures and bounds are of bytes as sent."""
    encoding = request.headers.get("content-encoding", "identity").strip()
    if encoding.lower() not in ("", "identity"):
        raise Problem(415, f"Send the body without Content-Encoding: {encoding} is not taken.")
    return request.stream()


class Unproven:
    """Bodies of senders who have not proven themselves yet. `most` of them are waited for at once: one more takes the
    place of the one that has been silent for the longest, or those without a secret could take every place again as
    soon as they lose it."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._silent: dict[asyncio.Timeout, None] = {}
        """The waits for the next piece of each, the longest first."""

    async def steady(self, request: Request) -> AsyncIterator[bytes]:
        """As `pieces`; Problem 503 for one that comes too slowly or loses its place, 400 for one that ends before it is
        whole."""
        loop = asyncio.get_running_loop()
        arriving, until = pieces(request), loop.time() + PATIENCE
        self._make_room()
        try:
            while True:
                async with asyncio.timeout_at(until) as wait:
                    self._silent[wait] = None
                    try:
                        piece = await anext(arriving, None)
                    finally:
                        self._silent.pop(wait, None)
                if piece is None:
                    return
                until += len(piece) / PACE
                yield piece
        except TimeoutError:
            raise Problem(503, SLOW) from None
        except ClientDisconnect:
            raise Problem(400, "the connection ended before the body did") from None

    def _make_room(self) -> None:
        if len(self._silent) >= self._most:
            longest = next(iter(self._silent))
            del self._silent[longest]
            if not longest.expired():
                longest.reschedule(asyncio.get_running_loop().time())


def check_length(request: Request, most: int) -> None:
    """Raise Problem 413 for a body that says itself that it has more than `most` bytes."""
    length = request.headers.get("content-length", "")
    if length.isdecimal() and len(length) < 20 and int(length) > most:
        raise Problem(413, f"a body may have {most} bytes at most, this one has {length}")


async def read_body(request: Request, unproven: Unproven | None = None) -> bytes:
    """The body; Problem 413 as soon as it is known to be larger than MOST bytes. One of the `unproven` has to be
    `steady`."""
    check_length(request, MOST)
    parts, size = [], 0
    try:
        async for part in unproven.steady(request) if unproven else pieces(request):
            size += len(part)
            if size > MOST:
                raise Problem(413, f"a body may have {MOST} bytes at most")
            parts.append(part)
    except ClientDisconnect:
        raise Problem(400, "the connection ended before the body did") from None
    return b"".join(parts)

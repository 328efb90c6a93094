"""Bodies of requests: how long they may take, and when they are refused."""

import asyncio
from typing import Any

import pytest
from starlette.requests import Request

from services.ingest.bodies import MOST, PACE, SLOW, Unproven, read_body
from shared.problems import Problem


def sent(*pieces: bytes | None, **headers: str) -> Request:
    """A request whose body arrives in those pieces; None stands for a sender that goes away."""
    messages = [
        {"type": "http.disconnect"} if piece is None else {"type": "http.request", "body": piece, "more_body": True}
        for piece in pieces
    ]
    messages.append({"type": "http.request", "body": b""})
    arriving = iter(messages)

    async def receive() -> Any:
        return next(arriving)

    as_sent = [(name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()]
    return Request({"type": "http", "method": "POST", "path": "/", "headers": as_sent}, receive)


async def test_each_pace_of_a_body_gives_it_a_second_more_and_a_byte_hardly_any(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    until, plainly = [], asyncio.timeout_at

    def noted(when: float) -> asyncio.Timeout:
        until.append(when)
        return plainly(when)

    monkeypatch.setattr(asyncio, "timeout_at", noted)
    assert len(await read_body(sent(b"x" * 3 * PACE, b"x", b"x"), Unproven(1))) == 3 * PACE + 2
    more = [when - until[0] for when in until[:4]]
    assert more == pytest.approx([0, 3, 3 + 1 / PACE, 3 + 2 / PACE], abs=1e-6)


@pytest.mark.parametrize("unproven", [None, Unproven(1)])
async def test_a_body_that_says_it_is_too_large_is_not_even_read(unproven: Unproven | None) -> None:
    async def unread() -> Any:
        raise AssertionError("somebody reads it")

    request = Request(sent(content_length=str(MOST + 1)).scope, unread)
    with pytest.raises(Problem) as caught:
        await read_body(request, unproven)
    assert caught.value.status == 413


async def test_a_sender_that_goes_away_is_no_error_of_ours() -> None:
    with pytest.raises(Problem) as caught:
        await read_body(sent(b"{", None))
    assert caught.value.status == 400
    with pytest.raises(Problem) as caught:
        _ = [piece async for piece in Unproven(1).steady(sent(b"{", None))]
    assert caught.value.status == 400


class Sender:
    """Sends pieces when it is told to. `asked` is released whenever one is waited for."""

    def __init__(self) -> None:
        self.pieces: asyncio.Queue[tuple[bytes, bool]] = asyncio.Queue()
        self.asked = asyncio.Semaphore(0)
        self.request = Request({"type": "http", "method": "POST", "path": "/", "headers": []}, self._receive)

    async def _receive(self) -> dict[str, Any]:
        self.asked.release()
        piece, more = await self.pieces.get()
        return {"type": "http.request", "body": piece, "more_body": more}


async def test_of_those_who_have_not_proven_themselves_the_longest_silent_one_makes_room() -> None:
    unproven, senders = Unproven(2), [Sender() for _ in range(4)]
    reads = []
    for sender in senders:
        reads.append(asyncio.create_task(read_body(sender.request, unproven)))
        await sender.asked.acquire()
        if sender is senders[1]:  # which is silent for longer, once the first is heard again
            senders[0].pieces.put_nowait((b"a", True))
            await senders[0].asked.acquire()
    for number in (1, 0):
        with pytest.raises(Problem) as caught:
            await reads[number]
        assert (caught.value.status, caught.value.detail) == (503, SLOW)
        assert not any(read.done() for read in reads[2:])
    for number in (2, 3):
        senders[number].pieces.put_nowait((b"whole", False))
        assert await reads[number] == b"whole"


@pytest.mark.parametrize("encoding", ["", "Identity", " identity "])
async def test_no_compression_has_several_names(encoding: str) -> None:
    assert await read_body(sent(b"x", content_encoding=encoding)) == b"x"

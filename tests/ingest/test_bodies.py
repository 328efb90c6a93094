"""Bodies of requests: how long they may take, and when they are refused."""

import asyncio
from typing import Any

import pytest
from starlette.requests import Request

from services.ingest.bodies import MOST, PACE, read_body, steady
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
    assert len(await read_body(sent(b"x" * 3 * PACE, b"x", b"x"), in_time=True)) == 3 * PACE + 2
    more = [when - until[0] for when in until[:4]]
    assert more == pytest.approx([0, 3, 3 + 1 / PACE, 3 + 2 / PACE], abs=1e-6)


@pytest.mark.parametrize("in_time", [False, True])
async def test_a_body_that_says_it_is_too_large_is_not_even_read(in_time: bool) -> None:
    async def unread() -> Any:
        raise AssertionError("somebody reads it")

    request = Request(sent(content_length=str(MOST + 1)).scope, unread)
    with pytest.raises(Problem) as caught:
        await read_body(request, in_time=in_time)
    assert caught.value.status == 413


async def test_a_sender_that_goes_away_is_no_error_of_ours() -> None:
    with pytest.raises(Problem) as caught:
        await read_body(sent(b"{", None))
    assert caught.value.status == 400
    with pytest.raises(Problem) as caught:
        _ = [piece async for piece in steady(sent(b"{", None))]
    assert caught.value.status == 400


@pytest.mark.parametrize("encoding", ["", "Identity", " identity "])
async def test_no_compression_has_several_names(encoding: str) -> None:
    assert await read_body(sent(b"x", content_encoding=encoding)) == b"x"

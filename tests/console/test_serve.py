"""A service as `pressrun up` serves it, and clients that no library would let be so."""

import asyncio
import contextlib
import json
import re
import socket
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
import uvicorn

from shared.http_protocol import MOST, HttpProtocol
from tests.servers import free_port, is_live, running, wait_for

ROOT = Path(__file__).parents[2]


@pytest.fixture
def port(valkey: str, tmp_path: Path) -> Iterator[int]:
    """Of trending, which takes no secrets; its log is `log`."""
    found = free_port()
    environ = {"PRESSRUN_DATA": str(tmp_path), "PRESSRUN_REDIS_URL": valkey, "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-m", "services.console.serve", "trending", "127.0.0.1", str(found)]
    with running(command, environ, tmp_path / "log"):
        wait_for(lambda: is_live(f"http://127.0.0.1:{found}"), what="trending is live")
        yield found


def _answer(port: int, *pieces: bytes) -> bytes:
    """The first line that a server answers, whatever has been sent by then; none where it cuts its sender short."""
    with socket.create_connection(("127.0.0.1", port), timeout=10) as connection:
        with contextlib.suppress(ConnectionError):
            for piece in pieces:
                connection.sendall(piece)
        with contextlib.suppress(ConnectionError):
            return connection.makefile("rb").readline()
    return b""


CHUNKED = b"POST /v1/trending HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"
ENDS = b"1\r\na\r\n0\r\n"


@pytest.mark.parametrize(
    "begins",
    [b"GET /", b"GET / HTTP/1.1\r\nX: ", b"GET / HTTP/1.1\r\n", CHUNKED + ENDS, CHUNKED + ENDS + b"X: "],
    ids=["address", "header", "headers", "trailers", "trailer"],
)
def test_a_head_that_goes_on_and_on_is_ended(port: int, begins: bytes) -> None:
    piece = b"X: a\r\n" * 2_000 if begins.endswith(b"\n") else b"a" * 12_000
    pieces = (piece for _ in range(1_000))
    with socket.create_connection(("127.0.0.1", port), timeout=10) as connection:
        told = b""
        with contextlib.suppress(ConnectionError):
            for one in (begins, *pieces):
                connection.sendall(one)
        with contextlib.suppress(ConnectionError):
            told = connection.makefile("rb").read()
    assert not told or told.startswith(b"HTTP/1.1 405 " if begins.startswith(CHUNKED) else b"HTTP/1.1 431 ")
    assert is_live(f"http://127.0.0.1:{port}")


def test_a_port_that_another_has_taken_meanwhile_is_named() -> None:
    with socket.create_server(("127.0.0.1", free_port())) as taken:
        port = str(taken.getsockname()[1])
        told = subprocess.run(
            [sys.executable, "-m", "services.console.serve", "trending", "127.0.0.1", port],
            cwd=ROOT, capture_output=True, text=True, timeout=60, check=False,
        )  # fmt: skip
    assert (told.returncode, told.stderr) == (1, f"port {port} on 127.0.0.1 is not free (Address already in use)\n")


def test_compose_serves_as_pressrun_up_does(valkey: str, tmp_path: Path) -> None:
    set_there = dict(re.findall(r"(UVICORN_\w+)=(\S+)", (ROOT / "Dockerfile").read_text()))
    here = {"UVICORN_HOST": "127.0.0.1", "UVICORN_PORT": str(free_port()), "PYTHONPATH": str(ROOT)}
    environ = {"PRESSRUN_DATA": str(tmp_path), "PRESSRUN_REDIS_URL": valkey, **set_there, **here}
    found = int(here["UVICORN_PORT"])
    with running([sys.executable, "-m", "uvicorn", "services.trending.app:app"], environ, tmp_path / "log"):
        wait_for(lambda: is_live(f"http://127.0.0.1:{found}"), what="trending is live")
        told = _answer(found, b"GET / HTTP/1.1\r\n", *(b"X: a\r\n" * 2_000 for _ in range(1_000)))
    assert not told or told.startswith(b"HTTP/1.1 431 ")


@pytest.mark.parametrize(
    "sent",
    [b"nonsense", b"FETCH /v1/trending HTTP/1.1", b"POST /v1/trending HTTP/1.1\r\nContent-Length: three"],
    ids=["nonsense", "method", "length"],
)
def test_what_is_no_http_is_a_problem_like_any_other(port: int, sent: bytes) -> None:
    with socket.create_connection(("127.0.0.1", port), timeout=10) as connection:
        connection.sendall(sent + b"\r\n\r\n")
        head, _, body = connection.makefile("rb").read().partition(b"\r\n\r\n")
    assert b"\r\ncontent-type: application/problem+json\r\n" in head
    assert f"content-length: {len(body)}" in head.decode()
    problem = json.loads(body)
    assert (problem["status"], problem["title"]) == (400, "The request cannot be parsed")
    assert problem["errors"] == [{"pointer": "/", "detail": problem["detail"]}]


def test_a_head_of_ordinary_size_and_a_long_body_pass(port: int) -> None:
    with httpx.Client(base_url=f"http://127.0.0.1:{port}") as client:
        for _ in range(3):
            answer = client.post("/v1/trending", content=b"x" * 8 * MOST, headers={"X": "a" * (MOST // 2)})
            assert answer.status_code == 405


async def _echo(scope: Any, receive: Any, send: Any) -> None:
    """Answers with the method and the body that came."""
    body, more = scope["method"].encode() + b" ", True
    while more:
        message = await receive()
        body, more = body + message.get("body", b""), message.get("more_body", False)
    length = str(len(body)).encode()
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", length)]})
    await send({"type": "http.response.body", "body": body})


OFFER = b"Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAEAAEAAAAIAAAAB\r\n"
WHOLE = b"POST /x HTTP/1.1\r\nHost: x\r\n" + OFFER + b"Content-Length: 3\r\n\r\nabc"
IN_CHUNKS = b"POST /x HTTP/1.1\r\n" + OFFER + b"Transfer-Encoding: chunked\r\n\r\n1\r\na\r\n2\r\nbc\r\n0\r\n\r\n"
WITHOUT = b"GET /x HTTP/1.1\r\n" + OFFER + b"\r\n"
LAST = WHOLE.replace(b"Upgrade,", b"close, Upgrade,")


@pytest.fixture
async def echo() -> AsyncIterator[tuple[str, int]]:
    """The address of a server that answers with what came."""
    server = uvicorn.Server(uvicorn.Config(_echo, http=HttpProtocol, lifespan="off", log_config=None))
    with socket.create_server(("127.0.0.1", 0)) as listens:
        serving = asyncio.create_task(server.serve([listens]))
        yield listens.getsockname()
        server.should_exit = True
        await serving


async def _bodies(address: tuple[str, int], *pieces: bytes, ends: bool = False) -> list[bytes]:
    """The bodies of all answers to what is sent in these pieces, before the server ends the connection."""
    reader, writer = await asyncio.open_connection(*address)
    for piece in pieces:
        writer.write(piece)
        await writer.drain()
    if ends:
        writer.write_eof()
    told = await asyncio.wait_for(reader.read(), 10)
    writer.close()
    return [answer.partition(b"\r\n\r\n")[2] for answer in told.split(b"HTTP/1.1 200 OK\r\n")[1:]]


@pytest.mark.parametrize("size", [10_000, 40, 1])
async def test_who_would_rather_speak_another_protocol_is_answered_in_this_one(
    echo: tuple[str, int], size: int
) -> None:
    """As Java's clients and `curl --http2` would, with each request."""
    sent = WHOLE + IN_CHUNKS + WITHOUT + WHOLE + LAST
    bodies = await _bodies(echo, *(sent[at : at + size] for at in range(0, len(sent), size)))
    assert bodies == [b"POST abc", b"POST abc", b"GET ", b"POST abc", b"POST abc"]


async def test_who_ends_their_side_when_all_is_said_is_answered(echo: tuple[str, int]) -> None:
    for whole in (WHOLE, IN_CHUNKS, WITHOUT, LAST, WHOLE.replace(OFFER, b"")):
        [body] = await _bodies(echo, whole, ends=True)
        assert body in (b"POST abc", b"GET ")
    assert await _bodies(echo, WHOLE + IN_CHUNKS + WITHOUT, ends=True) == [b"POST abc", b"POST abc", b"GET "]
    for part in (b"", b"GET ", WHOLE[:-1], IN_CHUNKS[:-5]):
        assert await _bodies(echo, part, ends=True) == [], "something was to follow"


def test_what_the_server_logs_is_a_line_of_json_too(port: int, tmp_path: Path) -> None:
    assert _answer(port, b"nonsense\r\n\r\n") == b"HTTP/1.1 400 Bad Request\r\n"
    lines = [json.loads(line) for line in (tmp_path / "log").read_text().splitlines()]
    told = next(line for line in lines if line["event"] == "Invalid HTTP request received.")
    assert (told["service"], told["level"], told["logger"]) == ("trending", "warning", "uvicorn.error")
    assert told["timestamp"].endswith("Z")

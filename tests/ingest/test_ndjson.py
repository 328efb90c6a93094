"""Lines in, lines out: in order, streamed both ways, bounded."""

import asyncio
import contextlib
import json
import tracemalloc
from collections.abc import AsyncIterator
from types import SimpleNamespace
from typing import Any

import pytest
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from services.ingest import by_proxy, ndjson
from services.ingest.ndjson import answer_lines, split_lines
from shared.problems import Fault, Problem
from shared.store import StoreUnavailable
from tests.servers import until

CHUNKED = b"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n"


async def chunks_of(*chunks: bytes) -> AsyncIterator[bytes]:
    for chunk in chunks:
        yield chunk


@pytest.mark.parametrize("size", [1, 2, 3, 7, 100])
async def test_lines_are_found_wherever_the_chunks_are_cut(size: int) -> None:
    body = b"one\ntwo\r\n\nfour"
    chunks = [body[at : at + size] for at in range(0, len(body), size)]
    assert [line async for line in split_lines(chunks_of(*chunks), 10)] == [b"one", b"two\r", b"", b"four"]


@pytest.mark.parametrize("size", [1, 2, 3, 4, 100])
async def test_a_byte_order_mark_before_the_first_line_is_no_part_of_it(size: int) -> None:
    async def lines(body: bytes) -> list[bytes | None]:
        chunks = [b"", *(body[at : at + size] for at in range(0, len(body), size))]
        return [line async for line in split_lines(chunks_of(*chunks), 4)]

    bom = b"\xef\xbb\xbf"
    assert await lines(bom + b"four\ntwo\n") == [b"four", b"two"]
    assert await lines(b"one\n" + bom + b"\n") == [b"one", bom]
    assert await lines(bom) == []
    assert await lines(bom + b"\n" + bom) == [b"", bom]
    assert await lines(bom[:2]) == [bom[:2]]
    assert await lines(bom[:2] + b"\n") == [bom[:2]]


async def test_a_line_that_is_too_long_is_not_kept() -> None:
    piece = b"x" * 2**16
    tracemalloc.start()
    try:
        found = [line async for line in split_lines(chunks_of(*[piece] * 200), 10)]
        _, most = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert found == [None]
    assert most < 20 * len(piece)


async def test_a_last_newline_is_no_line_of_its_own() -> None:
    assert [line async for line in split_lines(chunks_of(b"a\n"), 10)] == [b"a"]
    assert [line async for line in split_lines(chunks_of(), 10)] == []


@pytest.mark.parametrize("size", [1, 4, 5, 6, 50])
async def test_a_line_that_is_too_long_is_skipped_alone(size: int) -> None:
    body = b"12345\n123456\n" + b"x" * 40 + b"\nok\n" + b"y" * 7
    chunks = [body[at : at + size] for at in range(0, len(body), size)]
    assert [line async for line in split_lines(chunks_of(*chunks), 5)] == [b"12345", None, None, b"ok", None]


async def slow_work(line: bytes) -> dict[str, Any]:
    match line:
        case b"problem":
            raise Problem(422, "not so", [Fault("/article", "no")])
        case b"away":
            raise StoreUnavailable("the store is away")
        case b"bug":
            raise RuntimeError("boom")
    await asyncio.sleep(float(line.decode()) / 1000)
    return {"status": 202, "line": line.decode()}


@pytest.fixture
async def address(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[int]:
    monkeypatch.setattr(ndjson, "MAX_LINES", 50)

    async def answer(request: Request) -> Response:
        return await answer_lines(request, slow_work, max_line=20, at_once=8)

    app = Starlette(routes=[Route("/", answer, methods=["POST"])])
    server = uvicorn.Server(uvicorn.Config(app, port=0, log_level="error", lifespan="off", timeout_graceful_shutdown=2))
    server.capture_signals = contextlib.nullcontext  # type: ignore[method-assign]  # signals are pytest's
    serving = asyncio.create_task(server.serve())
    while not server.started:  # noqa: ASYNC110 - uvicorn tells it in no other way
        await asyncio.sleep(0.01)
    yield server.servers[0].sockets[0].getsockname()[1]
    server.should_exit = True
    await serving


def chunk(text: bytes) -> bytes:
    return b"%x\r\n%s\r\n" % (len(text), text)


async def talk(port: int, body: bytes) -> list[dict[str, Any]]:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\nConnection: close\r\n\r\n" % len(body) + body)
    answer = await asyncio.wait_for(reader.read(), 10)
    writer.close()
    await writer.wait_closed()
    lines = [line for line in answer.decode().split("\r\n") if line.startswith("{")]
    return [json.loads(line) for line in lines for line in line.splitlines()]


async def test_answers_keep_the_order_of_their_lines(address: int) -> None:
    waits = [str((at * 37) % 23).encode() for at in range(40)]
    answers = await talk(address, b"\n".join(waits))
    assert [answer["line"].encode() for answer in answers] == waits


async def test_an_answer_is_one_line_whatever_its_reader_takes_for_the_end_of_one(address: int) -> None:
    told = "1\x85\u2028\u2029"
    (answer,) = await talk(address, told.encode())
    assert answer["line"] == told


async def test_each_refusal_is_its_own_lines(address: int) -> None:
    answers = await talk(address, b"1\nproblem\naway\nbug\n" + b"9" * 21 + b"\n2\n")
    assert [answer["status"] for answer in answers] == [202, 422, 503, 500, 413, 202]
    assert answers[1]["errors"] == [{"pointer": "/article", "detail": "no"}]
    assert all(answer["errors"] for answer in answers if answer["status"] != 202)


async def test_the_line_too_many_is_refused_and_ends_it(address: int) -> None:
    answers = await talk(address, b"0\n" * 200)
    assert [answer["status"] for answer in answers] == [202] * 50 + [413]


async def test_a_line_is_answered_before_the_next_one_is_sent(address: int) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", address)
    writer.write(CHUNKED + b"Expect: 100-continue\r\n\r\n")
    assert b"100 Continue" in await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), 5)
    assert b"200 OK" in await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), 5)
    for _ in range(3):
        writer.write(chunk(b"1\n"))
        assert b"202" in await asyncio.wait_for(reader.readuntil(b"}\n\r\n"), 5)
    writer.write(b"0\r\n\r\n")
    assert b"0\r\n\r\n" in await asyncio.wait_for(reader.read(), 5)
    writer.close()
    await writer.wait_closed()


def proxied(sent: list[bytes], goes_on: asyncio.Event, *, ends: bool) -> tuple[Request, Any]:
    """A request as a proxy passes it on: its first lines, and the rest once it goes on."""
    chunks = iter(sent)

    async def receive() -> dict[str, Any]:
        if (chunk := next(chunks, None)) is None:
            await goes_on.wait()
            return {"type": "http.request", "body": b"3\n", "more_body": not ends}
        return {"type": "http.request", "body": chunk, "more_body": True}

    scope = {"type": "http", "method": "POST", "path": "/", "headers": [(b"x-forwarded-for", b"192.0.2.7")]}
    return Request(scope, receive), receive


async def test_by_way_of_a_proxy_nothing_is_answered_before_all_has_been_said() -> None:
    said: list[dict[str, Any]] = []
    worked_on: list[bytes] = []
    goes_on = asyncio.Event()

    async def work(line: bytes) -> dict[str, Any]:
        worked_on.append(line)
        return {"status": 202, "line": line.decode()}

    async def send(message: Any) -> None:
        said.append(message)

    request, receive = proxied([b"1\n2", b"\n"], goes_on, ends=True)
    response = await answer_lines(request, work, max_line=20, at_once=8)
    answering = asyncio.create_task(response(request.scope, receive, send))
    await until(lambda: worked_on == [b"1", b"2"])
    for _ in range(10):
        await asyncio.sleep(0)
    assert said == []
    goes_on.set()
    await asyncio.wait_for(answering, 5)
    assert said[0]["type"] == "http.response.start"
    answers = b"".join(message.get("body", b"") for message in said[1:]).splitlines()
    assert [json.loads(answer)["line"] for answer in answers] == ["1", "2", "3"]


async def test_by_way_of_a_proxy_a_sender_that_waits_for_an_answer_gets_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(by_proxy, "PAUSE", 0.01)
    monkeypatch.setattr(ndjson, "MAX_LINES", 2)
    said: list[bytes] = []

    async def send(message: Any) -> None:
        said.append(message.get("body", b""))

    goes_on = asyncio.Event()
    request, receive = proxied([b"1\n"], goes_on, ends=False)
    response = await answer_lines(request, slow_work, max_line=20, at_once=8)
    answering = asyncio.create_task(response(request.scope, receive, send))
    await until(lambda: b'"line":"1"' in b"".join(said))
    goes_on.set()
    await asyncio.wait_for(answering, 5)
    assert b"more than 2 lines" in b"".join(said)


async def test_by_way_of_a_proxy_the_line_too_many_ends_it_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ndjson, "MAX_LINES", 2)
    said: list[bytes] = []

    async def send(message: Any) -> None:
        said.append(message.get("body", b""))

    request, receive = proxied([b"1\n2\n3\n"], asyncio.Event(), ends=False)
    response = await answer_lines(request, slow_work, max_line=20, at_once=8)
    await asyncio.wait_for(response(request.scope, receive, send), 5)
    assert b"more than 2 lines" in b"".join(said)


async def test_a_sender_that_leaves_disturbs_nobody_and_is_logged(
    address: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    said: list[str] = []
    monkeypatch.setattr("services.ingest.ndjson.log", lambda: SimpleNamespace(info=said.append))
    reader, writer = await asyncio.open_connection("127.0.0.1", address)
    writer.write(CHUNKED + b"\r\n" + chunk(b"5\n10\n5"))
    await asyncio.wait_for(reader.readuntil(b'"line":"10"}'), 5)  # the line that was begun is being waited for
    writer.close()
    await writer.wait_closed()
    assert [answer["status"] for answer in await talk(address, b"1\n")] == [202]
    await until(lambda: said)
    assert said == ["a sender left in the middle of its lines"]


async def test_so_many_bytes_are_worked_on_at_once_and_no_more_but_for_a_line_of_more(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(ndjson, "HELD", 10)
    now: list[bytes] = []
    seen = set()

    async def work(line: bytes) -> dict[str, Any]:
        now.append(line)
        seen.add(b" ".join(now))
        await asyncio.sleep(0.001)
        now.remove(line)
        return {"status": 202}

    async def lines() -> AsyncIterator[bytes]:
        for line in (b"1234", b"5678", b"9012", b"eleven bytes", b"12345", b"67890", b"1"):
            yield line

    under_way = ndjson._UnderWay(work, "/", 100)
    reading = asyncio.create_task(under_way.read(lines()))
    answers = []
    async with asyncio.timeout(5):
        while found := await under_way.next():
            answers += found
        await reading
    assert len(answers) == 7
    assert {b"1234 5678", b"eleven bytes", b"12345 67890"} <= seen
    assert all(len(held.replace(b" ", b"")) <= 10 for held in seen - {b"eleven bytes"})


async def test_an_answer_that_is_ready_waits_for_no_other() -> None:
    goes_on = asyncio.Event()

    async def work(line: bytes) -> dict[str, Any]:
        if line == b"slow":
            await goes_on.wait()
        return {"line": line}

    async def lines() -> AsyncIterator[bytes]:
        for line in (b"fast", b"slow"):
            yield line

    under_way = ndjson._UnderWay(work, "/", 8)
    await under_way.read(lines())
    assert await asyncio.wait_for(under_way.next(), 5) == [{"line": b"fast"}]
    goes_on.set()
    assert await asyncio.wait_for(under_way.next(), 5) == [{"line": b"slow"}]
    assert not under_way._running, "what is done is kept for nobody"


async def test_an_error_of_ours_in_reading_lines_is_told() -> None:
    async def turn() -> None:
        raise ZeroDivisionError

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": b"1\n", "more_body": False}

    async def send(_: Any) -> None:
        pass

    scope = {"type": "http", "method": "POST", "path": "/", "headers": []}
    response = await answer_lines(Request(scope, receive), slow_work, max_line=20, at_once=8, turn=turn)
    with pytest.raises(ZeroDivisionError):
        await asyncio.wait_for(response(scope, receive, send), 5)


async def test_nothing_goes_on_for_a_sender_who_takes_no_answers(monkeypatch: pytest.MonkeyPatch) -> None:
    said: list[str] = []
    monkeypatch.setattr("services.ingest.ndjson.log", lambda: SimpleNamespace(info=said.append))
    sent = [{"type": "http.request", "body": b"60000\n60000\n", "more_body": True}]

    async def receive() -> dict[str, Any]:
        return sent.pop() if sent else await asyncio.Future()

    async def send(_: Any) -> None:
        raise OSError("gone")

    scope = {"type": "http", "method": "POST", "path": "/", "headers": []}
    before = asyncio.all_tasks()
    response = await answer_lines(Request(scope, receive), slow_work, max_line=20, at_once=8)
    await asyncio.wait_for(response(scope, receive, send), 5)
    assert not sent
    await until(lambda: asyncio.all_tasks() == before, 2)
    assert said == ["a sender left in the middle of its lines"]

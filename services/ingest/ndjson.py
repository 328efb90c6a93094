"""NDJSON in, NDJSON out, both streamed: a line for a line, in order, read while the answers are written."""

import asyncio
import json
from codecs import BOM_UTF8
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
from typing import Any

from starlette.requests import ClientDisconnect, Request
from starlette.responses import StreamingResponse
from starlette.types import Receive, Scope, Send

from services.ingest.bodies import pieces
from services.ingest.by_proxy import Kept, came_by_proxy, until_a_pause
from shared.failures import problem_of
from shared.logs import log
from shared.problems import WHOLE, Fault, Problem

MAX_LINES = 10_000
HELD = 16 * 2**20  # bytes of lines that are worked on at once, whatever their number
CHUNK = 256  # answers that go out together when they are ready together
LEFT = "a sender left in the middle of its lines"
# what many readers of text in lines take for the end of one (Unicode §5.8), and JSON leaves as it is
_ENDS_OF_LINES = tuple((character, f"\\u{ord(character):04x}") for character in "\x85\u2028\u2029")

Answer = dict[str, Any]
Work = Callable[[bytes], Awaitable[Answer]]
Wait = Callable[[], Awaitable[None]]


async def answer_lines(
    request: Request, work: Work, *, max_line: int, at_once: int, turn: Wait | None = None
) -> StreamingResponse:
    """Answer each line of the body with a line: what `work` returns for it, or the Problem that it raises.

    A line longer than `max_line` bytes is refused alone; the line after MAX_LINES is refused, and reading ends.
    `turn` is waited for before each line.
    """
    chunks, begins = pieces(request), asyncio.Event()
    if came_by_proxy(request):
        chunks = until_a_pause(chunks, begins)
    else:
        begins.set()
    lines = split_lines(chunks, max_line)
    if turn is not None:
        lines = _in_turn(lines, turn)
    return _Answers(_UnderWay(work, request.url.path, at_once), lines, begins)


async def split_lines(chunks: AsyncIterator[bytes], max_line: int) -> AsyncIterator[bytes | None]:
    """The lines of a body, None for one that is longer than `max_line` bytes: it is skipped, not kept."""
    held, skipping = bytearray(), False
    async for chunk in _without_bom(chunks):
        *ended, rest = chunk.split(b"\n")
        for part in ended:
            yield None if skipping or len(held) + len(part) > max_line else bytes(held + part)
            held.clear()
            skipping = False
        skipping = skipping or len(held) + len(rest) > max_line
        if skipping:
            held.clear()
        else:
            held += rest
    if skipping or held:
        yield None if skipping else bytes(held)


async def _in_turn(lines: AsyncIterator[bytes | None], turn: Wait) -> AsyncIterator[bytes | None]:
    async for line in lines:
        await turn()
        yield line


async def _without_bom(chunks: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    """A body without the byte order mark that programs of Windows begin it with, wherever its chunks are cut."""
    begins: bytes | None = b""
    async for chunk in chunks:
        if begins is None:
            yield chunk
        elif begins + chunk != BOM_UTF8 and BOM_UTF8.startswith(begins + chunk):
            begins += chunk
        else:
            yield (begins + chunk).removeprefix(BOM_UTF8)
            begins = None
    if begins:
        yield begins


def refusal(problem: Problem) -> Answer:
    """A refused line's answer; `errors` is never empty."""
    faults = problem.faults or (Fault(WHOLE, problem.detail),)
    return {"status": problem.status, "errors": [fault.as_dict() for fault in faults]}


class _Answers(StreamingResponse):
    """A response that leaves the body to its reader: Starlette's own would listen for a disconnect and eat it."""

    def __init__(self, under_way: "_UnderWay", lines: AsyncIterator[bytes | None], begins: asyncio.Event) -> None:
        super().__init__(self._written(), media_type="application/x-ndjson")
        self._under_way = under_way
        self._read = under_way.read(lines)
        self._begins = begins

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        reader = asyncio.create_task(self._read)
        kept = Kept(send)
        giving = asyncio.create_task(kept.give(self._begins))
        try:
            await asyncio.sleep(0)  # the body is asked for first: only then its sender is told to continue (100)
            await self.stream_response(kept)
            self._begins.set()  # also where the body has more lines than are read
            await giving
            await reader
        except OSError:  # as servers of ASGI 2.4 tell it; uvicorn tells the reader
            log().info(LEFT)
        finally:
            reader.cancel()
            giving.cancel()
            self._under_way.cancel()

    async def _written(self) -> AsyncIterator[bytes]:
        while answers := await self._under_way.next():
            yield b"".join(_line(answer) for answer in answers)


class _UnderWay:
    """The answers that are being made, in the order of their lines, bounded in number and in bytes."""

    def __init__(self, work: Work, path: str, at_once: int) -> None:
        self._work = work
        self._path = path
        self._order: asyncio.Queue[asyncio.Task[Answer] | None] = asyncio.Queue(at_once)
        self._running: set[asyncio.Task[Answer]] = set()
        self._held = 0
        self._room = asyncio.Event()
        self._first: asyncio.Task[Answer] | None = None

    async def read(self, lines: AsyncIterator[bytes | None]) -> None:
        """Begin the work on each line; the end is marked by None."""
        try:
            count = 0
            async for line in lines:
                count += 1
                if count > MAX_LINES:
                    await self._begin(_refuse(Problem(413, f"more than {MAX_LINES} lines in a request")), 0)
                    return
                if line is None:
                    await self._begin(_refuse(Problem(413, "the line is too long")), 0)
                else:
                    await self._begin(_answer(self._work, line, self._path), len(line))
        except ClientDisconnect:  # what was read in full is worked on; nobody is left to hear the answers
            log().info(LEFT)
        finally:
            await self._order.put(None)

    async def _begin(self, answer: Coroutine[Any, Any, Answer], size: int) -> None:
        while self._held and self._held + size > HELD:
            self._room.clear()
            await self._room.wait()
        task = asyncio.create_task(answer)
        self._held += size
        self._running.add(task)
        task.add_done_callback(lambda done: self._ended(done, size))
        await self._order.put(task)

    def _ended(self, task: asyncio.Task[Answer], size: int) -> None:
        self._running.discard(task)
        self._held -= size
        self._room.set()

    async def next(self) -> list[Answer]:
        """The next answers, as many as are ready; none at the end."""
        answers: list[Answer] = []
        while len(answers) < CHUNK:
            if self._first is None:
                if answers and self._order.empty():
                    break
                self._first = await self._order.get()
            if self._first is None:
                self._order.put_nowait(None)  # for the next call, which finds nothing else
                break
            if answers and not self._first.done():
                break
            answers.append(await self._first)
            self._first = None
        return answers

    def cancel(self) -> None:
        """Give up what is under way."""
        for task in tuple(self._running):
            task.cancel()


async def _answer(work: Work, line: bytes, path: str) -> Answer:
    try:
        return await work(line)
    except Exception as error:  # noqa: BLE001 - one line must not end the others' answers
        return refusal(problem_of(error, path))


async def _refuse(problem: Problem) -> Answer:
    return refusal(problem)


def _line(answer: Answer) -> bytes:
    text = _as_json(answer)
    for character, escape in _ENDS_OF_LINES:
        if character in text:
            text = text.replace(character, escape)
    return text.encode("utf-8", "replace") + b"\n"


_as_json = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode

"""A connection to the store that many tasks share: what is sent within a turn of the loop goes out together, and
the answers come back in the order of the commands.

redis-py connects, and proves who we are; from then on its connection is read and written here, since its own
reading takes a task's turn and a timer for every answer.
"""

import asyncio
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, cast

import hiredis
from redis.asyncio.connection import AbstractConnection, DefaultParser
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import MasterDownError, OutOfMemoryError, ReadOnlyError, RedisError
from redis.exceptions import TimeoutError as RedisTimeoutError

Command = Sequence[str | bytes | int | float]

_NO_MORE = object()


class StoreUnavailable(Exception):
    """The store cannot be reached or cannot keep more now: the same call may succeed later."""


class StoreLocked(StoreUnavailable):
    """The store does not take the name and password that it was told, or wants some."""


@dataclass(slots=True)
class _Call:
    """Commands that were sent in one go, and the answers to them so far."""

    ended: asyncio.Future[list[Any]]
    count: int
    answers: list[Any] = field(default_factory=list)

    def settle(self) -> None:
        """Hand the answers over; the first error among them instead."""
        if self.ended.done():
            return  # its caller has been cancelled
        for answer in self.answers:
            if isinstance(answer, Exception):
                self.ended.set_exception(answer)
                return
        self.ended.set_result(self.answers)


class Wire(asyncio.Protocol):
    """Both ways of a connection; `lost` is called once if it breaks."""

    def __init__(self, connection: AbstractConnection, lost: Callable[[str], None]) -> None:
        assert connection._writer is not None  # noqa: S101 - it has connected
        self._transport = connection._writer.transport
        self._transport.set_protocol(self)
        self._lost = lost
        self._loop = asyncio.get_running_loop()
        self._reader = hiredis.Reader(replyError=failure, notEnoughData=_NO_MORE)
        self._waiting: deque[_Call] = deque()
        self._outbox: list[bytes] = []
        self.heard = 0
        """How often something has come."""

    @property
    def waits(self) -> bool:
        """Whether an answer is due."""
        return bool(self._waiting)

    @property
    def broken(self) -> bool:
        """Whether it broke before anybody could be told."""
        return self._transport.is_closing()

    def send(self, commands: Iterable[Command]) -> asyncio.Future[list[Any]]:
        """Send commands; the future has their answers, or raises what the first refused one says."""
        packed = [hiredis.pack_command(cast(Any, tuple(command))) for command in commands]
        ended: asyncio.Future[list[Any]] = self._loop.create_future()
        if not packed:
            ended.set_result([])
            return ended
        if not self._outbox:
            self._loop.call_soon(self._flush)
        self._outbox += packed
        self._waiting.append(_Call(ended, len(packed)))
        return ended

    def fail(self, reason: StoreUnavailable) -> None:
        """Give up: whatever waits fails, and nothing more goes out."""
        self._outbox = []
        waiting, self._waiting = self._waiting, deque()
        for call in waiting:
            if not call.ended.done():
                call.ended.set_exception(reason)

    def data_received(self, data: bytes) -> None:
        """Hand each answer to the call that has waited longest."""
        self.heard += 1
        try:
            self._reader.feed(data)
            while (answer := self._reader.gets()) is not _NO_MORE:
                self._take(answer)
        except (hiredis.HiredisError, IndexError) as error:
            self._lost(f"what it says is no answer: {error}")

    def connection_lost(self, exc: Exception | None) -> None:
        """The other side went away."""
        self._lost(str(exc or "it was closed"))

    def _take(self, answer: Any) -> None:
        call = self._waiting[0]
        call.answers.append(answer)
        if len(call.answers) == call.count:
            self._waiting.popleft()
            call.settle()

    def _flush(self) -> None:
        """Write what has gathered during this turn of the loop."""
        outbox, self._outbox = self._outbox, []
        if outbox:
            self._transport.writelines(outbox)


# redis-py has a class for some errors, and takes the code off their text; loading is a connection error to it
TRY_LATER_CLASSES = (RedisConnectionError, RedisTimeoutError, OutOfMemoryError, ReadOnlyError, MasterDownError)
TRY_LATER = ("MISCONF", "BUSY ", "NOREPLICAS")


def failure(text: str) -> Exception:
    """What an error that the store answers, or a script hands on, means to the caller."""
    error: RedisError = DefaultParser.parse_error(text)  # type: ignore[no-untyped-call]  # redis-py's
    if isinstance(error, TRY_LATER_CLASSES) or str(error).startswith(TRY_LATER):
        return StoreUnavailable(f"the store cannot serve now: {error}")
    if "OOM command not allowed" in str(error):
        return StoreUnavailable(f"the store is full: {error}")
    return error

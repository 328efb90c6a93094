"""A connection to the store that is made when somebody needs it, and again after it broke."""

import asyncio
from collections.abc import Iterable
from typing import Any

from redis.asyncio.connection import AbstractConnection, ConnectionPool
from redis.exceptions import AuthenticationError, RedisError

from shared.wire import Command, StoreLocked, StoreUnavailable, Wire

ANSWER_TIMEOUT = 5.0
LOOK_EVERY = 0.5
CLOSED = "the store's connection was closed"
HUNG_UP = "the store cannot be reached: it closed the connection"


class Link:
    """Commands over one connection, in the order in which they were issued. Raises as `Store` does."""

    def __init__(self, pool: ConnectionPool) -> None:
        self._pool = pool
        self._connection: AbstractConnection | None = None
        self._wire: Wire | None = None
        self._watching: asyncio.Task[None] | None = None
        self._attempt: asyncio.Task[StoreUnavailable | None] | None = None
        self._is_closed = False
        self.breaks = 0
        """How often it broke."""

    async def all(self, commands: Iterable[Command]) -> list[Any]:
        """Carry out commands in one go, in order; return their answers."""
        if self._wire is None:
            if self._is_closed:
                raise StoreUnavailable(CLOSED)
            await self._connect()
        if self._wire is None:  # a store that ends each connection once it has greeted would be asked for ever
            raise StoreUnavailable(CLOSED if self._is_closed else HUNG_UP)
        return await self._wire.send(commands)

    async def close(self) -> None:
        """Close the connection for good, also one that is being made; commands that are still under way fail."""
        self._is_closed = True
        while self._attempt is not None and not self._attempt.done():
            self._attempt.cancel()  # more than once: before Python 3.12 `wait_for`, which redis-py uses, may swallow it
            await asyncio.wait([self._attempt], timeout=0.01)
        self._drop(CLOSED)

    async def _connect(self) -> None:
        """Connect; those who come while that is tried wait for the same attempt, and fail with it."""
        if self._attempt is None or self._attempt.done():
            self._attempt = asyncio.create_task(self._open())
        if failure := await asyncio.shield(self._attempt):
            raise failure

    async def _open(self) -> StoreUnavailable | None:
        connection = self._pool.make_connection()  # type: ignore[no-untyped-call]  # redis-py's
        try:
            async with asyncio.timeout(ANSWER_TIMEOUT):  # redis-py's own tries add up to half a minute
                await connection.connect()
        except (RedisError, OSError, TimeoutError) as error:
            connection._close()
            kind = StoreLocked if isinstance(error, AuthenticationError) else StoreUnavailable
            return kind(f"the store cannot be reached: {str(error) or f'it did not answer for {ANSWER_TIMEOUT:g} s'}")
        except RuntimeError:  # uvloop's: it was closed between two words of redis-py's greeting
            connection._close()
            return StoreUnavailable(HUNG_UP)
        except asyncio.CancelledError:
            connection._close()
            raise
        wire = Wire(connection, lambda reason: self._drop(f"the store's connection broke: {reason}", wire))
        if wire.broken:
            connection._close()
            return StoreUnavailable(HUNG_UP)
        self._connection, self._wire = connection, wire
        self._watching = asyncio.create_task(self._watch(wire))
        return None

    async def _watch(self, wire: Wire) -> None:
        """Give up the connection when an answer is due and nothing of it has come for ANSWER_TIMEOUT: those of
        many large bodies take longer than that on a slow network."""
        heard, quiet = wire.heard, 0.0
        while quiet < ANSWER_TIMEOUT:
            await asyncio.sleep(LOOK_EVERY)
            silent = wire.waits and wire.heard == heard
            heard, quiet = wire.heard, quiet + LOOK_EVERY if silent else 0.0
        self._drop(f"the store did not answer for {ANSWER_TIMEOUT:g} s", wire)

    def _drop(self, reason: str, of: Wire | None = None) -> None:
        """Give up the connection; what an earlier one still says (`of`) is past."""
        if self._wire is None or of not in (None, self._wire):
            return
        connection, wire, watching = self._connection, self._wire, self._watching
        self._connection = self._wire = self._watching = None
        self.breaks += 1
        if watching is not None and watching is not asyncio.current_task():
            watching.cancel()
        if connection is not None:
            connection._close()  # type: ignore[no-untyped-call]  # disconnect() would have to be awaited
        wire.fail(StoreUnavailable(reason))

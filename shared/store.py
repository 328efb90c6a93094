"""The store: a few connections that many tasks share, scripts, and the one optimistic transaction.

Commands that are issued while others are under way go out together, so that the server commits them with one
fsync. Nothing is sent twice: a command that failed on the way may have been carried out, and only its caller
knows whether it may be said again.
"""

import hashlib
import itertools
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, cast

from redis.asyncio import Redis, Sentinel
from redis.asyncio.connection import ConnectionPool
from redis.asyncio.retry import Retry
from redis.backoff import ExponentialWithJitterBackoff
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import NoScriptError
from redis.exceptions import TimeoutError as RedisTimeoutError

from shared.link import ANSWER_TIMEOUT, Link
from shared.settings import Settings
from shared.store_address import parse_sentinel
from shared.wire import Command, StoreUnavailable

__all__ = ["Command", "Field", "Script", "Store", "StoreUnavailable", "pairs", "redis_client"]

CONNECT_TIMEOUT = 2.0
LINKS = 4
"""The store reads 16 kB at a time from each connection, and syncs after each round of reading."""


Field = tuple[str, str, str]
"""A hash's key, one of its fields, and a value."""


class Script:
    """A Lua script, sent by its digest."""

    def __init__(self, source: str) -> None:
        self.source = source
        self.digest = hashlib.sha1(source.encode(), usedforsecurity=False).hexdigest()


def pairs(flat: Sequence[Any]) -> Iterator[tuple[Any, Any]]:
    """What the store answers in one list, two by two: fields and values of a hash, members and scores."""
    return zip(flat[::2], flat[1::2], strict=True)


def again(retries: int, longest: float) -> Retry:
    """What redis-py tries again, so many times (-1: for as long as it takes) and with pauses of up to so many seconds:
    what a connection raises that broke. uvloop's own error is for one that closed between two words of the greeting."""
    broke: Any = (RedisConnectionError, RedisTimeoutError, RuntimeError)
    return Retry(ExponentialWithJitterBackoff(cap=longest, base=0.02), retries, broke)


def redis_client(settings: Settings) -> Redis:
    """Make a client for reads that block; it reconnects and tries again by itself."""
    password = settings.redis_password.get_secret_value() if settings.redis_password else None
    options: dict[str, Any] = {
        "password": password,
        "protocol": 2,
        "socket_connect_timeout": CONNECT_TIMEOUT,
        "socket_timeout": ANSWER_TIMEOUT,
        "retry": again(5, 0.5),
        "health_check_interval": 0,
    }
    if settings.redis_url.startswith("sentinel://"):
        return _sentinel(settings.redis_url, options)
    return Redis.from_url(settings.redis_url, **{k: v for k, v in options.items() if v is not None})


def _sentinel(url: str, options: dict[str, Any]) -> Redis:
    """`sentinel://host:port,host:port/name`: a client of the master of that name, wherever it is now."""
    nodes, name = parse_sentinel(url)
    sentinel = Sentinel(nodes, socket_connect_timeout=CONNECT_TIMEOUT)  # type: ignore[no-untyped-call]  # redis-py's
    return cast(Redis, sentinel.master_for(name, **options))


class Store:
    """Commands to the store from many tasks over a few connections; those of one call go in order.

    Raises StoreUnavailable where the store is away, loading or out of memory, and ResponseError for a command
    that the store refuses.
    """

    def __init__(self, settings: Settings, links: int = LINKS) -> None:
        self._client = redis_client(settings)
        pool: ConnectionPool = self._client.connection_pool
        self._links = tuple(Link(pool) for _ in range(links))
        self._turns = itertools.cycle(self._links)

    @property
    def client(self) -> Redis:
        """The plain client, for reads that block (each on a connection of its own)."""
        return self._client

    @property
    def breaks(self) -> int:
        """How often a connection broke. The store may have been another one since, which lacks what no replica had."""
        return sum([link.breaks for link in self._links])

    async def do(self, *command: str | bytes | int | float) -> Any:
        """Carry out one command and return its answer."""
        return (await self.all([command]))[0]

    async def all(self, commands: Iterable[Command]) -> list[Any]:
        """Carry out commands in one go, in order, though not atomically; return their answers."""
        return await next(self._turns).all(commands)

    async def run(self, script: Script, keys: Sequence[str] = (), args: Command = ()) -> Any:
        """Run a script, loading it where the store does not know it yet."""
        try:
            return await self.do("EVALSHA", script.digest, len(keys), *keys, *args)
        except NoScriptError:
            return await self.do("EVAL", script.source, len(keys), *keys, *args)

    async def commit(
        self, expect: Mapping[str, bytes | None], commands: Iterable[Command], free: Sequence[Field] = ()
    ) -> list[Any] | None:
        """Carry out all commands at once if each key still holds what is expected of it, and each of the fields has its
        value or none, else none of them: None."""
        flat: list[str | bytes | int | float] = [len(free), *(value or b"" for value in expect.values())]
        for _, field, value in free:
            flat += [field, value]
        for command in commands:
            flat += [len(command), *command]
        done = await self.run(_COMMIT, (*expect, *(key for key, _, _ in free)), flat)
        return None if done is None else list(done)

    async def close(self) -> None:
        """Close the connections; commands that are still under way fail."""
        for link in self._links:
            await link.close()
        await self._client.aclose()


# no key holds an empty value: it stands for one that is not there
_COMMIT = Script("""
local call, args = redis.call, ARGV
local whole = #KEYS - tonumber(args[1]) -- the keys of fields come last
for first = 1, whole, 4000 do -- unpack has its bounds
  local kept = call('MGET', unpack(KEYS, first, math.min(first + 3999, whole)))
  for at, value in ipairs(kept) do
    if (value or '') ~= args[first + at] then return false end
  end
end
local at, last, answers = whole + 2, #args, {}
for key = whole + 1, #KEYS do
  local kept = call('HGET', KEYS[key], args[at])
  if kept and kept ~= args[at + 1] then return false end
  at = at + 2
end
while at <= last do
  local to = at + args[at]
  answers[#answers + 1] = call(unpack(args, at + 1, to))
  at = to + 1
end
return answers
""")

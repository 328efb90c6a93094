"""Group commit: what comes while one call to the store is under way goes into the next one, together."""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Iterable, Sequence
from typing import Generic, TypeVar

T = TypeVar("T")
R = TypeVar("R")

MOST = 512


class Together(Generic[T, R]):
    """Collects items of concurrent callers; `commit` takes a group and returns a result for each, in order."""

    def __init__(self, commit: Callable[[Sequence[T]], Awaitable[Sequence[R]]], most: int = MOST) -> None:
        self._commit = commit
        self._most = most
        self._waiting: deque[tuple[T, asyncio.Future[R]]] = deque()
        self._running: asyncio.Task[None] | None = None

    async def put(self, item: T) -> R:
        """Commit the item with others and return its result; raises what the commit of its group raised."""
        future: asyncio.Future[R] = asyncio.get_running_loop().create_future()
        self._waiting.append((item, future))
        if self._running is None or self._running.done():
            self._running = asyncio.create_task(self._run())
        return await future

    async def _run(self) -> None:
        while self._waiting:
            group = [self._waiting.popleft() for _ in range(min(self._most, len(self._waiting)))]
            try:
                results = await self._commit([item for item, _ in group])
            except Exception as error:  # noqa: BLE001 - it is raised where the items came from
                _fail(group, error)
            except BaseException as error:  # nobody is left waiting for an answer that nobody gives any more
                _fail([*group, *self._waiting], error)
                self._waiting.clear()
                raise
            else:
                for (_, future), result in zip(group, results, strict=True):
                    if not future.done():
                        future.set_result(result)


def _fail(items: Iterable[tuple[T, asyncio.Future[R]]], error: BaseException) -> None:
    for _, future in items:
        if not future.done():
            future.set_exception(error)

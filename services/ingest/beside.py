"""Work on what is large, beside the event loop, which others need meanwhile."""

import asyncio
from collections.abc import Callable
from typing import ParamSpec, TypeVar

LARGE = 100_000

P = ParamSpec("P")
R = TypeVar("R")


async def beside(size: int, work: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
    """What `work` returns; in a thread if it is about more than LARGE bytes or characters."""
    return await asyncio.to_thread(work, *args, **kwargs) if size > LARGE else work(*args, **kwargs)

"""Where the stack is that a command is about: `--data DIR` with its `run.json`, or `PRESSRUN_*`."""

import asyncio
import os
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, TypeVar

import typer
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import RedisError
from redis.exceptions import TimeoutError as RedisTimeoutError

from services.console.failed import CannotGoOn
from services.console.folder import others, read_run
from services.console.unreadable import READ_ERRORS, unreadable
from shared.settings import Settings
from shared.store import Store, StoreUnavailable

T = TypeVar("T")


def named(path: str | Path) -> Path:
    """A path that somebody gave; an empty one, as of a variable that is not set, would be the present folder."""
    if path == "":
        raise typer.BadParameter("an empty path")
    return Path(path)


Data = Annotated[
    Path | None,
    typer.Option(
        "--data",
        metavar="DIR",
        parser=named,
        help="Folder of a `pressrun up`; without it PRESSRUN_* say where, else it is `data`.",
    ),
]


@dataclass(frozen=True, slots=True)
class Place:
    """A stack as commands see it."""

    settings: Settings
    run: dict[str, Any]


def find(data: Path | None) -> Place:
    """The stack of a folder, or of the environment."""
    if data is None and not {"PRESSRUN_REDIS_URL", "PRESSRUN_REDIS_URL_FILE"}.isdisjoint(os.environ):
        return Place(Settings.load(), {})
    folder = data or Path(os.environ.get("PRESSRUN_DATA") or "data")
    run = read_run(folder)
    if run is None or "redis" not in run:
        raise CannotGoOn(
            f"{folder}: no stack runs on this folder; start it with `pressrun up`, or name another with --data"
        )
    return Place(Settings.load(others(os.environ), data=folder, redis_url=run["redis"]), run)


def with_store(data: Path | None, work: Callable[[Place, Store], Awaitable[T]]) -> T:
    """Do something with the store of a place; one that is away, or goes away meanwhile, is one clear line, exit 1."""
    place = find(data)

    async def opened() -> T:
        store = Store(place.settings)
        try:
            return await work(place, store)
        except READ_ERRORS:
            await tell_unreadable(store)
            raise
        finally:
            await store.close()

    try:
        return asyncio.run(opened())
    except (RedisConnectionError, RedisTimeoutError) as error:  # a read that blocks: it has a connection of its own
        raise CannotGoOn(f"the store cannot be reached: {error}") from None
    except (StoreUnavailable, RedisError) as error:
        raise CannotGoOn(str(error)) from None


async def tell_unreadable(store: Store) -> None:
    """Raise CannotGoOn if the store has what cannot be read, which a command has come upon."""
    if found := await unreadable(store):
        error = CannotGoOn(
            "the store has what Pressrun does not write; put a backup back, or take these keys away (DEL), "
            "post the articles anew that they are of, and run `pressrun check --repair`"
        )
        error.add_note("\n".join(found))
        raise error from None

"""Where the stack is that a command is about: `--data DIR` with its `run.json`, or `PRESSRUN_*`."""

import asyncio
import os
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from json import loads
from pathlib import Path
from typing import Annotated, Any, ClassVar, Literal, TypeVar

import typer
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import RedisError
from redis.exceptions import TimeoutError as RedisTimeoutError
from rich.console import Console
from rich.highlighter import RegexHighlighter
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from services.console.folder import CannotStart, others, read_run
from services.console.unreadable import CAUSES, unreadable
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
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON, for programs.")]


class _Lines(Console):
    """Prints one line whatever stands in it, for it may come from upstream: what would end the line, steer the
    terminal or turn round what follows is shown by its code."""

    def print(self, *objects: Any, **options: Any) -> None:
        """As rich's own."""
        super().print(*(_visible(one) if isinstance(one, str) else one for one in objects), **options)

    def print_json(self, json: str | None = None, **options: Any) -> None:
        """As rich's own."""
        is_readable = not json or all(_is_readable(text, self.encoding) for text in _texts(loads(json)))
        super().print_json(json, ensure_ascii=not is_readable, **options)


def _visible(text: str) -> str:
    if text.isprintable():
        return text
    return "".join(one if one.isprintable() else one.encode("unicode_escape").decode() for one in text)


def _is_readable(text: str, encoding: str) -> bool:
    return text.isprintable() and text.encode(encoding, "replace").decode(encoding) == text


def _texts(tree: Any) -> Iterator[str]:
    if isinstance(tree, str):
        yield tree
    elif isinstance(tree, list | dict):
        for one in (*tree, *(tree.values() if isinstance(tree, dict) else ())):
            yield from _texts(one)


class _Marks(RegexHighlighter):
    """What stands out in a line: its label, a moment, numbers, an event, a verdict. A group's name is its style."""

    highlights: ClassVar[list[str]] = [
        r"^(?P<bold>[a-z][a-z ]*?)(?=: |  )",
        r"^(?P<dim>\d{4}-\d\d-\d\dT\S+)",
        r"(?<!\S)(?P<cyan>\d+(?:[.,]\d+)*)(?![^\s,])",
        r"(?<=  )(?P<magenta>(article|page|ranking|conditions|front|clock|site)\.[a-z]+)(?!\S)",
        r"(?P<red>\bnot clean)$|(?P<green>\bclean)$",
    ]


def _lines(**options: Any) -> _Lines:
    """Coloured on a terminal, plain in a pipe; plain with NO_COLOR too, where rich alone would leave bold."""
    colours: Literal["auto"] | None = None if os.environ.get("NO_COLOR") else "auto"
    return _Lines(color_system=colours, highlighter=_Marks(), soft_wrap=True, emoji=False, **options)


err = _lines(stderr=True)
out = _lines()


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
        raise CannotStart(
            f"{folder}: no stack runs on this folder; start it with `pressrun up`, or name another with --data"
        )
    return Place(Settings.load(others(os.environ), data=folder, redis_url=run["redis"]), run)


@asynccontextmanager
async def store_of(place: Place) -> AsyncIterator[Store]:
    """A connection to the place's store."""
    store = Store(place.settings)
    try:
        yield store
    finally:
        await store.close()


def with_store(data: Path | None, work: Callable[[Place, Store], Awaitable[T]]) -> T:
    """Do something with the store of a place; one that is away, or goes away meanwhile, is one clear line, exit 1."""
    place = find(data)

    async def opened() -> T:
        async with store_of(place) as store:
            try:
                return await work(place, store)
            except CAUSES:
                await tell_unreadable(store)
                raise

    try:
        return asyncio.run(opened())
    except (RedisConnectionError, RedisTimeoutError) as error:  # a read that blocks: it has a connection of its own
        raise CannotStart(f"the store cannot be reached: {error}") from None
    except (StoreUnavailable, RedisError) as error:
        raise CannotStart(str(error)) from None


async def tell_unreadable(store: Store) -> None:
    """Raise CannotStart if the store has what cannot be read, which a command has come upon."""
    if found := await unreadable(store):
        error = CannotStart(
            "the store has what Pressrun does not write; put a backup back, or take these keys away (DEL), "
            "post the articles anew that they are of, and run `pressrun check --repair`"
        )
        error.add_note("\n".join(found))
        raise error from None


def progress_bar(what: str) -> Progress:
    """A progress bar on stderr; nothing where stderr is no terminal, or closed, as `2>&-` leaves it."""
    return Progress(
        TextColumn(what), BarColumn(), MofNCompleteColumn(), TextColumn("{task.fields[rate]}"), TimeRemainingColumn(),
        console=err, disable=not (sys.stderr and sys.stderr.isatty()), transient=True,
    )  # fmt: skip

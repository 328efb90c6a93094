"""`pressrun post`: articles from files into ingest, through the batch call."""

import asyncio
import json
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, nullcontext
from itertools import chain
from pathlib import Path
from typing import Annotated, Any, BinaryIO

import typer
from h11 import RemoteProtocolError

from services.console.addressee import addressee
from services.console.arriving import Arriving
from services.console.duplex import Progress, Refused, exchange
from services.console.failed import CannotGoOn
from services.console.place import Data, named
from services.console.terminal import err, out, progress_bar
from shared.problems import WHOLE

PORTION = 5_000
TRIES = 60
PAUSE = 1.0


def _file(name: str) -> str:
    return str(named(name))


def post(
    files: Annotated[
        list[str], typer.Argument(metavar="FILE…", parser=_file, help="JSON or NDJSON; - is standard input.")
    ],
    data: Data = None,
    url: Annotated[
        str | None, typer.Option(metavar="URL", help="Address of ingest; else that of DIR, or PRESSRUN_URL.")
    ] = None,
    token_file: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            parser=named,
            help="File with the token; else that of DIR, or PRESSRUN_TOKEN, or PRESSRUN_TOKEN_FILE.",
        ),
    ] = None,
) -> None:
    """Post articles. Refused lines are shown on stderr; exit 1 if there was one."""
    address, token = addressee(data, url, token_file)
    accepted = refused = 0
    with progress_bar("posting") as bar:
        task = bar.add_task("", total=None, rate="")

        def settle(line: Line, answer: dict[str, Any]) -> None:
            nonlocal accepted, refused
            if answer["status"] == 202:
                accepted += 1
                return
            refused += 1
            faults = "; ".join(_told(one) for one in answer["errors"])
            err.print(f"{line[0]}:{line[1]}: {answer['status']} {faults}", markup=False)

        def progress(count: int) -> None:
            bar.update(task, completed=accepted + refused + count)

        try:
            for portion in _portions(files):
                asyncio.run(_send(address, token, portion, settle, progress))
        except CannotGoOn as error:
            if accepted or refused:
                error.add_note(f"{accepted} accepted, {refused} refused until then")
            raise
    out.print(f"{accepted} accepted, {refused} refused")
    if refused:
        raise typer.Exit(1)


Line = tuple[str, int, bytes]
Settle = Callable[[Line, dict[str, Any]], None]
"""Called for each line with the answer that holds."""


async def _send(url: str, token: str, lines: list[Line], settle: Settle, progress: Progress) -> None:
    """Post lines; those that ingest could not take now (503, a broken connection) are sent again, and behind each what
    came after it about the same article: without a version, what comes last is newest."""
    for attempt in range(TRIES):
        left: list[Line] = []
        late: set[str | None] = set()
        answers, why = await _exchanged(url, token, lines, progress, is_last=attempt == TRIES - 1)
        for at, line in enumerate(lines):
            is_told = at < len(answers) and (answers[at]["status"] != 503 or attempt == TRIES - 1)
            if is_told and (not late or _guid(line) not in late):
                settle(line, answers[at])
            else:
                left.append(line)
                late.add(_guid(line))
        progress(0)
        if not left:
            return
        lines = left
        if attempt == 0:
            err.print(f"{url}: {why}; trying again for {TRIES * PAUSE:g} s", markup=False)
        await asyncio.sleep(PAUSE)
    unavailable = {"status": 503, "errors": [{"pointer": WHOLE, "detail": "ingest could not take it"}]}
    for line in left:
        settle(line, unavailable)


def _told(fault: dict[str, str]) -> str:
    """What is wrong, and with which member, unless it is the whole line."""
    return fault["detail"] if fault["pointer"] == WHOLE else f"{fault['pointer']}: {fault['detail']}"


def _guid(line: Line) -> str | None:
    """Which article a line is about; None where that cannot be said, as in a line that is refused whenever it comes."""
    try:
        return str(json.loads(line[2])["guid"])
    except (ValueError, RecursionError, KeyError, TypeError):
        return None


async def _exchanged(
    url: str, token: str, lines: list[Line], progress: Progress, *, is_last: bool
) -> tuple[list[dict[str, Any]], str]:
    """The answers to lines, and why there may be none yet; what another try does not help ends the command."""
    try:
        return await exchange(
            f"{url}/v1/articles/batch", token, [line[2] for line in lines], progress
        ), "ingest is busy"
    except Refused as error:
        if error.status != 503:
            raise CannotGoOn(f"{url}: {error}") from None
        return [], str(error)
    except RemoteProtocolError:
        raise CannotGoOn(f"{url}: no HTTP server answers there; is it the address of ingest?") from None
    except OSError as error:
        if is_last:
            raise CannotGoOn(f"{url}: {error}") from None
        return [], str(error)


def _portions(files: list[str]) -> Iterator[list[Line]]:
    """The articles of all files. What has come on standard input does not wait for what may come later."""
    portion: list[Line] = []
    for name in files:
        try:
            with _opened(name) as file:
                for line in _articles(name, file):
                    portion.append(line)
                    if len(portion) == PORTION or (isinstance(file, Arriving) and file.is_idle()):
                        yield portion
                        portion = []
        except OSError as error:
            raise CannotGoOn(f"{name}: {error.strerror or error}") from None
    if portion:
        yield portion


def _opened(name: str) -> AbstractContextManager[BinaryIO | Arriving]:
    if name != "-":
        return Path(name).open("rb")
    if sys.stdin is None:  # as `<&-` in a shell leaves it
        raise CannotGoOn("-: standard input is closed")
    return nullcontext(Arriving(sys.stdin.fileno()))


def _articles(name: str, file: BinaryIO | Arriving) -> Iterator[Line]:
    """The articles of a file: one object, an array of objects, or a line each; none where nothing stands in it."""
    start = 1
    while (first := file.readline()) and not first.strip():
        start += 1
    if not first:
        return
    if _is_article(first):
        yield from _each(name, chain([first], file), start)
        return
    whole = first + file.read()
    try:
        content = json.loads(whole)
    except (ValueError, RecursionError) as error:
        lines = whole.split(b"\n")
        if not any(map(_is_article, lines)):
            raise CannotGoOn(f"{name}: neither JSON nor NDJSON: {error}") from None
        yield from _each(name, lines, start)
        return
    for number, one in enumerate(content if isinstance(content, list) else [content], 1):
        yield name, number, json.dumps(one).encode()


def _each(name: str, lines: Iterable[bytes], start: int) -> Iterator[Line]:
    for number, line in enumerate(lines, start):
        if line.strip():
            yield name, number, line.strip()


def _is_article(line: bytes) -> bool:
    try:
        return isinstance(json.loads(line), dict)
    except (ValueError, RecursionError):
        return False

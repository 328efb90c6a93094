"""`pressrun import`: what `exporting.py` wrote, into an empty store."""

import asyncio
import gzip
import re
import shutil
import tarfile
import zlib
from collections.abc import AsyncIterator, Iterator, Sequence
from itertools import groupby, islice
from pathlib import Path
from typing import IO, Annotated

import typer

from services.console.exported import Damaged, Kept, kept
from services.console.exporting import LEFT_OUT, STREAMS, turn
from services.console.failed import CannotGoOn
from services.console.place import Data, Place, named, with_store
from services.console.terminal import err, out
from services.render.dirty import Dirty
from services.render.everything import scan
from services.render.refresh import mark_everything
from shared.articles import record_key
from shared.schema import SCHEMA_KEY, bring_up, is_newer
from shared.store import Command, Store

TOGETHER = 64
"""Keys that go out together: one after the other, each waits for an fsync of its own."""
AT_ONCE = 2_000
"""Commands in a step: a day's views in a single one would take the store longer than anybody waits for an answer."""
BYTES_AT_ONCE = 4 * 2**20
"""And bytes of them: an entry of `articles` has the whole article in it."""
_ORIGINAL = re.compile(r"media/([0-9a-f]{2})/\1[0-9a-f]{38}")

Exported = Annotated[Path, typer.Argument(metavar="FILE", parser=named, help="A file that `pressrun export` wrote.")]


def import_(file: Exported, data: Data = None) -> None:
    """Read an exported file into an empty store; the press builds the site from it at once.

    Nothing of a damaged file is written.
    """

    async def work(place: Place, store: Store) -> int:
        if [key async for key in _first(store)]:
            raise CannotGoOn("the store is not empty: it has articles; import into a stack that has none")
        _make_sure_of_room(_check(file), place.settings.originals_dir)
        with tarfile.open(file, "r:gz") as archive:
            _unpack_media(archive, place.settings.originals_dir)
            count = 0
            for _, alike in groupby(kept(_member(archive, "store.ndjson")), lambda one: turn(one.key, one.type)):
                while portion := list(islice(alike, TOGETHER)):
                    ours = [one for one in portion if one.key.encode() not in LEFT_OUT]
                    await _write_lines(store, ours)
                    count += sum(one.type != "entries" for one in portion)
            _compare_settings(archive, place)
        await bring_up(store)
        await mark_everything(store, Dirty(store), "import")
        return count

    try:
        count = with_store(data, work)
    except Damaged as error:
        raise CannotGoOn(f"{file}: damaged, or no file that `pressrun export` wrote: {error}") from None
    except OSError as error:
        raise CannotGoOn(f"{error.filename or file}: {error.strerror or error}") from None
    out.print(f"{count} keys from {file}", markup=False)


async def _write_lines(store: Store, some: Sequence[Kept]) -> None:
    """The parts of a stream one after the other, other keys at once."""
    if some and turn(some[0].key, some[0].type) == STREAMS:
        for one in some:
            await _write_key(store, one.commands())
    else:
        await asyncio.gather(*(_write_key(store, one.commands()) for one in some))


async def _write_key(store: Store, commands: list[Command]) -> None:
    for step in _steps(commands):
        await store.commit({}, step)


def _steps(commands: list[Command]) -> Iterator[list[Command]]:
    step: list[Command] = []
    size = 0
    for command in commands:
        length = sum(len(part) for part in command if isinstance(part, bytes))
        if step and (len(step) == AT_ONCE or size + length > BYTES_AT_ONCE):
            yield step
            step, size = [], 0
        step.append(command)
        size += length
    yield step


def _check(file: Path) -> int:
    """Read the file to its end, sum and all, and every line of it; before anything is written. Raises Damaged.

    Returns the bytes of its originals.
    """
    try:
        with gzip.open(file) as whole:
            while whole.read(2**20):
                pass
        with tarfile.open(file, "r:gz") as archive:
            for one in kept(_member(archive, "store.ndjson")):
                if one.key == SCHEMA_KEY and one.type == "string" and is_newer(int(one.value)):
                    raise CannotGoOn(f"{file}: a newer version has written it: install that one")
            return sum(member.size for member in _media(archive))
    except _UNREADABLE as error:
        raise Damaged(str(error)) from None


def _make_sure_of_room(size: int, folder: Path) -> None:
    """Raise CannotGoOn if the originals would fill the disk: a store that cannot write any more ends."""
    while not folder.exists():
        folder = folder.parent
    free = shutil.disk_usage(folder).free
    if size > free:
        raise CannotGoOn(f"the pictures take {size // 2**20} MB, and {folder} has room for {free // 2**20}")


_UNREADABLE = (gzip.BadGzipFile, zlib.error, EOFError, tarfile.TarError, ValueError, KeyError, OverflowError)
"""What gzip and tarfile raise at what is none, or one that was damaged."""


def _member(archive: tarfile.TarFile, name: str) -> IO[bytes]:
    """A file of the archive."""
    found = archive.extractfile(name) if name in archive.getnames() else None
    if found is None:
        raise Damaged(f"{name} is not in it")
    return found


def _media(archive: tarfile.TarFile) -> Iterator[tarfile.TarInfo]:
    """The originals, which are named by their digests; all else, whatever it is, stays in the file."""
    return (one for one in archive.getmembers() if one.isfile() and _ORIGINAL.fullmatch(one.name))


def _unpack_media(archive: tarfile.TarFile, folder: Path) -> None:
    for member in _media(archive):
        path = folder / member.name.removeprefix("media/")
        path.parent.mkdir(parents=True, exist_ok=True)
        packed = archive.extractfile(member)  # not by `extract`, whose filters came with Python 3.11.4
        assert packed is not None  # noqa: S101 - a file has bytes
        with packed, path.open("wb") as file:
            shutil.copyfileobj(packed, file)


def _compare_settings(archive: tarfile.TarFile, place: Place) -> None:
    """Site settings are not replaced under a running site; a difference is left beside them, and said."""
    mine = place.settings.site_file
    theirs = _member(archive, "site.toml").read() if "site.toml" in archive.getnames() else b""
    if theirs and (not mine.exists() or mine.read_bytes() != theirs):
        beside = mine.with_name("site.toml.imported")
        try:
            beside.write_bytes(theirs)
            err.print(f"the exported site had other settings: see {beside}", markup=False)
        except OSError as error:
            err.print(f"the exported site had other settings: {beside}: {error.strerror}", markup=False)


async def _first(store: Store) -> AsyncIterator[str]:
    async for found in scan(store, record_key("*")):
        for key in found:
            yield key
            return

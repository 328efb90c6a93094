"""`pressrun export`: the whole store, pictures included, as one file.

The file is a gzipped tar: `store.ndjson` (see `exported.py`), `site.toml` and `media/…`.
Values travel as commands would write them, so that a file goes from Valkey to Redis and back. Streams come after all
that their events are about, and with what each group has not read or not acknowledged: it is done after the import,
once. What is due comes last: the services take it at once, and tell the streams.
"""

import asyncio
import json
import signal
import tarfile
import tempfile
from base64 import b64encode
from bisect import bisect_right
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from types import FrameType
from typing import IO, Annotated, Any

import typer

from services.console.exported import ASKED, PORTION, end, head
from services.console.failed import CannotGoOn
from services.console.held import Held, held
from services.console.place import Data, Place, named, with_store
from services.console.terminal import err, out
from services.render.dirty_steps import ALL as DIRTY
from services.render.dirty_steps import LOOK
from services.render.everything import scan_bytes
from services.render.mend import BOOT
from shared.clock import due
from shared.entries import order_of
from shared.groups import groups_of, left_by
from shared.live import NAMED_SINCE
from shared.media import Original, media_key, original_path
from shared.store import Store

LEFT_OUT = {key.encode() for key in (*DIRTY, LOOK, BOOT, NAMED_SINCE)}
"""What is of one machine's folder of pages: which of them wait, and what they were built with. And what is of one store
alone."""
VISITORS = (b"seen:", b"views:from:", b"views:salts")
"""Marks and salts that end within a day: an import would keep them for ever, and a backup would tell of readers."""
NAMED = 5
"""How many are named, of somebody else's keys say: there may be a million."""
GONE: tuple[Any, ...] = ("none", None, [])
"""What the store answers of a key that there is none of: somebody else's may end by itself, though writing is held."""
OTHERS, STREAMS, DUE = range(3)
"""Turns in which keys are written."""

Written = Annotated[
    Path, typer.Argument(metavar="FILE", parser=named, help="The file to write; it must not exist yet.")
]


def export(file: Written, data: Data = None) -> None:
    """Write the whole store, pictures included, into one file; exit 1 if there are pictures that it had to leave out.

    Ingest answers 503 while the store is read.
    """

    strangers: list[str] = []

    async def work(place: Place, store: Store) -> tuple[int, bool]:
        if lost := await _lost(store, folder := place.settings.originals_dir):
            err.print(f"pictures are left out, since their originals are not in {folder}: {_some(lost)}", markup=False)
        with tempfile.NamedTemporaryFile(dir=file.parent, prefix=f".{file.name}.") as lines:
            async with held(store) as writing:
                count = await _write_keys(store, writing, lines, strangers)
            lines.flush()
            with _ended_at_once():
                _pack(Path(lines.name), place, file)
        return count, not lost

    try:
        if file.exists():
            raise CannotGoOn(f"{file}: exists already; name another file, or take this one away")
        count, is_whole = with_store(data, work)
    except OSError as error:
        raise CannotGoOn(f"{file}: {error.strerror or error}") from None
    except asyncio.CancelledError:
        raise typer.Exit(128 + signal.SIGTERM) from None
    if strangers:
        err.print(f"left out, since Pressrun keeps no such keys: {_some(strangers)}", markup=False)
    out.print(f"{count} keys in {file}", markup=False)
    if not is_whole:
        raise typer.Exit(1)


def _some(names: list[str]) -> str:
    more = f" and {len(names) - NAMED} more" * (len(names) > NAMED)
    return f"{', '.join(names[:NAMED])}{more}"


async def _lost(store: Store, folder: Path) -> list[str]:
    """The originals that the store knows of and this folder, which may be another's, does not have; each by its source
    and one of its ids."""
    lost: dict[Path, str] = {}
    async for keys in scan_bytes(store, media_key("*", "*")):
        for key, kept in zip(keys, await store.do("MGET", *keys) if keys else (), strict=True):
            with suppress(ValueError):  # it is somebody else's
                path = original_path(folder, Original.model_validate_json(kept or b"").digest)
                if not path.exists():
                    lost[path] = key.decode().partition(":")[2]
    return sorted(lost.values())


def _pack(lines: Path, place: Place, file: Path) -> None:
    partial = lines.with_name(f"{lines.name}.part")  # of a name that no other export to FILE has
    try:
        partial.touch(0o600)  # it has what is embargoed too
        with tarfile.open(partial, "w:gz", compresslevel=3) as archive:
            archive.add(lines, "store.ndjson")
            if (settings := place.settings.site_file).exists():
                archive.add(settings, "site.toml")
            if place.settings.originals_dir.exists():
                archive.add(place.settings.originals_dir, "media", filter=_complete)
        partial.replace(file)
    finally:
        partial.unlink(missing_ok=True)


@contextmanager
def _ended_at_once() -> Iterator[None]:
    """Who ends it need not wait for the last picture, and nothing unfinished is left: a loop that is busy hears of no
    signal, and without one SIGTERM ends Python on the spot."""

    def end(number: int, _: FrameType | None) -> None:
        raise SystemExit(128 + number)

    before = [(way, signal.signal(way, end)) for way in (signal.SIGTERM, signal.SIGINT)]
    try:
        yield
    finally:
        for way, what in before:
            signal.signal(way, what)


async def _keys(store: Store, writing: Held, strangers: list[str]) -> AsyncIterator[dict[str, str]]:
    """What is exported, each key with its kind, in portions, while writing is held: for as long as that takes.

    Whatever nothing of ours is, by its kind or its name, is somebody else's in the same store: noted in `strangers`.
    """
    await writing.on()
    async for found in scan_bytes(store, "*"):
        await writing.on()
        keys = [key for key in found if key not in LEFT_OUT and not key.startswith(VISITORS)]
        kinds = [kind.decode() for kind in await store.all([("TYPE", key) for key in keys])]
        ours: dict[str, str] = {}
        for key, kind in zip(keys, kinds, strict=True):
            name = key.decode("utf-8", "backslashreplace")
            if name.encode() == key and (kind in ASKED or kind == "stream"):
                ours[name] = kind
            elif kind not in GONE:
                strangers.append(f"{name!r} (a {kind})")
        yield ours


def turn(key: str, kind: str) -> int:
    """When a key is written, after all of earlier turns."""
    return DUE if key.startswith(due("")) else STREAMS if kind in ("stream", "entries") else OTHERS


async def _write_keys(store: Store, writing: Held, lines: IO[bytes], strangers: list[str]) -> int:
    count, later = 0, dict[str, str]()
    lines.write(_line(head()))
    async for known in _keys(store, writing, strangers):
        first = {key: kind for key, kind in known.items() if not turn(key, kind)}
        later |= {key: kind for key, kind in known.items() if turn(key, kind)}
        values = await store.all([ASKED[kind](key) for key, kind in first.items()])
        for (key, kind), value in zip(first.items(), values, strict=True):
            if value not in GONE:
                lines.write(_line({"key": key, "type": kind, "value": _plain(value)}))
                count += 1
    for key, kind in sorted(later.items(), key=lambda one: turn(*one)):
        await writing.on()
        if kind == "stream":
            async for part in _parts(store, key):
                await writing.on()
                lines.write(_line(part))
        else:
            lines.write(_line({"key": key, "type": kind, "value": _plain(await store.do(*ASKED[kind](key)))}))
    await writing.on()
    lines.write(_line(end(count + len(later))))
    return count + len(later)


async def _parts(store: Store, key: str) -> AsyncIterator[dict[str, Any]]:
    """The lines of a stream; the last has its groups."""
    groups = await groups_of(store, key)
    read = dict.fromkeys((group.name for group in groups), 0)
    after, continues = "-", False
    while True:
        entries = await store.do("XRANGE", key, after, "+", "COUNT", PORTION)
        orders = [order_of(entry.decode()) for entry, _ in entries]
        for group in groups:
            read[group.name] += bisect_right(orders, order_of(group.last))
        line = {"key": key, "value": _plain(entries), "continues": continues}
        if len(entries) < PORTION:
            break
        yield {**line, "type": "entries"}
        after, continues = f"({entries[-1][0].decode()}", True
    told = [
        {"name": one.name, "last": one.last, "read": read[one.name], "left": await left_by(store, key, one)}
        for one in groups
    ]
    yield {**line, "type": "stream", "groups": told}


def _line(one: dict[str, Any]) -> bytes:
    return json.dumps(one).encode() + b"\n"


def _plain(value: Any) -> Any:
    if isinstance(value, bytes):
        return b64encode(value).decode()
    return [_plain(one) for one in value]


def _complete(member: tarfile.TarInfo) -> tarfile.TarInfo | None:
    """What is not finished yet stays behind."""
    return None if Path(member.name).name.startswith((".", "_")) else member

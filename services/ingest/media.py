"""Media that sources push: originals on disk, named by their digest, and the index of them in the store."""

import asyncio
import errno
import json
import mmap
import os
import secrets
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from starlette.requests import Request

from services.ingest.bodies import Unproven, check_length
from services.ingest.disk import Disk
from services.ingest.multipart import take_apart
from services.ingest.pictures import inspect
from services.ingest.signatures import Raw
from shared.logs import NowAndThen, log
from shared.media import Original, find_media, media_key, original_path, said_key
from shared.problems import Problem
from shared.replicas import Replicas
from shared.store import Store

MOST = 50 * 1024 * 1024
ENVELOPE = 64 * 1024
AT_ONCE = 2
AWAITED = 16
SPOOLS = AWAITED + 8
"""Files that are kept for now: those that are waited for, and some that are whole and have yet to be looked at."""
LOOK_EVERY = 1024 * 1024  # bytes of a body
STALE = 3600
_FULL = (errno.ENOSPC, errno.EDQUOT, errno.EMFILE, errno.ENFILE, errno.EIO, errno.EROFS)
_UNFINISHED = ".incoming"
_of_the_disk = NowAndThen()


class Media:
    """The originals in one folder, and what each source's media ids stand for."""

    def __init__(self, store: Store, replicas: Replicas, folder: Path, disk: Disk) -> None:
        self._store = store
        self._replicas = replicas
        self._folder = folder
        self._disk = disk
        _sweep(folder / _UNFINISHED)
        # a decoded picture of MAX_PIXELS takes 200 MB
        self._turn = asyncio.Semaphore(AT_ONCE)
        self._spools = 0
        self._unproven = Unproven(AWAITED)

    async def find(self, source: str, media_id: str) -> Original | None:
        """What a source's media id stands for."""
        return await find_media(self._store, source, media_id)

    async def receive(self, source: str, request: Request, check: Callable[[Raw], None]) -> tuple[str, Original]:
        """Take a multipart body: spool it, `check` its raw bytes, take it apart, look at it, keep it.

        When this returns, the file and its entry in the index are on disk. Raises Problem.
        """
        if self._spools >= SPOOLS:
            raise Problem(503, "too many files at once; try again later")
        with _disk_errors():
            spool = self._unfinished()
        self._spools += 1
        try:
            with _disk_errors():
                await _spool(request, self._unproven, spool, self._disk)
            async with self._turn:
                content_type = request.headers.get("content-type", "")
                media_id, original = await asyncio.to_thread(self._keep, spool, content_type, check)
        finally:
            self._spools -= 1
            spool.unlink(missing_ok=True)
        await self._enter(source, media_id, original)
        return media_id, original

    async def name(self, source: str, item: str, media_id: str | None, said: tuple[int, bool, float]) -> None:
        """Let an item's guid stand for the same as its picture, if that was pushed, and for nothing once the item is
        withdrawn: what the newest of its versions has `said`, in whatever order they come."""
        _, is_withdrawn, _ = said
        original = await self.find(source, media_id) if media_id else None
        if original is None and not is_withdrawn:
            return
        key, order = media_key(source, item), said_key(source, item)
        stands = ("SET", key, original.model_dump_json()) if original else ("DEL", key)
        while True:
            known = await self._store.do("GET", order)
            if known and said < tuple(json.loads(known)):
                return
            if await self._store.commit({order: known}, [stands, ("SET", order, json.dumps(said))]) is not None:
                await self._replicas.have_it()
                return

    async def _enter(self, source: str, media_id: str, original: Original) -> None:
        await self._store.do("SET", media_key(source, media_id), original.model_dump_json())
        await self._replicas.have_it()

    def _keep(self, spool: Path, content_type: str, check: Callable[[Raw], None]) -> tuple[str, Original]:
        _check(spool, check)
        self._disk.make_sure_of_room(spool.stat().st_size)
        with _disk_errors():
            out = self._unfinished()
            try:
                media_id, part = take_apart(spool, content_type, out)
                if part.size > MOST:
                    raise Problem(413, f"a file may have {MOST} bytes at most")
                original = inspect(out, part.digest, part.size, part.declared, part.filename)
                _place(out, original_path(self._folder, part.digest))
            finally:
                out.unlink(missing_ok=True)
        return media_id, original

    def _unfinished(self) -> Path:
        folder = self._folder / _UNFINISHED
        folder.mkdir(parents=True, exist_ok=True)
        return folder / secrets.token_hex(8)


def _sweep(folder: Path) -> None:
    """Remove what was left unfinished by processes that were killed."""
    for file in folder.glob("*"):
        with suppress(FileNotFoundError):
            if time.time() - file.stat().st_mtime > STALE:
                file.unlink()


async def _spool(request: Request, unproven: Unproven, path: Path, disk: Disk) -> None:
    most, size, looked_at = MOST + ENVELOPE, 0, 0
    check_length(request, most)
    with path.open("wb") as file:
        async for piece in unproven.steady(request):
            size += len(piece)
            if size > most:
                raise Problem(413, f"a body may have {most} bytes at most")
            if size - looked_at > LOOK_EVERY:
                disk.make_sure_of_room(SPOOLS * LOOK_EVERY)  # which others may write before they look
                looked_at = size
            file.write(piece)


def _check(spool: Path, check: Callable[[Raw], None]) -> None:
    """Check the raw bytes without reading them into memory."""
    with spool.open("rb") as file:
        if os.fstat(file.fileno()).st_size == 0:
            check(b"")  # nothing cannot be mapped
            return
        with mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as raw:
            check(raw)


def _place(file: Path, final: Path) -> None:
    """Give a file its final name, so that it is there after a loss of power too."""
    final.parent.mkdir(parents=True, exist_ok=True)
    with file.open("rb") as content:
        os.fsync(content.fileno())
    file.replace(final)
    for folder in (final.parent, final.parent.parent):
        _sync_folder(folder)


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


@contextmanager
def _disk_errors() -> Iterator[None]:
    """A disk that is full or failing may take it later: 503. Anything else is a bug of ours and stays one."""
    try:
        yield
    except OSError as error:
        if error.errno in _FULL:
            if _of_the_disk.is_due():
                log().error("the disk does not take a file", error=str(error))
            raise Problem(503, f"the file cannot be kept now: {error.strerror}") from error
        raise

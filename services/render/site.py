"""The site's files: the one writer to the disk. Readers see a file whole or not at all."""

import contextlib
import errno
import os
import re
import shutil
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from services.render.files import add, holds, make_newer, take_away_empty, write_file
from services.render.output import Output
from services.render.replacing import replace
from shared.media import length_of
from shared.wrong import WrongSetting

UNFINISHED = "."
"""What a file is called that is being written begins with it; no page does, and nginx serves no such name."""
PLACINGS = 100
LARGE = 256 * 1024
"""Bytes of an output that is not written where it would leave too little room."""
BELIEVED = 1.0
_ARTICLE = re.compile(r"/\d{4}/\d\d/\d\d/[^/]+\Z", re.ASCII)


class Site:
    """The tree that nginx serves. `worker` keeps the unfinished files of several writers apart.

    A file is written beside the one it replaces and takes its place: from another folder, the file system would hold
    all such moves one after the other, and put the pages far from their folders.

    Large files leave `spare` bytes free for what else is on the disk: the store ends where it finds no room, and one
    article of 200 kB under a hundred names is 400 MB of feeds.
    """

    def __init__(self, root: Path, worker: str = "build", spare: int = 0) -> None:
        self.root = root
        self._spare = spare
        self._worker = worker
        self._seen: set[str] = set()
        self._seen_since = 0.0

    def prepare(self) -> None:
        """Make the tree. Raises WrongSetting where that cannot be."""
        try:
            self.root.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise WrongSetting(f"PRESSRUN_SITE_DIR: cannot make {self.root}: {error.strerror}") from None

    def sweep(self) -> None:
        """Drop what writers left unfinished when they were killed, and the folders of articles that are gone. Who is
        writing just now begins again."""
        for folder, folders, files in os.walk(self.root):
            found = (*files, *folders)  # a link to a folder is among the folders
            left = [name for name in found if name.startswith(UNFINISHED)]
            for name in left:
                with contextlib.suppress(OSError):
                    os.unlink(f"{folder}/{name}")  # noqa: PTH108 - a million of them
            if len(left) == len(found) and _ARTICLE.search(folder):
                take_away_empty(folder)

    def apply(self, output: Output) -> list[str]:
        """Bring the tree to the output; return the paths that changed. Raises OSError where the disk is full, or would
        nearly be, and ValueError where the output would leave the tree."""
        output.stay_inside()
        self._make_sure_of_room(sum(map(len, output.files.values())))
        changed = [path for path, content in output.files.items() if self._write(path, content, output.only_new)]
        changed += [path for path, target in output.links.items() if self._link(path, target)]
        changed += [path for path in output.absent if self.remove(path, keeps_folder=output.keeps_folder)]
        return changed

    def _make_sure_of_room(self, size: int) -> None:
        if size > LARGE and self._spare and shutil.disk_usage(self.root).free - size < self._spare:
            raise OSError(errno.ENOSPC, f"{size} bytes would leave too little room on the disk", str(self.root))

    def has(self, path: str) -> bool:
        """Whether there is such a file; what was seen, and not removed here, is believed for a second."""
        if time.monotonic() - self._seen_since > BELIEVED:
            self._seen.clear()
            self._seen_since = time.monotonic()
        if path not in self._seen:
            if not os.path.exists(f"{self.root}/{path}"):  # noqa: PTH110 - the hot path
                return False
            self._seen.add(path)
        return True

    def read(self, path: str) -> bytes | None:
        """The content of a file, the target of a link, None if there is neither. What lies beyond a link in the place
        of a folder is no part of the site, and nobody has anything of what we may not read."""
        folder = path
        while folder := folder.rpartition("/")[0]:
            if os.path.islink(f"{self.root}/{folder}"):  # noqa: PTH114 - of a million pages
                return None
        full = self.root / path
        try:
            if full.is_symlink():
                return str(full.readlink()).encode()
            return full.read_bytes() if full.is_file() else None  # a pipe would never end
        except FileNotFoundError:
            return None
        except PermissionError:
            return b""

    def has_name(self, path: str) -> bool:
        """Whether there is anything of this name, a pipe or a link that leads nowhere among them."""
        return os.path.lexists(self.root / path)

    def length(self, path: str) -> int | None:
        """How many bytes a file has; None if there is none, or none that we may look at."""
        with contextlib.suppress(PermissionError):
            return length_of(self.root / path)
        return None

    def walk(self) -> Iterator[str]:
        """Every path of the tree that readers can be served from."""
        for folder, folders, files in os.walk(self.root):
            relative = os.path.relpath(folder, self.root)
            links = [name for name in folders if (Path(folder) / name).is_symlink()]
            for name in (*files, *links):
                if not name.startswith(UNFINISHED):
                    yield os.path.normpath(os.path.join(relative, name))  # noqa: PTH118 - a million of them

    def _write(self, path: str, content: bytes, only_new: bool) -> bool:
        full = f"{self.root}/{path}"
        kept = holds(full, content)
        if kept or (only_new and kept is not None):
            return False
        if kept is None:
            with contextlib.suppress(FileNotFoundError, FileExistsError, NotADirectoryError):
                os.mkdir(full.rpartition("/")[0])  # noqa: PTH102 - the hot path: most new pages have a folder of their own

        def make(new: str) -> None:
            try:
                write_file(new, content)
            except FileExistsError:  # of a writer that was killed; it may be the page that somebody reads still
                os.unlink(new)  # noqa: PTH108 - the hot path
                write_file(new, content)
            if not path.endswith(".html"):
                make_newer(new, full)

        try:
            self._place(full, make, add if only_new else replace)
        except FileExistsError:
            return False  # somebody was there before us
        return True

    def _link(self, path: str, target: str) -> bool:
        full = f"{self.root}/{path}"
        with contextlib.suppress(OSError):  # there is nothing, or what is no link: what hinders shows when it is placed
            if os.readlink(full) == target:  # noqa: PTH115 - the hot path
                return False

        def make(new: str) -> None:
            with contextlib.suppress(FileNotFoundError):
                os.unlink(new)  # noqa: PTH108 - the hot path
            os.symlink(target, new)  # noqa: PTH211 - the hot path

        self._place(full, make)
        return True

    def remove(self, path: str, *, keeps_folder: bool = False) -> bool:
        """Take a file or link away, with the folders that are empty then, or leave these; False if there was none."""
        full = f"{self.root}/{path}"
        try:
            os.unlink(full)  # noqa: PTH108 - the hot path
        except (FileNotFoundError, NotADirectoryError, IsADirectoryError):
            return False
        self._seen.discard(path)
        folder = "" if keeps_folder else path.rpartition("/")[0]
        with contextlib.suppress(OSError):  # other pages live below it
            while folder:
                os.rmdir(f"{self.root}/{folder}")  # noqa: PTH106 - the hot path
                folder = folder.rpartition("/")[0]
        return True

    def _place(self, full: str, make: Callable[[str], None], put: Callable[[str, str], None] = replace) -> None:
        """Make the file beside its place, then put it there."""
        folder, _, name = full.rpartition("/")
        new = f"{folder}/{UNFINISHED}{name}.{self._worker}"
        for _ in range(PLACINGS):
            try:
                make(new)
                put(new, full)
                return
            except FileNotFoundError:
                # there is no folder yet, or another writer took it away because it was empty
                with contextlib.suppress(FileNotFoundError, FileExistsError):
                    os.makedirs(folder, exist_ok=True)  # noqa: PTH103 - the hot path
            except OSError as error:
                if isinstance(error, IsADirectoryError) and take_away_empty(full):
                    continue
                with contextlib.suppress(OSError):
                    os.unlink(new)  # noqa: PTH108 - what there is of it takes up room on a full disk
                raise
        raise FileNotFoundError(errno.ENOENT, "its folder is taken away again and again", full)

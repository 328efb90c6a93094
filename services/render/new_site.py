"""A site's files in a folder that nobody reads yet and nobody else writes to: no rename is needed."""

import os
from pathlib import Path

from services.render.files import write_file
from services.render.output import Output


class NewSite:
    """Writes outputs into an empty folder; several processes may, each its own pages."""

    def __init__(self, root: Path) -> None:
        self._root = f"{root}/"
        self._made = {""}

    def add(self, output: Output) -> None:
        """Write an output. Raises FileExistsError where something is already, OSError where the disk is full or
        the folder has gone, and ValueError where the output would leave the tree."""
        output.stay_inside()
        for path, content in output.files.items():
            write_file(self._place(path), content)
        for path, target in output.links.items():
            os.symlink(target, self._place(path))  # noqa: PTH211 - the hot path

    def _place(self, path: str) -> str:
        folder = path.rpartition("/")[0]
        if folder not in self._made:
            self._make(folder)
        return self._root + path

    def _make(self, folder: str) -> None:
        try:
            os.mkdir(f"{self._root}{folder}")  # noqa: PTH102 - the hot path
        except FileExistsError:
            pass  # another process was first
        except FileNotFoundError:
            above = folder.rpartition("/")[0]
            if not above:
                raise  # the site's own folder has gone: what was in it is not made again
            self._make(above)
            self._make(folder)
        self._made.add(folder)

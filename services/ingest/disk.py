"""The disk that the store is on, which ends where it finds no room."""

import shutil
from pathlib import Path

from services.ingest.refusals import NO_ROOM, refused
from shared.problems import Problem


class Disk:
    """How much room there is below a folder, above a floor that is kept free."""

    def __init__(self, folder: Path, floor_mb: int) -> None:
        self._folder = folder
        self._floor = floor_mb * 1024 * 1024

    def is_nearly_full(self, more: int = 0) -> bool:
        """Whether there is no more than the floor, or would not be with so many bytes more."""
        return _free(self._folder) - more < self._floor

    def make_sure_of_room(self, more: int) -> None:
        """Raise Problem where so many bytes would come too near. A request was let in when there was room for it: that
        says nothing of the ten-thousandth line of a batch, nor of what came in with it."""
        if self.is_nearly_full(more):
            refused.labels(NO_ROOM).inc()
            raise Problem(503, f"{NO_ROOM}; try again later")


def _free(folder: Path) -> int:
    """The free bytes below a folder; of one that has gone there are none."""
    try:
        return shutil.disk_usage(folder).free
    except OSError:
        return 0

"""Standard input, of which it can be told whether more has come: it may be a wire that never ends."""

import os
import select
from collections.abc import Iterator

CHUNK = 2**16


class Arriving:
    """Reads a descriptor as a binary file is read, by lines or to its end."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor
        self._kept = bytearray()

    def is_idle(self) -> bool:
        """Whether whoever asks for the next line would have to wait for it."""
        return b"\n" not in self._kept and not select.select([self._descriptor], [], [], 0)[0]

    def readline(self) -> bytes:
        """The next line; empty at the end."""
        while (end := self._kept.find(b"\n")) < 0 and self._read_on():
            pass
        return self._take(end + 1 or len(self._kept))

    def read(self) -> bytes:
        """All that there is until the end."""
        while self._read_on():
            pass
        return self._take(len(self._kept))

    def __iter__(self) -> Iterator[bytes]:
        return iter(self.readline, b"")

    def _read_on(self) -> bool:
        chunk = os.read(self._descriptor, CHUNK)
        self._kept += chunk
        return bool(chunk)

    def _take(self, size: int) -> bytes:
        taken = bytes(self._kept[:size])
        del self._kept[:size]
        return taken

"""Putting a finished file in the place of another one: the two change places, and the old one goes.

ext4 sends a file to the disk at once when it is renamed over another one, so that a crash of the machine leaves no
empty file. That took most of the time of replacing a page; after a crash the press looks at all pages anyway.
"""

import ctypes
import os

_EXCHANGE = 2
"""RENAME_EXCHANGE of renameat2(2), for which Python has no function."""
_HERE = -100
"""AT_FDCWD."""
_rename = getattr(ctypes.CDLL(None), "renameat2", None)


def replace(new: str, full: str) -> None:
    """Put `new` in the place of `full`, where readers find one of the two at any time. Raises OSError as `os.replace`
    does; then both stay. A folder would change places too, and is refused before."""
    if os.path.isdir(full) or not _exchange(new, full):  # noqa: PTH112 - the hot path
        os.replace(new, full)  # noqa: PTH105 - as above
    else:
        os.unlink(new)  # noqa: PTH108 - as above


def _exchange(one: str, other: str) -> bool:
    """Have two names change places; False where one is missing, or the system or its disk cannot do that."""
    return _rename is not None and _rename(_HERE, os.fsencode(one), _HERE, os.fsencode(other), _EXCHANGE) == 0

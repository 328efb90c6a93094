"""Files that the owner of the site may not read, also where the tests are run by root."""

import contextlib
import ctypes
from collections.abc import Iterator

_VERSION = 0x20080522
"""_LINUX_CAPABILITY_VERSION_3: two sets of 32 bits."""
_ANY_FILE = 1 << 1 | 1 << 2
"""CAP_DAC_OVERRIDE and CAP_DAC_READ_SEARCH, by which root reads and writes whatever it is not allowed to."""


@contextlib.contextmanager
def as_anybody() -> Iterator[None]:
    """This thread, and those that it begins, are held to the modes of files (capabilities(7))."""
    libc = ctypes.CDLL(None, use_errno=True)
    about, sets = (ctypes.c_uint32 * 2)(_VERSION, 0), (ctypes.c_uint32 * 6)()
    assert libc.capget(about, sets) == 0
    before = sets[0]
    sets[0] &= ~_ANY_FILE
    assert libc.capset(about, sets) == 0
    try:
        yield
    finally:
        sets[0] = before
        assert libc.capset(about, sets) == 0

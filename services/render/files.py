"""Single files and folders, by the system's own calls: most of this is done for every page."""

import errno
import os
import stat


def write_file(full: str, content: bytes) -> None:
    """Make a file of this content. Raises OSError, FileExistsError among them."""
    file = os.open(full, os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC | os.O_EXCL, 0o666)
    try:
        written = os.write(file, content)
        while written < len(content):  # the disk is about to be full, or the file is very large
            written += os.write(file, content[written:])
    finally:
        os.close(file)


def add(new: str, full: str) -> None:
    """Put a finished file where there is none. Raises FileExistsError."""
    os.link(new, full)
    os.unlink(new)  # noqa: PTH108 - the hot path


def holds(full: str, content: bytes) -> bool | None:
    """Whether a file has just this content; None if there is none. A link is no file, wherever it leads; and one that
    we may not read has not what readers are to get."""
    try:
        file = os.open(full, os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW | os.O_NONBLOCK)  # a pipe would never open
    except (FileNotFoundError, NotADirectoryError):
        return None
    except PermissionError:
        return False
    except OSError as error:
        if error.errno == errno.ELOOP:
            return None
        raise
    try:
        found = os.fstat(file)
        is_as_long = stat.S_ISREG(found.st_mode) and found.st_size == len(content)
        return is_as_long and os.read(file, len(content) + 1) == content
    finally:
        os.close(file)


def make_newer(new: str, old: str) -> None:
    """Have a file look newer than the one that it is to replace: nginx's validators are whole seconds and the size, and
    a feed may be rewritten within a second."""
    try:
        before = int(os.stat(old).st_mtime)  # noqa: PTH116 - the hot path
    except FileNotFoundError:
        return
    if int(os.stat(new).st_mtime) <= before:  # noqa: PTH116 - as above
        os.utime(new, (before + 1, before + 1))


def take_away_empty(folder: str) -> bool:
    """Take a folder away that holds no file, folders of its kind at the most; False if that cannot be done."""
    try:
        for below, _, _ in os.walk(folder, topdown=False):
            os.rmdir(below)  # noqa: PTH106 - the hot path
    except OSError:
        return False
    return True

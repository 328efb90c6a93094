#!/opt/pressrun/bin/python
"""as-replica NAME FOLDER COMMAND…: run a command under a consumer name that is stable and unique among replicas.

A reader of a stream finds what it left undone under its own name. A container's name changes when it is made anew,
and a name fixed in the configuration would be shared by all replicas. So a replica takes the first of NAME-1,
NAME-2, … that is free and holds its lock in FOLDER, which all replicas share, for as long as the process lives: the
kernel lets it go even after SIGKILL. The lock says which container held it last: one that is started again, and not
made anew, takes that name, also where an earlier one is free because there are fewer replicas now. A PRESSRUN_CONSUMER
that is set already is kept.
"""

import fcntl
import os
import sys
from contextlib import suppress
from itertools import chain, count
from pathlib import Path
from socket import gethostname

VARIABLE = "PRESSRUN_CONSUMER"


def take_name(name: str, folder: Path) -> str:
    """Take the name that this container had, else the first free one; hold it until the process ends, whatever it
    then runs."""
    host = gethostname()
    had = [lock.stem for lock in folder.glob(f"{name}-*.lock") if lock.read_text() == host]
    for taken in chain(had, (f"{name}-{number}" for number in count(1))):
        lock = os.open(folder / f"{taken}.lock", os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(lock)
        else:
            if taken not in had:
                with suppress(OSError):  # a full disk costs what was begun under the name, for a while
                    os.truncate(lock, 0)
                    os.pwrite(lock, host.encode(), 0)
            os.set_inheritable(lock, True)
            return taken
    raise AssertionError("there is always one more")


def main(name: str, folder: str, *command: str) -> None:
    """Become the command."""
    if not os.environ.get(VARIABLE):
        os.environ[VARIABLE] = take_name(name, Path(folder))
    os.execvp(command[0], command)  # noqa: S606 - the command is the container's own


if __name__ == "__main__":
    main(*sys.argv[1:])

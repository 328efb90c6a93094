"""How much memory this machine has for a stack: a container, or a service of systemd, may be allowed less of it."""

import os
from pathlib import Path

from shared.store import Store

CGROUPS = Path("/sys/fs/cgroup")
OWN_CGROUP = Path("/proc/self/cgroup")
A_START = 16
"""The part of what a store holds that the start of a stack may add: a moment, or marks of every page."""
LEAST = 4 * 2**20


def memory() -> int:
    """Bytes that may be used."""
    physical = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    return min([physical, *allowed(CGROUPS, OWN_CGROUP)])


async def give_room(store: Store) -> bool:
    """Let a store that has come up full, or fuller than it may be, take a little more; whether it had to. It takes no
    note of a start else, and readers would have no site: it was full before, or the machine has less memory now."""
    told = dict(line.split(":", 1) for line in (await store.do("INFO", "memory")).decode().splitlines() if ":" in line)
    used, most = int(told["used_memory"]), int(told["maxmemory"])
    wanted = used + max(used // A_START, LEAST)
    if not most or wanted <= most:
        return False
    await store.do("CONFIG", "SET", "maxmemory", wanted)
    return True


def allowed(cgroups: Path, own: Path) -> list[int]:
    """The bounds of Linux's control groups, those that there are: version 2 has one for the group of this process and
    for each around it, version 1 shows a container its own at the root."""
    group = cgroups / _path(own).lstrip("/")
    around = [folder for folder in (group, *group.parents) if folder.is_relative_to(cgroups)]
    bounds = [folder / "memory.max" for folder in around] + [cgroups / "memory/memory.limit_in_bytes"]
    return [int(text) for text in map(_read, bounds) if text.isdecimal()]  # "max" is none


def _path(own: Path) -> str:
    """The path of the group in version 2, as its line says it."""
    return next((line.removeprefix("0::") for line in _read(own).splitlines() if line.startswith("0::")), "")


def _read(file: Path) -> str:
    try:
        return file.read_text("utf-8").strip()
    except (OSError, UnicodeDecodeError):
        return ""

"""How much memory this machine has for a stack: a container, or a service of systemd, may be allowed less of it."""

import os
from pathlib import Path

CGROUPS = Path("/sys/fs/cgroup")
OWN_CGROUP = Path("/proc/self/cgroup")


def memory() -> int:
    """Bytes that may be used."""
    physical = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    return min([physical, *allowed(CGROUPS, OWN_CGROUP)])


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

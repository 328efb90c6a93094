"""What this machine has for us, memory and processors: a container, systemd or `taskset` may allow less of it."""

import math
import os
from collections.abc import Iterator
from pathlib import Path

CGROUPS = Path("/sys/fs/cgroup")
OWN_CGROUP = Path("/proc/self/cgroup")


def memory() -> int:
    """Bytes that may be used."""
    physical = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    return min([physical, *memory_allowed(CGROUPS, OWN_CGROUP)])


def cores() -> int:
    """Processors that may be used, whole ones: the most processes that are of use at once."""
    usable = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return min([usable, *cores_allowed(CGROUPS, OWN_CGROUP)])


def memory_allowed(cgroups: Path, own: Path) -> list[int]:
    """The bounds of Linux's control groups, those that there are, in bytes: version 2 has one for the group of this
    process and for each around it, version 1 shows a container its own at the root."""
    bounds = [folder / "memory.max" for folder in _around(cgroups, own)] + [cgroups / "memory/memory.limit_in_bytes"]
    return [int(text) for text in map(_read, bounds) if text.isdecimal()]  # "max" is none


def cores_allowed(cgroups: Path, own: Path) -> list[int]:
    """The same of processors: a group may have so much of their time within a period, and what is begun counts."""
    times = [_read(folder / "cpu.max") for folder in _around(cgroups, own)]
    times.append(" ".join(_read(cgroups / "cpu" / name) for name in ("cpu.cfs_quota_us", "cpu.cfs_period_us")))
    return [
        math.ceil(int(quota) / int(period))
        for quota, _, period in (time.partition(" ") for time in times)
        if quota.isdecimal() and period.isdecimal() and int(quota) and int(period)  # "max" is none, nor is -1
    ]


def _around(cgroups: Path, own: Path) -> Iterator[Path]:
    """The folders of the group of this process and of those around it."""
    group = cgroups / _path(own).lstrip("/")
    return (folder for folder in (group, *group.parents) if folder.is_relative_to(cgroups))


def _path(own: Path) -> str:
    """The path of the group in version 2, as its line says it."""
    return next((line.removeprefix("0::") for line in _read(own).splitlines() if line.startswith("0::")), "")


def _read(file: Path) -> str:
    try:
        return file.read_text("utf-8").strip()
    except (OSError, UnicodeDecodeError):
        return ""

"""What a `pressrun up` that was killed has left running, told from strangers by pid, start time and folder: a copy of
the folder of a stack that runs has noted the children of that one."""

import asyncio
import json
import os
import signal
import subprocess
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import cache
from pathlib import Path

PROC = Path("/proc")
PATIENCE = 3.0
LONGEST = 20.0
"""Seconds. Who is killed ends once what it asked of the disk is done and once it is its turn, which on a busy machine
takes a while at the greatest niceness."""


@dataclass(frozen=True, slots=True)
class Trace:
    """A child as it was recorded; it leads a process group of its own. `started` is empty where nobody knows."""

    pid: int
    started: str


@dataclass(frozen=True, slots=True)
class Process:
    """A running process, and the group it is in."""

    pid: int
    group: int
    started: str


def trace(pid: int) -> Trace:
    """The trace by which a child is found again."""
    found = _read(PROC / str(pid)) if _has_proc() else processes().get(pid)
    return Trace(pid, found.started if found else "")


def note(children: Mapping[str, Trace]) -> str:
    """Traces as text."""
    return json.dumps({name: asdict(child) for name, child in children.items()}, indent=1)


def noted(path: Path) -> list[Trace]:
    """The inverse of `note`; a file that is missing or torn has none."""
    try:
        return [Trace(int(child["pid"]), str(child["started"])) for child in json.loads(path.read_text()).values()]
    except (OSError, ValueError, TypeError, KeyError, AttributeError):
        return []


async def end(traces: list[Trace], homes: Sequence[Path]) -> list[int]:
    """End what is left of these children, which work below these folders, and of their groups: asked first, forced
    after PATIENCE. Returns what has not ended after LONGEST all the same."""
    asked = time.monotonic()
    sent: set[tuple[int, int]] = set()
    while left := [pid for child in traces for pid in remains(child, homes)]:
        late = time.monotonic() - asked
        if late > LONGEST:
            return left
        way = signal.SIGKILL if late > PATIENCE else signal.SIGTERM
        for pid in left:
            if (pid, way) not in sent:
                sent.add((pid, way))
                _signal(pid, way)
        await asyncio.sleep(0.02)
    return []


async def end_group(leader: int) -> None:
    """Kill what a leader that was just reaped has left of its group, and wait until it is gone."""
    for _ in range(100):
        members = [process.pid for process in processes().values() if process.group == leader]
        if not members:
            return
        for pid in members:
            _signal(pid, signal.SIGKILL)
        await asyncio.sleep(0.01)


def remains(child: Trace, homes: Sequence[Path]) -> list[int]:
    """The processes that are left of a child's group; never a stranger who has its number by now."""
    everyone = processes()
    group = [process for process in everyone.values() if process.group == child.pid]
    leader = everyone.get(child.pid)
    if leader is not None:
        is_ours = leader.started == child.started and _works_below(child.pid, homes, unknown=True)
        return [process.pid for process in group] if is_ours else []
    # A group outlives its leader (nginx's workers do), and its number with it; where it works says whose it is.
    return [process.pid for process in group if _works_below(process.pid, homes, unknown=False)]


def _works_below(pid: int, homes: Sequence[Path], *, unknown: bool) -> bool:
    """Whether it works below one of these folders; `unknown` where it does not say."""
    if not _has_proc():
        return True
    try:
        there = (PROC / str(pid) / "cwd").readlink()
    except OSError:
        return unknown
    return any(there.is_relative_to(home.resolve()) for home in homes)


def _signal(pid: int, way: signal.Signals) -> None:
    try:
        os.kill(pid, way)
    except (ProcessLookupError, PermissionError):
        return


def _has_proc() -> bool:
    return PROC.joinpath("self").exists()


def processes() -> dict[int, Process]:
    """Every process that still runs; a zombie does not."""
    if not _has_proc():
        return {process.pid: process for process in _from_ps()}
    read = (_read(entry) for entry in PROC.iterdir() if entry.name.isdecimal())
    return {process.pid: process for process in read if process is not None}


def _read(entry: Path) -> Process | None:
    try:
        fields = (entry / "stat").read_text(errors="replace").rpartition(")")[2].split()
    except OSError:
        return None
    if fields[0] in "ZX":
        return None
    return Process(int(entry.name), int(fields[2]), f"{_boot()}/{fields[19]}")


@cache
def _boot() -> str:
    """Start times count from here."""
    return (PROC / "sys/kernel/random/boot_id").read_text().strip()


def _from_ps() -> list[Process]:
    listed = subprocess.run(
        ["/bin/ps", "-axo", "pid=,pgid=,stat=,lstart="], capture_output=True, text=True, check=False, timeout=10
    ).stdout
    rows = [line.split(None, 3) for line in listed.splitlines()]
    return [Process(int(row[0]), int(row[1]), row[3].strip()) for row in rows if len(row) == 4 and row[2][0] != "Z"]

"""What a machine has for us, in folders like those of Linux's control groups."""

import os
from pathlib import Path

import pytest

from shared.machine import cores, cores_allowed, memory, memory_allowed

MB = 1024 * 1024


def written(folder: Path, own: str | None, files: dict[str, str]) -> tuple[Path, Path]:
    """The folder of groups, and the file that names the group of this process."""
    for name, text in files.items():
        (folder / "cgroups" / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / "cgroups" / name).write_text(text)
    if own is not None:
        (folder / "own").write_text(own)
    return folder / "cgroups", folder / "own"


@pytest.mark.parametrize(
    ("own", "files", "bounds"),
    [
        ("0::/\n", {"memory.max": f"{400 * MB}\n"}, [400]),  # a container
        ("0::/desk/press.service\n", {"desk/press.service/memory.max": "max\n", "desk/memory.max": f"{MB}\n"}, [1]),
        ("9:memory:/docker/1\n0::/docker/1\n", {"memory/memory.limit_in_bytes": f"{300 * MB}\n"}, [300]),  # version 1
        ("0::/../outside\n", {"memory.max": f"{2 * MB}\n"}, [2]),  # a group that is not to be seen from here
        ("0::/\n", {"memory.max": "max\n"}, []),
        ("torn", {}, []),
        (None, {}, []),
    ],
)
def test_the_memory_that_a_control_group_allows(
    tmp_path: Path, own: str | None, files: dict[str, str], bounds: list[int]
) -> None:
    assert memory_allowed(*written(tmp_path, own, files)) == [bound * MB for bound in bounds]


@pytest.mark.parametrize(
    ("own", "files", "bounds"),
    [
        ("0::/\n", {"cpu.max": "200000 100000\n"}, [2]),  # a container with --cpus=2
        ("0::/\n", {"cpu.max": "50000 100000\n"}, [1]),
        ("0::/\n", {"cpu.max": "150000 100000\n"}, [2]),
        (
            "0::/desk/press.service\n",
            {"desk/press.service/cpu.max": "max 100000\n", "desk/cpu.max": "300000 100000"},
            [3],
        ),
        ("1:cpu:/docker/1\n", {"cpu/cpu.cfs_quota_us": "100000\n", "cpu/cpu.cfs_period_us": "100000\n"}, [1]),
        ("1:cpu:/\n", {"cpu/cpu.cfs_quota_us": "-1\n", "cpu/cpu.cfs_period_us": "100000\n"}, []),
        ("0::/\n", {"cpu.max": "torn"}, []),
        ("0::/\n", {"cpu.max": "0 0"}, []),
        (None, {}, []),
    ],
)
def test_the_processors_that_a_control_group_allows(
    tmp_path: Path, own: str | None, files: dict[str, str], bounds: list[int]
) -> None:
    assert cores_allowed(*written(tmp_path, own, files)) == bounds


def test_a_process_uses_no_more_processors_than_it_may(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A build with a process for each of a machine's 64 would need the memory of 64, where its container has one."""
    monkeypatch.setattr("shared.machine.CGROUPS", tmp_path)
    usable = os.sched_getaffinity(0)
    assert cores() == len(usable)
    (tmp_path / "cpu.max").write_text("100000 100000")
    assert cores() == 1
    (tmp_path / "cpu.max").unlink()
    try:
        os.sched_setaffinity(0, {min(usable)})
        assert cores() == 1
    finally:
        os.sched_setaffinity(0, usable)


def test_a_stack_may_have_no_more_than_its_container(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shared.machine.CGROUPS", tmp_path)
    assert memory() == os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    (tmp_path / "memory.max").write_text(str(400 * MB))
    assert memory() == 400 * MB

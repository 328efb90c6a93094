"""How much memory a stack may have, in folders like those of Linux's control groups."""

import os
from pathlib import Path

import pytest

from services.console.memory import allowed, memory

MB = 1024 * 1024


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
def test_what_a_control_group_allows(tmp_path: Path, own: str | None, files: dict[str, str], bounds: list[int]) -> None:
    for name, text in files.items():
        (tmp_path / "cgroups" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "cgroups" / name).write_text(text)
    if own is not None:
        (tmp_path / "own").write_text(own)
    assert allowed(tmp_path / "cgroups", tmp_path / "own") == [bound * MB for bound in bounds]


def test_a_stack_may_have_no_more_than_its_container(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("services.console.memory.CGROUPS", tmp_path)
    assert memory() == os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    (tmp_path / "memory.max").write_text(str(400 * MB))
    assert memory() == 400 * MB

"""How much memory a stack may have, in folders like those of Linux's control groups, and its store, on a real one."""

import os
from pathlib import Path

import pytest
import redis

from services.console.memory import LEAST, allowed, give_room, memory
from shared.settings import Settings
from shared.store import Store

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


@pytest.mark.parametrize(("room", "is_full"), [(0, True), (2 * LEAST, False), (None, False)])  # None: no bound
async def test_a_store_that_comes_up_full_takes_what_a_start_adds(
    store: redis.Redis, valkey: str, room: int | None, is_full: bool
) -> None:
    before = store.config_get("maxmemory")["maxmemory"]
    bound = 0 if room is None else store.info("memory")["used_memory"] + room
    store.config_set("maxmemory", bound)
    asked = Store(Settings(redis_url=valkey))
    try:
        assert await give_room(asked) == is_full
        assert store.set("of the start", b" " * (LEAST // 8))
        assert (int(store.config_get("maxmemory")["maxmemory"]) == bound) != is_full
    finally:
        await asked.close()
        store.config_set("maxmemory", before)

"""Mending the site: when it is suspect, and until when."""

import asyncio
import os
import shutil
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from services.render import mend as module
from services.render.mend import BOOT, is_suspect, mend, mend_beside
from shared.site_settings import SiteSettings
from tests.properties.press_room import PressRoom, draft, opened


@pytest.fixture
async def room(valkey: str, tmp_path: Path) -> AsyncIterator[PressRoom]:
    """A site of one article, found whole."""
    async with opened(valkey, tmp_path, SiteSettings()) as made:
        await made.accept(draft("g", section="World"))
        await made.drain()
        assert not await is_suspect(made.store, made.tree)
        yield made


async def test_a_site_is_suspect_once_the_machine_has_started_anew_and_as_long_as_it_is_not_mended(
    room: PressRoom,
) -> None:
    assert not await is_suspect(room.store, room.tree)
    await room.store.do("SET", BOOT, "another")
    cut = next((room.tree.root / "2025").rglob("index.html"))
    cut.write_bytes(b"")
    stray = room.tree.root / "nobodys/index.html"
    stray.parent.mkdir()
    stray.write_text("nobody's")
    for _ in range(2):
        assert await is_suspect(room.store, room.tree)
    await mend(room.settings)
    assert not await is_suspect(room.store, room.tree)
    await room.drain()
    assert (await room.differences()).clean


async def test_a_site_that_is_gone_is_mended_though_the_press_is_killed_when_only_its_front_page_is_back(
    room: PressRoom,
) -> None:
    shutil.rmtree(room.tree.root)
    assert await is_suspect(room.store, room.tree)
    for _ in range(2):
        await room.die_and_start_again()
        await room.drain()
    assert room.tree.has("index.html")
    assert not (await room.differences()).clean
    assert await is_suspect(room.store, room.tree)
    await mend(room.settings)
    await room.drain()
    assert not await is_suspect(room.store, room.tree)
    assert (await room.differences()).clean


async def test_a_folder_that_somebody_replaced_by_a_link_is_back_after_one_repair(
    room: PressRoom, tmp_path: Path
) -> None:
    world = room.tree.root / "world"
    world.rename(tmp_path / "elsewhere")
    world.symlink_to(tmp_path / "elsewhere")
    found = await mend(room.settings)
    assert found.extra == ["world"]
    assert "world/index.html" in found.missing
    await room.drain()
    assert not world.is_symlink()
    assert (await room.differences()).clean


async def test_files_that_a_killed_writer_left_unfinished_are_swept_away(room: PressRoom) -> None:
    unfinished = room.tree.root / ".index.html.w9"
    unfinished.write_text("<html>")
    await mend(room.settings)
    assert not unfinished.exists()


async def test_mending_that_came_to_no_end_begins_anew(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "PAUSE", 0.01)
    tries = tmp_path / "tries"
    killed_twice = f'echo >> "{tries}"; [ $(wc -l < "{tries}") = 3 ] || kill -9 $$'
    await mend_beside("sh", "-c", killed_twice)
    assert tries.read_text().count("\n") == 3


async def test_mending_ends_with_the_service_that_began_it(tmp_path: Path) -> None:
    os.mkfifo(alive := tmp_path / "alive")
    mending = asyncio.create_task(mend_beside("sh", "-c", f'exec > "{alive}"; echo; exec sleep 5'))
    with await asyncio.to_thread(alive.open) as end:
        await asyncio.to_thread(end.readline)
        mending.cancel()
        await asyncio.wait([mending])
        async with asyncio.timeout(2):
            assert await asyncio.to_thread(end.read) == ""

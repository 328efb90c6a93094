"""The press: what it does when it cannot know what the store did."""

import random
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from services.render.dirty_steps import LEASES
from shared.settings import Site
from shared.store import Command, Script, Store
from shared.wire import StoreUnavailable
from tests.properties.press_room import PressRoom, draft


@pytest.fixture
async def room(valkey: str, tmp_path: Path) -> AsyncIterator[PressRoom]:
    made = PressRoom(valkey, tmp_path, Site())
    await made.open()
    await made.drain()
    yield made
    await made.close()


async def publish_and_lose_the_answer(room: PressRoom, guid: str) -> Path:
    """An article whose page the store leases to the press, which does not hear of it; the page's file."""
    accepted = await room.accept(draft(guid))

    async def carried_out_and_lost(script: Script, names: tuple[str, ...] = (), args: Command = ()) -> Any:
        await Store.run(room.mortal, script, names, args)
        raise StoreUnavailable

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(room.mortal, "run", carried_out_and_lost)
        with pytest.raises(StoreUnavailable):
            await room.deliver(random.Random(0))
    return room.folder / "site" / accepted.article.path.lstrip("/") / "index.html"


async def test_leases_of_which_the_answer_was_lost_are_given_back(room: PressRoom) -> None:
    page = await publish_and_lose_the_answer(room, "g")
    assert await room.store.do("ZCARD", LEASES) == 1
    await room.press.round()
    await room.press.round()
    assert page.exists()


async def test_an_answer_that_is_lost_while_leases_are_given_back_is_not_forgotten(
    room: PressRoom, monkeypatch: pytest.MonkeyPatch
) -> None:
    await publish_and_lose_the_answer(room, "first")
    reclaim, pages = room.press.dirty.reclaim, []

    async def lost_right_after() -> int:
        count = await reclaim()
        if not pages:
            await room.store.do("DEL", LEASES)  # the press is at rest again
            pages.append(await publish_and_lose_the_answer(room, "second"))
        return count

    monkeypatch.setattr(room.press.dirty, "reclaim", lost_right_after)
    for _ in range(3):
        await room.press.round()
    assert pages[0].exists()

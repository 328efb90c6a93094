"""The press: what it does when it cannot know what the store did."""

import random
from pathlib import Path
from typing import Any

import pytest

from services.render.dirty_steps import LEASES
from shared.settings import Site
from shared.store import Command, Script, Store
from shared.wire import StoreUnavailable
from tests.properties.press_room import PressRoom, draft


async def test_leases_of_which_the_answer_was_lost_are_given_back(
    valkey: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    room = PressRoom(valkey, tmp_path, Site())
    await room.open()
    await room.drain()
    accepted = await room.accept(draft("g"))
    page = tmp_path / "site" / accepted.article.path.lstrip("/") / "index.html"

    async def carried_out_and_lost(script: Script, names: tuple[str, ...] = (), args: Command = ()) -> Any:
        await Store.run(room.mortal, script, names, args)
        raise StoreUnavailable

    with monkeypatch.context() as patched:
        patched.setattr(room.mortal, "run", carried_out_and_lost)
        with pytest.raises(StoreUnavailable):
            await room.deliver(random.Random(0))
    assert await room.store.do("ZCARD", LEASES) == 1
    await room.press.round()
    await room.press.round()
    assert page.exists()
    await room.close()

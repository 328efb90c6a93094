"""Public files of pictures: two articles with one picture never lose it to each other."""

from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from services.render.dirty import Dirty
from services.render.pictures import Pictures
from shared.media import LENGTHS, media_names, original_path
from shared.store import Store
from tests.properties.press_room import Killed

DIGEST = "ab" * 20
PICTURE = media_names(DIGEST, 8)[8]


@pytest.fixture
def pictures(store: Store, tmp_path: Path) -> Pictures:
    original = original_path(tmp_path / "media", DIGEST)
    original.parent.mkdir(parents=True)
    Image.new("RGB", (8, 8), "red").save(original, "PNG")
    return Pictures(store, tmp_path / "media", tmp_path / "site")


async def test_who_began_to_show_a_picture_while_it_was_taken_away_makes_it_anew_though_its_taker_was_killed(
    store: Store, pictures: Pictures, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    dirty, do = Dirty(store, "w1"), store.do
    await pictures.show("one", (PICTURE,))

    async def another_shows_it_and_we_are_killed(*command: Any) -> Any:
        if command[:2] == ("HDEL", LENGTHS):
            raise Killed
        answer = await do(*command)
        if command[0] == "SCARD":
            await pictures.show("another", (PICTURE,))
        return answer

    with monkeypatch.context() as patched, pytest.raises(Killed):
        patched.setattr(store, "do", another_shows_it_and_we_are_killed)
        await pictures.keep_only(dirty, "one", {PICTURE}, ())
    await pictures.keep_only(dirty, "one", {PICTURE}, ())  # as after the restart
    assert await dirty.waiting() == {"article:another"}
    await pictures.show("another", (PICTURE,))
    assert (tmp_path / "site" / PICTURE[1:]).exists()
    await pictures.keep_only(dirty, "another", {PICTURE}, ())
    assert not (tmp_path / "site" / PICTURE[1:]).exists()

"""`pressrun check` by hand: what it names, and what `--repair` does about it."""

from collections.abc import Iterator
from io import BytesIO

import pytest
from PIL import Image

from tests.stack import Up


@pytest.fixture(scope="module")
def press(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Up]:
    """A stack that each test leaves as it was found."""
    with Up(tmp_path_factory.mktemp("checking"), one_core=True) as up:
        up.start()
        yield up


def test_what_somebody_did_to_the_files_is_named_and_repaired(press: Up) -> None:
    press.post("g")
    press.drain()
    site = press.folder / "site"
    (site / "index.html").write_text("damaged")
    (site / "feed.xml").unlink()
    (site / "stray.html").write_text("nobody's")
    code, words = press.call("check")
    assert code == 1
    assert {"differs: index.html", "missing: feed.xml", "extra: stray.html"} < set(words.splitlines())
    code, words = press.call("check", "--repair")
    assert code == 1, "as it was found"
    assert "2 pages are built again, 1 file is taken away" in words
    press.drain()
    assert press.check()[0] == 0


def test_a_picture_that_is_not_whole_is_named_and_made_again(press: Up) -> None:
    """A crash of the machine may leave it so: files of the site are not fsynced."""
    file = BytesIO()
    Image.new("RGB", (1000, 500), (200, 30, 30)).save(file, "JPEG")
    about = {"data": {"media_id": "red"}, "files": {"media": ("red", file.getvalue())}}
    assert press.ingest.post(f"/v1/push/{press.run['source']}/assets", **about).status_code == 201
    press.post("pictured", image={"media_id": "red"})
    press.drain()
    pictures = sorted((press.folder / "site/media").rglob("*.jpg"))
    assert len(pictures) == 3
    whole = [picture.read_bytes() for picture in pictures]
    for picture, left in zip(pictures[1:], (b"", b"half of it"), strict=True):
        picture.write_bytes(left)
    code, words = press.call("check", "--repair")
    assert code == 1
    assert {f"differs: {picture.relative_to(press.folder / 'site')}" for picture in pictures[1:]} < set(
        words.splitlines()
    )
    press.drain()
    assert [picture.read_bytes() for picture in pictures] == whole
    assert press.check()[0] == 0


def test_settings_that_were_changed_and_not_taken_up_yet_are_told_of(press: Up) -> None:
    settings, told = press.folder / "site.toml", "site settings changed since the press started"
    settings.write_text(settings.read_text().replace('"Pressrun"', '"The Courier"'))
    code, words = press.call("check", "--repair")
    assert code == 1
    assert told in words, "what is built again is built as it was"
    press.stop()
    press.start()
    press.drain()
    (press.folder / "site" / "index.html").write_text("damaged")
    code, words = press.check()
    assert code == 1
    assert told not in words
    press.call("check", "--repair")
    press.drain()

"""`pressrun check` by hand: what it names, and what `--repair` does about it."""

from io import BytesIO

import pytest
from PIL import Image

from tests.stack import Up


def test_what_somebody_did_to_the_files_is_named_and_repaired(stack: Up) -> None:
    stack.start()
    stack.post("g")
    stack.drain()
    site = stack.folder / "site"
    (site / "index.html").write_text("damaged")
    (site / "feed.xml").unlink()
    (site / "stray.html").write_text("nobody's")
    code, words = stack.call("check")
    assert code == 1
    assert {"differs: index.html", "missing: feed.xml", "extra: stray.html"} < set(words.splitlines())
    code, words = stack.call("check", "--repair")
    assert code == 1, "as it was found"
    assert "2 pages are built again, 1 file is taken away" in words
    stack.drain()
    assert stack.check()[0] == 0


def test_settings_that_were_changed_and_not_taken_up_yet_are_told_of(stack: Up) -> None:
    stack.start()
    settings, told = stack.folder / "site.toml", "site settings changed since the press started"
    settings.write_text(settings.read_text().replace('"Pressrun"', '"The Courier"'))
    code, words = stack.call("check", "--repair")
    assert code == 1
    assert told in words, "what is built again is built as it was"
    stack.stop()
    stack.start()
    stack.drain()
    (stack.folder / "site" / "index.html").write_text("damaged")
    code, words = stack.check()
    assert code == 1
    assert told not in words


@pytest.mark.parametrize("left", [b"", b"half of it"])
def test_a_picture_that_is_not_whole_is_named_and_made_again(stack: Up, left: bytes) -> None:
    """A crash of the machine may leave it so: files of the site are not fsynced."""
    stack.start()
    file = BytesIO()
    Image.new("RGB", (1000, 500), (200, 30, 30)).save(file, "JPEG")
    about = {"data": {"media_id": "red"}, "files": {"media": ("red", file.getvalue())}}
    assert stack.ingest.post(f"/v1/push/{stack.run['source']}/assets", **about).status_code == 201
    stack.post("pictured", image={"media_id": "red"})
    stack.drain()
    pictures = sorted((stack.folder / "site/media").rglob("*.jpg"))
    assert len(pictures) == 3
    whole = [picture.read_bytes() for picture in pictures]
    for picture in pictures[1:]:
        picture.write_bytes(left)
    code, words = stack.call("check", "--repair")
    assert code == 1
    assert {f"differs: {picture.relative_to(stack.folder / 'site')}" for picture in pictures[1:]} < set(
        words.splitlines()
    )
    stack.drain()
    assert [picture.read_bytes() for picture in pictures] == whole
    assert stack.check()[0] == 0

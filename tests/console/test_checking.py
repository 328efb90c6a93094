"""`pressrun check` by hand: what it names, and what `--repair` does about it."""

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

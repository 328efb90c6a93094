"""What the bench tells of the product's own steps: it must find them where they are."""

from pathlib import Path

import pytest

from bench import parts


def test_each_part_of_the_way_of_an_article_is_timed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parts, "ARTICLES_BEFORE", 2)
    monkeypatch.setattr(parts, "EVENTS", 2)
    monkeypatch.setattr(parts, "configure_logs", lambda *_: None)  # other tests' logs stay as they are
    told = parts.parts(tmp_path, tmp_path / "site.toml")
    assert tuple(told) == parts.ORDER
    assert all(seconds > 0 for seconds in told.values())

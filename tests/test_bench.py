"""What the bench tells of the product's own steps: it must find them where they are."""

from pathlib import Path

import pytest

from bench import batch, parts
from bench.meanwhile import Meanwhile


def test_each_part_of_the_way_of_an_article_is_timed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parts, "ARTICLES_BEFORE", 2)
    monkeypatch.setattr(parts, "EVENTS", 2)
    monkeypatch.setattr(parts, "configure_logs", lambda *_: None)  # other tests' logs stay as they are
    told = parts.parts(tmp_path, tmp_path / "site.toml")
    assert tuple(told) == parts.ORDER
    assert all(seconds > 0 for seconds in told.values())


class _Still:
    """A site whose front page stays as it is."""

    def line(self, _: str) -> "_Still":
        return self

    def get(self, _: str) -> tuple[int, bytes]:
        return 200, b"the same"


def test_a_front_page_that_stands_still_is_as_old_as_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    moments = iter([0.0, 0.5, 3.5])
    monkeypatch.setattr(batch.time, "perf_counter", lambda: next(moments))
    reader = batch.FrontReader(_Still())  # type: ignore[arg-type]  # all that it asks of a stack
    reader.once()
    reader.once()
    assert reader.oldest == 3.0


class _Failing(Meanwhile):
    def once(self) -> None:
        raise ConnectionError("the server hung up")


def test_what_fails_beside_a_measurement_fails_the_measurement() -> None:
    reader = _Failing(0.0)
    reader.start()
    reader.join(5)
    with pytest.raises(ConnectionError):
        reader.stop()

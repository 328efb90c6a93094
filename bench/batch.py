"""The batch call: articles a second until acknowledged and until live, and how old the front page gets meanwhile."""

import asyncio
import hashlib
import json
import tempfile
import time
from pathlib import Path
from typing import Any

from bench import corpus
from bench.batch_call import Sent, send_batch
from bench.event_to_live import first_story
from bench.limits import one_render, one_write, synced_sets
from bench.meanwhile import Meanwhile
from bench.table import Row, median, rate, share
from bench.up import Press
from shared.kept import pack_body
from shared.site_settings import SiteSettings

ROUNDS = 5
ARTICLES = 2_000
LOOK_EVERY = 0.01


class FrontReader(Meanwhile):
    """Reads the front page again and again, and notes the longest time in which it did not change."""

    def __init__(self, press: Press) -> None:
        super().__init__(LOOK_EVERY)
        self._line = press.line("site")
        self._last, self._since = b"", time.perf_counter()
        self.oldest = 0.0

    def once(self) -> None:
        """Look, and note the age that it has reached."""
        seen = hashlib.blake2b(self._line.get("/")[1]).digest()
        now = time.perf_counter()
        self.oldest = max(self.oldest, now - self._since)
        if seen != self._last:
            self._last, self._since = seen, now


def rows(press: Press) -> list[Row]:
    """Articles of now, so that each of them changes the front page."""
    press.fill(1_000)
    _round(press, 500)
    rounds = [_round(press, ARTICLES) for _ in range(ROUNDS)]
    acknowledged, live, age = (median([one[at] for one in rounds]) for at in range(3))
    stored, printed = _limits(press)
    return [
        Row("batch: acknowledged", rate(acknowledged), f"{rate(stored)}: SET, SET, XADD with fsync",
            share(acknowledged, stored)),
        Row("batch: their own pages live", rate(live), f"{rate(printed)}: Jinja2, write and rename, one core",
            share(live, printed), "≥ 1,500/s"),
        Row("— the front page's greatest age meanwhile", f"{age:.2f} s", "", "", "≤ 0.5 s"),
    ]  # fmt: skip


def _round(press: Press, count: int) -> tuple[float, float, float]:
    first = len(press.articles)
    lines = [json.dumps(corpus.fresh(first + number)).encode() + b"\n" for number in range(count)]
    reader = FrontReader(press)
    reader.start()
    sent, seconds = send_until_on_disk(press, lines)
    reader.stop()
    press.articles += sent.answers
    press.drain()
    return count / sent.seconds, count / seconds, reader.oldest


def send_until_on_disk(press: Press, lines: list[bytes]) -> tuple[Sent, float]:
    """Post articles; their answers, and the seconds until the page of each is on disk."""
    started = time.perf_counter()
    sent = send_batch(press.url("ingest"), press.token, lines)
    _until_on_disk(press, sent)
    return sent, time.perf_counter() - started


def _until_on_disk(press: Press, sent: Sent) -> None:
    left = [press.data / "site" / _file(answer["url"]) for answer in sent.answers]
    until = time.monotonic() + 60
    while left:
        while left and left[-1].exists():
            left.pop()
        if left:
            assert time.monotonic() < until, f"{len(left)} pages are not there"
            time.sleep(0.01)
            left = [path for path in left if not path.exists()] if len(left) < 500 else left


def _file(url: str) -> Path:
    return Path(url.split("/", 3)[3]) / "index.html"


def newest_event(store: Any) -> bytes:
    """The article event that came last, as it is on the stream."""
    return bytes(store.xrevrange("articles", count=1)[0][1][b"event"])


def stored_a_second(press: Press, at_once: int) -> float:
    """Articles a second that a store of its own takes and syncs, so many at once: record, body and event."""
    story = asyncio.run(first_story(press))
    one = (story.article.model_dump_json().encode(), pack_body(story.body), newest_event(press.store))
    return synced_sets(Path(tempfile.mkdtemp(dir=press.folder)), [one] * 10_000, at_once)


def _limits(press: Press) -> tuple[float, float]:
    stored = stored_a_second(press, 64)
    story = asyncio.run(first_story(press))
    page = next(path.read_bytes() for path in press.data.glob("site/2*/*/*/*/index.html"))
    site = SiteSettings.read(press.data / "site.toml")
    return stored, 1 / (one_render(site, story) + one_write(press.folder / "limit-write", page))

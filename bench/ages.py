"""How old pages that list articles get while thousands of articles come: the longest for which one missed an article
that was live. And how long an article takes that is posted meanwhile."""

import itertools
import json
import re
import time
from collections.abc import Callable, Mapping
from typing import Any

from bench import corpus
from bench.batch import send_until_on_disk
from bench.meanwhile import Meanwhile
from bench.table import Row, median, rate
from bench.up import Press
from services.render.output import page_file

ARTICLES = 10_000  # the most that a request may have: long enough for all that can wait to come due
READ_EVERY = 0.1
POST_EVERY = 0.2
SHOWN = 25
"""Of the 30 newest that a list shows: articles of one moment may stand in another order than they were sent in."""

_NUMBER = re.compile(rb", part (\d+)")

Article = Mapping[str, Any]
_LISTS: dict[str, Callable[[Article], bool]] = {
    "/world/": lambda article: article["section"] == "World",
    "/topic/water-policy/": lambda article: "Water Policy" in article["topics"],
    "/topic/museum-funding/": lambda article: "Museum Funding" in article["topics"],
    "/author/mei-lin/": lambda article: "Mei Lin" in article["authors"],
}
_FEEDS: dict[str, Callable[[Article], bool]] = {
    "/feed.xml": lambda _: True,
    "/world/feed.xml": _LISTS["/world/"],
    "/topic/water-policy/feed.xml": _LISTS["/topic/water-policy/"],
}


class _Reader(Meanwhile):
    """Reads a page again and again, and notes the numbers of the articles that it shows."""

    def __init__(self, press: Press, path: str) -> None:
        super().__init__(READ_EVERY)
        self._file = press.data / "site" / page_file(path)  # without the fragments, which show newest articles too
        self._seen: list[tuple[float, frozenset[int]]] = []

    def once(self) -> None:
        at = time.time()
        self._seen.append((at, frozenset(map(int, _NUMBER.findall(self._file.read_bytes())))))

    def oldest(self, newest_first: list[int], live_at: Mapping[int, float]) -> float:
        """Seconds for which it lacked, at the most, an article that was live and belongs to the newest."""
        ages = [0.0]
        for at, shown in self._seen:
            there = [number for number in newest_first if live_at[number] <= at][:SHOWN]
            ages += [at - live_at[number] for number in there if number not in shown]
        return max(ages)


class _Poster(Meanwhile):
    """Posts an article now and then, each its own; `sent` has the moment before each, by id."""

    def __init__(self, press: Press) -> None:
        super().__init__(POST_EVERY)
        self._line, self._token = press.line("ingest"), press.token
        self._numbers = itertools.count(10**7 + 1)
        self.sent: dict[str, float] = {}

    def once(self) -> None:
        body, at = json.dumps(corpus.fresh(next(self._numbers))).encode(), time.time()
        status, answer = self._line.post("/v1/articles", body, self._token)
        assert status == 202, answer
        self.sent[json.loads(answer)["id"]] = at


def rows(press: Press) -> list[Row]:
    """The longest batch."""
    press.fill(1_000)
    first = len(press.articles)
    articles = {first + number: corpus.fresh(first + number) for number in range(ARTICLES)}
    lines = [json.dumps(article).encode() + b"\n" for article in articles.values()]
    readers = {path: _Reader(press, path) for path in (*_LISTS, *_FEEDS)}
    since = press.store.xinfo_stream("pages")["last-generated-id"].decode()
    poster = _Poster(press)
    for thread in (*readers.values(), poster):
        thread.start()
    sent, seconds = send_until_on_disk(press, lines)
    poster.stop()
    press.drain()
    for reader in readers.values():
        reader.stop()
    press.articles += sent.answers
    seen_at = _live_at(press, since)
    live_at = {number: seen_at[answer["id"]] for number, answer in zip(articles, sent.answers, strict=True)}
    beside = [seen_at[ident] - at for ident, at in poster.sent.items()]

    def oldest(kind: Mapping[str, Callable[[Article], bool]]) -> str:
        return f"{max(readers[path].oldest(_newest(articles, kind[path]), live_at) for path in kind):.1f} s"

    return [
        Row(f"batch of {ARTICLES:,}: their own pages live", rate(ARTICLES / seconds)),
        Row("— an article that is posted beside it, until live: p50 (the longest)",
            f"{median(beside):.2f} s ({max(beside):.2f} s)"),
        Row("— the greatest age of a section, a topic or an author meanwhile", oldest(_LISTS), "", "", "≤ 2 s"),
        Row("— the greatest age of a feed", oldest(_FEEDS), "", "", "≤ 10 s"),
    ]  # fmt: skip


def _newest(articles: Mapping[int, Article], belongs: Callable[[Article], bool]) -> list[int]:
    return sorted((number for number, article in articles.items() if belongs(article)), reverse=True)


def _live_at(press: Press, since: str) -> dict[str, float]:
    """When each article's page was on disk for the first time, by id, as the stream of pages tells."""
    found: dict[str, float] = {}
    store: Any = press.store
    for entry, fields in store.xrange("pages", min=f"({since}"):
        event = json.loads(fields[b"event"])
        if event.get("article"):
            found.setdefault(event["article"], int(entry.partition(b"-")[0]) / 1000)
    return found

"""From the first byte of a POST to an HTTP reader who sees the new words in the page; idle."""

import asyncio
import itertools
import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from urllib.parse import unquote, urlsplit

from bench import corpus
from bench.limits import one_render, one_write, synced_add
from bench.meanwhile import Meanwhile
from bench.parts import parts
from bench.table import Row, median, ms, percentile, share
from bench.up import Bare, Press
from bench.wire import Line, timed
from services.render.edition import LiveEdition, Story
from shared.settings import Settings
from shared.site_settings import SiteSettings
from shared.store import Store

ROUNDS = 5
EVENTS = 40
WARM_UP = 40
PAUSE = 0.01  # after the last page that an event touched, before the next event: idle is what is measured
LOOK_AGAIN = 0.0001
LOAD = 100  # articles a second


@dataclass(slots=True)
class Times:
    """Seconds to live and to the acknowledgement, of every event of a round."""

    live: list[float]
    acknowledged: list[float]


def rows(press: Press) -> list[Row]:
    """New articles and corrections in turn, at 1,000 articles."""
    press.fill(1_000)
    watch(press, WARM_UP)
    rounds = [watch(press, EVENTS) for _ in range(ROUNDS)]
    p50 = median([percentile(one.live, 50) for one in rounds])
    p99 = median([percentile(one.live, 99) for one in rounds])
    acknowledged = median([percentile(one.acknowledged, 50) for one in rounds])
    limits = _limits(press)
    limit = sum(limits.values())
    told = parts(press.folder, press.data / "site.toml")
    about = f"{len(press.articles):,} articles, idle"
    return [
        Row(f"event to live p50, {about}", ms(p50), f"{ms(limit)}: all below", f"{p50 / limit:.1f} ×", "≤ 6 ms"),
        Row("— p99", ms(p99), "", f"{p99 / limit:.1f} ×", "≤ 25 ms"),
        Row("— until acknowledged, p50", ms(acknowledged)),
        *(Row(f"— limit: {name}", "", ms(seconds)) for name, seconds in limits.items()),
        *(Row(f"— part: {name}", ms(seconds), "", share(seconds, p50)) for name, seconds in told.items()),
        Row("— part: HTTP, stream delivery, a reader's look", ms(max(p50 - sum(told.values()), 0)), "", "the rest"),
    ]


def flat(sizes: list[int], *, one_place: bool) -> list[Row]:
    """The same at several sizes, each on a stack of its own (properties P3 and P10)."""
    first: tuple[float, float] | None = None
    rows = []
    for size in sizes:
        with Press() as press:
            press.fill(size, one_place=one_place)
            watch(press, WARM_UP, one_place=one_place)
            before = press.rendered()
            rounds = [watch(press, EVENTS, one_place=one_place) for _ in range(ROUNDS)]
            pages = (press.rendered() - before) / (ROUNDS * EVENTS)
            store = int(press.store.info("memory")["used_memory"]) / len(press.articles)
            loaded = _under_load(press, one_place=one_place)
        p50 = median([percentile(one.live, 50) for one in rounds])
        p99 = median([percentile(one.live, 99) for one in rounds])
        first = first or (p50, pages)
        where = f"at {size:,} articles{', one day and one section' if one_place else ''}"
        rows += [
            Row(f"event to live p50 (p99) {where}", f"{ms(p50)} ({ms(p99)})", f"{ms(first[0])} at {sizes[0]:,}",
                f"{p50 / first[0]:.2f} ×", "≤ 1.2 ×"),
            Row("— pages built for each event", f"{pages:.1f}", f"{first[1]:.1f} at {sizes[0]:,}",
                f"{pages / first[1]:.2f} ×", "≤ 1.2 ×"),
            Row(f"— p50 (p99) while {LOAD} other articles come each second", loaded),
            Row("— the store's memory for each article", f"{store / 1024:.1f} kB"),
        ]  # fmt: skip
    return rows


def _under_load(press: Press, *, one_place: bool) -> str:
    """Event to live while a newsroom's busiest minute goes on beside it."""
    with busy(press):
        times = watch(press, ROUNDS * EVENTS, one_place=one_place, idle=False)
    return f"{ms(percentile(times.live, 50))} ({ms(percentile(times.live, 99))})"


class _Load(Meanwhile):
    """Posts LOAD articles a second, each its own."""

    def __init__(self, press: Press) -> None:
        super().__init__(0.0)
        self._line, self._token, self._since = press.line("ingest"), press.token, time.perf_counter()
        self._numbers = itertools.count()

    def once(self) -> None:
        count = next(self._numbers)
        time.sleep(max(0.0, self._since + count / LOAD - time.perf_counter()))
        article = corpus.fresh(10**7 + count) | {"guid": f"busy-{self._since}-{count}"}
        status, answer = self._line.post("/v1/articles", json.dumps(article).encode(), self._token)
        assert status == 202, answer


@contextmanager
def busy(press: Press) -> Iterator[None]:
    """Meanwhile LOAD other articles come each second."""
    load = _Load(press)
    load.start()
    try:
        yield
    finally:
        load.stop()


def watch(press: Press, events: int, *, one_place: bool = False, idle: bool = True) -> Times:
    """Post and watch; every second event is a correction of the article before it."""
    ingest, site = press.line("ingest"), press.line("site")
    times = Times([], [])
    article: dict[str, object] = {}
    for count in range(events):
        if count % 2 == 0:
            number = len(press.articles)
            article = corpus.article(number, one_place=True) if one_place else corpus.fresh(number)
        else:
            article = article | {"version": 2, "headline": f"{article['headline']} once more"}
        words = f"Seen {count} {time.time_ns()}"
        article["body_html"] = f"<p>{words}</p>{article['body_html']}"
        body = json.dumps(article).encode()
        started = time.perf_counter()
        status, answer = ingest.post("/v1/articles", body, press.token)
        times.acknowledged.append(time.perf_counter() - started)
        assert status == 202, answer
        accepted = json.loads(answer)
        _until_seen(site, unquote(urlsplit(accepted["url"]).path), words.encode())
        times.live.append(time.perf_counter() - started)
        if count % 2 == 0:
            press.articles.append(accepted)
        if idle:
            press.drain()
        time.sleep(PAUSE)
    return times


def _until_seen(site: Line, path: str, words: bytes) -> None:
    until = time.perf_counter() + 10
    while words not in site.get(path)[1]:
        assert time.perf_counter() < until, f"{path} did not show {words!r}"
        time.sleep(LOOK_AGAIN)


def _limits(press: Press) -> dict[str, float]:
    story = asyncio.run(first_story(press))
    raw = json.dumps(corpus.fresh(1)).encode()
    with Bare("article", press.folder) as bare:
        line = Line(bare.url)
        posts = [timed(line, "/v1/articles", raw) for _ in range(300)][100:]
    site = SiteSettings.read(press.data / "site.toml")
    page = next(path.read_bytes() for path in press.data.glob("site/2*/*/*/*/index.html"))
    return {
        "a bare FastAPI POST, same model": median(posts),
        "XADD of the article with fsync": synced_add(press.folder / "limit-store", raw),
        "Jinja2 renders the page": one_render(site, story),
        "write and rename": one_write(press.folder / "limit-write", page),
    }


async def first_story(press: Press) -> Story:
    """The article that was posted first, as render reads it."""
    store = Store(Settings(redis_url=press.url("redis"), data=press.data))
    [story] = await LiveEdition(store, SiteSettings()).stories([press.articles[0]["id"]])
    await store.close()
    assert story is not None
    return story

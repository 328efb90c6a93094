"""How fast views are counted, and what a viewed article and a remembered event_id take in the store.

Each function but `rows` wants an empty store, of which it takes the URL.
"""

import asyncio
import random
import statistics
import tempfile
import time
from collections.abc import Callable, Coroutine, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from bench.limits import bare_store
from bench.table import Row, rate
from services.trending.announce import Announcer
from services.trending.counters import BATCH, Counters
from services.trending.handlers import CHANGES, Handlers
from services.trending.lua import COUNTED, PENDING, SEVEN_DAYS
from services.trending.pending import Pending
from services.trending.rankings import Rankings
from services.trending.stories import Stories, notices, place
from services.trending.week import Calendar
from shared.articles import Facets
from shared.clock import Clock
from shared.events import ARTICLES, VIEWS, ArticlePublished, ArticleViewed, announce, view_events
from shared.groups import COUNTERS, groups_of
from shared.service import Service
from shared.settings import Settings
from shared.store import Store

AT = datetime.now(UTC)
STORIES = 2_000  # articles that are read at once on a busy site
TOPICS = 3  # of each article


def rows() -> list[Row]:
    """Each on a store of its own."""
    top, each = "top 10 of 1,000,000 viewed articles, at the store", "memory of each"
    return [
        Row("readers' views counted from the stream",
            rate(_on_an_empty_store(lambda url: counted_per_second(url, once=False))), target="≥ 30,000/s"),
        Row("— with event_ids to remember", rate(_on_an_empty_store(counted_per_second)), target="≥ 30,000/s"),
        Row(top, f"{_on_an_empty_store(top_milliseconds):.2f} ms", "", "", "≤ 1 ms"),
        Row(f"{each} viewed article", f"{_on_an_empty_store(bytes_per_article):.0f} bytes"),
        Row(f"{each} remembered event_id", f"{_on_an_empty_store(bytes_per_event_id):.1f} bytes", "", "",
            "≤ 16 bytes"),
    ]  # fmt: skip


def _on_an_empty_store(measure: Callable[[str], Coroutine[Any, Any, float]]) -> float:
    with tempfile.TemporaryDirectory() as folder, bare_store(Path(folder)) as url:
        return asyncio.run(measure(url))


def article_id(number: int) -> str:
    """An id as long as a real one."""
    return f"{number:016d}"


def published(number: int) -> ArticlePublished:
    """An article with a section and topics, in one of 8 sections."""
    facets = Facets(
        path=f"/{number}/", published_at=AT, section=f"section{number % 8}", authors=(), image=None, card="",
        content="", topics=tuple(f"topic{(number * 7 + topic) % 200}" for topic in range(TOPICS)),
    )  # fmt: skip
    ident = article_id(number)
    return ArticlePublished(
        at=AT, id=ident, source="bench", guid=ident, version=1, revision=1, url="", after=facets, article={}
    )


async def fill(store: Store, stream: str, events: Iterator[ArticlePublished | ArticleViewed]) -> None:
    """Put events on a stream, many at a time."""
    commands = []
    for event in events:
        commands.append(announce(stream, event))
        if len(commands) == 5_000:
            await store.all(commands)
            commands.clear()
    await store.all(commands)


def trending(url: str) -> Service:
    """Trending as it runs, in this process, from its start to its stop."""
    service = Service("trending", Settings(redis_url=url))
    store, clock = service.store, service.clock
    counters = Counters(store, Calendar(service.settings.site.zone))
    pending = Pending(store, clock)
    announcer = Announcer(store, clock, pending)
    handlers = Handlers(store, clock, counters, Stories(store), announcer)
    service.consume(stream=VIEWS, group=COUNTERS, events=view_events, handle=handlers.count_together, batch=BATCH,
                    noted=COUNTED)  # fmt: skip
    service.consume(stream=ARTICLES, group=COUNTERS, events=notices, handle=handlers.follow_together, batch=CHANGES)
    service.keep_running(announcer.run, "announce")
    service.keep_running(pending.keep_writing, "write")
    return service


async def drain(service: Service) -> float:
    """Run trending until everything is read and stands in the rankings; return the seconds that it took."""
    began = time.perf_counter()
    await service.start()
    busy = True
    while busy:
        await asyncio.sleep(0.02)
        busy = bool(await service.store.do("EXISTS", PENDING))
        for stream in (VIEWS, ARTICLES):
            busy = busy or any(group.behind for group in await groups_of(service.store, stream))
    seconds = time.perf_counter() - began
    await service.stop()
    return seconds


async def counted_per_second(url: str, views: int = 300_000, once: bool = True) -> float:
    """Views a second from the stream to the rankings, of articles with a section and three topics.

    They are settled twice a second: a run that is a second long would be as long as its luck.

    The n-th article is read 1/n times as often as the first (Zipf), as on sites of newspapers.
    """
    service = trending(url)
    await fill(service.store, ARTICLES, (published(number) for number in range(STORIES)))
    await drain(service)
    service = trending(url)
    weights = [1 / (number + 1) for number in range(STORIES)]
    chosen = [article_id(number) for number in random.choices(range(STORIES), weights, k=views)]
    events = (ArticleViewed(at=AT, article=ident, event_id=f"e{n}", once=once) for n, ident in enumerate(chosen))
    await fill(service.store, VIEWS, events)
    return views / await drain(service)


async def top_milliseconds(url: str, articles: int = 1_000_000, times: int = 500) -> float:
    """Milliseconds for the top 10 of so many viewed articles: all that a call of the API asks of the counters."""
    settings = Settings(redis_url=url)
    store = Store(settings)
    rankings = Rankings(store, Pending(store, Clock(settings)), settings.site.base_url)
    key, prefix = f"trending:rank:{SEVEN_DAYS}:all", place(AT)
    for begin in range(0, articles, 10_000):
        pairs = ((-random.randrange(1, 1000), prefix + article_id(begin + n)) for n in range(10_000))
        await store.do("ZADD", key, *(part for pair in pairs for part in pair))
    took = []
    for _ in range(times):
        began = time.perf_counter()
        assert len(await rankings._top(SEVEN_DAYS, ["all"], 10)) == 10
        took.append((time.perf_counter() - began) * 1000)
    await store.close()
    return statistics.median(took)


async def bytes_per_article(url: str, articles: int = 20_000) -> float:
    """Bytes that an article takes with a view in one hour: hour, 7 days and week, section and three topics each."""
    service = trending(url)
    await fill(service.store, ARTICLES, (published(number) for number in range(articles)))
    await fill(service.store, VIEWS, (ArticleViewed(at=AT, article=article_id(n)) for n in range(articles)))
    await drain(service)  # which ends the service
    store = Store(Settings(redis_url=url))
    await Pending(store, service.clock).write_all()
    await store.close()
    return await _taken(url, lambda key: key.startswith(b"trending:")) / articles


async def bytes_per_event_id(url: str, event_ids: int = 200_000) -> float:
    """Bytes that a remembered event_id takes."""
    service = trending(url)
    views = (ArticleViewed(at=AT, article=article_id(n % 10), event_id=f"e{n}", once=True) for n in range(event_ids))
    await fill(service.store, VIEWS, views)
    await drain(service)
    return await _taken(url, lambda key: key.startswith(b"trending:once:")) / event_ids


async def _taken(url: str, counts: Callable[[bytes], bool]) -> int:
    """Bytes that these keys take: what the store has less once they are deleted."""
    store = Store(Settings(redis_url=url))
    keys = [key for key in await store.do("KEYS", "*") if counts(key)]
    before = await _used(store)
    for begin in range(0, len(keys), 1000):
        await store.do("DEL", *keys[begin : begin + 1000])
    after = await _used(store)
    await store.close()
    return before - after


async def _used(store: Store) -> int:
    """Bytes in use, once what was deleted has been freed in the background."""
    while True:
        lines = (await store.do("INFO", "memory")).decode().splitlines()
        fields = dict(line.split(":", 1) for line in lines if ":" in line)
        if fields["lazyfree_pending_objects"] == "0":
            return int(fields["used_memory"])
        await asyncio.sleep(0.05)

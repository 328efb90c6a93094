"""The keys of every page there is, and every article, from the store."""

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Callable, Iterator
from typing import Any

from services.render import keys
from services.render.affected import ARCHIVE_PLACES, SITEMAP_PLACES
from shared.articles import body_key, record_key
from shared.charts import charts_key
from shared.live import is_month, list_key, place_key
from shared.store import Command, Store

ALWAYS = (keys.FIXED, *keys.FRAGMENTS, keys.FRONT, keys.HOT, keys.SITEMAPS, keys.NEWS, keys.feed("all"))

Kept = tuple[str, bytes, bytes | None]
"""An article in the store: its id, its record, its body."""


async def every_page(store: Store) -> AsyncIterator[list[str]]:
    """Page keys in portions; a page that is not there any more may be among them, none is left out."""
    yield list(ALWAYS)
    async for found in scan(store, record_key("*")):
        yield [keys.article(key.partition(":")[2]) for key in found]
    for kind in ("section", "topic", "author"):
        async for found in scan(store, list_key(f"{kind}:*")):
            names = [key.partition(":")[2] for key in found]
            yield [*(keys.listing(name) for name in names), *(keys.feed(name) for name in names)]
    async for found in scan(store, place_key("*", "*")):
        counts = await store.all([("ZCARD", key) for key in found])
        yield [page for key, count in zip(found, counts, strict=True) for page in pages_of_places(key, count)]
    yield [keys.chart(week.decode()) for week in await store.do("SMEMBERS", charts_key())]


def pages_of_places(key: str, count: int) -> Iterator[str]:
    """The pages of a list's period that has so many places; `key` is that of the places (`shared.live`)."""
    name, _, period = key.partition(":")[2].rpartition(":")
    yield from (keys.archive(name, period, n + 1) for n in range(-(-count // ARCHIVE_PLACES)))
    if name == "all" and is_month(period):
        yield from (keys.sitemap(period, n + 1) for n in range(-(-count // SITEMAP_PLACES)))


async def every_article(store: Store) -> AsyncIterator[list[Kept]]:
    """All articles in portions; the store is asked for the next one while one is looked at."""
    asked: deque[asyncio.Task[list[Kept]]] = deque()
    try:
        async for found in scan(store, record_key("*")):
            asked.append(asyncio.create_task(_fetch(store, [key.partition(":")[2] for key in found])))
            if len(asked) > 1:
                yield await asked.popleft()
        while asked:
            yield await asked.popleft()
    finally:  # what a store that went away has not answered is told once, by whoever awaited it
        for task in asked:
            task.cancel()
        await asyncio.gather(*asked, return_exceptions=True)


async def _fetch(store: Store, idents: list[str]) -> list[Kept]:
    if not idents:
        return []
    records, bodies = await store.all([("MGET", *map(record_key, idents)), ("MGET", *map(body_key, idents))])
    return list(zip(idents, records, bodies, strict=True))


async def each(store: Store, pattern: str, ask: Callable[[str], Command]) -> AsyncIterator[tuple[str, Any]]:
    """The keys that match, each with what the store answers about it."""
    async for found in scan(store, pattern):
        for key, answer in zip(found, await store.all([ask(key) for key in found]), strict=True):
            yield key, answer


async def scan(store: Store, pattern: str) -> AsyncIterator[list[str]]:
    """The keys that match, in portions. The pattern must match none but text."""
    async for found in scan_bytes(store, pattern):
        yield [key.decode() for key in found]


async def scan_bytes(store: Store, pattern: str) -> AsyncIterator[list[bytes]]:
    """The keys that match, in portions, as they are: visitors' marks are no text."""
    cursor = b"0"
    while True:
        cursor, found = await store.do("SCAN", cursor, "MATCH", pattern, "COUNT", 1000)
        yield found
        if cursor == b"0":
            return

"""What waits for the presses, for whoever must not run far ahead of them."""

from typing import NamedTuple

from shared.events import ARTICLES, PAGES
from shared.groups import PRESSES, groups_of
from shared.store import Store

TO_BUILD = "render:dirty:articles"
"""Sorted set of the pages of articles that wait to be built, and that nobody builds just now."""
SHARED = "render:dirty:shared"
"""Sorted set of lists, fragments and whatever else is not to be older than two seconds, by when they are due."""
UNHURRIED = "render:dirty:unhurried"
"""The same of feeds, archives and sitemaps, which may be five times as old."""


class Backlog(NamedTuple):
    """What waits at a moment, and whether anything is built."""

    articles: int = 0
    """Articles whose event waits to be read, or whose page waits to be built."""
    lists: float = 0.0
    """Seconds for which the list that waits longest has been due; below 0: it is not due yet."""
    feeds: float = 0.0
    """The same of feeds."""
    newest: bytes = b""
    """The newest entry of the stream of pages: as long as it stays the same, nothing is built."""


async def backlog(store: Store) -> Backlog:
    """What waits now. Raises StoreUnavailable."""
    groups = await groups_of(store, ARTICLES)
    clock, articles, newest, *firsts = await store.all(
        [
            ("TIME",),
            ("ZCARD", TO_BUILD),
            ("XREVRANGE", PAGES, "+", "-", "COUNT", 1),
            *(("ZRANGE", queue, 0, 0, "WITHSCORES") for queue in (SHARED, UNHURRIED)),
        ]
    )
    unread = sum((group.lag or 0) + group.pending for group in groups if group.name == PRESSES)
    now = int(clock[0]) + int(clock[1]) / 1_000_000
    lists, feeds = (now - float(first[1]) / 1_000 if first else 0.0 for first in firsts)
    return Backlog(unread + articles, lists, feeds, newest[0][0] if newest else b"")

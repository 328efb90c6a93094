"""Reading the rankings: the top of a window, straight from its sorted set or from what was kept of a sealed week."""

import json
from dataclasses import dataclass
from datetime import datetime

from services.trending.lua import SEVEN_DAYS, rank_key, sealed_key
from services.trending.pending import SETTLE, Pending
from services.trending.stories import PLACE_DIGITS
from services.trending.week import HOUR, WINDOW, Calendar
from shared.articles import Article, record_key, url
from shared.live import names_key
from shared.store import Script, Store

THIS_WEEK = "week"


@dataclass(frozen=True, slots=True)
class Span:
    """A window: its key, and from when to when."""

    key: str
    begins: datetime
    ends: datetime


@dataclass(frozen=True, slots=True)
class Item:
    """A place in a ranking."""

    id: str
    views: int
    headline: str
    url: str


def span_of(window: str, calendar: Calendar, now: datetime) -> Span:
    """The window of that name; ValueError if there is none."""
    if window == SEVEN_DAYS:
        return Span(SEVEN_DAYS, calendar.hour(now) - (WINDOW - HOUR), now)
    week = calendar.week(now) if window == THIS_WEEK else calendar.named(window)
    return Span(week.name, week.begins, week.ends)


class Rankings:
    """The rankings as anyone may ask for them."""

    def __init__(self, store: Store, pending: Pending, base_url: str) -> None:
        self._store = store
        self._pending = pending
        self._base_url = base_url

    async def articles(self, window: str, limit: int, section: str | None, topic: str | None) -> list[Item]:
        """The most read articles of a window, of a section or a topic or of what is in both."""
        lists = [f"section:{section}"] if section else []
        lists += [f"topic:{topic}"] if topic else []
        found = await (self._top(window, lists, limit) if lists else self._all(window, limit))
        records = await self._store.do("MGET", *(record_key(ident) for ident, _ in found)) if found else []
        items = []
        for (ident, views), record in zip(found, records, strict=True):
            article = Article.model_validate_json(record) if record else None
            if article and article.live:
                items.append(Item(ident, views, article.headline, url(self._base_url, article.path)))
        return items[:limit]

    async def topics(self, window: str, limit: int) -> list[Item]:
        """The most read topics of a window."""
        found = await self._top(window, ["topics"], limit)
        names = await self._store.do("HMGET", names_key("topic"), *(slug for slug, _ in found)) if found else []
        return [
            Item(slug, views, name.decode() if name else slug, url(self._base_url, f"/topic/{slug}/"))
            for (slug, views), name in zip(found, names, strict=True)
        ]

    async def _all(self, window: str, limit: int) -> list[tuple[str, int]]:
        """The top of all, and of a sealed week also those that were withdrawn when it was sealed, in their places."""
        found = await self._top(window, ["all"], limit)
        hidden = await self._store.do("HGET", sealed_key(window), "hidden")
        for n, (ident, views, before) in enumerate(json.loads(hidden or b"[]")):
            found.insert(before + n, (ident, views))
        return found

    async def _top(self, window: str, lists: list[str], limit: int) -> list[tuple[str, int]]:
        sealed = [] if window == SEVEN_DAYS else await self._store.do("HMGET", sealed_key(window), "all", *lists)
        if sealed and sealed[0]:
            kept = [json.loads(one or b"[]") for one in sealed[1:]]
            both = [entry for entry in kept[0] if all(entry in other for other in kept[1:])]
            return [(ident, views) for ident, views in both[:limit]]
        flat = await self._pending.ask(_TOP, window, limit - 1, *(rank_key(window, name) for name in lists))
        places = 0 if lists == ["topics"] else PLACE_DIGITS
        pairs = zip(flat[: 2 * limit : 2], flat[1 : 2 * limit : 2], strict=True)
        return [(member.decode()[places:], -int(float(score))) for member, score in pairs]


_TOP = Script(
    SETTLE
    + """
settle(math.huge)
write(ARGV[2], math.huge)
if #ARGV == 4 then return call('ZRANGE', ARGV[4], 0, ARGV[3], 'WITHSCORES') end
return call('ZINTER', 2, ARGV[4], ARGV[5], 'WEIGHTS', 1, 0, 'WITHSCORES')
"""
)

"""Reading the rankings: the top of a window, as counted or as kept of a sealed week."""

from dataclasses import dataclass
from datetime import datetime

from services.trending.lua import SEVEN_DAYS
from services.trending.pending import Pending
from services.trending.top_step import TOP
from services.trending.week import HOUR, WINDOW, Calendar
from shared.articles import Article, record_key, url
from shared.live import names_key
from shared.store import Script, Store, pairs

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
        """The most read articles of a window, of a section or a topic or of what is in both; these by slug or name."""
        lists = [f"{kind}:{await self._slug(kind, of)}" for kind, of in (("section", section), ("topic", topic)) if of]
        reach = limit
        while True:
            found = await self._top(window, lists or ["all"], reach)
            items = await self._shown(found)
            if len(items) >= limit or len(found) < reach:
                return items[:limit]
            reach += limit - len(items)  # some are withdrawn, and this service has not heard of it

    async def topics(self, window: str, limit: int) -> list[Item]:
        """The most read topics of a window."""
        found = await self._top(window, ["topics"], limit)
        names = await self._store.do("HMGET", names_key("topic"), *(slug for slug, _ in found)) if found else []
        return [
            Item(slug, views, name.decode() if name else slug, url(self._base_url, f"/topic/{slug}/"))
            for (slug, views), name in zip(found, names, strict=True)
        ]

    async def _slug(self, kind: str, told: str) -> str:
        """The slug that is told, or that has the name that is told, however its letters are."""
        if await self._store.do("HEXISTS", names_key(kind), told):
            return told
        for slug, name in pairs(await self._store.do("HGETALL", names_key(kind))):
            if name.decode().casefold() == told.casefold():
                return str(slug, "utf-8")
        return told

    async def _shown(self, found: list[tuple[str, int]]) -> list[Item]:
        records = await self._store.do("MGET", *(record_key(ident) for ident, _ in found)) if found else []
        items = []
        for (ident, views), record in zip(found, records, strict=True):
            article = Article.model_validate_json(record) if record else None
            if article and article.live:
                items.append(Item(ident, views, article.headline, url(self._base_url, article.path)))
        return items

    async def _top(self, window: str, lists: list[str], limit: int) -> list[tuple[str, int]]:
        flat = await self._pending.ask(_TOP, window, limit, *lists)
        return [(ident.decode(), views) for ident, views in pairs(flat)]


# ARGV: now, the window, how many, one list or two. Answers members and views, in turn.
_TOP = Script(
    TOP
    + """
settle(math.huge)
write(ARGV[2], math.huge)
local flat = {}
for _, entry in ipairs((top(ARGV[2], {ARGV[4], ARGV[5]}, tonumber(ARGV[3])))) do
  flat[#flat + 1], flat[#flat + 2] = entry[1], entry[2]
end
return flat
"""
)

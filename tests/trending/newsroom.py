"""Trending's parts on a store, driven step by step: events go in as ingest sends them, and time is told."""

import asyncio
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from services.trending.announce import Announcer
from services.trending.counters import Counters
from services.trending.due import Due
from services.trending.handlers import Handlers
from services.trending.pending import Pending
from services.trending.rankings import Rankings
from services.trending.stories import Stories, notices
from services.trending.week import Calendar
from shared.articles import Article, Facets, Term, identify, record_key
from shared.broker import create_group
from shared.dead_letters import letters
from shared.entries import Delivered, decode
from shared.events import (
    ARTICLES,
    SIGNALS,
    VIEWS,
    ArticlePublished,
    ArticleViewed,
    ArticleWithdrawn,
    announce,
    signals,
    view_events,
)
from shared.groups import COUNTERS
from shared.settings import Settings
from shared.store import Store

NOON = datetime(2025, 7, 26, 12, tzinfo=ZoneInfo("Asia/Baghdad")).astimezone(UTC)
BAGHDAD = Calendar(ZoneInfo("Asia/Baghdad"))
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


class Newsroom:
    """One site's trending; `moment` is the site's time."""

    def __init__(self, url: str, calendar: Calendar = BAGHDAD, moment: datetime = NOON) -> None:
        self.url = url
        self.calendar = calendar
        self.moment = moment
        self._revisions: dict[str, int] = {}
        self._parts()

    def _parts(self) -> None:
        self.store = Store(Settings(redis_url=self.url))
        self.pending = Pending(self.store, self)  # type: ignore[arg-type]  # it only asks for now()
        self.announcer = Announcer(self.store, self, self.pending)  # type: ignore[arg-type]
        self.counters = Counters(self.store, self.calendar)
        self.handlers = Handlers(self.store, self, self.counters, Stories(self.store), self.announcer)  # type: ignore[arg-type]
        self.due = Due(self.store, self.pending)
        self.rankings = Rankings(self.store, self.pending, "http://site")

    def now(self) -> datetime:
        return self.moment

    async def follow(self, _: Store) -> None:
        """Its moment is the site's last one."""

    async def open(self) -> None:
        await self.store.do("FLUSHALL")
        for stream in (VIEWS, ARTICLES):
            await create_group(self.store, stream, COUNTERS)
        await self.due.run(self.moment)

    async def close(self) -> None:
        await self.store.close()
        await asyncio.sleep(0)

    async def restart(self) -> None:
        """Another process takes over; what was read and not acknowledged stays pending."""
        await self.close()
        self._parts()

    async def publish(
        self,
        guid: str,
        *,
        published_at: datetime = NOON - DAY,
        section: str | None = "world",
        topics: tuple[str, ...] = (),
        evolved_from: str | None = None,
    ) -> str:
        ident = identify("desk", guid)
        facets = Facets(
            path=f"/x/{guid}/", published_at=published_at, section=section, topics=topics, authors=(), image=None,
            card="", content="",
        )  # fmt: skip
        record = Article(
            id=ident, source="desk", guid=guid, revision=self._revise(ident), version=1, state="published", digest="",
            accepted_at=self.moment, published_at=published_at, headline=guid.title(), day="2025-07-25", slug=guid,
            section=Term(slug=section, name=section) if section else None, evolved_from=evolved_from,
        )  # fmt: skip
        await self.store.do("SET", record_key(ident), record.model_dump_json())
        event = ArticlePublished(
            at=self.moment, id=ident, source="desk", guid=guid, version=1, revision=record.revision, url="",
            after=facets, article=record.model_dump(mode="json"),
        )  # fmt: skip
        await self.store.do(*announce(ARTICLES, event))
        return ident

    async def withdraw(self, ident: str, replaced_by: str | None = None) -> None:
        event = ArticleWithdrawn(
            at=self.moment, id=ident, source="desk", guid="", version=1, revision=self._revise(ident), url="",
            replaced_by=replaced_by,
        )  # fmt: skip
        await self.store.do(*announce(ARTICLES, event))

    def _revise(self, ident: str) -> int:
        self._revisions[ident] = self._revisions.get(ident, 0) + 1
        return self._revisions[ident]

    async def view(self, ident: str, at: datetime | None = None, event_id: str | None = None, times: int = 1) -> None:
        given = {"event_id": event_id, "once": True} if event_id else {}
        for _ in range(times):
            await self.store.do(*announce(VIEWS, ArticleViewed(at=at or self.moment, article=ident, **given)))

    async def read(self, stream: str, count: int = 100) -> list[Delivered]:
        """Take new entries, without doing anything about them."""
        answer = await self.store.do(
            "XREADGROUP", "GROUP", COUNTERS, "test", "COUNT", count, "STREAMS", stream, ">"
        )  # fmt: skip
        return self._delivered(stream, answer)

    async def undone(self, stream: str) -> list[Delivered]:
        """Take again what was left undone."""
        answer = await self.store.do("XREADGROUP", "GROUP", COUNTERS, "test", "COUNT", 1000, "STREAMS", stream, "0")
        return self._delivered(stream, answer)

    def _delivered(self, stream: str, answer: list) -> list[Delivered]:
        kind = view_events if stream == VIEWS else notices
        entries = answer[0][1] if answer else []
        return [decode(kind, entry.decode(), {b"event": fields[1]}) for entry, fields in entries]

    async def drain(self) -> None:
        """Do everything that is on the streams."""
        for stream, handle in ((ARTICLES, self.handlers.follow), (VIEWS, self.handlers.count)):
            if left := await self.undone(stream):
                await handle(left)
            while batch := await self.read(stream):
                await handle(batch)

    async def pass_to(self, moment: datetime) -> None:
        """Time goes on, and what falls due happens."""
        self.moment = moment
        await self.due.run(moment)

    async def top(
        self, window: str = "7d", section: str | None = None, topic: str | None = None, limit: int = 50
    ) -> list[tuple[str, int]]:
        found = await self.rankings._top(
            window,
            ([f"section:{section}"] if section else []) + ([f"topic:{topic}"] if topic else []) or ["all"],
            limit,
        )
        return [(ident, views) for ident, views in found]

    async def topics(self, window: str = "7d") -> list[tuple[str, int]]:
        return await self.rankings._top(window, ["topics"], 50)

    async def signalled(self) -> list[tuple[str, int]]:
        """The lists that were announced, each with its first changed place."""
        entries = await self.store.do("XRANGE", SIGNALS, "-", "+")
        events = [signals.validate_json(fields[1]) for _, fields in entries]
        return [(event.list, event.first) for event in events]

    async def letters(self) -> list[str]:
        """The reasons of what was set aside."""
        return [letter["reason"] for letter in await letters(self.store)]

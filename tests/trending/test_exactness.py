"""Any sequence of views, changes of articles, clock moves and restarts gives exactly the model's rankings.

Whoever looks at a ranking settles what is pending. So a history looks now and then only, at one list, so that changes,
hours that leave, sealed weeks and restarts find pending numbers, and at everything once it is over.
"""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from hypothesis import given, note, settings
from hypothesis import strategies as st

from services.trending.lua import PENDING, WEEKS
from services.trending.pending import STEP, WRITE
from services.trending.week import Calendar
from shared.articles import identify
from shared.clock import millis
from shared.events import VIEWS
from shared.ranking import HOT, TOPICS, announced
from tests.trending.model import Model
from tests.trending.newsroom import HOUR, Newsroom

GUIDS = ("a", "b", "c", "d", "e")
SECTIONS = (None, "world", "sport")
TOPICS_GIVEN = ((), ("oil",), ("oil", "iraq"), ("iraq", "water"))
# A few days before clocks change, so that moves cross that too.
STARTS = {
    "Europe/Berlin": datetime(2025, 3, 27, 20, 30, tzinfo=UTC),
    "America/New_York": datetime(2025, 10, 30, 3, 59, tzinfo=UTC),
    "Asia/Baghdad": datetime(2025, 7, 26, 9, tzinfo=UTC),
    "Asia/Kolkata": datetime(2024, 12, 29, 18, 29, tzinfo=UTC),
    "Asia/Beirut": datetime(2025, 3, 28, 21, 59, tzinfo=UTC),
}
AGO = st.one_of(
    st.integers(0, 180).map(lambda minutes: timedelta(minutes=minutes)),
    st.integers(0, 8 * 24 + 2).map(lambda hours: timedelta(hours=hours)),
    st.sampled_from([timedelta(minutes=-4), timedelta(minutes=-5), timedelta(minutes=-6), timedelta(days=7)]),
)
VIEW = st.tuples(
    st.just("view"),
    st.sampled_from((*GUIDS, "never-published")),
    AGO,
    st.one_of(st.none(), st.integers(0, 12).map(str)),
    st.integers(1, 3),
)
PUBLISH = st.tuples(
    st.just("publish"), st.sampled_from(GUIDS), st.sampled_from(SECTIONS), st.sampled_from(TOPICS_GIVEN),
    st.integers(0, 3), st.sampled_from((None, None, *GUIDS)),
)  # fmt: skip
MOVE = st.tuples(
    st.just("move"),
    st.one_of(
        st.integers(1, 120).map(lambda minutes: timedelta(minutes=minutes)),
        st.integers(1, 72).map(lambda hours: timedelta(hours=hours)),
        st.integers(1, 12).map(lambda days: timedelta(days=days)),
    ),
)
WITHDRAW = st.tuples(st.just("withdraw"), st.sampled_from(GUIDS))
TOGETHER = st.tuples(st.just("together"), st.lists(st.one_of(PUBLISH, PUBLISH, WITHDRAW), min_size=2, max_size=6))
LISTS = ("all", "topics", "section:world", "section:sport", "topic:oil", "topic:iraq", "topic:water")
LOOK = st.tuples(st.just("look"), st.integers(0, 2), st.sampled_from(LISTS))
STEPS = st.lists(
    st.one_of(
        VIEW, VIEW, VIEW, PUBLISH, TOGETHER, WITHDRAW, MOVE,
        st.just(("restart",)), st.just(("redeliver",)), LOOK, st.just(("settle_some",)), st.just(("tell",)),
        st.just(("write_some",)),
    ),
    min_size=15,
    max_size=40,
)  # fmt: skip


class Run:
    """Does each step in the newsroom and in the model."""

    def __init__(self, url: str, zone: str, week_starts: str) -> None:
        calendar = Calendar(ZoneInfo(zone), week_starts)
        self.room = Newsroom(url, calendar, STARTS[zone])
        self.model = Model(calendar)
        self.last: list[Any] = []

    async def do(self, step: tuple[Any, ...]) -> None:
        await getattr(self, step[0])(*step[1:])
        await self.room.handlers.follow(await self.room.read("articles"))

    async def together(self, changes: list[tuple[Any, ...]]) -> None:
        """Changes whose events are read at once."""
        for change in changes:
            await getattr(self, change[0])(*change[1:])

    async def view(self, guid: str, ago: timedelta, event_id: str | None, times: int) -> None:
        ident, now = identify("desk", guid), self.room.moment
        await self.room.view(ident, now - ago, event_id, times)
        self.last = await self.room.read(VIEWS)
        await self.room.handlers.count(self.last)
        for _ in range(times):
            self.model.view(now, ident, now - ago, event_id)

    async def publish(
        self, guid: str, section: str | None, topics: tuple[str, ...], hours: int, evolved_from: str | None
    ) -> None:
        published_at = STARTS["Asia/Baghdad"] + hours * HOUR
        earlier = evolved_from if evolved_from and self._may_follow(guid, evolved_from) else None
        ident = await self.room.publish(
            guid, published_at=published_at, section=section, topics=topics, evolved_from=earlier
        )
        self.model.articles[ident] = (published_at, section, topics)
        self.model.published[ident] = published_at
        self.model.heirs.pop(ident, None)
        self.model.loose.discard(ident)
        for member in [one for one, heir in self.model.heirs.items() if heir == ident and one in self.model.loose]:
            del self.model.heirs[member]
            self.model.loose.discard(member)
        if earlier:
            before = identify("desk", earlier)
            self.model.loose.discard(before)
            await self.room.withdraw(before, replaced_by=ident)
            self.model.articles.pop(before, None)
            self.model.heirs[before] = ident

    def _may_follow(self, guid: str, evolved_from: str) -> bool:
        """A rewrite of itself, or of what took its place, is refused by ingest."""
        return guid != evolved_from

    async def withdraw(self, guid: str) -> None:
        ident = identify("desk", guid)
        await self.room.withdraw(ident)
        self.model.articles.pop(ident, None)
        if ident in self.model.heirs:
            self.model.loose.add(ident)

    async def move(self, by: timedelta) -> None:
        await self.room.pass_to(self.room.moment + by)
        self.model.pass_to(self.room.moment)

    async def restart(self) -> None:
        await self.room.restart()
        await self.room.pass_to(self.room.moment)

    async def redeliver(self) -> None:
        await self.room.handlers.count(self.last)

    async def settle_some(self) -> None:
        """A step of settling that a kill ended there."""
        await self.room.store.run(STEP, (), [millis(self.room.moment), 1])

    async def write_some(self) -> None:
        for window in ("7d", *await self.room.store.do("ZRANGE", WEEKS, 0, -1)):
            await self.room.store.run(WRITE, (), [millis(self.room.moment), 1, window])

    async def tell(self) -> None:
        await self.room.store.do("DEL", "trending:announced")
        await self.room.announcer.announce()
        expected = self.model.rankings("7d", self.room.moment)
        assert list(await announced(self.room.store, HOT)) == [ident for ident, _ in expected.get("all", [])]
        assert list(await announced(self.room.store, TOPICS)) == [slug for slug, _ in expected.get("topics", [])]
        assert await self.room.store.do("EXISTS", "trending:touched", PENDING) == 0

    async def look(self, window: int, name: str) -> None:
        """At a list of the 7 days, or of one of the last weeks with views."""
        weeks = sorted({self.room.calendar.week(at).name for _, at in self.model.views})
        await self._look(["7d", *reversed(weeks)][min(window, len(weeks))], name)

    async def _look(self, window: str, name: str) -> None:
        kept = self.model.sealed.get(window)
        if kept is None:
            expected = self.model.rankings(window, self.room.moment).get(name, [])
        else:
            expected = self.model.standing(name, kept.get(name, []))
        assert await self.room.rankings._top(window, [name], 50) == expected, (window, name)

    async def check(self) -> None:
        for window in {"7d", *(self.room.calendar.week(at).name for _, at in self.model.views)}:
            for name in LISTS:
                await self._look(window, name)
        await self.tell()


@settings(max_examples=100)
@given(st.sampled_from(sorted(STARTS)), st.sampled_from(("monday", "sunday", "saturday")), STEPS)
def test_rankings_are_exact(valkey: str, zone: str, week_starts: str, steps: list[tuple[Any, ...]]) -> None:
    note(f"{zone}, weeks from {week_starts}: {steps}")

    async def run() -> None:
        history = Run(valkey, zone, week_starts)
        await history.room.open()
        try:
            for step in steps:
                await history.do(step)
            await history.check()
        finally:
            await history.room.close()

    asyncio.run(run())

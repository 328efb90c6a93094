"""What trending does with what it reads."""

import asyncio
from datetime import datetime

from services.trending.announce import Announcer
from services.trending.counters import BATCH, Counters
from services.trending.stories import Notice, Stories
from shared.clock import Clock
from shared.dead_letters import set_event_aside
from shared.entries import Delivered
from shared.events import VIEWS, ArticleViewed
from shared.groups import COUNTERS
from shared.store import Store
from shared.view_bounds import AHEAD, TOO_EARLY, TOO_LATE

GATHER = 0.01  # seconds
GATHER_CHANGES = 0.05
CHANGES = 50


class Handlers:
    """Counts views, and lets the rankings follow the articles."""

    def __init__(self, store: Store, clock: Clock, counters: Counters, stories: Stories, announcer: Announcer) -> None:
        self._store = store
        self._clock = clock
        self._counters = counters
        self._stories = stories
        self._announcer = announcer

    async def count_together(self, views: list[Delivered[ArticleViewed]]) -> None:
        """Count views, and let more gather before the next are read, unless there are many already.

        Reading and counting a batch cost the store a commit each, whatever its size.
        """
        await self.count(views)
        if len(views) < BATCH:
            await asyncio.sleep(GATHER)

    async def count(self, views: list[Delivered[ArticleViewed]]) -> None:
        """Count views; set those aside that can belong to no hour."""
        if _early(views, self._clock.now()):
            await self._clock.follow(self._store)
        now = self._clock.now()
        early = _early(views, now)
        too_late = await self._counters.count([view for view in views if view not in early] if early else views, now)
        self._announcer.poke()
        for view in early:
            await self._set_aside(view, TOO_EARLY)
        for view in views if too_late else ():
            if view.entry in too_late:
                await self._set_aside(view, TOO_LATE)

    async def follow_together(self, changes: list[Delivered[Notice]]) -> None:
        """Let the rankings follow. What is not much waits first, while the pages of these articles are built: on two
        cores it would be in their way, and more gathers meanwhile."""
        if len(changes) < CHANGES:
            await asyncio.sleep(GATHER_CHANGES)
        await self.follow(changes)

    async def follow(self, changes: list[Delivered[Notice]]) -> None:
        """Let the rankings follow what happened to articles."""
        await self._stories.follow(changes, self._clock.now())
        self._announcer.poke()

    async def _set_aside(self, view: Delivered[ArticleViewed], reason: str) -> None:
        raw, event_id = view.raw.decode(), view.event.event_id
        await set_event_aside(self._store, VIEWS, COUNTERS, view.entry, raw, reason, event_id)


def _early(views: list[Delivered[ArticleViewed]], now: datetime) -> list[Delivered[ArticleViewed]]:
    return [view for view in views if view.event.at > now + AHEAD]

"""What trending knows of articles: where each stands in the rankings, and which rewrite took its place.

An article shows its own views and those of the articles that it took the place of. Changes take what the stories
concerned show out of every window, change them, and put it back, in the step that acknowledges.
"""

from collections.abc import Iterable
from datetime import datetime
from typing import Literal

from pydantic import TypeAdapter

from services.trending.follow_step import FOLLOW
from services.trending.lua import PLACE_DIGITS
from shared.articles import Facets, Frozen, identify
from shared.clock import millis
from shared.entries import Delivered
from shared.events import Event
from shared.groups import COUNTERS
from shared.store import Store

DIGITS = "0123456789abcdefghijklmnopqrstuv"
WITHDRAWN = "article.withdrawn"
HALF = 1 << 44  # milliseconds to either side of 1970 that a place tells apart: 557 years


class _Evolved(Frozen):
    evolved_from: str | None = None


class Notice(Event):
    """What trending reads of an article's event."""

    type: Literal["article.published", "article.updated", "article.withdrawn"]
    id: str
    source: str
    revision: int
    after: Facets | None = None
    article: _Evolved | None = None
    replaced_by: str | None = None


notices: TypeAdapter[Notice] = TypeAdapter(Notice)


def place(published_at: datetime) -> str:
    """PLACE_DIGITS characters that sort the newest first; an id after them decides between equals."""
    left = min(max(HALF - 1 - millis(published_at), 0), 2 * HALF - 1)
    return "".join(DIGITS[left >> shift & 31] for shift in range(5 * PLACE_DIGITS - 5, -1, -5))


class Stories:
    """The articles as trending keeps them."""

    def __init__(self, store: Store) -> None:
        self._store = store

    async def follow(self, changes: Iterable[Delivered[Notice]], now: datetime) -> None:
        """Acknowledge these events and let the rankings follow them; one older than what is known changes nothing."""
        flat: list[str | int] = []
        for change in changes:
            event = change.event
            flat += (change.entry, event.id, event.revision, described(event), predecessor(event), heir(event))
        if flat:
            await self._store.run(FOLLOW, (), [millis(now), COUNTERS, *flat])


def described(event: Notice) -> str:
    """What is kept of an article, as words."""
    if event.type == WITHDRAWN or event.after is None:
        return f"- {event.revision}"
    return f"+ {event.revision} {_standing(event.after)}"


def _standing(after: Facets) -> str:
    return " ".join((place(after.published_at), after.section or "-", *dict.fromkeys(after.topics)))


def predecessor(event: Notice) -> str:
    """The id of the article that this one is a rewrite of, if readers see it now."""
    guid = event.article and event.article.evolved_from
    if not guid or event.type == WITHDRAWN:
        return ""
    earlier = identify(event.source, guid)
    return "" if earlier == event.id else earlier


def heir(event: Notice) -> str:
    """The id of the rewrite that took its place."""
    return (event.replaced_by or "") if event.type == WITHDRAWN else ""

"""Trending's calls: the rankings of a window."""

from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Query
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from services.trending.rankings import Item, Rankings, Span, span_of
from services.trending.week import Calendar
from shared.clock import Clock
from shared.problems import Fault, Problem

MOST = 1000
SlugOrName = Annotated[str, Field(pattern=r"\S", max_length=300)]


def _else(default: Any) -> BeforeValidator:
    """An empty parameter is one that is not given: clients write `section=` for none."""
    return BeforeValidator(lambda given: default if given == "" else given)


Window = Annotated[str, _else("7d"), Query(description="`7d`, `week` (this one) or a week's name, `2025-W30`")]
Limit = Annotated[
    int, Field(ge=1, le=MOST), _else(10), Query(description="how many; of a sealed week at most 50 are kept")
]
Section = Annotated[SlugOrName | None, _else(None), Query(description="a section, by its slug or its name")]
Topic = Annotated[SlugOrName | None, _else(None), Query(description="a topic, by its slug or its name")]


class Ranked(BaseModel):
    """A place in a ranking."""

    rank: int
    id: str
    views: int
    headline: str
    url: str


class Ranking(BaseModel):
    """A ranking: the window it is of, from its first moment to the end that it does not hold."""

    model_config = ConfigDict(populate_by_name=True)

    window: str
    begins: datetime = Field(alias="from")
    ends: datetime = Field(alias="to")
    items: list[Ranked]


def ranking_routes(calendar: Calendar, clock: Clock, rankings: Rankings) -> APIRouter:
    """The rankings' calls."""
    router = APIRouter(prefix="/v1", tags=["rankings"])

    @router.get("/trending", response_model=Ranking)
    async def get_trending(
        window: Window = "7d", limit: Limit = 10, section: Section = None, topic: Topic = None
    ) -> dict[str, Any]:
        """The most read articles of a window."""
        span = _span(window, calendar, clock)
        return _ranking(window, span, calendar, await rankings.articles(span.key, limit, section, topic))

    @router.get("/topics", response_model=Ranking)
    async def get_topics(window: Window = "7d", limit: Limit = 10) -> dict[str, Any]:
        """The most read topics of a window."""
        span = _span(window, calendar, clock)
        return _ranking(window, span, calendar, await rankings.topics(span.key, limit))

    return router


def _span(window: str, calendar: Calendar, clock: Clock) -> Span:
    try:
        return span_of(window, calendar, clock.now())
    except (ValueError, OverflowError):
        fault = Fault("/window", "`7d`, `week` or the name of a week, like 2025-W30")
        raise Problem(422, "there is no such window", [fault]) from None


def _ranking(window: str, span: Span, calendar: Calendar, items: list[Item]) -> dict[str, Any]:
    return {
        "window": window,
        "from": span.begins.astimezone(calendar.zone),
        "to": span.ends.astimezone(calendar.zone),
        "items": [
            {"rank": rank, "id": item.id, "views": item.views, "headline": item.headline, "url": item.url}
            for rank, item in enumerate(items, 1)
        ],
    }

"""The events on the streams. Each entry has one field, `event`: the event as JSON."""

import random
import re
import time
from typing import Annotated, Any, Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, GetJsonSchemaHandler, TypeAdapter
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema

from shared.articles import Facets, WholeArticle

ARTICLES = "articles"
VIEWS = "views"
SIGNALS = "signals"
PAGES = "pages"
DEAD_LETTERS = "dead-letters"
STREAMS = (ARTICLES, VIEWS, SIGNALS, PAGES)
"""Those that groups read."""


def new_event_id() -> str:
    """An id that sorts by the time it was made: 48 bits of milliseconds, 80 random bits, hexadecimal."""
    number = random.getrandbits(80)  # they tell apart, and are no secret: asking the system takes 20 times as long
    return f"{time.time_ns() // 1_000_000:012x}{number:020x}"


def made_at(event_id: str) -> int | None:
    """The moment (ms) at which an id was made; None for one that others made in their own way."""
    return int(event_id[:12], 16) if _OURS.fullmatch(event_id) else None


_OURS = re.compile("[0-9a-f]{32}")


class Event(BaseModel):
    """What every event has. `at` is the site's time."""

    model_config = ConfigDict(frozen=True, extra="ignore", json_schema_serialization_defaults_required=True)

    event_id: str = Field(
        default_factory=new_event_id, description="unique; ids of ours sort by the time they were made"
    )
    at: AwareDatetime = Field(description="the site's time")


class _ShapedAsAnArticle:
    """Says what is in an article that an event carries. It is left as it came: nobody here reads all of it."""

    def __get_pydantic_json_schema__(self, _: CoreSchema, schema_of: GetJsonSchemaHandler) -> JsonSchemaValue:
        return schema_of(WholeArticle.__pydantic_core_schema__)


class _ArticleEvent(Event):
    id: str = Field(description="the article, for good")
    source: str = Field(description="the upstream system, as sources.toml calls it")
    guid: str = Field(description="the article within its source")
    version: int = Field(description="the source's number; where it sends none, one more than before")
    revision: int = Field(
        description="counts the accepted changes of the guid: the higher one is newer, whatever came first"
    )
    url: str = Field(description="the whole address, percent-encoded; empty if it never had one")
    before: Facets | None = Field(None, description="null if readers did not have it")
    after: Facets | None = Field(None, description="null if readers have it no longer")
    article: Annotated[dict[str, Any], _ShapedAsAnArticle()] | None = Field(None, description="the article itself")


class ArticlePublished(_ArticleEvent):
    """An article that readers did not have is published, for the first time or again."""

    type: Literal["article.published"] = "article.published"


class ArticleUpdated(_ArticleEvent):
    """A published article has a newer version."""

    type: Literal["article.updated"] = "article.updated"


class ArticleWithdrawn(_ArticleEvent):
    """An article is withdrawn (killed, withheld or unpublished), or replaced by the rewrite `replaced_by`."""

    type: Literal["article.withdrawn"] = "article.withdrawn"
    replaced_by: str | None = Field(None, description="id of the rewrite that took its place")


class ArticleViewed(Event):
    """A reader opened an article. With `once` it came from an analytics system and counts once per event_id."""

    type: Literal["article.viewed"] = "article.viewed"
    article: str = Field(description="id of the article")
    once: bool = Field(False, description="to be counted once for its event_id")


class RankingChanged(Event):
    """The visible top of a list differs from the one announced before, from the place `first` (0 is the top)."""

    type: Literal["ranking.changed"] = "ranking.changed"
    list: str = Field(description="`hot`, `topics`, `hot:section:SLUG` or `week:2025-W30`")
    first: int = Field(0, description="the first place that changed; 0 is the top")


class ConditionsChanged(Event):
    """The masthead's weather changed."""

    type: Literal["conditions.changed"] = "conditions.changed"


class FrontChanged(Event):
    """The articles that lead the front page changed."""

    type: Literal["front.changed"] = "front.changed"


class ClockTicked(Event):
    """The press reached the site time `at`, and something was due."""

    type: Literal["clock.ticked"] = "clock.ticked"
    due: list[str] = Field(
        [], description="what was due: `midnight`, `conditions`, `lead:ID`, `news:ID`; nothing at a start"
    )


class SiteChanged(Event):
    """A template or a site setting changed: these pages are built again."""

    type: Literal["site.changed"] = "site.changed"
    pages: int = Field(0, description="how many are built again")


class _PageEvent(Event):
    page: str = Field(description="key of the page, as `pressrun impact` names it")
    paths: list[str] = Field(description="files below the site's folder")
    cause: str | None = Field(None, description="event_id of what it was built for")
    article: str | None = Field(None, description="id of the article whose page it is")
    revision: int | None = Field(None, description="that article's revision")


class PageBuilt(_PageEvent):
    """A page's files changed on disk."""

    type: Literal["page.built"] = "page.built"


class PageRemoved(_PageEvent):
    """A page's files were taken away: it answers 404, 410 or a redirect now."""

    type: Literal["page.removed"] = "page.removed"


ArticleEvent = Annotated[ArticlePublished | ArticleUpdated | ArticleWithdrawn, Field(discriminator="type")]
Signal = Annotated[
    RankingChanged | ConditionsChanged | FrontChanged | ClockTicked | SiteChanged, Field(discriminator="type")
]
PageEvent = Annotated[PageBuilt | PageRemoved, Field(discriminator="type")]

article_events: TypeAdapter[ArticleEvent] = TypeAdapter(ArticleEvent)
view_events: TypeAdapter[ArticleViewed] = TypeAdapter(ArticleViewed)
signals: TypeAdapter[Signal] = TypeAdapter(Signal)
page_events: TypeAdapter[PageEvent] = TypeAdapter(PageEvent)


def announce(stream: str, event: Event) -> tuple[str, ...]:
    """The command that puts an event on a stream."""
    return ("XADD", stream, "*", "event", event.model_dump_json())

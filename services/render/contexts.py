"""What each template may show: one frozen value per template, made by `pages`, printed by `printer`.

Nothing here reads a store or a clock. Paths are not percent-encoded; moments are aware.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from shared.articles import Article, Card, Term
from shared.conditions import Conditions
from shared.settings import Site

Kind = Literal["all", "section", "topic", "author"]

_HOMES: dict[Kind, str] = {"all": "/", "section": "/", "topic": "/topic/", "author": "/author/"}


def home(kind: Kind, term: Term | None) -> str:
    """Where a list is read: `/`, `/world/`, `/topic/iraq/`, `/author/jane-doe/`."""
    return f"{_HOMES[kind]}{term.slug}/" if term else _HOMES[kind]


def archive(kind: Kind, term: Term | None, period: str, number: int = 1) -> str:
    """Where a page of a list's archive is read; `period` is a month (`2025-07`) or a day (`2025-07-26`)."""
    start = "/archive/" if kind == "all" else home(kind, term)
    return f"{start}{period.replace('-', '/')}/{f'{number}/' if number > 1 else ''}"


# The fragments that every page includes


@dataclass(frozen=True, slots=True)
class Masthead:
    """The date, the weather and the name of the paper. Conditions that are too old at `tick` lose the temperature."""

    site: Site
    tick: datetime
    conditions: Conditions | None = None

    @property
    def city(self) -> str:
        """The city of the conditions, else of the site."""
        return self.conditions.city if self.conditions else self.site.city

    @property
    def temperature_c(self) -> float | None:
        """The temperature while it is fresh."""
        if self.conditions and self.conditions.expire_at(self.site.conditions_expire) > self.tick:
            return self.conditions.temperature_c
        return None


@dataclass(frozen=True, slots=True)
class Navigation:
    """The sections that have articles, in the order of the bar."""

    site: Site
    sections: tuple[Term, ...]


@dataclass(frozen=True, slots=True)
class HotFragment:
    """Hot this week: the most read, most read first."""

    site: Site
    cards: tuple[Card, ...]


@dataclass(frozen=True, slots=True)
class TopicCard:
    """The newest article of a topic; without the topic, an article that stands in before there are views."""

    topic: Term | None
    card: Card


@dataclass(frozen=True, slots=True)
class TopicsFragment:
    """The most read topics, each with its newest article."""

    site: Site
    cards: tuple[TopicCard, ...]


# Pages


@dataclass(frozen=True, slots=True)
class ArticlePage:
    """An article. `body` is HTML that ingest has cleaned: the only text that is not escaped."""

    site: Site
    article: Article
    body: str
    related: tuple[Card, ...] = ()


@dataclass(frozen=True, slots=True)
class FrontPage:
    """The front: what leads, then the newest. `months` that have an archive, newest first."""

    site: Site
    lead: tuple[Card, ...]
    newest: tuple[Card, ...]
    months: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ListPage:
    """The newest of a section, a topic or an author. `months` that have an archive, newest first."""

    site: Site
    kind: Kind
    term: Term
    cards: tuple[Card, ...]
    months: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ArchivePage:
    """A page of a list's archive; `term` is None for the site's own.

    `period` is a month (`2025-07`) or a day (`2025-07-26`); `number` counts from 1; `previous` and `next` are
    numbers of pages of the same period. `days` (`2025-07-26`) are those of the month that have an archive.
    """

    site: Site
    kind: Kind
    term: Term | None
    period: str
    number: int
    cards: tuple[Card, ...]
    previous: int | None = None
    next: int | None = None
    days: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class HotPage:
    """The most read of seven days; `weeks` (`2025-W30`) that have a chart, newest first."""

    site: Site
    cards: tuple[Card, ...]
    weeks: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ChartEntry:
    """An article in a week's chart."""

    rank: int
    views: int
    card: Card


@dataclass(frozen=True, slots=True)
class ChartPage:
    """The chart of a finished week (`2025-W30`, the ISO week of its Thursday)."""

    site: Site
    week: str
    entries: tuple[ChartEntry, ...]


@dataclass(frozen=True, slots=True)
class ErrorPage:
    """What a reader gets instead of a page: 404, 410, 5xx."""

    site: Site
    status: int


# Feeds and what machines read


@dataclass(frozen=True, slots=True)
class Entry:
    """An article in a feed, with its whole body."""

    article: Article
    body: str


@dataclass(frozen=True, slots=True)
class Feed:
    """A list's newest articles; the subclass says in which format. `updated` is the newest change in it."""

    site: Site
    kind: Kind
    term: Term | None
    updated: datetime
    entries: tuple[Entry, ...]


class AtomFeed(Feed):
    """`feed.xml` (RFC 4287)."""

    __slots__ = ()


class RssFeed(Feed):
    """`rss.xml` (RSS 2.0)."""

    __slots__ = ()


class JsonFeed(Feed):
    """`feed.json` (JSON Feed 1.1)."""

    __slots__ = ()


@dataclass(frozen=True, slots=True)
class SitemapIndex:
    """`sitemap.xml`: the names of the parts (`2025-07-1`)."""

    site: Site
    parts: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Sitemap:
    """A part of the sitemap."""

    site: Site
    cards: tuple[Card, ...]


@dataclass(frozen=True, slots=True)
class NewsSitemap:
    """`news-sitemap.xml`: the articles of the last 48 hours."""

    site: Site
    cards: tuple[Card, ...]


@dataclass(frozen=True, slots=True)
class Robots:
    """`robots.txt`."""

    site: Site


Context = (
    Masthead
    | Navigation
    | HotFragment
    | TopicsFragment
    | ArticlePage
    | FrontPage
    | ListPage
    | ArchivePage
    | HotPage
    | ChartPage
    | ErrorPage
    | AtomFeed
    | RssFeed
    | JsonFeed
    | SitemapIndex
    | Sitemap
    | NewsSitemap
    | Robots
)

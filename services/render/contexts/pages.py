"""What the pages show that people read."""

from dataclasses import dataclass

from services.render.contexts.addresses import Kind
from shared.articles import Article, Card, Term
from shared.site_settings import SiteSettings


@dataclass(frozen=True, slots=True)
class ArticlePage:
    """An article. `body` is HTML that ingest has cleaned: the only text that is not escaped."""

    site: SiteSettings
    article: Article
    body: str
    related: tuple[Card, ...] = ()


@dataclass(frozen=True, slots=True)
class FrontPage:
    """The front: what leads, then the newest. `months` that have an archive, newest first."""

    site: SiteSettings
    lead: tuple[Card, ...]
    newest: tuple[Card, ...]
    months: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ListPage:
    """The newest of a section, a topic or an author. `months` that have an archive, newest first."""

    site: SiteSettings
    kind: Kind
    term: Term
    cards: tuple[Card, ...]
    months: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ArchivePage:
    """A page of a list's archive; `term` is None for the site's own.

    `period` is a month (`2025-07`) or a day (`2025-07-26`); `number` counts from 1; `previous` and `next` are
    numbers of pages of the same period. `days` (`2025-07-26`) are those of the month that have an archive; the first
    page of the site's month names them.
    """

    site: SiteSettings
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

    site: SiteSettings
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

    site: SiteSettings
    week: str
    entries: tuple[ChartEntry, ...]


@dataclass(frozen=True, slots=True)
class ErrorPage:
    """What a reader gets instead of a page: 404, 410, 503."""

    site: SiteSettings
    status: int

"""What feeds, sitemaps and robots.txt say."""

from dataclasses import dataclass
from datetime import datetime

from services.render.contexts.addresses import Kind
from shared.articles import Article, Card, Term
from shared.site_settings import SiteSettings


@dataclass(frozen=True, slots=True)
class Entry:
    """An article in a feed, with its whole body; its id is one of `authority`'s. `length` are the bytes of its picture,
    where they are known."""

    article: Article
    body: str
    authority: str
    length: int | None = None

    def __hash__(self) -> int:
        return hash(self.article.id)  # what is kept of entries is asked for often, and holds few of one article


@dataclass(frozen=True, slots=True)
class Feed:
    """A list's newest articles; the subclass says in which format. `updated` is the newest change in it."""

    site: SiteSettings
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

    site: SiteSettings
    parts: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Sitemap:
    """A part of the sitemap."""

    site: SiteSettings
    cards: tuple[Card, ...]


@dataclass(frozen=True, slots=True)
class NewsSitemap:
    """`news-sitemap.xml`: the articles of the last 48 hours."""

    site: SiteSettings
    cards: tuple[Card, ...]


@dataclass(frozen=True, slots=True)
class Robots:
    """`robots.txt`."""

    site: SiteSettings

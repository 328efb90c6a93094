"""The desk: how one site writes addresses, moments and pictures. What depends on the site alone is worked out once."""

from collections.abc import Sequence
from datetime import UTC, datetime
from email.utils import format_datetime
from functools import lru_cache
from typing import NamedTuple
from urllib.parse import quote, urlsplit

from markupsafe import Markup

from services.render.contexts import home
from services.render.typeset.language import direction, long_day
from shared.articles import Article, Card, Image, Term
from shared.settings import Site

WHOLE_MINUTES = len("2025-07-26T09:00:00+03:00")


class Link(NamedTuple):
    """A name and where it leads."""

    href: str
    name: str


class Picture(NamedTuple):
    """An image as the browser gets it."""

    src: str
    srcset: str
    alt: str
    credit: str
    caption: str
    width: int | None
    height: int | None


class Stamp(NamedTuple):
    """A moment for machines and for readers."""

    iso: str
    day: str
    clock: str


class Brief(NamedTuple):
    """A card in a block; `attributes` are its language and direction if they are not the site's."""

    href: str
    headline: str
    excerpt: str
    attributes: Markup
    topic: Link | None = None


class Teaser(NamedTuple):
    """A card in a list, which tells more of it."""

    href: str
    headline: str
    excerpt: str
    attributes: Markup
    section: Link | None
    stamp: Stamp
    picture: Picture | None
    rank: int | None = None
    views: int | None = None


class Desk:
    """Writes for one site."""

    def __init__(self, site: Site) -> None:
        self.site = site
        address = urlsplit(site.base_url)
        self.root = address.path
        self.host = address.hostname or "localhost"
        self.base_url = site.base_url
        self.language = site.language.replace("_", "-")
        self.direction = direction(self.language)
        self.attributes = _attributes(self.language)

    def href(self, path: str) -> str:
        """The address of a path within the site; a site may live below a path of its host."""
        return self.root + _quoted(path)

    def absolute(self, path: str) -> str:
        """The whole address of a path; one that is whole already stays."""
        return path if path.startswith(("https://", "http://")) else self.base_url + quote(path)

    def stamp(self, at: datetime) -> Stamp:
        """A moment in the site's time zone."""
        local = self.site.local(at)
        return Stamp(_rfc3339(local), long_day(local.date(), self.language), f"{local:%H:%M}")

    def iso(self, at: datetime) -> str:
        """RFC 3339, in the site's time zone where that can be said."""
        return _rfc3339(self.site.local(at))

    def rfc822(self, at: datetime) -> str:
        """The form that RSS has."""
        local = self.site.local(at)
        return format_datetime(local if len(_rfc3339(local)) == WHOLE_MINUTES else local.astimezone(UTC))

    def tag(self, article: Article) -> str:
        """An id that outlives every address (RFC 4151): `tag:example.org,2025:wire/urn%3A42`."""
        year = article.day[:4] or str(self.site.local(article.published_at).year)
        return f"tag:{self.host},{year}:{quote(article.source, safe='')}/{quote(article.guid, safe='')}"

    def section(self, term: Term | None) -> Link | None:
        """A link to a section."""
        return Link(self.href(home("section", term)), term.name) if term else None

    def topic(self, term: Term | None) -> Link | None:
        """A link to a topic."""
        return Link(self.href(home("topic", term)), term.name) if term else None

    def author(self, term: Term) -> Link:
        """A link to an author's articles."""
        return Link(self.href(home("author", term)), term.name)

    def attributes_of(self, language: str | None) -> Markup:
        """`lang` and `dir` of a part of a page; none where they are the site's."""
        return _attributes(language) if language and language != self.language else _NONE

    def picture(self, image: Image | None) -> Picture | None:
        """A picture with its sizes: `/media/name-1600.jpg` has `/media/name-480.jpg 480w` beside it."""
        if image is None or not image.url.startswith(("/", "https://", "http://")):
            return None
        srcset = ""
        if image.widths and image.url.startswith("/"):
            stem, _, ending = image.url.rpartition("-")
            suffix = ending.rpartition(".")[2]
            srcset = ", ".join(f"{self.href(f'{stem}-{width}.{suffix}')} {width}w" for width in image.widths)
        src = self.href(image.url) if image.url.startswith("/") else image.url
        return Picture(src, srcset, image.alt, image.credit, image.caption, image.width, image.height)

    def brief(self, card: Card, topic: Term | None = None) -> Brief:
        """What a block prints of a card."""
        return Brief(
            self.href(card.path), card.headline, card.excerpt, self.attributes_of(card.language), self.topic(topic)
        )

    def briefs(self, cards: Sequence[Card]) -> list[Brief]:
        """What a block prints of its cards."""
        return [self.brief(card) for card in cards]

    def teaser(self, card: Card, rank: int | None = None, views: int | None = None) -> Teaser:
        """What a list prints of a card."""
        return Teaser(
            href=self.href(card.path),
            headline=card.headline,
            excerpt=card.excerpt,
            attributes=self.attributes_of(card.language),
            section=self.section(card.section),
            stamp=self.stamp(card.published_at),
            picture=self.picture(card.image),
            rank=rank,
            views=views,
        )

    def teasers(self, cards: Sequence[Card]) -> list[Teaser]:
        """What a list prints of its cards."""
        return [self.teaser(card) for card in cards]


def _rfc3339(local: datetime) -> str:
    """Before there were time zones a place's offset had seconds, which RFC 3339 and XML cannot say: then in UTC."""
    text = local.isoformat(timespec="seconds")
    return text if len(text) == WHOLE_MINUTES else local.astimezone(UTC).isoformat(timespec="seconds")


_NONE = Markup("")
_quoted = lru_cache(maxsize=16384)(quote)


@lru_cache(1024)
def _attributes(language: str) -> Markup:
    return Markup(' lang="{}" dir="{}"').format(language.replace("_", "-"), direction(language))

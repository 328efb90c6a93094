"""The desk: how one site writes addresses, moments and pictures. What depends on the site alone is worked out once.

Names, addresses and texts that several pages print are escaped here, once: they are Markup, which stays as it is.
"""

from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime
from email.utils import format_datetime
from functools import lru_cache
from typing import Any, NamedTuple
from urllib.parse import quote

from markupsafe import Markup

from services.render.contexts import Kind, home
from services.render.typeset.language import direction, direction_of, long_day
from services.render.typeset.ready import escaped, ready
from services.render.typeset.remembered import Remembered
from services.render.typeset.uris import is_web_address, quoted, uri
from shared.articles import Article, Card, Image, Term
from shared.site_settings import SiteSettings

REMEMBERED = 8192
WHOLE_MINUTES = len("2025-07-26T09:00:00+03:00")

SetBlock = Callable[[str, dict[str, Any]], Markup]
"""Sets a template that stands on several pages."""


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

    iso: Markup
    day: Markup
    clock: Markup


class Place(NamedTuple):
    """Where a story stands on a page: how wide its picture is there (`sizes` of HTML), from how many pixels on it is
    stretched to that, and whether it can wait."""

    sizes: Markup
    least: int
    can_wait: bool


COLUMN = ready("(min-width: 82rem) 50rem, (min-width: 60rem) calc(88vw - 20rem), 100vw")
"""The width of an article's picture, which has the whole of the wide column of `press.css`."""
COLUMN_PIXELS = 800
FIRST = Place(COLUMN, COLUMN_PIXELS // 2, can_wait=False)
BESIDE = Place(ready("(min-width: 60rem) 24rem, (min-width: 40rem) 50vw, 100vw"), 192, can_wait=True)
BELOW = Place(ready("9rem"), 72, can_wait=True)


def sizes_within(column: Markup, pixels: int, width: int | None) -> Markup:
    """`sizes` of a picture in a column of that many pixels at the most: it is shown no wider than it is."""
    return ready(f"(min-width: {width}px) {width}px, 100vw") if width and width < pixels else column


class Block(NamedTuple):
    """A card in type; `attributes` are its language and direction if they are not the site's."""

    attributes: Markup
    html: Markup


class Desk:
    """Writes for one site."""

    def __init__(self, site: SiteSettings, set_block: SetBlock) -> None:
        self.site = site
        self.root = site.path
        self.base_url = site.base_url
        self.language = site.language.replace("_", "-")
        self.direction = direction(self.language)
        self.attributes = _attributes(self.language)
        self.home = escaped(self.href("/"))
        self.name = escaped(site.name)
        self.set_block = set_block
        self._link = lru_cache(REMEMBERED)(self._set_link)
        self.story = Remembered(self._set_story, REMEMBERED)
        self.entry = Remembered(self._set_entry, REMEMBERED)
        self.brief = Remembered(self._set_brief, REMEMBERED)

    def href(self, path: str) -> str:
        """The address of a path within the site; a site may live below a path of its host."""
        return self.root + quoted(path)

    def absolute(self, path: str) -> str:
        """The whole address of a path, as a URI; one that is whole already leads where it did."""
        return uri(path) if is_web_address(path) else self.base_url + quoted(path)

    def stamp(self, at: datetime) -> Stamp:
        """A moment in the site's time zone."""
        local = self.site.local(at)
        text = local.isoformat(timespec="seconds")
        iso = text if len(text) == WHOLE_MINUTES else _rfc3339(local)
        return Stamp(ready(iso), _long_day(local.date(), self.language), ready(text[11:16]))

    def iso(self, at: datetime) -> str:
        """RFC 3339, in the site's time zone where that can be said."""
        return _rfc3339(self.site.local(at))

    def rfc822(self, at: datetime) -> str:
        """The form that RSS has, whose offsets are whole minutes too."""
        return format_datetime(datetime.fromisoformat(self.iso(at)))

    def tag(self, article: Article, authority: str) -> str:
        """An id that outlives every address (RFC 4151): `tag:example.org,2025:wire/urn%3A42`."""
        year = article.day[:4] or str(self.site.local(article.published_at).year)
        return f"tag:{authority},{year}:{quote(article.source, safe='')}/{quote(article.guid, safe='')}"

    def section(self, term: Term | None) -> Link | None:
        """A link to a section."""
        return self._link("section", term.slug, term.name) if term else None

    def topic(self, term: Term | None) -> Link | None:
        """A link to a topic."""
        return self._link("topic", term.slug, term.name) if term else None

    def author(self, term: Term) -> Link:
        """A link to an author's articles."""
        return self._link("author", term.slug, term.name)

    def title_of(self, term: Term | None) -> str:
        """What the feeds of a list are called."""
        return f"{term.name} – {self.site.name}" if term else self.site.name

    def direction_of(self, shown: Article | Card) -> str:
        """That of its language; where it tells none, that of its words."""
        if shown.language:
            return direction(shown.language)
        words = shown.excerpt if isinstance(shown, Card) else shown.summary or shown.opening
        return direction_of(f"{shown.headline} {words}", self.direction)

    def language_of(self, article: Article) -> str:
        """Its language tag, else the site's."""
        return (article.language or self.language).replace("_", "-")

    def attributes_of(self, card: Card) -> Markup:
        """`lang` and `dir` of a card's part of a page; none where they are the site's."""
        if card.language:
            return _attributes(card.language) if card.language != self.language else _NONE
        way = self.direction_of(card)
        return ready(f' dir="{way}"') if way != self.direction else _NONE

    def picture(self, image: Image | None) -> Picture | None:
        """A picture with its sizes: `/media/name-1600.jpg` has `/media/name-480.jpg 480w` beside it."""
        if image is None or not (image.url.startswith("/") or is_web_address(image.url)):
            return None
        srcset = ""
        if image.widths and image.url.startswith("/"):
            stem, _, ending = image.url.rpartition("-")
            suffix = ending.rpartition(".")[2]
            srcset = ", ".join(f"{self.href(f'{stem}-{width}.{suffix}')} {width}w" for width in image.widths)
        src = self.href(image.url) if image.url.startswith("/") else image.url
        return Picture(src, srcset, image.alt, image.credit, image.caption, image.width, image.height)

    def opener(self, card: Card) -> Block:
        """What the front page prints of its first card."""
        return self._set(card, FIRST)

    def stories(self, cards: Sequence[Card]) -> list[Block]:
        """What the front page prints of the others."""
        return [self.story(card) for card in cards]

    def entries(self, cards: Sequence[Card]) -> list[Block]:
        """What a list prints of its cards."""
        return [self.entry(card) for card in cards]

    def briefs(self, cards: Sequence[Card]) -> list[Block]:
        """What a block prints of its cards."""
        return [self.brief(card) for card in cards]

    def counted(self, card: Card, views: int | None) -> Block:
        """What a chart prints of a card, with how often it was viewed."""
        return self._set(card, BELOW, views)

    def _set_story(self, card: Card) -> Block:
        return self._set(card, BESIDE)

    def _set_entry(self, card: Card) -> Block:
        return self._set(card, BELOW)

    def _set(self, card: Card, place: Place, views: int | None = None) -> Block:
        picture = self.picture(card.image)
        shown = {
            "href": self.href(card.path),
            "headline": card.headline,
            "excerpt": card.excerpt,
            "section": self.section(card.section),
            "stamp": self.stamp(card.published_at),
            "picture": picture,
            "is_small": picture is not None and picture.width is not None and 0 < picture.width < place.least,
            "place": place,
            "views": views,
        }
        return Block(self.attributes_of(card), self.set_block("story.html", shown))

    def _set_brief(self, card: Card) -> Block:
        shown = {"href": self.href(card.path), "headline": card.headline, "excerpt": card.excerpt}
        return Block(self.attributes_of(card), self.set_block("card.html", shown))

    def _set_link(self, kind: Kind, slug: str, name: str) -> Link:
        return Link(escaped(self.href(home(kind, Term(slug=slug, name=name)))), escaped(name))


def _rfc3339(local: datetime) -> str:
    """Before there were time zones a place's offset had seconds, which RFC 3339 and XML cannot say: then in UTC."""
    text = local.isoformat(timespec="seconds")
    return text if len(text) == WHOLE_MINUTES else local.astimezone(UTC).isoformat(timespec="seconds")


_NONE = Markup("")


@lru_cache(1024)
def _attributes(language: str) -> Markup:
    return Markup(' lang="{}" dir="{}"').format(language.replace("_", "-"), direction(language))


@lru_cache(4096)
def _long_day(day: date, language: str) -> Markup:
    return escaped(long_day(day, language))

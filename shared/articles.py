"""The article's record: what the store keeps of each guid, and the card by which lists show it.

`article:{id}` the newest state, JSON · `body:{id}` its body, zlib · `scheduled:{id}`, `scheduled-body:{id}` a
version that waits for its time beside it · `slug:{day}:{slug}` the id of the article that has it, for good.
"""

import base64
import hashlib
from datetime import datetime
from functools import cached_property, lru_cache
from typing import Literal
from urllib.parse import quote

from pydantic import BaseModel, ConfigDict, Field

from shared.excerpts import beginning, excerpt

State = Literal["published", "withdrawn"]
MOST_ALT = 300
IDENT = "[a-z2-7]{16}"
"""The form of an article's id, as a pattern."""


def record_key(article: str) -> str:
    """Key of an article's newest state."""
    return f"article:{article}"


def body_key(article: str) -> str:
    """Key of the body that belongs to it."""
    return f"body:{article}"


def scheduled_key(article: str) -> str:
    """Key of a version that waits for its time."""
    return f"scheduled:{article}"


def scheduled_body_key(article: str) -> str:
    """Key of the waiting version's body."""
    return f"scheduled-body:{article}"


def slug_key(day: str, slug: str) -> str:
    """Key of who has a slug on a day (`2025-07-26`)."""
    return f"slug:{day}:{slug}"


@lru_cache(1024)  # it is asked for several times on an article's way, and for each member of its chain
def identify(source: str, guid: str) -> str:
    """The id of a source's guid: 16 characters, the same for ever."""
    digest = hashlib.blake2b(f"{source}\0{guid}".encode(), digest_size=10).digest()
    return base64.b32encode(digest).decode().lower()


class Frozen(BaseModel):
    """A value that does not change."""

    model_config = ConfigDict(frozen=True, extra="ignore", json_schema_serialization_defaults_required=True)


class Term(Frozen):
    """A section, a topic or an author: what it is called and its part of an address."""

    slug: str = Field(description="its part of an address")
    name: str = Field(description="what it is called")
    url: str | None = Field(None, description="an address of the author's own")


class Correction(Frozen):
    """A published correction."""

    text: str = Field(description="what was wrong, in plain words")
    at: datetime = Field(description="when it was corrected")


class Image(Frozen):
    """The picture of an article."""

    url: str = Field(description="its address, of a pushed one its path within the site")
    alt: str = Field("", description="what it shows, for those who do not see it")
    credit: str = Field("", description="whose it is")
    caption: str = Field("", description="the text below it")
    width: int | None = Field(None, description="in pixels, where that is known")
    height: int | None = Field(None, description="in pixels, where that is known")
    widths: tuple[int, ...] = Field((), description="the widths in which it is there, in pixels")

    def on_card(self) -> "Image":
        """As lists show it: without credit and caption, and with the beginning of a long alternative, or a list would
        be as long as all that its pictures' senders have written."""
        alt = self.alt if len(self.alt) <= MOST_ALT else beginning(self.alt, MOST_ALT - 1) + "…"
        return self.model_copy(update={"alt": alt, "credit": "", "caption": ""})


class PublicArticle(Frozen):
    """What everyone may know of an article."""

    id: str = Field(description="the article, for good")
    source: str = Field(description="the upstream system, as sources.toml calls it")
    guid: str = Field(description="the article within its source")
    version: int = Field(description="the source's number; where it sends none, one more than before")
    state: State = Field(description="withdrawn once its source has taken it back")
    status: Literal["usable", "withheld", "canceled"] = Field("usable", description="as the source sent it")
    accepted_at: datetime = Field(description="when this state was accepted")
    updated_at: datetime | None = Field(None, description="when the source says that it changed")
    withdrawn_at: datetime | None = Field(None, description="since when it is withdrawn")
    published_at: datetime = Field(description="the date that readers see")
    headline: str = Field("", description="plain text")
    summary: str = Field("", description="the standfirst, plain text")
    section: Term | None = Field(None, description="where it stands")
    topics: tuple[Term, ...] = Field((), description="what it is about")
    authors: tuple[Term, ...] = Field((), description="who wrote it")
    language: str | None = Field(None, description="a language tag; null: the site's")
    day: str = Field("", description="the day in its address, 2025-07-26")
    slug: str = Field("", description="the end of its address")
    image: Image | None = Field(None, description="the picture above it")
    corrections: tuple[Correction, ...] = Field((), description="what was corrected, as readers are told")
    evolved_from: str | None = Field(None, description="the guid of what it is a rewrite of")
    replaced_by: str | None = Field(None, description="the id of the rewrite that readers see instead")
    source_url: str | None = Field(None, description="where it stood first")


class WholeArticle(PublicArticle):
    """An article as events carry it."""

    body_html: str = Field(
        description="the body as its page shows it: cleaned HTML; empty if readers neither had nor have it"
    )


class Article(PublicArticle):
    """The newest state of one guid. `revision` counts the accepted changes, whatever `version` the source gave.

    `is_numbered`: that version is the source's own. `ordered_at` is the source's own updated_at, by which versions are
    ordered; `asked_slug` the slug that the source asked for; `replaced_by` the rewrite that readers see instead of it;
    `down` that its chain of rewrites is withdrawn; `linked_by` where the version stands that told a withdrawn article's
    `evolved_from`; `media` the digests of the pictures that it shows. Of a version that waits, `asked_slug` and
    `is_dated` (that there was a published_at) are what the source said of that version itself, and `withholds` is that
    nobody sees an older one meanwhile.
    """

    revision: int
    is_numbered: bool = False
    digest: str
    ordered_at: datetime | None = None
    is_dated: bool = True
    withholds: bool = False
    asked_slug: str | None = None
    linked_by: tuple[int, bool, datetime, str] | None = None
    down: bool = False
    media: tuple[str, ...] = ()
    opening: str = ""

    @property
    def path(self) -> str:
        """Where its page is, not percent-encoded: `/2025/07/26/slug/`; empty if it never had one."""
        return f"/{self.day.replace('-', '/')}/{self.slug}/" if self.slug else ""

    def url(self, base_url: str) -> str | None:
        """Its whole address, percent-encoded; None if it never had one."""
        return url(base_url, self.path) if self.path else None

    @property
    def modified_at(self) -> datetime:
        """When it last changed for its readers: published, updated or corrected, whichever was last."""
        moments = [self.published_at, *(correction.at for correction in self.corrections)]
        return max(*moments, self.updated_at or self.published_at)

    @property
    def live(self) -> bool:
        """Whether readers are meant to see it."""
        return self.state == "published" and self.replaced_by is None and not self.down

    def card(self) -> "Card":
        """What lists show of it."""
        return Card(
            id=self.id,
            revision=self.revision,
            version=self.version,
            path=self.path,
            headline=self.headline,
            excerpt=excerpt(self.summary or self.opening),
            published_at=self.published_at,
            modified_at=self.modified_at,
            section=self.section,
            topics=self.topics,
            authors=self.authors,
            language=self.language,
            image=self.image and self.image.on_card(),
            content=self.digest,
            media=self.media,
        )


class Facets(Frozen):
    """What decides which pages an article is on, and how it looks there."""

    path: str = Field(description="its address within the site, not percent-encoded")
    published_at: datetime = Field(description="the date that readers see")
    section: str | None = Field(description="slug of the section")
    topics: tuple[str, ...] = Field(description="slugs of the topics")
    authors: tuple[str, ...] = Field(description="slugs of the authors")
    image: str | None = Field(description="address of the picture")
    card: str = Field(description="digest of what lists show of it")
    content: str = Field(description="digest of all of it")


class Card(Frozen):
    """An article as lists show it; kept for each article that is listed (`shared.live`).

    One that a Pressrun kept which did not know of `modified_at` has none until its article's page is built again.
    """

    id: str
    revision: int
    version: int
    path: str
    headline: str
    excerpt: str
    published_at: datetime
    modified_at: datetime | None = None
    section: Term | None = None
    topics: tuple[Term, ...] = ()
    authors: tuple[Term, ...] = ()
    language: str | None = None
    image: Image | None = None
    content: str = ""
    media: tuple[str, ...] = ()

    @cached_property
    def day(self) -> str:
        """The day of its address: `2025-07-26`."""
        return self.path[1:11].replace("/", "-")

    @cached_property
    def lists(self) -> tuple[str, ...]:
        """The lists that it is in: `all`, `section:world`, `topic:iraq`, `author:jane-doe`."""
        return (
            "all",
            *([f"section:{self.section.slug}"] if self.section else []),
            *(f"topic:{topic.slug}" for topic in self.topics),
            *(f"author:{author.slug}" for author in self.authors),
        )

    def facets(self) -> Facets:
        """The facets that events carry."""
        look = f"{self.headline}\0{self.excerpt}\0{self.image.url if self.image else ''}"
        return Facets(
            path=self.path,
            published_at=self.published_at,
            section=self.section.slug if self.section else None,
            topics=tuple(topic.slug for topic in self.topics),
            authors=tuple(author.slug for author in self.authors),
            image=self.image.url if self.image else None,
            card=hashlib.blake2b(look.encode(), digest_size=8).hexdigest(),
            content=self.content,
        )


def url(base_url: str, path: str) -> str:
    """The absolute, percent-encoded address of a path."""
    return base_url + quote(path)

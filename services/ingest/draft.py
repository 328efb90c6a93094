"""What a format module makes of what came in: an article as its source describes it, not yet decided upon."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal, NamedTuple

from shared.problems import Fault
from shared.times import MILLISECOND

Status = Literal["usable", "withheld", "canceled"]

CLOCKS_DIFFER = timedelta(milliseconds=250)
"""By so much a sender's clock may be ahead, or its "just now" rounded: a schedule is later."""


class Author(NamedTuple):
    """Who wrote it, as in the byline."""

    name: str
    url: str | None = None


class DraftCorrection(NamedTuple):
    """A correction and when it was made."""

    text: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Picture:
    """The picture of an article: one that the source has pushed (`media_id`, tried first), or an address."""

    media_id: str | None = None
    url: str | None = None
    alt: str = ""
    credit: str = ""
    caption: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """An article as its source describes it. Moments are aware and in UTC; texts are stripped, free of characters
    that XML forbids and of lone surrogates; the body is as it came, not cleaned.

    A draft that is not usable may lack headline and body: it says only what is to go.
    """

    guid: str
    version: int | None = None
    status: Status = "usable"
    headline: str = ""
    body_html: str | None = None
    body_text: str | None = None
    summary: str = ""
    section: str | None = None
    topics: tuple[str, ...] = ()
    authors: tuple[Author, ...] = ()
    language: str | None = None
    published_at: datetime | None = None
    withholds: bool = False
    """While it waits for its time nobody is to see what was live before either: its source shows nothing until then."""
    updated_at: datetime | None = None
    embargo_until: datetime | None = None
    slug: str | None = None
    evolved_from: str | None = None
    corrections: tuple[DraftCorrection, ...] = ()
    image: Picture | None = None
    embedded: tuple[tuple[str, str], ...] = ()
    """Pictures that the body may show: (address in the body, media_id, or the address of a better rendition)."""
    source_url: str | None = None

    def due(self, now: datetime) -> datetime | None:
        """When it may appear, if that is still to come; an embargo never ends early."""
        published, embargo = self.published_at, self.embargo_until
        moments = [published] if published is not None and published - now > CLOCKS_DIFFER else []
        if embargo is not None and embargo - now >= MILLISECOND:  # one that ends within the present one has ended
            moments.append(embargo)
        return max(moments, default=None)


@dataclass(frozen=True, slots=True)
class Ignored:
    """A valid item that is no article, and why; with the picture, if it is one that can be found again.

    `said`: of a picture, and of one that is withdrawn, where this version of it stands among others: version,
    withdrawal, moment.
    """

    reason: str
    guid: str | None = None
    picture: Picture | None = None
    said: tuple[int, bool, float] | None = None


Reading = Draft | Ignored | list[Fault]

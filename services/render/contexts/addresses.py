"""Where lists and their archives are read. Paths are not percent-encoded."""

from typing import Literal, cast

from shared.articles import Term
from shared.live import is_month

Kind = Literal["all", "section", "topic", "author"]

_HOMES: dict[Kind, str] = {"all": "/", "section": "/", "topic": "/topic/", "author": "/author/"}


def parts_of(name: str) -> tuple[Kind, str]:
    """The kind of a list and the slug of its term: `topic` and `iraq` of `topic:iraq`; `all` has an empty one."""
    kind, _, slug = name.partition(":")
    return cast(Kind, kind), slug


def home(kind: Kind, term: Term | None) -> str:
    """Where a list is read: `/`, `/world/`, `/topic/iraq/`, `/author/jane-doe/`."""
    return f"{_HOMES[kind]}{term.slug}/" if term else _HOMES[kind]


def archive(kind: Kind, term: Term | None, period: str, number: int = 1) -> str:
    """Where a page of a list's archive is read; `period` is a month (`2025-07`) or a day (`2025-07-26`).

    In the site's own months two digits are a day: from the tenth on, their pages have three.
    """
    start = "/archive/" if kind == "all" else home(kind, term)
    digits = 3 if kind == "all" and is_month(period) and number > 9 else 1
    return f"{start}{period.replace('-', '/')}/{f'{number:0{digits}}/' if number > 1 else ''}"

"""What the store keeps of articles: cards and records read from their JSON, bodies packed and unpacked.

The same ones are read again and again, for each list that an article is in: what was read is remembered by its bytes.
"""

from functools import lru_cache
from typing import TypeVar

from isal import isal_zlib

from shared.articles import Article, Card, Term

Shown = TypeVar("Shown", Article, Card)

CARDS = 16_384
"""Of 2 kB each. A batch brings a thousand a second, and each stands in eight archives that are built eight seconds
later."""
TERMS = 16_384
LARGE = 16_000
"""Bytes of a record, or of a packed body, beyond which it is not remembered; most have a tenth of that."""


@lru_cache(maxsize=CARDS)
def read_card(kept: bytes) -> Card:
    """A card from its JSON."""
    return slim(Card.model_validate_json(kept))


def read_article(kept: bytes) -> Article:
    """An article from its record; a large one is not remembered."""
    return _read(kept) if len(kept) <= LARGE else _read.__wrapped__(kept)


@lru_cache(maxsize=1024)
def _read(kept: bytes) -> Article:
    return Article.model_validate_json(kept)


def pack_body(html: str) -> bytes:
    """A body as the store keeps it."""
    return isal_zlib.compress(html.encode(), 1)


def unpack_body(kept: bytes | None) -> str:
    """The inverse of `pack_body`; no body is an empty one. Raises ValueError."""
    try:
        return isal_zlib.decompress(kept).decode() if kept else ""
    except isal_zlib.error as error:  # type: ignore[misc]  # isal's stubs call it an instance
        raise ValueError(f"no packed body: {error}") from None


def read_body(kept: bytes | None) -> str:
    """The same, remembered; a large one is not."""
    remembered = _read_small(kept) if kept and len(kept) <= LARGE else None
    return unpack_body(kept) if remembered is None else remembered


@lru_cache(maxsize=1024)
def _read_small(kept: bytes) -> str | None:
    """None of what is large once it is unpacked: that may have a thousand times the length."""
    html = unpack_body(kept)
    return html if len(html) <= 4 * LARGE else None


def slim(shown: Shown) -> Shown:
    """A value that nobody else has yet, in less than half of its memory: its terms are those of others that have the
    same, and pydantic's note of which members were given is nobody's."""
    shown.__dict__.update(
        section=shown.section and _shared(shown.section),
        topics=tuple([_shared(topic) for topic in shown.topics]),
        authors=tuple([_shared(author) for author in shown.authors]),
    )
    object.__setattr__(shown, "__pydantic_fields_set__", _UNNOTED)
    return shown


def _shared(term: Term) -> Term:
    return _term(term.slug, term.name, term.url)


@lru_cache(maxsize=TERMS)
def _term(slug: str, name: str, url: str | None) -> Term:
    return Term(slug=slug, name=name, url=url)


_UNNOTED: set[str] = set()

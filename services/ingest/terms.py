"""Names as parts of addresses: sections, topics, authors, headlines. Pure."""

import hashlib
import re
from functools import lru_cache

from slugify import slugify

from shared.articles import Term

LONGEST = 80
RESERVED = frozenset(
    {"archive", "author", "front", "health", "hot", "media", "nginx-health", "sitemaps", "static", "topic", "v1"}
)


@lru_cache(maxsize=1024)  # an article's is asked for when it is read, and again when it is decided upon
def slug_of(text: str, otherwise: str) -> str:
    """A slug of a text, cut at a word; `otherwise` where nothing of it can be written in letters."""
    return slugify(text, max_length=LONGEST, word_boundary=True, save_order=True) or otherwise


@lru_cache(maxsize=8192)  # a newsroom's topics and authors come again and again
def term_of(name: str, url: str | None = None) -> Term:
    """A topic or an author."""
    return Term(slug=term_slug(name), name=name, url=url)


@lru_cache(maxsize=1024)
def section_of(name: str) -> Term:
    """A section."""
    return Term(slug=section_slug(name), name=name)


def term_slug(name: str) -> str:
    """A topic's or an author's slug; never empty."""
    digest = hashlib.blake2b(name.encode("utf-8", "replace"), digest_size=4).hexdigest()
    return slug_of(name, f"x-{digest}")


def section_slug(name: str) -> str:
    """A section's slug, with a suffix where it would collide with an address of the site's own."""
    slug = term_slug(name)
    if slug in RESERVED or re.fullmatch(r"[0-9]{4}", slug):
        return f"{slug}-section"
    return slug

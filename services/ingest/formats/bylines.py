"""Whom a byline names."""

import re
from collections.abc import Iterator
from functools import lru_cache

from babel import Locale, UnknownLocaleError

from services.ingest.draft import Author
from services.ingest.formats.reading import names

_AND = re.compile(r"\A(?:and|&) ")
_BETWEEN = re.compile(r",| and | & ")
_BY = re.compile(r"\A(?:by|von|par|por|door|av|af|من|بقلم)(?::\s*|\s+)", re.IGNORECASE)
_LONGEST = 2_000
"""Letters of a byline that is parted by its language: the time for that grows with their square."""
_SHORTEST = 2
"""Words that each of two names has to have around another language's "and": Ortega y Gasset is one."""


def named_in(bylines: list[str], language: str | None) -> tuple[Author, ...]:
    """Those whom these bylines name, which are written in this language."""
    joint = _joint(language or "")
    parted = (_parted(_BY.sub("", one, count=1), joint) for one in bylines)
    return tuple(Author(name) for name in names([name for byline in parted for name in _named(byline)]))


def _named(byline: str) -> Iterator[str]:
    """The names of a byline. A comma parts names only before the last "and": after a name it says what they are, as
    the one in "Jane Doe, Reuters" does."""
    for part in byline.split(";"):
        last = max(part.rfind(" and "), part.rfind(" & "), 0)
        yield from (name.strip() for name in _BETWEEN.split(part[:last]))
        yield _AND.sub("", part[last:].strip(), count=1)


def _parted(byline: str, joint: str) -> str:
    """The byline with "and" wherever its own language's word for that stands between two whole names."""
    first, *others = byline.split(joint) if joint and len(byline) <= _LONGEST else [byline]
    for other in others:
        before, after = re.split("[,;]", first)[-1], re.split("[,;]", other)[0]
        are_names = min(len(before.split()), len(after.split())) >= _SHORTEST
        first += (" and " if are_names else joint) + other
    return first


@lru_cache(256)
def _joint(tag: str) -> str:
    """What stands between two names in a language (CLDR), blanks around it; empty where that is part of a word."""
    try:
        pattern = Locale(tag.partition("-")[0].lower()).list_patterns["standard"]["2"]
    except (UnknownLocaleError, ValueError):
        return ""
    joint = pattern.removeprefix("{0}").removesuffix("{1}").replace("\xa0", " ")
    return joint if joint[:1] == joint[-1:] == " " else ""

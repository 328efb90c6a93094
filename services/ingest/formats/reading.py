"""Reading what others define: unknown members are passed over, known ones of a wrong type become faults."""

import re
from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Any

from slugify import slugify

from services.ingest.draft import Author
from services.ingest.formats.bounds import MAX_ADDRESS, MAX_HEADLINE, MAX_LANGUAGE, MAX_NAME, MAX_NAMES, MAX_SLUG
from services.ingest.formats.faults import kind_of
from services.ingest.references import unescape
from services.ingest.text import LONE_SURROGATE, find_lone_surrogate, strip_forbidden
from services.ingest.web import is_web_address
from shared.characters import clean_text, is_blank
from shared.excerpts import beginning
from shared.problems import Fault, pointer_to
from shared.times import parse_time

LANGUAGE = r"[A-Za-z]{2,3}([-_][A-Za-z0-9]{1,8}){0,4}"
_MARKUP = re.compile(r"</?[a-zA-Z][^<>]*>")
_PARTS = re.compile(  # what parts words: blocks, and the ends of lines
    r"</?(?:address|article|aside|blockquote|br|caption|d[dlt]|div|fig(?:ure|caption)|footer|h[1-6r]|header|li|main|nav|[ou]l"
    r"|p|pre|section|table|tbody|t[dhr]|tfoot|thead)(?:[\s/][^<>]*)?>",
    re.IGNORECASE,
)
_LONGEST = MAX_NAME
"""Characters of a member's name: none that is known has as many, nor does any system call a picture so. All that is
within a member has its name in its pointer: with one of megabytes, an item took a gigabyte for each thousand values."""
_NOT_SET = "0001-01-01"  # the moment that .NET and Go begin with


class Members:
    """The members of one JSON object, found by name whatever its case, and what is wrong with them so far."""

    def __init__(self, content: dict[str, Any], faults: list[Fault], pointer: str = "") -> None:
        self._content = content
        self._names: dict[str, str] = {}
        for name in content:
            if len(name) <= _LONGEST:
                self._names.setdefault(name.lower(), name)
        self.faults = faults
        self._pointer = pointer

    def __iter__(self) -> Iterator[str]:
        """The names, in lower case."""
        return iter(self._names)

    def get(self, *names: str) -> Any:
        """The first of these that is there and not null."""
        return next((value for name in names if (value := self._value(name)) is not None), None)

    def at(self, name: str) -> str:
        """The pointer to a member, as it is written here or would be."""
        return f"{self._pointer}{pointer_to(self._names.get(name, name))}"

    def wrong(self, name: str, detail: str) -> None:
        """Note what is wrong with a member."""
        self.faults.append(Fault(self.at(name), detail))

    def text(self, *names: str) -> str:
        """The first text among these that is not blank, trimmed; other types are wrong."""
        found = ""
        for name in names:
            value = self._value(name)
            if value is not None and not isinstance(value, str):
                self.wrong(name, f"This must be text, not {kind_of(value)}.")
            elif value and not found:
                found = value.strip()
        return found

    def plain(self, *names: str) -> str:
        """As `text`, on one line and without the markup that systems leave in headlines and names."""
        return plain(self.text(*names))

    def moment(self, *names: str) -> datetime | None:
        """The first moment among these; what is no moment is wrong."""
        found = None
        for name in names:
            value = self._value(name)
            if value is None or value == "" or str(value).startswith(_NOT_SET):
                continue
            at = parse_time(value) if isinstance(value, str) else None
            if at is None:
                self.wrong(name, "This is no moment; write it as in RFC 3339, like 2025-07-26T09:30:00Z.")
            found = found or at
        return found

    def number(self, *names: str, as_text: bool = False, whole: bool = False) -> None:
        """Ensure that these are numbers where they are there; or, `as_text`, digits in a text."""
        for name in names:
            value = self._value(name)
            if whole and isinstance(value, float) and not value.is_integer():
                self.wrong(name, "This must be a whole number.")
            if value is None or (isinstance(value, int | float) and not isinstance(value, bool)):
                continue
            if not (as_text and isinstance(value, str) and value.strip().isdigit()):
                self.wrong(name, f"This must be a number, not {kind_of(value)}.")

    def object(self, name: str) -> "Members":
        """The object of this name, empty if there is none. PHP writes an empty one as an empty list."""
        value = self._value(name)
        if value is not None and value != [] and not isinstance(value, dict):
            self.wrong(name, f"This must be an object, not {kind_of(value)}.")
        return Members(value if isinstance(value, dict) else {}, self.faults, self.at(name))

    def items(self, *names: str) -> list[tuple[str, Any]]:
        """What the lists of these names hold, each with its pointer; nulls are passed over."""
        found: list[tuple[str, Any]] = []
        for name in names:
            value = self._value(name)
            if isinstance(value, list):
                found += [(f"{self.at(name)}/{index}", one) for index, one in enumerate(value) if one is not None]
            elif value is not None:
                self.wrong(name, f"This must be a list, not {kind_of(value)}.")
        return found

    def objects(self, *names: str) -> "list[Members]":
        """As `items`, where everything has to be an object."""
        found = []
        for pointer, value in self.items(*names):
            if isinstance(value, dict):
                found.append(Members(value, self.faults, pointer))
            else:
                self.faults.append(Fault(pointer, f"This must be an object, not {kind_of(value)}."))
        return found

    def named(self, name: str) -> "list[tuple[str, Members]]":
        """What an object of objects holds (ninjs 1.x), or a list of objects that have a `name` (2.x, 3.x)."""
        if isinstance(self._value(name), list):
            return [(one.text("name"), one) for one in self.objects(name)]
        holder = self.object(name)
        return [(key, holder.object(key)) for key in holder if holder.get(key) is not None]

    def _value(self, name: str) -> Any:
        key = self._names.get(name)
        return None if key is None else self._content[key]


def members_of(content: Any, identity: str) -> Members | list[Fault]:
    """The members of what was sent, without what cannot be published; faults where that cannot be had."""
    if not isinstance(content, dict):
        return [Fault(f"/{identity}", f"The item must be an object with {identity}, not {kind_of(content)}.")]
    if (broken := find_lone_surrogate(content)) is not None:
        return [Fault(broken, LONE_SURROGATE)]
    return Members(strip_forbidden(content), [])


def dicts(value: Any) -> list[dict[str, Any]]:
    """The objects of a list; none of what is no list."""
    return [one for one in value if isinstance(one, dict)] if isinstance(value, list) else []


def plain(text: str) -> str:
    """Text from text with markup in it, on one line; empty where nothing of it can be seen."""
    # a reference may stand for a character that cannot be published
    line = " ".join(clean_text(unescape(_MARKUP.sub("", _PARTS.sub(" ", text)))).split())
    return "" if is_blank(line) else line


def shorten(text: str, length: int = MAX_HEADLINE) -> str:
    """At most `length` characters, cut at a word."""
    return beginning(text, length)


def names(found: list[str]) -> tuple[str, ...]:
    """Names without doubles, whatever their case, within the bounds that the native format has."""
    unique = {name.casefold(): name for name in reversed([shorten(one, MAX_NAME) for one in found]) if name}
    return tuple(reversed(unique.values()))[:MAX_NAMES]


def authors(found: Iterable[tuple[str, str]]) -> tuple[Author, ...]:
    """Authors by their names, each with the first address that it came with, within the same bounds."""
    unique: dict[str, Author] = {}
    for name, address in found:
        if short := shorten(name, MAX_NAME):
            unique.setdefault(short, Author(short, web_address(address)))
    return tuple(unique.values())[:MAX_NAMES]


def language(tag: str) -> str | None:
    """A language tag, or None for what is none."""
    return tag.replace("_", "-") if len(tag) <= MAX_LANGUAGE and re.fullmatch(LANGUAGE, tag) else None


def slug(text: str) -> str | None:
    """A slug of one that a sender wrote, cut before it is read: it is remembered, and other scripts take their time."""
    return slugify(text[:MAX_SLUG]) or None


def web_address(text: str) -> str | None:
    """An address that starts with http, or None."""
    return text if len(text) <= MAX_ADDRESS and is_web_address(text) else None

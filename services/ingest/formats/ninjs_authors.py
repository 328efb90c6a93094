"""Who wrote a ninjs item: its authors where they are listed, else the names of its byline."""

import re
from collections.abc import Iterator

from services.ingest.draft import Author
from services.ingest.formats.reading import Members, authors, names, plain

_AND = re.compile(r"\A(?:and|&) ")
_BETWEEN = re.compile(r",| and | & ")
_BY = re.compile(r"\A(?:by|von|par|por)(?::\s*|\s+)", re.IGNORECASE)


def authors_of(item: Members) -> tuple[Author, ...]:
    """The authors where they are listed (Superdesk), else the names of the byline."""
    found = authors((one.plain("name"), one.text("uri")) for one in item.objects("authors"))
    bylines = [item.plain("byline", "by")] if item.get("byline", "by") else _bylines(item)
    byline = "; ".join(_BY.sub("", one, count=1) for one in bylines) if not found else ""
    return found or tuple(Author(name) for name in names(list(_named(byline))))


def _named(byline: str) -> Iterator[str]:
    """The names of a byline. A comma parts names only before the last "and": after a name it says what they are, as
    the one in "Jane Doe, Reuters" does."""
    for part in byline.split(";"):
        last = max(part.rfind(" and "), part.rfind(" & "), 0)
        yield from (name.strip() for name in _BETWEEN.split(part[:last]))
        yield _AND.sub("", part[last:].strip(), count=1)


def _bylines(item: Members) -> list[str]:
    """The bylines that the Associated Press lists; ninjs has no such member, and others may mean anything by it."""
    listed = item.get("bylines")
    objects = [one for one in listed if isinstance(one, dict)] if isinstance(listed, list) else []
    told = [one.get("name") or one.get("by") for one in objects]
    return [plain(one) for one in told if isinstance(one, str)]

"""Parts of HTML that a `<div>` holds. Pure."""

import re
from collections.abc import Iterator

_DIV = re.compile(r"<(/?)div\b([^<>]*)>", re.IGNORECASE)


def divs(html: str, sign: re.Pattern[str]) -> Iterator[tuple[int, int]]:
    """Where each div begins and ends that has `sign` in its tag and is in no other such; without an end of its own it
    ends with the HTML."""
    begins = depth = 0
    for tag in _DIV.finditer(html) if sign.search(html) else ():
        if not depth and (tag[1] or not sign.search(tag[2])):
            continue
        if not depth:
            begins = tag.start()
        depth += -1 if tag[1] else 1
        if not depth:
            yield begins, tag.end()
    if depth:
        yield begins, len(html)


def without_divs(html: str, sign: re.Pattern[str]) -> str:
    """The HTML without these divs."""
    parts, at = [], 0
    for begins, ends in divs(html, sign):
        parts.append(html[at:begins])
        at = ends
    return "".join((*parts, html[at:]))

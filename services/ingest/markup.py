"""How markup nests: whether it is safe to parse, and whether what came out will be read as it is meant. Pure."""

import re
from collections import Counter

MAX_NESTING = 256
_FEW_TAGS = 500
_MAX_SPRAWL = 1_000_000
_ANY_TAG = re.compile(r"<(/?)([a-zA-Z][a-zA-Z0-9]*)")
# these end by themselves where another begins, or have no end
_SELF_ENDING = re.compile(r"p|li|d[dt]|t[rdh]|tbody|thead|tfoot|br|hr|img|wbr|source|param|col|input|link|meta")
_NESTING = re.compile(r"<(/?)(a(?=[ >])|h(?=[2-6]))")


def sprawls(html: str) -> bool:
    """Whether parsing would cost more than its length: by deep nesting, or by formatting that is never closed and
    begins again in each paragraph (HTML §13.2.4.3)."""
    if html.count("<") <= _FEW_TAGS:
        return False
    opened: Counter[str] = Counter()
    depth = sprawl = 0
    for tag in _ANY_TAG.finditer(html):
        name = tag[2].lower()
        if tag[1]:
            if opened[name]:
                opened[name] -= 1
                depth -= 1
            continue
        sprawl += depth
        if not _SELF_ENDING.fullmatch(name):
            opened[name] += 1
            depth += 1
            if depth > MAX_NESTING or sprawl > _MAX_SPRAWL:
                return True
    return sprawl > _MAX_SPRAWL


def is_misnested(html: str) -> bool:
    """Whether cleaned HTML has a link in a link or a heading in a heading.

    A parser can make such a tree, but its text, read again, becomes another one.
    """
    opened = {"a": False, "h": False}
    for tag in _NESTING.finditer(html):
        begins, kind = not tag[1], tag[2]
        if begins and opened[kind]:
            return True
        opened[kind] = begins
    return False

"""How markup nests: whether it is safe to parse, and whether what came out will be read as it is meant. Pure."""

import re
from collections import Counter
from collections.abc import Iterator

MAX_NESTING = 256
MAX_ATTRIBUTES = 1_000
MANY_TAGS = 20_000
"""Above so many it has to be well nested: what a parser makes of the rest would take one to foretell."""

MAX_MISPLACED = 2_000
MAX_TAGS = 200_000
"""A parser's tree takes a hundred times what a tag does: 5 MiB of nothing else took most of a gigabyte."""

_FEW_TAGS = 500
_MAX_SPRAWL = 1_000_000
_LONG = 50_000
_ANY_TAG = re.compile(r"<(/?)([a-zA-Z][a-zA-Z0-9]*)")
# these end by themselves where another begins, or have no end
_ENDS_ITSELF = "p|li|d[dt]|t[rdh]|tbody|thead|tfoot"
_SELF_ENDING = re.compile(rf"{_ENDS_ITSELF}|br|hr|img|wbr|source|param|col|input|link|meta")
_NESTING = re.compile(r"<(/?)(a(?=[ >])|h(?=[2-6]))")
# HTML §13.2.5.32 and on. Each is one that there is one way to read, so that hostile HTML costs linear time.
_ATTRIBUTE = r"""[\s/]*[^\s/>][^\s/>=]*(?:\s*=\s*(?:"[^"]*"|'[^']*'|[^\s>"'][^\s>]*)?)?"""
_TOKEN = re.compile(
    rf"<(?:!--(?:-?>|.*?(?:--!?>|\Z))|[!?][^>]*|/(?=[^a-zA-Z])[^>]*"
    rf"|(/?)([a-zA-Z][^\s/>]*)(?:{_ATTRIBUTE}){{0,{MAX_ATTRIBUTES}}}({_ATTRIBUTE})?)",
    re.DOTALL,
)
_ITS_OWN_END = re.compile(_ENDS_ITSELF)
_CELL = re.compile(r"t[dh]|caption")
_ROWS = re.compile(r"tr|tbody|thead|tfoot|col|colgroup")
_BLOCK = re.compile(r"div|[uod]l|table|blockquote|aside|section|figure|figcaption|details|pre|h[2-6]")
_RAW = re.compile(r"style|textarea|title|xmp|iframe|noembed|noframes|plaintext")
_OTHER_RULES = re.compile(r"<(?:svg|math|select|template|frameset|script)(?=[\s/>])", re.IGNORECASE)


def sprawls(html: str) -> bool:
    """Whether parsing would cost more than its length: by deep nesting, by formatting that is never closed and begins
    again in each paragraph (HTML §13.2.4.3), by the attributes of a tag, each of which is compared with all others, or
    by what stands in tables beside their cells, each piece of which is moved before its table. Or whether there is
    simply too much of it.
    """
    tags = html.count("<")
    if tags > MAX_TAGS:
        return True
    if len(html) > _LONG and any(tag[3] for tag in _TOKEN.finditer(html)):
        return True
    many = tags > MANY_TAGS
    return tags > _FEW_TAGS and (_is_deep(html) or (many and (_is_badly_nested(html) or _is_beside_cells(html))))


def _is_deep(html: str) -> bool:
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


def _is_badly_nested(html: str) -> bool:
    """Whether too much is open at once, where only what began last can end: a parser may pass any other end by."""
    if _OTHER_RULES.search(html):
        return True
    path: list[str] = []
    depth = 0
    for ends, name in _tags(html):
        if ends:
            depth -= _end(path, name)
        elif _ITS_OWN_END.fullmatch(name):
            _begin(path, name)
        elif not _SELF_ENDING.fullmatch(name):
            path.append(name)
            depth += 1
            if depth > MAX_NESTING:
                return True
    return False


def _is_beside_cells(html: str) -> bool:
    """Whether much stands in tables and in none of their cells (HTML §13.2.6.1, foster parenting)."""
    in_cell: list[bool] = []  # of each table that is open
    misplaced = 0
    for ends, name in _tags(html):
        if name == "table":
            if in_cell and (ends or not in_cell[-1]):
                in_cell.pop()
            if not ends:
                in_cell.append(False)
        elif not in_cell:
            continue
        elif _CELL.fullmatch(name):
            in_cell[-1] = not ends
        elif _ROWS.fullmatch(name):
            in_cell[-1] = False
        elif not in_cell[-1]:
            misplaced += 1
            if misplaced > MAX_MISPLACED:
                return True
    return False


def _tags(html: str) -> Iterator[tuple[bool, str]]:
    """The tags as a parser finds them, in lower case, each with whether it ends something; not those in raw text."""
    at = 0
    while tag := _TOKEN.search(html, at):
        at, name = tag.end(), (tag[2] or "").lower()
        if not tag[1] and _RAW.fullmatch(name):
            ended = re.compile(rf"</{name}(?=[\s/>])", re.IGNORECASE).search(html, at)
            at = ended.end() if ended else len(html)
        elif name:
            yield bool(tag[1]), name


def _begin(path: list[str], name: str) -> None:
    """Begin what ends by itself: those of its kind, and what stands in them, with it."""
    first = len(path)
    while first and _ITS_OWN_END.fullmatch(path[first - 1]):
        first -= 1
    if name in path[first:]:
        del path[path.index(name, first) :]
    path.append(name)


def _end(path: list[str], name: str) -> bool:
    """End what began last, or a block around what ends by itself; whether that was any deeper."""
    at = len(path) - 1
    while at >= 0 and path[at] != name and _ITS_OWN_END.fullmatch(path[at]) and _BLOCK.fullmatch(name):
        at -= 1
    if at < 0 or path[at] != name:
        return False
    del path[at:]
    return not _ITS_OWN_END.fullmatch(name)


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

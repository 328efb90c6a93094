"""Cleaned HTML put in order for those who hear a page and those who go through it by keyboard: pictures, links, lists
and headings as WCAG 2.2 and HTML want them. Pure.

It reads what nh3 writes: well nested, values in double quotes, `<` and `>` nowhere but around tags.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field

BLANK = r"\s\u200b\ufeff"  # within a set of characters
NOTHING = rf"(?:[{BLANK}]|<br>|</?(?:b|em|i|strong|u)>)*"
"""What shows nothing: a paragraph of no more than that is a gap, which screen readers tell of."""
_WORD = re.compile(f"[^{BLANK}]")
_GAP = re.compile(rf"<p(?: [^<>]*)?>{NOTHING}</p>")
_BREAKS = re.compile(rf"</p>(?:[{BLANK}]*<br>)+(?=[{BLANK}]*<(?:p|h[2-6]|[uod]l|table|blockquote|figure)[ >])")
_TAG = re.compile(r"(</?)([a-z0-9]+)([^>]*>)")
_VOID = frozenset(("br", "col", "hr", "img", "wbr"))
_PICTURE = re.compile(r"<img [^>]*>")
_ATTRIBUTE = re.compile(r' ([a-z]+)="([^"]*)"')
_NAMED = re.compile(r"(</?)(a|h[2-6]|summary|th)(?=[ >])([^>]*>)")
_LEADS_SOMEWHERE = re.compile(r'(?: (?!href=)[a-z]+="[^"]*")* href=')
_WORDS = re.compile(rf'(?:\A|>)[{BLANK}]*[^<{BLANK}]|<img(?: (?!alt=)[a-z]+="[^"]*")* alt="[^"]')
# by which a note leads back to the words that it is about: without that it says nothing
_ARROW = re.compile(rf"[{BLANK}]*[↩↑⇑⤴^][{BLANK}\ufe0e\ufe0f]*")
_LISTED = re.compile(r"<(?:[uo]l|li|d[ltd]|r[pt]|summary)[ >]")
_TERMS = re.compile(r"(?:dt )+(?:dd )+")
_ALL_TERMS = re.compile(r"(?:(?:dt )+(?:dd )+|terms )*")
_HEADING = re.compile(r"<h([2-6])[ >]")
_HEADING_NAME = re.compile(r"<(/?)h([2-6])(?=[ >])")


def tidy(html: str) -> str:
    """Cleaned HTML in which each picture has an alternative, if only an empty one, links lead somewhere and have words,
    items are in lists and lists have nothing but items, what says how a word is read is in its ruby, paragraphs say
    something, and headings begin at h2 and leave no level out."""
    if "<img" in html:
        html = _PICTURE.sub(_picture, html)
    html = _without_nameless(html)
    if _LISTED.search(html):
        html = _mend_lists(html)
    html = _BREAKS.sub("</p>", _GAP.sub("", html))
    return html if is_outlined(html) else _outline(html)


def is_outlined(html: str) -> bool:
    """Whether the headings begin at h2 and leave no level out."""
    levels = [int(level) for level in _HEADING.findall(html)]
    return outline(levels) == levels


def outline(levels: Iterable[int]) -> list[int]:
    """The levels of headings, from 2 on, each at most one below the heading that it stands under."""
    moved: list[int] = []
    above: list[int] = []
    for level in levels:
        while above and above[-1] >= level:
            above.pop()
        above.append(level)
        moved.append(len(above) + 1)
    return moved


def _outline(html: str) -> str:
    levels = iter(outline(int(level) for level in _HEADING.findall(html)))
    opened: list[int] = []

    def move(tag: re.Match[str]) -> str:
        if tag[1]:
            return f"</h{opened.pop()}"
        opened.append(next(levels))
        return f"<h{opened[-1]}"

    return _HEADING_NAME.sub(move, html)


def _picture(tag: re.Match[str]) -> str:
    attributes = dict(_ATTRIBUTE.findall(tag[0]))
    if "src" not in attributes:
        return ""
    if not _WORD.search(attributes.pop("alt", "")):
        return f"<img{_written({'alt': '', **attributes})}>"
    return tag[0]


def _without_nameless(html: str) -> str:
    """Without links that lead nowhere; and what is called by its words and has none is an ordinary block or cell, or
    of a link only what is in it."""
    parts = _NAMED.split(html)  # what is between, "<" or "</", name, the rest of the tag; and so on
    path: list[tuple[int, bool]] = []  # where the name stands; whether there were words
    for at in range(2, len(parts), 4):
        if path and not path[-1][1] and _WORDS.search(parts[at - 2]):
            path[-1] = (path[-1][0], True)
        if parts[at - 1] == "<":
            path.append((at, False))
            continue
        began, has_words = path.pop()
        leads_nowhere = parts[at] == "a" and not _LEADS_SOMEWHERE.match(parts[began + 1])
        if leads_nowhere and began + 4 == at and _ARROW.fullmatch(parts[began + 2]):
            parts[began + 2], has_words = "", False
        if path and has_words:
            path[-1] = (path[-1][0], True)
        if not has_words or leads_nowhere:
            _make_ordinary(parts, began, at)
    return "".join(parts)


def _make_ordinary(parts: list[str], began: int, ended: int) -> None:
    if parts[began] == "a":
        parts[began - 1 : began + 2] = parts[ended - 1 : ended + 2] = ["", "", ""]
        return
    attributes = dict(_ATTRIBUTE.findall(parts[began + 1]))
    attributes.pop("scope", None)
    parts[began + 1] = f"{_written(attributes)}>"
    parts[began] = parts[ended] = "td" if parts[began] == "th" else "div"


def _written(attributes: dict[str, str]) -> str:
    return "".join(f' {name}="{value}"' for name, value in attributes.items())


@dataclass(slots=True)
class _Element:
    name: str
    at: int  # where its name stands among the parts, as all that follows
    inside: list[str] = field(default_factory=list)  # names of the elements in it; of words, "words"
    terms: list[int] = field(default_factory=list)  # of a dl: its terms and descriptions, begun and ended
    last_item: int = 0  # of a list: the end of the last item
    is_item_open: bool = False  # of a list: an item goes on around what is no item
    has_summary: bool = False  # of a details


def _mend_lists(html: str) -> str:
    parts = _TAG.split(html)  # words, "<" or "</", name, the rest of the tag; and so on
    path = [_Element("", 0), _Element("", 0)]
    for at in range(2, len(parts), 4):
        if path[-1].name in ("dl", "ul", "ol") and _WORD.search(parts[at - 2]):
            path[-1].inside.append("words")
            _take_in(path[-1], parts, at - 2)
        if parts[at - 1] == "<":
            _begin(path, parts, at)
        else:
            _end(path, parts, at)
    return "".join(parts)


def _begin(path: list[_Element], parts: list[str], at: int) -> None:
    parent, name = path[-1], parts[at]
    if name in ("dt", "dd") and (owner := _dl_of(path)):
        owner.terms.append(at)
    elif not _is_at_home(name, parent):
        name = parts[at] = "small" if name in ("rp", "rt") else "div"
    parent.inside.append(name)
    parent.has_summary |= name == "summary"
    if name != "li":
        _take_in(parent, parts, at - 1)
    elif parent.is_item_open:
        parts[at - 2] += "</li>"
        parent.is_item_open = False
    if name not in _VOID:
        path.append(_Element(name, at))


def _end(path: list[_Element], parts: list[str], at: int) -> None:
    element = path.pop()
    parent, parts[at] = path[-1], element.name
    if element.name == "li":
        parent.last_item = at
    elif element.name in ("dt", "dd") and (owner := _dl_of(path)):
        owner.terms.append(at)
    elif element.is_item_open:
        parts[at - 2] += "</li>"
    elif element.name == "div" and parent.name == "dl" and _TERMS.fullmatch(_spell(element)):
        parent.inside[-1] = "terms"
    elif element.name == "dl" and not _ALL_TERMS.fullmatch(_spell(element)):
        for place in (element.at, at, *element.terms):
            parts[place] = "div"


def _take_in(parent: _Element, parts: list[str], at: int) -> None:
    """In a list, what is no item belongs to the item before it; if there is none, it is one."""
    if parent.name not in ("ul", "ol") or parent.is_item_open:
        return
    if parent.last_item:
        parts[parent.last_item - 1 : parent.last_item + 2] = ["", "", ""]
    else:
        parts[at] = "<li>" + parts[at]
    parent.is_item_open = True


def _is_at_home(name: str, parent: _Element) -> bool:
    if name == "li":
        return parent.name in ("ul", "ol")
    if name == "summary":
        return parent.name == "details" and not parent.has_summary
    if name in ("rp", "rt"):
        return parent.name == "ruby"
    return name not in ("dt", "dd")


def _dl_of(path: list[_Element]) -> _Element | None:
    """The dl that a term in the last element of the path belongs to: that, or the one around a group of terms."""
    parent, around = path[-1], path[-2]
    if parent.name == "dl":
        return parent
    return around if parent.name == "div" and around.name == "dl" else None


def _spell(element: _Element) -> str:
    return "".join(f"{name} " for name in element.inside)

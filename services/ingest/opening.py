"""The words that an article opens with, from its cleaned HTML. Pure."""

import re
from collections.abc import Callable, Iterator

from services.ingest.references import unescape
from shared.excerpts import beginning

OPENING = 300
_INLINE = "a|abbr|b|bd[io]|cite|code|del|em|i|ins|kbd|mark|q|ruby|s|samp|small|span|strong|sub|sup|time|u|var|wbr"
_NOT_WORDS = re.compile(r"<(/?)(?:figure|table)\b[^<>]*>")
_READING = re.compile(r"<r[tp]\b[^<>]*>[^<]*(?:</r[tp]>|\Z)")  # how the word before it is said, and the brackets around
_CUT = re.compile(r"(?:<[^<>]*|&[^&;\s]{0,32})\Z")  # the end of a window may be within a tag or a reference
_INLINE_TAG = re.compile(rf'</?(?:{_INLINE})(?:\s[^<>"]*+(?:"[^"]*+"[^<>"]*+)*+)?>')
_LINK_ALONE = re.compile(r"<(p|div|section)\b[^<>]*>\s*<a href=[^<>]*>[^<]*</a>\s*</\1>")
_LINK_FIRST = re.compile(
    r"\s*<a href=[^<>]*>[^<]*</a>\s*(?=<(?:p|h[2-6]|[uod]l|div|section|blockquote|figure|table|hr)[\s>])"
)
_STRUCK = re.compile(r"<(del|s)(?=[ >])[^<>]*>[^<]*(?:<(?!/\1>)[^<]*)*(?:</\1>|\Z)")
_OFF_THE_LINE = re.compile(r"<(sup|sub)(?=[ >])[^<>]*>([-+−0-9]{1,9})</\1>")
_AS_CHARACTERS = {
    "sup": str.maketrans("-+−0123456789", "⁻⁺⁻⁰¹²³⁴⁵⁶⁷⁸⁹"),
    "sub": str.maketrans("-+−0123456789", "₋₊₋₀₁₂₃₄₅₆₇₈₉"),
}
TAG = re.compile(r'<[^<>"]*+(?:"[^"]*+"[^<>"]*+)*+>')


def opening(html: str) -> str:
    """The words that cleaned HTML begins with, at most OPENING characters, on one line; no captions, no tables."""
    return _beginning(html, lambda part: part)


def _beginning(html: str, read: Callable[[str], str]) -> str:
    window = 2 * OPENING
    while True:
        part = html[:window]
        words = " ".join(unescape(_plain(read(part))).split())
        if window >= len(html) or len(words) > OPENING:
            break
        window *= 4
    return beginning(words, OPENING)


def excerpt(html: str) -> str:
    """As `opening`, but without paragraphs that are a link alone, as those that embeds became, and without what is
    struck out; with them where nothing else is said. A number that stands above or below the line still does: 10⁶ is
    not 106, nor is a year with a note a later one."""
    if "<a href" not in html:
        return _beginning(html, _said) or opening(html)
    first = _LINK_FIRST.match(html)
    return _beginning(_LINK_ALONE.sub(" ", html[first.end() :] if first else html), _said) or opening(html)


def _said(html: str) -> str:
    if "<su" in html:
        html = _OFF_THE_LINE.sub(lambda number: number[2].translate(_AS_CHARACTERS[number[1]]), html)
    return _STRUCK.sub("", html) if "<s" in html or "<del" in html else html


def all_words(html: str) -> list[str]:
    """The words of cleaned HTML, those of captions and tables too."""
    return unescape(TAG.sub(" ", _INLINE_TAG.sub("", html))).split()


def _plain(html: str) -> str:
    if "<figure" in html or "<table" in html:
        html = " ".join(_around_what_is_set_apart(html))
    if "<ruby" in html:
        html = _READING.sub("", html)
    return _CUT.sub("", TAG.sub(" ", _INLINE_TAG.sub("", html)))


def _around_what_is_set_apart(html: str) -> Iterator[str]:
    """What is in no figure and no table; a window of cleaned HTML may end within one."""
    depth = at = 0
    for tag in _NOT_WORDS.finditer(html):
        if not depth:
            yield html[at : tag.start()]
        depth += -1 if tag[1] else 1
        at = tag.end()
    if not depth:
        yield html[at:]

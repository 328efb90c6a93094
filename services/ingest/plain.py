"""HTML as editors mostly write it: a few plain tags, well nested. Cleaned without a parser, which would take most of an
article's time; for what is not exactly of this kind there is the parser. Pure."""

import re
from collections.abc import Iterable

from services.ingest.tidy import BLANK, NOTHING, is_outlined
from shared.characters import clean_text

LONGEST = 500_000
"""Of each element the pattern remembers how it came there: several hundred bytes."""

# There is one way to read each part, so that hostile HTML costs linear time. (Without possessive quantifiers: in early
# 3.11 they go wrong around groups.) Of an address only what every parser of addresses takes as it stands.
_TEXT = r"[^<>&\r]*(?:&(?:amp|lt|gt|quot|#39);[^<>&\r]*)*"
_ADDRESS = r"https?://(?:[a-z0-9]+(?:-[a-z0-9]+)*\.)+[a-z]+(?:/[A-Za-z0-9._~/%+=,?#-]*)?"
_LINK_ENDS = '">'
_LINK_HAS_WORDS = rf"(?![{BLANK}]*</a)"
_HEADING_HAS_WORDS = rf"(?!(?:[{BLANK}]|<(?!/?h)[^<>]*>)*</h)"


def _elements(names: Iterable[str], content: str) -> str:
    return "|".join(f"{name}>{content}</{name}" for name in names)


_EMPHASIS = _elements(("em", "strong", "b", "i"), _TEXT)
_LINK = f'a href="{_ADDRESS}{_LINK_ENDS}{_LINK_HAS_WORDS}{_TEXT}</a'
_WORDS = f"{_TEXT}(?:<(?:{_EMPHASIS}|{_LINK}|br)>{_TEXT})*"
_PARAGRAPH = _elements(("p",), f"(?!{NOTHING}</p){_WORDS}")
_HEADING = _elements(("h2", "h3", "h4", "h5", "h6"), _HEADING_HAS_WORDS + _WORDS)
_LIST = _elements(("ul", "ol"), rf"\s*(?:<li>{_WORDS}</li>\s*)+")
_QUOTE = _elements(("blockquote",), rf"\s*(?:<{_PARAGRAPH}>\s*)+")
_PLAIN = re.compile(rf"\s*(?:<(?:{_PARAGRAPH}|{_HEADING}|{_LIST}|{_QUOTE}|hr)>\s*)*")


def plain_html(html: str) -> str | None:
    """The HTML cleaned, as the parser would have it; None if it is not plain, or longer than articles are."""
    if len(html) > LONGEST:
        return None
    text = clean_text(html)
    if not (_PLAIN.fullmatch(text) and is_outlined(text)):
        return None
    return text.replace(_LINK_ENDS, '" rel="noopener">')

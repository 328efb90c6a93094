"""What an article has to say: which of its bodies is published, and what it is called without a headline. Pure."""

import re
from collections.abc import Sequence

from services.ingest.formats.reading import plain, shorten
from services.ingest.html import clean_html
from services.ingest.opening import OPENING, all_words, excerpt, opening
from shared.characters import is_blank

FIRST_WORDS = 80
EXCERPT = 20
"""So many words that stand in a body in the same order were taken from it."""
_HEADLINE = re.compile(r"<h1\b[^<>]*>", re.IGNORECASE)
_HEADLINE_ENDS = re.compile(r"</h1\s*>", re.IGNORECASE)
_FIRST = re.compile(r"\s*<p\b[^<>]*>([^<]*+(?:<(?!/?p\b)[^<]*+){0,64})</p\s*>", re.IGNORECASE)


def one_body(htmls: Sequence[str], texts: Sequence[str]) -> tuple[str | None, str | None]:
    """The body to publish, as HTML or else as text: the first that is not blank. Senders fill in one of them and leave
    an empty paragraph in the other."""
    htmls = [html for html in htmls if html.strip()]
    texts = [text for text in texts if text.strip()]
    if len(htmls) + len(texts) > 1:
        htmls = [html for html in htmls if _shows_something(html)]
    html = htmls[0] if htmls else None
    return html, None if html else next(iter(texts), None)


def first_words(html: str | None, *texts: str | None) -> str:
    """What an article without a headline is called: the first words of its body, else of one of the texts, else those
    in its captions and tables. Empty where there are no words at all."""
    cleaned = clean_html(html) if html else ""
    candidates = (excerpt(cleaned), *texts, _all_words(cleaned))
    return shorten(next((words for one in candidates if (words := " ".join((one or "").split()))), ""), FIRST_WORDS)


def own_headline(html: str | None) -> str:
    """What a body's own h1 says: agencies send whole pages. Empty without one."""
    found = _h1(html or "")
    return shorten(found[1]) if found else ""


def without_headline(html: str, headline: str) -> str:
    """A body without its own h1 where that says the headline, which stands above it."""
    found = _h1(html)
    return html[: found[0].start] + html[found[0].stop :] if found and found[1] == headline else html


def _h1(html: str) -> tuple[slice, str] | None:
    """Where the first h1 is, and what it says."""
    begins = _HEADLINE.search(html)
    ends = _HEADLINE_ENDS.search(html, begins.end()) if begins else None
    return (slice(begins.start(), ends.end()), plain(html[begins.end() : ends.start()])) if begins and ends else None


def without_first_line(html: str, headline: str) -> str:
    """A body without its first paragraph where that is the headline alone and more follows: Finland's STT has short
    news begin so."""
    first = _FIRST.match(html)
    rest = html[first.end() :] if first and plain(first[1]) == headline else ""
    return rest if rest.strip() else html


def begins_with(html: str, words: str, *, is_cut: bool) -> bool:
    """Whether a body begins with these words or, unless they are cut, consists of them. What was cut may be without
    some of the body's blocks."""
    cleaned = clean_html(html)
    begins = opening(cleaned)
    if is_cut and _leaves_out(all_words(cleaned), words.split()):
        return True
    if len(words) > len(begins):  # as they may be though the body goes on with them: its opening is cut too
        return len(begins) > OPENING // 2 and words.startswith(begins)
    return begins.startswith(words) if is_cut else begins == words


def _leaves_out(body: Sequence[str], words: Sequence[str]) -> bool:
    """Whether these words are among a body's first ones, in the same order."""
    rest = iter(body[: 3 * len(words)])
    return len(words) >= EXCERPT and all(word in rest for word in words)


def _shows_something(html: str) -> bool:
    """Whether words, a picture or an embed are left of it on the page."""
    cleaned = clean_html(html)
    return "<img" in cleaned or bool(_all_words(cleaned))


def _all_words(cleaned: str) -> str:
    line = " ".join(all_words(cleaned))
    return "" if is_blank(line) else line

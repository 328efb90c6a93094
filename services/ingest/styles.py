"""What senders say by their styles is said by elements: pages have styles of their own. Pure.

TinyMCE writes so what is struck out, Google's Docs all that is bold, slanted, raised or lowered, as a power of ten is;
Gutenberg the letters of a list, Substack where the number of a note stands.
"""

import re

_MEANINGS = {
    "b": re.compile(r"(?<![\w-])font-weight\s*:\s*(?:bold(?:er)?|[6-9]00)\b", re.IGNORECASE),
    "i": re.compile(r"(?<![\w-])font-style\s*:\s*(?:italic|oblique)\b", re.IGNORECASE),
    "s": re.compile(r"(?<![\w-])text-decoration(?:-line)?\s*:\s*(?:underline\s+)?line-through\b", re.IGNORECASE),
    "sup": re.compile(r"(?<![\w-])vertical-align\s*:\s*super\b", re.IGNORECASE),
    "sub": re.compile(r"(?<![\w-])vertical-align\s*:\s*sub\b", re.IGNORECASE),
}
# a list whose letters or numerals a style says (Gutenberg's): what the text calls point b is no second point
_LETTERED = re.compile(
    r"<ol\b(?=[^<>]{0,4096}\blist-style-type\s?:\s?(lower|upper)-(alpha|latin|roman)\b)", re.IGNORECASE
)
# The number of a note below, which some raise by their styles (Substack): 2020 is not 20201. Where it stands apart, as
# before the note itself, it is one.
_NOTE = re.compile(
    r"""<a(?<=[^\s<>(\[]<a)\b(?=[^<>]{0,4096}\shref\s?=\s?["']\#)[^<>]{0,4096}+>([0-9]{1,3})</a\s*>""", re.IGNORECASE
)
_SPAN = re.compile(r"<(/?)span(?=[ >])([^>]*)>")
_ATTRIBUTE = re.compile(r' ([a-z]+)="([^"]*)"')
_NAMES = {"style", "lang", "dir"}


def with_letters_and_notes(html: str) -> str:
    """HTML as it is sent, in which lists have the type, and numbers of notes the place, that its styles give them."""
    if "list-style-type" in html:
        html = _LETTERED.sub(_letter, html)
    if "#" in html:
        html = _NOTE.sub(r"<sup>\1</sup>", html)
    return html


def _letter(ol: re.Match[str]) -> str:
    letter = "i" if ol[2].lower() == "roman" else "a"
    return f'{ol[0]} type="{letter.upper() if ol[1].lower() == "upper" else letter}"'


def meaning_of(style: str) -> str | None:
    """The names of the elements that say what the style of a span does; None where it is looks alone."""
    return " ".join(name for name, pattern in _MEANINGS.items() if pattern.search(style)) or None


def without_spans(html: str) -> str:
    """Cleaned HTML, a span's style being what it means, with these elements in the place of its spans. A span stays
    where it has a language or a direction; none says again what one around it does."""
    opened: list[list[str]] = []

    def replace(tag: re.Match[str]) -> str:
        if tag[1]:
            return "".join(f"</{name}>" for name in reversed(opened.pop()))
        attributes = {name: value for name, value in _ATTRIBUTE.findall(tag[2]) if name in _NAMES}
        meant = attributes.pop("style", "").split()
        names = [name for name in meant if not any(name in around for around in opened)]
        opened.append((["span"] if attributes else []) + names)
        written = "".join(f' {name}="{value}"' for name, value in attributes.items())
        return (f"<span{written}>" if attributes else "") + "".join(f"<{name}>" for name in names)

    return _SPAN.sub(replace, html)

"""What a `<span>` says by its style, and in which language and direction; the rest of it says nothing. Pure.

Editors write by a style what has an element of its own: TinyMCE what is struck out, Google's Docs all that is bold,
slanted, raised or lowered, as a power of ten is.
"""

import re

_MEANINGS = {
    "b": re.compile(r"(?<![\w-])font-weight\s*:\s*(?:bold(?:er)?|[6-9]00)\b", re.IGNORECASE),
    "i": re.compile(r"(?<![\w-])font-style\s*:\s*(?:italic|oblique)\b", re.IGNORECASE),
    "s": re.compile(r"(?<![\w-])text-decoration(?:-line)?\s*:\s*(?:underline\s+)?line-through\b", re.IGNORECASE),
    "sup": re.compile(r"(?<![\w-])vertical-align\s*:\s*super\b", re.IGNORECASE),
    "sub": re.compile(r"(?<![\w-])vertical-align\s*:\s*sub\b", re.IGNORECASE),
}
_SPAN = re.compile(r"<(/?)span(?=[ >])([^>]*)>")
_ATTRIBUTE = re.compile(r' ([a-z]+)="([^"]*)"')
_NAMES = {"style", "lang", "dir"}


def meaning_of(style: str) -> str | None:
    """The names of the elements that say what a style does; None where it is looks alone."""
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

"""A card's excerpt: the beginning of a text, cut at a word."""

import re

LENGTH = 75
# a no-break space keeps two words together; a single space, which is most of them, stays as it is
_BLANKS = re.compile(r" [ \t\r\n\f\v]+|[\t\r\n\f\v][ \t\r\n\f\v]*")


def excerpt(text: str, length: int = LENGTH) -> str:
    """At most `length` characters, cut at a word, then `...` unless it is uncut and ends a sentence."""
    start = _on_one_line(text[: 2 * length])
    text = start if len(start) > length else _on_one_line(text)  # the rest of a long text decides nothing
    if len(text) <= length:
        return text if not text or text[-1] in ".!?…" else text + "..."
    cut = text[: length + 1].rpartition(" ")[0] or text[:length]
    return cut + "..."


def _on_one_line(text: str) -> str:
    plain = text.isprintable() and "  " not in text  # as most are: told sooner than replaced
    return (text if plain else _BLANKS.sub(" ", text)).strip(" ")

"""A card's excerpt: the beginning of a text, cut at a word."""

import re

LENGTH = 75
# a no-break space keeps two words together; a single space, which is most of them, stays as it is
_BLANKS = re.compile(r" [ \t\r\n\f\v]+|[\t\r\n\f\v][ \t\r\n\f\v]*")


def excerpt(text: str, length: int = LENGTH) -> str:
    """At most `length` characters, cut at a word, then `...` unless it is uncut and ends a sentence."""
    text = _BLANKS.sub(" ", text).strip(" ")
    if len(text) <= length:
        return text if not text or text[-1] in ".!?…" else text + "..."
    cut = text[: length + 1].rpartition(" ")[0] or text[:length]
    return cut + "..."

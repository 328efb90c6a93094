"""The beginning of a text, cut at a word: excerpts, and whatever else has room for so many characters."""

import re

LENGTH = 75
# a no-break space keeps two words together; a single space, which is most of them, stays as it is
_BLANKS = re.compile(r" [ \t\r\n\f\v]+|[\t\r\n\f\v][ \t\r\n\f\v]*")

# Chinese, Japanese, Thai, Lao, Khmer and Burmese have no blanks between words: they may be cut between two characters,
# though not after a vowel that is written before its consonant, nor after a sign that sets the next one below it, nor
# before a mark or what ends a clause. Tibetan has a dot after each syllable.
_UNSPACED = (
    r"\u0e01-\u0e4e\u0e81-\u0ece\u1000-\u103f\u1780-\u17d3\u2e80-\u9fff\uf900-\ufaff\uff01-\uff9f\U00020000-\U0003ffff"
)
_AFTER_SYLLABLE = r"\u0f0b"
_BEFORE_CONSONANT = r"\u0e40-\u0e44\u0ec0-\u0ec4\u1039\u17d2"
_NEVER_FIRST = (
    r"\u0300-\u036f\u0e30-\u0e3a\u0e45\u0e47-\u0e4e\u0eb0-\u0ebc\u0ec8-\u0ece\u102b-\u103e\u17b4-\u17d3"
    r"\u3001\u3002\u3009\u300b\u300d\u300f\u3011\u3099\u309a\ufe00-\ufe0f\uff01\uff09\uff0c\uff1a\uff1b\uff1f"
)
_CUT = re.compile(
    rf"(.+)(?:(?<=[{_UNSPACED}{_AFTER_SYLLABLE}])|(?=[{_UNSPACED}]))"
    rf"(?<![{_BEFORE_CONSONANT}])(?![{_NEVER_FIRST}])(?=.)",
    re.DOTALL,
)


def excerpt(text: str, length: int = LENGTH) -> str:
    """At most `length` characters, cut at a word, then `...` unless it is uncut and ends a sentence."""
    start = _on_one_line(text[: 2 * length])
    text = start if len(start) > length else _on_one_line(text)  # the rest of a long text decides nothing
    if len(text) <= length:
        return text if not text or text[-1] in ".!?…" else text + "..."
    return beginning(text, length) + "..."


def beginning(text: str, length: int) -> str:
    """At most `length` characters, cut at a word; in the midst of one that is longer."""
    if len(text) <= length:
        return text
    head = text[: length + 1]
    end = head.rfind(" ")
    if not head.isascii() and (cut := _CUT.match(head)):
        end = max(end, cut.end(1))
    return head[: end if end > 0 else length]


def _on_one_line(text: str) -> str:
    plain = text.isprintable() and "  " not in text  # as most are: told sooner than replaced
    return (text if plain else _BLANKS.sub(" ", text)).strip(" ")

"""Excerpts: the beginning of a text, cut at a word."""

import re

from hypothesis import example, given
from hypothesis import strategies as st

from shared.excerpts import excerpt

TEXTS = st.text(st.sampled_from(" \t\n\u00a0ab.é"), max_size=60)


@given(TEXTS)
@example(" " * 40 + "a word")
@example("sevenletters")
@example("a  b  c  d  e  f  g")
@example("seven l" + " " * 20)
@example("seven le" + " " * 20 + "x")
def test_an_excerpt_is_the_beginning_of_the_text_on_one_line(text: str) -> None:
    line = re.sub("[ \t\r\n\f\v]+", " ", text).strip(" ")
    whole = line if not line or line[-1] in ".!?…" else line + "..."
    cut = (line[:8].rpartition(" ")[0] or line[:7]) + "..."
    assert excerpt(text, 7) == (whole if len(line) <= 7 else cut)


def test_a_card_shows_75_characters_at_most() -> None:
    assert excerpt("a" * 75) == "a" * 75 + "..."
    assert excerpt("a" * 74 + "b c") == "a" * 74 + "b..."
    assert excerpt("a" * 75 + "b") == "a" * 75 + "..."

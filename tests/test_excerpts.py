"""Excerpts: the beginning of a text, cut at a word."""

import re
import unicodedata

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from shared.excerpts import beginning, excerpt

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


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        (
            "\u65b0\u534e\u793e\u5317\u4eac\u7535 " + "\u5e02\u6c11" * 20,
            "\u65b0\u534e\u793e\u5317\u4eac\u7535 \u5e02\u6c11\u5e02",
        ),
        ("\u5e02\u6c11\u8ba8\u8bba Pressrun \u5e02\u6c11", "\u5e02\u6c11\u8ba8\u8bba"),
        (
            "\u6771\u4eac\u306e\u5929\u6c17\u306f\u6674\u308c\u3067\u3059\u3002" * 2,
            "\u6771\u4eac\u306e\u5929\u6c17\u306f\u6674\u308c\u3067",
        ),
        (
            "\u0e02\u0e48\u0e32\u0e27\u0e14\u0e35\u0e40\u0e1b\u0e47\u0e19\u0e48\u0e32",
            "\u0e02\u0e48\u0e32\u0e27\u0e14\u0e35\u0e40\u0e1b\u0e47",
        ),
        (
            "\u1797\u17d2\u1793\u17c6\u1796\u17c1\u1789\u1780\u17d2\u179a\u17bb\u1784",
            "\u1797\u17d2\u1793\u17c6\u1796\u17c1\u1789",
        ),
        (
            "\u101b\u1014\u103a\u1000\u102f\u1014\u103a\u1010\u1000\u1039\u1000\u101e\u102d\u102f\u101c\u103a",
            "\u101b\u1014\u103a\u1000\u102f\u1014\u103a\u1010",
        ),
        (
            "\u0f56\u0f7c\u0f51\u0f0b\u0f61\u0f72\u0f42\u0f0b\u0f42\u0f7c\u0f51\u0f0b",
            "\u0f56\u0f7c\u0f51\u0f0b\u0f61\u0f72\u0f42\u0f0b",
        ),
        ("\ub300\ud55c \ubbfc\uad6d\ubbfc\uad6d\ubbfc\uad6d\ubbfc\uad6d\ubbfc", "\ub300\ud55c"),
        ("\u0645\u062d\u0645\u062f \u0627\u0644\u0633\u0648\u062f\u0627\u0646\u064a", "\u0645\u062d\u0645\u062f"),
    ],
)
def test_a_text_without_blanks_between_its_words_is_cut_at_a_character(text: str, shown: str) -> None:
    assert beginning(text, 10) == shown


@given(
    st.text(st.sampled_from("a \u5e02\u3002\u3067\u3099\u0e02\u0e48\u0e40\u062d\U0001f525"), max_size=40),
    st.integers(1, 20),
)
def test_what_is_cut_is_the_beginning_and_leaves_no_mark_behind(text: str, length: int) -> None:
    shown = beginning(text, length)
    assert text.startswith(shown)
    assert len(shown) == len(text) or len(shown) <= length
    rest, is_at_a_word = text[len(shown) :], len(shown) < min(length, len(text))
    assert not (is_at_a_word and unicodedata.combining(rest[0]))


@pytest.mark.parametrize(
    ("text", "length", "shown"), [("one two", 7, "one two"), ("one two", 6, "one"), ("a bcdefghi", 5, "a")]
)
def test_what_just_fits_is_not_cut_and_one_letter_is_a_word(text: str, length: int, shown: str) -> None:
    assert beginning(text, length) == shown

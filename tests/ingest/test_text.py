"""What cannot be published is removed from text, and nothing else is."""

import sys
from typing import Any

import html5lib  # type: ignore[import-untyped]  # it has no types
import pytest

from services.ingest.html import clean_html
from services.ingest.text import find_lone_surrogate, strip_forbidden
from shared.characters import clean_text, is_blank

ALL = [chr(code) for code in range(sys.maxunicode + 1) if not 0xD800 <= code <= 0xDFFF]
REMOVED = {
    *(chr(code) for code in range(32) if code not in (9, 10, 13)),
    *(chr(code) for code in range(0x7F, 0xA0)),
    *(chr(code) for code in range(0xFDD0, 0xFDF0)),
    *(chr(plane * 0x10000 + end) for plane in range(17) for end in (0xFFFE, 0xFFFF)),
}


@pytest.mark.parametrize("around", ["", "\n", "ü", "\n العراق "])
def test_exactly_what_xml_or_html_forbids_is_removed(around: str) -> None:
    changed = {character for character in ALL if clean_text(around + character + around) != around + character + around}
    assert changed == REMOVED


def test_the_end_of_a_line_parts_words() -> None:
    assert clean_text("two\u0085words") == "two words"
    assert clean_text("one\u0084word\u007f") == "oneword"


def test_every_text_of_a_tree_is_cleaned() -> None:
    assert strip_forbidden({"a\x81": ["b\x82", {"c": "d\ufdd0\x85e"}, 1, None]}) == {"a": ["b", {"c": "d e"}, 1, None]}


@pytest.mark.parametrize(
    ("tree", "pointer"),
    [
        ("\ud800", ""),
        ({"a": "b", "c": "\udfff"}, "/c"),
        ({"a/b~": ["c", "\u00fc", {"d": "\ud800"}], "e": "\ud800"}, "/a~1b~0/2/d"),
        ({"\ud800\u00fc": {"a": "\ud800"}}, "/\ufffd\u00fc"),
        ({"a": ["\U0001f6e2", {"\u00fc": None}], "b": 5}, None),
    ],
)
def test_half_of_a_surrogate_pair_is_pointed_at_without_one(tree: Any, pointer: str | None) -> None:
    assert find_lone_surrogate(tree) == pointer


@pytest.mark.parametrize("written", ["{}", "&#{};", "&#x{:x};"])
def test_a_body_keeps_none_of_them_however_it_is_written(written: str) -> None:
    body = "".join(f"<p title='{form}'>{form}</p>" for form in (_written(written, c) for c in sorted(REMOVED)))
    cleaned = clean_html(body)
    assert not REMOVED & set(cleaned)
    html5lib.HTMLParser(strict=True).parseFragment(cleaned)


def _written(form: str, character: str) -> str:
    return form.format(character if form == "{}" else ord(character))


FILLERS = "\u00ad\u115f\u1160\u180e\u200b\u200f\u202e\u2060\u2800\u3164\ufe0f\ufeff\uffa0\u00a0\u3000\t"


@pytest.mark.parametrize("filler", FILLERS)
def test_what_has_no_ink_is_blank(filler: str) -> None:
    assert is_blank(filler)
    assert is_blank(f" {filler}{filler} ")
    assert not is_blank(f"{filler}a")


# a character that this Python does not know yet, one of a newspaper's own typeface, a picture, words
@pytest.mark.parametrize("text", ["\U0001faea", "\ue000", "\u2764\ufe0f", "\u0643", "."])
def test_what_has_ink_is_not(text: str) -> None:
    assert not is_blank(text)

"""What the formats that cut have in common: their bounds are those within which the native format takes an article."""

import pytest

from services.ingest.formats.bounds import MAX_ADDRESS, MAX_LANGUAGE, MAX_NAME, MAX_NAMES
from services.ingest.formats.reading import authors, language, names, shorten, web_address


@pytest.mark.parametrize(
    ("text", "cut"),
    [("a bc", "a bc"), ("a bcd", "a"), ("a bc d", "a bc"), ("abcd", "abcd"), ("abcde", "abcd"), ("", "")],
)
def test_a_text_is_cut_at_a_word(text: str, cut: str) -> None:
    assert shorten(text, 4) == cut


def test_names_are_cut_in_number_and_length_and_come_once() -> None:
    told = [f"Name {number}" for number in range(MAX_NAMES + 1)]
    assert names(told) == tuple(told[:MAX_NAMES])
    assert [one.name for one in authors((name, "") for name in told)] == told[:MAX_NAMES]
    assert names(["Oil", "oil", "", "x" * (MAX_NAME + 1)]) == ("Oil", "x" * MAX_NAME)


def test_what_is_longer_than_its_bound_is_none() -> None:
    tag = "en-" + "-".join(["abcdefgh"] * 3 + ["abcde"])
    assert len(tag) == MAX_LANGUAGE
    assert (language(tag), language(tag + "f")) == (tag, None)
    address = "https://x.example/".ljust(MAX_ADDRESS, "x")
    assert (web_address(address), web_address(address + "x")) == (address, None)

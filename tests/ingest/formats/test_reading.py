"""What the formats that cut have in common: their bounds are those within which the native format takes an article."""

import tracemalloc
from datetime import UTC, datetime

import pytest

from services.ingest.draft import Author, Draft
from services.ingest.formats import ninjs
from services.ingest.formats.bounds import MAX_ADDRESS, MAX_LANGUAGE, MAX_NAME, MAX_NAMES
from services.ingest.formats.reading import Members, authors, language, names, plain, shorten, web_address
from shared.problems import Fault


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


BLOCKS = (
    "address article aside blockquote br caption dd dl dt div figure figcaption footer h1 h6 hr header li main nav ol"
    " ul p pre section table tbody td th tr tfoot thead"
)


@pytest.mark.parametrize("name", [*BLOCKS.split(), "P"])
def test_blocks_part_words_and_other_markup_does_not(name: str) -> None:
    for block in (f"<{name}>", f"</{name}>", f"<{name}/>", f'<{name} class="x">', f"<{name}\n>"):
        assert plain(f"Flood{block}in Bas<b class='x'>ra</b>") == "Flood in Basra"
    assert plain(f"Bas<x{name}>ra, Bas<{name}x>ra, 1 < 2 > 1") == "Basra, Basra, 1 < 2 > 1"


@pytest.mark.parametrize(("tag", "known"), [
    ("en", "en"), ("ckb", "ckb"), ("zh_Hans-CN", "zh-Hans-CN"), ("de-CH-1901-x-y", "de-CH-1901-x-y"),
    ("e", None), ("engl", None), ("en-", None), ("en--us", None), ("en-abcdefghi", None), ("a-b", None),
    ("en-a-b-c-d-e", None), ("\u00e9n", None), ("en us", None), ("", None),
])  # fmt: skip
def test_a_language_is_a_tag(tag: str, known: str | None) -> None:
    assert language(tag) == known


@pytest.mark.parametrize("address", ["https://a.b/c?d#e", "HTTP://a", "https://\u00e9.example/\u00e9"])
def test_a_web_address_names_a_host(address: str) -> None:
    assert web_address(address) == address
    wrong = ("", "//a.b/c", "ftp://a.b", "https:///c", "https://?c", "https://#c", "https:// a", "https://a.b/ c")
    assert [web_address(one) for one in (*wrong, f"x{address}", f"{address} ", f"{address}\n")] == [None] * 11


def test_an_author_has_the_first_address_that_came_with_the_name() -> None:
    told = [
        ("", "https://a.b/0"),
        ("Ali", ""),
        ("Ali", "https://a.b/1"),
        ("Jo", "https://a.b/2"),
        ("Jo", "https://a.b/3"),
    ]
    assert authors(told) == (Author("Ali"), Author("Jo", "https://a.b/2"))
    assert authors([("x" * (MAX_NAME + 1), "")]) == (Author("x" * MAX_NAME),)


def test_the_first_member_that_says_something_counts_and_each_that_is_wrong_is_told() -> None:
    faults: list[Fault] = []
    told = {"A": " ", "b": " two ", "c": "three", "n": 5, "no": "x"}
    told |= {"at": "2025-07-26T09:30:00Z", "later": "2026-01-01"}
    members = Members(told, faults, "/x")
    assert (members.text("a", "b", "c"), members.text("none")) == ("two", "")
    assert members.moment("none", "at", "later") == datetime(2025, 7, 26, 9, 30, tzinfo=UTC)
    members.number("n", "none")
    members.number("n", as_text=True)
    assert faults == []
    members.text("b", "n")
    members.moment("at", "no", "n")
    members.number("b")
    members.number("c", as_text=True)
    members.object("a")
    members.items("n")
    assert [(fault.pointer, fault.detail.partition(";")[0]) for fault in faults] == [
        ("/x/n", "This must be text, not a number."),
        ("/x/no", "This is no moment"),
        ("/x/n", "This is no moment"),
        ("/x/b", "This must be a number, not text."),
        ("/x/c", "This must be a number, not text."),
        ("/x/A", "This must be an object, not text."),
        ("/x/n", "This must be a list, not a number."),
    ]


def test_a_number_that_has_to_be_whole_is_so_however_it_is_written() -> None:
    faults: list[Fault] = []
    members = Members({"n": 3, "a": 3.0, "b": 0.1, "c": 1e400}, faults)
    members.number("n", "a", "none", whole=True)
    members.number("b")
    assert faults == []
    members.number("b", "c", whole=True)
    assert [(fault.pointer, fault.detail) for fault in faults] == [
        ("/b", "This must be a whole number."),
        ("/c", "This must be a whole number."),
    ]


def test_digits_in_a_text_are_a_number_only_where_they_may_be() -> None:
    faults: list[Fault] = []
    members = Members({"n": " 12 "}, faults)
    members.number("n", as_text=True)
    assert faults == []
    members.number("n")
    assert [fault.pointer for fault in faults] == ["/n"]


def test_a_name_that_no_member_has_is_not_kept_for_all_that_is_within() -> None:
    long = "x" * (MAX_NAME + 1)
    assert list(Members({long[1:]: 1, long: 2}, [])) == [long[1:]]
    within = {"renditions": {str(number): {"href": "x"} for number in range(500)}}
    item = {"uri": "a", "headline": "h", "body_text": "t", "associations": {"x" * 200_000: within}}
    tracemalloc.start()
    try:
        assert isinstance(ninjs.read(item), Draft)
        _, most = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert most < 10_000_000

"""The native format."""

from datetime import UTC, datetime
from typing import Any

import pytest

from services.ingest.draft import Author, Draft, DraftCorrection, Picture
from services.ingest.formats import native

LEAST: dict[str, Any] = {"guid": "a-1", "headline": "Bridge closed", "body_html": "<p>It is.</p>"}
WHOLE: dict[str, Any] = {
    **LEAST,
    "version": 3,
    "summary": " The old bridge\n is closed. ",
    "section": "City",
    "topics": ["Traffic", "Bridges", "Traffic"],
    "authors": ["Jane Doe", {"name": "Ali Hassan", "url": "https://example.org/ali"}],
    "language": "en_GB",
    "published_at": "2025-07-26T12:30:00+03:00",
    "updated_at": "2025-07-26t09:31:00.5z",
    "embargo_until": "2025-07-26 10:00:00Z",
    "slug": "The Bridge!",
    "status": "usable",
    "evolved_from": "a-0",
    "corrections": [{"text": "It was Tuesday.", "at": "2025-07-26T09:31:00Z"}],
    "image": {"media_id": "2025/bridge.jpg", "alt": "A bridge", "credit": "J. D.", "caption": "Closed."},
    "source_url": "https://example.org/a",
}


def draft(**members: Any) -> Draft:
    found = native.read({**LEAST, **members})
    assert isinstance(found, Draft), found
    return found


def pointers(content: Any) -> list[str]:
    found = native.read(content)
    assert isinstance(found, list)
    assert all(fault.detail.endswith(".") for fault in found)
    return [fault.pointer for fault in found]


def wrong(**members: Any) -> list[str]:
    return pointers({**LEAST, **members})


def test_everything_of_an_article_is_read() -> None:
    found = native.read(WHOLE)
    assert found == Draft(
        guid="a-1",
        version=3,
        headline="Bridge closed",
        body_html="<p>It is.</p>",
        summary="The old bridge\n is closed.",
        section="City",
        topics=("Traffic", "Bridges"),
        authors=(Author("Jane Doe"), Author("Ali Hassan", "https://example.org/ali")),
        language="en-GB",
        published_at=datetime(2025, 7, 26, 9, 30, tzinfo=UTC),
        updated_at=datetime(2025, 7, 26, 9, 31, 0, 500_000, tzinfo=UTC),
        embargo_until=datetime(2025, 7, 26, 10, tzinfo=UTC),
        slug="the-bridge",
        evolved_from="a-0",
        corrections=(DraftCorrection("It was Tuesday.", datetime(2025, 7, 26, 9, 31, tzinfo=UTC)),),
        image=Picture(media_id="2025/bridge.jpg", alt="A bridge", credit="J. D.", caption="Closed."),
        source_url="https://example.org/a",
    )


def test_three_members_are_enough_and_null_is_as_good_as_absent() -> None:
    assert draft() == draft(**{name: None for name in WHOLE if name not in LEAST})
    assert native.read({"guid": "x", "headline": "h", "body_text": "t"}) == Draft(guid="x", headline="h", body_text="t")


@pytest.mark.parametrize(
    ("html", "text", "used"),
    [
        ("", "t", (None, "t")),
        (" \n", "t", (None, "t")),
        ("<p></p>", "t", (None, "t")),
        ("<p></p>", " ", ("<p></p>", None)),
        ("", "", (None, None)),
        ("<p>h</p>", "t", ("<p>h</p>", None)),
        ('<img src="https://a.b/c.jpg">', "t", ('<img src="https://a.b/c.jpg">', None)),
        ('<iframe src="https://a.b/c"></iframe>', "t", ('<iframe src="https://a.b/c"></iframe>', None)),
        ("<figure><figcaption>c</figcaption></figure>", "t", ("<figure><figcaption>c</figcaption></figure>", None)),
    ],
)
def test_html_that_is_blank_gives_way_to_text(html: str, text: str, used: tuple[str | None, str | None]) -> None:
    found = draft(body_html=html, body_text=text)
    assert (found.body_html, found.body_text) == used


def test_everything_that_is_wrong_is_told_at_once() -> None:
    content = {"guid": 5, "headline": " ", "version": True, "x/y~": 1, "image": {}, "evolved_from": 5}
    assert sorted(pointers(content)) == sorted(
        ["/guid", "/headline", "/version", "/x~1y~0", "/image/media_id", "/evolved_from", "/evolved_from", "/body_html"]
    )


@pytest.mark.parametrize("name", ["guid", "headline"])
def test_a_missing_member_is_named(name: str) -> None:
    assert pointers({key: value for key, value in LEAST.items() if key != name}) == [f"/{name}"]


def test_a_missing_body_is_named() -> None:
    assert pointers({"guid": "x", "headline": "h"}) == ["/body_html"]
    assert pointers({"guid": "x", "headline": "h", "body_html": None}) == ["/body_html"]


def test_what_is_unknown_is_refused_inside_too() -> None:
    assert wrong(unknown=1) == ["/unknown"]
    assert wrong(authors=["a", {"name": "b", "mail": "c"}]) == ["/authors/1/mail"]
    assert wrong(image={"url": "https://a.b/c", "title": "x"}) == ["/image/title"]


@pytest.mark.parametrize(
    ("name", "value", "pointer"),
    [
        ("guid", "", ""),
        ("guid", " ", ""),
        ("guid", "x" * 513, ""),
        ("headline", 5, ""),
        ("headline", "x" * 301, ""),
        ("headline", "\x00\x01 ", ""),
        ("headline", "\u200b", ""),
        ("headline", "\u202e \u061c\u2067", ""),
        ("body_html", 5, ""),
        ("version", "3", ""),
        ("version", 3.0, ""),
        ("version", True, ""),
        ("version", -1, ""),
        ("version", 2**53 + 1, ""),
        ("section", "", ""),
        ("section", ["a"], ""),
        ("topics", "a", ""),
        ("topics", ["a", ""], "/1"),
        ("topics", ["a", "\xad"], "/1"),
        ("topics", ["x" * 201], "/0"),
        ("topics", ["x"] * 51, ""),
        ("authors", [5], "/0"),
        ("authors", ["a", " "], "/1"),
        ("authors", ["a", "\ufeff"], "/1"),
        ("authors", ["x" * 201], "/0"),
        ("authors", [{}], "/0/name"),
        ("authors", [{"name": "a", "url": "javascript:x"}], "/0/url"),
        ("authors", ["x"] * 51, ""),
        ("language", "english please", ""),
        ("published_at", "2025-07-26T09:30:00", ""),
        ("published_at", "2025-07-26", ""),
        ("published_at", "2025-02-30T09:30:00Z", ""),
        ("published_at", "2025-07-26T09:30:00+03", ""),
        ("published_at", "2025-07-26T09:30:00+05:75", ""),  # an hour of the zone has 60 minutes
        ("published_at", "0001-01-01T00:00:00+14:00", ""),
        ("updated_at", 1753522200, ""),
        ("embargo_until", "tomorrow", ""),
        ("slug", "!!", ""),
        ("slug", "\U0001f600", ""),
        ("slug", "x" * 201, ""),
        ("status", "killed", ""),
        ("evolved_from", "a-1", ""),
        ("evolved_from", " \u200b", ""),
        ("corrections", [{"text": "x"}], "/0/at"),
        ("corrections", [{"at": "2025-07-26T09:30:00Z"}], "/0/text"),
        ("corrections", [{"text": "x", "at": "2025-07-26T09:30:00Z"}] * 101, ""),
        ("image", {"alt": "x"}, "/media_id"),
        ("image", {"media_id": "\n"}, "/media_id"),
        ("image", {"url": "/media/x.jpg"}, "/url"),
        ("image", "https://a.b/c", ""),
        ("source_url", "ftp://a.b/c", ""),
        ("source_url", "https://", ""),
    ],
)
def test_a_wrong_value_is_named(name: str, value: Any, pointer: str) -> None:
    assert wrong(**{name: value}) == [f"/{name}{pointer}"]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("version", 0),
        ("version", 2**53),
        ("guid", "x" * 512),
        ("headline", " " + "x" * 300 + " "),
        ("topics", ["x"] * 50),
        ("body_html", ""),
        ("slug", "مرحبا"),
        ("slug", "日本"),
        ("language", "zh-Hant-TW"),
        ("published_at", "2016-12-31T23:59:60Z"),
        ("published_at", "2025-07-26T09:30:00+0300"),  # as `strftime` writes it
    ],
)
def test_the_bounds_themselves_are_within(name: str, value: Any) -> None:
    draft(**{name: value})


@pytest.mark.parametrize("content", [None, [], "x", 5, True])
def test_what_is_no_object_is_refused_with_a_pointer(content: Any) -> None:
    assert pointers(content) == ["/guid"]


def test_half_a_surrogate_pair_is_named_wherever_it_stands() -> None:
    assert wrong(summary="a\ud800") == ["/summary"]
    assert wrong(topics=["a", "\udc00"]) == ["/topics/1"]
    assert wrong(authors=[{"name": "a", "url\ud800": "b"}]) == ["/authors/0/url\ufffd"]


def test_characters_that_xml_forbids_are_removed() -> None:
    found = draft(headline="A\x00 b\x0b", body_html="x\ufffe\x1f\ty", topics=["\x01t"], guid="g\x02")
    assert (found.headline, found.body_html, found.topics, found.guid) == ("A b", "x\ty", ("t",), "g")


@pytest.mark.parametrize("status", ["usable", "withheld", "canceled"])
def test_an_article_can_be_taken_back_by_its_status(status: str) -> None:
    assert draft(status=status).status == status


def test_a_picture_may_be_elsewhere() -> None:
    told = {"url": "https://x.example/a.jpg", "alt": " A ", "credit": " B ", "caption": " C "}
    assert draft(image=told).image == Picture(url="https://x.example/a.jpg", alt="A", credit="B", caption="C")


def test_white_space_around_what_stands_for_something_is_left_out() -> None:
    found = draft(
        slug=f" {'x' * 200} ", language=" en ", source_url=" https://a.b/c\n", section=" City ", topics=[" A "]
    )
    assert (found.slug, found.language, found.source_url) == ("x" * 200, "en", "https://a.b/c")
    assert (found.section, found.topics) == ("City", ("A",))


def test_a_headline_is_one_line() -> None:
    assert draft(headline=" A\n  b\tc ").headline == "A b c"

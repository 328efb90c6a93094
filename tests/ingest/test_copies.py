"""A draft made ready, and the article that it becomes."""

import xml.etree.ElementTree as ET
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import html5lib  # type: ignore[import-untyped]  # it has no types
import pytest

from services.ingest.copies import article_of, prepare, waiting_of
from services.ingest.draft import Author, Draft, DraftCorrection
from shared.articles import Article, Correction, Image, Term, identify
from shared.site_settings import SiteSettings

NOW = datetime(2025, 7, 26, 9, 30, tzinfo=UTC)
SITE = SiteSettings(timezone="Asia/Baghdad")
IDENT = identify("desk", "g")
IMAGE = Image(url="/media/a-1600.jpg", alt="A bridge")
WHOLE = Draft(
    guid="g",
    version=7,
    headline="Bridge closed",
    body_html="<p>It is closed.</p>",
    summary="No cars.",
    section="City",
    topics=("Traffic", "Bridges"),
    authors=(Author("Jane Doe", "https://jane.example/"), Author("Ali")),
    language="en-GB",
    published_at=NOW - timedelta(hours=2),
    updated_at=NOW - timedelta(hours=1),
    embargo_until=NOW - timedelta(hours=3),
    slug="the-bridge",
    evolved_from="f",
    corrections=(DraftCorrection("It was Tuesday.", NOW),),
    source_url="https://x.example/a",
)


def article(draft: Draft, current: Article | None = None, *, image: Image | None = None) -> Article:
    """What a draft becomes after a state."""
    return article_of(prepare("desk", draft, image, ("a",) if image else ()), current, 7, SITE, NOW)


def test_all_that_a_draft_says_is_in_its_article() -> None:
    assert article(WHOLE, image=IMAGE) == Article(
        id=IDENT,
        source="desk",
        guid="g",
        revision=1,
        version=7,
        is_numbered=True,
        state="published",
        digest=prepare("desk", WHOLE, IMAGE).digest,
        accepted_at=NOW,
        updated_at=NOW - timedelta(hours=1),
        ordered_at=NOW - timedelta(hours=1),
        published_at=NOW - timedelta(hours=2),
        headline="Bridge closed",
        summary="No cars.",
        section=Term(slug="city", name="City"),
        topics=(Term(slug="traffic", name="Traffic"), Term(slug="bridges", name="Bridges")),
        authors=(Term(slug="jane-doe", name="Jane Doe", url="https://jane.example/"), Term(slug="ali", name="Ali")),
        language="en-GB",
        day="2025-07-26",
        slug="the-bridge",
        asked_slug="the-bridge",
        image=IMAGE,
        media=("a",),
        corrections=(Correction(text="It was Tuesday.", at=NOW),),
        evolved_from="f",
        source_url="https://x.example/a",
        opening="It is closed.",
    )


@pytest.mark.parametrize(("told", "language"), [("und", None), ("mis", None), ("MUL", None), ("zxx-Arab", None)])
def test_a_language_that_nobody_can_name_is_none(told: str, language: str | None) -> None:
    """An Arabic story of the language `und` had the direction of Latin letters."""
    assert article(replace(WHOLE, language=told)).language == language


def test_what_says_nothing_else_has_an_address_all_the_same() -> None:
    found = article(Draft(guid="g", headline="\U0001f6e2", body_text="Oil."))
    assert (found.day, found.slug, found.asked_slug) == ("2025-07-26", f"article-{IDENT[:8]}", None)
    assert (found.published_at, found.is_numbered, found.section, found.opening) == (NOW, False, None, "Oil.")


def test_a_slug_that_nothing_of_can_stand_in_an_address_is_none() -> None:
    found = article(Draft(guid="g", headline="Oil", slug="\U0001f6e2"))
    assert (found.slug, found.asked_slug) == ("oil", None)


def test_spellings_of_a_name_are_one_topic_and_one_author() -> None:
    found = article(replace(WHOLE, topics=("Oil", "Gas", "OIL"), authors=(Author("Ali"), Author("ALI"))))
    assert [term.slug for term in found.topics] == ["oil", "gas"]
    assert [term.slug for term in found.authors] == ["ali"]


@pytest.mark.parametrize(
    ("told", "published_at"),
    [
        ({}, WHOLE.published_at),
        ({"published_at": None}, WHOLE.embargo_until),
        ({"published_at": None, "embargo_until": None}, NOW),
    ],
)
def test_an_article_is_dated_by_its_source_else_by_its_embargo_else_by_its_acceptance(
    told: dict[str, Any], published_at: datetime
) -> None:
    assert article(replace(WHOLE, **told)).published_at == published_at


def test_the_date_and_the_address_stay_unless_the_source_says_others() -> None:
    first = article(replace(WHOLE, published_at=NOW - timedelta(days=9)))
    silent = replace(WHOLE, published_at=None, slug=None, headline="Bridge opened")
    again = article(silent, first)
    assert (again.published_at, again.day, again.slug, again.asked_slug, again.revision) == (
        first.published_at, first.day, first.slug, first.asked_slug, 2,
    )  # fmt: skip
    moved = article(replace(silent, slug="Opened", published_at=NOW), first)
    assert (moved.published_at, moved.day, moved.slug, moved.asked_slug) == (NOW, first.day, "opened", "opened")
    waits = waiting_of(prepare("desk", silent), again)
    assert (waits.asked_slug, waits.is_dated) == (None, False)


@pytest.mark.parametrize(
    "change",
    [
        {"headline": "B"}, {"body_html": "<p>B</p>"}, {"summary": "B"}, {"section": None}, {"topics": ("B",)},
        {"authors": (Author("Jane Doe"), Author("Ali"))}, {"language": "en"}, {"published_at": NOW},
        {"embargo_until": NOW}, {"slug": "b"}, {"evolved_from": None}, {"source_url": None}, {"corrections": ()},
        {"corrections": (DraftCorrection("It was Monday.", NOW),)},
        {"corrections": (DraftCorrection("It was Tuesday.", NOW - timedelta(1)),)},
    ],
)  # fmt: skip
def test_whatever_readers_see_makes_another_digest(change: dict[str, Any]) -> None:
    assert prepare("desk", replace(WHOLE, **change)).digest != prepare("desk", WHOLE).digest


def test_the_picture_is_in_the_digest_and_what_orders_versions_is_not() -> None:
    assert prepare("desk", WHOLE, IMAGE).digest != prepare("desk", WHOLE).digest
    assert prepare("desk", WHOLE, IMAGE).digest != prepare("desk", WHOLE, IMAGE.model_copy(update={"alt": "B"})).digest
    assert prepare("desk", replace(WHOLE, version=8, updated_at=None)).digest == prepare("desk", WHOLE).digest


def test_the_digest_is_the_one_that_stores_keep() -> None:
    """With another one each article that is sent again would be an update."""
    assert prepare("desk", WHOLE).digest == "aa7273f9fc9e750b0f7e7f7d"


def test_a_picture_within_a_body_tells_its_size_unless_its_source_did() -> None:
    mine, other = "/media/ab/mine-1600.jpg", "https://a.b/other.jpg"
    body = "".join(
        f'<p><img alt="{alt}" src="{src}"{size}></p>'
        for alt, src, size in (
            ("a > b", mine, ""), ("c", mine, ' width="200" height="133"'), ("d", mine, ' width="300"'),
            ("e", other, ""),
        )
    )  # fmt: skip
    made = prepare("desk", Draft(guid="a", headline="h", body_html=body), None, {mine: (1600, 1067)})
    sizes = [[(part.get("alt"), part.get("width"), part.get("height")) for part in _images(made.body)]]
    assert sizes == [[("a > b", "1600", "1067"), ("c", "200", "133"), ("d", "300", None), ("e", None, None)]]
    assert made.media == (mine,)


def _images(body: str) -> list[ET.Element]:
    return list(html5lib.parseFragment(body, namespaceHTMLElements=False).iter("img"))

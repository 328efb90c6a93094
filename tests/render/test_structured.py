"""What search engines and social networks read in an article's head: JSON-LD, OpenGraph, where it is, its language."""

import json
import xml.etree.ElementTree as ET
from datetime import timedelta
from typing import Any

import html5lib  # type: ignore[import-untyped]  # it has no types
import pytest

from services.render import contexts as c
from services.render.printer import Printer
from shared.articles import Article, Correction, Image, Term
from tests.render.composition import NOW, SITE

PUBLISHER = {"@type": "NewsMediaOrganization", "name": "Baghdad Courier", "url": "https://courier.example/"}
MINIMAL = Article(
    id="abcdefghijklmnop",
    source="wire",
    guid="1",
    revision=1,
    version=1,
    state="published",
    digest="d",
    accepted_at=NOW,
    published_at=NOW,
    headline="A minimal story",
    opening="It opens like this.",
    day="2025-07-26",
    slug="minimal",
)
FULL = MINIMAL.model_copy(
    update={
        "headline": "قصة كاملة",
        "summary": "What it says.",
        "updated_at": NOW + timedelta(hours=1),
        "section": Term(slug="world", name="World & more"),
        "topics": (Term(slug="iraq", name="Iraq"), Term(slug="energy", name="Energy")),
        "authors": (Term(slug="ada", name="Ada", url="https://ada.example/"), Term(slug="bo-li", name="Bo Li")),
        "language": "ar",
        "slug": "قصة",
        "image": Image(url="/media/a b.jpg", alt="A river", credit="Ada", caption="Seen", width=1200, height=800),
        "corrections": (Correction(text="It was Tuesday.", at=NOW), Correction(text="And wet.", at=NOW)),
        "source_url": "https://wire.example/1",
    }
)
URL = "https://courier.example/2025/07/26/minimal/"
FULL_URL = "https://courier.example/2025/07/26/%D9%82%D8%B5%D8%A9/"
PICTURE = "https://courier.example/media/a%20b.jpg"
AT, LATER = "2025-07-26T12:30:00+03:00", "2025-07-26T13:30:00+03:00"


def _root(article: Article) -> ET.Element:
    text = Printer(SITE).print(c.ArticlePage(SITE, article, "<p>Body</p>")).decode()
    root: ET.Element = html5lib.HTMLParser(strict=True, namespaceHTMLElements=False).parse(text)
    return root


def _structured(article: Article) -> dict[str, Any]:
    (script,) = _root(article).findall(".//script[@type='application/ld+json']")
    found: dict[str, Any] = json.loads(script.text or "")
    return found


def _metas(article: Article) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for meta in _root(article).iter("meta"):
        if name := meta.get("property") or meta.get("name"):
            found.setdefault(name, []).append(meta.get("content") or "")
    return found


def test_a_full_article_tells_all_that_it_was_sent_with() -> None:
    assert _structured(FULL) == {
        "@context": "https://schema.org",
        "@type": "NewsArticle",
        "mainEntityOfPage": FULL_URL,
        "headline": "قصة كاملة",
        "description": "What it says.",
        "image": [PICTURE],
        "datePublished": AT,
        "dateModified": LATER,
        "author": [
            {"@type": "Person", "name": "Ada", "url": "https://ada.example/"},
            {"@type": "Person", "name": "Bo Li", "url": "https://courier.example/author/bo-li/"},
        ],
        "articleSection": "World & more",
        "keywords": ["Iraq", "Energy"],
        "inLanguage": "ar",
        "publisher": PUBLISHER,
        "correction": [
            {"@type": "CorrectionComment", "text": "It was Tuesday.", "datePublished": AT},
            {"@type": "CorrectionComment", "text": "And wet.", "datePublished": AT},
        ],
        "isBasedOn": "https://wire.example/1",
    }


def test_a_minimal_article_tells_what_is_known_and_leaves_the_rest_out() -> None:
    assert _structured(MINIMAL) == {
        "@context": "https://schema.org",
        "@type": "NewsArticle",
        "mainEntityOfPage": URL,
        "headline": "A minimal story",
        "datePublished": AT,
        "dateModified": AT,
        "author": [{"@type": "Organization", "name": "Baghdad Courier", "url": "https://courier.example/"}],
        "inLanguage": "en",
        "publisher": PUBLISHER,
    }


@pytest.mark.parametrize(
    ("sent", "told"),
    [
        ("word " * 21 + "words", "word " * 21 + "words"),
        ("word " * 21 + "longer", "word " * 20 + "word…"),
        ("word " * 20 + "word, – and more", "word " * 20 + "word…"),
        ("w" * 111, "w" * 109 + "…"),
    ],
    ids=["110 letters", "111 letters", "a comma before the cut", "one long word"],
)
def test_a_headline_is_cut_at_a_word_to_the_length_that_search_engines_advise(sent: str, told: str) -> None:
    assert _structured(MINIMAL.model_copy(update={"headline": sent}))["headline"] == told


def test_opengraph_has_what_a_shared_link_shows() -> None:
    found = _metas(FULL)
    assert {name: values for name, values in found.items() if ":" in name} == {
        "og:site_name": ["Baghdad Courier"],
        "og:type": ["article"],
        "og:title": ["قصة كاملة"],
        "og:description": ["What it says."],
        "og:url": [FULL_URL],
        "og:image": [PICTURE],
        "og:image:alt": ["A river"],
        "og:image:width": ["1200"],
        "og:image:height": ["800"],
        "article:published_time": [AT],
        "article:modified_time": [LATER],
        "article:section": ["World & more"],
        "article:tag": ["Iraq", "Energy"],
        "twitter:card": ["summary_large_image"],
    }
    assert found["description"] == found["og:description"]
    assert _metas(MINIMAL)["twitter:card"] == ["summary"]
    assert not [name for name in _metas(MINIMAL) if name.startswith("og:image")]


def test_a_picture_of_which_nothing_is_said_has_no_words_of_nothing() -> None:
    assert FULL.image
    silent = FULL.model_copy(update={"image": FULL.image.model_copy(update={"alt": ""})})
    assert [name for name in _metas(silent) if name.startswith("og:image")] == [
        "og:image", "og:image:width", "og:image:height"
    ]  # fmt: skip


def test_search_engines_may_show_the_whole_picture_of_an_article() -> None:
    assert _metas(FULL)["robots"] == ["max-image-preview:large"]


def test_a_picture_of_unknown_size_claims_none() -> None:
    found = _metas(FULL.model_copy(update={"image": Image(url="https://elsewhere.example/x.jpg")}))
    assert found["og:image"] == ["https://elsewhere.example/x.jpg"]
    assert not {"og:image:width", "og:image:height"} & set(found)


@pytest.mark.parametrize(
    ("article", "url", "language", "direction"), [(FULL, FULL_URL, "ar", "rtl"), (MINIMAL, URL, "en", "ltr")]
)
def test_a_page_says_where_it_is_and_how_it_is_read(article: Article, url: str, language: str, direction: str) -> None:
    root = _root(article)
    assert [link.get("href") for link in root.findall(".//link[@rel='canonical']")] == [url]
    assert (root.get("lang"), root.get("dir")) == (language, direction)

"""Feeds and sitemaps: well-formed and whole, whatever an upstream sends."""

import json
import tracemalloc
import xml.etree.ElementTree as ET
from html import unescape

import feedparser  # type: ignore[import-untyped]  # it has no types
import pytest

from services.render import contexts as c
from services.render.printer import Printer
from tests.render.composition import NOW, PAYLOADS, SITE, contexts_of, story


@pytest.fixture(scope="module")
def printer() -> Printer:
    """The printer of the site."""
    return Printer(SITE)


@pytest.mark.parametrize("kind", [c.AtomFeed, c.RssFeed])
@pytest.mark.parametrize("payload", ["Words", *PAYLOADS])
def test_feeds_are_well_formed_and_whole(printer: Printer, kind: type, payload: str) -> None:
    text = printer.print(contexts_of(story(payload), body="<p>Whole ]]> body</p>")[kind])
    found = feedparser.parse(text, sanitize_html=False)
    assert not found.bozo, found.get("bozo_exception")
    (entry,) = found.entries
    assert unescape(entry.title) == unescape(payload)
    assert entry.id.startswith("tag:courier.example,2025:wire/")
    assert entry.link == "https://courier.example/2025/07/26/words/"
    assert "<p>Whole ]]> body</p>" in entry.content[0].value
    assert entry.author == payload
    assert found.feed.link == "https://courier.example/topic/words/"


@pytest.mark.parametrize(("kind", "file"), [(c.AtomFeed, "feed.xml"), (c.RssFeed, "rss.xml")])
def test_a_feed_says_where_it_is(printer: Printer, kind: type, file: str) -> None:
    found = feedparser.parse(printer.print(contexts_of(story())[kind]))
    links = [link.href for link in found.feed.links if link.rel == "self"]
    assert links == [f"https://courier.example/topic/words/{file}"]
    assert found.feed.get("id", links[0]) == links[0]


def test_a_live_blog_that_grows_does_not_fill_the_memory(printer: Printer) -> None:
    tracemalloc.start()
    try:
        for version in range(100):
            entry = c.Entry(story(), f"<p>{version} {'word ' * 40_000}</p>")
            for kind in (c.AtomFeed, c.RssFeed, c.JsonFeed):
                printer.print(kind(SITE, "all", None, NOW, (entry,)))
        kept, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert kept < 40 * 2**20


def test_an_article_without_authors_has_the_sites_name_in_atom(printer: Printer) -> None:
    entry = c.Entry(story().model_copy(update={"authors": ()}), "<p>Body</p>")
    root = ET.fromstring(printer.print(c.AtomFeed(SITE, "all", None, NOW, (entry,))))  # noqa: S314  our own XML
    names = root.findall("{http://www.w3.org/2005/Atom}author/{http://www.w3.org/2005/Atom}name")
    assert [name.text for name in names] == ["Baghdad Courier"]


def test_a_name_that_is_both_section_and_topic_is_one_category(printer: Printer) -> None:
    made = contexts_of(story("Water"))
    entry = feedparser.parse(printer.print(made[c.AtomFeed])).entries[0]
    assert [tag.term for tag in entry.tags] == ["Water", "Security"]
    assert json.loads(printer.print(made[c.JsonFeed]))["items"][0]["tags"] == ["Water", "Security"]


def test_the_json_feed_is_whole(printer: Printer) -> None:
    article = story("</script>").model_copy(update={"corrections": ()})
    found = json.loads(printer.print(contexts_of(article)[c.JsonFeed]))
    assert found["feed_url"] == "https://courier.example/topic/words/feed.json"
    assert found["items"][0]["title"] == "</script>"
    assert found["items"][0]["content_html"] == "<p>Body</p>"


@pytest.mark.parametrize("kind", [c.SitemapIndex, c.Sitemap, c.NewsSitemap])
def test_sitemaps_are_well_formed(printer: Printer, kind: type) -> None:
    for payload in PAYLOADS:
        root = ET.fromstring(printer.print(contexts_of(story(payload))[kind]))  # noqa: S314  our own XML
        assert "https://courier.example/" in (root[0][0].text or "")


def test_robots_finds_the_sitemaps(printer: Printer) -> None:
    assert b"Sitemap: https://courier.example/news-sitemap.xml\n" in printer.print(c.Robots(SITE))


def test_the_news_sitemap_names_each_article_by_its_headline_alone() -> None:
    card = story().card()
    printed = Printer(SITE).print(c.NewsSitemap(SITE, (card,)))
    found = ET.fromstring(printed)  # noqa: S314 - our own
    titles = [one.text for one in found.iter("{http://www.google.com/schemas/sitemap-news/0.9}title")]
    assert titles == [card.headline]

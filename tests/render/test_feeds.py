"""Feeds and sitemaps: well-formed and whole, whatever an upstream sends."""

import json
import tracemalloc
import xml.etree.ElementTree as ET
from datetime import UTC, datetime, timedelta
from html import unescape

import feedparser  # type: ignore[import-untyped]  # it has no types
import pytest

from services.render import contexts as c
from services.render.printer import Printer
from services.render.typeset.content import LONGEST
from shared.articles import Article, Term
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


def test_a_standfirst_is_plain_text_to_atom_and_html_to_rss(printer: Printer) -> None:
    said = "Growth <5 % at R&amp;D, says <b>Oil & Co</b>"
    entry = c.Entry(story().model_copy(update={"summary": said}), "<p>Body</p>", SITE.host)
    atom, rss, feed = (
        printer.print(kind(SITE, "all", None, NOW, (entry,))) for kind in (c.AtomFeed, c.RssFeed, c.JsonFeed)
    )
    summary = ET.fromstring(atom).find("{*}entry/{*}summary")  # noqa: S314  our own XML
    assert summary is not None
    assert (summary.get("type", "text"), summary.text) == ("text", said)
    assert json.loads(feed)["items"][0]["summary"] == said
    description = ET.fromstring(rss).findtext("channel/item/description")  # noqa: S314  our own XML
    assert description is not None
    assert "<" not in description
    assert unescape(description) == said


@pytest.mark.parametrize(("body", "said"), [("<p>R&amp;D grows < 5 %.</p>", "R&D grows < 5 %."), ("<hr>", None)])
def test_without_a_standfirst_an_item_of_rss_is_described_by_its_opening(
    printer: Printer, body: str, said: str | None
) -> None:
    entry = c.Entry(story().model_copy(update={"summary": "", "opening": said or ""}), body, SITE.host)
    item = ET.fromstring(printer.print(c.RssFeed(SITE, "all", None, NOW, (entry,)))).find("channel/item")  # noqa: S314
    assert item is not None
    description = item.findtext("description")
    assert (unescape(description) if description else description) == said
    atom = ET.fromstring(printer.print(c.AtomFeed(SITE, "all", None, NOW, (entry,))))  # noqa: S314  our own XML
    assert atom.find("{*}entry/{*}summary") is None  # whole articles need none there (RFC 4287 §4.1.2)


def test_a_long_opening_describes_an_item_of_rss_as_far_as_search_engines_read(printer: Printer) -> None:
    entry = c.Entry(story().model_copy(update={"summary": "", "opening": "Five " * 40}), "<p>Five</p>", SITE.host)
    rss = ET.fromstring(printer.print(c.RssFeed(SITE, "all", None, NOW, (entry,))))  # noqa: S314  our own XML
    assert rss.findtext("channel/item/description") == " ".join(["Five"] * 31) + "..."


@pytest.mark.parametrize("article", [story(language="ar"), story("مرحبا")])
def test_what_is_written_from_the_right_is_so_in_feeds_too(printer: Printer, article: Article) -> None:
    made = contexts_of(article)
    [entry] = json.loads(printer.print(made[c.JsonFeed]))["items"]
    assert entry["content_html"].startswith('<div dir="rtl"><p>')
    assert entry["content_html"].endswith("</div>")
    for kind, name in (
        (c.AtomFeed, "{http://www.w3.org/2005/Atom}content"),
        (c.RssFeed, "{http://purl.org/rss/1.0/modules/content/}encoded"),
    ):
        root = ET.fromstring(printer.print(made[kind]))  # noqa: S314  our own XML
        assert [part.text for part in root.iter(name)] == [entry["content_html"]]


@pytest.mark.parametrize(("article", "begins"), [(story("مرحبا"), '<div dir="rtl">'), (story(language="en"), "<p>")])
def test_feeds_of_a_site_from_the_right_say_so_of_what_is_written_so_alone(article: Article, begins: str) -> None:
    """Readers of feeds do not take the direction from the language of the site."""
    printer = Printer(SITE.model_copy(update={"language": "ar"}))
    [entry] = json.loads(printer.print(contexts_of(article)[c.JsonFeed]))["items"]
    assert entry["content_html"].startswith(begins)


def test_a_live_blog_that_grows_does_not_fill_the_memory(printer: Printer) -> None:
    tracemalloc.start()
    try:
        for version in range(100):
            entry = c.Entry(story(), f"<p>{version} {'word ' * 40_000}</p>", SITE.host)
            for kind in (c.AtomFeed, c.RssFeed, c.JsonFeed):
                printer.print(kind(SITE, "all", None, NOW, (entry,)))
        kept, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert kept < 40 * 2**20


def test_megabytes_that_a_sender_wrote_are_not_in_each_feed(printer: Printer) -> None:
    article = story()
    assert article.image is not None
    wordy = article.image.model_copy(update={"credit": "& " * 2_000_000})
    long = article.model_copy(update={"summary": "< " * 2_000_000, "image": wordy, "opening": "How it <opens>"})
    for body, shown in (
        ("x" * LONGEST, "x" * LONGEST),
        (f"<p>{'&amp;' * LONGEST}</p>", "<p>How it &lt;opens&gt;…</p>"),
    ):
        for kind in (c.AtomFeed, c.RssFeed, c.JsonFeed):
            feed = printer.print(kind(SITE, "all", None, NOW, (c.Entry(long, body, SITE.host),)))
            assert len(feed) < LONGEST + 200_000
            (entry,) = feedparser.parse(feed).entries if kind is not c.JsonFeed else json.loads(feed)["items"]
            content = entry["content_html"] if kind is c.JsonFeed else entry.content[0].value
            assert content.startswith(shown), kind


def test_rss_tells_moments_before_time_zones_in_utc(printer: Printer) -> None:
    at = datetime(1910, 5, 5, tzinfo=UTC)  # Baghdad was 2:57:36 ahead
    entry = c.Entry(story().model_copy(update={"published_at": at}), "<p>Body</p>", SITE.host)
    (channel,) = ET.fromstring(printer.print(c.RssFeed(SITE, "all", None, at, (entry,))))  # noqa: S314  our own XML
    told = [channel.findtext("item/pubDate"), channel.findtext("lastBuildDate")]
    assert told == ["Thu, 05 May 1910 00:00:00 +0000"] * 2


def test_an_article_without_authors_has_the_sites_name_in_atom(printer: Printer) -> None:
    entry = c.Entry(story().model_copy(update={"authors": ()}), "<p>Body</p>", SITE.host)
    root = ET.fromstring(printer.print(c.AtomFeed(SITE, "all", None, NOW, (entry,))))  # noqa: S314  our own XML
    names = root.findall("{http://www.w3.org/2005/Atom}author/{http://www.w3.org/2005/Atom}name")
    assert [name.text for name in names] == ["Baghdad Courier"]


def test_a_name_that_is_both_section_and_topic_is_one_category(printer: Printer) -> None:
    made = contexts_of(story("Water"))
    entry = feedparser.parse(printer.print(made[c.AtomFeed])).entries[0]
    assert [tag.term for tag in entry.tags] == ["Water", "Security"]
    assert json.loads(printer.print(made[c.JsonFeed]))["items"][0]["tags"] == ["Water", "Security"]


def test_no_directive_for_a_server_is_in_a_json_feed(printer: Printer) -> None:
    told = '<!--#include virtual="/x" -->\\\\<!-- a'
    article = story(told).model_copy(update={"topics": (Term(slug="x", name=told),)})
    content = printer.print(
        c.JsonFeed(SITE, "topic", article.topics[0], NOW, (c.Entry(article, "<p>Body</p>", SITE.host),))
    )
    assert b"<!" not in content
    assert json.loads(content)["title"] == f"{told} – Baghdad Courier"
    assert json.loads(content)["items"][0]["tags"][-1] == told


def test_each_format_says_of_a_list_and_its_articles_what_there_is_to_say(printer: Printer) -> None:
    author = Term(slug="jane-doe", name="Jane Doe", url="https://elsewhere.example/jane")
    section, topic = Term(slug="world", name="World"), Term(slug="oil", name="Oil")
    article = story("</script>").model_copy(
        update={"summary": "In short", "authors": (author,), "section": section, "topics": (topic,),
                "language": "pt_BR", "corrections": (), "image": None}
    )  # fmt: skip
    about = (SITE, "topic", topic, NOW + timedelta(hours=2), (c.Entry(article, "<p>Body</p>", SITE.host),))
    ident, url, place = "tag:courier.example,2025:wire/%3C%2Fscript%3E", SITE.base_url + article.path, "/topic/oil/"
    written_by = "https://courier.example/author/jane-doe/"
    assert json.loads(printer.print(c.JsonFeed(*about))) == {
        "version": "https://jsonfeed.org/version/1.1",
        "title": "Oil – Baghdad Courier",
        "home_page_url": SITE.base_url + place,
        "feed_url": f"{SITE.base_url}{place}feed.json",
        "language": "en",
        "authors": [{"name": "Baghdad Courier", "url": "https://courier.example/"}],
        "items": [
            {
                "id": ident,
                "url": url,
                "title": "</script>",
                "content_html": "<p>Body</p>",
                "summary": "In short",
                "date_published": "2025-07-26T12:30:00+03:00",
                "date_modified": "2025-07-26T13:30:00+03:00",
                "authors": [{"name": "Jane Doe", "url": written_by}],
                "tags": ["World", "Oil"],
                "language": "pt-BR",
            }
        ],
    }
    assert told(printer.print(c.AtomFeed(*about))) == [
        ("feed title", "Oil – Baghdad Courier"), ("feed id", f"{SITE.base_url}{place}feed.xml"),
        ("feed updated", "2025-07-26T14:30:00+03:00"),
        ("author name", "Baghdad Courier"), ("author uri", "https://courier.example/"),
        ("entry title", "</script>"), ("entry id", ident),
        ("entry published", "2025-07-26T12:30:00+03:00"), ("entry updated", "2025-07-26T13:30:00+03:00"),
        ("entry summary", "In short"), ("entry content", "<p>Body</p>"),
        ("author name", "Jane Doe"), ("author uri", written_by),
    ]  # fmt: skip
    assert told(printer.print(c.RssFeed(*about))) == [
        ("channel title", "Oil – Baghdad Courier"), ("channel link", SITE.base_url + place),
        ("channel description", "Oil – Baghdad Courier"), ("channel language", "en"),
        ("channel lastBuildDate", "Sat, 26 Jul 2025 14:30:00 +0300"),
        ("item title", "</script>"), ("item link", url), ("item guid", ident),
        ("item pubDate", "Sat, 26 Jul 2025 12:30:00 +0300"), ("item creator", "Jane Doe"),
        ("item category", "World"), ("item category", "Oil"),
        ("item description", "In short"), ("item encoded", "<p>Body</p>"),
    ]  # fmt: skip


def told(feed: bytes) -> list[tuple[str, str]]:
    """The texts of a feed, parent by parent, each after the names of its parent and its element."""
    every = ET.fromstring(feed).iter()  # noqa: S314  our own XML
    pairs = [(parent, element) for parent in every for element in parent]
    texts = [(f"{bare(parent)} {bare(element)}", (element.text or "").strip()) for parent, element in pairs]
    return [(names, text) for names, text in texts if text]


def bare(element: ET.Element) -> str:
    return element.tag.rpartition("}")[2]


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

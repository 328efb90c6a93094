"""A body where it is read: on a page of a site that may live below a path, and in feeds, which are read elsewhere."""

import json
import xml.etree.ElementTree as ET
from typing import Any

import html5lib  # type: ignore[import-untyped]  # it has no types
import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.ingest.html import clean_html
from services.render import contexts as c
from services.render.printer import Printer
from shared.site_settings import SiteSettings
from tests.render.composition import NOW, SITE, story

BELOW = SITE.model_copy(update={"base_url": "https://courier.example/a&b/news"})
PRINTERS = {site.base_url: Printer(site) for site in (SITE, BELOW)}
FEEDS = {
    c.AtomFeed: ".//{http://www.w3.org/2005/Atom}content",
    c.RssFeed: ".//{http://purl.org/rss/1.0/modules/content/}encoded",
}
ARTICLE = story().model_copy(update={"corrections": ()})

texts = st.sampled_from(['src="/media/x.jpg"', '&lt;img src="/media/x"', "Words", "&amp;"])
values = st.sampled_from(["A", "&quot; src=&quot;/media/x", "<img", "<img a=", "a > b", "\\1", "", " src="])
addresses = st.sampled_from(
    ["/media/a.jpg", "/media/é b?.png", "/MEDIA/x", "https://e.example/media/a.jpg", "x.jpg", ""]
)
pictures = st.builds('<img title="{}" src="{}" alt="{}">'.format, values, addresses, values)
elements = st.builds('<p title="{}" lang="{}">{}{}</p>'.format, values, values, texts, st.one_of(texts, pictures))
bodies = st.lists(st.one_of(elements, pictures, texts), max_size=5).map("".join).map(clean_html)


def entry_in(site: SiteSettings, body: str, form: Any) -> str:
    """The HTML of an article in a feed."""
    printed = PRINTERS[site.base_url].print(form(site, "all", None, NOW, (c.Entry(ARTICLE, body, site.host),)))
    if form is c.JsonFeed:
        return str(json.loads(printed)["items"][0]["content_html"])
    return ET.fromstring(printed).find(FEEDS[form]).text or ""  # type: ignore[union-attr]  # noqa: S314 - our own


def read(html: str, where: str = "") -> list[Any]:
    """What a parser reads: each element with its attributes and texts; own pictures below `where`."""
    root = html5lib.parseFragment(html, namespaceHTMLElements=False)
    found = []
    for node in root.iter():
        named = dict(node.attrib)
        if named.get("src", "").startswith("/"):
            named["src"] = where + named["src"]
        found.append((node.tag, named, node.text, node.tail))
    return found


@pytest.mark.parametrize("site", [SITE, BELOW], ids=lambda site: site.base_url)
@pytest.mark.parametrize("form", [c.AtomFeed, c.RssFeed, c.JsonFeed])
@given(body=bodies)
def test_in_a_feed_own_pictures_have_whole_addresses_and_nothing_else_changes(
    site: SiteSettings, form: Any, body: str
) -> None:
    assert read(entry_in(site, body, form)) == read(body, site.base_url)


@pytest.mark.parametrize(("site", "root"), [(SITE, ""), (BELOW, "/a&b/news")], ids=["at the root", "below a path"])
@given(body=bodies)
def test_on_a_page_own_pictures_are_within_the_site_and_nothing_else_changes(
    site: SiteSettings, root: str, body: str
) -> None:
    page = PRINTERS[site.base_url].print(c.ArticlePage(site, ARTICLE, body)).decode()
    shown = page.partition("</figure>\n")[2].partition("\n</div>\n<ul")[0]
    assert read(shown) == read(body, root)


def test_a_picture_of_the_body_stands_where_the_lead_picture_does() -> None:
    page = PRINTERS[BELOW.base_url].print(c.ArticlePage(BELOW, ARTICLE, '<img alt="x" src="/media/a.jpg">')).decode()
    assert '<img alt="x" src="/a&amp;b/news/media/a.jpg">' in page
    assert 'src="/a&amp;b/news/media/a%20b.jpg"' in page


@pytest.mark.parametrize(("site", "root"), [(SITE, ""), (BELOW, "/a&amp;b/news")], ids=["at the root", "below a path"])
def test_a_pushed_picture_of_the_body_is_offered_in_all_its_widths(site: SiteSettings, root: str) -> None:
    name = f"/media/ab/{'ab' * 20}"
    body = f'<p>Words</p><img alt="" loading="lazy" src="{name}-1200.jpg"><img alt="" src="{name}-300.webp">'
    page = PRINTERS[site.base_url].print(c.ArticlePage(site, ARTICLE, body)).decode()
    widths = ", ".join(f"{root}{name}-{width}.jpg {width}w" for width in (480, 960, 1200))
    assert f'src="{root}{name}-1200.jpg" srcset="{widths}" sizes="(min-width: 44rem) 41rem, 100vw">' in page
    assert f'<img alt="" src="{root}{name}-300.webp">' in page
    assert "srcset" not in entry_in(site, body, c.AtomFeed)


def test_on_its_page_what_may_scroll_by_itself_is_within_reach_of_a_keyboard() -> None:
    body = clean_html('<p title="<table> <pre>">A<table lang="de"><caption>B</caption><tr><td>1</table><pre>C</pre>')
    page = PRINTERS[SITE.base_url].print(c.ArticlePage(SITE, ARTICLE, body)).decode()
    assert '<table tabindex="0" lang="de"><caption>B</caption>' in page
    assert '<pre tabindex="0">C</pre>' in page
    assert page.count("tabindex") == 2
    assert "tabindex" not in entry_in(SITE, body, c.AtomFeed)


def test_an_attribute_that_names_a_table_stays_as_it_is() -> None:
    body = '<p title="<table> <pre>">A</p><pre>B</pre>'
    page = PRINTERS[SITE.base_url].print(c.ArticlePage(SITE, ARTICLE, body)).decode()
    assert '<p title="<table> <pre>">A</p><pre tabindex="0">B</pre>' in page

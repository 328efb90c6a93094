"""Sitemaps as search engines check them: against their schemas."""

from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
import xmlschema

from services.render import contexts as c
from services.render.printer import Printer
from shared.site_settings import SiteSettings
from tests.hostile.conftest import Press
from tests.hostile.edition import LANGUAGES, PAYLOADS

SCHEMAS = Path(__file__).parent / "schemas"
SITE = SiteSettings(name="Courier & Co.", base_url="https://courier.example")
NEWS = "{http://www.google.com/schemas/sitemap-news/0.9}"


@pytest.fixture(scope="module")
def urlset() -> xmlschema.XMLSchema:
    """The schema of a sitemap, with the elements that the news add."""
    return xmlschema.XMLSchema([SCHEMAS / "sitemap.xsd", SCHEMAS / "sitemap-news.xsd"])


@pytest.fixture(scope="module")
def index() -> xmlschema.XMLSchema:
    """The schema of the list of sitemaps."""
    return xmlschema.XMLSchema(SCHEMAS / "siteindex.xsd")


def test_every_sitemap_of_a_hostile_site_is_valid(
    press: Press, urlset: xmlschema.XMLSchema, index: xmlschema.XMLSchema
) -> None:
    index.validate(press.up.site_get("/sitemap.xml").text)
    parts = press.files("sitemaps/*.xml")
    assert [part.rpartition("/")[2] for part in parts] == ["1869-05-1.xml", "2025-07-1.xml"]
    for path in (*parts, "/news-sitemap.xml"):
        urlset.validate(press.up.site_get(path).text)


def test_the_news_sitemap_has_every_headline_and_a_language_for_each(press: Press) -> None:
    root = ET.fromstring(press.up.site_get("/news-sitemap.xml").content)  # noqa: S314 - our own
    titles = [title.text or "" for title in root.iter(f"{NEWS}title")]
    assert sum(title.endswith("words") for title in titles) >= len(PAYLOADS) - 2
    assert {f"Story {tag}" for tag in LANGUAGES} <= set(titles)
    languages = {language.text for language in root.iter(f"{NEWS}language")}
    assert languages == {"en", "pt", "zh-tw", "zh-cn", "ar", "sr", "fil"}


@pytest.mark.parametrize("empty", [c.SitemapIndex(SITE, ()), c.Sitemap(SITE, ()), c.NewsSitemap(SITE, ())])
def test_a_sitemap_without_articles_is_valid_too(
    empty: c.Context, urlset: xmlschema.XMLSchema, index: xmlschema.XMLSchema
) -> None:
    schema = index if isinstance(empty, c.SitemapIndex) else urlset
    printed = Printer(SITE).print(empty).decode()
    schema.validate(printed)
    (address,) = [loc.text for loc in ET.fromstring(printed).iter() if loc.tag.endswith("}loc")]  # noqa: S314
    expected = "news-sitemap.xml" if isinstance(empty, c.SitemapIndex) else ""
    assert address == f"https://courier.example/{expected}"


def test_the_schemas_refuse_what_they_should(urlset: xmlschema.XMLSchema, index: xmlschema.XMLSchema) -> None:
    printed = Printer(SITE).print(c.NewsSitemap(SITE, ())).decode()
    address = "<loc>https://courier.example/</loc>"
    assert address in printed
    for wrong in ("<loc>/</loc>", f"{address}<lastmod>28 July</lastmod>", f"{address}<headline/>"):
        assert not urlset.is_valid(printed.replace(address, wrong)), wrong
    assert not index.is_valid(printed)

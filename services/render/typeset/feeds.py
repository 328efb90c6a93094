"""Feeds and sitemaps: Atom (RFC 4287), RSS 2.0, JSON Feed 1.1, sitemaps.org and Google's news sitemap."""

from collections.abc import Iterator
from functools import lru_cache
from typing import Any, NamedTuple

from markupsafe import Markup
from pydantic_core import to_json

from services.render import contexts
from services.render.contexts import home
from services.render.typeset.content import in_feed
from services.render.typeset.desk import Desk, Picture
from services.render.typeset.ready import escape_text, escaped
from services.render.typeset.structured import DESCRIPTION_LENGTH
from shared.excerpts import beginning, excerpt

KEPT = 2048
"""Articles in type: an article is in six lists or so, and newer ones change each of their feeds soon."""
LARGE, KEPT_LARGE = 64_000, 32
"""What has a body of more characters: a live blog that grows for days would take gigabytes with all its versions."""

MOST_SAID = 10_000
"""Characters of a standfirst and of a credit; their senders may have written megabytes."""

TYPES = {
    "avif": "image/avif",
    "gif": "image/gif",
    "jpeg": "image/jpeg",
    "jpg": "image/jpeg",
    "png": "image/png",
    "webp": "image/webp",
}


class Enclosed(NamedTuple):
    """An entry's picture. What is elsewhere has no known length, and no type where its address tells none."""

    url: str
    type: str
    length: int | None
    picture: Picture


class Bulletin(NamedTuple):
    """An article as it stands in each format."""

    atom: Markup
    rss: Markup
    item: str


def atom(desk: Desk, page: contexts.Feed) -> dict[str, Any]:
    """What `feed.xml` shows."""
    return _about(desk, page, "feed.xml") | {"entries": [bulletin(desk, entry).atom for entry in page.entries]}


def rss(desk: Desk, page: contexts.Feed) -> dict[str, Any]:
    """What `rss.xml` shows."""
    return _about(desk, page, "rss.xml") | {"entries": [bulletin(desk, entry).rss for entry in page.entries]}


def json_feed(desk: Desk, page: contexts.JsonFeed) -> Iterator[str]:
    """`feed.json`, in pieces: no template, since only a JSON encoder escapes JSON."""
    shown = _about(desk, page, "feed.json")
    head = {
        "version": "https://jsonfeed.org/version/1.1",
        "title": shown["title"],
        "home_page_url": shown["home"],
        "feed_url": shown["address"],
        "language": desk.language,
        "authors": [{"name": desk.site.name, "url": desk.base_url + "/"}],
    }
    yield _as_json(head).removesuffix("}") + ',"items":['
    for number, entry in enumerate(page.entries):
        yield ",\n" if number else "\n"
        yield bulletin(desk, entry).item
    yield "\n]}\n"


def bulletin(desk: Desk, entry: contexts.Entry) -> Bulletin:
    """An article set for the feeds of all the lists that it is in."""
    return (_kept_large if len(entry.body) > LARGE else _kept)(desk, entry)


def _set_bulletin(desk: Desk, entry: contexts.Entry) -> Bulletin:
    shown = _entry(desk, entry)
    item = _item(shown)
    shown["body"] = escaped(shown["body"])
    return Bulletin(desk.set_block("atom-entry.xml", shown), desk.set_block("rss-item.xml", shown), item)


_kept, _kept_large = lru_cache(KEPT)(_set_bulletin), lru_cache(KEPT_LARGE)(_set_bulletin)


def sitemap_index(desk: Desk, page: contexts.SitemapIndex) -> dict[str, Any]:
    """The parts of the sitemap; without any that of the news, for an index names at least one (siteindex.xsd)."""
    paths = [f"/sitemaps/{part}.xml" for part in page.parts] or ["/news-sitemap.xml"]
    return {"parts": [desk.absolute(path) for path in paths]}


def sitemap(desk: Desk, page: contexts.Sitemap) -> dict[str, Any]:
    """The addresses of one part; one without articles names the front page, since it may not be empty (sitemap.xsd)."""
    return {
        "entries": [(desk.absolute(card.path), desk.iso(card.modified_at or card.published_at)) for card in page.cards]
        or [(desk.absolute("/"), "")]
    }


def news_sitemap(desk: Desk, page: contexts.NewsSitemap) -> dict[str, Any]:
    """The newest articles, for news search."""
    return {
        "entries": [
            (
                desk.absolute(card.path),
                _news_language(card.language or desk.language),
                desk.iso(card.published_at),
                card.headline,
            )
            for card in page.cards
        ]
    }


def robots(desk: Desk, page: contexts.Robots) -> dict[str, Any]:
    """Where the sitemaps are."""
    return {"sitemap": desk.absolute("/sitemap.xml"), "news_sitemap": desk.absolute("/news-sitemap.xml")}


def _about(desk: Desk, page: contexts.Feed, file: str) -> dict[str, Any]:
    path = home(page.kind, page.term)
    return {
        "title": desk.title_of(page.term),
        "home": desk.absolute(path),
        "address": desk.absolute(path + file),
        "updated": desk.iso(page.updated),
        "built": desk.rfc822(page.updated),
    }


def _entry(desk: Desk, entry: contexts.Entry) -> dict[str, Any]:
    article = entry.article
    summary = beginning(article.summary, MOST_SAID)
    return {
        "tag": desk.tag(article, entry.authority),
        "url": desk.absolute(article.path),
        "title": article.headline,
        "summary": summary,
        # RSS has no plain text: an item's description is HTML; and readers of RSS that know no more look nowhere else
        "synopsis": escape_text(summary or excerpt(article.opening, DESCRIPTION_LENGTH)),
        "body": in_feed(desk, article, entry.body),
        "language": desk.language_of(article),
        "published": desk.iso(article.published_at),
        "updated": desk.iso(article.modified_at),
        "date": desk.rfc822(article.published_at),
        "authors": [(author.name, desk.absolute(home("author", author))) for author in article.authors],
        "categories": list(dict.fromkeys(term.name for term in (article.section, *article.topics) if term)),
        "picture": _picture(desk, entry),
    }


def _item(entry: dict[str, Any]) -> str:
    """One of the `items` of a JSON feed."""
    picture: Enclosed | None = entry["picture"]
    found = {
        "id": entry["tag"],
        "url": entry["url"],
        "title": entry["title"],
        "content_html": entry["body"],
        "summary": entry["summary"],
        "image": picture.url if picture else "",
        "date_published": entry["published"],
        "date_modified": entry["updated"],
        "authors": [{"name": name, "url": url} for name, url in entry["authors"]],
        "tags": entry["categories"],
        "language": entry["language"],
        "attachments": [{"url": picture.url, "mime_type": picture.type, "size_in_bytes": picture.length}]
        if picture and picture.length
        else [],
    }
    return _as_json({name: value for name, value in found.items() if value or name == "content_html"})


def _as_json(value: dict[str, Any]) -> str:
    """JSON in which no SSI directive or comment begins, whatever server it comes to; `<!` is nowhere but in texts."""
    return to_json(value).decode().replace("<!", "\\u003c!")


def _picture(desk: Desk, entry: contexts.Entry) -> Enclosed | None:
    image = entry.article.image
    picture = desk.picture(image)
    if image is None or picture is None:
        return None
    return Enclosed(
        url=desk.absolute(image.url),
        type=TYPES.get(image.url.partition("?")[0].partition("#")[0].rpartition(".")[2].lower(), ""),
        length=entry.length,
        picture=picture._replace(credit=beginning(picture.credit, MOST_SAID)),
    )


def _news_language(tag: str) -> str:
    """Two or three letters, or zh-cn and zh-tw, as the news sitemap has it."""
    lower = tag.replace("_", "-").lower()
    if lower.startswith("zh"):
        return "zh-tw" if any(part in lower for part in ("tw", "hk", "hant")) else "zh-cn"
    return lower.split("-")[0]

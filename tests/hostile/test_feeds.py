"""Feeds of a site of hostile text, as readers of feeds take them."""

import json
from typing import Any
from xml.etree import ElementTree as ET

import feedparser  # type: ignore[import-untyped]  # it has no types
import httpx
import pytest

from services.render import contexts as c
from services.render.printer import Printer
from shared.articles import Image
from tests.hostile.conftest import Press
from tests.hostile.edition import ADDRESS, C1, PAYLOADS
from tests.render.composition import NOW, SITE, story

ATOM = "{http://www.w3.org/2005/Atom}"
MEDIA = "{http://search.yahoo.com/mrss/}"
OWN = {"jpeg": "image/jpeg", "webp": "image/webp"}


@pytest.mark.parametrize("name", ["feed.xml", "rss.xml"])
def test_every_feed_is_read_without_a_complaint(press: Press, name: str) -> None:
    paths = press.files(name)
    assert len(paths) > 3 * len(PAYLOADS)  # of the site, of sections, topics and authors
    for path in paths:
        answer = press.up.site_get(path)
        found = feedparser.parse(answer.content, response_headers={"content-type": answer.headers["content-type"]})
        assert not found.bozo, (path, found.get("bozo_exception"))
        assert found.entries, path
        assert [link.href for link in found.feed.links if link.rel == "self"] == [press.up.url + path]
        assert all(entry.title and entry.link and entry.id and entry.published_parsed for entry in found.entries), path
        assert not set(answer.text) & set(C1), path


def test_every_json_feed_is_whole(press: Press) -> None:
    for path in press.files("feed.json"):
        content = press.up.site_get(path).content
        assert b"<!" not in content, "a server may read its directives in files of any type"
        found = json.loads(content)
        assert found["version"] == "https://jsonfeed.org/version/1.1"
        assert found["feed_url"] == press.up.url + path
        for item in found["items"]:
            assert item["id"]
            assert item["title"]
            assert "content_html" in item
            assert item["url"].startswith(press.up.url)


def _checked(press: Press, url: str) -> tuple[str, int]:
    """The media type and the length that a picture really has."""
    answer = httpx.get(url)
    assert answer.status_code == 200
    assert url.startswith(press.up.url)
    return answer.headers["content-type"], len(answer.content)


def test_a_picture_is_enclosed_in_rss_as_it_is_served(press: Press) -> None:
    items = ET.fromstring(press.up.site_get("/pictures/rss.xml").content).findall("channel/item")  # noqa: S314
    assert len(items) == len(OWN)
    for item in items:
        (enclosure,) = item.findall("enclosure")
        kind, length = _checked(press, enclosure.attrib["url"])
        assert (enclosure.attrib["type"], int(enclosure.attrib["length"])) == (kind, length)
        (content,) = item.findall(f"{MEDIA}content")
        assert content.attrib == {
            "url": enclosure.attrib["url"], "medium": "image", "type": kind, "fileSize": str(length),
            "width": "1200", "height": "800",
        }  # fmt: skip
        assert [credit.text for credit in content] == [PAYLOADS["quotes"].strip()]
    assert {item[0].attrib["type"] for item in (list(i.iter("enclosure")) for i in items)} == set(OWN.values())


def test_a_picture_is_enclosed_in_atom_as_it_is_served(press: Press) -> None:
    entries = ET.fromstring(press.up.site_get("/pictures/feed.xml").content).findall(f"{ATOM}entry")  # noqa: S314
    assert len(entries) == len(OWN)
    for entry in entries:
        (link,) = entry.findall(f"{ATOM}link[@rel='enclosure']")
        assert (link.attrib["type"], int(link.attrib["length"])) == _checked(press, link.attrib["href"])


def test_a_picture_is_attached_in_the_json_feed_as_it_is_served(press: Press) -> None:
    items = json.loads(press.up.site_get("/pictures/feed.json").content)["items"]
    assert len(items) == len(OWN)
    for item in items:
        (attached,) = item["attachments"]
        assert (attached["mime_type"], attached["size_in_bytes"]) == _checked(press, attached["url"])
        assert item["image"] == attached["url"]


def _printed(form: Any, url: str) -> bytes:
    article = story().model_copy(update={"image": Image(url=url, alt="A")})
    return Printer(SITE).print(form(SITE, "all", None, NOW, (c.Entry(article, "<p>Body</p>", SITE.host),)))


@pytest.mark.parametrize(
    ("sent", "url", "kind"),
    [
        ("https://x.example/a.PNG?b=1.jpg&c", "https://x.example/a.PNG?b=1.jpg&c", "image/png"),
        ("https://[x/a.gif#b.jpg", "https://%5Bx/a.gif#b.jpg", "image/gif"),
        ("https://x.example/a.avif", "https://x.example/a.avif", "image/avif"),
        ("https://x.example/a.php?b=1", "https://x.example/a.php?b=1", None),
        ('https://x.example/é%20b.jpg?x="><a>', "https://x.example/%C3%A9%20b.jpg?x=%22%3E%3Ca%3E", "image/jpeg"),
        (ADDRESS, "https://wire.example/a'(b)?c=1&d=%C3%A9&amp;e=%3Cf%3E", None),
    ],
)
def test_of_a_picture_elsewhere_nothing_is_claimed_that_is_not_known(sent: str, url: str, kind: str | None) -> None:
    expected = {"url": url, "medium": "image"} | ({"type": kind} if kind else {})
    (item,) = ET.fromstring(_printed(c.RssFeed, sent)).findall("channel/item")  # noqa: S314
    assert not item.findall("enclosure")  # which has to say how long it is
    assert [content.attrib for content in item.findall(f"{MEDIA}content")] == [expected]
    (link,) = ET.fromstring(_printed(c.AtomFeed, sent)).findall(f"{ATOM}entry/{ATOM}link[@rel='enclosure']")  # noqa: S314
    assert (link.attrib["href"], link.get("type"), link.get("length")) == (url, kind, None)
    (shown,) = json.loads(_printed(c.JsonFeed, sent))["items"]
    assert shown["image"] == url
    assert "attachments" not in shown


def test_the_site_equals_a_build_from_the_store(press: Press) -> None:
    code, told = press.up.check()
    assert code == 0, told

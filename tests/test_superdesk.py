"""Upstream systems as they push, over HTTP against the running stack; the site is read after each step.

The Superdesk client is written from the description of its protocol alone, and shares nothing with ingest.
"""

import hashlib
import hmac
import io
import json
import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

import httpx
import pytest
from PIL import Image

from tests.servers import wait_for
from tests.stack import Up, path_of

MEDIA_ID = "2025072609076/64a3f0c2 d1.jpg"


class Superdesk:
    """One subscriber's HTTP push destination."""

    def __init__(self, up: Up) -> None:
        self._base = f"{up.run['ingest']}/v1/push/{up.run['source']}"
        self._secret = up.run["hmac_secret"].encode()
        self._http = httpx.Client(timeout=20, follow_redirects=False)

    def close(self) -> None:
        self._http.close()

    def has_asset(self, media_id: str) -> bool:
        """Unsigned: 200 with an empty body, or 404."""
        answer = self._http.get(f"{self._base}/assets/{quote(media_id)}")
        assert answer.status_code in (200, 404), answer.text
        assert answer.status_code == 404 or answer.content == b""
        return answer.status_code == 200

    def push_asset(self, media_id: str, media: bytes) -> httpx.Response:
        """Multipart, the signature over the raw body."""
        request = self._http.build_request(
            "POST", f"{self._base}/assets", data={"media_id": media_id},
            files={"media": (media_id, media, "image/jpeg")},
        )  # fmt: skip
        raw = request.read()
        request.headers["x-superdesk-signature"] = self._signature(raw)
        return self._http.send(request)

    def push_item(self, item: dict[str, Any]) -> httpx.Response:
        """ASCII-escaped JSON."""
        raw = json.dumps(item).encode("ascii")
        headers = {"Content-Type": "application/json", "x-superdesk-signature": self._signature(raw)}
        return self._http.post(f"{self._base}/ninjs", content=raw, headers=headers)

    def publish(self, item: dict[str, Any], media: dict[str, bytes]) -> httpx.Response:
        """The whole sequence, as Superdesk's transmitter does it for each item."""
        for media_id, content in media.items():
            if not self.has_asset(media_id):
                assert self.push_asset(media_id, content).status_code == 201
        return self.push_item(item)

    def _signature(self, raw: bytes) -> str:
        return "sha1=" + hmac.new(self._secret, raw, hashlib.sha1).hexdigest()


def picture() -> bytes:
    file = io.BytesIO()
    Image.effect_mandelbrot((2000, 1200), (-2, -1, 1, 1), 50).convert("RGB").save(file, "JPEG")
    return file.getvalue()


def item(guid: str, version: int, headline: str, **members: Any) -> dict[str, Any]:
    """An item as Superdesk writes it."""
    at = f"2025-07-26T09:{version:02}:57+0000"
    return {
        "guid": guid, "version": str(version), "type": "text", "pubstatus": "usable", "language": "en",
        "headline": headline, "slugline": "bridge", "body_html": f"<p>{headline}. Caf\u00e9 \u2013 closed.</p>",
        "versioncreated": at, "firstcreated": "2025-07-26T08:00:00+0000", "firstpublished": "2025-07-26T09:01:57+0000",
        "service": [{"code": "n", "name": "City News"}], "subject": [{"code": "1", "name": "Traffic", "scheme": None}],
        "genre": [{"code": "Article", "name": "Article"}], "keywords": ["bridges"], "urgency": 3, "priority": 6,
        "authors": [{"name": "Jane Doe", "role": "writer", "biography": ""}], "byline": "Jane Doe",
        "associations": {"featuremedia": None}, "extra": {"x": None}, "source": "desk", **members,
    }  # fmt: skip


FEATURED = {
    "featuremedia": {
        "guid": "tag:picture", "type": "picture", "version": "1", "pubstatus": "usable", "mimetype": "image/jpeg",
        "headline": "The bridge", "description_text": "The old bridge.", "body_text": "The bridge in fog",
        "byline": "P. Hoto", "renditions": {
            "original": {
                "href": "http://superdesk.example/api/upload-raw/x.jpg", "media": MEDIA_ID, "mimetype": "image/jpeg",
                "width": 2000, "height": 1200,
            },
        },
    },
}  # fmt: skip


@pytest.fixture(scope="module")
def up(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Up]:
    """An empty stack."""
    with Up(tmp_path_factory.mktemp("upstreams")) as found:
        found.start()
        yield found


@pytest.fixture
def superdesk(up: Up) -> Iterator[Superdesk]:
    """A Superdesk that pushes to it."""
    found = Superdesk(up)
    yield found
    found.close()


def told(answer: httpx.Response) -> dict[str, Any]:
    assert answer.is_success, answer.text
    return dict(answer.json())


def test_superdesk_publishes_corrects_rewrites_and_kills(up: Up, superdesk: Superdesk) -> None:
    # a picture, and the article that shows it
    assert not superdesk.has_asset(MEDIA_ID)
    assert superdesk.push_asset(MEDIA_ID, picture()).status_code == 201
    assert superdesk.has_asset(MEDIA_ID)
    first = told(superdesk.publish(item("tag:bridge", 2, "Old bridge closed", associations=FEATURED), {MEDIA_ID: b""}))
    assert first["outcome"] == "published"
    address = path_of(first["url"])
    assert address == "/2025/07/26/old-bridge-closed/"
    up.drain()
    text = up.page(address)
    for words in ("Old bridge closed", "Café – closed.", "Jane Doe", "City News", "P. Hoto"):
        assert words in text
    for path in ("/", "/city-news/", "/topic/traffic/", "/topic/bridges/", "/author/jane-doe/", "/feed.xml"):
        assert "Old bridge closed" in up.page(path), path
    names = _pictures_are_served(up, text)
    assert up.site_get(names[0].replace("-480", "-333")).status_code == 404

    # what is sent again, and what comes too late
    assert (
        told(superdesk.push_item(item("tag:bridge", 2, "Old bridge closed", associations=FEATURED)))["outcome"]
        == "unchanged"
    )
    assert told(superdesk.push_item(item("tag:bridge", 1, "Bridge shut")))["outcome"] == "stale"

    # a correction: the headline changes, the address does not; the picture goes
    corrected = told(superdesk.push_item(item("tag:bridge", 3, "Old bridge closed until Friday")))
    assert (corrected["outcome"], corrected["url"]) == ("updated", first["url"])
    up.drain()
    text = up.page(address)
    assert "Old bridge closed until Friday" in text
    assert "srcset" not in text
    for path in ("/", "/city-news/", "/topic/traffic/", "/feed.xml"):
        assert "Old bridge closed until Friday" in up.page(path), path
    for name in names:
        assert up.site_get(name).status_code == 404  # nobody shows it any more

    # a rewrite with a guid of its own takes its place
    rewrite = item("tag:bridge-2", 1, "Bridge open again", evolvedfrom="tag:bridge", associations=FEATURED)
    rewritten = told(superdesk.publish(rewrite, {MEDIA_ID: b""}))
    assert rewritten["outcome"] == "published"
    newest = path_of(rewritten["url"])
    assert newest != address
    up.drain()
    assert "Bridge open again" in up.page(newest)
    _pictures_are_served(up, up.page(newest))
    old = up.site_get(address)
    assert (old.status_code, path_of(old.headers["location"])) == (301, newest)
    for path in ("/", "/city-news/", "/topic/traffic/", "/author/jane-doe/", "/feed.xml"):
        text = up.page(path)
        assert "Bridge open again" in text, path
        assert "closed until Friday" not in text, path

    # a kill of the old guid takes down the page that is live now
    killed = told(superdesk.push_item(item("tag:bridge", 4, "KILL", pubstatus="canceled")))
    assert killed["outcome"] == "withdrawn"
    up.drain()
    for path in (address, newest):
        gone = up.site_get(path)
        assert gone.status_code == 410, path
        assert "<footer" in gone.text  # the site's own page
    for name in names:
        assert up.site_get(name).status_code == 404
    for path in ("/city-news/", "/topic/traffic/", "/author/jane-doe/"):
        assert up.site_get(path).status_code == 404, path
    for path in ("/", "/feed.xml", "/sitemap.xml"):
        assert "Bridge open again" not in up.page(path), path
    code, words = up.check()
    assert code == 0, words


def _pictures_are_served(up: Up, text: str) -> list[str]:
    """The three widths in the page's srcset, each of them a picture as wide as it says."""
    found = re.search(r'srcset="([^"]+)"', text)
    assert found is not None
    names = {
        path_of(name): int(width.removesuffix("w")) for name, width in (part.split() for part in found[1].split(","))
    }
    assert sorted(names.values()) == [480, 960, 1600]
    for name, width in names.items():
        answer = up.site_get(name)
        assert (answer.status_code, answer.headers["content-type"]) == (200, "image/jpeg"), name
        with Image.open(io.BytesIO(answer.content)) as image:
            assert image.width == width
    return list(names)


def test_superdesk_is_refused_for_good_or_not_at_all(up: Up, superdesk: Superdesk) -> None:
    assert superdesk.push_item(item("tag:x", 1, "X", pubstatus="burnt")).status_code == 422
    assert told(superdesk.push_item({"guid": "tag:e", "type": "event", "name": "A march"}))["outcome"] == "ignored"
    superdesk._secret = b"wrong"
    answer = superdesk.push_item(item("tag:x", 1, "X"))
    assert (answer.status_code, answer.headers["content-type"]) == (401, "application/problem+json")
    assert superdesk.push_asset("a/b.jpg", picture()).status_code == 401
    assert not superdesk.has_asset("a/b.jpg")


def test_a_rewrite_that_would_close_a_circle_is_refused_in_the_words_of_ninjs(superdesk: Superdesk) -> None:
    nowhere: dict[str, Any] = {"service": [], "subject": [], "keywords": [], "authors": [], "byline": ""}
    told(superdesk.push_item(item("tag:round", 1, "Round", evolvedfrom="tag:about", **nowhere)))
    answer = superdesk.push_item(item("tag:about", 1, "About", evolvedfrom="tag:round", **nowhere))
    assert (answer.status_code, answer.headers["content-type"]) == (422, "application/problem+json")
    assert [error["pointer"] for error in answer.json()["errors"]] == ["/evolvedfrom"]


def test_a_kill_that_comes_before_its_article(up: Up, superdesk: Superdesk) -> None:
    assert told(superdesk.push_item(item("tag:early", 3, "KILL", pubstatus="canceled")))["outcome"] == "withdrawn"
    late = told(superdesk.push_item(item("tag:early", 2, "Never to be seen")))
    assert late["outcome"] == "stale"
    up.drain()
    assert "Never to be seen" not in up.page("/")


def test_a_picture_that_came_as_an_item_is_shown_where_it_is_named(up: Up, superdesk: Superdesk) -> None:
    """As in packages, whose associations are a guid and a type."""
    renditions = {"original": {"media": "alone.jpg", "mimetype": "image/jpeg"}}
    alone = {**FEATURED["featuremedia"], "guid": "tag:alone", "renditions": renditions}
    assert told(superdesk.publish(alone, {"alone.jpg": picture()}))["outcome"] == "ignored"
    named = {"main-0": {"guid": "tag:alone", "type": "picture"}, "main-1": {"guid": "tag:x", "type": "text"}}
    package = item("tag:package", 1, "Package", type="composite", service=[], associations=named)
    shown = told(superdesk.push_item({**package, "subject": [], "keywords": [], "authors": [], "byline": ""}))
    up.drain()
    names = _pictures_are_served(up, up.page(path_of(shown["url"])))
    # it is taken back while the package still names it, which Superdesk allows; the package is sent again
    told(superdesk.push_item({**alone, "version": "2", "pubstatus": "canceled"}))
    told(superdesk.push_item({**package, "version": "2", "subject": [], "keywords": [], "authors": [], "byline": ""}))
    up.drain()
    assert "srcset" not in up.page(path_of(shown["url"]))
    assert [up.site_get(name).status_code for name in names] == [404] * len(names)
    gone = told(superdesk.push_item(item("tag:package", 3, "KILL", pubstatus="canceled")))
    assert gone["outcome"] == "withdrawn"
    up.drain()


def test_a_push_waits_for_its_page_if_it_is_asked_to(up: Up) -> None:
    """With `Prefer: wait`, as an article of the native format."""
    path = f"/v1/push/{up.run['source']}/ninjs"
    waited_for = item("tag:waited-for", 1, "Waited for", service=[], subject=[], keywords=[], authors=[], byline="")
    answer = up.ingest.post(path, json=waited_for, headers={"Prefer": "wait=20"})
    assert (answer.status_code, answer.headers.get("preference-applied")) == (201, "wait=20")
    assert "Waited for" in up.page(path_of(answer.json()["url"]))
    prefers = [("Prefer", "respond-async"), ("Prefer", "wait=20")]  # as good as one with a comma (RFC 7240 §2)
    for where, posted in ((path, {**waited_for, "version": "2", "headline": "Waited for again"}),
                          ("/v1/articles", {"guid": "preferred", "headline": "P", "body_text": "x"})):  # fmt: skip
        answer = up.ingest.post(where, json=posted, headers=prefers)
        assert (answer.status_code, answer.headers.get("preference-applied")) == (201, "wait=20")
    ignored = up.ingest.post(path, json={"guid": "tag:e", "type": "event"}, headers={"Prefer": "wait=20"})
    assert (ignored.status_code, ignored.json()["outcome"]) == (202, "ignored")


def test_nobody_waits_for_a_page_that_will_not_come(up: Up) -> None:
    """Of a kill before its article, and of an article after its rewrite."""

    def post(guid: str, **members: Any) -> tuple[int, str]:
        article = {"guid": guid, "headline": "In time", "body_text": "x", "section": "Waiting", **members}
        # within the client's own timeout
        answer = up.ingest.post("/v1/articles", json=article, headers={"Prefer": "wait=60"}, timeout=15)
        return answer.status_code, answer.json()["outcome"]

    assert post("killed", status="canceled") == (202, "withdrawn")
    assert post("rewrite", evolved_from="first") == (201, "published")
    assert post("first") == (202, "published")
    assert post("first", version=2, headline="Later") == (202, "updated")
    # what was seen is waited for: both the rewrite and what it took down
    assert post("rewrite", evolved_from="first", status="canceled") == (201, "withdrawn")
    assert post("seen") == (201, "published")
    assert post("unseen", evolved_from="seen", status="canceled") == (201, "withdrawn")
    assert up.ingest.post("/v1/articles", json={"guid": "quick", "headline": "Q", "body_text": "x"}).status_code == 202
    assert post("quick", version=9, status="canceled") == (201, "withdrawn")


def test_what_is_waited_for_has_all_its_redirects(up: Up) -> None:
    """Of an article that others lead to, and that moves."""

    def post(guid: str, **members: Any) -> str:
        article = {"guid": guid, "headline": guid, "body_text": "x", "version": 1, **members}
        answer = up.ingest.post("/v1/articles", json=article, headers={"Prefer": "wait=20"})
        assert answer.status_code == 201, answer.text
        return path_of(answer.json()["url"])

    for number in range(5):
        one, two, three = f"chain {number} a", f"chain {number} b", f"chain {number} c"
        older = [post(one), post(two, evolved_from=one), post(three, evolved_from=two)]
        newest = post(three, evolved_from=two, version=2, slug=f"chain {number} d")
        answers = [up.site_get(path) for path in older]
        assert [(one.status_code, path_of(one.headers.get("location", ""))) for one in answers] == [(301, newest)] * 3
        post(three, evolved_from=two, version=3, status="canceled")
        assert [up.site_get(path).status_code for path in [*older, newest]] == [410] * 4
        post(three, evolved_from=two, version=4)
        assert [up.site_get(path).status_code for path in [*older, newest]] == [301, 301, 301, 200]


def _ghost(up: Up, current: dict[str, Any], previous: dict[str, Any]) -> dict[str, Any]:
    raw = json.dumps({"post": {"current": current, "previous": previous}}).encode()
    stamp = "1753520400000"
    digest = hmac.new(up.run["hmac_secret"].encode(), raw + stamp.encode(), hashlib.sha256).hexdigest()
    headers = {"X-Ghost-Signature": f"sha256={digest}, t={stamp}", "Content-Type": "application/json"}
    url = f"{up.run['ingest']}/v1/push/{up.run['source']}/ghost"
    return told(httpx.post(url, content=raw, headers=headers, timeout=2))


def test_ghost_publishes_updates_and_unpublishes(up: Up) -> None:
    post = {
        "id": "64a3f0c2d1", "title": "Ferries run again", "slug": "ferries-run", "html": "<p>All of them.</p>",
        "status": "published", "visibility": "public", "updated_at": "2025-07-26T10:00:00.000Z",
        "published_at": "2025-07-26T10:00:00.000Z", "tags": [{"name": "Harbour", "visibility": "public"}],
        "authors": [{"name": "Ali Kareem"}], "feature_image": None, "custom_excerpt": None,
    }  # fmt: skip
    first = _ghost(up, post, {})
    assert first["outcome"] == "published"
    address = path_of(first["url"])
    assert address == "/2025/07/26/ferries-run/"
    up.drain()
    assert "All of them." in up.page(address)
    assert "Ferries run again" in up.page("/topic/harbour/")
    later = {**post, "title": "Ferries run hourly", "updated_at": "2025-07-26T10:05:00.000Z"}
    assert _ghost(up, later, post)["outcome"] == "updated"
    assert _ghost(up, post, later)["outcome"] == "stale"
    up.drain()
    assert "Ferries run hourly" in up.page(address)
    assert "Ferries run hourly" in up.page("/")
    draft = {**later, "status": "draft", "updated_at": "2025-07-26T10:06:00.000Z"}
    assert _ghost(up, draft, later)["outcome"] == "withdrawn"
    up.drain()
    assert up.site_get(address).status_code == 410
    assert "Ferries" not in up.page("/")


def _wordpress(up: Up, **members: Any) -> dict[str, Any]:
    post = {
        "id": 4711, "date_gmt": "2025-07-26T11:00:00", "modified_gmt": "2025-07-26T11:00:00", "slug": "market-day",
        "status": "publish", "type": "post", "title": {"rendered": "Market day &#8211; at last"},
        "content": {"rendered": "<p>It is today.</p>", "protected": False}, "excerpt": {"rendered": "<p>Today.</p>"},
        "author": 3, "categories": [7], "tags": [9],
        "_embedded": {
            "author": [{"id": 3, "name": "Noor Haddad"}],
            "wp:term": [
                [{"id": 7, "name": "Markets", "taxonomy": "category"}],
                [{"id": 9, "name": "Dates", "taxonomy": "post_tag"}],
            ],
        },
        **members,
    }  # fmt: skip
    headers = {"Authorization": f"Bearer {up.run['token']}"}
    url = f"{up.run['ingest']}/v1/push/{up.run['source']}/wordpress"
    return told(httpx.post(url, json=post, headers=headers, timeout=5))


def test_wordpress_publishes_updates_and_unpublishes(up: Up) -> None:
    first = _wordpress(up)
    assert first["outcome"] == "published"
    address = path_of(first["url"])
    up.drain()
    assert "Market day – at last" in up.page(address)
    assert "Market day – at last" in up.page("/topic/dates/")
    assert "Market day – at last" in up.page("/markets/")
    later = _wordpress(up, title={"rendered": "Market day moved"}, modified_gmt="2025-07-26T11:30:00")
    assert (later["outcome"], later["url"]) == ("updated", first["url"])
    up.drain()
    assert "Market day moved" in up.page(address)
    assert _wordpress(up, status="draft", modified_gmt="2025-07-26T11:31:00")["outcome"] == "withdrawn"
    up.drain()
    assert up.site_get(address).status_code == 410
    wait_for(lambda: up.site_get("/markets/").status_code == 404, what="the section leaves with its last article")

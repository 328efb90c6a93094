"""Whatever JSON comes to whatever call: 2xx, or 4xx as a problem; never a 5xx."""

import hashlib
import hmac
import json
import re
from codecs import BOM_UTF8
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.ingest.api import CALLS
from tests.ingest.conftest import SECRET, TOKEN, Ingest

EXAMPLES = 120
ADDRESSES = [
    (method.upper(), path.replace("{source}", "desk").replace("{ident}", "a" * 16))
    for method, _, path in (call.partition(" ") for call in sorted(CALLS))
    if method in ("post", "put")
]

# what the formats know, so that more than the first look at a body is reached
_NAMES = """
guid uri headline body_html body_text version summary section topics authors language published_at updated_at slug
embargo_until status evolved_from corrections image source_url name url text at media_id alt credit caption
type pubstatus pubStatus versioncreated versionCreated firstpublished headlines bodies value role contenttype by
byline subject subjects people places service keywords associations renditions original href media evolvedfrom
publish_schedule embargoed slugline description_text genre place code scheme extra
post current previous id title html plaintext tags primary_tag slug feature_image status visibility authors locale
rendered content excerpt date_gmt modified_gmt categories _embedded wp:term wp:featuredmedia author
lead article until city temperature_c event_id
"""
_WORDS = """
usable withheld canceled cancelled unpublished text picture composite published draft publish private
2025-07-26T09:30:00Z 2016-09-23T13:57:28+0000 2025-07-26T09:30:00 9999-12-31T23:59:59Z 0001-01-01T00:00:00-14:00
https://example.org/a.jpg javascript:alert(1) en pt_BR main tag:a 1 7d
"""
NAMES, WORDS = _NAMES.split(), _WORDS.split()
# lone surrogates and what XML forbids included
texts = st.one_of(st.sampled_from(WORDS), st.text(st.characters(exclude_categories=()), max_size=20))
numbers = st.one_of(st.integers(-(10**18), 10**18), st.floats(allow_nan=False, allow_infinity=False))
names = st.one_of(st.sampled_from(NAMES), st.sampled_from(NAMES), texts)
trees = st.recursive(
    st.one_of(st.none(), st.booleans(), numbers, texts),
    lambda inner: st.one_of(st.lists(inner, max_size=4), st.dictionaries(names, inner, max_size=8)),
    max_leaves=25,
)
# articles that are nearly right
nearly = st.dictionaries(st.sampled_from(NAMES), trees, max_size=6).map(
    lambda more: {
        "guid": "a", "uri": "a", "id": 5, "headline": "H", "title": "T", "body_html": "<p>b</p>", "article": "a" * 16,
        "version": 1, **more,
    }
)  # fmt: skip
posts = nearly.map(lambda post: {"post": {"current": post, "previous": post}})
bodies = st.one_of(trees, nearly, nearly, posts).map(lambda tree: json.dumps(tree).encode())
raw_bodies = st.one_of(bodies, bodies, bodies, st.binary(max_size=40), st.sampled_from([b"[" * 5000, b'{"a":' * 5000]))


@pytest.fixture(scope="module")
def client(ingest_process: Ingest) -> Iterator[httpx.Client]:
    """A client that may do everything."""
    with ingest_process.client() as found:
        yield found


def test_a_byte_order_mark_alone_is_no_line(client: httpx.Client) -> None:
    _look_at_lines(BOM_UTF8, client.post("/v1/articles/batch", content=BOM_UTF8))


@pytest.mark.parametrize(("method", "path"), ADDRESSES, ids=[" ".join(address) for address in ADDRESSES])
def test_any_json_to_any_call_is_2xx_or_a_problem(client: httpx.Client, method: str, path: str) -> None:
    @settings(max_examples=EXAMPLES)
    @given(raw=raw_bodies)
    def send(raw: bytes) -> None:
        answer = client.request(method, path, content=raw, headers=_signed(raw))
        if answer.headers.get("content-type") == "application/x-ndjson":
            _look_at_lines(raw, answer)
        elif not answer.is_success:
            _look_at_problem(answer.status_code, answer.json(), answer)

    send()
    _nothing_was_unhandled(client)


@settings(max_examples=EXAMPLES)
@given(ident=st.text(min_size=1, max_size=40), query=st.text(max_size=10))
def test_any_id_is_2xx_or_a_problem(client: httpx.Client, ident: str, query: str) -> None:
    for method in ("GET", "DELETE", "HEAD"):
        for before in ("/v1/articles/", "/v1/push/desk/assets/", "/v1/push/"):
            answer = client.request(method, before + quote(ident), params={query: ident})
            assert answer.status_code in (200, 404, 405), answer.text
            if answer.content:
                _look_at_problem(answer.status_code, answer.json(), answer)


def test_what_no_library_would_send_is_a_problem(client: httpx.Client) -> None:
    article = {"guid": "odd", "headline": "H", "body_text": "b"}
    for name, value in (
        ("guid", "\ud800"), ("headline", "\x00\ufffe"), ("version", 2**53 + 1), ("version", 1.5), ("version", True),
        ("headline", "x" * 301), ("guid", "x" * 513), ("topics", ["t"] * 51), ("published_at", "2025-07-26"),
        ("headlin", "x"), ("image", {}), ("image", {"media_id": "nobody-pushed-this"}), ("evolved_from", "odd"),
    ):  # fmt: skip
        answer = client.post("/v1/articles", content=json.dumps({**article, name: value}))
        assert answer.status_code == 422, (name, value, answer.text)
        assert answer.json()["errors"][0]["pointer"].startswith(f"/{name}")
    for raw in (b"", b"{", b'{"guid":1,"guid":2}', b'{"version": 1e999}', b'{"version": NaN}', b"\xff", b"1" * 30):
        answer = client.post("/v1/articles", content=raw)
        assert answer.status_code == 400, raw
        assert answer.json()["errors"] == [{"pointer": "/", "detail": answer.json()["detail"]}], raw


def _signed(raw: bytes) -> dict[str, str]:
    ghost = hmac.new(SECRET.encode(), raw + b"17", hashlib.sha256).hexdigest()
    return {
        "Authorization": f"Bearer {TOKEN}",
        "X-Ghost-Signature": f"sha256={ghost}, t=17",
        "Content-Type": "multipart/form-data; boundary=b",
    }


def _look_at_problem(status: int, problem: dict[str, Any], answer: httpx.Response) -> None:
    assert 400 <= status < 500, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    assert set(problem) >= {"type", "title", "status", "detail", "errors"}
    assert problem["status"] == status
    _look_at_errors(status, problem["errors"])


def _look_at_errors(status: int, errors: list[dict[str, str]]) -> None:
    assert status != 422 or errors
    for error in errors:
        assert error["detail"]
        assert status != 422 or error["pointer"].startswith("/"), error


def _look_at_lines(raw: bytes, answer: httpx.Response) -> None:
    assert answer.status_code == 200
    raw = raw.removeprefix(BOM_UTF8)  # which is no line if nothing follows
    lines = [json.loads(line) for line in answer.text.split("\n") if line]
    assert len(lines) == (len(raw.removesuffix(b"\n").split(b"\n")) if raw else 0)
    for line in lines:
        assert line["status"] == 202 or 400 <= line["status"] < 500, line
        if line["status"] != 202:
            _look_at_errors(line["status"], line["errors"])


def _nothing_was_unhandled(client: httpx.Client) -> None:
    found = re.search(r"^pressrun_unhandled\S* ([0-9.]+)$", client.get("/metrics").text, re.MULTILINE)
    assert found is not None
    assert float(found[1]) == 0

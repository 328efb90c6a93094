"""The pages that describe the APIs: whole, readable, and without anything from elsewhere."""

import re
from xml.etree.ElementTree import Element

import html5lib  # type: ignore[import-untyped]  # it has no types
import httpx
import pytest

from shared.reference import bounds_of, reference, type_of, words_of
from tests.stack import Up

PAGES = [("ingest", "/docs"), ("trending", "/docs"), ("render", "/docs"), ("ingest", "/asyncapi")]


def _parsed(text: str) -> Element:
    root: Element = html5lib.HTMLParser(strict=True, namespaceHTMLElements=False).parse(text)
    return root


@pytest.mark.parametrize(("service", "path"), PAGES)
def test_a_page_loads_nothing_and_all_its_links_lead_somewhere(sample_stack: Up, service: str, path: str) -> None:
    base = sample_stack.run[service]
    answer = httpx.get(base + path)
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    assert answer.headers["content-security-policy"].startswith("default-src 'none'")
    root = _parsed(answer.text)
    loading = {"script", "link", "img", "iframe", "object", "embed", "video", "audio", "form", "base"}
    assert not [node.tag for node in root.iter() if node.tag in loading]
    assert "url(" not in answer.text
    assert "@import" not in answer.text
    assert "`" not in answer.text  # it is code
    ids = [node.get("id") for node in root.iter() if node.get("id")]
    assert len(ids) == len(set(ids))
    links = {node.get("href") or "" for node in root.iter("a")}
    source = "/openapi.json" if path == "/docs" else "/asyncapi.json"
    assert {link for link in links if not link.startswith("#")} == {source}
    assert {link[1:] for link in links if link.startswith("#")} <= set(ids)
    assert httpx.get(base + source).status_code == 200


@pytest.mark.parametrize("service", ["ingest", "trending", "render"])
def test_every_call_and_every_member_has_its_line(sample_stack: Up, service: str) -> None:
    document = httpx.get(f"{sample_stack.run[service]}/openapi.json").json()
    root = _parsed(httpx.get(f"{sample_stack.run[service]}/docs").text)
    shown = {"".join(heading.itertext()) for heading in root.iter("h2")}
    for path, methods in document["paths"].items():
        assert {f"{method.upper()} {path}" for method in methods} <= shown
    cells = ["".join(cell.itertext()) for cell in root.iter("td")]
    for schema in document["components"]["schemas"].values():
        for member in schema.get("properties", {}):
            assert any(re.match(rf"{re.escape(member)}( required)?$", cell) for cell in cells), member
    for methods in document["paths"].values():
        for call in methods.values():
            assert set(call["responses"]) <= set(cells)


def test_every_stream_and_event_has_its_line(sample_stack: Up) -> None:
    document = httpx.get(f"{sample_stack.run['ingest']}/asyncapi.json").json()
    root = _parsed(httpx.get(f"{sample_stack.run['ingest']}/asyncapi").text)
    shown = {"".join(heading.itertext()) for heading in root.iter("h2")}
    assert {f"Stream {stream}" for stream in document["channels"]} <= shown
    assert set(document["components"]["messages"]) <= {cell.text for cell in root.iter("code")}


def test_what_stands_between_backticks_is_code_and_still_text() -> None:
    assert words_of("`a` or `<b>`, not ` alone") == "<code>a</code> or <code>&lt;b&gt;</code>, not ` alone"
    assert words_of(None) == ""


def test_words_of_a_document_are_text() -> None:
    document = {
        "openapi": "3.1.0",
        "info": {"title": "<b>", "version": "<i>", "description": "<script>alert(1)</script>"},
        "paths": {'/"><x>': {"get": {"summary": "<u>", "responses": {"200": {"description": "<s>"}}}}},
        "components": {"schemas": {"<a>": {"properties": {"<q>": {"enum": ["<w>"], "pattern": "<p>"}}}}},
    }
    page = bytes(reference(document, "/openapi.json").body).decode()
    assert not re.search(r"<(b|i|script|x|u|s|a|q|w|p)>(?!This)", page.replace("<p>&lt;", ""))
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page


@pytest.mark.parametrize(
    ("schema", "told"),
    [
        ({"type": "string"}, "string"),
        ({"type": "string", "format": "date-time"}, "string (date-time)"),
        ({"type": ["string", "null"]}, "string or null"),
        ({"anyOf": [{"type": "integer"}, {"type": "null"}]}, "integer or null"),
        ({"type": "array", "items": {"$ref": "#/components/schemas/Fault"}},
         'list of <a href="#schema-Fault">Fault</a>'),
        ({"enum": ["a", "b"]}, "<code>a</code>, <code>b</code>"),
        ({"const": 1}, "<code>1</code>"),
        ({}, "anything"),
    ],
)  # fmt: skip
def test_a_type_is_told_in_a_few_words(schema: dict[str, object], told: str) -> None:
    assert type_of(schema) == told


def test_limits_are_told_also_where_a_member_may_be_left_out() -> None:
    assert bounds_of({"type": "string", "maxLength": 5}) == [("maxLength", 5)]
    assert bounds_of({"anyOf": [{"type": "string", "minLength": 1}, {"type": "null"}]}) == [("minLength", 1)]

"""Whatever JSON comes, each format says what it is or what is wrong with it."""

import copy
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.ingest.draft import Draft, Ignored
from services.ingest.formats import ghost, native, ninjs, wordpress

NAMES = st.sampled_from(
    ["guid", "uri", "id", "type", "headline", "headlines", "body_html", "body_text", "bodies", "value", "role", "name",
     "contenttype", "contentType", "version", "versioncreated", "versionCreated", "pubstatus", "associations",
     "renditions", "href", "media", "width", "subject", "keywords", "service", "authors", "byline", "post", "current",
     "previous", "title", "content", "rendered", "_embedded", "wp:term", "taxonomy", "tags", "status", "date_gmt",
     "image", "url", "media_id", "corrections", "text", "at", "evolvedfrom", "evolved_from", "language", "slug"]
) | st.text(max_size=4)  # fmt: skip
LEAVES = (
    st.none() | st.booleans() | st.integers(-5, 2**70) | st.floats() | st.text(max_size=8)
    | st.sampled_from(["text", "picture", "usable", "canceled", "2025-07-26T09:30:00Z", "2025-07-26T09:30:00+0000",
                       "https://a.b/c", "published", "publish", "<p>x</p>", "\ud800", "\x00", "composite"])
)  # fmt: skip
TREES = st.recursive(
    LEAVES, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=8), max_leaves=30
)
READERS = [native.read, ninjs.read, ghost.read, wordpress.read]
PICTURE = {"type": "picture", "renditions": {"original": {"href": "https://a.b/c", "media": "m"}}}
POST = {"id": "1", "title": "T", "html": "x", "status": "published", "tags": [{"name": "a"}]}
WHOLE: list[dict[str, Any]] = [
    {"guid": "a", "headline": "h", "body_html": "b", "version": 1, "authors": ["x"], "image": {"url": "https://a.b/c"}},
    {"uri": "a", "headline": "h", "body_html": "b", "version": "1", "subject": [{"name": "x"}],
     "associations": {"a": {"type": "picture", "renditions": {"original": {"href": "https://a.b/c", "media": "m"}}}}},
    {"uri": "a", "headlines": [{"value": "h"}], "bodies": [{"value": "b", "contentType": "text/html"}],
     "associations": [{"name": "a", "type": "picture", "renditions": [{"href": "https://a.b/c"}]}]},
    {"post": {"current": POST, "previous": {}}},
    {"id": 1, "title": {"rendered": "T"}, "content": {"rendered": "x"}, "_embedded": {"wp:term": [[{"name": "a"}]]}},
]  # fmt: skip


def check(found: Any) -> None:
    assert isinstance(found, Draft | Ignored | list)
    if isinstance(found, list):
        assert found
        for fault in found:
            assert fault.pointer.startswith("/") and fault.detail
            fault.pointer.encode()
    if isinstance(found, Draft):
        assert 0 < len(found.guid) <= 512
        assert found.headline or found.status != "usable"
        assert len(found.headline) <= 300
        repr(found).encode()


@pytest.mark.parametrize("read", READERS)
@given(tree=TREES)
def test_any_tree_is_read(read: Any, tree: Any) -> None:
    check(read(tree))


@pytest.mark.parametrize("read", READERS)
@given(whole=st.sampled_from(WHOLE), steps=st.lists(st.integers(0, 9), max_size=8), put=TREES)
def test_a_good_item_with_anything_put_in_one_place_is_read(read: Any, whole: Any, steps: list[int], put: Any) -> None:
    """A random walk through the item, and a random value where it ends."""
    item = copy.deepcopy(whole)
    at = item
    for step in steps:
        key = list(at)[step % len(at)] if isinstance(at, dict) else step % len(at)
        if not isinstance(at[key], dict | list) or not at[key] or step == 9:
            at[key] = put
            break
        at = at[key]
    check(read(item))


@pytest.mark.parametrize(
    ("read", "article"),
    [
        (ninjs.read, {"uri": "a", "headline": "@", "body_html": "<p>b</p>"}),
        (ninjs.read, {"uri": "a", "headline": "h", "body_html": '<img src="@">', "associations": {"e": PICTURE}}),
        (ghost.read, {"post": {"current": {**POST, "title": "@"}, "previous": {}}}),
        (wordpress.read, {"id": 1, "title": {"rendered": "@"}, "content": {"rendered": "x"}}),
    ],
)
def test_a_reference_to_no_character_is_read_however_long(read: Any, article: dict[str, Any]) -> None:
    reference = f"&#{'1' * 9_000};"
    check(read(json.loads(json.dumps(article).replace("@", reference))))

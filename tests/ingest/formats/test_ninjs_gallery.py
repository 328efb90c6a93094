"""Galleries of Superdesk's: pictures that a field of the article holds, and its body does not show."""

import re
from typing import Any

import pytest

from services.ingest.draft import Draft
from services.ingest.formats import ninjs


def picture(name: str, **members: Any) -> dict[str, Any]:
    original = {"href": f"https://desk.example/{name}?raw=1&x=2", "media": f"2025/{name}", "mimetype": "image/jpeg"}
    return {"guid": name, "type": "picture", "pubstatus": "usable", "renditions": {"original": original}, **members}


def draft(associations: dict[str, Any], **members: Any) -> Draft:
    item = {"guid": "g", "type": "text", "headline": "Fire", "body_html": "<p>It burns.</p>", **members}
    found = ninjs.read({**item, "associations": associations})
    assert isinstance(found, Draft)
    return found


def shown(found: Draft) -> list[str]:
    """The pictures that follow the words."""
    return re.findall(r'<img src="https://desk\.example/(\w+)', found.body_html or "")


def gallery(*names: str, field: str = "slides", **members: Any) -> dict[str, Any]:
    return {f"{field}--{number}": picture(name, **members) for number, name in enumerate(names, 1)}


def test_the_pictures_of_a_gallery_follow_the_body_but_for_the_one_above_it() -> None:
    found = draft(gallery("a", "b", "c"))
    assert found.image is not None and found.image.media_id == "2025/a"
    assert shown(found) == ["b", "c"]
    assert found.body_html is not None and found.body_html.startswith("<p>It burns.</p><figure>")
    assert dict(found.embedded)["https://desk.example/b?raw=1&x=2"] == "2025/b", "each is the file that was pushed"
    featured = draft({**gallery("a", "b"), "featuremedia": picture("f")})
    assert featured.image is not None and featured.image.media_id == "2025/f"
    assert shown(featured) == ["a", "b"]


def test_a_picture_of_a_gallery_says_what_it_shows_and_whose_it_is() -> None:
    told = picture("b", body_text='A "B" & C', description_text="Fig. <b>2</b> & more", byline="P. O'Hoto")
    found = draft({**gallery("a"), "slides--2": told, "slides--3": picture("c")})
    assert (found.body_html or "").removeprefix("<p>It burns.</p>") == (
        '<figure><img src="https://desk.example/b?raw=1&amp;x=2" alt="A &quot;B&quot; &amp; C">'
        "<figcaption>Fig. 2 &amp; more <small>P. O&#x27;Hoto</small></figcaption></figure>"
        '<figure><img src="https://desk.example/c?raw=1&amp;x=2" alt=""></figure>'
    )


def test_one_gallery_follows_the_other_each_in_the_order_that_its_numbers_say() -> None:
    numbers = {"slides--10": picture("d"), "slides--2": picture("b"), "more--1": picture("y"), "more--2": picture("z")}
    assert shown(draft({"featuremedia": picture("f"), **numbers})) == ["b", "d", "y", "z"]
    told = [("b", 1), ("c", 2), ("a", 0)]
    ordered = {f"slides--{number}": picture(name, order=order) for number, (name, order) in enumerate(told, 1)}
    assert shown(draft({"featuremedia": picture("f"), **ordered})) == ["a", "b", "c"]


def test_no_picture_is_shown_twice() -> None:
    body = '<p>x</p><!-- EMBED START Image {id: "editor_0"} --><figure><img src="https://s3.example/1.jpg"></figure>'
    embedded = {"editor_0": picture("e"), "featuremedia": picture("f"), **gallery("a", "f", "e", "b", "a")}
    assert shown(draft(embedded, body_html=body)) == ["a", "b"]
    linked = draft({"featuremedia": picture("f"), **gallery("a", "b")}, body_html='<img src="2025/a">')
    assert shown(linked) == ["b"]


@pytest.mark.parametrize(
    "other",
    [
        {"slides--2": picture("b", pubstatus="canceled")},
        {"slides--2": picture("b", type="video")},
        {"slides--2": None},
        {"slides--2": {"guid": "b", "type": "picture"}},
        {"slides-2": picture("b")},
        {"slides--x": picture("b")},
        {"--2": picture("b")},
    ],
)
def test_a_field_of_one_picture_is_no_gallery(other: dict[str, Any]) -> None:
    assert shown(draft({"featuremedia": picture("f"), "slides--1": picture("a"), **other})) == []


def test_what_is_only_related_to_an_article_is_no_picture_of_it() -> None:
    related = {"See": {"type": "related_content", "items": []}, "slides": {"type": "media"}, "x": None}
    found = draft({**gallery("r", "s", field="see"), **gallery("a", "b")}, extra_items=related)
    assert found.image is not None and found.image.media_id == "2025/a"
    assert shown(found) == ["b"]
    alone = draft(gallery("r", "s", field="See"), extra_items=related)
    assert (alone.image, shown(alone), alone.embedded) == (None, [], ())
    for unknown in ([], "x", {"See": []}, {"See": {"type": 5}}, {}):
        assert shown(draft(gallery("r", "s", field="See"), extra_items=unknown)) == ["s"]


def test_a_gallery_follows_a_text_and_needs_none() -> None:
    pictures = {"featuremedia": picture("f"), **gallery("a", "b")}
    text = draft(pictures, body_html=None, body_text="One & two.\n\nThree.")
    assert (text.body_html or "").startswith("<p>One &amp; two.</p>\n<p>Three.</p><figure>")
    assert (text.body_text, shown(text)) == (None, ["a", "b"])
    bare = draft(pictures, body_html=None)
    assert (bare.body_html or "").startswith("<figure>")
    assert draft({}, body_html=None, body_text="Alone.").body_text == "Alone."


def test_a_picture_that_was_only_pushed_is_shown_by_its_media_id() -> None:
    pushed = {"type": "picture", "renditions": {"4-3": {"media": "m1"}}}
    found = draft({**gallery("a"), "slides--2": pushed})
    assert '<img src="m1" alt="">' in (found.body_html or "")
    assert dict(found.embedded)["m1"] == "m1"


def test_pictures_that_were_not_pushed_are_shown_each_once() -> None:
    linked = {
        f"slides--{number}": picture(name, renditions={"original": {"href": f"https://desk.example/{name}"}})
        for number, name in enumerate(("a", "b", "c", "b", "a"), 1)
    }
    found = draft(linked)
    assert found.image is not None and found.image.url == "https://desk.example/a"
    assert shown(found) == ["b", "c"]


@pytest.mark.parametrize(
    ("told", "below"), [({"description_text": "A fire"}, "A fire"), ({"byline": "Ann"}, "<small>Ann</small>")]
)
def test_below_a_picture_stands_what_is_told_of_it(told: dict[str, Any], below: str) -> None:
    found = draft({**gallery("a"), "slides--2": picture("b", **told)})
    assert f"<figcaption>{below}</figcaption></figure>" in (found.body_html or "")


def test_beside_a_gallery_a_body_may_show_a_picture_that_has_no_file() -> None:
    embedded = '<!-- EMBED START Image {id: "editor_0"} --><figure><img src="x"></figure><!-- EMBED END -->'
    pictures = {**gallery("a", "b"), "editor_0": picture("e", renditions={})}
    found = draft(pictures, body_html=f"<p>It burns.</p>{embedded}")
    assert shown(found) == ["b"]

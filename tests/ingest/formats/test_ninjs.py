"""IPTC ninjs 1.x, 2.x, 3.x, and Superdesk's dialect."""

import json
import re
import time
from datetime import UTC, datetime
from typing import Any

import pytest

from services.ingest.draft import Author, Draft, Ignored, Picture
from services.ingest.formats import ninjs

AT = datetime(2025, 7, 26, 9, 30, tzinfo=UTC)

ONE: dict[str, Any] = {
    "uri": "http://agency.example/items/bridge",
    "type": "text",
    "mimetype": "text/html",
    "representationtype": "complete",
    "profile": "text-photo",
    "version": "2",
    "versioncreated": "2025-07-26T12:30:00+03:00",
    "pubstatus": "usable",
    "urgency": 3,
    "copyrightholder": "The Agency",
    "language": "en",
    "byline": "By Jane Doe and Ali Hassan",
    "headline": "Bridge closed",
    "description_text": "The old bridge is closed.",
    "body_xhtml": "<p>It is closed.</p>",
    "body_text": "It is closed.",
    "place": [{"name": "Erbil", "rel": "mentions"}],
    "subject": [{"name": "Traffic", "scheme": "http://cv.iptc.org/newscodes/mediatopic/", "code": "20000349"}],
    "associations": {
        "mainpic": {
            "uri": "http://agency.example/items/bridge-photo",
            "type": "picture",
            "headline": "The bridge",
            "description_text": "The bridge on Friday.",
            "byline": "A. Photographer",
            "renditions": {
                "small": {"href": "https://agency.example/s.jpg", "mimetype": "image/jpeg", "width": 120},
                "main": {"href": "https://agency.example/m.jpg", "mimetype": "image/jpeg", "width": 1200},
            },
        }
    },
}
TWO: dict[str, Any] = {
    "uri": ONE["uri"],
    "type": "text",
    "version": "2",
    "versioncreated": "2025-07-26T09:30:00Z",
    "pubstatus": "usable",
    "language": "en",
    "by": "Jane Doe and Ali Hassan",
    "headlines": [{"role": "sub", "value": "No cars"}, {"role": "main", "value": "Bridge closed"}],
    "descriptions": [{"role": "summary", "contenttype": "text/plain", "value": "The old bridge is closed."}],
    "bodies": [
        {"role": "text", "contenttype": "text/plain", "value": "It is closed.", "charcount": 13},
        {"role": "raw", "contenttype": "application/xml", "value": "<NITF/>"},
        {"role": "richtext", "contenttype": "application/xhtml+xml", "value": "<p>It is closed.</p>"},
    ],
    "people": [{"name": "A. Mayor", "rel": "mentions"}],
    "subjects": [{"name": "Traffic", "uri": "http://cv.iptc.org/newscodes/mediatopic/20000349"}],
    "associations": [
        {
            "name": "mainpic",
            "uri": "http://agency.example/items/bridge-photo",
            "type": "picture",
            "headlines": [{"value": "The bridge"}],
            "descriptions": [{"contenttype": "text/plain", "value": "The bridge on Friday."}],
            "by": "A. Photographer",
            "renditions": [
                {"name": "small", "href": "https://agency.example/s.jpg", "contenttype": "image/jpeg", "width": 120},
                {"name": "main", "href": "https://agency.example/m.jpg", "contenttype": "image/jpeg", "width": 1200},
            ],
        }
    ],
}
SUPERDESK: dict[str, Any] = {
    "guid": "urn:newsml:desk.example:2016-09-23T13:56:39.404843:56465de4-0d5c-495a-8e36-3b396def3cf0",
    "version": "5",
    "type": "text",
    "priority": 6,
    "urgency": 3,
    "profile": "article",
    "language": "en",
    "pubstatus": "usable",
    "slugline": "abstract-html-test",
    "headline": "Test A\u0308rger &amp; <em>joy</em>",
    "byline": "ADmin",
    "versioncreated": "2016-09-23T13:57:28+0000",
    "firstcreated": "2016-09-23T13:56:39+0000",
    "firstpublished": "2016-09-23T13:57:00+0000",
    "description_html": "<p><b><u>Abstract</u></b></p>",
    "description_text": "Abstract",
    "body_html": '<p>Body &amp; more</p><figure><img src="https://desk.example/a/original.jpg"></figure>',
    "service": [{"name": "Australian General News", "code": "a"}, {"name": "Sport", "code": "s"}],
    "subject": [{"name": "lawyer", "code": "02002001"}, {"name": "Lawyer", "code": "x", "scheme": "desk"}],
    "keywords": ["courts", " "],
    "genre": [{"name": "Article", "code": "article"}],
    "place": [{"code": "NSW", "name": "New South Wales"}],
    "authors": [
        {"code": "1", "name": "Jane Doe", "role": "writer", "uri": "urn:desk:user:1", "biography": "…"},
        {"code": "2", "name": "A. Photo", "role": "photographer", "avatar_url": None},
    ],
    "extra": {"seo": {"title": 5}},
    "annotations": [{"msg": "x"}],
    "signal": [{"code": "update"}],
    "readtime": 0,
    "wordcount": 12,
    "evolvedfrom": "urn:newsml:desk.example:older",
    "associations": {
        "editor_0": {
            "guid": "tag:desk.example:embedded",
            "type": "picture",
            "body_text": "alt of the embedded one",
            "renditions": {
                "original": {
                    "href": "https://desk.example/a/original.jpg",
                    "media": "20160923/embedded.jpg",
                    "mimetype": "image/jpeg",
                    "width": "1200",
                    "height": None,
                },
                "16-9": {"href": "https://desk.example/a/16-9.jpg", "media": "x.jpg", "mimetype": "image/jpeg"},
                "custom": None,
            },
        },
        "featuremedia": {
            "guid": "tag:desk.example:featured",
            "type": "picture",
            "headline": "A court",
            "body_text": "A court house",
            "description_text": "The court.",
            "byline": "A. Photo",
            "renditions": {
                "thumbnail": {"href": "https://desk.example/t.jpg", "media": "t.jpg", "width": 3000},
                "original": {"href": "https://desk.example/f.jpg", "media": "2016092313/f.jpg", "poi": {"x": 1}},
            },
        },
        "gallery": None,
        "related": {"guid": "tag:desk.example:other", "type": "text"},
    },
}


def draft(item: dict[str, Any], **members: Any) -> Draft:
    found = ninjs.read({**item, **members})
    assert isinstance(found, Draft), found
    return found


def without(item: dict[str, Any], *names: str) -> dict[str, Any]:
    return {name: value for name, value in item.items() if name not in names}


def camel(value: Any) -> Any:
    """The same item in the notation of 3.x."""
    names = {
        "versioncreated": "versionCreated",
        "pubstatus": "pubStatus",
        "contenttype": "contentType",
        "charcount": "charCount",
    }
    if isinstance(value, dict):
        return {names.get(name, name): camel(one) for name, one in value.items()}
    return [camel(one) for one in value] if isinstance(value, list) else value


EXPECTED = Draft(
    guid="http://agency.example/items/bridge",
    version=2,
    headline="Bridge closed",
    body_html="<p>It is closed.</p>",
    summary="The old bridge is closed.",
    topics=("Traffic",),
    authors=(Author("Jane Doe"), Author("Ali Hassan")),
    language="en",
    published_at=AT,
    updated_at=AT,
    image=Picture(
        url="https://agency.example/m.jpg",
        alt="The bridge",
        credit="A. Photographer",
        caption="The bridge on Friday.",
    ),
    embedded=(
        ("https://agency.example/s.jpg", "https://agency.example/m.jpg"),
        ("https://agency.example/m.jpg", "https://agency.example/m.jpg"),
    ),
)


@pytest.mark.parametrize("item", [ONE, TWO, camel(TWO)], ids=["1.x", "2.x", "3.x"])
def test_one_article_reads_the_same_in_all_three_notations(item: dict[str, Any]) -> None:
    assert ninjs.read(item) == EXPECTED


def test_superdesks_dialect_is_read() -> None:
    sent = json.loads(json.dumps(SUPERDESK))  # ASCII-escaped on the way
    assert ninjs.read(sent) == Draft(
        guid=SUPERDESK["guid"],
        version=5,
        headline="Test A\u0308rger & joy",
        body_html=SUPERDESK["body_html"].replace("<img ", '<img alt="alt of the embedded one" '),
        summary="Abstract",
        section="Australian General News",
        topics=("lawyer", "courts"),
        authors=(Author("Jane Doe"), Author("A. Photo")),
        language="en",
        published_at=datetime(2016, 9, 23, 13, 57, tzinfo=UTC),
        updated_at=datetime(2016, 9, 23, 13, 57, 28, tzinfo=UTC),
        evolved_from="urn:newsml:desk.example:older",
        image=Picture(
            media_id="2016092313/f.jpg",
            url="https://desk.example/f.jpg",
            alt="A court house",
            credit="A. Photo",
            caption="The court.",
        ),
        embedded=(
            ("https://desk.example/a/original.jpg", "20160923/embedded.jpg"),
            ("20160923/embedded.jpg", "20160923/embedded.jpg"),
            ("https://desk.example/a/16-9.jpg", "20160923/embedded.jpg"),
            ("x.jpg", "20160923/embedded.jpg"),
            ("https://desk.example/t.jpg", "2016092313/f.jpg"),
            ("t.jpg", "2016092313/f.jpg"),
            ("https://desk.example/f.jpg", "2016092313/f.jpg"),
            ("2016092313/f.jpg", "2016092313/f.jpg"),
        ),
    )


@pytest.mark.parametrize("text", [None, "One.Two, still two.", "Something else."])
def test_the_paragraphs_of_a_summary_are_parted(text: str | None) -> None:
    """Superdesk makes description_text of description_html, and leaves nothing between two paragraphs."""
    found = draft(ONE, description_html="<p>One.</p><p>Two, <i>still</i> two.</p>", description_text=text)
    assert found.summary == ("One. Two, still two." if text != "Something else." else text)


def test_a_standfirst_is_what_the_text_says_before_what_others_do() -> None:
    assert draft(ONE, description_text="It closed.", description_abstract="No cars.").summary == "It closed."


@pytest.mark.parametrize(
    ("item", "headline"),
    [
        (without(SUPERDESK, "headline"), "abstract-html-test"),
        (without(SUPERDESK, "headline", "slugline"), "Body & more"),
        (SUPERDESK | {"headline": "<p>\u200b&shy;</p>"}, "abstract-html-test"),
        (
            {"guid": "x", "body_text": "Words of " + "a long text " * 20},
            "Words of " + "a long text " * 5 + "a long text",
        ),
        ({"uri": "x", "headline_main": "Main", "headline_sub": "Sub", "body_main": "t"}, "Main"),
        ({"uri": "x", "headline": "h" * 400}, "h" * 300),
        ({"uri": "x", "headline": "Flood in <b>Bas</b>ra<br/>CO<sub>2</sub>"}, "Flood in Basra CO2"),
        ({"_id": "1", "uri": "x", "headline": "Only a headline", "version": 1}, "Only a headline"),
        ({"uri": "x", "descriptions": [{"value": "Only a description"}]}, "Only a description"),
        ({"uri": "x", "type": "text", "description_text": "Only  a description"}, "Only a description"),
        ({"uri": "x", "description_html": "<p>Only</p>", "body_html": "<p> </p>", "slugline": ""}, "Only"),
        ({"uri": "x", "description_text": "Summary", "body_html": "<h2>Body</h2>"}, "Body"),
        ({"uri": "x", "body_html": "<table><tr><td>1</td><td>2</td></tr></table>"}, "1 2"),
        ({"uri": "x", "renditions": {}, "slugline": "Slugline", "body_text": "t"}, "Slugline"),
    ],
)
def test_there_is_a_headline_wherever_there_are_words(item: dict[str, Any], headline: str) -> None:
    assert draft(item).headline == headline


def told(**values: str) -> list[dict[str, Any]]:
    return [{"role": role, "value": value} for role, value in values.items()]


@pytest.mark.parametrize(
    ("descriptions", "summary"),
    [
        (told(correction="Name put right.", caption_writer="JKD", abstract="It closed."), "It closed."),
        ([*told(writer="JKD"), {"role": "summary", "contenttype": "text/html", "value": "<p>It closed.</p>"}],
         "It closed."),
        (told(text="It closed.", creditline="THE AGENCY"), "It closed."),
        (told(creditline="THE AGENCY"), ""),
        (told(usage="Not before Friday.", text="It closed."), "It closed."),
        (told(usage="Not before Friday."), ""),
        (told(writer="JKD", caption_writer="JKD", update="Adds.", correction="Name.", sortorder="0", isNew="Yes"), ""),
        (told(other="Whatever."), "Whatever."),
        (told(other="Whatever.", text="It closed."), "It closed."),
        (told(text="It is closed.", lead="It closed."), "It closed."),
        (told(lead="It is closed.", abstract="It closed."), "It closed."),
        (told(abstract="It is closed.", summary="It closed."), "It closed."),
        (told(summary="It is closed.", main="It closed."), "It closed."),
    ],
)  # fmt: skip
def test_a_standfirst_is_what_describes_the_story_whichever_stands_first(
    descriptions: list[dict[str, Any]], summary: str
) -> None:
    for ordered in (descriptions, descriptions[::-1]):
        assert draft(without(TWO, "descriptions"), descriptions=ordered).summary == summary


@pytest.mark.parametrize(
    "members",
    [
        {
            "descriptions": told(creditline="THE AGENCY", caption_writer="JKD", caption="At the border."),
            "headlines": told(extended="At the border on Monday", main="Border"),
        },
        {"headline": "Border", "description_creditline": "THE AGENCY", "description_caption": "At the border."},
        {"headline": "Border", "by": "THE AGENCY", "description_html": "<p>At the border.", "description_caption": "-"},
    ],
    ids=["2.x", "1.x", "Superdesk"],
)
def test_a_pictures_caption_is_its_caption_and_its_credit_line_the_credit(members: dict[str, Any]) -> None:
    photo = {"name": "photo", "uri": "p", "type": "picture", "renditions": {"o": {"href": "https://a.b/c.jpg"}}}
    assert draft(TWO, associations=[{**photo, **members}]).image == Picture(
        url="https://a.b/c.jpg", alt="Border", credit="THE AGENCY", caption="At the border."
    )


def test_a_picture_of_which_nobody_is_named_has_its_copyright_notice_as_its_credit() -> None:
    notice, photo = (
        "© 2026 The Agency",
        {"name": "photo", "type": "picture", "renditions": {"o": {"href": "https://a.b/c"}}},
    )
    for members, credit in (
        ({"copyrightNotice": notice}, notice),
        ({"copyrightNotice": notice, "by": "A. Photo"}, "A. Photo"),
        ({"copyrightNotice": notice, "copyrightHolder": "The Agency"}, "The Agency"),
        ({"copyrightNotice": notice, "descriptions": told(creditline="THE AGENCY")}, "THE AGENCY"),
    ):
        image = draft(TWO, associations=[{**photo, **members}]).image
        assert image is not None
        assert image.credit == credit


def test_what_is_said_of_a_picture_is_no_credit() -> None:
    photo = {"name": "photo", "type": "picture", "renditions": {"o": {"href": "https://a.b/c.jpg"}}}
    for members in ({"descriptions": told(caption="At the border.")}, {"description_text": "At the border."}):
        image = draft(TWO, associations=[{**photo, **members}]).image
        assert image == Picture(url="https://a.b/c.jpg", alt="At the border.", caption="At the border.")


def test_a_caption_comes_before_what_else_is_said_of_a_picture() -> None:
    known = ("caption", "main", "summary", "text", "other")
    for at, first in enumerate(known):
        photo = {"name": "photo", "type": "picture", "renditions": {"o": {"href": "https://a.b/c.jpg"}}}
        image = draft(
            TWO, associations=[{**photo, "descriptions": told(**{one: one for one in reversed(known[at:])})}]
        ).image
        assert image is not None
        assert image.caption == first


IMAGE = '<p><img src="https://a.b/c.jpg"></p>'


@pytest.mark.parametrize("other", ["teaser", "caption"])
def test_the_main_body_is_the_body_whichever_stands_first(other: str) -> None:
    teaser, main = ({"role": role, "contentType": "text/html", "value": f"<p>{role}</p>"} for role in (other, "main"))
    for bodies in ([teaser, main], [main, teaser]):
        assert draft({"uri": "x", "headlines": [{"value": "h"}], "bodies": bodies}).body_html == "<p>main</p>"
    blank = {**main, "value": "<p> </p>"}
    assert draft({"uri": "x", "headlines": [{"value": "h"}], "bodies": [teaser, blank]}).body_html == teaser["value"]


NITF = '<?xml version="1.0"?>\n<nitf><head><title>T</title></head><body><p>Words.</p></body></nitf>'


@pytest.mark.parametrize(
    "nitf",
    [
        NITF,
        "<TTNITF><HEAD><SLUGG>slug</SLUGG></HEAD><BODY><P>Words.</P></BODY></TTNITF>",
        f' \n<?xml version="1.0"?><!DOCTYPE nitf SYSTEM "nitf.dtd">\n{NITF.partition("?>")[2].strip()}',
        "<!doctype NewsML>\n<NewsML><p>Words.</p></NewsML>",
        "<newsItem standard='NewsML-G2'><p>Words.</p></newsItem>",
    ],
)
@pytest.mark.parametrize("other", [{"body_html5": "<p>Words.</p>"}, {"body_text": "Words."}])
def test_nitf_is_the_body_only_where_there_is_no_other(nitf: str, other: dict[str, str]) -> None:
    for members in ({"body_x": nitf, **other}, {**other, "body_x": nitf}):
        found = draft({"uri": "x", "headline": "H", **members})
        assert (found.body_html or found.body_text) == next(iter(other.values()))
    assert draft({"uri": "x", "headline": "H", "body_x": nitf}).body_html == nitf.strip()
    assert draft({"uri": "x", "headline": "H", "body_nitf": "<p>Words.</p>"}).body_html == "<p>Words.</p>"


@pytest.mark.parametrize("kind", ["text/vnd.IPTC.NITF", "application/nitf+xml", "text/xml", "text/html", None])
def test_nitf_alone_is_the_story_without_the_headline_and_the_byline_before_it(kind: str | None) -> None:
    head = "<hedline><hl1>H</hl1></hedline><byline>By J. Doe</byline>"
    nitf = NITF.replace("<p>", "<body.head>{}</body.head><body.content><p>").replace("</p>", "</p></body.content>")
    bodies = [{"role": "nitf", "contentType": kind, "value": nitf.format(head)}]
    item = {"uri": "x", "headlines": [{"value": "H"}]}
    found = draft({**item, "bodies": bodies})
    assert found.body_html == nitf.format("").replace("<body.head></body.head>", "")
    other = {"role": "other", "contentType": "text/plain", "value": "Other words."}
    assert draft({**item, "bodies": [*bodies, other]}).body_text == "Other words."
    unended = nitf.replace("</body.head>", "")
    assert draft({**item, "bodies": [{**bodies[0], "value": unended}]}).body_html == unended
    subheads = nitf.replace("<p>", '<hl2 id="s">S</hl2><p>')
    found = draft({**item, "bodies": [{**bodies[0], "value": subheads.format(head)}]})
    assert "<body.content><h2>S</h2><p>" in (found.body_html or "")
    newsml = [{"contenttype": "application/vnd.iptc.g2.newsitem+xml", "value": "<newsItem><p>Words.</p></newsItem>"}]
    assert draft({**item, "bodies": newsml}).body_html is None


@pytest.mark.parametrize(
    ("members", "html", "text"),
    [
        ({"body_html": "<p></p>", "body_text": "Words."}, None, "Words."),
        ({"body_html": "<!-- none --><p>&nbsp;</p>", "body_xhtml": "<p>Words.</p>"}, "<p>Words.</p>", None),
        ({"body_html": IMAGE, "body_text": "Words."}, IMAGE, None),
        ({"body_html5": "<p>Words.</p>", "body_richhtml5": "<p>Rich.</p>"}, "<p>Rich.</p>", None),
        ({"body_html5": "<p>Words.</p>", "body_richhtml5": "<p></p>"}, "<p>Words.</p>", None),
        ({"body_html": "<p><br></p>"}, "<p><br></p>", None),
        ({"body_html": "<b>Bold</b>", "body_text": "Words."}, "<b>Bold</b>", None),
        ({"body_html": "<i></i>", "body_text": " "}, "<i></i>", None),
        ({"bodies": [{"contenttype": "text/html", "value": "<p> </p>"}, {"value": "Words."}]}, None, "Words."),
        ({"bodies": [{"value": "<p></p>"}, {"value": "<p>Words.</p>"}]}, "<p>Words.</p>", None),
    ],
)
def test_the_blank_and_the_poorer_body_give_way(members: dict[str, Any], html: str | None, text: str | None) -> None:
    found = draft({"uri": "x", "headline": "H", **members})
    assert (found.body_html, found.body_text) == (html, text)


@pytest.mark.parametrize("roles", [("html5", "richhtml5"), ("richhtml5", "html5"), ("text", "html5", "richHtml5")])
def test_of_tts_two_bodies_the_one_with_the_pictures_in_their_places_is_published(roles: tuple[str, ...]) -> None:
    """In a list as IPTC's own example of it has them, as in members of 1.x."""
    item = {"uri": "x", "headlines": [{"value": "H"}]}
    bodies = [{"role": role, "contenttype": "text/html", "value": f"<p>{role.lower()}</p>"} for role in roles]
    assert draft(item, bodies=bodies).body_html == "<p>richhtml5</p>"
    main = {"role": "main", "contenttype": "text/html", "value": "<p>main</p>"}
    assert draft(item, bodies=[*bodies, main]).body_html == "<p>main</p>"
    blank = [{**one, "value": "<p></p>"} if one["role"].lower() == "richhtml5" else one for one in bodies]
    assert draft(item, bodies=blank).body_html == f"<p>{next(one for one in roles if one != 'richhtml5')}</p>"


BLOCKS = "p div h1 h6 ul ol table section article blockquote figure br html body"


@pytest.mark.parametrize("name", [*BLOCKS.split(), "P"])
def test_a_body_of_no_kind_is_html_if_there_is_a_block_in_it(name: str) -> None:
    item = {"uri": "x", "headline": "H"}
    for body in (f"<b>Words</b> <{name}>and words", f"<{name} class=x>Words"):
        assert draft(item, body_main=body).body_html == body
        assert draft(item, bodies=[{"value": body}]).body_html == body
        assert draft(item, body_text=body).body_text == body
    words = f"Words of <{name}lated> things, and of <x-{name}>"
    assert draft(item, body_main=words).body_text == words


@pytest.mark.parametrize("kind", ["text/html", "application/xhtml+xml", "Text/HTML ; charset=utf-8"])
def test_a_body_is_html_if_it_says_so(kind: str) -> None:
    for name in ("contenttype", "contentType", "mimetype"):
        bodies = [{name: kind, "value": "Words"}]
        assert draft({"uri": "x", "headline": "H", "bodies": bodies}).body_html == "Words"
    found = draft({"uri": "x", "headline": "H", "bodies": [{"contenttype": "text/plain; x=y", "value": "<p>Words"}]})
    assert found.body_text == "<p>Words"


@pytest.mark.parametrize("kind", ["text/markdown", "Text/Markdown; variant=CommonMark", "text/enriched"])
def test_a_body_of_another_kind_of_text_is_text_where_there_is_no_other(kind: str) -> None:
    item = {"uri": "x", "headlines": [{"value": "H"}]}
    body = {"role": "main", "contentType": kind, "value": "The *bridge* is closed."}
    assert draft(item, bodies=[body]).body_text == "The *bridge* is closed."
    for other in ("text/plain", "text/html"):
        found = draft(item, bodies=[body, {"contentType": other, "value": "<p>Words.</p>"}])
        assert (found.body_html or found.body_text) == "<p>Words.</p>"
    for no_words in ("text/xml", "application/json"):
        assert draft(item, bodies=[{**body, "contentType": no_words}]).body_text is None


@pytest.mark.parametrize(
    ("told", "status"),
    [
        (None, "usable"),
        ("usable", "usable"),
        ("withheld", "withheld"),
        ("canceled", "canceled"),
        ("cancelled", "canceled"),
        ("unpublished", "withheld"),
    ],
)
def test_statuses(told: str | None, status: str) -> None:
    assert draft(ONE, pubstatus=told).status == status
    assert draft(ONE, pubstatus=told and told.upper()).status == status
    assert draft(without(camel(TWO), "pubStatus"), pubStatus=told).status == status


@pytest.mark.parametrize("name", ["embargoed", "embargoedUntil"])
def test_what_is_embargoed_is_held_back_until_then_and_withheld_where_nothing_says_until_when(name: str) -> None:
    found = draft(ONE, pubstatus="Embargoed", **{name: "2030-01-01T00:00:00Z"})
    assert (found.status, found.embargo_until) == ("usable", datetime(2030, 1, 1, tzinfo=UTC))
    assert draft(ONE, pubstatus="embargoed").status == "withheld"
    picture = {"type": "picture", "pubstatus": "embargoed", "renditions": {"o": {"href": "https://a.b/c"}}}
    assert draft({"uri": "x", "headline": "H"}, associations={"mainpic": picture}).image is None


@pytest.mark.parametrize(
    ("html", "kept"),
    [
        ("<html><head><title>x</title></head><h1 class='a'>Bridge <b>closed</b></h1><p>y</p>", False),
        ("<p>City</p><H1>\nBridge&nbsp;closed\n</H1><p>y</p>", False),
        ("<p>City</h1></p><h1>Bridge closed</h1><p>y</p>", False),
        ("<h1>Bridge opened</h1><p>y</p>", True),
        ("<h2>Bridge closed</h2><p>y</p>", True),
        ("<h1>Bridge closed<p>y</p>", True),
    ],
)
def test_a_body_that_says_the_headline_again_does_not(html: str, kept: bool) -> None:
    found = draft(SUPERDESK, headline="Bridge closed", body_html=html)
    assert (found.headline, (found.body_html or "").endswith("<p>y</p>")) == ("Bridge closed", True)
    assert (found.body_html == html) is kept


@pytest.mark.parametrize(
    ("html", "left"),
    [
        ("<p>Bridge closed</p><h2>No cars</h2><p>y</p>", "<h2>No cars</h2><p>y</p>"),
        ("\n<p class='a'><b>Bridge</b>&nbsp;closed </p><p>y</p>", "<p>y</p>"),
        ("<p>Bridge closed</p>", None),
        ("<p>Bridge closed.</p><p>y</p>", None),
        ("<p>y</p><p>Bridge closed</p>", None),
        ("<p>Bridge closed<p>y</p>", None),
        ("<h2>Bridge closed</h2><p>y</p>", None),
    ],
)
def test_a_body_does_not_begin_with_the_headline_as_a_line_of_its_own(html: str, left: str | None) -> None:
    found = draft(SUPERDESK, headline="Bridge closed", body_html=html)
    assert (found.headline, found.body_html) == ("Bridge closed", html if left is None else left)
    unnamed = draft({"uri": "x", "body_html": "<p>Bridge closed</p><p>y</p>"})
    assert (unnamed.headline, unnamed.body_html) == ("Bridge closed y", "<p>Bridge closed</p><p>y</p>")


@pytest.mark.parametrize(
    ("html", "headline", "left"),
    [
        ("<h1>Bridge <i>closed</i></h1> <p>No cars.</p>", "Bridge closed", " <p>No cars.</p>"),
        ("<h1> </h1><p>No cars.</p>", "No cars.", "<p>No cars.</p>"),
        ("<h2>Bridge closed</h2><p>No cars.</p>", "Bridge closed No cars.", "<h2>Bridge closed</h2><p>No cars.</p>"),
    ],
)
def test_an_item_without_a_headline_has_the_one_of_its_body(html: str, headline: str, left: str) -> None:
    found = draft({"uri": "x", "body_html": html})
    assert (found.headline, (found.body_html or "").replace("<h1> </h1>", "")) == (headline, left)
    assert draft({"uri": "x", "slugline": "BRIDGE", "body_html": html}).headline == "BRIDGE"


EDITOR = {
    "editor_0": {
        "type": "picture",
        "headline": "Bell <b>peppers</b> & co",
        "body_text": "",
        "renditions": {
            "original": {"href": "https://sd.example/o.jpg?x=1&y=2", "media": "2025/o.jpg", "mimetype": "image/jpeg"},
            "viewImage": {"href": "https://sd.example/v.jpg", "media": "2025/v.jpg", "mimetype": "image/jpeg"},
        },
    }
}
ELSEWHERE = '<!-- EMBED START Image {id: "editor_0"} -->\n<figure>\n <img %s />\n</figure>\n<!-- EMBED END Image -->'


@pytest.mark.parametrize(
    ("html", "shown", "alternative"),
    [
        ('<img src="https://sd.example/v.jpg" alt="">', "https://sd.example/v.jpg", True),
        ("<img alt=' ' src='https://sd.example/o.jpg?x=1&amp;y=2'/>", "https://sd.example/o.jpg?x=1&y=2", True),
        ('<p>x</p><img src="https://sd.example/v.jpg">', "https://sd.example/v.jpg", True),
        ('<img src="https://sd.example/v.jpg" alt="Its own">', "https://sd.example/v.jpg", False),
        ('<img src="https://sd.example/v.jpg" alt=own>', "https://sd.example/v.jpg", False),
        ("<img src = 'https://sd.example/v.jpg' alt = 'Its own'>", "https://sd.example/v.jpg", False),
        (ELSEWHERE % 'src="https://s3.example/z.jpg" alt=""', "https://s3.example/z.jpg", True),
        (ELSEWHERE % 'src="/assets/z.jpg" alt=""', "/assets/z.jpg", True),
        ('<img src="2025/v.jpg" alt="">', "2025/v.jpg", True),
        ('<img src=" 2025/v.jpg\n" alt="">', "2025/v.jpg", True),
        ('<p>x</p><img alt="">', "", False),
        ('<IMG SRC="https://sd.example/v.jpg">', "https://sd.example/v.jpg", True),
        ('<img alt src="https://sd.example/v.jpg">', "https://sd.example/v.jpg", True),
        (ELSEWHERE.replace("editor_0", "editor_9") % 'src="https://s3.example/z.jpg" alt=""', "", False),
        ('<img src="https://other.example/z.jpg" alt="">', "", False),
    ],
)
def test_a_picture_in_the_body_is_that_of_its_association(html: str, shown: str, alternative: bool) -> None:
    """By its address or media id, or as Superdesk's editor says; with its alternative text where the body has none."""
    found = draft(SUPERDESK, associations=EDITOR, body_html=html)
    assert ((shown, "2025/o.jpg") in found.embedded) is bool(shown)
    assert ('<img alt="Bell peppers &amp; co" ' in (found.body_html or "")) is alternative
    assert alternative or found.body_html == html


def test_a_picture_in_the_body_that_can_not_be_found_stays_as_it_is() -> None:
    bare = {"editor_0": {"type": "picture", "guid": "x"}}
    html = ELSEWHERE % 'src="https://s3.example/z.jpg" alt="z"'
    found = draft(SUPERDESK, associations=bare, body_html=html)
    assert (found.embedded, found.body_html) == ((), html)
    found = draft(SUPERDESK, associations=EDITOR, body_html=html.replace("editor_0", "Editor_0"))
    assert ("https://s3.example/z.jpg", "2025/o.jpg") in found.embedded


WITHDRAWN = ["canceled", "Cancelled", "withheld", "unpublished"]


@pytest.mark.parametrize("status", WITHDRAWN)
def test_a_picture_that_was_withdrawn_is_not_shown(status: str) -> None:
    """Neither as the article's nor within its body, with what is said below it. Its item says so."""
    film = '<figure class="x"><video src="https://sd.example/f.mp4"></video></figure>'
    body = ELSEWHERE % 'src="https://s3.example/z.jpg" alt="z"' + f"<p>a</p>{film}<p>b</p>"
    body += '<figure><img src="https://sd.example/v.jpg"><figcaption>Killed</figcaption></figure><p>c'
    body += '<img src="https://sd.example/o.jpg?x=1&amp;y=2"><img src="https://a.b/2.jpg"></p>'
    killed = {**EDITOR["editor_0"], "pubstatus": status}
    found = draft(SUPERDESK, associations={"featuremedia": killed, "editor_0": killed}, body_html=body)
    assert (found.image, found.embedded) == (None, ())
    assert re.findall(r"src=.([^ \"]+)", found.body_html or "") == ["https://sd.example/f.mp4", "https://a.b/2.jpg"]
    assert "Killed" not in (found.body_html or "")
    other = {**EDITOR["editor_0"], "renditions": {"o": {"href": "https://a.b/2.jpg"}}, "pubstatus": "usable"}
    found = draft(SUPERDESK, associations={"featuremedia": killed, "other": other}, body_html=body)
    assert found.image is not None
    assert found.image.url == "https://a.b/2.jpg"
    assert draft(SUPERDESK, associations=EDITOR, body_html=film).body_html == film


@pytest.mark.parametrize("alt", [' alt=""', " alt=''", " alt", ' ALT = " "'])
def test_an_alternative_that_is_filled_in_takes_the_place_of_an_empty_one(alt: str) -> None:
    before, after = 'altitude="5" SRC = "https://sd.example/v.jpg"', '/><p title="x">y</p>'
    html = draft(SUPERDESK, associations=EDITOR, body_html=f"<img {before}{alt}{after}").body_html
    assert html == f'<img alt="Bell peppers &amp; co" {before}{after}'


@pytest.mark.parametrize(
    ("figure", "said"),
    [
        (
            "<img src='z.jpg' /><figcaption>Fig</figcaption>",
            '<figcaption>Fig <small>A. &amp; "B."</small></figcaption>',
        ),
        (
            "<img src='z.jpg' />\n    <figcatpion>Misspelt</figcaption>",
            '<figcaption>Misspelt <small>A. &amp; "B."</small></figcaption>',
        ),
        ("<img src='z.jpg' />", '<figcaption><small>A. &amp; "B."</small></figcaption>'),
        (
            """<img src='z.jpg' /><figcaption>By A. &amp; "B."</figcaption>""",
            '<figcaption>By A. &amp; "B."</figcaption>',
        ),
    ],
)
def test_a_picture_in_the_body_says_whose_it_is(figure: str, said: str) -> None:
    html = f'<p>x</p><!-- EMBED START Image {{id: "editor_0"}} --><figure>{figure}</figure><!-- EMBED END Image -->'
    named = {"editor_0": {**EDITOR["editor_0"], "byline": 'A. &amp; "B."'}}
    for told in ("editor_0", "Editor_0"):
        shown = draft(SUPERDESK, associations=named, body_html=html.replace("editor_0", told)).body_html or ""
        assert f"{said}</figure>" in shown
    assert "<small>" not in (draft(SUPERDESK, associations=EDITOR, body_html=html).body_html or "")


@pytest.mark.parametrize(
    ("html", "plain"),
    [
        ('<p>a</p><div class="multi-line-quote"><p>b</p>\n<p><b>c</b></p></div><div>d</div>',
         "<p>a</p><blockquote><p>b</p>\n<p><b>c</b></p></blockquote><div>d</div>"),
        ('<div><div class="multi-line-quote">a <p>b</p></div><p>c</p></div>',
         "<div><blockquote>a <p>b</p></blockquote><p>c</p></div>"),
        ('<div class="multi-line-quote"><div>b</div></div>', '<div class="multi-line-quote"><div>b</div></div>'),
        ('<div class="media-block"><img src="a" /><span class="media-block__description"><b>b</b></span>\n</div>c',
         '<figure><img src="a" /><figcaption><b>b</b></figcaption></figure>c'),
        ('<div class="media-block"><img src="a"></div><span class="media-block__description">b</span></div>',
         '<div class="media-block"><img src="a"></div><span class="media-block__description">b</span></div>'),
        ('<span class="vignette">Rain</span><span class="source">TT</span><span>b</span><span>c</span>',
         '<span class="vignette">Rain</span> <span class="source">TT</span><span>b</span><span>c</span>'),
        ('<figure><img src="a"/><div class="byline">B/C</div>\n<figcaption>d <i>e</i></figcaption></figure>',
         '<figure><img src="a"/><figcaption>d <i>e</i> <small>B/C</small></figcaption></figure>'),
        ('<figure><div class="byline">B</div><figcaption>c\nd</figcaption></figure>' * 2,
         "<figure><figcaption>c\nd <small>B</small></figcaption></figure>" * 2),
        ('<div class="media-block"><p>\na</p><span class="media-block__description">b\n</span></div>' * 2,
         "<figure><p>\na</p><figcaption>b\n</figcaption></figure>" * 2),
        ('<i>a</i><span class="source">TT</span>', '<i>a</i><span class="source">TT</span>'),
        ("<h4><p>a</p>\n<p>b</p></h4>", "<div><p>a</p>\n<p>b</p></div>"),
        ('<div class="byline">B/C</div><figure><figcaption>d</figcaption></figure>',
         '<div class="byline">B/C</div><figure><figcaption>d</figcaption></figure>'),
        ("<h4><p>a</p> <blockquote>b</blockquote></h4><p>c</p><h4>d</h4><h4>\n<p>e</p></h4>",
         "<div><p>a</p> <blockquote>b</blockquote></div><p>c</p><h4>d</h4><div>\n<p>e</p></div>"),
    ],
)  # fmt: skip
def test_a_body_says_the_same_without_its_senders_styles(html: str, plain: str) -> None:
    assert draft(SUPERDESK, body_html=html).body_html == plain


@pytest.mark.parametrize(
    "byline",
    [
        "By: Jane Doe",
        "by Jane Doe",
        "Von Jane Doe",
        "par Jane Doe",
        "Por  Jane Doe",
        "BY:Jane Doe",
        "Jane Doe",
        "Door Jane Doe",
        "av Jane Doe",
        "Af Jane Doe",
        "بقلم: Jane Doe",
        "من Jane Doe",
    ],
)
def test_a_byline_is_a_name(byline: str) -> None:
    assert draft(without(SUPERDESK, "authors"), byline=byline).authors == (Author("Jane Doe"),)
    for name in ("Byron Katie", "Jane Darby Smith", "Yvon Petit", "Caspar Olsen", "Ava Lind", "منى زكي"):
        assert draft(without(SUPERDESK, "authors"), byline=name).authors == (Author(name),)


@pytest.mark.parametrize(
    ("byline", "names"),
    [
        ("Jane Doe & Ali Hassan", ["Jane Doe", "Ali Hassan"]),
        ("Jane Doe, Bo Li & Ali Hassan", ["Jane Doe", "Bo Li", "Ali Hassan"]),
        ("Jane Doe, Bo Li and Ali Hassan", ["Jane Doe", "Bo Li", "Ali Hassan"]),
        ("Jane Doe; Ali Hassan", ["Jane Doe", "Ali Hassan"]),
        ("Jane Doe, Reuters", ["Jane Doe, Reuters"]),
        ("Jane Doe; Li, Bo", ["Jane Doe", "Li, Bo"]),
        ("Jane Doe and Ali Hassan, AP Writers", ["Jane Doe", "Ali Hassan, AP Writers"]),
        ("Jane Doe, Bo Li, and Ali Hassan, AP, in Oslo", ["Jane Doe", "Bo Li", "Ali Hassan, AP, in Oslo"]),
        ("Bo Li, Reuters; Jane Doe & Ali Hassan, AAP", ["Bo Li, Reuters", "Jane Doe", "Ali Hassan, AAP"]),
        ("Jane Doe and Bo Li & Ali Hassan", ["Jane Doe", "Bo Li", "Ali Hassan"]),
    ],
)
def test_a_byline_of_several_is_several_names(byline: str, names: list[str]) -> None:
    found = draft(without(SUPERDESK, "authors"), byline=byline).authors
    assert [author.name for author in found] == names


@pytest.mark.parametrize(
    ("language", "byline", "names"),
    [
        ("de-AT", "Von Jane Doe und Bo Li, dpa", ["Jane Doe", "Bo Li, dpa"]),
        ("de", "Von Jane Doe, Ali Hassan und Bo Li", ["Jane Doe", "Ali Hassan", "Bo Li"]),
        ("fr", "Par Jane DOE et Bo LI et Ali HASSAN", ["Jane DOE", "Bo LI", "Ali HASSAN"]),
        ("es", "Por José Ortega y Gasset y Jane Doe", ["José Ortega y Gasset", "Jane Doe"]),
        ("es", "Por Jane Doe y José Ortega y Gasset, EFE", ["Jane Doe", "José Ortega y Gasset, EFE"]),
        ("nb", "Av Jane Doe og Bo Li, NTB", ["Jane Doe", "Bo Li, NTB"]),
        ("de", "Redaktion und Agenturen", ["Redaktion und Agenturen"]),
        ("de", "Jane Doe and Bo Li", ["Jane Doe", "Bo Li"]),
        ("cs", "Jane Doe a Bo Li", ["Jane Doe", "Bo Li"]),
        ("ar", "أحمد محمد وليد حسن", ["أحمد محمد وليد حسن"]),
        ("xx", "Jane Doe und Bo Li", ["Jane Doe und Bo Li"]),
    ],
)
def test_a_byline_of_several_has_the_and_of_its_language(language: str, byline: str, names: list[str]) -> None:
    found = draft(without(SUPERDESK, "authors"), byline=byline, language=language).authors
    assert [author.name for author in found] == names


@pytest.mark.parametrize(
    "first", [{"contenttype": "text/html", "value": "<b>Wet.</b>"}, {"value": "<p>Wet.</p>"}, {"value": "<p> </p>"}]
)
def test_of_two_descriptions_of_one_role_the_one_without_markup_is_read(first: dict[str, str]) -> None:
    for told in ([{"role": "summary", **first}, {"role": "summary", "value": "It closed."}],
                 [{"role": "main", "value": "<p> </p>"}, {"role": "summary", "value": "It closed."}]):  # fmt: skip
        assert draft(without(TWO, "descriptions"), descriptions=told).summary == "It closed."


def test_a_body_of_xhtml_is_html_without_a_block_too() -> None:
    assert draft({"uri": "x", "headline": "H", "body_xhtml": "<b>Words</b>"}).body_html == "<b>Words</b>"


def test_a_picture_of_a_story_within_the_story_is_not_the_storys_own_of_that_name() -> None:
    def figure(address: str) -> str:
        return f'<!-- EMBED START Image {{id: "editor_0"}} --><figure><img src="{address}" /></figure>'

    inner = f"<div>{figure('https://a.b/inner')}</div><p>Its words.</p>{figure('https://a.b/inner')}"
    pictures = figure("https://a.b/own") + figure("https://a.b/own_2")
    story = '<div data-association-key="urn:x">{}</div>'
    bodies = (
        f"{figure('https://a.b/own')}{story.replace('{}', inner)}{figure('https://a.b/own_2')}",
        f'{pictures}<div class="x">{story.replace("<div", "<DIV").removesuffix("</div>").replace("{}", inner)}',
    )
    renditions = {"original": {"media": "m", "href": "https://c.d/o"}}
    own = {"type": "picture", "headline": "Pier", "byline": "J. Doe", "renditions": renditions}
    for body in bodies:
        found = draft({"uri": "x", "headline": "H"}, body_html=body, associations={"editor_0": own})
        shown = {address for address, _ in found.embedded}
        assert shown == {"m", "https://c.d/o", "https://a.b/own", "https://a.b/own_2"}
        html = found.body_html or ""
        assert (html.count('alt="Pier"'), html.count("J. Doe"), html.count("https://a.b/inner")) == (2, 2, 2)
        assert "<p>Its words.</p>" in html


def test_what_follows_a_picture_of_the_editors_is_not_that_picture() -> None:
    empty = '<!-- EMBED START Image {id: "editor_0"} --><p>x</p><!-- EMBED END Image -->'
    other = '<figure><img src="https://s3.example/z.jpg" alt=""></figure>'
    named = {"editor_0": {**EDITOR["editor_0"], "byline": "A."}}
    found = draft(SUPERDESK, associations=named, body_html=empty + other)
    assert found.body_html == empty + other
    assert "https://s3.example/z.jpg" not in dict(found.embedded)
    two = ELSEWHERE % 'src="https://s3.example/1.jpg" alt="1"><img src="https://s3.example/2.jpg" alt="2"'
    assert "https://s3.example/1.jpg" in dict(draft(SUPERDESK, associations=named, body_html=two).embedded)


@pytest.mark.parametrize("said", ["", "?qt=a1&et=0a4", "?qt=b2&et=1a4", "?qt=b2&et=1a1&ai=ff0"])
def test_an_item_of_aps_is_the_same_whichever_version_its_address_asks_for(said: str) -> None:
    address = f"https://api.example/media/v/content/{'8c6f' * 8}"
    named = {"uri": address + said}
    renditions = {"preview": {"href": "https://a.b/p.jpg", "mimetype": "image/jpeg"}}
    picture = ninjs.read({**named, "type": "picture", "renditions": renditions})
    assert isinstance(picture, Ignored)
    assert picture.guid == address
    for status in ("usable", "canceled"):
        assert draft({**named, "headline": "H"}, pubstatus=status).guid == address
    shown = draft({"uri": "x", "headline": "H"}, associations={"1": {**named, "type": "picture"}}).image
    assert shown is not None
    assert shown.media_id == address


@pytest.mark.parametrize(
    "path", ["content/8c6f?page=2", "media/v/content/feed?q=1", f"a?b=/media/v/content/{'8c6f' * 8}?d"]
)
def test_what_another_address_asks_for_is_a_part_of_it(path: str) -> None:
    uri = f"https://api.example/{path}"
    assert draft({"uri": uri, "headline": "H"}).guid == uri


def test_a_kill_needs_no_headline_and_no_body() -> None:
    assert draft({"guid": "x", "pubstatus": "canceled", "version": "9"}) == Draft(
        guid="x", version=9, status="canceled"
    )


@pytest.mark.parametrize(
    ("told", "version"),
    [
        (None, None), ("3", 3), (3, 3), (" 03 ", 3), ("1.2", 0), ("a", 0), ("-1", 0), ("", 0), (-1, 0), ("\u0663", 0),
        ("1.0", 0), (str(2**53), 2**53), (str(2**53 + 1), 0), ("9" * 5000, 0),
    ],
)  # fmt: skip
def test_a_version_that_is_no_integer_counts_as_nought_and_as_none_where_a_moment_decides(
    told: Any, version: int | None
) -> None:
    assert draft(ONE, version=told, versioncreated=None).version == version
    assert draft(ONE, version=told).version == (version or None)
    assert draft(camel(TWO), version=told).version == (version or None)


@pytest.mark.parametrize(
    ("members", "published_at", "embargo_until"),
    [
        ({}, "2025-07-26T09:30", None),
        ({"embargoed": "2030-01-01T00:00:00+0000"}, "2025-07-26T09:30", "2030-01-01T00:00"),
        ({"embargoedUntil": "2030-01-01T00:00:00Z"}, "2025-07-26T09:30", "2030-01-01T00:00"),
        ({"publish_schedule": "2029-01-01T00:00:00+0000"}, "2029-01-01T00:00", "2029-01-01T00:00"),
        (
            {"publish_schedule": "2029-01-01T00:00:00+0000", "embargoed": "2028-01-01", "firstpublished": "2020-01-01"},
            "2020-01-01T00:00",
            "2029-01-01T00:00",
        ),
        ({"embargoed": None, "firstpublished": "2020-01-01T01:02:03.004Z"}, "2020-01-01T01:02:03.004", None),
        ({"firstpublished": "2016-12-31T18:59:60.5-05:00"}, "2016-12-31T23:59:59.5", None),  # a leap second
        (
            {
                "embargoed": "0001-01-01T00:00:00Z",
                "firstpublished": "0001-01-01T00:00:00",
                "versioncreated": "2020-01-01",
            },
            "2020-01-01T00:00",
            None,
        ),
        (
            {"expires": "9999-12-31T23:59:59.9999999-05:00", "embargoed": "9999-12-31", "firstpublished": "2020-01-01"},
            "2020-01-01T00:00",
            "9997-12-31T00:00",
        ),
    ],
)
def test_moments(members: dict[str, Any], published_at: str, embargo_until: str | None) -> None:
    found = draft(ONE, **members)
    assert found.published_at == datetime.fromisoformat(published_at).replace(tzinfo=UTC)
    assert found.embargo_until == (datetime.fromisoformat(embargo_until).replace(tzinfo=UTC) if embargo_until else None)


@pytest.mark.parametrize("kind", ["video", "audio", "event", "planning", "component", "composite", "poll"])
def test_what_is_no_article_is_ignored(kind: str) -> None:
    found = ninjs.read({"uri": "x", "type": kind, "versionCreated": "2025-07-26T09:30:00Z", "place": {"any": "shape"}})
    assert isinstance(found, Ignored)
    assert (found.guid, found.picture) == ("x", None)


@pytest.mark.parametrize(
    ("services", "section"),
    [([{"name": " "}, {"name": "Sport", "code": "s"}], "Sport"), ([{"code": "s"}], "s"), ([{}], None), ([], None)],
)
def test_the_section_is_the_first_service_that_has_a_name_or_a_code(
    services: list[dict[str, str]], section: str | None
) -> None:
    assert draft(SUPERDESK, service=services).section == section


@pytest.mark.parametrize("kind", ["event", "planning", "video"])
def test_the_body_of_what_is_no_article_may_have_any_shape(kind: str) -> None:
    """Agencies plan in objects: `body_event`."""
    found = ninjs.read({"uri": "x", "type": kind, "body_event": {"starts": "2025-07-26"}, "bodies": {}})
    assert isinstance(found, Ignored)


@pytest.mark.parametrize("kind", ["picture", "video", "event", "planning", "text"])
def test_moments_and_the_version_are_read_whatever_the_type(kind: str) -> None:
    wrong = {"versioncreated": "whenever", "firstCreated": 5, "embargoed": "never", "expires": [], "version": 1.5}
    wrong |= {"firstPublished": 5, "embargoedUntil": 5, "publish_schedule": 5}
    found = ninjs.read({"uri": "x", "type": kind, **wrong})
    assert isinstance(found, list)
    assert {fault.pointer for fault in found} == {f"/{name}" for name in wrong}


@pytest.mark.parametrize("name", ["firstcreated", "contentCreated", "contentDigitised", "expires"])
@pytest.mark.parametrize("told", ["1943", "circa 1943", "this is not validated"])
def test_a_moment_that_nothing_is_made_of_may_be_any_text(name: str, told: str) -> None:
    """IPTC's own test suite passes an item with such a one; archives know no more of a photograph than the year."""
    assert draft(ONE, **{name: told}) == draft(ONE)
    picture = {"uri": "x", "type": "picture", "renditions": {"original": {"media": "a.jpg"}}}
    assert ninjs.read({**picture, name: told}) == ninjs.read(picture)


def test_an_event_is_no_article_even_if_it_does_not_say_its_type() -> None:
    """As IPTC's own examples of events."""
    event = {"uri": "https://uefa.example/1", "title": "Atl\u00e9tico-Feyenoord", "eventDetails": {"dates": {}}}
    assert ninjs.read(event) == Ignored("an item of the type event is no article", "https://uefa.example/1")
    assert isinstance(ninjs.read({**event, "type": "text"}), Draft)


def test_what_is_no_article_may_be_identified_as_superdesk_does_where_it_has_no_guid() -> None:
    """The events of a day that its planning features."""
    featured = {"_id": "20290101", "type": "planning_featured", "tz": "Australia/Sydney", "items": ["urn:plan:1"]}
    assert ninjs.read(featured) == Ignored("an item of the type planning_featured is no article", "20290101")
    found = ninjs.read({**featured, "guid": "x", "_id": {"any": "shape"}})
    assert isinstance(found, Ignored)
    assert found.guid == "x"
    for article in ({**featured, "type": "text", "headline": "H"}, {"_id": "x", "headline": "H"}, {"type": "planning"}):
        refused = ninjs.read(article)
        assert isinstance(refused, list)
        assert [fault.pointer for fault in refused] == ["/uri"]


def test_a_composite_with_a_body_is_an_article() -> None:
    assert draft(TWO, type="composite") == EXPECTED
    assert draft({"uri": "x", "type": "composite", "headline": "H", "body_text": "Words"}).body_text == "Words"


@pytest.mark.parametrize("status", WITHDRAWN)
def test_a_picture_that_is_killed_is_no_article_either(status: str) -> None:
    """Nor is it the one that is meant where its guid is named."""
    for members in ({}, {"renditions": {"original": {"media": "a.jpg"}}}):
        item = {"uri": "x", "type": "picture", "pubstatus": status, "version": "3", **members}
        assert ninjs.read(item) == Ignored("an item of the type picture is no article", "x", None, (3, True, 0))


def test_a_package_that_was_an_article_is_killed_without_the_words_that_made_it_one() -> None:
    for status in ("canceled", "withheld"):
        found = ninjs.read({"guid": "x", "type": "composite", "pubstatus": status, "version": "2", "headline": "KILL"})
        assert isinstance(found, Draft)
        assert (found.status, found.version) == (status, 2)


@pytest.mark.parametrize("kind", ["picture", "graphic", "Graphic"])
def test_a_picture_is_kept_as_media(kind: str) -> None:
    picture = {"version": "1", "pubstatus": "usable", **SUPERDESK["associations"]["featuremedia"], "type": kind}
    found = ninjs.read(picture)
    assert isinstance(found, Ignored)
    assert found.guid == "tag:desk.example:featured"
    assert found.picture == Picture(
        media_id="2016092313/f.jpg",
        url="https://desk.example/f.jpg",
        alt="A court house",
        credit="A. Photo",
        caption="The court.",
    )


FEATURED = ("featuremedia", "featureimage", "mainpic", "main", "featured")


def test_a_photograph_comes_before_a_logo() -> None:
    def associated(**kinds: str) -> Draft:
        return draft(
            ONE,
            associations={
                name: {"type": kind, "renditions": {"o": {"href": f"https://a.b/{name}"}}}
                for name, kind in kinds.items()
            },
        )

    for found, name in (
        (associated(logo="graphic", photo="picture", photo_2="picture"), "photo"),
        (associated(logo="Graphic", photo="picture"), "photo"),
        (associated(logo="graphic", editor_0="picture", embedded1="picture"), "logo"),
        (associated(embedded1="picture", logo="graphic"), "logo"),
        (associated(photo="picture", FeatureMedia="Picture"), "FeatureMedia"),
        *((associated(photo="picture", **{name: "graphic"}), name) for name in FEATURED),
    ):
        assert found.image is not None
        assert found.image.url == f"https://a.b/{name}"


def test_the_pictures_of_a_gallery_are_in_the_order_that_their_numbers_say() -> None:
    def first(*told: dict[str, Any]) -> str:
        renditions = [{"renditions": {"o": {"href": f"https://a.b/{at}"}}} for at in range(len(told))]
        pictures = [{"type": "picture", **one, **shown} for one, shown in zip(told, renditions, strict=True)]
        found = draft(ONE, associations={f"gallery--{at}": picture for at, picture in enumerate(pictures)})
        assert found.image is not None and found.image.url is not None
        return found.image.url.removeprefix("https://a.b/")

    def described(number: str | int) -> dict[str, Any]:
        return {"descriptions": [{"role": "caption", "value": "The pier."}, {"role": "sortorder", "value": number}]}

    assert first({"order": 1}, {"order": 2}, {"order": 0}) == "2"
    assert first(described("2"), described("10"), described("0")) == "2"
    assert first(described(2), described(10), described(0)) == "2"
    assert first({"order": 2}, {}, {"order": 1}, {"order": None}) == "1"
    assert first({"order": 10}, {"order": "9"}) == "1"
    assert first({"order": "x"}, {"order": {}}, {"order": 1}) == "0"
    assert first({"order": 1}, {"order": 0, "type": "graphic"}) == "0"


def test_a_kind_that_pages_do_not_show_gives_way_to_one_that_they_do() -> None:
    def shown(original: str | None) -> Picture | None:
        renditions = {
            "original": {"media": "o", "width": 6000, "mimetype": original},
            "baseImage": {"media": "b", "width": 1400, "mimetype": "image/jpeg"},
            "viewImage": {"media": "v", "width": 640, "mimetype": "image/jpeg"},
        }
        return draft(ONE, associations={"featuremedia": {"type": "picture", "renditions": renditions}}).image

    for kind in ("image/tiff", "image/heic", "image/svg+xml", "image/vnd.adobe.photoshop"):
        assert shown(kind) == Picture(media_id="b")
    for known in ("jpeg", "jpg", "pjpeg", "PNG", "webp", "gif", "png; x=y"):
        assert shown(f"image/{known}") == Picture(media_id="o")
    for known in ("", None):
        assert shown(known) == Picture(media_id="o")
    alone = {"original": {"href": "https://a.b/c.tif", "mimetype": "image/tiff"}}
    only = draft(ONE, associations={"featuremedia": {"type": "picture", "renditions": alone}})
    assert only.image == Picture(url="https://a.b/c.tif")


def test_a_picture_may_leave_it_to_the_page_how_it_is_fetched() -> None:
    shown = {"original": {"href": "//a.b/c.jpg", "width": 3000}, "16x9": {"href": "//a.b/d.jpg"}, "x": {"href": "//"}}
    body = "<p>x</p><figure><img src='//a.b/d.jpg'></figure>"
    associated = {"a": {"type": "picture", "headline": "C", "renditions": shown}}
    found = draft({"uri": "urn:one", "headline": "One", "body_html": body, "associations": associated})
    assert found.image == Picture(url="https://a.b/c.jpg", alt="C")
    assert found.embedded == (("//a.b/c.jpg", "https://a.b/c.jpg"), ("//a.b/d.jpg", "https://a.b/c.jpg"))
    assert found.body_html == "<p>x</p><figure><img alt=\"C\" src='//a.b/d.jpg'></figure>"


def test_a_featured_film_is_no_picture() -> None:
    for name in ("mimetype", "contentType"):
        film = {"type": "video", "renditions": {"original": {"href": "https://a.b/c.mp4", name: "video/mp4"}}}
        assert draft(ONE, associations={"featuremedia": film}).image is None
        assert draft(ONE, associations={"featuremedia": {**film, "type": "picture"}}).image is None


def test_an_association_without_a_type_is_a_picture_if_it_is_there_as_an_image() -> None:
    image = Picture(url="https://a.b/c")
    for kind, shown in (("image/jpeg", image), ("IMAGE/PNG", image), ("video/mp4", None), (None, None)):
        for name in ("mimetype", "contentType"):
            untyped = {"renditions": {"o": {"href": "https://a.b/c", name: kind}}}
            assert draft(ONE, associations={"main": untyped}).image == shown
    still = {"href": "https://a.b/c", "mimetype": "image/jpeg"}
    film, sound = (
        {"renditions": {"poster": still, "o": {"href": "https://a.b/d", "mimetype": kind}}}
        for kind in ("video/mp4", "audio/mpeg")
    )
    story = {"renditions": {"teaser": still}, "body_html": "<p>Another story.</p>"}
    assert draft(ONE, associations={"film": film, "sound": sound, "story": story}).image is None


@pytest.mark.parametrize(
    ("renditions", "best"),
    [
        ({"a": {"media": "a", "width": "1200"}, "b": {"media": "b", "width": 640}, "c": {"media": "c"}}, "a"),
        ({"a": {"media": "a", "width": "640"}, "b": {"media": "b", "width": "1200"}}, "b"),
        ({"a": {"media": "a", "width": "9" * 5000}, "b": {"media": "b", "width": 640.5}}, "b"),
        ({"a": {"media": "a", "width": "\u0669\u0669"}, "b": {"media": "b", "width": "1"}}, "b"),
        ({"a": {"media": "a", "width": "wide"}, "b": {"media": "b", "width": "1"}}, "b"),
        ({"a": {"media": "a", "width": 1200}, "Original": {"media": "b"}}, "b"),
        ({"original": {"href": "a.jpg", "width": 1200}, "b": {"media": "b"}}, "b"),
        ({"original": {"media": "m" * 513}, "b": {"media": "m" * 512}}, "m" * 512),
        ({"a": {"media": "a", "variant": "Watermark", "width": 1024}, "b": {"media": "b", "variant": "Normal"}}, "b"),
        ({"a": {"media": "a", "variant": "Watermark"}}, "a"),
        ({"a": {"media": "a", "mimetype": "image/tiff"}, "b": {"media": "b", "mimetype": "image/png ; x=y"}}, "b"),
    ],
)
def test_the_best_rendition_is_the_original_else_the_widest(renditions: dict[str, Any], best: str) -> None:
    for listed in (renditions, [{"name": name, **told} for name, told in renditions.items()]):
        shown = {"type": "picture", "renditions": listed}
        assert draft(ONE, associations={"featuremedia": shown}).image == Picture(media_id=best)
        other = {"name": "a", "type": "picture", "renditions": {"o": {"media": "other"}}}
        two = draft(TWO, associations=[other, {"name": "FeatureMedia", **shown}])
        assert two.image == Picture(media_id=best)


def test_whose_a_picture_is_and_what_its_text_says_come_first() -> None:
    photo = {"type": "picture", "renditions": {"o": {"href": "https://a.b/c.jpg"}}, "copyrightholder": "The Agency"}
    told = {"description_html": "<p>By night.</p>", "description_text": "At the border."}
    assert draft(ONE, associations={"main": {**photo, **told}}).image == Picture(
        url="https://a.b/c.jpg", alt="At the border.", credit="The Agency", caption="At the border."
    )


def test_what_says_that_it_is_an_image_itself_is_shown_unless_another_is_associated() -> None:
    own = {"mimetype": "image/jpeg", "renditions": {"main": {"href": "https://a.b/own.jpg"}}, "byline": "A. Photo"}
    alone = without(ONE, "associations", "body_text")
    assert draft(alone, **own).image == Picture(
        url="https://a.b/own.jpg", alt="Bridge closed", credit="A. Photo", caption="The old bridge is closed."
    )
    assert draft(alone, **{**own, "mimetype": "text/html"}).image is None
    assert draft(ONE, **own).image == EXPECTED.image


def test_associations_may_be_absent_null_or_bare() -> None:
    for associations in (None, {}, [], {"a": None}, [None], {"a": {"type": "picture"}}):
        assert draft(ONE, associations=associations).image is None


def test_a_picture_that_is_only_named_is_looked_for_under_its_guid() -> None:
    bare = {"type": "picture", "uri": "tag:picture"}
    assert draft(ONE, associations={"featuremedia": bare}).image == Picture(media_id="tag:picture")
    bare = {"type": "picture", "guid": "tag:picture"}
    assert draft(ONE, associations={"featuremedia": bare}).image == Picture(media_id="tag:picture")
    shown = {"type": "picture", "renditions": {"o": {"href": "https://a.b/c.jpg"}}}
    for name in ("a", "editor_0"):
        assert draft(ONE, associations={"featuremedia": bare, name: shown}).image == Picture(url="https://a.b/c.jpg")
    for guid, image in (("x", Picture(media_id="x")), ("x" * 512, Picture(media_id="x" * 512)), ("x" * 513, None)):
        assert draft(ONE, associations={"main": {"type": "picture", "guid": guid}}).image == image


def test_unknown_members_are_passed_over() -> None:
    assert draft(ONE, sentiment={"x": [1]}, readtime="x") == EXPECTED


@pytest.mark.parametrize(
    "members",
    [
        {"urgency": None, "priority": 6, "charcount": "13", "wordcount": 12, "readtime": 0},
        {"altids": {"desk": "x", "slug": 5}},
        {"altIds": [{"role": "desk", "value": "x"}]},
        {"rightsinfo": {"linkedrights": "https://a.b/c"}},
        {"renditions": {"original": {"href": "https://a.b/c"}, "custom": None}},
        {"renditions": [{"name": "original", "href": "https://a.b/c"}]},
        {"place": [{"code": "NSW", "name": None, "scheme": None}], "genre": [None], "person": []},
        {"organisation": [{"name": "ACME", "symbols": [{"ticker": "A", "exchange": "X"}]}]},
        {"trustindicator": [{"title": "x", "href": "https://a.b/c"}], "infosource": [{"name": "x"}]},
        {"expires": "2030-01-01T00:00:00+0000", "contentcreated": "2024-01-01", "contentdigitised": ""},
        {"extra": {"a": 5}, "signal": [{"code": "update"}], "annotations": [], "title": None, "slugline": None},
    ],
)
def test_known_members_are_taken_in_the_shapes_that_they_come_in(members: dict[str, Any]) -> None:
    assert draft(ONE, **members) == EXPECTED


@pytest.mark.parametrize("value", ["value", "text"])
def test_lists_may_have_the_names_that_texts_had_before(value: str) -> None:
    """As in IPTC's own examples of 2.0, which are older than its names and roles."""
    picture = {
        "name": "mainpic",
        "type": "picture",
        "headline": [{"name": "main", value: "The pier"}],
        "description": [{"name": "text", value: "In fog"}, {"name": "xhtml", value: "<p>In fog.</p>"}],
        "renditions": [{"name": "main", "href": "https://a.b/p.jpg", "mimetype": "image/jpg"}],
    }
    found = draft(
        without(ONE, "body_html", "body_text", "body_xhtml", "headline"),
        headline=[{"name": "test", value: "Another"}, {"name": "main", value: "Pier closed"}],
        description=[{"name": "caption_xhtml", value: "A caption"}, {"name": "text", value: "It is old."}],
        body=[{"name": "text", value: "Closed for good."}, {"name": "xhtml", value: "<p>Closed <b>for good</b>.</p>"}],
        associations=[picture],
        description_text=None,
        description_html=None,
    )
    assert (found.headline, found.summary) == ("Pier closed", "It is old.")
    assert (found.body_html, found.body_text) == ("<p>Closed <b>for good</b>.</p>", None)
    assert found.image == Picture(url="https://a.b/p.jpg", alt="The pier", caption="In fog")
    assert draft(ONE, headline=[]).headline == draft(ONE, headline=None).headline
    assert draft(TWO, headlines=[{"name": 5, "text": 5, "value": "Known by others"}]).headline == "Known by others"


@pytest.mark.parametrize(
    ("members", "pointer"),
    [
        ({"uri": None}, "/uri"),
        ({"uri": ""}, "/uri"),
        ({"uri": 5}, "/uri"),
        ({"guid": 5}, "/guid"),
        ({"uri": "x" * 513}, "/uri"),
        ({"type": 5}, "/type"),
        ({"pubstatus": "burnt"}, "/pubstatus"),
        ({"pubstatus": 5}, "/pubstatus"),
        ({"version": 1.5}, "/version"),
        ({"version": True}, "/version"),
        ({"headline": 5}, "/headline"),
        ({"headline": ["x"]}, "/headline"),
        ({"headline": [{"name": "main", "value": "x"}, "x"]}, "/headline"),
        ({"headline": [{"name": "main", "value": 5}]}, "/headline/0/value"),
        ({"headlines": "x"}, "/headlines"),
        ({"headlines": [{"value": 5}]}, "/headlines/0/value"),
        ({"bodies": [5]}, "/bodies/0"),
        ({"body_html": {}}, "/body_html"),
        ({"body_other": 5}, "/body_other"),
        ({"description_text": 5}, "/description_text"),
        ({"versioncreated": "yesterday"}, "/versioncreated"),
        ({"versioncreated": 5}, "/versioncreated"),
        ({"embargoedUntil": "never"}, "/embargoedUntil"),
        ({"byline": ["x"]}, "/byline"),
        ({"subject": "x"}, "/subject"),
        ({"subject": ["x"]}, "/subject/0"),
        ({"keywords": [5]}, "/keywords/0"),
        ({"service": {}}, "/service"),
        ({"authors": [5]}, "/authors/0"),
        ({"place": "x"}, "/place"),
        ({"urgency": "high"}, "/urgency"),
        ({"urgency": True}, "/urgency"),
        ({"urgency": 0.1}, "/urgency"),
        ({"standard": "ninjs"}, "/standard"),
        ({"$standard": "ninjs"}, "/$standard"),
        ({"digitalSourceType": "bad"}, "/digitalSourceType"),
        ({"charcount": "x"}, "/charcount"),
        ({"wordcount": "1e3"}, "/wordcount"),
        ({"wordCount": []}, "/wordCount"),
        ({"title": 5}, "/title"),
        ({"slugline": 5}, "/slugline"),
        ({"byline": 5, "authors": [{"name": "x"}]}, "/byline"),
        ({"by": 5}, "/by"),
        ({"by": 5, "authors": [{"name": "x"}]}, "/by"),
        ({"infosource": "x"}, "/infosource"),
        ({"trustindicator": "x"}, "/trustindicator"),
        ({"trustIndicators": "x"}, "/trustIndicators"),
        ({"expires": 5}, "/expires"),
        ({"contentdigitised": 5}, "/contentdigitised"),
        ({"firstPublished": "x"}, "/firstPublished"),
        ({"altids": 5}, "/altids"),
        ({"altIds": ["x"]}, "/altIds/0"),
        ({"rightsinfo": "x"}, "/rightsinfo"),
        ({"rightsInfo": ["x"]}, "/rightsInfo"),
        ({"renditions": "x"}, "/renditions"),
        ({"renditions": {"a": "x"}}, "/renditions/a"),
        ({"person": ["x"]}, "/person/0"),
        ({"place": [{"name": "x"}, "x"]}, "/place/1"),
        ({"genre": ["x"]}, "/genre/0"),
        ({"organisation": [5]}, "/organisation/0"),
        ({"organisations": [{"name": 5}]}, "/organisations/0/name"),
        ({"copyrightholder": 5}, "/copyrightholder"),
        ({"associations": 5}, "/associations"),
        ({"associations": {"a/b": 5}}, "/associations/a~1b"),
        ({"associations": {"a": {"type": "picture", "renditions": 5}}}, "/associations/a/renditions"),
        ({"evolvedfrom": ONE["uri"]}, "/evolvedfrom"),
        ({"evolvedFrom": "x" * 513}, "/evolvedFrom"),
        ({"guid": "x" * 513}, "/guid"),
        ({"headline": "\ud800"}, "/headline"),
    ],
)
def test_what_is_wrong_is_named(members: dict[str, Any], pointer: str) -> None:
    found = ninjs.read({**ONE, **members})
    assert isinstance(found, list)
    assert pointer in [fault.pointer for fault in found]
    assert all(fault.detail.endswith(".") for fault in found)


def test_an_item_of_the_associated_press_is_an_article() -> None:
    """Whose terms are a list, and whose bylines are objects."""
    terms = ["For editorial use only.", "No sales."]
    bylines = [{"by": "By Jane Doe and Ali Hassan", "title": "Associated Press"}, {"name": "J. Roe", "by": "By J. ROE"}]
    found = draft({**ONE, "byline": None}, usageterms=terms, bylines=bylines)
    assert [author.name for author in found.authors] == ["Jane Doe", "Ali Hassan", "J. Roe"]
    assert draft(ONE, bylines=bylines) == draft(ONE), "it has a byline"
    for unknown in (5, "x", ["x"], [{"by": 5}], {"by": "x"}):
        assert draft({**ONE, "byline": None}, bylines=unknown).authors == ()


def test_a_story_of_the_bbcs_is_an_article() -> None:
    """Which says when it may be published in a member of its own, and has its pictures in a list, by their ids."""
    rendition = {"href": "https://bbc.example/a.png", "mimetype": "image/png", "width": "172", "height": "57"}
    pictures = [{"id": "featureimage", "type": "picture", "renditions": {"original": rendition}}]
    story = {**ONE, "type": "story", "id": 5678, "associations": pictures}
    found = draft(story)
    assert found == draft({**story, "type": "text"})
    assert found.image is not None
    assert (found.image.url, found.embargo_until) == ("https://bbc.example/a.png", None)
    later = draft(story, embargotime="2025-08-01T06:00:00")
    assert later.embargo_until == datetime(2025, 8, 1, 6, tzinfo=UTC)
    assert isinstance(ninjs.read({"uri": "x", "type": "story"}), Ignored)


@pytest.mark.parametrize("name", ["guid", "uri"])
@pytest.mark.parametrize("told", [5, 1.5, ["x"], {"x": 1}, "", "x" * 513])
def test_what_is_wrong_with_the_guid_is_told_once(name: str, told: Any) -> None:
    found = ninjs.read({**without(ONE, "uri"), name: told})
    assert isinstance(found, list)
    assert [fault.pointer for fault in found] == [f"/{name}"]


DEFINED = (
    "versioncreated firstcreated firstpublished contentcreated contentdigitised embargoed embargoeduntil"
    " embargotime expires publish_schedule title slugline byline by copyrightholder copyrightnotice usageterms"
    " ednote mimetype profile representationtype located source person people organisation organisations place"
    " places event events object objects genre genres infosource infosources trustindicator trustindicators urgency"
    " priority rightsinfo digitalsourcetype standard $standard"
)


@pytest.mark.parametrize("name", DEFINED.split())
def test_each_member_that_ninjs_defines_is_of_the_type_that_it_has_there(name: str) -> None:
    found = ninjs.read({**ONE, name: True})
    assert isinstance(found, list)
    assert {fault.pointer for fault in found} == {f"/{name}"}


def test_a_guid_may_have_512_characters_here_and_where_it_is_named() -> None:
    found = draft(ONE, uri="g" * 512, evolvedfrom="e" * 512)
    assert (found.guid, found.evolved_from) == ("g" * 512, "e" * 512)


@pytest.mark.parametrize(
    ("replacing", "taken"),
    [
        (["http://tt.se/media/text/1"], "http://tt.se/media/text/1"),
        ([None, 5, " ", ONE["uri"], "e" * 513, " b ", "c"], "b"),
        ([], None),
        ({}, None),
        ("http://tt.se/media/text/1", None),
    ],
)
def test_an_update_of_tts_takes_the_place_of_the_article_that_it_lists(replacing: Any, taken: str | None) -> None:
    assert draft(ONE, replacing=replacing).evolved_from == taken
    assert draft(ONE, replacing=replacing, evolvedfrom="older").evolved_from == "older"


@pytest.mark.parametrize(
    ("uri", "told", "taken"),
    [
        ("http://cp.example/urn:2", "urn:1", "http://cp.example/urn:1"),
        ("http://cp.example/urn:2", "http://cp.example/urn:1", "http://cp.example/urn:1"),
        ("http://cp.example/urn:2", "https://other.example/1", "https://other.example/1"),
        ("urn:2", "urn:1", "urn:1"),
        ("http://cp.example/urn:2", "urn:2", None),
        ("urn:2", "e" * 513, None),
        ("urn:2", " ", None),
    ],
)
def test_a_rewrite_of_the_canadian_presss_says_so_among_its_other_ids(uri: str, told: str, taken: str | None) -> None:
    """Which lack what stands before them in the uri."""
    altids = [{"role": "original_id", "value": "urn:0"}, {"role": "Rewrite_of", "value": told}, {"role": "x"}]
    item = without(TWO, "uri")
    assert draft(item, uri=uri, altids=altids).evolved_from == taken
    assert draft(item, uri=uri, altids=altids, evolvedfrom="older").evolved_from == "older"
    assert draft(item, uri=uri, altids=altids[:1]).evolved_from is None
    assert draft(item, uri=uri, altids={"rewrite_of": told}).evolved_from is None


def test_where_an_item_is_to_be_sent_is_no_topic() -> None:
    """The Canadian Press lists it among the subjects."""
    rels = ["about", "destination", "Distribution", "category", None, ["destination"], 5]
    subjects = [{"name": f"Subject {at}", "rel": rel} for at, rel in enumerate(rels)]
    assert draft(TWO, subjects=subjects).topics == tuple(f"Subject {at}" for at in (0, 3, 4, 5, 6))


@pytest.mark.parametrize(
    ("subject", "topics"),
    [
        ({"code": "i", "name": "i", "rels": ["category"]}, ()),
        ({"code": "a", "name": "Domestic News", "rels": ["category"]}, ("Domestic News",)),
        ({"code": "i", "name": "C", "rels": ["direct"]}, ("C",)),
        ({"code": "i", "name": "C", "rels": None}, ("C",)),
        ({"code": "i", "name": "C"}, ("C",)),
    ],
)
def test_a_letter_by_which_a_wire_sorts_is_no_topic(subject: dict[str, Any], topics: tuple[str, ...]) -> None:
    assert draft(TWO, subjects=[subject]).topics == topics


@pytest.mark.parametrize("content", [None, [], "x", 5])
def test_what_is_no_object_is_refused_with_a_pointer(content: Any) -> None:
    found = ninjs.read(content)
    assert isinstance(found, list)
    assert found[0].pointer == "/uri"


FIGURE = '<figure><img src="https://a.b/c.jpg" alt="x"></figure>'


@pytest.mark.parametrize(
    "item",
    [
        {"uri": "x", "type": "text", "versioncreated": "2025-07-26T09:30:00Z"},
        {"uri": "x"},
        {"guid": "x", "type": "text", "body_html": FIGURE, "headline": " ", "renditions": {"a": {"media": "m"}}},
        {"uri": "x", "bodies": [{"contenttype": "text/html", "value": "<p>&nbsp;</p>"}], "headlines": []},
    ],
)
def test_an_item_without_words_is_no_article(item: dict[str, Any]) -> None:
    assert ninjs.read(item) == Ignored("an item without words is no article", "x")
    found = ninjs.read({**item, "versioncreated": "yesterday"})
    assert isinstance(found, list)
    assert {fault.pointer for fault in found} == {"/versioncreated"}


def test_what_has_neither_a_type_nor_words_is_taken_for_its_renditions() -> None:
    picture = without(SUPERDESK["associations"]["featuremedia"], "type", "headline", "description_text", "body_text")
    found = ninjs.read(picture)
    assert isinstance(found, Ignored)
    assert found.guid == "tag:desk.example:featured"
    assert found.picture == Picture(
        media_id="2016092313/f.jpg",
        url="https://desk.example/f.jpg",
        credit="A. Photo",
    )


@pytest.mark.parametrize("told", ["canceled", "withheld", "unpublished"])
def test_a_withdrawal_needs_no_words(told: str) -> None:
    for item in ({"uri": "x"}, {"uri": "x", "type": "text", "body_html": FIGURE}, {"uri": "x", "renditions": {}}):
        assert draft(item, pubstatus=told).status != "usable"


def test_a_picture_of_many_renditions_is_looked_at_once() -> None:
    renditions = {f"r{number}": {"href": f"https://a.b/{number}.jpg", "media": "m"} for number in range(20_000)}
    before = time.process_time()
    found = ninjs.read({**ONE, "associations": {"editor_0": {"type": "picture", "renditions": renditions}}})
    assert time.process_time() - before < 4
    assert isinstance(found, Draft)
    assert len(found.embedded) == 20_001


@pytest.mark.parametrize(
    ("shown", "said"),
    [
        ('<img src="https://a.org/1.jpg">', {"body_text": "words " * 5_000}),
        ('<!-- EMBED START Image {id: "one"} --><figure></figure>', {"byline": "words " * 5_000}),
    ],
    ids=["alternative", "credit"],
)
def test_what_is_said_once_of_a_picture_makes_no_gigabytes_of_a_body(shown: str, said: dict[str, str]) -> None:
    one = {"type": "picture", "renditions": {"original": {"href": "https://a.org/1.jpg"}}, **said}
    item = {"uri": "a", "headline": "h", "associations": {"one": one}}
    assert len(draft({**item, "body_html": shown}).body_html or "") > 25_000
    assert len(draft({**item, "body_html": shown * 500}).body_html or "") < 6_000_000

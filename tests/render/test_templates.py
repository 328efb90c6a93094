"""Every page: valid, in its own direction, and safe whatever an upstream sends."""

import ast
import json
import re
import shutil
import xml.etree.ElementTree as ET
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import html5lib  # type: ignore[import-untyped]  # it has no types
import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.render import contexts as c
from services.render import printer as module
from services.render.printer import ROOT, Printer, deciding
from services.render.typeset.language import direction, direction_of, full_day
from shared.articles import Card, Image, Term
from shared.conditions import Conditions
from tests.render.composition import NOW, PAGES, PAYLOADS, SITE, contexts_of, inlined, story

TERM = Term(slug="oil", name="Oil")


@pytest.fixture(scope="module")
def printer() -> Printer:
    """The printer of the site."""
    return Printer(SITE)


def _parse(text: str) -> ET.Element:
    root: ET.Element = html5lib.HTMLParser(strict=True, namespaceHTMLElements=False).parse(text)
    return root


@pytest.mark.parametrize("kind", PAGES, ids=lambda kind: kind.__name__)
@pytest.mark.parametrize("payload", ["Words", *PAYLOADS])
def test_each_page_is_valid_and_keeps_what_it_is_sent_as_text(printer: Printer, kind: type, payload: str) -> None:
    url = payload if payload.startswith("javascript") else "https://wire.example/x"
    made = contexts_of(story(payload, url=url))
    root = _parse(inlined(printer, made, kind))
    scripts = root.findall(".//script")
    assert all(script.get("type") == "application/ld+json" or script.get("src") for script in scripts)
    assert not [node for node in root.iter() if isinstance(node.tag, str) and {"onerror", "onload"} & set(node.keys())]
    (icon,) = root.findall(".//link[@rel='icon']")
    assert icon.get("href") == "data:,"  # else a browser asks for /favicon.ico
    links = [node.get(name) or "" for node in root.iter() for name in ("href", "src") if node.get(name)]
    links.remove("data:,")
    assert not [link for link in links if not link.startswith(("/", "#", "https://courier.example/"))]
    ids = [node.get("id") for node in root.iter() if node.get("id")]
    assert len(ids) == len(set(ids))


@pytest.mark.parametrize("payload", PAYLOADS)
def test_no_upstream_text_becomes_a_server_side_include(printer: Printer, payload: str) -> None:
    body = f"<p>{payload.replace('<', '&lt;')} <img alt='{payload.replace(chr(39), '')}'></p>"
    for context in contexts_of(story(payload), body=body).values():
        text = printer.print(context).decode()
        if not isinstance(context, (c.AtomFeed, c.RssFeed, c.JsonFeed)):
            includes = re.findall(r"<!--.*", text)
            assert all(re.fullmatch(r'<!--# include virtual="/_fragments/\w+\.html" -->', found) for found in includes)


def test_a_comment_in_a_bodys_attribute_is_written_as_a_reference() -> None:
    page = Printer(SITE).print(c.ArticlePage(SITE, story(), '<img alt="<!--# x -->" src="/media/x.jpg">'))
    assert b'<img alt="&lt;!--# x -->" src="/media/x.jpg">' in page


@pytest.mark.parametrize("payload", ["Words", *PAYLOADS])
def test_structured_data_says_what_was_sent(printer: Printer, payload: str) -> None:
    text = printer.print(contexts_of(story(payload))[c.ArticlePage]).decode()
    found = re.findall(r'<script type="application/ld\+json">(.*?)</script>', text, re.DOTALL)
    assert len(found) == 1
    assert not set("<>&\u2028\u2029") & set(found[0])
    shown = json.loads(found[0])
    assert shown["headline"] == payload
    assert shown["correction"][0]["text"] == payload
    assert shown["image"] == ["https://courier.example/media/a%20b.jpg"]
    assert shown["author"][0]["name"] == payload


def test_all_of_a_story_stands_beside_its_paragraphs(printer: Printer) -> None:
    """What does not, or is a `div` full of links, a browser's reading view (Mozilla's Readability) leaves out."""
    root = _parse(inlined(printer, contexts_of(story("Words"), body="<p>First.</p><h2>Then</h2>"), c.ArticlePage))
    (body,) = root.findall(".//div[@class='body']")
    assert [(node.tag, node.get("class")) for node in body] == [
        ("p", "standfirst"),
        ("header", "byline"),
        ("figure", "picture"),
        ("p", None),
        ("h2", None),
        ("section", "corrections"),
    ]


@pytest.mark.parametrize(
    ("url", "body", "leads"),
    [
        (
            "https://a.b/c.jpg?x=1&y=2",
            '<figure><img src="https://a.b/c.jpg?x=1&amp;y=2"><p>Fog &amp; co. P. Hoto</p>',
            False,
        ),
        ("/media/ab/c-1600.jpg", '<img alt="" src="/media/ab/c-1600.jpg"><p>P. Hoto</p><p>Fog &amp; co</p>', False),
        ("/media/ab/c-1600.jpg", '<img src="/media/ab/c-1600.jpg"><p>Fog &amp; co</p>', True),
        ("/media/ab/c-1600.jpg", '<img src="/media/ab/c-1600.jpg"><p>P. Hoto</p>', True),
        ("/media/ab/c-1600.jpg", '<a href="/media/ab/c-1600.jpg">Fog &amp; co</a> P. Hoto', True),
        ("/media/ab/c-1600.jpg", "<p>Fog &amp; co P. Hoto</p>", True),
    ],
)
def test_a_picture_that_the_body_shows_is_not_shown_twice(printer: Printer, url: str, body: str, leads: bool) -> None:
    """Unless its credit would be lost by that, or its caption where editors have written no other below it. Those who
    share the page get it all the same."""
    article = story().model_copy(update={"image": Image(url=url, alt="A", caption="Fog & co", credit="P. Hoto")})
    page = printer.print(c.ArticlePage(SITE, article, body)).decode()
    assert ('<figure class="picture">' in page) is leads
    assert '<meta property="og:image"' in page


@pytest.mark.parametrize(
    ("body", "leads"),
    [
        ('<figure title="x">IMG<figcaption lang="en">A pier. <small>P. Hoto</small></figcaption></figure>', False),
        ("<figure><figcaption>A <b>pier</b>. P. Hoto</figcaption>IMG</figure>", False),
        ("<figure>IMG<figcaption>A pier.</figcaption></figure>", True),
        ("<figure>IMG<figcaption> <small>P. Hoto</small></figcaption></figure>", True),
        ("<figure>IMG</figure><figure><figcaption>A tram. P. Hoto</figcaption></figure>", True),
        ("IMG<figure><figcaption>A tram. P. Hoto</figcaption></figure>", True),
        ("<figure><figcaption>A tram. P. Hoto</figcaption></figure>IMG", True),
        ("<figure><figcaption>A tram. P. Hoto</figcaption></figure>IMG<figure></figure>", True),
        ("<figure>IMG<figure><figcaption>A tram. P. Hoto</figcaption></figure></figure>", True),
    ],
)
def test_a_caption_of_its_own_in_the_body_stands_for_the_pictures(printer: Printer, body: str, leads: bool) -> None:
    image = Image(url="/media/ab/c-1600.jpg", alt="A", caption="Fog & co", credit="P. Hoto")
    shown = body.replace("IMG", '<img alt="" src="/media/ab/c-1600.jpg">')
    page = printer.print(c.ArticlePage(SITE, story().model_copy(update={"image": image}), shown)).decode()
    assert ('<figure class="picture">' in page) is leads


@pytest.mark.parametrize(
    ("caption", "credit", "stands"),
    [
        ("A pier.", "P. Hoto", True),
        ("A pier. Foto: P. Hoto / NTB", "P. Hoto", False),
        ("(AP)", "AP", False),
        ("NAPOLI", "AP", True),
        ("APRIL", "AP", True),
        ("A pier. P. Hotos", "P. Hoto", True),
        ("", "P. Hoto", True),
    ],
)
def test_a_credit_that_the_caption_says_is_not_said_twice(
    printer: Printer, caption: str, credit: str, stands: bool
) -> None:
    image = Image(url="/media/ab/c-1600.jpg", alt="A", caption=caption, credit=credit)
    page = printer.print(c.ArticlePage(SITE, story().model_copy(update={"image": image}), "")).decode()
    assert (f'<span class="credit"><bdi>{credit}</bdi></span>' in page) is stands
    assert f"<figcaption>{caption}" in page


@pytest.mark.parametrize(
    ("opening", "stands"),
    [
        ("The bridge is closed. It was old.", False),
        ("The bridge is", True),
        ("LONDON (AP) — The bridge is closed. It was old.", False),
        ("It was old. Everybody had told them. The bridge is closed.", True),
        ("The bridge is shut.", True),
        ("", True),
    ],
)
def test_a_standfirst_says_something_else_than_the_body_opens_with(
    printer: Printer, opening: str, stands: bool
) -> None:
    article = story().model_copy(update={"summary": "The bridge is closed.", "opening": opening})
    page = printer.print(c.ArticlePage(SITE, article, "<p>Words.</p>")).decode()
    assert ('<p class="standfirst">The bridge is closed.</p>' in page) is stands


def test_a_standfirst_that_was_taken_from_a_body_has_its_raised_numbers_on_the_line(printer: Printer) -> None:
    article = story().model_copy(update={"summary": "Some 106 came in 2020.1", "opening": "Some 10⁶ came in 2020.¹ It"})
    assert b"standfirst" not in printer.print(c.ArticlePage(SITE, article, "<p>Words.</p>"))


@pytest.mark.parametrize(
    ("summary", "opening", "stands"),
    [
        ("The bridge is closed. It was o...", "OSLO (NTB) The bridge is closed. It was old. They knew.", False),
        ("The bridge is closed. It was\u2026", "The bridge is closed. It was old.", False),
        ("It is closed. – They had all been...", "Oslo NTB It is closed. They had all been told, says Ola.", False),
        ("It is closed, says The Post . They had al", "Oslo NTB It is closed, says The Post. They had all.", False),
        ("The bridge is closed...", "The bridge is shut.", True),
        ("...", "The bridge is shut.", True),
        ("The bridge is closed – again.", "The bridge is closed.", True),
    ],
)
def test_a_standfirst_that_was_cut_from_a_body_is_not_said_again(
    printer: Printer, summary: str, opening: str, stands: bool
) -> None:
    article = story().model_copy(update={"summary": summary, "opening": opening})
    page = printer.print(c.ArticlePage(SITE, article, "<p>Words.</p>")).decode()
    assert ('<p class="standfirst">' in page) is stands


LEAD = "The bridge, which was old, is closed, as everybody had told them. " * 4 + "It was old, and it is closed."


@pytest.mark.parametrize(
    ("summary", "opening", "stands"),
    [
        (LEAD, f"LONDON (AP) — {LEAD}"[:300], False),
        (f"{LEAD} {LEAD}", f"{LEAD} {LEAD}"[:300], False),
        (LEAD, f"LONDON (AP) — {LEAD[:200]} or so. It goes on.", True),
    ],
)
def test_a_long_standfirst_is_what_the_body_opens_with_as_far_as_that_is_known(
    printer: Printer, summary: str, opening: str, stands: bool
) -> None:
    article = story().model_copy(update={"summary": summary, "opening": opening})
    page = printer.print(c.ArticlePage(SITE, article, "<p>Words.</p>")).decode()
    assert ('<p class="standfirst">' in page) is stands


@pytest.mark.parametrize("scheme", ["https", "HTTPS", "Http"])
def test_an_address_is_one_in_letters_of_any_case(printer: Printer, scheme: str) -> None:
    address = f"{scheme}://Wire.example/A.jpg"
    article = story(url=address).model_copy(update={"image": Image(url=address, alt="A")})
    made = contexts_of(article)
    page, feed = (printer.print(made[kind]).decode() for kind in (c.ArticlePage, c.AtomFeed))
    assert f'<img src="{address}"' in page
    assert f'<meta property="og:image" content="{address}">' in page
    assert page.count(f'"{address}"') == 5  # and as picture, author and source for search engines
    assert f'href="{address}"' in feed


def test_a_list_has_the_beginning_of_a_long_alternative_and_no_caption(printer: Printer) -> None:
    long = "words " * 100_000
    article = story().model_copy(update={"image": Image(url="/media/ab/c-1.jpg", alt=long, caption=long)})
    made = contexts_of(article)
    page = printer.print(made[c.ListPage]).decode()
    assert f' alt="{"words " * 49}words…"' in page
    assert len(page) < 10_000
    assert printer.print(made[c.ArticlePage]).decode().count(long.strip()) == 3  # og:image:alt is the third


@pytest.mark.parametrize(
    ("width", "height", "room"),
    [(1600, 533, ("1600", "533")), (1600, 2400, ("400", "600")), (1, 9000, ("1", "600")), (None, 900, (None, None))],
)
def test_a_page_says_how_large_its_picture_is_shown_and_tells_others_how_large_it_is(
    printer: Printer, width: int | None, height: int, room: tuple[str | None, str | None]
) -> None:
    image = Image(url="/media/ab/c-1.jpg", width=width, height=height)
    pictured = story().model_copy(update={"image": image})
    text = printer.print(contexts_of(pictured)[c.ArticlePage]).decode()
    root = html5lib.parse(text, namespaceHTMLElements=False)
    (shown,) = root.findall(".//figure[@class='picture']/img")
    assert (shown.get("width"), shown.get("height")) == room
    told = [meta.get("content") for meta in root.iter("meta") if meta.get("property") == "og:image:height"]
    assert told == ([str(height)] if width else [])


@pytest.mark.parametrize(("kind", "first"), [(c.ArticlePage, True), (c.FrontPage, True), (c.ListPage, False)])
def test_the_picture_that_readers_see_first_is_asked_for_first_and_no_other(
    printer: Printer, kind: type, first: bool
) -> None:
    root = html5lib.parse(printer.print(contexts_of(story())[kind]).decode(), namespaceHTMLElements=False)
    turns = [(picture.get("fetchpriority"), picture.get("loading")) for picture in root.iter("img")]
    assert (turns[0] == ("high", None)) == first
    assert set(turns[first:]) <= {(None, "lazy")}


def test_a_new_caption_or_credit_changes_no_card() -> None:
    image = Image(url="/media/ab/c-1.jpg", alt="A", caption="one", credit="one")
    one, other = (
        story().model_copy(update={"image": picture}).card()
        for picture in (image, image.model_copy(update={"caption": "two", "credit": "two"}))
    )
    assert one == other


def test_an_address_that_is_no_web_address_is_left_out(printer: Printer) -> None:
    article = story(url="javascript:alert(1)")
    article = article.model_copy(update={"image": Image(url="javascript:alert(1)")})
    assert b"javascript:" not in printer.print(c.ArticlePage(SITE, article, "<p>Body</p>", (article.card(),)))


@pytest.mark.parametrize(
    ("language", "expected"),
    [
        ("ar", "rtl"),
        ("fa-IR", "rtl"),
        ("ur", "rtl"),
        ("he", "rtl"),
        ("en", "ltr"),
        ("az-Arab", "rtl"),
        ("ar-Latn", "ltr"),
    ],
)
def test_a_language_has_its_direction(language: str, expected: str) -> None:
    assert direction(language) == expected


@pytest.mark.parametrize(
    ("expected", "tags"),
    [
        ("rtl", "ku-IQ ku_IR az-IR az-IR-1994 pa-PK pa-pk uz-AF tk-IR kk-CN ms-CC ha-SD"),
        ("ltr", "ku ku-TR az az-AZ pa-IN uz-UZ tk kk-KZ ms en-IR de-IQ sd-IN ug-KZ"),
        ("rtl", "ckb sdh rhg ar-EG ar-aeb-TN fa ps ur-IN yi-US sd ug dv nqo syr arc"),
        ("rtl", "iw prs pnb azb bal glk khw ks lrc mzn ara fas heb aeb ff-Adlm sr-Arab"),
        ("ltr", "en-x-arab az-x-ir en-u-nu-arab de-1996 zh-Hant-TW sr tlh xx xx-IR"),
    ],
)
def test_a_language_without_a_script_has_the_direction_of_the_one_it_is_written_in_there(
    expected: str, tags: str
) -> None:
    assert {tag: direction(tag) for tag in tags.split()} == dict.fromkeys(tags.split(), expected)


@given(st.one_of(st.text(), st.from_regex(r"[A-Za-z]{2,3}([-_][A-Za-z0-9]{1,8}){0,4}", fullmatch=True)))
def test_any_tag_has_one_direction_however_it_is_written(tag: str) -> None:
    assert direction(tag) in ("ltr", "rtl")
    assert direction(tag) == direction(tag.replace("_", "-"))


def test_an_article_is_written_in_its_own_direction_and_the_blocks_in_the_sites(printer: Printer) -> None:
    made = contexts_of(story(language="ar"))
    root = _parse(inlined(printer, made, c.ArticlePage))
    assert root.get("dir") == "rtl"
    assert root.find(".//article").get("lang") == "ar"  # type: ignore[union-attr]  # each page has one
    for block in ("header", "nav", "footer"):
        assert root.find(f".//{block}").get("dir") == "ltr"  # type: ignore[union-attr]  # each page has one
    assert root.find(".//section[@class='related']//li").get("dir") == "rtl"  # type: ignore[union-attr]  # it has two


@pytest.mark.parametrize(
    ("text", "otherwise", "expected"),
    [
        ("Plain words", "ltr", "ltr"), ("Plain words", "rtl", "ltr"), ("أبل تطلق iPhone 17", "ltr", "rtl"),
        ("ראש הממשלה", "ltr", "rtl"), ("Süddeutsche", "rtl", "ltr"), ("Pressrun meets صحافة", "rtl", "ltr"),
        ("2026 – 100 %", "rtl", "rtl"), ("2026 – 100 %", "ltr", "ltr"), ("😀", "rtl", "rtl"), ("", "ltr", "ltr"),
    ],
)  # fmt: skip
def test_words_without_a_language_have_the_direction_of_most_of_their_letters(
    text: str, otherwise: str, expected: str
) -> None:
    assert direction_of(text, otherwise) == expected


def test_an_article_that_tells_no_language_is_set_in_the_direction_of_its_words(printer: Printer) -> None:
    made = contexts_of(story("انقطاع المياه في الحي القديم"))
    root = _parse(inlined(printer, made, c.ArticlePage))
    article = root.find(".//article")
    assert article is not None
    assert (root.get("dir"), article.get("dir"), article.get("lang")) == ("rtl", "rtl", "en")
    assert (_classed(root, "when").get("lang"), _classed(root, "when").get("dir")) == ("en", "ltr")
    listed = _parse(printer.print(made[c.ListPage]).decode()).find(".//article")
    assert listed is not None
    assert (listed.get("dir"), listed.get("lang")) == ("rtl", None)


def test_in_an_article_of_another_language_only_the_sites_own_words_are_in_the_sites(printer: Printer) -> None:
    root = _parse(printer.print(contexts_of(story(language="ar"))[c.ArticlePage]).decode())
    authors, when = _classed(root, "authors"), _classed(root, "when")
    assert [when.get("lang"), when.get("dir")] == ["en", "ltr"]
    parents = {child: parent for parent in root.iter() for child in parent}
    above = authors
    while above.get("lang") is None:
        above = parents[above]
    assert (above.get("lang"), above.get("dir")) == ("ar", "rtl")


def test_the_label_of_a_correction_begins_where_the_article_does(printer: Printer) -> None:
    root = _parse(printer.print(contexts_of(story(language="ar"))[c.ArticlePage]).decode())
    label = root.find(".//section[@class='corrections']//strong")
    assert label is not None
    assert label.get("dir") is None
    assert [(part.get("lang"), part.get("dir")) for part in label] == [("en", "ltr")]


def test_a_card_of_another_language_is_aligned_to_one_side(printer: Printer) -> None:
    """The moment is in the site's language, but its paragraph begins where the headline does."""
    root = _parse(printer.print(contexts_of(story(language="ar"))[c.ListPage]).decode())
    when = _classed(root, "when")
    assert when.get("dir") is None
    assert [(part.get("lang"), part.get("dir")) for part in when] == [("en", "ltr")]


@pytest.mark.parametrize("kind", [c.HotFragment, c.HotPage, c.ChartPage])
def test_a_rank_stands_on_the_sites_side_whatever_the_article_is_written_in(printer: Printer, kind: type) -> None:
    text = printer.print(contexts_of(story(language="ar"))[kind]).decode()
    items = html5lib.parse(text, namespaceHTMLElements=False).findall(".//ol/li")
    assert items
    for item in items:
        assert item.get("dir") is None
        assert [part.get("dir") for part in item if part.get("class") != "rank"] == ["rtl"]


def _classed(root: ET.Element, name: str) -> ET.Element:
    found: ET.Element | None = root.find(f".//*[@class='{name}']")
    assert found is not None
    return found


@pytest.mark.parametrize(
    ("language", "expected"),
    [
        ("en", "Saturday, July 26, 2025"),
        ("de", "Samstag, 26. Juli 2025"),
        ("xx", "Saturday, July 26, 2025"),
        ("", "Saturday, July 26, 2025"),
        ("de_AT", "Samstag, 26. Juli 2025"),
        ("en-GB", "Saturday, 26 July 2025"),
        ("de-Nope", "Samstag, 26. Juli 2025"),
        ("de-x-y", "Samstag, 26. Juli 2025"),
    ],
)
def test_the_date_is_in_the_sites_language(language: str, expected: str) -> None:
    assert full_day(NOW.date(), language) == expected


@pytest.mark.parametrize(("warmth", "expected"), [(48, "48 C"), (47.5, "48 C"), (-0.4, "0 C"), (-3.6, "-4 C")])
def test_the_temperature_is_in_whole_degrees(printer: Printer, warmth: float, expected: str) -> None:
    shown = printer.print(c.Masthead(SITE, NOW, Conditions(city="Basra", temperature_c=warmth, at=NOW)))
    assert f">{expected}<".encode() in shown


def test_a_temperature_below_zero_is_not_turned_round_on_a_site_from_right_to_left() -> None:
    """There `-4 C` alone reads as `C 4-`."""
    site = SITE.model_copy(update={"language": "ar"})
    shown = Printer(site).print(c.Masthead(site, NOW, Conditions(city="البصرة", temperature_c=-4, at=NOW))).decode()
    assert _classed(html5lib.parse(shown, namespaceHTMLElements=False), "temperature")[0].attrib == {"dir": "ltr"}


def test_an_old_temperature_is_left_out(printer: Printer) -> None:
    shown = printer.print(
        c.Masthead(SITE, NOW, Conditions(city="Basra", temperature_c=48, at=NOW - timedelta(hours=3)))
    )
    assert b"48" not in shown
    assert b"Basra" in shown


def test_a_site_below_a_path_links_within_it() -> None:
    site = SITE.model_copy(update={"base_url": "https://host.example/news"})
    printer = Printer(site)
    printed = {kind: printer.print(made).decode() for kind, made in contexts_of(story(), site).items()}
    assert 'href="/news/topic/words/"' in printed[c.ArticlePage]
    assert 'href="https://host.example/news/2025/07/26/words/"' in printed[c.ArticlePage]
    links = [link for each in printed.values() for link in re.findall(r'(?:href|src)="(/[^"]*)"', each)]
    assert [link for link in links if not link.startswith("/news/")] == []
    assert 'xml:base="https://host.example/news/"' in printed[c.AtomFeed]


def test_a_list_has_feeds_of_its_own(printer: Printer) -> None:
    made = contexts_of(story())
    own = 'title="Words – Baghdad Courier" href="/topic/words/feed.xml"'
    assert own in printer.print(made[c.ListPage]).decode()
    assert b'title="Baghdad Courier" href="/feed.xml"' in printer.print(made[c.ArticlePage])


@pytest.mark.parametrize(
    ("summary", "opening", "is_shown"),
    [
        ("In short.", "The body begins.", True),
        ("In short.", "", True),
        ("The body\n begins.", "The body begins. It goes on.", False),
        ("The body begins. It goes on.", "The  body begins.", True),
        ("", "The body begins.", False),
    ],
)
def test_a_summary_that_only_says_what_the_body_opens_with_describes_the_page_and_does_not_stand_on_it(
    printer: Printer, summary: str, opening: str, is_shown: bool
) -> None:
    article = story().model_copy(update={"summary": summary, "opening": opening})
    root = _parse(printer.print(c.ArticlePage(SITE, article, "<p>Body</p>")).decode())
    shown = [part.text for part in root.findall(".//p[@class='standfirst']")]
    assert shown == ([summary] if is_shown else [])
    (description,) = root.findall(".//meta[@name='description']")
    assert description.get("content") == " ".join((summary or opening).split())


LISTS: dict[str, Callable[[tuple[Card, ...]], c.Context]] = {
    "front": lambda cards: c.FrontPage(SITE, cards[:2], cards[2:]),
    "list": lambda cards: c.ListPage(SITE, "section", TERM, cards),
    "archive": lambda cards: c.ArchivePage(SITE, "all", None, "2025-07", 1, cards),
    "hot": lambda cards: c.HotPage(SITE, cards),
    "chart": lambda cards: c.ChartPage(SITE, "2025-W30", tuple(c.ChartEntry(1, 9, card) for card in cards)),
    "hot block": lambda cards: c.HotFragment(SITE, cards),
    "topics block": lambda cards: c.TopicsFragment(SITE, tuple(c.TopicCard(TERM, card) for card in cards)),
    "related": lambda cards: c.ArticlePage(SITE, story(), "", cards),
    "sitemap": lambda cards: c.Sitemap(SITE, cards),
    "news sitemap": lambda cards: c.NewsSitemap(SITE, cards),
}


@pytest.mark.parametrize("name", LISTS)
@pytest.mark.parametrize("count", [0, 1, 2, 5, 6, 30])
def test_what_lists_articles_leads_to_each_of_them_in_their_order(printer: Printer, name: str, count: int) -> None:
    slugs = [f"story-{number}" for number in range(count)]
    cards = tuple(story().model_copy(update={"id": slug, "slug": slug}).card() for slug in slugs)
    printed = printer.print(LISTS[name](cards)).decode()
    found = re.findall(r'(?:href="|<loc>https://courier\.example)/2025/07/26/(story-\d+)/["<]', printed)
    assert list(dict.fromkeys(found)) == slugs


def test_a_page_of_an_archive_leads_to_those_beside_it_and_to_what_is_above_and_below(printer: Printer) -> None:
    all_of_a_month = c.ArchivePage(SITE, "all", None, "2025-07", 10, (), 9, 11, ("2025-07-26",))
    of_a_day = c.ArchivePage(SITE, "all", None, "2025-07-26", 2, (), 1, 3)
    assert _links(printer, all_of_a_month) == [
        ("/archive/2025/07/9/", "Page 9"),
        ("/archive/2025/07/011/", "Page 11"),
        ("/archive/2025/07/26/", "Saturday, July 26, 2025"),
    ]
    assert _links(printer, c.ArchivePage(SITE, "all", None, "2025-07", 9, (), 8, 10)) == [
        ("/archive/2025/07/8/", "Page 8"),
        ("/archive/2025/07/010/", "Page 10"),
    ]
    assert _links(printer, of_a_day) == [
        ("/archive/2025/07/26/", "Page 1"),
        ("/archive/2025/07/26/3/", "Page 3"),
        ("/archive/2025/07/", "July 2025"),
    ]
    assert _links(printer, c.ArchivePage(SITE, "topic", TERM, "2025-07", 11, (), 10, 12)) == [
        ("/topic/oil/2025/07/10/", "Page 10"),
        ("/topic/oil/2025/07/12/", "Page 12"),
    ]
    assert _links(printer, c.ListPage(SITE, "author", TERM, (), ("2025-07", "2024-12"))) == [
        ("/author/oil/2025/07/", "July 2025"),
        ("/author/oil/2024/12/", "December 2024"),
    ]


def _links(printer: Printer, page: c.Context) -> list[tuple[str | None, str | None]]:
    """The links of a page's navigation among pages of its kind."""
    root = _parse(printer.print(page).decode())
    navs = [nav for nav in root.iter("nav") if nav.get("class") in ("pages", "archives")]
    return [(link.get("href"), link.text) for nav in navs for link in nav.iter("a")]


def test_the_periods_of_earlier_years_wait_folded_beside_those_of_the_newest(printer: Printer) -> None:
    months = tuple(f"{year}-{number:02}" for year in (2025, 2024, 2022) for number in (12, 11, 1))
    for page in (
        c.FrontPage(SITE, (), (), months),
        c.ListPage(SITE, "author", TERM, (), months),
        c.HotPage(SITE, (), tuple(period.replace("-", "-W") for period in months)),
    ):
        (nav,) = _parse(printer.print(page).decode()).findall(".//nav[@class='archives']")
        assert len(nav.findall("ul/li/a")) == 3
        assert [(year.findtext("summary"), len(year.findall("ul/li/a"))) for year in nav.iter("details")] == [
            ("2024", 3),
            ("2022", 3),
        ]
        assert len(list(nav.iter("a"))) == len(months)


def test_a_chart_has_the_places_and_the_views_that_its_week_was_sealed_with(printer: Printer) -> None:
    site = SITE.model_copy(update={"week_starts": "sunday"})
    card = story().card()
    for own, days in ((printer, "July 21, 2025 – July 27, 2025"), (Printer(site), "July 20, 2025 – July 26, 2025")):
        page = c.ChartPage(own._desk.site, "2025-W30", (c.ChartEntry(1, 1200, card), c.ChartEntry(3, 1, card)))
        root = _parse(own.print(page).decode())
        assert _classed(root, "heading").text == f"Most read, {days}"
        items = ["".join(item.itertext()) for item in root.findall(".//ol/li")]
        assert [(item.split()[0], *re.findall(r"\d+ views?$", item.strip())) for item in items] == [
            ("1", "1200 views"),
            ("3", "1 view"),
        ]
        assert _links(own, c.HotPage(own._desk.site, (), ("2025-W30",))) == [("/hot/2025-W30/", days)]


def test_readers_see_the_moments_of_an_article_as_the_sites_clocks_have_them(printer: Printer) -> None:
    made = contexts_of(story(language="en").model_copy(update={"corrections": ()}))
    published = ("2025-07-26T12:30:00+03:00", "July 26, 2025, 12:30")
    for kind, shown in (
        (c.ArticlePage, [published, ("2025-07-26T13:30:00+03:00", "July 26, 2025, 13:30")]),
        (c.ListPage, [published] * 2),
    ):
        root = _parse(printer.print(made[kind]).decode())
        assert [(one.get("datetime"), one.text) for one in root.iter("time")] == shown


def test_hot_this_week_counts_from_one(printer: Printer) -> None:
    root = _parse(printer.print(c.HotPage(SITE, (story().card(),) * 3)).decode())
    assert [rank.text for rank in root.findall(".//*[@class='rank']")] == ["1", "2", "3"]


def test_the_masthead_has_the_day_that_it_is_on_the_site(printer: Printer) -> None:
    """In Baghdad a day ends at 21:00 UTC."""
    midnight = NOW.replace(hour=21, minute=0)
    for tick, day in ((midnight - timedelta(milliseconds=1), "26"), (midnight, "27")):
        assert f'<time datetime="2025-07-{day}">' in printer.print(c.Masthead(SITE, tick)).decode()


def test_each_page_of_an_archive_has_a_title_of_its_own(printer: Printer) -> None:
    cards = (story().card(),)
    pages = [c.ArchivePage(SITE, "all", None, "2025-07", number, cards) for number in (1, 2)]
    titles = [re.findall("<(?:title|h1)[^>]*>([^<]*)<", printer.print(page).decode()) for page in pages]
    assert titles == [
        ["July 2025 – Baghdad Courier", "July 2025"],
        ["July 2025, page 2 – Baghdad Courier", "July 2025, page 2"],
    ]


LISTED = ("front", "list", "archive", "hot", "chart")


@pytest.mark.parametrize("name", LISTED)
def test_a_list_is_described_by_its_first_headlines_as_far_as_there_is_room(printer: Printer, name: str) -> None:
    for headlines, described in (
        (["One", "Two & three"], "One · Two & three"),
        (list("ABCDEF"), "A · B · C · D · E"),
        (["word " * 30 + "word", "Two"], "word " * 30 + "word…"),
        ([], None),
    ):
        cards = [story().model_copy(update={"headline": headline}).card() for headline in headlines]
        root = _parse(printer.print(LISTS[name](tuple(cards))).decode())
        for meta in ("meta[@name='description']", "meta[@property='og:description']"):
            found = root.find(f".//{meta}")
            assert (None if found is None else found.get("content")) == described


@pytest.mark.parametrize("name", LISTED)
def test_a_list_that_is_shared_shows_its_first_picture(printer: Printer, name: str) -> None:
    bare, pictured = (story().model_copy(update={"image": image}).card() for image in (None, story().image))
    for cards, picture, kind in (
        ((bare, pictured), "https://courier.example/media/a%20b.jpg", "summary_large_image"),
        ((bare,), None, "summary"),
    ):
        root = _parse(printer.print(LISTS[name](cards)).decode())
        found = root.find(".//meta[@property='og:image']")
        assert (None if found is None else found.get("content")) == picture
        (card,) = root.findall(".//meta[@name='twitter:card']")
        assert card.get("content") == kind


def test_the_front_page_tells_search_engines_the_name_of_the_site(printer: Printer) -> None:
    (script,) = _parse(printer.print(c.FrontPage(SITE, (), ())).decode()).findall(".//script")
    assert json.loads(script.text or "") == {
        "@context": "https://schema.org",
        "@type": "WebSite",
        "name": "Baghdad Courier",
        "url": "https://courier.example/",
    }


def test_the_sites_own_name_is_escaped_too() -> None:
    site = SITE.model_copy(update={"name": "A <b> & {{ c }}"})
    text = Printer(site).print(contexts_of(story(), site)[c.ArticlePage]).decode()
    assert "<title>Words – A &lt;b&gt; &amp; {{ c }}</title>" in text
    assert "<b>" not in text


def test_static_files_are_named_after_their_content(printer: Printer) -> None:
    names = sorted(printer.static_files())
    assert [re.sub(r"\.[0-9a-f]{12}\.", ".", name) for name in names] == ["/_static/beacon.js", "/_static/press.css"]
    page = printer.print(contexts_of(story())[c.ArticlePage]).decode()
    assert all(name in page for name in names)


def test_words_in_latin_letters_take_no_comma_from_a_typeface_for_arabic() -> None:
    """Which has commas and digits of its own, so that it stands after those of every system for Latin."""
    style = (module.STATIC / "press.css").read_text()
    for kind, arabic, latin in (
        ("serif", "Noto Naskh Arabic", ("Georgia", "Liberation Serif", "Noto Serif", "DejaVu Serif")),
        ("sans", "Noto Sans Arabic", ("system-ui", "Roboto", "Liberation Sans")),
    ):
        names = [name.strip(' \n"') for name in style.partition(f"--{kind}:")[2].partition(";")[0].split(",")]
        assert max(map(names.index, latin)) < names.index(arabic)


def test_the_digest_follows_the_site() -> None:
    other = SITE.model_copy(update={"name": "Basra Courier"})
    assert Printer(SITE).digest == Printer(SITE).digest != Printer(other).digest


# what is set has its values in the digest; what reads the store, ends a start, or shows on what every start builds
_ELSEWHERE = "site_settings schema clock times kept store front ranking conditions wrong"
ELSEWHERE = {"services.render.keys", *(f"shared.{name}" for name in _ELSEWHERE.split())}


def test_what_is_built_again_when_it_changes_is_all_that_pages_are_made_by() -> None:
    known = {".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__") for path in deciding()}
    found: set[str] = set()
    for path in deciding():
        if path.suffix == ".py" and path.is_relative_to(ROOT / "services"):
            for node in ast.walk(ast.parse(path.read_text("utf-8"))):
                if isinstance(node, ast.ImportFrom) and (node.module or "").startswith(("services.", "shared")):
                    below = {f"{node.module}.{one.name}" for one in node.names}
                    found |= {name for name in below if _is_module(name)} or {str(node.module)}
    assert found - known == ELSEWHERE


def _is_module(name: str) -> bool:
    path = ROOT / name.replace(".", "/")
    return path.is_dir() or path.with_suffix(".py").exists()


def test_the_digest_follows_all_that_decides_how_a_page_looks_and_nothing_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    here = shutil.copytree(module.HERE, tmp_path / "render", ignore=shutil.ignore_patterns("__pycache__"))
    monkeypatch.setattr(module, "TEMPLATES", here / module.TEMPLATES.relative_to(module.HERE))
    monkeypatch.setattr(module, "STATIC", here / module.STATIC.relative_to(module.HERE))
    monkeypatch.setattr(module, "HERE", here)
    seen = [module._digest(SITE)]
    decide = (
        "templates/card.html static/press.css typeset/desk.py contexts/pages.py pages/hot.py printer.py affected.py"
    )
    for name in decide.split():
        (here / name).write_text((here / name).read_text() + "\n")
        seen.append(module._digest(SITE))
    (here / "templates/card.html").rename(here / "templates/card2.html")
    seen.append(module._digest(SITE))
    assert len(set(seen)) == len(seen)
    for name in ("press.py", "static.css"):
        (here / name).write_text("")
    assert module._digest(SITE) == seen[-1]


@pytest.mark.parametrize(
    ("path", "may_be"),
    [
        ("_static/press.0123456789ab.css", True),
        ("_static/beacon.0123456789ab.js", True),
        ("_static/press.css", False),
        ("_static/press.0123456789ab.css.gz", False),
        ("old/_static/press.0123456789ab.css", False),
    ],
)
def test_a_style_or_script_of_another_version_is_known_by_its_name(path: str, may_be: bool) -> None:
    assert module.is_of_another_version(path) is may_be


@pytest.mark.parametrize("empty", [lambda: c.HotFragment(SITE, ()), lambda: c.TopicsFragment(SITE, ())])
def test_an_empty_block_says_so(printer: Printer, empty: Callable[[], c.Context]) -> None:
    assert b'class="none"' in printer.print(empty())


def test_a_bare_article_prints(printer: Printer) -> None:
    fields = {"section": None, "topics": (), "authors": (), "image": None, "corrections": (), "summary": ""}
    article = story().model_copy(update={**fields, "updated_at": None})
    cards: tuple[Card, ...] = ()
    assert b"<h1>Words</h1>" in printer.print(c.ArticlePage(SITE, article, "", cards))
    assert b'class="none"' in printer.print(c.FrontPage(SITE, (), ()))

"""Cleaned HTML in order: what axe and a validator would say of it is nothing."""

import re
import time
from itertools import pairwise
from xml.etree.ElementTree import Element

import html5lib
import pytest
from hypothesis import event, example, given, settings
from hypothesis import strategies as st

from services.ingest.html import clean_html
from services.ingest.markup import MAX_NESTING
from services.ingest.tidy import outline, tidy

NAMES = ["a", "b", "blockquote", "dd", "details", "div", "dl", "dt", "h1", "h2", "h3", "h4", "h6", "li", "ol", "p",
         "pre", "rp", "rt", "ruby", "summary", "table", "td", "th", "tr", "ul"]  # fmt: skip
PIECES = [
    *(f"<{name}>" for name in NAMES), *(f"</{name}>" for name in NAMES),
    '<a href="https://a.b/">', "<a href=#x>", "<a href=//a.b/ title='<a>'>", "<img src=//a.b/c>",
    "<img src=//a.b/c alt=' '>", "<img src=//a.b/c alt=words>", "<img>", "<p lang=xx>", "<p lang=en title='<img x='>",
    "<p title='> <h4>'>", "<th scope=col>", "<th scope=wide colspan=2>", "words", "words", " ", "\n", "&nbsp;",
    "\ufeff",
]  # fmt: skip
bodies = st.lists(st.sampled_from(PIECES), max_size=25).map("".join)
HEADINGS = ("h2", "h3", "h4", "h5", "h6")


@settings(max_examples=150)
@given(bodies)
@example("<h3>a</h3><h6>b</h6><h2><img src=//a.b/c></h2><h5>c</h5>")
@example("<ul>a<li>b</li><ul><li>c</li></ul>d<dl><li>e</dl></ul><dl><dd>f</dl><dl><div><dt>g<dd>h</div></dl>")
@example("<table><a href=#x><tr><th scope=row><td>a</table><details><summary> </summary><summary>b</summary></details>")
@example("<div><h4><h4> </div><tr><p></li><h2>")
def test_a_cleaned_body_is_in_order(html: str) -> None:
    cleaned = clean_html(html)
    assert clean_html(cleaned) == cleaned
    tree = html5lib.parseFragment(cleaned, namespaceHTMLElements=False)
    parents = {child: parent for parent in tree.iter() for child in parent}
    event(f"{min(len(parents), 10)} elements")
    for element, parent in parents.items():
        _check(element, parent, parents.get(parent))
    levels = [int(element.tag[1]) for element in tree.iter() if element.tag in HEADINGS]
    assert all(below <= level + 1 for level, below in pairwise([1, *levels]))


def _check(element: Element, parent: Element, around: Element | None) -> None:
    match element.tag:
        case "img":
            assert element.get("src")
            assert element.get("alt") == "" or _is_word(element.get("alt", ""))
        case "a":
            assert element.get("href")
            assert _words(element)
        case "h2" | "h3" | "h4" | "h5" | "h6" | "summary" | "th":
            assert _words(element)
            assert element.tag != "summary" or parent.tag == "details"
            assert element.get("scope") in (None, "row", "col", "rowgroup", "colgroup")
        case "li":
            assert parent.tag in ("ul", "ol")
        case "dt" | "dd":
            assert parent.tag == "dl" or (parent.tag == "div" and around is not None and around.tag == "dl")
        case "rp" | "rt":
            assert parent.tag == "ruby"
        case "ul" | "ol":
            assert {child.tag for child in element} <= {"li"}
            assert not _has_words_between(element)
        case "dl":
            assert not _has_words_between(element)
            spelled = "".join(_spell(child) for child in element)
            assert re.fullmatch("(?:(?:dt )+(?:dd )+)*", spelled)
        case _:
            assert element.get("scope") is None
    assert element.get("lang") in (None, "en")


def _spell(child: Element) -> str:
    return "".join(_spell(inner) for inner in child) if child.tag == "div" else f"{child.tag} "


def _words(element: Element) -> bool:
    pictures = "".join(picture.get("alt", "") for picture in element.iter("img"))
    return _is_word("".join(element.itertext()) + pictures)


def _has_words_between(element: Element) -> bool:
    return _is_word((element.text or "") + "".join(child.tail or "" for child in element))


def _is_word(text: str) -> bool:
    return text.replace("\ufeff", "").strip() != ""


@pytest.mark.parametrize(
    ("levels", "moved"),
    [
        ([], []),
        ([2, 3, 2], [2, 3, 2]),
        ([3, 3, 4], [2, 2, 3]),
        ([2, 4, 4, 3], [2, 3, 3, 3]),
        ([4, 3, 2], [2, 2, 2]),
        ([2, 3, 4, 5, 6], [2, 3, 4, 5, 6]),
        ([6, 2, 6], [2, 2, 3]),
    ],
)
def test_headings_begin_at_the_second_level_and_leave_none_out(levels: list[int], moved: list[int]) -> None:
    assert outline(levels) == moved


@given(st.lists(st.integers(2, 6)))
def test_levels_in_order_stay_as_they_are_and_who_stood_below_or_beside_still_does(levels: list[int]) -> None:
    moved = outline(levels)
    assert outline(moved) == moved
    for (level, below), (level_moved, below_moved) in zip(pairwise(levels), pairwise(moved), strict=True):
        assert (below > level) == (below_moved > level_moved)
        assert below != level or below_moved == level_moved


@pytest.mark.parametrize(
    ("html", "cleaned"),
    [
        ("<h3>A</h3><h5>B</h5>", "<h2>A</h2><h3>B</h3>"),
        ("<h2> </h2><p>a</p>", "<div> </div><p>a</p>"),
        ('<p>a</p><p>&nbsp;</p><p class="x"><strong><br></strong></p><p dir=rtl></p><p>b</p>', "<p>a</p><p>b</p>"),
        ("<p>a</p><br><br>\n<p>b</p> <br><ul><li>c</li></ul>", "<p>a</p>\n<p>b</p><ul><li>c</li></ul>"),
        ("<p>a</p><br>b<br><p>c</p>", "<p>a</p><br>b<br><p>c</p>"),
        ("<ul><li><p></p></li></ul><p><span>\ufeff</span></p><p>-</p>", "<ul><li></li></ul><p>-</p>"),
        ("<p><img src=/media/c alt=d></p>", '<p><img src="/media/c" alt="d" loading="lazy"></p>'),
        ("<img src=https://a.b/c>", '<img alt="" src="https://a.b/c" loading="lazy">'),
        ("<li>a</li><li>b</li>", "<div>a</div><div>b</div>"),
        ("<ul><li>a</li><ul><li>b</li></ul><li>c</li></ul>", "<ul><li>a<ul><li>b</li></ul></li><li>c</li></ul>"),
        ("<ol>a<li>b</li></ol>", "<ol><li>a</li><li>b</li></ol>"),
        ("<ul>\n<li>a</li>\n</ul>", "<ul>\n<li>a</li>\n</ul>"),
        ("<dl><dt>a<dd>b<dd>c</dl>", "<dl><dt>a</dt><dd>b</dd><dd>c</dd></dl>"),
        ("<dl><div><dt>a<dd>b</div></dl>", "<dl><div><dt>a</dt><dd>b</dd></div></dl>"),
        ("<dl><dd>a</dl>", "<div><div>a</div></div>"),
        ("<dt>a</dt><summary>b</summary>", "<div>a</div><div>b</div>"),
        ("<details><summary>a</summary>b</details>", "<details><summary>a</summary>b</details>"),
        ("<ruby>a<rp>(<rt>b<rp>)</ruby>", "<ruby>a<rp>(</rp><rt>b</rt><rp>)</rp></ruby>"),
        ("<ruby><b>a<rt>b</b></ruby><rp>c", "<ruby><b>a<small>b</small></b></ruby><small>c</small>"),
        ('a<a href="https://a.b/"> </a>b', "a b"),
        ('<a href="https://a.b/"><img src=https://a.b/c></a>', '<img alt="" src="https://a.b/c" loading="lazy">'),
        (
            '<a href="https://a.b/"><img src=https://a.b/c alt=d></a>',
            '<a href="https://a.b/" rel="noopener"><img src="https://a.b/c" alt="d" loading="lazy"></a>',
        ),
        (
            "<table><tr><th scope=col colspan=2><th scope=col>a</table>",
            '<table><tbody><tr><td colspan="2"></td><th scope="col">a</th></tr></tbody></table>',
        ),
        ("<table><tr><th scope=wide>a</table>", "<table><tbody><tr><th>a</th></tr></tbody></table>"),
        ("<p lang=xx-invalid-zzzzzzzzzzzz>a</p>", "<p>a</p>"),
        ("<p lang=xx>a</p><p lang=en_GB>b</p>", "<p>a</p><p>b</p>"),
        ("<p lang=pt-BR>a</p><p lang=AR>b</p>", '<p lang="pt-BR">a</p><p lang="AR">b</p>'),
    ],
)  # fmt: skip
def test_cases(html: str, cleaned: str) -> None:
    assert clean_html(html) == cleaned


@pytest.mark.parametrize("arrow", ["↩︎", "↩", "&#8617;&#xFE0E;", " ↑ ", "^", "⤴️"])
def test_an_arrow_back_to_where_a_note_belongs_goes_with_the_way(arrow: str) -> None:
    """As Ghost's, Jetpack's and others' Markdown has it below each note."""
    note = '<p>A note. <a href="{}" class="footnote-backref" role="doc-backlink">{}</a></p>'
    assert clean_html(note.format("#fnref1", arrow)) == "<p>A note. </p>"
    assert "</a>" in clean_html(note.format("https://a.b/#fnref1", arrow)), "one that leads somewhere stays"
    assert clean_html(f'<h2><a href="#top">{arrow}</a></h2>') == "<div></div>", "nor is a heading of nothing left"
    assert clean_html(note.format("#fnref1", "back ↩")) == "<p>A note. back ↩</p>"
    assert clean_html(f"<p>A note. {arrow.strip()}</p>") != "<p>A note. </p>"


def test_what_stands_in_a_value_is_no_tag() -> None:
    html = "<p title='<img x='>a</p><ul title='<li>'><li>b</li></ul><p title='> <h4>'>c</p>"
    cleaned = clean_html(html)
    assert re.sub(r"<[^<>]*>", "", cleaned) == "abc"
    assert tidy(cleaned) == cleaned
    values = [element.get("title") for element in html5lib.parseFragment(cleaned, namespaceHTMLElements=False)]
    assert values == ["<img x=", "<li>", "> <h4>"]


@pytest.mark.parametrize(
    "piece",
    ["<h6>a</h6>", "<h2> </h2>", "<h2><b>", "<li>", "<ul>a<li>", "<ul><li></li>a", "<dl><dd>", "<dl><div>a</div>",
     "<a href=//a.b>", "<a href=//a.b>b", "<img src=//a.b/c>", "<table><th>", "<summary>", " "],
)  # fmt: skip
def test_hostile_html_is_put_in_order_in_linear_time(piece: str) -> None:
    html = piece * (MAX_NESTING // 2)
    before = time.process_time()
    clean_html(html * (500_000 // len(html)))
    clean_html(piece * 100_000)
    assert time.process_time() - before < 8


def test_a_long_details_of_many_summaries_is_put_in_order_in_linear_time() -> None:
    before = time.process_time()
    cleaned = clean_html("<details>" + "<br>" * 40_000 + "<summary>a</summary>" * 40_000)
    assert time.process_time() - before < 8
    assert cleaned.count("<summary>") == 1

"""HTML that is cleaned without a parser: it comes out as the parser has it."""

import time

import pytest
from hypothesis import assume, event, example, given, settings
from hypothesis import strategies as st

from services.ingest import html as parser
from services.ingest.plain import plain_html

TEXTS = [
    "Words", " ", "\n", "\t", "\r", "\xa0", "\x0b", "\x85", "\u2028", "\ufeff", "\ufffe", "é", "خبر", "新闻", "🙂",
    '"', "'", '">', ">", "&", "&amp;", "&amp", "&lt;", "&gt;", "&quot;", "&#39;", "&nbsp;", "&copy;", "&#x0;", "=",
]  # fmt: skip
ADDRESSES = [
    "https://example.org/", "http://a.b", "https://a-b.c.org/%7Eq/%zz?x=1,2#y", "https://EXAMPLE.org/",
    "https://1.2.3.4/", "https://1.2.3.999/", "https://xn--a.org/", "https://a--b.org/", "https://a.org:80/",
    "https://a.org?x", "https://a.org#", "https://a..org/", "https://-a.org/", "https://a.org/../b",
    "https://a.org/&amp;", "https://a.org/a b", "//a.org/", "", "mailto:a@b.c", "javascript:x", "https://0x.a/",
    "https://a.0x1/",
]  # fmt: skip
text = st.lists(st.sampled_from(TEXTS) | st.text(max_size=4), max_size=3).map("".join)
links = st.builds('<a href="{}">{}</a>'.format, st.sampled_from(ADDRESSES), text)
emphasis = st.builds(
    lambda tag, words: f"<{tag}>{words}</{tag}>", st.sampled_from(["em", "strong", "b", "i", "u"]), text
)
words = st.lists(text | links | emphasis | st.just("<br>"), max_size=4).map("".join)


def _within(tag: str, content: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    return content.map(lambda inner: f"<{tag}>{inner}</{tag}>")


paragraphs = st.sampled_from(["p", "h1", "h2", "h2", "h3", "h4", "h6", "div"]).flatmap(lambda tag: _within(tag, words))
items = st.lists(_within("li", words) | st.sampled_from([" ", "\n"]), max_size=3).map("".join)
blocks = st.one_of(
    paragraphs,
    _within("ul", items),
    _within("ol", items),
    _within("blockquote", st.lists(paragraphs | st.just("\n"), max_size=3).map("".join)),
    st.sampled_from(["<hr>", "\n", " ", "\n\n"]),
)
documents = st.lists(blocks, max_size=5).map("".join)
ENDS = ["p", "li", "ul", "em", "b", "h2", "h3", "blockquote", "br"]
tags = st.sampled_from(
    [
        *(f"<{name}>" for name in ENDS),
        *(f"</{name}>" for name in ENDS),
        "<hr>",
        '<a href="https://a.org/">',
        "</a>",
        "x",
    ]
)


@settings(max_examples=150)
@given(documents | st.lists(tags, max_size=8).map("".join))
@example('<p>a <a href="https://example.org/x">b</a>, <em>c</em>.</p>\n<h2>d</h2><ul>\n<li>e</li></ul><hr>')
@example("<blockquote>\n<p>a<br>b</p> </blockquote>")
@example("<p>\n\na</p>")
@example("<p>a</p><p> <b> </b><br></p><blockquote><p></p></blockquote>")
@example("<p>a</p><p>\xa0<br>b</p>")
@example("<h2>a</h2><h3> <b>b</b></h3><h2><a href='https://a.b'>c</a></h2>".replace("'", '"'))
@example("")
def test_plain_html_comes_out_as_the_parser_has_it(html: str) -> None:
    plain = plain_html(html)
    event("plain" if plain is not None else "not plain")
    assume(plain is not None)
    assert plain == parser._parsed(html)


@pytest.mark.parametrize(
    "html",
    [
        "words", "<p>a", "<p>a<p>b</p></p>", "<p><em>a</p></em>", "<p>a</h2>", "<ul>a<li>b</li></ul>",
        "<p class=x>a</p>", '<p><a href="https://1.2.3.999/">a</a></p>', '<p><a href="javascript:x">a</a></p>',
        "<p>&nbsp;</p>", "<p>a & b</p>", "<h1>a</h1>", "<p>a<!-- b --></p>", "<script>a</script>",
        "<p><a href='https://a.org'>a</a></p>", "<p>a\rb</p>", "<h3>a</h3>", "<h2>a</h2><h4>b</h4>", "<h2></h2>",
        "<h2> <b>\xa0</b><br></h2>", '<p><a href="https://a.org/"></a></p>', '<p><a href="https://a.org/">\u200b</a></p>',
    ],
)  # fmt: skip
def test_what_a_parser_must_read_is_left_to_it(html: str) -> None:
    assert plain_html(html) is None


def test_headings_in_order_are_plain() -> None:
    html = "<h2>a</h2><h3><b>b</b></h3><h4>c</h4><p>d</p><h2><em></em>e</h2>"
    assert plain_html(html) == html


@pytest.mark.parametrize(
    "piece",
    ["<p>", "<p>a</p>", "<li>", "<ul><li>", "<p>&amp;", "<p><b>a</b>", "a-", " ", "<p>a<br>", "<h2><b> ", "<h2> </h2>"],
)
def test_it_is_told_in_linear_time(piece: str) -> None:
    html = "<p>" + piece * 20_000 + "<"
    began = time.process_time()
    plain_html(html)
    assert time.process_time() - began < 1

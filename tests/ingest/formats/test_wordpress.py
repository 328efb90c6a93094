"""WordPress REST posts."""

import re
import time
from datetime import UTC, datetime
from typing import Any

import pytest

from services.ingest.draft import Author, Draft, DraftCorrection, Ignored, Picture
from services.ingest.formats import wordpress
from services.ingest.formats.bounds import MAX_SLUG
from services.ingest.html import clean_html

POST: dict[str, Any] = {
    "id": 123,
    "date": "2025-07-26T12:30:00",
    "date_gmt": "2025-07-26T09:30:00",
    "guid": {"rendered": "https://example.org/?p=123"},
    "modified": "2025-07-26T12:31:00",
    "modified_gmt": "2025-07-26T09:31:00",
    "slug": "mayor-resigns",
    "status": "publish",
    "type": "post",
    "link": "https://example.org/2025/07/mayor-resigns/",
    "title": {"rendered": "Mayor&#8217;s <em>resignation</em> &amp; after"},
    "content": {"rendered": "\n<p>She has resigned.</p>\n", "protected": False},
    "excerpt": {"rendered": "<p>The mayor&hellip;</p>\n", "protected": False},
    "author": 7,
    "featured_media": 55,
    "sticky": False,
    "meta": [],
    "categories": [3, 4],
    "tags": [9],
    "_embedded": {
        "author": [{"id": 7, "name": "Jane Doe", "url": "", "link": "https://example.org/author/jane/"}],
        "wp:featuredmedia": [
            {
                "id": 55,
                "source_url": "https://example.org/wp-content/mayor.jpg",
                "alt_text": "The mayor",
                "caption": {"rendered": "<p>In 2024.</p>"},
            }
        ],
        "wp:term": [
            [{"id": 3, "name": "City", "taxonomy": "category"}, {"id": 4, "name": "News", "taxonomy": "category"}],
            [{"id": 9, "name": "Town hall &amp; co", "taxonomy": "post_tag"}],
        ],
    },
}


def draft(**members: Any) -> Draft:
    found = wordpress.read({**POST, **members})
    assert isinstance(found, Draft), found
    return found


def test_a_post_is_read() -> None:
    assert draft() == Draft(
        guid="123",
        headline="Mayor’s resignation & after",
        body_html="<p>She has resigned.</p>",
        summary="The mayor…",
        section="City",
        topics=("Town hall & co",),
        authors=(Author("Jane Doe", "https://example.org/author/jane/"),),
        published_at=datetime(2025, 7, 26, 9, 30, tzinfo=UTC),
        updated_at=datetime(2025, 7, 26, 9, 31, tzinfo=UTC),
        slug="mayor-resigns",
        image=Picture(url="https://example.org/wp-content/mayor.jpg", alt="The mayor", caption="In 2024."),
        source_url="https://example.org/2025/07/mayor-resigns/",
    )


@pytest.mark.parametrize("inside", ["", "\n"])
def test_a_file_is_named_once_and_apart_from_its_button(inside: str) -> None:
    file = (
        '<div class="wp-block-file"><object class="wp-block-file__embed" data="https://x.y/r.pdf"'
        f' aria-label="Embed of R.">{inside}</object><a id="m" href="https://x.y/r.pdf">Report</a><a href="https://x.y/r.pdf"'
        ' class="wp-block-file__button wp-element-button" download>Download</a></div>'
    )
    shown = clean_html(draft(content={"rendered": file}).body_html or "")
    link = '<a href="https://x.y/r.pdf" rel="noopener">'
    assert shown == f"<div>{link}Report</a> {link}Download</a></div>"


def test_an_embed_that_is_sent_as_it_was_written_is_a_link() -> None:
    embed = (
        '<!-- wp:embed {"url":"https://x.y/watch?v=1&t=2"} --><figure><div class="wp-block-embed__wrapper">\n'
        "https://x.y/watch?v=1&amp;t=2\n</div><figcaption>A film</figcaption></figure><!-- /wp:embed -->"
    )
    shown = clean_html(draft(content={"raw": embed}).body_html or "")
    link = '<a href="https://x.y/watch?v=1&amp;t=2" rel="noopener">https://x.y/watch?v=1&amp;t=2</a>'
    assert shown == f"<figure><div>\n{link}\n</div><figcaption>A film</figcaption></figure>"


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        ('<a href="/contact/?a=1&amp;b">us</a>', '<a href="https://example.org/contact/?a=1&amp;b">us</a>'),
        ("<A class='x' HREF = '/'>us</A>", "<A class='x' HREF = 'https://example.org/'>us</A>"),
        (
            '<img alt="A" data-src="/b.jpg" src="/wp-content/a.jpg">',
            '<img alt="A" data-src="/b.jpg" src="https://example.org/wp-content/a.jpg">',
        ),
        ('<a href="//a.b/c">us</a><a href="#n">1</a>', '<a href="//a.b/c">us</a><a href="#n">1</a>'),
        ('<a href="https://a.b/c">us</a> href="/d"', '<a href="https://a.b/c">us</a> href="/d"'),
    ],
)
def test_what_a_blog_has_below_its_own_root_is_found_there(written: str, shown: str) -> None:
    """WordPress' editor takes links without a host."""
    assert draft(content={"rendered": written}).body_html == shown
    for link in (None, "", "/2025/x/", "ftp://example.org/x"):
        assert draft(content={"rendered": written}, link=link).body_html == written
    assert "http://a.b:8080/" in (
        draft(content={"rendered": '<a href="/">x</a>'}, link="http://a.b:8080").body_html or ""
    )


def test_a_footnote_has_no_arrow_that_leads_nowhere() -> None:
    text = '<p>Text<sup data-fn="f" class="fn"><a href="#f" id="f-link">1</a></sup> <a href="#part-linked">↓</a></p>'
    back = '<a href="#f-link" aria-label="Jump to footnote reference 1">↩︎</a>'
    content = f'{text}<ol class="wp-block-footnotes"><li id="f">A <em>note</em>. {back}</li></ol>'
    found = wordpress.read({"id": 1, "title": "T", "content": content})
    assert isinstance(found, Draft)
    assert found.body_html == content.replace(f" {back}", "")


def test_a_formula_is_shown_as_it_was_typed() -> None:
    typed = r"x &lt; \frac{-b}{2a}"
    formula = (
        '<math display="block"><semantics><mrow><mi>x</mi></mrow>'
        f'<annotation encoding="application/x-tex">{typed}</annotation></semantics></math>'
    )
    body = f'<p>So {formula}, and <math data-latex="y"><mi>y</mi></math>:</p><div class="wp-block-math">{formula}</div>'
    shown = clean_html(draft(content={"rendered": body}).body_html or "")
    assert shown == f"<p>So <code>{typed}</code>, and :</p><div><code>{typed}</code></div>"
    katex = f'<span class="katex"><span class="katex-mathml">{formula}</span><span aria-hidden="true">x</span></span>'
    assert draft(content={"rendered": katex}).body_html == katex


def test_a_formula_that_jetpack_has_made_a_picture_is_shown_as_it_was_typed() -> None:
    of = 'src="https://s0.wp.com/latex.php?latex=a%5E2+%3C+b&#038;bg=ffffff" srcset="https://s0.wp.com/latex.php?x 1x"'
    for picture in (
        f'<img {of} alt="a^2 &lt; b" class="latex" />',
        f"<img class='latex' title='a^2 &lt; b' alt='a^2 &lt; b' {of}>",
    ):
        body = draft(content={"rendered": f"<p>As {picture} says.</p>"}).body_html or ""
        assert clean_html(body) == "<p>As <code>a^2 &lt; b</code> says.</p>"
    photo = '<img src="https://x.y/a.jpg" alt="A lab" class="latex-gloves">'
    for other in (photo, photo.replace("-gloves", "").replace("A lab", "")):
        assert draft(content={"rendered": other}).body_html == other


@pytest.mark.parametrize(
    ("cover", "alt"),
    [
        (
            '<div class="wp-block-cover has-parallax"><div role="img" aria-label="A &quot;pier&quot;" class="wp-block-'
            'cover__image-background has-parallax" style="background-position:50% 50%;background-image:url({})"></div>',
            "A &quot;pier&quot;",
        ),
        ('<div class="wp-block-cover"><div class="wp-block-cover__image-background is-repeated" '
         'style="background-image:url({});"></div>', ""),
        ('<div class="wp-block-cover has-background-dim" style="background-image:url({});min-height:1px">', ""),
        ("""<section class="wp-block-cover-image has-background-dim" style="background-image: url('{}')">""", ""),
        ('<div class="wp-block-cover" style="background-image:url(&quot;{}&quot;)">', ""),
    ],
)  # fmt: skip
@pytest.mark.parametrize("address", ["https://example.org/a.jpg?b=1&#038;c=2", "/wp-content/a.jpg"])
def test_the_picture_behind_the_words_of_a_cover_is_shown(cover: str, alt: str, address: str) -> None:
    """A style has it, where it does not move with the page, and until WordPress 5.6 wherever."""
    end = "section" if cover.startswith("<section") else "div"
    body = f"{cover.format(address)}<p>The pier.</p></{end}>"
    shown = clean_html(draft(content={"rendered": body}).body_html or "")
    whole = "https://example.org/a.jpg?b=1&amp;c=2" if "?" in address else "https://example.org/wp-content/a.jpg"
    picture, words = re.findall(r"<img[^>]*>|<p>.*</p>", shown)
    assert f'src="{whole}"' in picture
    assert f'alt="{alt}"' in picture
    assert words == "<p>The pier.</p>"


def test_a_cover_without_a_picture_and_other_styles_have_none() -> None:
    for body in (
        '<div class="wp-block-cover" style="background-color:#ffffff"><p>a</p></div>',
        '<div class="wp-block-cover" style="background-image:url(data:image/png;base64,x)"><p>a</p></div>',
        '<div class="wp-block-group" style="background-image:url(https://x.y/paper.png)"><p>a</p></div>',
        '<div class="wp-block-cover__inner-container" style="background-image:url(https://x.y/a.png)"><p>a</p></div>',
    ):
        assert draft(content={"rendered": body}).body_html == body


def test_an_object_that_is_no_preview_stays() -> None:
    film = '<object data="https://x.y/film.mp4"></object>'
    assert draft(content={"rendered": film}).body_html == film


@pytest.mark.parametrize("of", ["<i>{}</i>{}", "{1}<i>{0}</i>"])
def test_what_an_accordion_opens_keeps_its_heading(of: str) -> None:
    sign = '<span class="wp-block-accordion-heading__toggle-icon" aria-hidden="true">+</span>'
    button = f'<button type="button" class="wp-block-accordion-heading__toggle">{of.format("Who?", sign)}</button>'
    item = f'<h3 class="wp-block-accordion-heading">{button}</h3><div role="region"><p>We.</p></div>'
    assert clean_html(draft(content={"rendered": item}).body_html or "") == "<h2><i>Who?</i></h2><div><p>We.</p></div>"


@pytest.mark.parametrize(
    "tab",
    [
        '<button type="button" id="tab__{0}" class="wp-block-tab" role="tab" aria-controls="{0}"><b>{1}</b></button>',
        '<a role="tab" class="tabs__tab-label" href="#{0}" id="tab__{0}" aria-controls="{0}">\n<b>{1}</b></a>',
    ],
)
def test_what_a_tab_opens_is_called_by_the_tab(tab: str) -> None:
    """WordPress' block has them since 7.1; its panels are all shown where there is no script, and had no titles."""
    panels = (
        '<section aria-labelledby="tab__a" id="a" role="tabpanel"><p>We.</p></section>'
        '<section role="tabpanel" id="b" aria-labelledby="tab__b"><p>There.</p></section>'
    )
    tabs = f'<div role="tablist">{tab.format("a", "Who?")}{tab.format("b", "Where?")}</div>{panels}'
    shown = clean_html(draft(content={"rendered": tabs}).body_html or "").replace("\n", "")
    assert shown == (
        "<div></div><section><h2><b>Who?</b></h2><p>We.</p></section>"
        "<section><h2><b>Where?</b></h2><p>There.</p></section>"
    )
    for alone in (panels, tab.format("c", "Why?"), tab.format("a", " ") + panels):
        assert draft(content={"rendered": alone}).body_html == alone


def test_the_buttons_that_jetpack_adds_are_left_out() -> None:
    share = (
        '<div class="sharedaddy sd-sharing-enabled"><div class="robots-nocontent sd-block sd-social sd-sharing"><h3'
        ' class="sd-title">Share this:</h3><div class="sd-content"><ul><li class="share-facebook"><a rel="nofollow"'
        ' href="https://example.org/?share=facebook"><span class="sharing-screen-reader-text">Share on Facebook</span>'
        '</a></li><li class="share-end"></li></ul><div class="sharing-hidden"><div class="inner"><ul></ul></div></div>'
        "</div></div></div>"
    )
    like = (
        "<div class='sharedaddy sd-block sd-like' id='like-post-wrapper-1'><h3 class=\"sd-title\">Like this:</h3><div"
        " class='likes-widget-placeholder'><span class='button'><span>Like</span></span> <span class=\"loading\">"
        "Loading...</span></div></div>"
    )
    words = "<div><p>Jetpack's class is called <code>sharedaddy</code>.</p></div>\n"
    assert draft(content={"rendered": words + share + like + words}).body_html == (words * 2).strip()


@pytest.mark.parametrize(
    "form",
    [
        """<div class="tiered wp-block-newspack-blocks-donate wpbnbd wpbnbd--frequency-based" id="n"><form><div"""
        """ class='frequency'><input type='radio' id='m'/><label for='m'>Monthly</label><div class='tiers'><div>"""
        """<input type='radio' id='m-0'/><label for='m-0'>$9</label></div></div></div><p class='thanks'>Your"""
        """ contribution is appreciated.</p><button type='submit'>Donate now!</button></form></div>""",
        '<div class="newspack-newsletters-subscribe "><form><ul><li><input type="checkbox" id="a" /><label for="a">'
        'Daily</label></li></ul><input type="email" /></form><div class="newspack-newsletters-subscribe__response">'
        '<div class="newspack-newsletters-subscribe__message"><p>Thank you for signing up!</p></div></div></div>',
        '<div class="newspack-registration newspack-ui is-style-inline"><form><h3>Sign up</h3><input type="email"/>'
        '</form><div class="newspack-registration__registration-success newspack-registration--hidden"><p>Success!'
        " Your account was created and you’re signed in.</p></div></div>",
        '<div class="wp-block-jetpack-subscriptions__supports-newline wp-block-jetpack-subscriptions"><div><form><p>'
        '<input type="email"></p><p><button>Subscribe</button></p></form><div'
        ' class="wp-block-jetpack-subscriptions__subscount">Join 123 other subscribers</div></div></div>',
    ],
)
def test_forms_that_nobody_could_fill_in_here_are_left_out(form: str) -> None:
    words = '<div class="newspack-registration-office"><p>The <code>wpbnbd</code> opens.</p></div>\n'
    assert draft(content={"rendered": words + form + words}).body_html == (words * 2).strip()


@pytest.mark.parametrize(
    "contents",
    [
        '<div class="wp-block-yoast-seo-table-of-contents yoast-table-of-contents"><h2>Contents</h2>{}</div>',
        '<div class="wp-block-rank-math-toc-block" id="rank-math-toc"><h2>Contents</h2><nav>{}</nav></div>',
        '<div id="ez-toc-container" class="ez-toc-v2_0_82_2 ez-toc-grey"><div class="ez-toc-title-container"><p>'
        'Contents</p><span><a href="#"><span style="display:none;">Toggle</span></a></span></div><nav>{}</nav></div>',
        '<div id="toc_container" class="no_bullets"><p class="toc_title">Contents</p>{}</div>',
        '<div class="lwptoc lwptoc-autoWidth"><div class="lwptoc_i"><div><b>Contents</b></div>{}</div></div>',
    ],
)
def test_a_table_of_contents_that_would_lead_nowhere_is_left_out(contents: str) -> None:
    listed = '<ul><li><a href="#one">One</a></li><li><a href="https://x.y/post/#two">Two</a></li></ul>'
    story = '<p>First.</p><h2 id="one">One</h2><p class="toc_container">A.</p><h2 id="two">Two</h2><p>B.</p>'
    assert draft(content={"rendered": contents.format(listed) + story}).body_html == story


def test_the_tracks_of_a_playlist_are_named() -> None:
    """WordPress' block has them since 7.1, each as a button; their addresses are in its script alone."""

    def track(artist: str, length: str) -> str:
        return (
            '<li class="wp-block-playlist-track"><button class="wp-block-playlist-track__button"><img src="https://x.y/z.jpg"'
            ' alt="" /><span class="wp-block-playlist-track__content"><span class="wp-block-playlist-track__title">Rain'
            f'</span>{artist}</span>{length}<span class="screen-reader-text" data-wp-text="state.label">Play</span>'
            "</button></li>"
        )

    whole = track(
        '<span class="wp-block-playlist-track__artist">The Clouds</span>',
        '<span class="wp-block-playlist-track__length"><span class="screen-reader-text">Duration: </span>3:21</span>',
    )
    shown = clean_html(draft(content={"rendered": f"<ol>{whole}{track('', '')}</ol>"}).body_html or "")
    assert shown == "<ol><li>Rain · The Clouds · 3:21</li><li>Rain</li></ol>"


@pytest.mark.parametrize("gap", ["", "\n"])
def test_the_title_of_a_pane_of_kadences_is_a_heading(gap: str) -> None:
    button = (
        f'<button class="kt-blocks-accordion-header" type="button">{gap}<span>Who <em>pays</em>?</span>'
        "<span></span></button>"
    )
    title = f'<div class="kt-accordion-header-wrap">{gap}{button}{gap}</div>'
    pane = f'{title}<div class="kt-accordion-panel"><p>We.</p></div>'
    shown = clean_html(draft(content={"rendered": pane * 2}).body_html or "")
    assert shown.replace("\n", "") == "<h2>Who <em>pays</em>?</h2><div><p>We.</p></div>" * 2


@pytest.mark.parametrize("around", ["{}", '<div class="wp-block-image">{}</div>', '\n<div class="x">\n{}</div>'])
def test_a_picture_to_enlarge_is_shown_with_its_caption_once(around: str) -> None:
    figure = "<figure{}><img src='{}' alt='A'>{}\n<figcaption>The <i>pier</i>.</figcaption>{}</figure>"
    again = around.format(figure.format(' class="enlarged-image"', "", "", ""))
    again = f'<div class="lightbox-image-container">{again}</div>' * 2
    overlay = f'<div data-wp-body="" class="wp-lightbox-overlay zoom">{again}<div class="scrim"></div></div>'
    shown = figure.format("", "https://x.y/a.jpg", '<button class="lightbox-trigger"></button>', overlay)
    html = f"{around.format(shown)}<p>The town.</p>{around.format(shown)}"
    shown = clean_html(draft(content={"rendered": html}).body_html or "")
    assert (shown.count("pier"), shown.count("The town.")) == (2, 1)


def test_a_caption_of_the_classic_editor_is_a_caption() -> None:
    picture = '<a href="https://x.y/a.jpg"><img src="https://x.y/a.jpg" alt="A" /></a>'
    caption = '<p id="caption-attachment-5" class="wp-caption-text">The <i>pier</i>.</p>'
    box = '<div id="attachment_5" style="width: 310px" class="wp-caption alignleft">{}</div>'
    html = f"{box.format(picture + caption)}\n<p>The town.</p>{box.format(picture)}<p>Its end.</p>"
    figure = f"<figure>{picture}<figcaption>The <i>pier</i>.</figcaption></figure>"
    assert draft(content={"rendered": html}).body_html == (
        f"{figure}\n<p>The town.</p>{box.format(picture)}<p>Its end.</p>"
    )


def test_a_gallery_of_the_classic_editor_is_pictures_with_captions() -> None:
    item = "<dl class='gallery-item'>\n<dt class='gallery-icon landscape'>\n{}\n</dt>{}</dl>"
    caption = "\n<dd class='wp-caption-text gallery-caption' id='gallery-1-5'>\nThe <i>pier</i>.\n</dd>"
    picture = "<a href='https://x.y/a.jpg'><img src='https://x.y/a.jpg' alt='A' /></a>"
    html = f"<div id='gallery-1'>{item.format(picture, caption)}{item.format(picture, '')}</div><dl><dt>T</dt></dl>"
    captioned = f"<figure>\n{picture}\n<figcaption>The <i>pier</i>.</figcaption></figure>"
    assert draft(content={"rendered": html}).body_html == (
        f"<div id='gallery-1'>{captioned}<figure>\n{picture}\n</figure></div><dl><dt>T</dt></dl>"
    )


@pytest.mark.parametrize(
    ("begins", "goes_on", "end"),
    [
        ("", "<dl class='gallery-item'><dt>", ""),
        ("<dl class='gallery-item'><dt>", "</dt>", ""),
        ("<dl class='gallery-item'><dt></dt>", " ", ""),
        ("<dl class='gallery-item'><dt></dt><dd>", "</dd> ", ""),
        ("<div", ' class="wp-caption', ""),
        ('<div class="wp-caption">', "<p wp-caption-text>", ""),
        ('<div class="wp-caption">', '<p class="wp-caption-text"></p>', ""),
        ('<div class="wp-caption"><p', " wp-caption-text", ""),
        ('<div class="wp-caption"><p class="wp-caption-text"></p>', " ", ""),
        ("<object", " wp-block-file__embed", ""),
        ("<object", " wp-block-file__embed", ">"),
        ("", "<math>", ""),
        ('<math><annotation encoding="application/x-tex"></annotation>', "<annotation>", ""),
        ("<a", " href", ""),
        ("<a href", "  ", ""),
        ("", "<img src ", ""),
        ("<sup", " data-fn=", ""),
        ('<sup data-fn="">', " ", ""),
        ("<img", ' class="latex"', ""),
        ('<img class="latex"', ' alt="x"', ""),
        ('<img class="latex"', ' alt="', ">"),
        ("<div", ' class="wp-block-cover"', ""),
        ('<div class="wp-block-cover"', ' style="background-image:url(', ""),
        ('<div class="wp-block-cover"', ' style="background-image:url(/', ">"),
        ("<div", ' class="a ', ">"),
        ("<button", " wp-block-playlist-track__button", ""),
        ("", '<button class="wp-block-playlist-track__button">', ""),
        ('<button class="wp-block-playlist-track__button">', "<img ", "</button>"),
        ('<div class="sharedaddy a">', "<div>", ""),
        ("", '<div class="sharedaddy ">', "</div>"),
        ('<div class="', "a ", ">"),
        ("<div", ' class="a wpbnbd', ">"),
        ("", '<button role="tab" id="a">', ""),
        ("<button", ' role="tab" id="a"', ""),
        ('<button role="tab" id="a">x</button>', '<div role="tabpanel" aria-labelledby="a"', ""),
        ('<button role="tab" id="a">x</button><div', ' role="tabpanel" aria-labelledby="a"', ""),
    ],
)
def test_the_preview_of_a_file_and_a_formula_are_found_in_linear_time(begins: str, goes_on: str, end: str) -> None:
    before = time.process_time()
    draft(content={"rendered": begins + goes_on * 50_000 + end})
    assert time.process_time() - before < 2


LONG = "The council has voted. " * 40


@pytest.mark.parametrize(
    ("content", "excerpt", "summary"),
    [
        ("<p>Welcome to WordPress.</p>\n", "<p>Welcome to WordPress.</p>\n", ""),
        (f"<p>{LONG}</p>", "<p>What it means for you [&hellip;]</p>\n", "What it means for you […]"),
        (f"<p>{LONG}</p>", f"<p>{LONG[:298]} [&hellip;]</p>\n", ""),
        (f"<h2>Vote</h2><p>{LONG}</p>", f"<p>Vote {LONG[:400].strip()} [&hellip;]</p>\n", ""),
        (f"<p>{LONG}</p>", f"<p>{LONG[:160].strip()}...</p>\n", ""),
        (f"<p>{LONG}</p>", "<p>The council has voted.</p>", "The council has voted."),
        ("<p>Rain.</p>", "<p>Rain. More of it tomorrow.</p>", "Rain. More of it tomorrow."),
        ("<p>日本語の記事です。続きます。</p>", "<p>日本語の記事 [&hellip;]</p>", ""),
        ("<p>One two.</p>", '<p>One&hellip; <a class="x more-link" href="/">Continue <span>reading</span></a></p>', ""),
        ("<p>One two.</p>", '<p>In short. <a href="/" class="read-more">Read more »</a></p>', "In short."),
        ("<p>One two.</p>", '<p>In short. <A class="ReadMore" href="/">Read\non</A></p>', "In short."),
        ("<p>One two.</p>", '<p>More <a class="more-link">here</a> or <a href="/b">there</a>.</p>', "More or there."),
        ("<p>One two.</p>", "<p>One [...]</p>", ""),
        ('<p>One<sup data-fn="a" class="fn"><a href="#a" id="a-link">1</a></sup> two.</p>', "<p>One two.</p>", ""),
        ("<p>One two.</p>", "<p>One two. [ &hellip; ]</p>", ""),
        ("<p>Rain and snow.</p>", "<p>Rain… and snow</p>", "Rain… and snow"),
        ("<figure><img src='https://x.y/z.jpg'></figure>", "<p>A picture.</p>", "A picture."),
    ],
)
def test_an_excerpt_that_nobody_wrote_says_nothing(content: str, excerpt: str, summary: str) -> None:
    """WordPress makes it of the body's first 55 words."""
    assert draft(content={"rendered": content}, excerpt={"rendered": excerpt}).summary == summary


FIRST, THEN = (" ".join(f"{word}{number}" for number in range(30)) for word in ("bank", "river"))
CUT_SHORT = f"<p>{FIRST} {' '.join(THEN.split()[:25])} [&hellip;]</p>\n"


@pytest.mark.parametrize(
    "between",
    [
        '<sup data-fn="a1" class="fn"><a href="#a1" id="a1-link">1</a></sup>',
        '</p>\n<div class="wp-block-button"><a href="https://x.y/">Read this too</a></div>\n<p>',
        "</p>\n<ul><li>One thing</li>\n<li>Another</li></ul>\n<p>",
        "</p>\n<details><summary>More</summary>\n<p>Of <b>it</b>.</p></details>\n<p>",
    ],
)
def test_an_excerpt_that_wordpress_made_without_some_of_the_blocks_says_nothing(between: str) -> None:
    assert draft(content={"rendered": f"<p>{FIRST}{between} {THEN}</p>"}, excerpt={"rendered": CUT_SHORT}).summary == ""


@pytest.mark.parametrize("block", ["<blockquote>{}</blockquote>", "<table><tr><td>{}</td></tr></table>"])
def test_an_excerpt_that_wordpress_made_of_a_quote_or_a_table_too_says_nothing(block: str) -> None:
    html = f"<p>{FIRST}</p>\n<figure>{block.format('Said <b>and</b> done')}</figure>\n<p>{THEN}</p>"
    excerpt = f"<p>{FIRST} Said and done {' '.join(THEN.split()[:22])} [&hellip;]</p>"
    assert draft(content={"rendered": html}, excerpt={"rendered": excerpt}).summary == ""


@pytest.mark.parametrize(
    "excerpt",
    [
        f"{FIRST}, and more [&hellip;]",  # not all of it
        f"{THEN} {FIRST} [&hellip;]",  # not in this order
        "bank1 bank2 river1 river2 [&hellip;]",  # a few words
        f"{FIRST} {THEN.split()[0]}",  # whole
    ],
)
def test_an_excerpt_that_somebody_wrote_in_some_of_the_bodys_words_is_the_summary(excerpt: str) -> None:
    told = draft(content={"rendered": f"<p>{FIRST}<sup>1</sup> {THEN}</p>"}, excerpt={"rendered": f"<p>{excerpt}</p>"})
    assert told.summary == excerpt.replace("&hellip;", "…")


@pytest.mark.parametrize(
    "address",
    [
        "https://example.org/2025/07/mayor-resigns/",
        "https://example.org/?post_type=post&p=123",
        "https://example.org/?post_type=post&#038;p=123",
        "https://example.org/?p=123",
    ],
)
@pytest.mark.parametrize(("told", "summary"), [(f"{LONG[:298]} [&hellip;]", ""), ("In short.", "In short."), ("", "")])
def test_an_excerpt_does_not_ask_to_subscribe(address: str, told: str, summary: str) -> None:
    """Jetpack has it do so where its form stands in the post, in whatever language the blog is."""
    told = f"<p>{told}</p>\n" if told else ""
    asks = f"<p><a href='{address}'>View post</a> to subscribe to site newsletter.</p>\n"
    assert draft(content={"rendered": f"<p>{LONG}</p>"}, excerpt={"rendered": told + asks}).summary == summary


def test_an_excerpt_may_end_with_a_link_to_another_post() -> None:
    excerpt = '<p>In short.</p>\n<p><a href="https://example.org/?p=1123">The letter</a> in full.</p>\n'
    assert draft(excerpt={"rendered": excerpt}).summary == "In short. The letter in full."


def test_without_embedded_members_names_are_unknown() -> None:
    found = draft(_embedded=None)
    assert (found.section, found.topics, found.authors, found.image) == (None, (), (), None)
    broken = {"author": [{"code": "rest_user_invalid_id", "message": "…"}], "wp:term": [{"code": "x"}, None, []]}
    found = draft(_embedded=broken)
    assert (found.section, found.topics, found.authors, found.image) == (None, (), (), None)


@pytest.mark.parametrize(
    ("status", "as_read"),
    [
        ("publish", "usable"),
        ("future", "usable"),
        ("draft", "withheld"),
        ("pending", "withheld"),
        ("private", "withheld"),
        ("auto-draft", "withheld"),
        ("needs-a-rewrite", "withheld"),
        ("trash", "canceled"),
    ],
)
def test_what_is_not_published_is_withheld(status: str, as_read: str) -> None:
    for told in (status, status.upper()):
        assert draft(status=told, slug="mayor-resigns__trashed").status == as_read


def test_what_has_been_deleted_for_good_is_canceled() -> None:
    found = wordpress.read({"deleted": True, "previous": POST})
    assert found == Draft(guid="123", status="canceled", updated_at=datetime(2025, 7, 26, 9, 31, tzinfo=UTC))
    assert isinstance(wordpress.read({"deleted": True, "previous": {**POST, "type": "page"}}), Ignored)
    nothing = wordpress.read({"deleted": True})
    assert isinstance(nothing, list)
    assert [fault.pointer for fault in nothing] == ["/previous/id"]


def test_what_needs_a_password_is_withheld() -> None:
    assert draft(content={"rendered": "", "protected": True}).status == "withheld"

    assert draft(content={"rendered": "<p>x</p>", "protected": False}, password="x").status == "withheld"
    assert draft(password="").status == "usable"


@pytest.mark.parametrize("told", ["0000-00-00T00:00:00", "-0001-11-30T00:00:00"])
def test_a_moment_that_is_not_set_is_none(told: str) -> None:
    found = draft(status="draft", date_gmt=told, modified_gmt=told)
    assert (found.published_at, found.updated_at) == (None, None)


def test_nobody_sees_a_scheduled_post_before() -> None:
    assert draft(status="future", date_gmt="2030-01-04T09:00:00").withholds
    assert not draft(status="publish", date_gmt="2030-01-04T09:00:00").withholds


def test_a_post_that_was_created_as_a_scheduled_one_does_not_say_when_it_was_changed() -> None:
    at, before = "2030-01-04T09:00:00", "2030-01-04T08:00:00"
    assert draft(status="future", date_gmt=at, modified_gmt=at).updated_at is None
    edited = draft(status="future", date_gmt=at, modified_gmt=before)
    assert edited.updated_at == datetime(2030, 1, 4, 8, tzinfo=UTC)
    assert draft(date_gmt=at, modified_gmt=at).updated_at == datetime(2030, 1, 4, 9, tzinfo=UTC)


@pytest.mark.parametrize("title", [{"rendered": ""}, {"rendered": "<b> </b>"}, "", None, []])
def test_a_post_without_a_title_begins_with_its_first_words(title: Any) -> None:
    assert draft(title=title, content={"rendered": "<p>She &amp; he</p>"}).headline == "She & he"
    assert draft(title=title, content=[]).headline == "The mayor…"


def test_a_long_excerpt_is_kept_whole() -> None:
    told = " ".join(["In short."] * 200)
    assert draft(excerpt={"rendered": f"<p>{told}</p>"}).summary == told


def test_newspacks_subtitle_is_the_summary_where_nobody_has_written_an_excerpt() -> None:
    meta = {"newspack_post_subtitle": "After a year,<br>the bridge is <em>open</em>", "footnotes": ""}
    made = {"rendered": "<p>The mayor of the city [&hellip;]</p>"}
    body = {"rendered": "<p>The mayor of the city has resigned.</p>"}
    assert draft(excerpt=made, content=body, meta=meta).summary == "After a year, the bridge is open"
    assert draft(excerpt={"rendered": ""}, content=body, meta=meta).summary == "After a year, the bridge is open"
    assert draft(excerpt={"rendered": "<p>In short.</p>"}, content=body, meta=meta).summary == "In short."
    for other in ([], {"newspack_post_subtitle": ["x"]}, {"newspack_post_subtitle": None}, "x"):
        assert draft(excerpt=made, content=body, meta=other).summary == "", other


def test_a_text_that_is_not_rendered_is_read_as_it_is() -> None:
    assert draft(title={"raw": "Raw"}).headline == "Raw"


def test_a_long_title_is_cut_as_a_headline_is() -> None:
    assert draft(title={"rendered": "x" * 301}).headline == "x" * 300


def test_an_author_leads_to_their_own_address_and_only_web_addresses_lead_anywhere() -> None:
    found = draft(_embedded={"author": [{"name": "A", "url": "https://a.b/", "link": "https://x.y/a/"}]}, link="/post/")
    assert (found.authors, found.source_url) == ((Author("A", "https://a.b/"),), None)


def test_of_several_authors_all_are_named() -> None:
    """WordPress knows one; Co-Authors Plus, Newspack and PublishPress Authors have the others."""
    ann, ben = Author("Ann & Co", "https://x.y/ann/"), Author("Ben", None)
    for plugin in (
        {"coauthors": [{"display_name": "Ann &amp; Co", "link": "https://x.y/ann/"}, {"display_name": "Ben"}]},
        {"newspack_author_info": [
            {"display_name": "Ann &amp; Co", "id": 1, "author_link": "https://x.y/ann/"},
            {"display_name": "Ben", "avatar": "<img>", "author_link": "/"},
        ]},
        {"authors": [
            {"display_name": "Ann &amp; Co", "link": "https://x.y/ann/"},
            {"display_name": "Ben", "user_id": 0},
        ]},
        {"coauthors": [{"name": "Ann & Co", "url": "https://x.y/ann/"}, {"name": "Ben"}, 7], "authors": ["x"]},
    ):  # fmt: skip
        assert draft(**plugin).authors == (ann, ben), plugin
    alone = draft().authors
    assert alone
    for other in ([7, 8], {"display_name": "Ann"}, "Ann", [{"display_name": ""}], [{"display_name": 5}], [], None):
        assert draft(coauthors=other, authors=other).authors == alone, other


def test_a_byline_that_somebody_has_written_names_the_authors() -> None:
    """Newspack prints it in the place of the post's authors, whom nobody is told of then."""
    several = [{"display_name": "Importer", "link": "https://x.y/importer/"}]
    for byline, names in (
        ("By [Author id=5]Jane Doe[/Author] and Eric Doe", ["Jane Doe", "Eric Doe"]),
        ("<em>By</em> [Author id=5]Jane Doe[/Author], [Author id=6]Bo Li[/Author], and Ann Lee, The Tribune",
         ["Jane Doe", "Bo Li", "Ann Lee, The Tribune"]),
        ("The Associated Press", ["The Associated Press"]),
    ):  # fmt: skip
        meta = {"_newspack_byline_active": True, "_newspack_byline": byline}
        assert draft(meta=meta, coauthors=several).authors == tuple(map(Author, names)), byline
        off = {**meta, "_newspack_byline_active": False}
        assert draft(meta=off, coauthors=several).authors == (Author("Importer", "https://x.y/importer/"),)
    for empty in ("", " ", "[Author id=5][/Author]", None, 5):
        meta = {"_newspack_byline_active": True, "_newspack_byline": empty}
        assert draft(meta=meta, coauthors=several).authors == (Author("Importer", "https://x.y/importer/"),), empty


def test_what_was_paid_for_says_so_in_the_beginning_and_is_called_what_it_is_called() -> None:
    told = ["Paid for by <b>Acme</b> &amp; Sons.", " ", 5, None]
    found = draft(title="", content={"rendered": "<p>Shoes are good.</p>"}, sponsor_disclaimers=told)
    assert found.body_html == "<p><strong>Paid for by Acme &amp; Sons.</strong></p><p>Shoes are good.</p>"
    assert found.headline == "Shoes are good."
    for other in (None, [], "Paid", {"a": "Paid"}):
        assert draft(content={"rendered": "<p>x</p>"}, sponsor_disclaimers=other).body_html == "<p>x</p>", other


def test_corrections_are_those_that_say_something_and_when() -> None:
    """Our plugin sends Newspack's, whose moments WordPress keeps without a zone."""
    told = [
        {"text": "The mayor is 61,\nnot 16.", "at": "2026-01-04 09:00:00"},
        {"text": " ", "at": "2026-01-04 09:00:00"}, {"text": "x"}, {"text": "x", "at": "soon"}, {"text": 5}, "x", None,
    ]  # fmt: skip
    corrected = DraftCorrection("The mayor is 61, not 16.", datetime(2026, 1, 4, 9, tzinfo=UTC))
    assert draft(corrections=told).corrections == (corrected,)
    many = draft(corrections=[{"text": "y" * 5001, "at": "2026-01-04"}] * 101).corrections
    assert (len(many), len(many[0].text)) == (100, 5000)
    for other in (None, "x", 5, {"text": "x", "at": "2026-01-04"}):
        assert draft(corrections=other).corrections == (), other


def test_the_picture_is_the_first_that_has_an_address_of_the_web() -> None:
    told = [{"code": "rest_forbidden"}, {"source_url": "/a.jpg"}, {"source_url": "https://x.y/b.jpg"}]
    assert draft(_embedded={"wp:featuredmedia": told}).image == Picture(url="https://x.y/b.jpg")


def test_the_pictures_credit_is_not_said_again_where_its_caption_says_it() -> None:
    def told(caption: str, credit: Any) -> tuple[str, str]:
        media = {"source_url": "https://x.y/b.jpg", "caption": {"rendered": caption}}
        image = draft(_embedded={"wp:featuredmedia": [media]}, featured_media_credit=credit).image
        assert image
        return image.caption, image.credit

    assert told("<p>The port.</p>", "Jo &amp; Co / AP") == ("The port.", "Jo & Co / AP")
    newspacks = (
        '<p>The port. <span class="image-credit"><span>Credit:</span> <a href="https://jo.y">Jo / AP</a></span></p>'
    )
    assert told(newspacks, "Jo / AP") == ("The port. Credit: Jo / AP", "")
    assert [told("", None), told("", " ")] == [("", "")] * 2


def test_a_file_that_is_featured_is_no_picture() -> None:
    def shown(kind: str) -> Picture | None:
        return draft(_embedded={"wp:featuredmedia": [{"source_url": "https://x.y/b", "mime_type": kind}]}).image

    assert [shown("application/pdf"), shown("video/mp4")] == [None, None]
    assert shown("image/webp") == shown("") == Picture(url="https://x.y/b")


def test_a_line_break_in_a_title_parts_words() -> None:
    assert draft(title={"rendered": "Market day<br />at <em>last</em>"}).headline == "Market day at last"


@pytest.mark.parametrize("lang", [{"code": "de"}, ["de"], 5, True, "no language"])
def test_a_language_in_another_shape_is_unknown(lang: Any) -> None:
    assert draft(lang=lang).language is None


@pytest.mark.parametrize(
    ("name", "lang", "language"),
    [("lang", " de ", "de"), ("locale", "de_AT", "de-AT"), ("wpml_current_locale", "de_DE", "de-DE")],
)
def test_a_language_is_read_in_the_shape_that_most_have(name: str, lang: str, language: str) -> None:
    assert draft(**{name: lang}).language == language


def test_what_is_withheld_needs_no_words_and_leads_nowhere() -> None:
    found = draft(status="draft", title="", content="", excerpt="")
    assert (found.status, found.headline, found.source_url) == ("withheld", "", None)


@pytest.mark.parametrize(
    ("access", "status"),
    [
        ("everybody", "usable"), ("", "usable"), (None, "usable"), (7, "usable"),
        ("subscribers", "withheld"), ("paid_subscribers", "withheld"), ("paid_subscribers_all_tiers", "withheld"),
    ],
)  # fmt: skip
def test_what_jetpack_sends_to_subscribers_alone_is_withheld(access: Any, status: str) -> None:
    assert draft(meta={"_jetpack_newsletter_access": access, "footnotes": ""}).status == status
    assert draft(meta=[]).status == "usable"


def test_a_post_that_says_no_status_is_published() -> None:
    assert draft(status=None).status == "usable"


def test_the_section_is_the_first_category_that_has_a_name() -> None:
    tag = {"name": "Tag", "taxonomy": "post_tag"}
    categories = [{"name": name, "taxonomy": "category"} for name in ("", "City", "News")]
    found = draft(_embedded={"wp:term": [[tag], categories, {"code": "an error"}, ["no term"]]})
    assert (found.section, found.topics) == ("City", ("Tag",))


def test_the_section_is_the_category_that_an_editor_has_said_to_be_the_first() -> None:
    categories = [{"id": ident, "name": name, "taxonomy": "category"} for ident, name in ((7, "City"), (5, "News"))]
    tag = {"id": 9, "name": "Tag", "taxonomy": "post_tag"}

    def section(primary: Any, *terms: dict[str, Any]) -> str | None:
        return draft(_embedded={"wp:term": [[*categories, *terms], [tag]]}, primary_category=primary).section

    assert [section(5), section(7), section(None)] == ["News", "City", "City"]
    for other in (9, 0, "News", {"id": 5}, [5]):  # no category of the post's, or in a shape that is not our plugin's
        assert section(other) == "City", other
    assert section(None, {"name": "X", "taxonomy": "category"}) == "City"


def test_an_id_is_as_long_as_a_guid_may_be() -> None:
    assert draft(id="x" * 512).guid == "x" * 512
    for members in ({"id": "x" * 513}, {"id": None, "type": "page"}, {"id": [], "type": "post"}):
        found = wordpress.read({**POST, **members})
        assert isinstance(found, list)
        assert [fault.pointer for fault in found] == ["/id"]


def test_an_empty_list_is_an_empty_object() -> None:
    found = draft(_embedded=[], excerpt=[])
    assert (found.section, found.authors, found.summary) == (None, (), "")


def test_slugs_in_other_scripts_are_readable() -> None:
    assert draft(slug="%d9%85%d8%b1%d8%ad%d8%a8%d8%a7").slug == "mrhb"
    assert draft(slug="mayor-resigns__trashed").slug is None


def test_a_slug_is_cut_where_the_native_format_would_refuse_it() -> None:
    assert draft(slug="%d9%85" * 2 * MAX_SLUG).slug == "m" * MAX_SLUG


@pytest.mark.parametrize(
    "kind",
    [
        "page", "attachment", "revision", "nav_menu_item", "custom_css", "customize_changeset", "oembed_cache",
        "user_request", "wp_block", "wp_template", "wp_template_part", "wp_global_styles", "wp_navigation",
        "wp_font_family", "wp_font_face",
    ],
)  # fmt: skip
def test_what_is_no_post_is_ignored(kind: str) -> None:
    for told in (kind, kind.upper()):
        assert isinstance(wordpress.read({**POST, "type": told}), Ignored)


@pytest.mark.parametrize("slug", ["123-autosave-v1", "123-revision-v1"])
def test_what_an_editor_saved_by_the_way_is_ignored_though_it_says_no_type(slug: str) -> None:
    saved = {name: POST[name] for name in ("date_gmt", "modified_gmt", "title", "content", "excerpt")}
    assert isinstance(wordpress.read({**saved, "id": 125, "parent": 123, "slug": slug}), Ignored)
    assert draft(slug=slug).slug == slug, "of a post, it is a slug like any other"


def test_other_types_of_posts_are_articles() -> None:
    assert draft(type="news").status == "usable"


def test_texts_that_are_not_wrapped_are_read_too() -> None:
    found = draft(id="9", title="T", content="<p>c</p>", excerpt="e")
    assert (found.guid, found.headline, found.body_html, found.summary) == ("9", "T", "<p>c</p>", "e")


@pytest.mark.parametrize(
    ("members", "pointer"),
    [
        ({"id": None}, "/id"),
        ({"id": True}, "/id"),
        ({"id": ""}, "/id"),
        ({"title": {"rendered": ""}, "content": {"rendered": "<p></p>"}, "excerpt": None}, "/title"),
        ({"title": {"rendered": 5}}, "/title/rendered"),
        ({"title": 5}, "/title"),
        ({"content": ["x"]}, "/content"),
        ({"_embedded": ["x"]}, "/_embedded"),
        ({"password": 5}, "/password"),
        ({"date_gmt": "soon"}, "/date_gmt"),
        ({"modified_gmt": 5}, "/modified_gmt"),
        ({"_embedded": 5}, "/_embedded"),
        ({"status": 5}, "/status"),
    ],
)
def test_what_is_wrong_is_named(members: dict[str, Any], pointer: str) -> None:
    found = wordpress.read({**POST, **members})
    assert isinstance(found, list)
    assert pointer in [fault.pointer for fault in found]


def test_a_blogs_address_makes_no_gigabytes_of_a_body() -> None:
    body = '<a href="/a">a</a>' * 500
    link = f"https://{'a' * 25_000}.org/"
    assert len(draft(content={"rendered": body}, link=link).body_html or "") < 6_000_000


def test_the_words_of_a_tab_make_no_gigabytes_of_a_body() -> None:
    tab = f'<button role="tab" id="a">{"x" * 25_000}</button>'
    panel = '<div role="tabpanel" aria-labelledby="a">y</div>'
    assert len(draft(content={"rendered": tab + panel * 500}).body_html or "") < 6_000_000

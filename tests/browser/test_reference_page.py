"""The reference page, and pages full of hostile text, as a browser shows them."""

import json
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from typing import Any

import feedparser
import httpx
import pytest
from axe_playwright_python.sync_playwright import Axe
from PIL import Image
from playwright.sync_api import Browser, Locator, Route

from shared.articles import identify
from tests.browser.conftest import Watched
from tests.servers import wait_for
from tests.stack import Up, path_of

pytestmark = pytest.mark.browser

REFERENCE = Path(__file__).parents[1] / "fixtures" / "reference-page.txt"
ARTICLE = "/2025/07/26/iraq-us-security-cooperation-moves-toward-bilateral-phase/"
FLAG = "window.pwned=1"
PAYLOADS = {
    "script": f"<script>{FLAG}</script><script>alert(1)</script>",
    "include": '<!--#include virtual="/_fragments/masthead.html"-->',
    "include with a space": '<!--# include virtual="/_fragments/masthead.html" --><!--#echo var="document_root" -->',
    "half an include": '"--><!--#include virtual="/_fragments/masthead.html" ',
    "end of script": f"</script><script>{FLAG}</script>",
    "quotes": f"\"'` onmouseover={FLAG} x='\" autofocus onfocus={FLAG}",
    "end of a section": f"]]></title></style></textarea></article></main><svg onload={FLAG}>",
    "javascript": f"javascript:{FLAG} <a href='javascript:{FLAG}' id=trap>click</a> &#106;avascript:{FLAG}",
    "picture": f"<img src=x onerror={FLAG}><img src='javascript:{FLAG}' onerror=alert(1)>",
    "template": "{{7*7}}{% raw %}{{ config }}${7*7}<%= 7*7 %>",
    "control": "a\u0000b\u0008c\u001bd\u007fe\u0085f\ufffeg\u2028h\u2029i\u202ej",
    "entities": f"&lt;script&gt;{FLAG}&lt;/script&gt; &amp;lt;script&amp;gt; <!-- <!--- --!> -->",
    "frames": f"<iframe srcdoc='<script>parent.{FLAG}</script>'></iframe><base href=//evil.test><form action=//x>",
    "loading": "<meta http-equiv=refresh content='0;url=//evil.test'><link rel=stylesheet href=//evil.test/x.css>",
    "namespaces": f"<math><mtext><table><mglyph><style><!--</style><img title='--&gt;&lt;img src=1 onerror={FLAG}&gt;'",
}
# What editors and their systems send, none of it wrong enough to be noticed there.
ORDINARY = """
<h4>Begins too low</h4><p lang="xx-invalid-zzzzzzzzzzzz">Words <a href="https://example.org/"></a>
<a href="/2025/07/26/elsewhere/">of another site</a>, <a href="#note">a note</a>, <a href="tel:+4412345">a number</a>,
<a href="//example.org/">a link</a>.</p><h6>Leaves a level out</h6><h2>&nbsp;</h2><h3><img src="//example.org/x"></h3>
<img src="https://example.org/a.jpg"><a href="https://example.org/"><img src="https://example.org/b.jpg"></a>
<figure><img src="https://example.org/c.jpg" alt=" "><figcaption>A caption</figcaption></figure>
<li>A loose item</li><dt>A loose term</dt><dd>and what it means</dd><summary>A loose summary</summary>
<ul><li>One</li><ul><li>Two</li></ul>three<p>four</p></ul><ol><br><li>Five</li></ol><ul></ul>
<dl><dd>No term</dd></dl><dl><dt>Term</dt><dd>Meaning</dd></dl><dl><div><dt>Term</dt><dd>Meaning</dd></div></dl>
<details><summary></summary>Six</details><details><summary>Seven</summary>eight</details>
<table><tr><th></th><th scope="wide">Goals</th></tr><tr><th scope="row">Home</th><td>2</td></tr></table>
<p lang="ar" dir="rtl">مرحبا</p><p><mark>Marked</mark> <del>gone</del> <small>small</small></p>
<blockquote>Said</blockquote>
"""


def test_the_reference_article_shows_every_line_in_order(sample_stack: Up, watched: Watched) -> None:
    page = watched.open(sample_stack.url + ARTICLE)
    text = " ".join(page.inner_text("body").replace("\u00a0", " ").split())
    at = 0
    for line in REFERENCE.read_text(encoding="utf-8").splitlines():
        words = " ".join(line.replace("\u00a0", " ").split())
        found = text.find(words, at)
        assert found >= at, f"{words!r} does not follow {text[max(0, at - 80) : at]!r}"
        at = found + len(words)
    related = page.locator("section.related li h3")
    assert related.count() >= 1
    assert related.first.is_visible()
    assert not watched.errors
    assert not watched.dialogs


def test_opening_an_article_counts_as_a_view_and_changes_the_ranking(sample_stack: Up, watched: Watched) -> None:
    posted = sample_stack.post("opened", headline="Opened by a reader", topics=["Opened"])
    assert posted["id"] not in sample_stack.views()
    watched.open(posted["url"])
    wait_for(lambda: sample_stack.views().get(posted["id"]) == 1, what="the page's view is counted")
    wait_for(lambda: "Opened by a reader" in sample_stack.page("/hot/"), what="/hot/ lists it")
    watched.open(posted["url"])
    sample_stack.drain()
    assert sample_stack.views()[posted["id"]] == 1
    assert not watched.errors


def test_a_page_that_was_made_ready_counts_once_it_is_opened(sample_stack: Up, watched: Watched) -> None:
    posted = sample_stack.post("made ready", headline="Made ready, not opened yet")
    told: list[str] = []
    watched.page.on("request", lambda request: told.append(request.url) if "/v1/views" in request.url else None)
    watched.page.add_init_script("Object.defineProperty(document, 'prerendering', {value: true})")
    page = watched.open(posted["url"])
    page.wait_for_timeout(300)
    assert told == []
    page.evaluate("document.dispatchEvent(new Event('prerenderingchange'))")
    wait_for(lambda: sample_stack.views().get(posted["id"]) == 1, what="the page's view is counted")
    assert not watched.errors


# Not `wait_for_function`, which the site's content policy forbids as soon as it has to wait.
_IS_LOADED = "image => image.naturalWidth || new Promise(done => image.addEventListener('load', () => done(true)))"
_ALL_TRIED = """() => Promise.all([...document.images].map(image => image.complete || new Promise(done =>
  ['load', 'error'].forEach(end => image.addEventListener(end, () => done(true)))
)))"""


@pytest.mark.parametrize("scheme", ["http", "https"])
def test_a_picture_elsewhere_is_loaded_by_whatever_address_was_taken(
    sample_stack: Up, watched: Watched, scheme: str
) -> None:
    address = f"{scheme}://wire.example/lead.png"
    posted = sample_stack.post(
        f"picture by {scheme}", image={"url": address}, body_html=f'<p>Words</p><img alt="" src="{address}?body">'
    )
    asked: set[str] = set()
    watched.page.on("request", lambda request: asked.add(request.url))
    page = watched.open(posted["url"])
    page.locator(".body > img").scroll_into_view_if_needed()
    page.evaluate(_ALL_TRIED)
    assert {address, f"{address}?body"} <= asked
    assert not watched.errors


def test_below_a_path_opening_an_article_counts_as_a_view_too(tmp_path: Path, watched: Watched) -> None:
    up = Up(tmp_path, "", "/news", one_core=True)
    up.start()
    try:
        posted = up.post("opened")
        assert path_of(posted["url"]).startswith("/news/")
        watched.open(posted["url"])
        wait_for(lambda: up.views() == {posted["id"]: 1}, what="the page's view is counted")
        assert not watched.errors
    finally:
        up.stop()


@pytest.mark.parametrize("path", [ARTICLE, "/", "/politics/", "/hot/", "/archive/2025/07/", "/no-such-page/"])
@pytest.mark.parametrize("colours", ["light", "dark"])
def test_axe_finds_nothing(sample_stack: Up, watched: Watched, path: str, colours: Any) -> None:
    watched.page.emulate_media(color_scheme=colours)
    watched.open(sample_stack.url + path)
    found = Axe().run(watched.page)
    assert found.violations_count == 0, found.generate_report()


_NAMES_IN_ONE_PIECE = "names => names.every(name => name.getClientRects().length === 1)"


@pytest.mark.parametrize(("service", "path"), [("ingest", "/docs"), ("ingest", "/asyncapi"), ("trending", "/docs")])
@pytest.mark.parametrize("colours", ["light", "dark"])
def test_the_pages_of_the_apis_can_be_read(
    sample_stack: Up, watched: Watched, service: str, path: str, colours: Any
) -> None:
    watched.page.emulate_media(color_scheme=colours)
    page = watched.open(sample_stack.run[service] + path)
    found = Axe().run(page)
    assert found.violations_count == 0, found.generate_report()
    assert page.locator("td:first-child > code").evaluate_all(_NAMES_IN_ONE_PIECE)


@pytest.mark.parametrize("colours", ["light", "dark"])
def test_who_asks_for_more_contrast_gets_more(sample_stack: Up, watched: Watched, colours: Any) -> None:
    """WCAG 2.2, 1.4.6; and lines as dark as those that stand out for everybody."""
    watched.page.emulate_media(color_scheme=colours, contrast="more")
    page = watched.open(sample_stack.url + ARTICLE)
    found = Axe().run(page, options={"runOnly": ["color-contrast-enhanced"]})
    assert found.violations_count == 0, found.generate_report()
    line = "element => getComputedStyle(element).borderBottomColor"
    assert page.locator(".byline").evaluate(line) == page.locator(".sections").evaluate(line)
    page.emulate_media(contrast="null")


@pytest.mark.parametrize("width", [390, 1280])
def test_links_are_large_enough_for_a_finger(sample_stack: Up, watched: Watched, width: int) -> None:
    moments = ("2025-05-01T09:00:00Z", "2025-06-01T09:00:00Z", "2025-07-01T09:00:00Z", "2025-07-02T09:00:00Z")
    old = [sample_stack.post(f"old {width} {at}", published_at=at, section="Politics") for at in moments]
    sample_stack.drain()
    watched.page.set_viewport_size({"width": width, "height": 800})
    for path in (ARTICLE, "/", "/politics/", "/hot/", "/archive/2025/07/"):
        page = watched.open(sample_stack.url + path)
        found = Axe().run(page, options={"rules": {"target-size": {"enabled": True}}})
        assert found.violations_count == 0, (path, found.generate_report())
    for one in old:
        sample_stack.withdraw(one["id"])
    sample_stack.drain()


def test_on_a_phone_what_is_hot_does_not_stand_behind_years_of_archives(sample_stack: Up, watched: Watched) -> None:
    months = [f"{year}-{month:02}" for year in range(2019, 2025) for month in range(1, 13)]
    old = [
        sample_stack.post(f"of {month}", published_at=f"{month}-05T09:00:00Z", section="Chronicle") for month in months
    ]
    sample_stack.drain()
    watched.page.set_viewport_size({"width": 390, "height": 800})
    for path in ("/", "/chronicle/"):
        page = watched.open(sample_stack.url + path)
        archive = page.locator(".archives")
        box = archive.bounding_box()
        assert box is not None
        assert box["height"] < 800, path
        month = archive.get_by_role("link", name="March 2020")
        assert not month.is_visible()
        archive.get_by_text("2020", exact=True).click()
        assert month.is_visible()
        found = Axe().run(page, options={"rules": {"target-size": {"enabled": True}}})
        assert found.violations_count == 0, (path, found.generate_report())
    for one in old:
        sample_stack.withdraw(one["id"])
    sample_stack.drain()


@pytest.mark.parametrize("colours", ["light", "dark"])
def test_axe_finds_nothing_in_what_an_ordinary_body_brings(sample_stack: Up, watched: Watched, colours: Any) -> None:
    posted = sample_stack.post(f"ordinary {colours}", body_html=ORDINARY)
    watched.page.emulate_media(color_scheme=colours)
    watched.open(posted["url"])
    found = Axe().run(watched.page)
    assert found.violations_count == 0, found.generate_report()


@pytest.mark.parametrize("width", [360, 1280])
def test_axe_finds_nothing_in_what_the_screen_is_too_narrow_for(sample_stack: Up, watched: Watched, width: int) -> None:
    row = "".join(f"<td>{'Bundesverfassungsgericht ' * 3}{n}</td>" for n in range(12))
    body = f"<p>Words</p><table><tr>{row}</tr></table><pre>{'18 ' * 200}</pre>"
    posted = sample_stack.post(f"wide {width}", body_html=body)
    watched.page.set_viewport_size({"width": width, "height": 800})
    page = watched.open(posted["url"])
    for name in ("table", "pre"):
        assert page.locator(f".body {name}").evaluate("element => element.scrollWidth > element.clientWidth"), name
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    found = Axe().run(page)
    assert found.violations_count == 0, found.generate_report()


_ENDS_AT_THE_RIGHT = """words => {
  let text = words;
  while (text.firstChild) text = text.firstChild;
  const at = [0, text.length - 1].map(place => {
    const range = document.createRange();
    range.setStart(text, place);
    range.setEnd(text, place + 1);
    return range.getBoundingClientRect().left;
  });
  return at[0] < at[1];
}"""


def test_a_name_is_read_as_it_is_written_beside_words_that_go_the_other_way(sample_stack: Up, watched: Watched) -> None:
    names: dict[str, Any] = {"section": "U.S.", "topics": ["G.O.P."], "authors": ["Sammy Davis Jr."]}
    posted = sample_stack.post("other way", headline="العراق يوقع", language="ar", **names)
    sample_stack.drain()
    for path, links in ((path_of(posted["url"]), (".kicker", ".authors", ".tags", ".sections")), ("/", (".kicker",))):
        page = watched.open(sample_stack.url + path)
        for name in links:
            link = page.locator(f"{name} a", has_text="." if name != ".sections" else "U.S.").first
            assert link.evaluate(_ENDS_AT_THE_RIGHT), (path, name)
    sample_stack.withdraw(posted["id"])
    sample_stack.drain()


_STANDS_AT_THE_RIGHT = """sentence => {
  const words = document.createRange();
  words.selectNodeContents(sentence);
  return words.getBoundingClientRect().right === sentence.getBoundingClientRect().right;
}"""


def test_a_sentence_of_the_paper_stands_at_the_right_of_a_site_from_right_to_left_and_ends_in_its_full_stop(
    sample_stack: Up, watched: Watched
) -> None:
    """Until its templates are translated it says `.There is no page at this address` otherwise."""
    page = watched.open(sample_stack.url + "/no-such-page/")
    page.evaluate("document.querySelector('.error p:last-child').textContent = 'None.'")
    page.evaluate("document.body.insertAdjacentHTML('beforeend', '<p class=none>None.</p>'); document.dir = 'rtl'")
    for name in (".error p:last-child", "body > .none"):
        assert page.locator(name).evaluate(_ENDS_AT_THE_RIGHT), name
        assert page.locator(name).evaluate(_STANDS_AT_THE_RIGHT), name


def test_a_credit_and_the_name_of_a_list_are_read_as_they_are_written(sample_stack: Up, watched: Watched) -> None:
    image = {"url": "https://example.org/none.jpg", "alt": "", "credit": "A. Press Inc."}
    posted = sample_stack.post("credit", headline="العراق يوقع", language="ar", image=image, topics=["ياهو!"])
    sample_stack.drain()
    page = watched.open(sample_stack.url + path_of(posted["url"]))
    assert page.locator(".credit").evaluate(_ENDS_AT_THE_RIGHT)
    topic = page.locator(".tags a").get_attribute("href")
    page = watched.open(f"{sample_stack.url}{topic}")
    assert not page.locator("h1").evaluate(_ENDS_AT_THE_RIGHT)
    sample_stack.withdraw(posted["id"])
    sample_stack.drain()


_ROOM = """heading => {
  const style = getComputedStyle(heading);
  return [style.letterSpacing, parseFloat(style.lineHeight) / parseFloat(style.fontSize)];
}"""


@pytest.mark.parametrize(
    ("language", "words", "lines"),
    [
        ("ar", "العراق يوقع اتفاقا لتطوير حقول كركوك", 1.35),
        ("th", "ที่ปรึกษาผู้นำฝ่ายค้านชี้ กู้เงินสู้ภัยแล้งปีนี้ไม่คุ้ม", 1.35),
        ("vi", "ĐẤT NƯỚC ĐỔI MỚI: giá vẫn ở MỨC CAO NHẤT lịch sử", 1.35),
        ("zh", "老桥因两座桥墩出现裂缝关闭至周五，市长称交通将改道", 1.25),
        ("ja", "老朽化した橋、金曜日まで通行止めに　市長「環状道路へ」", 1.25),
        ("my", "ဝန်ကြီးချုပ်က စီးပွားရေးမြှင့်တင်မှုအစီအစဉ်သစ်ကို ကြေညာလိုက်သည်", 1.7),
    ],
)
def test_letters_that_are_joined_marked_or_square_have_room_in_each_headline(
    sample_stack: Up, watched: Watched, language: str, words: str, lines: float
) -> None:
    first, second = (
        sample_stack.post(f"{language} {place}", headline=words, language=language, section="Room", topics=["Room"])
        for place in ("first", "second")
    )
    sample_stack.put("/v1/front", {"lead": [{"article": first["id"]}, {"article": second["id"]}]})
    sample_stack.drain()
    for path, least in (("/", 2), ("/room/", 2), (path_of(first["url"]), 2)):  # there it is the related one too
        headings = watched.open(sample_stack.url + path).locator("main :is(h1, h2, h3)", has_text=words).all()
        assert len(headings) >= least, path
        for heading in headings:
            spacing, height = heading.evaluate(_ROOM)
            assert spacing in ("normal", "0px"), path
            assert height >= lines, path
    for one in (first, second):
        sample_stack.withdraw(one["id"])
    sample_stack.drain()


@pytest.mark.parametrize(("language", "lines"), [("en", 1.45), ("zh-Hant-TW", 1.75), ("ja", 1.75)])
def test_characters_that_fill_their_squares_have_air_between_their_lines(
    sample_stack: Up, watched: Watched, language: str, lines: float
) -> None:
    posted = sample_stack.post(f"squares {language}", language=language)
    _, height = watched.open(posted["url"]).locator(".body").evaluate(_ROOM)
    assert height == pytest.approx(lines, abs=0.05)
    sample_stack.withdraw(posted["id"])
    sample_stack.drain()


@pytest.mark.parametrize(
    ("language", "style"),
    [("en", "italic"), ("ar", "normal"), ("ja", "normal"), ("ko", "normal"), ("zh-Hant-TW", "normal")],
)
def test_a_quotation_in_a_script_without_italics_is_not_slanted(
    sample_stack: Up, watched: Watched, language: str, style: str
) -> None:
    posted = sample_stack.post(f"quoted {language}", language=language, body_html="<blockquote>1</blockquote>")
    quotation = watched.open(posted["url"]).locator(".body blockquote")
    assert quotation.evaluate("quotation => getComputedStyle(quotation).fontStyle") == style
    sample_stack.withdraw(posted["id"])
    sample_stack.drain()


def test_a_list_is_lettered_as_its_sender_lettered_it(sample_stack: Up, watched: Watched) -> None:
    """Where the text speaks of point b."""
    listed = "".join(f"<ol type={kind}><li>1</li></ol>" for kind in "aAiI1") + "<ul><li>1</li></ul>"
    posted = sample_stack.post("lettered", body_html=listed)
    shown = watched.open(posted["url"]).locator(".body").locator("ol, ul")
    assert shown.evaluate_all("lists => lists.map(list => getComputedStyle(list).listStyleType)") == [
        "lower-alpha", "upper-alpha", "lower-roman", "upper-roman", "decimal", "disc"
    ]  # fmt: skip
    sample_stack.withdraw(posted["id"])
    sample_stack.drain()


def test_a_list_within_a_point_stands_as_close_to_it_as_the_next_point_does(sample_stack: Up, watched: Watched) -> None:
    posted = sample_stack.post("nested", body_html="<ul><li><b>1</b><ol><li>2</li></ol></li><li>3</li></ul>")
    points = watched.open(posted["url"]).locator(".body li")
    one, within, following = points.evaluate_all("all => all.map(point => point.getBoundingClientRect().top)")
    assert within - one == following - within
    sample_stack.withdraw(posted["id"])
    sample_stack.drain()


_IS_WHOLE = """heading => {
  const text = heading.firstChild;
  return text.data.split(" ").every((word, at, words) => {
    const range = document.createRange();
    const start = words.slice(0, at).join(" ").length + (at ? 1 : 0);
    range.setStart(text, start);
    range.setEnd(text, start + word.length);
    return range.getClientRects().length === 1;
  });
}"""


def test_no_word_of_a_korean_headline_is_broken(sample_stack: Up, watched: Watched) -> None:
    words = "정부가 내년 예산안을 발표하자 서민경제회복에 총력을 다하라는 여야공방이 치열하게 이어졌다"
    posted = sample_stack.post("korean", headline=words, language="ko")
    for width in (360, 390, 430):
        watched.page.set_viewport_size({"width": width, "height": 800})
        assert watched.open(posted["url"]).locator("h1").evaluate(_IS_WHOLE), width
    sample_stack.withdraw(posted["id"])
    sample_stack.drain()


def test_code_is_read_as_it_is_written_in_an_article_from_right_to_left(sample_stack: Up, watched: Watched) -> None:
    body = "<p>اكتب <code>f();</code> هنا</p><pre>f();</pre>"
    posted = sample_stack.post("code", headline="برمجة", language="ar", body_html=body)
    page = watched.open(posted["url"])
    for name in ("code", "pre"):
        assert page.locator(f".body {name}").evaluate(_ENDS_AT_THE_RIGHT), name
    sample_stack.withdraw(posted["id"])
    sample_stack.drain()


_FOLLOWS_TO_THE_LEFT = """moment => {
  const at = element => {
    const range = document.createRange();
    range.setStart(element, 0);
    range.setEnd(element, 1);
    return range.getBoundingClientRect().left;
  };
  return at(moment.firstChild) < at(moment.previousSibling);
}"""


def test_the_day_of_a_moment_stays_with_its_month_after_words_that_go_the_other_way(
    sample_stack: Up, watched: Watched
) -> None:
    """`Correction, 25 يوليو 2025` is three pieces to a browser, of which the first has the day in it."""
    body = "<p>Correction, <time>25 يوليو 2025</time></p>"
    posted = sample_stack.post("moment", headline="تصحيح", language="ar", body_html=body)
    assert watched.open(posted["url"]).locator(".body > p > time").evaluate(_FOLLOWS_TO_THE_LEFT)
    sample_stack.withdraw(posted["id"])
    sample_stack.drain()


@pytest.mark.parametrize(("path", "width"), [("/hot/", 1280), ("/hot/", 390), ("/", 1280)])
def test_what_is_hot_is_said_once(sample_stack: Up, watched: Watched, path: str, width: int) -> None:
    watched.page.set_viewport_size({"width": width, "height": 800})
    page = watched.open(sample_stack.url + path)
    assert page.get_by_role("heading", name="Hot this week").count() == 1
    topics = page.locator(".side > .topics").bounding_box()
    assert topics is not None
    assert (topics["x"] > width / 2) == (path == "/hot/" and width == 1280)  # in the column beside, and not below


def test_on_paper_no_story_of_a_list_is_torn_between_two_sheets(sample_stack: Up, watched: Watched) -> None:
    watched.page.emulate_media(media="print")
    for path in ("/", "/politics/", "/hot/", "/archive/2025/07/"):
        stories = watched.open(sample_stack.url + path).locator(".front article")
        kept = stories.evaluate_all("stories => stories.map(story => getComputedStyle(story).breakInside)")
        assert set(kept) == {"avoid"}, path


_HAS_ROOM_FOR_ITS_NUMBERS = """list => {
  const number = document.createElement("span");
  number.textContent = "100.\u00a0";
  list.firstElementChild.append(number);
  const width = number.getBoundingClientRect().width;
  number.remove();
  return width <= parseFloat(getComputedStyle(list).paddingLeft);
}"""


def test_on_paper_nothing_has_to_be_scrolled_or_opened_and_lines_do_not_touch(
    sample_stack: Up, watched: Watched
) -> None:
    body = (
        f"<p>Words</p><pre>{'18 ' * 200}</pre><table><tr><td>1</td></tr></table>"
        '<ol start="100"><li>Words</li></ol>'
        "<details><summary>Who pays?</summary><p>The city.</p></details>"
    )
    posted = sample_stack.post("paper", body_html=body, summary="A standfirst that takes more than one line. " * 6)
    watched.page.set_viewport_size({"width": 720, "height": 1000})
    page = watched.open(posted["url"])
    page.emulate_media(media="print")
    assert page.locator(".body pre").evaluate("element => element.scrollWidth <= element.clientWidth")
    assert page.locator(".body table").evaluate("element => getComputedStyle(element).overflowX") == "visible"
    assert page.locator(".body details p").evaluate("element => element.checkVisibility()")
    assert page.locator(".body ol").evaluate(_HAS_ROOM_FOR_ITS_NUMBERS)
    line, size = page.locator(".standfirst").evaluate(
        "element => [getComputedStyle(element).lineHeight, getComputedStyle(element).fontSize].map(parseFloat)"
    )
    assert line >= 1.25 * size
    page.emulate_media(media="screen")


def test_on_paper_a_wide_table_keeps_its_last_columns_and_the_size_of_the_words_around_it(
    sample_stack: Up, watched: Watched
) -> None:
    """What is wider than a sheet is cut off there, and some browsers make all words of the article smaller first."""
    rows = (f"<tr>{''.join(f'<td>{value * column:,}</td>' for column in range(1, 13))}</tr>" for value in (137, 959))
    head = "".join(f"<th>Quarter {column}</th>" for column in range(1, 13))
    posted = sample_stack.post("wide paper", body_html=f"<table><tr>{head}</tr>{''.join(rows)}</table>")
    watched.page.set_viewport_size({"width": 680, "height": 1000})  # A4 between its margins
    page = watched.open(posted["url"])
    page.emulate_media(media="print")
    assert page.evaluate("document.documentElement.scrollWidth") <= 680
    page.emulate_media(media="screen")
    sample_stack.withdraw(posted["id"])


def test_on_paper_what_interrupts_a_story_is_no_larger_than_the_story_nor_higher_than_a_sheet(
    sample_stack: Up, watched: Watched
) -> None:
    body = (
        "<p>Words</p><aside><p>A box</p></aside><p><code>a</code></p><pre>b</pre>"
        '<figure><img src="https://example.org/tall.jpg" alt="" width="1200" height="4800"></figure>'
    )
    corrections = [{"text": "It is 13.", "at": "2025-07-26T05:00:00Z"}]
    posted = sample_stack.post("interrupted", body_html=body, corrections=corrections)
    watched.page.set_viewport_size({"width": 680, "height": 1000})
    page = watched.open(posted["url"])
    page.emulate_media(media="print")
    size = "element => parseFloat(getComputedStyle(element).fontSize)"
    for name in (".body aside p", ".body code", ".body pre", ".corrections p"):
        assert page.locator(name).first.evaluate(size) <= page.locator(".body > p").first.evaluate(size), name
    assert page.locator(".body img").evaluate("picture => picture.offsetHeight") <= 1000
    page.emulate_media(media="screen")
    sample_stack.withdraw(posted["id"])


@pytest.mark.parametrize("path", ["/politics/", "/hot/", "/archive/2025/07/"])
def test_the_rules_of_a_list_are_as_wide_as_that_below_its_name(sample_stack: Up, watched: Watched, path: str) -> None:
    page = watched.open(sample_stack.url + path)
    widths = page.locator(".heading, .list > *").evaluate_all("rules => rules.map(rule => rule.offsetWidth)")
    assert len(widths) > 1
    assert len(set(widths)) == 1


@pytest.mark.parametrize("width", [320, 390])
def test_on_a_phone_the_moment_of_an_update_has_a_line_of_its_own(
    sample_stack: Up, watched: Watched, width: int
) -> None:
    at = {"published_at": "2025-06-20T09:00:00Z", "updated_at": "2025-06-22T09:00:00Z"}
    corrections = [{"text": "It is 13.", "at": at["updated_at"]}]
    posted = sample_stack.post(f"updated {width}", authors=["Jane Doe"], corrections=corrections, **at)
    watched.page.set_viewport_size({"width": width, "height": 800})
    page = watched.open(posted["url"])
    first, second = (page.locator(f".when {name}").first.bounding_box() for name in ("time", ".updated"))
    assert first is not None
    assert second is not None
    assert second["x"] == first["x"]
    assert second["y"] >= first["y"] + first["height"]
    assert second["height"] < 2 * first["height"]
    sample_stack.withdraw(posted["id"])
    sample_stack.drain()


def test_a_paper_without_sections_has_a_rule_below_its_name(tmp_path: Path, watched: Watched) -> None:
    with Up(tmp_path, one_core=True) as up:
        up.start()
        below = "element => getComputedStyle(element).borderBottomWidth"
        page = watched.open(up.url)
        assert page.locator(".masthead").evaluate(below) == "1px"
        up.post("first", section="City")
        up.drain()
        page = watched.open(up.url)
        assert page.locator(".masthead").evaluate(below) == "0px"
        assert page.locator(".sections").evaluate(below) == "2px"


@pytest.mark.parametrize("width", [360, 1280])
def test_a_word_without_an_end_breaks_and_widens_no_page(sample_stack: Up, watched: Watched, width: int) -> None:
    word = "Rindfleischetikettierungsüberwachungsaufgabenübertragungsgesetz" * 4
    posted = [
        sample_stack.post(f"long {width} {n}", headline=f"{word} {n}", summary=word, topics=["Long"]) for n in range(6)
    ]
    sample_stack.drain()
    watched.page.set_viewport_size({"width": width, "height": 800})
    for path in ("/", "/topic/long/", path_of(posted[0]["url"])):
        page = watched.open(sample_stack.url + path)
        assert page.evaluate("document.documentElement.scrollWidth") <= width, path
    for one in posted:
        sample_stack.withdraw(one["id"])
    sample_stack.drain()


@pytest.mark.parametrize("path", [ARTICLE, "/", "/politics/", "/hot/", "/no-such-page/"])
def test_letters_twice_as_large_widen_no_page(sample_stack: Up, watched: Watched, path: str) -> None:
    watched.page.set_viewport_size({"width": 320, "height": 800})
    page = watched.open(sample_stack.url + path)
    page.evaluate("document.documentElement.style.fontSize = '200%'")
    assert page.evaluate("document.documentElement.scrollWidth") <= 320


@pytest.mark.parametrize("width", [320, 768, 1280])
def test_a_name_of_one_long_word_widens_no_page(sample_stack: Up, watched: Watched, width: int) -> None:
    watched.page.set_viewport_size({"width": width, "height": 800})
    page = watched.open(sample_stack.url + "/hot/")
    for part in (".nameplate a", ".city", ".foot-name a"):
        page.evaluate(f"document.querySelector('{part}').textContent = 'Donaudampfschifffahrtsgesellschaft'.repeat(2)")
        assert page.evaluate("document.documentElement.scrollWidth") <= width, part
    assert page.locator(".date").evaluate("date => date.clientWidth") >= 100


@pytest.fixture(scope="module")
def pictured(sample_stack: Up) -> Iterator[dict[str, Any]]:
    """An article with a tall picture, the first one on the front page. What a portrait's head would be is red."""
    file = BytesIO()
    tall = Image.new("RGB", (1800, 2700), "teal")
    tall.paste("red", (700, 400, 1100, 900))
    tall.save(file, "JPEG")
    files = {"media": ("tall.jpg", file.getvalue(), "image/jpeg")}
    path = f"/v1/push/{sample_stack.run['source']}/assets"
    assert sample_stack.ingest.post(path, data={"media_id": "tall.jpg"}, files=files).status_code == 201
    image = {"media_id": "tall.jpg", "alt": "A tower", "caption": "At dawn", "credit": "© Reuters"}
    posted = sample_stack.post("pictured", image=image, section="Towers", topics=["Towers"])
    sample_stack.put("/v1/front", {"lead": [{"article": posted["id"]}]})
    sample_stack.drain()
    yield posted
    sample_stack.withdraw(posted["id"])
    sample_stack.drain()


@pytest.mark.parametrize("path", ["/", "/towers/"])
@pytest.mark.parametrize("width", [360, 1280])
def test_a_picture_is_loaded_as_wide_as_it_is_shown(
    sample_stack: Up, pictured: dict[str, Any], browser: Browser, path: str, width: int
) -> None:
    """Neither too narrow, for the first one of the front page, nor as wide as the page for a small one in a list."""
    page = browser.new_page(viewport={"width": width, "height": 800}, device_scale_factor=3 if width < 600 else 1)
    page.goto(sample_stack.url + path)
    picture = page.locator("img[alt='A tower']")
    picture.scroll_into_view_if_needed()
    picture.evaluate(_IS_LOADED)
    shown, name = picture.evaluate("image => [image.clientWidth * devicePixelRatio, image.currentSrc]")
    page.close()
    enough = next(one for one in (480, 960, 1600) if one >= min(shown, 1600))
    assert name.endswith(f"-{enough}.jpg"), (name, shown)


@pytest.mark.parametrize("language", ["en", "ar"])
def test_with_letters_twice_as_large_no_picture_widens_a_small_screen(
    sample_stack: Up, pictured: dict[str, Any], watched: Watched, language: str
) -> None:
    image = {"media_id": "tall.jpg", "alt": f"A tower in {language}"}
    posted = sample_stack.post(f"large {language}", language=language, image=image, section="Towers")
    sample_stack.view(posted["id"])
    wait_for(lambda: f"A tower in {language}" in sample_stack.page("/hot/"), what="it is hot")
    watched.page.set_viewport_size({"width": 320, "height": 800})
    for path in ("/hot/", "/towers/", "/", path_of(posted["url"])):
        page = watched.open(sample_stack.url + path)
        page.evaluate("document.documentElement.style.fontSize = '200%'")
        assert page.evaluate("document.documentElement.scrollWidth") <= 320, path
    sample_stack.withdraw(posted["id"])
    sample_stack.drain()


@pytest.mark.parametrize("pixels", [180, 560])
def test_on_its_page_no_picture_is_shown_wider_than_it_is(sample_stack: Up, watched: Watched, pixels: int) -> None:
    file = BytesIO()
    Image.new("RGB", (pixels, 400), "teal").save(file, "JPEG")
    files = {"media": ("small.jpg", file.getvalue(), "image/jpeg")}
    path = f"/v1/push/{sample_stack.run['source']}/assets"
    name = f"small-{pixels}.jpg"
    assert sample_stack.ingest.post(path, data={"media_id": name}, files=files).status_code == 201
    first = sample_stack.post(f"{name} first", image={"media_id": name, "alt": "First"})
    watched.page.set_viewport_size({"width": 1400, "height": 800})
    page = watched.open(first["url"])
    assert page.locator(".picture img").evaluate("image => image.clientWidth") == pixels
    address = path_of(page.locator(".picture img").evaluate("image => image.src"))
    inside = sample_stack.post(f"{name} inside", body_html=f'<p>Words</p><img alt="Inside" src="{address}">')
    page = watched.open(inside["url"])
    page.locator(".body img").evaluate(_IS_LOADED)
    assert page.locator(".body img").evaluate("image => image.clientWidth") == pixels
    for one in (first, inside):
        sample_stack.withdraw(one["id"])
    sample_stack.drain()


def test_a_picture_that_is_too_small_for_its_place_is_not_made_larger(sample_stack: Up, watched: Watched) -> None:
    file = BytesIO()
    Image.new("RGB", (40, 30), "teal").save(file, "JPEG")
    files = {"media": ("icon.jpg", file.getvalue(), "image/jpeg")}
    path = f"/v1/push/{sample_stack.run['source']}/assets"
    assert sample_stack.ingest.post(path, data={"media_id": "icon.jpg"}, files=files).status_code == 201
    image = {"media_id": "icon.jpg", "alt": "An icon"}
    posted = [sample_stack.post(f"icon {number}", image=image, section="Icons") for number in range(2)]
    sample_stack.put("/v1/front", {"lead": [{"article": one["id"]} for one in posted]})
    sample_stack.drain()
    watched.page.set_viewport_size({"width": 1280, "height": 2000})
    for path in ("/", "/icons/"):
        page = watched.open(sample_stack.url + path)
        for icon in page.get_by_alt_text("An icon").all():
            icon.scroll_into_view_if_needed()
            icon.evaluate(_IS_LOADED)
            assert icon.evaluate("icon => [icon.clientWidth, icon.clientHeight]") == [40, 30], path
    page = watched.open(sample_stack.url)
    kicker = page.locator(".first .kicker a").bounding_box()
    assert kicker is not None
    assert page.evaluate(_LINK_AT, [kicker["x"] + 5, kicker["y"] + 5]) == "/icons/"
    sample_stack.put("/v1/front", {"lead": []})
    for one in posted:
        sample_stack.withdraw(one["id"])
    sample_stack.drain()


_LINK_AT = "([x, y]) => document.elementFromPoint(x, y).closest('a')?.getAttribute('href')"


def test_a_storys_picture_leads_where_its_headline_does(
    sample_stack: Up, pictured: dict[str, Any], watched: Watched
) -> None:
    watched.page.set_viewport_size({"width": 1280, "height": 2000})  # a point out of sight has nothing under it
    for path in ("/", "/towers/"):
        page = watched.open(sample_stack.url + path)
        box = page.locator("img[alt='A tower']").bounding_box()
        assert box is not None
        for x, y in ((5, 5), (box["width"] - 5, box["height"] - 5)):
            under = page.evaluate(_LINK_AT, [box["x"] + x, box["y"] + y])
            assert under == path_of(pictured["url"]), path


@pytest.mark.parametrize("path", ["/", "/towers/"])
def test_of_a_portrait_that_is_cut_to_fit_the_head_is_left(
    sample_stack: Up, pictured: dict[str, Any], watched: Watched, path: str
) -> None:
    picture = watched.open(sample_stack.url + path).locator("img[alt='A tower']")
    picture.evaluate(_IS_LOADED)
    with Image.open(BytesIO(picture.screenshot())) as shown:
        rows = [shown.convert("RGB").getpixel((shown.width // 2, y)) for y in range(shown.height)]
        head = sum(red > 200 for red, _, _ in rows)
        assert head == pytest.approx(500 / 1800 * shown.width, abs=3)


@pytest.mark.parametrize("width", [360, 1280])
def test_a_tall_picture_leaves_room_for_the_story(
    sample_stack: Up, pictured: dict[str, Any], watched: Watched, width: int
) -> None:
    watched.page.set_viewport_size({"width": width, "height": 800})
    page = watched.open(pictured["url"])
    box = page.locator(".picture img").bounding_box()
    assert box is not None
    assert box["height"] <= 800
    assert box["width"] / box["height"] == pytest.approx(1600 / 2400, abs=0.01)
    assert page.locator(".picture figcaption").inner_text().split("\n") == ["At dawn", "© Reuters"]


def test_black_letters_of_a_transparent_picture_can_be_read_in_the_dark(sample_stack: Up, watched: Watched) -> None:
    file = BytesIO()
    Image.new("RGBA", (300, 200), (0, 0, 0, 0)).save(file, "PNG")
    files = {"media": ("chart.png", file.getvalue(), "image/png")}
    path = f"/v1/push/{sample_stack.run['source']}/assets"
    assert sample_stack.ingest.post(path, data={"media_id": "chart.png"}, files=files).status_code == 201
    posted = sample_stack.post("chart", image={"media_id": "chart.png", "alt": "Chart"})
    watched.page.emulate_media(color_scheme="dark")
    picture = watched.open(posted["url"]).locator(".picture img")
    picture.evaluate(_IS_LOADED)
    with Image.open(BytesIO(picture.screenshot())) as shown:
        assert shown.convert("L").getpixel((150, 100)) == 255
    assert picture.evaluate("picture => getComputedStyle(picture).color") == "rgb(0, 0, 0)"
    sample_stack.withdraw(posted["id"])
    sample_stack.drain()


@pytest.mark.parametrize("width", [360, 1000, 1400])
def test_the_byline_has_the_width_of_its_column_and_the_text_one_that_is_read_with_ease(
    sample_stack: Up, pictured: dict[str, Any], watched: Watched, width: int
) -> None:
    watched.page.set_viewport_size({"width": width, "height": 800})
    page = watched.open(pictured["url"])
    column, byline, picture, caption, text = (
        page.locator(name).evaluate("element => element.getBoundingClientRect().width")
        for name in (".article", ".byline", ".picture", "figcaption", ".body > p:last-of-type")
    )
    assert byline == picture == pytest.approx(column, abs=0.1)
    assert text == caption == pytest.approx(min(column, 41 * 16), abs=0.1)


_LAST_LINES = """all => all.map(element => {
  const range = document.createRange();
  range.selectNodeContents(element);
  const lines = [...range.getClientRects()];
  return lines.length > 1 ? lines.at(-1).width : Infinity;
})"""


@pytest.mark.parametrize("width", [360, 1280])
def test_no_paragraph_nor_item_ends_in_a_line_of_one_word(sample_stack: Up, watched: Watched, width: int) -> None:
    others = ["government " * length for length in range(8, 24)]
    posted = sample_stack.post(
        f"last words {width}", body_html="".join(f"<p>{text}</p><ul><li>{text}</li></ul>" for text in others)
    )
    watched.page.set_viewport_size({"width": width, "height": 800})
    page = watched.open(posted["url"])
    for name in (".body > p", ".body li"):
        ends = page.locator(name).evaluate_all(_LAST_LINES)
        assert len(ends) == len(others)
        assert min(ends) > 150, name  # pixels; one of these words has less than 100
    sample_stack.withdraw(posted["id"])
    sample_stack.drain()


@pytest.mark.parametrize("size", [(800, 2400), (2400, 800), (1200, 1200), (300, 200)])
def test_an_articles_picture_has_its_place_before_it_has_come(
    sample_stack: Up, watched: Watched, size: tuple[int, int]
) -> None:
    file = BytesIO()
    Image.new("RGB", size, "teal").save(file, "JPEG")
    name = f"slow-{size[0]}-{size[1]}.jpg"
    files = {"media": (name, file.getvalue(), "image/jpeg")}
    path = f"/v1/push/{sample_stack.run['source']}/assets"
    assert sample_stack.ingest.post(path, data={"media_id": name}, files=files).status_code == 201
    posted = sample_stack.post(name, image={"media_id": name, "alt": "Slow"})
    held: list[Route] = []
    page = watched.page
    page.route("**/media/**", lambda route: held.append(route))
    for width in (360, 1280):
        page.set_viewport_size({"width": width, "height": 800})
        page.goto(posted["url"], wait_until="domcontentloaded")
        picture = page.locator(".picture img")
        wait_for(lambda: page.title() and held, what="the picture is asked for")
        before = picture.bounding_box()
        held.pop().continue_()
        picture.evaluate(_IS_LOADED)
        after = picture.bounding_box() or {}
        assert before == pytest.approx(after, abs=1), width
        assert after["width"] / after["height"] == pytest.approx(size[0] / size[1], rel=0.01)
    sample_stack.withdraw(posted["id"])
    sample_stack.drain()


@pytest.mark.parametrize("height", [360, 600, 610])
def test_on_a_low_screen_a_tall_picture_is_all_in_sight(
    sample_stack: Up, pictured: dict[str, Any], watched: Watched, height: int
) -> None:
    watched.page.set_viewport_size({"width": 740, "height": height})
    picture = watched.open(pictured["url"]).locator(".picture img")
    picture.evaluate(_IS_LOADED)
    box = picture.bounding_box() or {}
    assert box["height"] <= height
    assert box["width"] / box["height"] == pytest.approx(1600 / 2400, abs=0.01)


@pytest.mark.parametrize(
    "gallery",
    [
        "<figure><div><div><div>{0}</div><div>{0}</div></div><div><div><a href='https://a.b'>{0}</a></div></div></div>"
        "</figure>",
        "<figure><figure>{0}<figcaption>One</figcaption></figure><figure>{0}</figure><figure>{0}</figure></figure>",
        "<ul><li><figure>{0}</figure></li><li><figure>{0}</figure></li><li>{0}</li></ul>",
        "<p>{0}{0}{0}</p>",
        "<div>{0}<p>One</p><div>{0}</div>{0}</div>",
    ],
    ids=["ghost", "wordpress", "wordpress of before", "paragraph", "mixed"],
)
def test_the_pictures_of_a_gallery_do_not_touch(sample_stack: Up, watched: Watched, gallery: str) -> None:
    picture = '<img src="https://a.b/c.png" alt="A picture">'
    posted = sample_stack.post("a gallery", body_html=f"<p>Before.</p>{gallery.format(picture)}<p>After.</p>")
    pictures = watched.open(posted["url"]).locator(".body img")
    pictures.evaluate_all("all => all.forEach(one => { one.style.inlineSize = one.style.blockSize = '60px' })")
    tops = pictures.evaluate_all("all => all.map(one => one.getBoundingClientRect().top)")
    ends = pictures.evaluate_all("all => all.map(one => one.getBoundingClientRect().bottom)")
    assert len(tops) == 3
    assert all(top - end >= 8 for end, top in zip(ends, tops[1:], strict=False)), (tops, ends)
    sample_stack.withdraw(posted["id"])
    sample_stack.drain()


@pytest.mark.parametrize(
    "card",
    [
        "<div>{0}<div>Words</div></div>",
        "<div><div>{0}</div><div><p>Words</p></div></div>",
        "<div><div><a href='https://a.b'>{0}</a></div><div><div>Words</div></div></div>",
        "<div>{0}<div><h2>Words</h2></div></div>",
    ],
)
def test_words_do_not_touch_the_picture_above_them_in_a_card(sample_stack: Up, watched: Watched, card: str) -> None:
    picture = '<img src="https://a.b/c.png" alt="A picture">'
    posted = sample_stack.post("a card", body_html=f"<p>Before.</p>{card.format(picture)}<p>After.</p>")
    page = watched.open(posted["url"])
    picture_ends = page.locator(".body img").evaluate(
        "one => { one.style.inlineSize = one.style.blockSize = '60px'; return one.getBoundingClientRect().bottom }"
    )
    words = page.locator(".body").get_by_text("Words").bounding_box() or {"y": 0}
    assert words["y"] - picture_ends >= 8
    sample_stack.withdraw(posted["id"])
    sample_stack.drain()


def test_below_what_is_hot_the_front_page_has_the_whole_width(sample_stack: Up, watched: Watched) -> None:
    watched.page.set_viewport_size({"width": 1280, "height": 800})
    page = watched.open(sample_stack.url + "/")
    boxes = {name: page.locator(f"{name}").bounding_box() for name in (".first", ".seconds", ".hot", ".river", ".foot")}
    first, seconds, hot, river, foot = (box or {} for box in boxes.values())
    assert first["x"] == seconds["x"] == river["x"] == foot["x"]
    assert first["y"] == hot["y"]
    assert hot["x"] >= first["x"] + first["width"]
    assert river["width"] == foot["width"]
    assert river["y"] >= max(hot["y"] + hot["height"], seconds["y"] + seconds["height"])


def test_short_stories_beside_what_is_hot_leave_no_room_among_them(sample_stack: Up, watched: Watched) -> None:
    watched.page.set_viewport_size({"width": 1280, "height": 800})
    page = watched.open(sample_stack.url + "/")
    page.evaluate("document.querySelectorAll('.front h2 a').forEach(link => { link.textContent = 'Short' })")
    below = "element => element.getBoundingClientRect().bottom"
    first, second, third = (page.locator(".seconds article").nth(at) for at in range(3))
    ends = max(one.locator(".when").evaluate(below) for one in (first, second))
    assert (third.bounding_box() or {})["y"] - ends <= 40
    lead, seconds = (page.locator(name) for name in (".first .when", ".seconds"))
    assert (seconds.bounding_box() or {})["y"] - lead.evaluate(below) <= 60


def test_of_many_sections_none_is_out_of_sight(sample_stack: Up, watched: Watched) -> None:
    names = [*(f"A section of some length {n}" for n in range(12)), "A section of many words " * 8, "Section" * 28]
    posted = [sample_stack.post(f"section {name}", section=name) for name in names]
    sample_stack.drain()
    watched.page.set_viewport_size({"width": 1280, "height": 800})
    page = watched.open(sample_stack.url + "/hot/")
    ends = page.locator(".sections a").evaluate_all("links => links.map(link => link.getBoundingClientRect().right)")
    for one in posted:
        sample_stack.withdraw(one["id"])
    sample_stack.drain()
    assert len(ends) >= len(names)
    assert max(ends) <= 1280


@pytest.mark.parametrize("way", ["ltr", "rtl"])
def test_on_a_phone_the_edge_beyond_which_there_are_more_sections_is_shaded(
    sample_stack: Up, watched: Watched, way: str
) -> None:
    watched.page.set_viewport_size({"width": 390, "height": 800})
    sections = watched.open(sample_stack.url + "/hot/").locator(".sections ul")
    sections.evaluate("(list, way) => { list.dir = way }", way)
    _assert_the_hidden_edge_is_shaded(sections, way)


@pytest.mark.parametrize("name", ["table", "pre"])
def test_the_edge_beyond_which_there_is_more_of_a_table_or_of_code_is_shaded(
    sample_stack: Up, watched: Watched, name: str
) -> None:
    body = f"<p>Words</p><table><tr>{'<td><br></td>' * 99}</tr></table><pre>{' ' * 400}.</pre>"
    posted = sample_stack.post(f"shaded {name}", body_html=body)
    block = watched.open(posted["url"]).locator(f".body {name}")
    block.evaluate("block => { block.style.color = 'transparent'; block.style.setProperty('--hair', 'transparent') }")
    _assert_the_hidden_edge_is_shaded(block, "ltr")


def _assert_the_hidden_edge_is_shaded(block: Locator, way: str) -> None:
    def shaded(end: str) -> bool:
        picture = Image.open(BytesIO(block.screenshot())).convert("L")
        at = 0 if (end == "first") == (way == "ltr") else picture.width - 1
        darkest, lightest = picture.crop((at, 0, at + 1, picture.height)).getextrema()
        return darkest != lightest

    assert (shaded("first"), shaded("last")) == (False, True), "the first of it is in sight"
    block.evaluate("(block, way) => { block.scrollLeft = (way === 'ltr' ? 1 : -1) * block.scrollWidth }", way)
    assert (shaded("first"), shaded("last")) == (True, False), "the last of it is in sight"


def test_a_word_without_an_end_widens_no_page_from_beside_it(tmp_path: Path, watched: Watched) -> None:
    word = "Rindfleischetikettierungsüberwachungsaufgabenübertragungsgesetz" * 3
    up = Up(tmp_path, one_core=True)
    up.start()
    try:
        posted = up.post("long", headline=word, summary=word, topics=[word], authors=[word])
        up.view(posted["id"])
        wait_for(lambda: word in up.page("/").partition('class="hot"')[2], what="it is hot")
        up.drain()
        for width in (360, 1280):
            watched.page.set_viewport_size({"width": width, "height": 800})
            for path in ("/", "/hot/", path_of(posted["url"])):
                page = watched.open(up.url + path)
                assert page.evaluate("document.documentElement.scrollWidth") <= width, (width, path)
    finally:
        up.stop()


@pytest.mark.parametrize("name", PAYLOADS)
def test_hostile_text_is_text_wherever_it_stands(sample_stack: Up, watched: Watched, name: str) -> None:
    posted = _post_hostile(sample_stack, name)
    pages = _pages_of(posted, sample_stack)
    assert len(pages) >= 4
    for path in pages:
        seen = watched.open(sample_stack.url + path).evaluate(_SEEN)
        assert seen["flag"] is None, path
        assert (seen["mastheads"], seen["feet"], seen["mains"]) == (1, 1, 1), path
        assert not seen["handlers"], path
        assert not seen["addresses"], path
        for structured in seen["structured"]:
            assert json.loads(structured)["@type"]
        raw = sample_stack.site_get(path).text
        assert raw.rstrip().endswith("</html>"), path
        assert not set(raw) & set("\x00\x08\x1b\ufffe"), path
        assert "an error occurred while processing" not in raw  # nginx, of a directive that it could not carry out
    assert not watched.dialogs
    assert not watched.errors


def test_hostile_text_leaves_feeds_and_sitemaps_whole(sample_stack: Up) -> None:
    posted = [_post_hostile(sample_stack, name) for name in PAYLOADS]
    for path in ("/feed.xml", "/rss.xml", "/news-sitemap.xml", "/sitemaps/2025-07-1.xml"):
        answer = sample_stack.site_get(path)
        assert answer.status_code == 200, path
        assert not feedparser.parse(answer.content).bozo, path
    for article in posted:  # the site's own feed has only so many, and other tests leave articles too
        topic = next(path for path in _pages_of(article, sample_stack) if path.startswith("/topic/"))
        items = json.loads(sample_stack.site_get(f"{topic}feed.json").text)["items"]
        assert article["url"] in {item["url"] for item in items}


_SEEN = """() => {
  const all = selector => [...document.querySelectorAll(selector)];
  return {
    flag: window.pwned ?? null,
    mastheads: all("header.masthead").length,
    feet: all("footer.foot").length,
    mains: all("body > main#content").length,
    handlers: all("*").flatMap(e => [...e.attributes].filter(a => a.name.startsWith("on")).map(a => a.name)),
    addresses: all("a[href^='javascript' i], img[src^='javascript' i], iframe, form, base, svg, meta[http-equiv]")
      .map(e => e.outerHTML),
    structured: all("script[type='application/ld+json']").map(e => e.textContent),
  };
}"""


def _post_hostile(up: Up, name: str) -> dict[str, Any]:
    text = f"{PAYLOADS[name]} words"
    address = f'https://wire.example/"><img/src=x/onerror={FLAG}>'
    ident = identify(up.run["source"], f"hostile {name}")
    answer = up.ingest.get(f"/v1/articles/{ident}")
    if answer.status_code == 200:
        up.drain()
        return dict(answer.json())
    posted = up.post(
        f"hostile {name}",
        headline=text,
        summary=text,
        section=text,
        topics=[text],
        authors=[text, {"name": f"{text} again", "url": address}],
        image={"url": address, "alt": text, "credit": text, "caption": text},
        corrections=[{"text": text, "at": "2025-07-26T05:00:00Z"}],
        body_html=f"<p>{text}</p>{text}<a href=\"{text}\" title='{text}'>{text}</a>",
        body_text=text,
        source_url=address,
        published_at="2025-07-26T05:00:00Z",
        language="en",
    )
    up.drain()
    return posted


def _pages_of(posted: dict[str, Any], up: Up) -> list[str]:
    """The article's page, and every list that its page leads to."""
    path = path_of(posted["url"])
    story = httpx.get(up.url + path).text.partition("data-article=")[2].partition("</article>")[0]
    lists = {link.partition('"')[0] for link in story.split('href="/')[1:]}
    return [path, *(f"/{link}" for link in sorted(lists)), "/"]

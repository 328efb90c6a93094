"""What an article says: its body as ingest cleaned it, and the corrections below; on its page, and in feeds."""

import re
from typing import Any

from markupsafe import Markup

from services.render.typeset.desk import Desk, sizes_within
from services.render.typeset.ready import escape_text, ready
from shared.articles import Article
from shared.media import siblings

LONGEST = 1_000_000
"""Characters of a body in a feed, several times what the longest live blogs have: thirty bodies of five megabytes of
what is escaped twice would make each feed of a list a gigabyte."""
_PUSHED = re.compile(r'<img(?: (?!src=)[a-z]+="[^"]*")* src="(/media/[^"]*)"')
_BODY = ready("(min-width: 44rem) 41rem, 100vw")  # the width of a body in `press.css`
_BODY_PIXELS = 656
_TAG = re.compile(r'<([a-z0-9]+)((?: [^\s"<>=]+="[^"]*")*>)')
_OWN_PICTURE = re.compile(r'<img(?: (?!src=)[a-z]+="[^"]*")* src="(?=/)')


def on_page(desk: Desk, body: str) -> Markup:
    """The body on the article's page, its own pictures within the site.

    A cleaner may leave `<` in attribute values as it is, which is right in HTML, but nginx looks for `<!--#`
    everywhere. The body has no comments, so that `<!--` can only stand in a value, where the reference means the same.
    """
    if "=" in body:  # one character is found many times sooner than several: most bodies have no attributes
        body = _placed(_in_all_widths(desk, body), desk.root)
    if "<table" in body or "<pre" in body:
        body = _TAG.sub(_within_reach, body)
    return ready(body.replace("<!--", "&lt;!--") if "!" in body else body)


def in_feed(desk: Desk, article: Article, body: str) -> str:
    """The body in a feed, whose readers see nothing else of the page: with the corrections, as HTML, and with whole
    addresses of its own pictures. Of one that is too long there is what it opens with."""
    body = _placed(body, desk.base_url) if len(body) <= LONGEST else f"<p>{escape_text(article.opening)}…</p>"
    if article.corrections:
        body = "\n".join((body, str(desk.set_block("corrections.html", corrections(desk, article)))))
    # a reader of feeds sets all of them in its own direction, whatever their language is said to be
    return f'<div dir="rtl">{body}</div>' if desk.direction_of(article) == "rtl" else body


def corrections(desk: Desk, article: Article) -> dict[str, Any]:
    """What `corrections.html` shows; `chrome` are the attributes of the site's own words in another language's text."""
    is_as_the_site = desk.language_of(article) == desk.language and desk.direction_of(article) == desk.direction
    return {
        "corrections": [(correction.text, desk.stamp(correction.at)) for correction in article.corrections],
        "chrome": "" if is_as_the_site else desk.attributes,
    }


def _within_reach(tag: re.Match[str]) -> str:
    """What scrolls by itself where a screen is too narrow for it (`press.css`) is within reach of a keyboard.

    Each tag is read as a whole, so that none is found in an attribute's value.
    """
    name, rest = tag[1], tag[2]
    return f'<{name} tabindex="0"{rest}' if name in ("table", "pre") else tag[0]


def _in_all_widths(desk: Desk, body: str) -> str:
    """The body with all the widths of its pushed pictures beside their widest, so that browsers take the one they need.

    They are made with the widest, and their names follow from its own.
    """
    return _PUSHED.sub(lambda found: _in_widths(desk, found[0], found[1]), body) if '"/media/' in body else body


def _in_widths(desk: Desk, tag: str, address: str) -> str:
    names = siblings(address)
    if len(names) < 2:
        return tag
    widths = [int(name.rpartition("-")[2].partition(".")[0]) for name in names]
    srcset = ", ".join(f"{desk.href(name)} {width}w" for name, width in zip(names, widths, strict=True))
    sizes = sizes_within(_BODY, _BODY_PIXELS, widths[-1])
    return f'{tag} srcset="{escape_text(srcset)}" sizes="{sizes}"'


def _placed(body: str, where: str) -> str:
    """The body with the pictures of this site (`/media/…`; no other address begins with a slash) below `where`."""
    if not where or "<img" not in body:
        return body
    start = escape_text(where)
    return _OWN_PICTURE.sub(lambda found: found[0] + start, body)

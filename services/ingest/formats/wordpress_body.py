"""A WordPress post's body, in which blocks, plugins and the classic editor rely on a theme and its scripts."""

import re

from services.ingest.added import Room
from services.ingest.formats.divs import without_divs
from services.ingest.formats.reading import plain

# What a theme and its scripts make of blocks is not there on our pages: the preview beside a file's link, the space
# before its button; the sign by which an accordion opens; the pictures, each with the caption, that WordPress 6.4 has
# for enlarging one.
_PREVIEW = re.compile(r"<object\b(?=[^<>]*\bwp-block-file__embed\b)[^<>]*>\s*</object>")
_BUTTON = re.compile(r"(?<=</a>)(?=<a\b[^<>]*\bwp-block-file__button\b)")
_OPENS = re.compile(r'<span class="wp-block-accordion-heading__toggle-icon"[^<>]*>[^<]*</span>')
_ENLARGED = re.compile(
    r'(<div class="lightbox-image-container">\s*(?:<div\b[^<>]*>\s*)?)<figure\b(?:(?!</?(?:div|figure)\b).)*</figure>',
    re.DOTALL,
)
# the arrow below a footnote, which leads back into the text
_BACK = re.compile(r'\s?<a\b[^<>]*\bhref="#[^"<>]*-link"[^<>]*>[^<]*</a>')
# a formula, which no page of ours may have as MathML, as it was typed; KaTeX shows its own once more
_FORMULA = re.compile(
    r'(?<!"katex-mathml">)<math\b(?:(?!</?math\b|<annotation\b).)*<annotation encoding="application/x-tex">([^<]*)'
    r"</annotation>(?:(?!</?math\b).)*</math>",
    re.DOTALL,
)
# one that Jetpack has made a picture of: pages show a picture apart from the words around it
_PICTURED = re.compile(
    r"""<img\b(?=[^<>]*>)(?=[^<>]*\sclass=["']latex["'])[^<>]*?\salt=(?:"([^"<>]+)"|'([^'<>]+)')[^<>]*>"""
)
# what plugins send as it was written: the address of what is embedded, which WordPress itself makes a player or a link
_EMBED = re.compile(r"""(<div class="wp-block-embed__wrapper">\s*)(https?://[^\s<>"']+)(?=\s*</div>)""")
# what a blog has below its own root, as its editor may write it, and where that is
_ROOTED = re.compile(
    r"""(<(?:a|audio|iframe|img|source|video)\b[^<>]*?\s(?:href|src)\s*=\s*["'])(?=/(?!/))""", re.IGNORECASE
)
_ORIGIN = re.compile(r"https?://[^/?#\s\"'<>]+", re.IGNORECASE)
# a caption and a gallery of the classic editor, where the theme has not asked for HTML 5
_CAPTIONED = re.compile(
    r'<div\b(?=[^<>]*\bclass="wp-caption\b)[^<>]*>((?:(?!</?div\b).)*?)'
    r"<p\b(?=[^<>]*\bwp-caption-text\b)[^<>]*>((?:(?!</?(?:div|p)\b).)*)</p>\s*</div>",
    re.DOTALL,
)
_IN_GALLERY = re.compile(
    r"<dl class='gallery-item'>\s*<dt\b[^<>]*>((?:(?!</?d[dlt]\b).)*)</dt>\s*"
    r"(?:<dd\b[^<>]*>((?:(?!</?d[dlt]\b).)*)</dd>\s*)?</dl>",
    re.DOTALL,
)
# What is left out. Jetpack's buttons to share and to like: it keeps them out of what it knows to be for the REST API
# alone, and of a post that cron publishes it does not. Forms of which no field is left: Jetpack's for subscribers, and
# Newspack's to donate, for newsletters and for an account, with amounts, lists and the thanks a script shows in the
# end. And tables of contents (Yoast SEO's, Rank Math's, Easy Table of Contents', Table of Contents Plus', LuckyWP's):
# no heading here has the id that they lead to, and a card would begin with them.
_NAMES = (
    "sharedaddy", "wp-block-jetpack-subscriptions", "wpbnbd", "newspack-newsletters-subscribe", "newspack-registration",
    "yoast-table-of-contents", "wp-block-rank-math-toc-block", "ez-toc-container", "toc_container", "lwptoc",
)  # fmt: skip
_LEFT_OUT = re.compile(rf"""\s(?:class|id)=["'](?:[^"']*\s)?(?:{"|".join(_NAMES)})[\s"']""")
# a track of a playlist is a button, by which a script plays it: its title, who plays it and how long, apart by styles;
# what a style hides, and its album's picture, as small as an icon
_TRACK = re.compile(
    r"<button\b(?=[^<>]*\bwp-block-playlist-track__button\b)[^<>]*>((?:(?!</?button\b).)*)</button>", re.DOTALL
)
_IN_TRACK = re.compile(r'<img\b[^<>]*>|<span class="screen-reader-text"[^<>]*>[^<]*</span>')
_PARTS = re.compile(r"(?<=</span>)(?=<span\b)")
# Kadence's accordions have titles that are not headings
_TITLE = re.compile(
    r'<div class="kt-accordion-header-wrap">\s*<button\b[^<>]*>((?:(?!</?(?:div|button)\b).)*)</button>\s*</div>',
    re.DOTALL,
)
# a cover whose picture a style has
_COVER = re.compile(
    r'<(?:div|section)\b(?=[^<>]*>)(?=[^<>]*\sclass="(?:[^"<>]*\s)?wp-block-cover(?:-image|__image-background)?[\s"])'
    r'(?=[^<>]*\sstyle="[^"<>]*\bbackground-image:\s?url\((?:&quot;|&#0?39;|\')?((?:https?:/)?/'
    r'(?:(?!&(?:quot|#0?39);)[^\s"\'()<>])+))[^<>]*>'
)
_LABEL = re.compile(r'\saria-label="([^"<>]*)"')
# what a script shows one at a time, and the tabs by which it does
_TAB = re.compile(
    r'<(a|button)\b(?=[^<>]*>)(?=[^<>]*\srole="tab")(?=[^<>]*\sid="([^"<>]+)")[^<>]*>((?:(?!</?(?:a|button)\b).)*)</\1>',
    re.DOTALL,
)
_TABBED = re.compile(
    r'<(?:div|section)\b(?=[^<>]*>)(?=[^<>]*\srole="tabpanel")(?=[^<>]*\saria-labelledby="([^"<>]+)")[^<>]*>'
)


def plain_body(html: str, link: str) -> str:
    """The body that says the same without a theme and its scripts; `link` is the post's own address."""
    if any(name in html for name in _NAMES):
        html = without_divs(html, _LEFT_OUT)
    html = _PREVIEW.sub("", _OPENS.sub("", _ENLARGED.sub(r"\1", html)))
    html = _PICTURED.sub(r"<code>\1\2</code>", _FORMULA.sub(r"<code>\1</code>", html))
    html = _CAPTIONED.sub(_figure, _IN_GALLERY.sub(_figure, html))
    html = _COVER.sub(_picture, _TRACK.sub(lambda track: _PARTS.sub(" · ", _IN_TRACK.sub("", track[1])), html))
    html = _BACK.sub("", _EMBED.sub(r'\1<a href="\2">\2</a>', html))
    if origin := _ORIGIN.match(link):
        room = Room()
        html = _ROOTED.sub(lambda found: found[1] + (origin[0] if room.takes(origin[0]) else ""), html)
    return _titled(_TITLE.sub(r"<h3>\1</h3>", _BUTTON.sub(" ", html)))


def _titled(html: str) -> str:
    """The HTML with the words of each tab above what it opens."""
    titles = {tab[2]: tab[3] for tab in _TAB.finditer(html) if plain(tab[3])}
    opened = {panel[1] for panel in _TABBED.finditer(html)} & titles.keys()
    if not opened:
        return html
    html, room = _TAB.sub(lambda tab: "" if tab[2] in opened else tab[0], html), Room()

    def add(panel: re.Match[str]) -> str:
        is_titled = panel[1] in opened and room.takes(titles[panel[1]])
        return f"{panel[0]}<h3>{titles[panel[1]]}</h3>" if is_titled else panel[0]

    return _TABBED.sub(add, html)


def _figure(found: re.Match[str]) -> str:
    caption = (found[2] or "").strip()
    return f"<figure>{found[1]}{f'<figcaption>{caption}</figcaption>' if caption else ''}</figure>"


def _picture(cover: re.Match[str]) -> str:
    label = _LABEL.search(cover[0])
    return f'{cover[0]}<img src="{cover[1]}" alt="{label[1] if label else ""}">'

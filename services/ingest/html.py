"""HTML from strangers, cleaned: what a newsroom needs, and nothing that could run, load or clash."""

import html as entities
import re
from collections.abc import Callable, Iterator
from functools import cache
from html.entities import html5 as _NAMED  # noqa: N812 - a constant, whatever its module calls it
from urllib.parse import unquote

import nh3
from babel import Locale

from services.ingest.markup import is_misnested, sprawls
from services.ingest.plain import plain_html
from services.ingest.references import unescape
from services.ingest.tidy import tidy
from shared.characters import clean_text

OPENING = 300


def _words(text: str) -> set[str]:
    return set(text.split())


_TAGS = _words(
    "a abbr aside b blockquote br caption cite code col colgroup dd del details div dl dt em figcaption figure h2 h3 h4"
    " h5 h6 hr i img ins kbd li mark ol p pre q s samp section small strong sub summary sup table tbody td tfoot th"
    " thead time tr u ul var wbr"
)
_DROPPED = _words(
    "script style svg math title template textarea select button iframe object embed applet audio video canvas"
    " noembed noframes xmp plaintext"
)
_ATTRIBUTES = {
    "*": {"lang", "dir", "title"},
    "a": {"href"},
    "img": {"src", "alt", "width", "height"},
    "td": {"colspan", "rowspan"},
    "th": {"colspan", "rowspan", "scope"},
    "ol": {"start", "reversed"},
    "time": {"datetime"},
    "blockquote": {"cite"},
    "q": {"cite"},
}
_ADDRESSES = frozenset(("href", "src", "cite"))
_WEB = re.compile(r"https?://[^/?#\s]\S*", re.IGNORECASE)
_NUMBER = re.compile(r"[0-9]{1,5}")
_LANGUAGE = re.compile(r"([A-Za-z]{2,3})(?:-[A-Za-z0-9]{1,8})*")


@cache
def _languages() -> frozenset[str]:
    return frozenset(Locale("en").languages)


def _is_language(tag: str) -> bool:
    """Whether this is a language tag (BCP 47), of a language that has a name."""
    found = _LANGUAGE.fullmatch(tag)
    return found is not None and found[1].lower() in _languages()


_CHECKS: dict[str, Callable[[str], object]] = {
    "lang": _is_language,
    "scope": re.compile(r"(?:row|col)(?:group)?").fullmatch,
    "href": re.compile(r"(?:https?://[^/?#\s]\S*|(?:mailto|tel):\S+)", re.IGNORECASE).fullmatch,
    "src": re.compile(r"(?:https?://[^/?#\s]\S*|/media/(?!\S*\.\.)\S+)", re.IGNORECASE).fullmatch,
    "cite": _WEB.fullmatch,
    "width": _NUMBER.fullmatch,
    "height": _NUMBER.fullmatch,
}

# h1 is the page's own headline; what is a block without meaning here stays a block
# (a look at the first letter spares the list of names: most tags of a body are paragraphs)
_RENAMED = re.compile(
    r"<(/?)(?=[acfhmn])(?:(h1)|article|main|header|footer|nav|address|center|hgroup|form|fieldset|noscript)(?=[\s/>])",
    re.IGNORECASE,
)
# An element that is empty as XML writes it (`body_xhtml`, and what XML's tools made of HTML): to HTML it only
# begins there, all that follows is in it, and goes with it if it is a script. Attributes as XML has them, or bare
# names.
_EMPTY = re.compile(
    r"<(?!(?:area|base|br|col|embed|hr|img|input|link|meta|param|source|track|wbr)[\s/])([a-z][a-z0-9]*)"
    r"""((?:\s+[^\s=<>"'/]+(?:\s*=\s*(?:"[^"<>]*"|'[^'<>]*'))?)*)\s*/>""",
    re.IGNORECASE,
)
# what opens below a heading is called by a button in it
_CALLED = re.compile(r"(<h[1-6]\b[^<>]*>\s*)<button\b[^<>]*>", re.IGNORECASE)
_RAW_ENDS = re.compile(r"</(script|style|title|textarea|iframe|noembed|noframes|xmp)\b", re.IGNORECASE)
# bounded, and stopping at the next tag, so that hostile HTML costs linear time
_EMBED = re.compile(
    r"<(?=[ivaeo])(iframe|video|audio|embed|object|oembed)\b([^<>]{0,4096}>(?:\s{0,64}<(?:source|param)\b[^<>]{0,4096}>){0,8})"
    r"(?:[^<]*(?:<a\b[^<>]{0,4096}>[^<]*</a\s*>[^<]*)?</\1\s*>)?",
    re.IGNORECASE,
)
_INSTEAD = re.compile(r"<a\b[^<>]*>([^<]*)</a\s*>", re.IGNORECASE)  # for browsers that cannot show it
_AGAIN = re.compile(r"\s{0,64}<noscript\b[^<>]*>\s{0,64}<iframe\b", re.IGNORECASE)
_QUOTED = re.compile(r"""\sclass=["'][^"']*\bwp-embedded-content\b""", re.IGNORECASE)
# what waits for a script: a frame that is loaded late, CKEditor's <oembed url="…">, Facebook's <div data-href="…">, a
# link without words of Iframely's (Superdesk has embeds from there) or Pinterest's, a tweet or another post that is
# quoted without its words
_POST = re.compile(
    r"""<(blockquote)\b((?=[^<>]{0,4096}\sclass=["'](?:twitter-(?:tweet|video)|instagram-media|tiktok-embed)\b)"""
    r"""[^<>]{0,4096}>(?:\s{0,64}</?(?:a|p)\b[^<>]{0,4096}>){0,8})\s{0,64}</blockquote\s*>""",
    re.IGNORECASE,
)
_FACEBOOK = re.compile(
    r"""<(div)\b(?=[^<>]{0,4096}\sclass=["']fb-(?:post|video)\b)([^<>]{0,4096}>)\s*</div\s*>""", re.IGNORECASE
)
_CARD = re.compile(
    r"""<(a)\b(?=[^<>]{0,4096}\sdata-(?:iframely-url\b|pin-do=["']embed))([^<>]{0,4096}>)\s*</a\s*>""", re.IGNORECASE
)
# a chart or a story of Flourish's without what newer ones have for readers without scripts
_CHART = re.compile(
    r"""<div\b(?=[^<>]{0,4096}\sclass=["']flourish-embed\b)[^<>]{0,4096}?\sdata-src=["']((?:visualisation|story)/[0-9]{1,20})"""
    r"""[^<>]{0,4096}>(?!\s{0,64}(?:<script\b[^<>]{0,4096}>\s{0,64}</script>\s{0,64})?<(?:noscript|iframe|a)\b)""",
    re.IGNORECASE,
)
_SHOWN = r'\g<0><a href="https://public.flourish.studio/\1/">https://public.flourish.studio/\1/</a>'
_PLAYED = re.compile(r"https://(?:cdn\.iframe\.ly|iframely\.net)/api/iframe\?(?:[^#]*&)?url=([^&#]+)")
_ADDRESS = re.compile(
    r"""\s(?:(?:data-(?:lazy-)?)?src|data|url|(?:data-)?href|data-instgrm-permalink|cite)\s*=\s*"""
    r"""(?:"([^"]*)"|'([^']*)'|([^\s"'>]+))""",
    re.IGNORECASE,
)
# a picture that waits for a script, and what stands for it where there is none
_LAZY = re.compile(
    r"<img\b(?=[^<>]*\sdata-(?:(?:lazy-)?src|original)\s*=)([^<>]*)>(\s{0,64}<noscript\b[^<>]*>\s{0,64}<img\b)?",
    re.IGNORECASE,
)
_LAZY_ADDRESS = re.compile(
    r"""\sdata-(?:(?:lazy-)?src|original)\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s"'>]+))""", re.IGNORECASE
)
_TITLE = re.compile(r"""\s(?:title|alt|aria-label)\s*=\s*(?:"([^"]*)"|'([^']*)')""", re.IGNORECASE)
_PASSES = 3
_CDATA = "<![CDATA["

# The parser's time for a reference grows with what follows it, and for a non-breaking space with what precedes it,
# so none is left to it. U+FFFF, which cannot be published, stands for the ampersand of the five references that
# have to stay, U+FFFE for the space.
_REFERENCE = re.compile(r"&(?:(#[0-9]{1,7}|#[xX][0-9a-fA-F]{1,6}|[a-zA-Z][a-zA-Z0-9]{1,31})(?:;|(?![=a-zA-Z0-9])))?")
_HIDDEN = "\uffff"
_SPACE = "\ufffe"
_KEPT = {"&": "\uffffamp;", "<": "\ufffflt;", ">": "\uffffgt;", '"': "\uffffquot;", "'": "\uffff#39;"}

_INLINE = "a|abbr|b|cite|code|del|em|i|ins|kbd|mark|q|s|samp|small|strong|sub|sup|time|u|var|wbr"
_NOT_WORDS = re.compile(r"<(/?)(?:figure|table)\b[^<>]*>")
_CUT = re.compile(r"(?:<[^<>]*|&[^&;\s]{0,32})\Z")  # the end of a window may be within a tag or a reference
_INLINE_TAG = re.compile(rf'</?(?:{_INLINE})(?:\s[^<>"]*+(?:"[^"]*+"[^<>"]*+)*+)?>')
_TAG = re.compile(r'<[^<>"]*+(?:"[^"]*+"[^<>"]*+)*+>')


def _allow(_: str, name: str, value: str) -> str | None:
    """The value as it may stand in a tag, or None if it may not."""
    if name in _ADDRESSES:
        value = _absolute(value.strip())
    check = _CHECKS.get(name)
    return value if check is None or check(value) else None


def _absolute(address: str) -> str:
    return f"https:{address}" if address.startswith("//") else address


_CLEANER = nh3.Cleaner(
    tags=_TAGS,
    clean_content_tags=_DROPPED,
    attributes=_ATTRIBUTES,
    attribute_filter=_allow,
    strip_comments=True,
    link_rel="noopener",
    url_schemes={"http", "https", "mailto", "tel"},
    set_tag_attribute_values={"img": {"loading": "lazy"}},
)


def clean_html(html: str) -> str:
    """The HTML with an allowlist of tags and attributes, embeds as links, without comments, scripts and styles.

    In the result `<` begins a tag and nothing else, so that no directive for a server can survive in it. Markup
    that sprawls is taken for text; what would be read differently the next time is read again until it is not.
    """
    plain = plain_html(html)
    return _parsed(html) if plain is None else plain


def _parsed(html: str) -> str:
    html = clean_text(html).replace(_CDATA, "<![")  # without it, what stands there is a comment wherever it is
    if "/>" in html:
        html = _end_empty(html)
    if "data-href" in html:
        html = _FACEBOOK.sub(_link, html)
    if "<blockquote" in html:
        html = _POST.sub(_link, html)
    if "data-" in html:
        html = _CARD.sub(_link, html)
        html = _CHART.sub(_SHOWN, html)
        html = _LAZY.sub(_show, html)
    if "<button" in html:
        html = _CALLED.sub(r"\1", html)
    html = _RENAMED.sub(_rename, _EMBED.sub(_link, html))
    if sprawls(html):
        return text_to_html(unescape(_TAG.sub(" ", html)))
    cleaned = _clean(html)
    for _ in range(_PASSES):
        if not is_misnested(cleaned):
            break
        before, cleaned = cleaned, _clean(cleaned)
        if cleaned == before:
            break
    return cleaned


def _clean(html: str) -> str:
    html = _REFERENCE.sub(_decode, clean_text(html)).replace("\xa0", _SPACE)
    cleaned = tidy(_CLEANER.clean(html).replace(_HIDDEN, "&").replace(_SPACE, "\xa0"))
    cleaned = cleaned.lstrip("\ufeff")  # in the beginning the parser takes it for a byte order mark
    # the parser takes the first line break of a <pre> for layout, a browser too
    return re.sub(r"(<pre[^<>]*>)\n", r"\1\n\n", cleaned) if "<pre" in cleaned else cleaned


def text_to_html(text: str) -> str:
    """Paragraphs from blank lines, line breaks from the others."""
    lines = clean_text(text.replace("\r\n", "\n").replace("\r", "\n"))
    paragraphs = [part.strip() for part in re.split(r"\n[ \t]*\n\s*", lines) if part.strip()]
    return "\n".join(f"<p>{_escape(part).replace(chr(10), '<br>')}</p>" for part in paragraphs)


def opening(html: str) -> str:
    """The words that cleaned HTML begins with, at most OPENING characters, on one line; no captions, no tables."""
    window = 2 * OPENING
    while True:
        part = html[:window]
        words = " ".join(unescape(_plain(part)).split())
        if window >= len(html) or len(words) > OPENING:
            break
        window *= 4
    return words if len(words) <= OPENING else words[: OPENING + 1].rpartition(" ")[0] or words[:OPENING]


def _plain(html: str) -> str:
    if "<figure" in html or "<table" in html:
        html = " ".join(_around_what_is_set_apart(html))
    return _CUT.sub("", _TAG.sub(" ", _INLINE_TAG.sub("", html)))


def _around_what_is_set_apart(html: str) -> Iterator[str]:
    """What is in no figure and no table; a window of cleaned HTML may end within one."""
    depth = at = 0
    for tag in _NOT_WORDS.finditer(html):
        if not depth:
            yield html[at : tag.start()]
        depth += -1 if tag[1] else 1
        at = tag.end()
    if not depth:
        yield html[at:]


def _escape(text: str) -> str:
    return entities.escape(text, quote=False)


def _decode(reference: re.Match[str]) -> str:
    """The character that a reference stands for; an ampersand that begins none is itself."""
    name = reference[1]
    if name is None:
        return _KEPT["&"]
    text = unescape(f"&{name};") if name[0] == "#" else _NAMED.get(name + ";")
    if text is None:
        return f"{_KEPT['&']}{reference[0][1:]}"
    return _KEPT.get(text, clean_text(text))


def _end_empty(html: str) -> str:
    """The HTML with an end after each tag that is empty as XML writes it, unless that may be words within a script."""
    last = {found[1].lower(): found.start() for found in _RAW_ENDS.finditer(html)}

    def end(tag: re.Match[str]) -> str:
        return tag[0] if last.get(tag[1].lower(), -1) > tag.start() else f"<{tag[1]}{tag[2]}></{tag[1]}>"

    return _EMPTY.sub(end, html)


def _rename(tag: re.Match[str]) -> str:
    return f"<{tag[1]}{'h2' if tag[2] else 'div'}"


def _link(embed: re.Match[str]) -> str:
    """A link in the place of an embed and of the one in it, if any; nothing where there is no address that a reader
    could open, or where it adds to a quotation with a link (a WordPress' embedded post) or to what readers without
    scripts get."""
    if _QUOTED.search(embed[2]) or _AGAIN.match(embed.string, embed.end()):
        return " "
    instead = _INSTEAD.search(embed[0])
    addresses = (_played(_absolute(address)) for address in _attributes(_ADDRESS, embed[2]))
    address = next((address for address in addresses if _WEB.fullmatch(address)), None)
    if address is None:
        return instead[0] if instead else " "
    words = unescape(instead[1]).strip() if instead else ""
    name = next(filter(None, _attributes(_TITLE, embed[2])), words or address)
    apart = " " if embed.string.startswith("<span", embed.end()) else ""  # a caption that styles would set apart
    return f'<a href="{entities.escape(address)}">{_escape(name)}</a>{apart}'


def _played(address: str) -> str:
    """What a player of Iframely's plays: its own address has the newsroom's key in it."""
    found = _PLAYED.match(address)
    return unquote(found[1]) if found else address


def _show(picture: re.Match[str]) -> str:
    """A picture at the address that a script would give it; none where one for readers without scripts follows."""
    if picture[2]:
        return picture[2]
    addresses = (_absolute(address) for address in _attributes(_LAZY_ADDRESS, picture[1]))
    address = next((address for address in addresses if _WEB.fullmatch(address)), None)
    return f'<img src="{entities.escape(address)}"{picture[1]}>' if address else picture[0]


def _attributes(pattern: re.Pattern[str], tag: str) -> Iterator[str]:
    for found in pattern.finditer(tag):
        yield unescape(next((group for group in found.groups() if group), "")).strip()

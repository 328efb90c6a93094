"""HTML from strangers, cleaned: what a newsroom needs, and nothing that could run, load or clash."""

import html as entities
import re
from collections.abc import Callable
from functools import cache, lru_cache
from html.entities import html5 as _NAMED  # noqa: N812 - a constant, whatever its module calls it

import nh3
from babel import Locale

from services.ingest.embeds import without_embeds
from services.ingest.emphasis import without_undone
from services.ingest.labels import without_labels
from services.ingest.markup import is_misnested, sprawls
from services.ingest.opening import TAG
from services.ingest.plain import plain_html
from services.ingest.references import unescape
from services.ingest.styles import meaning_of, with_letters_and_notes, without_spans
from services.ingest.tidy import tidy
from services.ingest.web import WEB_ADDRESS, absolute, is_web_address
from shared.characters import clean_text


def _words(text: str) -> set[str]:
    return set(text.split())


_TAGS = _words(
    "a abbr aside b bdi bdo blockquote br caption cite code col colgroup dd del details div dl dt em figcaption figure"
    " h2 h3 h4 h5 h6 hr i img ins kbd li mark ol p pre q rp rt ruby s samp section small span strong sub summary sup"
    " table tbody td tfoot th thead time tr u ul var wbr"
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
    "ol": {"start", "reversed", "type"},
    "li": {"value"},
    "time": {"datetime"},
    "blockquote": {"cite"},
    "q": {"cite"},
    "span": {"style"},
}
_ADDRESSES = frozenset(("href", "src", "cite"))
_NUMBER = re.compile(r"[0-9]{1,5}")
_MOST_ROWS = 65_534
_WHOLE = re.compile(r"-?[0-9]{1,9}")
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
    "dir": re.compile(r"ltr|rtl|auto", re.IGNORECASE).fullmatch,
    "colspan": re.compile(r"0*(?:[1-9][0-9]{0,2}|1000)").fullmatch,
    "rowspan": lambda value: _NUMBER.fullmatch(value) and int(value) <= _MOST_ROWS,
    "start": _WHOLE.fullmatch,
    "value": _WHOLE.fullmatch,
    "type": re.compile(r"[1aAiI]").fullmatch,
    "scope": re.compile(r"(?:row|col)(?:group)?").fullmatch,
    "href": re.compile(rf"{WEB_ADDRESS}|(?:mailto|tel):\S+", re.IGNORECASE).fullmatch,
    "src": re.compile(rf"{WEB_ADDRESS}|/media/(?!\S*\.\.)\S+", re.IGNORECASE).fullmatch,
    "cite": is_web_address,
    "width": _NUMBER.fullmatch,
    "height": _NUMBER.fullmatch,
}

# h1 is the page's own headline; what is struck out has had its name changed since; what is a block without meaning here
# stays a block; what has the name of one of SVG's elements, though nothing around it is SVG, would go with its words
# (Grammarly marks words of an editor with `<g>`). And a marquee, which nothing is left of, would let the paragraph
# around it have blocks in it.
# (a look at the first letter spares the list of names: most tags of a body are paragraphs)
_RENAMED = re.compile(
    r"<(/?)(?=[acfghmnst])(?:(h1)|(annotation|g|marquee|text)|(strike)"
    r"|article|main|header|footer|nav|address|center|hgroup|form|fieldset|noscript)(?=[\s/>])",
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
# what opens below a heading is called by a button that is all of it
_CALLED = re.compile(
    r"(<h[1-6]\b[^<>]*>\s*)<button\b[^<>]*>(?=[^<]*(?:<(?!/?(?:button|h[1-6])\b)[^<]*)*</button\s*>\s*</h[1-6]\s*>)",
    re.IGNORECASE,
)
_RAW_ENDS = re.compile(r"</(script|style|title|textarea|iframe|noembed|noframes|xmp)\b", re.IGNORECASE)
_PASSES = 3
_CDATA = "<![CDATA["

# The parser's time for a reference grows with what follows it, and for a non-breaking space with what precedes it,
# so none is left to it. U+FFFF, which cannot be published, stands for the ampersand of the five references that
# have to stay, U+FFFE for the space. So it is for what has the space's first byte in UTF-8 (guillemets, soft hyphens):
# where there is much of it, the 32 noncharacters from U+FDD0 on stand for it. In the name of a host they would end the
# link, which few of those characters may stand in.
_REFERENCE = re.compile(r"&(?:(#[0-9]{1,7}|#[xX][0-9a-fA-F]{1,6}|[a-zA-Z][a-zA-Z0-9]{1,31})(?:;|(?![=a-zA-Z0-9])))?")
_HIDDEN = "\uffff"
_SPACE = "\ufffe"
_MANY = 2_000
_FIRST_BYTE = b"\xc2"
_BESIDE_SPACE = dict(zip(range(0xA0, 0xC0), range(0xFDD0, 0xFDF0), strict=True))
_AS_IT_WAS = {stands_in: code for code, stands_in in _BESIDE_SPACE.items()}
_KEPT = {"&": "\uffffamp;", "<": "\ufffflt;", ">": "\uffffgt;", '"': "\uffffquot;", "'": "\uffff#39;"}


def _allow(_: str, name: str, value: str) -> str | None:
    """The value as it may stand in a tag, or None if it may not."""
    if name in _ADDRESSES:
        value = absolute(value.strip())
    elif name == "style":
        return meaning_of(value)
    check = _CHECKS.get(name)
    return value if check is None or check(value) else None


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
    if "<label" in html:
        html = without_labels(html)
    html = _RENAMED.sub(_rename, without_embeds(_unstyled(html)))
    if sprawls(html):
        return text_to_html(unescape(TAG.sub(" ", html)))
    cleaned = _clean(html)
    for _ in range(_PASSES):
        if not is_misnested(cleaned):
            break
        before, cleaned = cleaned, _clean(cleaned)
        if cleaned == before:
            break
    return cleaned


def _unstyled(html: str) -> str:
    """The HTML in which elements say what its sender's styles and scripts do."""
    if "<button" in html:
        html = _CALLED.sub(r"\1", html)
    if "font-" in html:
        html = without_undone(html)
    return with_letters_and_notes(html)


def _clean(html: str) -> str:
    html = _REFERENCE.sub(_decode, clean_text(html)).replace("\xa0", _SPACE)
    is_hidden = len(html) > _MANY and html.encode().count(_FIRST_BYTE) > _MANY
    cleaned = _CLEANER.clean(html.translate(_BESIDE_SPACE) if is_hidden else html)
    if is_hidden:
        cleaned = cleaned.translate(_AS_IT_WAS)
    cleaned = cleaned.replace(_HIDDEN, "&").replace(_SPACE, "\xa0")
    cleaned = tidy(without_spans(cleaned) if "<span" in cleaned else cleaned)
    cleaned = cleaned.lstrip("\ufeff")  # in the beginning the parser takes it for a byte order mark
    # the parser takes the first line break of a <pre> for layout, a browser too
    return re.sub(r"(<pre[^<>]*>)\n", r"\1\n\n", cleaned) if "<pre" in cleaned else cleaned


def text_to_html(text: str) -> str:
    """Paragraphs from blank lines, line breaks from the others."""
    lines = clean_text(text.replace("\r\n", "\n").replace("\r", "\n"))
    paragraphs = [part.strip() for part in re.split(r"\n[ \t]*\n\s*", lines) if part.strip()]
    return "\n".join(f"<p>{entities.escape(part, quote=False).replace(chr(10), '<br>')}</p>" for part in paragraphs)


def _decode(reference: re.Match[str]) -> str:
    """The character that a reference stands for; an ampersand that begins none is itself."""
    name = reference[1]
    if name is None:
        return _KEPT["&"]
    text = _named(name)
    return f"{_KEPT['&']}{reference[0][1:]}" if text is None else text


@lru_cache(maxsize=4096)  # what a body has at all it has often, and to look a number up takes long
def _named(name: str) -> str | None:
    """The character of a reference, as `_clean` has it; None if there is none of that name."""
    text = unescape(f"&{name};") if name[0] == "#" else _NAMED.get(name + ";")
    return None if text is None else _KEPT.get(text, clean_text(text))


def _end_empty(html: str) -> str:
    """The HTML with an end after each tag that is empty as XML writes it, unless that may be words within a script."""
    last = {found[1].lower(): found.start() for found in _RAW_ENDS.finditer(html)}

    def end(tag: re.Match[str]) -> str:
        return tag[0] if last.get(tag[1].lower(), -1) > tag.start() else f"<{tag[1]}{tag[2]}></{tag[1]}>"

    return _EMPTY.sub(end, html)


def _rename(tag: re.Match[str]) -> str:
    # unlike a span, a name that nothing has does not end an SVG around it, whose words are to go
    return f"<{tag[1]}{'h2' if tag[2] else 'x-words' if tag[3] else 's' if tag[4] else 'div'}"

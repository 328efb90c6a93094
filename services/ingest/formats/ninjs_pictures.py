"""The pictures of a ninjs item: its own renditions, and those of the items that are associated with it."""

import html as entities
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from services.ingest.draft import Picture
from services.ingest.formats.bounds import MAX_GUID
from services.ingest.formats.ninjs_words import body, described_as, description, headline
from services.ingest.formats.reading import Members, web_address
from services.ingest.references import unescape
from services.ingest.web import absolute
from shared.media import TYPES

_KINDS = ("picture", "graphic")
_WITHDRAWN = ("withheld", "canceled", "cancelled", "unpublished", "embargoed")
_FEATURED = ("featuremedia", "featureimage", "mainpic", "main", "featured")
_SHOWN = ("", *TYPES)
_EMBEDDED = ("embedded", "editor_")
_CAPTIONS = ("caption", "main", "summary", "text")
# Superdesk's editor names the association of a picture in its body
_EMBED = re.compile(
    r'<!-- EMBED START Image {id: "([^"<>]{1,100})"} -->(?:(?!<!--).){0,2000}?(<img\b[^<>]*>)', re.DOTALL
)
_FIGURE = re.compile(
    r'(<!-- EMBED START Image {id: "([^"<>]{1,100})"} -->(?:(?!<!--).){0,4000}?)(</figcaption>|</figure>)', re.DOTALL
)
_NAMED = re.compile(r'<!-- EMBED START Image {id: "[^"<>]{1,100}"} -->')
_DIV = re.compile(r"<(/?)div\b([^<>]*)>", re.IGNORECASE)
_STORY = "data-association-key="
_PICTURE = re.compile(r"<img\b[^<>]*>", re.IGNORECASE)
_PICTURED = re.compile(r"<figure\b(?:(?!</?figure\b).)*</figure\s*>|<img\b[^<>]*>", re.IGNORECASE | re.DOTALL)
_SRC = re.compile(r"""\ssrc\s*=\s*(?:"([^"]*)"|'([^']*)')""", re.IGNORECASE)
_ALT = re.compile(r"""\salt(?:\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s"'>]+)))?(?=[\s/>])""", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class _Rendition:
    media_id: str | None
    href: str | None
    """As it is written: the body may show it so. The Press Association leaves it to the page how to fetch it."""
    width: float
    original: bool
    shown: bool
    """Whether it is of a kind that pages show, as far as it says what it is, and has no watermark."""

    @property
    def url(self) -> str | None:
        return absolute(self.href) if self.href else None


def picture(item: Members) -> Picture | None:
    """The article's picture: the featured one, else the first that does not stand in the body, else the first; and a
    photograph rather than a graphic: agencies put the company's logo first. Superdesk and the Canadian Press number
    the pictures of a gallery."""
    ranked: list[tuple[tuple[int, bool, float], Members, _Rendition]] = []
    for name, one in _associated(item):
        named = _best(one)
        if best := named or _by_reference(one):
            rank = 3 if named is None else 0 if name in _FEATURED else 2 if name.startswith(_EMBEDDED) else 1
            ranked.append(((rank, one.text("type").lower() == "graphic", _place(one)), one, best))
    if not ranked:
        return itself(item) if item.text("mimetype").startswith("image/") else None
    _, one, best = min(ranked, key=lambda entry: entry[0])  # of several alike the first
    return _picture(one, best)


def itself(item: Members) -> Picture | None:
    """The picture that an item itself is; None if it has no rendition that can be found again."""
    best = _best(item)
    return _picture(item, best) if best else None


def embedded(item: Members, html: str | None) -> tuple[tuple[str, str], ...]:
    """Addresses of associated pictures, as a body may refer to them, with the media id or else the address of the
    rendition that is shown."""
    associated = dict(_associated(item))
    best = {name: found.media_id or found.url for name, one in associated.items() if (found := _best(one))}
    return tuple({address: key for address, name in _shown(associated, html) if (key := best.get(name))}.items())


def without_withdrawn(item: Members, html: str) -> str:
    """The body without pictures whose items are withdrawn, and without what is said below them."""
    withdrawn = {address for address, _ in _shown(dict(_associated(item, withdrawn=True)), html)}

    def keep(found: re.Match[str]) -> str:
        addresses = {_address(tag) for tag in _PICTURE.findall(found[0])}
        return found[0] if addresses.isdisjoint(withdrawn) else ""

    return _PICTURED.sub(keep, html) if withdrawn else html


def without_names_in_stories(html: str) -> str:
    """The body without what Superdesk's editor calls the pictures of a whole story that is embedded in it: those are
    names of that story's associations, and the item may have others of the same names."""
    if _STORY not in html:
        return html
    parts, at, depth = [], 0, 0
    for tag in _DIV.finditer(html):
        if not depth and (tag[1] or _STORY not in tag[2]):
            continue
        if not depth:
            parts.append(html[at : tag.start()])
            at = tag.start()
        depth += -1 if tag[1] else 1
        if not depth:
            parts.append(_NAMED.sub("", html[at : tag.end()]))
            at = tag.end()
    return "".join((*parts, _NAMED.sub("", html[at:]) if depth else html[at:]))


def with_alternatives(item: Members, html: str) -> str:
    """The body in which a picture without an alternative text has the one of its item."""
    associated = dict(_associated(item))
    told = {name: _alternative(one) for name, one in associated.items()}
    alternatives = {address: told[name] for address, name in _shown(associated, html)}

    def fill(tag: re.Match[str]) -> str:
        alternative = alternatives.get(_address(tag[0]))
        alt = _ALT.search(tag[0])
        if not alternative or (alt and "".join(filter(None, alt.groups())).strip()):
            return tag[0]
        return f'<img alt="{entities.escape(alternative)}"{_ALT.sub("", tag[0], 1)[4:]}'

    return _PICTURE.sub(fill, html)


def with_credits(item: Members, html: str) -> str:
    """The body in which a picture says whose it is: Superdesk's editor writes the caption below it alone."""
    known = {name: entities.escape(_credit(one), quote=False) for name, one in _associated(item)}

    def add(figure: re.Match[str]) -> str:
        credit = known.get(figure[2].lower())
        if not credit or credit in figure[1]:
            return figure[0]
        if figure[3] == "</figcaption>":
            return f"{figure[1]} <small>{credit}</small></figcaption>"
        return f"{figure[1]}<figcaption><small>{credit}</small></figcaption></figure>"

    return _FIGURE.sub(add, html)


def _shown(associated: Mapping[str, Members], html: str | None) -> Iterator[tuple[str, str]]:
    """The addresses under which a body may show an associated picture, each with the name of that: those of its
    renditions, their media ids, and whatever stands where Superdesk's editor says that it is this picture."""
    for name, one in associated.items():
        for rendition in _renditions(one):
            yield from ((address, name) for address in (rendition.href, rendition.media_id) if address)
    for found in _EMBED.finditer(html or ""):
        name = found[1].lower()
        if name in associated and (address := _address(found[2])):
            yield address, name


def _address(tag: str) -> str:
    found = _SRC.search(tag)
    return unescape(found[1] or found[2] or "").strip() if found else ""


def _associated(item: Members, *, withdrawn: bool = False) -> list[tuple[str, Members]]:
    """The pictures that may be shown, or those that may not: each is an item, with a status of its own."""
    found = [(name.lower(), one) for name, one in item.named("associations") if is_withdrawn(one) is withdrawn]
    return [(name, one) for name, one in found if _is_picture(one)]


def is_withdrawn(item: Members) -> bool:
    """Whether nobody is to see it."""
    return item.text("pubstatus").lower() in _WITHDRAWN


def _is_picture(item: Members) -> bool:
    """ninjs demands no type: what is there as images and says nothing else is one, but no film's poster and no story's
    teaser."""
    if kind := item.text("type").lower():
        return kind in _KINDS
    types = {one.text("mimetype", "contenttype").lower().partition("/")[0] for _, one in item.named("renditions")}
    return "image" in types and types.isdisjoint(("video", "audio")) and body(item)[0] is None


def _best(item: Members) -> _Rendition | None:
    """The original if it is there, else the widest; but none of a kind that pages do not show (TIFF, HEIC, SVG) while
    there is another."""
    found = [one for one in _renditions(item) if one.media_id or one.href]
    return max(found, key=lambda one: (one.shown, one.original, one.width), default=None)


def _by_reference(item: Members) -> _Rendition | None:
    """A picture that is only named: it may have been pushed as an item of its own."""
    guid = item.text("guid", "uri")
    return _Rendition(guid, None, 0, original=False, shown=True) if 0 < len(guid) <= MAX_GUID else None


def _renditions(item: Members) -> list[_Rendition]:
    found = []
    for name, one in item.named("renditions"):
        kind = one.text("mimetype", "contenttype").lower()
        if kind and not kind.startswith("image/"):
            continue
        media_id, href = one.text("media"), one.text("href")
        found.append(
            _Rendition(
                media_id=media_id if 0 < len(media_id) <= MAX_GUID else None,
                href=href if web_address(absolute(href)) else None,
                width=_number(one.get("width"), 0),
                original=name.lower() == "original",
                shown=kind.partition(";")[0].strip() in _SHOWN and one.get("variant") != "Watermark",  # TT
            )
        )
    return found


def _place(item: Members) -> float:
    """Its number among others; one without has 1, as Superdesk has it."""
    told = item.get("order")
    return _number(described_as(item, "sortorder") if told is None else told, 1)


def _number(value: object, default: float) -> float:
    """Superdesk has widths as numbers, as text, and as null."""
    if isinstance(value, int | float):
        return float(value)
    if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) < 10:
        return float(value)
    return default


def _picture(item: Members, rendition: _Rendition) -> Picture:
    return Picture(
        media_id=rendition.media_id,
        url=rendition.url,
        alt=_alternative(item),
        credit=_credit(item),
        caption=_caption(item),
    )


def _alternative(item: Members) -> str:
    """What to say in its place; Superdesk sends that as a picture's body."""
    called = headline(item)
    return item.plain("body_text") or called or _caption(item)


def _credit(item: Members) -> str:
    return item.plain("byline", "by", "copyrightholder") or described_as(item, "creditline")


def _caption(item: Members) -> str:
    described = description(item, *_CAPTIONS)
    return item.plain("description_text", "description_html") or described

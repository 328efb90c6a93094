"""The pictures within the body of a ninjs item: which of the associated ones stand there, and what is said of them."""

import html as entities
import re
from collections.abc import Iterator, Mapping

from services.ingest.added import Room
from services.ingest.formats.divs import divs
from services.ingest.formats.ninjs_pictures import alternative_of, associated, best_rendition, credit_of, renditions
from services.ingest.formats.reading import Members
from services.ingest.references import unescape

# Superdesk's editor names the association of a picture in its body
_EMBED = re.compile(
    r'<!-- EMBED START Image {id: "([^"<>]{1,100})"} -->(?:(?!<!--).){0,2000}?(<img\b[^<>]*>)', re.DOTALL
)
_FIGURE = re.compile(
    r'(<!-- EMBED START Image {id: "([^"<>]{1,100})"} -->(?:(?!<!--).){0,4000}?)(</figcaption>|</figure>)', re.DOTALL
)
_NAMED = re.compile(r'<!-- EMBED START Image {id: "[^"<>]{1,100}"} -->')
_STORY = re.compile("data-association-key=")
_PICTURE = re.compile(r"<img\b[^<>]*>", re.IGNORECASE)
_PICTURED = re.compile(r"<figure\b(?:(?!</?figure\b).)*</figure\s*>|<img\b[^<>]*>", re.IGNORECASE | re.DOTALL)
_SRC = re.compile(r"""\ssrc\s*=\s*(?:"([^"]*)"|'([^']*)')""", re.IGNORECASE)
_ALT = re.compile(r"""\salt(?:\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s"'>]+)))?(?=[\s/>])""", re.IGNORECASE)


def embedded(item: Members, html: str | None) -> tuple[tuple[str, str], ...]:
    """Addresses of associated pictures, as a body may refer to them, with the media id or else the address of the
    rendition that is shown."""
    pictures = dict(associated(item))
    best = {name: found.media_id or found.url for name, one in pictures.items() if (found := best_rendition(one))}
    return tuple({address: key for address, name in _shown(pictures, html) if (key := best.get(name))}.items())


def names_in(html: str, pictures: Mapping[str, Members]) -> set[str]:
    """The names of the associated pictures that a body shows."""
    addresses = {_address(tag) for tag in _PICTURE.findall(html)}
    return {name for address, name in _shown(pictures, html) if address in addresses}


def without_withdrawn(item: Members, html: str) -> str:
    """The body without pictures whose items are withdrawn, and without what is said below them."""
    withdrawn = {address for address, _ in _shown(dict(associated(item, withdrawn=True)), html)}

    def keep(found: re.Match[str]) -> str:
        addresses = {_address(tag) for tag in _PICTURE.findall(found[0])}
        return found[0] if addresses.isdisjoint(withdrawn) else ""

    return _PICTURED.sub(keep, html) if withdrawn else html


def without_names_in_stories(html: str) -> str:
    """The body without what Superdesk's editor calls the pictures of a whole story that is embedded in it: those are
    names of that story's associations, and the item may have others of the same names."""
    parts, at = [], 0
    for begins, ends in divs(html, _STORY):
        parts += [html[at:begins], _NAMED.sub("", html[begins:ends])]
        at = ends
    return "".join((*parts, html[at:]))


def with_alternatives(item: Members, html: str) -> str:
    """The body in which a picture without an alternative text has the one of its item."""
    pictures = dict(associated(item))
    told = {name: alternative_of(one) for name, one in pictures.items()}
    alternatives = {address: told[name] for address, name in _shown(pictures, html)}
    room = Room()

    def fill(tag: re.Match[str]) -> str:
        alternative = alternatives.get(_address(tag[0]))
        alt = _ALT.search(tag[0])
        if not alternative or (alt and "".join(filter(None, alt.groups())).strip()) or not room.takes(alternative):
            return tag[0]
        return f'<img alt="{entities.escape(alternative)}"{_ALT.sub("", tag[0], 1)[4:]}'

    return _PICTURE.sub(fill, html)


def with_credits(item: Members, html: str) -> str:
    """The body in which a picture says whose it is: Superdesk's editor writes the caption below it alone."""
    known = {name: entities.escape(credit_of(one), quote=False) for name, one in associated(item)}
    room = Room()

    def add(figure: re.Match[str]) -> str:
        credit = known.get(figure[2].lower())
        if not credit or credit in figure[1] or not room.takes(credit):
            return figure[0]
        if figure[3] == "</figcaption>":
            return f"{figure[1]} <small>{credit}</small></figcaption>"
        return f"{figure[1]}<figcaption><small>{credit}</small></figcaption></figure>"

    return _FIGURE.sub(add, html)


def _shown(pictures: Mapping[str, Members], html: str | None) -> Iterator[tuple[str, str]]:
    """The addresses under which a body may show an associated picture, each with the name of that: those of its
    renditions, their media ids, and whatever stands where Superdesk's editor says that it is this picture."""
    for name, one in pictures.items():
        for rendition in renditions(one):
            yield from ((address, name) for address in (rendition.href, rendition.media_id) if address)
    for found in _EMBED.finditer(html or ""):
        name = found[1].lower()
        if name in pictures and (address := _address(found[2])):
            yield address, name


def _address(tag: str) -> str:
    found = _SRC.search(tag)
    return unescape(found[1] or found[2] or "").strip() if found else ""

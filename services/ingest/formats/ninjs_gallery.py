"""The galleries of a Superdesk article: fields of its own that hold several pictures, which its body does not show. A
field of one picture is none: it may be there for cards and social media alone."""

import html as entities
import re
from collections.abc import Iterator

from services.ingest.draft import Picture
from services.ingest.formats.ninjs_body_pictures import names_in
from services.ingest.formats.ninjs_pictures import Rendition, associated, best_rendition, pictured, place
from services.ingest.formats.reading import Members
from services.ingest.html import text_to_html

_IN_GALLERY = re.compile(r"(.+)--([0-9]{1,9})\Z", re.DOTALL)


def with_galleries(item: Members, html: str | None, text: str | None, own: Picture | None) -> str | None:
    """The body, followed by the pictures of galleries that stand neither in it nor, as the article's own, above it."""
    figures = "".join(_figures(item, html or "", own))
    return f"{html or text_to_html(text or '')}{figures}" if figures else html


def _figures(item: Members, html: str, own: Picture | None) -> Iterator[str]:
    pictures = dict(associated(item))
    best = {name: found for name, one in pictures.items() if (found := best_rendition(one))}
    names = _in_order({name: pictures[name] for name in best})
    there = {own.media_id or own.url} if own else set()
    there |= {_key(best[name]) for name in names_in(html, pictures) if name in best} if names else set()
    for name in names:
        if (address := best[name].href or best[name].media_id) and _key(best[name]) not in there:
            there.add(_key(best[name]))
            yield _figure(pictured(pictures[name], best[name]), address)


def _in_order(pictures: dict[str, Members]) -> list[str]:
    """The names of those in galleries: one gallery after the other, each in the order that its numbers say."""
    fields: dict[str, list[tuple[float, int, str]]] = {}
    for name, one in pictures.items():
        if found := _IN_GALLERY.match(name):
            fields.setdefault(found[1], []).append((place(one), int(found[2]), name))
    return [name for field in fields.values() if len(field) > 1 for *_, name in sorted(field)]


def _key(rendition: Rendition) -> str | None:
    return rendition.media_id or rendition.url


def _figure(picture: Picture, address: str) -> str:
    alt, caption, credit = (entities.escape(one) for one in (picture.alt, picture.caption, picture.credit))
    credit = f"<small>{credit}</small>" if credit else ""
    below = f"<figcaption>{' '.join(filter(None, (caption, credit)))}</figcaption>" if caption or credit else ""
    return f'<figure><img src="{entities.escape(address)}" alt="{alt}">{below}</figure>'

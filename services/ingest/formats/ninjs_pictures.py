"""The pictures of a ninjs item: its own renditions, and those of the items that are associated with it."""

from dataclasses import dataclass

from services.ingest.draft import Picture
from services.ingest.formats.bounds import MAX_GUID
from services.ingest.formats.ninjs_identity import identity
from services.ingest.formats.ninjs_words import body, described_as, description, headline
from services.ingest.formats.reading import Members, web_address
from services.ingest.web import absolute
from shared.media import TYPES

_KINDS = ("picture", "graphic")
_WITHDRAWN = ("withheld", "canceled", "cancelled", "unpublished", "embargoed")
_FEATURED = ("featuremedia", "featureimage", "mainpic", "main", "featured")
_SHOWN = ("", *TYPES)
_EMBEDDED = ("embedded", "editor_")
_CAPTIONS = ("caption", "main", "summary", "text")


@dataclass(frozen=True, slots=True)
class Rendition:
    """One file of a picture, as it was pushed or where it can be fetched."""

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
    ranked: list[tuple[tuple[int, bool, float], Members, Rendition]] = []
    for name, one in associated(item):
        named = best_rendition(one)
        if best := named or _by_reference(one):
            rank = 3 if named is None else 0 if name in _FEATURED else 2 if name.startswith(_EMBEDDED) else 1
            ranked.append(((rank, one.text("type").lower() == "graphic", place(one)), one, best))
    if not ranked:
        return itself(item) if item.text("mimetype").startswith("image/") else None
    _, one, best = min(ranked, key=lambda entry: entry[0])  # of several alike the first
    return pictured(one, best)


def itself(item: Members) -> Picture | None:
    """The picture that an item itself is; None if it has no rendition that can be found again."""
    best = best_rendition(item)
    return pictured(item, best) if best else None


def associated(item: Members, *, withdrawn: bool = False) -> list[tuple[str, Members]]:
    """The pictures that may be shown, or those that may not: each is an item, with a status of its own. What Superdesk
    only relates to an article is another one, though it be a picture."""
    related = _related_fields(item)
    found = [(name.lower(), one) for name, one in item.named("associations") if is_withdrawn(one) is withdrawn]
    return [(name, one) for name, one in found if name.rpartition("--")[0] not in related and _is_picture(one)]


def _related_fields(item: Members) -> set[str]:
    """The fields of a Superdesk article, in lower case, whose items are related content rather than its media."""
    fields = item.get("extra_items")
    told = fields.items() if isinstance(fields, dict) else ()
    return {name.lower() for name, one in told if isinstance(one, dict) and one.get("type") == "related_content"}


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


def best_rendition(item: Members) -> Rendition | None:
    """The original if it is there, else the widest; but none of a kind that pages do not show (TIFF, HEIC, SVG) while
    there is another."""
    found = [one for one in renditions(item) if one.media_id or one.href]
    return max(found, key=lambda one: (one.shown, one.original, one.width), default=None)


def _by_reference(item: Members) -> Rendition | None:
    """A picture that is only named: it may have been pushed as an item of its own."""
    guid = identity(item)
    return Rendition(guid, None, 0, original=False, shown=True) if 0 < len(guid) <= MAX_GUID else None


def renditions(item: Members) -> list[Rendition]:
    """The files of a picture that are images, as far as they say what they are."""
    found = []
    for name, one in item.named("renditions"):
        kind = one.text("mimetype", "contenttype").lower()
        if kind and not kind.startswith("image/"):
            continue
        media_id, href = one.text("media"), one.text("href")
        found.append(
            Rendition(
                media_id=media_id if 0 < len(media_id) <= MAX_GUID else None,
                href=href if web_address(absolute(href)) else None,
                width=_number(one.get("width"), 0),
                original=name.lower() == "original",
                shown=kind.partition(";")[0].strip() in _SHOWN and one.get("variant") != "Watermark",  # TT
            )
        )
    return found


def place(item: Members) -> float:
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


def pictured(item: Members, rendition: Rendition) -> Picture:
    """A picture as one of its files shows it, and what is said of it."""
    return Picture(
        media_id=rendition.media_id,
        url=rendition.url,
        alt=alternative_of(item),
        credit=credit_of(item),
        caption=_caption(item),
    )


def alternative_of(item: Members) -> str:
    """What to say in its place; Superdesk sends that as a picture's body."""
    called = headline(item)
    return item.plain("body_text") or called or _caption(item)


def credit_of(item: Members) -> str:
    """Whose it is; what has to be printed of that where nobody is named."""
    named = item.plain("byline", "by", "copyrightholder") or described_as(item, "creditline")
    return named or item.plain("copyrightnotice")


def _caption(item: Members) -> str:
    described = description(item, *_CAPTIONS)
    return item.plain("description_text", "description_html") or described

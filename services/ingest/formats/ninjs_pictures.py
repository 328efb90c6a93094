"""The pictures of a ninjs item: its own renditions, and those of the items that are associated with it."""

from dataclasses import dataclass

from services.ingest.draft import Media, Picture
from services.ingest.formats.reading import MAX_GUID, Members, plain, web_address

_KINDS = ("picture", "graphic")
_FEATURED = ("featuremedia", "mainpic", "main", "featured")
_EMBEDDED = ("embedded", "editor_")


@dataclass(frozen=True, slots=True)
class _Rendition:
    media_id: str | None
    href: str | None
    width: float
    original: bool


def picture(item: Members) -> Picture | None:
    """The article's picture: the featured one, else the first that does not stand in the body, else the first."""
    ranked: list[tuple[int, int, Members, _Rendition]] = []
    for name, one in _associated(item):
        if best := _best(one):
            rank = 0 if name in _FEATURED else 2 if name.startswith(_EMBEDDED) else 1
            ranked.append((rank, len(ranked), one, best))
    if not ranked:
        best = _best(item) if item.text("mimetype").startswith("image/") else None
        return _picture(item, best) if best else None
    _, _, one, best = min(ranked, key=lambda entry: entry[:2])
    return _picture(one, best)


def embedded(item: Members) -> tuple[tuple[str, str], ...]:
    """Addresses of pushed renditions, as a body may refer to them, with their media ids."""
    found = {}
    for _, one in _associated(item):
        best = _best(one)
        for rendition in _renditions(one):
            if rendition.href and rendition.media_id and best and best.media_id:
                found[rendition.href] = best.media_id
    return tuple(found.items())


def media(item: Members, guid: str) -> Media | None:
    """A picture that is an item of its own; None if it has no rendition that can be found again."""
    best = _best(item)
    if best is None:
        return None
    shown = _picture(item, best)
    return Media(
        guid=guid,
        media_id=shown.media_id,
        url=shown.url,
        alt=shown.alt,
        credit=shown.credit,
        caption=shown.caption,
    )


def _associated(item: Members) -> list[tuple[str, Members]]:
    found = [(name.lower(), one) for name, one in item.named("associations")]
    return [(name, one) for name, one in found if one.text("type").lower() in _KINDS]


def _best(item: Members) -> _Rendition | None:
    """The original if it is there, else the widest."""
    found = [one for one in _renditions(item) if one.media_id or one.href]
    return max(found, key=lambda one: (one.original, one.width), default=None)


def _renditions(item: Members) -> list[_Rendition]:
    found = []
    for name, one in item.named("renditions"):
        kind = one.text("mimetype", "contenttype").lower()
        if kind and not kind.startswith("image/"):
            continue
        media_id = one.text("media")
        found.append(
            _Rendition(
                media_id=media_id if 0 < len(media_id) <= MAX_GUID else None,
                href=web_address(one.text("href")),
                width=_width(one.get("width")),
                original=name.lower() == "original",
            )
        )
    return found


def _width(value: object) -> float:
    """Superdesk has widths as numbers, as text, and as null."""
    if isinstance(value, int | float):
        return float(value)
    return float(value) if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) < 10 else 0


def _picture(item: Members, rendition: _Rendition) -> Picture:
    headline = item.plain("headline") or next((plain(one.text("value")) for one in item.objects("headlines")), "")
    described = [plain(one.text("value")) for one in item.objects("descriptions")]
    caption = item.plain("description_text", "description_html") or next((text for text in described if text), "")
    return Picture(
        media_id=rendition.media_id,
        url=rendition.href,
        # Superdesk sends a picture's alternative text as its body
        alt=item.plain("body_text") or headline or caption,
        credit=item.plain("byline", "by", "copyrightholder"),
        caption=caption,
    )

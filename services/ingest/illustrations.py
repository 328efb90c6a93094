"""An article's pictures: what a source has pushed gets its public address here."""

import dataclasses
import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from services.ingest.added import Room
from services.ingest.draft import Draft, Picture
from services.ingest.references import unescape
from services.ingest.sizes import Size
from shared.articles import Image
from shared.media import Original, find_media, height_of
from shared.store import Store

# what a picture shows, or a web address: looked up whole, each once, however many pictures and addresses there are
_ADDRESS = re.compile(r"""(?<=src=")[^"]+|(?<=src=')[^']+|https?://[^\s"'<>]+""", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Illustrated:
    """A draft with its pictures found. `sizes` has the widest public address of each that it shows, with its width
    and height; `unknown` are the media ids that nobody has pushed."""

    draft: Draft
    image: Image | None = None
    sizes: Mapping[str, Size] = field(default_factory=dict)
    unknown: tuple[str, ...] = ()


async def illustrate(store: Store, source: str, draft: Draft) -> Illustrated:
    """Find the pictures that a draft names; an address of its own stands in for one that nobody has pushed."""
    wanted = {draft.image.media_id} if draft.image and draft.image.media_id else set()
    wanted |= {media_id for _, media_id in draft.embedded}
    if not wanted:
        return Illustrated(draft, linked(draft.image))
    found = {media_id: original for media_id in wanted if (original := await find_media(store, source, media_id))}
    shown = {media_id: original for media_id, original in found.items() if original.shown}
    image = linked(draft.image)
    if draft.image and draft.image.media_id in shown:
        image = _pushed(draft.image, shown[draft.image.media_id])
    body = draft.body_html
    addresses = {address: _widest(shown[media_id])[0] for address, media_id in draft.embedded if media_id in shown}
    if draft.image and image:  # the article's own is the same one in the body, or readers would get it twice
        own = draft.image.media_id or draft.image.url
        addresses |= {address: image.url for address, key in draft.embedded if key == own}
    if body and addresses:
        room = Room()
        body = _ADDRESS.sub(lambda found: _public(found[0], addresses, room), body)
    sizes = dict(_widest(original) for original in shown.values())
    unknown = tuple(sorted(wanted - found.keys()))
    return Illustrated(dataclasses.replace(draft, body_html=body), image, sizes, unknown)


def _public(address: str, addresses: Mapping[str, str], room: Room) -> str:
    """The public address of a picture that was pushed, whether `&` is escaped in its own; any other as it is."""
    public = addresses.get(address) or addresses.get(unescape(address).strip())
    return public if public and room.takes(public) else address


def _widest(original: Original) -> tuple[str, Size]:
    """The address of its widest public file, and the size of that."""
    width, name = max(original.names().items())
    return name, (width, height_of(original, width))


def _pushed(picture: Picture, original: Original) -> Image:
    url, (width, height) = _widest(original)
    return Image(
        url=url, alt=picture.alt, credit=picture.credit, caption=picture.caption,
        width=width, height=height, widths=tuple(original.names()),
    )  # fmt: skip


def linked(picture: Picture | None) -> Image | None:
    """A picture that is only linked to."""
    if picture is None or picture.url is None:
        return None
    return Image(url=picture.url, alt=picture.alt, credit=picture.credit, caption=picture.caption)

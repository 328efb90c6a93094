"""Pictures: the index of what sources have pushed, where originals are kept, and what their public files are called.

`media:{source}:{media_id}` what a source's media id stands for, JSON; the guid of a picture that came as an item of its
own stands for the same, and `media-said:{source}:{guid}` is which version of that said so, JSON. Originals are files
named by their digest; public files are made from them (`shared.imaging`), in WIDTHS, for live articles alone.
`media-lengths` hash, the address of a public file → its bytes: feeds say how long a picture is, and are made from the
store alone; and what has another length than it was made with is damaged.
"""

import re
import stat
from pathlib import Path

from shared.articles import Frozen
from shared.store import Store

LENGTHS = "media-lengths"
WIDTHS = (480, 960, 1600)
TYPES = ("image/jpeg", "image/jpg", "image/pjpeg", "image/png", "image/webp", "image/gif")
"""What senders call them."""
_NAME = re.compile(r"/media/[0-9a-f]{2}/([0-9a-f]{40})-(\d{1,5})\.(jpg|webp)")


def media_key(source: str, media_id: str) -> str:
    """Key of what a source's media id stands for."""
    return f"media:{source}:{media_name(media_id)}"


def said_key(source: str, item: str) -> str:
    """Key of which version of a picture's own item has said what that stands for."""
    return f"media-said:{source}:{media_name(item)}"


def media_name(media_id: str) -> str:
    """A media id as it is kept: systems write the same one with a slash before it and without."""
    return media_id.strip().lstrip("/ ")


class Original(Frozen):
    """A file as it was pushed. Width and height are as it is looked at, 0 for what is no picture."""

    digest: str
    type: str
    size: int
    width: int = 0
    height: int = 0
    alpha: bool = False

    @property
    def shown(self) -> bool:
        """Whether it is a picture that a page can show."""
        return self.width > 0

    def names(self) -> dict[int, str]:
        """Its public files by width, narrowest first."""
        return media_names(self.digest, self.width, self.alpha) if self.shown else {}


async def find_media(store: Store, source: str, media_id: str) -> Original | None:
    """What a source's media id stands for."""
    kept = await store.do("GET", media_key(source, media_id))
    return Original.model_validate_json(kept) if kept else None


def original_path(folder: Path, digest: str) -> Path:
    """Where an original is kept."""
    return folder / digest[:2] / digest


def media_names(digest: str, width: int, alpha: bool = False) -> dict[int, str]:
    """The public files of an original that is `width` wide: none is wider than it, and none than the last of WIDTHS."""
    widest = min(width, WIDTHS[-1])
    ending = "webp" if alpha else "jpg"
    widths = [*(one for one in WIDTHS if one < widest), widest]
    return {one: f"/media/{digest[:2]}/{digest}-{one}.{ending}" for one in widths}


def siblings(url: str) -> list[str]:
    """All public files of an original, from the address of its widest; none for any other address."""
    found = _NAME.fullmatch(url)
    return list(media_names(found[1], int(found[2]), found[3] == "webp").values()) if found else []


def digest_of(url: str) -> str | None:
    """The digest of the original that a public file is made from; None for any other address."""
    found = _NAME.fullmatch(url)
    return found[1] if found else None


def height_of(original: Original, width: int) -> int:
    """How high its public file of that width is."""
    return round(original.height * width / original.width) if original.width else 0


def length_of(path: Path) -> int | None:
    """How many bytes a file has; None if there is none."""
    try:
        found = path.stat()
    except (FileNotFoundError, NotADirectoryError):
        return None
    return found.st_size if stat.S_ISREG(found.st_mode) else None


def is_whole(length: int | None, made_with: int | None) -> bool:
    """Whether a public file has the length that it was made with; of one that no length is known of, whether it has
    any."""
    return bool(length) and length == (made_with or length)

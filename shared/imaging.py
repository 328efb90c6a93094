"""Pictures looked at, and the public files made from them, within bounds of memory and time: whoever pushes a picture
may have made it to hurt.
"""

import secrets
import warnings
from collections.abc import Container
from io import BytesIO
from pathlib import Path

from PIL import Image, ImageCms
from PIL.Image import Transpose

from shared.jpeg import BEGIN, MAX_SCANS, MAX_SEGMENTS, has_many_scans, has_many_segments, is_kept_whole
from shared.media import WIDTHS, media_names

MAX_PIXELS = 50_000_000
"""Of a picture as it is decoded: 200 MB."""
MAX_JPEG_PIXELS = 4 * MAX_PIXELS
"""Of a JPEG that is decoded no larger than it is needed: cameras have up to 100 million, telephones 200."""
BAND = 128  # rows
MAX_RATIO = 10  # of the longer side to the shorter one: WebP ends at 16,383 pixels
FORMATS = ("JPEG", "PNG", "WEBP", "GIF")
_ORIENTATION = 0x0112  # of EXIF
_TURNS = {
    2: Transpose.FLIP_LEFT_RIGHT,
    3: Transpose.ROTATE_180,
    4: Transpose.FLIP_TOP_BOTTOM,
    5: Transpose.TRANSPOSE,
    6: Transpose.ROTATE_270,
    7: Transpose.TRANSVERSE,
    8: Transpose.ROTATE_90,
}
_SIDEWAYS = (Transpose.TRANSPOSE, Transpose.ROTATE_270, Transpose.TRANSVERSE, Transpose.ROTATE_90)

# the bound of ours is checked before anything is decoded; Pillow's only warns
Image.MAX_IMAGE_PIXELS = None
# a line on stderr for each tag of EXIF that is damaged, and all of them remembered
warnings.filterwarnings("ignore", category=UserWarning, module=r"PIL\.")


class NoPicture(ValueError):
    """A file that cannot be shown, and why."""


def look(path: Path) -> tuple[str, int, int, bool]:
    """Decode a picture and say its type, width, height and whether it is transparent. Raises NoPicture."""
    opened, size = _open(path)
    with opened as picture:
        kind = Image.MIME.get(picture.format or "", "") if picture.format != "MPO" else "image/jpeg"
        turn = _turn(picture)
        _decode(picture)
        width, height = size if turn not in _SIDEWAYS else size[::-1]
        return kind, width, height, _is_transparent(picture)


def derive(original: Path, out: Path, damaged: Container[str] = ()) -> list[Path]:
    """Make the public files of an original below `out` (`out/media/…`), each complete when it gets its name.

    The same original gives the same bytes. Files that are there already are left alone, but for those whose address is
    among the `damaged`. Raises NoPicture, and FileNotFoundError where there is no original.
    """
    opened, size = _open(original)
    with opened as picture:
        turn, alpha = _turn(picture), _is_transparent(picture)
        width, height = size if turn not in _SIDEWAYS else size[::-1]
        names = media_names(original.name, width, alpha)
        paths = {one: out / name[1:] for one, name in names.items()}
        missing = {one: path for one, path in paths.items() if names[one] in damaged or not path.exists()}
        if missing:
            _decode(picture)
            ready = _reduced(picture, alpha, sideways=turn in _SIDEWAYS)
            ready = ready.transpose(turn) if turn is not None else ready
            for one, path in missing.items():
                _write(ready, (one, round(height * one / width)), path)
    return list(paths.values())


def _open(path: Path) -> tuple[Image.Image, tuple[int, int]]:
    """Open a picture of one of the FORMATS within the bounds, without decoding it; and its size, since a JPEG may be
    decoded smaller. Raises NoPicture."""
    try:
        jpeg = _read_jpeg(path)
        if has_many_segments(jpeg):
            raise NoPicture(f"The JPEG has more than {MAX_SEGMENTS} short segments; save it again.")
        picture = Image.open(path, formats=FORMATS)
    except (FileNotFoundError, NoPicture):
        raise
    except (OSError, ValueError, SyntaxError, EOFError) as error:
        raise NoPicture("This is no picture in JPEG, PNG, WebP or GIF.") from error
    size = picture.size
    most = MAX_JPEG_PIXELS if jpeg and not is_kept_whole(jpeg) else MAX_PIXELS
    if size[0] * size[1] <= most:
        picture.draft("RGB", _needed(size, sideways=_turn(picture) in _SIDEWAYS))  # does nothing to others
    if wrong := _beyond_bounds(picture, size, jpeg):
        picture.close()
        raise NoPicture(wrong)
    return picture, size


def _read_jpeg(path: Path) -> bytes:
    """All of a JPEG; nothing of what is none."""
    with path.open("rb") as file:
        if file.read(len(BEGIN)) != BEGIN:
            return b""
        file.seek(0)
        return file.read()


def _beyond_bounds(picture: Image.Image, size: tuple[int, int], jpeg: bytes) -> str:
    """Which bound a picture of this size goes beyond, as it would be decoded now; empty if it keeps within all."""
    if picture.width * picture.height > MAX_PIXELS:
        return f"The picture has more than {MAX_PIXELS // 1_000_000} million pixels; send a smaller one."
    if max(size) > MAX_RATIO * min(size):
        return f"One side of the picture is more than {MAX_RATIO} times the other; send it in pieces."
    if has_many_scans(jpeg):
        return f"The JPEG has more than {MAX_SCANS} scans; save it again."
    return ""


def _needed(size: tuple[int, int], *, sideways: bool) -> tuple[int, int]:
    """What a JPEG is decoded in at least: twice as wide as the widest public file, or just as wide where that would be
    too many pixels."""
    width = 2 * WIDTHS[-1]
    scale = next((one for one in (8, 4, 2) if size[sideways] >= one * width), 1)  # as Pillow takes it
    if size[0] * size[1] > MAX_PIXELS * scale**2:
        width = WIDTHS[-1]
    return (1, width) if sideways else (width, 1)


def _decode(picture: Image.Image) -> None:
    try:
        picture.load()
    except MemoryError:
        raise
    except Exception as error:  # Pillow's decoders raise of everything, and each means the same
        raise NoPicture("The picture is damaged.") from error


def _turn(picture: Image.Image) -> Transpose | None:
    """How to turn it so that it is upright (EXIF); damaged EXIF turns nothing."""
    try:
        return _TURNS.get(picture.getexif().get(_ORIENTATION, 1))
    except Exception:  # noqa: BLE001 - as in _decode
        return None


def _is_transparent(picture: Image.Image) -> bool:
    return picture.mode in ("RGBA", "LA", "PA") or "transparency" in picture.info


def _reduced(picture: Image.Image, alpha: bool, *, sideways: bool) -> Image.Image:
    """As published, and not several times as wide as the widest public file: a band at a time, since a whole picture
    would take as much memory again for each mode and profile that it goes through."""
    factor = picture.size[sideways] // (2 * WIDTHS[-1])
    if factor < 2:
        return _as_published(picture, alpha)
    height, whole = BAND * factor, None
    for top in range(0, picture.height, height):
        cut = picture.crop((0, top, picture.width, min(top + height, picture.height)))
        band = _as_published(cut, alpha).reduce(factor)
        if whole is None:
            whole = Image.new(band.mode, (band.width, -(-picture.height // factor)))
        whole.paste(band, (0, top // factor))
    assert whole is not None  # noqa: S101 - a picture has a row
    return whole


def _as_published(picture: Image.Image, alpha: bool) -> Image.Image:
    """In sRGB, with an alpha channel or without, and without EXIF, which may say where and by whom it was taken."""
    mode = "RGBA" if alpha else "RGB"
    picture = _in_8_bits(picture)
    profile = picture.info.get("icc_profile")
    if picture.mode == "P" or (alpha and picture.mode == "RGB"):
        picture = picture.convert(mode)  # a profile says what colours mean: not numbers of a palette, nor transparency
    if profile and picture.mode in ("RGB", "RGBA", "CMYK"):
        as_mode = "RGBA" if picture.mode == "RGBA" else "RGB"
        try:
            source = ImageCms.ImageCmsProfile(BytesIO(profile))
            turned = ImageCms.profileToProfile(picture, source, ImageCms.createProfile("sRGB"), outputMode=as_mode)
        except (ImageCms.PyCMSError, OSError, ValueError):
            turned = None  # a damaged profile is as good as none
        if turned is not None:
            return turned.convert(mode)
    return picture.convert(mode)


def _in_8_bits(picture: Image.Image) -> Image.Image:
    """Grey in 16 bits scaled to 8, which Pillow would cut off instead: all but the darkest would be white."""
    if not picture.mode.startswith("I"):
        return picture
    scaled = picture.convert("I").point(lambda grey: grey / 257).convert("L")
    if isinstance(see_through := picture.info.get("transparency"), int):
        scaled.info["transparency"] = see_through // 257
    return scaled


def _write(picture: Image.Image, size: tuple[int, int], path: Path) -> None:
    sized = picture if picture.size == size else picture.resize(size, Image.Resampling.LANCZOS)
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    try:
        if path.suffix == ".webp":
            sized.save(unfinished, "WEBP", quality=82, method=4)
        else:
            # the comment of an original, which may say as much as its EXIF, would be written along
            sized.save(unfinished, "JPEG", quality=82, optimize=True, progressive=True, comment=b"")
        if path.is_dir():
            path.rmdir()
        unfinished.replace(path)
    finally:
        unfinished.unlink(missing_ok=True)

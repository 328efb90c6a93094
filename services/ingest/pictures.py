"""What was pushed as media, looked at before it is kept. Blocking: to be called in a thread."""

import re
from codecs import BOM_UTF8
from pathlib import Path

from shared.imaging import NoPicture, look
from shared.media import TYPES, Original
from shared.problems import Fault, Problem

_PICTURE_NAME = re.compile(r".*\.(?:jpe?g|png|webp|gif)", re.IGNORECASE | re.DOTALL)
_MAGIC = (b"\xff\xd8\xff", b"\x89PNG", b"GIF8", b"RIFF")
# what may stand before the first element of XML
_PROLOG = re.compile(rb"\s+|<\?.*?\?>|<!--.*?-->|<!doctype\b[^\[>]*(?:\[.*?\]\s*)?>", re.IGNORECASE | re.DOTALL)
_SVG = re.compile(rb"<(?:[\w.-]+:)?svg[\s>/]", re.IGNORECASE)
_LOOK_AT = 4096


def inspect(path: Path, digest: str, size: int, declared: str, filename: str) -> Original:
    """What a file is: a picture that decodes, or something else (a document, a film, a picture in a format that is not
    shown), which is kept and never shown.

    Raises Problem 422 for a JPEG, PNG, WebP or GIF that is none, and for SVG, which can run scripts.
    """
    with path.open("rb") as file:
        begins = file.read(_LOOK_AT)
    declared = declared.partition(";")[0].strip().lower()
    if "svg" in declared or filename.lower().endswith((".svg", ".svgz")) or _is_svg(begins):
        raise _refused("SVG can carry scripts and is not taken; send JPEG, PNG, WebP or GIF.")
    claims = declared in TYPES or _PICTURE_NAME.fullmatch(filename) or begins.startswith(_MAGIC[:3])
    is_webp = begins.startswith(_MAGIC[3]) and begins[8:12] == b"WEBP"
    if not claims and not is_webp:
        return Original(digest=digest, type=declared or "application/octet-stream", size=size)
    try:
        kind, width, height, alpha = look(path)
    except NoPicture as error:
        raise _refused(str(error)) from error
    return Original(digest=digest, type=kind, size=size, width=width, height=height, alpha=alpha)


def _is_svg(begins: bytes) -> bool:
    """Whether the first element is SVG's: a text may well speak of it, and a page may have one in it."""
    at = len(BOM_UTF8) if begins.startswith(BOM_UTF8) else 0
    while prolog := _PROLOG.match(begins, at):
        at = prolog.end()
    return _SVG.match(begins, at) is not None


def _refused(detail: str) -> Problem:
    return Problem(422, detail, [Fault("/media", detail)])

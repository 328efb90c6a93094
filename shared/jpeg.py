"""A JPEG's segments, looked at before anything is decoded: what would cost more than its size says. Pure."""

import re
from collections.abc import Iterator
from itertools import islice

BEGIN = b"\xff\xd8"
MAX_SCANS = 64  # each goes over all of its pixels, and takes a few bytes of the file
MAX_SEGMENTS = 10_000  # that are shorter than 256 bytes: Pillow keeps a hundred bytes of each
_SHORT = re.compile(rb"\xff[\xc0-\xcf\xd8-\xfe]\x00")
_MARKER = re.compile(rb"\xff([^\x00\x01\xd0-\xd7\xff])")  # of those that a length follows, or the end
_SCAN, _END = b"\xda", b"\xd9"
_FRAMES = (b"\xc0", b"\xc1", b"\xc3", b"\xc9", b"\xcb")  # of those that a decoder takes
_PROGRESSIVE = (b"\xc2", b"\xca")


def has_many_segments(jpeg: bytes) -> bool:
    """Whether it has more than MAX_SEGMENTS, wherever: Pillow reads on where others would not."""
    return _has_more(_SHORT.finditer(jpeg), MAX_SEGMENTS)


def has_many_scans(jpeg: bytes) -> bool:
    """Whether it has more than MAX_SCANS."""
    return _has_more((kind for kind, _ in _segments(jpeg) if kind == _SCAN), MAX_SCANS)


def is_kept_whole(jpeg: bytes) -> bool:
    """Whether all of it is kept before any of it is decoded, twice as large as its pixels: a progressive one, and one
    whose colours come one after the other."""
    colours = b""
    for kind, at in _segments(jpeg):
        if kind in _PROGRESSIVE:
            return True
        if kind in _FRAMES:
            colours = jpeg[at + 7 : at + 8]
        if kind == _SCAN:
            return jpeg[at + 2 : at + 3] < colours
    return False


def _segments(jpeg: bytes) -> Iterator[tuple[bytes, int]]:
    """The kind of each segment, and where its length stands (ITU-T T.81 §B); what phones add after the end is none."""
    at = len(BEGIN)
    while (marker := _MARKER.search(jpeg, at)) and marker[1] != _END:
        yield marker[1], marker.end()
        at = marker.end() + max(2, int.from_bytes(jpeg[marker.end() : marker.end() + 2]))


def _has_more(found: Iterator[object], most: int) -> bool:
    return next(islice(found, most, None), None) is not None

"""A multipart body that lies on disk whole, taken apart: one text, one file. Blocking: to be called in a thread."""

import hashlib
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO

from python_multipart.exceptions import FormParserError
from python_multipart.multipart import MultipartParser, parse_options_header

from services.ingest.formats.bounds import MAX_GUID
from shared.media import media_name
from shared.problems import Fault, Problem

CHUNK = 256 * 1024
MAX_PARTS = 16
MAX_ID_BYTES = 4 * MAX_GUID  # of characters in UTF-8


@dataclass(slots=True)
class Part:
    """A file that was sent: its digest, and what its sender says it is."""

    digest: str
    size: int
    declared: str
    filename: str


@dataclass(slots=True)
class _Taking:
    """What the parser has come across so far."""

    out: BinaryIO
    headers: dict[str, bytes] = field(default_factory=dict)
    header: bytearray = field(default_factory=bytearray)
    value: bytearray = field(default_factory=bytearray)
    name: str = ""
    ident: bytearray | None = None
    part: Part | None = None
    parts: int = 0
    ended: bool = False
    digest: hashlib.blake2b = field(default_factory=lambda: hashlib.blake2b(digest_size=20))

    def begin(self) -> None:
        self.parts += 1
        if self.parts > MAX_PARTS:
            raise Problem(400, f"The body has more than {MAX_PARTS} parts; send media_id and media.")
        self.headers = {}

    def end_header(self) -> None:
        self.headers[self.header.decode("latin-1").lower()] = bytes(self.value)
        self.header.clear()
        self.value.clear()

    def end_headers(self) -> None:
        _, options = parse_options_header(self.headers.get("content-disposition"))
        self.name = options.get(b"name", b"").decode("utf-8", "replace")
        if self.name == "media_id" and self.ident is None:
            self.ident = bytearray()
        elif self.name == "media" and self.part is None:
            declared = self.headers.get("content-type", b"").decode("latin-1")
            self.part = Part("", 0, declared, options.get(b"filename", b"").decode("utf-8", "replace"))
        elif self.name in ("media_id", "media"):
            raise Problem(400, f"The part {self.name} occurs twice; send it once.")

    def take(self, raw: bytes, start: int, end: int) -> None:
        if self.name == "media_id" and self.ident is not None:
            self.ident += raw[start:end]
            if len(self.ident) > MAX_ID_BYTES:
                raise _missing("media_id", f"The media_id is too long; shorten it to {MAX_GUID} characters.")
        elif self.name == "media" and self.part is not None:
            piece = raw[start:end]
            self.digest.update(piece)
            self.out.write(piece)
            self.part.size += len(piece)

    def finish(self) -> None:
        self.ended = True


def take_apart(body: Path, content_type: str, out: Path) -> tuple[str, Part]:
    """The media_id, and the file, written to `out`.

    Raises Problem 415 for another type of body, 400 for one that is no multipart body, 422 for one without the two.
    """
    kind, options = parse_options_header(content_type)
    boundary = options.get(b"boundary", b"")
    if kind != b"multipart/form-data" or not 0 < len(boundary) <= 256:
        raise Problem(415, "Send multipart/form-data, with a boundary and the parts media_id and media.")
    with body.open("rb") as file, out.open("wb") as target:
        taking = _Taking(target)
        _parse(file, boundary, taking)
    if taking.ident is None:
        raise _missing("media_id", "The media_id is missing; send it as a part of that name.")
    if taking.part is None or not taking.part.size:
        raise _missing("media", "The file is missing or empty; send it as a part named media.")
    taking.part.digest = taking.digest.hexdigest()
    return _ident(bytes(taking.ident)), taking.part


def _parse(file: BinaryIO, boundary: bytes, taking: _Taking) -> None:
    parser = MultipartParser(
        boundary,
        {
            "on_part_begin": taking.begin,
            "on_header_field": lambda raw, start, end: taking.header.extend(raw[start:end]),
            "on_header_value": lambda raw, start, end: taking.value.extend(raw[start:end]),
            "on_header_end": taking.end_header,
            "on_headers_finished": taking.end_headers,
            "on_part_data": taking.take,
            "on_end": taking.finish,
        },
    )
    try:
        while piece := file.read(CHUNK):
            parser.write(piece)
    except FormParserError as error:
        raise Problem(400, f"The body is no multipart/form-data: {error}.") from None
    if not taking.ended:
        raise Problem(400, "The multipart body ends too early; send it whole.")


def _ident(raw: bytes) -> str:
    try:
        ident = media_name(raw.decode())
    except UnicodeDecodeError:
        raise _missing("media_id", "The media_id is not UTF-8.") from None
    if not 0 < len(ident) <= MAX_GUID or not ident.isprintable():
        raise _missing("media_id", f"A media_id has 1 to {MAX_GUID} characters, none of them invisible.")
    return ident


def _missing(name: str, detail: str) -> Problem:
    return Problem(422, detail, [Fault(f"/{name}", detail)])

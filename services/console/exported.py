"""The lines of an exported file, `store.ndjson`: a head, a line a key, and an end that counts them. Pure.

A value is in base64, in the shape in which the store answers it. A stream has as many lines as it needs, one behind the
other: all but the last are `entries`. What passes here the store takes: an import writes nothing before the whole file
has passed.
"""

import math
import re
from base64 import b64decode
from binascii import Error as NotBase64
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import pairwise
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, BeforeValidator, Field, TypeAdapter, ValidationError

from shared.entries import order_of
from shared.store import Command

FORMAT = 2
PORTION = 2000
BESIDE = "import:"
"""What a stream's key begins with until all of it is there."""
LONG_IDLE_MS = 86_400_000
"""For how long what was read and not acknowledged is said to have lain there: those who take such entries over do."""
ASKED: dict[str, Callable[[str | bytes], Command]] = {
    "string": lambda key: ("GET", key),
    "hash": lambda key: ("HGETALL", key),
    "set": lambda key: ("SMEMBERS", key),
    "zset": lambda key: ("ZRANGE", key, 0, -1, "WITHSCORES"),
}
"""How the store is asked for what a key of a kind has; a stream is read in portions."""
_HIGHEST = 2**64 - 1
"""Of both halves of an entry's id."""


class Damaged(Exception):
    """The file is none that an export wrote, or not as it wrote it; its text is one line."""


def _bytes(value: Any) -> bytes:
    try:
        return b64decode(value, validate=True)
    except (TypeError, NotBase64):
        raise ValueError("not in base64") from None


def _pairs(parts: list[bytes]) -> list[bytes]:
    if len(parts) % 2:
        raise ValueError("an odd number of parts")
    return parts


def _scores(parts: list[bytes]) -> list[bytes]:
    if any(math.isnan(float(score)) for score in parts[1::2]):
        raise ValueError("a score that is no number")
    return parts


def _ident(text: str) -> str:
    if not re.fullmatch("[0-9]{1,20}-[0-9]{1,20}", text) or max(order_of(text)) > _HIGHEST:
        raise ValueError("not the id of an entry")
    return text


def _entry(raw: bytes) -> bytes:
    _ident(raw.decode())
    return raw


Ident = Annotated[str, AfterValidator(_ident)]
Raw = Annotated[bytes, BeforeValidator(_bytes)]
Members = Annotated[list[Raw], Field(min_length=1)]
Pairs = Annotated[Members, AfterValidator(_pairs)]


class _Kept(BaseModel):
    key: str


class _Text(_Kept):
    type: Literal["string"]
    value: Raw

    def commands(self) -> list[Command]:
        return [("SET", self.key, self.value)]


class _Hash(_Kept):
    type: Literal["hash"]
    value: Pairs

    def commands(self) -> list[Command]:
        return _written(self.key, "HSET", self.value)


class _Set(_Kept):
    type: Literal["set"]
    value: Members

    def commands(self) -> list[Command]:
        return _written(self.key, "SADD", self.value)


class _SortedSet(_Kept):
    type: Literal["zset"]
    value: Annotated[Pairs, AfterValidator(_scores)]

    def commands(self) -> list[Command]:
        scored = zip(self.value[1::2], self.value[::2], strict=True)
        return _written(self.key, "ZADD", [part for score, member in scored for part in (float(score), member)])


class _Group(BaseModel):
    name: str
    last: Ident
    read: int = Field(ge=0)
    """How many of the stream's entries that are in the file it got."""
    left: dict[str, list[Ident]] = {}
    """Entries that were read and not acknowledged, by reader."""

    def commands(self, stream: str) -> Iterator[Command]:
        yield "XGROUP", "CREATE", stream, self.name, self.last, "MKSTREAM", "ENTRIESREAD", self.read
        for reader, left in self.left.items():
            for at in range(0, len(left), PORTION):
                some = left[at : at + PORTION]
                yield "XCLAIM", stream, self.name, reader, 0, *some, "IDLE", LONG_IDLE_MS, "FORCE", "JUSTID"


def _distinct(groups: list[_Group]) -> list[_Group]:
    if len({group.name for group in groups}) < len(groups):
        raise ValueError("a group twice")
    return groups


_Read = list[tuple[Annotated[Raw, AfterValidator(_entry)], Pairs]]


class _Part(_Kept):
    """Entries of a stream; `continues` those of the line before."""

    value: _Read
    continues: bool = False

    @property
    def beside(self) -> str:
        """Its entries take many steps: nobody must read any before what its groups have read is known."""
        return BESIDE + self.key

    def added(self) -> list[Command]:
        """The commands that put them there."""
        added: list[Command] = [("XADD", self.beside, entry, *fields) for entry, fields in self.value]
        return added if self.continues else [("DEL", self.beside), *added]


class _Entries(_Part):
    type: Literal["entries"]
    value: _Read = Field(min_length=1)

    def commands(self) -> list[Command]:
        return self.added()


class _Stream(_Part):
    type: Literal["stream"]
    groups: Annotated[list[_Group], AfterValidator(_distinct)]

    def commands(self) -> list[Command]:
        if not (self.value or self.groups or self.continues):
            return [("DEL", self.key)]
        groups = (command for group in self.groups for command in group.commands(self.beside))
        return [*self.added(), *groups, ("RENAME", self.beside, self.key)]


class _End(BaseModel):
    type: Literal["end"]
    keys: int


class _Head(BaseModel):
    pressrun: int


Kept = _Text | _Hash | _Set | _SortedSet | _Entries | _Stream
_LINE: TypeAdapter[Kept | _End] = TypeAdapter(Annotated[Kept | _End, Field(discriminator="type")])


def head() -> dict[str, Any]:
    """The first line."""
    return {"pressrun": FORMAT}


def end(keys: int) -> dict[str, Any]:
    """The last line, after that many keys: without it a file was cut."""
    return {"type": "end", "keys": keys}


def kept(lines: Iterable[bytes]) -> Iterator[Kept]:
    """The keys, each with the `commands` that write it in place of what was there, in one step or in several, one after
    the other. Raises Damaged, at the end too."""
    rest = iter(lines)
    try:
        first = _Head.model_validate_json(next(rest, b""))
    except ValidationError as error:
        raise Damaged(f"line 1: {_reason(error)}") from None
    if first.pressrun != FORMAT:
        raise Damaged(f"it has the format {first.pressrun}; this version reads {FORMAT}")
    count, stream = 0, _Open()
    for number, line in enumerate(rest, 2):
        try:
            one = _LINE.validate_json(line)
        except ValidationError as error:
            raise Damaged(f"line {number}: {_reason(error)}") from None
        if wrong := stream.take(one):
            raise Damaged(f"line {number}: {wrong}")
        if isinstance(one, _End):
            if one.keys != count or next(rest, None) is not None:
                raise Damaged(f"line {number}: the end, after {count} keys of {one.keys}")
            return
        count += one.type != "entries"
        yield one
    raise Damaged(f"it was cut after {count} keys")


class _Open:
    """The stream whose lines are being read: its key, how many entries came, and the last of them."""

    def __init__(self) -> None:
        self._key: str | None = None
        self._count = 0
        self._last: tuple[int, ...] = (0, 0)

    def take(self, one: Kept | _End) -> str:
        """What is wrong with a line behind those before it; nothing mostly."""
        if not isinstance(one, _Part):
            return "" if self._key is None else f"the stream {self._key} has no end"
        if one.continues != (self._key is not None) or self._key not in (None, one.key):
            return "a part of a stream that does not follow the part before it"
        if not one.continues:
            self._count, self._last = 0, (0, 0)
        orders = [self._last, *(order_of(entry.decode()) for entry, _ in one.value)]
        if any(later <= earlier for earlier, later in pairwise(orders)):
            return "entries out of order"
        self._count, self._last = self._count + len(one.value), orders[-1]
        self._key = one.key if isinstance(one, _Entries) else None
        if isinstance(one, _Stream) and any(group.read > self._count for group in one.groups):
            return "a group that has read more than there is"
        return ""


def _written(key: str, write: str, parts: Sequence[bytes | float]) -> list[Command]:
    return [("DEL", key), *((write, key, *parts[at : at + PORTION]) for at in range(0, len(parts), PORTION))]


def _reason(error: ValidationError) -> str:
    first = error.errors(include_url=False, include_input=False)[0]
    return f"{'/'.join(map(str, first['loc']))} {first['msg']}".strip()

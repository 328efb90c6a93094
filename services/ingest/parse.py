"""JSON from strangers: bounded in depth and in the size of its numbers, and without the doubtful parts."""

import json
import re
from codecs import BOM_UTF8
from collections import Counter
from typing import Any

from services.ingest.text import MAX_DEPTH
from shared.problems import Problem

MAX_DIGITS = 20
MAX_REAL = 1100
"""Characters: written out, no double has more. PHP's old `serialize_precision` of 100 makes some fifty of 12.12."""
MAX_VALUES = 100_000
"""Each costs a hundred times its bytes by the time it is refused."""
# a text that is never closed ends with the body: were it none, each quote within it would be tried as a beginning
_STRINGS = re.compile(rb'"(?:[^"\\]++|\\.)*+(?:"|\\?\Z)', re.DOTALL)
_COMMA = ord(",")
_NO_MARKS = bytes(set(range(256)) - set(b"[]{},"))


class _Refused(ValueError):
    """A rule of ours, not of JSON's grammar."""


def parse_json(raw: bytes) -> Any:
    """The JSON value in `raw`.

    Raises Problem 400 for what is no JSON in UTF-8, and for what two readers would read differently: a name that
    occurs twice, NaN and infinities, nesting beyond MAX_DEPTH, whole numbers of more than MAX_DIGITS digits. So it is
    for others of more than MAX_REAL characters, and for more than MAX_VALUES values.
    """
    raw = raw.removeprefix(BOM_UTF8)
    marks = _marks(raw)
    if marks.count(b",") + marks.count(b"[") + marks.count(b"{") > MAX_VALUES:
        raise Problem(400, f"The JSON has more than {MAX_VALUES} values; send fewer.")
    if _too_deep(marks):
        raise Problem(400, f"The JSON is nested more than {MAX_DEPTH} deep; send a flatter document.")
    try:
        return _DECODER.decode(raw.decode())
    except UnicodeDecodeError as error:
        raise Problem(400, f"Byte {error.start} is not UTF-8; send JSON encoded as UTF-8.") from None
    except json.JSONDecodeError as error:
        where = f"line {error.lineno}, column {error.colno}"
        raise Problem(400, f"The body is not JSON: {error.msg} at {where}.") from None
    except _Refused as error:
        raise Problem(400, str(error)) from None


def _marks(raw: bytes) -> bytes:
    """The brackets and commas outside of strings; none where they are too few to matter, as in most bodies."""
    brackets = raw.count(b"[") + raw.count(b"{")
    if brackets <= MAX_DEPTH and brackets + raw.count(b",") <= MAX_VALUES:
        return b""
    return _STRINGS.sub(b"", raw).translate(None, _NO_MARKS)


def _too_deep(marks: bytes) -> bool:
    depth = 0
    for mark in marks:
        if mark in b"[{":
            depth += 1
            if depth > MAX_DEPTH:
                return True
        elif mark != _COMMA:
            depth -= 1
    return False


def _unique(members: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(members)
    if len(found) != len(members):
        times = Counter(name for name, _ in members)
        twice = next(name for name, count in times.items() if count > 1)
        raise _Refused(f"The member {twice!r:.80} occurs twice in one object; send it once.")
    return found


def _integer(digits: str) -> int:
    if len(digits) - digits.startswith("-") > MAX_DIGITS:
        raise _Refused(f"A number has more than {MAX_DIGITS} digits; send a smaller one, or text.")
    return int(digits)


def _real(digits: str) -> float:
    value = float(digits) if len(digits) <= MAX_REAL else float("inf")
    if value in (float("inf"), float("-inf")):
        raise _Refused("A number is too large or too long; send a smaller one, or text.")
    return value


def _constant(name: str) -> Any:
    raise _Refused(f"{name} is not JSON; leave the member out, or send null.")


_DECODER = json.JSONDecoder(object_pairs_hook=_unique, parse_int=_integer, parse_float=_real, parse_constant=_constant)

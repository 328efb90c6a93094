"""Characters that cannot be published: those that XML 1.0 or HTML forbids, and lone surrogates."""

import re
from typing import Any

# XML 1.0 (fifth edition) §2.2, and what HTML calls a parse error (§13.2.3.5): the C1 controls, which come from text
# of Windows that was read as Latin-1, and the noncharacters. Surrogates are refused rather than removed.
_PLANE = 0x10000
_NONCHARACTERS = "\ufdd0-\ufdef" + "".join(
    f"{chr(end - 2)}{chr(end - 1)}" for end in range(_PLANE, 18 * _PLANE, _PLANE)
)
_FORBIDDEN = re.compile(f"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f{_NONCHARACTERS}]")
_CONTROLS = bytes(code for code in (*range(32), 127) if code not in (9, 10, 13))
_C1 = re.compile(b"\xc2[\x80-\x9f]")  # as UTF-8
_NEXT_LINE = "\x85"  # a C1 control as well, but one that parts words
LONE_SURROGATE = "The text has half of a surrogate pair, which is no character; send whole characters."
MAX_DEPTH = 64


def clean_text(text: str) -> str:
    """The text without the characters that XML 1.0 or HTML forbids."""
    return _FORBIDDEN.sub("", text.replace(_NEXT_LINE, " ")) if _has_forbidden(text) else text


def strip_forbidden(tree: Any) -> Any:
    """The JSON tree (at most MAX_DEPTH deep) without forbidden characters, in its names too."""
    if isinstance(tree, str):
        return clean_text(tree)
    if isinstance(tree, dict):
        return {clean_text(name): strip_forbidden(value) for name, value in tree.items()}
    if isinstance(tree, list):
        return [strip_forbidden(value) for value in tree]
    return tree


def find_lone_surrogate(tree: Any) -> str | None:
    """The JSON pointer of the first text with a lone surrogate, or None; the pointer itself has none."""
    if isinstance(tree, str):
        return "" if _is_broken(tree) else None
    if isinstance(tree, dict):
        for name, value in tree.items():
            inner = "" if _is_broken(name) else find_lone_surrogate(value)
            if inner is not None:
                return f"/{escape(name)}{inner}"
    elif isinstance(tree, list):
        for index, value in enumerate(tree):
            if (inner := find_lone_surrogate(value)) is not None:
                return f"/{index}{inner}"
    return None


def escape(name: str) -> str:
    """A member's name as a part of a JSON pointer (RFC 6901 §3), lone surrogates replaced by U+FFFD."""
    name = name.replace("~", "~0").replace("/", "~1")
    return "".join("\ufffd" if "\ud800" <= c <= "\udfff" else c for c in name) if _is_broken(name) else name


def _is_broken(text: str) -> bool:
    if text.isascii():
        return False
    try:
        text.encode()
    except UnicodeEncodeError:
        return True
    return False


def _has_forbidden(text: str) -> bool:
    """Said fast: a body is scanned in a few µs, where a pattern takes several times that."""
    if text.isprintable():
        return False
    raw = text.encode("utf-8", "surrogatepass")
    if len(raw.translate(None, _CONTROLS)) != len(raw):
        return True
    # Every plane ends with two noncharacters, whose UTF-8 ends alike; a few others' does too, which costs a look.
    return len(raw) != len(text) and (
        b"\xbf\xbe" in raw or b"\xbf\xbf" in raw or b"\xef\xb7" in raw or _C1.search(raw) is not None
    )

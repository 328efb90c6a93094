"""Characters that cannot be published: those that XML 1.0 or HTML forbids."""

import re

# XML 1.0 (fifth edition) §2.2, and what HTML calls a parse error (§13.2.3.5): the C1 controls, which come from text
# of Windows that was read as Latin-1, and the noncharacters. Surrogates are refused rather than removed.
_PLANE = 0x10000
_NONCHARACTERS = "\ufdd0-\ufdef" + "".join(
    f"{chr(end - 2)}{chr(end - 1)}" for end in range(_PLANE, 18 * _PLANE, _PLANE)
)
_FORBIDDEN = re.compile(f"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f{_NONCHARACTERS}]")
_CONTROLS = bytes(code for code in (*range(32), 127) if code not in (9, 10, 13))
_C1 = re.compile(b"\xc2[\x80-\x9f]")  # as UTF-8
VISIBLE = (
    r"[^\s\u00ad\u061c\u115f\u1160\u180e\u200b-\u200f\u202a-\u202e\u2060-\u206f\u2800\u3164\ufe00-\ufe0f\ufeff\uffa0]"
)
"""What there is of a text on a page, as a pattern: soft hyphens, marks of direction and fillers alone are nothing."""
_VISIBLE = re.compile(VISIBLE)
_NEXT_LINE = "\x85"  # a C1 control as well, but one that parts words


def clean_text(text: str) -> str:
    """The text without the characters that XML 1.0 or HTML forbids."""
    return _FORBIDDEN.sub("", text.replace(_NEXT_LINE, " ")) if _has_forbidden(text) else text


def is_one_line(text: str) -> bool:
    """Whether every character can be published and none is a control, the end of a line among them."""
    return clean_text(text) == text and not any(control in text for control in "\t\n\r")


def is_blank(text: str) -> bool:
    """Whether nothing of it can be seen."""
    return _VISIBLE.search(text) is None


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

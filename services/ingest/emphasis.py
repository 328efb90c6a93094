"""Emphasis that its own style takes back: Google's Docs put all that is copied from them in such a <b>. Pure."""

import re

_TAG = re.compile(r"<(/?)(b|strong|i|em)(?=[\s>])([^<>]*)", re.IGNORECASE)
# not Word's `mso-bidi-font-weight`, which says what letters from the right are: it is in every bold of Word's
_NOT_BOLD = re.compile(r"(?<![\w-])font-weight:\s?(?:normal|400)\b", re.IGNORECASE)
_NOT_SLANTED = re.compile(r"(?<![\w-])font-style:\s?normal\b", re.IGNORECASE)
_TAKEN_BACK = {"b": _NOT_BOLD, "strong": _NOT_BOLD, "i": _NOT_SLANTED, "em": _NOT_SLANTED}


def without_undone(html: str) -> str:
    """The HTML in which such an element and its end have a name that nothing has: an end that stays would be that of
    the emphasis around it, and one that goes would leave all that follows a level deeper."""
    opened: dict[str, list[bool]] = {name: [] for name in _TAKEN_BACK}

    def rename(tag: re.Match[str]) -> str:
        name = tag[2].lower()
        if not tag[1]:
            opened[name].append(_TAKEN_BACK[name].search(tag[3]) is not None)
            is_undone = opened[name][-1]
        else:
            is_undone = bool(opened[name]) and opened[name].pop()
        return f"<{tag[1]}x-words{tag[3]}" if is_undone else tag[0]

    return _TAG.sub(rename, html)

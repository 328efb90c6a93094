"""What a form says of its fields, of which no page of ours has any. Pure."""

import re

# what can be ticked, or opens something without a script, is more than its label: a list of things to do, an accordion
_FIELD = re.compile(
    r"""<(?:input|select|textarea)\b(?![^<>]{0,4096}\stype\s*=\s*["']?(?:checkbox|radio)\b)([^<>]{0,4096})>""",
    re.IGNORECASE,
)
# bounded, and stopping at the next label, so that hostile HTML costs linear time
_LABEL = re.compile(
    r"<label\b([^<>]{0,4096})>([^<]*(?:<(?!/?label\b)[^<]*){0,64})</label\s*>",
    re.IGNORECASE,
)
_VALUE = r"""\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s"'>]+))"""
_ID = re.compile(rf"\sid{_VALUE}", re.IGNORECASE)
_FOR = re.compile(rf"\sfor{_VALUE}", re.IGNORECASE)


def without_labels(html: str) -> str:
    """The HTML without the labels of what one could write or choose there: around that, or for it by its id."""
    fields = {_value(_ID, field[1]) for field in _FIELD.finditer(html)} - {""}

    def keep(label: re.Match[str]) -> str:
        return " " if _value(_FOR, label[1]) in fields or _FIELD.search(label[2]) else label[0]

    return _LABEL.sub(keep, html)


def _value(attribute: re.Pattern[str], tag: str) -> str:
    found = attribute.search(tag)
    return next(filter(None, found.groups()), "") if found else ""

"""The words of a ninjs item: body, headline and descriptions, each in as many variants as there are roles.

1.x has members like `body_html` and `description_caption`, 2.x and 3.x have lists of objects with a `role`.
"""

import re

from services.ingest.formats.reading import Members, plain
from services.ingest.formats.words import one_body

_HTML = re.compile(r"<(?:p|div|h[1-6]|ul|ol|table|section|article|blockquote|figure|br|html|body)\b", re.IGNORECASE)
_HTML_TYPES = ("text/html", "application/xhtml+xml")
# of members like `body_html`
_TYPES = {"html": "text/html", "xhtml": "application/xhtml+xml", "richhtml5": "text/html", "text": "text/plain"}
# TT has `html5` too, with the pictures below the story rather than in their places
_BEST_BODIES = ("main", "richhtml5")
# news as XML, which has paragraphs too; 1.x does not say what kind of text a member like `body_nitf` is
_NITF = re.compile(r"(?:<\?xml\b[^<>]*>\s*)?(?:<!doctype\b[^<>]*>\s*)?<(\w*nitf|news(?:ml|item))\b", re.IGNORECASE)
# what NITF says again before the story: headline and byline
_HEAD = re.compile(r"<body\.head\b[^<>]*>", re.IGNORECASE)
_HEAD_ENDS = re.compile(r"</body\.head\s*>", re.IGNORECASE)
_SUBHEAD = re.compile(r"<(/?)hl2\b[^<>]*>", re.IGNORECASE)
# what the Canadian Press, TT and picture agencies tell their clients' desks in a description
_FOR_DESKS = ("creditline", "usage", "writer", "caption_writer", "update", "correction", "sortorder", "isnew")

_Variant = tuple[str, str, str]


def body(item: Members) -> tuple[str | None, str | None]:
    """The body, as HTML or else as text; the main one where there are others (a caption, a teaser) beside it, and NITF
    or text of another kind only where there is nothing else."""
    htmls, texts, nitfs, others = [], [], [], []
    for _, kind, value in sorted(_variants(item, "bodies", "body_"), key=_rank):
        kind = kind.partition(";")[0].strip()
        if news := _NITF.match(value):
            if kind in ("", *_HTML_TYPES) or news[1].lower().endswith("nitf"):
                nitfs.append(_story(value))
        elif kind in _HTML_TYPES or (not kind and _HTML.search(value)):
            htmls.append(value)
        elif kind in ("", "text/plain"):
            texts.append(value)
        elif kind.startswith("text/") and kind != "text/xml":
            others.append(value)  # what is not known of text (Markdown) is read as plain text (RFC 2046 §4.1.4)
    return one_body(htmls, texts) if htmls or texts else one_body(nitfs, others)


def _rank(variant: _Variant) -> int:
    return _BEST_BODIES.index(variant[0]) if variant[0] in _BEST_BODIES else len(_BEST_BODIES)


def _story(nitf: str) -> str:
    begins = _HEAD.search(nitf)
    ends = _HEAD_ENDS.search(nitf, begins.end()) if begins else None
    story = nitf[: begins.start()] + nitf[ends.end() :] if begins and ends else nitf
    return _SUBHEAD.sub(r"<\1h2>", story)


def headline(item: Members) -> str:
    """The headline, the main one where there are others."""
    told = _line(_variants(item, "headlines", "headline_"), "main")
    return told if _is_listed(item, "headline") else item.plain("headline") or told


def description(item: Members, *roles: str) -> str:
    """What the item is said to be in the first of these roles that it is described in, else in any but those that are
    for desks: who wrote the caption, what was corrected."""
    found = _variants(item, "descriptions", "description_")
    return _line([variant for variant in found if variant[0] not in _FOR_DESKS], *roles)


def described_as(item: Members, role: str) -> str:
    """What some agencies send as a description in a role of its own: whom to credit, a number among others."""
    found = _variants(item, "descriptions", "description_")
    return _line([variant for variant in found if variant[0] == role])


def _variants(item: Members, plural: str, prefix: str) -> list[_Variant]:
    """(role, content type, text) of each."""
    roles = [name.removeprefix(prefix) for name in item if name.startswith(prefix)]
    roles.sort(key=lambda role: role not in _TYPES)
    found = [(role, _TYPES.get(role, ""), item.text(prefix + role)) for role in roles]
    singular = prefix.removesuffix("_")
    found += [
        (role := one.text("role").lower(), one.text("contenttype", "mimetype").lower(), _value(one, role))
        for one in item.objects(plural)
    ]
    if _is_listed(item, singular):
        found += [(one.text("name").lower(), "", one.text("value", "text")) for one in item.objects(singular)]
    return [variant for variant in found if variant[2]]


def _value(one: Members, role: str) -> str:
    """What it says; the number that the Canadian Press describes a picture by is a number there too."""
    told = one.get("value")
    is_number = role == "sortorder" and isinstance(told, int | float) and not isinstance(told, bool)
    return str(told) if is_number else one.text("value")


def _is_listed(item: Members, singular: str) -> bool:
    """Whether a list has the name that a text has in 1.x, as in IPTC's examples from before 2.0 was done."""
    value = item.get(singular)
    return isinstance(value, list) and all(isinstance(one, dict) for one in value)


def _line(found: list[_Variant], *roles: str) -> str:
    """What the variant of the first of these roles says, else of any; of two of one role the one without markup."""

    def rank(variant: _Variant) -> tuple[int, bool]:
        role, kind, value = variant
        return roles.index(role) if role in roles else len(roles), "html" in kind or bool(_HTML.search(value))

    return next((line for _, _, value in sorted(found, key=rank) if (line := plain(value))), "")

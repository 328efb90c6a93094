"""OpenAPI and AsyncAPI documents as pages for people: plain HTML, which loads nothing from anywhere."""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader
from markupsafe import Markup, escape
from starlette.responses import HTMLResponse

Schema = Mapping[str, Any]

_BOUNDS = (
    "default", "minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "minLength", "maxLength", "pattern",
    "minItems", "maxItems",
)  # fmt: skip
_ALTERNATIVES = {"anyOf": Markup(" or "), "oneOf": Markup(" or "), "allOf": Markup(" and ")}
_CODE = re.compile("`([^`]+)`")
_POLICY = {"Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'"}


def reference(document: Mapping[str, Any], source: str) -> HTMLResponse:
    """The page of a document whose JSON is at `source`."""
    kind = "OpenAPI" if "openapi" in document else "AsyncAPI"
    template = _ENVIRONMENT.get_template(f"{kind.lower()}.html")
    version = document[kind.lower()]
    return HTMLResponse(template.render(document=document, kind=f"{kind} {version}", source=source), headers=_POLICY)


def type_of(schema: Schema) -> Markup:
    """What a schema takes, in a few words, with links to other schemas."""
    if "$ref" in schema:
        name = name_of(schema["$ref"])
        return Markup('<a href="#schema-{0}">{0}</a>').format(name)
    for word, between in _ALTERNATIVES.items():
        if word in schema:
            return between.join(type_of(one) for one in schema[word])
    if "const" in schema or "enum" in schema:
        values = schema.get("enum", [schema.get("const")])
        return Markup(", ").join(Markup("<code>{}</code>").format(value) for value in values)
    if schema.get("type") == "array":
        return Markup("list of {}").format(type_of(schema.get("items", {})))
    kind = schema.get("type", "anything")
    text = " or ".join(kind) if isinstance(kind, list) else kind
    return escape(f"{text} ({schema['format']})" if "format" in schema else text)


def bounds_of(schema: Schema) -> list[tuple[str, Any]]:
    """The limits that a schema sets, by their names in JSON Schema; those of its only real alternative too."""
    others = [one for word in ("anyOf", "oneOf") for one in schema.get(word, ()) if one.get("type") != "null"]
    inner = others[0] if len(others) == 1 else {}
    return [(word, {**inner, **schema}[word]) for word in _BOUNDS if {**inner, **schema}.get(word) is not None]


def words_of(text: str | None) -> Markup:
    """A text, in which what stands between backticks is code."""
    pieces = enumerate(_CODE.split(text or ""))
    return Markup("").join(Markup("<code>{}</code>").format(piece) if at % 2 else piece for at, piece in pieces)


def name_of(reference: str) -> str:
    """The name that a reference ends with."""
    return reference.rpartition("/")[2]


_ENVIRONMENT = Environment(  # not strict: documents leave out what they have nothing to say of
    loader=FileSystemLoader(Path(__file__).parent), autoescape=True, trim_blocks=True, lstrip_blocks=True
)
_ENVIRONMENT.globals |= {"type_of": type_of, "bounds_of": bounds_of}
_ENVIRONMENT.filters |= {"name": name_of, "words": words_of}

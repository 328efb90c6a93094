"""OpenAPI as it is served: every answer of every call, and problems as problem+json.

FastAPI knows nothing of bodies that are read raw, and supposes a 422 of its own kind. `Documented` puts both right.
"""

from collections.abc import Mapping
from typing import Any

from fastapi import FastAPI
from fastapi.routing import APIRoute
from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from shared.problems import TITLES

REF = "#/components/schemas/{model}"
_SUPPOSED = ("HTTPValidationError", "ValidationError")
_HEADERS = {
    401: {"WWW-Authenticate": {"description": "how to prove who is speaking", "schema": {"type": "string"}}},
    503: {"Retry-After": {"description": "seconds after which to say it again", "schema": {"type": "integer"}}},
}

Operation = dict[str, Any]


class ProblemFault(BaseModel):
    """One thing that is wrong."""

    pointer: str
    detail: str


class ProblemDetails(BaseModel):
    """An error as RFC 9457 has it; `errors` names each member that is wrong by its JSON pointer (RFC 6901)."""

    type: str
    title: str
    status: int
    detail: str
    errors: list[ProblemFault]


def problems(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """Answers that are problems: what a route's `responses` takes."""
    content = {"application/problem+json": {"schema": ref(ProblemDetails)}}
    return {
        status: {
            "description": TITLES[status],
            "content": content,
            **({"headers": _HEADERS[status]} if status in _HEADERS else {}),
        }
        for status in statuses
    }


def ref(model: type[BaseModel]) -> dict[str, str]:
    """A reference to a model's schema."""
    return {"$ref": REF.format(model=model.__name__)}


class Documented(FastAPI):
    """An application that documents what it answers.

    `describe` adds what FastAPI cannot know. Every call below /v1/ may find the store away: 503.
    """

    def __init__(self, **options: Any) -> None:
        # FastAPI's own pages load scripts from elsewhere, which a newsroom's network may not: shared.reference.
        super().__init__(docs_url=None, redoc_url=None, generate_unique_id_function=_name_of, **options)
        self._calls: Mapping[str, Operation] = {}
        self._models: tuple[type[BaseModel], ...] = ()
        self._security: Mapping[str, Any] = {}

    def describe(
        self, calls: Mapping[str, Operation], models: tuple[type[BaseModel], ...], security: Mapping[str, Any]
    ) -> None:
        """Document calls, each by its method and path (`post /v1/articles`): their members stand in for FastAPI's."""
        self._calls, self._models, self._security = calls, models, security

    def openapi(self) -> dict[str, Any]:
        """The document, made once."""
        if self.openapi_schema is None:
            self.openapi_schema = self._completed(super().openapi())
        return self.openapi_schema

    def _completed(self, document: dict[str, Any]) -> dict[str, Any]:
        paths = document.setdefault("paths", {})
        for call, described in self._calls.items():
            method, _, path = call.partition(" ")
            operation = paths.setdefault(path, {}).setdefault(method, {})
            operation |= described
        for path, methods in paths.items():
            for operation in methods.values():
                _settle(path, operation["responses"])
        components = document.setdefault("components", {})
        components["schemas"] = self._schemas(components.get("schemas", {}))
        if self._security:
            components["securitySchemes"] = dict(self._security)
        return document

    def _schemas(self, known: dict[str, Any]) -> dict[str, Any]:
        models = [(model, "validation") for model in (ProblemDetails, *self._models)]
        _, ours = models_json_schema(models, ref_template=REF)  # type: ignore[arg-type]  # its literals are inferred
        left = {name: schema for name, schema in known.items() if name not in _SUPPOSED}
        return dict(sorted({**left, **ours["$defs"]}.items()))


def _name_of(route: APIRoute) -> str:
    """A call's name, which a generated client has for its function."""
    return route.name


def _settle(path: str, responses: dict[str, Any]) -> None:
    if _SUPPOSED[0] in str(responses.get("422")):
        responses["422"] = problems(422)[422]
    if path.startswith("/v1/"):
        responses.setdefault("503", problems(503)[503])

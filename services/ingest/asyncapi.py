"""The streams as AsyncAPI 3 documents them, from the types of their events; a page and the document."""

from typing import Any, Literal

from pydantic import BaseModel, Field
from pydantic.json_schema import models_json_schema
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse
from starlette.routing import Route

from shared import events
from shared.openapi import REF
from shared.reference import reference
from shared.release import released

ENTRY = "An entry has one field, `event`: the event as JSON."


class DeadLetter(BaseModel):
    """Something that was set aside, with the reason. These are the entry's fields."""

    kind: Literal["event", "page", "picture", "schedule"] = Field(
        description="what it is; `schedule` is a version that waited for its time"
    )
    name: str = Field(
        description="the stream and entry, the page's key, the picture's address, or the article whose version waits"
    )
    reason: str = Field(description="why")
    raw: str = Field(description="the event as it came, the version that waits; empty for a page or picture")
    stream: str | None = Field(None, description="of an event: where it was")
    group: str | None = Field(None, description="of an event: who was to do it")
    event_id: str | None = Field(None, description="of a page: what it was to be built for")
    article: str | None = Field(None, description="of a picture: id of the article that shows it")


STREAMS: dict[str, tuple[str, tuple[type[BaseModel], ...]]] = {
    events.ARTICLES: (
        "What happened to articles: the facets before and after, and the article itself. " + ENTRY,
        (events.ArticlePublished, events.ArticleUpdated, events.ArticleWithdrawn),
    ),
    events.VIEWS: ("What readers opened. " + ENTRY, (events.ArticleViewed,)),
    events.SIGNALS: (
        "What changed beside articles. " + ENTRY,
        (
            events.RankingChanged, events.ConditionsChanged, events.FrontChanged, events.ClockTicked,
            events.SiteChanged,
        ),
    ),
    events.PAGES: ("What changed on disk: for a cache purge. " + ENTRY, (events.PageBuilt, events.PageRemoved)),
    events.DEAD_LETTERS: ("What was set aside, with its reason.", (DeadLetter,)),
}  # fmt: skip


def document() -> dict[str, Any]:
    """The AsyncAPI document."""
    models = [model for _, of in STREAMS.values() for model in of]
    _, schemas = models_json_schema([(model, "serialization") for model in models], ref_template=REF)
    return {
        "asyncapi": "3.0.0",
        "info": {
            "title": "Pressrun streams",
            "version": released(),
            "description": "Redis streams. Read with a group of your own, and expect an event more than once.",
        },
        "defaultContentType": "application/json",
        "channels": {
            stream: {
                "address": stream,
                "description": text,
                "messages": {name(model): {"$ref": f"#/components/messages/{name(model)}"} for model in of},
            }
            for stream, (text, of) in STREAMS.items()
        },
        "operations": {
            f"send-{stream}": {"action": "send", "channel": {"$ref": f"#/channels/{stream}"}} for stream in STREAMS
        },
        "components": {
            "messages": {name(model): _message(model) for model in models},
            "schemas": schemas["$defs"],
        },
    }


def name(model: type[BaseModel]) -> str:
    """An event's name on the wire, like `article.published`."""
    kind = model.model_fields.get("type")
    return str(kind.default) if kind else "dead-letter"


def routes() -> list[Route]:
    """`/asyncapi` for people, `/asyncapi.json` for programs. The page cannot publish."""
    made = document()
    page = reference(made, "/asyncapi.json")

    async def show(_: Request) -> HTMLResponse:
        return page

    async def tell(_: Request) -> JSONResponse:
        return JSONResponse(made)

    return [Route("/asyncapi", show), Route("/asyncapi.json", tell)]


def _message(model: type[BaseModel]) -> dict[str, Any]:
    return {
        "name": name(model),
        "title": model.__name__,
        "summary": model.__doc__,
        "payload": {"$ref": REF.format(model=model.__name__)},
    }

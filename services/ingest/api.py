"""Ingest's calls as OpenAPI documents them: what FastAPI cannot see, since bodies are read raw and bounded."""

from typing import Any, Literal

from pydantic import AwareDatetime, BaseModel

from services.ingest import media, views
from services.ingest.bodies import MOST
from services.ingest.formats.bounds import MAX_GUID
from services.ingest.formats.native import NativeArticle
from services.ingest.intake import Outcome
from services.ingest.masthead_and_front import ConditionsBody, FrontBody
from services.ingest.ndjson import MAX_LINES
from services.ingest.reported import Line
from shared.articles import IDENT as ARTICLE_ID
from shared.imaging import MAX_JPEG_PIXELS, MAX_PIXELS, MAX_RATIO
from shared.openapi import Operation, ProblemFault, problems, ref

SECURITY = {
    "bearer": {"type": "http", "scheme": "bearer", "description": "a token of the source"},
    "superdesk": {
        "type": "apiKey", "in": "header", "name": "x-superdesk-signature",
        "description": "`sha1=` and the HMAC-SHA1 of the raw body in hexadecimal, under one of the source's secrets",
    },
    "ghost": {
        "type": "apiKey", "in": "header", "name": "X-Ghost-Signature",
        "description": "`sha256=<hex>, t=<ms>`: the HMAC-SHA256 of the raw body followed by t",
    },
}  # fmt: skip


class Acknowledgement(BaseModel):
    """What became of an article; it is on disk in the store. Of an ignored item only id, guid and reason are told."""

    id: str | None
    guid: str | None
    version: int | None
    outcome: Outcome
    url: str | None
    event_id: str | None
    reason: str | None = None


class ArticleState(BaseModel):
    """What is known of an article. `live_at` and `live_version` are of the page on disk; moments are the site's."""

    id: str
    guid: str
    version: int
    url: str | None
    state: Literal["published", "scheduled", "withdrawn", "replaced"]
    headline: str
    accepted_at: AwareDatetime
    live_at: AwareDatetime | None
    live_version: int | None
    scheduled_version: int | None


class AnsweredLine(BaseModel):
    """A line of the answer: 202 with the acknowledgement, or a status with `errors`."""

    status: int
    id: str | None = None
    guid: str | None = None
    version: int | None = None
    outcome: Outcome | None = None
    url: str | None = None
    event_id: str | None = None
    errors: list[ProblemFault] | None = None


class Taken(BaseModel):
    """Kept and announced."""

    status: Literal["accepted"]


class View(BaseModel):
    """Body of `POST /v1/views`."""

    article: str


class KeptAsset(BaseModel):
    """A file that was kept."""

    media_id: str
    type: str
    size: int


MODELS = (
    NativeArticle, ConditionsBody, FrontBody, Line, View,
    Acknowledgement, ArticleState, AnsweredLine, Taken, KeptAsset,
)  # fmt: skip


def _parameter(name: str, place: str, description: str, **schema: Any) -> dict[str, Any]:
    required = place == "path"
    return {
        "name": name, "in": place, "required": required, "description": description,
        "schema": {"type": "string", **schema},
    }  # fmt: skip


PREFER = _parameter("Prefer", "header", "`wait=SECONDS` (at most 60): answer once the page is on disk")
IDENT = _parameter("id", "path", "the article's id", pattern=f"^{ARTICLE_ID}$")
SOURCE = _parameter("source", "path", "the source's name in sources.toml", pattern="^[A-Za-z0-9_-]{1,64}$")
MEDIA_ID = _parameter("media_id", "path", "may contain slashes", minLength=1, maxLength=MAX_GUID)


def _body(schema: Any, *types: str, bounds: str = f"at most {MOST >> 20} MiB") -> dict[str, Any]:
    content = {kind: {"schema": schema} for kind in types or ("application/json",)}
    return {"description": bounds, "required": True, "content": content}


def _answer(description: str, schema: Any = None, kind: str = "application/json", **headers: str) -> dict[str, Any]:
    answer: dict[str, Any] = {"description": description}
    if schema:
        answer["content"] = {kind: {"schema": schema}}
    if headers:
        answer["headers"] = {
            name.replace("_", "-"): {"description": text, "schema": {"type": "string"}}
            for name, text in headers.items()
        }
    return answer


def _operation(
    proofs: tuple[str, ...], answers: dict[int, Any], refusals: tuple[int, ...], **members: Any
) -> Operation:
    """`proofs`: any one of them lets a request in; none at all is a public call."""
    refused = {str(status): answer for status, answer in problems(*refusals, 503).items()}
    responses = refused | {str(status): answer for status, answer in answers.items()}
    return {"security": [{proof: []} for proof in proofs], "parameters": [], "responses": responses, **members}


def _lines(model: type[BaseModel], summary: str, most: str) -> Operation:
    """A call that answers a line with a line. Media types of lines have no schema of a line in OpenAPI 3.1."""
    sent, told = model.__name__, AnsweredLine.__name__
    return _operation(
        BEARER,
        {
            200: _answer(
                "a line for a line, in order",
                {"type": "string", "description": f"JSON lines: {told}", "x-line": ref(AnsweredLine)},
                NDJSON,
            )
        },
        (401, 415),
        summary=summary,
        requestBody=_body(
            {"type": "string", "description": f"JSON lines: {sent}", "x-line": ref(model)},
            NDJSON,
            bounds=f"at most {MAX_LINES:,} lines, each at most {most}",
        ),
    )


def _push(what: str, proofs: tuple[str, ...]) -> Operation:
    item = {"type": "object", "description": what, "additionalProperties": True}
    answers = {201: LIVE, 202: ACCEPTED}
    return _operation(proofs, answers, WRITTEN, parameters=[SOURCE, PREFER], requestBody=_body(item))


BEARER, SIGNED = ("bearer",), ("superdesk", "bearer")
NDJSON = "application/x-ndjson"
WRITTEN = (400, 401, 413, 415, 422)
ACCEPTED = _answer("kept; the page follows", ref(Acknowledgement), Location="the article's address in this API")
LIVE = _answer("the page is on disk", ref(Acknowledgement), Location=ACCEPTED["headers"]["Location"]["description"],
               Preference_Applied="the wait that was asked for")  # fmt: skip
THERE = _answer("there is such a picture; without a body")
ASSET = {
    "type": "object",
    "required": ["media_id", "media"],
    "properties": {
        "media_id": {"type": "string", "minLength": 1, "maxLength": MAX_GUID},
        "media": {
            "type": "string",
            "format": "binary",
            "description": f"no SVG; of a picture at most {MAX_PIXELS // 1_000_000} million pixels (of a JPEG that is "
            f"not progressive {MAX_JPEG_PIXELS // 1_000_000} million), "
            f"and one side at most {MAX_RATIO} times the other",
        },
    },
}

CALLS: dict[str, Operation] = {
    "post /v1/articles": _operation(
        BEARER, {201: LIVE, 202: ACCEPTED}, WRITTEN, parameters=[PREFER], requestBody=_body(ref(NativeArticle))
    ),
    "post /v1/articles/batch": _lines(NativeArticle, "Post Articles", f"{MOST >> 20} MiB"),
    "get /v1/articles/{id}": _operation(
        BEARER, {200: _answer("what is known", ref(ArticleState))}, (401, 404), parameters=[IDENT]
    ),
    "delete /v1/articles/{id}": _operation(
        BEARER, {202: _answer("withdrawn", ref(Acknowledgement))}, (401, 404), parameters=[IDENT]
    ),
    "put /v1/conditions": _operation(
        BEARER, {202: _answer("kept", ref(Taken))}, WRITTEN, requestBody=_body(ref(ConditionsBody))
    ),
    "put /v1/front": _operation(BEARER, {202: _answer("kept", ref(Taken))}, WRITTEN, requestBody=_body(ref(FrontBody))),
    "post /v1/push/{source}/ninjs": _push("a ninjs item, 1.x, 2.x, 3.x or Superdesk's", SIGNED),
    "post /v1/push/{source}/ghost": _push("a Ghost webhook's body: `post` with `current` and `previous`", ("ghost",)),
    "post /v1/push/{source}/wordpress": _push("a WordPress REST post", BEARER),
    "get /v1/push/{source}/assets/{media_id}": _operation((), {200: THERE}, (404,), parameters=[SOURCE, MEDIA_ID]),
    "head /v1/push/{source}/assets/{media_id}": _operation(
        (), {200: THERE, 404: _answer("there is none"), 503: _answer("the store is away; without a body")}, (),
        parameters=[SOURCE, MEDIA_ID], tags=["push"], operationId="head_asset", summary="Head Asset",
    ),
    "post /v1/push/{source}/assets": _operation(
        SIGNED, {201: _answer("kept", ref(KeptAsset))}, WRITTEN,
        parameters=[SOURCE], requestBody=_body(
            ASSET, "multipart/form-data", bounds=f"a file of at most {media.MOST >> 20} MiB"
        ),
    ),
    "post /v1/views": _operation(
        (), {202: _answer("on the stream, or one that does not count")}, (400, 413, 422),
        tags=["views"], operationId="post_view", summary="A reader opened an article",
        description="`{\"article\": id}`, as JSON or as the text that `navigator.sendBeacon` sends.",
        requestBody=_body(
            ref(View), "application/json", "text/plain", bounds=f"at most {views.MOST >> 10} KiB"
        ),
    ),
    "post /v1/views/batch": {
        **_lines(Line, "Views as an analytics system reports them", f"{views.MOST >> 10} KiB"), "tags": ["views"],
    },
}  # fmt: skip

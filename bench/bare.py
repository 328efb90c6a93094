"""The least that the same servers can do: what ingest's calls are measured beside."""

from fastapi import FastAPI
from starlette.types import Receive, Scope, Send

from services.ingest.formats.native import NativeArticle

article = FastAPI()


@article.post("/v1/articles", status_code=202)
async def take(body: NativeArticle) -> dict[str, str | int | None]:
    """Validate an article and answer as ingest does, without doing anything."""
    return {"id": "a" * 16, "guid": body.guid, "version": body.version, "outcome": "published", "event_id": "0" * 32}


async def view(scope: Scope, receive: Receive, send: Send) -> None:
    """Answer 202 under uvicorn, without a framework."""
    if scope["type"] != "http":
        return
    while (await receive()).get("more_body"):
        pass
    await send({"type": "http.response.start", "status": 202, "headers": [(b"content-length", b"0")]})
    await send({"type": "http.response.body", "body": b""})

"""Ingest's calls for articles, the weather and the front page."""

import asyncio
from collections.abc import Awaitable, Callable
from functools import partial
from typing import Annotated, Any

from fastapi import APIRouter, Path, Request
from fastapi.responses import JSONResponse, Response

from services.ingest.bodies import MOST, read_body
from services.ingest.desk import Desk
from services.ingest.masthead_and_front import put_conditions, put_front
from services.ingest.ndjson import answer_lines
from services.ingest.pace import Pace
from services.ingest.parse import parse_json
from shared.clock import Clock
from shared.service import Service
from shared.store import Store

AT_ONCE = 64

Ident = Annotated[str, Path(alias="id")]


def article_routes(service: Service, desk: Desk) -> APIRouter:
    """The calls for articles, the weather and the front page."""
    router = APIRouter(prefix="/v1", tags=["articles"])
    pace = Pace(service.store)

    async def put(request: Request, keep: Callable[[Store, Clock, Any], Awaitable[None]]) -> Response:
        await keep(service.store, service.clock, parse_json(await read_body(request)))
        await service.replicas.have_it()
        return JSONResponse({"status": "accepted"}, 202)

    router.post("/articles", status_code=202, name="post_article")(desk.take)

    @router.post("/articles/batch")
    async def post_articles(request: Request) -> Response:
        """Accept NDJSON, a line an article; each line of the answer acknowledges or refuses one line."""
        source = desk.source(request)
        work = partial(desk.line, source, asyncio.Lock())
        return await answer_lines(request, work, max_line=MOST, at_once=AT_ONCE, turn=pace.keep)

    @router.get("/articles/{id}")
    async def get_article(ident: Ident, request: Request) -> Response:
        """What is known of an article."""
        return JSONResponse(await desk.state(desk.source(request), ident))

    @router.delete("/articles/{id}", status_code=202)
    async def delete_article(ident: Ident, request: Request) -> Response:
        """Withdraw an article at its current version."""
        return JSONResponse(await desk.withdraw(desk.source(request), ident), 202)

    @router.put("/conditions", status_code=202, name="put_conditions")
    async def conditions(request: Request) -> Response:
        """Set the weather of the masthead."""
        desk.source(request)
        return await put(request, put_conditions)

    @router.put("/front", status_code=202, name="put_front")
    async def front(request: Request) -> Response:
        """Set what leads the front page."""
        desk.source(request)
        return await put(request, put_front)

    return router

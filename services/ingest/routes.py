"""Ingest's calls for articles, the weather and the front page."""

from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime
from functools import partial
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse, Response
from pydantic_core import to_json

from services.ingest.beside import beside
from services.ingest.bodies import MOST, read_body
from services.ingest.doors import Doors
from services.ingest.draft import Draft
from services.ingest.formats import native
from services.ingest.formats.faults import refused
from services.ingest.illustrations import Illustrated, illustrate
from services.ingest.masthead_and_front import put_conditions, put_front
from services.ingest.ndjson import answer_lines
from services.ingest.pace import Pace
from services.ingest.parse import parse_json
from services.ingest.register import TRIES, Accepted, Register
from services.ingest.waiting import Waiting, seconds_to_wait
from shared import observe
from shared.articles import Article, url
from shared.clock import Clock, moment
from shared.problems import Fault, Problem
from shared.service import Service
from shared.store import Store, StoreUnavailable

AT_ONCE = 64
AT_REST = ("unchanged", "stale", "scheduled", "ignored")


class Desk:
    """Takes what upstream sends, and answers."""

    def __init__(self, service: Service, doors: Doors, register: Register, waiting: Waiting) -> None:
        self._service = service
        self._doors = doors
        self._register = register
        self._waiting = waiting

    def source(self, request: Request) -> str:
        """The source that a request's token belongs to; Problem 401 if none."""
        return self._doors.bearer(request.headers.get("authorization"))

    async def accept(self, source: str, draft: Draft, prefer: Sequence[str]) -> Response:
        """Accept a draft and answer as `POST /v1/articles` does."""
        accepted = await self._register.accept(source, draft, partial(illustrate, self._service.store, source))
        return await self._answer(accepted, prefer)

    async def _answer(self, accepted: Accepted, prefer: Sequence[str]) -> Response:
        await self._keep(accepted)
        headers = {"Location": f"/v1/articles/{accepted.article.id}"}
        status = 202
        seconds = seconds_to_wait(prefer)
        waits = seconds and accepted.awaited and accepted.outcome not in AT_REST
        if waits and await self._waiting.until_built(accepted.awaited, seconds):
            status = 201
            headers["Preference-Applied"] = f"wait={seconds:g}"
        return Response(to_json(self.answer(accepted)), status, headers, "application/json")

    async def line(self, source: str, raw: bytes) -> dict[str, Any]:
        """Accept a line of the batch call."""
        # read at once, so that lines about one article take their turns in their order
        accepted = await self._native(source, _draft(raw))
        await self._keep(accepted)
        return {"status": 202, **self.answer(accepted)}

    async def take(self, request: Request) -> Response:
        """Accept an article in the native format. With `Prefer: wait=SECONDS` answer 201 once its page is on disk."""
        source = self.source(request)
        raw = await read_body(request)
        draft = await beside(len(raw), _draft, raw)
        return await self._answer(await self._native(source, draft), request.headers.getlist("prefer"))

    async def _native(self, source: str, draft: Draft) -> Accepted:
        return await self._register.accept(source, draft, partial(self._illustrate, source))

    async def _illustrate(self, source: str, draft: Draft) -> Illustrated:
        illustrated = await illustrate(self._service.store, source, draft)
        if illustrated.unknown:
            detail = f"No picture with the media_id {illustrated.unknown[0]!r} has been pushed; push it first."
            raise Problem(422, detail, [Fault("/image/media_id", detail)])
        return illustrated

    def answer(self, accepted: Accepted) -> dict[str, Any]:
        """The members of an acknowledgement."""
        article = accepted.article
        return {
            "id": article.id,
            "guid": article.guid,
            "version": article.version,
            "outcome": accepted.outcome,
            "url": self._url(article),
            "event_id": accepted.event_id,
        }

    async def state(self, source: str, ident: str) -> dict[str, Any]:
        """What is known of an article of this source; Problem 404 if nothing."""
        article, waiting, built = await self._find(source, ident)
        shown = article or waiting
        assert shown is not None  # noqa: S101 - _find has seen to it
        return {
            "id": shown.id,
            "guid": shown.guid,
            "version": shown.version,
            "url": self._url(shown),
            "state": _state(article),
            "headline": shown.headline,
            "accepted_at": _as_text(shown.accepted_at),
            "live_at": _live_at(built),
            "live_version": _live_version(article, built),
            "scheduled_version": waiting.version if waiting else None,
        }

    async def withdraw(self, source: str, ident: str) -> dict[str, Any]:
        """Withdraw an article at its current version, and what waits beside it, though newer ones come in between."""
        for _ in range(TRIES):
            accepted = await self._kill(source, ident)
            if accepted.outcome != "stale":
                await self._keep(accepted)
                return self.answer(accepted)
        raise StoreUnavailable("newer versions of the article come again and again; try again")

    async def _kill(self, source: str, ident: str) -> Accepted:
        article, waiting, _ = await self._find(source, ident)
        # of one that is withdrawn already only what was scheduled since is left to kill
        killed = waiting if waiting and (article is None or article.state == "withdrawn") else article
        assert killed is not None  # noqa: S101 - _find has seen to it
        at = await self._moment_of_withdrawal(article, waiting)
        kill = Draft(guid=killed.guid, version=killed.version, status="canceled", updated_at=at)
        return await self._register.accept(source, kill)

    async def _moment_of_withdrawal(self, article: Article | None, waiting: Article | None) -> datetime | None:
        """The moment that a withdrawal has to name so that all goes that is to go: a sender's clock may be ahead of
        ours. None if that of its acceptance is late enough."""
        now = self._service.clock.now()
        at = waiting.ordered_at if waiting else None  # what waits never appears if it is not updated later
        # it is withdrawn, and what took its place came later than that
        is_back = article is not None and article.state == "withdrawn" and article.replaced_by is not None
        if not is_back and (at is None or at <= now):
            return None
        known = await self._register.latest_of_chain(article) if article is not None else None
        return max(filter(None, (now, at, known)))

    async def _find(self, source: str, ident: str) -> tuple[Article | None, Article | None, dict[bytes, bytes]]:
        article, waiting, built = await self._register.find(ident)
        shown = article or waiting
        if shown is None or shown.source != source:
            raise Problem(404, f"no article of yours has the id {ident}")
        return article, waiting, built

    def _url(self, article: Article) -> str | None:
        return url(self._service.settings.site.base_url, article.path) if article.path else None

    async def _keep(self, accepted: Accepted) -> None:
        """What comes before each acknowledgement, of `unchanged` too: its first try may have ended here."""
        await self._service.replicas.have_it()
        observe.log().info(
            "accepted", outcome=accepted.outcome, id=accepted.article.id, version=accepted.article.version,
            event_id=accepted.event_id,
        )  # fmt: skip


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
        work = partial(desk.line, source)
        return await answer_lines(request, work, max_line=MOST, at_once=AT_ONCE, turn=pace.keep)

    @router.get("/articles/{ident}")
    async def get_article(ident: str, request: Request) -> Response:
        """What is known of an article."""
        return JSONResponse(await desk.state(desk.source(request), ident))

    @router.delete("/articles/{ident}", status_code=202)
    async def delete_article(ident: str, request: Request) -> Response:
        """Withdraw an article at its current version."""
        return JSONResponse(await desk.withdraw(desk.source(request), ident), 202)

    @router.put("/conditions", status_code=202)
    async def conditions(request: Request) -> Response:
        """Set the weather of the masthead."""
        desk.source(request)
        return await put(request, put_conditions)

    @router.put("/front", status_code=202)
    async def front(request: Request) -> Response:
        """Set what leads the front page."""
        desk.source(request)
        return await put(request, put_front)

    return router


def _draft(raw: bytes) -> Draft:
    found = native.read(parse_json(raw))
    if isinstance(found, list):
        raise refused("article", found)
    return found


def _as_text(at: datetime) -> str:
    return at.isoformat().replace("+00:00", "Z")


def _state(article: Article | None) -> str:
    if article is None:
        return "scheduled"
    if article.replaced_by:
        return "replaced"
    return "withdrawn" if article.down else article.state


def _live_at(built: dict[bytes, bytes]) -> str | None:
    if b"at" not in built or b"gone" in built:
        return None
    return _as_text(moment(int(float(built[b"at"]))))


def _live_version(article: Article | None, built: dict[bytes, bytes]) -> int | None:
    if b"version" not in built or b"gone" in built:
        return None
    if article and int(built[b"revision"]) == article.revision:
        return article.version  # a higher version with the same content is recorded without a new page
    return int(built[b"version"])

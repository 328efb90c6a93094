"""Views: the beacon of a reader's browser, and the batch call of an analytics system."""

import asyncio
import json
import re
from collections.abc import Callable
from datetime import datetime
from typing import Any

from fastapi.routing import APIRoute
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from services.ingest.bodies import PATIENCE, SLOW
from services.ingest.ndjson import Answer, answer_lines
from services.ingest.reported import Line, read_line
from services.ingest.robots import is_robot
from services.ingest.view_stream import Beacon, Taken, ViewStream, taken
from services.ingest.visitors import Client
from shared.articles import IDENT
from shared.failures import problem_of
from shared.problems import Fault, Problem
from shared.service import Service
from shared.together import Together

MOST = 4096  # bytes of a body, and of a line
AT_ONCE = 512
LOOK_EVERY = 1.0
ARTICLE_ID = re.compile(IDENT)
OWN_PAGES = (b"", b"same-origin", b"same-site", b"none")  # Sec-Fetch-Site of what our own pages send
ACCEPTED = {"type": "http.response.start", "status": 202, "headers": [(b"content-length", b"0")]}


def batch_route(service: Service, authenticate: Callable[[Request], str]) -> APIRoute:
    """`POST /v1/views/batch`."""
    lines = Together(ViewStream(service).lines)

    async def batch(request: Request) -> Response:
        """Views from an analytics system as NDJSON, `{"event_id", "article", "at"}` a line, answered line for line."""
        authenticate(request)

        async def work(raw: bytes) -> Answer:
            return await _answer(raw, service.clock.now(), lines)

        return await answer_lines(request, work, max_line=MOST, at_once=AT_ONCE)

    return APIRoute("/v1/views/batch", batch, methods=["POST"], operation_id="post_views", tags=["views"])


class Beacons:
    """Takes what the beacon sends."""

    def __init__(self, service: Service) -> None:
        secret = service.settings.edge_secret
        self._client = Client(secret.get_secret_value() if secret else None, service.settings.trusted_proxies)
        self._together = Together(ViewStream(service).beacons)
        self._reading: dict[asyncio.Task[Any], float] = {}
        """Whose body has not come yet, and since when it is waited for (the loop's time)."""

    async def hurry(self) -> None:
        """For ever: end the wait for bodies that do not come. A timer for each view would take a good part of its time,
        and nearly all bodies come with their heads."""
        while True:
            await asyncio.sleep(LOOK_EVERY)
            late = asyncio.get_running_loop().time() - PATIENCE
            for task in [task for task, since in self._reading.items() if since < late]:
                task.cancel(SLOW)

    async def problem_with(self, scope: Scope, receive: Receive) -> Problem | None:
        """Take a view: None once it is in the stream, or if it does not count."""
        try:
            await self._take(scope, receive)
        except Exception as error:  # noqa: BLE001 - none may reach the server
            return problem_of(error, scope["path"])
        return None

    async def _take(self, scope: Scope, receive: Receive) -> None:
        if scope["method"] != "POST":
            raise Problem(405, "views are posted")
        article = _article(await self._body(receive))
        headers = dict(scope["headers"])
        agent = headers.get(b"user-agent", b"")
        if not ARTICLE_ID.fullmatch(article):
            taken.labels("beacon", "unknown").inc()
        elif headers.get(b"sec-fetch-site", b"") not in OWN_PAGES:
            taken.labels("beacon", "foreign").inc()
        elif is_robot(agent):
            taken.labels("beacon", "robot").inc()
        else:
            peer = scope["client"][0] if scope["client"] else ""
            await self._together.put(Beacon(article, self._client.address(headers, peer), agent))

    async def _body(self, receive: Receive) -> bytes:
        task = asyncio.current_task()
        assert task is not None  # noqa: S101 - somebody awaits this
        self._reading[task] = asyncio.get_running_loop().time()
        try:
            return await _read(receive)
        except asyncio.CancelledError as ended:
            if ended.args != (SLOW,):
                raise
            task.uncancel()
            raise Problem(503, SLOW) from None
        finally:
            del self._reading[task]


class ViewBeacon:
    """The beacon's call, `POST /v1/views`, in front of the whole application, which it spares the framework: most
    requests end here."""

    def __init__(self, app: ASGIApp, beacons: Beacons) -> None:
        self._app = app
        self._beacons = beacons

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer 202, or with a problem."""
        if scope["type"] != "http" or scope["path"] != "/v1/views":
            await self._app(scope, receive, send)
            return
        problem = await self._beacons.problem_with(scope, receive)
        if problem is None:
            await send(ACCEPTED)
            await send({"type": "http.response.body", "body": b""})
            return
        response = problem.response()
        if problem.status == 405:
            response.headers["Allow"] = "POST"
        await response(scope, receive, send)


async def _read(receive: Receive) -> bytes:
    body = b""
    while True:
        message = await receive()
        body += bytes(message.get("body", b""))
        if len(body) > MOST:
            raise Problem(413, f"a view is at most {MOST} bytes")
        if not message.get("more_body"):
            return body


def _article(body: bytes) -> str:
    try:
        found = json.loads(body)
    except (ValueError, RecursionError):
        raise Problem(400, "the body is not JSON") from None
    if not isinstance(found, dict):
        raise Problem(422, "not a view", [Fault("/article", 'an object like {"article": "…"}')])
    article = found.get("article")
    if not isinstance(article, str):
        raise Problem(422, "not a view", [Fault("/article", "the article's id, a text")])
    return article


async def _answer(raw: bytes, now: datetime, lines: Together[Line, Taken]) -> Answer:
    match await lines.put(read_line(raw, now)):
        case "unknown":
            raise Problem(422, "no such article", [Fault("/article", "there is no article of that id")])
        case "full":
            raise Problem(503, "as many event_ids as there is memory for are remembered; some are forgotten daily")
    return {"status": 202}

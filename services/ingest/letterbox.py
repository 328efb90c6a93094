"""The call that most of upstream makes, in front of the framework: `POST /v1/articles`."""

import time
from collections.abc import Awaitable, Callable
from functools import cache

from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from shared.failures import problem_of
from shared.metrics import Histogram, requests

PATH = "/v1/articles"


@cache
def _answered(status: int) -> Histogram:
    """What the times of these answers are noted in: looked up slower than noted."""
    return requests.labels(PATH, str(status))


class Letterbox:
    """Takes that call and passes all others on. The framework documents it, and would spend a good part of the call's
    time on finding its way to it."""

    def __init__(self, app: ASGIApp, take: Callable[[Request], Awaitable[Response]]) -> None:
        self._app = app
        self._take = take

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer, whatever happens, and note how long that took."""
        if scope["type"] != "http" or scope["path"] != PATH or scope["method"] != "POST":
            await self._app(scope, receive, send)
            return
        started = time.perf_counter()
        try:
            response = await self._take(Request(scope, receive))
        except Exception as error:  # noqa: BLE001 - none may reach the server
            response = problem_of(error, PATH).response()
        try:
            await response(scope, receive, send)
        finally:
            _answered(response.status_code).observe(time.perf_counter() - started)

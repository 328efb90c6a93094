"""How long answers take: an ASGI middleware."""

import time

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from shared.metrics import requests


class Timed:
    """Observes each answer by its route, never by its address, so that no id becomes a label."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on and note how it ended; one that ends without an answer is a 500."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        started, status = time.perf_counter(), 500

        async def noting(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        try:
            await self._app(scope, receive, noting)
        finally:
            route = getattr(scope.get("route"), "path", "none")
            requests.labels(route, str(status)).observe(time.perf_counter() - started)

"""Overload and full disks end in 503 before they end in worse. An ASGI middleware."""

import time

from starlette.types import ASGIApp, Receive, Scope, Send

from services.ingest.disk import Disk
from services.ingest.refusals import NO_ROOM, TOO_MANY, refused
from shared.problems import Problem

LOOK_EVERY = 1.0


class Limits:
    """Bounds the requests in flight and keeps a floor of free space under the store."""

    def __init__(self, app: ASGIApp, in_flight: int, disk: Disk) -> None:
        self._app = app
        self._most = in_flight
        self._now = 0
        self._disk = disk
        self._has_room = True
        self._looked_at = -LOOK_EVERY

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, or answer 503."""
        if scope["type"] != "http" or scope["method"] in ("GET", "HEAD"):
            await self._app(scope, receive, send)
            return
        if reason := self._reason():
            refused.labels(reason).inc()
            await Problem(503, f"{reason}; try again later").response()(scope, receive, send)
            return
        self._now += 1
        try:
            await self._app(scope, receive, send)
        finally:
            self._now -= 1

    def _reason(self) -> str | None:
        if self._now >= self._most:
            return TOO_MANY
        if time.monotonic() - self._looked_at > LOOK_EVERY:
            self._looked_at = time.monotonic()
            self._has_room = not self._disk.is_nearly_full()
        return None if self._has_room else NO_ROOM

"""Overload and full disks end in 503 before they end in worse. An ASGI middleware."""

import shutil
import time
from pathlib import Path

from prometheus_client import Counter
from starlette.types import ASGIApp, Receive, Scope, Send

from shared.problems import Problem

refused = Counter("pressrun_requests_refused_total", "Requests answered 503 before any work", ["reason"])
TOO_MANY, NO_ROOM = "too many requests at once", "the disk is nearly full"
for _reason in (TOO_MANY, NO_ROOM):
    refused.labels(_reason)  # told from 0 on: where there was no number, Prometheus sees no rise
LOOK_EVERY = 1.0


class Limits:
    """Bounds the requests in flight and keeps a floor of free space under the store."""

    def __init__(self, app: ASGIApp, in_flight: int, folder: Path, floor_mb: int) -> None:
        self._app = app
        self._most = in_flight
        self._now = 0
        self._folder = folder
        self._floor = floor_mb * 1024 * 1024
        self._free = self._floor
        self._looked_at = -LOOK_EVERY

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, or answer 503."""
        if scope["type"] != "http" or not scope["path"].startswith("/v1/") or scope["method"] in ("GET", "HEAD"):
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
            self._free = _free(self._folder)
        return NO_ROOM if self._free < self._floor else None


def _free(folder: Path) -> int:
    """The free bytes below a folder; of one that has gone there are none."""
    try:
        return shutil.disk_usage(folder).free
    except OSError:
        return 0

"""The door by which views come in, without a process."""

import json
from datetime import UTC, datetime
from typing import Any

import httpx
from pydantic import SecretStr

from services.ingest.views import Beacons, ViewBeacon, batch_route
from shared.application import create_app
from shared.events import VIEWS, view_events
from shared.problems import Problem
from shared.service import Service
from shared.settings import Settings
from shared.site_settings import SiteSettings

ONE, TWO, GONE = "a" * 16, "b" * 16, "c" * 16
NOW = datetime(2025, 7, 26, 9, tzinfo=UTC)
FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
EDGE = "edge-secret"


class Door:
    """The views' calls of an ingest whose clock can be set, and what is on the stream."""

    def __init__(self, url: str) -> None:
        settings = Settings(redis_url=url, edge_secret=SecretStr(EDGE), now=NOW)
        settings.__dict__["site"] = SiteSettings(timezone="Asia/Baghdad")
        self.service = Service("ingest", settings)
        app = create_app(self.service, "test")
        app.router.routes.append(batch_route(self.service, self._authenticate))
        front = ViewBeacon(app, Beacons(self.service))
        self.http = httpx.AsyncClient(transport=httpx.ASGITransport(front), base_url="http://ingest")

    def _authenticate(self, request: Any) -> str:
        if request.headers.get("authorization") != "Bearer secret":
            raise Problem(401, "no")
        return "desk"

    def set_clock(self, at: datetime) -> None:
        self.service.clock._stopped_at = at

    async def post(self, body: Any, client: str = "198.51.100.7", agent: str = FIREFOX, **headers: str) -> int:
        content = body if isinstance(body, bytes) else json.dumps(body).encode()
        given = {"user-agent": agent, "x-pressrun-edge": EDGE, "x-pressrun-client": client, **headers}
        return (await self.http.post("/v1/views", content=content, headers=given)).status_code

    async def lines(self, *lines: Any) -> list[dict[str, Any]]:
        body = b"\n".join(line if isinstance(line, bytes) else json.dumps(line).encode() for line in lines)
        answer = await self.http.post("/v1/views/batch", content=body, headers={"authorization": "Bearer secret"})
        assert answer.status_code == 200
        return [json.loads(line) for line in answer.text.splitlines()]

    async def streamed(self) -> list[Any]:
        entries = await self.service.store.do("XRANGE", VIEWS, "-", "+")
        return [view_events.validate_json(fields[1]) for _, fields in entries]

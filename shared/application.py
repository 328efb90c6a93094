"""The HTTP side of a service: its health, its metrics and its reference, and problem+json for what goes wrong."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, Literal

from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse, PlainTextResponse, Response
from prometheus_client import CONTENT_TYPE_LATEST
from pydantic import BaseModel, Field

from shared.failures import answer_failures
from shared.heads import Heads
from shared.metrics import exposition
from shared.openapi import Documented
from shared.reference import reference
from shared.release import released
from shared.running import Run, running
from shared.service import Service
from shared.timed import Timed


class Readiness(BaseModel):
    """Whether a service can do its work."""

    status: Literal["ready", "unready"]
    faults: dict[str, str] = Field(description="what is not well, and why")


def create_app(service: Service, title: str, run: Run | None = None) -> Documented:
    """An application that starts and stops a service, to which the service adds its own calls."""

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        async with running(service, run):
            yield

    app = Documented(title=title, version=released(), lifespan=lifespan, redirect_slashes=False)

    async def docs(_: Request) -> Response:
        return reference(app.openapi(), "/openapi.json")

    app.add_route("/docs", docs)
    app.get("/health/live", tags=["health"], name="live")(_live)
    _add_health(app, service)
    answer_failures(app)
    app.add_middleware(Timed)
    app.add_middleware(Heads)
    return app


async def _live() -> dict[str, str]:
    """Whether the process serves at all."""
    return {"status": "live"}


def _add_health(app: FastAPI, service: Service) -> None:
    not_ready: dict[int | str, dict[str, Any]] = {503: {"description": "not ready, and why", "model": Readiness}}

    @app.get("/health/ready", tags=["health"], response_model=Readiness, responses=not_ready)
    async def ready() -> Response:
        """Whether the store is reachable, and the consumers run and are not far behind, by entries or by seconds."""
        faults = await service.unready()
        return JSONResponse({"status": "unready" if faults else "ready", "faults": faults}, 503 if faults else 200)

    @app.get("/metrics", tags=["health"], response_class=PlainTextResponse)
    async def metrics() -> Response:
        """Prometheus metrics."""
        return Response(exposition(), media_type=CONTENT_TYPE_LATEST)

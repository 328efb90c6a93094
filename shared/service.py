"""What every service has: start and stop, health, metrics, and problem+json for what goes wrong."""

import asyncio
import gc
import socket
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any, Literal, TypeVar

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, PlainTextResponse, Response
from faststream.redis import RedisBroker
from prometheus_client import CONTENT_TYPE_LATEST
from pydantic import BaseModel, Field
from redis.exceptions import NoPermissionError
from starlette.exceptions import HTTPException
from starlette.routing import Match

from shared import observe
from shared.broker import make_broker
from shared.clock import Clock
from shared.openapi import Documented
from shared.problems import Fault, Problem, pointer_to
from shared.reference import reference
from shared.refusal import end_the_start, tell_wrong_settings
from shared.release import released
from shared.replicas import Replicas
from shared.settings import Settings
from shared.store import LINKS, Store, StoreUnavailable
from shared.streams import Consumer
from shared.timed import Timed
from shared.wrong import WrongSetting

LAG_BOUND = 10_000
OLDEST_BOUND = 60.0
SCHEMA = 1
SCHEMA_KEY = "schema"
STORE_PATIENCE = 30.0
STOP_PATIENCE = 4.0
YOUNG = 20_000  # objects before a collection: a request makes some hundreds, and nearly all go with it
METHODS = ("DELETE", "GET", "HEAD", "PATCH", "POST", "PUT")

T = TypeVar("T")

tell_wrong_settings()


class Readiness(BaseModel):
    """Whether a service can do its work."""

    status: Literal["ready", "unready"]
    faults: dict[str, str] = Field(description="what is not well, and why")


class Service:
    """The parts of a running service, made before it serves: store, clock, broker, consumers, tasks.

    `remembers`: whether most of what it makes and keeps is remembered for long, as cards and parts of pages are: then
    its process looks at each object for garbage once.
    """

    def __init__(self, name: str, settings: Settings, links: int = LINKS, *, remembers: bool = False) -> None:
        self.name = name
        self.settings = settings
        self.remembers = remembers
        self.store = Store(settings, links)
        self.replicas = Replicas(self.store, settings)
        self.clock = Clock(settings)
        self.broker: RedisBroker = make_broker(settings)
        self.consumers: list[Consumer[Any]] = []
        self.checks: dict[str, Callable[[], Awaitable[str | None]]] = {}
        self._tasks: list[asyncio.Task[None]] = []

    def consume(self, **reading: Any) -> None:
        """Read a stream; `reading` is what `Consumer` takes: stream, group, events, handle."""
        self.consumers.append(Consumer(self.broker, self.store, self.settings, **reading))

    def keep_running(self, make: Callable[[], Coroutine[Any, Any, None]], name: str) -> None:
        """Run a task until the service stops; one that raises is logged, counted and started again."""
        self._tasks.append(asyncio.create_task(_for_ever(make, name), name=name))

    async def start(self) -> None:
        """Wait for the store, take up the site's time, and begin to read."""
        await self.through_outages(self._prepare)
        if self.consumers:
            await self.broker.start()
        for consumer in self.consumers:
            self.keep_running(consumer.recover, f"recover {consumer.stream}")

    async def through_outages(self, step: Callable[[], Awaitable[T]]) -> T:
        """Do a step of the start; begun anew where the store is away or goes away in the middle, for a while. Raises
        WrongSetting where it stays away, or refuses what its user asks for."""
        until = time.monotonic() + STORE_PATIENCE
        while True:
            try:
                return await step()
            except StoreUnavailable as error:
                observe.store_failed(error)
                if time.monotonic() > until:
                    raise WrongSetting(f"PRESSRUN_REDIS_URL: {error} (tried for {STORE_PATIENCE:g} s)") from None
                await asyncio.sleep(0.05)
            except NoPermissionError as error:
                raise WrongSetting(f"PRESSRUN_REDIS_URL: the store's user may not do what is needed: {error}") from None

    async def stop(self) -> None:
        """Stop reading, end the tasks, close the connections; what does not end in time is named and left."""
        broker = asyncio.create_task(self.broker.stop(), name="broker")
        left, until = {broker, *self._tasks}, time.monotonic() + STOP_PATIENCE
        while left and time.monotonic() < until:
            for task in left - {broker}:
                task.cancel()  # again and again: redis-py drops a cancellation that comes while it connects
            _, left = await asyncio.wait(left, timeout=0.1)
        for task in left:
            observe.log().error("a task did not end", task=task.get_name())
        await self.store.close()

    async def unready(self) -> dict[str, str]:
        """What keeps it from being ready; empty if nothing does."""
        faults: dict[str, str] = {}
        try:
            await self.store.do("PING")
        except StoreUnavailable as error:
            faults["store"] = str(error)
        for consumer in self.consumers:
            if not consumer.running:
                faults[f"consumer {consumer.stream}"] = "not running"
            elif consumer.lag > LAG_BOUND:
                faults[f"consumer {consumer.stream}"] = f"{consumer.lag} entries behind"
            elif consumer.oldest > OLDEST_BOUND:
                faults[f"consumer {consumer.stream}"] = f"an entry has been pending for {consumer.oldest:.0f} s"
        for name, check in self.checks.items():
            if fault := await check():
                faults[name] = fault
        return faults

    async def _know_the_schema(self) -> None:
        """Refuse a store that a newer version has written; an older one would be upgraded here."""
        kept = int(await self.store.do("GET", SCHEMA_KEY) or 0)
        if kept > SCHEMA:
            raise WrongSetting(f"the store has the schema {kept}; this version knows {SCHEMA}: install a newer one")
        if kept < SCHEMA:
            await self.store.do("SET", SCHEMA_KEY, SCHEMA)

    async def _prepare(self) -> None:
        """What the store has to say before anything begins."""
        await self._know_the_schema()
        if await self.clock.start(self.store):
            observe.log().warning("the clock is behind the site's last moment; the site waits there")
        for consumer in self.consumers:
            await consumer.prepare()


async def _for_ever(make: Callable[[], Coroutine[Any, Any, None]], name: str) -> None:
    while True:
        try:
            await make()
            return
        except StoreUnavailable as error:
            observe.store_failed(error)
        except Exception as error:  # noqa: BLE001 - a task of the service must not end by an error
            observe.unhandled.inc()
            observe.log().error("a task failed; starting it again", task=name, exc_info=error)
        await asyncio.sleep(0.2)


def _tell_of_what_nobody_took(loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
    """As asyncio does, but for a name that was not found: uvloop goes on to look it up for a connection that was given
    up, and who wanted that one has been told."""
    if not isinstance(context.get("exception"), socket.gaierror):
        loop.default_exception_handler(context)


Run = Callable[[AsyncExitStack], Awaitable[None]]
"""Called once a service has started, with a stack for what must be closed."""


@asynccontextmanager
async def running(service: Service, run: Run | None = None) -> AsyncIterator[None]:
    """Start a service, and stop it in the end."""
    observe.configure_logs(service.name, service.settings.log_level)
    asyncio.get_running_loop().set_exception_handler(_tell_of_what_nobody_took)
    async with AsyncExitStack() as stack:
        stack.push_async_callback(service.stop)
        try:
            await service.start()
            if run is not None:
                await run(stack)
        except WrongSetting as error:
            end_the_start(error)
        gc.set_threshold(YOUNG)
        gc.freeze()  # what was made at start stays: a collection need not look at it
        if service.remembers:
            gc.callbacks.append(_freeze_what_is_left)
            stack.callback(gc.callbacks.remove, _freeze_what_is_left)
        observe.log().info("started")
        yield


def _freeze_what_is_left(phase: str, _: dict[str, int]) -> None:
    """What outlasts a collection is remembered: to look at hundreds of thousands of cards again takes a tenth of a
    second, in which no page is built. What is left of it goes when nobody refers to it, as it always does; cycles that
    are garbage only later stay, and a press makes hardly any."""
    if phase == "stop":
        gc.freeze()


def create_app(service: Service, title: str, run: Run | None = None) -> Documented:
    """The HTTP side of a service."""

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        async with running(service, run):
            yield

    app = Documented(title=title, version=released(), lifespan=lifespan, redirect_slashes=False)

    async def docs(_: Request) -> Response:
        return reference(app.openapi(), "/openapi.json")

    app.add_route("/docs", docs)
    app.get("/health/live", tags=["health"], name="live")(_live)
    app.head("/health/live", include_in_schema=False)(_live)
    _add_health(app, service)
    for failure in (Problem, StoreUnavailable, Exception):
        app.add_exception_handler(failure, _failed)
    app.add_exception_handler(RequestValidationError, _invalid)
    app.add_exception_handler(HTTPException, _http)
    app.add_middleware(Timed)
    return app


async def _live() -> dict[str, str]:
    """Whether the process serves at all."""
    return {"status": "live"}


def _add_health(app: FastAPI, service: Service) -> None:
    not_ready: dict[int | str, dict[str, Any]] = {503: {"description": "not ready, and why", "model": Readiness}}

    @app.head("/health/ready", include_in_schema=False)
    @app.get("/health/ready", tags=["health"], response_model=Readiness, responses=not_ready)
    async def ready() -> Response:
        """Whether the store is reachable, the consumers run, and their lag is below its bound."""
        faults = await service.unready()
        return JSONResponse({"status": "unready" if faults else "ready", "faults": faults}, 503 if faults else 200)

    @app.get("/metrics", tags=["health"], response_class=PlainTextResponse)
    async def metrics() -> Response:
        """Prometheus metrics."""
        return Response(observe.exposition(), media_type=CONTENT_TYPE_LATEST)


def problem_of(error: Exception, path: str) -> Problem:
    """What a request, or a line of one, is told that ended in an error; what nothing expected is counted and logged."""
    if isinstance(error, Problem):
        return error
    if isinstance(error, StoreUnavailable):
        observe.store_failed(error)
        return Problem(503, str(error))
    observe.unhandled.inc()
    observe.log().error("unhandled", path=path, exc_info=error)
    return Problem(500, "an error of ours; it is logged")


async def _failed(request: Request, error: Exception) -> Response:
    return problem_of(error, request.url.path).response()


async def _invalid(_: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)  # noqa: S101 - it is registered for nothing else
    faults = [Fault(pointer_to(*(found["loc"][1:] or found["loc"])), found["msg"]) for found in error.errors()]
    return Problem(422, faults[0].detail, faults).response()


async def _http(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)  # noqa: S101 - it is registered for nothing else
    answer = Problem(error.status_code, str(error.detail)).response()
    answer.headers.update(error.headers or {})
    if error.status_code == 405:
        answer.headers["Allow"] = ", ".join(_methods(request))
    return answer


def _methods(request: Request) -> list[str]:
    """The methods that the address of a request takes; a route knows its own alone."""
    routes = request.app.router.routes
    return [
        method
        for method in METHODS
        if any(route.matches({**request.scope, "method": method})[0] is Match.FULL for route in routes)
    ]

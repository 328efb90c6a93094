"""What a request is told that ended in an error: problem+json, whatever raised it."""

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import Response
from starlette.exceptions import HTTPException
from starlette.routing import Match

from shared import metrics
from shared.logs import log
from shared.problems import Fault, Problem, pointer_to
from shared.wire import StoreUnavailable

METHODS = ("DELETE", "GET", "PATCH", "POST", "PUT")


def problem_of(error: Exception, path: str) -> Problem:
    """What a request, or a line of one, is told that ended in an error; what nothing expected is counted and logged."""
    if isinstance(error, Problem):
        return error
    if isinstance(error, StoreUnavailable):
        metrics.store_failed(error)
        return Problem(503, str(error))
    metrics.unhandled.inc()
    log().error("unhandled", path=path, exc_info=error)
    return Problem(500, "an error of ours; it is logged")


def answer_failures(app: FastAPI) -> None:
    """Have the application answer with a problem whatever its calls raise, and what the framework itself refuses."""
    for failure in (Problem, StoreUnavailable, Exception):
        app.add_exception_handler(failure, _failed)
    app.add_exception_handler(RequestValidationError, _invalid)
    app.add_exception_handler(HTTPException, _http)


async def _failed(request: Request, error: Exception) -> Response:
    return problem_of(error, request.url.path).response()


async def _invalid(_: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)  # noqa: S101 - it is registered for nothing else
    faults = [Fault(pointer_to(*(found["loc"][1:] or found["loc"])), found["msg"]) for found in error.errors()]
    return Problem(422, faults[0].detail, faults).response()


async def _http(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)  # noqa: S101 - it is registered for nothing else
    methods = ", ".join(_methods(request)) if error.status_code == 405 else ""
    answer = Problem(error.status_code, _told(request, error, methods)).response()
    answer.headers.update(error.headers or {})
    if methods:
        answer.headers["Allow"] = methods
    return answer


def _told(request: Request, error: HTTPException, methods: str) -> str:
    """What is wrong with the address, which is not what its sender believes: its base ends with a slash, say."""
    if error.status_code == 404:
        return f"There is no address {request.url.path!r:.200} here; correct it, its slashes count too."
    if methods:
        return f"This address does not take {request.method:.20}; send {methods}."
    return str(error.detail)


def _methods(request: Request) -> list[str]:
    """The methods that the address of a request takes, HEAD with GET; a route knows its own alone."""
    routes = request.app.router.routes
    return [
        f"{method}, HEAD" if method == "GET" else method
        for method in METHODS
        if any(route.matches({**request.scope, "method": method})[0] is Match.FULL for route in routes)
    ]

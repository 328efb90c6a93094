"""`POST /v1/articles` in front of the framework answers and is measured as every other call is."""

import httpx
import pytest
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

from services.ingest.letterbox import Letterbox
from shared import metrics
from shared.problems import Problem
from shared.store import StoreUnavailable
from tests.ingest.conftest import Ingest


def box(take: object) -> httpx.AsyncClient:
    """A letterbox in front of an application that says who it is."""
    app = Letterbox(PlainTextResponse("the framework"), take)  # type: ignore[arg-type]  # whatever a test needs
    return httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://press")


async def _take(_: Request) -> Response:
    return PlainTextResponse("the letterbox", 202)


@pytest.mark.parametrize(
    ("method", "path"),
    [("GET", "/v1/articles"), ("DELETE", "/v1/articles/aaaa"), ("POST", "/v1/articles/batch"), ("GET", "/docs")],
)
async def test_every_other_call_goes_on_to_the_framework(method: str, path: str) -> None:
    async with box(_take) as client:
        assert (await client.request(method, path)).text == "the framework"
        assert (await client.post("/v1/articles")).text == "the letterbox"


@pytest.mark.parametrize(
    ("error", "status", "counter"),
    [
        (Problem(422, "no"), 422, None),
        (StoreUnavailable("away"), 503, metrics.store_failures),
        (ZeroDivisionError(), 500, metrics.unhandled),
    ],
)
async def test_what_goes_wrong_is_a_problem_and_counted(error: Exception, status: int, counter: object) -> None:
    async def fail(_: Request) -> Response:
        raise error

    before = counter._value.get() if counter else 0  # type: ignore[attr-defined]  # prometheus_client has no other way
    async with box(fail) as client:
        answer = await client.post("/v1/articles")
    assert (answer.status_code, answer.headers["content-type"]) == (status, "application/problem+json")
    assert answer.headers.get("retry-after") == ("1" if status == 503 else None)
    if counter:
        assert counter._value.get() == before + 1  # type: ignore[attr-defined]


def test_its_answers_are_timed_by_route_and_status(ingest_process: Ingest) -> None:
    with ingest_process.client() as client:
        article = {"guid": "timed", "headline": "Timed", "body_text": "Words."}
        assert client.post("/v1/articles", json=article).status_code == 202
        assert client.post("/v1/articles", json=article, headers={"Authorization": ""}).status_code == 401
        told = client.get("/metrics").text
    for status in ("202", "401"):
        assert f'pressrun_request_seconds_count{{route="/v1/articles",status="{status}"}}' in told

"""Posting the sample edition to a server that answers as ingest and the site do."""

import asyncio
import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any

import pytest
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from services.console import sample
from services.console.duplex import exchange
from services.console.sample import SampleFailed, edition, most_read, post_sample
from shared.articles import identify

NOW = datetime(2025, 7, 26, 9, 30, tzinfo=UTC)
TOKEN = "schlüssel"


class Desk:
    """Takes what is posted; readers see Hot this week and Topics as soon as the views are there."""

    def __init__(self) -> None:
        self.articles: dict[str, dict[str, Any]] = {}
        self.views: dict[str, str] = {}
        self.conditions: dict[str, Any] = {}
        self.refuses = False
        self.posts = 0
        methods = {"PUT": self._put, "POST": self._post, "GET": self._get}
        self.app = Starlette(routes=[Route("/{path:path}", call, methods=[name]) for name, call in methods.items()])

    async def _put(self, request: Request) -> Response:
        self.conditions = await request.json()
        return JSONResponse({}, 202)

    async def _post(self, request: Request) -> Response:
        if request.headers["authorization"].encode("latin-1").decode() != f"Bearer {TOKEN}" or self.refuses:
            return JSONResponse({"title": "no"}, 422)
        if request.url.path == "/v1/views/batch":
            lines = [json.loads(line) for line in (await request.body()).splitlines()]
            self.views |= {line["event_id"]: line["article"] for line in lines}
            return PlainTextResponse('{"status":202}\n' * len(lines))
        posted = await request.json()
        ident = identify("sample", posted["guid"])
        self.articles[ident] = posted
        self.posts += 1
        return JSONResponse({"id": ident, "url": f"https://courier.example/{posted['guid']}/"}, 201)

    async def _get(self, request: Request) -> Response:
        ident = request.url.path.rpartition("/")[2]
        if ident in self.articles:
            return JSONResponse({"url": f"https://courier.example/{self.articles[ident]['guid']}/"})
        if request.url.path.startswith("/v1/") or not self.views:
            return JSONResponse({"title": "not found"}, 404)
        names = most_read()
        return HTMLResponse(f'<b id="hot">{" ".join(names[:5])}<b id="topics">{" ".join(names[:8])}<b id="related">')


@pytest.fixture
async def desk() -> AsyncIterator[tuple[Desk, dict[str, Any]]]:
    """A server and the `run.json` that leads to it."""
    desk = Desk()
    server = uvicorn.Server(uvicorn.Config(desk.app, port=0, log_config=None, ws="none", lifespan="off"))
    serving = asyncio.create_task(server.serve())
    while not server.started:  # noqa: ASYNC110  uvicorn tells it in no other way
        await asyncio.sleep(0.01)
    url = f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    yield desk, {"ingest": url, "site": url, "source": "sample", "token": TOKEN}
    server.should_exit = True
    await serving


async def test_the_whole_edition_is_posted_and_seen(desk: tuple[Desk, dict[str, Any]]) -> None:
    there, run = desk
    await post_sample(run, NOW)
    assert [article["headline"] for article in there.articles.values()] == [
        entry["headline"] for entry in edition()["articles"]
    ]
    assert all("version" not in article for article in there.articles.values())
    assert len(there.views) == sum(entry["views"] for entry in edition()["articles"])
    assert there.conditions == {"city": "Baghdad", "temperature_c": 48, "at": NOW.isoformat()}


async def test_posting_again_leaves_the_articles_and_the_views(desk: tuple[Desk, dict[str, Any]]) -> None:
    there, run = desk
    await post_sample(run, NOW)
    views = dict(there.views)
    await post_sample(run, NOW)
    assert there.posts == len(edition()["articles"])
    assert there.views == views


async def test_a_batch_has_its_token_with_it_whatever_the_letters(desk: tuple[Desk, dict[str, Any]]) -> None:
    line = b'{"event_id": "one", "article": "a"}'
    assert await exchange(f"{desk[1]['ingest']}/v1/views/batch", TOKEN, [line, line]) == [{"status": 202}] * 2


@pytest.mark.parametrize("name", ["http_proxy", "ALL_PROXY", "SSL_CERT_FILE"])
async def test_it_goes_straight_to_this_machine_whatever_leads_out_of_it(
    desk: tuple[Desk, dict[str, Any]], monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    there, run = desk
    monkeypatch.setenv(name, "socks5://127.0.0.1:9" if name == "ALL_PROXY" else "http://127.0.0.1:9")
    await post_sample(run, NOW)
    assert len(there.articles) == len(edition()["articles"])


async def test_a_refusal_is_told_in_one_line(desk: tuple[Desk, dict[str, Any]]) -> None:
    there, run = desk
    there.refuses = True
    with pytest.raises(SampleFailed, match="POST /v1/articles: 422"):
        await post_sample(run, NOW)


async def test_a_site_that_does_not_show_it_is_given_up(
    desk: tuple[Desk, dict[str, Any]], monkeypatch: pytest.MonkeyPatch
) -> None:
    there, run = desk
    monkeypatch.setattr(sample, "DEADLINE", 0.3)
    monkeypatch.setattr("services.console.sample.shows_the_sample", lambda *_: False)
    with pytest.raises(SampleFailed, match="does not show the sample edition"):
        await post_sample(run, NOW)
    assert there.posts

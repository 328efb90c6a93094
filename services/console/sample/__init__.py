"""The sample edition: nine articles, the weather and a morning's readers, posted as any upstream would post them.

Its bodies are invented. How many readers an article has decides its place in Hot this week; each of the eight that
readers see in Topics leads one topic, and the ninth shares topics only with newer ones, so that it displaces none.
"""

import asyncio
import json
from collections.abc import Iterator
from datetime import datetime, timedelta
from functools import cache
from html import escape, unescape
from importlib.resources import files
from typing import Any
from urllib.parse import urlsplit

import httpx

from shared.articles import identify

DEADLINE = 20.0
LED = 8  # the articles that lead a topic; the ninth leads none


class SampleFailed(Exception):
    """The sample edition could not be brought to the site; its text is one line."""


@cache
def edition() -> dict[str, Any]:
    """The edition as it lies in `edition.json`: the oldest article first, the last one the most read."""
    found: dict[str, Any] = json.loads(files(__package__).joinpath("edition.json").read_text(encoding="utf-8"))
    return found


async def post_sample(run: dict[str, Any], now: datetime, hot: int = 5, topics: int = 8) -> None:
    """Post the sample edition and wait until readers see it; `hot` and `topics` are the site's sizes of those blocks.

    An article that is there already is left as it is, so that posting twice changes nothing.
    """
    headers = httpx.Headers({"Authorization": f"Bearer {run['token']}"}, encoding="utf-8")
    async with (  # both are on this machine: neither a proxy of the environment's leads to them nor its certificates
        httpx.AsyncClient(base_url=run["ingest"], headers=headers, timeout=DEADLINE, trust_env=False) as ingest,
        httpx.AsyncClient(base_url=run["site"], timeout=DEADLINE, trust_env=False) as site,
    ):
        await _send(ingest, "PUT", "/v1/conditions", json={**edition()["conditions"], "at": now.isoformat()})
        addresses = [await _post(ingest, run["source"], entry, now) for entry in edition()["articles"]]
        await _read(ingest, run["source"], now)
        await _wait(site, urlsplit(addresses[0]).path, hot, topics)


def article(entry: dict[str, Any], now: datetime) -> dict[str, Any]:
    """An entry of the edition as `POST /v1/articles` takes it."""
    return {
        "guid": entry["guid"],
        "headline": entry["headline"],
        "section": entry["section"],
        "topics": entry["topics"],
        "authors": entry["authors"],
        "language": "en",
        "published_at": (now - timedelta(minutes=entry["minutes_ago"])).isoformat(),
        "body_html": "".join(f"<p>{escape(paragraph, quote=False)}</p>\n" for paragraph in entry["paragraphs"]),
        **({"summary": entry["summary"]} if "summary" in entry else {}),
    }


def views(source: str, now: datetime) -> Iterator[dict[str, str]]:
    """The edition's views, as `POST /v1/views/batch` takes them, with the same event_ids every time."""
    number = 0
    for entry in edition()["articles"]:
        for _ in range(entry["views"]):
            number += 1
            yield {"event_id": f"sample-{number}", "article": identify(source, entry["guid"]), "at": now.isoformat()}


def most_read() -> list[str]:
    """The headlines of Hot this week, in order; the first eight are those of Topics, too."""
    return [entry["headline"] for entry in sorted(edition()["articles"], key=lambda entry: -entry["views"])]


def shows_the_sample(page: str, hot: int, topics: int) -> bool:
    """Whether a page has the cards of Hot this week and of Topics, in their order."""
    before, _, rest = unescape(page).partition('id="topics"')
    hot_block, topics_block = before.partition('id="hot"')[2], rest.partition('id="related"')[0]
    return _in_order(hot_block, most_read()[:hot]) and _in_order(topics_block, most_read()[: min(topics, LED)])


def _in_order(block: str, headlines: list[str]) -> bool:
    places = [block.find(headline) for headline in headlines]
    return -1 not in places and places == sorted(places)


async def _post(ingest: httpx.AsyncClient, source: str, entry: dict[str, Any], now: datetime) -> str:
    known = await ingest.get(f"/v1/articles/{identify(source, entry['guid'])}")
    if known.status_code == httpx.codes.OK:
        return str(known.json()["url"])
    answer = await _send(ingest, "POST", "/v1/articles", json=article(entry, now), headers={"Prefer": "wait=5"})
    return str(answer.json()["url"])


async def _read(ingest: httpx.AsyncClient, source: str, now: datetime) -> None:
    lines = "".join(json.dumps(view) + "\n" for view in views(source, now))
    headers = {"Content-Type": "application/x-ndjson"}
    answer = await _send(ingest, "POST", "/v1/views/batch", content=lines, headers=headers)
    for line in answer.text.splitlines():
        if json.loads(line)["status"] >= 300:
            raise SampleFailed(f"a view of the sample edition was refused: {line}")


async def _send(client: httpx.AsyncClient, method: str, path: str, **content: Any) -> httpx.Response:
    try:
        answer = await client.request(method, path, **content)
    except httpx.HTTPError as error:
        raise SampleFailed(f"{method} {path}: {error!r}") from None
    if answer.is_error:
        raise SampleFailed(f"{method} {path}: {answer.status_code} {answer.text[:500]}")
    return answer


async def _wait(site: httpx.AsyncClient, path: str, hot: int, topics: int) -> None:
    try:
        async with asyncio.timeout(DEADLINE):
            while True:
                page = await _get(site, path)
                if shows_the_sample(page, hot, topics):
                    return
                await asyncio.sleep(0.05)
    except TimeoutError:
        raise SampleFailed(f"{path} does not show the sample edition after {DEADLINE:.0f} s") from None


async def _get(site: httpx.AsyncClient, path: str) -> str:
    try:
        answer = await site.get(path)
    except httpx.HTTPError:
        return ""
    return answer.text if answer.status_code == httpx.codes.OK else ""

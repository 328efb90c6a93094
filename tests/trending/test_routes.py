"""The rankings as anyone may ask for them."""

from collections.abc import AsyncIterator

import httpx
import pytest

from services.trending.routes import ranking_routes
from shared.application import create_app
from shared.articles import Article, record_key
from shared.charts import Chart, chart_key
from shared.live import names_key
from shared.service import Service
from shared.settings import Settings
from tests.trending.newsroom import DAY, HOUR, NOON, Newsroom


@pytest.fixture
async def http(newsroom: Newsroom) -> AsyncIterator[httpx.AsyncClient]:
    app = create_app(Service("trending", Settings(redis_url=newsroom.url)), "test")
    app.include_router(ranking_routes(newsroom.calendar, newsroom, newsroom.rankings))  # type: ignore[arg-type]
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://trending") as client:
        yield client


async def test_a_ranking_names_its_window_and_its_articles(newsroom: Newsroom, http: httpx.AsyncClient) -> None:
    one, two = await newsroom.publish("one"), await newsroom.publish("two", section="sport")
    await newsroom.view(one)
    await newsroom.view(two, times=2)
    await newsroom.drain()
    assert (await http.get("/v1/trending")).json() == {
        "window": "7d",
        "from": "2025-07-19T12:00:00+03:00",
        "to": "2025-07-26T12:00:00+03:00",
        "items": [
            {"rank": 1, "id": two, "views": 2, "headline": "Two", "url": "http://site/2025/07/25/two/"},
            {"rank": 2, "id": one, "views": 1, "headline": "One", "url": "http://site/2025/07/25/one/"},
        ],
    }
    found = (await http.get("/v1/trending", params={"window": "week", "section": "world", "limit": 1})).json()
    assert (found["from"], found["to"]) == ("2025-07-21T00:00:00+03:00", "2025-07-28T00:00:00+03:00")
    assert [(item["rank"], item["id"]) for item in found["items"]] == [(1, one)]
    assert (await http.get("/v1/trending?window=2025-W30")).json()["items"][0]["id"] == two
    assert (await http.get("/v1/trending?window=2025-W31")).json()["items"] == []


@pytest.mark.parametrize("call", ["/v1/trending?window=&limit=&section=&topic=", "/v1/topics?window=&limit="])
async def test_what_is_given_empty_is_not_given(newsroom: Newsroom, http: httpx.AsyncClient, call: str) -> None:
    for number in range(11):
        await newsroom.view(await newsroom.publish(f"story-{number}", topics=(f"topic-{number}",)))
    await newsroom.drain()
    found = await http.get(call)
    assert found.json() == (await http.get(call.partition("?")[0])).json()
    assert (found.json()["window"], len(found.json()["items"])) == ("7d", 10)


async def test_sections_and_topics_are_found_by_their_names_too(newsroom: Newsroom, http: httpx.AsyncClient) -> None:
    one = await newsroom.publish("one", section="world-news", topics=("c-2",))
    await newsroom.publish("two", section="world", topics=("c",))
    await newsroom.view(one)
    for kind, slug, name in (("section", "world-news", "World News"), ("topic", "c", "C"), ("topic", "c-2", "C/C++")):
        await newsroom.store.do("HSET", names_key(kind), slug, name)
    await newsroom.drain()
    for told in ({"section": "world-news"}, {"section": "world news"}, {"topic": "C/C++"}, {"topic": "c-2"}):
        assert [item["id"] for item in (await http.get("/v1/trending", params=told)).json()["items"]] == [one], told
    for told in ({"section": "World"}, {"topic": "C"}, {"topic": "C++"}):
        assert (await http.get("/v1/trending", params=told)).json()["items"] == [], told


async def test_topics_have_their_names(newsroom: Newsroom, http: httpx.AsyncClient) -> None:
    assert (await http.get("/v1/topics")).json()["items"] == []
    await newsroom.view(await newsroom.publish("one", topics=("oil", "water")), times=3)
    await newsroom.store.do("HSET", names_key("topic"), "oil", "Oil & gas")
    await newsroom.drain()
    assert (await http.get("/v1/topics")).json()["items"] == [
        {"rank": 1, "id": "oil", "views": 3, "headline": "Oil & gas", "url": "http://site/topic/oil/"},
        {"rank": 2, "id": "water", "views": 3, "headline": "water", "url": "http://site/topic/water/"},
    ]


async def test_a_sealed_week_is_answered_from_what_is_kept(newsroom: Newsroom, http: httpx.AsyncClient) -> None:
    one = await newsroom.publish("one", topics=("oil",))
    two = await newsroom.publish("two", section="sport", topics=("oil",))
    await newsroom.view(one, times=2)
    await newsroom.view(two)
    await newsroom.drain()
    await newsroom.pass_to(NOON + 20 * DAY)
    for query, idents in (("", [one, two]), ("&topic=oil&section=sport", [two]), ("&section=none", [])):
        found = (await http.get(f"/v1/trending?window=2025-W30{query}")).json()
        assert [item["id"] for item in found["items"]] == idents, query
    assert (await http.get("/v1/topics?window=2025-W30")).json()["items"][0]["views"] == 3


async def test_a_sealed_week_is_answered_as_its_chart_stands(newsroom: Newsroom, http: httpx.AsyncClient) -> None:
    idents = {}
    for hour, guid in enumerate("abcd"):
        topics = ("t1",) if guid in "ab" else ("t2",)
        idents[guid] = await newsroom.publish(guid, published_at=NOON - DAY + hour * HOUR, topics=topics)
        await newsroom.view(idents[guid], times=6 if guid == "a" else 3)
    await newsroom.drain()
    await newsroom.pass_to(NOON + 20 * DAY)
    await newsroom.withdraw(idents["a"])
    idents["b2"] = await newsroom.publish("b2", evolved_from="b", section="sport", topics=())
    await newsroom.withdraw(idents["b"], replaced_by=idents["b2"])
    await newsroom.drain()
    await newsroom.announcer.announce()
    chart = Chart.model_validate_json(await newsroom.store.do("GET", chart_key("2025-W30")))
    assert [entry.id for entry in chart.entries] == [idents[guid] for guid in ("d", "c", "b2")]
    for query, guids in (
        ("", ("d", "c", "b2")), ("&limit=1", ("d",)), ("&topic=t1&limit=1", ("b2",)), ("&section=world&limit=1", "d"),
        ("&section=world&topic=t1", ("b2",)), ("&section=sport", ()),
    ):  # fmt: skip
        found = (await http.get(f"/v1/trending?window=2025-W30{query}")).json()["items"]
        assert [(item["rank"], item["id"], item["views"]) for item in found] == [
            (rank, idents[guid], 3) for rank, guid in enumerate(guids, 1)
        ], query


@pytest.mark.parametrize("window", ["7d", "week", "2025-W29"])
async def test_a_withdrawal_that_trending_has_not_read_yet_takes_no_place(
    newsroom: Newsroom, http: httpx.AsyncClient, window: str
) -> None:
    idents = [await newsroom.publish(f"article{number}") for number in range(5)]
    for number, ident in enumerate(idents):
        await newsroom.view(ident, times=5 - number)
        await newsroom.view(ident, times=5 - number, at=NOON - 6 * DAY)
    await newsroom.drain()
    for ident in (idents[0], idents[2]):
        record = Article.model_validate_json(await newsroom.store.do("GET", record_key(ident)))
        down = record.model_copy(update={"state": "withdrawn"})
        await newsroom.store.do("SET", record_key(ident), down.model_dump_json())
    found = (await http.get("/v1/trending", params={"window": window, "limit": 2})).json()["items"]
    assert [(item["rank"], item["id"]) for item in found] == [(1, idents[1]), (2, idents[3])]


@pytest.mark.parametrize(
    ("query", "pointer"),
    [
        ("window=2025-W54", "/window"), ("window=month", "/window"), ("window=%20", "/window"),
        ("window=9999-W53", "/window"), ("window=0000-W01", "/window"), ("window=9999-W52", "/window"),
        ("limit=0", "/limit"), ("limit=x", "/limit"), ("limit=1001", "/limit"), ("section=%20", "/section"),
        ("topic=%09", "/topic"),
    ],
)  # fmt: skip
async def test_what_cannot_be_answered_is_named(http: httpx.AsyncClient, query: str, pointer: str) -> None:
    answer = await http.get(f"/v1/trending?{query}")
    assert answer.status_code == 422
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["errors"][0]["pointer"] == pointer

"""A batch goes at the pace of the press, and at its own where nobody builds."""

import asyncio
import itertools
import json
import threading
from collections.abc import AsyncIterator
from types import SimpleNamespace

import pytest

from services.ingest import pace as pacing
from services.ingest.pace import AHEAD, FEEDS_DUE, LISTS_DUE, Pace
from shared.backlog import SHARED, TO_BUILD, UNHURRIED
from shared.events import ARTICLES, PAGES
from shared.groups import PRESSES, groups_of
from shared.settings import Settings
from shared.store import Store
from tests.ingest.conftest import Ingest
from tests.servers import Valkey, until_true, wait_for

LONG = 3_600.0


class Backlog:
    """Articles that wait to be built, and how often somebody asked how many they are."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self._numbers = itertools.count()

    async def add(self, count: int) -> None:
        numbers = [next(self._numbers) for _ in range(count)]
        await self.store.do("ZADD", TO_BUILD, *(part for n in numbers for part in (n, f"article:{n}")))

    async def take(self, count: int) -> None:
        await self.store.do("ZPOPMIN", TO_BUILD, count)

    async def build(self) -> None:
        await self.store.do("XADD", PAGES, "*", "event", "{}")

    async def asked(self, times: int) -> None:
        """Return once somebody has asked so many times more."""
        before = await self._looks()

        async def enough() -> bool:
            return await self._looks() >= before + times

        await until_true(enough)

    async def _looks(self) -> int:
        lines = (await self.store.do("INFO", "commandstats")).decode().splitlines()
        found = [line for line in lines if line.startswith("cmdstat_xinfo|groups:")]
        return sum(int(line.partition("calls=")[2].partition(",")[0]) for line in found)


@pytest.fixture
async def backlog(valkey_server: Valkey) -> AsyncIterator[Backlog]:
    valkey_server.flush()
    store = Store(Settings(redis_url=valkey_server.url))
    yield Backlog(store)
    await store.close()


def held_seconds() -> float:
    return pacing.held._value.get()


async def test_a_batch_waits_until_few_enough_wait_to_be_built(
    backlog: Backlog, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pacing, "STANDSTILL", LONG)
    await backlog.add(AHEAD + 1)
    before = held_seconds()
    held = asyncio.create_task(Pace(backlog.store).keep())
    await backlog.asked(3)
    assert not held.done()
    await backlog.take(1)
    await asyncio.wait_for(held, 15)
    assert held_seconds() > before


async def test_what_the_presses_have_not_read_waits_too(backlog: Backlog, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pacing, "STANDSTILL", LONG)
    await backlog.store.do("XGROUP", "CREATE", ARTICLES, PRESSES, "0", "MKSTREAM")
    await backlog.store.all([("XADD", ARTICLES, "*", "event", "{}") for _ in range(AHEAD + 1)])
    held = asyncio.create_task(Pace(backlog.store).keep())
    await backlog.asked(3)
    [[_, entries]] = await backlog.store.do("XREADGROUP", "GROUP", PRESSES, "one", "STREAMS", ARTICLES, ">")
    await backlog.asked(3)
    assert not held.done()
    await backlog.store.do("XACK", ARTICLES, PRESSES, entries[0][0])
    await asyncio.wait_for(held, 15)


async def test_where_the_store_cannot_tell_what_is_not_read_nobody_is_held_for_that(backlog: Backlog) -> None:
    await backlog.store.do("XGROUP", "CREATE", ARTICLES, PRESSES, "0", "MKSTREAM")
    entries = await backlog.store.all([("XADD", ARTICLES, "*", "event", "{}") for _ in range(AHEAD + 1)])
    await backlog.store.do("XDEL", ARTICLES, entries[1])
    [group] = await groups_of(backlog.store, ARTICLES)
    assert group.lag is None
    await asyncio.wait_for(Pace(backlog.store).keep(), 15)


async def test_others_that_read_the_articles_hold_nobody(backlog: Backlog, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pacing, "STANDSTILL", LONG)
    await backlog.store.do("XGROUP", "CREATE", ARTICLES, "partner", "0", "MKSTREAM")
    await backlog.store.all([("XADD", ARTICLES, "*", "event", "{}") for _ in range(AHEAD + 1)])
    await asyncio.wait_for(Pace(backlog.store).keep(), 15)


@pytest.mark.parametrize(("queue", "bound"), [(SHARED, LISTS_DUE), (UNHURRIED, FEEDS_DUE)])
async def test_a_batch_waits_until_no_list_has_been_due_for_long(
    backlog: Backlog, monkeypatch: pytest.MonkeyPatch, queue: str, bound: float
) -> None:
    monkeypatch.setattr(pacing, "STANDSTILL", LONG)
    seconds, micros = await backlog.store.do("TIME")
    now = int(seconds) * 1_000 + int(micros) // 1_000
    await backlog.store.do("ZADD", queue, now - bound * 1_000 - 1, "list:late", now + 60_000, "list:later")
    held = asyncio.create_task(Pace(backlog.store).keep())
    await backlog.asked(3)
    assert not held.done()
    await backlog.store.do("ZREM", queue, "list:late")
    await asyncio.wait_for(held, 15)


async def test_where_nobody_builds_a_batch_is_held_once_and_again_when_somebody_does(
    backlog: Backlog, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pacing, "LOOK_EVERY", -1)  # always anew
    pace = Pace(backlog.store)
    await backlog.add(AHEAD + 1)
    monkeypatch.setattr(pacing, "STANDSTILL", 0.05)
    await asyncio.wait_for(pace.keep(), 15)
    monkeypatch.setattr(pacing, "STANDSTILL", LONG)
    await asyncio.wait_for(pace.keep(), 15)
    await backlog.build()
    held = asyncio.create_task(pace.keep())
    await backlog.asked(3)
    assert not held.done()
    await backlog.take(1)
    await asyncio.wait_for(held, 15)


async def test_a_standstill_is_one_only_while_nothing_is_built(
    backlog: Backlog, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = 0.0
    monkeypatch.setattr(pacing, "time", SimpleNamespace(monotonic=lambda: now))
    monkeypatch.setattr(pacing, "LOOK_EVERY", -1)  # always anew: this clock stands
    monkeypatch.setattr(pacing, "STANDSTILL", 20.0)
    await backlog.add(AHEAD + 1)
    held = asyncio.create_task(Pace(backlog.store).keep())
    for _ in range(5):
        await backlog.build()
        await backlog.asked(2)
        now += 15
        await backlog.asked(2)
        assert not held.done()
    now += 6
    await asyncio.wait_for(held, 15)


async def test_without_a_store_nobody_is_held(backlog: Backlog, valkey_server: Valkey) -> None:
    away = Store(Settings(redis_url="redis://127.0.0.1:1/0"))
    await asyncio.wait_for(Pace(away).keep(), 15)
    await away.close()


def test_a_batch_is_accepted_once_the_press_has_caught_up(ingest_process: Ingest, valkey_server: Valkey) -> None:
    store = valkey_server.client()
    store.zadd(TO_BUILD, {f"article:{n}": n for n in range(AHEAD + 50)})
    lines = [json.dumps({"guid": f"paced-{n}", "headline": "H", "body_text": "B."}) for n in range(3)]
    before, answers = store.xlen(ARTICLES), []

    def post() -> None:
        with ingest_process.client() as client:
            answers.extend(client.post("/v1/articles/batch", content="\n".join(lines)).text.splitlines())

    asked = store.info("commandstats").get("cmdstat_xinfo|groups", {"calls": 0})["calls"]
    sender = threading.Thread(target=post)
    sender.start()
    wait_for(lambda: store.info("commandstats").get("cmdstat_xinfo|groups", {"calls": 0})["calls"] > asked)
    while store.zcard(TO_BUILD) > AHEAD:
        assert store.xlen(ARTICLES) == before
        store.zpopmin(TO_BUILD)
    sender.join()
    assert [json.loads(answer)["outcome"] for answer in answers] == ["published"] * 3
    store.delete(TO_BUILD)

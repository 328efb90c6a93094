"""What FastStream leaves undone on Redis Streams, and what `shared.streams.Consumer` makes of it, on a real Valkey."""

import asyncio
import gc
import json
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Iterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from faststream.redis.message import RedisBatchStreamMessage
from redis.exceptions import ResponseError

from shared import metrics, streams
from shared.application import create_app
from shared.broker import create_group, make_broker
from shared.dead_letters import letters, set_event_aside
from shared.entries import Delivered
from shared.events import ArticleViewed, announce, view_events
from shared.service import Service
from shared.settings import Settings
from shared.store import Script, Store, StoreUnavailable
from shared.streams import BATCH, TRIES, Consumer
from tests.servers import Valkey, until, until_true

NOW = datetime(2025, 7, 26, 6, tzinfo=UTC)
STREAM, GROUP = "views", "counters"


@dataclass
class Reader:
    """A consumer whose handler fails on the articles `failing`, and acknowledges the rest.

    An event may come twice (what is in hand at a start is read again as pending); `got` has what was acknowledged
    for the first time, which is how handlers count once.
    """

    store: Store
    failing: set[str] = field(default_factory=set)
    got: list[str] = field(default_factory=list)
    tried: list[str] = field(default_factory=list)
    batches: list[list[str]] = field(default_factory=list)
    consumer: Any = None

    async def handle(self, batch: list[Delivered[ArticleViewed]]) -> None:
        names = [one.event.article for one in batch]
        self.batches.append(names)
        self.tried += names
        if self.failing & set(names):
            raise RuntimeError("the handler fails")
        acknowledged = await self.store.all([("XACK", STREAM, GROUP, one.entry) for one in batch])
        self.got += [name for name, first in zip(names, acknowledged, strict=True) if first]


@asynccontextmanager
async def reading(url: str, name: str = "one", failing: set[str] | None = None) -> AsyncIterator[Reader]:
    """A consumer at work, as a service runs it."""
    settings = Settings(redis_url=url, consumer=name)
    store, broker = Store(settings), make_broker(settings)
    reader = Reader(store, failing or set())
    reader.consumer = Consumer(
        broker, store, settings, stream=STREAM, group=GROUP, events=view_events, handle=reader.handle
    )
    await reader.consumer.prepare()
    await broker.start()
    recovering = asyncio.create_task(reader.consumer.recover())
    try:
        yield reader
    finally:
        await broker.stop()
        recovering.cancel()
        await asyncio.gather(recovering, return_exceptions=True)
        await store.close()


def view(article: str) -> tuple[str, ...]:
    """The command that puts a view of an article on the stream."""
    return announce(STREAM, ArticleViewed(at=NOW, article=article))


@pytest.fixture(autouse=True)
def _impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(streams, "LOOK_EVERY", 0.05)


@pytest.fixture
def mortal(tmp_path: Path) -> Iterator[Valkey]:
    """A Valkey of the test's own, to be killed."""
    server = Valkey(tmp_path)
    server.start()
    yield server
    server.kill()


async def pending(store: Store) -> int:
    return int((await store.do("XPENDING", STREAM, GROUP))[0])


# ---------------------------------------------------------------------------------------------- trap 1


async def test_a_new_group_reads_what_was_published_before_it_was_there(valkey: str, store: Store) -> None:
    await store.all([view("before-1"), view("before-2")])
    async with reading(valkey) as reader:
        await store.do(*view("after"))
        await until(lambda: len(reader.got) == 3)
        assert reader.got == ["before-1", "before-2", "after"]
        assert await pending(store) == 0


async def test_a_second_start_reads_nothing_again_and_misses_nothing(valkey: str, store: Store) -> None:
    async with reading(valkey) as reader:
        await store.do(*view("first"))
        await until(lambda: reader.got == ["first"])
    await store.do(*view("meanwhile"))
    async with reading(valkey) as reader:
        await until(lambda: reader.got)
        assert reader.got == ["meanwhile"]
        before = await _commands(store)

        async def looked_around() -> bool:
            return (await _commands(store))["xautoclaim"] >= before["xautoclaim"] + 5

        await until_true(looked_around)
        assert (await _commands(store))["xreadgroup"] - before["xreadgroup"] < 10, "it does not spin"


async def _commands(store: Store) -> Counter[str]:
    lines = (await store.do("INFO", "commandstats")).decode().splitlines()
    rows = [line.removeprefix("cmdstat_").partition(":calls=") for line in lines if line.startswith("cmdstat_")]
    return Counter({name: int(rest.partition(",")[0]) for name, _, rest in rows})


# ---------------------------------------------------------------------------------------------- traps 2 and 3


async def test_an_event_whose_handler_fails_comes_again_until_it_succeeds(valkey: str, store: Store) -> None:
    async with reading(valkey, failing={"shy"}) as reader:
        await store.do(*view("shy"))
        await until(lambda: reader.tried.count("shy") >= 2)
        reader.failing.clear()
        await until(lambda: reader.got == ["shy"])
        assert await pending(store) == 0
        assert await letters(store) == []
        await until(lambda: not reader.consumer._failures)  # what is kept of failures must not grow for ever


async def test_a_long_backlog_is_not_done_twice_when_something_before_it_comes_again(valkey: str, store: Store) -> None:
    names = [f"v{number}" for number in range(30 * BATCH)]
    await store.all([view(name) for name in names])
    async with reading(valkey, failing={"v0"}) as reader:
        await until(lambda: "v0" in reader.tried)
        reader.failing.clear()
        await until(lambda: len(reader.got) == len(names))
        again = len(reader.tried) - len(names)
        assert again <= 5 * BATCH, "only what was in hand when it began"


async def test_an_event_that_fails_every_time_is_set_aside_with_its_reason(valkey: str, store: Store) -> None:
    *put, event = view("poison")
    raw = json.dumps(json.loads(event) | {"theirs": "what nobody here reads"})
    async with reading(valkey, failing={"poison"}) as reader:
        await store.do(*put, raw)
        await until_true(lambda: letters(store))
        assert reader.tried.count("poison") == TRIES
        assert await pending(store) == 0
        letter, *others = await letters(store)
        assert not others
        assert letter["reason"] == "RuntimeError: the handler fails"
        assert letter["stream"] == STREAM
        assert letter["group"] == GROUP
        assert letter["raw"] == raw


async def test_a_bad_event_in_a_batch_does_not_delay_its_neighbours(
    valkey: str, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    names = [f"good-{n}" for n in range(50)]
    async with reading(valkey, failing={"poison"}) as reader:
        await store.do(*view("hello"))
        await until(lambda: reader.got == ["hello"])
        monkeypatch.setattr(streams, "LOOK_EVERY", 1.5)
        await store.all([view(name) for name in [*names[:25], "poison", *names[25:]]])
        await until(lambda: len(reader.got) == 51)
        assert reader.tried.count("poison") < TRIES - 1, "the neighbours did not wait for its last try"
        assert reader.got == ["hello", *names]
        monkeypatch.setattr(streams, "LOOK_EVERY", 0.05)
        await until_true(lambda: letters(store))
        assert all(reader.tried.count(name) <= 2 for name in names)


@pytest.mark.parametrize(
    "fields",
    [
        ("event", "{"),
        ("event", '{"type": "article.viewed"}'),
        ("event", '{"type":"article.viewed","event_id":"e","at":"2025-07-26T06:00:00","article":"x","once":true}'),
        ("event", "\u0000\u0001"),
        ("data", '{"article": "x"}'),
        ("__data__", "\x89BIN"),
    ],
)
async def test_an_entry_that_is_no_event_is_set_aside_at_once(
    valkey: str, store: Store, fields: tuple[str, str]
) -> None:
    await store.all([view("one"), ("XADD", STREAM, "*", *fields), view("two")])
    async with reading(valkey) as reader:
        await until(lambda: reader.got == ["one", "two"])
        await until_true(lambda: letters(store))
        assert await pending(store) == 0
        (letter,) = await letters(store)
        assert letter["raw"] == fields[1] or fields[0] in letter["raw"]


async def test_entries_that_are_no_events_are_set_aside_after_their_neighbours_and_together(
    valkey: str, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    await store.all([*[("XADD", STREAM, "*", "event", "{")] * 20, view("one")])
    under_way, handled = [0], []

    async def aside(*told: Any) -> bool:
        under_way.append(under_way[-1] + 1)
        handled.append(list(reader.got))
        done = await set_event_aside(*told)
        under_way.append(under_way[-1] - 1)
        return done

    monkeypatch.setattr(streams, "set_event_aside", aside)
    async with reading(valkey) as reader:
        await until(lambda: len(handled) == 20 and under_way[-1] == 0)
    assert handled == [["one"]] * 20
    assert max(under_way) == 20
    assert len(await letters(store)) == 20


@pytest.mark.parametrize("failing", [set(), {"poison"}])
async def test_what_could_not_be_set_aside_while_the_store_was_away_is_set_aside_at_once_when_it_is_back(
    valkey: str, store: Store, monkeypatch: pytest.MonkeyPatch, failing: set[str]
) -> None:
    tried = []

    async def aside(*told: Any) -> bool:
        tried.append(told)
        if len(tried) == 1:
            raise StoreUnavailable("away")
        return await set_event_aside(*told)

    monkeypatch.setattr(streams, "set_event_aside", aside)
    monkeypatch.setattr(streams, "CLAIM_AFTER_MS", 600_000)
    async with reading(valkey, failing=failing) as reader:
        await store.do(*view("hello"))
        await until(lambda: reader.got == ["hello"] and not reader.consumer._left_undone)
        await store.do(*view("poison")) if failing else await store.do("XADD", STREAM, "*", "event", "{")
        await until_true(lambda: letters(store))
        assert await pending(store) == 0
        assert reader.tried.count("poison") <= TRIES + 1


async def test_what_a_group_sets_aside_is_told_from_zero_on(valkey: str, store: Store) -> None:
    settings = Settings(redis_url=valkey)
    handle = Reader(store).handle
    Consumer(make_broker(settings), store, settings, stream=STREAM, group="told", events=view_events, handle=handle)
    told = metrics.exposition().decode()
    for name in ("handled", "retried", "set_aside"):
        assert f'pressrun_events_{name}_total{{group="told",stream="views"}} 0.0' in told


# ---------------------------------------------------------------------------------------------- trap 6


async def test_a_group_that_was_destroyed_is_made_again_and_misses_nothing(valkey: str, store: Store) -> None:
    async with reading(valkey) as reader:
        await store.do(*view("before"))
        await until(lambda: reader.got == ["before"])
        await store.do("XGROUP", "DESTROY", STREAM, GROUP)
        await store.do(*view("after"))
        await until(lambda: "after" in reader.got)
        await until(lambda: reader.consumer.running)


async def test_a_stream_that_was_deleted_is_read_again(valkey: str, store: Store) -> None:
    async with reading(valkey) as reader:
        await store.do(*view("before"))
        await until(lambda: reader.got == ["before"])
        await store.do("DEL", STREAM)
        await store.do(*view("after"))
        await until(lambda: reader.got == ["before", "after"])
        await until(lambda: reader.consumer.running)


async def test_a_service_whose_reading_stopped_is_not_ready(valkey: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(streams, "LOOK_EVERY", 60)
    service = Service("test", Settings(redis_url=valkey, consumer="one"))

    async def handle(_: list[Delivered[ArticleViewed]]) -> None:
        return

    service.consume(stream=STREAM, group=GROUP, events=view_events, handle=handle)
    await service.start()
    try:
        assert await service.unready() == {}
        await service.store.do("XGROUP", "DESTROY", STREAM, GROUP)
        await until_true(service.unready)
        assert await service.unready() == {f"consumer {STREAM}": "not running"}
    finally:
        await service.stop()


async def test_a_service_that_does_not_get_on_with_its_reading_is_not_ready(
    valkey: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for bound in ("LAG_BOUND", "OLDEST_BOUND"):
        monkeypatch.setattr(f"shared.service.{bound}", 0)
    service, go_on = Service("test", Settings(redis_url=valkey, consumer="one")), asyncio.Event()

    async def handle(batch: list[Delivered[ArticleViewed]]) -> None:
        if batch[0].event.article != "left pending":
            await go_on.wait()

    service.consume(stream=STREAM, group=GROUP, events=view_events, handle=handle, batch=1)
    await service.start()
    try:
        for articles, fault in ((["left pending"], "an entry has been pending"), (["a", "b", "c"], "2 entries behind")):
            for article in articles:
                await service.store.do(*view(article))

            async def is_told(fault: str = fault) -> bool:
                return (await service.unready()).get(f"consumer {STREAM}", "").startswith(fault)

            await until_true(is_told)
    finally:
        go_on.set()
        await service.stop()


# ---------------------------------------------------------------------------------------------- trap 7


async def test_a_consumer_goes_on_after_the_store_was_killed(mortal: Valkey) -> None:
    async with reading(mortal.url) as reader:
        await reader.store.do(*view("before"))
        await until(lambda: reader.got == ["before"])
        for number in range(3):
            mortal.kill()
            mortal.start()
            await _publish(reader.store, f"after-{number}")
            await until(lambda number=number: f"after-{number}" in reader.got, 4)
        assert sorted(reader.got) == ["after-0", "after-1", "after-2", "before"]
        assert await pending(reader.store) == 0


async def _publish(store: Store, name: str) -> None:
    """The first attempt on a broken connection fails; the next one must not."""
    for _ in range(2):
        try:
            await store.do(*view(name))
        except StoreUnavailable:
            continue
        return
    raise AssertionError("the store is there, and yet it is unavailable")


async def test_an_event_in_hand_while_the_store_dies_is_no_failure_and_comes_again(mortal: Valkey) -> None:
    async with reading(mortal.url) as reader:
        handle, held = reader.handle, asyncio.Event()

        async def slow(batch: list[Delivered[ArticleViewed]]) -> None:
            await held.wait()
            await handle(batch)

        reader.consumer._handle = slow
        await reader.store.do(*view("in-hand"))
        async with asyncio.timeout(10):
            while not await pending(reader.store):  # noqa: ASYNC110 - another task reads
                await asyncio.sleep(0.01)
        mortal.kill()
        held.set()
        await until(lambda: "in-hand" in reader.tried)
        assert reader.got == []
        mortal.start()
        await until(lambda: reader.got == ["in-hand"])
        assert await letters(reader.store) == []


async def test_publishing_while_the_store_is_away_is_a_503_and_no_500(mortal: Valkey) -> None:
    service = Service("test", Settings(redis_url=mortal.url))
    app = _app(service)
    async with AsyncExitStack() as stack:
        await stack.enter_async_context(app.router.lifespan_context(app))
        client = await stack.enter_async_context(
            httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://test")
        )
        assert (await client.post("/publish")).status_code == 200
        mortal.kill()
        for _ in range(3):
            answer = await client.post("/publish")
            assert answer.status_code == 503
            assert answer.headers["retry-after"]
            assert answer.headers["content-type"] == "application/problem+json"
        assert (await client.get("/health/ready")).status_code == 503
        mortal.start()
        assert (await client.post("/publish")).status_code in (200, 503)  # the connection is found broken once at most
        assert (await client.post("/publish")).status_code == 200
        assert (await client.get("/health/ready")).status_code == 200


def _app(service: Service) -> FastAPI:
    app = create_app(service, "test")

    @app.post("/publish")
    async def publish() -> None:
        await service.store.do(*view("x"))

    return app


async def test_a_full_store_is_unavailable_and_a_wrong_command_is_not(valkey: str, store: Store) -> None:
    await store.do("SET", "text", "x")
    with pytest.raises(ResponseError):
        await store.do("LPUSH", "text", "y")
    before = (await store.do("CONFIG", "GET", "maxmemory"))[1]
    try:
        await store.do("CONFIG", "SET", "maxmemory", "1")
        with pytest.raises(StoreUnavailable):
            await store.do(*view("x"))
        with pytest.raises(StoreUnavailable):
            await store.run(Script("return redis.call('SET', 'x', 'y')"))
        with pytest.raises(StoreUnavailable):
            await store.commit({"text": b"x"}, [view("x")])
    finally:
        await store.do("CONFIG", "SET", "maxmemory", before)


# ---------------------------------------------------------------------------------------------- trap 15


async def test_a_restart_reads_its_own_pending_entries_at_once_and_first(valkey: str, store: Store) -> None:
    await store.all([view("left-1"), view("left-2"), view("left-3")])
    await create_group(store, STREAM, GROUP)
    await store.do("XREADGROUP", "GROUP", GROUP, "one", "COUNT", 2, "STREAMS", STREAM, ">")
    async with reading(valkey) as reader:
        await until(lambda: len(reader.got) == 3, 2)  # far sooner than CLAIM_AFTER_MS
        assert sorted(reader.got) == ["left-1", "left-2", "left-3"]
        assert await pending(store) == 0


async def test_more_pending_entries_than_a_batch_are_all_read_again(valkey: str, store: Store) -> None:
    names = [f"left-{n}" for n in range(2 * streams.BATCH + 5)]
    await store.all([view(name) for name in names])
    await create_group(store, STREAM, GROUP)
    await store.do("XREADGROUP", "GROUP", GROUP, "one", "COUNT", len(names), "STREAMS", STREAM, ">")
    async with reading(valkey) as reader:
        await until(lambda: len(reader.got) == len(names), 3)
        assert reader.got == names
        assert max(len(batch) for batch in reader.batches) <= streams.BATCH


async def test_what_a_replica_that_is_gone_left_is_claimed(
    valkey: str, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(streams, "CLAIM_AFTER_MS", 200)
    await store.all([view("theirs")])
    await create_group(store, STREAM, GROUP)
    await store.do("XREADGROUP", "GROUP", GROUP, "gone", "COUNT", 2, "STREAMS", STREAM, ">")
    async with reading(valkey, "one") as reader:
        await until(lambda: reader.got == ["theirs"], 3)
        assert await pending(store) == 0


async def test_an_entry_that_was_trimmed_while_pending_does_no_harm(valkey: str, store: Store) -> None:
    await store.all([view("trimmed"), view("kept")])
    await create_group(store, STREAM, GROUP)
    await store.do("XREADGROUP", "GROUP", GROUP, "one", "COUNT", 2, "STREAMS", STREAM, ">")
    await store.do("XTRIM", STREAM, "MAXLEN", 1)
    async with reading(valkey) as reader:
        await until(lambda: reader.got == ["kept"])
        await until_true(lambda: _is_zero(pending(store)))


async def _is_zero(count: Awaitable[int]) -> bool:
    return await count == 0


async def test_what_was_read_is_let_go_of_without_a_collection_of_garbage(valkey: str, store: Store) -> None:
    """FastStream's message keeps what it was decoded to: were that the message, articles of megabytes would pile up."""
    async with reading(valkey) as reader:
        gc.collect()
        gc.disable()
        try:
            for number in range(5):
                await store.do(*view(str(number)))
                await until(lambda number=number: len(reader.got) > number)
            await until(lambda: _messages() <= 1)  # the last one may be in hand for long
        finally:
            gc.enable()


def _messages() -> int:
    return sum(isinstance(one, RedisBatchStreamMessage) for one in gc.get_objects())

"""What the streams keep: all that a group still needs, the last hours for everybody, and no dead group for ever."""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable

import pytest
from prometheus_client import REGISTRY

from services.ingest.retention import Retention
from shared.events import ARTICLES
from shared.settings import Settings
from shared.store import Command, Store
from tests.servers import until_true

HOUR_MS = 3_600_000


class Meddled(Store):
    """A store at which something else happens right before a command that begins so."""

    def __init__(self, settings: Settings) -> None:
        super().__init__(settings)
        self.before = ""
        self.happens: Command = ()

    async def do(self, *command: str | bytes | int | float) -> object:
        """Carry out what happens in between, then the command."""
        if self.before and " ".join(map(str, command)).startswith(self.before):
            await self.all([self.happens])
        return (await self.all([command]))[0]


@pytest.fixture
async def store(valkey: str) -> AsyncIterator[Meddled]:
    made = Meddled(Settings(redis_url=valkey))
    yield made
    await made.close()


async def add(store: Store, *hours_ago: float) -> list[str]:
    """Entries of such ages, the oldest first."""
    now = time.time_ns() // 1_000_000
    entries = [f"{now - int(ago * HOUR_MS)}-1" for ago in hours_ago]
    await store.all([("XADD", ARTICLES, entry, "event", "{}") for entry in entries])
    return entries


async def read(store: Store, group: str, count: int) -> None:
    await store.do("XREADGROUP", "GROUP", group, "one", "COUNT", count, "STREAMS", ARTICLES, ">")


async def kept(store: Store) -> list[str]:
    return [entry.decode() for entry, _ in await store.do("XRANGE", ARTICLES, "-", "+")]


async def groups(store: Store) -> set[str]:
    return {flat[1].decode() for flat in await store.do("XINFO", "GROUPS", ARTICLES)}


async def until_idle(store: Store, group: str, ms: int) -> None:
    """Wait until a group's reader has not asked for so long."""

    async def idle_ms() -> int:
        return int((await store.do("XINFO", "CONSUMERS", ARTICLES, group))[0][5])

    await until_true(lambda: _above(idle_ms(), ms))


async def _above(value: Awaitable[int], bound: int) -> bool:
    return await value > bound


async def test_entries_older_than_what_is_kept_go_when_all_have_read_them(store: Store) -> None:
    *old, young, youngest = await add(store, 3, 2, 0.5, 0.25)
    await store.do("XGROUP", "CREATE", ARTICLES, "render", "0")
    await read(store, "render", 4)
    await store.do("XACK", ARTICLES, "render", *old, young, youngest)
    keeping = asyncio.create_task(Retention(store, 1).run())

    async def have_gone() -> bool:
        return old[0] not in await kept(store)

    await until_true(have_gone)
    keeping.cancel()
    assert await kept(store) == [young, youngest]


async def test_of_two_entries_of_one_millisecond_the_one_that_a_group_has_not_done_with_stays(store: Store) -> None:
    began = time.time_ns() // 1_000_000 - 2 * HOUR_MS
    entries = [f"{began}-{number}" for number in (9, 10)]
    await store.all([("XADD", ARTICLES, entry, "event", "{}") for entry in entries])
    for group, count in (("render", 1), ("trending", 2)):
        await store.do("XGROUP", "CREATE", ARTICLES, group, "0")
        await read(store, group, count)
    await store.do("XACK", ARTICLES, "trending", *entries)
    await Retention(store, 1).trim()
    assert await kept(store) == entries


async def test_an_entry_that_a_group_has_not_done_with_stays_however_old(store: Store) -> None:
    first, second, third = await add(store, 4, 3, 2)
    await store.do("XGROUP", "CREATE", ARTICLES, "render", "0")
    await store.do("XGROUP", "CREATE", ARTICLES, "trending", third)
    await read(store, "render", 2)
    await store.do("XACK", ARTICLES, "render", first)
    await Retention(store, 1).trim()
    assert await kept(store) == [second, third]


async def test_an_entry_that_a_group_has_not_read_stays_however_old(store: Store) -> None:
    _, second, third = await add(store, 4, 3, 2)
    await store.do("XGROUP", "CREATE", ARTICLES, "render", second)
    await Retention(store, 1).trim()
    assert await kept(store) == [second, third]


async def test_what_a_dead_group_of_others_holds_goes_with_it(store: Store) -> None:
    await add(store, 4, 3)
    await store.do("XGROUP", "CREATE", ARTICLES, "theirs", "0")
    await store.do("XGROUP", "CREATE", ARTICLES, "render", "0")
    for group in ("theirs", "render"):
        await read(store, group, 2)
    await until_idle(store, "theirs", 30)
    await until_idle(store, "render", 30)
    await Retention(store, 10 / HOUR_MS).trim()
    assert await groups(store) == {"render"}
    assert len(await kept(store)) == 2, "ours is never given up"


async def test_a_group_that_nobody_reads_in_goes_as_well(store: Store) -> None:
    await add(store, 4, 3)
    await store.do("XGROUP", "CREATE", ARTICLES, "theirs", "0")
    retention = Retention(store, 10 / HOUR_MS)

    async def is_gone() -> bool:
        await retention.trim()
        return not await groups(store)

    assert not await is_gone(), "it may have come a moment ago"
    await until_true(is_gone)


async def test_a_group_is_not_given_up_for_the_time_before_it_had_a_reader(store: Store) -> None:
    await add(store, 4, 3)
    await store.do("XGROUP", "CREATE", ARTICLES, "theirs", "0")
    retention = Retention(store, 1)
    await retention.trim()
    retention._alone_since = dict.fromkeys(retention._alone_since, 0)
    await read(store, "theirs", 1)
    await retention.trim()
    assert await groups(store) == {"theirs"}
    assert not retention._alone_since


async def test_a_group_that_reads_no_more_is_reported_then_removed_and_may_come_again(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    retention, said = Retention(store, 1), []

    class Log:
        def warning(self, event: str, *, group: str, **_: object) -> None:
            said.append((event, group))

        error = warning

    monkeypatch.setattr("services.ingest.retention.log", Log)

    async def trim(alone_for: float) -> tuple[set[str], float | None]:
        since = time.monotonic_ns() // 1_000_000 - int(alone_for * HOUR_MS)
        retention._alone_since = dict.fromkeys(retention._alone_since, since)
        await retention.trim()
        return await groups(store), REGISTRY.get_sample_value("pressrun_idle_groups")

    await add(store, 4, 3)
    await store.do("XGROUP", "CREATE", ARTICLES, "theirs", "0")
    assert await trim(0) == ({"theirs"}, 0)
    assert await trim(0.9) == ({"theirs"}, 0)
    assert not said
    assert await trim(1.9) == ({"theirs"}, 1)
    assert said == [("a group reads no more", "theirs")]
    assert await trim(2.1) == (set(), 1)
    assert said[-1] == ("a group that reads no more was removed", "theirs")
    await store.do("XGROUP", "CREATE", ARTICLES, "theirs", "0")
    await retention.trim()
    assert await groups(store) == {"theirs"}, "it has come a moment ago"


async def test_a_group_lives_while_one_of_its_readers_does(store: Meddled) -> None:
    await add(store, 4, 3)
    await store.do("XGROUP", "CREATE", ARTICLES, "theirs", "0")
    await read(store, "theirs", 1)
    await until_idle(store, "theirs", 1500)
    # it reads right before it is asked for: on a busy machine nothing else is sure to come in time
    store.before = "XINFO CONSUMERS"
    store.happens = ("XREADGROUP", "GROUP", "theirs", "two", "COUNT", 1, "STREAMS", ARTICLES, ">")
    await Retention(store, 700 / HOUR_MS).trim()
    assert await groups(store) == {"theirs"}


@pytest.mark.parametrize("before", ["XINFO CONSUMERS", "XPENDING"])
@pytest.mark.parametrize("happens", ["done", "removed"])
async def test_a_group_that_changes_while_it_is_looked_at_is_no_error(
    store: Meddled, happens: str, before: str
) -> None:
    entries = await add(store, 3, 2)
    await store.do("XGROUP", "CREATE", ARTICLES, "theirs", "0")
    await read(store, "theirs", 2)
    store.happens = {
        "done": ("XACK", ARTICLES, "theirs", *entries),
        "removed": ("XGROUP", "DESTROY", ARTICLES, "theirs"),
    }[happens]
    store.before = before
    await Retention(store, 1).trim()
    assert await kept(store) == entries[1:], "what had been delivered when it was looked at"

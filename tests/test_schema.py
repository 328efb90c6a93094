"""A store that an older version has written is brought to this one's schema."""

import re
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from services.render.dirty_steps import BACKGROUND, LOOK
from shared.events import DEAD_LETTERS
from shared.live import days_key, months_key
from shared.schema import FORGETS, SCHEMA_KEY, bring_up
from shared.settings import Settings
from shared.site_settings import SiteSettings
from shared.store import Store, pairs
from shared.wrong import WrongSetting
from tests.properties.press_room import OneByOne, PressRoom, draft, opened


@pytest.fixture
async def room(valkey: str, tmp_path: Path) -> AsyncIterator[PressRoom]:
    """A site of two articles, of which one has left its section, and of one that was withdrawn."""
    async with opened(valkey, tmp_path, SiteSettings()) as made:
        await made.accept(draft("a", section="World", topics=("Oil",)))
        await made.accept(draft("b", section="World"))
        await made.accept(draft("c", section="World"))
        await made.accept(draft("b", section="City", version=2))
        await made.accept(draft("c", status="canceled", version=2))
        await made.drain()
        yield made


async def _write_as_version_1_did(room: PressRoom) -> None:
    for key in [key.decode() for key in await room.store.do("KEYS", "months:*")]:
        flat = await room.store.do("HGETALL", key)
        for period, count in pairs(flat):
            await room.store.do("HSET", f"periods:{key.removeprefix('months:')}", period, count)
        await room.store.do("DEL", key)
    for key in await room.store.do("KEYS", "days:*"):
        await room.store.do("HSET", "periods:all", *await room.store.do("HGETALL", key))
        await room.store.do("DEL", key)
    await room.store.do("SET", SCHEMA_KEY, 1)


async def test_articles_of_months_and_days_are_counted_again_in_a_store_of_the_first_schema(room: PressRoom) -> None:
    await _write_as_version_1_did(room)
    for _ in range(2):
        await bring_up(room.store)
        counts = [("HGETALL", key) for key in (months_key("section:world"), days_key("2025-07"))]
        assert await room.store.all(counts) == [[b"2025-07", b"1"], [b"2025-07-26", b"2"]]
    assert not await room.store.do("KEYS", "periods:*")


async def test_pages_name_all_months_after_an_upgrade_though_a_version_that_did_not_count_again_has_run_since(
    room: PressRoom,
) -> None:
    await _write_as_version_1_did(room)
    await room.accept(draft("d", section="World"))
    await room.drain()
    await room.accept(draft("a", status="canceled", version=2))
    await room.drain()
    await bring_up(room.store)
    await room.store.do("SET", LOOK, "older")
    await room.die_and_start_again()
    await room.drain()
    assert (await room.differences()).clean


async def test_looks_that_wait_around_articles_since_before_an_upgrade_are_made_by_all_pages_being_built_again(
    room: PressRoom,
) -> None:
    await room.accept(draft("d", topics=("Oil",)))
    while not (looks := [page for page in await room.press.dirty.waiting() if page.startswith("near:")]):
        await room.deliver(OneByOne())
        await room.press.round()
    [look] = looks
    await room.store.do("ZREM", BACKGROUND, look)
    await room.press.dirty.mark(["near:held|1|4000|oil"], "cause", patience=0)
    assert "near:held|1|4000|oil" in [page.key for page in await room.press.dirty.take(9)], "it is left on its lease"
    await room.store.do("ZADD", BACKGROUND, 0, f"{look.rpartition('|joined|')[0]}|oil")
    await room.store.do("SET", SCHEMA_KEY, 2)
    await bring_up(room.store)
    await room.store.do("SET", LOOK, "older")
    await room.die_and_start_again()
    await room.drain()
    assert (await room.differences()).clean
    assert not await room.store.do("XLEN", DEAD_LETTERS)


async def test_a_store_that_forgets_what_it_has_is_refused_and_left_alone(valkey: str) -> None:
    store = Store(Settings(redis_url=valkey))
    try:
        for policy in ("allkeys-lru", "allkeys-random"):
            await store.do("CONFIG", "SET", "maxmemory-policy", policy)
            with pytest.raises(WrongSetting, match=re.escape(FORGETS)):
                await bring_up(store)
        assert not await store.do("DBSIZE")
        await store.do("CONFIG", "SET", "maxmemory-policy", "volatile-ttl")  # which takes marks of readers alone
        await bring_up(store)
    finally:
        await store.do("CONFIG", "SET", "maxmemory-policy", "noeviction")
        await store.close()

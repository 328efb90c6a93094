"""A store that has come up full, on a real one."""

import pytest
import redis

from services.console.memory import LEAST, give_room
from shared.settings import Settings
from shared.store import Store


@pytest.mark.parametrize(("room", "is_full"), [(0, True), (2 * LEAST, False), (None, False)])  # None: no bound
async def test_a_store_that_comes_up_full_takes_what_a_start_adds(
    store: redis.Redis, valkey: str, room: int | None, is_full: bool
) -> None:
    before = store.config_get("maxmemory")["maxmemory"]
    bound = 0 if room is None else store.info("memory")["used_memory"] + room
    store.config_set("maxmemory", bound)
    asked = Store(Settings(redis_url=valkey))
    try:
        assert await give_room(asked) == is_full
        assert store.set("of the start", b" " * (LEAST // 8))
        assert (int(store.config_get("maxmemory")["maxmemory"]) == bound) != is_full
    finally:
        await asked.close()
        store.config_set("maxmemory", before)

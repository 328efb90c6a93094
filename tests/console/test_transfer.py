"""`pressrun export` and `import`, on a real Valkey."""

import asyncio
from pathlib import Path

import pytest
import redis

from services.console import transfer
from services.console.transfer import export, import_
from services.ingest.viewing import Beacon, Intake
from shared.events import VIEWS
from shared.live import live_key
from shared.service import Service
from shared.settings import Settings

ARTICLE = "a" * 16


@pytest.fixture
def store(valkey: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> redis.Redis:
    """The store that the commands are about."""
    monkeypatch.setenv("PRESSRUN_REDIS_URL", valkey)
    monkeypatch.setenv("PRESSRUN_DATA", str(tmp_path / "data"))
    (tmp_path / "data").mkdir()
    return redis.Redis.from_url(valkey)


def view(url: str, times: int = 20) -> None:
    """That many readers open the article, as ingest writes it."""

    async def work() -> None:
        service = Service("ingest", Settings(redis_url=url))
        readers = [Beacon(ARTICLE, "198.51.100.7", b"reader %d" % number) for number in range(times)]
        assert await Intake(service).beacons(readers) == ["counted"] * times
        await service.store.close()

    asyncio.run(work())


def writes(store: redis.Redis) -> bool:
    """Whether the store takes a write within a second: a pause holds it for two minutes."""
    hasty = redis.Redis.from_url(
        "redis://", **{**store.connection_pool.connection_kwargs, "socket_timeout": 1.0, "retry": None}
    )
    try:
        return bool(hasty.set("probe", "1"))
    except redis.TimeoutError:
        store.execute_command("CLIENT", "UNPAUSE")
        return False
    finally:
        hasty.close()


def test_what_readers_have_opened_is_exported_and_no_mark_of_a_reader(
    store: redis.Redis, valkey: str, tmp_path: Path
) -> None:
    store.set(live_key(ARTICLE), "1")
    view(valkey)
    assert store.keys("seen:*")
    viewed = store.xrange(VIEWS)
    export(tmp_path / "site.pressrun")
    assert writes(store)
    store.flushall()
    import_(tmp_path / "site.pressrun")
    assert store.xrange(VIEWS) == viewed
    assert not [key for pattern in ("seen:*", "views:from:*", "views:salts") for key in store.keys(pattern)]


def test_an_export_that_fails_lets_the_store_write_again(
    store: redis.Redis, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def fail(*_: object) -> bool:
        raise RuntimeError("in between")

    for step in ("_is_read_up", "_write_keys"):
        with monkeypatch.context() as patched:
            patched.setattr(transfer, step, fail)
            with pytest.raises(RuntimeError, match="in between"):
                export(tmp_path / "site.pressrun")
        assert writes(store)
    assert not (tmp_path / "site.pressrun").exists()

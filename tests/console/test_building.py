"""`pressrun rebuild` and `status` beside a press that has much to do: they do not hold up the store."""

from concurrent.futures import ThreadPoolExecutor

import pytest
import redis

from services.console.building import rebuild
from services.console.status import status
from services.render.dirty_steps import ALL, BACKGROUND
from tests.servers import wait_for


def asked(store: redis.Redis, command: str) -> int:
    """How often the store has been asked for something, in this run."""
    return int(store.info("commandstats").get(f"cmdstat_{command}", {"calls": 0})["calls"])


def test_status_counts_the_pages_that_wait_without_asking_for_their_names(
    store: redis.Redis, capsys: pytest.CaptureFixture[str]
) -> None:
    store.zadd(BACKGROUND, {f"article:{number}": number for number in range(3)})
    before = asked(store, "zunion")
    status()
    assert "pages waiting  3" in capsys.readouterr().out
    assert asked(store, "zunion") == before


def test_a_rebuild_waits_for_the_last_page_without_asking_for_the_names_of_all(
    store: redis.Redis, capsys: pytest.CaptureFixture[str]
) -> None:
    store.set("article:a", "{}")
    before, counted = asked(store, "zunion"), asked(store, "zcard")
    with ThreadPoolExecutor() as beside:
        command = beside.submit(rebuild)
        try:
            wait_for(lambda: asked(store, "zcard") > counted + 20, what="it looks once more")
            assert asked(store, "zunion") == before
            assert not command.done()
        finally:
            store.delete(*ALL)
    assert command.result() is None
    assert "pages built again" in capsys.readouterr().out

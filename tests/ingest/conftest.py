"""A real ingest for tests: a process of its own over the run's Valkey."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest

from tests.ingest.door import GONE, ONE, TWO, Door
from tests.ingest.two import Two
from tests.servers import Valkey, free_port, is_live, running, under_uvicorn, wait_for

TOKEN, SECRET = "test-token", "123456789"
SOURCES = f'[sources.desk]\ntokens = ["{TOKEN}"]\nhmac_secrets = ["{SECRET}"]\n[sources.other]\ntokens = ["other"]\n'


@dataclass(frozen=True, slots=True)
class Ingest:
    """Where it is, and what it says."""

    url: str
    log: Path

    def client(self) -> httpx.Client:
        """A client with the source's token."""
        return httpx.Client(base_url=self.url, headers={"Authorization": f"Bearer {TOKEN}"}, timeout=20)


@contextlib.contextmanager
def started(folder: Path, store: str, **settings: str) -> Iterator[Ingest]:
    """Ingest over a store, as it runs in production but for its port."""
    (folder / "sources.toml").write_text(SOURCES)
    port = free_port()
    found = Ingest(f"http://127.0.0.1:{port}", folder / "log")
    environ = {
        "PRESSRUN_DATA": str(folder),
        "PRESSRUN_REDIS_URL": store,
        "PRESSRUN_DISK_FLOOR_MB": "0",
        **{f"PRESSRUN_{name.upper()}": value for name, value in settings.items()},
    }
    with running(under_uvicorn("ingest", port), environ, found.log):
        wait_for(lambda: is_live(found.url), what=f"ingest is live; see {found.log}")
        yield found


@pytest.fixture(scope="module")
def ingest_process(valkey_server: Valkey, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ingest]:
    """An ingest over an empty store, for a module's tests."""
    valkey_server.flush()
    with started(tmp_path_factory.mktemp("ingest"), valkey_server.url) as found:
        yield found


@pytest.fixture
async def two(valkey_server: Valkey) -> AsyncIterator[Two]:
    """Two ingests over an empty store."""
    valkey_server.flush()
    found = Two(valkey_server.url)
    yield found
    for store in found.stores:
        await store.close()


@pytest.fixture
async def door(valkey: str) -> AsyncIterator[Door]:
    """The views' calls over a store in which two articles are live and one is withdrawn."""
    door = Door(valkey)
    for ident in (ONE, TWO):
        await door.service.store.do("SET", f"live:{ident}", "{}")
    await door.service.store.do("SET", f"article:{GONE}", "{}")
    store = door.service.store
    yield door
    await door.http.aclose()
    await store.close()
    await asyncio.sleep(0)

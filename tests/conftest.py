"""What tests share: a real Valkey for all of them, emptied before each that asks for it."""

import logging
import os
import shutil
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
import structlog
from hypothesis import HealthCheck, settings

from shared.settings import Settings
from shared.store import Store
from tests.servers import Valkey
from tests.stack import sample_stack, stack  # noqa: F401 - fixtures

structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
settings.register_profile("default", deadline=None, suppress_health_check=list(HealthCheck))
settings.load_profile("default")


@pytest.fixture(scope="session")
def valkey_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Valkey]:
    """A Valkey for the whole run."""
    server = Valkey(tmp_path_factory.mktemp("valkey"))
    server.start()
    yield server
    server.kill()


@pytest.fixture
def valkey(valkey_server: Valkey) -> str:
    """The URL of an empty Valkey."""
    valkey_server.flush()
    return valkey_server.url


@pytest.fixture
async def store(valkey: str) -> AsyncIterator[Store]:
    """It, as the services have it."""
    made = Store(Settings(redis_url=valkey))
    yield made
    await made.close()


CHROMIUM = Path("/usr/bin/chromium")


@pytest.fixture(scope="session")
def chromium() -> Path:
    """Debian's Chromium; where it is missing the test skips, but in CI it fails."""
    if not CHROMIUM.exists():
        if os.environ.get("CI") == "true":
            pytest.fail("chromium is missing: .ci/run installs it")
        pytest.skip("chromium is not installed (apt-get install chromium)")
    return CHROMIUM


@pytest.fixture(scope="session")
def php() -> Path:
    """PHP's command; where it is missing the test skips, but in CI it fails."""
    if (found := shutil.which("php")) is None:
        if os.environ.get("CI") == "true":
            pytest.fail("php is missing: .ci/run installs it")
        pytest.skip("php is not installed (apt-get install php-cli)")
    return Path(found)

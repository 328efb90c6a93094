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

for name in ("PYTHONUNBUFFERED", "PYTHONDONTWRITEBYTECODE"):
    os.environ.pop(name, None)  # those who run the command have set neither, and it does not behave the same with them
for name in [name for name in os.environ if name.lower().endswith("_proxy")]:
    del os.environ[name]  # what tests speak to is on this machine

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


@pytest.fixture(scope="session")
def chromium() -> Path:
    """Debian's Chromium."""
    return _installed("chromium", "chromium")


@pytest.fixture(scope="session")
def php() -> Path:
    """PHP's command."""
    return _installed("php", "php-cli")


@pytest.fixture(scope="session")
def curl() -> Path:
    """What the pages post with."""
    return _installed("curl", "curl")


@pytest.fixture(scope="session")
def openssl() -> Path:
    """What the pages sign with."""
    return _installed("openssl", "openssl")


def _installed(command: str, package: str) -> Path:
    """A command of Debian's; where it is missing the test skips, but in CI it fails."""
    if (found := shutil.which(command)) is None:
        if os.environ.get("CI") == "true":
            pytest.fail(f"{command} is missing: .ci/run installs it")
        pytest.skip(f"{command} is not installed (apt-get install {package})")
    return Path(found)

"""What tests of the commands share: a store for them, named as Compose names it."""

from pathlib import Path

import pytest
import redis


@pytest.fixture
def store(valkey: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> redis.Redis:
    """The store that the commands are about."""
    monkeypatch.setenv("PRESSRUN_REDIS_URL", valkey)
    monkeypatch.setenv("PRESSRUN_DATA", str(tmp_path / "data"))
    (tmp_path / "data").mkdir()
    return redis.Redis.from_url(valkey)

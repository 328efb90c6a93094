"""Trending's parts on a real Valkey, without the processes."""

from collections.abc import AsyncIterator

import pytest

from tests.trending.newsroom import Newsroom


@pytest.fixture
async def newsroom(valkey: str) -> AsyncIterator[Newsroom]:
    """Trending over an empty store, at Saturday 26 July 2025, 12:00 in Baghdad."""
    room = Newsroom(valkey)
    await room.open()
    yield room
    await room.close()

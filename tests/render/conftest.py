"""What tests of render share: a press room."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from shared.site_settings import SiteSettings
from tests.properties.press_room import PressRoom, opened


@pytest.fixture
async def room(valkey: str, tmp_path: Path) -> AsyncIterator[PressRoom]:
    """A press room whose site has all that is there without an article."""
    async with opened(valkey, tmp_path, SiteSettings()) as made:
        await made.drain()
        yield made

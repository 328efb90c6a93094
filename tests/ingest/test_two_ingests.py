"""Two ingests over one store: each has read that a version is due, and may be behind the other by any length."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from services.ingest.draft import Draft
from services.ingest.register import Register
from services.ingest.schedule import Schedule
from shared.articles import identify
from shared.clock import Clock
from shared.settings import Settings
from shared.site_settings import SiteSettings
from shared.store import Command, Store

EARLIER = datetime(2025, 7, 26, 20, 30, tzinfo=UTC)
DUE = EARLIER + timedelta(hours=1)
GUID = "g"
IDENT = identify("desk", GUID)


class Ingest:
    """What an ingest does with drafts and with what is due, at a moment that stands still, or as time passes."""

    def __init__(self, url: str, now: datetime | None) -> None:
        settings = Settings(redis_url=url, now=now)
        self.store = Store(settings)
        self.clock = Clock(settings)
        self.register = Register(self.store, SiteSettings(), self.clock)
        self.schedule = Schedule(self.store, self.register, self.clock)

    async def schedule_version(self, version: int, until: datetime) -> None:
        """Accept a version of the article that may not appear before `until`."""
        assert await self.accept(GUID, version=version, embargo_until=until) == "scheduled"

    async def accept(self, guid: str, **members: Any) -> str:
        """Accept a draft; what became of it."""
        about = f"{guid} {members.get('version')}"
        draft = Draft(guid=guid, **{"headline": f"Headline {about}", "body_text": f"Body {about}", **members})
        return (await self.register.accept("desk", draft)).outcome

    async def fall_due(self) -> str | None:
        """Publish what waits; what became of it."""
        accepted = await self.register.fall_due(IDENT)
        return accepted and accepted.outcome

    async def shown(self, ident: str = IDENT) -> int | None:
        """The version that readers see."""
        current = (await self.register.find(ident))[0].current
        return current.version if current else None


@pytest.fixture
async def two(valkey: str) -> AsyncIterator[tuple[Ingest, Ingest]]:
    before, one, other = Ingest(valkey, EARLIER), Ingest(valkey, DUE), Ingest(valkey, DUE)
    await before.schedule_version(1, DUE)
    yield one, other
    for ingest in (before, one, other):
        await ingest.store.close()


async def test_a_later_embargo_is_kept_though_somebody_still_believes_that_the_article_is_due(
    two: tuple[Ingest, Ingest],
) -> None:
    one, other = two
    assert await one.fall_due() == "published"
    await one.schedule_version(2, DUE + timedelta(days=1))
    assert await other.fall_due() is None
    assert await one.shown() == 1


async def test_of_two_versions_that_are_to_wait_and_come_at_once_the_newer_one_waits(
    valkey: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    one, other = Ingest(valkey, EARLIER), Ingest(valkey, EARLIER)
    commit = other.store.commit

    async def after_the_newer(*step: Any) -> Any:
        monkeypatch.undo()
        await one.schedule_version(3, DUE)
        return await commit(*step)

    monkeypatch.setattr(other.store, "commit", after_the_newer)
    assert await other.accept(GUID, version=2, embargo_until=DUE) == "stale"
    known, _ = await one.register.find(IDENT)
    assert known.waiting is not None
    assert known.waiting.version == 3
    for ingest in (one, other):
        await ingest.store.close()


async def test_a_version_that_comes_while_somebody_sees_nothing_that_waits_is_not_forgotten(
    two: tuple[Ingest, Ingest], valkey: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    one, other = two
    assert await one.fall_due() == "published"
    commit, do = other.store.commit, other.store.do
    came: list[int] = []

    async def meanwhile() -> None:
        if not came:
            came.append(2)
            await one.schedule_version(2, DUE + timedelta(hours=1))

    async def committed(expect: dict[str, bytes | None], commands: list[Command]) -> list[object] | None:
        await meanwhile()
        return await commit(expect, commands)

    async def done(*command: str | bytes | int | float) -> object:
        if command[0] == "ZREM":
            await meanwhile()
        return await do(*command)

    monkeypatch.setattr(other.store, "commit", committed)
    monkeypatch.setattr(other.store, "do", done)
    assert await other.fall_due() is None
    assert came
    later = Ingest(valkey, DUE + timedelta(hours=5))
    while await later.schedule.advance():
        pass
    assert await later.shown() == 2
    await later.store.close()

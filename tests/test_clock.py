"""The site's clock at a start: it goes on from the site's last moment, and never back behind it."""

from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any, cast

import pytest

from services.console.up import _look_at_the_store
from shared.clock import Clock, due, millis
from shared.settings import Settings
from shared.store import Store
from shared.wrong import WrongSetting

NOW = datetime(2025, 7, 26, 20, 30, tzinfo=UTC)
LATER = datetime(2400, 1, 1, tzinfo=UTC)


def stopped(at: datetime) -> Clock:
    return Clock(Settings(now=at))


async def test_a_real_clock_that_is_behind_holds_the_site_at_its_last_moment_at_every_start(store: Store) -> None:
    assert not await stopped(LATER).start(store)
    for _ in range(2):
        real = Clock(Settings())
        assert await real.start(store)
        assert real.now() == LATER


async def test_up_says_that_the_site_waits_for_a_clock_that_is_behind(
    valkey: str, store: Store, capsys: pytest.CaptureFixture[str]
) -> None:
    setup = cast(Any, SimpleNamespace(settings=Settings(redis_url=valkey)))
    await _look_at_the_store(setup)
    assert capsys.readouterr().err == ""
    await stopped(LATER).start(store)
    await _look_at_the_store(setup)
    told = "pressrun: this machine's clock is behind the site's last moment; the site waits there\n"
    assert capsys.readouterr().err == told


async def test_a_clock_that_stands_still_starts_at_the_last_moment_again_or_later_and_never_before(
    store: Store,
) -> None:
    for at in (NOW, NOW, NOW + timedelta(milliseconds=1)):
        assert not await stopped(at).start(store)
    with pytest.raises(WrongSetting, match=r"^PRESSRUN_NOW: 2025-07-26T20:30:00\+00:00 is before the site's last"):
        await stopped(NOW).start(store)


def test_a_moment_of_the_site_is_whole_milliseconds_in_utc() -> None:
    at = datetime.fromisoformat("2025-07-26T23:30:00.001999+03:00")
    assert stopped(at).now().isoformat() == "2025-07-26T20:30:00.001000+00:00"


async def test_who_owns_what_falls_due_sleeps_until_then_and_not_for_long(store: Store) -> None:
    real = Clock(Settings())
    assert await real.until_due(store, "ingest", 5.0) == 5.0
    for seconds, least, most in ((60, 5.0, 5.0), (3, 0.5, 3.0), (-60, 0.005, 0.005)):
        await store.do("ZADD", due("ingest"), millis(datetime.now(UTC)) + 1000 * seconds, "it")
        assert least <= await real.until_due(store, "ingest", 5.0) <= most
    await store.do("ZADD", due("ingest"), millis(NOW) + 1000, "it")
    assert await stopped(NOW).until_due(store, "ingest", 5.0) == 5.0, "where time stands still it never comes"

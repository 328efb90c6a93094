"""Pages that no event asks for: all of them after a change of the site, those that must be there at any start."""

import json
from collections.abc import AsyncIterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from fastapi import FastAPI

from services.render.edition import LiveEdition
from services.render.everything import ALWAYS
from services.render.routes import add_routes
from shared.articles import identify
from shared.charts import Chart, Ranked, chart_key, charts_key
from shared.events import SIGNALS, RankingChanged, announce
from shared.site_settings import SiteSettings
from tests.properties.press_room import Killed, OneByOne, PressRoom, draft, opened
from tests.render.test_press import another_press

WEEK = "2025-W29"


@pytest.fixture
async def room(valkey: str, tmp_path: Path) -> AsyncIterator[PressRoom]:
    """A site with a page of each kind."""
    async with opened(valkey, tmp_path, SiteSettings(timezone="Asia/Baghdad")) as made:
        for number in range(3):
            await made.accept(draft(f"g{number}", section="World", topics=("Oil",), authors=("Jane Doe",)))
        await made.drain()
        await made.accept(draft("g0", status="canceled"))
        await made.accept(draft("g1", section="World", slug="elsewhere"))
        chart = Chart(week=WEEK, entries=(Ranked(rank=1, id=identify("desk", "g2"), views=7),))
        signal = announce(SIGNALS, RankingChanged(at=made.now, list=f"week:{WEEK}"))
        kept = [("SET", chart_key(WEEK), chart.model_dump_json()), ("SADD", charts_key(), WEEK)]
        await made.store.commit({}, [*kept, signal])
        await made.drain()
        assert (await made.differences()).clean
        yield made


async def changes(room: PressRoom) -> list[int]:
    """How many pages each change of the site was told to touch."""
    entries = await room.store.do("XRANGE", SIGNALS, "-", "+")
    events = [json.loads(fields[1]) for _, fields in entries]
    return [event["pages"] for event in events if event["type"] == "site.changed"]


@pytest.mark.parametrize(
    "changed", [{"name": "Another"}, {"timezone": "UTC"}, {"language": "de"}, {"related": 0}, {"base_url": "http://x"}]
)
async def test_a_start_with_another_setting_builds_every_page_that_shows_it(
    room: PressRoom, changed: dict[str, Any]
) -> None:
    # a copy would keep the zone that was read from the settings before
    room.site_settings = SiteSettings.model_validate(room.site_settings.model_dump() | changed)
    await room.die_and_start_again()
    await room.drain()
    found = await room.differences()
    assert found.clean, (found.differs, found.missing, found.extra)
    [pages] = await changes(room)
    assert pages >= found.pages


async def test_what_a_press_with_the_old_settings_builds_meanwhile_is_built_again_with_the_new_ones(
    room: PressRoom, monkeypatch: pytest.MonkeyPatch
) -> None:
    old = another_press(room)
    room.site_settings = SiteSettings.model_validate(room.site_settings.model_dump() | {"name": "Another"})
    room._begin()
    mark_again = room.press.dirty.mark_again

    async def and_the_old_one_builds(*what: Any) -> None:
        await mark_again(*what)
        while await old.round():
            pass

    monkeypatch.setattr(room.press.dirty, "mark_again", and_the_old_one_builds)
    await room.open()
    await room.accept(draft("g9", section="Sport"))
    await room.deliver(OneByOne())
    while await old.round():
        pass
    await room.drain()
    found = await room.differences()
    assert found.clean, (found.differs, found.missing, found.extra)


async def test_a_start_that_is_killed_before_all_pages_are_marked_begins_anew(
    room: PressRoom, monkeypatch: pytest.MonkeyPatch
) -> None:
    room.site_settings = SiteSettings.model_validate(room.site_settings.model_dump() | {"name": "Another"})
    room._begin()
    mark, portions = room.press.dirty.mark_again, []

    async def killed_in_the_middle(*what: Any, **how: Any) -> None:
        portions.append(what)
        if len(portions) > 1:
            raise Killed
        await mark(*what, **how)

    monkeypatch.setattr(room.press.dirty, "mark_again", killed_in_the_middle)
    with pytest.raises(Killed):
        await room.open()
    await room.die_and_start_again()
    await room.drain()
    assert (await room.differences()).clean
    assert len(await changes(room)) == 1


async def test_a_start_with_the_same_settings_builds_what_must_be_there_and_nothing_else(room: PressRoom) -> None:
    await room.die_and_start_again()
    assert await room.press.dirty.waiting() == set(ALWAYS)
    await room.drain()
    assert await changes(room) == []


async def test_render_is_ready_once_the_first_pages_are_there_and_as_long_as_the_disk_takes_more(
    room: PressRoom,
) -> None:
    service: Any = SimpleNamespace(checks={}, store=room.store)
    add_routes(FastAPI(), service, room.press, LiveEdition(room.store, room.site_settings), room.tree)
    pages = service.checks["pages"]
    assert await pages() is None
    fragments = (f"_fragments/{name}.html" for name in ("masthead", "navigation", "hot", "topics"))
    for path in ("index.html", "404.html", *fragments):
        content = room.tree.read(path)
        assert content
        room.tree.remove(path)
        assert await pages() == f"not built yet: {path}"
        full = room.tree.root / path
        full.parent.mkdir(exist_ok=True)
        full.write_bytes(content)
    room.press._delivery.disk_fault = "No space left on device"
    assert await pages() == "the disk does not take pages: No space left on device"

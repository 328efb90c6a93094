"""The stream of pages tells every change of a file, whoever was killed or came too late; and `why` knows its event."""

import json
import os
import random
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from services.render.dirty_steps import UNTOLD, WHY
from services.render.keys import article
from services.render.mend import mend
from services.render.output import Output, gone, moved, page_file
from services.render.shelf import Shelf
from shared.articles import identify
from shared.events import PAGES
from shared.site_settings import SiteSettings
from shared.store import StoreUnavailable
from tests.properties.press_room import PressRoom, draft, lists_change_while_shelving, opened


@pytest.fixture
async def room(valkey: str, tmp_path: Path) -> AsyncIterator[PressRoom]:
    """A site with one article in a section."""
    async with opened(valkey, tmp_path, SiteSettings()) as made:
        await made.accept(draft("g", section="World"))
        await made.drain()
        await made.store.do("DEL", PAGES)
        yield made


async def told(room: PressRoom) -> list[dict[str, Any]]:
    """What has been told of pages."""
    return [json.loads(fields[1]) for _, fields in await room.store.do("XRANGE", PAGES, "-", "+")]


async def why(room: PressRoom, page: str) -> str:
    """The event that last rebuilt a page."""
    return (await room.store.do("HGET", WHY, page)).decode().split()[0]


async def go_away(*_: Any, **__: Any) -> Any:
    """What a killed press, or a store that went away, leaves undone."""
    raise StoreUnavailable


async def build_and_die(room: PressRoom, patched: pytest.MonkeyPatch) -> None:
    """Build what waits, up to where a step of the press fails; then start again."""
    await room.deliver(random.Random(0))
    await room.press.round()
    patched.undo()
    await room.die_and_start_again()
    await room.drain()
    assert (await room.differences()).clean


async def test_a_page_that_was_written_when_its_press_was_killed_is_told_of(
    room: PressRoom, monkeypatch: pytest.MonkeyPatch
) -> None:
    accepted = await room.accept(draft("g", section="World", headline="Otherwise"))
    monkeypatch.setattr(Shelf, "shelve", go_away)
    await build_and_die(room, monkeypatch)
    [event] = [event for event in await told(room) if event["article"] == accepted.article.id]
    assert event["type"] == "page.built"
    path = accepted.article.path
    assert event["paths"] == [page_file(path), gone(path), moved(path, path)[0]]
    assert event["cause"] == accepted.event_id
    assert await why(room, event["page"]) == accepted.event_id
    assert await room.store.do("EXISTS", UNTOLD) == 0


async def test_a_410_that_was_taken_away_when_its_press_was_killed_is_told_of(
    room: PressRoom, monkeypatch: pytest.MonkeyPatch
) -> None:
    await room.accept(draft("g", version=1, status="canceled"))
    await room.drain()
    await room.store.do("DEL", PAGES)
    returned = await room.accept(draft("g", version=2))
    monkeypatch.setattr(Shelf, "shelve", go_away)
    await build_and_die(room, monkeypatch)
    [event] = [event for event in await told(room) if event["article"] == returned.article.id]
    assert event["type"] == "page.built"
    assert gone(returned.article.path) in event["paths"], "a mirror that keeps it answers 410"


async def test_a_410_that_was_written_when_its_press_was_killed_is_told_of(
    room: PressRoom, monkeypatch: pytest.MonkeyPatch
) -> None:
    accepted = await room.accept(draft("g", status="canceled"))
    done = room.press.dirty.done

    async def go_away_with_it(taken: Any, events: Any = ()) -> bool:
        if taken.key.startswith("article:") and events:
            raise StoreUnavailable
        return await done(taken, events)

    monkeypatch.setattr(room.press.dirty, "done", go_away_with_it)
    path = accepted.article.path
    await room.deliver(random.Random(0))
    while not room.tree.has(gone(path)):
        await room.press.round()
    await build_and_die(room, monkeypatch)
    events = [event for event in await told(room) if event["article"] == accepted.article.id]
    there = moved(path, path)[0]
    assert {event["type"] for event in events} == {"page.removed"}
    assert all(event["paths"] == [gone(path), there, page_file(path)] for event in events)
    assert events[-1]["cause"] == accepted.event_id


@pytest.mark.parametrize("is_disturbed", [False, True])
async def test_a_410_that_somebody_wrote_too_late_to_tell_of_it_is_told_of(
    room: PressRoom, monkeypatch: pytest.MonkeyPatch, is_disturbed: bool
) -> None:
    if is_disturbed:
        lists_change_while_shelving(room, monkeypatch)
    accepted = await room.accept(draft("g", section="World", status="canceled"))
    page, path = article(accepted.article.id), accepted.article.path
    room.tree.apply(Output({gone(path): b""}, absent=(page_file(path),), keeps_folder=True))
    await room.store.do("SADD", UNTOLD, page)
    await room.drain()
    [event] = [event for event in await told(room) if event["article"] == accepted.article.id]
    assert (event["type"], event["cause"]) == ("page.removed", accepted.event_id)
    assert await why(room, page) == accepted.event_id


async def test_a_page_that_moves_and_a_redirect_that_leads_elsewhere_are_built_and_not_removed(room: PressRoom) -> None:
    for slug in ("first", "second"):
        await room.store.do("DEL", PAGES)
        moving = await room.accept(draft("h", evolved_from="g", slug=slug))
        await room.drain()
    kinds = {event["article"]: event["type"] for event in await told(room) if event["article"]}
    assert kinds == {moving.article.id: "page.built", identify("desk", "g"): "page.built"}


async def test_what_an_article_brought_with_it_is_not_told_of_before_it_is_listed(
    room: PressRoom, monkeypatch: pytest.MonkeyPatch
) -> None:
    accepted = await room.accept(draft("h", topics=("Oil",)))
    with monkeypatch.context() as patched:
        patched.setattr(Shelf, "shelve", go_away)
        await room.deliver(random.Random(0))
        await room.press.round()
    brought = {b"list:topic:oil", b"feed:topic:oil", b"archive:topic:oil|2025-07|1"}
    assert set(await room.store.do("SMEMBERS", UNTOLD)) >= brought
    await room.die_and_start_again()
    await room.drain()
    causes = {event["page"]: event["cause"] for event in await told(room)}
    assert causes["list:topic:oil"] == await why(room, "list:topic:oil") == accepted.event_id
    assert await room.store.do("EXISTS", UNTOLD) == 0
    assert (await room.differences()).clean


async def test_what_an_article_brought_with_it_was_rebuilt_by_its_event(room: PressRoom) -> None:
    accepted = await room.accept(draft("h", topics=("Oil",)))
    await room.drain()
    for page in ("list:topic:oil", "feed:topic:oil", f"article:{accepted.article.id}"):
        assert await why(room, page) == accepted.event_id


async def test_who_waits_for_a_page_is_told_though_a_ranking_changed_while_it_was_built(
    room: PressRoom, monkeypatch: pytest.MonkeyPatch
) -> None:
    tries = lists_change_while_shelving(room, monkeypatch)
    accepted = await room.accept(draft("h"))
    await room.drain()
    assert tries[:2] == [False, True]
    [event] = [event for event in await told(room) if event["article"] == accepted.article.id]
    assert (event["cause"], event["revision"]) == (accepted.event_id, 1)


async def test_a_page_that_stayed_as_it_was_is_not_told_of_though_a_ranking_changed_while_it_was_built(
    room: PressRoom, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = article(identify("desk", "g"))
    await room.store.do("HDEL", f"built:{identify('desk', 'g')}", "shown")  # what it shows is to be found out anew
    tries = lists_change_while_shelving(room, monkeypatch)
    await room.press.dirty.mark([page])
    await room.drain()
    assert tries[:2] == [False, True]
    assert page not in {event["page"] for event in await told(room)}


async def test_a_page_that_a_crash_of_the_machine_brought_back_is_told_of_when_a_repair_takes_it_away(
    room: PressRoom,
) -> None:
    page = room.tree.root / "world/index.html"
    before = page.read_bytes()
    await room.accept(draft("g", section="World", status="canceled"))
    await room.drain()
    page.parent.mkdir(exist_ok=True)
    page.write_bytes(before)
    await room.store.do("DEL", PAGES)
    await mend(room.settings)
    [event] = await told(room)
    assert (event["type"], event["page"], event["paths"]) == ("page.removed", "extra", ["world/index.html"])
    assert not page.exists()
    await mend(room.settings)
    assert len(await told(room)) == 1


async def test_a_repair_takes_a_file_away_whose_name_is_no_text_and_mends_the_rest(room: PressRoom) -> None:
    """An archive of another system's encoding was unpacked there."""
    stray = room.tree.root / os.fsdecode(b"caf\xe9.html")
    stray.touch()
    (room.tree.root / "index.html").unlink()
    await room.store.do("DEL", PAGES)
    await mend(room.settings)
    await room.drain()
    assert not stray.exists()
    assert (await room.differences()).clean
    assert [event["paths"] for event in await told(room) if event["page"] == "extra"] == [["caf\\udce9.html"]]

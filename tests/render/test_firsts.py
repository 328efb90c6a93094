"""The pages that an article brings with it, since it is the first on them."""

import json
import random
from collections import Counter
from collections.abc import Awaitable, Callable
from datetime import timedelta
from functools import partial
from typing import Any

import pytest

from services.render import dirty_steps
from services.render.delivery import Delivery
from services.render.dirty_steps import GONE
from services.render.edition import LiveEdition
from services.render.firsts import WithArticle
from services.render.leases import Leases
from services.render.output import Output, page_file
from services.render.shelf import Shelf
from shared.articles import identify
from shared.events import PAGES
from tests.properties.press_room import START, PressRoom, draft
from tests.render.test_press import another_press

OIL = "topic/oil/index.html"
Brought = Counter[str]


@pytest.fixture
def brought(monkeypatch: pytest.MonkeyPatch) -> Brought:
    """How often each page was brought to the disk."""
    found: Brought = Counter()
    bring = Delivery.bring

    async def and_count(self: Delivery, taken: Any, *what: Any) -> list[str]:
        found[taken.key] += 1
        return await bring(self, taken, *what)

    monkeypatch.setattr(Delivery, "bring", and_count)
    return found


async def test_what_is_read_with_an_article_has_it_where_it_will_be_and_tells_for_good_that_others_are_there(
    room: PressRoom,
) -> None:
    for minutes, guid in zip((0, 0, 1), sorted("ghi", key=partial(identify, "desk")), strict=True):
        await room.accept(draft(guid, topics=("Oil",), published_at=START - timedelta(minutes=minutes)))
    await room.accept(draft("j", published_at=START - timedelta(days=40)))
    await room.drain()
    live = LiveEdition(room.store, room.site_settings)
    cards = await live.newest("topic:oil", 3)
    idents = [card.id for card in cards]
    for story in await live.stories(idents):
        assert story is not None
        coming = WithArticle(room.store, room.site_settings, story)
        assert await coming.stories(idents) == await live.stories(idents)
        assert await coming.months("topic:oil") == {"2025-07": 3}
        assert coming.alone
        assert await coming.newest("topic:oil", 3) == cards
        assert await coming.newest("topic:oil", 2) == cards[:2]
        assert (await coming.places("topic:oil", "2025-07", 0, 3))[-1] == story.article.card()
        assert await coming.newest("topic:none", 3) == [story.article.card()]
        assert not coming.alone
        coming = WithArticle(room.store, room.site_settings, story)
        assert (await coming.months("all")).keys() == {"2025-06", "2025-07"}
        await coming.months("topic:oil")
        assert not coming.alone


async def test_what_it_is_alone_on_is_built_once(room: PressRoom, brought: Brought) -> None:
    await room.accept(draft("g", section="World", topics=("Oil", "Iran"), authors=("Jane Doe",)))
    await room.drain()
    assert {"list:topic:oil", "feed:author:jane-doe", "archive:all|2025-07-26|1"} <= brought.keys()
    assert set(brought.values()) == {1}, brought
    assert (await room.differences()).clean


async def test_a_list_and_its_feed_are_there_when_its_first_article_is_listed(
    room: PressRoom, monkeypatch: pytest.MonkeyPatch
) -> None:
    there: dict[str, bool] = {}
    shelve = Shelf.shelve

    async def looked_at(self: Shelf, *what: Any) -> bool:
        there.update((path, room.tree.has(path)) for path in (OIL, "topic/oil/feed.xml"))
        return await shelve(self, *what)

    monkeypatch.setattr(Shelf, "shelve", looked_at)
    await room.accept(draft("g", topics=("Oil",)))
    await room.drain()
    assert there == {OIL: True, "topic/oil/feed.xml": True}


async def test_a_list_leads_to_its_archive_and_its_feed_from_the_moment_it_is_there(
    room: PressRoom, monkeypatch: pytest.MonkeyPatch
) -> None:
    apply, there = room.tree.apply, {}

    def and_look(output: Output) -> list[str]:
        changed = apply(output)
        if OIL in changed:
            led_to = ("topic/oil/2025/07/index.html", "topic/oil/feed.xml", "topic/oil/feed.json")
            there.update((path, room.tree.read(path) is not None) for path in led_to)
        return changed

    monkeypatch.setattr(room.tree, "apply", and_look)
    await room.accept(draft("g", topics=("Oil",)))
    await room.drain()
    assert there
    assert all(there.values()), there


async def test_the_first_of_a_month_is_alone_on_its_archive_whatever_other_months_there_are(
    room: PressRoom, brought: Brought
) -> None:
    await room.accept(draft("g", topics=("Oil",), published_at=START - timedelta(days=40)))
    await room.drain()
    brought.clear()
    await room.accept(draft("h", topics=("Iran",), published_at=START))
    await room.drain()
    pages = ("archive:all|2025-07|1", "archive:all|2025-07-26|1", "archive:topic:iran|2025-07|1", "list:topic:iran")
    assert [brought[page] for page in pages] == [1] * len(pages)
    assert (await room.differences()).clean


async def test_a_page_that_was_lost_comes_back_with_each_article_once(room: PressRoom) -> None:
    await room.accept(draft("g", topics=("Oil",)))
    await room.drain()
    for page in (OIL, "archive/2025/07/26/index.html", "topic/oil/2025/07/index.html"):
        room.tree.remove(page)
    await room.accept(draft("g", topics=("Oil",), body_html="<p>Corrected.</p>"))
    await room.drain()
    assert (await room.differences()).clean


async def test_what_two_bring_at_once_shows_both(room: PressRoom, brought: Brought) -> None:
    for guid in ("g", "h"):
        await room.accept(draft(guid, topics=("Oil",)))
    await room.drain()
    assert brought["list:topic:oil"] > 1
    page = room.tree.read(OIL)
    assert page
    assert b"Story g" in page
    assert b"Story h" in page
    assert (await room.differences()).clean


async def before_it_is_listed(room: PressRoom, do: Callable[[], Awaitable[object]]) -> None:
    """Build what waits, and do something when the article's page and what it brought are there."""
    shelve = room.press.articles._shelf.shelve

    async def and_something_before(*about: Any) -> None:
        patched.undo()
        await do()
        await shelve(*about)

    patched = pytest.MonkeyPatch()
    patched.setattr(room.press.articles._shelf, "shelve", and_something_before)
    await room.drain()
    assert (await room.differences()).clean


async def build_next(room: PressRoom, page: str) -> None:
    """What another press does, which takes one page."""
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr("services.render.press.ROOM", -1)  # the one that is told of it has its hands full
        await room.deliver(random.Random(1))
    press = another_press(room)
    [taken] = await press.dirty.take(1)
    assert taken.key == page
    assert await press._build(taken)


async def test_what_another_joins_before_it_is_listed_is_built_again(room: PressRoom) -> None:
    await room.accept(draft("g", topics=("Oil",)))

    async def another_joins() -> None:
        other = await room.accept(draft("h", topics=("Oil",)))
        await build_next(room, f"article:{other.article.id}")

    await before_it_is_listed(room, another_joins)
    assert b"Story h" in (room.tree.read(OIL) or b"")


async def test_what_it_brought_and_another_joined_waits_its_turn_once_it_is_listed(
    room: PressRoom, monkeypatch: pytest.MonkeyPatch
) -> None:
    await room.accept(draft("g", topics=("Oil",)))
    shelve = room.press.articles._shelf.shelve
    before_all_others = []

    async def and_look(*about: Any) -> None:
        await shelve(*about)
        before_all_others.append(await room.store.do("ZRANGE", GONE, 0, -1))

    async def another_joins() -> None:
        other = await room.accept(draft("h", topics=("Oil",)))
        await build_next(room, f"article:{other.article.id}")
        assert await room.store.do("ZCARD", GONE)

    monkeypatch.setattr(room.press.articles._shelf, "shelve", and_look)
    await before_it_is_listed(room, another_joins)
    assert before_all_others[0] == [], "overdue, they would go before new articles"


async def test_what_waited_already_and_shows_it_alone_is_built_once(room: PressRoom, brought: Brought) -> None:
    pages = ("list:topic:oil", "feed:topic:oil")
    await room.press.dirty.mark(pages, "before")
    accepted = await room.accept(draft("g", topics=("Oil",)))
    await build_next(room, f"article:{accepted.article.id}")
    await room.drain()
    assert [brought[page] for page in pages] == [1, 1]
    assert (await room.differences()).clean


async def test_what_shows_another_that_leaves_before_it_is_listed_is_built_again(room: PressRoom) -> None:
    other = await room.accept(draft("h", topics=("Oil",)))
    await room.drain()
    room.tree.remove(OIL)
    await room.accept(draft("g", topics=("Oil",)))

    async def the_other_leaves() -> None:
        assert b"Story h" in (room.tree.read(OIL) or b"")
        await room.accept(draft("h", status="canceled"))
        await build_next(room, f"article:{other.article.id}")

    await before_it_is_listed(room, the_other_leaves)
    assert b"Story h" not in (room.tree.read(OIL) or b"Story h")


async def test_what_somebody_is_building_from_before_it_came_is_built_again(room: PressRoom) -> None:
    other = Leases(room.store, "w2")
    await other.mark(["list:topic:oil"])
    [taken] = await other.take(1)
    await room.accept(draft("g", topics=("Oil",)))

    async def the_other_is_done() -> None:
        assert room.tree.remove(OIL), "from before it came there is no such page"
        await other.done(taken)

    await before_it_is_listed(room, the_other_is_done)
    assert room.tree.has(OIL)


async def test_what_it_brings_is_nobody_elses_to_build_until_it_is_listed(room: PressRoom, brought: Brought) -> None:
    await room.accept(draft("g", topics=("Oil",)))

    async def another_press_is_idle() -> None:
        assert not await Leases(room.store, "w2").take(100), "it would take away what is not listed"

    await before_it_is_listed(room, another_press_is_idle)
    assert set(brought.values()) == {1}, brought


async def test_what_somebody_builds_before_it_is_listed_is_built_again(
    room: PressRoom, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dirty_steps, "GONE_AFTER_MS", 0)  # it takes so long that they are overdue
    other = Leases(room.store, "w2")
    await room.accept(draft("g", topics=("Oil",)))

    async def the_other_builds_all() -> None:
        taken = await other.take(100)
        assert room.tree.remove(OIL), "nothing is listed there yet"
        for page in taken:
            await other.done(page)

    await before_it_is_listed(room, the_other_builds_all)
    assert room.tree.has(OIL)


async def test_a_live_page_never_leads_to_a_list_that_is_not_there(
    room: PressRoom, brought: Brought, monkeypatch: pytest.MonkeyPatch
) -> None:
    accepted = await room.accept(draft("g"))
    await room.drain()
    brought.clear()
    apply, seen = room.tree.apply, []

    def and_look(output: Output) -> list[str]:
        if page_file(accepted.article.path) in output.files:
            seen.append(room.tree.read(OIL) is not None)
        return apply(output)

    monkeypatch.setattr(room.tree, "apply", and_look)
    await room.accept(draft("g", topics=("Oil",)))
    await room.drain()
    assert seen == [True]
    assert brought["list:topic:oil"] == 1
    told = [json.loads(fields[1])["page"] for _, fields in await room.store.do("XRANGE", PAGES, "-", "+")]
    assert told.count("list:topic:oil") == 1
    assert (await room.differences()).clean

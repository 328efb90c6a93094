"""The press: what it does when it cannot know what the store did."""

import asyncio
import math
import random
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from services.ingest.draft import Draft
from services.render import dirty_steps, pages
from services.render.delivery import Delivery
from services.render.dirty_steps import BACKGROUND, LEASES
from services.render.edition import LiveEdition
from services.render.keys import article, kind
from services.render.leases import Taken
from services.render.output import Output, gone, page_file
from services.render.press import A_FEW, AT_ONCE, ROOM, SIDE_BY_SIDE, Press
from services.render.reasons import why
from services.render.shelve_step import SHELVE
from services.render.site import Site
from shared.articles import record_key
from shared.backlog import SHARED, TO_BUILD
from shared.clock import millis
from shared.dead_letters import letters, pages_set_aside
from shared.events import DEAD_LETTERS
from shared.live import built_key, list_key
from shared.store import Command, Script, Store
from shared.wire import StoreUnavailable
from tests.properties.press_room import START, Killed, OneByOne, PressRoom, draft


def another_press(room: PressRoom) -> Press:
    """A second press over the same store and folder."""
    return Press(
        room.store, LiveEdition(room.store, room.site_settings), room.printer, Site(room.folder / "site", "w2"),
        room.clock, "w2", room.folder / "media",
    )  # fmt: skip


async def publish_and_lose_the_answer(room: PressRoom, guid: str) -> Path:
    """An article whose page the store leases to the press, which does not hear of it; the page's file."""
    accepted = await room.accept(draft(guid))

    async def carried_out_and_lost(script: Script, names: tuple[str, ...] = (), args: Command = ()) -> Any:
        await Store.run(room.mortal, script, names, args)
        raise StoreUnavailable

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(room.mortal, "run", carried_out_and_lost)
        with pytest.raises(StoreUnavailable):
            await room.deliver(random.Random(0))
    return room.folder / "site" / accepted.article.path.lstrip("/") / "index.html"


async def test_leases_of_which_the_answer_was_lost_are_given_back(room: PressRoom) -> None:
    page = await publish_and_lose_the_answer(room, "g")
    assert await room.store.do("ZCARD", LEASES) == 1
    await room.press.round()
    await room.press.round()
    assert page.exists()


async def test_an_answer_that_is_lost_while_leases_are_given_back_is_not_forgotten(
    room: PressRoom, monkeypatch: pytest.MonkeyPatch
) -> None:
    await publish_and_lose_the_answer(room, "first")
    reclaim, pages = room.press.dirty.reclaim, []

    async def lost_right_after() -> int:
        count = await reclaim()
        if not pages:
            await room.store.do("DEL", LEASES)  # the press is at rest again
            pages.append(await publish_and_lose_the_answer(room, "second"))
        return count

    monkeypatch.setattr(room.press.dirty, "reclaim", lost_right_after)
    for _ in range(3):
        await room.press.round()
    assert pages[0].exists()


async def test_a_first_page_does_not_take_the_place_of_a_later_one(
    room: PressRoom, monkeypatch: pytest.MonkeyPatch
) -> None:
    await room.drain()
    page = room.folder / "site/topic/x/index.html"
    firsts = room.press.articles._firsts
    others: list[bytes] = []
    other = another_press(room)

    async def others_meanwhile(*about: Any) -> Any:
        found = await firsts(*about)
        assert "list:topic:x" in found
        monkeypatch.setattr(room.press.articles, "_firsts", firsts)
        for number in range(40):
            when = START - timedelta(minutes=60 - number)
            await room.accept(draft(f"n{number}", topics=("x",), published_at=when))
        for _ in range(100):
            await room.deliver(random.Random(1))
            if not await other.round() + await room.press.round() and not await room.store.do("ZCARD", SHARED):
                break
        others.append(page.read_bytes())
        return found

    monkeypatch.setattr(room.press.articles, "_firsts", others_meanwhile)
    await room.accept(draft("old", topics=("x",), published_at=START - timedelta(hours=2)))
    await room.deliver(random.Random(1))
    await room.press.round()
    assert others == [page.read_bytes()]
    await room.drain()
    assert (await room.differences()).clean


async def test_a_first_page_is_looked_at_again_though_its_article_never_gets_into_the_lists(
    room: PressRoom, monkeypatch: pytest.MonkeyPatch
) -> None:
    await room.accept(draft("g", topics=("x",)))

    async def killed(*_: Any) -> None:
        room.mortal.left = 0  # for what is being built beside it, too
        raise Killed

    with monkeypatch.context() as patched:
        patched.setattr(room.press.articles._shelf, "shelve", killed)
        with pytest.raises(Killed):
            await room.drain()
    assert (room.folder / "site/topic/x/index.html").exists()
    await room.accept(draft("g", version=2, status="canceled"))
    await room.die_and_start_again()
    await room.drain()
    assert (await room.differences()).clean


async def test_all_rounds_end_when_one_does(room: PressRoom, monkeypatch: pytest.MonkeyPatch) -> None:
    building: set[Any] = set()

    async def lost() -> int:
        building.add(asyncio.current_task())
        if len(building) < SIDE_BY_SIDE:
            await asyncio.Event().wait()
        raise StoreUnavailable

    monkeypatch.setattr(room.press, "round", lost)
    with pytest.raises(StoreUnavailable):
        await room.press.run()
    assert all(task.done() for task in building)


async def test_who_comes_too_late_writes_nothing_over_what_others_have_built(
    room: PressRoom, monkeypatch: pytest.MonkeyPatch
) -> None:
    other, delivery = another_press(room), room.press.articles._delivery
    bring, page = delivery.bring, page_file((await room.accept(draft("g"))).article.path)

    async def stand_still(*about: Any) -> list[str]:
        monkeypatch.undo()
        await room.accept(draft("g", version=2, status="canceled"))
        await room.deliver(random.Random(1))
        while not room.tree.has(gone(f"/{page.removesuffix('index.html')}")):
            await other.round()
        return await bring(*about)

    monkeypatch.setattr(dirty_steps, "LEASE_MS", 20)
    monkeypatch.setattr(delivery, "bring", stand_still)
    await room.deliver(random.Random(1))
    await room.press.round()
    assert room.tree.read(page) is None, "it was withdrawn meanwhile"
    assert "article:" in str(await room.press.dirty.waiting()), "whatever it has done before is looked at again"
    await room.drain()
    assert (await room.differences()).clean


async def test_a_page_that_nobody_wrote_in_time_waits_again(room: PressRoom, monkeypatch: pytest.MonkeyPatch) -> None:
    (room.tree.root / "index.html").unlink()
    await room.press.dirty.mark(["front"], "cause")
    with monkeypatch.context() as patched:
        patched.setattr(dirty_steps, "LEASE_MS", -1)
        await room.press.round()
    assert not (room.tree.root / "index.html").exists(), "it was too late for that"
    (taken,) = await room.press.dirty.take(1)
    assert (taken.key, taken.cause) == ("front", "cause")
    assert await room.press.dirty.done(taken)
    assert await room.press.dirty.drained()


@pytest.mark.parametrize("killed", [None, "new", "old"])
async def test_pages_show_what_was_rewritten_until_the_rewrite_is_there(
    room: PressRoom, monkeypatch: pytest.MonkeyPatch, killed: str | None
) -> None:
    old = await room.accept(draft("old", topics=("Oil",)))
    await room.drain()
    await room.accept(draft("new", evolved_from="old", topics=("Oil",)))
    with monkeypatch.context() as patched:
        patched.setattr("services.render.press.ROOM", -1)  # whoever takes the rewrite is slow
        await room.deliver(random.Random(1))
    taken = {page.key: page for page in await room.press.dirty.take(2)}
    await room.press._build(taken.pop(f"article:{old.article.id}"))
    assert "list:topic:oil" not in await room.press.dirty.waiting(), "its page leads there, and it would be gone"
    for page in taken.values():
        await room.press.dirty.give_back(page)
    if killed:
        await room.accept(draft(killed, status="canceled", topics=("Oil",)))
    await room.drain()
    assert room.tree.has("topic/oil/index.html") == (killed is None)
    assert (await room.differences()).clean


async def test_what_leads_to_a_rewrite_leads_to_its_new_address_once_its_page_is_there(room: PressRoom) -> None:
    old = await room.accept(draft("old"))
    await room.drain()
    new = await room.accept(draft("new", evolved_from="old", slug="first"))
    await room.drain()
    [redirect] = [link for link in (room.tree.root / "_moved").rglob("*") if link.is_symlink()]
    await room.accept(draft("new", evolved_from="old", slug="second"))
    await room.press.dirty.mark([article(old.article.id)], patience=0)
    assert await room.press.round() == 1
    assert redirect.readlink().name == "first", "the other one is not there yet"
    for number in range(4 * AT_ONCE + ROOM):
        await room.accept(draft(f"n{number}"))
    while await room.store.do("ZCARD", TO_BUILD) < 3 * AT_ONCE:  # the rest the press has in hand
        await room.deliver(random.Random(1))
    while not room.press._handed.empty():
        await room.press.round()
    await room.press.dirty.mark([article(new.article.id)], patience=0)
    while not room.tree.has(page_file(new.article.path.replace("first", "second"))):
        await room.press.round()
    assert await room.store.do("ZCARD", TO_BUILD) > AT_ONCE
    await room.press.round()
    assert redirect.readlink().name == "second", "it goes before whatever else waits"
    await room.drain()
    assert (await room.differences()).clean


async def test_feeds_lead_to_a_new_address_once_its_page_is_there(room: PressRoom) -> None:
    for slug in ("first", "second"):
        await room.accept(draft("g", slug=slug))
        await room.press.dirty.mark(["feed:all"], patience=0)
        assert await room.press.round() == 1
        feed = room.tree.read("feed.xml") or b""
        assert (b"/first/" in feed, b"/second/" in feed) == (slug == "second", False)
        await room.drain()
    assert b"/second/" in (room.tree.read("feed.xml") or b"")
    assert (await room.differences()).clean


@pytest.mark.parametrize(
    ("later", "left"),
    [
        (draft("g", version=2, status="canceled"), "_gone/2025/07/26/story-g"),
        (draft("h", evolved_from="g"), "_moved/2025/07/26/story-g"),
        (draft("h", evolved_from="g", status="canceled"), "_gone/2025/07/26/story-g"),
    ],
)
async def test_an_article_that_goes_while_its_page_is_made_is_never_listed(
    room: PressRoom, monkeypatch: pytest.MonkeyPatch, later: Draft, left: str
) -> None:
    accepted = await room.accept(draft("g"))
    bring = room.press.articles._delivery.bring

    async def it_goes_meanwhile(*about: Any) -> list[str]:
        await room.accept(later)
        return await bring(*about)

    with monkeypatch.context() as patched:
        patched.setattr(room.press.articles._delivery, "bring", it_goes_meanwhile)
        await room.press.dirty.mark([article(accepted.article.id)], patience=0)
        await room.press.round()
    assert await room.store.do("ZCARD", list_key("all")) == 0
    await room.drain()
    assert room.tree.read(left) is not None
    assert (await room.differences()).clean


@pytest.mark.parametrize("has_been_live", [True, False])
async def test_what_returns_after_its_410_is_on_disk_again(room: PressRoom, has_been_live: bool) -> None:
    if has_been_live:
        await room.accept(draft("g", version=1))
        await room.drain()
    killed = await room.accept(draft("g", version=2, status="canceled"))
    await room.drain()
    built = built_key(killed.article.id)
    assert await room.store.do("HGET", built, "gone") == b"1"
    returned = await room.accept(draft("g", version=3))
    await room.drain()
    assert await room.store.do("HGET", built, "revision") == str(returned.article.revision).encode()
    assert await room.store.do("HGET", built, "gone") is None, "GET says that no page of it is on disk"


async def test_an_article_that_changes_while_its_page_is_made_is_listed_as_its_page_is(
    room: PressRoom, monkeypatch: pytest.MonkeyPatch
) -> None:
    accepted = await room.accept(draft("g", headline="First"))
    bring = room.press.articles._delivery.bring

    async def it_changes_meanwhile(*about: Any) -> list[str]:
        await room.accept(draft("g", version=2, headline="Second"))
        return await bring(*about)

    with monkeypatch.context() as patched:
        patched.setattr(room.press.articles._delivery, "bring", it_changes_meanwhile)
        await room.press.dirty.mark([article(accepted.article.id)], patience=0)
        await room.press.round()
    [card] = await LiveEdition(room.store, room.site_settings).cards([accepted.article.id])
    assert card is not None and card.headline == "First"
    await room.drain()
    assert (await room.differences()).clean


async def test_of_the_pages_in_hand_new_articles_are_begun_first(
    room: PressRoom, monkeypatch: pytest.MonkeyPatch
) -> None:
    build, begun = room.press._build, []

    async def noted(taken: Taken) -> bool:
        begun.append(taken.key)
        return await build(taken)

    monkeypatch.setattr(room.press, "_build", noted)
    accepted = await room.accept(draft("g"))
    await room.press.dirty.mark(["feed:all", "front"], patience=0)
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr("services.render.press.ROOM", -1)
        await room.deliver(random.Random(1))
    await room.press.round()
    assert begun[0] == article(accepted.article.id)
    assert set(begun[1:]) == {"feed:all", "front"}


async def test_a_new_article_is_on_disk_before_its_stream_is_read_on(
    room: PressRoom, monkeypatch: pytest.MonkeyPatch
) -> None:
    await room.accept(draft("the first of its month"))
    await room.drain()
    accepted = await room.accept(draft("g"))
    mark, seen = room.handlers.mark_articles, []
    build, begun = room.press._build_handed, asyncio.Event()

    async def begin() -> None:
        begun.set()
        await build()

    async def and_look(batch: list[Any]) -> None:
        await mark(batch)
        seen.append(room.tree.has(page_file(accepted.article.path)))

    monkeypatch.setattr(room.handlers, "mark_articles", and_look)
    monkeypatch.setattr(room.press, "_build_handed", begin)
    building = asyncio.create_task(room.press.run())
    try:
        await begun.wait()
        await room.deliver(random.Random(1))
        assert seen[0]
    finally:
        building.cancel()
        await asyncio.wait([building])


async def test_the_front_does_not_wait_for_rounds_that_are_full_of_articles(
    room: PressRoom, monkeypatch: pytest.MonkeyPatch
) -> None:
    await room.accept(draft("the first"))
    await room.drain()
    build, released, front = room.press._build, asyncio.Event(), asyncio.Event()

    async def slow(taken: Taken) -> bool:
        if kind(taken.key) == "article":
            await released.wait()
        elif taken.key == "front":
            front.set()
        return await build(taken)

    monkeypatch.setattr(room.press, "_build", slow)
    monkeypatch.setattr("services.render.press.ROOM", -1)
    all_together = OneByOne()
    all_together.choice = max  # type: ignore[method-assign]
    for number in range(SIDE_BY_SIDE * AT_ONCE):
        await room.accept(draft(f"{number}"))
    await room.deliver(all_together)
    building = asyncio.create_task(room.press.run())
    try:
        async with asyncio.timeout(60):
            while not room.press._is_full:  # noqa: ASYNC110 - rounds tell nobody that they are
                await asyncio.sleep(0)
            await room.press.dirty.mark(["front"], "cause", patience=0)
            await front.wait()
    finally:
        building.cancel()
        await asyncio.wait([building])
    released.set()
    await room.press.dirty.reclaim()
    await room.drain()
    assert (await room.differences()).clean


async def test_while_articles_come_one_after_the_other_lists_are_left_until_they_are_due(
    room: PressRoom, monkeypatch: pytest.MonkeyPatch
) -> None:
    take, asked = room.press.dirty.take, []
    all_together = OneByOne()
    all_together.choice = max  # type: ignore[method-assign]

    async def noted(*args: Any) -> list[Taken]:
        asked.append(args[1:])
        return await take(*args)

    async def asked_after(guids: list[str]) -> tuple[int, ...]:
        for guid in guids:
            await room.accept(draft(guid))
        await room.deliver(all_together)
        while not room.press._handed.empty():
            await room.press.round()
        await room.press.round()
        return asked[-1]

    monkeypatch.setattr(room.press.dirty, "take", noted)
    monkeypatch.setattr("services.render.press.QUIET", 3600)
    room.press._told_at = -math.inf
    assert await asked_after(["alone"]) == (A_FEW, A_FEW), "its lists are built at once, and do not hold up another one"
    assert await asked_after(["soon after it"]) == (A_FEW, 0), "more will come: each would have its lists built anew"
    monkeypatch.setattr("services.render.press.QUIET", 0)
    assert await asked_after(["the last"]) == ()
    monkeypatch.setattr("services.render.press.QUIET", 3600)
    room.press._told_at = -math.inf
    assert await asked_after(["two", "at once"]) == (A_FEW, 0)


async def test_rounds_are_woken_for_what_was_not_taken_or_nobody_has_begun_and_for_nothing_else(
    room: PressRoom, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def deliver_one(guid: str) -> bool:
        room.press._awake.clear()
        await room.accept(draft(guid))
        await room.deliver(OneByOne())
        return room.press._awake.is_set()

    assert await deliver_one("nobody runs"), "its page waits in hand"
    await room.drain()
    with monkeypatch.context() as patched:
        patched.setattr("services.render.press.ROOM", -1)
        assert await deliver_one("no room"), "its page waits in the store"
    await room.drain()
    handed = asyncio.create_task(room.press._build_handed())
    assert not await deliver_one("begun at once")
    handed.cancel()
    await asyncio.wait([handed])


async def test_a_record_that_cannot_be_read_is_set_aside_and_keeps_no_other_page_from_being_built(
    room: PressRoom,
) -> None:
    bad, good = [(await room.accept(draft(guid, topics=("x",)))).article for guid in ("bad", "good")]
    await room.store.do("SET", record_key(bad.id), "{")
    await room.drain()
    assert not room.tree.has(page_file(bad.path))
    assert room.tree.has(page_file(good.path))
    [letter] = await pages_set_aside(room.store)
    assert letter.startswith(article(bad.id))


async def test_other_related_articles_can_wait_for_all_other_pages_and_a_withdrawn_one_can_not(room: PressRoom) -> None:
    async def waiting(name: str) -> set[str]:
        return {page.decode().partition(":")[0] for page in await room.store.do("ZRANGE", name, 0, -1)}

    for guid in ("a", "b"):
        await room.accept(draft(guid, topics=("x",)))
        await room.drain()
    await room.accept(draft("c", topics=("x",)))
    await room.deliver(random.Random(1))
    await room.press.round()
    assert (await waiting(BACKGROUND), "near" in await waiting(SHARED)) == ({"near"}, False)
    while "near" in await waiting(BACKGROUND):
        await room.press.round()
    assert "article" in await waiting(BACKGROUND), "and so can the pages around it"
    await room.drain()
    await room.accept(Draft(guid="c", status="canceled"))
    await room.deliver(random.Random(1))
    await room.press.round()
    assert (await waiting(BACKGROUND), "near" in await waiting(SHARED)) == (set(), True)
    await room.drain()
    assert (await room.differences()).clean


async def test_a_page_that_fails_again_and_again_has_one_letter_with_its_last_reason(
    room: PressRoom, monkeypatch: pytest.MonkeyPatch
) -> None:
    reasons = iter(["no such card", "no such card", "no such card", "no such name"])

    async def broken(*_: Any) -> Output:
        raise RuntimeError(next(reasons))

    with monkeypatch.context() as patched:
        patched.setitem(pages.KINDS, "front", broken)
        for kept in ("no such card", "no such card", "no such card", "no such name"):
            await room.press.dirty.mark(["front"])
            await room.drain()
            assert await pages_set_aside(room.store) == [f"front: RuntimeError: {kept}"]
    [letter] = await letters(room.store)
    await room.store.do("XDEL", DEAD_LETTERS, letter["id"])
    reasons = iter(["no such name"])
    monkeypatch.setitem(pages.KINDS, "front", broken)
    await room.press.dirty.mark(["front"])
    await room.drain()
    assert await pages_set_aside(room.store) == ["front: RuntimeError: no such name"], "what was dropped comes again"


async def test_an_article_that_a_full_store_cannot_list_is_tried_again_and_not_set_aside(
    room: PressRoom, monkeypatch: pytest.MonkeyPatch
) -> None:
    accepted = await room.accept(draft("g"))
    run = room.mortal.run

    async def full_meanwhile(script: Script, names: tuple[str, ...] = (), args: Command = ()) -> Any:
        if script is not SHELVE:
            return await run(script, names, args)
        await room.store.do("CONFIG", "SET", "maxmemory", 1)
        try:
            return await run(script, names, args)
        finally:
            await room.store.do("CONFIG", "SET", "maxmemory", 0)

    with monkeypatch.context() as patched:
        patched.setattr(room.mortal, "run", full_meanwhile)
        await room.press.dirty.mark([article(accepted.article.id)], patience=0)
        await room.press.round()
    assert await letters(room.store) == []
    await room.drain()
    assert await room.store.do("ZCARD", list_key("all")) == 1
    assert (await room.differences()).clean


@pytest.mark.parametrize("cause", ["not one\nof ours", "z" * 32])
async def test_a_page_is_built_for_an_event_that_others_called_as_they_liked(room: PressRoom, cause: str) -> None:
    accepted = await room.accept(draft("g"))
    await room.press.dirty.mark([article(accepted.article.id)], cause)  # what comes first is what it is built for
    await room.drain()
    assert await pages_set_aside(room.store) == []
    found = await why(room.store, LiveEdition(room.store, room.site_settings), room.tree, accepted.article.path)
    assert found is not None
    assert found["last_event"] == {"event_id": cause}


async def test_a_page_that_would_leave_the_folder_is_set_aside_and_those_beside_it_are_not(room: PressRoom) -> None:
    delivery = Delivery(Site(room.folder / "site"), room.clock)
    bad, good = await asyncio.gather(
        delivery.bring(Taken("list:topic:bad", "t", ""), Output({"../bad/index.html": b"x"})),
        delivery.bring(Taken("list:topic:good", "t", ""), Output({"topic/good/index.html": b"x"})),
        return_exceptions=True,
    )
    assert isinstance(bad, ValueError)
    assert isinstance(good, list)
    assert (room.folder / "site/topic/good/index.html").exists()
    assert not (room.folder / "bad").exists()


async def test_a_disk_that_takes_no_pages_is_logged_once_and_not_for_each_try_of_each_page(
    room: PressRoom, monkeypatch: pytest.MonkeyPatch
) -> None:
    lines: list[str] = []

    class Log:
        def error(self, event: str, **_: Any) -> None:
            lines.append(event)

    def full(_: Any) -> list[str]:
        raise OSError(28, "No space left on device")

    for number in range(5):
        await room.accept(draft(f"n{number}"))
    with monkeypatch.context() as patched:
        patched.setattr("services.render.press.log", Log)
        patched.setattr(room.tree, "apply", full)
        await room.deliver(random.Random(1))
        for _ in range(3):
            await room.press.round()
    assert lines == ["the disk does not take a page"]
    assert room.press.disk_fault
    await room.drain()
    assert room.press.disk_fault is None
    assert (await room.differences()).clean


async def test_since_when_an_article_is_live_is_told_in_the_time_in_which_it_was_accepted(room: PressRoom) -> None:
    for version in 1, 2:
        accepted = await room.accept(draft("g", version=version, headline=f"Version {version}"))
        await room.drain()
        live_at = await room.store.do("HGET", built_key(accepted.article.id), "at")
        assert live_at == str(millis(accepted.article.accepted_at)).encode(), "the site's clock stands still"
        await room.move_clock(1)


async def test_an_article_is_live_since_its_version_came_however_often_its_page_is_built(room: PressRoom) -> None:
    accepted = await room.accept(draft("g", topics=["Sea"]))
    await room.drain()
    since = await room.store.do("HGET", built_key(accepted.article.id), "at")
    await room.move_clock(1)
    await room.accept(draft("another", topics=["Sea"]))
    await room.drain()
    page = (room.tree.root / accepted.article.path.strip("/") / "index.html").read_text()
    assert "Related Articles" in page
    assert await room.store.do("HGET", built_key(accepted.article.id), "at") == since

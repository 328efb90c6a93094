"""The check of a site that goes on meanwhile: what differs only because something has just come is no difference."""

import asyncio
import os
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from services.render import pages
from services.render import relist as relisting
from services.render.check import Differences, compare
from services.render.edition import LiveEdition
from services.render.everything import every_page
from services.render.mend import repair
from services.render.output import Output, page_file
from services.render.suspects import Suspects
from services.render.whole import WholeEdition
from shared.articles import record_key
from shared.dead_letters import letters
from shared.live import days_key, list_key, live_key, months_key
from shared.store import Store
from tests.properties.press_room import PressRoom, draft
from tests.unprivileged import as_anybody


async def publish(room: PressRoom, guid: str) -> str:
    """Publish an article; the file of its page."""
    accepted = await room.accept(draft(guid))
    await room.drain()
    return page_file(accepted.article.path)


async def found_by_a_check_that_began(room: PressRoom, before: WholeEdition) -> Differences:
    """What a check finds whose build is from what the store had before."""
    return await compare(before, room.printer, room.tree, lambda _: None)


def suspects(room: PressRoom) -> Suspects:
    return Suspects(room.store, LiveEdition(room.store, room.site_settings), room.printer, room.tree)


async def test_articles_that_come_while_the_site_is_looked_at_again_are_not_extra(
    room: PressRoom, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = await WholeEdition.load(room.store, room.site_settings)
    first = await publish(room, "first")
    found = await found_by_a_check_that_began(room, before)
    assert first in found.extra
    late: list[str] = []

    async def and_one_comes_meanwhile(*about: Any) -> Differences:
        late.append(await publish(room, "second"))
        return await compare(*about)

    monkeypatch.setattr("services.render.suspects.compare", and_one_comes_meanwhile)
    left = await suspects(room).confirm(found)
    assert left.clean, left.extra
    await repair(room.store, room.tree, left)
    assert all(room.tree.has(page) for page in (first, *late))


async def test_what_changes_again_and_again_is_not_extra(room: PressRoom, monkeypatch: pytest.MonkeyPatch) -> None:
    await publish(room, "first")
    before = await WholeEdition.load(room.store, room.site_settings)
    second = await publish(room, "second")
    room.tree._write("2020/stray/index.html", b"", only_new=False)
    found = await found_by_a_check_that_began(room, before)
    assert found.extra == ["2020/stray/index.html", second]
    looking = suspects(room)

    async def and_it_changes_meanwhile(_: WholeEdition, *about: Any) -> Differences:
        await room.accept(draft("second", headline="Corrected"))
        await room.drain()
        return await compare(before, *about)

    async def never() -> bool:
        return False

    monkeypatch.setattr("services.render.suspects.compare", and_it_changes_meanwhile)
    monkeypatch.setattr("services.render.suspects.PATIENCE", 0)
    monkeypatch.setattr(looking._dirty, "drained", never)
    assert (await looking.confirm(found)).extra == ["2020/stray/index.html"]


async def test_a_file_of_no_page_is_extra_whatever_comes_meanwhile(room: PressRoom) -> None:
    before = await WholeEdition.load(room.store, room.site_settings)
    stray = room.tree.root / "2020/stray/index.html"
    stray.parent.mkdir(parents=True)
    stray.write_text("nobody's")
    await publish(room, "first")
    left = await suspects(room).confirm(await found_by_a_check_that_began(room, before))
    assert left.extra == ["2020/stray/index.html"]


async def test_what_is_no_file_and_of_no_page_is_extra_too(room: PressRoom) -> None:
    os.mkfifo(room.tree.root / "pipe")
    left = await suspects(room).confirm(await room.differences())
    assert left.extra == ["pipe"]
    await repair(room.store, room.tree, left)
    assert (await room.differences()).clean


async def test_an_article_that_renders_own_list_lacks_is_a_difference_of_every_page_that_is_as_the_list_has_it(
    room: PressRoom,
) -> None:
    lost = (await room.accept(draft("lost", section="World"))).article
    await room.accept(draft("other", section="World"))
    await room.drain()
    await room.store.do("ZREM", list_key("section:world"), lost.id)
    await room.press.dirty.mark(["list:section:world"])
    await room.drain()
    left = await suspects(room).confirm(await room.differences())
    assert left.differs == {"world/index.html": "list:section:world"}


async def test_a_build_from_the_store_and_a_rebuild_have_the_same_pages_each_once(room: PressRoom) -> None:
    for number in range(3):
        await room.accept(draft(f"g{number}", section="World", topics=("Oil",)))
    await room.drain()
    built = sorted((await WholeEdition.load(room.store, room.site_settings)).page_keys)
    assert built == sorted([page async for pages_of_some in every_page(room.store) for page in pages_of_some])
    assert len(built) == len(set(built))


async def test_what_render_keeps_of_lists_is_put_right_from_the_articles(room: PressRoom) -> None:
    """Were only the pages built again, they would be as wrong as the lists once more."""
    for number in range(4):
        await room.accept(draft(f"g{number}", section="World", topics=("Oil",)))
    moved = await room.accept(draft("moved", section="Sport", topics=("Oil",)))
    await room.drain()
    kept = await as_kept(room)
    first = (await room.store.do("ZRANGE", list_key("all"), 0, 0))[0].decode()
    for command in (
        ("DEL", list_key("section:world")),
        ("ZREM", list_key("topic:oil"), first),
        ("ZADD", list_key("section:world"), 1, moved.article.id),
        ("ZADD", list_key("topic:gone"), 1, "nobody"),
        ("ZADD", list_key("all"), 1, first),
        ("HINCRBY", months_key("all"), moved.article.day[:7], 3),
        ("HINCRBY", days_key(moved.article.day[:7]), moved.article.day, 3),
        ("HINCRBY", days_key("2020-01"), "2020-01-31", 1),
        ("HINCRBY", months_key("section:world"), "2020-01", 1),
        ("HINCRBY", months_key("topic:lost"), "2020-01", 1),
        ("DEL", months_key("section:sport")),
        ("DEL", live_key(first)),
        ("SET", live_key("nobody"), await room.store.do("GET", live_key(moved.article.id))),
    ):
        await room.store.do(*command)
    async for pages_of_some in every_page(room.store):
        await room.press.dirty.mark(
            page for page in pages_of_some if "gone" not in page and not page.startswith("article:")
        )
    await room.drain()
    left = await suspects(room).confirm(await room.differences())
    assert "world/index.html" in left.differs
    assert await repair(room.store, room.tree, left)
    assert await as_kept(room) == kept
    await room.drain()
    assert (await room.differences()).clean


async def as_kept(room: PressRoom) -> dict[str, Any]:
    """Cards, lists and counts as they stand in the store."""
    found: dict[str, Any] = {}
    for prefix, command, *rest in (
        (live_key(""), "GET"),
        (list_key(""), "ZRANGE", 0, -1, "WITHSCORES"),
        (months_key(""), "HGETALL"),
        (days_key(""), "HGETALL"),
    ):
        for key in await room.store.do("KEYS", f"{prefix}*"):
            kept = await room.store.do(command, key, *rest)
            if command == "HGETALL":
                kept = {period: count for period, count in zip(kept[::2], kept[1::2], strict=True) if int(count)}
            if kept:
                found[key.decode()] = kept
    return found


@pytest.mark.parametrize("meanwhile", ["news", "a page waits"])
async def test_lists_are_not_put_right_while_anything_is_on_its_way(
    room: PressRoom, monkeypatch: pytest.MonkeyPatch, meanwhile: str
) -> None:
    """An article whose page is not on disk yet must not be listed."""
    monkeypatch.setattr(relisting, "PATIENCE", 0.2)
    await room.accept(draft("on its way"))
    assert not await relisting.relist(room.store)
    await room.drain()
    kept = relisting._kept

    async def beside_news(store: Store) -> Any:
        found = await kept(store)
        await (room.accept(draft(meanwhile)) if meanwhile == "news" else room.press.dirty.mark(["front"]))
        return found

    await room.store.do("DEL", list_key("all"))
    monkeypatch.setattr(relisting, "_kept", beside_news)
    assert not await relisting.relist(room.store)
    assert not await room.store.do("EXISTS", list_key("all"))


async def test_an_article_whose_page_could_not_be_built_stays_listed_as_it_was(room: PressRoom) -> None:
    article = (await room.accept(draft("g"))).article
    await room.drain()
    kept = await as_kept(room)
    newer = article.model_copy(update={"revision": article.revision + 1, "headline": "Not on disk"})
    await room.store.do("SET", record_key(article.id), newer.model_dump_json())
    await room.store.do("DEL", list_key("all"))
    assert await relisting.relist(room.store)
    assert await as_kept(room) == kept


async def test_the_style_of_an_earlier_version_is_not_extra_and_stays(room: PressRoom) -> None:
    earlier = room.tree.root / "_static/press.0123456789ab.css"
    earlier.write_text("a { color: red }")
    stray = room.tree.root / "_static/else.css"
    stray.write_text("nobody's")
    found = await room.differences()
    assert found.extra == ["_static/else.css"]
    await repair(room.store, room.tree, found)
    assert (earlier.exists(), stray.exists()) == (True, False)
    current = room.tree.root / next(path for path in room.printer.static_files() if path.endswith(".css"))[1:]
    current.unlink()
    assert list((await room.differences()).missing) == [f"_static/{current.name}"]


async def test_a_page_that_cannot_be_built_is_named_and_what_there_is_of_it_stays(
    room: PressRoom, monkeypatch: pytest.MonkeyPatch
) -> None:
    await room.accept(draft("first", section="World"))
    await room.drain()
    stray = room.tree.root / "2020/stray/index.html"
    stray.parent.mkdir(parents=True)
    stray.write_text("nobody's")

    async def broken(*_: Any) -> Output:
        raise RuntimeError("no such card")

    for kind in ("list", "fixed"):
        monkeypatch.setitem(pages.KINDS, kind, broken)
    await room.accept(draft("second", section="World"))
    await room.drain()
    left = await suspects(room).confirm(await room.differences())
    reason = "RuntimeError: no such card"
    assert left.failed == {"list:section:world": reason, "fixed": reason}
    assert (left.differs, left.missing, left.extra) == ({}, {}, ["2020/stray/index.html"])
    assert not left.clean
    await repair(room.store, room.tree, left)
    assert all(room.tree.has(path) for path in ("world/index.html", "404.html"))
    assert [letter["name"] for letter in await letters(room.store)] == ["list:section:world"]


async def test_a_page_that_cannot_be_built_any_more_when_it_is_looked_at_again_is_named(
    room: PressRoom, monkeypatch: pytest.MonkeyPatch
) -> None:
    room.tree.remove("index.html")
    found = await room.differences()

    async def broken(*_: Any) -> Output:
        raise RuntimeError("no such card")

    monkeypatch.setitem(pages.KINDS, "front", broken)
    assert (await suspects(room).confirm(found)).failed == {"front": "RuntimeError: no such card"}


async def test_what_may_not_be_read_is_named_and_built_again(room: PressRoom) -> None:
    await room.accept(draft("g", section="World"))
    await room.drain()
    for path in ("index.html", "world/feed.xml"):
        (room.tree.root / path).chmod(0)
    with as_anybody():
        asyncio.get_running_loop().set_default_executor(ThreadPoolExecutor())  # others may read anything
        found = await suspects(room).confirm(await room.differences())
        assert found.differs.keys() == {"index.html", "world/feed.xml"}
        await repair(room.store, room.tree, found)
        await room.drain()
        assert (await room.differences()).clean
    assert (room.tree.root / "index.html").stat().st_mode & 0o444


async def test_what_lies_in_a_folder_that_may_not_be_entered_is_named(room: PressRoom) -> None:
    await room.accept(draft("g", section="World"))
    await room.drain()
    folder = room.tree.root / "world"
    mode = folder.stat().st_mode
    folder.chmod(0)
    with as_anybody():
        found = await room.differences()
    folder.chmod(mode)
    inside = {path.relative_to(room.tree.root).as_posix() for path in folder.rglob("*") if path.is_file()}
    assert found.differs.keys() | found.missing.keys() == inside

"""`pressrun check` on a running site: what only looks different because something is on its way does not count."""

import asyncio
import random
import re
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from services.render import check, suspects
from services.render.check import Differences
from services.render.dirty import Dirty
from services.render.edition import LiveEdition
from services.render.suspects import Suspects
from shared.events import ARTICLES, SIGNALS
from shared.groups import PRESSES
from shared.live import live_key
from shared.media import media_names
from shared.site_settings import SiteSettings
from tests.properties.press_room import START, PressRoom, draft, opened

SITE = SiteSettings(related=2)


@pytest.fixture
async def room(valkey: str, tmp_path: Path) -> AsyncIterator[PressRoom]:
    async with opened(valkey, tmp_path, SITE) as made:
        for number in range(3):
            published_at = START - timedelta(hours=number)
            await made.accept(
                draft(f"g{number}", section="World", topics=("Oil",), slug=f"g{number}", published_at=published_at)
            )
        await made.drain()
        yield made


async def confirmed(room: PressRoom, found: Differences) -> Differences:
    edition = LiveEdition(room.store, SITE)
    return await Suspects(room.store, edition, room.printer, room.tree).confirm(found)


async def names_asked_for(room: PressRoom) -> bytes | None:
    """How often the store has been asked, in this run, for the names of all pages that wait."""
    found = re.search(rb"cmdstat_zunion:calls=(\d+)", await room.store.do("INFO", "commandstats"))
    return found and found[1]


async def test_what_is_built_while_it_is_looked_at_does_not_count(
    room: PressRoom, monkeypatch: pytest.MonkeyPatch
) -> None:
    build, others = check.build, iter(["g3", "g4"])

    async def slowly(edition: Any, printer: Any, key: str) -> Any:
        output = await build(edition, printer, key)
        if guid := next(others, None):  # before the file is read, the page is marked and built anew
            await room.accept(draft(guid, section="World"))
            await room.drain()
        return output

    monkeypatch.setattr(check, "build", slowly)
    assert (await confirmed(room, Differences({"index.html": "front", "world/index.html": "list:section:world"}))).clean


@pytest.mark.parametrize("delivered", [False, True])
async def test_what_an_event_asks_for_that_is_not_done_yet_does_not_count(
    room: PressRoom, monkeypatch: pytest.MonkeyPatch, delivered: bool
) -> None:
    await room.accept(draft("g0", status="canceled"))
    await room.accept(draft("g1", section="World", topics=("Oil",), slug="g1", body_html="<p>Corrected.</p>"))
    if delivered:
        await room.deliver(random.Random(0))
    look, looks = Suspects._look, iter(range(9))
    looked = asyncio.Event()

    async def counted(self: Suspects, *rest: Any) -> Any:
        found = await look(self, *rest)
        if next(looks, None) is None:
            looked.set()
        return found

    monkeypatch.setattr(Suspects, "_look", counted)
    suspects = {"index.html": "front", "feed.xml": "feed:all", "world/index.html": "list:section:world"}
    looking = asyncio.ensure_future(confirmed(room, Differences(suspects)))
    await asyncio.wait({looking, asyncio.ensure_future(looked.wait())}, return_when=asyncio.FIRST_COMPLETED)
    await room.drain()
    assert (await looking).clean


async def test_what_differs_counts_at_rest_and_also_where_nobody_builds_it(
    room: PressRoom, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(suspects, "PATIENCE", 0.3)
    room.tree._write("index.html", b"damaged", only_new=False)
    found = Differences({"index.html": "front"}, pages=7)
    assert await confirmed(room, found) == found
    await room.press.dirty.mark(["front"])
    assert (await confirmed(room, found)).differs == found.differs


async def test_a_store_without_streams_has_no_event_on_its_way(room: PressRoom) -> None:
    await room.store.do("DEL", ARTICLES, SIGNALS)
    (room.tree.root / "index.html").unlink()
    assert (await confirmed(room, Differences(missing={"index.html": "front"}))).missing == {"index.html": "front"}


async def test_a_picture_that_is_shown_no_longer_is_not_missing(room: PressRoom) -> None:
    ident = (await room.accept(draft("g"))).article.id
    await room.drain()
    picture = media_names("ab" * 20, 8)[8]
    found = Differences(missing={picture[1:]: f"article:{ident}"})
    assert (await confirmed(room, found)).clean
    [card] = await LiveEdition(room.store, SITE).cards([ident])
    assert card
    shows_it = card.model_copy(update={"media": (picture,)})
    await room.store.do("SET", live_key(ident), shows_it.model_dump_json())
    assert (await confirmed(room, found)).missing == found.missing


async def test_the_look_ends_after_its_time_however_many_pages_wait(
    room: PressRoom, monkeypatch: pytest.MonkeyPatch
) -> None:
    looks = []

    async def long(*about: Any) -> None:
        looks.append(about)
        await asyncio.sleep(0.05)

    monkeypatch.setattr(suspects, "PATIENCE", 0.2)
    monkeypatch.setattr(Suspects, "_look", long)
    await confirmed(room, Differences({f"{number}/index.html": f"list:{number}" for number in range(50)}))
    assert len(looks) <= 5


@pytest.mark.parametrize("moves", [False, True])
async def test_of_what_never_comes_to_rest_only_what_nobody_builds_counts(
    room: PressRoom, monkeypatch: pytest.MonkeyPatch, moves: bool
) -> None:
    room.tree._write("world/index.html", b"", only_new=False)

    async def never(_: Suspects, key: str, paths: Any) -> None:
        begun = await room.press.dirty.now()
        while await room.press.dirty.now() == begun:  # what came in the same millisecond may have been before
            pass
        if moves:
            await room.press.dirty.mark([key])

    monkeypatch.setattr(suspects, "PATIENCE", 0.1)
    monkeypatch.setattr(Suspects, "_look", never)
    found = await confirmed(room, Differences({"world/index.html": "list:section:world"}))
    assert list(found.differs) == ([] if moves else ["world/index.html"])


async def test_beside_a_rebuild_the_store_is_not_asked_for_the_names_of_all_pages(
    room: PressRoom, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(suspects, "PATIENCE", 0.3)
    await room.press.dirty.mark_again(["front"], "rebuild")
    before = await names_asked_for(room)
    assert (await confirmed(room, Differences({"index.html": "front", "world/index.html": "list:section:world"}))).clean
    room.tree._write("index.html", b"damaged", only_new=False)
    assert not (await confirmed(room, Differences({"index.html": "front"}))).clean, (
        "though it differs as long as it waits"
    )
    assert await names_asked_for(room) == before


@pytest.mark.parametrize("delivered", [False, True])
async def test_what_comes_when_a_page_was_looked_at_does_not_make_it_differ_from_the_articles(
    room: PressRoom, monkeypatch: pytest.MonkeyPatch, delivered: bool
) -> None:
    by_articles = Suspects._by_articles

    async def and_one_comes_before(self: Suspects, *about: Any) -> Differences:
        await room.accept(draft("late", section="World"))
        if delivered:
            assert await room.store.do("XREADGROUP", "GROUP", PRESSES, "w1", "STREAMS", ARTICLES, ">")
        return await by_articles(self, *about)

    monkeypatch.setattr(suspects, "PATIENCE", 0.3)
    monkeypatch.setattr(Suspects, "_by_articles", and_one_comes_before)
    assert (await confirmed(room, Differences({"world/index.html": "list:section:world"}))).clean


@pytest.mark.parametrize("folder", ["_moved", "_gone"])
async def test_a_file_in_the_place_of_all_redirects_or_of_all_that_is_gone_is_named_while_news_comes(
    room: PressRoom, monkeypatch: pytest.MonkeyPatch, folder: str
) -> None:
    """It keeps pages from being built, so that there is no rest; and it is no part of the front page, which moves."""
    monkeypatch.setattr(suspects, "PATIENCE", 0.3)
    begun = Dirty.now

    async def and_news_comes(dirty: Dirty) -> int:
        at = await begun(dirty)
        await dirty.mark(["front", "article:that-cannot-be-built"])
        return at - 1

    monkeypatch.setattr(Dirty, "now", and_news_comes)
    (room.tree.root / folder).write_text("no folder")
    assert (await confirmed(room, Differences(extra=[folder]))).extra == [folder]

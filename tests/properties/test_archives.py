"""Archives never shift: a page of withdrawn articles alone stays where it is, and no page leads to one that is not."""

import random
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.render import delivery, keys
from services.render.output import page_file
from tests.properties.press_room import PressRoom, draft, emptied, pages_of
from tests.properties.test_convergence import SITE

PLACES = 3
LISTS = ("archive/2025/07", "archive/2025/07/26", "world/2025/07", "topic/oil/2025/07")
LINK = re.compile(rb'href="(/[^"#]*/)"')
NONE = b"There are no articles here."


@asynccontextmanager
async def open_room(valkey_server: Any) -> AsyncIterator[PressRoom]:
    """A press room whose pages have three places."""
    with pages_of(PLACES):
        async with emptied(valkey_server, SITE) as room:
            yield room


async def publish(room: PressRoom, *numbers: int) -> None:
    """Articles of one day, section and topic, that get their places in this order."""
    for number in numbers:
        await room.accept(draft(f"{number:02}", section="World", topics=("Oil",)))
        await room.drain()


async def withdraw(room: PressRoom, *numbers: int) -> None:
    """Withdraw articles, each when the site shows that the one before has left."""
    for number in numbers:
        await room.accept(draft(f"{number:02}", status="canceled"))
        await room.drain()
        await stands(room)


async def stands(room: PressRoom) -> None:
    """The site is a build from the store, and every address on it has a page."""
    found = await room.differences()
    assert found.clean, (found.differs, found.missing, found.extra)
    assert dead_links(room) == set()


def dead_links(room: PressRoom) -> set[str]:
    """What pages and fragments lead to that is not there."""
    site = room.tree.root
    pages = [file.read_bytes() for file in site.rglob("*.html")]
    links = {link.decode() for page in pages for link in LINK.findall(page)}
    return {link for link in links if not (site / page_file(link)).is_file()}


def rendered() -> float:
    """How many archive pages were rendered until now."""
    [counted] = delivery.rendered.labels("archive").collect()
    return next(sample.value for sample in counted.samples if sample.name.endswith("_total"))


def archives(room: PressRoom) -> dict[str, list[str]]:
    """What each list's archive shows, page by page: the guids of its articles."""
    found: dict[str, list[str]] = {}
    for name in LISTS:
        folder = room.tree.root / name
        pages = {1: folder / "index.html"} | {n: folder / f"{n}/index.html" for n in range(2, 9)}
        shown = {n: page.read_bytes() for n, page in pages.items() if page.is_file()}
        assert sorted(shown) == list(range(1, len(shown) + 1))
        cards = [page.partition(b"<main")[2].partition(b"<aside")[0] for _, page in sorted(shown.items())]
        for page in cards:
            assert (NONE in page) is not (b"/2025/07/26/story-" in page)
        found[name] = [" ".join(sorted(set(re.findall(r"/story-(\d+)/", page.decode())))) for page in cards]
    return found


def everywhere(*pages: str) -> dict[str, list[str]]:
    """The same pages in every list's archive."""
    return {name: list(pages) for name in LISTS}


async def test_a_page_of_holes_stays_between_its_neighbours(valkey_server: Any) -> None:
    async with open_room(valkey_server) as room:
        await publish(room, *range(8))
        await withdraw(room, 0, 2, 1)
        assert archives(room) == everywhere("", "03 04 05", "06 07")
        await withdraw(room, 6, 7)
        assert archives(room) == everywhere("", "03 04 05", "")


@pytest.mark.parametrize("order", [(0, 1, 2, 3, 4, 5, 6), (6, 5, 4, 3, 2, 1, 0), (3, 0, 6, 5, 1, 4, 2)])
async def test_a_month_without_articles_has_no_pages_and_all_of_them_when_one_comes(
    valkey_server: Any, order: tuple[int, ...]
) -> None:
    async with open_room(valkey_server) as room:
        await publish(room, *range(7))
        await withdraw(room, *order)
        assert archives(room) == everywhere()
        await publish(room, 9)
        await stands(room)
        assert archives(room) == everywhere("", "", "09")
        await publish(room, 1)
        await stands(room)
        assert archives(room) == everywhere("01", "", "09")


async def test_a_month_without_articles_has_no_sitemaps_and_all_of_them_when_one_comes(valkey_server: Any) -> None:
    async with open_room(valkey_server) as room:
        await publish(room, *range(7))
        await withdraw(room, 3, 6, 5, 4, 0, 2, 1)
        assert not list(room.tree.root.glob("sitemaps/*"))
        await publish(room, 9)
        await stands(room)
        parts = sorted(part.name for part in room.tree.root.glob("sitemaps/*"))
        assert parts == ["2025-07-1.xml", "2025-07-2.xml", "2025-07-3.xml"]


async def test_articles_that_are_withdrawn_together_take_their_months_pages_with_them(valkey_server: Any) -> None:
    async with open_room(valkey_server) as room:
        await publish(room, *range(7))
        for number in range(7):
            await room.accept(draft(f"{number:02}", status="canceled"))
        await room.drain()
        await stands(room)
        assert archives(room) == everywhere()


async def test_the_first_of_a_month_that_begins_again_leads_to_pages_that_are_there(valkey_server: Any) -> None:
    async with open_room(valkey_server) as room:
        await publish(room, *range(4))
        await withdraw(room, *range(4))
        await room.accept(draft("09", section="World", topics=("Oil",)))
        while not (room.tree.root / "2025/07/26/story-09/index.html").is_file():
            await room.press.round()
            await room.deliver(random.Random(0))
        assert dead_links(room) == set()
        await room.drain()
        await stands(room)


async def test_no_page_leads_to_the_next_one_before_that_is_there(valkey_server: Any) -> None:
    async with open_room(valkey_server) as room:
        await publish(room, *range(PLACES - 1))
        for number in (PLACES - 1, PLACES):
            accepted = await room.accept(draft(f"{number:02}", section="World", topics=("Oil",)))
            await room.press.dirty.mark([keys.article(accepted.article.id)], patience=0)
            for page in await room.press.dirty.take(1):
                await room.press._build(page)
        assert await build_one_by_one(room) == 2
        await stands(room)


async def test_the_first_of_a_month_is_in_a_sitemap_that_is_there_when_the_index_names_it(valkey_server: Any) -> None:
    async with open_room(valkey_server) as room:
        await room.drain()
        accepted = await room.accept(draft("g"))
        await room.press.dirty.mark([keys.article(accepted.article.id)], patience=0)
        assert await build_one_by_one(room) == 1
        await stands(room)


async def build_one_by_one(room: PressRoom) -> int:
    """Build all that waits, and see after each page that none leads to one that is not there; how many parts the
    sitemap has then."""
    while taken := await room.press.dirty.take(1):
        for page in taken:  # the front page and fragments come beside it once they are overdue
            await room.press._build(page)
            assert dead_links(room) == set()
            parts = re.findall(rb"<loc>[^<]*/(sitemaps/[^<]*)</loc>", room.tree.read("sitemap.xml") or b"")
            assert all(room.tree.has(part.decode()) for part in parts)
    await room.drain()
    return len(parts)


async def test_a_withdrawal_touches_one_page_of_each_archive_while_others_are_left(valkey_server: Any) -> None:
    async with open_room(valkey_server) as room:
        await publish(room, *range(9))
        await withdraw(room, 3, 5, 0, 1, 2, 8)
        before = rendered()
        await withdraw(room, 7, 4)
        assert rendered() - before == 2 * len(LISTS)
        assert archives(room) == everywhere("", "", "06")


STEPS = st.one_of(
    st.tuples(st.just("publish"), st.integers(0, 9), st.sampled_from(["World", "Politics"])),
    st.tuples(st.just("publish"), st.integers(0, 9), st.sampled_from(["World", "Politics"])),
    st.tuples(st.just("withdraw"), st.integers(0, 9), st.none()),
    st.tuples(st.just("withdraw"), st.integers(0, 9), st.none()),
    st.tuples(st.just("drain"), st.none(), st.none()),
)


@settings(max_examples=15)
@given(first=st.lists(st.integers(0, 9), min_size=6, unique=True), history=st.lists(STEPS, min_size=8, max_size=30))
async def test_no_page_leads_to_one_that_is_not_there_whatever_comes_and_goes(
    valkey_server: Any, first: list[int], history: list[Any]
) -> None:
    async with open_room(valkey_server) as room:
        for number in first:
            await room.accept(draft(f"{number:02}", section="World", topics=("Oil",)))
        for what, number, section in [*history, ("drain", None, None)]:
            if what == "publish":
                await room.accept(draft(f"{number:02}", section=section, topics=("Oil",)))
            elif what == "withdraw":
                await room.accept(draft(f"{number:02}", status="canceled"))
            else:
                await room.drain()
                await stands(room)

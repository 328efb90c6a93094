"""A ranking that changed below what a block shows of it leaves the block as it is."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from services.render.edition import LiveEdition
from services.render.leases import Taken
from services.render.pages.fragments import is_full, topics
from shared.articles import identify
from shared.ranking import HOT, TOPICS
from shared.site_settings import SiteSettings
from tests.properties.press_room import PressRoom, draft, opened

SITE = SiteSettings(hot=2, topics=2)
RANKED = [identify("desk", f"g{number}") for number in range(5)]


@pytest.fixture
async def room(valkey: str, tmp_path: Path) -> AsyncIterator[PressRoom]:
    """Five articles, one of each topic, all of which have been read."""
    async with opened(valkey, tmp_path, SITE) as made:
        for number in range(5):
            await made.accept(draft(f"g{number}", topics=(f"t{number}",)))
        await made.rank(HOT, RANKED)
        await made.rank(TOPICS, [f"t{number}" for number in range(5)])
        await made.drain()
        yield made


async def built_for(room: PressRoom, name: str, ranked: list[str], first: int) -> set[str]:
    """The pages that are built when a ranking changed from a place on."""
    await room.rank(name, ranked, first)
    return await built(room)


async def built(room: PressRoom) -> set[str]:
    """The pages that are built until nothing waits any more."""
    found: set[str] = set()
    build = room.press._build

    async def and_note(taken: Taken) -> bool:
        found.add(taken.key)
        return await build(taken)

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(room.press, "_build", and_note)
        await room.drain()
    assert (await room.differences()).clean
    return found


async def test_what_changed_below_hot_this_week_is_on_its_page_alone(room: PressRoom) -> None:
    a, b, c, d, e = RANKED
    assert await built_for(room, HOT, [a, b, c, e, d], 3) == {"hot"}
    assert await built_for(room, HOT, [a, b, d, c, e], 2) == {"hot"}
    assert await built_for(room, HOT, [a, d, b, c, e], 1) == {"hot", "fragment:hot"}


async def test_what_stands_below_moves_up_when_one_of_the_first_is_withdrawn(room: PressRoom) -> None:
    a, b, c, d, e = RANKED
    await room.accept(draft("g0", status="canceled"))
    await room.drain()
    assert await built_for(room, HOT, [a, b, d, c, e], 2) == {"hot", "fragment:hot"}
    assert await built_for(room, HOT, [a, b, d, e, c], 3) == {"hot"}


async def test_a_topic_that_changed_place_below_the_topics_block_changes_nothing(room: PressRoom) -> None:
    assert await built_for(room, TOPICS, ["t0", "t1", "t3", "t2"], 2) == set()
    assert await built_for(room, TOPICS, ["t0", "t3", "t1", "t2"], 1) == {"fragment:topics"}


async def test_a_topic_whose_newest_article_stands_there_already_fills_no_place(room: PressRoom) -> None:
    await room.accept(draft("g0", topics=("t0", "t1")))
    await room.accept(draft("g1", status="canceled"))
    await room.drain()
    assert await built_for(room, TOPICS, ["t0", "t1", "t3", "t2"], 2) == {"fragment:topics"}
    assert await built_for(room, TOPICS, ["t0", "t1", "t3", "t4"], 3) == set()


@pytest.mark.parametrize("name", [HOT, TOPICS])
async def test_a_block_of_a_ranking_that_is_too_short_is_not_full(room: PressRoom, name: str) -> None:
    await room.rank(name, [])
    assert not await is_full(LiveEdition(room.store, SITE), name, 50)


async def test_the_newest_articles_fill_up_the_topics_block_and_no_others_change_it(room: PressRoom) -> None:
    newest = [ident.decode() for ident in await room.store.do("ZREVRANGE", "list:all", 0, -1)]
    guids = [f"g{RANKED.index(ident)}" for ident in newest]
    await room.rank(TOPICS, [f"t{guids[0][1:]}"])
    await room.drain()
    for place, changes in ((0, True), (1, True), (2, False), (3, False)):
        await room.accept(draft(guids[place], headline="Otherwise", topics=(f"t{guids[place][1:]}",)))
        assert ("fragment:topics" in await built(room)) == changes, place


async def test_a_new_article_leaves_a_full_topics_block_alone(room: PressRoom) -> None:
    await room.move_clock(1)
    await room.drain()
    await room.accept(draft("new", topics=("other",)))
    assert "fragment:topics" not in await built(room)
    await room.rank(TOPICS, ["t0"])
    await room.drain()
    await room.move_clock(1)
    await room.accept(draft("newer", topics=("other",)))
    assert "fragment:topics" in await built(room)


@pytest.mark.parametrize("ranked", [[], ["t0"], ["t4"], ["t0", "t4"]])
async def test_the_topics_block_is_full_while_there_are_articles(room: PressRoom, ranked: list[str]) -> None:
    await room.rank(TOPICS, ranked)
    shown = (await topics(LiveEdition(room.store, SITE))).cards
    assert len({topic.card.id for topic in shown}) == SITE.topics

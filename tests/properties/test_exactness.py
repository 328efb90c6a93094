"""P2: an event builds the pages whose bytes change, and hardly another; none is written with the bytes it had."""

import random
from collections import Counter as Counted
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from services.ingest.draft import Picture
from services.render import delivery
from shared.articles import identify
from tests.properties.press_room import START, PressRoom, draft, emptied, opened, pages_of
from tests.properties.test_convergence import GUIDS, SITE

HEADLINES = ["Oil up", "Oil down", "Rain", "Sun"]


def _total(counter: Any) -> float:
    return sum(
        sample.value for metric in counter.collect() for sample in metric.samples if sample.name[-6:] == "_total"
    )


@pytest.mark.parametrize("places", [3, 100])
async def test_pages_rendered_are_at_most_1_2_times_the_pages_changed(valkey_server: Any, places: int) -> None:
    chance = random.Random(7)
    with pages_of(places):
        async with emptied(valkey_server, SITE) as room:
            await room.drain()
            rendered, written = _total(delivery.rendered), _total(delivery.written)
            for step in range(150):
                await _newsroom(room, chance, step)
                await room.drain()
            rendered, written = _total(delivery.rendered) - rendered, _total(delivery.written) - written
            assert written > 500
            assert rendered / written <= 1.2, (rendered, written)
            assert (await room.differences()).clean


async def test_a_page_that_is_as_it_was_counts_as_rendered_and_not_as_written(valkey: str, tmp_path: Path) -> None:
    async with opened(valkey, tmp_path, SITE) as room:
        await room.drain()
        rendered, written = _total(delivery.rendered), _total(delivery.written)
        await room.press.dirty.mark(["front", "feed:all"])
        await room.drain()
        assert (_total(delivery.rendered) - rendered, _total(delivery.written) - written) == (2, 0)


async def test_a_page_is_built_only_where_an_article_that_comes_moves_or_goes_changes_it(
    valkey: str, tmp_path: Path
) -> None:
    hours: dict[str, float] = {"g0": 3, "g1": 5, "g2": 1, "g3": 4, "g4": 2, "g5": 7, "g6": 6}
    members: dict[str, Any] = {"section": "World", "topics": ("Oil",), "authors": ("Ali",)}
    steps = [(guid, {"published_at": START - timedelta(hours=ago), **members}) for guid, ago in hours.items()]
    with pages_of(2):
        async with opened(valkey, tmp_path, SITE) as room:
            await room.drain()
            for guid, told in (*steps, ("g1", {"status": "canceled"}), ("g0", {"published_at": START, **members})):
                rendered, written = _by_kind(delivery.rendered), _by_kind(delivery.written)
                await room.accept(draft(guid, **told))
                await room.drain()
                assert _by_kind(delivery.rendered) - rendered == _by_kind(delivery.written) - written, guid


def _by_kind(counter: Any) -> Counted[str]:
    """How many pages of each kind."""
    samples = [sample for metric in counter.collect() for sample in metric.samples if sample.name[-6:] == "_total"]
    return Counted({sample.labels["kind"]: int(sample.value) for sample in samples})


@pytest.mark.parametrize("topics", [("Oil",), ("Oil", "Rain")])
async def test_another_picture_builds_no_page_of_the_articles_around_it(
    valkey: str, tmp_path: Path, topics: tuple[str, ...]
) -> None:
    async with opened(valkey, tmp_path, SITE) as room:
        for number in range(8):
            await room.accept(draft(f"story-{number}", topics=("Oil",), published_at=START - timedelta(hours=number)))
        newest: dict[str, Any] = {"guid": "story-0", "published_at": START}
        await room.accept(draft(**newest, topics=("Oil",), image=Picture(url="https://example.org/one.jpg")))
        await room.drain()
        rendered, written = _total(delivery.rendered), _total(delivery.written)
        await room.accept(draft(**newest, topics=topics, image=Picture(url="https://example.org/two.jpg")))
        await room.drain()
        rendered, written = _total(delivery.rendered) - rendered, _total(delivery.written) - written
        assert rendered <= 1.2 * written, (rendered, written)
        assert (await room.differences()).clean


async def _newsroom(room: PressRoom, chance: random.Random, step: int) -> None:
    """A step of a newsroom's day: mostly new articles and corrections, now and then a kill, the weather, a ranking."""
    what = chance.random()
    guid = f"{chance.choice(GUIDS)}-{chance.randrange(12)}"
    if what < 0.75:
        members: dict[str, Any] = {
            "headline": chance.choice(HEADLINES),
            "section": chance.choice(["World", "Politics"]),
            "topics": tuple(chance.sample(["Oil", "Iran", "Rain", "Trade", "Vote", "Water"], 2)),
            "authors": (chance.choice(["Jane Doe", "Ali"]),),
            "body_html": f"<p>{step}</p>",
        }
        await room.accept(draft(guid, **members))
    elif what < 0.85:
        await room.accept(draft(guid, status="canceled"))
    elif what < 0.9:
        await room.conditions(chance.randrange(50), 0)
    elif what < 0.95:
        ranked = [identify("desk", f"{one}-{number}") for one in GUIDS for number in range(12)]
        await room.rank("hot", chance.sample(ranked, 10))
    else:
        await room.move_clock(chance.choice([1, 7]))

"""Related articles after any history: each page shows those of now, and few are looked at that show the same."""

import asyncio
import random
from datetime import timedelta
from pathlib import Path
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from services.render import delivery
from services.render.article_press import looked_at
from services.render.edition import LiveEdition
from services.render.press import Press
from shared.site_settings import SiteSettings
from tests.properties.press_room import START, PressRoom, draft, emptied, opened, pages_of
from tests.properties.test_exactness import _total

guids = st.integers(0, 11).map("g{}".format)
moments = st.integers(0, 12).map(lambda minutes: START - timedelta(minutes=minutes))
few = st.sampled_from([("a",), ("a", "b"), ("b",)])
topics = st.one_of(few, few, st.permutations("abcdef").map(tuple))
articles = st.fixed_dictionaries({"topics": topics, "published_at": moments})
steps = st.one_of(
    st.tuples(st.just("publish"), guids, articles),
    st.tuples(st.just("publish"), guids, articles),
    st.tuples(st.just("words"), guids),
    st.tuples(st.just("kill"), guids),
    st.tuples(st.just("deliver")),
    st.tuples(st.just("build")),
    st.tuples(st.just("side by side")),
    st.tuples(st.just("drain")),
    st.tuples(st.just("drain")),
)


@settings(max_examples=60)
@given(
    there=st.lists(articles, max_size=8),
    history=st.lists(steps, min_size=4, max_size=24),
    seed=st.integers(0, 2**16),
    reach=st.sampled_from([1, 2, 3]),
    related=st.sampled_from([1, 2, 3]),
)
async def test_every_page_shows_the_related_articles_of_now(
    valkey_server: Any, there: list[Any], history: list[Any], seed: int, reach: int, related: int
) -> None:
    chance, told = random.Random(seed), dict[str, dict[str, Any]]()
    begin = [("publish", f"g{number}", one) for number, one in enumerate(there)]
    with pages_of(reach):
        async with emptied(valkey_server, SiteSettings(related=related)) as room:
            for step in (*begin, ("drain",), *history, ("drain",)):
                await _do(room, step, chance, told)
            found = await room.differences()
            assert found.clean, (begin, history, found.differs, found.missing, found.extra)


async def _do(room: PressRoom, step: Any, chance: random.Random, told: dict[str, dict[str, Any]]) -> None:
    match step:
        case ("publish", guid, members):
            told[guid] = members
            await room.accept(draft(guid, **told[guid]))
        case ("words", guid) if guid in told:
            await room.accept(draft(guid, **told[guid], headline=f"Otherwise {chance.randrange(9)}"))
        case ("kill", guid):
            await room.accept(draft(guid, status="canceled"))
        case ("deliver",):
            await room.deliver(chance)
        case ("build",):
            await room.press.round()
        case ("side by side",):
            edition = LiveEdition(room.store, room.site_settings)
            other = Press(room.store, edition, room.printer, room.tree, room.clock, "w2", room.folder / "media")
            await asyncio.gather(room.deliver(chance), room.press.round(), other.round())
        case ("drain",):
            await room.drain()


async def test_hardly_a_page_is_looked_at_that_shows_the_same(valkey: str, tmp_path: Path) -> None:
    """Each article of a busy topic has one just like it on either side: what comes changes few of them."""
    chance = random.Random(5)
    members = [{"topics": ("a",), "published_at": START - timedelta(minutes=at)} for at in range(60)]
    chance.shuffle(members)
    async with opened(valkey, tmp_path, SiteSettings()) as room:
        for number, one in enumerate(members[:40]):
            await room.accept(draft(f"g{number}", **one))
        await room.drain()
        rendered, looked = _total(delivery.rendered.labels("article")), _total(looked_at)
        for number, one in enumerate(members):  # the first of them come again with another headline
            headline = f"Otherwise {number}" if number < 40 else f"New {number}"
            await room.accept(draft(f"g{number}", headline=headline, **one))
            await room.drain()
        rendered, looked = _total(delivery.rendered.labels("article")) - rendered, _total(looked_at) - looked
        assert (await room.differences()).clean
        assert rendered > 150
        assert looked < rendered / 10, (looked, rendered)

"""`pressrun impact` names the pages that a correction changes, and no other, whatever happened before."""

import random
from datetime import timedelta
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from services.render.addresses import page_of, path_of
from services.render.edition import LiveEdition
from services.render.reasons import impact
from shared.articles import Article, identify
from tests.properties.press_room import PressRoom, draft, emptied
from tests.properties.test_convergence import GUIDS, SITE, _do, steps


@settings(max_examples=25)
@given(history=st.lists(steps, min_size=3, max_size=30), seed=st.integers(0, 2**16))
async def test_impact_is_what_a_correction_changes(valkey_server: Any, history: list[Any], seed: int) -> None:
    async with emptied(valkey_server, SITE) as room:
        chance = random.Random(seed)
        for step in history:
            await _do(room, step, chance)
        await room.drain()
        edition = LiveEdition(room.store, SITE)
        for guid in GUIDS:
            named = await impact(room.store, edition, identify("desk", guid))
            if named is not None:
                assert await _changed_by_correcting(room, edition, guid) == set(named), (guid, history)


async def _changed_by_correcting(room: PressRoom, edition: LiveEdition, guid: str) -> set[str]:
    [story] = await edition.stories([identify("desk", guid)])
    assert story
    before = {path: room.tree.read(path) for path in room.tree.walk()}
    await room.accept(_corrected(story.article, room))
    await room.drain()
    changed = [path for path in room.tree.walk() if room.tree.read(path) != before.get(path)]
    return {await page_of(room.store, path_of(path)) or path for path in changed}


def _corrected(article: Article, room: PressRoom) -> Any:
    return draft(
        article.guid,
        headline=f"{article.headline}, corrected",
        body_html="<p>Corrected.</p>",
        summary=article.summary,
        section=article.section and article.section.name,
        topics=tuple(topic.name for topic in article.topics),
        authors=tuple(author.name for author in article.authors),
        slug=article.asked_slug,
        evolved_from=article.evolved_from,
        updated_at=max(room.now, article.ordered_at or room.now) + timedelta(minutes=1),
    )

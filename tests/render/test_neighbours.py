"""Who is looked at when an article comes to a topic or leaves it."""

import pytest

from services.render.dirty_steps import BACKGROUND
from services.render.leases import Leases
from services.render.neighbours import mark_neighbours, near
from services.render.related import AROUND
from shared.backlog import SHARED
from shared.live import list_key
from shared.store import Store

OIL = list_key("topic:oil")
MANY = 3 * AROUND


@pytest.mark.parametrize(("patience", "queue"), [(0, SHARED), (60_000, BACKGROUND)])
@pytest.mark.parametrize(
    ("place", "now_at"), [(12, None), (12, 0), (12, 8.5), (12, 15.5), (12, MANY), (2, None), (MANY - 2, None)]
)
async def test_those_within_reach_of_a_place_are_looked_at_wherever_the_article_is_now(
    store: Store, place: int, now_at: float | None, patience: int, queue: str
) -> None:
    """It stood there and is gone, or has moved, also to where it is within reach itself."""
    dirty = Leases(store, "w1")
    for at in range(MANY):
        if at != place:
            await store.do("ZADD", OIL, at, f"at-{at:02}")
    if now_at is not None:
        await store.do("ZADD", OIL, now_at, "it")
    listed = await store.do("ZRANGE", OIL, 0, -1, "WITHSCORES")
    await dirty.mark([near("it", place, ["oil", "iran"], patience)], "cause")
    [taken] = await dirty.take(1)
    await mark_neighbours(store, taken)
    found = {page.decode() for page in await store.do("ZRANGE", queue, 0, -1)}
    within_reach = {at for at in range(MANY) if 0 < abs(at - place) <= AROUND}
    assert {f"article:at-{at:02}" for at in within_reach} <= found
    assert len(found) <= len(within_reach) + 2
    assert "article:it" not in found
    assert await dirty.waiting() == found, "it is done"
    assert await store.do("ZRANGE", OIL, 0, -1, "WITHSCORES") == listed

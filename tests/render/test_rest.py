"""When the site stands still: only then a check believes what it finds."""

from services.render import keys
from services.render.leases import Leases
from services.render.rest import at_rest
from shared.events import ARTICLES, SIGNALS
from shared.groups import COUNTERS, PRESSES
from shared.store import Store


async def test_a_site_is_at_rest_once_every_event_is_read_and_done_and_no_page_waits(store: Store) -> None:
    assert await at_rest(store) == ()
    for stream in (ARTICLES, SIGNALS):
        for group in (PRESSES, COUNTERS):  # what is counted changes no page
            await store.do("XGROUP", "CREATE", stream, group, "0", "MKSTREAM")
        before = await at_rest(store)
        assert before is not None
        await store.do("XADD", stream, "7-0", "event", "{}")
        assert await at_rest(store) is None, "not read"
        await store.do("XREADGROUP", "GROUP", PRESSES, "one", "STREAMS", stream, ">")
        assert await at_rest(store) is None, "not done"
        await store.do("XACK", stream, PRESSES, "7-0")
        assert await at_rest(store) == (*before[:-1], "7-0")
    dirty = Leases(store, "test")
    await dirty.mark([keys.FRONT], patience=0)
    assert await at_rest(store) is None, "a page waits"
    [taken] = await dirty.take(1)
    assert await at_rest(store) is None, "it is being built"
    await dirty.done(taken)
    assert await at_rest(store) == ("7-0", "7-0")

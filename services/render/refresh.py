"""Building pages again that no event asks for: after a change of templates or settings, by `pressrun rebuild`, by
`import`."""

from services.render.dirty import Dirty
from services.render.dirty_steps import LOOK
from services.render.everything import ALWAYS, every_page
from shared.clock import Clock
from shared.events import SIGNALS, SiteChanged, announce
from shared.store import Store

UNMARKED = "unmarked"
"""Stands for the look while pages are marked to get another one: none that is marked is built with the old one."""


async def refresh(store: Store, dirty: Dirty, clock: Clock, look: str) -> None:
    """Mark what must be there before the first reader; if the look changed, every page, after what events ask for."""
    await dirty.mark(ALWAYS, patience=0)
    before = await store.do("GET", LOOK)
    if before == look.encode():
        return
    if before is None:
        await store.do("SET", LOOK, look)
        return
    await store.do("SET", LOOK, UNMARKED)
    pages = await mark_everything(store, dirty, "rebuild")
    await store.do("SET", LOOK, look)
    await store.do(*announce(SIGNALS, SiteChanged(at=clock.now(), pages=pages)))


async def builds_otherwise(store: Store, look: str) -> bool:
    """Whether the press that started last builds pages with other templates or settings than these."""
    builds_with = await store.do("GET", LOOK)
    return builds_with not in (None, UNMARKED.encode(), look.encode())


async def mark_everything(store: Store, dirty: Dirty, cause: str) -> int:
    """Mark every page; return how many."""
    count = 0
    async for pages in every_page(store):
        await dirty.mark_again(pages, cause)
        count += len(pages)
    return count

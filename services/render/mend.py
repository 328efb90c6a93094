"""Mending the site after a crash of the machine: pages are not fsynced, so what was written last may be lost.

`render:boot` the boot of the machine on which the site was last built.
"""

import asyncio
import os
import sys
from pathlib import Path

from services.render.check import Differences, compare
from services.render.dirty import Dirty
from services.render.edition import LiveEdition
from services.render.printer import Printer
from services.render.site import Site
from services.render.suspects import Suspects
from services.render.whole import WholeEdition
from shared import observe
from shared.settings import Settings
from shared.store import Store

BOOT = "render:boot"
_BOOT_ID = Path("/proc/sys/kernel/random/boot_id")


def boot() -> str:
    """The id of the machine's boot; empty where there is none to be had."""
    return _BOOT_ID.read_text().strip() if _BOOT_ID.exists() else ""


async def is_suspect(store: Store, site: Site) -> bool:
    """Whether the machine has started anew since the site was built, or the front page is gone."""
    before = await store.do("GET", BOOT)
    if before is None:
        await store.do("SET", BOOT, boot())
        return False
    return bool(before != boot().encode() or not site.has("index.html"))


async def mend_beside() -> None:
    """Check and repair in a process of its own, so that events stay fast meanwhile."""
    own = {name: value for name, value in os.environ.items() if name != observe.METRICS_FOLDER}  # ours stay ours
    process = await asyncio.create_subprocess_exec(sys.executable, "-m", "services.render.mend", env=own)
    try:
        await process.wait()
    except asyncio.CancelledError:
        process.kill()
        raise


async def repair(store: Store, site: Site, found: Differences) -> None:
    """Take away what is extra and mark what differs or is missing."""
    for path in found.extra:
        site.remove(path)
    dirty = Dirty(store, "mend")
    await dirty.forget(key.partition(":")[2] for key in found.repairs() if key.startswith("article:"))
    await dirty.mark(found.repairs(), "repair", patience=0, background=True)


async def mend(settings: Settings) -> Differences:
    """Hold the live site against a build from the store and repair what differs."""
    store = Store(settings)
    try:
        printer, site = Printer(settings.site), Site(settings.pages_dir)
        site.sweep()
        whole = await WholeEdition.load(store, settings.site)
        found = await compare(whole, printer, site, lambda _: None)
        found = await Suspects(store, LiveEdition(store, settings.site), printer, site).confirm(found)
        await repair(store, site, found)
        await store.do("SET", BOOT, boot())
        return found
    finally:
        await store.close()


if __name__ == "__main__":
    loaded = Settings.load()
    observe.configure_logs("mend", loaded.log_level)
    mended = asyncio.run(mend(loaded))
    observe.log().info("mended", pages=mended.pages, repaired=len(mended.repairs()), extra=len(mended.extra))

"""Mending the site after a crash of the machine: pages are not fsynced, so what was written last may be lost.

`render:boot` the boot of the machine on which the site was last found whole, or that it is still to be mended.
"""

import asyncio
import os
import sys
from collections.abc import Sequence
from pathlib import Path

from services.render import keys
from services.render.check import Differences, compare
from services.render.dirty import Dirty
from services.render.edition import LiveEdition
from services.render.printer import Printer
from services.render.relist import relist
from services.render.site import Site
from services.render.suspects import Suspects
from services.render.whole import WholeEdition
from shared import metrics
from shared.clock import tick
from shared.events import PAGES, PageRemoved, announce
from shared.logs import configure_logs, log
from shared.settings import Settings
from shared.store import Store, StoreUnavailable

BOOT = "render:boot"
UNMENDED = "unmended"
REPAIR = "repair"
"""The cause of what is built again or taken away."""
PAUSE, LONGEST_PAUSE = 1.0, 60.0
_BOOT_ID = Path("/proc/sys/kernel/random/boot_id")


def boot() -> str:
    """The id of the machine's boot; empty where there is none to be had."""
    return _BOOT_ID.read_text().strip() if _BOOT_ID.exists() else ""


async def is_suspect(store: Store, site: Site) -> bool:
    """Whether the machine has started anew since the site was found whole, or the front page is gone.

    It stays so until the site is mended: the press soon makes the front page anew, and may be killed before that.
    """
    before = await store.do("GET", BOOT)
    if before is None:
        await store.do("SET", BOOT, boot())
        return False
    if before == boot().encode() and site.has("index.html"):
        return False
    await store.do("SET", BOOT, UNMENDED)
    return True


async def mend_beside(*command: str) -> None:
    """Check and repair in a process of its own, so that events stay fast meanwhile; begun anew until it is done."""
    pause = PAUSE
    while code := await _run(command or (sys.executable, "-m", "services.render.mend")):
        log().error("mending came to no end; it begins anew", code=code, pause=pause)
        await asyncio.sleep(pause)
        pause = min(2 * pause, LONGEST_PAUSE)


async def _run(command: Sequence[str]) -> int:
    own = {name: value for name, value in os.environ.items() if name != metrics.METRICS_FOLDER}  # ours stay ours
    process = await asyncio.create_subprocess_exec(*command, env=own)
    try:
        return await process.wait()
    finally:
        if process.returncode is None:  # whoever began it ends
            process.kill()
            await process.wait()


async def repair(store: Store, site: Site, found: Differences) -> bool:
    """Take away what is extra, tell of it, and mark what differs or is missing, after lists that are wrong themselves;
    False if these are so still, since the site did not stand still."""
    listed = not found.in_lists or await relist(store)
    # readers could have it until now, and so may caches: a page that was gone stands again where the machine crashed
    if gone := [path for path in found.extra if site.remove(path)]:
        named = [path.encode(errors="backslashreplace").decode() for path in gone]  # a stranger's name may be no text
        removed = PageRemoved(at=await tick(store), page=keys.EXTRA, paths=named, cause=REPAIR)
        await store.commit({}, [announce(PAGES, removed)])
    await Dirty(store).mark_again(found.repairs(), REPAIR)
    return listed


async def mend(settings: Settings) -> Differences:
    """Hold the live site against a build from the store and repair what differs."""
    store = Store(settings)
    try:
        printer, site = Printer(settings.site), Site(settings.pages_dir)
        site.sweep()
        whole = await WholeEdition.load(store, settings.site)
        found = await compare(whole, printer, site, lambda _: None)
        found = await Suspects(store, LiveEdition(store, settings.site), printer, site).confirm(found)
        if not await repair(store, site, found):
            log().warning("lists are wrong still: the site did not stand still; `pressrun check --repair` does it")
        await store.do("SET", BOOT, boot())
        return found
    finally:
        await store.close()


if __name__ == "__main__":
    loaded = Settings.load()
    configure_logs("mend", loaded.log_level, metrics.lines_lost.inc)
    try:
        mended = asyncio.run(mend(loaded))
    except StoreUnavailable as error:
        log().error("the store went away while the site was mended", error=str(error))
        sys.exit(1)
    log().info("mended", pages=mended.pages, repaired=len(mended.repairs()), extra=len(mended.extra))

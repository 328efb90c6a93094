"""The press: takes pages that wait, builds them from the current state, writes what changed."""

import asyncio
import time
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from services.render import keys
from services.render.article_press import ArticlePress
from services.render.delivery import Delivery, TooLate
from services.render.edition import LiveEdition
from services.render.leases import Change, Leases, Taken
from services.render.neighbours import mark_neighbours
from services.render.pages import build
from services.render.pictures import MoreToMake, Pictures
from services.render.printer import Printer
from services.render.site import Site
from shared import metrics
from shared.clock import Clock
from shared.dead_letters import set_aside_once
from shared.logs import NowAndThen, log
from shared.metrics import Counter, Gauge
from shared.store import Store, StoreUnavailable

AT_ONCE = 24
SIDE_BY_SIDE = 2
A_FEW = 6
"""Pages that can wait, taken at once while articles come: each of them delays the next one."""
ROOM = SIDE_BY_SIDE * (A_FEW + 2)
"""Pages in hand beside which a new article is begun at once; in a batch the rounds are full of articles themselves."""
HEAD_START = 2
"""Turns of the loop in which a new article is printed and brought to the disk, before its stream is read on."""
QUIET = 0.1
"""Seconds after the last article for which another one may come at once."""
MANY = 2 * AT_ONCE
"""Pages that are too many for one press."""
IDLE = 0.1
FIRST_EVERY = keys.SOON / 2 / 1000
"""Seconds after which what goes before all other pages is looked for beside rounds that are full."""

failed = Counter("pressrun_pages_failed_total", "Pages set aside after an error", ["kind"])
waiting = Gauge("pressrun_pages_waiting", "Pages that wait to be built", multiprocess_mode="mostrecent")


class Press:
    """A builder. Several may run over one store: a lease keeps two from building one page at once.

    One that only helps builds where MANY wait, new articles first, and leaves the rest to the others.
    """

    def __init__(
        self,
        store: Store,
        edition: LiveEdition,
        printer: Printer,
        site: Site,
        clock: Clock,
        worker: str,
        originals: Path,
        *,
        helps: bool = False,
    ) -> None:
        self._store = store
        self._edition = edition
        self._printer = printer
        self._helps = helps
        self._delivery = Delivery(site, clock)
        self.dirty = Leases(store, worker, edition.site.related, printer.digest)
        pictures = Pictures(store, self.dirty, originals, site.root, clock)
        self.articles = ArticlePress(store, edition, printer, self._delivery, self.dirty, pictures, clock)
        self._awake = asyncio.Event()
        self._handed: asyncio.Queue[list[Taken]] = asyncio.Queue()
        self._told_at = 0.0
        """When articles came last; the machine's monotonic time."""
        self._in_a_row = False
        """Whether others came just before: then more will, and each of them would make its lists anew."""
        self._is_full = False
        """Whether the last round took as many pages as it may: such a one takes its time, and so will the next."""
        self._of_the_disk = NowAndThen()
        self._unsure = False
        """Whether the store may have given us pages that we have not heard of."""

    @property
    def disk_fault(self) -> str | None:
        """Why the disk does not take pages now; None while it does."""
        return self._delivery.disk_fault

    async def mark_articles(self, changes: Sequence[Change]) -> None:
        """Acknowledge changes and mark their articles' pages; a press with room takes these in the same step."""
        before, self._told_at = self._told_at, time.monotonic()
        self._in_a_row = len(changes) > 1 or self._told_at - before < QUIET
        try:
            taken = await self.dirty.mark_articles(changes, AT_ONCE, ROOM)
        except StoreUnavailable:
            self._unsure = True
            raise
        if taken:
            self._handed.put_nowait(taken)
            for _ in range(HEAD_START):
                await asyncio.sleep(0)
        if len(taken) < len(changes) or not self._handed.empty():
            self.wake()

    def wake(self) -> None:
        """There is something to build."""
        self._awake.set()

    async def run(self) -> None:
        """Build for ever, in two rounds side by side: one prints while the other waits for the store. Beside them goes
        what was handed over with its mark, for a new article does not wait for the pages in hand, and what must not
        wait for full rounds to end."""
        await self.dirty.reclaim()
        beside = [self._build_handed()] if self._helps else [self._build_handed(), self._build_first()]
        rounds = [asyncio.ensure_future(one) for one in (*(self._rounds() for _ in range(SIDE_BY_SIDE)), *beside)]
        try:
            await asyncio.gather(*rounds)
        finally:  # whoever begins anew takes the leases of those that go on
            for one in rounds:
                one.cancel()
            await asyncio.wait(rounds)

    async def _rounds(self) -> None:
        while True:
            self._awake.clear()
            if not await self.round():
                with suppress(TimeoutError):
                    async with asyncio.timeout(IDLE):
                        await self._awake.wait()

    async def _build_handed(self) -> None:
        while True:
            await self._build_all(await self._handed.get())

    async def _build_first(self) -> None:
        while True:
            await asyncio.sleep(FIRST_EVERY)
            if self._is_full:
                await self._build_all(await self.dirty.take(0))

    async def measure(self) -> None:
        """For ever: count the pages that wait."""
        while True:
            waiting.set(await self.dirty.count())
            await asyncio.sleep(1)

    async def round(self) -> int:
        """Take and build some pages; return how many."""
        taken = await self._take() if self._handed.empty() else self._handed.get_nowait()
        self._is_full = len(taken) >= AT_ONCE
        taken.sort(key=lambda page: keys.kind(page.key) != "article")  # what readers do not have yet is printed first
        return await self._build_all(taken)

    async def _build_all(self, taken: Sequence[Taken]) -> int:
        if len(taken) == 1:
            results = [await self._build(taken[0])]
        else:
            results = await asyncio.gather(*(self._build(page) for page in taken))
        if not all(results):
            self._unsure = True
            await asyncio.sleep(IDLE)
        if self._unsure:
            self._unsure = False  # before it is asked: meanwhile another answer may be lost
            await self.dirty.reclaim()
        return len(taken)

    async def _take(self) -> list[Taken]:
        if self._helps:
            return await self.dirty.help(AT_ONCE, MANY)
        if time.monotonic() - self._told_at >= QUIET:
            return await self.dirty.take(AT_ONCE)
        return await self.dirty.take(AT_ONCE, A_FEW, 0 if self._in_a_row else A_FEW)

    async def _build(self, taken: Taken) -> bool:
        """Build one page; False if it was left on its lease, because the store or the disk failed."""
        try:
            await self._build_in_time(taken)
        except StoreUnavailable as error:
            metrics.store_failed(error)
            return False
        except OSError as error:
            self._tell_of_the_disk(taken, error)
            return False
        except Exception as error:  # noqa: BLE001 - one page's error must not keep the others from being built
            await self._set_aside(taken, error)
        return True

    def _tell_of_the_disk(self, taken: Taken, error: OSError) -> None:
        """Note that the disk is at fault, and log it now and then: every page that waits is tried again and again."""
        self._delivery.disk_fault = str(error)
        if self._of_the_disk.is_due():
            log().error("the disk does not take a page", page=taken.key, event_id=taken.cause, error=str(error))

    async def _build_in_time(self, taken: Taken) -> None:
        """Build one page; where that took longer than its lease nothing is written, and it waits again. So does an
        article with more pictures to make, behind those that came meanwhile."""
        try:
            match keys.kind(taken.key):
                case "article":
                    await self.articles.build(taken)
                case "near":
                    await mark_neighbours(self._store, taken)
                case _:
                    await self._page(taken)
        except MoreToMake:
            await self.dirty.give_back(taken)
        except TooLate:
            log().warning("a page took longer than its lease", page=taken.key, event_id=taken.cause)
            await self.dirty.give_back(taken)

    async def _page(self, taken: Taken) -> None:
        output = await build(self._edition, self._printer, taken.key)
        await self.dirty.done(taken, await self._delivery.bring(taken, output))

    async def _set_aside(self, taken: Taken, error: Exception) -> None:
        failed.labels(keys.kind(taken.key)).inc()
        log().error("a page was set aside", page=taken.key, event_id=taken.cause, exc_info=error)
        reason = f"{type(error).__name__}: {error}"
        await set_aside_once(self._store, "page", taken.key, reason, event_id=taken.cause)
        await self.dirty.done(taken)

"""The dirty set: which pages wait to be built (`dirty_steps` has its keys). Who builds them has `leases`."""

from collections.abc import Iterable

from services.render import dirty_steps as steps
from services.render import keys
from services.render.dirty_steps import ALL, WAITING
from shared.backlog import SHARED, TO_BUILD, UNHURRIED
from shared.groups import PRESSES
from shared.live import built_key
from shared.store import Store


class Dirty:
    """The pages that wait, as anybody may mark them and ask for them."""

    def __init__(self, store: Store) -> None:
        self._store = store

    async def mark(
        self, pages: Iterable[str], cause: str = "", *, patience: int | None = None, ack: tuple[str, str] | None = None
    ) -> None:
        """Mark pages; with `ack` (stream, entry) acknowledge that entry in the same step.

        `patience`: the milliseconds for which new articles go before them; None: those of its kind for each.
        """
        patient = keys.patience if patience is None else lambda _: patience
        flat = [part for page in dict.fromkeys(pages) for part in (page, patient(page))]
        stream, entry = ack or ("", "")
        await self._store.run(steps.MARK, (*ALL, stream), (PRESSES, entry, cause, *flat))

    async def mark_again(self, pages: Iterable[str], cause: str) -> None:
        """Mark pages to be built again whatever is on disk, though no event asks for it: what events ask for goes
        first, however long these have waited."""
        asked = tuple(pages)
        await self._forget(asked)
        await self._store.run(steps.MARK_AGAIN, ALL, (cause, *asked))

    async def mark_at_once(self, pages: Iterable[str], cause: str = "") -> None:
        """Mark pages to be built again whatever is on disk, before what has time."""
        asked = tuple(pages)
        await self._forget(asked)
        await self.mark(asked, cause, patience=0)

    async def mark_later(self, page: str, cause: str) -> None:
        """Mark a page to be looked at once what it changes is built, as a withdrawn article's is."""
        await self._store.run(steps.MARK_LATER, ALL, (page, steps.GONE_AFTER_MS, cause))

    async def _forget(self, pages: Iterable[str]) -> None:
        """Forget how articles' pages looked, so that the next build writes them whatever it finds."""
        idents = [keys.name(page) for page in pages if keys.kind(page) == "article"]
        await self._store.all([("HDEL", built_key(ident), "shown") for ident in idents])

    async def waiting(self) -> set[str]:
        """The pages that wait or are being built, in one step: a page that changes between these sets is in one.

        Where a whole site waits that takes the store a tenth of a second and more: not to be asked again and again.
        """
        return {key.decode() for key in await self._store.do("ZUNION", len(WAITING), *WAITING)}

    async def waits(self, page: str) -> bool:
        """Whether a page waits or is being built, in one step."""
        return bool(await self._store.run(steps.WAITS, WAITING, (page,)))

    async def waits_for(self, cause: str) -> bool:
        """Whether a page that was marked for this cause waits or is being built."""
        return bool(await self._store.run(steps.WAITS_FOR, ALL, (cause,)))

    async def mark_of(self, page: str) -> bytes | None:
        """For which event a page waits, and since when (milliseconds; the store's time); None if it does not."""
        found: bytes | None = await self._store.do("HGET", steps.CAUSES, page)
        return found

    async def count(self) -> int:
        """How many wait or are being built; one that changes between these sets may be counted twice or not at all."""
        return sum(await self._store.all([("ZCARD", name) for name in WAITING]))

    async def now(self) -> int:
        """The store's time in milliseconds."""
        seconds, micros = await self._store.do("TIME")
        return int(seconds) * 1000 + int(micros) // 1000

    async def unsettled(self, at: int) -> int:
        """How many wait that were due at that moment of the store's time, or were taken by then and may be in hand yet.

        What comes meanwhile is due later, so that these are built however much comes.
        """
        queues = (TO_BUILD, SHARED, UNHURRIED, steps.BACKGROUND)
        due = [("ZCOUNT", name, "(0", at) for name in queues]  # a withdrawal has no moment
        return sum(await self._store.all([*due, ("ZCOUNT", steps.LEASES, "-inf", at + steps.LEASE_MS)]))

    async def drained(self) -> bool:
        """Whether nothing waits and nothing is being built."""
        return not await self.count() and not await self.waiting()

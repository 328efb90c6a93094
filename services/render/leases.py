"""Pages on leases: a builder takes them from the dirty set, and gives them back."""

import math
import secrets
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from services.render import dirty_steps as steps
from services.render import keys, take_steps
from services.render.dirty import Dirty
from services.render.dirty_steps import ALL
from shared.events import ARTICLES, PAGES
from shared.groups import PRESSES
from shared.live import live_key
from shared.store import Store


class Change(NamedTuple):
    """What an event of an article asks for: its page in this revision. A withdrawal is urgent."""

    entry: str
    event_id: str
    article: str
    revision: int
    urgent: bool


@dataclass(frozen=True, slots=True)
class Taken:
    """A page on a lease, and what it was marked for.

    Of an article's page also what the store knew of the article when it was taken (`known.read_known`). `until`: when
    the lease has run out for sure (`time.monotonic()`), and others may have built the page from what is newer.
    `untold`: whether its files may have changed already without an event, since whoever built it last came to no end.
    """

    key: str
    token: str
    cause: str
    known: Sequence[Any] = ()
    until: float = math.inf
    untold: bool = False


class Leases(Dirty):
    """The dirty set as one builder has it, the `worker`. `related`: how many related articles it asks for; `look`: the
    digest of the templates and settings that it builds with."""

    def __init__(self, store: Store, worker: str, related: int = 0, look: str = "") -> None:
        super().__init__(store)
        self._worker = worker
        self._related = related
        self._look = look

    async def mark_articles(self, changes: Sequence[Change], most: int, room: int) -> list[Taken]:
        """Acknowledge changes and mark their articles' pages in one step; take up to `most` articles' pages with it
        where no more than `room` pages are being built.

        An article that is on disk at that revision or a later one is not marked.
        """
        flat = [part for change in changes for part in (*change[:4], int(change.urgent))]
        token, until = self._token(), _end_of(steps.LEASE_MS)
        lease = (most, room, token, steps.LEASE_MS, self._related, self._look)
        answer = await self._store.run(take_steps.MARK_ARTICLES, (*ALL, ARTICLES), (PRESSES, *lease, *flat))
        return _taken(token, until, answer)

    async def mark_firsts(self, pages: Iterable[str], cause: str) -> dict[str, str]:
        """Mark pages that are about to be written without a lease, to be looked at when their article is listed; by
        which mark each waits then, of those that nobody builds just now nor would build otherwise."""
        asked = tuple(pages)
        marks = await self._store.run(steps.MARK_FIRSTS, ALL, (cause, steps.GONE_AFTER_MS, self._look, *asked))
        return {page: mark.decode() for page, mark in zip(asked, marks, strict=True) if mark}

    async def take(self, most: int, few: int | None = None, early: int | None = None) -> list[Taken]:
        """Lease up to `most` pages: overdue ones, then new articles, then what else waits, in a fair order. What goes
        before all other pages (`keys.FIRST`) is leased once it is overdue even where `most` are, or that is 0.

        A builder of another look than the site's gets only what events ask for, and each of it is marked to be built
        again in the background by one who has that look.

        `few`: where few articles wait, overdue pages are taken only up to so many; by default up to half of `most`.
        `early`: what else waits, and is not due yet, is taken only up to so many pages in all; by default `few`.
        """
        few = most if few is None else few
        return await self._take(most, few, few if early is None else early, 0, steps.LEASE_MS)

    async def help(self, most: int, least: int) -> list[Taken]:
        """Lease up to `most` new articles if at least so many wait; overdue pages if so many are and no article is.

        They are those that others would come to last: never a withdrawal, nor what goes before all other pages. Whoever
        has another look than the site's is no help, and gets none.
        """
        return await self._take(most, 0, 0, least, steps.HELP_LEASE_MS)

    async def done(self, taken: Taken, page_events: Sequence[str] = ()) -> bool:
        """Give the lease back and announce what changed; if it was lost, the page is marked again: False."""
        return bool(
            await self._store.run(steps.DONE, (*ALL, PAGES), (taken.key, taken.token, taken.cause, *page_events))
        )

    async def leave(self, taken: Taken, article: str, basis: str) -> None:
        """Give the lease of an article's page back that shows what it is to show, and note what it would be built from
        now (`neighbours.basis`); if it was lost, the page is marked again."""
        about = (taken.key, taken.token, taken.cause, basis)
        await self._store.run(steps.LEAVE, (*ALL, steps.basis_key(article)), about)

    async def give_back(self, taken: Taken) -> None:
        """Give the lease back, if it still holds, without having built the page: it is marked again."""
        await self._store.run(steps.GIVE_BACK, ALL, (taken.key, taken.token, taken.cause, int(taken.untold)))

    async def wait_for(self, taken: Taken, heir: str, path: str) -> bool:
        """Give the lease back until the article `heir` is listed anew, and mark the page then; False if it is
        listed already at the path that the page is to lead to."""
        about = (taken.key, taken.token, taken.cause, path, int(taken.untold))
        return bool(await self._store.run(steps.WAIT_FOR, (*ALL, steps.waits_key(heir), live_key(heir)), about))

    async def reclaim(self) -> int:
        """Mark again what an earlier life of this worker was building when it died."""
        return int(await self._store.run(steps.RECLAIM, ALL, (f"{self._worker}/",)))

    async def _take(self, most: int, few: int, early: int, least: int, lease: int) -> list[Taken]:
        token, until = self._token(), _end_of(lease)
        asked = (most, few, early, least, lease, self._related, self._look, token, *keys.FIRST)
        return _taken(token, until, await self._store.run(take_steps.TAKE, ALL, asked))

    def _token(self) -> str:
        return f"{self._worker}/{secrets.token_hex(4)}"


def _taken(token: str, until: float, answer: Iterable[Sequence[Any]]) -> list[Taken]:
    pages = []
    for page, mark, known, untold in answer:
        cause = mark.decode().rpartition(" ")[0]  # others' event_ids are any text
        pages.append(Taken(page.decode(), token, cause, known or (), until, bool(untold)))
    return pages


def _end_of(lease_ms: int) -> float:
    """When a lease that is asked for now has run out: not later than in the store, which begins to count later."""
    return time.monotonic() + lease_ms / 1000

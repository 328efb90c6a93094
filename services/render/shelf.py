"""The shelf: an article goes into its lists, or its withdrawal out of them, and the pages it touches are marked,
all in one step (`shared.live` names what is kept). Articles that are ready together go together.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

from services.render import dirty_steps, keys
from services.render.affected import NEWS_WINDOW, Mark, Shown, affected, neighbourhoods
from services.render.known import BEYOND_LISTS, SHELVINGS, Known, Listed
from services.render.leases import Taken
from services.render.neighbours import Changed, near
from services.render.shelve_step import SHELVE
from shared import live
from shared.articles import Article, Card
from shared.clock import Clock, first_millis, millis
from shared.events import PAGES
from shared.store import Store
from shared.together import Together
from shared.wire import StoreUnavailable, failure

AT_ONCE = 24
"""The store serves nobody else meanwhile: about 2 ms."""


@dataclass(frozen=True, slots=True)
class _Plan:
    """What is to be done with an article, its marks, its card, and what both rest on."""

    about: dict[str, object]
    marks: Sequence[str]
    card: str
    expected: tuple[bytes, ...]


class Brought(NamedTuple):
    """What went to disk with an article, and is to be noted in the step that lists it.

    `look` is a digest of what its page shows beside it, `basis` what that was chosen from (`neighbours`); `firsts` are
    the pages that came with its own, and `events` tell of all of them; `alone` has those of the firsts that show it
    alone, and by which mark each waits: if nobody else is on them now, they need not be built again.
    """

    look: str
    basis: str
    events: Sequence[str]
    firsts: Sequence[str]
    alone: Mapping[str, str]


_NOTHING = Brought("", "", (), (), {})


class ShelvingFailed(Exception):
    """The store could not carry an article's plan out; what is wrong with it."""


class Shelf:
    """Puts articles into their lists."""

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store = store
        self._clock = clock
        self._together = Together(self._shelve_all, AT_ONCE)

    async def shelve(
        self, taken: Taken, article: Article, known: Known, after: Card | None, brought: Brought = _NOTHING
    ) -> bool:
        """List the article as `after` (None: not at all), mark what that changes, note what is on disk.

        Gives the lease back. False if the lists had changed meanwhile: nothing was done, the page is marked again.
        """
        listed = known.listed
        before, patience = listed.card, 0 if after is None else keys.NEIGHBOUR
        at_ms = _live_since(known) or millis(self._clock.now())
        leaves, joins = _moves(before if listed.live else None, after)
        marks, topics = _touched(listed, after, known.shown)
        about: dict[str, object] = {
            "id": article.id,
            "token": taken.token,
            "page": taken.key,
            "cause": taken.cause,
            "untold": taken.untold,
            "leave": leaves,
            "join": joins,
            "before": before is not None and live.score(before),
            "after": after is not None and live.score(after),
            "shelvings": listed.shelvings,
            "near": _looks(article.id, listed, after, topics, patience),
            "patience": patience,
            "built": ["revision", article.revision, "version", article.version, "at", at_ms, "shown", brought.look],
            "basis": brought.basis,
            "events": brought.events,
            "firsts": brought.firsts,
            "alone": brought.alone,
            "gone_after": dirty_steps.GONE_AFTER_MS,
            "news_until": _news_until(after, known.shown),
        }
        told = [_told(mark, after is None) for mark in marks]
        card = after.model_dump_json() if after else ""
        expected = tuple(kept or b"" for kept in (listed.live, listed.left, *listed.beyond))
        answer = await self._together.put(_Plan(about, told, card, expected))
        if isinstance(answer, bytes):
            error = failure(answer.decode(errors="replace"))
            raise error if isinstance(error, StoreUnavailable) else ShelvingFailed(str(error))
        return bool(answer)

    async def _shelve_all(self, plans: Sequence[_Plan]) -> list[int | bytes]:
        """Carry the plans out one after the other in one step. Their marks are mostly the same, and told once."""
        numbers: dict[str, int] = {}
        for plan in plans:
            plan.about["marks"] = [numbers.setdefault(mark, len(numbers) + 1) for mark in plan.marks]
        about = json.dumps([plan.about for plan in plans])
        own: list[str | bytes] = []
        for plan in plans:
            own += (plan.card, *plan.expected)
        told = (about, f"[{','.join(numbers)}]", *own)
        return list(await self._store.run(SHELVE, (*dirty_steps.ALL, PAGES, SHELVINGS, *BEYOND_LISTS), told))


def _live_since(known: Known) -> int | None:
    """Since when (ms) this revision has been on disk, whatever its page shows beside it; None if it is new there."""
    return int(known.built[b"at"]) if known.is_built and b"gone" not in known.built else None


def _touched(listed: Listed, after: Card | None, shown: Shown) -> tuple[list[Mark], tuple[str, ...]]:
    """The pages that may change, and the topics in which articles around it may show it or have lost it."""
    before = listed.card
    # lists that were built since it left do not have it any more, however much it looks as it did
    left_and_back = listed.live is None and before is not None and after is not None
    changes = [(before, None), (None, after)] if left_and_back else [(before, after)]
    marks = [mark for was, now in changes for mark in affected(was, now, shown)]
    return marks, tuple(dict.fromkeys(topic for was, now in changes for topic in neighbourhoods(was, now)))


def _news_until(card: Card | None, shown: Shown) -> int:
    """When it leaves the news (ms); 0 if it is none."""
    is_news = card is not None and card.published_at > shown.news_since
    return first_millis(card.published_at + NEWS_WINDOW) if card and is_news else 0


def _looks(ident: str, listed: Listed, after: Card | None, topics: tuple[str, ...], patience: int) -> list[str]:
    before = listed.card
    scores = dict.fromkeys(live.score(card) for card in (before, after) if card and topics)
    changed: Changed = "moved"
    if before is None:
        changed = "joined"
    elif listed.live and after and len(scores) == 1 and before.topics == after.topics:
        changed = "words"
    return [near(ident, score, patience, changed, topics) for score in scores]


@lru_cache(maxsize=8192)
def _told(mark: Mark, at_once: bool) -> str:
    """A mark as the script reads it: the marks of a list are the same for every article of a day."""
    return json.dumps([*mark, 0 if at_once else keys.patience(mark.page)])


def _moves(before: Card | None, after: Card | None) -> tuple[list[list[str]], list[list[str]]]:
    """The lists that it leaves and those that it joins, each with its periods; where it stays, there is nothing to do.

    Most pages that are built anew show other related articles, and their own articles stay in all lists.
    """
    was, now = _places(before), _places(after)
    if before and after and live.score(before) == live.score(after):
        return [one for one in was if one not in now], [one for one in now if one not in was]
    return was, now


def _places(card: Card | None) -> list[list[str]]:
    return [[name, *live.periods_of(name, card)] for name in card.lists] if card else []

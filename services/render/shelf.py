"""The shelf: an article goes into its lists, or its withdrawal out of them, and the pages it touches are marked,
all in one step (`shared.live` names what is kept).
"""

import json
from collections.abc import Iterable, Sequence
from functools import lru_cache

from services.render import dirty, keys
from services.render.affected import Mark
from services.render.dirty_steps import ALL
from services.render.known import SHELVINGS, SHOWN, Listed
from services.render.neighbours import near
from services.render.shelving import SHELVE
from shared import live
from shared.articles import Card
from shared.events import PAGES
from shared.store import Store


async def shelve(
    store: Store,
    taken: dirty.Taken,
    ident: str,
    listed: Listed,
    after: Card | None,
    marks: Sequence[Mark],
    topics: Iterable[str],
    *,
    revision: int,
    version: int,
    shown: str,
    at_ms: int,
    news_until: int,
    page_events: Sequence[str],
    firsts: Sequence[str] = (),
) -> bool:
    """List the article as `after` (None: not at all), mark what that changes, note what is on disk.

    Gives the lease back. False if the lists had changed meanwhile: nothing was done, the page is marked again.
    """
    before = listed.card
    patience = 0 if after is None else keys.NEIGHBOUR
    plan = {
        "id": ident,
        "token": taken.token,
        "page": taken.key,
        "cause": taken.cause,
        "leave": [_join(name, before) for name in before.lists] if before and listed.live else [],
        "join": [_join(name, after) for name in after.lists] if after else [],
        "before": live.score(before) if before else 0,
        "after": live.score(after) if after else 0,
        "shelvings": listed.shelvings,
        "near": _looks(ident, before, after, tuple(dict.fromkeys(topics)), patience),
        "patience": patience,
        "moved": before.path if before and (after is None or before.path != after.path) else "",
        "path": after.path if after else "",
        "built": ["revision", revision, "version", version, "at", at_ms, "shown", shown],
        "events": list(page_events),
        "firsts": list(firsts),
        "gone_after": dirty.GONE_AFTER_MS,
        "news_until": news_until,
    }
    card = after.model_dump_json() if after else ""
    expected = [kept or b"" for kept in (listed.live, listed.left, *listed.shown)]
    found = (live.live_key(ident), live.left_key(ident), *SHOWN)
    told = f"[{','.join([_told(mark, after is None) for mark in marks])}]"
    return bool(await store.run(SHELVE, (*ALL, PAGES, SHELVINGS, *found), (json.dumps(plan), told, card, *expected)))


def _looks(ident: str, before: Card | None, after: Card | None, topics: tuple[str, ...], patience: int) -> list[str]:
    scores = dict.fromkeys(live.score(card) for card in (before, after) if card and topics)
    return [near(ident, score, topics, patience) for score in scores]


@lru_cache(maxsize=8192)
def _told(mark: Mark, at_once: bool) -> str:
    """A mark as the script reads it: the marks of a list are the same for every article of a day."""
    return json.dumps([*mark, 0 if at_once else keys.patience(mark.page)])


def _join(name: str, card: Card) -> list[str]:
    return [name, *live.periods_of(name, card)]

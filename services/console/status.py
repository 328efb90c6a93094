"""`pressrun status`: how the stack is doing."""

import json
import time
from contextlib import suppress
from typing import Any

from pydantic import TypeAdapter

from services.console.place import Data, Place, with_store
from services.console.terminal import AsJson, out
from services.render.dirty import Dirty
from shared.clock import moment
from shared.entries import E, Unreadable, came_at, decode, entries_of
from shared.events import ARTICLES, DEAD_LETTERS, PAGES, STREAMS, article_events, made_at, page_events
from shared.groups import groups_of
from shared.live import list_key
from shared.store import Store

LAST = 5
SAMPLE = 1_000
BUILT = 5_000  # pages: after a batch articles' own are built again, which is to leave the first time in sight


def status(data: Data = None, as_json: AsJson = False) -> None:
    """Articles, lag and pending of each group, dead letters, event-to-live, the last events."""
    found = with_store(data, _gather)
    if as_json:
        out.print_json(json.dumps(found))
        return
    out.print(f"articles       {found['articles']} live")
    out.print(f"pages waiting  {found['pages_waiting']}")
    out.print(f"dead letters   {found['dead_letters']}")
    live = found["event_to_live_ms"]
    out.print(f"event to live  p50 {_ms(live['p50'])}, p99 {_ms(live['p99'])} of the last {live['count']}")
    for group in found["groups"]:
        lag = "-" if group["lag"] is None else group["lag"]
        out.print(f"{group['stream']:<14} {group['group']}: lag {lag}, pending {group['pending']}", markup=False)
    for event in found["last_events"]:
        out.print(f"{event['at']}  {event['type']}  {event.get('guid', '')}", markup=False)


async def _gather(_: Place, store: Store) -> dict[str, Any]:
    return {
        "articles": int(await store.do("ZCARD", list_key("all"))),
        "pages_waiting": await Dirty(store).count(),
        "dead_letters": int(await store.do("XLEN", DEAD_LETTERS)),
        "groups": [group for stream in STREAMS for group in await _groups(store, stream)],
        "event_to_live_ms": await _event_to_live(store),
        "last_events": await _last_events(store),
    }


async def _groups(store: Store, stream: str) -> list[dict[str, Any]]:
    return [
        {"stream": stream, "group": group.name, "lag": group.lag, "pending": group.pending}
        for group in await groups_of(store, stream)
    ]


async def _event_to_live(store: Store) -> dict[str, Any]:
    """From an event's acceptance, which its id begins with, to its article's page on disk, the entry's own time.

    Those that show the article as related are built for its event too, when there is time, and it itself once more:
    the first time counts, so what was accepted before the oldest entry in sight does not.
    """
    built = {}
    newest = await _newest(store, PAGES, page_events, BUILT)
    seen = newest[-1][0] if newest and await store.do("XLEN", PAGES) > BUILT else 0
    for came, event in newest:
        if event.cause and event.article and (accepted := made_at(event.cause)) is not None and accepted >= seen:
            built[event.cause, event.article] = (accepted, came)
    about = {(event.event_id, event.id) for _, event in await _newest(store, ARTICLES, article_events, SAMPLE)}
    waits = sorted(built[own][1] - built[own][0] for own in about & built.keys())
    at = {name: waits[int(len(waits) * share)] if waits else None for name, share in _SHARES}
    return {"count": len(waits), **at}


_SHARES = (("p50", 0.5), ("p99", 0.99))


async def _last_events(store: Store) -> list[dict[str, Any]]:
    events = []
    for came, event in await _newest(store, ARTICLES, article_events, LAST):
        at = moment(came).isoformat(timespec="milliseconds")
        events.append({"at": at, "type": event.type, "guid": event.guid, "event_id": event.event_id})
    return events


async def _newest(store: Store, stream: str, events: TypeAdapter[E], count: int) -> list[tuple[int, E]]:
    """The events of the last entries, each with when it came (ms), newest first, without those that cannot be read."""
    found, now = [], time.time_ns() // 1_000_000
    for entry, fields in entries_of(await store.do("XREVRANGE", stream, "+", "-", "COUNT", count)):
        with suppress(Unreadable):
            event = decode(events, entry, fields).event
            found.append((came_at(entry, event.event_id, now), event))
    return found


def _ms(value: int | None) -> str:
    return "-" if value is None else f"{value} ms"

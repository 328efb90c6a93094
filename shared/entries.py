"""A stream's entries: their ids, and the event that each has. Pure."""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Generic, TypeVar

from pydantic import TypeAdapter, ValidationError

from shared.events import Event, made_at
from shared.store import pairs

E = TypeVar("E", bound=Event)

Fields = dict[bytes, bytes]


@dataclass(frozen=True, slots=True)
class Delivered(Generic[E]):
    """An event, the id of its stream entry, by which it is acknowledged, and the JSON that it came as, which may have
    more than a reader reads."""

    entry: str
    event: E
    raw: bytes


class Unreadable(Exception):
    """An entry is no event; `raw` is what it has, `reason` what is wrong with that, in one line."""

    def __init__(self, raw: str, reason: str) -> None:
        super().__init__(reason)
        self.raw = raw
        self.reason = reason


def entries_of(answer: Iterable[tuple[bytes, list[bytes] | None]]) -> list[tuple[str, Fields]]:
    """The entries of the store's answer; one that was deleted has no fields."""
    return [(ident.decode(), dict(pairs(flat or []))) for ident, flat in answer]


def order_of(entry: str) -> tuple[int, ...]:
    """Where an entry stands among others: its milliseconds, and its number within them."""
    return tuple(map(int, entry.split("-")))


def came_at(entry: str, event_id: str, now: int) -> int:
    """When an entry came (ms). Its id says so, but ids of a stream never go back: where one was ahead of `now`, as of a
    clock that was, or of somebody else's making, all that came after it are. Then the event's own id tells."""
    at = order_of(entry)[0]
    if at <= now:
        return at
    made = made_at(event_id)
    return now if made is None else min(made, now)


def decode(events: TypeAdapter[E], entry: str, fields: Fields) -> Delivered[E]:
    """The event of an entry. Raises Unreadable."""
    raw = fields.get(b"event")
    if raw is None:
        found = {name.decode("utf-8", "replace"): value.decode("utf-8", "replace") for name, value in fields.items()}
        raise Unreadable(json.dumps(found), "the entry has no field `event`")
    try:
        return Delivered(entry, events.validate_json(raw), raw)
    except ValidationError as error:
        raise Unreadable(raw.decode("utf-8", "replace"), _reason(error)) from None


def _reason(error: ValidationError) -> str:
    found = error.errors(include_url=False)
    return "; ".join(f"{'/'.join(map(str, one['loc'])) or 'event'}: {one['msg']}" for one in found[:5])

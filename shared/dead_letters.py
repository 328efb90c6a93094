"""What was set aside: entries of `dead-letters`, each with what it was and why.

`dead-letters:of` hash, what is tried again and again (`thing_of`) → its entry, for as long as that is kept.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from shared import metrics
from shared.events import DEAD_LETTERS
from shared.logs import log
from shared.store import Command, Script, Store, pairs

OF = "dead-letters:of"


def set_aside(kind: str, name: str, reason: str, raw: str = "", **more: str) -> Command:
    """The command that keeps a dead letter: `kind` is `event`, `page`, `picture` or `schedule`, `name` its stream
    and id, its page, its address, or the id of the article that has a version waiting."""
    fields = {"kind": kind, "name": name, "reason": reason[:2000], "raw": raw, **more}
    return ("XADD", DEAD_LETTERS, "*", *(part for pair in fields.items() for part in pair))


async def set_event_aside(
    store: Store, stream: str, group: str, entry: str, raw: str, reason: str, event_id: str | None = None
) -> None:
    """Acknowledge an entry and keep it as a dead letter in one step, counted and logged; nothing if it was acknowledged
    already. `event_id`: None where the entry is no event."""
    letter = set_aside("event", f"{stream}/{entry}", reason, raw, stream=stream, group=group)
    if await store.run(_ASIDE, (stream, DEAD_LETTERS), (group, entry, *letter[3:])):
        metrics.events_set_aside.labels(stream, group).inc()
        log().error("an event was set aside", stream=stream, entry=entry, event_id=event_id, reason=reason)


async def set_aside_once(store: Store, kind: str, name: str, reason: str, **more: str) -> None:
    """Keep one dead letter of a thing, however often it fails: a page is tried again with every event, and a mistake in
    a template would fill the store. With another reason a new letter takes the place of the one before."""
    letter = set_aside(kind, name, reason, **more)
    await store.run(_ONCE, (DEAD_LETTERS, OF), (thing_of({"kind": kind, "name": name, **more}), *letter[3:]))


def thing_of(letter: Mapping[str, str]) -> str:
    """What a dead letter is of, as one text: its kind and name, and of a picture its article."""
    return f"{letter['kind']} {letter['name']} {letter.get('article', '')}"


def read(entry: tuple[bytes, list[bytes]]) -> dict[str, Any]:
    """A dead letter as people and programs read it. An entry that somebody else made has the kind `unknown`, and must
    not hide the others."""
    ident, flat = entry
    texts = [part.decode("utf-8", "replace") for part in flat]
    told = dict(pairs(texts))
    return {"id": "", "kind": "unknown", "name": "", "reason": "", "raw": "", **told} | {"id": ident.decode()}


async def letters(store: Store) -> list[dict[str, Any]]:
    """All dead letters, oldest first."""
    return [read(entry) for entry in await store.do("XRANGE", DEAD_LETTERS, "-", "+")]


async def forget(store: Store, dropped: Iterable[Mapping[str, str]]) -> int:
    """Drop dead letters, with all that is kept of them; return how many were still there."""
    return int(
        await store.run(_FORGET, (DEAD_LETTERS, OF), [part for one in dropped for part in (one["id"], thing_of(one))])
    )


async def take_back(store: Store, taken: Sequence[Mapping[str, str]], back: Command) -> bool:
    """Carry out the command that puts a thing back, and drop its letters, in one step. False if all of these were gone
    already, and nothing is put back: a reader's view would be counted twice."""
    return bool(await store.run(_TAKE_BACK, (DEAD_LETTERS,), (len(taken), *(one["id"] for one in taken), *back)))


async def pages_set_aside(store: Store) -> list[str]:
    """The pages that were set aside, each with its reason, until they are put back or dropped."""
    return [f"{letter['name']}: {letter['reason']}" for letter in await letters(store) if letter["kind"] == "page"]


_ASIDE = Script("""
if redis.call('XACK', KEYS[1], ARGV[1], ARGV[2]) == 0 then return 0 end
redis.call('XADD', KEYS[2], '*', unpack(ARGV, 3))
return 1
""")

_ONCE = Script("""
local kept = redis.call('HGET', KEYS[2], ARGV[1])
local letter = kept and redis.call('XRANGE', KEYS[1], kept, kept)[1]
if letter and letter[2][6] == ARGV[7] then return 0 end -- the reason: kind, name and reason come first
if letter then redis.call('XDEL', KEYS[1], kept) end
redis.call('HSET', KEYS[2], ARGV[1], redis.call('XADD', KEYS[1], '*', unpack(ARGV, 2)))
return 1
""")

_FORGET = Script("""
local there = 0
for at = 1, #ARGV, 2 do
  there = there + redis.call('XDEL', KEYS[1], ARGV[at])
  -- another letter may have taken its place meanwhile
  if redis.call('HGET', KEYS[2], ARGV[at + 1]) == ARGV[at] then redis.call('HDEL', KEYS[2], ARGV[at + 1]) end
end
return there
""")

_TAKE_BACK = Script("""
local first, there = tonumber(ARGV[1]) + 2, 0
for at = 2, first - 1 do there = there + #redis.call('XRANGE', KEYS[1], ARGV[at], ARGV[at]) end
if there == 0 then return 0 end
redis.call(unpack(ARGV, first)) -- before the letters go: a stream of somebody else's letter may be none
redis.call('XDEL', KEYS[1], unpack(ARGV, 2, first - 1))
return 1
""")

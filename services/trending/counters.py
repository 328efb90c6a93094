"""Counting: a batch of views is acknowledged and counted in one atomic step, whoever is killed.

A view counts in the hour of its own time, in the 7 days while that hour is within them, and in its week; it is
noted as pending here, and settled later (`pending.py`). What the batch call sent counts once for each event_id;
digests of those are kept in sets of integers, which the store packs at 8 bytes each. The sets of a day grow in
number with what is in them (linear hashing), so that each stays small enough to be packed.
"""

import asyncio
import hashlib
from collections.abc import Iterable, Sequence
from datetime import datetime

from services.trending.lua import COUNTED, IS_LATER, PRELUDE
from services.trending.week import Calendar
from shared.clock import millis, moment
from shared.entries import Delivered
from shared.events import VIEWS, ArticleViewed
from shared.groups import COUNTERS
from shared.store import Script, Store
from shared.times import MILLISECOND
from shared.view_bounds import MEMORY, REMEMBERED

BATCH = 250  # views in a call, which blocks the store for a millisecond or two
WITH_IDS = 100  # the same with event_ids, each of which is looked for among those of nine days
MINUTES_KNOWN = 20_000
BEGIN = moment(0)
# a site's time begins in 1970: what is older is always too late, and may have no week
EARLIEST = -MEMORY // MILLISECOND
NOWHERE = 0


class Counters:
    """The counters in the store."""

    def __init__(self, store: Store, calendar: Calendar) -> None:
        self._store = store
        self._calendar = calendar
        self._moments: dict[int, str] = {}

    async def count(self, views: Sequence[Delivered[ArticleViewed]], now: datetime) -> frozenset[str]:
        """Acknowledge these views and count each where it belongs; those that came too late stay, and are returned."""
        size = WITH_IDS if any(view.event.once for view in views) else BATCH
        steps = (self._count(views[begin : begin + size], now) for begin in range(0, len(views), size))
        return frozenset(entry.decode() for late in await asyncio.gather(*steps) for entry in late)

    async def _count(self, views: Iterable[Delivered[ArticleViewed]], now: datetime) -> list[bytes]:
        moments: dict[str, int] = {}
        flat: list[str | int] = []
        for view in views:
            event = view.event
            at = (event.at - BEGIN) // MILLISECOND  # the millisecond that holds it, never the next hour's or week's
            place = moments.setdefault(self._moment(at), len(moments) + 1) if at >= EARLIEST else NOWHERE
            flat += (view.entry, event.article, at, place, digest(event.event_id) if event.once else "")
        late: list[bytes] = await self._store.run(_COUNT, (), [millis(now), COUNTERS, len(moments), *moments, *flat])
        return late

    def _moment(self, at_ms: int) -> str:
        """The hour, the week and its end; zones differ by whole minutes, so a minute has one of each."""
        minute = at_ms // 60_000
        if (known := self._moments.get(minute)) is None:
            at = moment(at_ms)
            week = self._calendar.week(at)
            known = f"{millis(self._calendar.hour(at))} {week.name} {millis(week.ends)}"
            if len(self._moments) >= MINUTES_KNOWN:
                self._moments.clear()
            self._moments[minute] = known
        return known


def digest(event_id: str) -> int:
    """64 bits of an event_id, as a signed integer."""
    return int.from_bytes(hashlib.blake2b(event_id.encode(), digest_size=8).digest(), "big", signed=True)


# How full a set gets on average before the day's sets are split by one more: those not yet split hold up to twice
# as many, and the store packs integers up to 512 of them.
ONCE = """
local MEAN, ONCE_DAYS = 160, 'trending:once-days'
local function once_key(day, set) return 'trending:once:' .. text(day) .. (set and ':' .. text(set) or '') end
local function set_of(digest, size)
  local hash, whole = tonumber(string.sub(digest, -9)), 1
  while whole * 2 <= size do whole = whole * 2 end
  local set = hash % (whole * 2)
  return set < size and set or hash % whole
end
"""

# ARGV: now, the group, how many moments (`_moment`), these; then for each view its entry, its article, its time (ms),
# the number of its moment, and the digest of its event_id or ''. Answers the entries that are too late.
_COUNT = Script(
    PRELUDE
    + IS_LATER
    + ONCE
    + f"local VIEWS, REMEMBERED, COUNTED = '{VIEWS}', '{REMEMBERED}', '{COUNTED}'\n"
    + """
local today = math.floor(now / DAY)
local sizes, held, remembered = nil, 0, 0

local function load_days()
  sizes = {[today] = 0}
  for _, day in ipairs(call('ZRANGE', ONCE_DAYS, 0, -1)) do
    sizes[tonumber(day)] = tonumber(call('HGET', once_key(tonumber(day)), 'size'))
  end
  held = tonumber(call('HGET', once_key(today), 'n') or 0)
end

local function split(day)
  local size, whole = sizes[day], 1
  while whole * 2 <= size do whole = whole * 2 end
  local from, moved = once_key(day, size - whole), {}
  for _, digest in ipairs(call('SMEMBERS', from)) do
    if set_of(digest, size + 1) == size then moved[#moved + 1] = digest end
  end
  if #moved > 0 then
    call('SREM', from, unpack(moved))
    call('SADD', once_key(day, size), unpack(moved))
  end
  sizes[day] = size + 1
  call('HSET', once_key(day), 'size', size + 1)
end

-- Remember an event_id; false if it is remembered already.
local function first_time(digest)
  if not sizes then load_days() end
  for day, size in pairs(sizes) do
    if day ~= today and call('SISMEMBER', once_key(day, set_of(digest, size)), digest) == 1 then return false end
  end
  if sizes[today] == 0 then
    sizes[today] = 1
    call('HSET', once_key(today), 'size', 1)
    call('ZADD', ONCE_DAYS, today, text(today))
    call('ZADD', DUE, (today + 1) * DAY + MEMORY, 'forget:' .. text(today))
  end
  if call('SADD', once_key(today, set_of(digest, sizes[today])), digest) == 0 then return false end
  remembered, held = remembered + 1, held + 1
  if held > sizes[today] * MEAN then split(today) end
  return true
end

local group, moments = ARGV[2], tonumber(ARGV[3])
local oldest = tonumber(call('HGET', REACHED, 'at') or 0) - MEMORY
local counts, late, newest = {}, {}, nil
for at = 4 + moments, #ARGV, 5 do
  local entry, id, moment, digest = ARGV[at], ARGV[at + 1], tonumber(ARGV[at + 3]), ARGV[at + 4]
  if tonumber(ARGV[at + 2]) < oldest then
    late[#late + 1] = entry
  elseif call('XACK', VIEWS, group, entry) == 1 then
    if not newest or is_later(entry, newest) then newest = entry end
    if digest == '' or first_time(digest) then
      counts[moment] = counts[moment] or {}
      counts[moment][id] = (counts[moment][id] or 0) + 1
    end
  end
end
if newest and is_later(newest, call('GET', COUNTED) or '0-0') then call('SET', COUNTED, newest) end
if remembered > 0 then
  call('INCRBY', REMEMBERED, remembered)
  call('HSET', once_key(today), 'n', held)
end

local pending, weeks = {}, {}
for moment, of in pairs(counts) do
  local name = ARGV[3 + moment]
  local week, ends = string.match(name, ' (%S+) (%S+)')
  pending[#pending + 1], weeks[week] = name, ends
  local id, n = next(of)
  if next(of, id) then increase_by(pending_key(name), of) else call('HINCRBY', pending_key(name), id, n) end
end
if #pending > 0 then call('SADD', PENDING, unpack(pending)) end
for week, ends in pairs(weeks) do
  -- one that is sealed stays so, also if the site's zone or the first day of its weeks is another since
  if call('EXISTS', sealed_key(week)) == 0 and call('ZADD', WEEKS, 'NX', ends, week) == 1 then
    call('ZADD', DUE, ends, 'end:' .. week, tonumber(ends) + MEMORY, 'seal:' .. week)
  end
end
return late
"""
)

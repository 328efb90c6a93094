"""Announcing: what pages show of the rankings, stored and signalled in one step when its visible top changes.

A list that may have changed stands in `trending:touched` from the step that touched it until the step that compares
it with what was announced last; so nothing is lost by a kill, and nothing is announced twice. Views touch lists when
they are settled, which happens here at most twice a second.
"""

import asyncio
import time

from services.trending.lua import TOUCHED
from services.trending.pending import Pending
from services.trending.top_step import TOP
from shared.charts import chart_key, charted_key, charts_key
from shared.clock import Clock, millis
from shared.events import SIGNALS, RankingChanged
from shared.ranking import ranking_key
from shared.store import Script, Store

APART_MS = 500  # between two announcements of a list, and between two times that views are settled
PAUSE = 0.02  # seconds between two looks, however often it is poked
LOOK = 1.0  # seconds until it looks without being poked: what a replica left that was killed


class Announcer:
    """Announces lists that changed: the first change at once, what follows at most twice a second."""

    def __init__(self, store: Store, clock: Clock, pending: Pending) -> None:
        self._store = store
        self._clock = clock
        self._pending = pending
        self._poked = asyncio.Event()
        self._settle_at = 0.0  # time.monotonic()

    def poke(self) -> None:
        """Something was counted, or moved: look soon."""
        self._poked.set()

    async def run(self) -> None:
        """For ever: announce what has changed."""
        wait = 0.0
        while True:
            try:
                async with asyncio.timeout(wait):
                    await self._poked.wait()
            except TimeoutError:
                pass
            self._poked.clear()
            early = self._settle_at - time.monotonic()
            wait = await self.announce() if early <= 0 else min(await self._announce_touched(), early)
            await asyncio.sleep(PAUSE)

    async def announce(self) -> float:
        """Settle what is pending and announce every touched list whose time has come; when to look again, in s."""
        if await self._pending.settle():
            self._settle_at = time.monotonic() + APART_MS / 1000
        return await self._announce_touched()

    async def _announce_touched(self) -> float:
        lists = [name.decode() for name in await self._store.do("SMEMBERS", TOUCHED)]
        waits = await asyncio.gather(*(self._announce(name) for name in lists))
        return min([wait for wait in waits if wait > 0], default=LOOK * 1000) / 1000

    async def _announce(self, name: str) -> int:
        """Announce one list if it changed; return the milliseconds that it has to wait, or 0."""
        event = RankingChanged(at=self._clock.now(), list=name, first=-1)
        head, _, tail = event.model_dump_json().partition('"first":-1')
        key = ranking_key(name)
        if name.startswith("week:"):
            week = name.removeprefix("week:")
            key = chart_key(week)
            await self._pending.write(week)
        args: list[str | int] = [millis(event.at), name, key, APART_MS, head + '"first":', tail]
        return int(await self._store.run(_ANNOUNCE, (), args))


# ARGV: now, the list, the key that it is announced under, APART_MS, and the event's JSON before and behind the number
# of the first place that changed. Answers the milliseconds that the list has to wait, or 0.
_ANNOUNCE = Script(
    TOP
    + f"local SIGNALS, CHARTS, CHARTED = '{SIGNALS}', '{charts_key()}', '{charted_key('')}'\n"
    + """
local name, key, apart = ARGV[2], ARGV[3], tonumber(ARGV[4])
local week = string.match(name, '^week:(.+)$')
local time = call('TIME')
local clock = time[1] * 1000 + math.floor(time[2] / 1000)
local since = clock - tonumber(call('HGET', 'trending:announced', name) or 0)
if since >= 0 and since < apart then return apart - since end
settle(math.huge)
if week then write(week, math.huge) end
call('SREM', TOUCHED, name)

local function array(found) return #found > 0 and cjson.encode(found) or '[]' end

local function list_now()
  local section = string.match(name, '^hot:section:(.+)$')
  local list = name == 'topics' and 'topics' or section and 'section:' .. section or 'all'
  local found = top('7d', {list}, SIZE)
  for at, entry in ipairs(found) do found[at] = entry[1] end
  return found
end

local function chart_now()
  local found, sealed = top(week, {'all'}, SIZE)
  for rank, entry in ipairs(found) do found[rank] = {rank = rank, id = entry[1], views = entry[2]} end
  return found, sealed
end

local function same(one, other)
  if week then return one and other and one.id == other.id and one.views == other.views end
  return one == other
end

local before, after, sealed, same_state = call('GET', key), nil, nil, true
before = before and cjson.decode(before) or {}
if week then
  after, sealed = chart_now()
  same_state = (before.sealed or false) == sealed
  before = before.entries or {}
else
  after = list_now()
end
local first, last = 1, math.max(#before, #after)
while first <= last and same(before[first], after[first]) do first = first + 1 end
if first > last and same_state then return 0 end

if week then
  local shown = '{"week":' .. cjson.encode(week) .. ',"entries":' .. array(after)
  call('SET', key, shown .. ',"sealed":' .. tostring(sealed) .. '}')
  call('SADD', CHARTS, week)
  for _, entry in ipairs(after) do call('SADD', CHARTED .. entry.id, week) end
else
  call('SET', key, array(after))
end
call('HSET', 'trending:announced', name, text(clock))
call('XADD', SIGNALS, '*', 'event', ARGV[5] .. text(first - 1) .. ARGV[6])
return 0
"""
)

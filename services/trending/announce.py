"""Announcing: what pages show of the rankings, stored and signalled in one step when its visible top changes.

A list that may have changed stands in `trending:touched` from the step that touched it until the step that compares
it with what was announced last; so nothing is lost by a kill, and nothing is announced twice. Views touch lists when
they are settled, which happens here at most twice a second.
"""

import asyncio
import time

from services.trending.lua import TOUCHED
from services.trending.pending import SETTLE, Pending
from shared.charts import chart_key, charted_key, charts_key
from shared.clock import Clock, millis
from shared.events import SIGNALS, RankingChanged
from shared.ranking import SIZE, ranking_key
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


_ANNOUNCE = Script(
    SETTLE
    + f"local SIGNALS, CHARTS, CHARTED, TOP = '{SIGNALS}', '{charts_key()}', '{charted_key('')}', {SIZE - 1}\n"
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

-- The top as it is now: ids or slugs, or for a week entries with their views.
local function top_now()
  local section, found = string.match(name, '^hot:section:(.+)$'), {}
  local list = name == 'topics' and 'topics' or section and 'section:' .. section or 'all'
  for _, member in ipairs(call('ZRANGE', rank_key('7d', list), 0, TOP)) do
    found[#found + 1] = list == 'topics' and member or string.sub(member, 10)
  end
  return found
end

-- A sealed chart keeps its numbers; names, links and withdrawals follow the articles.
local function chart_now()
  local found, seen, sealed = {}, {}, call('HGET', sealed_key(week), 'all')
  local function enter(id, views)
    if seen[id] or words_of(id)[1] ~= '+' or #found > TOP then return end
    seen[id] = true
    found[#found + 1] = {rank = #found + 1, id = id, views = views}
  end
  if sealed then
    local shown, hidden = cjson.decode(sealed), cjson.decode(call('HGET', sealed_key(week), 'hidden') or '[]')
    local next = 1
    for at = 0, #shown do
      if at > 0 then enter(root(shown[at][1]), shown[at][2]) end
      while hidden[next] and hidden[next][3] == at do
        enter(root(hidden[next][1]), hidden[next][2])
        next = next + 1
      end
    end
  else
    local flat = call('ZRANGE', rank_key(week, 'all'), 0, TOP, 'WITHSCORES')
    for at = 1, #flat, 2 do enter(string.sub(flat[at], 10), -tonumber(flat[at + 1])) end
  end
  return found, sealed and true or false
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
  after = top_now()
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

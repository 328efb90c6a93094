"""What is counted and not in the rankings yet: a view costs one number there, and its rankings are written later.

Settling moves those numbers on: into the hour, the windows, and those rankings that are announced. Numbers gather for
half a second before that, so that an article that is read a hundred times costs each ranking one write. The other
rankings, of topics and of weeks, are four fifths of the work; what they are to have gathers further, until somebody
asks for them or ten seconds are over.

Whatever shows a ranking settles, and writes what that ranking lacks, in the same atomic step: nobody sees one that
lacks a counted view. Hours that leave and articles that change handle what is settled: a view that is settled after
them counts as if it had come after them.
"""

import asyncio
from typing import Any

from services.trending.lua import PRELUDE, SEVEN_DAYS, WEEKS
from shared.clock import Clock, millis
from shared.store import Script, Store

CHUNK = 50  # articles in a step: it blocks the store for about a millisecond
APART = 10.0  # seconds between two times that rankings nobody asks for are written

SETTLE = (
    PRELUDE
    + """
-- The articles that stand where these stood; what is known of them is looked up at once.
local function standing(ids)
  local shown, unknown = call('HMGET', HEIRS, unpack(ids)), {}
  for at, id in ipairs(ids) do
    shown[at] = shown[at] and root(shown[at]) or id
    if not known[shown[at]] then unknown[#unknown + 1] = shown[at] end
  end
  if #unknown > 0 then
    for at, described in ipairs(call('HMGET', ARTICLES, unpack(unknown))) do learn(unknown[at], described) end
  end
  return shown
end

-- Move numbers of one moment on.
local function move(moment, ids, views)
  local hour, week = string.match(moment, '^(%S+) (%S+)')
  local leaves, shown = tonumber(hour) + HOURS_7D, standing(ids)
  if leaves > now then
    call('ZADD', DUE, 'NX', leaves, 'hour:' .. hour)
    increase(hour_key(hour), ids, views)
    increase(views_key('7d'), ids, views)
    for at, id in ipairs(shown) do shift('7d', id, views[at]) end
  end
  if call('ZSCORE', WEEKS, week) then
    increase(views_key(week), ids, views)
    for at, id in ipairs(shown) do shift(week, id, views[at]) end
  end
  apply()
end

-- Settle so many of the pending numbers at most; say how many are left.
local function settle(most)
  local left = 0
  for _, moment in ipairs(call('SMEMBERS', PENDING)) do
    local key = pending_key(moment)
    local held = call('HLEN', key)
    while held > 0 and most > 0 do
      local ids, views = take(key, most, held)
      move(moment, ids, views)
      held, most = held - #ids, most - #ids
    end
    if held == 0 then call('SREM', PENDING, moment) end
    left = left + held
  end
  return left
end

-- Write so many of the numbers at most that a window's rankings were to have later; say how many are left.
local function write(window, most)
  local key = later_key(window)
  local held = call('HLEN', key)
  while held > 0 and most > 0 do
    local ids, views = take(key, most, held)
    standing(ids)
    for at, id in ipairs(ids) do enter(window, id, views[at], window ~= '7d', true) end
    apply()
    held, most = held - #ids, most - #ids
  end
  return held
end
"""
)

# ARGV: now, how many numbers at most. Answers whether anything was pending, and how many numbers are left.
STEP = Script(SETTLE + "return {call('EXISTS', PENDING), settle(tonumber(ARGV[2]))}")
# ARGV: now, how many numbers at most, the window. Answers how many are left.
WRITE = Script(SETTLE + "return write(ARGV[3], tonumber(ARGV[2]))")


class Pending:
    """Numbers that are on their way into the rankings. All of it goes in short steps."""

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store = store
        self._clock = clock

    async def settle(self) -> bool:
        """Settle what is pending now; False if nothing was."""
        some, left = await self._run(STEP, CHUNK)
        for _ in range(-(-left // CHUNK)):
            await self._run(STEP, CHUNK)
        return bool(some)

    async def write(self, window: str) -> None:
        """Write what a window's rankings were to have later."""
        left = await self._run(WRITE, CHUNK, window)
        for _ in range(-(-left // CHUNK)):
            await self._run(WRITE, CHUNK, window)

    async def write_all(self) -> None:
        """Write what the rankings of every window were to have later."""
        for window in [SEVEN_DAYS, *(week.decode() for week in await self._store.do("ZRANGE", WEEKS, 0, -1))]:
            await self.write(window)

    async def keep_writing(self) -> None:
        """For ever: write what nobody has asked for."""
        while True:
            await self.write_all()
            await asyncio.sleep(APART)

    async def ask(self, script: Script, window: str, *args: str | int) -> Any:
        """Run a script that settles and writes before it looks: little is left to that."""
        await self.settle()
        await self.write(window)
        return await self._run(script, window, *args)

    async def _run(self, script: Script, *args: str | int) -> Any:
        return await self._store.run(script, (), [millis(self._clock.now()), *args])

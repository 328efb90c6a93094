"""What is counted and not in the rankings yet: a view costs one number there, and its rankings are written later.

Settling moves those numbers on: into the hour, the windows and every ranking that their articles stand in. Numbers
gather for half a second before that, so that an article that is read a hundred times costs its dozen rankings one
write each. Whatever shows a ranking settles first, in the same atomic step: nobody sees one that lacks a counted view.
What changes stories or lets hours go needs no such care: it handles what is settled, and a view that is settled
after it counts as if it had come after it.
"""

from typing import Any

from services.trending.lua import PRELUDE
from shared.clock import Clock, millis
from shared.store import Command, Script, Store

CHUNK = 50  # articles in a step: it blocks the store for about a millisecond

SETTLE = (
    PRELUDE
    + """
-- Move numbers of one moment on.
local function move(moment, flat)
  local hour, week = string.match(moment, '^(%S+) (%S+)')
  local in_hour, in_7d, in_week = hour_key(hour), views_key('7d'), views_key(week)
  local leaves = tonumber(hour) + HOURS_7D
  if leaves > now then call('ZADD', DUE, 'NX', leaves, 'hour:' .. hour) end
  for at = 1, #flat, 2 do
    local id, n = flat[at], tonumber(flat[at + 1])
    local shown = root(id)
    if leaves > now then
      call('HINCRBY', in_hour, id, n)
      call('HINCRBY', in_7d, id, n)
      shift('7d', shown, n)
    end
    call('HINCRBY', in_week, id, n)
    shift(week, shown, n)
  end
end

local function ids_of(flat)
  local ids = {}
  for at = 1, #flat, 2 do ids[#ids + 1] = flat[at] end
  return ids
end

-- Settle so many of the pending numbers at most; say how many are left.
local function settle(most)
  local left = 0
  for _, moment in ipairs(call('SMEMBERS', PENDING)) do
    local key = pending_key(moment)
    local held = call('HLEN', key)
    if held <= most then
      move(moment, call('HGETALL', key))
      call('DEL', key)
      call('SREM', PENDING, moment)
      most = most - held
    else
      if most > 0 then
        local flat = call('HRANDFIELD', key, most, 'WITHVALUES')
        move(moment, flat)
        call('HDEL', key, unpack(ids_of(flat)))
      end
      left, most = left + held - most, 0
    end
  end
  apply()
  return left
end
"""
)

STEP = Script(SETTLE + "return {call('EXISTS', PENDING), settle(tonumber(ARGV[2]))}")


class Pending:
    """Numbers that are on their way into the rankings."""

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store = store
        self._clock = clock

    async def settle(self) -> bool:
        """Settle what is pending now, in short steps; False if nothing was."""
        some, left = await self._step()
        for _ in range(-(-left // CHUNK)):
            await self._step()
        return bool(some)

    async def ask(self, script: Script, *args: str | int) -> Any:
        """Run a script that settles all before it looks: nearly all is settled before it, in short steps."""
        await self.settle()
        return await self._store.run(script, (), self._with_time(*args))

    async def _step(self) -> tuple[int, int]:
        some, left = await self._store.run(STEP, (), self._with_time(CHUNK))
        return some, left

    def _with_time(self, *args: str | int) -> Command:
        return [millis(self._clock.now()), *args]

"""What time alone does: hours leave the 7 days, weeks end and are sealed, event_ids are forgotten.

Each entry of `due:trending` is taken in steps of at most CHUNK articles or lists; a step does its part of the work
and takes away what it has done, so that a kill between two loses nothing and repeats nothing. Sealing and
forgetting wait until every view that was accepted before their moment is counted.
"""

import asyncio
from datetime import datetime

from services.trending.announce import Announcer
from services.trending.counters import ONCE
from services.trending.due_step import AGAIN, ENTER, WAIT
from services.trending.lua import IS_LATER, PRELUDE
from services.trending.pending import Pending
from services.trending.seal_step import SEAL
from shared.clock import Clock, due, millis
from shared.events import VIEWS
from shared.groups import COUNTERS
from shared.store import Script, Store
from shared.view_bounds import REMEMBERED

CHUNK = 100  # a step of so many blocks the store for a millisecond or two
LOOK_BACK = 60_000  # ms: how often to ask whether everything accepted is counted when nothing waits for it
LOOK = 1.0  # seconds between two looks for what falls due


class Due:
    """What falls due for trending."""

    def __init__(self, store: Store, pending: Pending) -> None:
        self._store = store
        self._pending = pending
        self._steps = {"hour": _HOUR, "end": _END, "seal": SEAL, "forget": _FORGET}

    async def keep_time(self, clock: Clock, announcer: Announcer) -> None:
        """For ever: do what is due, and let it be announced."""
        while True:
            await self.run(clock.now())
            announcer.poke()
            await asyncio.sleep(LOOK)

    async def run(self, now: datetime) -> bool:
        """Do everything that is due; False if something waits until earlier views are counted."""
        await self.reach(now, LOOK_BACK)
        waiting = False
        names = await self._store.do("ZRANGE", due(COUNTERS), "-inf", millis(now), "BYSCORE")
        for name in names:
            kind, _, of = name.decode().partition(":")
            if kind in ("seal", "forget"):
                await self.reach(now, 0)
            if kind == "seal":
                await self._pending.settle()
                await self._pending.write(of)
            outcome = AGAIN
            while outcome == AGAIN:
                outcome = await self._store.run(self._steps[kind], (), [millis(now), of, CHUNK])
            waiting = waiting or outcome == WAIT
        return not waiting

    async def reach(self, now: datetime, after_ms: int) -> None:
        """Move the moment up to which all accepted views are counted, if it is `after_ms` behind."""
        await self._store.run(_REACH, (), [millis(now), COUNTERS, after_ms])


# ARGV: now, the group, by how many milliseconds the moment may be behind. Where entries of the stream wait now, its end
# is marked with the moment, and once the group has passed the mark everything accepted until then is counted.
_REACH = Script(
    PRELUDE
    + IS_LATER
    + f"local VIEWS = '{VIEWS}'\n"
    + """
if call('EXISTS', VIEWS) == 0 then return 0 end
local group, after = ARGV[2], tonumber(ARGV[3])
local reached = tonumber(call('HGET', REACHED, 'at') or -1)
if reached >= now or now - reached < after then return 0 end

local function fields(flat)
  local found = {}
  for at = 1, #flat, 2 do found[flat[at]] = flat[at + 1] end
  return found
end

-- Whether the group has counted every entry up to this one.
local function passed(mark)
  for _, flat in ipairs(call('XINFO', 'GROUPS', VIEWS)) do
    local read = fields(flat)
    if read['name'] == group and not is_later(mark, read['last-delivered-id']) then
      local oldest = call('XPENDING', VIEWS, group)[2]
      return not oldest or is_later(oldest, mark)
    end
  end
  return false
end

local mark, marked_at = call('HGET', REACHED, 'mark'), call('HGET', REACHED, 'marked_at')
if mark and passed(mark) then
  call('HSET', REACHED, 'at', marked_at)
  call('HDEL', REACHED, 'mark', 'marked_at')
  mark = nil
end
if not mark then
  local newest = fields(call('XINFO', 'STREAM', VIEWS))['last-generated-id']
  if passed(newest) then
    call('HSET', REACHED, 'at', text(now))
  else
    call('HSET', REACHED, 'mark', newest, 'marked_at', text(now))
  end
end
return 1
"""
)

_HOUR = Script(
    PRELUDE
    + ENTER
    + """
if not is_due('hour') then return DONE end
local hour = hour_key(ARGV[2])
local held = call('HLEN', hour)
if held > 0 then
  local ids, views = take(hour, CHUNK, held)
  for at, n in ipairs(views) do views[at] = -n end
  increase(views_key('7d'), ids, views)
  for at, id in ipairs(ids) do shift('7d', root(id), views[at]) end
  apply()
end
if call('EXISTS', hour) == 1 then return AGAIN end
return done('hour')
"""
)

_END = Script(
    PRELUDE
    + ENTER
    + """
if not is_due('end') then return DONE end
call('SADD', TOUCHED, 'week:' .. ARGV[2])
return done('end')
"""
)

_FORGET = Script(
    PRELUDE
    + ENTER
    + ONCE
    + f"local REMEMBERED = '{REMEMBERED}'\n"
    + """
if not is_due('forget') then return DONE end
if counted_up_to() < tonumber(call('ZSCORE', DUE, entry_of('forget'))) then return WAIT end
local day = tonumber(ARGV[2])
local size, forgotten = tonumber(call('HGET', once_key(day), 'size') or 0), 0
for set = math.max(size - CHUNK, 0), size - 1 do
  forgotten = forgotten + call('SCARD', once_key(day, set))
  call('UNLINK', once_key(day, set))
end
call('DECRBY', REMEMBERED, forgotten)
if size > CHUNK then
  call('HSET', once_key(day), 'size', size - CHUNK)
  return AGAIN
end
call('DEL', once_key(day))
call('ZREM', ONCE_DAYS, ARGV[2])
return done('forget')
"""
)

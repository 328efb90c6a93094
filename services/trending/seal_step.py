"""Sealing: what is kept of a week for ever."""

from services.trending.due_step import ENTER
from services.trending.pending import SETTLE
from shared.ranking import SIZE
from shared.store import Script

# The first step takes the week out of WEEKS: from then on nothing changes its numbers, and the steps that follow
# may take their time.
SEAL = Script(
    SETTLE
    + ENTER
    + f"local TOP = {SIZE - 1}\n"
    + """
if not is_due('seal') then return DONE end
local week = ARGV[2]
if counted_up_to() < tonumber(call('ZSCORE', DUE, entry_of('seal'))) then return WAIT end

local function keep(list)
  local flat, top = call('ZRANGE', rank_key(week, list), 0, TOP, 'WITHSCORES'), {}
  for at = 1, #flat, 2 do top[#top + 1] = {ranked(list, flat[at]), -tonumber(flat[at + 1])} end
  if #top > 0 then call('HSET', sealed_key(week), list, cjson.encode(top)) end
  return top
end

-- Those that are withdrawn now and would stand in the top, to stand there when they return.
local function keep_hidden()
  local shown = call('ZRANGE', rank_key(week, 'all'), 0, TOP, 'WITHSCORES')
  local flat, found, before = call('ZRANGE', rank_key(week, 'hidden'), 0, TOP, 'WITHSCORES'), {}, 0
  for at = 1, #flat, 2 do
    local member, score = flat[at], tonumber(flat[at + 1])
    local function stands_after(other, its)
      return other and (tonumber(its) < score or (tonumber(its) == score and other < member))
    end
    while stands_after(shown[2 * before + 1], shown[2 * before + 2]) do before = before + 1 end
    if before <= TOP then found[#found + 1] = {ranked('hidden', member), -score, before} end
  end
  if #found > 0 then
    call('HSETNX', sealed_key(week), 'all', '[]')
    call('HSET', sealed_key(week), 'hidden', cjson.encode(found))
  end
  return found
end

if call('ZSCORE', WEEKS, week) then
  settle(math.huge)
  write(week, math.huge)
  call('ZREM', WEEKS, week)
  for _, entry in ipairs(keep('all')) do call('SADD', sealed_in_key(entry[1]), week) end
  for _, entry in ipairs(keep_hidden()) do call('SADD', sealed_in_key(entry[1]), week) end
  keep('topics')
  call('UNLINK', rank_key(week, 'all'), rank_key(week, 'hidden'), views_key(week))
  call('SADD', TOUCHED, 'week:' .. week)
  return AGAIN
end
local left = CHUNK
for _, kind in ipairs({'section', 'topic'}) do
  local index = rank_key(week, kind .. 's')
  local names = call('ZRANGE', index, 0, left - 1)
  for _, name in ipairs(names) do
    keep(kind .. ':' .. name)
    call('UNLINK', rank_key(week, kind .. ':' .. name))
  end
  if #names > 0 then call('ZREM', index, unpack(names)) end
  left = left - #names
  if left <= 0 then return AGAIN end
end
return done('seal')
"""
)

"""What lists hold, as a step at the store asks and changes it: where an article stands, how many a period has, and an
article's place in it.

The step has these for itself; what it counts and gives is known to it for all of its articles.
"""

from shared.live import MONTH, days_key, list_key, months_key, place_key
from shared.ranking import TOPICS, ranking_key

LISTS = (
    f"local MONTHS, DAYS, MONTH = '{months_key('')}', '{days_key('')}', {MONTH}\n"
    + f"local LIST, TOPICS = '{list_key('')}', '{ranking_key(TOPICS)}'\n"
    + f"local function place_key(name, period) return '{place_key('', '').rstrip(':')}:' .. name .. ':' .. period end\n"
    + """
local function rank_in(id, key, score)
  -- from the newest: where it stands, or would stand
  local rank = redis.call('ZREVRANK', key, id)
  if rank then return rank end
  redis.call('ZADD', key, score, id)
  rank = redis.call('ZREVRANK', key, id)
  redis.call('ZREM', key, id)
  return rank
end
local function position(known, id, name, score)
  if not known[name] then known[name] = rank_in(id, LIST .. name, score) end
  return known[name]
end

local counts, uncounted = {}, {}
local function count_in(name, period, change)
  -- the first change of a period is made at once, what others add in this step in the end
  local key = #period == MONTH and MONTHS .. name or DAYS .. string.sub(period, 1, MONTH)
  local kept = key .. period
  local known = counts[kept]
  if known and change ~= 0 then
    counts[kept] = known + change
    local more = uncounted[kept] or {key, period, 0}
    more[3] = more[3] + change
    uncounted[kept] = more
  elseif change ~= 0 then
    counts[kept] = redis.call('HINCRBY', key, period, change)
  elseif not known then
    counts[kept] = tonumber(redis.call('HGET', key, period) or 0)
  end
  return counts[kept]
end
local function turned(begun, name, period)
  -- whether it is empty now (ingest may have emptied it, when it withdrew the last) or was before
  return begun[name .. period] or count_in(name, period, 0) <= 0
end
local next_places = {}
local function give_place(places, id, name, period)
  -- for good: the one it has, or the next
  local key = place_key(name, period)
  local free = next_places[key] or redis.call('ZCARD', key)
  if redis.call('ZADD', key, 'NX', free, id) == 1 then
    places[key] = free
    free = free + 1
  end
  next_places[key] = free
end
local function place_of(places, id, name, period)
  local key = place_key(name, period)
  if places[key] == nil then places[key] = redis.call('ZSCORE', key, id) end
  return places[key]
end

local function leave(id, left)
  -- `left`: the list, and the periods that it was counted in
  redis.call('ZREM', LIST .. left[1], id)
  for at = 2, #left do count_in(left[1], left[at], -1) end
end
local function join(id, joined, score, places, begun)
  -- `joined`: the list, and the periods in which it gets a place; `begun` is told which of them were empty
  local name = joined[1]
  redis.call('ZADD', LIST .. name, score, id)
  for at = 2, #joined do
    give_place(places, id, name, joined[at])
    begun[name .. joined[at]] = count_in(name, joined[at], 1) == 1
  end
end
local function count_the_rest()
  for _, more in pairs(uncounted) do redis.call('HINCRBY', unpack(more)) end
end

local function picked(size)
  -- how many places of the topics block the announced topics fill: the newest article of each, none twice
  local count, seen = 0, {}
  for _, topic in ipairs(cjson.decode(redis.call('GET', TOPICS) or '[]')) do
    for _, other in ipairs(redis.call('ZREVRANGE', LIST .. 'topic:' .. topic, 0, size - 1)) do
      if not seen[other] then
        seen[other] = true
        count = count + 1
        break
      end
    end
    if count == size then break end
  end
  return count
end
"""
)

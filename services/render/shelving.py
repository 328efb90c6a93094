"""The step at the store that lists an article or takes it out of its lists, and marks what that changes."""

from services.render import dirty_steps
from shared.charts import charted_key
from shared.store import Script

SHELVE = Script(
    dirty_steps.LUA
    + f"local CHARTED = '{charted_key('')}'\n"
    + """
local plan, marks, card = cjson.decode(ARGV[1]), cjson.decode(ARGV[2]), ARGV[3]
local id = plan.id
for at, kept in ipairs(redis.call('MGET', unpack(KEYS, 9))) do
  if (kept or '') ~= ARGV[at + 3] then
    if done(plan.page, plan.token) == 1 then lost(plan.page) end
    return 0
  end
end

local due = {}
local function touch(page, patience)
  -- to be marked, with all others
  due[#due + 1], due[#due + 2] = page, patience
end
local function rank_in(key, score, command)
  -- where it stands, or would stand
  local rank = redis.call(command, key, id)
  if rank then return rank end
  redis.call('ZADD', key, score, id)
  rank = redis.call(command, key, id)
  redis.call('ZREM', key, id)
  return rank
end
local function position(known, name, score)
  -- among the newest
  if not known[name] then known[name] = rank_in('list:' .. name, score, 'ZREVRANK') end
  return known[name]
end
local places, counts = {}, {}
local function place_of(name, period)
  local key = 'place:' .. name .. ':' .. period
  if places[key] == nil then places[key] = redis.call('ZSCORE', key, id) end
  return places[key]
end
local function give_place(name, period)
  -- for good: the one it has, or the next
  local key = 'place:' .. name .. ':' .. period
  local free = redis.call('ZCARD', key)
  if redis.call('ZADD', key, 'NX', free, id) == 1 then places[key] = free end
end
local function count_in(name, period, change)
  local key = 'periods:' .. name
  if change ~= 0 then counts[key .. period] = redis.call('HINCRBY', key, period, change) end
  if not counts[key .. period] then counts[key .. period] = tonumber(redis.call('HGET', key, period) or 0) end
  return counts[key .. period]
end
local function picked(size)
  -- how many places of the topics block the announced topics fill: the newest article of each, none twice
  local count, seen = 0, {}
  for _, topic in ipairs(cjson.decode(redis.call('GET', 'ranking:topics') or '[]')) do
    for _, other in ipairs(redis.call('ZREVRANGE', 'list:topic:' .. topic, 0, size - 1)) do
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

local best, now_at, was_empty = {}, {}, {}
for _, m in ipairs(marks) do
  if (m[2] == 'within' or m[2] == 'short') and plan.before > 0 then position(best, m[3], plan.before) end
  if m[2] == 'edge' then was_empty[m[3]] = redis.call('EXISTS', 'list:' .. m[3]) == 0 end
end

for _, left in ipairs(plan.leave) do
  redis.call('ZREM', 'list:' .. left[1], id)
  for at = 2, #left do count_in(left[1], left[at], -1) end
end
for _, joined in ipairs(plan.join) do
  local name = joined[1]
  redis.call('ZADD', 'list:' .. name, plan.after, id)
  for at = 2, #joined do
    give_place(name, joined[at])
    count_in(name, joined[at], 1)
  end
end

for _, m in ipairs(marks) do
  local page, when, name, size, period, patience = unpack(m)
  if when == 'always' then
    touch(page, patience)
  elseif when == 'within' or when == 'short' then
    local rank = best[name]
    if plan.after > 0 then
      local after = position(now_at, name, plan.after)
      if not rank or after < rank then rank = after end
    end
    if when == 'within' and rank and rank < size then touch(page, patience) end
    if when == 'short' and rank and rank < 2 * size and picked(size) < size then touch(page, patience) end
  elseif when == 'edge' then
    if was_empty[name] or redis.call('EXISTS', 'list:' .. name) == 0 then touch(page, patience) end
  elseif when == 'place' then
    local place = place_of(name, period)
    if place then
      local n = math.floor(place / size)
      touch((string.gsub(page, '{n}', n + 1)), patience)
      if place % size == 0 and n > 0 then touch((string.gsub(page, '{n}', n)), patience) end
    end
  elseif when == 'charts' then
    for _, week in ipairs(redis.call('SMEMBERS', CHARTED .. id)) do
      mark((string.gsub(page, '{n}', week)), patience, plan.cause)
    end
  elseif when == 'period' then
    local count = count_in(name, period, 0)
    if count <= 1 then touch(page, patience) end
    if size > 0 and count > 1 then
      local place = place_of(name, period)
      if place and place % size == 0 then touch(page, patience) end
    end
  end
end

if redis.call('INCR', KEYS[8]) ~= plan.shelvings + 1 and #plan.near > 0 and card ~= '' then
  -- an article that was shelved beside it did not find it in the lists, nor was found by it: look again
  touch('article:' .. id, plan.patience)
end
for _, look in ipairs(plan.near) do touch(look, plan.patience) end
mark_all(due, plan.cause)
if ARGV[5] ~= '' then redis.call('DEL', KEYS[10]) end
if plan.moved ~= '' then redis.call('SADD', 'former:' .. id, plan.moved) end
if card ~= '' then
  redis.call('SET', 'live:' .. id, card)
  local waits = redis.call('SMEMBERS', 'render:waits:' .. id)
  for _, page in ipairs(waits) do again(page) end
  if #waits > 0 then redis.call('DEL', 'render:waits:' .. id) end
  redis.call('SREM', 'former:' .. id, plan.path)
  redis.call('HSET', 'built:' .. id, unpack(plan.built))
  if plan.news_until > 0 then redis.call('ZADD', 'due:press', plan.news_until, 'news:' .. id) end
else
  redis.call('DEL', 'live:' .. id)
end
if #plan.events > 0 then rebuilt(plan.page, plan.cause) end
for _, page in ipairs(plan.firsts) do rebuilt(page, plan.cause) end
for _, event in ipairs(plan.events) do redis.call('XADD', KEYS[7], '*', 'event', event) end
local held = done(plan.page, plan.token)
if card == '' and held == 1 then
  redis.call('ZADD', GONE, 'LT', now + plan.gone_after, plan.page)
  caused(plan.page, plan.cause)
end
return 1
"""
)

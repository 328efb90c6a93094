"""The step at the store that finds an article's related ones by the rule of `services.render.related`."""

from shared.store import Script

FIND = Script("""
local id, score, around, size = ARGV[1], ARGV[2], tonumber(ARGV[3]), tonumber(ARGV[4])
local place_of, found, moments, shared = {[id] = 0}, {}, {}, {}
local function within(key, below, from)
  -- those around a place that so many are below; and the moments between which these are all
  local members = redis.call('ZRANGE', key, math.max(0, below - around), from + around - 1, 'WITHSCORES')
  local count, low, high = #members / 2, -math.huge, math.huge
  if below > around then low = tonumber(members[2]) end
  if count - math.min(below, around) == from - below + around then high = tonumber(members[#members]) end
  return members, low, high
end
local function members_around(key)
  local listed = redis.call('ZRANK', key, id, 'WITHSCORE')
  if listed and tonumber(listed[2]) == tonumber(score) then return within(key, listed[1], listed[1] + 1) end
  if listed then
    -- its page comes before its lists: it still stands where it was, and is asked for where it will be
    redis.call('ZADD', key, score, id)
    local rank = redis.call('ZRANK', key, id)
    local members, low, high = within(key, rank, rank + 1)
    redis.call('ZADD', key, listed[2], id)
    return members, low, high
  end
  local newest = redis.call('ZREVRANGE', key, 0, around - 1, 'WITHSCORES')
  if #newest == 0 or tonumber(newest[2]) < tonumber(score) then
    return newest, #newest < 2 * around and -math.huge or tonumber(newest[#newest]), math.huge
  end
  local below = redis.call('ZCOUNT', key, '-inf', '(' .. score)
  if redis.call('ZCOUNT', key, score, score) > 0 then
    -- others of the same moment: the order of ids tells where it would be
    redis.call('ZADD', key, score, id)
    below = redis.call('ZRANK', key, id)
    redis.call('ZREM', key, id)
  end
  return within(key, below, below)
end
local windows = {}
for number, key in ipairs(KEYS) do
  local members, low, high = members_around(key)
  local inside = {}
  windows[number] = {key, inside, low, high}
  for at = 1, #members, 2 do
    local place = place_of[members[at]]
    if not place then
      place = #found + 1
      place_of[members[at]] = place
      found[place], moments[place], shared[place] = members[at], tonumber(members[at + 1]), 0
    end
    if place > 0 then
      inside[place] = true
      shared[place] = shared[place] + 1
    end
  end
end
if #found == 0 then return {} end
for _, window in ipairs(windows) do
  local key, inside, low, high = unpack(window)
  local asked, places = {}, {}
  for place, other in ipairs(found) do
    -- who is not among the members of its moment is not a member
    if not inside[place] and (moments[place] <= low or moments[place] >= high) then
      asked[#asked + 1], places[#places + 1] = other, place
    end
  end
  if #asked > 0 then
    for at, there in ipairs(redis.call('ZMSCORE', key, unpack(asked))) do
      if there then shared[places[at]] = shared[places[at]] + 1 end
    end
  end
end
local best = {}
while #best < size do
  local first
  for at, other in ipairs(found) do
    if shared[at] > 0 and (not first or shared[at] > shared[first] or shared[at] == shared[first] and
        (moments[at] > moments[first] or moments[at] == moments[first] and other < found[first])) then
      first = at
    end
  end
  if not first then break end
  shared[first] = 0
  best[#best + 1] = ARGV[5] .. found[first]
end
return redis.call('MGET', unpack(best))
""")

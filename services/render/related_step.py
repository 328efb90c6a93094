"""How an article's related ones are found at the store, by the rule of `services.render.related`."""

from services.render.related import AROUND, TOPICS
from shared.live import list_key, live_key

RELATED = (
    f"local AROUND, MOST, TOPIC, LIVE_CARD = {AROUND}, {TOPICS}, '{list_key('topic:')}', '{live_key('')}'"
    + """
local function around_place(list, below, from)
  -- those around a place that so many are below; and the moments between which these are all
  local members = redis.call('ZRANGE', list, math.max(0, below - AROUND), from + AROUND - 1, 'WITHSCORES')
  local count, low, high = #members / 2, -math.huge, math.huge
  if below > AROUND then low = tonumber(members[2]) end
  if count - math.min(below, AROUND) == from - below + AROUND then high = tonumber(members[#members]) end
  return members, low, high
end
local function around_article(list, id, score, is_live)
  local listed = is_live and redis.call('ZRANK', list, id, 'WITHSCORE')
  if listed and tonumber(listed[2]) == score then return around_place(list, listed[1], listed[1] + 1) end
  if listed then
    -- its page comes before its lists: it still stands where it was, and is asked for where it will be
    redis.call('ZADD', list, score, id)
    local rank = redis.call('ZRANK', list, id)
    local members, low, high = around_place(list, rank, rank + 1)
    redis.call('ZADD', list, listed[2], id)
    return members, low, high
  end
  local newest = redis.call('ZREVRANGE', list, 0, AROUND - 1, 'WITHSCORES')
  if #newest == 0 or tonumber(newest[2]) < score then
    return newest, #newest < 2 * AROUND and -math.huge or tonumber(newest[#newest]), math.huge
  end
  local below = redis.call('ZCOUNT', list, '-inf', '(' .. score)
  if redis.call('ZCOUNT', list, score, score) > 0 then
    -- others of the same moment: the order of ids tells where it would be
    redis.call('ZADD', list, score, id)
    below = redis.call('ZRANK', list, id)
    redis.call('ZREM', list, id)
  end
  return around_place(list, below, below)
end
local function related_to(id, score, topics, size, is_live)
  -- the cards of up to `size` articles; false for one that is not listed any more. `is_live`: whether lists have it
  local place_of, found, moments, shared, windows = {[id] = 0}, {}, {}, {}, {}
  for number = 1, math.min(#topics, MOST) do
    local list, inside = TOPIC .. topics[number], {}
    local members, low, high = around_article(list, id, score, is_live)
    windows[number] = {list, inside, low, high}
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
    local list, inside, low, high = unpack(window)
    local asked, places = {}, {}
    for place, other in ipairs(found) do
      -- who is not among the members of its moment is not a member
      if not inside[place] and (moments[place] <= low or moments[place] >= high) then
        asked[#asked + 1], places[#places + 1] = other, place
      end
    end
    if #asked > 0 then
      for at, there in ipairs(redis.call('ZMSCORE', list, unpack(asked))) do
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
    best[#best + 1] = LIVE_CARD .. found[first]
  end
  return redis.call('MGET', unpack(best))
end
"""
)

"""The step at the store that lists articles or takes them out of their lists, one after the other, and marks what
that changes."""

from services.render import dirty_steps, keys
from services.render.dirty_steps import basis_key, waits_key
from services.render.lists_step import LISTS
from services.render.marks_step import MARKS
from shared.articles import record_key
from shared.clock import due
from shared.live import left_key, live_key
from shared.store import Script

# KEYS[9] the stream of pages, KEYS[10] SHELVINGS, then BEYOND_LISTS. ARGV: the plans, JSON; all of their marks, JSON;
# then for each plan the article's new card ('' where it leaves), and what the plan rests on: the cards of `live:` and
# `left:`, and BEYOND_LISTS, as they were read. Answers for each plan 1, or 0 where something is not as it was read (the
# page waits again then), or the text of an error.
#
# A plan (`shelf.Shelf.shelve` makes it) has
#   id, page, token, cause, untold   the article, its page, and the page's lease (`leases.Taken`)
#   leave, join      lists that the article leaves and joins: {name, period, period, …}
#   before, after    its score in lists, the last one and the new one; false where there is none
#   marks            numbers of marks: {page, when, list, size, period, patience} (`affected.Mark`)
#   near, patience   looks around the article (`neighbours.near`), and their patience
#   shelvings        how many shelvings there had been when it was read
#   built, basis     fields of `built:{id}`, and their values; what its page was built from
#   events, firsts, alone   what went to disk with it (`shelf.Brought`)
#   gone_after, news_until  milliseconds until its 410 at the latest; when it leaves the news, or 0
SHELVE = Script(
    dirty_steps.LUA
    + LISTS
    + MARKS
    + f"local LIVE, LEFT = '{live_key('')}', '{left_key('')}'\n"
    + f"local DUE, NEWS, WAITS, LAST = '{due('press')}', '{keys.NEWS_DUE}:', '{waits_key('')}', {keys.LAST}\n"
    + f"local RECORD, BASIS = '{record_key('')}', '{basis_key('')}'\n"
    + """
local PAGES, SHELVINGS, BEYOND = KEYS[9], KEYS[10], {KEYS[11], KEYS[12], KEYS[13]}
local plans, marks = cjson.decode(ARGV[1]), cjson.decode(ARGV[2])
local beyond = redis.call('MGET', unpack(BEYOND))

local pages, ended, reasons = {}, {}, {}
for number, plan in ipairs(plans) do pages[number] = plan.page end
local tokens = redis.call('HMGET', TOKENS, unpack(pages))
local function give_back(plan)
  -- its lease, in the end, with those of the others; false if somebody else has it
  if not is_held(tokens[plan.number], plan.token) then lost(plan.page) return false end
  ended[#ended + 1] = plan.page
  return true
end
local function rebuilt_by(page, cause) reasons[#reasons + 1], reasons[#reasons + 2] = page, because(cause) end

local function is_gone(record, revision)
  -- whether readers are not meant to see it any more; of most articles the record is still that of their page
  if not record or string.find(record, '"revision":' .. revision .. ',', 1, true) then return false end
  local now = cjson.decode(record)
  return now.state ~= 'published' or now.down or now.replaced_by ~= cjson.null
end

local function holds(kept, live, left, first)
  -- whether its card, while it is listed or as it was last, and what pages show beyond lists are as they were read
  if (kept[1] or '') ~= live or (kept[2] or '') ~= left then return false end
  for at, value in ipairs(beyond) do
    if (value or '') ~= ARGV[first + at] then return false end
  end
  return true
end

local function shows_it_alone(page)
  -- whether a page that an article brought with it shows no other one; where one left, its place is kept
  local kind, name = string.match(page, '^(%a+):(.*)$')
  if kind ~= 'archive' then return redis.call('ZCARD', LIST .. name) == 1 end
  local list, period = string.match(name, '^(.*)|(.*)|')
  return redis.call('ZCARD', place_key(list, period)) == 1
end

local function leave_whole(plan)
  -- what an article brought with it is as it is to be, if it is alone there and nobody has taken it to build since
  whole = {}
  for page, mark in pairs(plan.alone) do
    if redis.call('HGET', CAUSES, page) == mark and shows_it_alone(page) then
      whole[page] = true
      redis.call('ZREM', queue_of(page), page)
      redis.call('HDEL', CAUSES, page)
    end
  end
end

local function list(plan, places)
  -- which of its new periods were empty
  local begun = {}
  for _, left in ipairs(plan.leave) do leave(plan.id, left) end
  for _, joined in ipairs(plan.join) do join(plan.id, joined, plan.after, places, begun) end
  return begun
end

local function bring_back(plan, begun)
  -- at once: pages of what was empty that it did not bring, since they were there still. Whoever builds them from
  -- before it came takes them away, and what is listed now leads to them
  local brought = {}
  for _, page in ipairs(plan.firsts) do brought[page] = true end
  local function back(page)
    if not brought[page] then touch(page, 0, plan.cause) end
  end
  for _, joined in ipairs(plan.join) do
    local name, some = joined[1], false
    for at = 2, #joined do
      if begun[name .. joined[at]] then
        some = true
        back('archive:' .. name .. '|' .. joined[at] .. '|1')
      end
    end
    if some and name ~= 'all' and redis.call('ZCARD', LIST .. name) == 1 then
      back('list:' .. name)
      back('feed:' .. name)
    end
  end
end

local function note(plan, card, live)
  local id = plan.id
  if card ~= '' then
    if card ~= live then redis.call('SET', LIVE .. id, card) end
    local waits = redis.call('SMEMBERS', WAITS .. id)
    -- before all others: what they led to until now may be gone
    for _, page in ipairs(waits) do redis.call('ZADD', ARTICLES, 'LT', 0, page) end
    if #waits > 0 then redis.call('DEL', WAITS .. id) end
    redis.call('HSET', BUILT .. id, unpack(plan.built))
    redis.call('SET', BASIS .. id, plan.basis)
    redis.call('HDEL', BUILT .. id, 'gone')
    if plan.news_until > 0 then redis.call('ZADD', DUE, plan.news_until, NEWS .. id) end
  else
    redis.call('DEL', LIVE .. id, BASIS .. id)
  end
  if #plan.events > 0 then rebuilt_by(plan.page, plan.cause) end
  for _, page in ipairs(plan.firsts) do
    rebuilt_by(page, plan.cause)
    redis.call('SREM', UNTOLD, page)
    -- what it waited for is done: where others came onto it too, it has the time that such pages have
    if redis.call('ZREM', GONE, page) == 1 then touch(page, LAST, plan.cause) end
  end
  for _, event in ipairs(plan.events) do redis.call('XADD', PAGES, '*', 'event', event) end
end

local function shelve(plan, card, live, left, first)
  -- who was not listed when it went could not leave, and must not come now
  local kept = redis.call('MGET', LIVE .. plan.id, LEFT .. plan.id, RECORD .. plan.id)
  local gone = card ~= '' and is_gone(kept[3], plan.built[2])
  if gone or not holds(kept, live, left, first) then
    if give_back(plan) then
      distrust(plan.page)
      if plan.untold or #plan.events > 0 then redis.call('SADD', UNTOLD, plan.page) end
    end
    caused(plan.page, plan.cause)
    return 0
  end
  local best, was_empty = stood(marks, plan)
  local places = {}
  local begun = list(plan, places)
  leave_whole(plan)
  mark_what_changes(marks, plan, best, was_empty, begun, places)
  bring_back(plan, begun)
  local number = redis.call('INCR', SHELVINGS)
  if number ~= plan.shelvings + 1 and #plan.near > 0 and card ~= '' then
    -- an article that was shelved beside it did not find it in the lists, nor was found by it: look again
    touch_around('article:' .. plan.id, plan.patience, plan.cause)
  end
  for _, look in ipairs(plan.near) do touch_around(look .. '|' .. number, plan.patience, plan.cause) end
  if left ~= '' then redis.call('DEL', LEFT .. plan.id) end
  note(plan, card, live)
  if not give_back(plan) or card == '' then caused(plan.page, plan.cause) end
  if card == '' then
    redis.call('ZADD', GONE, 'LT', now + plan.gone_after, plan.page)
    if plan.untold then redis.call('SADD', UNTOLD, plan.page) end
  end
  return 1
end

local results, at = {}, 3
for number, plan in ipairs(plans) do
  plan.number = number
  -- what is wrong with one must not keep the others from being listed, nor what they change from being marked
  local well, result = pcall(shelve, plan, ARGV[at], ARGV[at + 1], ARGV[at + 2], at + 2)
  results[number] = well and result or tostring(type(result) == 'table' and result.err or result)
  at = at + 3 + #BEYOND
end
count_the_rest()
if #ended > 0 then
  redis.call('HDEL', TOKENS, unpack(ended))
  redis.call('ZREM', LEASES, unpack(ended))
end
for first = 1, #reasons, 1000 do -- unpack has its bounds; 24 articles may bring thousands of pages
  redis.call('HSET', WHY, unpack(reasons, first, math.min(first + 999, #reasons)))
end
mark_touched()
return results
"""
)

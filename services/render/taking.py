"""Which pages a builder gets, in which order: leased in one atomic step, with what the store knows of an article."""

from services.render.dirty_steps import LUA
from services.render.known import KNOWN
from shared.store import Script

_TAKING = (
    LUA
    + KNOWN
    + """
local function take_pages(most, few, share, least, token, lease, size, first)
  -- `size`: how many related articles are told with an article
  -- `few`: how many there are at the most, once no more than pages that can wait are among them
  -- `share`: how many places overdue pages have beside articles
  -- `least`: 0, or how many articles must wait before one who only helps takes any. On a busy machine it gets little
  -- time: so it takes what others would come to last, no withdrawal and none of the `first`, and while articles come
  -- it leaves the other pages alone, since those have a time at which they must be there
  local taken, count, leased = {}, 0, redis.call('ZCARD', LEASES)
  local some_gone, some_background = redis.call('ZCARD', GONE) > 0, redis.call('ZCARD', BACKGROUND) > 0
  local some_unhurried = redis.call('ZCARD', UNHURRIED) > 0
  local some_untold = redis.call('EXISTS', 'render:untold') == 1
  local is_first = {}
  for _, page in ipairs(first) do is_first[page] = true end
  local function take_page(page)
    if redis.call('ZSCORE', LEASES, page) then return 0 end
    local id = string.match(page, '^article:(.*)')
    redis.call('ZREM', SHARED, page)
    if some_unhurried then redis.call('ZREM', UNHURRIED, page) end
    if some_background then redis.call('ZREM', BACKGROUND, page) end
    if some_gone then redis.call('ZREM', GONE, page) end
    if id then redis.call('ZREM', ARTICLES, page) end
    local mark = redis.call('HGET', CAUSES, page) or ''
    redis.call('ZADD', LEASES, now + lease, page)
    redis.call('HSET', TOKENS, page, token .. '\\n' .. mark)
    redis.call('HDEL', CAUSES, page)
    local untold = some_untold and redis.call('SREM', 'render:untold', page) or 0
    count = count + 1
    taken[count] = {page, mark, id and known_of(id, size) or false, untold}
    return 1
  end
  local function take(name, highest, limit)
    local pages = redis.call('ZRANGEBYSCORE', name, '-inf', highest, 'LIMIT', 0, limit + leased)
    for _, page in ipairs(pages) do
      if count >= most or limit == 0 then return end
      limit = limit - take_page(page)
    end
  end
  if least > 0 then
    local function take_last(name, lowest, highest)
      local asked = most + leased + #first
      for _, page in ipairs(redis.call('ZREVRANGEBYSCORE', name, highest, lowest, 'LIMIT', 0, asked)) do
        if count >= most then return end
        if not is_first[page] then take_page(page) end
      end
    end
    local articles = redis.call('ZCARD', ARTICLES)
    if articles >= least then take_last(ARTICLES, '(0', '+inf') end
    for _, queues in ipairs({{SHARED, UNHURRIED}, {BACKGROUND}}) do
      local late = 0
      for _, name in ipairs(queues) do late = late + redis.call('ZCOUNT', name, '-inf', now) end
      for _, name in ipairs(queues) do
        if articles == 0 and late >= least then take_last(name, '-inf', now) end
      end
    end
    return taken
  end
  take(GONE, now, most)
  take(ARTICLES, 0, most)
  for _, page in ipairs(first) do
    -- what must not wait behind other pages that are overdue
    local due = redis.call('ZSCORE', SHARED, page)
    if due and tonumber(due) <= now and count < most then take_page(page) end
  end
  -- where few articles wait, the next one should not wait for many pages
  if few < share and redis.call('ZCARD', ARTICLES) < most then share = few end
  -- lists have less time than feeds and archives, which all come due some seconds into a batch and would be before them
  local unhurried, before = math.min(math.ceil(share / 3), redis.call('ZCOUNT', UNHURRIED, '-inf', now)), count
  take(SHARED, now, share - unhurried)
  take(UNHURRIED, now, share - (count - before))
  take(BACKGROUND, now, math.ceil(share / 6))
  take(ARTICLES, '+inf', most)
  if count < few then take(SHARED, '+inf', few - count) end
  if count < few then take(UNHURRIED, '+inf', few - count) end
  local waits = redis.call('ZCARD', SHARED) + redis.call('ZCARD', UNHURRIED)
  local idle = waits == 0 and redis.call('ZCARD', LEASES) == 0 -- what is taken here among them
  if idle then take(GONE, '+inf', most) end
  if count < few then take(BACKGROUND, '+inf', few - count) end
  return taken
end
"""
)

MARK_ARTICLES = Script(
    _TAKING
    + """
local group, most, room, token, lease = ARGV[1], tonumber(ARGV[2]), tonumber(ARGV[3]), ARGV[4], tonumber(ARGV[5])
for at = 7, #ARGV, 5 do
  local entry, cause, id, revision, urgent = unpack(ARGV, at, at + 4)
  redis.call('XACK', KEYS[9], group, entry)
  if tonumber(redis.call('HGET', 'built:' .. id, 'revision') or -1) < tonumber(revision) then
    local page = 'article:' .. id
    redis.call('ZADD', ARTICLES, 'LT', urgent == '1' and 0 or now, page)
    caused(page, cause)
  end
end
-- articles alone: they do not wait for what is being built, nor for one another's sake
if redis.call('ZCARD', LEASES) > room then return {} end
return take_pages(most, 0, 0, 0, token, lease, tonumber(ARGV[6]), {})
"""
)

TAKE = Script(
    _TAKING
    + """
for _, page in ipairs(redis.call('ZRANGEBYSCORE', LEASES, '-inf', now)) do
  end_lease(page, redis.call('HGET', TOKENS, page))
end
local most, few, least, lease, size = unpack(ARGV, 1, 5)
most = tonumber(most)
return take_pages(most, tonumber(few), math.ceil(most / 2), tonumber(least), ARGV[6], tonumber(lease), tonumber(size),
  {unpack(ARGV, 7)})
"""
)

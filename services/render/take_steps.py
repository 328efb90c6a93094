"""Which pages a builder gets, in which order: leased in one atomic step, with what the store knows of an article."""

from services.render.dirty_steps import LUA
from services.render.known import KNOWN
from shared.store import Script

_TAKING = (
    LUA
    + KNOWN
    + """
local function take_pages(most, few, early, share, least, token, lease, size, look, first)
  -- `most`: up to so many in all, and beyond that those of the `first` that are overdue
  -- `size`: how many related articles are told with an article
  -- `look`: what the builder's templates and settings make of pages. With another one than the site's it must not build
  -- what is to be built again with the site's, and what it builds meanwhile is among that
  -- `few`: where few articles wait, overdue pages are taken only up to so many
  -- `early`: pages that are not due yet are taken only up to so many in all
  -- `share`: how many places overdue pages have beside articles
  -- `least`: 0, or how many articles must wait before one who only helps takes any. On a busy machine it gets little
  -- time: so it takes what others would come to last, no withdrawal and none of the `first`, and while articles come
  -- it leaves the other pages alone, since those have a time at which they must be there
  local taken, count, leased = {}, 0, redis.call('ZCARD', LEASES)
  local some_gone, some_background = redis.call('ZCARD', GONE) > 0, redis.call('ZCARD', BACKGROUND) > 0
  local some_unhurried = redis.call('ZCARD', UNHURRIED) > 0
  local is_other = builds_otherwise(look)
  local some_untold = redis.call('EXISTS', UNTOLD) == 1
  local is_first = {}
  for _, page in ipairs(first) do is_first[page] = true end
  local function lease_all(pages)
    -- each of these is in some queue, and on no lease
    redis.call('ZREM', ARTICLES, unpack(pages))
    redis.call('ZREM', SHARED, unpack(pages))
    if some_unhurried then redis.call('ZREM', UNHURRIED, unpack(pages)) end
    if some_background then redis.call('ZREM', BACKGROUND, unpack(pages)) end
    if some_gone then redis.call('ZREM', GONE, unpack(pages)) end
    local marks, leases, tokens = redis.call('HMGET', CAUSES, unpack(pages)), {}, {}
    for at, page in ipairs(pages) do
      leases[2 * at - 1], leases[2 * at] = now + lease, page
      tokens[2 * at - 1], tokens[2 * at] = page, token .. '\\n' .. (marks[at] or '')
    end
    redis.call('ZADD', LEASES, unpack(leases))
    redis.call('HSET', TOKENS, unpack(tokens))
    redis.call('HDEL', CAUSES, unpack(pages))
    local untold = some_untold and redis.call('SMISMEMBER', UNTOLD, unpack(pages)) or {}
    if some_untold then redis.call('SREM', UNTOLD, unpack(pages)) end
    for at, page in ipairs(pages) do
      local id = string.match(page, '^article:(.*)')
      taken[count + at] = {page, marks[at] or '', id and known_of(id, size) or false, untold[at] or 0}
    end
    count = count + #pages
    if is_other then
      for _, page in ipairs(pages) do mark(BACKGROUND, page, 0, 'rebuild') end
    end
  end
  local function take_of(pages, limit)
    -- so many of these at the most, from the first one on
    if #pages == 0 then return end
    local free = {}
    for at, ends in ipairs(redis.call('ZMSCORE', LEASES, unpack(pages))) do
      if #free >= limit then break end
      if not ends then free[#free + 1] = pages[at] end
    end
    if #free > 0 then lease_all(free) end
  end
  local function take(name, highest, limit)
    limit = math.min(limit, most - count)
    if limit < 1 then return end
    take_of(redis.call('ZRANGEBYSCORE', name, '-inf', highest, 'LIMIT', 0, limit + leased), limit)
  end
  if least > 0 then
    if is_other then return taken end
    local function take_last(name, lowest, highest)
      local asked, pages = most + leased + #first, {}
      for _, page in ipairs(redis.call('ZREVRANGEBYSCORE', name, highest, lowest, 'LIMIT', 0, asked)) do
        if not is_first[page] then pages[#pages + 1] = page end
      end
      take_of(pages, most)
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
    if due and tonumber(due) <= now then take_of({page}, 1) end
  end
  -- where few articles wait, the next one should not wait for many pages
  if few < share and redis.call('ZCARD', ARTICLES) < most then share = few end
  -- lists have less time than feeds and archives, which all come due some seconds into a batch and would be before them
  local unhurried, before = math.min(math.ceil(share / 3), redis.call('ZCOUNT', UNHURRIED, '-inf', now)), count
  take(SHARED, now, share - unhurried)
  take(UNHURRIED, now, share - (count - before))
  if not is_other then take(BACKGROUND, now, math.ceil(share / 6)) end
  take(ARTICLES, '+inf', most)
  take(SHARED, '+inf', early - count)
  take(UNHURRIED, '+inf', early - count)
  local waits = redis.call('ZCARD', SHARED) + redis.call('ZCARD', UNHURRIED)
  local idle = waits == 0 and redis.call('ZCARD', LEASES) == 0 -- what is taken here among them
  if idle then take(GONE, '+inf', most) end
  if not is_other then take(BACKGROUND, '+inf', early - count) end
  return taken
end
"""
)

MARK_ARTICLES = Script(
    _TAKING
    + """
local group, most, room, token, lease = ARGV[1], tonumber(ARGV[2]), tonumber(ARGV[3]), ARGV[4], tonumber(ARGV[5])
local entries, marks, mark_of = {}, {}, {}
for at = 8, #ARGV, 5 do
  local entry, cause, id, revision, urgent = unpack(ARGV, at, at + 4)
  entries[#entries + 1] = entry
  if tonumber(redis.call('HGET', BUILT .. id, 'revision') or -1) < tonumber(revision) then
    local page, patience = 'article:' .. id, urgent == '1' and -now or 0
    local mark = mark_of[page]
    if not mark then
      mark = #marks
      mark_of[page] = mark
      marks[mark + 1], marks[mark + 2], marks[mark + 3] = page, patience, cause
    elseif patience < marks[mark + 2] then
      marks[mark + 2] = patience
    end
  end
end
redis.call('XACK', KEYS[9], group, unpack(entries))
mark_all(ARTICLES, marks)
-- articles alone: they do not wait for what is being built, nor for one another's sake
if redis.call('ZCARD', LEASES) > room then return {} end
return take_pages(most, 0, 0, 0, 0, token, lease, tonumber(ARGV[6]), ARGV[7], {})
"""
)

TAKE = Script(
    _TAKING
    + """
local function end_leases(from, to)
  for _, page in ipairs(redis.call('ZRANGEBYSCORE', LEASES, from, to)) do
    end_lease(page, redis.call('HGET', TOKENS, page))
  end
end
end_leases('-inf', now)
-- what stands beyond the furthest moment was noted before the machine's clock was put back: it would wait till then
end_leases(now + FURTHEST, '+inf')
for _, name in ipairs({ARTICLES, SHARED, UNHURRIED, BACKGROUND, GONE}) do
  for _, page in ipairs(redis.call('ZRANGEBYSCORE', name, now + FURTHEST, '+inf', 'LIMIT', 0, 100)) do
    redis.call('ZADD', name, now, page)
  end
end
local most, few, early, least, lease, size = unpack(ARGV, 1, 6)
most = tonumber(most)
return take_pages(most, tonumber(few), tonumber(early), math.ceil(most / 2), tonumber(least), ARGV[8], tonumber(lease),
  tonumber(size), ARGV[7], {unpack(ARGV, 9)})
"""
)

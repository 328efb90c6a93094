"""What happens to the dirty set at the store, each in one atomic step, and the keys it is kept under; how pages are
taken from it stands in `take_steps`.

`render:dirty:articles` sorted set of page keys by when they were marked: new articles, first come first served; at 0,
before all of them, withdrawn ones and those that waited for another to be listed ·
`render:dirty:shared` sorted set of the page keys of lists, fragments and whatever else is not to be older than two
seconds, by when they are due ·
`render:dirty:unhurried` the same of feeds, archives and sitemaps, which may be five times as old ·
`render:dirty:background` the same of pages that can wait for all others: looks around an article, articles' pages that
may show other related articles, and whatever is built again though no event asks for it ·
`render:dirty:gone` sorted set of what must not be built while anything else is in hand, by when it is due at the
latest: withdrawn articles' pages, whose 410 follows the lists, and pages that an article brings with it, which show it
before it is listed ·
`render:leases` sorted set of page keys that are being built, by when the lease ends ·
`render:tokens` hash, page key → token of its lease, and the mark it was taken with ·
`render:causes` hash, page key → event_id and time of its mark ·
`render:untold` set of page keys whose files may have changed without an event that told it ·
`render:waits:{id}` set of page keys that are marked once that article is listed ·
`render:basis:{id}` what the page of an article that is listed was built from (`neighbours.basis`) ·
`render:why` hash, page key → event_id and time of what last changed its files ·
`render:look` the digest of templates and site settings that pages are to be built with (`refresh`).
Times are the machine's milliseconds, never the site's: a lease does not stop with the site's clock. None is further
ahead than FURTHEST, which is how one shows that was noted before the machine's clock was put back.
"""

from services.render import keys
from shared.backlog import SHARED, TO_BUILD, UNHURRIED
from shared.live import built_key
from shared.store import Script

BACKGROUND = "render:dirty:background"
GONE = "render:dirty:gone"
LEASES = "render:leases"
TOKENS = "render:tokens"
CAUSES = "render:causes"
WHY = "render:why"
UNTOLD = "render:untold"
LOOK = "render:look"
WAITING = (TO_BUILD, SHARED, UNHURRIED, BACKGROUND, GONE, LEASES)
"""Where page keys stand that wait or are being built."""
LEASE_MS = 15_000
HELP_LEASE_MS = 3_000
"""A press that only helps may be given so little of the machine that it stands still with a page."""
GONE_AFTER_MS = 1_400
FURTHEST = 20_000
"""Milliseconds that no lease and no patience reaches."""
ALL = (*WAITING, TOKENS, CAUSES)
"""The first KEYS of every script that begins with LUA, whose own stand behind them."""


def basis_key(article: str) -> str:
    """Key of what an article's page was built from."""
    return f"render:basis:{article}"


def waits_key(article: str) -> str:
    """Key of the pages that wait for an article to be listed: those that are to lead to it."""
    return f"render:waits:{article}"


LUA = (
    f"local WHY, UNTOLD, BUILT, LOOK = '{WHY}', '{UNTOLD}', '{built_key('')}', '{LOOK}'\n"
    + f"local FURTHEST = {FURTHEST}\n"
    + f"local CAN_WAIT = {{{', '.join(f'[{kind!r}] = true' for kind in keys.UNHURRIED)}}}"
    + """
local ARTICLES, SHARED, UNHURRIED, BACKGROUND, GONE, LEASES, TOKENS, CAUSES = unpack(KEYS, 1, 8)
local clock = redis.call('TIME')
local now = clock[1] * 1000 + math.floor(clock[2] / 1000)
local function caused(page, cause)
  redis.call('HSETNX', CAUSES, page, cause .. ' ' .. now)
end
local function queue_of(page)
  return CAN_WAIT[string.match(page, '^[^:]*')] and UNHURRIED or SHARED
end
local function mark(name, page, patience, cause)
  redis.call('ZADD', name, 'LT', now + patience, page)
  caused(page, cause)
end
local function mark_all(name, marks)
  -- `mark` for each of {page, patience, cause, page, …}, no page twice, in a few calls; unpack has its bounds
  for first = 1, #marks, 900 do
    local scored, asked, causes = {}, {}, {}
    for at = first, math.min(first + 899, #marks), 3 do
      scored[#scored + 1], scored[#scored + 2] = now + marks[at + 1], marks[at]
      asked[#asked + 1] = marks[at]
    end
    redis.call('ZADD', name, 'LT', unpack(scored))
    for at, known in ipairs(redis.call('HMGET', CAUSES, unpack(asked))) do
      if not known then
        causes[#causes + 1], causes[#causes + 2] = asked[at], marks[first + 3 * at - 1] .. ' ' .. now
      end
    end
    if #causes > 0 then redis.call('HSET', CAUSES, unpack(causes)) end
  end
end
local function mark_due(marks)
  -- `mark_all` for pages of both queues
  local shared, unhurried = {}, {}
  for at = 1, #marks, 3 do
    local queue = queue_of(marks[at]) == SHARED and shared or unhurried
    local last = #queue
    queue[last + 1], queue[last + 2], queue[last + 3] = marks[at], marks[at + 1], marks[at + 2]
  end
  mark_all(SHARED, shared)
  mark_all(UNHURRIED, unhurried)
end
local function again(page)
  local name = string.sub(page, 1, 8) == 'article:' and ARTICLES or queue_of(page)
  redis.call('ZADD', name, 'LT', now, page)
end
local function distrust(page)
  -- what is on disk may be another page than the store knows of: it is built again, whatever it shows
  if string.sub(page, 1, 8) == 'article:' then redis.call('HDEL', BUILT .. string.sub(page, 9), 'shown') end
  again(page)
end
local function lost(page, mark)
  -- its builder may have written a page that the store does not know of, nor was told
  redis.call('SADD', UNTOLD, page)
  if mark and mark ~= '' then redis.call('HSETNX', CAUSES, page, mark) end
  distrust(page)
end
local function end_lease(page, kept)
  redis.call('ZREM', LEASES, page)
  redis.call('HDEL', TOKENS, page)
  lost(page, string.match(kept or '', '\\n(.*)'))
end
local function because(cause) return cause .. ' ' .. now end
local function builds_otherwise(look)
  -- whether a builder has other templates or settings than pages are to be built with
  local wanted = redis.call('GET', LOOK)
  return wanted and wanted ~= look
end
local function rebuilt(page, cause) redis.call('HSET', WHY, page, because(cause)) end
local function is_held(kept, token) return kept and string.match(kept, '^[^\\n]*') == token end
local function done(page, token)
  if not is_held(redis.call('HGET', TOKENS, page), token) then lost(page) return 0 end
  redis.call('HDEL', TOKENS, page)
  redis.call('ZREM', LEASES, page)
  return 1
end
"""
)

# KEYS[9] a stream, if an entry of it is to be acknowledged. ARGV: the group, the entry or '', the cause; then each page
# with its patience.
MARK = Script(
    LUA
    + """
if ARGV[2] ~= '' then redis.call('XACK', KEYS[9], ARGV[1], ARGV[2]) end
for at = 4, #ARGV, 2 do mark(queue_of(ARGV[at]), ARGV[at], tonumber(ARGV[at + 1]), ARGV[3]) end
return 1
"""
)

# ARGV: the cause; then the pages.
MARK_AGAIN = Script(
    LUA
    + """
for at = 2, #ARGV do mark(BACKGROUND, ARGV[at], 0, ARGV[1]) end
return 1
"""
)

# ARGV: the page, for how many milliseconds it waits at most, the cause.
MARK_LATER = Script(
    LUA
    + """
mark(GONE, ARGV[1], tonumber(ARGV[2]), ARGV[3])
return 1
"""
)

# ARGV: the cause, for how many milliseconds they wait at most, the builder's look; then the pages. Answers each one's
# mark, or '' for one that is being built, or that is to be built otherwise than this builder does.
MARK_FIRSTS = Script(
    LUA
    + """
local marks, is_held_back = {}, builds_otherwise(ARGV[3])
for at = 4, #ARGV do
  local page = ARGV[at]
  mark(GONE, page, tonumber(ARGV[2]), ARGV[1])
  redis.call('SADD', UNTOLD, page)
  local is_final = not (is_held_back or redis.call('ZSCORE', LEASES, page))
  marks[at - 3] = is_final and redis.call('HGET', CAUSES, page) or ''
end
return marks
"""
)

# KEYS[9] those that wait for the article, KEYS[10] its card. ARGV: the page, its lease's token, the cause, the path
# that the article has to be listed at, whether the page is untold (0 or 1). Answers 0 if it is listed there already.
WAIT_FOR = Script(
    LUA
    + """
local heir = redis.call('GET', KEYS[10])
if heir and cjson.decode(heir).path == ARGV[4] then return 0 end
redis.call('SADD', KEYS[9], ARGV[1])
caused(ARGV[1], ARGV[3])
if ARGV[5] == '1' then redis.call('SADD', UNTOLD, ARGV[1]) end
done(ARGV[1], ARGV[2])
return 1
"""
)

# KEYS[9] the stream of pages. ARGV: the page, its lease's token, the cause; then events, which tell what changed.
# Answers 0 if the lease was lost.
DONE = Script(
    LUA
    + """
local held = done(ARGV[1], ARGV[2])
if held == 0 then caused(ARGV[1], ARGV[3]) end
if #ARGV > 3 then rebuilt(ARGV[1], ARGV[3]) end
for at = 4, #ARGV do redis.call('XADD', KEYS[9], '*', 'event', ARGV[at]) end
return held
"""
)

# KEYS[9] what the page was built from. ARGV: the page, its lease's token, the cause, what it would be built from now.
LEAVE = Script(
    LUA
    + """
if done(ARGV[1], ARGV[2]) == 0 then caused(ARGV[1], ARGV[3]) return 0 end
redis.call('SET', KEYS[9], ARGV[4])
return 1
"""
)

# ARGV: the page, its lease's token, the cause, and whether the page is untold (0 or 1).
GIVE_BACK = Script(
    LUA
    + """
done(ARGV[1], ARGV[2])
if ARGV[4] == '1' then redis.call('SADD', UNTOLD, ARGV[1]) end
again(ARGV[1])
caused(ARGV[1], ARGV[3])
return 1
"""
)

# ARGV: what the tokens of a worker begin with. Answers how many leases it had.
RECLAIM = Script(
    LUA
    + """
local count, mine = 0, ARGV[1]
local tokens = redis.call('HGETALL', TOKENS)
for at = 1, #tokens, 2 do
  if string.sub(tokens[at + 1], 1, #mine) == mine then
    end_lease(tokens[at], tokens[at + 1])
    count = count + 1
  end
end
return count
"""
)

# ARGV: the cause. Answers 1 if a page waits for it, or is being built.
WAITS_FOR = Script(
    LUA
    + """
for _, name in ipairs({ARTICLES, SHARED, UNHURRIED, BACKGROUND, GONE, LEASES}) do
  for _, page in ipairs(redis.call('ZRANGE', name, 0, -1)) do
    local mark = redis.call('HGET', CAUSES, page)
    local held = redis.call('HGET', TOKENS, page)
    for _, one in ipairs({mark or '', held and string.match(held, '\\n(.*)') or ''}) do
      if string.match(one, '^(.*) %d+$') == ARGV[1] then return 1 end
    end
  end
end
return 0
"""
)

# KEYS: WAITING alone. ARGV: the page. Answers 1 if it waits or is being built.
WAITS = Script("""
for _, name in ipairs(KEYS) do
  if redis.call('ZSCORE', name, ARGV[1]) then return 1 end
end
return 0
""")

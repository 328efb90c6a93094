"""What every script of trending begins with: its keys, and the way of a view to the lists it counts in.

`trending:pending` set of `{hour} {week} {its end}` (milliseconds) that views were counted in, `trending:pending:{of
those}` hash, article → views that are not settled: none of the numbers below has them yet ·
`trending:hour:{ms}` hash, article → views in the hour that began then, for as long as it is within the 7 days ·
`trending:views:{window}` hash, article → its own views in a window: `7d`, or a week that is not sealed yet ·
`trending:rank:{window}:{list}` sorted set, score −views: `all`, `section:{slug}`, `topic:{slug}` of articles
(place and id, so that equal counts stand newest first, then by id), `sections` and `topics` of slugs ·
`trending:later:{window}` hash, article → views (or fewer) that those rankings do not have yet which nothing announces
twice a second: `topic:…` and `sections` of the 7 days, and all of a week ·
`trending:articles` hash, article → `+ revision place section topics…`, or `- revision` for one that is withdrawn ·
`trending:heirs` hash, article → the rewrite that took its place · `trending:members:{id}` set, the inverse ·
`trending:weeks` sorted set of weeks that are not sealed, score: their end ·
`trending:sealed:{week}` hash, list → JSON of its 50 most read · `trending:sealed-in:{id}` set of those weeks ·
`trending:once-days` sorted set of days whose event_ids are remembered, `trending:once:{day}` hash of n and size,
`trending:once:{day}:{n}` sets: the event_ids counted on that day ·
`trending:reached` hash: the site's moment up to which every accepted view is counted ·
`trending:touched` set of announced lists that may have changed · `trending:announced` hash, list → when last.
"""

from datetime import timedelta

from services.trending.week import MEMORY, WINDOW
from shared.clock import due

GROUP = "trending"
TOUCHED = "trending:touched"
PENDING = "trending:pending"
WEEKS = "trending:weeks"
SEVEN_DAYS = "7d"
MS = timedelta(milliseconds=1)


def rank_key(window: str, name: str) -> str:
    """Key of a ranking that is counted in."""
    return f"trending:rank:{window}:{name}"


def sealed_key(week: str) -> str:
    """Key of what is kept of a sealed week."""
    return f"trending:sealed:{week}"


# `now` (the site's time, ms) is ARGV[1] of every script.
PRELUDE = (
    f"""
local DUE, TOUCHED, PENDING, WEEKS = '{due(GROUP)}', '{TOUCHED}', '{PENDING}', '{WEEKS}'
local DAY, MEMORY, HOURS_7D = 86400000, {MEMORY // MS}, {WINDOW // MS}
"""
    + """
local call, now = redis.call, tonumber(ARGV[1])
local REACHED, ARTICLES, HEIRS = 'trending:reached', 'trending:articles', 'trending:heirs'
local function text(number) return string.format('%.0f', number) end
local function pending_key(moment) return PENDING .. ':' .. moment end
local function later_key(window) return 'trending:later:' .. window end
local function hour_key(hour) return 'trending:hour:' .. hour end
local function views_key(window) return 'trending:views:' .. window end
local function rank_key(window, list) return 'trending:rank:' .. window .. ':' .. list end
local function members_key(id) return 'trending:members:' .. id end
local function sealed_key(week) return 'trending:sealed:' .. week end
local function sealed_in_key(id) return 'trending:sealed-in:' .. id end

-- The article that stands where this one stood: its newest rewrite, or itself.
local function root(id)
  for _ = 1, 64 do
    local heir = call('HGET', HEIRS, id)
    if not heir then return id end
    id = heir
  end
  return id
end

-- What is known of an article, as words: mark, revision, place, section, topics; and of a visible one its member in
-- lists of articles.
local known = {}
local function learn(id, described)
  local words = {}
  for word in string.gmatch(described or '', '%S+') do words[#words + 1] = word end
  if words[1] == '+' then words.member = words[3] .. id end
  known[id] = words
  return words
end
local function words_of(id) return known[id] or learn(id, call('HGET', ARTICLES, id)) end

local SLICE = 1000 -- articles at once: what a call can take as arguments is bounded

-- Take at most so many of the `held` numbers of a hash: articles, and views of each.
local function take(key, most, held)
  local ids, views = {}, {}
  most = math.min(most, held, SLICE)
  local flat = most < held and call('HRANDFIELD', key, most, 'WITHVALUES') or call('HGETALL', key)
  for at = 1, #flat, 2 do ids[#ids + 1], views[#views + 1] = flat[at], tonumber(flat[at + 1]) end
  if most < held then call('HDEL', key, unpack(ids)) else call('DEL', key) end
  return ids, views
end

local touched = {}
local finished = {}
local function touch(window, id)
  local words = words_of(id)
  if words[1] ~= '+' then return end
  if window == '7d' then
    touched['hot'], touched['topics'] = true, true
    if words[4] ~= '-' then touched['hot:section:' .. words[4]] = true end
    return
  end
  if finished[window] == nil then
    finished[window] = tonumber(call('ZSCORE', WEEKS, window) or 0) <= now
  end
  if finished[window] then touched['week:' .. window] = true end
end

local delta = {}
local function add(of, list, member, n)
  local members = of[list]
  if not members then
    members = {}
    of[list] = members
  end
  members[member] = (members[member] or 0) + n
end

-- n views more (or fewer) of an article in lists of a window: in those that are announced, in the rest, or in both.
local function enter(window, id, n, shown, rest)
  local words = words_of(id)
  if n == 0 or words[1] ~= '+' then return end
  local of = delta[window] or {}
  delta[window] = of
  if shown then
    add(of, 'all', words.member, n)
    if words[4] ~= '-' then add(of, 'section:' .. words[4], words.member, n) end
    for at = 5, #words do add(of, 'topics', words[at], n) end
  end
  if rest then
    if words[4] ~= '-' then add(of, 'sections', words[4], n) end
    for at = 5, #words do add(of, 'topic:' .. words[at], words.member, n) end
  end
end

-- The same for all lists, of which the rest, and every list of a week, is written later.
local later = {}
local function shift(window, id, n)
  if window == '7d' then enter(window, id, n, true, false) end
  touch(window, id)
  later[window] = later[window] or {}
  later[window][id] = (later[window][id] or 0) + n
end

-- So many views more for members of a ranking; those that have none left leave it.
local function raise(key, members)
  local names, flat, gone = {}, {}, {}
  for member, n in pairs(members) do
    if n ~= 0 then names[#names + 1] = member end
  end
  if #names == 0 then return end
  for at, score in ipairs(call('ZMSCORE', key, unpack(names))) do
    local now_has = tonumber(score or 0) - members[names[at]]
    if now_has < 0 then
      flat[#flat + 1], flat[#flat + 2] = now_has, names[at]
    else
      gone[#gone + 1] = names[at]
    end
  end
  if #flat > 0 then call('ZADD', key, unpack(flat)) end
  if #gone > 0 then call('ZREM', key, unpack(gone)) end
end

-- So many views more for articles in a hash; those that have none left leave it.
local function increase(key, ids, more)
  local flat, gone = {}, {}
  for at, n in ipairs(call('HMGET', key, unpack(ids))) do
    local now_has = tonumber(n or 0) + more[at]
    if now_has == 0 then
      gone[#gone + 1] = ids[at]
    else
      flat[#flat + 1], flat[#flat + 2] = ids[at], text(now_has)
    end
  end
  if #flat > 0 then call('HSET', key, unpack(flat)) end
  if #gone > 0 then call('HDEL', key, unpack(gone)) end
end

local function increase_by(key, of)
  local ids, more = {}, {}
  for id, n in pairs(of) do ids[#ids + 1], more[#more + 1] = id, n end
  increase(key, ids, more)
end

-- Write what has been entered and shifted, and remember which announced lists it may have changed.
local function apply()
  for window, lists in pairs(delta) do
    for list, members in pairs(lists) do raise(rank_key(window, list), members) end
  end
  for window, of in pairs(later) do increase_by(later_key(window), of) end
  for list in pairs(touched) do call('SADD', TOUCHED, list) end
  delta, later, touched = {}, {}, {}
end
"""
)

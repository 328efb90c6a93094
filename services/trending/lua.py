"""What every script of trending begins with: its keys, and the way of a view to the lists it counts in.

`trending:pending` set of `{hour} {week} {its end}` (milliseconds) that views were counted in, `trending:pending:{of
those}` hash, article → views that are not settled: none of the numbers below has them yet ·
`trending:hour:{ms}` hash, article → views in the hour that began then, for as long as it is within the 7 days ·
`trending:views:{window}` hash, article → its own views in a window: `7d`, or a week that is not sealed yet ·
`trending:rank:{window}:{list}` sorted set, score −views: `all`, `section:{slug}`, `topic:{slug}` of articles
(place and id, so that equal counts stand newest first, then by id), `sections` and `topics` of slugs ·
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
local DUE, TOUCHED, PENDING = '{due(GROUP)}', '{TOUCHED}', '{PENDING}'
local DAY, MEMORY, HOURS_7D = 86400000, {MEMORY // MS}, {WINDOW // MS}
"""
    + """
local call, now = redis.call, tonumber(ARGV[1])
local WEEKS, REACHED, ARTICLES, HEIRS = 'trending:weeks', 'trending:reached', 'trending:articles', 'trending:heirs'
local function text(number) return string.format('%.0f', number) end
local function pending_key(moment) return PENDING .. ':' .. moment end
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

-- What is known of an article, as words: mark, revision, place, section, topics; and of a visible one the lists
-- that it stands in and its member there.
local known = {}
local function words_of(id)
  local words = known[id]
  if words then return words end
  words = {}
  for word in string.gmatch(call('HGET', ARTICLES, id) or '', '%S+') do words[#words + 1] = word end
  if words[1] == '+' then
    words.member, words.lists = words[3] .. id, {'all'}
    if words[4] ~= '-' then words.lists[2] = 'section:' .. words[4] end
    for at = 5, #words do words.lists[#words.lists + 1] = 'topic:' .. words[at] end
  end
  known[id] = words
  return words
end

local touched = {}
local finished = {}
local function touch(window, words)
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

-- n views more (or fewer) of an article in every list of a window that it stands in.
local function shift(window, id, n)
  local words = words_of(id)
  if n == 0 or words[1] ~= '+' then return end
  local of = delta[window] or {}
  delta[window] = of
  for _, list in ipairs(words.lists) do add(of, list, words.member, n) end
  if words[4] ~= '-' then add(of, 'sections', words[4], n) end
  for at = 5, #words do add(of, 'topics', words[at], n) end
  touch(window, words)
end

-- Write what has been shifted, and remember which announced lists it may have changed.
local function apply()
  for window, lists in pairs(delta) do
    for list, members in pairs(lists) do
      local key = rank_key(window, list)
      for member, n in pairs(members) do
        if n ~= 0 and tonumber(call('ZINCRBY', key, -n, member)) >= 0 then call('ZREM', key, member) end
      end
    end
  end
  for list in pairs(touched) do call('SADD', TOUCHED, list) end
  delta, touched = {}, {}
end
"""
)

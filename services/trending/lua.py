"""What every script of trending begins with: its keys, and the way of a view to the lists it counts in.

`trending:pending` set of `{hour} {week} {its end}` (milliseconds) that views were counted in, `trending:pending:{of
those}` hash, article → views that are not settled: none of the numbers below has them yet ·
`trending:hour:{ms}` hash, article → views in the hour that began then, for as long as it is within the 7 days ·
`trending:views:{window}` hash, article → its own views in a window: `7d`, or a week that is not sealed yet ·
`trending:rank:{window}:{list}` sorted set, score −views: `all`, `section:{slug}`, `topic:{slug}` of articles
(place and id, so that equal counts stand newest first, then by id), `sections` and `topics` of slugs, and of a week
`hidden`: articles that are withdrawn now ·
`trending:later:{window}` hash, article → views (or fewer) that those rankings do not have yet which nothing announces
twice a second: `topic:…` and `sections` of the 7 days, and all of a week ·
`trending:articles` hash, article → `+ revision place section topics…`, or `- revision place` for one that is withdrawn,
with the place that it had, if any ·
`trending:heirs` hash, article → the rewrite that took its place · `trending:members:{id}` set, the inverse ·
`trending:loose` set of those among `heirs` that were withdrawn since, not for their rewrite: it returns with or without
them ·
`trending:weeks` sorted set of weeks that are not sealed, score: their end ·
`trending:sealed:{week}` hash, list → JSON of its 50 most read; `hidden` → JSON of those that would stand among `all`,
each with how many of these stand before it · `trending:sealed-in:{id}` set of those weeks ·
`trending:once-days` sorted set of days whose event_ids are remembered, `trending:once:{day}` hash of n and size,
`trending:once:{day}:{n}` sets: the event_ids counted on that day ·
`trending:reached` hash: the site's moment up to which every accepted view is counted ·
`trending:counted` the newest entry of the stream of views that was counted: from there a group that was lost goes on ·
`trending:touched` set of announced lists that may have changed · `trending:announced` hash, list → when last.
"""

from services.trending.lists_step import LISTS
from services.trending.week import WINDOW
from shared.clock import due
from shared.groups import COUNTERS
from shared.times import MILLISECOND
from shared.view_bounds import MEMORY

TOUCHED = "trending:touched"
PENDING = "trending:pending"
COUNTED = "trending:counted"
WEEKS = "trending:weeks"
SEVEN_DAYS = "7d"
PLACE_DIGITS = 9
"""Of an article's place (`stories.place`), behind which its id stands in the members of rankings."""


# `now` (the site's time, ms) is ARGV[1] of every script.
PRELUDE = (
    f"""
local DUE, TOUCHED, PENDING, WEEKS = '{due(COUNTERS)}', '{TOUCHED}', '{PENDING}', '{WEEKS}'
local DAY, MEMORY, HOURS_7D = 86400000, {MEMORY // MILLISECOND}, {WINDOW // MILLISECOND}
local PLACE_DIGITS = {PLACE_DIGITS}
"""
    + """
local call, now = redis.call, tonumber(ARGV[1])
local REACHED, ARTICLES, HEIRS, LOOSE = 'trending:reached', 'trending:articles', 'trending:heirs', 'trending:loose'
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

-- What is known of an article, as words: mark, revision, place, section, topics; and its member in lists of articles.
local known = {}
local function learn(id, described)
  local words = {}
  for word in string.gmatch(described or '', '%S+') do words[#words + 1] = word end
  if words[3] then words.member = words[3] .. id end
  known[id] = words
  return words
end
local function words_of(id) return known[id] or learn(id, call('HGET', ARTICLES, id)) end

-- What a member of a ranking is: a topic's slug, or an article, whose id stands behind its place.
local function ranked(list, member) return list == 'topics' and member or string.sub(member, PLACE_DIGITS + 1) end
"""
    + LISTS
)

IS_LATER = """
-- Whether an entry of a stream came after another one.
local function is_later(one, other)
  local ms, n = string.match(one, '(%d+)-(%d+)')
  local other_ms, other_n = string.match(other, '(%d+)-(%d+)')
  if ms ~= other_ms then return tonumber(ms) > tonumber(other_ms) end
  return tonumber(n) > tonumber(other_n)
end
"""

"""The top of a window's lists, as every script has it that shows one: as counted, or as kept of a sealed week.

What is kept never changes its numbers; the articles in it are those of now.
"""

from services.trending.pending import SETTLE
from shared.ranking import SIZE

TOP = (
    SETTLE
    + f"local SIZE = {SIZE}\n"
    + """
local function counted(window, lists, most)
  local flat
  if #lists == 1 then
    flat = call('ZRANGE', rank_key(window, lists[1]), 0, most - 1, 'WITHSCORES')
  else
    flat = call('ZINTER', 2, rank_key(window, lists[1]), rank_key(window, lists[2]), 'WEIGHTS', 1, 0, 'WITHSCORES')
  end
  local found = {}
  for at = 1, math.min(#flat, 2 * most), 2 do
    found[#found + 1] = {ranked(lists[1], flat[at]), -tonumber(flat[at + 1])}
  end
  return found
end

-- With those that were withdrawn when the week was sealed, in their places.
local function with_hidden(shown, hidden)
  local found, next = {}, 1
  for at = 0, #shown do
    if at > 0 then found[#found + 1] = shown[at] end
    while hidden[next] and hidden[next][3] == at do
      found[#found + 1] = hidden[next]
      next = next + 1
    end
  end
  return found
end

local function in_both(one, other)
  local also, found = {}, {}
  for _, entry in ipairs(other) do also[entry[1]] = true end
  for _, entry in ipairs(one) do
    if also[entry[1]] then found[#found + 1] = entry end
  end
  return found
end

-- Of each story the newest rewrite, once, where readers see it: names, links and withdrawals follow the articles.
local function as_they_stand(entries)
  local found, seen = {}, {}
  for _, entry in ipairs(entries) do
    local id = root(entry[1])
    if not seen[id] and words_of(id)[1] == '+' then
      seen[id] = true
      found[#found + 1] = {id, entry[2]}
    end
  end
  return found
end

-- The first of a list, or of what is in both of two, as {id, views}; and whether the window is a sealed week.
local function top(window, lists, most)
  local read = call('HMGET', sealed_key(window), 'all', 'hidden', unpack(lists))
  if not read[1] then return counted(window, lists, most), false end
  local entries = cjson.decode(read[3] or '[]')
  if lists[2] then entries = in_both(entries, cjson.decode(read[4] or '[]')) end
  if lists[1] == 'all' then entries = with_hidden(entries, cjson.decode(read[2] or '[]')) end
  if lists[1] ~= 'topics' then entries = as_they_stand(entries) end
  local found = {}
  for at = 1, math.min(#entries, most, SIZE) do found[at] = entries[at] end
  return found, true
end
"""
)

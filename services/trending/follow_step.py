"""The step at the store in which the rankings follow what happened to articles.

What may show something else is taken out of every window, the stories are changed, and it is put back.
"""

from services.trending.lua import PRELUDE
from shared.events import ARTICLES
from shared.store import Script

# ARGV: now, the group; then for each change its entry, the article, its revision, what is kept of it (`described`), its
# `predecessor` and its `heir`, '' where there is none.
FOLLOW = Script(
    PRELUDE
    + f"local ARTICLE_EVENTS = '{ARTICLES}'\n"
    + """
local windows = call('ZRANGE', WEEKS, 0, -1)
windows[#windows + 1] = '7d'

-- An article and all those that it took the place of, also by way of others.
local function story_of(id)
  local story, seen = {id}, {[id] = true}
  for _, one in ipairs(story) do
    for _, member in ipairs(call('SMEMBERS', members_key(one))) do
      if not seen[member] then
        seen[member] = true
        story[#story + 1] = member
      end
    end
  end
  return story
end

-- What the rankings of a window were to have later of these, they have now: their places may change.
local function catch_up(ids)
  local flat = {}
  for id in pairs(ids) do flat[#flat + 1] = id end
  for _, window in ipairs(windows) do
    for at, n in ipairs(call('HMGET', later_key(window), unpack(flat))) do
      if n then
        enter(window, flat[at], tonumber(n), window ~= '7d', true)
        call('HDEL', later_key(window), flat[at])
      end
    end
  end
end

local function views_of(story, window)
  local n = 0
  for first = 1, #story, SLICE do
    local slice = {unpack(story, first, math.min(first + SLICE - 1, #story))}
    for _, views in ipairs(call('HMGET', views_key(window), unpack(slice))) do n = n + tonumber(views or 0) end
  end
  return n
end

local function show(ids, sign)
  for id in pairs(ids) do
    local story = story_of(id)
    for _, window in ipairs(windows) do
      local n = views_of(story, window)
      if n > 0 then
        enter(window, id, sign * n, true, true)
        touch(window, id)
      end
    end
    for _, one in ipairs(story) do
      for _, week in ipairs(call('SMEMBERS', sealed_in_key(one))) do touched['week:' .. week] = true end
    end
  end
end

local function roots(ids, more)
  local found = {}
  for _, id in ipairs(ids) do if id ~= '' then found[root(id)] = true end end
  for id in pairs(more or {}) do found[root(id)] = true end
  return found
end

local function take_place(id, heir)
  call('SREM', LOOSE, id)
  local before = call('HGET', HEIRS, id)
  if before then call('SREM', members_key(before), id) end
  if heir == '' then
    call('HDEL', HEIRS, id)
  else
    call('HSET', HEIRS, id, heir)
    call('SADD', members_key(heir), id)
  end
end

-- Those that went with an article, or after it: it does not stand for them any more, unless its event says so.
local function left_behind(id, earlier)
  local found = {}
  for _, member in ipairs(call('SINTER', members_key(id), LOOSE)) do
    if member ~= earlier then found[#found + 1] = member end
  end
  return found
end

-- An article that returns, or is changed, lets these go; they join `ids`.
local function let_go(id, earlier, ids)
  for _, member in ipairs(left_behind(id, earlier)) do
    take_place(member, '')
    ids[#ids + 1] = member
  end
end

-- Whether an article stays where it stands: most changes are of its words alone.
local function stays(id, before, described, earlier)
  local standing = string.match(before, '^%+ %S+ (.*)')
  if not standing or string.match(described, '^%+ %S+ (.*)') ~= standing then return false end
  if call('HGET', HEIRS, id) or #left_behind(id, earlier) > 0 then return false end
  return earlier == '' or call('HGET', HEIRS, earlier) == id
end

local ids, was_read = {}, {}
for at = 4, #ARGV, 6 do ids[#ids + 1] = ARGV[at] end
for _, window in ipairs(windows) do
  for _, key in ipairs({views_key(window), later_key(window)}) do
    for at, n in ipairs(call('HMGET', key, unpack(ids))) do
      if n then was_read[ids[at]] = true end
    end
  end
end

-- Whether no number and no other article depends on it: nearly all articles are so when they come.
local function is_alone(id)
  return not was_read[id] and not call('HGET', HEIRS, id) and call('EXISTS', members_key(id)) == 0
end

-- What may show something else than before is out of all rankings until the step is over: a rewrite changes
-- where every article before it leads, each by an event of its own, and all of them are one story.
local out = {}
local function take_out(ids)
  local found, now_out = roots(ids), {}
  for id in pairs(found) do
    if not out[id] then now_out[id], out[id] = true, true end
  end
  if next(now_out) then
    catch_up(now_out)
    show(now_out, -1)
  end
  return found
end

local function follow(id, revision, described, earlier, heir)
  local stood = call('HGET', ARTICLES, id) or ''
  if tonumber(revision) < tonumber(string.match(stood, '^%S+ (%S+)') or 0) then return end
  if stays(id, stood, described, earlier) then
    call('HSET', ARTICLES, id, described)
    return
  end
  if stood == '' and earlier == '' and heir == '' and is_alone(id) then
    known[id] = nil
    call('HSET', ARTICLES, id, described)
    return
  end
  local ids = {id, earlier, heir}
  local before = take_out(ids)
  known[id] = nil
  if string.sub(described, 1, 1) == '-' then
    described = described .. (string.match(stood, '^%S+ %S+( %S+)') or '')
  end
  call('HSET', ARTICLES, id, described)
  if heir ~= '' then
    take_place(heir, '')
    take_place(id, heir)
  elseif string.sub(described, 1, 1) == '+' then
    take_place(id, '')
    let_go(id, earlier, ids)
    if earlier ~= '' then take_place(earlier, id) end
  elseif call('HGET', HEIRS, id) then
    call('SADD', LOOSE, id)
  end
  for now_there in pairs(roots(ids, before)) do out[now_there] = true end -- it stands in no ranking yet, as they
end

for at = 3, #ARGV, 6 do
  if call('XACK', ARTICLE_EVENTS, ARGV[2], ARGV[at]) == 1 then
    follow(ARGV[at + 1], ARGV[at + 2], ARGV[at + 3], ARGV[at + 4], ARGV[at + 5])
  end
end
show(roots({}, out), 1)
apply()
return 1
"""
)

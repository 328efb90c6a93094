"""The way of a number of views into the lists of its article, as every script of trending has it.

`enter` writes into lists at once, `shift` into those that are announced and into the rest later; `apply` carries out
what both have gathered. It follows the names in `lua.py`.
"""

LISTS = """
local SLICE = 1000 -- articles, or topics, at once: what a call can take as arguments is bounded

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
    -- not asked of the clock: another replica's, or one that was read earlier, has not reached the week's end yet
    finished[window] = not call('ZSCORE', DUE, 'end:' .. window)
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
  if not words.member then return end
  local of = delta[window] or {}
  delta[window] = of
  if words[1] == '-' then
    if rest and window ~= '7d' then add(of, 'hidden', words.member, n) end
    return
  end
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
  local names = {}
  for member, n in pairs(members) do
    if n ~= 0 then names[#names + 1] = member end
  end
  for first = 1, #names, SLICE do
    local slice, flat, gone = {unpack(names, first, math.min(first + SLICE - 1, #names))}, {}, {}
    for at, score in ipairs(call('ZMSCORE', key, unpack(slice))) do
      local now_has = tonumber(score or 0) - members[slice[at]]
      if now_has < 0 then
        flat[#flat + 1], flat[#flat + 2] = now_has, slice[at]
      else
        gone[#gone + 1] = slice[at]
      end
    end
    if #flat > 0 then call('ZADD', key, unpack(flat)) end
    if #gone > 0 then call('ZREM', key, unpack(gone)) end
  end
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

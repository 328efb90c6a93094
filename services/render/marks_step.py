"""Which pages change, as a step at the store finds it out: whether the conditions of marks hold (`affected.Mark` names
them), and what is touched so.

The step has these for itself, on top of what lists hold (`lists_step`); what they gather is marked in the end, at once.
"""

from shared.charts import charted_key

MARKS = (
    f"local CHARTED = '{charted_key('')}'\n"
    + """
local due, at_due, background, whole = {}, {}, {}, {}
local function touch(page, patience, cause)
  -- to be marked, with all others; the first cause stands, as if each were marked by itself
  if whole[page] then return end
  local at = at_due[page]
  if not at then
    at = #due + 1
    at_due[page] = at
    due[at], due[at + 1], due[at + 2] = page, patience, cause
  elseif patience < due[at + 1] then
    due[at + 1] = patience
  end
end
local function touch_around(page, patience, cause)
  -- what may show an article that goes must be looked at at once; other related articles can wait for all other pages
  if patience == 0 then return touch(page, patience, cause) end
  background[#background + 1], background[#background + 2], background[#background + 3] = page, patience, cause
end
local function is_touched(page, patience)
  local at = at_due[page]
  return at and due[at + 1] <= patience
end

local marked_whole = {}
local function touch_all(page, size, name, period, patience, cause)
  -- once for all articles of a step: where many leave together, each finds the period empty
  if marked_whole[page] and marked_whole[page] <= patience then return end
  marked_whole[page] = patience
  local last = math.ceil(redis.call('ZCARD', place_key(name, period)) / size)
  for n = 1, last do touch((string.gsub(page, '{n}', n)), patience, cause) end
end

local function stood(marks, plan)
  -- where it stood in lists, and which of them were empty: to be asked before it moves
  local best, was_empty = {}, {}
  for _, number in ipairs(plan.marks) do
    local m = marks[number]
    local when, name = m[2], m[3]
    if plan.before and (when == 'within' or when == 'short') then position(best, plan.id, name, plan.before) end
    if when == 'edge' then was_empty[name] = redis.call('EXISTS', LIST .. name) == 0 end
  end
  return best, was_empty
end

local function mark_what_changes(marks, plan, best, was_empty, begun, places)
  local id, cause, after, now_at = plan.id, plan.cause, plan.after, {}
  for _, number in ipairs(plan.marks) do
    local m = marks[number]
    local page, when, name, size, period, patience = m[1], m[2], m[3], m[4], m[5], m[6]
    if when == 'place' then
      local place = place_of(places, id, name, period)
      if place then
        local n, is_first, is_part = math.floor(place / size), place % size == 0, string.sub(page, 1, 8) == 'sitemap:'
        -- a page that begins is there at once: what leads to it, the one before it or the sitemap's index, may have
        -- waited for long
        local is_led_to = is_first and (n > 0 or is_part)
        touch((string.gsub(page, '{n}', n + 1)), is_led_to and 0 or patience, cause)
        if is_led_to and not is_part then touch((string.gsub(page, '{n}', n)), patience, cause) end
      end
    elseif when == 'charts' then
      for _, week in ipairs(redis.call('SMEMBERS', CHARTED .. id)) do
        touch((string.gsub(page, '{n}', week)), patience, cause)
      end
    elseif when == 'pages' then
      if turned(begun, name, period) then touch_all(page, size, name, period, patience, cause) end
    elseif is_touched(page, patience) then
      -- whether or not this one changes it too
    elseif when == 'always' then
      touch(page, patience, cause)
    elseif when == 'within' or when == 'short' then
      local rank = best[name]
      if after then
        local stands = position(now_at, id, name, after)
        if not rank or stands < rank then rank = stands end
      end
      if when == 'within' and rank and rank < size then touch(page, patience, cause) end
      if when == 'short' and rank and rank < size and picked(size) < size then touch(page, patience, cause) end
    elseif when == 'edge' then
      if was_empty[name] or redis.call('EXISTS', LIST .. name) == 0 then touch(page, patience, cause) end
    elseif when == 'period' then
      local place = size > 0 and place_of(places, id, name, period)
      if turned(begun, name, period) or place and place % size == 0 then touch(page, patience, cause) end
    end
  end
end

local function mark_touched()
  mark_due(due)
  mark_all(BACKGROUND, background)
end
"""
)

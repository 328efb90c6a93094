"""What every step of what falls due begins with: whether it is due still, and how it ends.

A step does at most CHUNK of its work, and takes its entry away with the last of it. ARGV: now, what its entry of
`due:trending` names behind the colon, CHUNK. It answers DONE, AGAIN or WAIT.
"""

DONE, AGAIN, WAIT = 0, 1, -1
"""Nothing is left of it; some is, to be done at once; it waits until earlier views are counted."""

ENTER = (
    f"local DONE, AGAIN, WAIT = {DONE}, {AGAIN}, {WAIT}\n"
    + """
local CHUNK = tonumber(ARGV[3])
local function entry_of(kind) return kind .. ':' .. ARGV[2] end
local function is_due(kind)
  local at = call('ZSCORE', DUE, entry_of(kind))
  return at and tonumber(at) <= now
end
local function done(kind)
  call('ZREM', DUE, entry_of(kind))
  return DONE
end
local function counted_up_to() return tonumber(call('HGET', REACHED, 'at') or -1) end
"""
)

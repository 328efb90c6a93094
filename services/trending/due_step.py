"""What every step of what falls due begins with: whether it is due still, and how it ends.

A step does at most CHUNK of its work, and takes its entry away with the last of it.
"""

ENTER = """
local CHUNK = tonumber(ARGV[3])
local function entry_of(kind) return kind .. ':' .. ARGV[2] end
local function is_due(kind)
  local at = call('ZSCORE', DUE, entry_of(kind))
  return at and tonumber(at) <= now
end
local function done(kind)
  call('ZREM', DUE, entry_of(kind))
  return 0
end
local function counted_up_to() return tonumber(call('HGET', REACHED, 'at') or -1) end
"""

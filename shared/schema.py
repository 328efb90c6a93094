"""How the store is written: `schema`, a number that grows with each change after which older keys say too little. What
an older version has written is brought to it at the start of a service, and after an import."""

from contextlib import suppress

from redis.exceptions import NoPermissionError, ResponseError

from shared.live import MONTH, days_key, list_key, months_key, place_key
from shared.store import Script, Store
from shared.wrong import WrongSetting

SCHEMA = 3
SCHEMA_KEY = "schema"
TOO_OLD = "PRESSRUN_REDIS_URL: the store is too old; it has to be Redis 7.2 or newer, or Valkey"

FORGETS = (
    "PRESSRUN_REDIS_URL: the store forgets articles when its memory is full (maxmemory-policy allkeys-…); "
    "have it set to noeviction"
)


async def bring_up(store: Store) -> None:
    """Bring what an older version has written to this one's schema, in one step, whoever comes first.

    Raises WrongSetting for a store that a newer version has written, that lacks commands, or that forgets what it has,
    and leaves it alone.
    """
    await _make_sure_of_commands(store)
    await _make_sure_that_it_keeps(store)
    kept = int(await store.run(_BRING_UP, [SCHEMA_KEY], [SCHEMA]))
    if is_newer(kept):
        raise WrongSetting(f"the store has the schema {kept}; this version knows {SCHEMA}: install a newer one")


async def _make_sure_of_commands(store: Store) -> None:
    """An older one would serve until the first article that has topics, and then set all of them aside."""
    try:
        await store.do("ZRANK", list_key("all"), "", "WITHSCORE")
    except ResponseError as error:
        if "wrong number of arguments" in str(error):
            raise WrongSetting(TOO_OLD) from None


async def _make_sure_that_it_keeps(store: Store) -> None:
    """As a cache, the way hosts set stores up, it would drop articles that were acknowledged, and nobody would hear."""
    with suppress(NoPermissionError):  # a user who may not ask
        if b"maxmemory_policy:allkeys-" in await store.do("INFO", "memory"):
            raise WrongSetting(FORGETS)


def is_newer(schema: int) -> bool:
    """Whether a version wrote it that this one does not know."""
    return schema > SCHEMA


# Since 2 the articles of each month and day are counted in `months:` and `days:`; before, in `periods:`. They are
# counted anew: what is in a list has its place there in the month and the day in which it counts.
# Since 3 a look around an article tells how it changed. Those that wait are dropped, since every page is built
# again.
_BRING_UP = Script(
    f"local PLACE, LIST = '{place_key('', '').rstrip(':')}:', '{list_key('')}'\n"
    + f"local MONTHS, DAYS, MONTH = '{months_key('')}', '{days_key('')}', {MONTH}\n"
    + """
local kept, known = tonumber(redis.call('GET', KEYS[1]) or 0), tonumber(ARGV[1])
if kept >= known then return kept end
if kept == 1 then
  for _, places in ipairs(redis.call('KEYS', PLACE .. '*')) do
    local name, period = string.match(string.sub(places, #PLACE + 1), '^(.*):([^:]*)$')
    local counts = #period == MONTH and MONTHS .. name or DAYS .. string.sub(period, 1, MONTH)
    redis.call('HSET', counts, period, redis.call('ZINTERCARD', 2, places, LIST .. name))
  end
  for _, former in ipairs(redis.call('KEYS', 'periods:*')) do redis.call('DEL', former) end
end
if kept == 1 or kept == 2 then
  for _, name in ipairs(redis.call('KEYS', 'render:dirty:*')) do
    for _, page in ipairs(redis.call('ZRANGE', name, 0, -1)) do
      if string.sub(page, 1, 5) == 'near:' then redis.call('ZREM', name, page) end
    end
  end
  for _, page in ipairs(redis.call('ZRANGE', 'render:leases', 0, -1)) do
    if string.sub(page, 1, 5) == 'near:' then
      redis.call('ZREM', 'render:leases', page)
      redis.call('HDEL', 'render:tokens', page)
    end
  end
end
redis.call('SET', KEYS[1], known)
return known
"""
)

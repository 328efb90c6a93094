"""The press's time: midnight, conditions that expire, leads that end, articles that leave the 48 hours of news.

Taking what is due, moving the tick and marking what it touches is one step in the store.
"""

import asyncio
from collections.abc import Iterable
from datetime import datetime, timedelta

from services.render import dirty_steps, keys
from services.render.press import Press
from shared.clock import LAST, TICK, Clock, due, first_millis, millis, moment
from shared.conditions import CONDITIONS, Conditions
from shared.events import SIGNALS, ClockTicked
from shared.front import FRONT, Front
from shared.site_settings import SiteSettings
from shared.store import Script, Store
from shared.times import midnight

CHUNK = 1_000
LONGEST_SLEEP = 0.5

_PAGES = {
    keys.MIDNIGHT_DUE: (keys.MASTHEAD,),
    keys.CONDITIONS_DUE: (keys.MASTHEAD,),
    keys.LEAD_DUE: (keys.FRONT,),
    keys.NEWS_DUE: (keys.NEWS,),
}


def pages_due(names: Iterable[str]) -> tuple[str, ...]:
    """The pages that change when these are due."""
    return tuple(dict.fromkeys(page for name in names for page in _PAGES[name.partition(":")[0]]))


def next_midnight(site: SiteSettings, at: datetime) -> datetime:
    """The beginning of the site's next day; the day may have 23 or 25 hours."""
    return midnight(site.local(at).date() + timedelta(days=1), site.zone)


async def note_expiry(store: Store, site: SiteSettings) -> None:
    """Note when the conditions will be too old to show; unless others came meanwhile: whoever is told of these has
    noted it of them, or will."""
    kept = await store.do("GET", CONDITIONS)
    if kept:
        over = Conditions.model_validate_json(kept).expire_at(site.conditions_expire)
        await store.commit({CONDITIONS: kept}, [("ZADD", due("press"), first_millis(over), keys.CONDITIONS_DUE)])


async def note_leads(store: Store) -> None:
    """Note when articles lead no more; unless others came to lead meanwhile, as with conditions."""
    kept = await store.do("GET", FRONT)
    ends = [(lead.article, lead.until) for lead in Front.model_validate_json(kept).lead] if kept else []
    notes = [("ZADD", due("press"), first_millis(end), f"{keys.LEAD_DUE}:{article}") for article, end in ends if end]
    await store.commit({FRONT: kept}, notes)


class Ticker:
    """Moves the tick when something is due."""

    def __init__(self, store: Store, press: Press, site: SiteSettings, clock: Clock) -> None:
        self._store = store
        self._press = press
        self._site = site
        self._clock = clock

    async def start(self) -> None:
        """Bring the tick to now, whatever was due before; how long conditions are fresh may be set anew."""
        await note_expiry(self._store, self._site)
        while await self.advance():
            pass
        await self._step(self._clock.now(), [], (keys.MASTHEAD,))

    async def run(self) -> None:
        """For ever: take what is due."""
        while True:
            if not await self.advance():
                await asyncio.sleep(await self._clock.until_due(self._store, "press", LONGEST_SLEEP))

    async def advance(self) -> bool:
        """Take at most CHUNK things that are due; False if there was nothing."""
        now = self._clock.now()
        found = await self._store.do(
            "ZRANGEBYSCORE", due("press"), "-inf", millis(now), "WITHSCORES", "LIMIT", 0, CHUNK
        )
        names = [name.decode() for name in found[::2]]
        if not names:
            return False
        reached = now if len(names) < CHUNK else moment(int(float(found[-1])))
        await self._step(reached, names, pages_due(names))
        return True

    async def _step(self, reached: datetime, names: list[str], pages: tuple[str, ...]) -> None:
        event = ClockTicked(at=reached, due=names)
        marks = [part for page in pages for part in (page, keys.patience(page))]
        next_day = millis(next_midnight(self._site, reached))
        await self._store.run(
            _TICK,
            (*dirty_steps.ALL, due("press"), TICK, LAST, SIGNALS),
            (millis(reached), next_day, event.event_id, event.model_dump_json(), len(names), *names, *marks),
        )
        self._press.wake()


_TICK = Script(
    dirty_steps.LUA
    + f"local MIDNIGHT = '{keys.MIDNIGHT_DUE}'\n"
    + """
local DUE, TICK, LAST, SIGNALS = KEYS[9], KEYS[10], KEYS[11], KEYS[12]
local names, taken = tonumber(ARGV[5]), 0
for at = 6, 5 + names do
  -- what was put off since it was read is still to come
  local when = redis.call('ZSCORE', DUE, ARGV[at])
  if when and tonumber(when) <= tonumber(ARGV[1]) then taken = taken + redis.call('ZREM', DUE, ARGV[at]) end
end
if names > 0 and taken == 0 then return 0 end -- another press has taken all of it meanwhile
redis.call('ZADD', DUE, ARGV[2], MIDNIGHT)
for _, key in ipairs({TICK, LAST}) do
  if tonumber(ARGV[1]) > tonumber(redis.call('GET', key) or 0) then redis.call('SET', key, ARGV[1]) end
end
for at = 6 + names, #ARGV, 2 do mark(queue_of(ARGV[at]), ARGV[at], tonumber(ARGV[at + 1]), ARGV[3]) end
redis.call('XADD', SIGNALS, '*', 'event', ARGV[4])
return 1
"""
)

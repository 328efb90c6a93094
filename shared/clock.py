"""The site's time: the clock, the tick that the press has reached, and what falls due.

The tick is state: pages show it, never a clock. What falls due stands in one sorted set per owner
(`due:press`, `due:ingest`, `due:trending`; score: milliseconds), and is taken by its owner alone.
"""

from datetime import UTC, datetime, timedelta

from shared.settings import Settings
from shared.store import Script, Store
from shared.times import MILLISECOND
from shared.wrong import WrongSetting

TICK = "clock:tick"
LAST = "clock:last"


def due(owner: str) -> str:
    """Key of what falls due for one owner."""
    return f"due:{owner}"


def millis(at: datetime) -> int:
    """Milliseconds since 1970."""
    return round(at.timestamp() * 1000)


MILLIS = """
local function millis(at)
  -- of a moment as JSON has it: just what Python's `millis` says, which takes the nearest even one of two
  local year, month, day, hour, minute, second, rest = string.match(at, '^(%d+)-(%d+)-(%d+)T(%d+):(%d+):(%d+)(.*)$')
  local micros, sign, hours, minutes = string.match(rest, '^%.?(%d*)([Z+-])(%d*):?(%d*)$')
  local from_march = (month + 9) % 12
  local years = month < '03' and year - 1 or year + 0
  local days = 365 * years + math.floor(years / 4) - math.floor(years / 100) + math.floor(years / 400)
  days = days + math.floor((153 * from_march + 2) / 5) + day - 719469
  local seconds = ((days * 24 + hour) * 60 + minute) * 60 + second
  if sign ~= 'Z' then seconds = seconds - (sign .. '1') * (hours * 60 + minutes) * 60 end
  local exact = (seconds * 1000000 + string.sub(micros .. '000000', 1, 6)) / 1000000 * 1000
  local whole = math.floor(exact)
  local over = exact - whole
  return (over > 0.5 or over == 0.5 and whole % 2 == 1) and whole + 1 or whole
end
"""
"""The same at the store."""


def first_millis(at: datetime) -> int:
    """The first whole millisecond that is not before a moment: when what ends then is over by the tick."""
    return -((moment(0) - at) // MILLISECOND)


def moment(ms: int) -> datetime:
    """The inverse of `millis`, in UTC."""
    return datetime.fromtimestamp(0, UTC) + timedelta(milliseconds=ms)


class Clock:
    """The site's clock: the real one, or stopped at `PRESSRUN_NOW`; never behind the site's last moment."""

    def __init__(self, settings: Settings) -> None:
        self._stopped_at = settings.now
        self._floor = datetime.fromtimestamp(0, UTC)

    @property
    def stopped(self) -> bool:
        """Whether time stands still."""
        return self._stopped_at is not None

    def now(self) -> datetime:
        """The site's present moment, aware, in UTC, in whole milliseconds."""
        now = (self._stopped_at or datetime.now(UTC)).astimezone(UTC)
        return max(now.replace(microsecond=now.microsecond // 1000 * 1000), self._floor)

    async def start(self, store: Store) -> bool:
        """Take up the site's last moment; True if the real clock is behind it, so that the site is held there.

        Raises WrongSetting if `PRESSRUN_NOW` is earlier than the site's last moment.
        """
        last = await last_moment(store)
        behind = self.now() < last
        if behind and self.stopped:
            raise WrongSetting(
                f"PRESSRUN_NOW: {self.now().isoformat()} is before the site's last moment, {last.isoformat()}"
            )
        await store.run(_LATER, [LAST], [millis(self.now())])
        self._floor = last
        return behind

    async def follow(self, store: Store) -> None:
        """Come up to the site's last moment: our clock may have been put back since, and whoever has started after that
        goes by that moment."""
        self._floor = max(self._floor, await last_moment(store))

    async def until_due(self, store: Store, owner: str, longest: float) -> float:
        """Seconds to sleep until something falls due for an owner: `longest` at most, since others may note what is due
        sooner; as long where time stands still."""
        if self.stopped:
            return longest
        first = await store.do("ZRANGE", due(owner), 0, 0, "WITHSCORES")
        left = (float(first[1]) - millis(self.now())) / 1000 if first else longest
        return min(max(left, 0.005), longest)


_LATER = Script("""
if tonumber(ARGV[1]) > tonumber(redis.call('GET', KEYS[1]) or 0) then redis.call('SET', KEYS[1], ARGV[1]) end
return 1
""")


async def last_moment(store: Store) -> datetime:
    """The site's last moment: the furthest that it was seen to have reached."""
    return moment(int(await store.do("GET", LAST) or 0))


async def tick(store: Store) -> datetime:
    """The moment that the press has reached."""
    return moment(int(await store.do("GET", TICK) or 0))

"""Putting views on the stream, many in one atomic step.

A reader's view is checked, marked and put there at once: whoever is killed, a view that was answered with 202 is on
the stream, and one that is there is marked. `seen:{mark}` the moment (ms) of a visitor's last view of an article
that counted · `views:from:{minute}` hash, an address's mark → how many of its views counted in that minute.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Literal, NamedTuple

from services.ingest.reported import Line
from services.ingest.visitors import DailySalts, mark, network_of
from shared.articles import record_key
from shared.clock import millis
from shared.events import VIEWS, ArticleViewed, new_event_id
from shared.live import live_key
from shared.metrics import Counter
from shared.service import Service
from shared.store import Script
from shared.view_bounds import REMEMBERED, most_remembered

FLOOD = 6_000  # views that count from one address (or IPv6 /64) in a minute: more than a whole campus reads
MINUTE_MS = 60_000
DAY_MS = 86_400_000
REPEATED_WITHIN_MS = 30 * MINUTE_MS

Taken = Literal["counted", "repeated", "unknown", "flood", "full"]
OUTCOMES: tuple[Taken, ...] = ("counted", "repeated", "unknown", "flood", "full")
"""As the scripts tell them: by their places in here, under these names in capitals."""
_CODES = f"local {', '.join(OUTCOMES).upper()} = {', '.join(map(str, range(len(OUTCOMES))))}\n"

taken = Counter("pressrun_views_total", "Views that came, by what became of them", ["way", "outcome"])


class Beacon(NamedTuple):
    """A reader's view, before it is marked."""

    article: str
    address: str
    agent: bytes


class ViewStream:
    """Puts groups of views onto the stream."""

    def __init__(self, service: Service) -> None:
        self._store = service.store
        self._replicas = service.replicas
        self._clock = service.clock
        self._salts = DailySalts(service.store, service.settings.site)
        self._most = most_remembered(service.settings)

    async def beacons(self, group: Sequence[Beacon]) -> list[Taken]:
        """Put the views on the stream that count; say what became of each."""
        now = self._clock.now()
        salts = await self._salts.at(now)
        # A stopped clock must not see marks expire with the real one.
        keep = DAY_MS if self._clock.stopped else REPEATED_WITHIN_MS + 1000
        minute = millis(now) // MINUTE_MS
        args: list[str | bytes | int] = [millis(now), REPEATED_WITHIN_MS, keep, FLOOD, minute, 2 * MINUTE_MS]
        at = _as_json(now)
        for article, address, agent in group:
            parts = article.encode(), address.encode(), agent
            args += (
                article,
                mark(salts.today, *parts),
                mark(salts.yesterday, *parts) if salts.yesterday else "",
                mark(salts.today, b"address", network_of(address).encode()),
                _event(at, article),
            )
        codes = await self._store.run(_BEACONS, (), args)
        await self._replicas.have_it()
        return self._counted("beacon", codes)

    async def lines(self, group: Sequence[Line]) -> list[Taken]:
        """Put reported views on the stream; each counts once by its event_id, whenever it is counted."""
        args: list[str | bytes | int] = [self._most]
        for line in group:
            event = ArticleViewed(event_id=line.event_id, at=line.at, article=line.article, once=True)
            args += (record_key(line.article), live_key(line.article), event.model_dump_json())
        codes = await self._store.run(_LINES, (), args)
        await self._replicas.have_it()
        return self._counted("batch", codes)

    def _counted(self, way: str, codes: Sequence[int]) -> list[Taken]:
        for code in set(codes):
            taken.labels(way, OUTCOMES[code]).inc(codes.count(code))
        return [OUTCOMES[code] for code in codes]


def _event(at: str, article: str) -> str:
    """An ArticleViewed as JSON, with every member that its schema has; by hand, as it is made for each view."""
    return f'{{"event_id":"{new_event_id()}","at":"{at}","type":"article.viewed","article":"{article}","once":false}}'


def _as_json(at: datetime) -> str:
    """A moment of the clock, which is in UTC."""
    return at.isoformat(timespec="milliseconds").replace("+00:00", "Z")


# ARGV: now, for how long a view counts as repeated, for how long its mark is kept (ms each), FLOOD, the minute, for how
# long its counts are kept (ms); then for each view its article, today's mark, yesterday's or '', its address's mark and
# its event. Answers an outcome for each.
_BEACONS = Script(
    _CODES
    + f"local VIEWS, LIVE = '{VIEWS}', '{live_key('')}'\n"
    + """
local call = redis.call
local now, within, keep = tonumber(ARGV[1]), tonumber(ARGV[2]), ARGV[3]
local most, from = tonumber(ARGV[4]), 'views:from:' .. ARGV[5]

local function is_recent(key)
  local seen = call('GET', key)
  return seen and now - tonumber(seen) < within
end

local function take(article, mark, earlier, address, event)
  if call('EXISTS', LIVE .. article) == 0 then return UNKNOWN end
  if earlier ~= '' and is_recent('seen:' .. earlier) then return REPEATED end
  local seen = 'seen:' .. mark
  if not call('SET', seen, ARGV[1], 'NX', 'PX', keep) then
    if is_recent(seen) then return REPEATED end
    call('SET', seen, ARGV[1], 'PX', keep)
  end
  if call('HINCRBY', from, address, 1) > most then
    call('DEL', seen)
    return FLOOD
  end
  call('XADD', VIEWS, '*', 'event', event)
  return COUNTED
end

local outcomes = {}
for at = 7, #ARGV, 5 do
  outcomes[#outcomes + 1] = take(ARGV[at], ARGV[at + 1], ARGV[at + 2], ARGV[at + 3], ARGV[at + 4])
end
call('PEXPIRE', from, ARGV[6])
return outcomes
"""
)

# ARGV: how many event_ids may be remembered; then for each view the keys of its article's record and card, and its
# event. Answers an outcome for each.
_LINES = Script(
    _CODES
    + f"local VIEWS, REMEMBERED = '{VIEWS}', '{REMEMBERED}'\n"
    + """
local call, outcomes = redis.call, {}
local full = tonumber(call('GET', REMEMBERED) or 0) >= tonumber(ARGV[1])
for at = 2, #ARGV, 3 do
  local outcome = COUNTED
  if call('EXISTS', ARGV[at], ARGV[at + 1]) == 0 then
    outcome = UNKNOWN
  elseif full then
    outcome = FULL
  else
    call('XADD', VIEWS, '*', 'event', ARGV[at + 2])
  end
  outcomes[#outcomes + 1] = outcome
end
return outcomes
"""
)

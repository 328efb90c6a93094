"""Hours, days and weeks in the site's time zone: in which hour and week a view counts, and until when."""

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from shared.charts import BEFORE_THURSDAY, first_day
from shared.times import midnight

HOUR = timedelta(hours=1)
WINDOW = 169 * HOUR  # the current hour and the 168 before
THURSDAY = 3
NAME = re.compile(r"\d{4}-W\d{2}", re.ASCII)


@dataclass(frozen=True, slots=True)
class Week:
    """A calendar week: named by the ISO week of its Thursday; `ends` is the first moment after it."""

    name: str
    begins: datetime
    ends: datetime


@dataclass(frozen=True, slots=True)
class Calendar:
    """The site's time zone and the day on which its weeks begin (`monday`, `sunday`, `saturday`)."""

    zone: ZoneInfo
    week_starts: str = "monday"

    def hour(self, at: datetime) -> datetime:
        """The beginning of the hour that holds `at`, as the site's clocks show hours without daylight saving time: that
        may be half an hour."""
        local = at.astimezone(self.zone)
        local -= local.dst() or timedelta()
        past = timedelta(minutes=local.minute, seconds=local.second, microseconds=local.microsecond)
        return at.astimezone(UTC) - past

    def week(self, at: datetime) -> Week:
        """The week that holds `at`."""
        day = at.astimezone(self.zone).date()
        into_it = (day.weekday() - THURSDAY + BEFORE_THURSDAY[self.week_starts]) % 7
        return self._week(day - timedelta(days=into_it))

    def named(self, name: str) -> Week:
        """The week of that name, `2025-W30`; ValueError if there is none."""
        if not NAME.fullmatch(name):
            raise ValueError(f"not the name of a week: {name!r}")
        return self._week(first_day(name, self.week_starts))

    def _week(self, first: date) -> Week:
        year, number, _ = (first + timedelta(days=BEFORE_THURSDAY[self.week_starts])).isocalendar()
        begins, ends = (midnight(day, self.zone) for day in (first, first + timedelta(days=7)))
        return Week(f"{year:04}-W{number:02}", begins, ends)

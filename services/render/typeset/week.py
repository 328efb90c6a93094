"""The days of a week that is named by the ISO week of its Thursday, whatever day it starts on."""

from datetime import date, timedelta
from typing import Literal

_BEFORE_THURSDAY = {"monday": 3, "sunday": 4, "saturday": 5}


def days(week: str, starts: Literal["monday", "sunday", "saturday"]) -> tuple[date, date]:
    """First and last day of `2025-W30`."""
    year, _, number = week.partition("-W")
    first = date.fromisocalendar(int(year), int(number), 4) - timedelta(days=_BEFORE_THURSDAY[starts])
    return first, first + timedelta(days=6)

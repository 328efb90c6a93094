"""Moments as sources write them, made aware and UTC."""

import re
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from typing import Annotated, Any

from pydantic import AwareDatetime, BeforeValidator
from pydantic_core import PydanticCustomError

# RFC 3339 §5.6; its note lets a space stand for the T. What `strftime` writes for `%z` has no colon
_RFC_3339 = re.compile(r"(\d{4}-\d\d-\d\d)[Tt ](\d\d:\d\d:\d\d)(\.\d{1,20})?([Zz]|[+-]\d\d:?[0-5]\d)", re.ASCII)
# what agencies and newsrooms write besides: +0000 (Superdesk), +00, no zone (WordPress's *_gmt), the day alone
_COMMON = re.compile(
    r"(\d{4}-\d\d-\d\d)(?:[Tt ](\d\d:\d\d)(:\d\d)?(\.\d{1,20})?\s?([Zz]|[+-]\d\d:?[0-5]\d|[+-]\d\d)?)?", re.ASCII
)

MILLISECOND = timedelta(milliseconds=1)
"""As fine as the site's clock."""
LONG_AGO = datetime.min.replace(tzinfo=UTC)
"""Stands in where no moment is told: before every one that can be."""


def midnight(day: date, zone: tzinfo) -> datetime:
    """The first moment of a day, also where clocks are put forward or back at midnight."""
    return datetime.combine(day, time(), zone).astimezone(UTC)


def parse_rfc3339(text: str) -> datetime | None:
    """A moment of RFC 3339, or None; its zone is required, and its year is one that every calendar here knows."""
    found = _RFC_3339.fullmatch(text)
    if found is None:
        return None
    return _moment(*found.groups())


def parse_time(text: str) -> datetime | None:
    """A moment in one of the notations in use, or None; without a zone it is UTC, without a time the day's start. The
    year 9999, by which systems mean never, is the last but one that every calendar here knows, in every zone."""
    found = _COMMON.fullmatch(text.strip())
    if found is None:
        return None
    day, clock, seconds, fraction, zone = found.groups()
    day = day.replace("9999-", "9997-")
    return _moment(day, (clock or "00:00") + (seconds or ":00"), fraction, zone or "Z")


def _moment(day: str, clock: str, fraction: str | None, zone: str) -> datetime | None:
    if clock.endswith(":60"):
        clock = f"{clock[:-2]}59"  # a leap second is the last moment of its minute
    try:
        at = datetime.fromisoformat(f"{day}T{clock}{(fraction or '')[:7]}{zone.upper()}").astimezone(UTC)
    except (ValueError, OverflowError):
        return None
    return at if 1000 <= at.year <= 9998 else None


def _read(value: Any) -> datetime:
    at = parse_rfc3339(value) if isinstance(value, str) else value
    if not isinstance(at, datetime):
        raise PydanticCustomError(
            "moment",
            "This is no moment with a zone, of the years 1000 to 9998; write it as in RFC 3339, like"
            " 2025-07-26T09:30:00Z.",
        )
    return at


Moment = Annotated[AwareDatetime, BeforeValidator(_read)]
"""A member of a model that is written as RFC 3339 has it, and in no other way."""

"""Hours and weeks: named by their Thursday, in the site's zone, also where clocks are changed."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.trending.week import HOUR, WINDOW, Calendar
from shared.charts import first_day
from shared.times import midnight

STARTS = ("monday", "sunday", "saturday")
ZONES = (
    "UTC", "Asia/Baghdad", "Europe/Berlin", "America/New_York", "America/Havana", "Asia/Beirut", "Asia/Kolkata",
    "Asia/Kathmandu", "Australia/Lord_Howe", "Pacific/Apia", "America/St_Johns", "Africa/Cairo",
)  # fmt: skip
SECONDS = st.integers(0, 45 * 365 * 86_400)
MOMENTS = SECONDS.map(lambda seconds: datetime(1995, 1, 1, tzinfo=UTC) + timedelta(seconds=seconds))


def calendar(zone: str = "Asia/Baghdad", starts: str = "monday") -> Calendar:
    return Calendar(ZoneInfo(zone), starts)


@pytest.mark.parametrize(
    ("starts", "day", "name"),
    [
        ("monday", "2025-07-21", "2025-W30"),
        ("monday", "2025-07-20", "2025-W29"),
        ("sunday", "2025-07-20", "2025-W30"),
        ("sunday", "2025-07-19", "2025-W29"),
        ("saturday", "2025-07-19", "2025-W30"),
        ("saturday", "2025-07-18", "2025-W29"),
        ("monday", "2024-12-30", "2025-W01"),
        ("monday", "2021-01-03", "2020-W53"),
        ("sunday", "2021-01-03", "2021-W01"),
        ("saturday", "2021-01-02", "2021-W01"),
        ("saturday", "2021-01-01", "2020-W53"),
    ],
)
def test_a_week_is_named_by_the_iso_week_of_its_thursday(starts: str, day: str, name: str) -> None:
    noon = datetime.fromisoformat(day).replace(hour=12, tzinfo=ZoneInfo("Asia/Baghdad"))
    assert calendar(starts=starts).week(noon).name == name


def test_a_week_begins_at_midnight_of_the_site() -> None:
    week = calendar().named("2025-W30")
    assert week.begins == datetime(2025, 7, 20, 21, tzinfo=UTC)
    assert week.ends == datetime(2025, 7, 27, 21, tzinfo=UTC)


@pytest.mark.parametrize(("zone", "minute"), [("Asia/Baghdad", 0), ("Asia/Kolkata", 30)])
def test_an_hour_begins_on_the_hour_of_the_sites_clocks(zone: str, minute: int) -> None:
    begins = datetime(2025, 7, 26, 9, minute, tzinfo=UTC)
    for past in (timedelta(), timedelta(microseconds=1), timedelta(minutes=59, seconds=59, milliseconds=999)):
        assert calendar(zone).hour(begins + past) == begins


@pytest.mark.parametrize(("name", "hours"), [("2025-W13", 167), ("2025-W43", 169), ("2025-W30", 168)])
def test_daylight_saving_makes_weeks_of_an_hour_more_or_less(name: str, hours: int) -> None:
    week = calendar("Europe/Berlin").named(name)
    assert week.ends - week.begins == hours * HOUR


@pytest.mark.parametrize(
    ("zone", "day", "hours"),
    [
        ("Europe/Berlin", date(2025, 3, 30), 23),
        ("Europe/Berlin", date(2025, 10, 26), 25),
        ("Asia/Beirut", date(2025, 3, 30), 23),  # forward at midnight
        ("America/Havana", date(2025, 11, 2), 25),  # back to midnight: the day has two
        ("Asia/Baghdad", date(2025, 3, 30), 24),
    ],
)
def test_days_have_the_hours_that_they_have(zone: str, day: date, hours: int) -> None:
    site = calendar(zone)
    begins, ends = midnight(day, site.zone), midnight(day + timedelta(days=1), site.zone)
    assert ends - begins == hours * HOUR
    seen = {site.hour(begins + timedelta(minutes=minute)) for minute in range(hours * 60)}
    assert len(seen) == hours
    assert min(seen) == begins


@pytest.mark.parametrize("name", ["2025-W00", "2025-W54", "2025-30", "W30", "", "2025-W3", "٢٠٢٥-W30", "2025-W30 "])
def test_there_is_no_such_week(name: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        calendar().named(name)


@pytest.mark.parametrize("name", ["2020-W53", "2025-W01", "2025-W52", "2026-W53"])
@pytest.mark.parametrize("starts", STARTS)
def test_a_name_leads_back_to_its_week(name: str, starts: str) -> None:
    site = calendar(starts=starts)
    assert site.week(site.named(name).begins) == site.named(name)
    assert site.named(name).name == name


@given(MOMENTS, st.sampled_from(ZONES), st.sampled_from(STARTS))
def test_every_moment_is_in_one_hour_and_one_week(at: datetime, zone: str, starts: str) -> None:
    site = calendar(zone, starts)
    hour, week = site.hour(at), site.week(at)
    assert hour <= at < hour + HOUR
    assert site.hour(hour) == hour
    assert week.begins <= at < week.ends
    assert site.week(week.ends - timedelta(microseconds=1)) == week
    assert site.week(week.ends).begins == week.ends
    assert site.week(hour) == week or zone == "Australia/Lord_Howe"


@given(MOMENTS, st.sampled_from(ZONES))
def test_the_window_is_the_current_hour_and_the_168_before(at: datetime, zone: str) -> None:
    site = calendar(zone)
    hours = [site.hour(at - n * HOUR) for n in range(170)]
    assert hours == [hours[0] - n * HOUR for n in range(170)]
    assert all(hour + WINDOW > at for hour in hours[:169])
    assert hours[169] + WINDOW <= at


def test_half_an_hour_of_daylight_saving_is_no_hour() -> None:
    site = calendar("Australia/Lord_Howe")
    changed = datetime(2026, 4, 4, 15, tzinfo=UTC)  # back from 02:00 to 01:30
    hours = [site.hour(changed + timedelta(minutes=minute)) for minute in range(-90, 90)]
    assert sorted(set(hours)) == [changed + timedelta(minutes=minute) for minute in (-90, -30, 30)]


@given(MOMENTS, st.sampled_from(STARTS))
def test_a_charts_page_names_the_days_that_were_counted(at: datetime, starts: str) -> None:
    counted = calendar("UTC", starts).week(at)
    assert first_day(counted.name, starts) == counted.begins.date()
    assert counted.ends - counted.begins == timedelta(days=7)

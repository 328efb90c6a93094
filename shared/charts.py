"""The charts of finished weeks: `chart:{week}` JSON, at most 50 entries · `charts` set of the weeks that have one ·
`charted:{id}` set of the weeks whose chart has, or had, an article.

Trending writes them in the step that announces `ranking.changed` with the list `week:{week}`; render reads them.
"""

from datetime import date, timedelta

from shared.articles import Frozen

BEFORE_THURSDAY = {"monday": 3, "sunday": 4, "saturday": 5}
"""How many days before its Thursday a week begins, by the day that it starts on."""


def first_day(week: str, starts: str) -> date:
    """The first day of `2025-W30`: a week is named by the ISO week of its Thursday, whatever day it starts on.

    ValueError if there is no such week.
    """
    year, _, number = week.partition("-W")
    return date.fromisocalendar(int(year), int(number), 4) - timedelta(days=BEFORE_THURSDAY[starts])


def chart_key(week: str) -> str:
    """Key of a finished week's chart (`2025-W30`, the ISO week of its Thursday)."""
    return f"chart:{week}"


def charts_key() -> str:
    """Key of the weeks that have a chart."""
    return "charts"


def charted_key(article: str) -> str:
    """Key of the weeks whose chart has, or had, an article."""
    return f"charted:{article}"


class Ranked(Frozen):
    """An article's place and views in a finished week."""

    rank: int
    id: str
    views: int


class Chart(Frozen):
    """A finished week's most read. Once `sealed` its numbers never change."""

    week: str
    entries: tuple[Ranked, ...]
    sealed: bool = False

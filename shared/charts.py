"""The charts of finished weeks: `chart:{week}` JSON, at most 50 entries · `charts` set of the weeks that have one ·
`charted:{id}` set of the weeks whose chart has, or had, an article.

Trending writes them in the step that announces `ranking.changed` with the list `week:{week}`; render reads them.
"""

from shared.articles import Frozen


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

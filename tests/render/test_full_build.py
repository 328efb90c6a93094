"""How a full build shares its pages out."""

from itertools import chain

from services.render import keys
from services.render.full_build import PORTION, TOGETHER, _portions

ARTICLES = [keys.article(str(number)) for number in range(PORTION + 1)]


def archives(month: str, count: int) -> list[str]:
    """So many pages of a month's archives."""
    days = [keys.archive("all", f"{month}-{day:02}", 1) for day in range(1, 4)]
    return [keys.archive("all", month, 1), keys.sitemap(month, 1), *days] + [
        keys.archive(f"topic:{number}", month, 1) for number in range(count - 5)
    ]


def test_every_page_is_in_one_portion() -> None:
    pages = [keys.FRONT, *ARTICLES, keys.listing("topic:a"), *archives("2025-07", 7), *archives("2025-08", 9)]
    assert list(chain(*_portions(pages))) == pages


def test_a_months_archives_stay_together() -> None:
    months = [archives("2025-07", PORTION + 1), archives("2025-08", 9)]
    assert list(_portions([*ARTICLES, *months[0], *months[1]]))[2:] == months


def test_feeds_stay_together() -> None:
    feeds = [keys.feed(f"topic:{number}") for number in range(PORTION + 1)]
    pages = [keys.FRONT, keys.feed("all"), keys.article("a"), keys.listing("topic:a"), *feeds]
    assert list(_portions(pages))[-1] == feeds


def test_no_core_waits_long_for_another() -> None:
    assert [len(one) for one in _portions(archives("2025-07", TOGETHER + 5))] == [TOGETHER, 5]
    assert [len(one) for one in _portions(ARTICLES)] == [PORTION, 1]

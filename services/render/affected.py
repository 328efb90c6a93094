"""The dependency table: which pages change when an article's card does. Pure; whether the conditions hold is found
out by the step that lists the article (`marks_step`).

A page that shows the newest of a list is marked only where the article stands, or stood, among those it shows;
an archive or sitemap page only where it has its place.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Literal, NamedTuple

from services.render import keys
from shared.articles import Card
from shared.live import is_month
from shared.times import LONG_AGO

NEWEST = 30
ARCHIVE_PLACES = 100
SITEMAP_PLACES = 1_000
NEWS_PLACES = 1_000
NEWS_WINDOW = timedelta(hours=48)

When = Literal["always", "within", "short", "edge", "place", "period", "pages", "charts"]


class Mark(NamedTuple):
    """A page to build if the condition holds for the article in `list`.

    always · within: it is or was among the newest `size` · short: that too, and the announced topics do not fill a
    block of `size` · edge: the list became empty or is no longer ·
    place: the page, `{n}` in its key, that holds its place of `period` in pages of `size` ·
    period: that period of the list became empty or is no longer; with a `size` also if its place begins such a page ·
    pages: where the period did so, each page of `size` places, `{n}` in its key, that it has ·
    charts: the weeks, `{n}`, whose chart has it.
    """

    page: str
    when: When = "always"
    list: str = ""
    size: int = 0
    period: str = ""


@dataclass(frozen=True, slots=True)
class Shown:
    """What pages show beyond lists: the announced rankings, the lead, the size of the topics block, the news window."""

    hot: tuple[str, ...] = ()
    topics: tuple[str, ...] = ()
    lead: tuple[str, ...] = ()
    block: int = 8
    news_since: datetime = LONG_AGO


def affected(before: Card | None, after: Card | None, shown: Shown) -> tuple[Mark, ...]:
    """The pages beside its own that may change when an article that was listed as `before` is listed as `after`."""
    if before is None and after is None:
        return ()
    return (*_lists(before, after), *_blocks(before, after, shown), *_for_machines(before, after, shown))


def neighbourhoods(before: Card | None, after: Card | None) -> tuple[str, ...]:
    """The topics in which the articles around it may have it among their related ones, or have lost it."""
    if before and after and _same_brief(before, after) and before.topics == after.topics:
        return ()
    return tuple(dict.fromkeys(topic.slug for card in (before, after) if card for topic in card.topics))


def _lists(before: Card | None, after: Card | None) -> Iterator[Mark]:
    for name in _names(before, after):
        was, now = _in(before, name), _in(after, name)
        if was and now and _same_look(was, now):
            if not _same_text(was, now):
                yield Mark(keys.feed(name), "within", name, NEWEST)
            continue
        days = _days(was, now)
        yield from _shown_on(name, days)
        if not (was and now):
            yield from _begun_or_ended(name, days)


def _pages_that_show(name: str, days: tuple[str, ...]) -> Iterator[Mark]:
    yield Mark(keys.listing(name), "within", name, NEWEST)
    yield Mark(keys.feed(name), "within", name, NEWEST)
    for period in _periods(name, days):
        yield Mark(keys.archive(name, period, "{n}"), "place", name, ARCHIVE_PLACES, period)


def _pages_that_lead(name: str, days: tuple[str, ...]) -> Iterator[Mark]:
    if name.startswith("section:"):
        yield Mark(keys.NAVIGATION, "edge", name)
    for period in _periods(name, days):
        # a month's first page names its days
        page = keys.listing(name) if is_month(period) else keys.archive(name, period[:7], 1)
        yield Mark(page, "period", name, 0, period)
        yield Mark(keys.archive(name, period, "{n}"), "pages", name, ARCHIVE_PLACES, period)


_REMEMBERED = lru_cache(maxsize=8192)
_shown_on = _REMEMBERED(lambda name, days: tuple(_pages_that_show(name, days)))
"""The pages of a list that show an article of these days: the same for every article of a day."""
_begun_or_ended = _REMEMBERED(lambda name, days: tuple(_pages_that_lead(name, days)))
"""The pages that lead to a list's archives, or to the list itself; and the archives, which are there or are not."""


def _blocks(before: Card | None, after: Card | None, shown: Shown) -> Iterator[Mark]:
    ident = (after or before).id  # type: ignore[union-attr]  # one of them is there
    if not (before and after and _same_look(before, after)):
        if ident in shown.hot:
            yield Mark(keys.HOT)
        yield Mark(keys.chart("{n}"), "charts")
        if ident in shown.lead:
            yield Mark(keys.FRONT)
    if before and after and _same_brief(before, after):
        if before.topics == after.topics:
            return
    elif ident in shown.hot:
        yield Mark(keys.HOT_BLOCK)
    topics = [name for name in _names(before, after) if name.startswith("topic:")]
    for name in topics:
        if name.removeprefix("topic:") in shown.topics:
            yield Mark(keys.TOPICS_BLOCK, "within", name, shown.block)
    yield Mark(keys.TOPICS_BLOCK, "short", "all", shown.block)


def _for_machines(before: Card | None, after: Card | None, shown: Shown) -> Iterator[Mark]:
    is_news = any(card.published_at > shown.news_since for card in (before, after) if card)
    if is_news and not (before and after and _same_news(before, after)):
        yield Mark(keys.NEWS, "within", "all", NEWS_PLACES)
    for month in _months(before, after):
        if not (before and after and _same_entry(before, after)):
            yield Mark(keys.sitemap(month, "{n}"), "place", "all", SITEMAP_PLACES, month)
        if not (before and after and before.day[:7] == after.day[:7]):
            yield Mark(keys.SITEMAPS, "period", "all", SITEMAP_PLACES, month)
        if not (before and after):
            yield Mark(keys.sitemap(month, "{n}"), "pages", "all", SITEMAP_PLACES, month)


def _same_look(was: Card, now: Card) -> bool:
    """What a card shows. No card names its author, whose own lists it joins and leaves."""
    return _same_brief(was, now) and (was.image, was.section) == (now.image, now.section)


def _same_brief(was: Card, now: Card) -> bool:
    """What the blocks and an article's page show of another one, which is neither its picture nor its section."""
    return (was.headline, was.excerpt, was.path, was.published_at, was.language) == (
        now.headline, now.excerpt, now.path, now.published_at, now.language,
    )  # fmt: skip


def _same_news(was: Card, now: Card) -> bool:
    """What the sitemap of the news tells of it."""
    return (was.path, was.published_at, was.headline, was.language) == (
        now.path, now.published_at, now.headline, now.language,
    )  # fmt: skip


def _same_entry(was: Card, now: Card) -> bool:
    """What its month's sitemap tells of it."""
    return (was.path, was.modified_at or was.published_at) == (now.path, now.modified_at or now.published_at)


def _same_text(was: Card, now: Card) -> bool:
    """The same content may come again at another moment, with another version in between that nobody saw."""
    return (was.content, was.modified_at) == (now.content, now.modified_at)


def _in(card: Card | None, name: str) -> Card | None:
    return card if card and name in card.lists else None


def _names(before: Card | None, after: Card | None) -> tuple[str, ...]:
    if before is None or after is None:
        return (before or after).lists  # type: ignore[union-attr]  # one of them is there
    return tuple(dict.fromkeys((*before.lists, *after.lists)))


def _days(*cards: Card | None) -> tuple[str, ...]:
    return tuple(dict.fromkeys(card.day for card in cards if card))


def _months(*cards: Card | None) -> tuple[str, ...]:
    return tuple(dict.fromkeys(card.day[:7] for card in cards if card))


def _periods(name: str, days: tuple[str, ...]) -> tuple[str, ...]:
    return (*dict.fromkeys(day[:7] for day in days), *(days if name == "all" else ()))

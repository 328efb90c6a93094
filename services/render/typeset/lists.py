"""The fragments and the pages that list articles, in words that their templates print as they are."""

import math
from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

from services.render import contexts
from services.render.contexts import archive, home
from services.render.typeset.desk import Desk, Link
from services.render.typeset.language import full_day, long_day, month
from services.render.typeset.ready import escaped
from services.render.typeset.structured import DESCRIPTION_LENGTH, shorten, website
from shared.articles import Card, Term
from shared.charts import first_day
from shared.live import is_month

HEADLINES = 5
"""So many of its first articles say what a list is about, to search engines and where it is shared."""


def masthead(desk: Desk, page: contexts.Masthead) -> dict[str, Any]:
    """The date, the weather and the name of the paper."""
    today = desk.site.local(page.tick).date()
    warmth = page.temperature_c
    return {
        "today": today.isoformat(),
        "day": full_day(today, desk.language),
        "temperature": "" if warmth is None else f"{math.floor(warmth + 0.5)} C",
        "city": page.city,
    }


def navigation(desk: Desk, page: contexts.Navigation) -> dict[str, Any]:
    """The sections."""
    return {"sections": [desk.section(term) for term in page.sections]}


def hot_fragment(desk: Desk, page: contexts.HotFragment) -> dict[str, Any]:
    """Hot this week."""
    return {"cards": desk.briefs(page.cards)}


def topics_fragment(desk: Desk, page: contexts.TopicsFragment) -> dict[str, Any]:
    """The topics block."""
    return {"cards": [(desk.topic(entry.topic), desk.brief(entry.card)) for entry in page.cards]}


def front(desk: Desk, page: contexts.FrontPage) -> dict[str, Any]:
    """The front page: its first story stands above the others."""
    cards = [*page.lead, *page.newest]
    return {
        **_head(desk, desk.site.name, "/", feeds="/", told=cards),
        "structured": website(desk),
        "first": desk.opener(cards[0]) if cards else None,
        "seconds": desk.stories(cards[1:5]),
        "cards": desk.stories(cards[5:]),
        **_by_year(_months(desk, "all", None, page.months), page.months),
    }


def listing(desk: Desk, page: contexts.ListPage) -> dict[str, Any]:
    """The newest of a section, a topic or an author."""
    path = home(page.kind, page.term)
    return {
        **_head(desk, page.term.name, path, feeds=path, term=page.term, told=page.cards),
        "kind": page.kind,
        "name": page.term.name,
        "cards": desk.entries(page.cards),
        **_by_year(_months(desk, page.kind, page.term, page.months), page.months),
    }


def archived(desk: Desk, page: contexts.ArchivePage) -> dict[str, Any]:
    """A page of an archive."""
    is_day = not is_month(page.period)
    when = long_day(date.fromisoformat(page.period), desk.language) if is_day else month(page.period, desk.language)
    path = home(page.kind, page.term)
    title = f"{page.term.name}, {when}" if page.term else when  # after which the site's own name stands anyhow
    return {
        **_head(
            desk,
            title + (f", page {page.number}" if page.number > 1 else ""),
            archive(page.kind, page.term, page.period, page.number),
            feeds=path,
            term=page.term,
            told=page.cards,
        ),
        "kind": page.kind,
        "name": page.term.name if page.term else desk.site.name,
        "home": desk.href(path),
        "when": when,
        "number": page.number,
        "cards": desk.entries(page.cards),
        "previous": _page(desk, page, page.previous),
        "next": _page(desk, page, page.next),
        "archives": _months(desk, "all", None, (page.period[:7],)) if is_day else _days(desk, page.days),
        "years": (),
    }


def hot(desk: Desk, page: contexts.HotPage) -> dict[str, Any]:
    """The most read of seven days."""
    return {
        **_head(desk, "Hot this week", "/hot/", feeds="/", told=page.cards),
        "cards": list(enumerate(desk.entries(page.cards), 1)),
        **_by_year([Link(desk.href(f"/hot/{name}/"), _week(desk, name)) for name in page.weeks], page.weeks),
    }


def chart(desk: Desk, page: contexts.ChartPage) -> dict[str, Any]:
    """A finished week's chart."""
    when = _week(desk, page.week)
    cards = [entry.card for entry in page.entries]
    return {
        **_head(desk, f"Most read, {when}", f"/hot/{page.week}/", feeds="/", told=cards),
        "when": when,
        "cards": [(entry.rank, desk.counted(entry.card, entry.views)) for entry in page.entries],
    }


def error(desk: Desk, page: contexts.ErrorPage) -> dict[str, Any]:
    """What a reader gets instead of a page."""
    title, text = _ERRORS[page.status]
    return {**_head(desk, title, "", feeds="/"), "status": page.status, "text": text}


_ERRORS = {
    404: ("Page not found", "There is no page at this address."),
    410: ("No longer published", "This article has been withdrawn."),
    503: ("Not available", "This page cannot be served at the moment. Please try again shortly."),
}


def _head(
    desk: Desk, title: str, path: str, feeds: str, term: Term | None = None, told: Sequence[Card] = ()
) -> dict[str, Any]:
    return {
        "page_language": desk.language,
        "page_direction": desk.direction,
        "title": escaped(title),
        "canonical": escaped(desk.absolute(path)) if path else "",
        "description": escaped(shorten(" · ".join(card.headline for card in told[:HEADLINES]), DESCRIPTION_LENGTH)),
        **_preview(desk, told),
        "feeds": escaped(desk.href(feeds)),
        "feeds_name": escaped(desk.title_of(term)),
    }


def _preview(desk: Desk, told: Sequence[Card]) -> dict[str, Any]:
    """The first picture of a list: it stands for the list where that is shared."""
    for card in told:
        if card.image and (picture := desk.picture(card.image)):
            return {"picture": picture, "image_url": desk.absolute(card.image.url)}
    return {"picture": None, "image_url": ""}


def _by_year(links: list[Link], periods: tuple[str, ...]) -> dict[str, Any]:
    """The links to a list's periods, newest first: those of its newest year, and of each other one, to be unfolded."""
    years: dict[str, list[Link]] = {}
    for link, period in zip(links, periods, strict=True):
        years.setdefault(period[:4], []).append(link)
    (_, newest), *others = years.items() or [("", [])]
    return {"archives": newest, "years": others}


def _months(desk: Desk, kind: contexts.Kind, term: Term | None, months: tuple[str, ...]) -> list[Link]:
    return [Link(desk.href(archive(kind, term, period)), month(period, desk.language)) for period in months]


def _days(desk: Desk, days: tuple[str, ...]) -> list[Link]:
    return [
        Link(desk.href(archive("all", None, day)), full_day(date.fromisoformat(day), desk.language)) for day in days
    ]


def _page(desk: Desk, page: contexts.ArchivePage, number: int | None) -> Link | None:
    return Link(desk.href(archive(page.kind, page.term, page.period, number)), str(number)) if number else None


def _week(desk: Desk, name: str) -> str:
    first = first_day(name, desk.site.week_starts)
    return f"{long_day(first, desk.language)} – {long_day(first + timedelta(days=6), desk.language)}"

"""The front page, and the newest of a section, a topic or an author."""

import asyncio

from services.render.affected import NEWEST
from services.render.contexts import FrontPage, ListPage, home, parts_of
from services.render.edition import Edition
from services.render.output import Output, page_file
from services.render.printer import Printer
from shared.articles import Card


async def front(edition: Edition, printer: Printer, _: str) -> Output:
    """What leads, then the newest."""
    lead, newest, archived = await asyncio.gather(  # each answer waits for what else the press has in hand
        leading(edition), edition.newest("all", NEWEST), months(edition, "all")
    )
    leads = {card.id for card in lead}
    context = FrontPage(edition.site, lead, tuple(card for card in newest if card.id not in leads), archived)
    return Output({"index.html": printer.print(context)})


async def leading(edition: Edition) -> tuple[Card, ...]:
    """The articles that lead the front page now."""
    front, tick = await asyncio.gather(edition.front(), edition.tick())
    return tuple(card for card in await edition.cards(front.at(tick)) if card)


async def listing(edition: Edition, printer: Printer, name: str) -> Output:
    """The newest of a list; an empty one is not there."""
    kind, slug = parts_of(name)
    term, cards, archived = await asyncio.gather(
        edition.term(kind, slug), edition.newest(name, NEWEST), months(edition, name)
    )
    file = page_file(home(kind, term))
    if not cards:
        return Output(absent=(file,))
    context = ListPage(edition.site, kind, term, tuple(cards), archived)
    return Output({file: printer.print(context)})


async def months(edition: Edition, name: str) -> tuple[str, ...]:
    """The months in which a list has articles, newest first."""
    return tuple(sorted(await edition.months(name), reverse=True))

"""The front page, and the newest of a section, a topic or an author."""

from datetime import datetime

from services.render.affected import NEWEST
from services.render.contexts import FrontPage, ListPage, home, parts_of
from services.render.edition import Edition
from services.render.output import Output, page_file
from services.render.printer import Printer
from shared.articles import Card


async def front(edition: Edition, printer: Printer, _: str) -> Output:
    """What leads, then the newest."""
    lead = await leading(edition, await edition.tick())
    newest = await edition.newest("all", NEWEST)
    leads = {card.id for card in lead}
    context = FrontPage(
        edition.site, lead, tuple(card for card in newest if card.id not in leads), await months(edition, "all")
    )
    return Output({"index.html": printer.print(context)})


async def leading(edition: Edition, tick: datetime) -> tuple[Card, ...]:
    """The articles that lead the front page now."""
    return tuple(card for card in await edition.cards((await edition.front()).at(tick)) if card)


async def listing(edition: Edition, printer: Printer, name: str) -> Output:
    """The newest of a list; an empty one is not there."""
    kind, slug = parts_of(name)
    term = await edition.term(kind, slug)
    file = page_file(home(kind, term))
    cards = await edition.newest(name, NEWEST)
    if not cards:
        return Output(absent=(file,))
    context = ListPage(edition.site, kind, term, tuple(cards), await months(edition, name))
    return Output({file: printer.print(context)})


async def months(edition: Edition, name: str) -> tuple[str, ...]:
    """The months in which a list has articles, newest first."""
    return tuple(sorted(await edition.months(name), reverse=True))

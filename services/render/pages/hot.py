"""The most read of seven days, and the charts of finished weeks."""

from services.render.contexts import ChartEntry, ChartPage, HotPage
from services.render.edition import Edition
from services.render.output import Output, page_file
from services.render.printer import Printer
from shared.ranking import HOT


async def build(edition: Edition, printer: Printer, _: str) -> Output:
    """The most read of seven days."""
    cards = tuple(card for card in await edition.cards(await edition.ranking(HOT)) if card)
    return Output({"hot/index.html": printer.print(HotPage(edition.site, cards, await edition.charts()))})


async def chart(edition: Edition, printer: Printer, week: str) -> Output:
    """A finished week's chart; names, links and withdrawals follow the articles."""
    file = page_file(f"/hot/{week}/")
    found = await edition.chart(week)
    if found is None:
        return Output(absent=(file,))
    cards = await edition.cards(entry.id for entry in found.entries)
    entries = tuple(
        ChartEntry(entry.rank, entry.views, card) for entry, card in zip(found.entries, cards, strict=True) if card
    )
    return Output({file: printer.print(ChartPage(edition.site, week, entries))})

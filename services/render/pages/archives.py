"""Archives that never shift: pages of 100 places; an article that left is a hole."""

from services.render.affected import ARCHIVE_PLACES
from services.render.contexts import ArchivePage, archive, parts_of
from services.render.edition import Edition
from services.render.output import Output, page_file
from services.render.printer import Printer
from shared.live import MONTH, is_month


async def build(edition: Edition, printer: Printer, name: str) -> Output:
    """One page of a list's archive; one of a period without articles is not there, one of holes alone is."""
    listed, period, number = name.split("|")
    kind, slug = parts_of(listed)
    term = await edition.term(kind, slug) if slug else None
    page = int(number)
    file = page_file(archive(kind, term, period, page))
    cards = await edition.places(listed, period, (page - 1) * ARCHIVE_PLACES, ARCHIVE_PLACES)
    last = -(-await edition.place_count(listed, period) // ARCHIVE_PLACES)
    if not cards and (page > last or not await _count(edition, listed, period)):
        return Output(absent=(file,))
    names_days = kind == "all" and is_month(period) and page == 1  # else a new day changed every page
    context = ArchivePage(
        edition.site,
        kind,
        term,
        period,
        page,
        tuple(cards),
        previous=page - 1 if page > 1 else None,
        next=page + 1 if page < last else None,
        days=tuple(sorted(await edition.days(period))) if names_days else (),
    )
    return Output({file: printer.print(context)})


async def _count(edition: Edition, listed: str, period: str) -> int:
    """How many articles a list has in a period."""
    counts = await (edition.months(listed) if is_month(period) else edition.days(period[:MONTH]))
    return counts.get(period, 0)

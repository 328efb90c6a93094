"""Archives that never shift: pages of 100 places; an article that left is a hole."""

from services.render.affected import ARCHIVE_PLACES
from services.render.contexts import ArchivePage, archive, parts_of
from services.render.edition import Edition
from services.render.printer import Printer
from services.render.site import Output, page_file
from shared.live import is_month


async def build(edition: Edition, printer: Printer, name: str) -> Output:
    """One page of a list's archive; one of a period without articles is not there, one of holes alone is."""
    listed, period, number = name.split("|")
    kind, slug = parts_of(listed)
    term = await edition.term(kind, slug) if slug else None
    page = int(number)
    file = page_file(archive(kind, term, period, page))
    cards = await edition.places(listed, period, (page - 1) * ARCHIVE_PLACES, ARCHIVE_PLACES)
    last = -(-await edition.place_count(listed, period) // ARCHIVE_PLACES)
    if not cards and (page > last or not (await edition.periods(listed)).get(period)):
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
        days=await _days(edition, period) if names_days else (),
    )
    return Output({file: printer.print(context)})


async def _days(edition: Edition, month: str) -> tuple[str, ...]:
    found = await edition.periods("all")
    return tuple(sorted(period for period in found if period.startswith(month) and period != month))

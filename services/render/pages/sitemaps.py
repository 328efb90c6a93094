"""Sitemaps: parts of 1,000 places a month, their index, and the news of 48 hours."""

from services.render.affected import NEWS_PLACES, NEWS_WINDOW, SITEMAP_PLACES
from services.render.contexts import NewsSitemap, Sitemap, SitemapIndex
from services.render.edition import Edition
from services.render.output import Output
from services.render.pages.lists import months
from services.render.printer import Printer


async def index(edition: Edition, printer: Printer, _: str) -> Output:
    """The names of the parts."""
    parts = []
    for month in await months(edition, "all"):
        count = -(-await edition.place_count("all", month) // SITEMAP_PLACES)
        parts += [f"{month}-{number}" for number in range(1, count + 1)]
    return Output({"sitemap.xml": printer.print(SitemapIndex(edition.site, tuple(parts)))})


async def part(edition: Edition, printer: Printer, name: str) -> Output:
    """One part of a month; one of a month without articles is not there."""
    month, number = name.split("|")
    file = f"sitemaps/{month}-{number}.xml"
    cards = await edition.places("all", month, (int(number) - 1) * SITEMAP_PLACES, SITEMAP_PLACES)
    if not cards and not (await edition.months("all")).get(month):
        return Output(absent=(file,))
    return Output({file: printer.print(Sitemap(edition.site, tuple(cards)))})


async def news(edition: Edition, printer: Printer, _: str) -> Output:
    """The newest 1,000 of the last 48 hours."""
    since = await edition.tick() - NEWS_WINDOW
    cards = tuple(card for card in await edition.newest("all", NEWS_PLACES) if card.published_at > since)
    return Output({"news-sitemap.xml": printer.print(NewsSitemap(edition.site, cards))})

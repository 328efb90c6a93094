"""The pages: one module a kind, each reads what it needs from an edition and says what is to be on disk."""

from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from itertools import groupby

from services.render import keys
from services.render.edition import Edition
from services.render.output import Output
from services.render.pages import archives, article, feeds, fixed, fragments, hot, lists, sitemaps
from services.render.printer import Printer

Build = Callable[[Edition, Printer, str], Awaitable[Output]]

KINDS: dict[str, Build] = {
    "article": article.build,
    "front": lists.front,
    "list": lists.listing,
    "archive": archives.build,
    "hot": hot.build,
    "chart": hot.chart,
    "feed": feeds.build,
    "sitemap-index": sitemaps.index,
    "sitemap": sitemaps.part,
    "news-sitemap": sitemaps.news,
    "fragment": fragments.build,
    "fixed": fixed.build,
}


async def build(edition: Edition, printer: Printer, key: str) -> Output:
    """What the page with this key is to leave on disk."""
    return await KINDS[keys.kind(key)](edition, printer, keys.name(key))


async def build_each(edition: Edition, printer: Printer, pages: Iterable[str]) -> AsyncIterator[Output]:
    """The same of many, in their order. Articles that follow one another are built together."""
    for kind, found in groupby(pages, key=keys.kind):
        names = [keys.name(key) for key in found]
        if kind == "article":
            for output in await article.build_all(edition, printer, names):
                yield output
        else:
            for name in names:
                yield await KINDS[kind](edition, printer, name)

"""A list's feeds in three formats, with whole articles."""

from services.render.affected import NEWEST
from services.render.contexts import AtomFeed, Entry, JsonFeed, RssFeed, home, parts_of
from services.render.edition import Edition
from services.render.output import Output
from services.render.printer import Printer
from shared.articles import Article, Card
from shared.clock import moment

NEVER = moment(0)
"""When a feed without entries changed. Not the tick: that moves on, and marks no feed."""

FORMATS: dict[str, type[AtomFeed] | type[RssFeed] | type[JsonFeed]] = {
    "feed.xml": AtomFeed,
    "rss.xml": RssFeed,
    "feed.json": JsonFeed,
}


async def build(edition: Edition, printer: Printer, name: str) -> Output:
    """The feeds of a list; those of an empty section, topic or author are not there."""
    kind, slug = parts_of(name)
    term = await edition.term(kind, slug) if slug else None
    folder = home(kind, term).lstrip("/")
    entries = []
    authority = await edition.authority()
    cards = await edition.newest(name, NEWEST)
    for card, story in zip(cards, await edition.stories([card.id for card in cards]), strict=True):
        if story and story.article.live:
            article = _where_it_is_listed(story.article, card)
            length = await edition.length(article.image.url) if article.image else None
            entries.append(Entry(article, story.body, authority, length))
    if not entries and term is not None:
        return Output(absent=tuple(folder + file for file in FORMATS))
    updated = max((entry.article.modified_at for entry in entries), default=NEVER)
    return Output(
        {
            folder + file: printer.print(form(edition.site, kind, term, updated, tuple(entries)))
            for file, form in FORMATS.items()
        }
    )


def _where_it_is_listed(article: Article, card: Card) -> Article:
    """The article at the address where its page is: one that has just got another has none there yet."""
    if article.path == card.path:
        return article
    return article.model_copy(update={"slug": card.path.split("/")[-2]})

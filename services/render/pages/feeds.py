"""A list's feeds in three formats, with whole articles."""

from typing import cast

from services.render.affected import NEWEST
from services.render.contexts import AtomFeed, Entry, JsonFeed, Kind, RssFeed, home
from services.render.edition import Edition
from services.render.printer import Printer
from services.render.site import Output
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
    kind, _, slug = name.partition(":")
    term = await edition.term(kind, slug) if slug else None
    folder = home(cast(Kind, kind), term).lstrip("/")
    entries = []
    for card in await edition.newest(name, NEWEST):
        story = await edition.story(card.id)
        if story and story.article.live:
            image = story.article.image
            entries.append(Entry(story.article, story.body, await edition.length(image.url) if image else None))
    if not entries and term is not None:
        return Output(absent=tuple(folder + file for file in FORMATS))
    updated = max((entry.article.modified_at for entry in entries), default=NEVER)
    return Output(
        {
            folder + file: printer.print(form(edition.site, cast(Kind, kind), term, updated, tuple(entries)))
            for file, form in FORMATS.items()
        }
    )

"""The first article of a list, a month or a day: the pages that its own page links to must be there with it."""

from collections.abc import Iterable, Iterator
from datetime import datetime
from functools import lru_cache
from typing import cast

from services.render import keys
from services.render.contexts import Kind, archive, home
from services.render.edition import LiveEdition, Story
from services.render.site import page_file
from shared import live
from shared.articles import Article, Card, Term
from shared.charts import Chart
from shared.conditions import Conditions
from shared.front import Front


def linked_pages(card: Card) -> Iterator[tuple[str, str]]:
    """What an article's page and cards lead to: a file of each page, and its key."""
    for name in card.lists:
        yield from _pages_of(name, live.periods_of(name, card))


@lru_cache(maxsize=4096)
def _pages_of(name: str, periods: tuple[str, ...]) -> tuple[tuple[str, str], ...]:
    """The same lists and periods are asked for with every article."""
    first, _, slug = name.partition(":")
    kind, term = cast(Kind, first), Term(slug=slug, name="") if slug else None
    found = [(page_file(archive(kind, term, period)), keys.archive(name, period, 1)) for period in periods]
    if term is not None:
        found.append((page_file(home(kind, term)), keys.listing(name)))
        found.append((home(kind, term).lstrip("/") + "feed.xml", keys.feed(name)))
    return tuple(found)


class WithArticle:
    """An edition as it will be once an article is listed; only for its own lists and periods, of which it is the first.

    `alone` tells whether no other article has been read from there: then a page shows this one and nothing else, for
    as long as nobody joins it, whoever came and went meanwhile.
    """

    def __init__(self, edition: LiveEdition, story: Story) -> None:
        self.site = edition.site
        self._edition = edition
        self._story = story
        self._card = story.article.card()
        self.alone = True

    async def newest(self, name: str, count: int) -> list[Card]:
        others = [card for card in await self._edition.newest(name, count) if card.id != self._card.id]
        self.alone = self.alone and not others
        return sorted([self._card, *others], key=lambda card: (card.published_at, card.id), reverse=True)[:count]

    async def places(self, name: str, period: str, first: int, count: int) -> list[Card]:
        found = await self._edition.places(name, period, first, count)
        others = [card for card in found if card.id != self._card.id]
        self.alone = self.alone and not others
        return [*others, self._card]

    async def place_count(self, name: str, period: str) -> int:
        return 1  # of a period that begins again there are other pages; they come after this one

    async def periods(self, name: str) -> dict[str, int]:
        mine = dict.fromkeys(live.periods_of(name, self._card), 1)
        found = await self._edition.periods(name)
        # an archive of the site's names days of its own month alone
        month = self._card.day[:7] if name == "all" else ""
        self.alone = self.alone and not any(period.startswith(month) for period in found.keys() - mine.keys())
        return mine | found

    async def story(self, ident: str) -> Story | None:
        return self._story if ident == self._card.id else await self._edition.story(ident)

    async def tick(self) -> datetime:
        return await self._edition.tick()

    async def related(self, article: Article) -> tuple[Card, ...]:
        return await self._edition.related(article)

    async def cards(self, idents: Iterable[str]) -> list[Card | None]:
        return await self._edition.cards(idents)

    async def ranking(self, name: str) -> tuple[str, ...]:
        return await self._edition.ranking(name)

    async def conditions(self) -> Conditions | None:
        return await self._edition.conditions()

    async def front(self) -> Front:
        return await self._edition.front()

    async def sections(self) -> tuple[Term, ...]:
        return await self._edition.sections()

    async def term(self, kind: str, slug: str) -> Term:
        return await self._edition.term(kind, slug)

    async def chart(self, week: str) -> Chart | None:
        return await self._edition.chart(week)

    async def charts(self) -> tuple[str, ...]:
        return await self._edition.charts()

    async def length(self, picture: str) -> int | None:
        return await self._edition.length(picture)

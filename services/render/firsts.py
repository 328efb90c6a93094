"""The first article of a list, a month or a day: the pages that its own page links to must be there with it."""

from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache

from services.render import keys
from services.render.contexts import archive, home, parts_of
from services.render.edition import LiveEdition, Story
from services.render.output import page_file
from shared import live
from shared.articles import Card, Term
from shared.site_settings import SiteSettings
from shared.store import Store


def linked_pages(card: Card) -> Iterator[tuple[str, str]]:
    """What an article's page and cards lead to: a file of each page, and its key. A list comes after its archives and
    its feed, to which it leads."""
    for name in card.lists:
        yield from _pages_of(name, live.periods_of(name, card))


@lru_cache(maxsize=4096)
def _pages_of(name: str, periods: tuple[str, ...]) -> tuple[tuple[str, str], ...]:
    """The same lists and periods are asked for with every article."""
    kind, slug = parts_of(name)
    term = Term(slug=slug, name="") if slug else None
    found = [(page_file(archive(kind, term, period)), keys.archive(name, period, 1)) for period in periods]
    if term is not None:
        found.append((home(kind, term).lstrip("/") + "feed.xml", keys.feed(name)))
        found.append((page_file(home(kind, term)), keys.listing(name)))
    return tuple(found)


class WithArticle(LiveEdition):
    """The live edition as it will be once an article is listed; only for its own lists and periods, of which it is the
    first.

    `alone` tells whether no other article has been read from there: then a page shows this one and nothing else, for
    as long as nobody joins it, whoever came and went meanwhile.
    """

    def __init__(self, store: Store, site: SiteSettings, story: Story) -> None:
        super().__init__(store, site)
        self._story = story
        self._card = story.article.card()
        self.alone = True

    async def newest(self, name: str, count: int) -> list[Card]:
        """The article in its place among the others."""
        others = self._others(await super().newest(name, count))
        return sorted([self._card, *others], key=lambda card: (card.published_at, card.id), reverse=True)[:count]

    async def places(self, name: str, period: str, first: int, count: int) -> list[Card]:
        """It has the last place."""
        return [*self._others(await super().places(name, period, first, count)), self._card]

    async def place_count(self, name: str, period: str) -> int:
        """The article's own alone. A period that begins again has places, and so pages, of articles that left; they are
        built after this one, once the article is listed."""
        return 1

    async def months(self, name: str) -> Mapping[str, int]:
        """The article's is among them."""
        return self._with_own(self._card.day[:7], await super().months(name))

    async def days(self, month: str) -> Mapping[str, int]:
        """The article's is among them."""
        return self._with_own(self._card.day, await super().days(month))

    async def stories(self, idents: Sequence[str]) -> list[Story | None]:
        """Its own is known already."""
        others = iter(await super().stories([ident for ident in idents if ident != self._card.id]))
        return [self._story if ident == self._card.id else next(others) for ident in idents]

    def _with_own(self, period: str, counts: Mapping[str, int]) -> Mapping[str, int]:
        self.alone = self.alone and not counts.keys() - {period}
        return {period: 1, **counts}

    def _others(self, cards: list[Card]) -> list[Card]:
        others = [card for card in cards if card.id != self._card.id]
        self.alone = self.alone and not others
        return others

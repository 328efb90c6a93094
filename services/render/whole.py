"""The whole store in memory: what a full build and `pressrun check` make pages from, without asking it twice."""

import gc
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from functools import cached_property, lru_cache

from services.render import keys
from services.render.edition import LiveEdition, Story, in_order, in_period
from services.render.everything import ALWAYS, Kept, each, every_article, pages_of_places
from services.render.listed import Ordered, arrange, position_of
from services.render.related import related, topics_of
from shared import live
from shared.articles import Article, Card, Term
from shared.charts import Chart
from shared.conditions import Conditions
from shared.front import Front
from shared.kept import slim, unpack_body
from shared.media import LENGTHS, siblings
from shared.ranking import HOT, TOPICS
from shared.site_settings import SiteSettings
from shared.store import Store, pairs

STORIES = 2048  # are kept read: each of the newest is in six lists' feeds or so
_NOTHING = Ordered()


class WholeEdition:
    """An `Edition` that derives lists from the articles themselves, never from what render keeps of them."""

    def __init__(self, site: SiteSettings) -> None:
        self.site = site
        self._articles: dict[str, Article] = {}
        self._cards: dict[str, Card] = {}
        self._bodies: dict[str, bytes | None] = {}
        self._former: dict[str, tuple[str, ...]] = {}
        self._lists: dict[str, Ordered] = {}
        self._places: dict[str, list[str]] = {}
        self._counts: dict[str, Mapping[str, Mapping[str, int]]] = {}
        self._names: dict[str, dict[str, str]] = {}
        self._rankings: dict[str, tuple[str, ...]] = {}
        self._charts: dict[str, Chart] = {}
        self._lengths: dict[str, int] = {}
        self._story = lru_cache(STORIES)(self._read_story)
        self._tick: datetime
        self._conditions: Conditions | None = None
        self._front = Front()
        self._authority = site.host

    @classmethod
    async def load(cls, store: Store, site: SiteSettings) -> "WholeEdition":
        """Read everything that pages are made of."""
        whole, now = cls(site), LiveEdition(store, site)
        whole._tick, whole._conditions, whole._front = await now.tick(), await now.conditions(), await now.front()
        whole._authority = await now.authority()
        whole._rankings = {name: await now.ranking(name) for name in (HOT, TOPICS)}
        for week in await now.charts():
            if chart := await now.chart(week):
                whole._charts[week] = chart
        flat = await store.do("HGETALL", LENGTHS)
        whole._lengths = {address.decode(): int(length) for address, length in pairs(flat)}
        for kind in ("section", "topic", "author"):
            flat = await store.do("HGETALL", live.names_key(kind))
            whole._names[kind] = {slug.decode(): name.decode() for slug, name in pairs(flat)}
        gc.disable()  # nothing of what is read is garbage: looking for some would take half of the time
        await whole._read(store)
        whole._lists = arrange(whole._cards.values())
        gc.freeze()
        gc.enable()
        return whole

    async def _read(self, store: Store) -> None:
        async for articles in every_article(store):
            self._take_articles(articles)
        async for key, paths in each(store, live.former_key("*"), lambda key: ("SMEMBERS", key)):
            self._former[key.partition(":")[2]] = tuple(sorted(path.decode() for path in paths))
        async for key, members in each(store, live.place_key("*", "*"), lambda key: ("ZRANGE", key, 0, -1)):
            self._places[key] = [ident.decode() for ident in members]

    def _take_articles(self, found: Iterable[Kept]) -> None:
        for ident, record, body in found:
            article = slim(Article.model_validate_json(record))  # each core that builds copies what it touches
            self._articles[ident], self._bodies[ident] = article, body
            if article.live:
                self._cards[ident] = slim(article.card())

    @cached_property
    def page_keys(self) -> tuple[str, ...]:
        """The keys of all pages that a build makes. Pages that show the same are near one another: those of a day,
        all feeds, those of a month's archives. Feeds, which take longest, come early."""
        return tuple(self._pages())

    def _pages(self) -> Iterator[str]:
        names = [name for name in self._lists if name != "all"]
        yield from ALWAYS
        yield from map(keys.feed, names)
        yield from map(keys.article, sorted(self._articles, key=self._path))
        yield from map(keys.listing, names)
        for key, members in sorted(self._places.items(), key=lambda found: found[0].rpartition(":")[2]):
            yield from pages_of_places(key, len(members))
        yield from (keys.chart(week) for week in self._charts)

    def _path(self, ident: str) -> str:
        card = self._cards.get(ident)
        return card.path if card else ""

    def pictures(self) -> Iterator[tuple[str, list[str]]]:
        """The public files of the pictures that each live article shows, with its page's key."""
        for ident, card in self._cards.items():
            if card.media:
                yield keys.article(ident), picture_files(card)

    def picture_addresses(self) -> set[str]:
        """The widest public address of each picture that is shown."""
        return {url for card in self._cards.values() for url in card.media}

    async def tick(self) -> datetime:
        return self._tick

    async def stories(self, idents: Sequence[str]) -> list[Story | None]:
        return [self._story(ident) for ident in idents]

    def _read_story(self, ident: str) -> Story | None:
        if (article := self._articles.get(ident)) is None:
            return None
        return Story(article, unpack_body(self._bodies[ident]), self._former.get(ident, ()))

    async def related(self, article: Article) -> tuple[Card, ...]:
        position = position_of(article)
        around = {topic: self._list(f"topic:{topic}").around(position) for topic in topics_of(article)}
        return related(article, around, self.site.related)

    def _counted(self, name: str) -> Mapping[str, Mapping[str, int]]:
        if name not in self._counts:
            self._counts[name] = self._list(name).counts(name)
        return self._counts[name]

    def _list(self, name: str) -> Ordered:
        return self._lists.get(name, _NOTHING)

    async def cards(self, idents: Iterable[str]) -> list[Card | None]:
        return [self._cards.get(ident) for ident in idents]

    async def newest(self, name: str, count: int) -> list[Card]:
        return self._list(name).newest(count)

    async def places(self, name: str, period: str, first: int, count: int) -> list[Card]:
        members = self._places.get(live.place_key(name, period), [])[first : first + count]
        return in_period([self._cards.get(ident) for ident in members], name, period)

    async def place_count(self, name: str, period: str) -> int:
        return len(self._places.get(live.place_key(name, period), []))

    async def months(self, name: str) -> Mapping[str, int]:
        return self._counted(name).get(live.months_key(name), {})

    async def days(self, month: str) -> Mapping[str, int]:
        return self._counted("all").get(live.days_key(month), {})

    async def ranking(self, name: str) -> tuple[str, ...]:
        return self._rankings[name]

    async def conditions(self) -> Conditions | None:
        return self._conditions

    async def front(self) -> Front:
        return self._front

    async def sections(self) -> tuple[Term, ...]:
        names = self._names["section"]
        there = (Term(slug=slug, name=name) for slug, name in names.items() if f"section:{slug}" in self._lists)
        return in_order(there, self.site.language)

    async def term(self, kind: str, slug: str) -> Term:
        return Term(slug=slug, name=self._names[kind].get(slug, slug))

    async def chart(self, week: str) -> Chart | None:
        return self._charts.get(week)

    async def charts(self) -> tuple[str, ...]:
        return tuple(self._charts)  # as they were read: newest first

    async def length(self, picture: str) -> int | None:
        return self._lengths.get(picture)

    async def authority(self) -> str:
        return self._authority


def picture_files(card: Card) -> list[str]:
    """The public files of the pictures that a live article shows."""
    return [name.lstrip("/") for url in card.media for name in siblings(url)]

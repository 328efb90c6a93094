"""The whole store in memory: what a full build and `pressrun check` make pages from, without asking it twice."""

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterable, Iterator
from datetime import datetime

from services.render import keys
from services.render.affected import ARCHIVE_PLACES, SITEMAP_PLACES
from services.render.edition import LiveEdition, Story, in_order, in_period
from services.render.everything import ALWAYS, scan
from services.render.related import AROUND, related, topics_of
from shared import live
from shared.articles import Article, Card, Term, body_key, record_key, unpack_body
from shared.charts import Chart
from shared.clock import millis
from shared.conditions import Conditions
from shared.front import Front
from shared.media import LENGTHS, siblings
from shared.ranking import HOT, TOPICS
from shared.settings import Site
from shared.store import Store


class WholeEdition:
    """An `Edition` that derives lists from the articles themselves, never from what render keeps of them."""

    def __init__(self, site: Site) -> None:
        self.site = site
        self._articles: dict[str, Article] = {}
        self._cards: dict[str, Card] = {}
        self._bodies: dict[str, bytes | None] = {}
        self._former: dict[str, tuple[str, ...]] = {}
        self._lists: dict[str, list[tuple[int, str]]] = {}
        self._places: dict[str, list[str]] = {}
        self._periods: dict[str, dict[str, int]] = {}
        self._names: dict[str, dict[str, str]] = {}
        self._rankings: dict[str, tuple[str, ...]] = {}
        self._charts: dict[str, Chart] = {}
        self._lengths: dict[str, int] = {}
        self._tick: datetime
        self._conditions: Conditions | None = None
        self._front = Front()

    @classmethod
    async def load(cls, store: Store, site: Site) -> "WholeEdition":
        """Read everything that pages are made of."""
        whole, now = cls(site), LiveEdition(store, site)
        whole._tick, whole._conditions, whole._front = await now.tick(), await now.conditions(), await now.front()
        whole._rankings = {name: await now.ranking(name) for name in (HOT, TOPICS)}
        for week in await now.charts():
            if chart := await now.chart(week):
                whole._charts[week] = chart
        flat = await store.do("HGETALL", LENGTHS)
        whole._lengths = {flat[at].decode(): int(flat[at + 1]) for at in range(0, len(flat), 2)}
        for kind in ("section", "topic", "author"):
            flat = await store.do("HGETALL", live.names_key(kind))
            whole._names[kind] = {flat[at].decode(): flat[at + 1].decode() for at in range(0, len(flat), 2)}
        async for found in scan(store, "article:*"):
            await whole._take_articles(store, [key.partition(":")[2] for key in found])
        async for found in scan(store, "place:*"):
            await whole._take_places(store, found)
        whole._arrange()
        return whole

    async def _take_articles(self, store: Store, idents: list[str]) -> None:
        if not idents:
            return
        records = await store.do("MGET", *(record_key(ident) for ident in idents))
        bodies = await store.do("MGET", *(body_key(ident) for ident in idents))
        former = await store.all([("SMEMBERS", live.former_key(ident)) for ident in idents])
        for ident, record, body, paths in zip(idents, records, bodies, former, strict=True):
            article = self._articles[ident] = Article.model_validate_json(record)
            self._bodies[ident] = body
            if paths:
                self._former[ident] = tuple(sorted(path.decode() for path in paths))
            if article.live:
                self._cards[ident] = article.card()

    async def _take_places(self, store: Store, found: list[str]) -> None:
        members = await store.all([("ZRANGE", key, 0, -1) for key in found])
        for key, idents in zip(found, members, strict=True):
            self._places[key] = [ident.decode() for ident in idents]

    def _arrange(self) -> None:
        lists: defaultdict[str, list[tuple[int, str]]] = defaultdict(list)
        periods: defaultdict[str, defaultdict[str, int]] = defaultdict(lambda: defaultdict(int))
        for card in self._cards.values():
            for name in card.lists:
                lists[name].append((millis(card.published_at), card.id))
                for period in live.periods_of(name, card):
                    periods[name][period] += 1
        for members in lists.values():
            members.sort()
        self._lists, self._periods = dict(lists), {name: dict(counts) for name, counts in periods.items()}

    def page_keys(self) -> Iterator[str]:
        """The keys of all pages that a build makes."""
        yield from ALWAYS
        yield from (keys.article(ident) for ident in self._articles)
        for name in self._lists:
            if name != "all":
                yield keys.listing(name)
                yield keys.feed(name)
        for key, members in self._places.items():
            name, _, period = key.removeprefix("place:").rpartition(":")
            yield from (keys.archive(name, period, n + 1) for n in range(-(-len(members) // ARCHIVE_PLACES)))
            if name == "all" and len(period) == len("2025-07"):
                yield from (keys.sitemap(period, n + 1) for n in range(-(-len(members) // SITEMAP_PLACES)))
        yield from (keys.chart(week) for week in self._charts)

    def pictures(self) -> Iterator[tuple[str, list[str]]]:
        """The public files of the pictures that each live article shows, with its page's key."""
        for ident, card in self._cards.items():
            if card.media:
                yield keys.article(ident), [name.lstrip("/") for url in card.media for name in siblings(url)]

    def picture_addresses(self) -> set[str]:
        """The widest public address of each picture that is shown."""
        return {url for card in self._cards.values() for url in card.media}

    async def tick(self) -> datetime:
        return self._tick

    async def story(self, ident: str) -> Story | None:
        article = self._articles.get(ident)
        if article is None:
            return None
        return Story(article, unpack_body(self._bodies[ident]), self._former.get(ident, ()))

    async def related(self, article: Article) -> tuple[Card, ...]:
        position = (millis(article.published_at), article.id)
        found = (card for topic in topics_of(article) for card in self._around(f"topic:{topic}", position))
        return related(article, found, self.site.related) if self.site.related else ()

    def _around(self, name: str, position: tuple[int, str]) -> Iterator[Card]:
        members = self._lists.get(name, [])
        at = bisect_left(members, position)
        there = at < len(members) and members[at] == position
        for _, ident in members[max(0, at - AROUND) : at + AROUND + there]:
            yield self._cards[ident]

    async def cards(self, idents: Iterable[str]) -> list[Card | None]:
        return [self._cards.get(ident) for ident in idents]

    async def newest(self, name: str, count: int) -> list[Card]:
        members = self._lists.get(name, [])
        return [self._cards[ident] for _, ident in members[: -count - 1 : -1]]

    async def places(self, name: str, period: str, first: int, count: int) -> list[Card]:
        members = self._places.get(live.place_key(name, period), [])[first : first + count]
        return in_period([self._cards.get(ident) for ident in members], name, period)

    async def place_count(self, name: str, period: str) -> int:
        return len(self._places.get(live.place_key(name, period), []))

    async def periods(self, name: str) -> dict[str, int]:
        return self._periods.get(name, {})

    async def ranking(self, name: str) -> tuple[str, ...]:
        return self._rankings[name]

    async def conditions(self) -> Conditions | None:
        return self._conditions

    async def front(self) -> Front:
        return self._front

    async def sections(self) -> tuple[Term, ...]:
        names = self._names["section"]
        return in_order(Term(slug=slug, name=name) for slug, name in names.items() if f"section:{slug}" in self._lists)

    async def term(self, kind: str, slug: str) -> Term:
        return Term(slug=slug, name=self._names[kind].get(slug, slug))

    async def chart(self, week: str) -> Chart | None:
        return self._charts.get(week)

    async def charts(self) -> tuple[str, ...]:
        return tuple(sorted(self._charts, reverse=True))

    async def length(self, picture: str) -> int | None:
        return self._lengths.get(picture)

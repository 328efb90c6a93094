"""What pages are made of: read from the store as it is now (`LiveEdition`), or from the whole of it (`whole`)."""

import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import filterfalse
from typing import Protocol

from services.render.authority import authority
from services.render.related import topics_of
from services.render.related_step import RELATED
from shared import clock, live, ranking
from shared.articles import Article, Card, Term, body_key, record_key
from shared.charts import Chart, chart_key, charts_key
from shared.clock import millis
from shared.conditions import Conditions, conditions
from shared.front import Front, front
from shared.kept import read_article, read_body, read_card
from shared.media import LENGTHS
from shared.site_settings import SiteSettings
from shared.store import Script, Store, pairs

_LETTERS_AFTER_Z = frozenset(("da", "et", "fi", "fo", "is", "nb", "nn", "no", "sv"))
"""Languages whose letters with marks stand at the end of the alphabet."""

FIRST: tuple[str, ...] = ()
"""Slugs of the sections that stand before all others in the navigation, in their order: a newsroom's own choice."""


@dataclass(frozen=True, slots=True)
class Story:
    """An article with its body and the paths that it was live at before."""

    article: Article
    body: str
    former: tuple[str, ...]


class Edition(Protocol):
    """What pages may ask for. Cards are those of articles that are listed; lists are newest first."""

    site: SiteSettings

    async def tick(self) -> datetime: ...
    async def stories(self, idents: Sequence[str]) -> list[Story | None]: ...
    async def related(self, article: Article) -> tuple[Card, ...]: ...
    async def cards(self, idents: Iterable[str]) -> list[Card | None]: ...
    async def newest(self, name: str, count: int) -> list[Card]: ...
    async def places(self, name: str, period: str, first: int, count: int) -> list[Card]: ...
    async def place_count(self, name: str, period: str) -> int: ...
    async def months(self, name: str) -> Mapping[str, int]: ...
    async def days(self, month: str) -> Mapping[str, int]: ...
    async def ranking(self, name: str) -> tuple[str, ...]: ...
    async def conditions(self) -> Conditions | None: ...
    async def front(self) -> Front: ...
    async def sections(self) -> tuple[Term, ...]: ...
    async def term(self, kind: str, slug: str) -> Term: ...
    async def chart(self, week: str) -> Chart | None: ...
    async def charts(self) -> tuple[str, ...]: ...
    async def length(self, picture: str) -> int | None: ...
    async def authority(self) -> str: ...


class LiveEdition:
    """The store as it is now. Commands of pages that are built side by side go out together."""

    def __init__(self, store: Store, site: SiteSettings) -> None:
        self.site = site
        self._store = store

    async def tick(self) -> datetime:
        """The site time that the press has reached."""
        return await clock.tick(self._store)

    async def stories(self, idents: Sequence[str]) -> list[Story | None]:
        """Articles as they are to be, whether or not they are on disk yet; None for one that there is not."""
        if not idents:
            return []
        kept = [key for ident in idents for key in (record_key(ident), body_key(ident))]
        values, *former = await self._store.all(
            [("MGET", *kept), *(("SMEMBERS", live.former_key(ident)) for ident in idents)]
        )
        return [read_story(*found, paths) for found, paths in zip(pairs(values), former, strict=True)]

    async def related(self, article: Article) -> tuple[Card, ...]:
        """Its related articles: `services.render.related` tells the rule, followed here where the lists are."""
        topics = topics_of(article)
        if not topics or not self.site.related:
            return ()
        about = (article.id, millis(article.published_at), self.site.related)
        return cards_of(await self._store.run(_FIND, (), (*about, *topics)))

    async def cards(self, idents: Iterable[str]) -> list[Card | None]:
        """The cards of these articles; None for one that is not listed."""
        keys = [live.live_key(ident) for ident in idents]
        if not keys:
            return []
        return [read_card(kept) if kept else None for kept in await self._store.do("MGET", *keys)]

    async def newest(self, name: str, count: int) -> list[Card]:
        """The newest of a list."""
        found = await self._store.do("ZREVRANGE", live.list_key(name), 0, count - 1)
        return [card for card in await self.cards(ident.decode() for ident in found) if card]

    async def places(self, name: str, period: str, first: int, count: int) -> list[Card]:
        """Those that are still listed, of the places from `first` on in a list's period."""
        found = await self._store.do("ZRANGEBYSCORE", live.place_key(name, period), first, f"({first + count}")
        return in_period(await self.cards(ident.decode() for ident in found), name, period)

    async def place_count(self, name: str, period: str) -> int:
        """How many places a list's period has, holes included."""
        return int(await self._store.do("ZCARD", live.place_key(name, period)))

    async def months(self, name: str) -> Mapping[str, int]:
        """How many articles of each month a list has; empty ones are left out."""
        return await self._counts(live.months_key(name))

    async def days(self, month: str) -> Mapping[str, int]:
        """How many articles of each day of a month there are; empty ones are left out."""
        return await self._counts(live.days_key(month))

    async def _counts(self, key: str) -> dict[str, int]:
        flat = await self._store.do("HGETALL", key)
        return {period.decode(): int(count) for period, count in pairs(flat) if int(count) > 0}

    async def ranking(self, name: str) -> tuple[str, ...]:
        """The last announced ranking."""
        return await ranking.announced(self._store, name)

    async def conditions(self) -> Conditions | None:
        """The last accepted weather."""
        return await conditions(self._store)

    async def front(self) -> Front:
        """What leads the front page."""
        return await front(self._store)

    async def sections(self) -> tuple[Term, ...]:
        """The sections that have articles, by name."""
        flat = await self._store.do("HGETALL", live.names_key("section"))
        terms = [Term(slug=slug.decode(), name=name.decode()) for slug, name in pairs(flat)]
        there = await self._store.all([("EXISTS", live.list_key(f"section:{term.slug}")) for term in terms])
        return in_order((term for term, exists in zip(terms, there, strict=True) if exists), self.site.language)

    async def term(self, kind: str, slug: str) -> Term:
        """A section, topic or author by its name as first accepted."""
        name = await self._store.do("HGET", live.names_key(kind), slug)
        return Term(slug=slug, name=name.decode() if name else slug)

    async def chart(self, week: str) -> Chart | None:
        """The chart of a finished week."""
        kept = await self._store.do("GET", chart_key(week))
        return Chart.model_validate_json(kept) if kept else None

    async def charts(self) -> tuple[str, ...]:
        """The weeks that have a chart, newest first."""
        return tuple(sorted((week.decode() for week in await self._store.do("SMEMBERS", charts_key())), reverse=True))

    async def length(self, picture: str) -> int | None:
        """How many bytes a picture's public file has; None for one elsewhere."""
        kept = await self._store.do("HGET", LENGTHS, picture) if picture.startswith("/") else None
        return int(kept) if kept else None

    async def authority(self) -> str:
        """Whose the ids of feeds' entries are."""
        return await authority(self._store, self.site)


_FIND = Script(
    RELATED
    + """
return related_to(ARGV[1], tonumber(ARGV[2]), {unpack(ARGV, 4)}, tonumber(ARGV[3]), true)
"""
)


def cards_of(found: Iterable[bytes | None]) -> tuple[Card, ...]:
    """The cards of articles, without those that are not listed any more."""
    return tuple(read_card(kept) for kept in found if kept)


def read_story(record: bytes | None, body: bytes | None, former: Iterable[bytes]) -> Story | None:
    """A story from what the store keeps of it; None if there is no such article."""
    if record is None:
        return None
    paths = tuple(sorted(path.decode() for path in former))
    return Story(read_article(record), read_body(body), paths)


def in_period(cards: Sequence[Card | None], name: str, period: str) -> list[Card]:
    """Those that are listed there still: an article that left a list or a day leaves a hole."""
    days = f"/{period.replace('-', '/')}"  # as their addresses begin
    return [card for card in cards if card and card.path.startswith(days) and name in card.lists]


def in_order(terms: Iterable[Term], language: str) -> tuple[Term, ...]:
    """Sections as the navigation shows them: `FIRST`, then as in a dictionary, where Économie is not behind Z."""
    places = {slug: place for place, slug in enumerate(FIRST)}
    has_more_letters = re.split("[-_]", language)[0].lower() in _LETTERS_AFTER_Z

    def place(term: Term) -> tuple[int, str, str, str]:
        name = term.name.casefold()
        plain = "".join(filterfalse(unicodedata.combining, unicodedata.normalize("NFKD", name)))
        return places.get(term.slug, len(places)), name if has_more_letters else plain, name, term.slug

    return tuple(sorted(terms, key=place))

"""Related articles: the rule, followed in memory and at the store."""

import random
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta, timezone
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from pydantic import TypeAdapter
from redis import Redis

from services.render.edition import LiveEdition
from services.render.known import read_known
from services.render.leases import Leases
from services.render.output import page_file
from services.render.related import AROUND, Candidate, candidate, related
from shared import live
from shared.articles import Article, Card, Term, identify
from shared.clock import MILLIS, millis
from shared.settings import Settings
from shared.site_settings import SiteSettings
from shared.store import Store
from tests.properties.press_room import PressRoom, draft, opened

NOW = datetime(2025, 7, 26, tzinfo=UTC)
HALF_A_DAY = timedelta(hours=12)
EXACT = datetime(1700, 1, 1), datetime(2250, 1, 1)  # noqa: DTZ001 - hypothesis gives them a zone
"""Before and after it, a float does not tell one microsecond from the next."""


def zone(offset: timedelta) -> timezone:
    return timezone(timedelta(minutes=offset // timedelta(minutes=1)))


@pytest.fixture
def redis(valkey: str) -> Iterator[Redis]:
    with Redis.from_url(valkey) as client:
        yield client


def article(number: int, chance: random.Random, moments: int = 6) -> Article:
    topics = tuple(Term(slug=name, name=name) for name in chance.sample("abcde", chance.randint(1, 4)))
    at = NOW + timedelta(minutes=chance.randrange(moments))  # several of one moment
    return Article(
        id=f"{number:016}", source="desk", guid=str(number), revision=1, version=1, state="published", digest="d",
        accepted_at=NOW, published_at=at, headline=str(number), topics=topics, day="2025-07-26", slug=str(number),
    )  # fmt: skip


def told(one: Article, listed: Sequence[Article], size: int) -> tuple[Card, ...]:
    """The rule as DESIGN has it, followed step by step."""
    candidates: dict[str, Card] = {}
    for topic in one.topics:
        members = sorted((other for other in listed if topic in other.topics), key=place)
        before = [other for other in members if place(other) < place(one)]
        after = [other for other in members if place(other) > place(one)]
        candidates |= {other.id: other.card() for other in (*before[-AROUND:], *after[:AROUND])}
    shared = {ident: len(set(card.topics) & set(one.topics)) for ident, card in candidates.items()}
    order = sorted(candidates.values(), key=lambda card: (-shared[card.id], -card.published_at.timestamp(), card.id))
    return tuple(order[:size])


def place(one: Article) -> tuple[datetime, str]:
    return one.published_at, one.id


def around(one: Article, listed: Sequence[Article]) -> dict[str, list[Candidate]]:
    found = {}
    for topic in one.topics:
        members = sorted((other for other in listed if topic in other.topics), key=place)
        at = sum(place(other) < place(one) for other in members)
        found[topic.slug] = [candidate(other.card()) for other in members[max(0, at - AROUND) : at + AROUND + 1]]
        if one not in listed:
            found[topic.slug] = found[topic.slug][: min(at, AROUND) + AROUND]
    return found


@given(st.integers(0, 2**32), st.integers(1, 90), st.integers(0, 9))
def test_the_rule_is_followed_however_many_stand_around(seed: int, count: int, size: int) -> None:
    chance = random.Random(seed)
    *listed, new = [article(number, chance) for number in chance.sample(range(count + 1), count + 1)]
    for one in (*listed[:5], new):
        assert related(one, around(one, listed), size) == told(one, listed, size)


async def test_the_store_follows_the_rule_whatever_stands_around(valkey: str) -> None:
    store = Store(Settings(redis_url=valkey))
    edition = LiveEdition(store, SiteSettings(related=6))
    for seed in range(25):
        chance = random.Random(seed)
        moments = chance.choice([3, 30, 1000])
        new, *listed = [article(number, chance, moments) for number in range(chance.choice([2, 12, 30, 90]))]
        newest = max(one.published_at for one in listed)
        later = [new.model_copy(update={"published_at": newest + timedelta(minutes=more)}) for more in (0, 1)]
        await store.do("FLUSHDB")
        for card in (one.card() for one in listed):
            await store.do("SET", live.live_key(card.id), card.model_dump_json())
            for name in card.lists:
                await store.do("ZADD", live.list_key(name), live.score(card), card.id)
        moved = [
            one.model_copy(update={"topics": new.topics, "published_at": chance.choice(later).published_at})
            for one in listed[:5]
        ]
        moved += [one.model_copy(update={"published_at": other.published_at}) for one, other in pairwise(listed[:20])]
        for one in (*listed[:20], new, *later, *moved):  # a moved one is still listed where it was
            others = [other for other in listed if other.id != one.id]
            assert await edition.related(one) == told(one, others, 6), (seed, one.id)
        for one in listed:
            for name in one.card().lists:
                assert int(await store.do("ZSCORE", live.list_key(name), one.id)) == live.score(one.card())
    await store.close()


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.datetimes(*EXACT, timezones=st.one_of(st.just(UTC), st.timedeltas(-HALF_A_DAY, HALF_A_DAY).map(zone))))
@example(datetime(1970, 1, 1, microsecond=500, tzinfo=UTC))
@example(datetime(1969, 12, 31, 23, 59, 59, 998_500, tzinfo=UTC))
@example(datetime(2024, 2, 29, microsecond=1_500, tzinfo=UTC))
def test_the_store_reads_a_moment_as_python_does(redis: Redis, at: datetime) -> None:
    script = MILLIS + "return string.format('%.0f', millis(ARGV[1]))"
    told = TypeAdapter(datetime).dump_json(at).decode().strip('"')
    assert int(redis.eval(script, 0, told)) == millis(at)


@pytest.mark.parametrize(("size", "shown"), [(0, []), (1, ["fifth"]), (4, ["fifth", "all"])])
async def test_as_many_are_shown_as_the_site_says_and_only_the_first_five_topics_are_asked(
    valkey: str, tmp_path: Path, size: int, shown: list[str]
) -> None:
    topics = tuple("abcdef")
    async with opened(valkey, tmp_path, SiteSettings(related=size)) as room:
        for guid, named in (("all", ("a",)), ("fifth", ("e", "a")), ("sixth", ("f",))):
            await room.accept(draft(guid, topics=named))
            await room.drain()
        accepted = await room.accept(draft("new", topics=topics))
        await room.drain()
        page = (room.tree.read(page_file(accepted.article.path)) or b"").decode()
        assert [guid for guid in ("fifth", "all", "sixth") if f"Story {guid}" in page] == shown
        assert (await room.differences()).clean


async def test_the_store_looks_for_related_articles_of_what_readers_see_alone(room: PressRoom, valkey: str) -> None:
    for guid, members in (("first", {}), ("other", {}), ("rewrite", {"evolved_from": "first"})):
        await room.accept(draft(guid, topics=("a",), **members))
    await room.drain()
    store = Store(Settings(redis_url=valkey))
    dirty = Leases(store, "test", 4)
    await dirty.mark([f"article:{identify('desk', guid)}" for guid in ("first", "other")], "cause")
    taken = {one.key: read_known(one.known, 8).related for one in await dirty.take(10)}
    await store.close()
    assert [card.headline for card in taken[f"article:{identify('desk', 'other')}"]] == ["Story rewrite"]
    assert not taken[f"article:{identify('desk', 'first')}"]

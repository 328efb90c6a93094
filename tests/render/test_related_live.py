"""The store tells related articles as the pure rule does."""

import random
from datetime import UTC, datetime, timedelta

from services.render.edition import LiveEdition
from services.render.related import candidate, related
from shared import live
from shared.articles import Article, Term
from shared.settings import Settings, Site
from shared.store import Store

NOW = datetime(2025, 7, 26, tzinfo=UTC)


def article(number: int, chance: random.Random) -> Article:
    topics = tuple(Term(slug=name, name=name) for name in chance.sample("abcde", chance.randint(1, 4)))
    at = NOW + timedelta(minutes=chance.randrange(6))  # several of one moment
    return Article(
        id=f"{number:016}", source="desk", guid=str(number), revision=1, version=1, state="published", digest="d",
        accepted_at=NOW, published_at=at, headline=str(number), topics=topics, day="2025-07-26", slug=str(number),
    )  # fmt: skip


async def test_more_shared_topics_go_first_then_the_newest_then_the_id(valkey: str) -> None:
    chance = random.Random(7)
    *listed, new = [article(number, chance) for number in range(9)]
    store = Store(Settings(redis_url=valkey))
    for card in (one.card() for one in listed):
        await store.do("SET", live.live_key(card.id), card.model_dump_json())
        for name in card.lists:
            await store.do("ZADD", live.list_key(name), live.score(card), card.id)
    edition = LiveEdition(store, Site(related=4))
    for one in (*listed, new):
        mine = set(one.topics)
        others = [candidate(other.card()) for other in listed if mine.intersection(other.topics)]
        assert await edition.related(one) == related(one, others, 4)
    await store.close()

"""More topics than one command of the store can name: no number is lost, and nothing stops."""

from services.trending.rankings import _TOP
from shared.clock import millis
from tests.trending.newsroom import HOUR, NOON, Newsroom

ARTICLES, EACH = 100, 50


async def publish(newsroom: Newsroom) -> tuple[list[str], dict[str, int]]:
    """Articles of which no two share a topic; their ids, and each topic with a view."""
    topics = [tuple(f"topic-{number}-{at}" for at in range(EACH)) for number in range(ARTICLES)]
    idents = [await newsroom.publish(f"article{number}", topics=of) for number, of in enumerate(topics)]
    return idents, {topic: 1 for of in topics for topic in of}


async def counted(newsroom: Newsroom) -> dict[str, int]:
    flat = await newsroom.store.do("ZRANGE", "trending:rank:7d:topics", 0, -1, "WITHSCORES")
    return {topic.decode(): -int(score) for topic, score in zip(flat[::2], flat[1::2], strict=True)}


async def test_whoever_asks_settles_views_of_any_number_of_topics(newsroom: Newsroom) -> None:
    idents, topics = await publish(newsroom)
    for ident in idents:
        await newsroom.view(ident)
    await newsroom.drain()
    await newsroom.store.run(_TOP, (), [millis(newsroom.moment), "7d", 1, "all"])
    assert await counted(newsroom) == topics


async def test_an_hour_of_any_number_of_topics_leaves_the_seven_days(newsroom: Newsroom) -> None:
    idents, topics = await publish(newsroom)
    for ident in idents:
        await newsroom.view(ident, at=NOON - HOUR)
        await newsroom.view(ident)
    await newsroom.drain()
    await newsroom.pending.settle()
    assert set((await counted(newsroom)).values()) == {2}
    await newsroom.pass_to(NOON + 168 * HOUR)
    assert await counted(newsroom) == topics

"""A story of many rewrites: what the rankings cost grows with the story, not with its square."""

import re

from tests.trending.newsroom import Newsroom

REWRITES = 60


async def asked(newsroom: Newsroom) -> int:
    """Commands that scripts have given the store so far."""
    return sum(map(int, re.findall(rb"calls=(\d+)", await newsroom.store.do("INFO", "commandstats"))))


async def test_a_rewrite_of_a_long_story_is_followed_in_one_look_at_it(newsroom: Newsroom) -> None:
    story = [await newsroom.publish("take-0")]
    await newsroom.view(story[0])
    await newsroom.drain()
    for number in range(1, REWRITES):
        newest = await newsroom.publish(f"take-{number}", evolved_from=f"take-{number - 1}")
        for older in story:
            await newsroom.withdraw(older, replaced_by=newest)
        story.append(newest)
        before = await asked(newsroom)
        while batch := await newsroom.read("articles", count=REWRITES):
            await newsroom.handlers.follow(batch)
    assert await asked(newsroom) - before < 40 * REWRITES
    assert await newsroom.top() == [(story[-1], 1)]

"""What is pending: nobody sees a ranking without it, and it goes where it belongs whatever happens meanwhile."""

from datetime import timedelta

from services.trending import announce as announce_module
from services.trending import rankings as rankings_module
from services.trending.lua import PENDING
from services.trending.pending import CHUNK, STEP, WRITE
from shared.charts import Chart, chart_key
from shared.clock import millis
from shared.ranking import HOT, announced
from tests.trending.newsroom import DAY, HOUR, NOON, Newsroom

WEEK_END = NOON + DAY + timedelta(hours=12)


async def step(newsroom: Newsroom, most: int) -> list[int]:
    return list(await newsroom.store.run(STEP, (), [millis(newsroom.moment), most]))


async def test_what_is_pending_is_settled_by_whoever_asks(newsroom: Newsroom) -> None:
    one = await newsroom.publish("one", topics=("oil",))
    await newsroom.view(one, times=2)
    await newsroom.drain()
    assert await newsroom.store.do("EXISTS", "trending:rank:7d:all") == 0
    assert await newsroom.top() == [(one, 2)]
    assert await newsroom.topics("2025-W30") == [("oil", 2)]
    assert await newsroom.store.do("KEYS", f"{PENDING}*") == []


async def test_much_is_settled_in_steps_of_which_each_is_whole(newsroom: Newsroom) -> None:
    idents = [await newsroom.publish(f"article{number}") for number in range(3 * CHUNK)]
    for ident in idents:
        await newsroom.view(ident)
        await newsroom.view(ident, at=NOON - HOUR)
    await newsroom.drain()
    assert await step(newsroom, CHUNK) == [1, 5 * CHUNK]
    assert await newsroom.store.do("ZCARD", "trending:rank:7d:all") == await newsroom.store.do(
        "HLEN", "trending:views:7d"
    )
    await newsroom.restart()
    assert await newsroom.pending.settle()
    assert not await newsroom.pending.settle()
    assert await newsroom.store.do("KEYS", f"{PENDING}*") == []
    assert await newsroom.pending._run(WRITE, CHUNK, "2025-W30") == 2 * CHUNK
    assert sorted(await newsroom.top(limit=1000)) == sorted((ident, 2) for ident in idents)


async def test_what_was_pending_at_a_kill_is_announced_after_it(newsroom: Newsroom) -> None:
    one = await newsroom.publish("one")
    await newsroom.view(one)
    await newsroom.drain()
    await newsroom.restart()
    await newsroom.announcer.announce()
    assert await announced(newsroom.store, HOT) == (one,)


async def test_an_announcement_has_what_was_counted_since_the_last_step_of_settling(newsroom: Newsroom) -> None:
    one, two = await newsroom.publish("one"), await newsroom.publish("two")
    await newsroom.view(one)
    await newsroom.drain()
    await newsroom.pending.settle()
    await newsroom.view(two, times=2)
    await newsroom.drain()
    await newsroom.announcer._announce(HOT)
    assert await announced(newsroom.store, HOT) == (two, one)


async def test_a_list_that_has_to_wait_leaves_pending_what_is(newsroom: Newsroom) -> None:
    one = await newsroom.publish("one")
    await newsroom.view(one)
    await newsroom.drain()
    await newsroom.announcer.announce()
    await newsroom.view(one)
    await newsroom.drain()
    assert 0 < await newsroom.announcer._announce(HOT) <= announce_module.APART_MS
    assert await newsroom.store.do("EXISTS", PENDING) == 1


async def test_pending_views_are_in_the_week_that_is_sealed(newsroom: Newsroom) -> None:
    one = await newsroom.publish("one")
    await newsroom.view(one, times=2)
    await newsroom.drain()
    await newsroom.pass_to(WEEK_END + 8 * DAY)
    await newsroom.withdraw(one)
    await newsroom.drain()
    assert await newsroom.top("2025-W30") == []
    assert await newsroom.top() == []
    await newsroom.announcer.announce()
    assert b'"entries":[]' in await newsroom.store.do("GET", chart_key("2025-W30"))
    await newsroom.publish("one")
    await newsroom.drain()
    assert await newsroom.top("2025-W30") == [(one, 2)]


async def test_views_that_are_counted_while_a_week_is_settled_are_sealed_with_it(newsroom: Newsroom) -> None:
    one = await newsroom.publish("one")
    await newsroom.view(one)
    await newsroom.drain()
    await newsroom.pending.settle()
    await newsroom.pending.write("2025-W30")
    await newsroom.view(one)
    await newsroom.drain()
    newsroom.moment = WEEK_END + 8 * DAY
    await newsroom.due.reach(newsroom.moment, 0)
    await newsroom.store.run(newsroom.due._steps["seal"], (), [millis(newsroom.moment), "2025-W30", 250])
    assert await newsroom.top("2025-W30") == [(one, 2)]


async def test_views_that_are_counted_while_somebody_asks_are_answered(newsroom: Newsroom) -> None:
    one = await newsroom.publish("one", topics=("oil",))
    await newsroom.view(one)
    await newsroom.drain()
    args = [millis(newsroom.moment), "7d", 10, "all"]
    assert (await newsroom.store.run(rankings_module._TOP, (), args))[1] == 1
    args = [millis(newsroom.moment), "7d", 10, "section:world", "topic:oil"]
    assert (await newsroom.store.run(rankings_module._TOP, (), args))[1] == 1


async def test_a_pending_view_whose_hour_has_left_counts_in_its_week_alone(newsroom: Newsroom) -> None:
    one = await newsroom.publish("one")
    await newsroom.view(one)
    await newsroom.drain()
    await newsroom.pass_to(NOON + 7 * DAY + HOUR)
    assert await newsroom.top() == []
    assert await newsroom.top("2025-W30") == [(one, 1)]
    assert await newsroom.store.do("KEYS", "trending:hour:*") == []


async def test_an_hour_that_leaves_takes_what_was_settled_and_no_more(newsroom: Newsroom) -> None:
    one = await newsroom.publish("one")
    await newsroom.view(one)
    await newsroom.drain()
    await newsroom.pending.settle()
    await newsroom.view(one)
    await newsroom.view(one, at=NOON + timedelta(minutes=1))
    await newsroom.drain()
    await newsroom.pass_to(NOON + 7 * DAY + HOUR)
    assert await newsroom.top() == []
    assert await newsroom.top("2025-W30") == [(one, 3)]


async def test_pending_views_follow_what_their_article_becomes(newsroom: Newsroom) -> None:
    one = await newsroom.publish("one", section="world")
    await newsroom.view(one)
    await newsroom.drain()
    await newsroom.pending.settle()
    await newsroom.view(one)
    await newsroom.drain()
    two = await newsroom.publish("two", section="sport", evolved_from="one")
    await newsroom.withdraw(one, replaced_by=two)
    await newsroom.drain()
    assert await newsroom.store.do("EXISTS", PENDING) == 1
    assert await newsroom.top() == await newsroom.top(section="sport") == [(two, 2)]
    assert await newsroom.top(section="world") == []
    await newsroom.view(two)
    await newsroom.drain()
    await newsroom.withdraw(two)
    await newsroom.drain()
    assert await newsroom.top() == []
    await newsroom.publish("two", section="sport")
    await newsroom.drain()
    assert await newsroom.top() == [(two, 3)]


async def test_pending_views_follow_a_chain_of_rewrites_event_by_event(newsroom: Newsroom) -> None:
    one = await newsroom.publish("one")
    two = await newsroom.publish("two", evolved_from="one")
    await newsroom.withdraw(one, replaced_by=two)
    await newsroom.view(one)
    await newsroom.drain()
    three = await newsroom.publish("three", evolved_from="two")
    for gone in (two, one):
        await newsroom.withdraw(gone, replaced_by=three)
        await newsroom.drain()
        assert await newsroom.top() == [(three, 1)]


async def test_one_step_may_settle_and_write_more_than_a_call_can_take(newsroom: Newsroom) -> None:
    await newsroom.view(await newsroom.publish("one"))
    await newsroom.drain()
    (moment,) = await newsroom.store.do("SMEMBERS", PENDING)
    more = [part for number in range(9_000) for part in (f"article{number}", 1)]
    await newsroom.store.do("HSET", f"{PENDING}:{moment.decode()}", *more)
    assert await step(newsroom, 10_000) == [1, 0]
    assert await newsroom.store.do("HLEN", "trending:views:7d") == 9_001
    assert await newsroom.store.do("HLEN", "trending:later:7d") == 9_001
    assert await newsroom.store.run(WRITE, (), [millis(newsroom.moment), 10_000, "7d"]) == 0
    assert await newsroom.store.do("EXISTS", "trending:later:7d") == 0


async def test_an_article_leaves_topics_with_the_views_that_they_were_to_have_later(newsroom: Newsroom) -> None:
    one = await newsroom.publish("one", topics=("oil", "iraq"))
    await newsroom.view(one, times=2)
    await newsroom.drain()
    await newsroom.pending.settle()
    await newsroom.publish("one", topics=("iraq", "water"))
    await newsroom.drain()
    for window in ("7d", "2025-W30"):
        assert await newsroom.top(window, topic="oil") == []
        assert await newsroom.top(window, topic="iraq") == await newsroom.top(window, topic="water") == [(one, 2)]


async def test_a_chart_has_what_was_counted_while_it_was_written(newsroom: Newsroom) -> None:
    one, two = await newsroom.publish("one"), await newsroom.publish("two", topics=("oil",))
    await newsroom.view(one)
    await newsroom.drain()
    await newsroom.pass_to(WEEK_END)
    await newsroom.announcer.announce()
    await newsroom.view(two, at=NOON, times=2)
    await newsroom.drain()
    await newsroom.store.do("DEL", "trending:announced")
    await newsroom.announcer._announce("week:2025-W30")
    chart = Chart.model_validate_json(await newsroom.store.do("GET", chart_key("2025-W30")))
    assert [(entry.id, entry.views) for entry in chart.entries] == [(two, 2), (one, 1)]

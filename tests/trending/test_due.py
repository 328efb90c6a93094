"""What time does: weeks end, are sealed and keep their numbers; announcements come once and are not lost."""

import asyncio
import json
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest

from services.trending.announce import APART_MS, LOOK
from services.trending.lua import TOUCHED
from services.trending.seal_step import SEAL
from services.trending.week import Calendar
from shared.charts import Chart, chart_key, charted_key, charts_key
from shared.clock import due, millis
from shared.entries import order_of
from shared.events import SIGNALS, VIEWS, signals
from shared.groups import COUNTERS
from shared.ranking import HOT, TOPICS, announced
from shared.store import pairs
from shared.view_bounds import REMEMBERED
from tests.servers import until_true
from tests.trending.newsroom import DAY, HOUR, NOON, Newsroom

WEEK_END = NOON + DAY + timedelta(hours=12)  # Monday, 28 July, midnight in Baghdad


async def chart(newsroom: Newsroom, week: str = "2025-W30") -> Chart:
    return Chart.model_validate_json(await newsroom.store.do("GET", chart_key(week)))


def entries(found: Chart) -> list[tuple[int, str, int]]:
    return [(entry.rank, entry.id, entry.views) for entry in found.entries]


async def announce(newsroom: Newsroom) -> None:
    """Let half a second pass and announce."""
    await newsroom.store.do("DEL", "trending:announced")
    await newsroom.announcer.announce()


async def test_the_first_view_is_announced_at_once(newsroom: Newsroom) -> None:
    one = await newsroom.publish("one", topics=("oil",))
    await newsroom.announcer.announce()
    assert not newsroom.announcer._settle_at, "nothing was pending, and what comes next waits for nothing"
    await newsroom.view(one)
    await newsroom.drain()
    assert await newsroom.announcer.announce() == LOOK, "nothing is left to be announced"
    assert await announced(newsroom.store, HOT) == (one,)
    assert await announced(newsroom.store, TOPICS) == ("oil",)
    assert sorted(await newsroom.signalled()) == [("hot", 0), ("hot:section:world", 0), ("topics", 0)]


async def test_what_is_announced_of_a_section_are_its_own_articles(newsroom: Newsroom) -> None:
    shown = {section: (await newsroom.publish(section, section=section),) for section in ("world", "sport")}
    for (ident,) in shown.values():
        await newsroom.view(ident)
    await newsroom.drain()
    await newsroom.announcer.announce()
    assert {section: await announced(newsroom.store, f"hot:section:{section}") for section in shown} == shown


async def test_a_list_is_announced_at_most_twice_a_second_and_its_last_change_always(newsroom: Newsroom) -> None:
    running = asyncio.create_task(newsroom.announcer.run())
    idents = [await newsroom.publish(f"article{number}") for number in range(8)]
    for count, ident in enumerate(idents, 1):
        await newsroom.view(ident, times=count)
        await newsroom.drain()
        await asyncio.sleep(0.1)

    async def the_last_change_is_announced() -> bool:
        return await announced(newsroom.store, HOT) == tuple(reversed(idents))

    await until_true(the_last_change_is_announced)
    running.cancel()
    told = await newsroom.store.do("XRANGE", SIGNALS, "-", "+")
    moments = [order_of(entry.decode())[0] for entry, fields in told if signals.validate_json(fields[1]).list == HOT]
    assert len(moments) >= 2
    assert all(later - earlier >= APART_MS for earlier, later in pairwise(moments)), moments


async def test_nothing_is_announced_without_a_change(newsroom: Newsroom) -> None:
    one = await newsroom.publish("one")
    for _ in range(3):
        await newsroom.view(one)
        await newsroom.drain()
        await announce(newsroom)
    assert [name for name, _ in await newsroom.signalled()].count("hot") == 1
    assert not await newsroom.store.do("EXISTS", TOUCHED), "nothing is compared again until something is touched"


async def test_the_first_changed_place_is_told(newsroom: Newsroom) -> None:
    one, two, three = [await newsroom.publish(name) for name in ("one", "two", "three")]
    for ident, times in ((one, 5), (two, 3), (three, 1)):
        await newsroom.view(ident, times=times)
    await newsroom.drain()
    await announce(newsroom)
    await newsroom.view(three, times=3)
    await newsroom.drain()
    await announce(newsroom)
    await newsroom.withdraw(two)
    await newsroom.drain()
    await announce(newsroom)
    assert [first for name, first in await newsroom.signalled() if name == "hot"] == [0, 1, 2]


async def test_only_fifty_places_are_announced(newsroom: Newsroom) -> None:
    for number in range(55):
        await newsroom.view(await newsroom.publish(f"article{number}"), times=2)
    await newsroom.drain()
    await announce(newsroom)
    assert len(await announced(newsroom.store, HOT)) == 50
    signals = len(await newsroom.signalled())
    await newsroom.withdraw((await newsroom.top(limit=60))[-1][0])
    await newsroom.drain()
    await announce(newsroom)
    changed = [name for name, _ in (await newsroom.signalled())[signals:]]
    assert "hot" not in changed


async def test_time_alone_changes_hot_this_week(newsroom: Newsroom) -> None:
    one, two = await newsroom.publish("one"), await newsroom.publish("two")
    await newsroom.view(one, times=2)
    await newsroom.view(two, at=NOON - HOUR, times=3)
    await newsroom.drain()
    await announce(newsroom)
    assert await announced(newsroom.store, HOT) == (two, one)
    await newsroom.pass_to(NOON + 7 * DAY)
    await announce(newsroom)
    assert await announced(newsroom.store, HOT) == (one,)
    await newsroom.pass_to(NOON + 7 * DAY + HOUR)
    await announce(newsroom)
    assert await announced(newsroom.store, HOT) == ()
    assert [first for name, first in await newsroom.signalled() if name == "hot"] == [0, 0, 0]


async def test_a_week_has_a_chart_from_its_end_and_late_views_count_until_it_is_sealed(newsroom: Newsroom) -> None:
    one, two = await newsroom.publish("one"), await newsroom.publish("two")
    await newsroom.view(one, times=2)
    await newsroom.view(two)
    await newsroom.drain()
    await newsroom.pass_to(WEEK_END - timedelta(milliseconds=1))
    await announce(newsroom)
    assert await newsroom.store.do("EXISTS", chart_key("2025-W30"), charts_key()) == 0
    await newsroom.pass_to(WEEK_END)
    await announce(newsroom)
    assert entries(await chart(newsroom)) == [(1, one, 2), (2, two, 1)]
    assert await newsroom.store.do("SMEMBERS", charts_key()) == [b"2025-W30"]
    assert [await newsroom.store.do("SMEMBERS", charted_key(ident)) for ident in (one, two)] == [[b"2025-W30"]] * 2
    await newsroom.pass_to(WEEK_END + 7 * DAY)
    for _ in range(2):
        await newsroom.view(two, at=WEEK_END - HOUR)
    await newsroom.drain()
    await announce(newsroom)
    assert entries(await chart(newsroom)) == [(1, two, 3), (2, one, 2)]
    assert not (await chart(newsroom)).sealed
    await newsroom.pass_to(WEEK_END + 8 * DAY)
    await announce(newsroom)
    assert (await chart(newsroom)).sealed
    assert entries(await chart(newsroom)) == [(1, two, 3), (2, one, 2)]
    assert [found for found in await newsroom.signalled() if found[0] == "week:2025-W30"] == [
        ("week:2025-W30", 0), ("week:2025-W30", 0), ("week:2025-W30", 2),
    ]  # fmt: skip


async def test_a_finished_weeks_chart_has_what_a_replica_settles_that_takes_the_week_for_unfinished(
    newsroom: Newsroom,
) -> None:
    one = await newsroom.publish("one")
    await newsroom.view(one)
    await newsroom.drain()
    await newsroom.pass_to(WEEK_END)
    await announce(newsroom)
    await newsroom.view(one, at=WEEK_END - HOUR)
    await newsroom.drain()
    newsroom.moment = WEEK_END - HOUR / 3600  # by its clock, or by when it looked at it
    await newsroom.pending.settle()
    newsroom.moment = WEEK_END
    await announce(newsroom)
    assert entries(await chart(newsroom)) == [(1, one, 2)]


async def test_a_sealed_week_keeps_its_numbers_and_its_lists(newsroom: Newsroom) -> None:
    idents = [await newsroom.publish(f"article{number}", topics=(f"topic{number}",)) for number in range(60)]
    for number, ident in enumerate(idents):
        await newsroom.view(ident, times=number + 1)
    await newsroom.drain()
    before = await newsroom.top("2025-W30")
    await newsroom.pass_to(WEEK_END + 8 * DAY)
    await newsroom.publish("article59", section="sport", topics=())
    await newsroom.view(idents[0], at=WEEK_END - HOUR)
    await newsroom.drain()
    assert await newsroom.top("2025-W30") == before == await newsroom.top("2025-W30", section="world")
    assert len(before) == 50
    assert await newsroom.top("2025-W30", topic="topic3") == [(idents[3], 4)]
    assert (await newsroom.topics("2025-W30"))[:2] == [("topic59", 60), ("topic58", 59)]
    assert len(await newsroom.letters()) == 1
    left = await newsroom.store.do("KEYS", "trending:*2025-W30*")
    assert left == [b"trending:sealed:2025-W30"]


async def test_a_sealed_week_keeps_its_numbers_in_another_zone_that_ends_it_later(newsroom: Newsroom) -> None:
    one, two = await newsroom.publish("one"), await newsroom.publish("two")
    await newsroom.view(one, times=3)
    await newsroom.drain()
    await newsroom.pass_to(WEEK_END + 8 * DAY)
    newsroom.calendar = Calendar(ZoneInfo("America/New_York"))
    await newsroom.restart()
    await newsroom.view(two, at=WEEK_END + HOUR)
    await newsroom.drain()
    await newsroom.pass_to(WEEK_END + 8 * DAY + 7 * HOUR)
    await announce(newsroom)
    assert await newsroom.top("2025-W30") == [(one, 3)]
    assert entries(await chart(newsroom)) == [(1, one, 3)]
    assert await newsroom.store.do("KEYS", "trending:*2025-W30*") == [b"trending:sealed:2025-W30"]


async def test_a_week_that_has_begun_ends_when_it_was_to_also_in_another_zone(newsroom: Newsroom) -> None:
    one = await newsroom.publish("one")
    await newsroom.view(one)
    await newsroom.drain()
    newsroom.calendar = Calendar(ZoneInfo("America/New_York"))  # where it ends seven hours later
    await newsroom.restart()
    for count, moment in enumerate((NOON, WEEK_END, WEEK_END + HOUR), 2):
        await newsroom.pass_to(moment)
        await newsroom.view(one, at=NOON)
        await newsroom.drain()
        await announce(newsroom)
        if moment >= WEEK_END:
            assert entries(await chart(newsroom)) == [(1, one, count)]


async def test_a_sealed_chart_follows_its_articles(newsroom: Newsroom) -> None:
    one, two = await newsroom.publish("one"), await newsroom.publish("two")
    await newsroom.view(one, times=2)
    await newsroom.view(two)
    await newsroom.drain()
    await newsroom.pass_to(WEEK_END + 8 * DAY)
    await announce(newsroom)
    await newsroom.withdraw(one)
    await newsroom.drain()
    await announce(newsroom)
    assert entries(await chart(newsroom)) == [(1, two, 1)]
    await newsroom.publish("one")
    await newsroom.drain()
    await announce(newsroom)
    assert entries(await chart(newsroom)) == [(1, one, 2), (2, two, 1)]
    rewrite = await newsroom.publish("rewrite", evolved_from="one")
    await newsroom.withdraw(one, replaced_by=rewrite)
    await newsroom.drain()
    await announce(newsroom)
    assert entries(await chart(newsroom)) == [(1, rewrite, 2), (2, two, 1)]


async def test_a_sealed_chart_follows_the_rewrite_that_stands_for_its_article_event_by_event(
    newsroom: Newsroom,
) -> None:
    one = await newsroom.publish("one")
    await newsroom.view(one)
    await newsroom.drain()
    await newsroom.pass_to(WEEK_END + 8 * DAY)
    two = await newsroom.publish("two", evolved_from="one")
    three = await newsroom.publish("three", evolved_from="two")
    for gone in (one, two):
        await newsroom.withdraw(gone, replaced_by=three)
    await newsroom.drain()
    await announce(newsroom)
    assert entries(await chart(newsroom)) == [(1, three, 1)]
    await newsroom.withdraw(three)
    await newsroom.drain()
    await announce(newsroom)
    assert entries(await chart(newsroom)) == []
    await newsroom.publish("three", evolved_from="two")
    await newsroom.drain()
    await announce(newsroom)
    assert entries(await chart(newsroom)) == [(1, three, 1)]


async def test_a_sealed_chart_has_a_story_once(newsroom: Newsroom) -> None:
    one, two = await newsroom.publish("one"), await newsroom.publish("two")
    for ident, times in ((one, 3), (two, 1)):
        await newsroom.view(ident, times=times)
    await newsroom.drain()
    await newsroom.pass_to(WEEK_END + 8 * DAY)
    await newsroom.publish("two", evolved_from="one")
    await newsroom.withdraw(one, replaced_by=two)
    await newsroom.drain()
    await announce(newsroom)
    assert entries(await chart(newsroom)) == [(1, two, 3)]


async def test_a_late_view_changes_the_number_in_a_chart_though_no_place(newsroom: Newsroom) -> None:
    one = await newsroom.publish("one")
    await newsroom.view(one)
    await newsroom.drain()
    await newsroom.pass_to(WEEK_END)
    await announce(newsroom)
    await newsroom.view(one, at=NOON)
    await newsroom.drain()
    await announce(newsroom)
    assert entries(await chart(newsroom)) == [(1, one, 2)]


async def test_as_many_topics_of_a_sealed_week_are_told_as_were_asked_for(newsroom: Newsroom) -> None:
    await newsroom.view(await newsroom.publish("one", topics=("oil", "iraq", "water")))
    await newsroom.drain()
    await newsroom.pass_to(WEEK_END + 8 * DAY)
    assert len(await newsroom.rankings.topics("2025-W30", 2)) == 2
    assert len(await newsroom.rankings.topics("2025-W30", 9)) == 3


async def test_an_announcement_in_the_future_keeps_none_waiting(newsroom: Newsroom) -> None:
    one = await newsroom.publish("one")
    await newsroom.view(one)
    await newsroom.drain()
    await newsroom.store.do("HSET", "trending:announced", HOT, 2**53)  # the machine's clock was put back
    await newsroom.announcer.announce()
    assert await announced(newsroom.store, HOT) == (one,)


async def test_what_was_withdrawn_when_its_week_was_sealed_returns_to_its_place(newsroom: Newsroom) -> None:
    guids = ("first", "second", "third", "fourth")
    idents = [await newsroom.publish(guid, published_at=NOON - number * HOUR) for number, guid in enumerate(guids)]
    for ident, times in zip(idents, (4, 2, 2, 1), strict=True):
        await newsroom.view(ident, times=times)
    await newsroom.drain()
    for ident in (idents[0], idents[1], idents[3]):
        await newsroom.withdraw(ident)
    await newsroom.drain()
    await newsroom.pass_to(WEEK_END + 8 * DAY)
    await announce(newsroom)
    first, second, third, fourth = idents
    assert entries(await chart(newsroom)) == [(1, third, 2)]
    for guid, expected in (
        ("fourth", [(1, third, 2), (2, fourth, 1)]),
        ("second", [(1, second, 2), (2, third, 2), (3, fourth, 1)]),
        ("first", [(1, first, 4), (2, second, 2), (3, third, 2), (4, fourth, 1)]),
    ):
        await newsroom.publish(guid)
        await newsroom.drain()
        await announce(newsroom)
        assert entries(await chart(newsroom)) == expected
    found = await newsroom.rankings.articles("2025-W30", 3, None, None)
    assert [(item.id, item.views) for item in found] == [(first, 4), (second, 2), (third, 2)]


async def test_what_was_withdrawn_before_its_late_view_was_read_returns_to_its_place_too(newsroom: Newsroom) -> None:
    one = await newsroom.publish("one")
    await newsroom.drain()
    await newsroom.withdraw(one)
    await newsroom.drain()
    await newsroom.view(one)
    await newsroom.drain()
    await newsroom.pass_to(WEEK_END + 8 * DAY)
    await newsroom.publish("one")
    await newsroom.drain()
    await announce(newsroom)
    assert entries(await chart(newsroom)) == [(1, one, 1)]


async def test_of_two_that_were_read_as_often_the_older_one_returns_behind_the_newer(newsroom: Newsroom) -> None:
    earlier = NOON - 2 * DAY
    newer, older = await newsroom.publish("newer"), await newsroom.publish("older", published_at=earlier)
    for ident in (newer, older):
        await newsroom.view(ident)
    await newsroom.drain()
    await newsroom.withdraw(older)
    await newsroom.drain()
    await newsroom.pass_to(WEEK_END + 8 * DAY)
    await newsroom.publish("older", published_at=earlier)
    await newsroom.drain()
    await announce(newsroom)
    assert entries(await chart(newsroom)) == [(1, newer, 1), (2, older, 1)]


async def test_what_a_rewrite_let_go_while_it_was_withdrawn_returns_to_its_place_too(newsroom: Newsroom) -> None:
    one, two = await newsroom.publish("one"), await newsroom.publish("two", evolved_from="one")
    await newsroom.withdraw(one, replaced_by=two)
    await newsroom.view(one, times=2)
    await newsroom.view(two)
    await newsroom.withdraw(one)
    await newsroom.drain()
    assert await newsroom.top("2025-W30") == [(two, 3)]
    await newsroom.publish("two")
    await newsroom.drain()
    await newsroom.pass_to(WEEK_END + 8 * DAY)
    assert await newsroom.top("2025-W30") == [(two, 1)]
    await newsroom.publish("one")
    await newsroom.drain()
    assert await newsroom.top("2025-W30") == [(one, 2), (two, 1)]


async def test_a_week_is_sealed_of_which_everything_was_withdrawn(newsroom: Newsroom) -> None:
    one = await newsroom.publish("one")
    await newsroom.view(one)
    await newsroom.withdraw(one)
    await newsroom.drain()
    await newsroom.pass_to(WEEK_END + 8 * DAY)
    await announce(newsroom)
    await newsroom.publish("one")
    await newsroom.drain()
    await announce(newsroom)
    assert entries(await chart(newsroom)) == [(1, one, 1)]


async def test_a_sealed_chart_has_fifty_places_also_when_one_returns(newsroom: Newsroom) -> None:
    idents = [await newsroom.publish(f"article{number}") for number in range(55)]
    for number, ident in enumerate(idents):
        await newsroom.view(ident, times=1 + (number > 2))
    await newsroom.drain()
    for ident in (idents[0], idents[54]):
        await newsroom.withdraw(ident)
    await newsroom.drain()
    await newsroom.pass_to(WEEK_END + 8 * DAY)
    for guid in ("article0", "article54"):
        await newsroom.publish(guid)
    await newsroom.drain()
    await announce(newsroom)
    found = entries(await chart(newsroom))
    assert len(found) == 50
    assert (idents[54], 2) in [(ident, views) for _, ident, views in found]
    assert idents[0] not in [ident for _, ident, _ in found]
    assert len(await newsroom.top("2025-W30", limit=100)) == 50, "whoever asks for more"


async def test_of_what_was_withdrawn_what_would_stand_among_the_fifty_may_return(newsroom: Newsroom) -> None:
    async def publish(number: int) -> str:
        return await newsroom.publish(f"article{number}", published_at=NOON - number * HOUR)

    idents = [await publish(number) for number in range(52)]
    for ident in idents:
        await newsroom.view(ident)
    await newsroom.drain()
    for number in (49, 51):
        await newsroom.withdraw(idents[number])
    await newsroom.drain()
    await newsroom.pass_to(WEEK_END + 8 * DAY)
    for number in (49, 51):
        await publish(number)
    await newsroom.drain()
    assert [ident for ident, _ in await newsroom.top("2025-W30")] == idents[:50]
    for ident in idents[:2]:
        await newsroom.withdraw(ident)
    await newsroom.drain()
    assert [ident for ident, _ in await newsroom.top("2025-W30")] == idents[2:51]


async def test_sealing_waits_for_views_that_were_accepted_before(newsroom: Newsroom) -> None:
    one = await newsroom.publish("one")
    await newsroom.view(one)
    await newsroom.drain()
    await newsroom.view(one, event_id="accepted")
    await newsroom.store.do("XGROUP", "CREATE", VIEWS, "another-reader", "$")  # who is further says nothing
    newsroom.moment = WEEK_END + 9 * DAY
    assert not await newsroom.due.run(newsroom.moment)
    await newsroom.drain()
    assert await newsroom.due.run(newsroom.moment)
    reached = pairs(await newsroom.store.do("HGETALL", "trending:reached"))
    assert dict(reached) == {b"at": str(millis(newsroom.moment)).encode()}
    await announce(newsroom)
    assert entries(await chart(newsroom)) == [(1, one, 2)]
    assert (await chart(newsroom)).sealed


async def test_sealing_waits_for_views_that_somebody_has_read_and_not_counted(newsroom: Newsroom) -> None:
    one = await newsroom.publish("one")
    await newsroom.view(one)
    await newsroom.drain()
    await newsroom.view(one)
    assert len(await newsroom.read(VIEWS)) == 1
    newsroom.moment = WEEK_END + 8 * DAY
    assert not await newsroom.due.run(newsroom.moment)
    await newsroom.drain()
    assert await newsroom.due.run(newsroom.moment)
    await announce(newsroom)
    assert entries(await chart(newsroom)) == [(1, one, 2)]


async def test_sealing_waits_for_views_that_come_while_it_waits_for_earlier_ones(newsroom: Newsroom) -> None:
    one = await newsroom.publish("one")
    await newsroom.view(one)
    await newsroom.drain()
    last_moment = WEEK_END - timedelta(milliseconds=1)  # what is older is too late
    newsroom.moment = WEEK_END + 8 * DAY - timedelta(milliseconds=1)
    await newsroom.view(one, at=last_moment)
    assert await newsroom.due.run(newsroom.moment), "nothing is due yet"
    await newsroom.due.reach(newsroom.moment, 0)
    newsroom.moment = WEEK_END + 8 * DAY
    await newsroom.view(one, at=last_moment)
    await newsroom.handlers.count(await newsroom.read(VIEWS, count=1))
    assert not await newsroom.due.run(newsroom.moment)
    await newsroom.drain()
    assert await newsroom.due.run(newsroom.moment)
    assert await newsroom.top("2025-W30") == [(one, 3)]


async def test_sealing_does_not_wait_for_views_that_are_accepted_after_its_moment(newsroom: Newsroom) -> None:
    one = await newsroom.publish("one")
    await newsroom.view(one)
    await newsroom.drain()
    newsroom.moment = WEEK_END + 8 * DAY
    for _ in range(2):
        await newsroom.view(one)
        assert not await newsroom.due.run(newsroom.moment)
    await newsroom.handlers.count(await newsroom.read(VIEWS, count=1))
    assert len(await newsroom.read(VIEWS)) == 1, "somebody always has one that is not counted yet"
    assert await newsroom.due.run(newsroom.moment)
    assert await newsroom.store.do("EXISTS", "trending:sealed:2025-W30") == 1


async def test_a_week_is_sealed_and_event_ids_are_forgotten_at_their_moment(newsroom: Newsroom) -> None:
    await newsroom.view(await newsroom.publish("one"), event_id="known")
    await newsroom.drain()
    for kind, end in (("forget", datetime(2025, 8, 4, tzinfo=UTC)), ("seal", WEEK_END + 8 * DAY)):
        for moment, waits in ((end - timedelta(milliseconds=1), True), (end, False)):
            await newsroom.pass_to(moment)
            names = await newsroom.store.do("ZRANGE", due(COUNTERS), 0, -1)
            assert any(name.startswith(kind.encode()) for name in names) == waits


async def test_event_ids_of_a_day_are_forgotten_in_steps(newsroom: Newsroom, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("services.trending.due.CHUNK", 1)
    one = await newsroom.publish("one")
    for number in range(200):
        await newsroom.view(one, event_id=f"{number}")
    await newsroom.drain()
    assert len(await newsroom.store.do("KEYS", "trending:once:*:*")) == 2
    assert await newsroom.store.do("GET", REMEMBERED) == b"200"
    async with asyncio.timeout(5):
        await newsroom.pass_to(NOON + 10 * DAY)
    assert await newsroom.store.do("GET", REMEMBERED) == b"0"
    assert not await newsroom.store.do("KEYS", "trending:once*")


async def test_time_passes_before_there_is_a_stream_of_views(newsroom: Newsroom) -> None:
    await newsroom.store.do("DEL", VIEWS)
    assert await newsroom.due.run(NOON + HOUR)


async def test_what_another_replica_has_done_is_not_due_any_more(newsroom: Newsroom) -> None:
    one = await newsroom.publish("one")
    await newsroom.view(one, event_id="known")
    await newsroom.drain()
    await newsroom.pending.settle()
    names = await newsroom.store.do("ZRANGE", due(COUNTERS), 0, -1)
    assert sorted(name.partition(b":")[0] for name in names) == [b"end", b"forget", b"hour", b"seal"]
    await newsroom.pass_to(NOON + 20 * DAY)
    await announce(newsroom)
    before = await newsroom.store.do("KEYS", "*")
    for kind, _, of in (name.decode().partition(":") for name in names):
        args = [int(newsroom.moment.timestamp() * 1000), of, 250]
        assert await newsroom.store.run(newsroom.due._steps[kind], (), args) == 0
    assert sorted(await newsroom.store.do("KEYS", "*")) == sorted(before)


async def test_a_kill_between_the_steps_of_sealing_loses_nothing(newsroom: Newsroom) -> None:
    for number in range(20):
        await newsroom.view(await newsroom.publish(f"article{number}", topics=(f"topic{number}",)))
    await newsroom.drain()
    newsroom.moment = WEEK_END + 8 * DAY
    await newsroom.due.reach(newsroom.moment, 0)
    before = await newsroom.topics("2025-W30"), await newsroom.top("2025-W30", "world")
    step = [int(newsroom.moment.timestamp() * 1000), "2025-W30", 3]
    for _ in range(3):
        assert await newsroom.store.run(SEAL, (), step) == 1
    await newsroom.restart()
    await newsroom.pass_to(newsroom.moment)
    assert before == (await newsroom.topics("2025-W30"), await newsroom.top("2025-W30", "world"))
    assert json.loads(await newsroom.store.do("HGET", "trending:sealed:2025-W30", "topic:topic7"))

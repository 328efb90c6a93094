"""Counting: once, in the right hour and week, wherever a kill falls."""

import asyncio
from collections import Counter
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest

from services.console.parts import STORE
from services.trending import due
from services.trending.counters import digest
from services.trending.handlers import Handlers
from services.trending.lua import COUNTED, TOUCHED
from services.trending.stories import Stories, place
from shared.articles import identify
from shared.broker import make_broker
from shared.clock import LAST, Clock, millis
from shared.events import VIEWS, ArticleViewed, view_events
from shared.groups import COUNTERS
from shared.settings import Settings
from shared.streams import Consumer
from shared.view_bounds import REMEMBERED, TOO_EARLY, TOO_LATE
from tests.trending.newsroom import DAY, HOUR, NOON, Newsroom

MINUTE = timedelta(minutes=1)
ROOT = Path(__file__).parents[2]


async def test_a_view_counts_in_every_list_of_its_article(newsroom: Newsroom) -> None:
    one = await newsroom.publish("one", section="world", topics=("iraq", "oil"))
    await newsroom.view(one, times=3)
    await newsroom.drain()
    for window in ("7d", "2025-W30"):
        assert await newsroom.top(window) == [(one, 3)]
        assert await newsroom.top(window, section="world") == [(one, 3)]
        assert await newsroom.top(window, topic="oil") == [(one, 3)]
        assert await newsroom.top(window, section="world", topic="oil") == [(one, 3)]
        assert await newsroom.top(window, section="sport") == []
        assert await newsroom.topics(window) == [("iraq", 3), ("oil", 3)]
    two = await newsroom.publish("two", topics=("oil",))
    await newsroom.view(two)
    await newsroom.drain()
    assert await newsroom.top(section="world", topic="oil") == [(one, 3), (two, 1)]
    assert await newsroom.top(section="world", topic="oil", limit=1) == [(one, 3)]


async def test_an_article_without_a_section_is_in_no_sections_list(newsroom: Newsroom) -> None:
    one = await newsroom.publish("one", section=None)
    await newsroom.view(one)
    await newsroom.drain()
    await newsroom.pending.settle()
    assert set(await newsroom.store.do("SMEMBERS", TOUCHED)) == {b"hot", b"topics"}
    for window in ("7d", "2025-W30"):
        assert await newsroom.top(window) == [(one, 1)]
    assert await newsroom.store.do("KEYS", "trending:rank:*:section*") == []


async def test_equal_counts_stand_newest_first_then_by_id(newsroom: Newsroom) -> None:
    old = await newsroom.publish("old", published_at=NOON - 9 * DAY)
    same = sorted([await newsroom.publish("a"), await newsroom.publish("b"), await newsroom.publish("c")])
    new = await newsroom.publish("new", published_at=NOON)
    for ident in (old, *same, new):
        await newsroom.view(ident)
    await newsroom.drain()
    assert [ident for ident, _ in await newsroom.top()] == [new, *same, old]


def test_places_sort_the_newest_first_over_all_of_history() -> None:
    years = [datetime(year, 1, 1, tzinfo=UTC) for year in (1400, 1815, 1969, 1970, 2025, 2500)]
    places = [place(at) for at in years]
    assert places == sorted(places, reverse=True)
    assert {len(found) for found in places} == {9}
    assert place(NOON) > place(NOON + timedelta(milliseconds=1))


async def test_a_redelivered_batch_counts_once(newsroom: Newsroom) -> None:
    one = await newsroom.publish("one")
    await newsroom.view(one, times=5)
    await newsroom.drain()
    await newsroom.view(one)
    batch = await newsroom.read(VIEWS)
    await newsroom.handlers.count(batch)
    await newsroom.handlers.count(batch)
    await newsroom.restart()
    await newsroom.handlers.count(batch)
    assert await newsroom.top() == [(one, 6)]


async def test_what_was_read_before_a_kill_is_counted_after_it(newsroom: Newsroom) -> None:
    one = await newsroom.publish("one")
    await newsroom.view(one, times=4)
    await newsroom.read(VIEWS)
    await newsroom.restart()
    await newsroom.drain()
    assert await newsroom.top() == [(one, 4)]
    assert (await newsroom.store.do("XPENDING", VIEWS, COUNTERS))[0] == 0


async def test_an_event_id_counts_once_whatever_its_hour(newsroom: Newsroom) -> None:
    one = await newsroom.publish("one")
    for at in (NOON, NOON, NOON - 3 * HOUR, NOON - 5 * DAY):
        await newsroom.view(one, at=at, event_id="same")
        await newsroom.drain()
    await newsroom.pass_to(NOON + 7 * DAY)
    await newsroom.view(one, at=newsroom.moment, event_id="same")
    await newsroom.view(one, at=newsroom.moment, event_id="other")
    await newsroom.drain()
    assert await newsroom.top("2025-W30") == [(one, 1)]
    assert await newsroom.top("2025-W31") == [(one, 1)]
    assert int(await newsroom.store.do("GET", REMEMBERED)) == 2


async def test_event_ids_are_forgotten_after_their_days(newsroom: Newsroom) -> None:
    one = await newsroom.publish("one")
    for number in range(400):
        await newsroom.view(one, event_id=f"id-{number}")
    await newsroom.drain()
    assert int(await newsroom.store.do("GET", REMEMBERED)) == 400
    await newsroom.pass_to(NOON + 8 * DAY)
    assert int(await newsroom.store.do("GET", REMEMBERED)) == 400
    await newsroom.pass_to(NOON + 9 * DAY)
    assert int(await newsroom.store.do("GET", REMEMBERED)) == 0
    assert await newsroom.store.do("KEYS", "trending:once:*") == []


async def test_a_repetition_that_waited_for_days_is_still_known(newsroom: Newsroom) -> None:
    one = await newsroom.publish("one")
    await newsroom.view(one, event_id="same")
    await newsroom.drain()
    await newsroom.view(one, event_id="same")
    newsroom.moment = NOON + 20 * DAY
    assert not await newsroom.due.run(newsroom.moment)
    await newsroom.drain()
    assert await newsroom.top("2025-W30") == [(one, 1)]
    assert await newsroom.due.run(newsroom.moment)
    assert int(await newsroom.store.do("GET", REMEMBERED)) == 0
    assert await newsroom.store.do("KEYS", "trending:once*") == []


async def test_many_event_ids_stay_packed_and_known(newsroom: Newsroom) -> None:
    one = await newsroom.publish("one")
    await newsroom.drain()
    total = 6000
    for again in range(2):
        for begin in range(0, total, 500):
            await asyncio.gather(*(newsroom.view(one, event_id=f"id-{n}") for n in range(begin, begin + 500)))
            await newsroom.drain()
        assert await newsroom.top() == [(one, total)], again
    sets = await newsroom.store.do("KEYS", "trending:once:*:*")
    encodings = {await newsroom.store.do("OBJECT", "ENCODING", key) for key in sets}
    assert encodings == {b"intset"}
    taken = sum([await newsroom.store.do("MEMORY", "USAGE", key) for key in sets])
    assert taken / total <= 16


def test_hashes_and_sorted_sets_are_not_packed_for_long() -> None:
    for settings in (STORE, (ROOT / "deploy" / "redis.conf").read_text()):
        assert {"hash-max-listpack-entries 128", "zset-max-listpack-entries 64"} <= set(settings.splitlines())


def test_digests_are_signed_64_bit_integers() -> None:
    found = {digest(str(n)) for n in range(1000)}
    assert len(found) == 1000
    assert all(-(2**63) <= one < 2**63 for one in found)
    assert any(one < 0 for one in found)


async def test_a_late_view_is_placed_where_it_belongs(newsroom: Newsroom) -> None:
    one = await newsroom.publish("one")
    monday = datetime(2025, 7, 21, tzinfo=newsroom.calendar.zone)
    await newsroom.view(one, at=monday - MINUTE)
    await newsroom.view(one, at=monday)
    await newsroom.view(one, at=NOON - 7 * DAY - HOUR)
    await newsroom.drain()
    assert await newsroom.top("2025-W29") == [(one, 2)]
    assert await newsroom.top("2025-W30") == [(one, 1)]
    assert await newsroom.top() == [(one, 2)]


async def test_a_view_of_the_last_microsecond_is_in_that_hour_and_week(newsroom: Newsroom) -> None:
    one = await newsroom.publish("one")
    monday = datetime(2025, 7, 21, tzinfo=newsroom.calendar.zone)
    for first in (monday, NOON - 7 * DAY):
        await newsroom.view(one, at=first - timedelta(microseconds=1))
    await newsroom.drain()
    assert await newsroom.top("2025-W29") == [(one, 2)]
    assert await newsroom.top("2025-W30") == []
    assert await newsroom.top() == [(one, 1)]


async def test_views_that_can_belong_nowhere_are_set_aside_with_their_reason(newsroom: Newsroom) -> None:
    one = await newsroom.publish("one")
    await newsroom.view(one, at=NOON + 5 * MINUTE + timedelta(seconds=1))
    await newsroom.view(one, at=NOON - 8 * DAY - timedelta(seconds=1))
    await newsroom.view(one, at=NOON + 5 * MINUTE)
    await newsroom.view(one, at=NOON - 8 * DAY)
    await newsroom.drain()
    assert await newsroom.top("2025-W30") == [(one, 1)]
    assert await newsroom.top("2025-W29") == [(one, 1)]
    assert await newsroom.letters() == ["more than 5 minutes in the future", "more than 8 days ago"]
    assert (await newsroom.store.do("XPENDING", VIEWS, COUNTERS))[0] == 0


async def test_a_view_that_is_set_aside_is_kept_as_it_came(newsroom: Newsroom) -> None:
    raw = b'{"from": "others", "type": "article.viewed", "article": "one", "at": "2025-07-01T09:30:00+03:00"}'
    await newsroom.store.do("XADD", VIEWS, "*", "event", raw)
    await newsroom.drain()
    ((_, letter),) = await newsroom.store.do("XRANGE", "dead-letters", "-", "+")
    assert raw in letter


async def test_a_view_is_not_too_early_that_ingest_took_at_the_sites_last_moment_since_the_clock_was_put_back(
    newsroom: Newsroom,
) -> None:
    clock = Clock(Settings(redis_url=newsroom.url))
    newsroom.moment = clock.now() + HOUR
    await newsroom.store.do("SET", LAST, millis(newsroom.moment))
    parts = (newsroom.counters, Stories(newsroom.store), newsroom.announcer)
    handlers = Handlers(newsroom.store, clock, *parts)
    one = await newsroom.publish("one")
    await newsroom.drain()
    await newsroom.view(one)
    await newsroom.view(one, at=newsroom.moment + 6 * MINUTE)
    await handlers.count(await newsroom.read(VIEWS))
    assert await newsroom.top() == [(one, 1)]
    assert await newsroom.letters() == [TOO_EARLY]


async def test_a_view_of_whatever_age_is_set_aside_as_too_old_or_too_early(newsroom: Newsroom) -> None:
    one = await newsroom.publish("one")
    ahead, behind = timezone(14 * HOUR), timezone(-12 * HOUR)
    for zone in (ahead, UTC, behind):
        for year in (1, 2, 999, 1969):
            await newsroom.view(one, at=datetime(year, 1, 1, tzinfo=zone), event_id=f"{zone}{year}")
    for zone in (ahead, UTC, behind):
        await newsroom.view(one, at=datetime(9999, 12, 31, 23, 59, tzinfo=zone))
    await newsroom.view(one)
    await newsroom.drain()
    assert Counter(await newsroom.letters()) == {TOO_LATE: 12, TOO_EARLY: 3}
    assert await newsroom.top("2025-W30") == [(one, 1)]


async def test_before_time_is_reached_a_view_of_no_week_is_too_old(newsroom: Newsroom) -> None:
    await newsroom.store.do("DEL", "trending:reached")
    await newsroom.view(await newsroom.publish("one"), at=datetime(1, 1, 1, tzinfo=timezone(14 * HOUR)))
    await newsroom.drain()
    assert await newsroom.letters() == [TOO_LATE]


async def test_what_was_accepted_in_time_counts_however_late_it_is_read(newsroom: Newsroom) -> None:
    one = await newsroom.publish("one")
    await newsroom.view(one, at=NOON - 7 * DAY, event_id="a")
    await newsroom.restart()
    newsroom.moment = NOON + 9 * DAY
    await newsroom.due.run(newsroom.moment)
    await newsroom.drain()
    await newsroom.pass_to(newsroom.moment)
    assert await newsroom.letters() == []
    assert await newsroom.top("2025-W29") == [(one, 1)]


async def test_an_hour_leaves_the_seven_days_once(newsroom: Newsroom) -> None:
    one, two = [await newsroom.publish(guid, topics=("oil",)) for guid in ("one", "two")]
    await newsroom.view(one, at=NOON - HOUR, times=3)
    await newsroom.view(one)
    await newsroom.view(two, times=2)
    await newsroom.drain()
    edge = NOON + 7 * DAY
    await newsroom.pass_to(edge - timedelta(milliseconds=1))
    assert await newsroom.top() == await newsroom.top(topic="oil") == [(one, 4), (two, 2)]
    await newsroom.pass_to(edge)
    await newsroom.pass_to(edge)
    assert await newsroom.top() == await newsroom.top(topic="oil") == [(two, 2), (one, 1)]
    await newsroom.pass_to(edge + HOUR)
    assert await newsroom.top() == await newsroom.top(topic="oil") == []
    assert await newsroom.store.do("EXISTS", "trending:views:7d", "trending:rank:7d:all") == 0


async def test_a_withdrawn_article_goes_at_once_and_returns_with_its_counts(newsroom: Newsroom) -> None:
    one = await newsroom.publish("one", topics=("oil",))
    await newsroom.view(one, times=2)
    await newsroom.drain()
    await newsroom.withdraw(one)
    await newsroom.view(one)
    await newsroom.drain()
    assert await newsroom.top() == await newsroom.topics() == await newsroom.top(section="world") == []
    await newsroom.publish("one", section="sport", topics=("football",))
    await newsroom.drain()
    assert await newsroom.top() == await newsroom.top(section="sport") == [(one, 3)]
    assert await newsroom.topics() == [("football", 3)]
    assert await newsroom.top(section="world") == []


async def test_counts_follow_an_article_to_another_section(newsroom: Newsroom) -> None:
    one = await newsroom.publish("one", section="world", topics=("oil", "iraq"))
    await newsroom.view(one, times=2)
    await newsroom.drain()
    await newsroom.publish("one", section="business", topics=("oil",), published_at=NOON)
    await newsroom.drain()
    assert await newsroom.top() == await newsroom.top(section="business") == [(one, 2)]
    assert await newsroom.top(section="world") == await newsroom.top(topic="iraq") == []
    assert await newsroom.topics() == [("oil", 2)]


async def test_an_article_whose_words_alone_change_stays_where_it_stands(newsroom: Newsroom) -> None:
    one = await newsroom.publish("one", topics=("oil",))
    await newsroom.view(one, times=2)
    await newsroom.drain()
    await newsroom.publish("one", topics=("oil",))
    await newsroom.withdraw(one)
    await newsroom.publish("one", topics=("oil",))
    await newsroom.view(one)
    await newsroom.drain()
    assert await newsroom.top() == await newsroom.top(topic="oil") == [(one, 3)]
    assert (await newsroom.store.do("HGET", "trending:articles", one)).startswith(b"+ 4 ")


async def test_views_before_their_article_wait_for_it(newsroom: Newsroom) -> None:
    one = await newsroom.publish("one")
    await newsroom.view(one, times=2)
    await newsroom.handlers.count(await newsroom.read(VIEWS))
    for window in ("7d", "2025-W30"):
        assert await newsroom.top(window) == []
    await newsroom.drain()
    for window in ("7d", "2025-W30"):
        assert await newsroom.top(window) == [(one, 2)]


async def test_views_that_have_left_before_their_article_comes_leave_nothing_behind(newsroom: Newsroom) -> None:
    one = identify("desk", "one")
    await newsroom.view(one, times=3)
    await newsroom.drain()
    assert await newsroom.top(topic="oil") == []
    await newsroom.pass_to(NOON + 30 * DAY)  # its week is sealed by then
    await newsroom.publish("one", topics=("oil",))
    await newsroom.drain()
    await newsroom.view(one)
    await newsroom.drain()
    assert await newsroom.top(topic="oil") == [(one, 1)]


async def test_an_article_that_comes_after_its_rewrite_was_withdrawn_stands_for_itself(newsroom: Newsroom) -> None:
    two = await newsroom.publish("two", evolved_from="one")
    await newsroom.withdraw(two)
    one = await newsroom.publish("one")
    await newsroom.drain()
    await newsroom.view(one)
    await newsroom.drain()
    assert await newsroom.top() == [(one, 1)]


async def test_an_article_that_comes_after_its_rewrite_is_shown_by_it_from_the_first(newsroom: Newsroom) -> None:
    three = await newsroom.publish("three", evolved_from="two")
    one = identify("desk", "one")
    await newsroom.withdraw(one, replaced_by=three)  # by way of two, which has not come
    await newsroom.drain()
    await newsroom.view(one)
    await newsroom.drain()
    assert await newsroom.top() == [(three, 1)]


async def test_what_an_article_that_has_not_come_took_the_place_of_is_shown_by_it_when_it_comes(
    newsroom: Newsroom,
) -> None:
    one = await newsroom.publish("one")
    await newsroom.view(one, times=2)
    await newsroom.withdraw(one, replaced_by=identify("desk", "two"))
    await newsroom.drain()
    for window in ("7d", "2025-W30"):
        assert await newsroom.top(window) == []
    two = await newsroom.publish("two")
    await newsroom.drain()
    for window in ("7d", "2025-W30"):
        assert await newsroom.top(window) == [(two, 2)]


async def test_an_older_event_of_an_article_changes_nothing(newsroom: Newsroom) -> None:
    one = await newsroom.publish("one")
    await newsroom.withdraw(one)
    published, withdrawn = await newsroom.read("articles")
    await newsroom.view(one)
    await newsroom.handlers.follow([withdrawn])
    await newsroom.handlers.follow([published])
    await newsroom.drain()
    assert await newsroom.top() == []


async def test_a_rewrite_inherits_and_gives_back(newsroom: Newsroom) -> None:
    first = await newsroom.publish("first")
    await newsroom.view(first, times=3)
    await newsroom.drain()
    second = await newsroom.publish("second", evolved_from="first")
    await newsroom.withdraw(first, replaced_by=second)
    await newsroom.view(second)
    await newsroom.view(first)
    await newsroom.drain()
    assert await newsroom.top() == [(second, 5)]
    third = await newsroom.publish("third", evolved_from="second", section="sport")
    await newsroom.withdraw(second, replaced_by=third)
    await newsroom.view(third)
    await newsroom.drain()
    assert await newsroom.top() == await newsroom.top(section="sport") == [(third, 6)]
    assert await newsroom.top(section="world") == []
    await newsroom.withdraw(third)
    await newsroom.drain()
    assert await newsroom.top() == []
    await newsroom.publish("first")
    await newsroom.drain()
    assert await newsroom.top() == [(first, 4)]


async def test_a_view_of_the_first_of_many_rewrites_counts_for_the_newest(newsroom: Newsroom) -> None:
    first = newest = await newsroom.publish("0")
    for number in range(1, 5):
        newest = await newsroom.publish(f"{number}", evolved_from=f"{number - 1}")
    await newsroom.drain()
    await newsroom.view(first)
    await newsroom.drain()
    assert await newsroom.top() == [(newest, 1)]


async def test_a_rewrite_inherits_from_what_was_withdrawn_long_before(newsroom: Newsroom) -> None:
    first = await newsroom.publish("first")
    await newsroom.view(first, times=3)
    await newsroom.withdraw(first)
    await newsroom.drain()
    second = await newsroom.publish("second", evolved_from="first")
    await newsroom.drain()
    assert await newsroom.top() == [(second, 3)]


async def test_what_was_a_rewrite_shows_nothing_of_a_story_that_stays_withdrawn(newsroom: Newsroom) -> None:
    one, two = await newsroom.publish("one"), await newsroom.publish("two", evolved_from="one")
    await newsroom.withdraw(one, replaced_by=two)
    for ident in (one, one, two):
        await newsroom.view(ident)
    await newsroom.withdraw(two)
    await newsroom.withdraw(one)
    await newsroom.drain()
    for window in ("7d", "2025-W30"):
        assert await newsroom.top(window) == []
    await newsroom.publish("two")
    await newsroom.drain()
    for window in ("7d", "2025-W30"):
        assert await newsroom.top(window) == [(two, 1)]
    await newsroom.withdraw(one, replaced_by=two)
    await newsroom.publish("two", evolved_from="one")
    await newsroom.drain()
    for window in ("7d", "2025-W30"):
        assert await newsroom.top(window) == [(two, 3)]


async def test_what_leads_to_a_rewrite_again_stays_with_it_whatever_was_before(newsroom: Newsroom) -> None:
    one, two = await newsroom.publish("one"), await newsroom.publish("two", evolved_from="one")
    await newsroom.withdraw(one, replaced_by=two)
    for ident in (one, one, two):
        await newsroom.view(ident)
    for ident in (two, one):
        await newsroom.withdraw(ident)
    await newsroom.publish("two")
    await newsroom.withdraw(one, replaced_by=two)
    await newsroom.publish("two")
    await newsroom.drain()
    assert await newsroom.top() == [(two, 3)]


async def test_what_is_a_rewrite_no_longer_shows_nothing_of_that_story_though_its_words_alone_change(
    newsroom: Newsroom,
) -> None:
    one, two = await newsroom.publish("one"), await newsroom.publish("two", evolved_from="one")
    await newsroom.withdraw(one, replaced_by=two)
    for ident in (one, one, two):
        await newsroom.view(ident)
    await newsroom.publish("two")
    await newsroom.withdraw(one)
    await newsroom.drain()
    assert await newsroom.top() == [(two, 3)]
    await newsroom.publish("two")
    await newsroom.drain()
    assert await newsroom.top() == [(two, 1)]


async def test_rewrites_that_take_turns_lose_nothing(newsroom: Newsroom) -> None:
    one, two = await newsroom.publish("one"), await newsroom.publish("two", evolved_from="one")
    await newsroom.withdraw(one, replaced_by=two)
    for ident in (one, one, two):
        await newsroom.view(ident)
    await newsroom.drain()
    for _ in range(3):
        await newsroom.withdraw(two, replaced_by=one)
        await newsroom.drain()
        assert await newsroom.store.do("HGETALL", "trending:heirs") == [two.encode(), one.encode()], (
            "and not in a circle"
        )
        await newsroom.publish("one")
        await newsroom.drain()
        assert await newsroom.top() == [(one, 3)]
        await newsroom.withdraw(one, replaced_by=two)
        await newsroom.publish("two", evolved_from="one")
        await newsroom.drain()
        assert await newsroom.top() == [(two, 3)]


async def test_a_rewrite_keeps_its_own_views_when_what_it_rewrote_leads_to_another(newsroom: Newsroom) -> None:
    one, two = await newsroom.publish("one"), await newsroom.publish("two", evolved_from="one")
    await newsroom.withdraw(one, replaced_by=two)
    for ident in (one, one, two):
        await newsroom.view(ident)
    await newsroom.drain()
    assert await newsroom.top() == [(two, 3)]
    three = await newsroom.publish("three")
    await newsroom.withdraw(one, replaced_by=three)
    await newsroom.drain()
    assert await newsroom.top() == [(three, 2), (two, 1)]


async def test_an_article_stands_where_its_last_event_says_though_its_words_alone_have_changed(
    newsroom: Newsroom,
) -> None:
    one = await newsroom.publish("one")
    await newsroom.view(one, times=2)
    for _ in range(2):
        two = await newsroom.publish("two", evolved_from="one")
        await newsroom.drain()
        assert await newsroom.top() == [(two, 2)]
        await newsroom.publish("one")
        await newsroom.drain()
        assert await newsroom.top() == [(one, 2)]


async def test_the_hour_that_leaves_is_taken_from_the_rewrite(newsroom: Newsroom) -> None:
    one = await newsroom.publish("one")
    await newsroom.view(one, times=2)
    await newsroom.drain()
    two = await newsroom.publish("two", evolved_from="one")
    await newsroom.withdraw(one, replaced_by=two)
    await newsroom.view(two, at=NOON + MINUTE)
    await newsroom.drain()
    assert await newsroom.top() == [(two, 3)]
    await newsroom.pass_to(NOON + 7 * DAY)
    await newsroom.view(two)
    await newsroom.drain()
    await newsroom.pass_to(NOON + 7 * DAY + HOUR)
    assert await newsroom.top() == [(two, 1)]


async def test_an_hour_of_many_articles_leaves_in_steps(newsroom: Newsroom, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(due, "CHUNK", 2)
    for number in range(5):
        await newsroom.view(await newsroom.publish(f"article{number}"))
    await newsroom.drain()
    assert len(await newsroom.top()) == 5
    await newsroom.pass_to(NOON + 7 * DAY + HOUR)
    assert await newsroom.top() == []
    assert await newsroom.store.do("EXISTS", "trending:views:7d", "trending:rank:7d:all") == 0
    assert await newsroom.store.do("KEYS", "trending:hour:*") == []


async def test_views_count_once_though_their_group_was_lost(newsroom: Newsroom) -> None:
    one = await newsroom.publish("one")
    await newsroom.view(one, times=3)
    await newsroom.drain()
    await newsroom.store.do("XGROUP", "DESTROY", VIEWS, COUNTERS)
    await newsroom.view(one, times=2)
    settings = Settings(redis_url=newsroom.url)
    consumer = Consumer(
        make_broker(settings), newsroom.store, settings, stream=VIEWS, group=COUNTERS, events=view_events,
        handle=newsroom.handlers.count, noted=COUNTED,
    )  # fmt: skip
    await consumer.prepare()
    await newsroom.drain()
    assert await newsroom.top() == [(one, 5)]


async def test_the_newest_view_that_was_counted_is_noted_in_whatever_order_they_come(newsroom: Newsroom) -> None:
    view = ArticleViewed(at=NOON, article=await newsroom.publish("one")).model_dump_json()
    for number in (9, 10, 11):  # so many within a millisecond
        await newsroom.store.do("XADD", VIEWS, f"{millis(NOON)}-{number}", "event", view)
    batch = await newsroom.read(VIEWS)
    for together in (batch[:0:-1], batch[:1]):
        await newsroom.handlers.count(together)
    assert await newsroom.store.do("GET", COUNTED) == batch[-1].entry.encode()

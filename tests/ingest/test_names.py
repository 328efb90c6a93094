"""Names of sections, topics and authors in addresses, whoever comes first."""

import asyncio
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.ingest.register import Register
from services.ingest.terms import spelling_of
from shared.articles import Article
from shared.clock import Clock
from shared.live import NAMED_SINCE, names_key
from shared.problems import Problem
from shared.settings import Settings
from shared.site_settings import SiteSettings
from shared.store import Store
from tests.ingest.two import NOW, Two, story
from tests.servers import until

ECONOMY, ATHLETICS = "\u7ecf\u6d4e", "\u7ade\u6280"
WAR, FLIGHT = "\u062d\u0631\u0628", "\u0647\u0631\u0628"
ALIKE = (ECONOMY, ATHLETICS, WAR, FLIGHT, "Jing Ji", "jing-ji", "Jing Ji 2", "C", "C++", "C#", "#C")


async def test_names_that_are_alike_only_in_latin_letters_have_a_page_each(two: Two) -> None:
    first = await two.first.accept("desk", story("a", topics=(ECONOMY,), authors=(), section="C"))
    both = await two.second.accept("desk", story("b", topics=(ATHLETICS, ECONOMY), section="C++"))
    again = await two.first.accept("desk", story("c", topics=(ECONOMY, ATHLETICS), section="C"))
    assert [topic.slug for topic in first.article.topics] == ["jing-ji"]
    assert [topic.slug for topic in both.article.topics] == ["jing-ji-2", "jing-ji"]
    assert [topic.slug for topic in again.article.topics] == ["jing-ji", "jing-ji-2"]
    assert [one.article.section and one.article.section.slug for one in (first, both, again)] == ["c", "c-2", "c"]
    names = await two.stores[0].do("HGETALL", names_key("topic"))
    assert [name.decode() for name in names] == ["jing-ji", ECONOMY, "jing-ji-2", ATHLETICS]


async def test_two_ingests_that_hear_of_two_names_at_once_give_each_its_own(two: Two) -> None:
    accepted = await asyncio.gather(
        *(
            register.accept("desk", story(f"{number}-{name}", topics=(name,)))
            for number in range(4)
            for register, name in ((two.first, ECONOMY), (two.second, ATHLETICS))
        )
    )
    slugs = {(one.article.topics[0].name, one.article.topics[0].slug) for one in accepted}
    assert len(slugs) == len({slug for _, slug in slugs}) == 2


async def test_a_slug_that_another_name_got_meanwhile_is_its_own(two: Two) -> None:
    mine, theirs = story("mine", headline="Mine", topics=(ATHLETICS,)), story("theirs", topics=(ECONOMY,))
    accepted, article = await two.interrupt(mine, theirs)
    assert [topic.slug for topic in accepted.article.topics] == ["jing-ji-2"]
    assert article.topics == accepted.article.topics


async def test_a_name_that_the_store_has_lost_is_given_away_again(two: Two) -> None:
    for guid in "ab":
        await two.first.accept("desk", story(guid, topics=(ECONOMY,)))
    await two.stores[1].do("DEL", names_key("topic"))  # as after a failover: no replica had it
    await two.stores[1].do("CLIENT", "KILL", "TYPE", "NORMAL", "SKIPME", "YES")
    await until(lambda: two.stores[0].breaks)
    again = await two.first.accept("desk", story("c", topics=(ECONOMY,)))
    assert [topic.slug for topic in again.article.topics] == ["jing-ji"]
    assert await two.stores[1].do("HGET", names_key("topic"), "jing-ji") == ECONOMY.encode()
    await two.stores[1].do("CONFIG", "RESETSTAT")
    await two.first.accept("desk", story("d", topics=(ECONOMY,)))
    assert b"cmdstat_hmget" not in await two.stores[1].do("INFO", "commandstats"), "it is remembered again"


async def test_since_when_there_are_names_is_told_once(two: Two) -> None:
    await two.first.accept("desk", story("a", topics=(ECONOMY,)))
    since = await two.stores[0].do("GET", NAMED_SINCE)
    for register, name in ((two.first, ATHLETICS), (two.second, WAR)):
        await register.accept("desk", story(name, topics=(name,)))
    assert await two.stores[0].do("GET", NAMED_SINCE) == since


async def test_a_store_that_was_emptied_is_told_all_names_again(two: Two) -> None:
    await two.first.accept("desk", story("a", topics=(ECONOMY,), section="World News"))
    await two.second.accept("desk", story("b", topics=(ECONOMY,), section="World News"))
    await two.stores[1].do("FLUSHALL")
    other = await two.second.accept("desk", story("c", topics=(ATHLETICS,)))
    both = await two.first.accept("desk", story("d", topics=(ATHLETICS, ECONOMY), section="World News"))
    assert [topic.slug for topic in other.article.topics] == ["jing-ji"]
    assert [topic.slug for topic in both.article.topics] == ["jing-ji", "jing-ji-2"]
    assert await two.stores[0].do("HGET", names_key("section"), "world-news") == b"World News"


async def test_names_are_asked_for_as_long_as_they_are_new(two: Two) -> None:
    await two.stores[1].do("CONFIG", "RESETSTAT")
    for guid in "abcde":
        await two.first.accept("desk", story(guid, topics=(ECONOMY,)))
    told = await two.stores[1].do("INFO", "commandstats")
    assert b"cmdstat_hmget:calls=2," in told, "once more after the first of all names"


async def test_what_is_scheduled_has_no_name_before_it_appears(two: Two) -> None:
    later = story("later", topics=(ATHLETICS,), published_at=NOW.replace(year=2026))
    assert (await two.first.accept("desk", later)).outcome == "scheduled"
    assert await two.stores[0].do("EXISTS", names_key("topic")) == 0


async def test_what_is_stale_or_refused_gives_nothing_its_name(two: Two) -> None:
    await two.first.accept("desk", story("newer", version=2, topics=()))
    assert (await two.first.accept("desk", story("newer", topics=("middle-east",)))).outcome == "stale"
    await two.first.accept("desk", story("killed", version=2, status="canceled"))
    assert (await two.first.accept("desk", story("killed", topics=("middle-east",)))).outcome == "stale"
    await two.first.accept("desk", story("rewrite", evolved_from="itself"))
    with pytest.raises(Problem):
        await two.first.accept("desk", story("itself", evolved_from="rewrite", topics=("middle-east",)))
    assert await two.stores[0].do("EXISTS", names_key("topic")) == 0


@settings(max_examples=40)
@given(articles=st.lists(st.lists(st.sampled_from(ALIKE), min_size=1, max_size=4), min_size=1, max_size=8))
async def test_each_name_has_a_slug_of_its_own_and_keeps_it(valkey_server: Any, articles: list[list[str]]) -> None:
    valkey_server.flush()
    store = Store(Settings(redis_url=valkey_server.url))
    try:
        registers = [Register(store, SiteSettings(), Clock(Settings(now=NOW))) for _ in range(2)]
        slugs: dict[tuple[str, str], set[str]] = {}
        for number, names in enumerate(articles):
            found = await registers[number % 2].accept("desk", story(f"{number}", topics=tuple(names)))
            _note(found.article, slugs)
            assert {spelling_of(topic.name) for topic in found.article.topics} == set(map(spelling_of, names))
        assert all(len(found) == 1 for found in slugs.values())
        assert len(set.union(*slugs.values())) == len(slugs)
    finally:
        await store.close()


def _note(article: Article, slugs: dict[tuple[str, str], set[str]]) -> None:
    for topic in article.topics:
        slugs.setdefault(spelling_of(topic.name), set()).add(topic.slug)

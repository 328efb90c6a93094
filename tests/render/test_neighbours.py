"""Who is looked at when an article comes to a topic, changes or leaves it."""

from datetime import timedelta

import pytest

from services.render.dirty_steps import BACKGROUND, basis_key
from services.render.leases import Leases
from services.render.neighbours import Changed, basis, mark_neighbours, near
from services.render.related import AROUND
from shared.articles import Article, Term
from shared.backlog import SHARED
from shared.clock import millis
from shared.live import list_key
from shared.store import Store
from tests.properties.press_room import START

OIL = list_key("topic:oil")
MANY = 3 * AROUND


@pytest.mark.parametrize(("patience", "queue"), [(0, SHARED), (60_000, BACKGROUND)])
@pytest.mark.parametrize(
    ("place", "now_at"), [(12, None), (12, 0), (12, 8.5), (12, 15.5), (12, MANY), (2, None), (MANY - 2, None)]
)
async def test_those_within_reach_of_a_place_are_looked_at_wherever_the_article_is_now(
    store: Store, place: int, now_at: float | None, patience: int, queue: str
) -> None:
    """It stood there and is gone, or has moved, also to where it is within reach itself."""
    dirty = Leases(store, "w1")
    for at in range(MANY):
        if at != place:
            await store.do("ZADD", OIL, at, f"at-{at:02}")
    if now_at is not None:
        await store.do("ZADD", OIL, now_at, "it")
    listed = await store.do("ZRANGE", OIL, 0, -1, "WITHSCORES")
    await dirty.mark([near("it", place, patience, "moved", ["oil", "iran"]) + "|1"], "cause")
    [taken] = await dirty.take(1)
    await mark_neighbours(store, taken)
    found = {page.decode() for page in await store.do("ZRANGE", queue, 0, -1)}
    within_reach = {at for at in range(MANY) if 0 < abs(at - place) <= AROUND}
    assert {f"article:at-{at:02}" for at in within_reach} <= found
    assert len(found) <= len(within_reach) + 2
    assert "article:it" not in found
    assert await dirty.waiting() == found, "it is done"
    assert await store.do("ZRANGE", OIL, 0, -1, "WITHSCORES") == listed


NUMBER = 8
"""Of the shelving that `it` came or changed with."""
OLDER, SAME, NEWER = 9_000, 10_500, 12_000


@pytest.fixture
async def dirty(store: Store) -> Leases:
    """Thirty articles in each of two topics, a second between each; `it` comes just before the eleventh of both."""
    for at in range(30):
        for topic in ("oil", "iran"):
            await store.do("ZADD", list_key(f"topic:{topic}"), 1_000 * at, f"{topic}-{at:02}")
            await store.do("ZADD", list_key(f"topic:{topic}"), SAME, "it")
    return Leases(store, "w1")


async def marked(store: Store, dirty: Leases, changed: Changed, basis: str | None, score: int = SAME) -> set[str]:
    """Whom a look around `it` marks, where oil-11 was built from that."""
    if basis:
        await store.do("SET", basis_key("oil-11"), basis)
    look = near("it", score, 60_000, changed, ["oil", "iran"])
    await dirty.mark([f"{look}|{NUMBER}"], "cause", patience=0)
    taken = next(one for one in await dirty.take(2) if one.key.startswith("near:"))
    await mark_neighbours(store, taken)
    return {page.decode().removeprefix("article:") for page in await store.do("ZRANGE", BACKGROUND, 0, -1)}


@pytest.mark.parametrize(
    ("basis", "joined", "words"),
    [
        (None, True, True),
        ("of an older Pressrun", True, True),
        (f"{NUMBER} 0 0 - oil=oil-12", False, False),
        (f"{NUMBER + 1} 0 0 - oil=oil-12", False, False),
        ("7 0 0 - oil=oil-12", True, True),
        ("7 0 0 - gas=", False, False),
        (f"7 1 {OLDER} other oil=oil-12", True, True),
        (f"7 1 -{NEWER} other oil=oil-12", True, True),
        (f"7 1 {SAME} zz oil=oil-12", True, True),
        (f"7 1 {SAME} it oil=oil-12", True, True),
        (f"7 1 {SAME} is oil=oil-12", False, False),
        (f"7 1 {NEWER} oil-12 oil=oil-12", False, False),
        (f"7 2 {OLDER} other oil=oil-12", False, False),
        (f"7 2 {OLDER} other oil=oil-12;iran=", True, True),
        (f"7 2 {NEWER} oil-12 oil=oil-12;iran=oil-12", False, False),
        ("7 6 0 - oil=", False, False),
        (f"7 1 {NEWER} oil-12 oil=oil-12,oil-19", False, False),
        (f"7 1 {NEWER} oil-12 oil=oil-12,oil-20", True, False),
        (f"7 1 {NEWER} oil-12 oil=oil-12,oil-04", False, False),
        (f"7 1 {NEWER} oil-12 oil=oil-12,oil-03", True, False),
        (f"7 1 {NEWER} oil-12 oil=oil-12,gone", True, False),
        (f"7 1 {NEWER} oil-12 oil=oil-12;gas=gone", False, False),
        (f"7 1 {NEWER} oil-12 oil=oil-12;iran=gone", True, True),
        (f"7 2 {NEWER} oil-12 oil=oil-12;iran=gone", False, False),
    ],
)
async def test_a_page_is_looked_at_unless_what_it_was_built_from_shows_that_it_stays(
    store: Store, dirty: Leases, basis: str | None, joined: bool, words: bool
) -> None:
    """With `it` before it the reach of oil-11 ends at oil-04 and at oil-19; in Iran it is none of those around."""
    others = {f"{topic}-{at:02}" for topic in ("oil", "iran") for at in range(3, 19)} - {"oil-11"}
    for changed, is_looked_at in (("joined", joined), ("words", words)):
        await store.do("DEL", BACKGROUND, basis_key("oil-11"))
        found = await marked(store, dirty, changed, basis)
        assert found - {"oil-11"} == others, "nothing is known of these"
        assert ("oil-11" in found) == is_looked_at, changed


STAYS = f"7 1 {NEWER} oil-12 oil=oil-12"


async def test_a_page_that_is_being_built_is_looked_at_again(store: Store, dirty: Leases) -> None:
    await dirty.mark(["article:oil-11"], "cause", patience=0)
    [held] = await dirty.take(1)
    assert "oil-11" in await marked(store, dirty, "words", STAYS)
    await dirty.leave(held, "oil-11", f"{NUMBER} 1 {NEWER} oil-12 oil=oil-12")
    await store.do("DEL", BACKGROUND)
    assert "oil-11" not in await marked(store, dirty, "moved", None), "it was built from what there is"


async def test_who_comes_pushes_nobody_out_of_the_reach_of_a_page_that_it_does_not_reach_in_that_topic(
    store: Store, dirty: Leases
) -> None:
    for topic, at in (("oil", 21_500), ("iran", 11_500)):
        await store.do("ZADD", list_key(f"topic:{topic}"), at, "both")
    for by_topic, is_looked_at in (("oil=gone;iran=", False), ("oil=;iran=gone", True)):
        await store.do("DEL", BACKGROUND)
        await store.do("SET", basis_key("both"), f"7 2 {NEWER} oil-12 {by_topic}")
        assert ("both" in await marked(store, dirty, "joined", None)) == is_looked_at, by_topic


@pytest.mark.parametrize(("changed", "score"), [("moved", SAME), ("joined", SAME + 1), ("words", SAME + 1)])
async def test_whoever_stood_around_an_article_that_left_its_place_is_looked_at(
    store: Store, dirty: Leases, changed: Changed, score: int
) -> None:
    assert "oil-11" in await marked(store, dirty, changed, STAYS, score)
    await store.do("DEL", BACKGROUND)
    assert "oil-11" not in await marked(store, dirty, changed, STAYS.replace("7", str(NUMBER), 1), score)


async def test_what_a_page_was_built_from_is_not_noted_by_who_has_lost_it(store: Store, dirty: Leases) -> None:
    await dirty.mark(["article:oil-11"], "cause", patience=0)
    [held] = await dirty.take(1)
    await dirty.reclaim()
    await dirty.leave(held, "oil-11", STAYS)
    assert await store.do("GET", basis_key("oil-11")) is None
    assert await dirty.waiting() == {"article:oil-11"}


async def test_more_pages_are_around_an_article_of_very_many_topics_than_a_command_may_name(store: Store) -> None:
    dirty, topics = Leases(store, "w1"), [f"t{number}" for number in range(800)]
    for topic in topics:
        members = [part for at in range(10) for part in (at, f"{topic}-{at}")]
        await store.do("ZADD", list_key(f"topic:{topic}"), 5, "it", *members)
    await dirty.mark([near("it", 5, 60_000, "joined", topics) + "|1"], "cause", patience=0)
    [taken] = await dirty.take(1)
    await mark_neighbours(store, taken)
    assert await store.do("ZCARD", BACKGROUND) == 8_000


def told(ident: str, topics: str, minutes: int = 0) -> Article:
    return Article(
        id=ident, source="desk", guid=ident, revision=1, version=1, state="published", digest="d", accepted_at=START,
        published_at=START + timedelta(minutes=minutes), headline=ident, day="2025-07-26", slug=ident,
        topics=tuple(Term(slug=name, name=name) for name in topics),
    )  # fmt: skip


def test_what_a_page_was_built_from_tells_who_has_a_place_on_it() -> None:
    """By its first five topics alone."""
    article, first, last = told("own", "abcdefg"), told("first", "ab"), told("last", "ghca", minutes=-1)
    related, moment = [first.card(), last.card()], millis(last.published_at)
    by_topic = "a=first,last;b=first;c=last;d=;e="
    assert basis(3, article, related, 2) == f"3 2 {moment} last {by_topic}"
    assert basis(3, article, related, 3) == f"3 0 0 - {by_topic}", "anybody has"
    assert basis(3, article, [], 0) == "3 6 0 - a=;b=;c=;d=;e=", "nobody has"

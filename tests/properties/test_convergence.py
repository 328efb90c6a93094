"""P1: after any history the live tree is, byte for byte, a build from the store alone."""

import contextlib
import random
from collections.abc import AsyncIterator, Coroutine
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.ingest.draft import Draft, DraftCorrection
from services.render import keys
from services.render import ticker as ticker_module
from services.render.affected import NEWEST, NEWS_WINDOW
from services.render.keys import CONDITIONS_DUE, MIDNIGHT_DUE, NEWS_DUE
from services.render.ticker import Ticker, next_midnight, note_expiry, note_leads
from services.render.whole import WholeEdition
from shared.articles import WholeArticle, identify
from shared.clock import LAST, TICK, Clock, due, millis, moment
from shared.events import SIGNALS
from shared.problems import Problem
from shared.site_settings import SiteSettings
from shared.store import Store
from tests.properties.downstream import Index, Mirror
from tests.properties.press_room import START, Killed, PressRoom, draft, emptied, opened, pages_of

GUIDS = [f"g{n}" for n in range(7)]
Happening = Coroutine[Any, Any, None]
SITE = SiteSettings(timezone="Asia/Baghdad", city="Baghdad", hot=3, topics=3, related=2)

guids = st.sampled_from(GUIDS)
articles = st.fixed_dictionaries(
    {"headline": st.sampled_from(["Oil up", "Oil down", "Rain & <b>sun</b>", "نفط"])},
    optional={
        "section": st.sampled_from(["World", "Politics", "topic"]),
        "topics": st.lists(st.sampled_from(["Oil", "Iran", "Rain"]), unique=True, max_size=3).map(tuple),
        "authors": st.lists(st.sampled_from(["Jane Doe", "Ali"]), unique=True, max_size=2).map(tuple),
        "summary": st.sampled_from(
            ["", "Short.", "A longer summary that goes on and on until it has to be cut at a word."]
        ),
        "slug": st.sampled_from(["oil", "news"]),
        "language": st.sampled_from(["ar", "de"]),
        "body_html": st.sampled_from(["<p>One.</p>", "<p>Two.</p>"]),
        "published_at": st.sampled_from([START - timedelta(days=days) for days in (1, 60_000)]),  # before 1970 too
        "updated_at": st.sampled_from([START + timedelta(minutes=minutes) for minutes in (0, 30, 300)]),
        "corrections": st.sampled_from([(DraftCorrection("It was oil.", START + timedelta(hours=1)),)]),
    },
)
steps = st.one_of(
    st.tuples(st.just("publish"), guids, articles),
    st.tuples(st.just("publish"), guids, articles),
    st.tuples(st.just("old"), guids, st.integers(1, 40), articles),
    st.tuples(st.just("schedule"), guids, articles, st.sampled_from([1.0, 5.0, 30.0])),
    st.tuples(st.just("kill"), guids),
    st.tuples(st.just("rewrite"), guids, guids, articles),
    st.tuples(st.just("rank"), st.sampled_from(["hot", "topics"]), st.permutations(range(4))),
    st.tuples(st.just("conditions"), st.integers(-5, 50), st.sampled_from([0.0, 2.0, 9.0])),
    st.tuples(st.just("lead"), guids, st.sampled_from([1.0, 6.0])),
    st.tuples(st.just("clock"), st.sampled_from([0.5, 4.0, 25.0, 60.0])),
    st.tuples(st.just("deliver")),
    st.tuples(st.just("build"), st.integers(1, 3)),
    st.tuples(st.just("killed"), st.integers(1, 12), st.booleans()),
)


@settings(max_examples=40)
@given(
    history=st.lists(steps, min_size=3, max_size=30), seed=st.integers(0, 2**16), places=st.sampled_from([1, 2, 100])
)
async def test_any_history_ends_in_what_a_build_from_the_store_makes(
    valkey_server: Any, history: list[Any], seed: int, places: int
) -> None:
    with pages_of(places):
        async with emptied(valkey_server, SITE) as room:
            chance = random.Random(seed)
            for step in history:
                await _do(room, step, chance)
            await room.drain()
            found = await room.differences()
            assert found.clean, (history, found.differs, found.missing, found.extra)
            assert await room.store.do("XLEN", "dead-letters") == 0


@settings(max_examples=25)
@given(history=st.lists(steps, min_size=8, max_size=20), seed=st.integers(0, 2**16))
async def test_who_lives_off_the_streams_alone_has_after_any_history_what_readers_have(
    valkey_server: Any, history: list[Any], seed: int
) -> None:
    chance, mirror, index = random.Random(seed), Mirror(), Index()
    async with emptied(valkey_server, SITE) as room:
        for step in history:
            await _do(room, step, chance)
            if chance.random() < 0.7:
                await room.drain()
            await mirror.follow(room.store, room.tree.root)
        await room.drain()
        await mirror.follow(room.store, room.tree.root)
        assert mirror.lacks(room.tree.root) == [], history
        await index.follow(room.store)
        assert index.articles == await live_articles(room), history


async def live_articles(room: PressRoom) -> dict[str, dict[str, Any]]:
    """Every article that readers are meant to see, as `Index` has it."""
    whole = await WholeEdition.load(room.store, SITE)
    idents = [keys.name(key) for key in whole.page_keys if keys.kind(key) == "article"]
    stories = [story for story in await whole.stories(idents) if story and story.article.live]
    return {
        story.article.id: WholeArticle(**vars(story.article), body_html=story.body).model_dump(mode="json")
        | {"version": None}
        for story in stories
    }


@pytest.fixture
async def room(valkey: str, tmp_path: Path) -> AsyncIterator[PressRoom]:
    async with opened(valkey, tmp_path, SITE) as made:
        yield made


async def test_the_feeds_of_an_empty_site_stay_as_they_are_while_time_moves_on(room: PressRoom) -> None:
    await room.drain()
    await room.conditions(47, 0)
    await room.drain()
    later = Clock(room.settings.model_copy(update={"now": room.now + timedelta(hours=5)}))
    assert await Ticker(room.store, room.press, SITE, later).advance()  # they expire; nothing starts anew
    await room.drain()
    found = await room.differences()
    assert found.clean, (found.differs, found.missing, found.extra)


async def test_what_is_over_within_a_millisecond_is_over_by_the_tick(room: PressRoom) -> None:
    a_bit = timedelta(microseconds=400)
    ago = timedelta(hours=47)
    accepted = await room.accept(draft("g0", published_at=room.now - ago + a_bit))
    await room.conditions(47, -a_bit / timedelta(hours=1))
    await room.lead(accepted.article.id, (NEWS_WINDOW - ago + a_bit) / timedelta(hours=1))
    await room.drain()
    for hours in (NEWS_WINDOW - ago) / timedelta(hours=1), SITE.conditions_expire:
        at = room.now + timedelta(hours=hours)
        for moved in (at, at + timedelta(milliseconds=1)):
            clock = Clock(room.settings.model_copy(update={"now": moved}))
            await Ticker(room.store, room.press, SITE, clock).advance()
            await room.drain()
    found = await room.differences()
    assert found.clean, (found.differs, found.missing, found.extra)
    assert await room.store.do("ZCARD", due("press")) == 1, "the next midnight"


async def test_what_is_over_when_it_comes_is_never_shown(room: PressRoom, monkeypatch: pytest.MonkeyPatch) -> None:
    leads = await room.accept(draft("g0", published_at=room.now - timedelta(hours=1)))
    await room.accept(draft("g1", published_at=room.now))
    await room.drain()

    def pass_two_hours() -> None:  # nothing is due in them, so that the tick stays behind
        room.now += timedelta(hours=2)
        monkeypatch.setattr(room.ticker, "_clock", Clock(room.settings.model_copy(update={"now": room.now})))

    pass_two_hours()
    await room.conditions(47, SITE.conditions_expire + 1)
    await room.drain()
    assert b"47 C" not in (room.tree.read("_fragments/masthead.html") or b"47 C")
    pass_two_hours()
    await room.lead(leads.article.id, -1)
    await room.drain()
    front = room.tree.read("index.html") or b""
    assert front.index(b"Story g1") < front.index(b"Story g0")


async def test_a_new_setting_of_how_long_conditions_are_fresh_holds_for_those_that_are_there(room: PressRoom) -> None:
    await room.conditions(47, 0)
    await room.drain()
    room.site_settings = SITE.model_copy(update={"conditions_expire": SITE.conditions_expire - 2})
    await room.die_and_start_again()
    await room.drain()
    later = Clock(room.settings.model_copy(update={"now": room.now + timedelta(hours=1)}))
    assert await Ticker(room.store, room.press, room.site_settings, later).advance()
    await room.drain()
    assert b"47 C" not in (room.tree.read("_fragments/masthead.html") or b"47 C")


async def test_conditions_that_come_just_when_the_old_ones_expire_expire_in_their_turn(
    room: PressRoom, monkeypatch: pytest.MonkeyPatch
) -> None:
    await room.conditions(47, 0)
    await room.drain()
    room.now += timedelta(hours=SITE.conditions_expire)
    room.clock = Clock(room.settings.model_copy(update={"now": room.now}))
    ticker = Ticker(room.store, room.press, SITE, room.clock)
    step = ticker._step

    async def with_new_ones_meanwhile(*what_is_due: Any) -> None:
        await room.conditions(48, 0)
        await room.drain()
        await step(*what_is_due)

    monkeypatch.setattr(ticker, "_step", with_new_ones_meanwhile)
    assert await ticker.advance()
    assert int(await room.store.do("ZSCORE", due("press"), CONDITIONS_DUE)) == millis(
        room.now + timedelta(hours=SITE.conditions_expire)
    )


@pytest.fixture
async def held_up(room: PressRoom, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[tuple[Store, list[Happening]]]:
    """The store of a second press that is held up when it has read something, and what happens meanwhile."""
    store, meanwhile = Store(room.settings), list[Happening]()
    do = store.do

    async def read_and_wait(*command: Any) -> Any:
        answer = await do(*command)
        if command[0] == "GET":
            for step in meanwhile:
                await step
            await room.drain()
        return answer

    monkeypatch.setattr(store, "do", read_and_wait)
    yield store, meanwhile
    await store.close()


async def time_passes(room: PressRoom, *hours: float) -> None:
    """What is due so many hours from now happens, and nothing is started anew."""
    for passed in hours:
        later = Clock(room.settings.model_copy(update={"now": room.now + timedelta(hours=passed)}))
        await Ticker(room.store, room.press, SITE, later).advance()
        await room.drain()


async def test_conditions_that_come_while_a_second_press_notes_the_old_ones_expire_in_their_turn(
    room: PressRoom, held_up: tuple[Store, list[Happening]]
) -> None:
    store, meanwhile = held_up
    await room.conditions(47, 1)
    await room.drain()
    meanwhile.append(room.conditions(48, 0))
    await note_expiry(store, SITE)
    await time_passes(room, SITE.conditions_expire - 0.5, SITE.conditions_expire)
    assert b"48 C" not in (room.tree.read("_fragments/masthead.html") or b"48 C")


async def test_a_lead_that_is_put_off_while_a_second_press_notes_its_end_ends_in_its_turn(
    room: PressRoom, held_up: tuple[Store, list[Happening]]
) -> None:
    store, meanwhile = held_up
    leads = await room.accept(draft("leads", published_at=START - timedelta(hours=1)))
    newest = await room.accept(draft("newest"))
    await room.lead(leads.article.id, 1)
    await room.drain()
    meanwhile.append(room.lead(leads.article.id, 2))
    await note_leads(store)
    await time_passes(room, 1.5, 2)
    front = room.tree.read("index.html") or b""
    assert front.index(newest.article.path.encode()) < front.index(leads.article.path.encode())


async def test_what_two_presses_see_fall_due_at_once_happens_once(
    room: PressRoom, monkeypatch: pytest.MonkeyPatch
) -> None:
    await room.drain()
    clock = Clock(room.settings.model_copy(update={"now": room.now + timedelta(hours=5)}))
    ticker, other = (Ticker(room.store, room.press, SITE, clock) for _ in range(2))
    step, before = ticker._step, await room.store.do("XLEN", SIGNALS)

    async def after_the_other(*what_is_due: Any) -> None:
        assert await other.advance()
        await room.drain()
        await step(*what_is_due)

    monkeypatch.setattr(ticker, "_step", after_the_other)
    assert await ticker.advance()
    assert await room.store.do("XLEN", SIGNALS) == before + 1
    assert await room.press.dirty.drained(), "the masthead has its new date already"
    assert b"Sunday" in (room.tree.read("_fragments/masthead.html") or b"")
    assert not await ticker.advance()


async def test_the_tick_of_a_press_that_is_behind_moves_no_other_back(room: PressRoom) -> None:
    await room.drain()
    later = Clock(room.settings.model_copy(update={"now": room.now + timedelta(hours=5)}))
    ahead, behind = (Ticker(room.store, room.press, SITE, clock) for clock in (later, room.clock))
    for ticker in (ahead, behind):
        await ticker._step(ticker._clock.now(), [], ())
        assert await room.store.do("MGET", TICK, LAST) == [str(millis(later.now())).encode()] * 2


async def test_what_leads_is_shown_as_it_is_now_though_it_is_none_of_the_newest(room: PressRoom) -> None:
    old = await room.accept(draft("old", headline="Before", published_at=START - timedelta(days=9)))
    for number in range(NEWEST + 1):
        await room.accept(draft(f"n{number}"))
    await room.lead(old.article.id, 5)
    await room.drain()
    await room.accept(draft("old", headline="After", published_at=START - timedelta(days=9)))
    await room.drain()
    front = room.tree.read("index.html") or b""
    assert (b"Before" in front, b"After" in front) == (False, True)


async def each_minute_something_ends(room: PressRoom, minutes: int) -> None:
    """Have an article leave the news in each of the next minutes."""
    for minute in range(1, minutes + 1):
        at = millis(room.now + timedelta(minutes=minute))
        await room.store.do("ZADD", due("press"), at, f"{NEWS_DUE}:{minute}")


async def test_of_very_much_that_is_due_the_tick_comes_only_as_far_as_was_taken(
    room: PressRoom, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ticker_module, "CHUNK", 2)
    await room.drain()
    await each_minute_something_ends(room, 6)
    room.now += timedelta(minutes=600)
    ticker = Ticker(room.store, room.press, SITE, Clock(room.settings.model_copy(update={"now": room.now})))
    ticks = []
    while await ticker.advance():
        ticks.append(moment(int(await room.store.do("GET", TICK))) - START)
    assert ticks == [timedelta(minutes=minutes) for minutes in (2, 4, 6, 600)]
    await room.drain()
    assert b"Sunday" in (room.tree.read("_fragments/masthead.html") or b""), "midnight was due among them"


async def test_a_start_takes_all_that_was_due_and_notes_the_next_midnight(
    room: PressRoom, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ticker_module, "CHUNK", 1)
    await room.drain()
    await each_minute_something_ends(room, 3)
    await room.move_clock(25)
    assert await room.store.do("ZRANGE", due("press"), 0, -1, "WITHSCORES") == [
        MIDNIGHT_DUE.encode(),
        str(millis(next_midnight(SITE, room.now))).encode(),
    ]


async def test_what_falls_due_wakes_the_press(room: PressRoom, monkeypatch: pytest.MonkeyPatch) -> None:
    await room.drain()
    woken: list[bool] = []
    monkeypatch.setattr(room.press, "wake", lambda: woken.append(True))
    later = Clock(room.settings.model_copy(update={"now": room.now + timedelta(hours=5)}))
    ticker = Ticker(room.store, room.press, SITE, later)
    assert await ticker.advance()
    assert not await ticker.advance()
    assert woken == [True]


async def test_an_article_that_changes_its_language_alone_does_so_on_every_card(room: PressRoom) -> None:
    for language in (None, "ar"):
        await room.accept(draft("g0", topics=("Oil",), section="World", language=language))
        await room.accept(draft("g1", topics=("Oil",), section="World"))
        await room.drain()
    found = await room.differences()
    assert found.clean, (found.differs, found.missing, found.extra)


async def test_an_address_that_it_came_back_to_leads_on_though_it_was_replaced_before_its_page_was_there(
    room: PressRoom,
) -> None:
    for slug in ("oil", "news"):
        await room.accept(draft("g0", slug=slug))
        await room.drain()
    await room.accept(draft("g0", slug="oil"))
    await room.accept(draft("g1", evolved_from="g0"))
    await room.drain()
    found = await room.differences()
    assert found.clean, (found.differs, found.missing, found.extra)
    [day] = {link.parent for link in (room.tree.root / "_moved").rglob("*") if link.is_symlink()}
    assert {link.name: link.readlink().name for link in day.iterdir()} == {"oil": "story-g1", "news": "story-g1"}


async def test_an_article_that_moves_in_time_shows_who_stands_around_its_new_place(room: PressRoom) -> None:
    for hour in range(20):
        await room.accept(draft(f"g{hour}", topics=("Oil",), published_at=START - timedelta(hours=hour)))
    await room.drain()
    await room.accept(draft("g0", topics=("Oil",), published_at=START - timedelta(hours=40)))
    await room.drain()
    found = await room.differences()
    assert found.clean, (found.differs, found.missing, found.extra)


async def test_a_section_whose_only_article_moves_to_another_leaves_the_navigation(room: PressRoom) -> None:
    for guid, section in (("g1", "World"), ("g0", "Politics"), ("g0", "World")):
        await room.accept(draft(guid, section=section))
        await room.drain()
    assert b"Politics" not in (room.tree.read("_fragments/navigation.html") or b"Politics")
    assert (await room.differences()).clean


async def test_who_moves_among_the_newest_and_those_around_it_and_who_goes_and_returns_is_shown_where_it_stands(
    room: PressRoom,
) -> None:
    hours = [("g0", 1.5), ("g0", 5.5), ("g5", 0.5), ("g3", 0), ("g1", 9), ("g5", 2.5), ("g0", 3.5)]
    steps = [*hours, ("g4", None), ("g3", None), ("g2", None), ("g3", 1), ("g2", 4.5), ("g0", 2), ("g4", 3)]
    with pages_of(2):
        for hour, guid in enumerate(GUIDS[:6]):
            await room.accept(_of_the_hour(guid, hour))
        await room.rank("topics", ["oil", "iran"])
        await room.drain()
        for guid, hour in steps:
            await room.accept(draft(guid, status="canceled") if hour is None else _of_the_hour(guid, hour))
            await room.drain()
            found = await room.differences()
            assert found.clean, (guid, hour, found.differs, found.missing, found.extra)
        for guid in GUIDS[:6]:
            await room.accept(draft(guid, status="canceled"))
        await room.drain()
        assert (await room.differences()).clean, "none is counted any more, however often it moved"


def _of_the_hour(guid: str, hour: float) -> Draft:
    """An article that is so many hours old; each second one has two topics."""
    topics = ("Oil", "Iran") if guid in GUIDS[::2] else ("Oil",)
    at = START - timedelta(hours=hour)
    return draft(guid, section="World", topics=topics, authors=("Ali",), published_at=at)


async def _do(room: PressRoom, step: Any, chance: random.Random) -> None:  # noqa: C901 - a table of steps
    match step:
        case ("publish", guid, members):
            await room.accept(draft(guid, **members))
        case ("old", guid, version, members):
            await room.accept(draft(guid, version=version, **members))
        case ("schedule", guid, members, hours):
            await room.accept(draft(guid, embargo_until=room.now + timedelta(hours=hours), **members))
        case ("rewrite", guid, of, members):
            with contextlib.suppress(Problem):  # of itself
                await room.accept(draft(guid, evolved_from=of, **members))
        case ("kill", guid):
            await room.accept(draft(guid, status="canceled"))
        case ("rank", "hot", order):
            await room.rank("hot", [identify("desk", GUIDS[at]) for at in order])
        case ("rank", "topics", order):
            await room.rank("topics", [["oil", "iran", "rain", "none"][at] for at in order])
        case ("conditions", temperature, ago):
            await room.conditions(temperature, ago)
        case ("lead", guid, hours):
            ident = identify("desk", guid)
            if await room.store.do("EXISTS", f"live:{ident}"):
                await room.lead(ident, hours)
        case ("clock", hours):
            await room.move_clock(hours)
        case ("deliver",):
            await room.deliver(chance)
        case ("build", rounds):
            for _ in range(rounds):
                await room.press.round()
        case ("killed", left, late):
            room.mortal.left, room.mortal.late = left, late
            try:
                await room.deliver(chance)
                await room.press.round()
                await room.ticker.advance()
            except Killed:
                pass
            await room.die_and_start_again()

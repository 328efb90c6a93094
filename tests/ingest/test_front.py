"""What leads the front page: what may be named, and what becomes of it with its article."""

from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from services.ingest.masthead_and_front import put_conditions, put_front
from shared.articles import identify
from shared.conditions import Conditions, conditions
from shared.front import Lead, front
from shared.problems import Problem
from shared.site_settings import SiteSettings
from shared.times import MILLISECOND
from tests.properties.press_room import START, PressRoom, draft, opened

A, B, C = (identify("desk", guid) for guid in "abc")


@pytest.fixture
async def room(valkey: str, tmp_path: Path) -> AsyncIterator[PressRoom]:
    async with opened(valkey, tmp_path, SiteSettings(language="en")) as made:
        yield made


async def put(room: PressRoom, *idents: str) -> None:
    await put_front(room.store, room.clock, {"lead": [{"article": ident} for ident in idents]})


async def leads(room: PressRoom) -> list[str]:
    return [lead.article for lead in (await front(room.store)).lead]


async def on_the_front_page(room: PressRoom) -> str:
    await room.drain()
    assert (await room.differences()).clean
    return (room.tree.root / "index.html").read_text().partition("<main")[2]


async def test_an_article_may_lead_from_the_moment_it_is_accepted(room: PressRoom) -> None:
    await room.accept(draft("a"))
    await room.accept(draft("b"))
    await put(room, A)
    assert await leads(room) == [A]
    page = await on_the_front_page(room)
    assert page.index("Story a") < page.index("Story b")


@pytest.mark.parametrize(
    ("idents", "pointer"), [([A, C], "/lead/1/article"), ([A, B, A], "/lead/2/article"), ([B, A], "/lead/1/article")]
)
async def test_what_is_not_on_the_site_does_not_lead_and_nothing_leads_twice(
    room: PressRoom, idents: list[str], pointer: str
) -> None:
    await room.accept(draft("a"))
    await room.accept(draft("b", evolved_from="a") if idents == [B, A] else draft("b"))
    await room.accept(draft("c", status="canceled"))
    with pytest.raises(Problem) as refused:
        await put(room, *idents)
    assert (refused.value.status, [fault.pointer for fault in refused.value.faults]) == (422, [pointer])
    assert await leads(room) == []


async def test_what_is_no_id_is_refused_in_a_sentence_of_ours(room: PressRoom) -> None:
    with pytest.raises(Problem) as refused:
        await put(room, "desk/g")
    [fault] = refused.value.faults
    sentence = "This has not the form of such a member: it must match ^[a-z2-7]{16}$."
    assert (fault.pointer, fault.detail) == ("/lead/0/article", sentence)


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ("warm", "This must be a number, not text."),
        (None, "This must be a number, not null."),
        (99, "This is too large; the most is 65.0."),
    ],
)
async def test_weather_that_is_none_is_refused_in_a_sentence_of_ours(
    room: PressRoom, given: object, sentence: str
) -> None:
    with pytest.raises(Problem) as refused:
        await put_conditions(room.store, room.clock, {"city": "Baghdad", "temperature_c": given, "at": f"{START}"})
    [fault] = refused.value.faults
    assert (fault.pointer, fault.detail) == ("/temperature_c", sentence)


WEATHER = {"city": "Baghdad", "temperature_c": 41, "at": "2025-07-26T12:00:00+03:00"}


@pytest.mark.parametrize(
    ("given", "pointer"),
    [
        *((other, "/city") for other in (None, "text", 1, [WEATHER])),
        *(({**WEATHER, "city": city}, "/city") for city in ("", " ", "\0", "x" * 101, "Bagh\ud800", 1)),
        *(({**WEATHER, "temperature_c": degrees}, "/temperature_c") for degrees in (-90.1, 65.1, "41", True)),
        ({**WEATHER, "more": 1}, "/more"),
        ({**WEATHER, "\ud800": 1}, "/\ufffd"),
        ({**WEATHER, "at": "2025-07-26"}, "/at"),
        ({"city": "Baghdad", "temperature_c": 41}, "/at"),
    ],
)
async def test_weather_that_is_none_is_refused_where_it_is_wrong(room: PressRoom, given: Any, pointer: str) -> None:
    with pytest.raises(Problem) as refused:
        await put_conditions(room.store, room.clock, given)
    assert (refused.value.status, [fault.pointer for fault in refused.value.faults]) == (422, [pointer])
    assert refused.value.response().body
    assert await conditions(room.store) is None


@pytest.mark.parametrize(("city", "kept"), [(" Baghdad ", "Baghdad"), ("Bagh\0dad", "Baghdad"), ("x" * 100, "x" * 100)])
@pytest.mark.parametrize("degrees", [-90, 65])
async def test_weather_is_kept_as_it_was_measured(room: PressRoom, city: str, kept: str, degrees: float) -> None:
    await put_conditions(room.store, room.clock, {**WEATHER, "city": city, "temperature_c": degrees})
    measured = datetime.fromisoformat(WEATHER["at"])
    assert await conditions(room.store) == Conditions(city=kept, temperature_c=degrees, at=measured)


async def test_what_leads_and_the_weather_are_shown_at_once_and_the_lead_may_be_taken_away(room: PressRoom) -> None:
    await room.accept(draft("a"))
    await room.accept(draft("b"))
    first = await on_the_front_page(room)
    last = [A, B][first.index("Story a") < first.index("Story b")]
    await put(room, last)
    led = await on_the_front_page(room)
    assert led != first
    await put_conditions(room.store, room.clock, {**WEATHER, "at": START.isoformat()})
    assert await on_the_front_page(room) == led, "the weather stands in the masthead, which is checked too"
    await put(room)
    assert await on_the_front_page(room) == first


async def test_an_article_leads_until_the_moment_that_was_told(room: PressRoom) -> None:
    await room.accept(draft("a"))
    until = START + timedelta(hours=1)
    await put_front(room.store, room.clock, {"lead": [{"article": A, "until": until.isoformat()}]})
    led = await front(room.store)
    assert led.lead == (Lead(article=A, until=until),)
    assert led.at(until - MILLISECOND) == (A,)
    assert led.at(until) == ()


async def test_a_rewrite_leads_no_longer_than_what_it_rewrites_was_to_lead(room: PressRoom) -> None:
    await room.accept(draft("a"))
    until = START + timedelta(hours=1)
    await put_front(room.store, room.clock, {"lead": [{"article": A, "until": until.isoformat()}]})
    await room.accept(draft("b", evolved_from="a"))
    assert (await front(room.store)).lead == (Lead(article=B, until=until),)


async def test_ten_may_lead_and_no_more(room: PressRoom) -> None:
    guids = [f"article{number}" for number in range(11)]
    for guid in guids:
        await room.accept(draft(guid))
    idents = [identify("desk", guid) for guid in guids]
    with pytest.raises(Problem) as refused:
        await put(room, *idents)
    assert [fault.pointer for fault in refused.value.faults] == ["/lead"]
    await put(room, *idents[:10])
    assert await leads(room) == idents[:10]


async def test_the_lead_follows_a_rewrite(room: PressRoom) -> None:
    for guid in "acd":
        await room.accept(draft(guid))
    await put(room, A, C)
    await room.drain()
    await room.accept(draft("b", evolved_from="a"))
    assert await leads(room) == [B, C]
    page = await on_the_front_page(room)
    assert page.index("Story b") < page.index("Story c") < page.index("Story d")
    await put(room, A)
    assert await leads(room) == [B], "the one that was rewritten may be named still"


async def test_one_that_was_withdrawn_leaves_the_lead_and_does_not_lead_again_when_it_returns(room: PressRoom) -> None:
    await room.accept(draft("a", version=1))
    await room.accept(draft("b"))
    await put(room, A)
    await room.accept(draft("a", version=2, status="canceled"))
    assert "Story a" not in await on_the_front_page(room)
    await room.accept(draft("a", version=3))
    assert await leads(room) == []
    await on_the_front_page(room)


async def test_a_rewrite_of_one_that_was_withdrawn_does_not_lead_in_its_place(room: PressRoom) -> None:
    await room.accept(draft("a", version=1, updated_at=START))
    await room.accept(draft("c"))
    await put(room, A, C)
    await room.accept(draft("a", version=2, updated_at=START + timedelta(hours=1), status="canceled"))
    rewrite = draft("b", version=1, updated_at=START + timedelta(hours=2), evolved_from="a")
    assert (await room.accept(rewrite)).article.live
    assert await leads(room) == [C]
    await on_the_front_page(room)


async def test_a_lead_that_is_withdrawn_while_it_is_named_is_refused(
    room: PressRoom, monkeypatch: pytest.MonkeyPatch
) -> None:
    await room.accept(draft("a", version=1))
    commit = room.store.commit

    async def meanwhile(*asked: Any) -> Any:
        monkeypatch.setattr(room.store, "commit", commit)
        await room.accept(draft("a", version=2, status="canceled"))
        return await commit(*asked)

    monkeypatch.setattr(room.store, "commit", meanwhile)
    with pytest.raises(Problem):
        await put(room, A)
    assert await leads(room) == []

"""What pages are made of is asked for at once, and read once."""

import random
from collections.abc import Iterable
from typing import Any

import pytest

from services.render.edition import LiveEdition, in_order
from services.render.pages import feeds
from services.render.whole import WholeEdition
from shared.articles import Card, Term, identify, record_key
from shared.charts import Chart, chart_key, charts_key
from shared.kept import LARGE, pack_body, read_article, read_body, read_card, unpack_body
from shared.store import Store
from shared.wire import Command
from tests.properties.press_room import PressRoom, draft
from tests.render.composition import SITE, story


async def test_stories_come_in_the_order_in_which_they_were_asked_for(room: PressRoom) -> None:
    edition = LiveEdition(room.store, room.site_settings)
    for guid in "ab":
        await room.accept(draft(guid, headline=f"Headline {guid}"))
    found = await edition.stories([identify("desk", guid) for guid in ("b", "unknown", "a")])
    assert [one and one.article.headline for one in found] == ["Headline b", None, "Headline a"]
    assert await edition.stories([]) == []


async def test_each_story_has_its_own_former_addresses(room: PressRoom) -> None:
    edition = LiveEdition(room.store, room.site_settings)
    moved = await room.accept(draft("moved", slug="before"))
    await room.accept(draft("moved", slug="after", version=2))
    await room.accept(draft("stays"))
    found = await edition.stories([identify("desk", guid) for guid in ("moved", "stays")])
    assert [one and one.former for one in found] == [(moved.article.path,), ()]


async def test_weeks_that_have_a_chart_come_newest_first_to_a_page_and_to_a_whole_build(store: Store) -> None:
    weeks = ("2025-W30", "2025-W09", "2024-W52", "2020-W53")
    kept = [("SET", chart_key(week), Chart(week=week, entries=()).model_dump_json()) for week in weeks]
    await store.all([*kept, ("SADD", charts_key(), *weeks[1::-1], *weeks[:1:-1])])
    for edition in (LiveEdition(store, SITE), await WholeEdition.load(store, SITE)):
        assert await edition.charts() == weeks


async def test_a_feed_of_many_articles_asks_the_store_as_often_as_one_of_one(
    room: PressRoom, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = 0
    ask = Store.all

    async def counted(store: Store, commands: Iterable[Command]) -> list[Any]:
        nonlocal asked
        asked += 1
        return await ask(store, commands)

    async def calls() -> int:
        nonlocal asked
        asked = 0
        with monkeypatch.context() as patched:
            patched.setattr(Store, "all", counted)
            await feeds.build(LiveEdition(room.store, room.site_settings), room.printer, "all")
        return asked

    await room.accept(draft("first"))
    await room.drain()
    once = await calls()
    for number in range(5):
        await room.accept(draft(f"g{number}", headline=f"Headline {number}"))
    await room.drain()
    assert await calls() == once


async def test_an_article_that_changed_is_read_anew(room: PressRoom) -> None:
    edition, ident = LiveEdition(room.store, room.site_settings), identify("desk", "g")
    await room.accept(draft("g", headline="Before"))
    [before] = await edition.stories([ident])
    await room.accept(draft("g", headline="After", version=2))
    [after] = await edition.stories([ident])
    assert before is not None
    assert after is not None
    assert (before.article.headline, after.article.headline) == ("Before", "After")


async def test_what_is_the_same_in_the_store_is_the_same_in_memory(room: PressRoom) -> None:
    await room.accept(draft("g"))
    kept = await room.store.do("GET", record_key(identify("desk", "g")))
    assert read_article(kept) is read_article(bytes(bytearray(kept)))


def test_cards_are_as_they_were_kept_and_have_their_terms_in_common() -> None:
    terms = {"topics": (Term(slug="security", name="Security"),), "authors": (Term(slug="jane-doe", name="Jane Doe"),)}
    kept = [story().model_copy(update={"id": ident, **terms}).card().model_dump_json().encode() for ident in "ab"]
    one, other = map(read_card, kept)
    assert [one, other] == [Card.model_validate_json(card) for card in kept]
    assert one.model_dump_json().encode() == kept[0]
    assert (one.topics[0], one.authors[0]) == (other.topics[0], other.authors[0])
    assert one.topics[0] is other.topics[0]
    assert one.authors[0] is other.authors[0]
    assert one.section is other.section is not None


def test_what_is_large_is_read_each_time_and_all_else_once() -> None:
    for summary, remembered in (("w", True), ("w" * LARGE, False)):
        article = story().model_copy(update={"summary": summary})
        kept = article.model_dump_json().encode()
        assert read_article(kept) == read_article(kept) == article
        assert (read_article(kept) is read_article(kept)) == remembered
    body = pack_body(random.Random(1).randbytes(LARGE).hex())
    assert len(body) > LARGE
    assert read_body(body) is not read_body(body)


def test_no_body_is_an_empty_one() -> None:
    assert read_body(None) == unpack_body(None) == ""


@pytest.mark.parametrize("length", [0, 10, LARGE, 20 * LARGE])
def test_a_body_is_unpacked_as_it_was_packed(length: int) -> None:
    html = "".join(f"<p>{number * 7919 % 10_007}</p>" for number in range(length // 10))
    for _ in range(2):
        assert read_body(pack_body(html)) == unpack_body(pack_body(html)) == html


def test_a_body_that_is_large_once_it_is_unpacked_is_not_remembered() -> None:
    """A thousand such bodies would take gigabytes: what says the same again and again packs to a hundredth."""
    for html, remembered in (("<p>Body.</p>", True), ("<td>0</td>" * LARGE, False)):
        kept = pack_body(html)
        assert len(kept) <= LARGE
        assert read_body(kept) == html
        assert (read_body(kept) is read_body(kept)) == remembered


@pytest.mark.parametrize(
    ("language", "names"),
    [
        ("fr", ["Culture", "Économie", "Europe", "Sport"]),
        ("de-AT", ["Leben", "Österreich", "Politik", "Über uns", "Wissen"]),
        ("sv_SE", ["Ekonomi", "Sport", "Zon", "Åsikter", "Öresund"]),
        ("en", ["arts", "Business", "sport", "World"]),
        ("ar", ["أخبار", "اقتصاد", "رياضة"]),
    ],
)
def test_sections_stand_as_in_a_dictionary(language: str, names: list[str]) -> None:
    terms = [Term(slug=str(number), name=name) for number, name in enumerate(names)]
    assert [term.name for term in in_order(reversed(terms), language)] == names

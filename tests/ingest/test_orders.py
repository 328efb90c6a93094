"""The order in which versions and rewrites arrive, and how often, does not change what is live in the end."""

import dataclasses
import os
import random
from datetime import timedelta
from itertools import count, permutations
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.ingest.draft import Draft
from services.ingest.formats import ninjs
from services.ingest.versions import order
from shared.articles import body_key, identify
from shared.kept import unpack_body
from shared.site_settings import SiteSettings
from tests.properties.press_room import START, PressRoom, draft, emptied
from tests.servers import Valkey

SITE = SiteSettings(timezone="Asia/Baghdad")
DAY = "2025/07/26"
SCALE = int(os.environ.get("PRESSRUN_TEST_SCALE", "1"))
numbers = count()


def _moment(hours: int) -> Any:
    return START - timedelta(days=2) + timedelta(hours=hours)


def _version(content: str, **members: Any) -> dict[str, Any]:
    """A version whose words are `content`; `X` is a kill."""
    if content == "X":
        return {"status": "canceled", **members}
    return {"headline": "Story", "body_html": f"<p>{content}</p>", "summary": content, **members}


numbered = st.builds(
    lambda number, content, hours: _version(
        content, version=number, updated_at=None if hours is None else _moment(hours)
    ),
    st.integers(0, 3), st.sampled_from("ABX"), st.none() | st.integers(0, 3),
)  # fmt: skip
dated = st.builds(lambda content, hours: _version(content, updated_at=_moment(hours)),
                  st.sampled_from("ABX"), st.integers(0, 20))  # fmt: skip
histories = st.one_of(
    st.lists(numbered, min_size=1, max_size=5),
    st.lists(dated, min_size=1, max_size=5, unique_by=lambda version: version["updated_at"]),
)


@settings(max_examples=60)
@given(history=histories, seed=st.integers(0, 2**16))
async def test_any_order_and_repetition_of_versions_ends_in_the_same_state(
    valkey_server: Valkey, history: list[dict[str, Any]], seed: int
) -> None:
    chance = random.Random(seed)
    repeated = [*history, *chance.choices(history, k=3)]
    async with emptied(valkey_server, SITE) as room:
        states = [await _accepted(room, arrivals) for arrivals in (history, chance.sample(repeated, len(repeated)))]
    assert states[0] == states[1], (history, states)


@pytest.mark.parametrize("numbered", ["1.0", "1.{}", "99999999999999999{}", "{}-final", ""])
async def test_ninjs_versions_that_are_no_integers_are_ordered_by_their_moments(
    valkey_server: Valkey, numbered: str
) -> None:
    published, killed, again = (
        {"pubstatus": status, "version": numbered.format(hours), "versioncreated": _moment(hours).isoformat()}
        for hours, status in ((1, "usable"), (2, "canceled"), (3, "usable"))
    )
    async with emptied(valkey_server, SITE) as room:
        for arrivals in permutations([published, killed, again]):
            guid = f"g{next(numbers)}"
            for item in [*arrivals, killed]:
                found = ninjs.read({"uri": guid, "headline": item["versioncreated"], **item})
                assert isinstance(found, Draft)
                await room.accept(found)
            kept = (await room.register.find(identify("desk", guid)))[0].current
            assert kept is not None
            assert (kept.live, kept.headline) == (True, again["versioncreated"]), arrivals


async def _accepted(room: PressRoom, versions: list[dict[str, Any]]) -> Any:
    """What is kept of a guid after these; numbers that the store gave itself do not count."""
    guid = f"g{next(numbers)}"
    for members in versions:
        await room.accept(Draft(guid=guid, **members))
    ident = identify("desk", guid)
    kept = (await room.register.find(ident))[0].current
    assert kept is not None
    body = unpack_body(await room.store.do("GET", body_key(ident))) if kept.live else ""
    place = order(kept) if "version" in versions[0] else order(kept)[1:]
    return place, kept.live, (kept.headline, kept.summary) if kept.live else None, body


# a chain of three and a fork of its first; each has a first version, and some a second one or a kill
PARENTS = {"a": None, "b": "a", "c": "b", "d": "a"}
ENDS = st.sampled_from(["", "", "again", "kill", "kill with its parent"])


@st.composite
def chains(draw: st.DrawFn) -> list[Draft]:
    """The versions of a chain's members, each updated at its own moment."""
    guids = draw(st.sampled_from(["ab", "abc", "ac", "abd", "abcd"]))
    versions = [(guid, 1, "") for guid in guids]
    versions += [(guid, 2, end) for guid in guids if (end := draw(ENDS))]
    hours = draw(st.permutations(range(len(versions))))
    found = []
    for (guid, number, end), hour in zip(versions, hours, strict=True):
        members: dict[str, Any] = {"version": number, "updated_at": _moment(hour)}
        if end.startswith("kill"):
            members |= {"evolved_from": PARENTS[guid]} if end != "kill" else {}
            found.append(Draft(guid=guid, status="canceled", **members))
        else:
            found.append(draft(guid, evolved_from=PARENTS[guid], summary=end, **members))
    return found


@settings(max_examples=30 * SCALE)
@given(arrivals=chains().flatmap(lambda chain: st.tuples(st.just(chain), st.permutations(chain))),
       seed=st.integers(0, 2**16))  # fmt: skip
async def test_any_order_of_a_chain_ends_in_the_same_page_and_redirects_from_all_that_were_live(
    valkey_server: Valkey, arrivals: tuple[list[Draft], list[Draft]], seed: int
) -> None:
    chance = random.Random(seed)
    live = []
    for one in arrivals:
        async with emptied(valkey_server, SITE) as room:
            live.append(await _live_in_the_end(room, one, chance))
    assert live[0] == live[1], arrivals


async def test_a_kill_that_comes_before_its_rewrite_takes_down_what_that_rewrote(valkey_server: Valkey) -> None:
    async with emptied(valkey_server, SITE) as room:
        await room.accept(draft("a", version=1, updated_at=_moment(1)))
        await room.accept(Draft(guid="b", version=2, status="canceled", updated_at=_moment(3)))
        await room.drain()
        assert _pages(room) == {f"{DAY}/story-a"}
        late = await room.accept(draft("b", version=1, updated_at=_moment(2), evolved_from="a"))
        assert (late.outcome, late.event_id) == ("stale", None)
        await room.drain()
        assert _pages(room) == set()
        assert (room.tree.root / "_gone" / DAY / "story-a").exists()


async def test_the_address_of_an_article_that_comes_after_its_rewrite_leads_there(valkey_server: Valkey) -> None:
    for arrivals in permutations([("a", None), ("b", "a"), ("c", "b")]):
        async with emptied(valkey_server, SITE) as room:
            for hour, (guid, earlier) in enumerate(arrivals):
                await room.accept(draft(guid, version=1, updated_at=_moment(hour), evolved_from=earlier))
                await room.drain()
            link = {guid: room.tree.root / "_moved" / DAY / f"story-{guid}" for guid in "ab"}
            for guid in "ab":
                assert link[guid].is_symlink(), (guid, arrivals)
                assert link[guid].resolve() == (room.tree.root / DAY / "story-c").resolve()
            assert (await room.differences()).clean
            await room.accept(Draft(guid="c", version=2, status="canceled", updated_at=_moment(9)))
            await room.drain()
            for guid in "abc":
                assert (room.tree.root / "_gone" / DAY / f"story-{guid}").exists(), (guid, arrivals)
            assert (await room.differences()).clean


async def test_a_kill_that_is_repeated_later_counts_from_then_on_for_its_chain(valkey_server: Valkey) -> None:
    async with emptied(valkey_server, SITE) as room:
        await room.accept(draft("a", version=1, updated_at=_moment(1)))
        await room.accept(draft("b", version=1, updated_at=_moment(5), evolved_from="a"))
        await room.accept(Draft(guid="a", version=2, status="canceled", updated_at=_moment(3)))
        await room.drain()
        assert _pages(room) == {f"{DAY}/story-b"}
        again = await room.accept(Draft(guid="a", version=3, status="canceled", updated_at=_moment(9)))
        assert again.outcome == "withdrawn"
        await room.drain()
        assert _pages(room) == set()
        assert (await room.differences()).clean


async def test_a_rewrite_that_returned_stays_though_what_it_rewrote_comes_late(valkey_server: Valkey) -> None:
    """It has the moment of its kill, which has come again since, about the rewrite."""
    rewrite = draft("b", updated_at=START, evolved_from="a")
    returns = draft("b", updated_at=START + timedelta(hours=3), evolved_from="a")
    kill = Draft(guid="a", status="canceled")
    async with emptied(valkey_server, SITE) as room:
        for one in (dataclasses.replace(kill, updated_at=_moment(1)), rewrite, kill, returns):
            await room.accept(one)
            await room.move_clock(1)
        await room.drain()
        assert _pages(room) == {f"{DAY}/story-b"}
        assert (await room.accept(draft("a", updated_at=_moment(1)))).outcome == "stale"
        await room.drain()
        assert _pages(room) == {f"{DAY}/story-b"}
        assert (await room.differences()).clean


@pytest.mark.parametrize("versions", [(1,), (2,), (2, 3)])
async def test_a_kill_that_has_but_the_moment_of_what_it_kills_takes_its_rewrite_down_in_any_order(
    valkey_server: Valkey, versions: tuple[int, ...]
) -> None:
    """A copy of the article, its status changed alone, as Superdesk Publisher's features send it."""
    first = draft("a", version=1, updated_at=_moment(1))
    rewrite = draft("b", version=1, updated_at=_moment(5), evolved_from="a")
    kills = [Draft(guid="a", version=number, status="canceled", updated_at=_moment(1)) for number in versions]
    for arrivals in permutations([first, rewrite, *kills]):
        async with emptied(valkey_server, SITE) as room:
            for one in arrivals:
                await room.accept(one)
                await room.drain()
            assert _pages(room) == set(), arrivals
            assert (await room.differences()).clean
            back = draft("b", version=2, updated_at=START + timedelta(hours=1), evolved_from="a")
            assert (await room.accept(back)).outcome == "published", arrivals
            await room.drain()
            assert _pages(room) == {f"{DAY}/story-b"}


async def _live_in_the_end(room: PressRoom, arrivals: list[Draft], chance: random.Random) -> set[str]:
    """The pages that are live after these; every other page that ever was leads there, or is gone."""
    ever: set[str] = set()
    for one in [*arrivals, chance.choice(arrivals)]:
        await room.accept(one)
        if chance.random() < 0.5:
            await room.drain()
            ever |= _pages(room)
    await room.drain()
    live = _pages(room)
    assert len(live) <= 1 or len(_roots(arrivals)) > 1, live
    for path in ever - live:
        link = room.tree.root / "_moved" / path
        if link.is_symlink():
            assert (link.parent / link.readlink()).resolve() in {(room.tree.root / to).resolve() for to in live}
        else:
            assert (room.tree.root / "_gone" / path).exists(), (path, arrivals)
        assert link.is_symlink() or not live or len(_roots(arrivals)) > 1, (path, live, arrivals)
    found = await room.differences()
    assert found.clean, (arrivals, found.differs, found.missing, found.extra)
    return live


def _pages(room: PressRoom) -> set[str]:
    """The articles' pages on disk."""
    return {str(file.parent.relative_to(room.tree.root)) for file in (room.tree.root / DAY).glob("*/index.html")}


def _roots(arrivals: list[Draft]) -> set[str]:
    """How many chains there are: a parent that is unknown still links its rewrites."""
    guids = {one.guid for one in arrivals}
    return {"c"} | (guids - {"c"}) if "b" not in guids and "c" in guids else {"a"}

"""Which member of a chain of rewrites readers see, in whatever order its versions come."""

from collections.abc import AsyncIterator, Sequence
from dataclasses import replace
from datetime import timedelta
from itertools import permutations
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.ingest.chains import Standing, dated, is_cycle, standings
from services.ingest.copies import prepare
from services.ingest.draft import Draft
from services.ingest.intake import decide
from services.ingest.versions import Known
from shared.articles import Article, identify
from shared.site_settings import SiteSettings
from tests.properties.press_room import START, PressRoom, draft, opened

SITE = SiteSettings()
B = identify("desk", "b")
FIRST, SECOND, FORK = (
    draft("a", version=1),
    draft("b", version=1, evolved_from="a"),
    draft("c", version=1, evolved_from="a"),
)
KILL = Draft(guid="a", version=2, status="canceled")


def stand(arrivals: Sequence[Draft]) -> dict[str, str]:
    """What the site does with each guid after these have arrived, an hour between them."""
    members: dict[str, Article] = {}
    waiting: dict[str, Article] = {}
    for hours, one in enumerate(arrivals):
        ident = identify("desk", one.guid)
        known = Known(members.get(ident), waiting.get(ident))
        decided = decide(prepare("desk", one), known, SITE, START + timedelta(hours=hours))
        if decided.due is not None:
            waiting[ident] = decided.article
        else:
            members[ident] = decided.article
        if decided.drop_waiting:
            del waiting[ident]
    guids = {ident: article.guid for ident, article in members.items()}
    return {guids[ident]: _told(found, guids) for ident, found in standings(members).items()}


def _told(found: Standing, guids: dict[str, str]) -> str:
    return "down" if found.down else guids.get(found.replaced_by or "", "shown")


@pytest.mark.parametrize(
    ("drafts", "told"),
    [
        ((FIRST, SECOND), {"a": "b", "b": "shown"}),
        ((FIRST, SECOND, FORK), {"a": "c", "b": "c", "c": "shown"}),
        ((FIRST, SECOND, KILL), {"a": "down", "b": "down"}),
        ((FIRST, SECOND, FORK, KILL), {"a": "down", "b": "down", "c": "down"}),
        ((FIRST, SECOND, KILL, draft("a", version=3)), {"a": "b", "b": "shown"}),
        ((KILL,), {"a": "down"}),
        ((SECOND, FORK), {"b": "c", "c": "shown"}),
    ],
)
def test_versions_alone_end_in_the_same_page_in_whatever_order_they_come(
    drafts: tuple[Draft, ...], told: dict[str, str]
) -> None:
    for arrivals in permutations(drafts):
        assert stand(arrivals) == told, arrivals


def test_a_correction_of_the_first_does_not_take_the_place_of_the_last_though_the_one_between_is_killed() -> None:
    drafts = (
        draft("a", version=1, updated_at=START + timedelta(hours=5)),
        Draft(guid="b", version=1, updated_at=START + timedelta(hours=3), evolved_from="a", status="canceled"),
        draft("c", version=1, updated_at=START + timedelta(hours=4), evolved_from="b"),
    )
    for arrivals in permutations(drafts):
        assert stand(arrivals) == {"a": "c", "b": "c", "c": "shown"}, arrivals


def at_hour(hour: int, guid: str, evolved_from: str | None = None, *, killed: bool = False) -> Draft:
    """A member of a chain that was updated, or killed, at that hour."""
    about: dict[str, Any] = {"version": hour, "updated_at": START + timedelta(hours=hour), "evolved_from": evolved_from}
    return Draft(guid=guid, status="canceled", **about) if killed else draft(guid, **about)


@pytest.mark.parametrize(
    ("drafts", "told"),
    [
        # one usable state that is later than every kill is enough, and none but that
        (
            (at_hour(1, "a"), at_hour(3, "b", "a", killed=True), at_hour(4, "c", "b")),
            {"a": "c", "b": "c", "c": "shown"},
        ),
        ((at_hour(5, "a"), at_hour(3, "b", "a", killed=True)), {"a": "shown", "b": "a"}),
        (
            (at_hour(1, "a", killed=True), at_hour(5, "b", "a", killed=True), at_hour(4, "c", "a")),
            {"a": "down", "b": "down", "c": "down"},
        ),
    ],
)
def test_a_chain_is_up_once_a_usable_state_is_later_than_every_kill(
    drafts: tuple[Draft, ...], told: dict[str, str]
) -> None:
    for arrivals in permutations(drafts):
        assert stand(arrivals) == told, arrivals


def test_of_forks_of_one_moment_the_highest_guid_is_shown() -> None:
    forks = [at_hour(2, guid, "a") for guid in "bcdefghijk"]
    assert stand([at_hour(1, "a"), *forks]) == {guid: "shown" if guid == "k" else "k" for guid in "abcdefghijk"}


@pytest.mark.parametrize(
    ("parents", "circle"),
    [
        ({"a": None}, ""),
        ({"a": "unknown"}, ""),
        ({"a": "b", "b": None}, ""),
        ({"a": "a"}, "a"),
        ({"a": "b", "b": "a"}, "ab"),
        ({"a": "b", "b": "c", "c": "b"}, "bc"),
    ],
)
def test_a_circle_is_where_a_rewrite_leads_back_to_itself(parents: dict[str, str | None], circle: str) -> None:
    drafts = [draft(guid, version=1, evolved_from=above) for guid, above in parents.items()]
    decided = [decide(prepare("desk", one), Known(), SITE, START).article for one in drafts]
    members = {article.id: article for article in decided}
    assert "".join(guid for guid in parents if is_cycle(identify("desk", guid), members)) == circle


@st.composite
def changing_chains(draw: st.DrawFn) -> list[Draft]:
    """Versions each of which may name another parent, or none, and kills that may."""
    hours = draw(st.permutations(range(9)))
    found = []
    for guid, parents in (("a", [None]), ("b", [None, "a"]), ("c", [None, "a", "b"])):
        moments = sorted(hours.pop() for _ in range(draw(st.integers(1, 3))))
        for version, hour in enumerate(moments, 1):
            about: dict[str, Any] = {"version": version, "updated_at": START - timedelta(hours=hour + 1)}
            about["evolved_from"] = draw(st.sampled_from(parents))
            killed = draw(st.booleans())
            found.append(Draft(guid=guid, status="canceled", **about) if killed else draft(guid, **about))
    return found


@given(changing_chains().flatmap(lambda found: st.tuples(st.just(found), st.permutations(found))), st.booleans())
def test_what_each_version_says_that_it_rewrites_counts_in_whatever_order_they_come(
    arrivals: tuple[list[Draft], list[Draft]], numbered: bool
) -> None:
    one, other = ([draft if numbered else replace(draft, version=None) for draft in found] for found in arrivals)
    assert stand(one) == stand([*other, *other[:2]])


def test_versions_without_a_number_say_by_their_moments_what_they_rewrite() -> None:
    """The older kill names what the newer version, which names nothing, is no rewrite of any more."""
    first = draft("a", version=None, updated_at=START - timedelta(hours=9))
    older = Draft(guid="c", status="canceled", updated_at=START - timedelta(hours=3), evolved_from="a")
    newer = draft("c", version=None, updated_at=START - timedelta(hours=2))
    newest = Draft(guid="c", status="canceled", updated_at=START - timedelta(hours=1))
    for arrivals in permutations([older, newer, newest]):
        assert stand([first, *arrivals]) == {"a": "shown", "c": "down"}, arrivals


def test_a_rewrite_that_is_killed_before_its_time_leaves_up_what_it_was_to_rewrite() -> None:
    first = draft("a", version=1, updated_at=START - timedelta(hours=9))
    waits = draft("b", version=1, updated_at=START, evolved_from="a", embargo_until=START + timedelta(days=9))
    kills = [{}, {"version": 2}, {"version": 2, "updated_at": START + timedelta(minutes=1)}]
    for kill in (Draft(guid="b", status="canceled", **about) for about in kills):
        for arrivals in permutations([first, waits, kill]):
            assert stand(arrivals)["a"] == "shown", arrivals
        known = Known(waiting=decide(prepare("desk", waits), Known(), SITE, START).article)
        killed = decide(prepare("desk", kill), known, SITE, START).article
        again = decide(prepare("desk", waits), Known(killed), SITE, START + timedelta(days=10))
        assert (again.outcome, again.quiet) == ("stale", False)
    told = replace(kill, evolved_from="a")
    assert stand((first, waits, told))["a"] == "down"


def test_a_rewrite_that_was_live_is_killed_with_what_it_rewrote_though_a_newer_version_only_waited() -> None:
    first = draft("a", version=1, updated_at=START - timedelta(hours=9))
    live = draft("b", version=1, updated_at=START, evolved_from="a")
    waits = draft("b", version=2, updated_at=START + timedelta(minutes=1), embargo_until=START + timedelta(days=9))
    kill = Draft(guid="b", version=3, status="canceled", updated_at=START + timedelta(minutes=2))
    for arrivals in permutations([first, live, waits, kill]):
        assert stand(arrivals) == {"a": "down", "b": "down"}, arrivals
        assert stand([*arrivals, waits, live]) == {"a": "down", "b": "down"}, arrivals


def test_what_was_due_when_its_kill_came_is_what_that_kill_is_heard_of() -> None:
    first = draft("a", version=1, updated_at=START - timedelta(hours=9))
    kill = Draft(guid="b", version=2, status="canceled", updated_at=START)
    for minutes, found in ((30, "down"), (90, "shown")):  # the kill comes an hour after START, the rewrite two
        ends = START + timedelta(minutes=minutes)
        late = draft("b", version=1, updated_at=START - timedelta(hours=1), evolved_from="a", embargo_until=ends)
        assert stand([first, kill, late])["a"] == found, minutes


def test_without_versions_and_moments_the_rewrite_that_comes_last_is_shown() -> None:
    first, second, fork = (draft(one.guid, evolved_from=one.evolved_from) for one in (FIRST, SECOND, FORK))
    assert stand((first, fork, second)) == {"a": "b", "c": "b", "b": "shown"}
    kill = Draft(guid="a", status="canceled")
    assert stand((first, second, kill)) == {"a": "down", "b": "down"}
    assert stand((first, kill, second)) == {"a": "b", "b": "shown"}


def test_a_kill_that_is_told_again_with_an_older_moment_brings_no_rewrite_back() -> None:
    first, second = draft("a", updated_at=START - timedelta(hours=3)), replace(SECOND, version=None)
    drafts = [first, replace(second, updated_at=START - timedelta(hours=1)), Draft(guid="a", status="canceled")]
    again = Draft(guid="a", status="canceled", updated_at=START - timedelta(hours=2))
    assert stand([*drafts, again]) == stand(drafts) == {"a": "down", "b": "down"}


@pytest.mark.parametrize("versions", [(None, None), (1, 2)])
def test_a_kill_with_but_the_moment_of_what_it_kills_takes_down_no_later_rewrite_when_it_comes_again(
    versions: tuple[int | None, int | None],
) -> None:
    ahead = START + timedelta(hours=9)  # as a sender says whose clock is
    first = draft("a", version=versions[0], updated_at=ahead)
    kill = Draft(guid="a", version=versions[1], status="canceled", updated_at=ahead)
    rewrite = draft("b", updated_at=START + timedelta(hours=8), evolved_from="a")
    delete = Draft(guid="a", version=versions[0], status="canceled")
    for kills in ([kill], [kill, kill], [delete]):
        assert stand([first, kill, rewrite]) == stand([first, *kills, rewrite, kill]) == {"a": "b", "b": "shown"}


def test_a_kill_without_a_moment_is_later_than_what_was_known_and_no_earlier_than_it_came() -> None:
    def state(one: Draft) -> Article:
        return decide(prepare("desk", one), Known(), SITE, START).article

    killed, ahead = state(Draft(guid="a", status="canceled")), START + timedelta(hours=1)
    for known, withdrawn_at in (
        ([], START),
        ([draft("b", updated_at=START - timedelta(hours=1))], START),
        ([draft("b", updated_at=ahead), draft("c", updated_at=START)], ahead),
        ([Draft(guid="b", status="canceled", updated_at=ahead)], START),
    ):
        members = {one.guid: state(one) for one in known}
        assert dated(None, killed, members).withdrawn_at == withdrawn_at


@pytest.mark.parametrize("version", [1, 2])
def test_a_numbered_kill_with_an_older_moment_than_a_delete_brings_nothing_back(version: int) -> None:
    first = draft("a", version=1, updated_at=START - timedelta(hours=2))
    rewrite = draft("b", version=1, updated_at=START - timedelta(hours=4), evolved_from="a")
    late = Draft(guid="b", status="canceled", version=version, updated_at=START - timedelta(hours=3))
    delete = Draft(guid="b", status="canceled")
    assert stand([first, rewrite, late])["a"] == "shown", "it was updated since that kill"
    for kills in ([late], [late, replace(late, version=version + 1)]):
        assert stand([first, rewrite, delete, *kills]) == {"a": "down", "b": "down"}


@pytest.fixture
async def room(valkey: str, tmp_path: Path) -> AsyncIterator[PressRoom]:
    async with opened(valkey, tmp_path, SITE) as made:
        yield made


@pytest.mark.parametrize("killed", ["a", "b"])
async def test_a_kill_without_a_moment_takes_down_what_is_live_though_its_senders_clock_is_ahead(
    room: PressRoom, killed: str
) -> None:
    ahead = START + timedelta(hours=1)
    await room.accept(draft("a", version=1, updated_at=ahead))
    await room.accept(draft("b", version=1, updated_at=ahead + timedelta(hours=1), evolved_from="a"))
    await room.drain()
    await room.accept(Draft(guid=killed, version=1, status="canceled"))  # DELETE
    await room.drain()
    assert not list((room.tree.root / "2025").rglob("index.html"))
    later = ahead + timedelta(hours=2)
    again = draft("b", version=2, updated_at=later, evolved_from="a", summary="Again.")
    assert (await room.accept(again)).outcome == "published"


async def test_a_rewrite_asks_for_what_it_changes_all_at_once_however_long_its_chain_is(room: PressRoom) -> None:
    async def asked() -> int:
        lines = (await room.store.do("INFO", "commandstats")).decode().splitlines()
        return sum(int(line.split("calls=")[1].split(",")[0]) for line in lines if line.startswith("cmdstat_get:"))

    counts = []
    for number in range(6):
        before = await asked()
        await room.accept(draft(f"g{number}", version=1, evolved_from=f"g{number - 1}" if number else None))
        counts.append(await asked() - before)
    assert counts[5] == counts[2]

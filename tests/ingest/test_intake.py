"""What becomes of a version: the total order of a guid's versions, schedules beside what is live, slugs that stay."""

import dataclasses
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from itertools import permutations
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from services.ingest.copies import Copy, prepare
from services.ingest.draft import Author, Draft, DraftCorrection
from services.ingest.intake import Decision, decide, fall_due
from services.ingest.slugs import slugs
from services.ingest.versions import Known, order
from shared.articles import Article, Image, identify
from shared.site_settings import SiteSettings
from shared.times import LONG_AGO

NOW = datetime(2025, 7, 26, 20, 30, tzinfo=UTC)
HOUR = timedelta(hours=1)
SITE = SiteSettings(timezone="Asia/Baghdad")
IDENT = identify("desk", "g")


def draft(content: str = "A", **members: Any) -> Draft:
    """A version whose words are `content`; `X` is a withdrawal."""
    if content == "X":
        return Draft(guid="g", status="canceled", **members)
    return Draft(guid="g", **{"headline": f"Story {content}", "body_html": f"<p>{content}</p>", **members})


class Guid:
    """What the store would keep of a guid, driven as the register drives it."""

    def __init__(self) -> None:
        self.known = Known()
        self.due: datetime | None = None
        self.outcomes: list[str] = []

    def take(self, one: Draft, now: datetime = NOW) -> "Guid":
        """A version arrives."""
        return self._keep(decide(prepare("desk", one), self.known, SITE, now))

    def pass_time(self, now: datetime) -> "Guid":
        """What is due by then falls due."""
        if self.known.waiting is not None and self.due is not None and self.due <= now:
            self._keep(fall_due(self.known.current, self.known.waiting))
        return self

    def _keep(self, decision: Decision) -> "Guid":
        current, waiting = self.known.current, self.known.waiting
        if decision.outcome in ("published", "updated", "withdrawn") or decision.quiet:
            current = decision.article
        if decision.drop_waiting:
            waiting, self.due = None, None
        if decision.due is not None:
            current, waiting, self.due = decision.taken_back or current, decision.article, decision.due
        self.known = Known(current, waiting)
        self.outcomes.append(decision.outcome)
        return self

    @property
    def current(self) -> Article:
        assert self.known.current is not None
        return self.known.current

    @property
    def state(self) -> tuple[Any, ...] | None:
        """All of it that versions decide; a day, a slug and a first moment are decided by acceptance."""
        current = self.known.current
        return (*order(current), current.state, current.state == "published" and current.headline) if current else None


def fold(drafts: Iterable[Draft]) -> Guid:
    """What is kept after these have arrived in this order."""
    guid = Guid()
    for one in drafts:
        guid.take(one)
    return guid


# ---------------------------------------------------------------------------------------------- the total order

moments = st.integers(0, 3).map(lambda hours: NOW - timedelta(days=1) + hours * HOUR)
versioned = st.builds(
    lambda version, content, at: draft(content, version=version, updated_at=at),
    st.integers(0, 3),
    st.sampled_from("ABX"),
    st.none() | moments,
)


def rank(one: Draft) -> tuple[int, bool, datetime, str]:
    """The order of DESIGN: version, then withdrawal, then updated_at, then the content's digest."""
    assert one.version is not None
    copy = prepare("desk", one)
    return (one.version, one.status != "usable", one.updated_at or LONG_AGO, copy.digest)


@given(st.lists(versioned, min_size=1, max_size=8))
def test_the_newest_version_is_what_is_kept_whatever_the_order_of_arrival(drafts: list[Draft]) -> None:
    newest = max(drafts, key=rank)
    kept = fold(drafts)
    assert order(kept.current) == rank(newest)
    assert kept.current.live == (newest.status == "usable")
    if kept.current.live:
        assert kept.current.headline == newest.headline


@pytest.mark.parametrize("at", [None, NOW - HOUR, NOW + 9 * HOUR])
@pytest.mark.parametrize("others", [None, NOW - 2 * HOUR, NOW + 5 * HOUR])
def test_the_newest_kill_says_when_it_was_whatever_the_order_of_arrival(
    at: datetime | None, others: datetime | None
) -> None:
    newest = draft("X", version=3, updated_at=at)
    for arrived in permutations([draft("A", version=1), draft("X", version=2, updated_at=others), newest]):
        guid = Guid()
        for hours, one in enumerate(arrived):
            guid.take(one, NOW + hours * HOUR)
        assert guid.current.withdrawn_at == (at or NOW + arrived.index(newest) * HOUR)


@pytest.mark.parametrize("version", [None, 2])
@pytest.mark.parametrize("at", [None, NOW - HOUR / 2])
def test_a_kill_that_is_told_again_without_a_version_stays_where_it_was(
    version: int | None, at: datetime | None
) -> None:
    guid = fold(draft(content, version=version, updated_at=NOW - HOUR) for content in "AX")
    guid.take(draft("X", updated_at=at), NOW + HOUR)
    assert guid.current.withdrawn_at == NOW


def test_a_kill_that_comes_once_more_with_its_number_stays_where_it_was() -> None:
    kill = draft("X", version=2)
    assert Guid().take(kill).take(kill, NOW + HOUR).current.withdrawn_at == NOW


@given(st.lists(versioned, min_size=1, max_size=6).flatmap(lambda found: st.tuples(
    st.just(found), st.permutations(found), st.lists(st.sampled_from(found), max_size=4)
)))  # fmt: skip
def test_any_order_and_repetition_ends_in_the_same_state(
    arrivals: tuple[list[Draft], list[Draft], list[Draft]],
) -> None:
    one, other, repeated = arrivals
    assert fold(one).state == fold([*other, *repeated]).state


dated = st.lists(
    st.tuples(st.integers(0, 9), st.sampled_from("ABCX")), min_size=1, max_size=6, unique_by=lambda found: found[0]
).map(lambda found: [draft(content, updated_at=NOW - timedelta(days=1) + hours * HOUR) for hours, content in found])


@given(dated.flatmap(lambda found: st.tuples(
    st.just(found), st.permutations(found), st.lists(st.sampled_from(found), max_size=4)
)))  # fmt: skip
def test_without_versions_the_latest_updated_at_wins_in_any_order(
    arrivals: tuple[list[Draft], list[Draft], list[Draft]],
) -> None:
    one, other, repeated = arrivals
    latest = max(one, key=lambda found: found.updated_at or LONG_AGO)
    for kept in (fold(one), fold([*other, *repeated])):
        assert kept.current.ordered_at == latest.updated_at
        assert kept.current.digest == prepare("desk", latest).digest


@given(st.lists(versioned, min_size=1, max_size=6), st.integers(0, 5))
@example(
    [
        draft("A", version=1, updated_at=NOW - HOUR),
        draft("X", version=2, updated_at=NOW - 2 * HOUR),
        draft("X", version=3, updated_at=NOW - HOUR),
    ],
    0,
)
def test_what_has_arrived_already_changes_nothing_and_tells_nobody(drafts: list[Draft], at: int) -> None:
    kept = fold(drafts)
    known, said = kept.known, len(kept.outcomes)
    kept.take(drafts[at % len(drafts)])
    assert kept.outcomes[said:] in (["unchanged"], ["stale"])
    assert kept.known == known


@given(st.lists(versioned, min_size=1, max_size=8))
def test_each_accepted_change_is_a_new_revision_and_nothing_else_is(drafts: list[Draft]) -> None:
    kept = Guid()
    for one in drafts:
        before = kept.known.current
        kept.take(one)
        told = kept.outcomes[-1] in ("published", "updated", "withdrawn")
        assert kept.current.revision == (before.revision if before else 0) + told


def test_withdrawal_wins_at_an_equal_version_whatever_its_moment() -> None:
    usable, kill = draft(version=2, updated_at=NOW), draft("X", version=2, updated_at=NOW - HOUR)
    for arrivals in permutations([usable, kill, draft("B", version=1)]):
        assert fold(arrivals).current.state == "withdrawn"


def test_a_kill_says_how_and_when_it_came() -> None:
    for status in ("canceled", "withheld"):
        guid = Guid().take(draft("A")).take(Draft(guid="g", status=status), NOW + HOUR)
        assert (guid.current.status, guid.current.accepted_at, guid.current.revision) == (status, NOW + HOUR, 2)


def test_a_kill_is_dated_by_its_own_moment_and_what_is_not_killed_has_none() -> None:
    guid = Guid().take(draft("A", version=1, updated_at=NOW - HOUR)).take(draft("A", version=2, updated_at=NOW))
    assert guid.current.withdrawn_at is None
    guid.take(draft("X", version=3, updated_at=NOW + HOUR))
    assert (guid.current.updated_at, guid.current.withdrawn_at) == (NOW + HOUR, NOW + HOUR)
    assert Guid().take(draft("A", updated_at=NOW)).take(draft("X")).current.updated_at == NOW


def test_a_kill_that_repeats_the_moment_of_what_it_kills_is_dated_by_its_acceptance_whichever_comes_first() -> None:
    usable, kill = draft("A", version=1, updated_at=NOW - HOUR), draft("X", version=1, updated_at=NOW - HOUR)
    for arrivals in permutations([usable, kill, kill]):
        killed = fold(arrivals).current
        assert (killed.ordered_at, killed.withdrawn_at) == (NOW - HOUR, NOW), arrivals
    other = dataclasses.replace(usable, updated_at=NOW - 2 * HOUR)
    for arrivals in permutations([other, kill]):
        assert fold(arrivals).current.withdrawn_at == NOW - HOUR, "it has a moment of its own"
    told_again = [
        usable,
        kill,
        dataclasses.replace(kill, version=2),
        dataclasses.replace(kill, version=3, updated_at=NOW - HOUR / 2),
    ]
    assert [fold(told_again[:number]).current.withdrawn_at for number in (3, 4)] == [NOW, NOW - HOUR / 2]
    assert fold(told_again[:2]).take(told_again[2], NOW + HOUR).current.withdrawn_at == NOW


@pytest.mark.parametrize("arrived", ["AX", "X"])
def test_a_kill_that_came_again_stays_where_it_was_whatever_older_version_comes_after_it(arrived: str) -> None:
    moment = NOW - HOUR
    guid = fold(draft(content, updated_at=moment) for content in arrived)
    guid.known = Known(guid.current.model_copy(update={"replaced_by": "of a rewrite, which goes with it"}))
    guid.take(draft("X"), NOW + HOUR)
    assert guid.current.withdrawn_at == NOW + HOUR
    for at in (moment - HOUR, moment):
        assert guid.take(draft("A", updated_at=at)).outcomes[-1] == "stale"
        assert guid.current.withdrawn_at == NOW + HOUR, "it is about the rewrite"


def test_an_older_kill_that_names_what_it_was_a_rewrite_of_is_heard_once() -> None:
    guid, older = Guid().take(draft("X", version=2)), prepare("desk", draft("X", version=1, evolved_from="a"))
    for quiet in (True, False):
        decided = decide(older, guid.known, SITE, NOW)
        assert (decided.outcome, decided.quiet) == ("unchanged", quiet)
        guid._keep(decided)
        assert guid.current.evolved_from == "a"


@pytest.mark.parametrize("contents", ["AB", "BA"])
def test_of_what_comes_too_late_the_newest_says_what_a_killed_article_was_a_rewrite_of(contents: str) -> None:
    later = draft(contents[0], updated_at=NOW - HOUR, evolved_from="a")
    earlier = draft(contents[1], updated_at=NOW - 2 * HOUR, evolved_from="b")
    for arrived in permutations([later, earlier]):
        guid = Guid().take(draft("X", updated_at=NOW))
        assert decide(prepare("desk", arrived[0]), guid.known, SITE, NOW).quiet
        for one in arrived:
            guid.take(one)
        assert (guid.outcomes, guid.current.evolved_from) == (["withdrawn", "stale", "stale"], "a")
        assert not decide(prepare("desk", earlier), guid.known, SITE, NOW).quiet
    assert fold([earlier, draft("X", updated_at=NOW), later]).current.evolved_from == "a", "it is newer than the killed"


@pytest.mark.parametrize("moments", [(None, None), (NOW - HOUR, NOW - 2 * HOUR), (NOW - HOUR, None)])
def test_of_what_comes_too_late_the_highest_number_says_it_whatever_the_moments(
    moments: tuple[datetime | None, datetime | None],
) -> None:
    versions = [
        draft(version=number, updated_at=at, evolved_from=f"of {number}") for number, at in enumerate(moments, 1)
    ]
    for arrived in permutations(versions):
        found = fold([draft("X", version=3), *arrived]).current
        assert found.evolved_from == "of 2"
        assert Article.model_validate_json(found.model_dump_json()) == found, "as the store keeps it"


def test_a_kill_takes_what_waits_with_it_by_its_number_or_by_its_moment() -> None:
    ahead = draft("A", version=1, updated_at=NOW + 9 * HOUR, embargo_until=NOW + HOUR)
    assert Guid().take(ahead).take(draft("X", version=2)).known.waiting is None
    waits = draft("B", version=9, updated_at=NOW, embargo_until=NOW + HOUR)
    killed = Guid().take(draft("X", version=1, updated_at=NOW - HOUR)).take(waits)
    assert killed.known.waiting is not None
    killed.take(draft("X", version=2, updated_at=NOW + HOUR))
    assert (killed.outcomes[1:], killed.known.waiting) == (["scheduled", "unchanged"], None)


def test_a_kill_that_comes_again_with_a_moment_leaves_the_return_that_is_scheduled_since() -> None:
    kill, again = (draft("X", updated_at=NOW - hours * HOUR) for hours in (4, 2))
    returns = draft("B", updated_at=NOW - HOUR, published_at=NOW + HOUR)
    assert fold([kill, returns, again]).pass_time(NOW + HOUR).current.live
    between = draft("C", updated_at=NOW - 1.5 * HOUR)
    assert fold([kill, returns, again, between]).current.live, "it is newer than the kill"


@pytest.mark.parametrize("at", [None, NOW + HOUR])
def test_a_kill_without_a_number_and_a_moment_kills_the_return_that_was_scheduled_since(at: datetime | None) -> None:
    returns = draft("A", updated_at=at, embargo_until=LATER)
    guid = Guid().take(draft("A")).take(draft("X")).take(returns, NOW + HOUR).take(draft("X"), NOW + 2 * HOUR)
    assert guid.outcomes == ["published", "withdrawn", "scheduled", "unchanged"]
    assert (guid.known.waiting, guid.current.version, guid.current.withdrawn_at) == (None, 4, at or NOW)
    guid.take(returns, NOW + 3 * HOUR)
    assert guid.outcomes[-1] == ("stale" if at else "scheduled"), "sent again: what has no moment comes last"


def test_what_would_not_appear_after_a_kill_is_not_scheduled() -> None:
    guid = Guid().take(draft("X", version=1, updated_at=NOW))
    guid.take(draft("A", version=2, updated_at=NOW - HOUR, embargo_until=NOW + HOUR))
    assert (guid.outcomes, guid.known.waiting) == (["withdrawn", "stale"], None)


def test_a_kill_is_linked_by_what_it_killed_not_by_what_only_waited() -> None:
    guid = Guid().take(draft("A", version=1))
    guid.take(draft("B", version=9, updated_at=NOW + 9 * HOUR, embargo_until=NOW + HOUR)).take(draft("X", version=2))
    assert guid.known.waiting is not None
    assert guid.current.linked_by is not None
    assert guid.current.linked_by[0] == 1
    guid = Guid().take(draft("A", version=1)).take(draft("B", version=2, embargo_until=NOW + HOUR))
    guid.take(draft("X", version=3))
    assert (guid.known.waiting, guid.current.linked_by and guid.current.linked_by[0]) == (None, 1)


def test_what_is_older_than_what_waits_is_answered_with_what_is_live_else_with_what_waits() -> None:
    newer, older = (draft("AB"[-n], version=n, embargo_until=NOW + HOUR) for n in (2, 1))
    guid = Guid().take(newer)
    decided = decide(prepare("desk", older), guid.known, SITE, NOW)
    assert (decided.outcome, decided.article) == ("stale", guid.known.waiting)
    guid = Guid().take(draft("C", version=0)).take(newer)
    decided = decide(prepare("desk", older), guid.known, SITE, NOW)
    assert (decided.outcome, decided.article) == ("stale", guid.current)


@pytest.mark.parametrize("older", [{"version": 1}, {"version": 2, "updated_at": NOW - HOUR}])
def test_an_older_version_stays_older_though_it_shows_more_pictures(older: dict[str, Any]) -> None:
    guid = Guid().take(draft("A", version=2, updated_at=NOW))
    illustrated = prepare("desk", draft("B", **older), None, ("m",))
    assert decide(illustrated, guid.known, SITE, NOW).outcome == "stale"


def test_a_later_usable_version_publishes_again_at_the_same_address() -> None:
    first = fold([draft(version=1)])
    again = fold([draft(version=1), draft("X", version=2), draft("C", version=3, headline="Another headline")])
    assert again.outcomes == ["published", "withdrawn", "published"]
    assert again.current.path == first.current.path
    assert again.current.live


def test_at_an_equal_version_the_later_updated_at_wins_then_the_digest() -> None:
    early, late = draft("A", version=1, updated_at=NOW - HOUR), draft("B", version=1, updated_at=NOW)
    assert {fold(arrivals).current.headline for arrivals in permutations([early, late])} == {"Story B"}
    undated = [draft(content, version=1) for content in "ABC"]
    assert len({fold(arrivals).state for arrivals in permutations(undated)}) == 1


def test_the_same_content_in_a_higher_version_is_unchanged_and_recorded() -> None:
    kept = fold([draft(version=1), draft(version=5), draft("B", version=3)])
    assert kept.outcomes == ["published", "unchanged", "stale"]
    assert kept.current.version == 5
    assert kept.current.revision == 1


def test_an_older_version_of_the_same_content_does_not_make_it_newer() -> None:
    late = draft("A", version=1, updated_at=NOW)
    arrivals = [draft("A", version=2, updated_at=NOW - 3 * HOUR), draft("B", version=2, updated_at=NOW - HOUR)]
    assert {fold(found).current.headline for found in permutations([late, *arrivals])} == {"Story B"}


def test_without_version_and_moment_what_comes_last_is_newest() -> None:
    kept = fold([draft("A"), draft("B"), draft("A"), draft("A")])
    assert kept.outcomes == ["published", "updated", "updated", "unchanged"]
    assert (kept.current.version, kept.current.revision) == (3, 3)


def test_without_versions_of_one_moment_what_comes_last_is_newest() -> None:
    guid = Guid().take(draft("A", updated_at=NOW)).take(draft("B", updated_at=NOW))
    assert (guid.outcomes, guid.current.headline, guid.current.version) == (["published", "updated"], "Story B", 2)
    assert guid.take(draft("X", updated_at=NOW)).take(draft("X", updated_at=NOW)).outcomes[2:] == [
        "withdrawn", "unchanged",
    ]  # fmt: skip


def test_what_has_a_moment_is_newer_than_what_has_none() -> None:
    guid = Guid().take(draft("A")).take(draft("B", updated_at=NOW - 9 * HOUR))
    assert (guid.outcomes, guid.current.headline) == (["published", "updated"], "Story B")


def test_what_withholds_takes_back_what_is_older_until_its_time_in_whatever_order_they_come() -> None:
    first, edited = (draft("A", updated_at=NOW - 4 * HOUR), draft("B", updated_at=NOW - 3 * HOUR))
    dated = draft("C", updated_at=NOW - 2 * HOUR, published_at=NOW + HOUR, withholds=True)
    newest = draft("D", updated_at=NOW - HOUR)
    for arrivals in permutations([first, edited, dated, dated]):
        guid = fold(arrivals)
        assert guid.known.current is None or guid.current.status == "withheld"
        assert guid.known.waiting is not None
        assert guid.pass_time(NOW + HOUR).current.headline == "Story C"
        assert (guid.current.live, guid.known.waiting) == (True, None)
    for arrivals in permutations([first, dated, newest]):
        guid = fold(arrivals)
        assert (guid.current.headline, guid.current.live, guid.known.waiting) == ("Story D", True, None)


def test_what_withholds_appears_at_its_time_though_it_is_no_newer_than_what_it_takes_back() -> None:
    for at in (NOW - HOUR, None):
        dated = draft("B", updated_at=at, published_at=NOW + HOUR, withholds=True)
        guid = Guid().take(draft("A", updated_at=at)).take(dated)
        assert (guid.outcomes, guid.current.state) == (["published", "scheduled"], "withdrawn")
        assert guid.current.revision == 2, "a new state, for which there is another page"
        assert guid.pass_time(NOW + HOUR).current.live


def test_what_withholds_takes_nothing_back_that_is_killed_already() -> None:
    dated = draft("C", updated_at=NOW - HOUR, published_at=NOW + HOUR, withholds=True)
    guid = fold([draft("A", updated_at=NOW - 3 * HOUR), draft("X", updated_at=NOW - 2 * HOUR)])
    killed = guid.current
    assert guid.take(dated).current == killed
    assert guid.outcomes[-1] == "scheduled"


def test_what_is_older_than_what_withholds_is_answered_with_what_is_taken_back_else_with_what_waits() -> None:
    dated = draft("C", updated_at=NOW - HOUR, published_at=NOW + HOUR, withholds=True)
    older = prepare("desk", draft("A", updated_at=NOW - 2 * HOUR))
    for known, shown in (([dated], "C"), ([draft("B", updated_at=NOW - 3 * HOUR), dated], "B")):
        answer = decide(older, fold(known).known, SITE, NOW)
        assert (answer.outcome, answer.article.headline) == ("stale", f"Story {shown}")


def test_what_withholds_can_be_killed_before_its_time() -> None:
    dated = draft("B", updated_at=NOW - HOUR, published_at=NOW + HOUR, withholds=True)
    guid = Guid().take(draft("A", updated_at=NOW - 2 * HOUR)).take(dated).take(draft("X", updated_at=NOW))
    assert (guid.current.state, guid.known.waiting) == ("withdrawn", None)
    assert not guid.take(dated).current.live


def test_a_number_decides_against_what_waits_whatever_the_moments() -> None:
    guid = Guid().take(draft("A", version=2, updated_at=NOW, embargo_until=NOW + HOUR))
    guid.take(draft("B", version=3, updated_at=NOW - HOUR))
    assert (guid.outcomes, guid.known.waiting) == (["scheduled", "published"], None)


def test_what_has_a_moment_is_newer_than_what_waits_without_one() -> None:
    guid = Guid().take(draft("A", embargo_until=NOW + HOUR)).take(draft("B", updated_at=NOW - 9 * HOUR))
    assert (guid.outcomes, guid.known.waiting, guid.current.version) == (["scheduled", "published"], None, 2)


def test_of_one_moment_what_comes_last_is_newer_than_what_waits() -> None:
    guid = Guid().take(draft("A", updated_at=NOW, embargo_until=NOW + HOUR)).take(draft("B", updated_at=NOW))
    assert (guid.outcomes, guid.known.waiting, guid.current.version) == (["scheduled", "published"], None, 2)


@pytest.mark.parametrize(
    ("waits", "again", "version"),
    [(NOW, None, 1), (None, NOW, 1), (NOW, NOW - HOUR, 1), (NOW, NOW, 1), (NOW - HOUR, NOW, 3), (None, None, 1)],
)
def test_what_is_live_and_comes_again_without_a_number_leaves_what_waits_unless_its_moment_is_later(
    waits: datetime | None, again: datetime | None, version: int
) -> None:
    guid = Guid().take(draft("A", updated_at=NOW - 9 * HOUR if again else None))
    guid.take(draft("B", updated_at=waits, embargo_until=NOW + HOUR)).take(draft("A", updated_at=again))
    assert guid.outcomes == ["published", "scheduled", "unchanged"]
    assert (guid.current.version, guid.known.waiting is None) == (version, version == 3)


def test_the_same_content_that_waits_is_a_newer_version_by_a_later_moment() -> None:
    for again, version in ((NOW, 2), (NOW - HOUR, 1), (NOW - 2 * HOUR, 1), (None, 1)):
        guid = Guid().take(draft("A", updated_at=NOW - HOUR, embargo_until=NOW + HOUR))
        guid.take(draft("A", updated_at=again, embargo_until=NOW + HOUR))
        assert guid.outcomes == ["scheduled", "unchanged"]
        assert guid.known.waiting is not None
        assert guid.known.waiting.version == version


def test_the_same_content_without_a_moment_is_as_new_as_it_was() -> None:
    kept = fold([draft("A", updated_at=NOW), draft("A")])
    assert (kept.outcomes[-1], kept.current.ordered_at) == ("unchanged", NOW)


def test_a_kill_stands_against_what_is_usable_of_its_own_moment() -> None:
    usable, kill = draft("A", updated_at=NOW - HOUR), draft("X", updated_at=NOW - HOUR)
    assert fold([usable, kill, usable]).outcomes == ["published", "withdrawn", "stale"]
    assert fold([kill, usable]).outcomes == ["withdrawn", "stale"]
    assert fold([usable, kill, draft("A", updated_at=NOW)]).outcomes[-1] == "published"


@pytest.mark.parametrize("further", [None, 0, 1])
def test_what_was_killed_without_a_moment_does_not_return_with_what_it_was_before(further: int | None) -> None:
    older, last = draft("A", updated_at=NOW - 2 * HOUR), draft("B", updated_at=NOW - HOUR)
    for known in ([last], [older, last], [last, dataclasses.replace(last, updated_at=NOW)]):
        guid = fold(known)
        kill = draft("X", version=None if further is None else guid.current.version + further)  # 0: DELETE
        for again in (kill, older, *known):
            guid.take(again)
        assert guid.outcomes[len(known) :] == ["withdrawn", *["stale"] * (1 + len(known))]
        guid.take(kill).take(known[-1])
        assert guid.outcomes[-2:] == ["unchanged", "stale"]
        assert guid.take(draft("C", updated_at=NOW + HOUR)).current.live


def test_what_was_killed_after_it_came_again_without_a_moment_does_not_return_either() -> None:
    guid = fold([draft("A", version=1, updated_at=NOW), draft("A", version=2), draft("X")])
    assert guid.take(draft("B", updated_at=NOW - HOUR)).outcomes[2:] == ["withdrawn", "stale"]


def test_a_picture_that_was_pushed_in_between_makes_the_same_version_newer() -> None:
    one = draft(version=1, updated_at=NOW)
    for media in [(f"/media/{number}-1000.jpg",) for number in range(12)]:
        guid = Guid().take(one)
        later = prepare("desk", one, Image(url=media[0]), {media[0]: (1000, 750)})
        assert decide(later, guid.known, SITE, NOW).outcome == "updated"
        guid._keep(decide(later, guid.known, SITE, NOW))
        assert decide(later, guid.known, SITE, NOW).outcome == "unchanged"
        guid.take(draft("X", version=1))
        assert decide(later, guid.known, SITE, NOW).outcome == "stale"


@pytest.mark.parametrize(
    "change",
    [
        {"headline": "Other"},
        {"body_html": "<p>Other</p>"},
        {"summary": "Other"},
        {"section": "Other"},
        {"topics": ("Other",)},
        {"authors": (Author("Other"),)},
        {"authors": (Author("Jane", "https://jane.example/"),)},
        {"language": "ar"},
        {"published_at": NOW - HOUR},
        {"slug": "other"},
        {"evolved_from": "other"},
        {"corrections": (DraftCorrection("Other", NOW),)},
        {"source_url": "https://wire.example/other"},
    ],
)
def test_whatever_readers_see_counts_as_content(change: dict[str, Any]) -> None:
    kept = fold([draft(), draft(**change)])
    assert kept.outcomes == ["published", "updated"]
    kept.take(draft(**change))
    assert kept.outcomes[-1] == "unchanged"


def test_a_correction_counts_with_its_words_and_its_moment() -> None:
    told = [(), (DraftCorrection("One", NOW),), (DraftCorrection("Two", NOW),), (DraftCorrection("One", NOW - HOUR),)]
    assert len({prepare("desk", draft(corrections=corrections)).digest for corrections in told}) == len(told)


def test_a_body_of_text_is_set_in_paragraphs_unless_there_is_one_of_html() -> None:
    text = Draft(guid="g", headline="Story", body_text="One\n\n<Two>")
    assert prepare("desk", text).body == "<p>One</p>\n<p>&lt;Two&gt;</p>"
    assert prepare("desk", dataclasses.replace(text, body_html="<p>HTML</p>")).body == "<p>HTML</p>"
    assert prepare("desk", dataclasses.replace(text, status="canceled")).body == ""


def test_the_picture_counts_as_content() -> None:
    one = Image(url="https://pictures.example/x.jpg")
    digests = {prepare("desk", draft(), image).digest for image in (None, one, one.model_copy(update={"alt": "Other"}))}
    assert len(digests) == 3


def test_what_is_cleaned_away_is_no_content() -> None:
    kept = fold([draft(body_html="<p>A</p>"), draft(body_html="<p onclick='x()'>A</p><script>x()</script>")])
    assert kept.outcomes[-1] == "unchanged"


# ---------------------------------------------------------------------------------------------- schedules

LATER = NOW + 5 * HOUR
consistent = st.lists(
    st.tuples(st.integers(1, 6), st.sampled_from("ABX"), st.booleans()), min_size=1, max_size=5,
    unique_by=lambda found: found[0],
).map(lambda found: [_version(number, content, scheduled) for number, content, scheduled in found])  # fmt: skip


def _version(number: int, content: str, scheduled: bool) -> Draft:
    """A version of a source whose versions and moments agree."""
    at = NOW - timedelta(days=1) + number * HOUR
    embargo = LATER if scheduled and content != "X" else None
    return draft(content, version=number, updated_at=at, embargo_until=embargo)


@given(consistent.flatmap(lambda found: st.tuples(
    st.just(found), st.permutations(found), st.lists(st.sampled_from(found), max_size=3)
)))  # fmt: skip
def test_with_schedules_too_any_order_ends_in_the_same_state(
    arrivals: tuple[list[Draft], list[Draft], list[Draft]],
) -> None:
    one, other, repeated = arrivals
    kept, again = fold(one), fold([*other, *repeated])
    assert kept.state == again.state
    assert _waits(kept) == _waits(again)
    newest = max(one, key=rank)
    for guid in (kept, again):
        guid.pass_time(LATER)
        assert guid.known.waiting is None
        assert order(guid.current)[0] == newest.version
        assert guid.current.live == (newest.status == "usable")


def _waits(guid: Guid) -> tuple[Any, ...] | None:
    return order(guid.known.waiting) if guid.known.waiting else None


@given(consistent.flatmap(lambda found: st.tuples(st.permutations(found), st.integers(0, 5))))
def test_whenever_its_time_comes_between_arrivals_the_newest_is_live_in_the_end(
    arrivals: tuple[list[Draft], int],
) -> None:
    drafts, at = arrivals
    guid, now = Guid(), NOW
    for number, one in enumerate(drafts):
        if number == at:
            now = LATER
            guid.pass_time(now)
        guid.take(one, now)
    guid.pass_time(LATER)
    newest = max(drafts, key=rank)
    assert order(guid.current)[0] == newest.version
    assert guid.current.live == (newest.status == "usable")


undated_or_not = st.lists(
    st.tuples(st.integers(0, 9), st.sampled_from("ABX"), st.booleans()), min_size=1, max_size=5,
    unique_by=lambda found: found[0],
).map(lambda found: [dataclasses.replace(_version(*one), version=None) for one in found])  # fmt: skip


@given(undated_or_not.flatmap(lambda found: st.tuples(
    st.permutations(found), st.lists(st.sampled_from(found), max_size=3), st.integers(0, 8)
)))  # fmt: skip
def test_without_versions_too_the_latest_is_live_in_the_end_whenever_its_time_comes(
    arrivals: tuple[list[Draft], list[Draft], int],
) -> None:
    drafts, repeated, at = arrivals
    latest = max(drafts, key=lambda found: found.updated_at or LONG_AGO)
    guid, now = Guid(), NOW
    for number, one in enumerate([*drafts, *repeated]):
        if number == at:
            now = LATER
            guid.pass_time(now)
        guid.take(one, now)
    guid.pass_time(LATER)
    assert guid.known.waiting is None
    assert guid.current.ordered_at == latest.updated_at
    assert guid.current.digest == prepare("desk", latest).digest


def test_what_waits_is_told_as_unchanged_however_often_it_comes() -> None:
    for members in ({}, {"version": 3}, {"updated_at": NOW}, {"version": 3, "updated_at": NOW}):
        guid = fold([draft("A", version=2, updated_at=NOW - HOUR), draft("B", embargo_until=LATER, **members)])
        known = guid.known
        guid.take(draft("B", embargo_until=LATER, **members))
        assert guid.outcomes[1:] == ["scheduled", "unchanged"]
        assert guid.known == known


def test_the_same_content_that_waits_in_a_newer_version_is_unchanged_and_recorded() -> None:
    waits, again = (draft("B", version=2, updated_at=NOW + hours * HOUR, embargo_until=LATER) for hours in (0, 2))
    between = draft("C", version=2, updated_at=NOW + HOUR)
    for arrivals in permutations([waits, again, between]):
        assert fold(arrivals).pass_time(LATER).current.headline == "Story B", arrivals
    assert fold([waits, again]).outcomes == ["scheduled", "unchanged"]


def test_a_picture_that_was_pushed_since_is_shown_by_what_waits() -> None:
    one = draft(version=1, updated_at=NOW, embargo_until=LATER)
    for media in [(f"/media/{number}-1000.jpg",) for number in range(12)]:
        guid = Guid().take(one)
        later = prepare("desk", one, Image(url=media[0]), {media[0]: (1000, 750)})
        guid._keep(decide(later, guid.known, SITE, NOW))
        assert guid.outcomes == ["scheduled", "scheduled"]
        assert guid.pass_time(LATER).current.media == media


def test_what_is_scheduled_is_not_there_before_its_time() -> None:
    for members in ({"embargo_until": LATER}, {"published_at": LATER}, {"published_at": NOW, "embargo_until": LATER}):
        guid = fold([draft(**members)])
        assert guid.outcomes == ["scheduled"]
        assert guid.known.current is None
        assert guid.due == LATER
        guid.pass_time(LATER - timedelta(milliseconds=1))
        assert guid.known.current is None
        assert guid.pass_time(LATER).current.live
        assert guid.outcomes == ["scheduled", "published"]


def test_one_that_waits_already_is_told_as_it_waits() -> None:
    waits = draft("B", version=2, embargo_until=LATER)
    guid = fold([draft("A", version=1), waits])
    again = decide(prepare("desk", waits), guid.known, SITE, NOW)
    assert (again.outcome, again.article.version) == ("unchanged", 2)


def test_an_embargo_that_is_over_is_none() -> None:
    assert fold([draft(embargo_until=NOW)]).outcomes == ["published"]


@pytest.mark.parametrize(("member", "last"), [("published_at", 250_000), ("embargo_until", 999)])
def test_what_a_sender_takes_for_just_now_has_come(member: str, last: int) -> None:
    for micros, outcome in ((1, "published"), (last, "published"), (last + 1, "scheduled")):
        assert fold([draft(**{member: NOW + timedelta(microseconds=micros)})]).outcomes == [outcome], micros


def test_what_is_scheduled_for_a_moment_waits_for_its_embargo_and_no_longer() -> None:
    soon = NOW + timedelta(milliseconds=100)
    assert fold([draft(published_at=soon, embargo_until=NOW)]).outcomes == ["published"]
    assert fold([draft(published_at=soon, embargo_until=soon)]).due == soon
    assert fold([draft(published_at=LATER, embargo_until=soon)]).due == LATER
    assert fold([draft(published_at=LATER, embargo_until=LATER + HOUR)]).due == LATER + HOUR


def test_a_scheduled_correction_leaves_the_article_up_and_takes_its_place() -> None:
    guid = fold([draft("A", version=1), draft("B", version=2, embargo_until=LATER)])
    assert guid.current.headline == "Story A"
    guid.pass_time(LATER)
    assert guid.outcomes == ["published", "scheduled", "updated"]
    assert guid.current.headline == "Story B"
    assert guid.current.revision == 2


def test_what_waited_is_the_next_revision_and_no_lower_version_than_what_came_meanwhile() -> None:
    hours = {"A": -9, "B": -5, "C": -8, "D": -7}
    live, waits, *meanwhile = (draft(content, updated_at=NOW + hour * HOUR) for content, hour in hours.items())
    guid = fold([live, dataclasses.replace(waits, embargo_until=LATER), *meanwhile])
    assert (guid.current.revision, guid.current.version) == (3, 3)
    assert guid.pass_time(LATER).current.headline == "Story B"
    assert (guid.current.revision, guid.current.version) == (4, 3)


def test_what_waits_does_not_appear_once_its_kill_is_known_to_be_later() -> None:
    guid = fold([draft("A", version=1), draft("X", version=2, updated_at=NOW - 2 * HOUR)])
    guid.take(draft("B", version=3, updated_at=NOW - HOUR, embargo_until=LATER))
    assert guid.known.waiting is not None
    for hours, outcome in ((2, "published"), (1, "stale"), (0, "stale")):
        killed = guid.current.model_copy(update={"withdrawn_at": NOW - hours * HOUR})  # as a chain may have it
        decided = fall_due(killed, guid.known.waiting)
        assert (decided.outcome, decided.drop_waiting) == (outcome, True)


@pytest.mark.parametrize("kill", [draft("X"), draft("X", version=1), draft("X", version=2), draft("X", version=9)])
def test_a_kill_in_between_keeps_it_from_ever_appearing(kill: Draft) -> None:
    guid = fold([draft("A", version=1), draft("B", version=2, embargo_until=LATER)])
    guid.take(kill, NOW + HOUR).pass_time(LATER)
    assert guid.current.state == "withdrawn"
    assert guid.known.waiting is None


def test_a_kill_of_what_only_waits_keeps_it_from_ever_appearing() -> None:
    guid = fold([draft("B", version=2, embargo_until=LATER)])
    guid.take(draft("X", version=2), NOW + HOUR).pass_time(LATER)
    assert guid.current.state == "withdrawn"
    guid.take(draft("C", version=3), NOW + 2 * HOUR)
    assert guid.current.live, "a later usable version publishes"


def test_one_updated_after_the_kill_goes_live_and_one_updated_before_does_not() -> None:
    kill = draft("X", version=2, updated_at=NOW - 2 * HOUR)
    for hours, live in ((1, True), (2, False), (3, False)):
        waiting = draft("B", version=3, updated_at=NOW - hours * HOUR, embargo_until=LATER)
        for arrivals in permutations([draft("A", version=1), kill, waiting]):
            assert fold(arrivals).pass_time(LATER).current.live == live, (hours, arrivals)


def test_what_is_scheduled_after_a_kill_of_the_same_millisecond_goes_live_and_what_waited_then_does_not() -> None:
    article, kill = draft("A", version=1), draft("X", version=2)
    waiting = draft("B", version=3, embargo_until=LATER)
    assert fold([article, kill, waiting]).outcomes[-1] == "scheduled"
    assert fold([article, kill, waiting]).pass_time(LATER).current.live
    assert not fold([article, waiting, kill]).pass_time(LATER).current.live
    assert fold([article, kill, waiting, draft("X", version=3)]).known.waiting is None


def test_the_latest_of_several_kills_counts() -> None:
    first, second = draft("X", version=2, updated_at=NOW - 9 * HOUR), draft("X", version=4, updated_at=NOW - HOUR)
    waiting = draft("B", version=5, updated_at=NOW - 5 * HOUR, embargo_until=LATER)
    for arrivals in permutations([first, second, waiting]):
        assert not fold(arrivals).pass_time(LATER).current.live


def test_a_newer_version_takes_the_place_of_one_that_waits() -> None:
    guid = fold([draft("A", version=1), draft("B", version=2, embargo_until=LATER), draft("C", version=3)])
    assert guid.known.waiting is None
    assert guid.pass_time(LATER).current.headline == "Story C"


def test_what_comes_again_when_it_is_due_takes_its_own_place() -> None:
    waits = draft("A", version=1, embargo_until=NOW + HOUR)
    guid = Guid().take(waits).take(waits, NOW + HOUR)
    assert (guid.outcomes, guid.known.waiting) == (["scheduled", "published"], None)


def test_what_is_live_already_takes_the_place_of_one_that_waits_when_it_comes_as_newer() -> None:
    live, waits = draft("A", updated_at=NOW - 3 * HOUR), draft("B", updated_at=NOW - 2 * HOUR, embargo_until=LATER)
    for arrivals in permutations([live, waits, draft("A", updated_at=NOW - HOUR)]):
        guid = fold(arrivals)
        assert guid.known.waiting is None
        assert guid.take(waits).pass_time(LATER).current.headline == "Story A"
    assert fold([live, waits, live]).pass_time(LATER).current.headline == "Story B"


def test_without_version_and_moment_what_comes_last_is_newer_than_what_waits() -> None:
    for content in "ABCDE":
        guid = Guid().take(draft("live"))
        for words in ("first", content, content):
            guid.take(draft(words, embargo_until=NOW + HOUR))
        assert guid.outcomes == ["published", "scheduled", "scheduled", "unchanged"]
        assert guid.known.waiting is not None
        assert guid.known.waiting.headline == f"Story {content}"
        lifted = Guid().take(draft("first", embargo_until=NOW + HOUR)).take(draft(content))
        assert lifted.outcomes == ["scheduled", "published"]
        assert lifted.known.waiting is None
        killed = guid.take(draft("X"))
        assert (killed.current.live, killed.known.waiting) == (False, None)


def test_a_schedule_can_be_moved() -> None:
    guid = fold([draft("B", version=1, embargo_until=LATER), draft("B", version=2, embargo_until=LATER + HOUR)])
    assert guid.outcomes == ["scheduled", "scheduled"]
    assert guid.due == LATER + HOUR
    guid.take(draft("B", version=2, embargo_until=LATER + HOUR))
    assert guid.outcomes[-1] == "unchanged"
    guid.take(draft("B", version=1, embargo_until=LATER))
    assert guid.outcomes[-1] == "stale"


# ---------------------------------------------------------------------------------------------- days and slugs


@pytest.mark.parametrize(
    ("members", "day"),
    [
        ({}, "2025-07-26"),
        ({"published_at": datetime(2025, 7, 25, 20, 59, tzinfo=UTC)}, "2025-07-25"),
        ({"published_at": datetime(2025, 7, 25, 21, 0, tzinfo=UTC)}, "2025-07-26"),
        ({"published_at": datetime(2025, 7, 24, 9, tzinfo=UTC), "embargo_until": NOW}, "2025-07-24"),
        ({"embargo_until": datetime(2025, 7, 25, 9, tzinfo=UTC)}, "2025-07-25"),
    ],
)
def test_the_day_is_that_of_publication_in_the_sites_time_zone(members: dict[str, Any], day: str) -> None:
    assert fold([draft(**members)]).current.day == day


def test_the_day_and_the_slug_stay_when_headline_and_moment_change() -> None:
    guid = fold([draft("A", published_at=NOW - 30 * HOUR), draft("B", headline="Other", published_at=NOW)])
    assert guid.current.path == "/2025/07/25/story-a/"


@pytest.mark.parametrize("first", [{}, {"published_at": NOW - 30 * HOUR}, {"slug": "asked"}])
def test_what_waited_appears_where_the_article_is_by_then(first: dict[str, Any]) -> None:
    live = draft("A", version=1, updated_at=NOW - 9 * HOUR, **first)
    moved = draft("B", version=2, updated_at=NOW - 8 * HOUR, slug="moved")
    waiting = draft("C", version=3, updated_at=NOW - 7 * HOUR, embargo_until=LATER)
    for others in ([live], [live, moved]):
        stays = fold(others).current
        for arrivals in permutations([*others, waiting]):
            if [one for one in arrivals if one in others] != others:
                continue  # the first publication fixes the address
            kept = fold(arrivals).pass_time(LATER).current
            assert kept.headline == "Story C"
            assert (kept.path, kept.published_at) == (stays.path, stays.published_at), arrivals
    last = draft("D", version=4, slug="moved")
    assert fold([live, moved, waiting]).pass_time(LATER).take(last, LATER).current.slug == "moved"


def test_what_waited_goes_to_the_slug_and_the_date_that_it_has_itself() -> None:
    live, moved = draft("A", version=1), draft("B", version=2, slug="moved")
    asks = draft("C", version=3, slug="asked", published_at=LATER)
    for arrivals in permutations([live, moved, asks]):
        kept = fold(arrivals).pass_time(LATER).current
        assert (kept.path, kept.published_at) == ("/2025/07/26/asked/", LATER), arrivals


def test_what_was_killed_before_it_appeared_has_its_address_from_when_it_does() -> None:
    killed = draft("X", version=1)
    assert fold([killed, draft("A", version=2)]).current.path == "/2025/07/26/story-a/"
    waits = draft("A", version=2, published_at=LATER)
    kept = fold([killed, waits]).pass_time(LATER).current
    assert (kept.path, kept.published_at) == ("/2025/07/27/story-a/", LATER)
    kept = fold([killed]).take(draft("A", version=2), LATER).current
    assert (kept.path, kept.published_at) == ("/2025/07/27/story-a/", LATER)


@pytest.mark.parametrize(("own", "asked"), [(None, "first"), ("second", "second")])
def test_what_waited_asks_for_its_own_slug_else_for_the_one_that_was_asked_for(own: str | None, asked: str) -> None:
    guid = fold([draft("A", slug="first"), draft("B", slug=own, published_at=LATER)]).pass_time(LATER)
    assert (guid.current.slug, guid.current.asked_slug) == (asked, asked)


def test_only_an_explicit_slug_moves_an_article() -> None:
    guid = fold([draft("A"), draft("B", slug="Breaking News")])
    assert guid.current.slug == "breaking-news"
    guid.take(draft("C"))
    assert guid.current.slug == "breaking-news"
    guid.take(draft("D", slug="breaking-news"))
    assert guid.current.slug == "breaking-news"
    guid.take(draft("E", slug="!?"))
    assert guid.current.slug == "breaking-news", "nothing is left of what it asks for"
    guid.take(draft("E", slug="other"))
    assert guid.current.slug == "other"


def test_an_article_whose_slug_was_taken_stays_where_it_is_though_it_asks_for_that_slug_again() -> None:
    guid = fold([draft("A", slug="oil")])
    guid.known = Known(guid.current.model_copy(update={"slug": "oil-2"}))
    for content, slug in (("B", None), ("C", "oil"), ("D", None), ("E", "Oil")):
        assert guid.take(draft(content, slug=slug)).current.slug == "oil-2"


@given(st.text(min_size=1, max_size=60).filter(lambda text: not text.isspace()))
def test_a_slug_is_never_empty_and_cannot_leave_its_folder(headline: str) -> None:
    slug = fold([draft(headline=headline)]).current.slug
    assert slug
    assert set(slug) <= set("abcdefghijklmnopqrstuvwxyz0123456789-")
    assert all(set(name) <= set("abcdefghijklmnopqrstuvwxyz0123456789-") for name in slugs(slug, IDENT))


@pytest.mark.parametrize(
    ("headline", "slug"),
    [("نفط العراق", "nft-l-rq"), ("伊拉克石油", "yi-la-ke-shi-you"), ("🛢️🛢️", f"article-{IDENT[:8]}")],
)
def test_headlines_in_any_script_have_a_slug(headline: str, slug: str) -> None:
    assert fold([draft(headline=headline)]).current.slug == slug


def test_the_last_slug_to_try_is_the_articles_own() -> None:
    tried = slugs("oil", IDENT)
    assert tried[0] == "oil"
    assert tried[-1] == f"oil-{IDENT}"
    assert len(tried) == len(set(tried))


def test_the_copy_does_not_depend_on_what_orders_it() -> None:
    one = prepare("desk", draft("A", version=1, updated_at=NOW))
    other = prepare("desk", dataclasses.replace(one.draft, version=2, updated_at=None))
    assert isinstance(one, Copy)
    assert one.digest == other.digest

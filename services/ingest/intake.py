"""What becomes of a version: which one wins, and when it is to appear. Pure: time is given."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from services.ingest.copies import WITHDRAWN, Copy, appearing, article_of, waiting_of
from services.ingest.versions import (
    Known,
    Rank,
    is_after,
    is_illustrated_since,
    is_outdated,
    is_too_late,
    later,
    order,
    outranks,
    rank_of,
    version_of,
)
from services.ingest.withdrawals import heard_late, killed_again_at, linked, withdrawn, withheld
from shared.articles import Article
from shared.site_settings import SiteSettings

Outcome = Literal["published", "updated", "unchanged", "stale", "withdrawn", "scheduled", "ignored"]


@dataclass(frozen=True, slots=True)
class Decision:
    """What to do, and what the sender is told: the outcome, and of which article. One that is `due` waits until then.
    One that is published, updated or withdrawn is the guid's new state, and so is a `quiet` one, of which only the
    version is recorded, and nobody is told. Any other is known already.

    `taken_back`: what was live, if readers are to have nothing meanwhile. `drop_waiting`: what waits never appears.
    """

    outcome: Outcome
    article: Article
    due: datetime | None = None
    taken_back: Article | None = None
    drop_waiting: bool = False
    quiet: bool = False


def decide(copy: Copy, known: Known, site: SiteSettings, now: datetime) -> Decision:
    """Place a version in its guid's total order (`versions`), then say what follows."""
    current, version = known.current, version_of(copy, known)
    rank = rank_of(copy, version)
    if current is not None:
        if is_outdated(copy.draft, current):
            return _stale(copy, current)
        if copy.digest == current.digest:  # a withdrawal's is WITHDRAWN
            return _unchanged(copy, rank, current, known.waiting, now)
        if rank < order(current) and not is_illustrated_since(copy, rank, current):
            return _stale(copy, current)
    if copy.digest == WITHDRAWN:
        killed = withdrawn(copy, version, current, now)
        return Decision("withdrawn", killed, drop_waiting=_drops(copy, killed, known.waiting))
    return _appear(copy, article_of(copy, current, version, site, now), known, now)


def fall_due(current: Article | None, waiting: Article) -> Decision:
    """What becomes of a waiting version when its time has come."""
    if current is not None and is_too_late(waiting, current, came_since=True):
        return Decision("stale", current, drop_waiting=True)
    article = appearing(waiting, current)
    if current is not None:
        renewed = {"revision": current.revision + 1, "version": max(waiting.version, current.version)}
        article = article.model_copy(update=renewed)
    return Decision(_appears_as(current), article, drop_waiting=True)


def _unchanged(copy: Copy, rank: Rank, current: Article, waiting: Article | None, now: datetime) -> Decision:
    """The same content again: where it stands higher, that is recorded, so that what is older stays older."""
    newer = linked(copy, current)
    if rank > order(current):
        newer = newer.model_copy(update=_told_again(copy, rank[0], current, waiting, now))
        drop = _drops(copy, newer, waiting)
    else:
        drop = waiting is not None and outranks(copy, rank, waiting)  # a DELETE of what a dated kill left waiting
    return Decision("unchanged", newer, drop_waiting=drop, quiet=newer != current)


def _told_again(
    copy: Copy, version: int, current: Article, waiting: Article | None, now: datetime
) -> dict[str, int | datetime | None]:
    """Where the same content stands from now on, which comes again as this version: a number decides, else moments."""
    draft, at = copy.draft, copy.draft.updated_at
    if draft.version is None:
        if waiting is not None and copy.digest == WITHDRAWN and at is None:
            at = waiting.ordered_at  # it comes last: a return that was scheduled dies with it
        elif waiting is None or not is_after(draft, waiting):
            version = current.version
    killed_at = killed_again_at(draft, current, at, now) if current.state == WITHDRAWN else None
    ordered_at = at if draft.version is not None else later(at, current.ordered_at)
    return {"version": version, "ordered_at": ordered_at, "withdrawn_at": killed_at}


def _stale(copy: Copy, current: Article) -> Decision:
    """An older version says nothing any more, except of an article that is withdrawn (`heard_late`)."""
    heard = heard_late(copy, current)
    return Decision("stale", heard, quiet=heard != current)


def _appear(copy: Copy, article: Article, known: Known, now: datetime) -> Decision:
    current, waiting, rank = known.current, known.waiting, order(article)
    due = copy.draft.due(now)
    if due is not None:
        same = waiting is not None and waiting.digest == copy.digest
        if waiting is not None and not _is_to_wait_instead(copy, rank, waiting):
            return Decision("unchanged", waiting) if same else _stale(copy, current or waiting)
        if current is not None and is_too_late(article, current, came_since=True):
            return Decision("stale", current)
        taken_back = None
        if copy.draft.withholds and current is not None and current.state != WITHDRAWN:
            taken_back = withheld(current, article, now)
        return Decision("unchanged" if same else "scheduled", waiting_of(copy, article), due, taken_back)
    drop = waiting is not None and outranks(copy, rank, waiting)
    if waiting is not None and waiting.withholds and not drop:
        return _stale(copy, current or waiting)
    return Decision(_appears_as(current), article, drop_waiting=drop)


def _appears_as(current: Article | None) -> Outcome:
    return "updated" if current is not None and current.live else "published"


def _is_to_wait_instead(copy: Copy, rank: Rank, waiting: Article) -> bool:
    """Whether a version is newer than the one that waits; the same content too, so that what is older stays older."""
    return (rank != order(waiting) and outranks(copy, rank, waiting)) or is_illustrated_since(copy, rank, waiting)


def _drops(copy: Copy, article: Article, waiting: Article | None) -> bool:
    """Whether what waits never appears after this state, to which a copy has led."""
    return waiting is not None and (outranks(copy, order(article), waiting) or is_too_late(waiting, article))

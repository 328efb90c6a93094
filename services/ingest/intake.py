"""What becomes of a version: which one wins, and when it is to appear. Pure: time is given."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from services.ingest.copies import WITHDRAWN, Copy, appearing, article_of, waiting_of
from services.ingest.draft import Draft
from shared.articles import Article
from shared.site_settings import SiteSettings
from shared.times import LONG_AGO

Outcome = Literal["published", "updated", "unchanged", "stale", "withdrawn", "scheduled", "ignored"]

MILLISECOND = timedelta(milliseconds=1)
"""As fine as the site's clock: an embargo that ends within the present one has ended."""
CLOCKS_DIFFER = timedelta(milliseconds=250)
"""By so much a sender's clock may be ahead, or its "just now" rounded: a schedule is later."""

Rank = tuple[int, bool, datetime, str]
"""Where a version stands: version, withdrawal, updated_at, digest."""


@dataclass(frozen=True, slots=True)
class Known:
    """What is known of a guid: its newest state, and the version that waits beside it."""

    current: Article | None = None
    waiting: Article | None = None


@dataclass(frozen=True, slots=True)
class Decision:
    """What to do: the outcome, the new state of the guid if it changes, and what waits from now on. What is to wait may
    change the state too: it may take back what is live.

    `quiet`: only the version is recorded, and nobody is told.
    """

    outcome: Outcome
    article: Article | None = None
    waiting: Article | None = None
    due: datetime | None = None
    drop_waiting: bool = False
    quiet: bool = False


def decide(copy: Copy, source: str, ident: str, known: Known, site: SiteSettings, now: datetime) -> Decision:
    """Place a version in its guid's total order: version, withdrawal, updated_at, digest; then say what follows."""
    current = known.current
    version = _version(copy, known)
    if version is None:
        return _stale(copy, current)
    rank = (version, copy.digest == WITHDRAWN, copy.draft.updated_at or LONG_AGO, copy.digest)
    if current is not None:
        if copy.digest == current.digest:  # a withdrawal's is WITHDRAWN
            return _unchanged(copy, known, current, rank, now)
        if rank < order(current) and not _is_illustrated_since(copy, rank, current):
            return _stale(copy, current)
    if copy.digest == WITHDRAWN:
        return _withdraw(copy, source, ident, known, version, now)
    return _appear(copy, source, ident, known, version, rank, site, now)


def fall_due(known: Known) -> Decision:
    """What becomes of a waiting version when its time has come."""
    current, waiting = known.current, known.waiting
    if waiting is None:
        return Decision("stale", current)
    if current is not None and _too_late(waiting, current, came_since=True):
        return Decision("stale", current, drop_waiting=True)
    outcome: Outcome = "updated" if current is not None and current.live else "published"
    article = appearing(waiting, current)
    if current is not None:
        renewed = {"revision": current.revision + 1, "version": max(waiting.version, current.version)}
        article = article.model_copy(update=renewed)
    return Decision(outcome, article, drop_waiting=True)


def order(article: Article) -> Rank:
    """Where a version stands among those of its guid."""
    return (article.version, article.state == WITHDRAWN, article.ordered_at or LONG_AGO, article.digest)


def _version(copy: Copy, known: Known) -> int | None:
    """The version it has, or gets; None if a version that is newer by updated_at is live, or was withdrawn.

    Without any moment what comes last is newest, also than what waits; with one a withdrawal of that moment stands.
    """
    draft, current, waiting = copy.draft, known.current, known.waiting
    if draft.version is not None:
        return draft.version
    told, known_at = draft.updated_at, (current.ordered_at or current.updated_at) if current else None
    if told is not None and current is not None and known_at is not None and told <= known_at:
        returns = current.state == WITHDRAWN and draft.status == "usable"
        if returns or told < known_at:
            return None
    if waiting is not None and waiting.digest == copy.digest and (told or LONG_AGO) <= (waiting.ordered_at or LONG_AGO):
        return waiting.version
    older = (current,) if waiting is not None and _is_before(copy, waiting) else (current, waiting)
    return 1 + max((article.version for article in older if article), default=0)


def _is_before(copy: Copy, waiting: Article) -> bool:
    """Whether what waits is newer by updated_at than a version without a number."""
    told = copy.draft.updated_at if copy.draft.version is None else None
    return told is not None and waiting.ordered_at is not None and told < waiting.ordered_at


def _is_after(copy: Copy, waiting: Article) -> bool:
    """Whether a version with a moment is newer by it than what waits."""
    told = copy.draft.updated_at
    return told is not None and waiting.ordered_at is not None and told > waiting.ordered_at


def _outranks(copy: Copy, rank: Rank, waiting: Article) -> bool:
    """Whether a version takes the place of the one that waits, or is it."""
    return order(waiting) <= rank and not _is_before(copy, waiting)


def _is_illustrated_since(copy: Copy, rank: Rank, current: Article) -> bool:
    """Whether it stands lower by its digest alone, and shows pictures that were pushed since the current one."""
    return rank[:3] == order(current)[:3] and set(copy.media) > set(current.media)


def _unchanged(copy: Copy, known: Known, current: Article, rank: Rank, now: datetime) -> Decision:
    """The same content again: where it stands higher, that is recorded, so that what is older stays older."""
    waiting = known.waiting
    if rank <= order(current):
        linked = _linked(copy, current)
        drop = waiting is not None and _outranks(copy, rank, waiting)  # a DELETE of what a dated kill left waiting
        return Decision("unchanged", linked, drop_waiting=drop, quiet=linked != current)
    if copy.draft.version is not None:
        version, ordered_at, killed_at = _numbered_again(copy, copy.draft.version, current, now)
    else:
        version, ordered_at, killed_at = _unnumbered_again(copy, waiting, current, rank, now)
    withdrawn_at = killed_at if current.state == WITHDRAWN else current.withdrawn_at
    newer = _linked(copy, current).model_copy(
        update={"version": version, "ordered_at": ordered_at, "withdrawn_at": withdrawn_at}
    )
    drop = waiting is not None and (_outranks(copy, order(newer), waiting) or _too_late(waiting, newer))
    return Decision("unchanged", newer, drop_waiting=drop, quiet=newer != current)


_Again = tuple[int, datetime | None, datetime | None]
"""Where the same content stands from now on: its version, when it was updated, and when, if it is a kill, that was."""


def _numbered_again(copy: Copy, version: int, current: Article, now: datetime) -> _Again:
    killed_at: datetime | None = (
        copy.draft.updated_at or now
    )  # as if it had come first: the newest kill says when it was
    if _is_repeated(copy.draft.updated_at, current.ordered_at):
        killed_at = current.withdrawn_at  # it says no other moment, which may be that of what was killed
    if not current.is_numbered:
        killed_at = _later(killed_at, current.withdrawn_at)  # no number puts a DELETE after it: it keeps its moment
    return version, copy.draft.updated_at, killed_at


def _unnumbered_again(copy: Copy, waiting: Article | None, current: Article, rank: Rank, now: datetime) -> _Again:
    version, ordered_at = current.version, copy.draft.updated_at
    if waiting is not None and copy.digest == WITHDRAWN and ordered_at is None:
        version, ordered_at = rank[0], waiting.ordered_at  # it comes last: a return that was scheduled dies with it
    elif waiting is not None and _is_after(copy, waiting):
        version = rank[0]
    killed_at = _later(ordered_at, current.withdrawn_at)  # what it took down is not to return with it
    if current.replaced_by is not None and copy.draft.updated_at is None:
        killed_at = _later(killed_at, now)  # it comes last, and is about what has taken the place since
    return version, _later(ordered_at, current.ordered_at), killed_at


def _stale(copy: Copy, current: Article | None) -> Decision:
    """An older version says nothing any more, except what a withdrawn article was a rewrite of, and whether its kill
    has a moment of its own."""
    heard = _as_it_was_killed(current, _linked(copy, current)) if current else None
    return Decision("stale", heard, quiet=heard != current)


def _as_it_was_killed(before: Article, linked: Article) -> Article:
    """A withdrawn article whose kill came first and says the moment of the newest version that is heard of since, as
    one whose kill says none."""
    said = linked.linked_by
    if said is None or said == before.linked_by or said[1] or not _is_repeated(said[2], linked.ordered_at):
        return linked
    return linked.model_copy(update={"withdrawn_at": linked.accepted_at})


def _is_repeated(moment: datetime | None, other: datetime | None) -> bool:
    """Whether a kill has but the moment of what it kills. Senders copy an article and change its status alone: that
    says nothing of when it was killed, least of all that it was before all rewrites."""
    return moment is not None and moment == other


def _linked(copy: Copy, current: Article) -> Article:
    """A withdrawn article with what a version says that it was a rewrite of: its kill takes that down too, whichever of
    the two comes first. The newest version that says so counts. A withdrawal that names nothing says nothing, and what
    still waited for its time when the kill came says nothing either."""
    draft, killed = copy.draft, copy.digest == WITHDRAWN
    if current.state != WITHDRAWN:
        return current
    if draft.evolved_from is None if killed else _due(draft, current.accepted_at) is not None:
        return current
    said = (draft.version or 0, killed, draft.updated_at or LONG_AGO, copy.digest)
    if current.linked_by is not None and said <= current.linked_by:
        return current
    return current.model_copy(update={"evolved_from": draft.evolved_from, "linked_by": said})


def _link_of(killed: Article | None) -> dict[str, object]:
    """Where the version stands that said what an article is a rewrite of, noted when the article is withdrawn: a later
    version may say otherwise (`_linked`), an older one may not."""
    if killed is None:
        return {}
    version, *others = order(killed)
    place = (version if killed.is_numbered else 0, *others)
    return {"linked_by": place}


def _withdraw(copy: Copy, source: str, ident: str, known: Known, version: int, now: datetime) -> Decision:
    current = known.current
    told = copy.draft.updated_at
    at = now if told is None or (current is not None and _is_repeated(told, current.ordered_at)) else told
    base = current or Article(
        id=ident, source=source, guid=copy.draft.guid, revision=0, version=version, state="withdrawn",
        digest=WITHDRAWN, accepted_at=now, published_at=now,
    )  # fmt: skip
    article = base.model_copy(
        update={
            "revision": base.revision + 1, "version": version, "state": "withdrawn", "status": copy.draft.status,
            "digest": WITHDRAWN, "ordered_at": copy.draft.updated_at, "withdrawn_at": at, "accepted_at": now,
            "is_numbered": copy.draft.version is not None,
            "updated_at": copy.draft.updated_at or base.ordered_at or base.updated_at,
        }
    )  # fmt: skip
    waiting = known.waiting
    drop = waiting is not None and (_outranks(copy, order(article), waiting) or _too_late(waiting, article))
    article = _linked(copy, article.model_copy(update=_link_of(current)))
    return Decision("withdrawn", article, drop_waiting=drop)


def _appear(
    copy: Copy, source: str, ident: str, known: Known, version: int,
    rank: Rank, site: SiteSettings, now: datetime,
) -> Decision:  # fmt: skip
    current, waiting = known.current, known.waiting
    article = article_of(copy, source, ident, current, version, site, now)
    due = _due(copy.draft, now)
    if due is not None:
        same = waiting is not None and waiting.digest == copy.digest
        if waiting is not None and not _is_to_wait_instead(copy, rank, waiting):
            return Decision("unchanged", waiting) if same else _stale(copy, current or waiting)
        if current is not None and _too_late(article, current, came_since=True):
            return Decision("stale", current)
        if copy.draft.withholds and current is not None and current.state != WITHDRAWN:
            current = _withheld(current, article, now)
        return Decision("unchanged" if same else "scheduled", current, waiting=waiting_of(copy, article), due=due)
    if waiting is not None and waiting.withholds and not _outranks(copy, rank, waiting):
        return _stale(copy, current or waiting)
    outcome: Outcome = "updated" if current is not None and current.live else "published"
    return Decision(outcome, article, drop_waiting=waiting is not None and _outranks(copy, rank, waiting))


def _withheld(current: Article, waiting: Article, now: datetime) -> Article:
    """What is live, taken back for as long as another version waits: by a withdrawal that is older than that one."""
    at = (waiting.ordered_at or waiting.accepted_at) - MILLISECOND
    taken_back = {
        "revision": current.revision + 1, "state": WITHDRAWN, "status": "withheld", "digest": WITHDRAWN,
        "withdrawn_at": at, "accepted_at": now,
    }  # fmt: skip
    return current.model_copy(update=taken_back)


def _is_to_wait_instead(copy: Copy, rank: Rank, waiting: Article) -> bool:
    """Whether a version is newer than the one that waits; the same content too, so that what is older stays older."""
    return (rank != order(waiting) and _outranks(copy, rank, waiting)) or _is_illustrated_since(copy, rank, waiting)


def _too_late(waiting: Article, withdrawn: Article, *, came_since: bool = False) -> bool:
    """A version that is not updated later than a withdrawal never goes live.

    Without updated_at it is as old as its acceptance: in the withdrawal's own millisecond what came since is later.
    """
    if withdrawn.state != WITHDRAWN or withdrawn.withdrawn_at is None:
        return False
    if waiting.ordered_at is None and came_since:
        return waiting.accepted_at < withdrawn.withdrawn_at
    return (waiting.ordered_at or waiting.accepted_at) <= withdrawn.withdrawn_at


def _due(draft: Draft, now: datetime) -> datetime | None:
    """When it may appear, if that is still to come; an embargo never ends early."""
    published, embargo = draft.published_at, draft.embargo_until
    is_scheduled = published is not None and published - now > CLOCKS_DIFFER
    is_embargoed = embargo is not None and embargo - now >= MILLISECOND
    return _later(published if is_scheduled else None, embargo if is_embargoed else None)


def _later(one: datetime | None, other: datetime | None) -> datetime | None:
    return max((at for at in (one, other) if at), default=None)

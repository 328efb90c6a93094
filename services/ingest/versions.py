"""A guid's versions in their total order: version, withdrawal, updated_at, then the content's digest. Pure."""

from dataclasses import dataclass
from datetime import datetime

from services.ingest.copies import WITHDRAWN, Copy
from services.ingest.draft import Draft
from shared.articles import Article
from shared.times import LONG_AGO

Rank = tuple[int, bool, datetime, str]
"""Where a version stands: version, withdrawal, updated_at, digest."""


@dataclass(frozen=True, slots=True)
class Known:
    """What is known of a guid: its newest state, and the version that waits beside it."""

    current: Article | None = None
    waiting: Article | None = None


def order(article: Article) -> Rank:
    """Where a version stands among those of its guid."""
    return (article.version, article.state == WITHDRAWN, article.ordered_at or LONG_AGO, article.digest)


def rank_of(copy: Copy, version: int) -> Rank:
    """Where a copy stands that has, or got, this version."""
    return (version, copy.digest == WITHDRAWN, copy.draft.updated_at or LONG_AGO, copy.digest)


def version_of(copy: Copy, known: Known) -> int:
    """The version it has, or gets. Without any moment what comes last is newest, also than what waits."""
    draft, current, waiting = copy.draft, known.current, known.waiting
    if draft.version is not None:
        return draft.version
    told = draft.updated_at or LONG_AGO
    if waiting is not None and waiting.digest == copy.digest and told <= (waiting.ordered_at or LONG_AGO):
        return waiting.version
    older = (current,) if waiting is not None and _is_before(draft, waiting) else (current, waiting)
    return 1 + max((article.version for article in older if article), default=0)


def is_outdated(draft: Draft, current: Article) -> bool:
    """Whether a version without a number is older by updated_at than what is live, or was withdrawn: a withdrawal of
    the same moment stands."""
    told, known_at = draft.updated_at, current.ordered_at or current.updated_at
    if draft.version is not None or told is None or known_at is None:
        return False
    returns = current.state == WITHDRAWN and draft.status == "usable"
    return told < known_at or (told == known_at and returns)


def is_said_before(said: Rank, other: Rank) -> bool:
    """Whether what a version says was said before what another one says, or is that. Versions without a number, whose
    first part is 0, follow one another by their moments."""
    return _by_moment(said) <= _by_moment(other)


def outranks(copy: Copy, rank: Rank, waiting: Article) -> bool:
    """Whether a version takes the place of the one that waits, or is it."""
    return order(waiting) <= rank and not _is_before(copy.draft, waiting)


def is_after(draft: Draft, waiting: Article) -> bool:
    """Whether a version with a moment is newer by it than what waits."""
    told = draft.updated_at
    return told is not None and waiting.ordered_at is not None and told > waiting.ordered_at


def is_illustrated_since(copy: Copy, rank: Rank, known: Article) -> bool:
    """Whether it stands lower by its digest alone, and shows pictures that were pushed since the known one."""
    return rank[:3] == order(known)[:3] and set(copy.media) > set(known.media)


def is_too_late(waiting: Article, withdrawn: Article, *, came_since: bool = False) -> bool:
    """A version that is not updated later than a withdrawal never goes live.

    Without updated_at it is as old as its acceptance: in the withdrawal's own millisecond what came since is later.
    """
    if withdrawn.withdrawn_at is None:
        return False
    if waiting.ordered_at is None and came_since:
        return waiting.accepted_at < withdrawn.withdrawn_at
    return (waiting.ordered_at or waiting.accepted_at) <= withdrawn.withdrawn_at


def later(one: datetime | None, other: datetime | None) -> datetime | None:
    """The later one of two moments that may not be told."""
    return max((at for at in (one, other) if at), default=None)


def _is_before(draft: Draft, waiting: Article) -> bool:
    """Whether what waits is newer by updated_at than a version without a number."""
    told = draft.updated_at if draft.version is None else None
    return told is not None and waiting.ordered_at is not None and told < waiting.ordered_at


def _by_moment(said: Rank) -> tuple[object, ...]:
    version, killed, told, digest = said
    return said if version else (0, told, killed, digest)

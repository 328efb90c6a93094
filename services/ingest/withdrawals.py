"""What a withdrawal says: when it was, and what goes with it, since the article was a rewrite of that. Pure."""

from datetime import datetime

from services.ingest.copies import WITHDRAWN, Copy
from services.ingest.draft import Draft
from services.ingest.versions import Rank, is_said_before, later, order
from shared.articles import Article
from shared.times import LONG_AGO, MILLISECOND


def withdrawn(copy: Copy, version: int, current: Article | None, now: datetime) -> Article:
    """The state of a guid that is withdrawn by a copy, after the one that was known, if any."""
    draft = copy.draft
    base = current or Article(
        id=copy.ident, source=copy.source, guid=draft.guid, revision=0, version=version, state=WITHDRAWN,
        digest=WITHDRAWN, accepted_at=now, published_at=now,
    )  # fmt: skip
    article = base.model_copy(
        update={
            "revision": base.revision + 1, "version": version, "state": WITHDRAWN, "status": draft.status,
            "digest": WITHDRAWN, "ordered_at": draft.updated_at, "withdrawn_at": _killed_at(draft, current, now),
            "accepted_at": now, "is_numbered": draft.version is not None,
            "updated_at": draft.updated_at or base.ordered_at or base.updated_at,
            "linked_by": _linked_by(current) if current else None,
        }
    )  # fmt: skip
    return linked(copy, article)


def withheld(current: Article, waiting: Article, now: datetime) -> Article:
    """What is live, taken back for as long as another version waits: by a withdrawal that is older than that one."""
    at = (waiting.ordered_at or waiting.accepted_at) - MILLISECOND
    taken_back = {
        "revision": current.revision + 1, "state": WITHDRAWN, "status": "withheld", "digest": WITHDRAWN,
        "withdrawn_at": at, "accepted_at": now,
    }  # fmt: skip
    return current.model_copy(update=taken_back)


def linked(copy: Copy, current: Article) -> Article:
    """A withdrawn article with what a version says that it was a rewrite of: its kill takes that down too, whichever of
    the two comes first. The newest version that says so counts. A withdrawal that names nothing says nothing, and what
    still waited for its time when the kill came says nothing either."""
    draft, killed = copy.draft, copy.digest == WITHDRAWN
    if current.state != WITHDRAWN:
        return current
    if draft.evolved_from is None if killed else draft.due(current.accepted_at) is not None:
        return current
    said = (draft.version or 0, killed, draft.updated_at or LONG_AGO, copy.digest)
    if current.linked_by is not None and is_said_before(said, current.linked_by):
        return current
    return current.model_copy(update={"evolved_from": draft.evolved_from, "linked_by": said})


def heard_late(copy: Copy, current: Article) -> Article:
    """A state with what an older version still says: what a withdrawn article was a rewrite of, and whether its kill
    has a moment of its own. A kill that came first has none if the newest version that is heard of since says it."""
    found = linked(copy, current)
    said = found.linked_by
    if said is None or said == current.linked_by or not _is_repeated(said[2], found.ordered_at):
        return found
    if found.withdrawn_at != found.ordered_at:
        return found  # it has come again since, and is dated by that
    return found.model_copy(update={"withdrawn_at": found.accepted_at})


def killed_again_at(draft: Draft, current: Article, at: datetime | None, now: datetime) -> datetime | None:
    """Since when an article is withdrawn whose kill comes again and stands higher, ordered by the moment `at`."""
    if draft.version is not None or draft.updated_at is not None:
        killed_at: datetime | None = _killed_at(draft, current, now)
    else:  # it comes last, and if another has taken the place since, it is about that
        killed_at = later(at, now) if current.replaced_by is not None else at
    if draft.version is not None and current.is_numbered:
        return killed_at  # as if it had come first: the newest kill says when it was
    return later(killed_at, current.withdrawn_at)  # no number puts it after that: what that took down stays down


def _killed_at(draft: Draft, current: Article | None, now: datetime) -> datetime:
    """When a kill was: at its own moment, else at that of its acceptance. One that names the moment of the kill that is
    known says nothing new."""
    told = draft.updated_at
    if told is None:
        return now
    if current is not None and _is_repeated(told, current.ordered_at or _killed_of(current)):
        return current.withdrawn_at or now
    return told


def _killed_of(current: Article) -> datetime | None:
    """The moment of what a kill without one has killed."""
    return current.updated_at if current.state == WITHDRAWN else None


def _is_repeated(moment: datetime, other: datetime | None) -> bool:
    """Whether a kill has but the moment of what it kills. Senders copy an article and change its status alone: that
    says nothing of when it was killed, least of all that it was before all rewrites."""
    return moment == other


def _linked_by(killed: Article) -> Rank:
    """Where the version stands that said what an article is a rewrite of, noted when the article is withdrawn: a later
    version may say otherwise (`linked`), an older one may not."""
    place = order(killed)
    return place if killed.is_numbered else (0, *place[1:])

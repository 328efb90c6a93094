"""A kill by an article's id, which says nothing else of it: `DELETE /v1/articles/{id}`."""

from datetime import datetime

from services.ingest.draft import Draft
from services.ingest.register import Accepted, Register
from services.ingest.versions import Known
from shared.clock import Clock


async def kill(register: Register, clock: Clock, known: Known) -> Accepted:
    """Withdraw an article at its current version, and what waits beside it; `stale` where a newer one came in between.

    Something has to be known of it.
    """
    article, waiting = known.current, known.waiting
    # of one that is withdrawn already only what was scheduled since is left to kill
    killed = waiting if waiting and (article is None or article.state == "withdrawn") else article
    assert killed is not None  # noqa: S101 - one of them is there
    at = await _moment(register, clock.now(), known)
    told = Draft(guid=killed.guid, version=killed.version, status="canceled", updated_at=at)
    return await register.accept(killed.source, told)


async def _moment(register: Register, now: datetime, known: Known) -> datetime | None:
    """The moment that a withdrawal has to name so that all goes that is to go: a sender's clock may be ahead of ours.
    None if that of its acceptance is late enough."""
    article = known.current
    at = known.waiting.ordered_at if known.waiting else None  # what waits never appears if it is not updated later
    # it is withdrawn, and what took its place came later than that
    is_back = article is not None and article.state == "withdrawn" and article.replaced_by is not None
    if not is_back and (at is None or at <= now):
        return None
    of_chain = await register.latest_of_chain(article) if article is not None else None
    return max(filter(None, (now, at, of_chain)))

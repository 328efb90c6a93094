"""A kill by an article's id, which says nothing else of it: `DELETE /v1/articles/{id}`."""

from datetime import datetime

from services.ingest.draft import Draft
from services.ingest.register import Accepted, Register
from shared.articles import Article
from shared.clock import Clock


async def kill(register: Register, clock: Clock, article: Article | None, waiting: Article | None) -> Accepted:
    """Withdraw an article at its current version, and what waits beside it; `stale` where a newer one came in between.

    There has to be one of the two.
    """
    # of one that is withdrawn already only what was scheduled since is left to kill
    killed = waiting if waiting and (article is None or article.state == "withdrawn") else article
    assert killed is not None  # noqa: S101 - one of them is there
    at = await _moment(register, clock.now(), article, waiting)
    told = Draft(guid=killed.guid, version=killed.version, status="canceled", updated_at=at)
    return await register.accept(killed.source, told)


async def _moment(
    register: Register, now: datetime, article: Article | None, waiting: Article | None
) -> datetime | None:
    """The moment that a withdrawal has to name so that all goes that is to go: a sender's clock may be ahead of ours.
    None if that of its acceptance is late enough."""
    at = waiting.ordered_at if waiting else None  # what waits never appears if it is not updated later
    # it is withdrawn, and what took its place came later than that
    is_back = article is not None and article.state == "withdrawn" and article.replaced_by is not None
    if not is_back and (at is None or at <= now):
        return None
    known = await register.latest_of_chain(article) if article is not None else None
    return max(filter(None, (now, at, known)))

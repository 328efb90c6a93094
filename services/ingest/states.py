"""What a source is told of an article of its own: where it stands, and since when readers have it. Pure."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from services.ingest.versions import Known
from shared.articles import Article
from shared.clock import moment


def state_of(known: Known, built: Mapping[bytes, bytes], base_url: str) -> dict[str, Any]:
    """The members of `GET /v1/articles/{id}` (`api.ArticleState`), from what is known of it, which has to be something,
    and what is on disk (`live.built_key`)."""
    article, waiting = known.current, known.waiting
    shown = article or waiting
    assert shown is not None  # noqa: S101 - one of them is there
    return {
        "id": shown.id,
        "guid": shown.guid,
        "version": shown.version,
        "url": shown.url(base_url),
        "state": _state(article),
        "headline": shown.headline,
        "accepted_at": _as_text(shown.accepted_at),
        "live_at": _live_at(built),
        "live_version": _live_version(article, built),
        "scheduled_version": waiting.version if waiting else None,
    }


def _as_text(at: datetime) -> str:
    return at.isoformat().replace("+00:00", "Z")


def _state(article: Article | None) -> str:
    if article is None:
        return "scheduled"
    if article.replaced_by:
        return "replaced"
    return "withdrawn" if article.down else article.state


def _live_at(built: Mapping[bytes, bytes]) -> str | None:
    if b"at" not in built or b"gone" in built:
        return None
    return _as_text(moment(int(float(built[b"at"]))))


def _live_version(article: Article | None, built: Mapping[bytes, bytes]) -> int | None:
    if b"version" not in built or b"gone" in built:
        return None
    if article and int(built[b"revision"]) == article.revision:
        return article.version  # a higher version with the same content is recorded without a new page
    return int(built[b"version"])

"""What a change of an article is in the store and on the stream: commands, and the event. Pure."""

from dataclasses import dataclass
from datetime import datetime

from shared import live
from shared.articles import Article, PublicArticle, body_key, record_key
from shared.events import ARTICLES, ArticleEvent, ArticlePublished, ArticleUpdated, ArticleWithdrawn, announce
from shared.kept import pack_body, read_card
from shared.site_settings import SiteSettings
from shared.store import Command


@dataclass(frozen=True, slots=True)
class Change:
    """An article before and after; its body where that is new or `is_for_readers`; its card while it is listed."""

    before: Article | None
    after: Article
    body: str
    card: bytes | None


def is_for_readers(before: Article | None, after: Article) -> bool:
    """Whether readers have it, or had it before: the event has its body then. Each rewrite of a story moves all that
    were rewritten before it: with their words told each time, sixty of half a megabyte took a gigabyte."""
    return after.live or (before is not None and before.live)


def enter(change: Change, site: SiteSettings, now: datetime) -> tuple[list[Command], str]:
    """The commands that carry a change out and announce it, and the id of its event."""
    event = _event(change, site, now)
    leaves = live.leave(read_card(change.card)) if change.card is not None and not change.after.live else []
    return [*_kept(change), *leaves, announce(ARTICLES, event)], event.event_id


def _kept(change: Change) -> list[Command]:
    """What is kept of the article: its record, its body, and the addresses that it had."""
    before, after = change.before, change.after
    record = (record_key(after.id), after.model_dump_json())
    commands: list[Command] = [("SET", *record)]
    if after.state == "published" and (before is None or before.digest != after.digest):
        commands = [("MSET", *record, body_key(after.id), pack_body(change.body))]
    if before is not None and before.path and before.path != after.path:
        # An address that was acknowledged leads on, even if the press had not come to it yet. The new one may be among
        # them, and stays: the article may leave it again.
        commands.append(("SADD", live.former_key(after.id), before.path))
    if after.path and after.replaced_by:
        # that of an article which comes after its rewrite was acknowledged too, and never has a page
        commands.append(("SADD", live.former_key(after.id), after.path))
    return commands


def _event(change: Change, site: SiteSettings, now: datetime) -> ArticleEvent:
    before, after = change.before, change.after
    was_live = before is not None and before.live
    about = {
        "at": now,
        "id": after.id,
        "source": after.source,
        "guid": after.guid,
        "version": after.version,
        "revision": after.revision,
        "url": after.url(site.base_url) or "",
        "before": before.card().facets() if before and was_live else None,
        "article": _whole(after, change.body if is_for_readers(before, after) else ""),
    }
    if not after.live:
        return ArticleWithdrawn(**about, replaced_by=after.replaced_by)
    kind = ArticleUpdated if was_live else ArticlePublished
    return kind(**about, after=after.card().facets())


def _whole(article: Article, body: str) -> dict[str, object]:
    return {**article.model_dump(mode="json", include=_PUBLIC), "body_html": body}


_PUBLIC = set(PublicArticle.model_fields)

"""What a new state of an article changes, for itself and for the others of its chain of rewrites."""

from collections.abc import Container, Sequence
from dataclasses import dataclass
from datetime import datetime

from services.ingest.basis import Basis
from services.ingest.chains import Standing, dated, is_cycle, standings
from services.ingest.entries import Change, enter, is_for_readers
from services.ingest.families import Family, chain_of_key, family_of
from services.ingest.transaction import Transaction
from shared.articles import Article, body_key, record_key
from shared.events import SIGNALS, FrontChanged, announce
from shared.front import FRONT, Front
from shared.kept import unpack_body
from shared.live import live_key
from shared.problems import Fault, Problem
from shared.site_settings import SiteSettings
from shared.store import Store


@dataclass(frozen=True, slots=True)
class Entered:
    """The article as it stands now, and its event if it has one."""

    article: Article
    event_id: str | None
    awaited: tuple[tuple[str, int], ...]
    """Articles of its chain, itself among them, each with its revision: those at whose addresses readers see a change,
    and those that lead to it. Their pages are what `Prefer: wait` waits for."""


async def enter_state(
    store: Store, site: SiteSettings, basis: Basis, after: Article, body: str, step: Transaction, *, quiet: bool
) -> Entered:
    """Find what a new state of an article changes, and have the step do it; `body` is that of a state which has another
    one than before. `quiet`: what readers see is the same; nobody is told, unless its place in the chain changes.

    Raises Problem for a chain that would run in a circle, and StoreUnavailable.
    """
    before = basis.known.current
    family = await family_of(store, after, basis.chain_of)
    after = dated(before, after, family.members)
    standing = standings(_members(family, after))
    article = _standing(after, standing[after.id])
    step.expect |= {**family.expect, chain_of_key(article.id): basis.chain_of}
    step.commands += family.commands
    silent = quiet and before is not None and _standing_of(before) == _standing_of(article)
    if silent:
        step.commands.append(("SET", record_key(article.id), article.model_dump_json()))
    elif quiet:
        article = article.model_copy(update={"revision": article.revision + 1})
    if not article.live:
        step.expect[live_key(article.id)] = basis.card
    moved = before is not None and before.path != article.path
    others = await _others(store, family, standing, article.id if moved else None, step)
    own = [] if silent else [Change(before, article, await _body(store, before, article, body), basis.card)]
    await _lead_on(store, basis.at, [*own, *others], step)
    event_id = None
    for change in reversed([*own, *others]):
        entries, event_id = enter(change, site, basis.at)
        step.commands += entries
    # what stands at the others' addresses changes in any case: a page, where a redirect leads, a 410
    seen = [change.after for change in own if _is_seen(change, alone=not others)]
    changed = {change.after.id: change.after for change in others}
    awaited = [*seen, *changed.values(), *(_leading_to(article, family, changed) if seen else ())]
    revisions = tuple((one.id, one.revision) for one in awaited)
    return Entered(article, None if silent else event_id, revisions)


async def _body(store: Store, before: Article | None, article: Article, body: str) -> str:
    """The body of the article's own event: where it is withdrawn the one that readers had, since no kill brings one."""
    if body or article.live or not is_for_readers(before, article):
        return body
    return unpack_body(await store.do("GET", body_key(article.id)))


def _leading_to(article: Article, family: Family, changed: Container[str]) -> list[Article]:
    """The others that lead to an article as before: their redirects may be to come, from a change just before this."""
    others = (member for member in family.members.values() if member.id not in changed)
    return [other for other in others if other.replaced_by == article.id]


def _is_seen(change: Change, *, alone: bool) -> bool:
    """Whether readers see a change at its address: of its page, or of where the address leads.

    They see nothing of an article that is withdrawn before it could appear, nor of new words for one that has been
    rewritten: its address leads to the rewrite as before. An article that comes after its own rewrite has an address
    that nobody knows yet: what happens there counts only together with changes of others (not `alone`).
    """
    before, after = change.before, change.after
    if after.live or (before is not None and before.live):
        return True
    led, path = (before.replaced_by, before.path) if before is not None else (None, "")
    leads = after.replaced_by
    changes = leads != led or (leads is not None and after.path != path)
    return bool(path or (after.path and not alone)) and changes


async def check_chain(store: Store, article: Article, chain_of: bytes | None) -> None:
    """Raise Problem if an article that is to appear would make its chain, as it is now, run in a circle."""
    if article.evolved_from is not None:
        _members(await family_of(store, article, chain_of), article)


def _members(family: Family, article: Article) -> dict[str, Article]:
    members = {**family.members, article.id: article}
    if is_cycle(article.id, members):
        fault = Fault("/evolved_from", "This makes the article a rewrite of itself, by way of others.")
        raise Problem(422, fault.detail, [fault])
    return members


async def _others(
    store: Store, family: Family, standing: dict[str, Standing], moved: str | None, step: Transaction
) -> list[Change]:
    """The others whose place in the chain changes, and those that lead to an article that has `moved`."""
    pairs = [(member, _standing(member, standing[ident])) for ident, member in family.members.items()]
    changed = [(one, other) for one, other in pairs if one != other or (moved and one.replaced_by == moved)]
    if not changed:
        return []
    step.expect |= {live_key(member.id): family.cards[member.id] for member, _ in changed}
    told = [before.id for before, after in changed if is_for_readers(before, after)]
    bodies = dict(zip(told, await store.do("MGET", *map(body_key, told)), strict=True)) if told else {}
    return [
        Change(
            before,
            after.model_copy(update={"revision": before.revision + 1}),
            unpack_body(bodies.get(before.id)),
            family.cards[before.id],
        )
        for before, after in changed
    ]


async def _lead_on(store: Store, now: datetime, changes: Sequence[Change], step: Transaction) -> None:
    """Have the lead follow a rewrite; one that was withdrawn does not lead again, when it returns or is rewritten."""
    moves: dict[str, str | None] = {}
    for change in changes:
        before, after = change.before, change.after
        if before is not None and not (before.live or before.replaced_by):
            moves[after.id] = None
        elif after.replaced_by:
            moves[after.id] = after.replaced_by
    if not moves:
        return
    kept = step.expect[FRONT] = await store.do("GET", FRONT)
    before_it = Front.model_validate_json(kept) if kept else Front()
    front = before_it.after(moves)
    if front != before_it:
        step.commands += [("SET", FRONT, front.model_dump_json()), announce(SIGNALS, FrontChanged(at=now))]


def _standing(article: Article, standing: Standing) -> Article:
    if _standing_of(article) == standing:
        return article
    return article.model_copy(update={"replaced_by": standing.replaced_by, "down": standing.down})


def _standing_of(article: Article) -> Standing:
    return Standing(article.replaced_by, article.down)

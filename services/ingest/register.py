"""The register: takes a decision into the store, the state and its event in one step.

A draft is decided upon from what is read; the step is carried out only if that still holds, else it is decided
again. `due:ingest` has the ids of versions that wait, by their time.
"""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime
from weakref import WeakValueDictionary

from services.ingest.basis import Basis, basis_of_new, known_of, read_basis
from services.ingest.beside import beside
from services.ingest.chains import latest
from services.ingest.changes import Entered, check_chain, enter_state
from services.ingest.copies import address_of, prepare
from services.ingest.disk import Disk
from services.ingest.draft import Draft
from services.ingest.families import chain_of_key, family_of
from services.ingest.illustrations import Illustrated, linked
from services.ingest.intake import Decision, Outcome, decide, fall_due
from services.ingest.names import Names
from services.ingest.slugs import claim
from services.ingest.transaction import Transaction
from services.ingest.versions import Known
from shared import live
from shared.articles import Article, identify, record_key, scheduled_body_key, scheduled_key, slug_key
from shared.clock import Clock, due, millis
from shared.dead_letters import set_aside
from shared.kept import pack_body, unpack_body
from shared.site_settings import SiteSettings
from shared.store import Command, Script, Store, StoreUnavailable, pairs

TRIES = 50
COPIES = 4
"""Of a body, on disk: packed, in its event, on its page and in feeds."""
Illustrate = Callable[[Draft], Awaitable[Illustrated]]


@dataclass(frozen=True, slots=True)
class Accepted:
    """What was acknowledged: the outcome, the guid's state, the event if there was one."""

    outcome: Outcome
    article: Article
    event_id: str | None = None
    awaited: tuple[tuple[str, int], ...] = ()
    """As in `changes.Entered`: the articles whose pages are to be on disk before the sender is answered 201."""


class Register:
    """Accepts drafts. One at a time per guid in this process; between processes the store decides."""

    def __init__(self, store: Store, site: SiteSettings, clock: Clock, disk: Disk | None = None) -> None:
        self._store = store
        self._site = site
        self._clock = clock
        self._disk = disk
        self._names = Names(store)
        self._turns: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()

    async def accept(self, source: str, draft: Draft, illustrate: Illustrate | None = None) -> Accepted:
        """Accept a draft; when this returns, state and event are on disk. Raises StoreUnavailable,
        and Problem where the disk has no room for it.

        Its pictures are found in its turn: nothing that is sent later about it is accepted before it.
        """
        ident = identify(source, draft.guid)
        async with self._turn(ident):
            illustrated = await illustrate(draft) if illustrate else Illustrated(draft, linked(draft.image))
            size = len(draft.body_html or draft.body_text or "")
            copy = await beside(size, prepare, source, illustrated.draft, illustrated.image, illustrated.sizes)
            if self._disk is not None:
                self._disk.make_sure_of_room(COPIES * len(copy.body))
            for number in range(TRIES):
                now = self._clock.now()
                # who has the address that a new article would get is read along
                slug = slug_key(*address_of(copy, None, self._site, now))
                taken_for_new = number == 0 and _looks_new(draft)
                basis = basis_of_new(now, slug) if taken_for_new else await read_basis(self._store, ident, now, slug)
                decision = decide(copy, basis.known, self._site, now)
                if done := await self._carry_out(ident, basis, decision, copy.body):
                    return done
        raise StoreUnavailable("the article is being changed by others; try again")

    async def fall_due(self, ident: str) -> Accepted | None:
        """Publish the version that waited, if it still may appear; None if nothing is due.

        Others do the same at the same time, and newer versions come meanwhile.
        """
        async with self._turn(ident):
            for _ in range(TRIES):
                basis = await read_basis(self._store, ident, self._clock.now())
                current, waiting = basis.known.current, basis.known.waiting
                if waiting is None:
                    # but for one that has come since: it has its own time
                    await self._store.commit({scheduled_key(ident): None}, [("ZREM", due("ingest"), ident)])
                    return None
                # asked for after what waits was read: a version that came in between has a later time, or its own
                when = await self._store.do("ZSCORE", due("ingest"), ident)
                if when is None or float(when) > millis(basis.at):
                    return None
                body = unpack_body(await self._store.do("GET", scheduled_body_key(ident)))
                if done := await self._carry_out(ident, basis, fall_due(current, waiting), body):
                    return done
        raise StoreUnavailable("the article is being changed by others; try again")

    async def set_aside(self, ident: str, reason: str) -> bool:
        """Let what waits wait for somebody to look at it, as a dead letter says; False if others did, or it changed."""
        async with self._turn(ident):
            scheduled = await self._store.do("GET", scheduled_key(ident))
            if scheduled is None:
                return False
            letter = set_aside("schedule", ident, reason, scheduled.decode())
            keys = (scheduled_key(ident), due("ingest"))
            return bool(await self._store.run(_ASIDE, keys, (scheduled, ident, *letter)))

    async def find(self, ident: str) -> tuple[Known, dict[bytes, bytes]]:
        """What is known of an article, and what is on disk of it."""
        record, scheduled, flat = await self._store.all(
            [("GET", record_key(ident)), ("GET", scheduled_key(ident)), ("HGETALL", live.built_key(ident))]
        )
        return known_of(record, scheduled), dict(pairs(flat))

    async def latest_of_chain(self, article: Article) -> datetime | None:
        """When the others of its chain of rewrites were last updated, as far as they are usable; None without any."""
        chain_of = await self._store.do("GET", chain_of_key(article.id))
        return latest((await family_of(self._store, article, chain_of)).members.values())

    def _turn(self, ident: str) -> asyncio.Lock:
        """The lock of a guid; it lives for as long as somebody has it or waits for it."""
        return self._turns.setdefault(ident, asyncio.Lock())

    async def _carry_out(self, ident: str, basis: Basis, decision: Decision, body: str) -> Accepted | None:
        """Write what was decided; None if what it rests on has changed meanwhile."""
        step = Transaction({record_key(ident): basis.record, scheduled_key(ident): basis.scheduled})
        if decision.due is not None:
            accepted = await self._schedule(decision, decision.due, basis, body, step)
        elif decision.quiet or decision.outcome in ("published", "updated", "withdrawn"):
            accepted = await self._change(decision, basis, body, step)
        else:
            accepted = Accepted(decision.outcome, decision.article)
        if decision.drop_waiting:
            step.commands += [("DEL", scheduled_key(ident), scheduled_body_key(ident)), ("ZREM", due("ingest"), ident)]
        if not await step.commit(self._store):
            return None
        if decision.outcome in ("published", "updated"):
            self._names.remember(accepted.article)
        return accepted

    async def _schedule(self, decision: Decision, at: datetime, basis: Basis, body: str, step: Transaction) -> Accepted:
        """A version that is to wait for its time."""
        await check_chain(self._store, decision.article, basis.chain_of)
        waiting = await self._settle(decision.article, basis, step)
        step.commands += _wait(waiting, body, millis(at))
        if decision.taken_back is None:
            return Accepted(decision.outcome, waiting)
        entered = await self._enter(decision.taken_back, "", basis, step)
        return Accepted(decision.outcome, waiting, entered.event_id)

    async def _change(self, decision: Decision, basis: Basis, body: str, step: Transaction) -> Accepted:
        """A state that is the newest from now on, with all that it changes for others."""
        article = decision.article
        if article.state == "published" and not decision.quiet:
            article = await self._names.settle(article, basis.named_since, step)
            article = await self._settle(article, basis, step)
        entered = await self._enter(article, body, basis, step, quiet=decision.quiet)
        outcome = _as_its_chain_stands(decision, entered, basis.known.current)
        return Accepted(outcome, entered.article, entered.event_id, entered.awaited)

    async def _enter(
        self, article: Article, body: str, basis: Basis, step: Transaction, *, quiet: bool = False
    ) -> Entered:
        return await enter_state(self._store, self._site, basis, article, body, step, quiet=quiet)

    async def _settle(self, article: Article, basis: Basis, step: Transaction) -> Article:
        """Give an article its address; the one that it has had is its own for good."""
        current = basis.known.current
        if current is not None and current.path == article.path:
            return article
        return await claim(self._store, article, basis.owners, step)


def _as_its_chain_stands(decision: Decision, entered: Entered, before: Article | None) -> Outcome:
    """What becomes of a version in its chain of rewrites; of the same content again too, if that moves it there."""
    article, outcome = entered.article, decision.outcome
    is_moved = outcome == "unchanged" and entered.event_id is not None
    if is_moved and (article.down or article.state == "withdrawn"):
        return "withdrawn"
    if is_moved:
        return "published" if article.live else "updated"
    if outcome == "published" and article.replaced_by and before is not None and before.replaced_by:
        return "updated"  # readers get no article: its address leads to the rewrite as before
    return "withdrawn" if article.down and outcome in ("published", "updated") else outcome


def _looks_new(draft: Draft) -> bool:
    """Whether nothing is likely to be known of it: most articles are new, and what is known need not be read then,
    since the step at the store is not carried out unless that was right."""
    return draft.status == "usable" and draft.evolved_from is None and (draft.version or 1) == 1


def _wait(article: Article, body: str, due_ms: int) -> list[Command]:
    return [
        ("SET", scheduled_key(article.id), article.model_dump_json()),
        ("SET", scheduled_body_key(article.id), pack_body(body)),
        ("ZADD", due("ingest"), due_ms, article.id),
    ]


_ASIDE = Script("""
if redis.call('GET', KEYS[1]) ~= ARGV[1] or redis.call('ZREM', KEYS[2], ARGV[2]) == 0 then return 0 end
redis.call(unpack(ARGV, 3))
return 1
""")

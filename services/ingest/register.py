"""The register: takes a decision into the store, the state and its event in one step.

A draft is decided upon from what is read; the step is carried out only if that still holds, else it is decided
again. `due:ingest` has the ids of versions that wait, by their time.
"""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field
from weakref import WeakValueDictionary

from services.ingest.addresses import claim
from services.ingest.changes import State, enter_state
from services.ingest.copies import Copy, address_of, prepare
from services.ingest.draft import Draft
from services.ingest.families import chain_of_key
from services.ingest.illustrations import Illustrated, linked
from services.ingest.intake import Decision, Known, Outcome, decide, fall_due
from shared import live
from shared.articles import (
    Article,
    identify,
    pack_body,
    record_key,
    scheduled_body_key,
    scheduled_key,
    slug_key,
    unpack_body,
)
from shared.clock import Clock, due, millis
from shared.settings import Site
from shared.store import Command, Store, StoreUnavailable

TRIES = 50


@dataclass(frozen=True, slots=True)
class Accepted:
    """What was acknowledged: the outcome, the guid's state, the event if there was one."""

    outcome: Outcome
    article: Article
    event_id: str | None = None
    others: tuple[tuple[str, int], ...] = ()
    """The members of its chain of rewrites that changed with it, and their revisions."""


@dataclass(frozen=True, slots=True)
class _Read:
    """What a decision rests on, as it was read; who `owners` of slugs are, as far as that was asked."""

    record: bytes | None
    scheduled: bytes | None
    card: bytes | None = None
    chain_of: bytes | None = None
    owners: Mapping[str, bytes | None] = field(default_factory=dict)

    @property
    def known(self) -> Known:
        return Known(
            Article.model_validate_json(self.record) if self.record else None,
            Article.model_validate_json(self.scheduled) if self.scheduled else None,
        )


class Register:
    """Accepts drafts. One at a time per guid in this process; between processes the store decides."""

    def __init__(self, store: Store, site: Site, clock: Clock) -> None:
        self._store = store
        self._site = site
        self._clock = clock
        self._turns: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()

    async def accept(self, source: str, draft: Draft) -> Accepted:
        """Accept a draft; when this returns, state and event are on disk. Raises StoreUnavailable."""
        return await self.accept_illustrated(source, Illustrated(draft, linked(draft.image)))

    async def accept_illustrated(self, source: str, illustrated: Illustrated) -> Accepted:
        """Accept a draft whose pictures have been found."""
        draft = illustrated.draft
        ident = identify(source, draft.guid)
        async with self._turn(ident):
            copy = await _prepare(illustrated)
            for _ in range(TRIES):
                now = self._clock.now()
                # most articles are new: who has the address that this one would get is read along
                read = await self._read(ident, slug_key(*address_of(draft, ident, None, self._site, now)))
                known = read.known
                decision = decide(copy, source, ident, known, self._site, now)
                if done := await self._carry_out(ident, read, known, decision, copy.body):
                    return done
        raise StoreUnavailable("the article is being changed by others; try again")

    async def fall_due(self, ident: str) -> Accepted | None:
        """Publish the version that waited, if it still may appear; None if nothing waited."""
        async with self._turn(ident):
            for _ in range(TRIES):
                read = await self._read(ident)
                if read.scheduled is None:
                    await self._store.do("ZREM", due("ingest"), ident)
                    return None
                body = unpack_body(await self._store.do("GET", scheduled_body_key(ident)))
                known = read.known
                if done := await self._carry_out(ident, read, known, fall_due(known), body):
                    return done
        raise StoreUnavailable("the article is being changed by others; try again")

    async def find(self, ident: str) -> tuple[Article | None, Article | None, dict[bytes, bytes]]:
        """An article's state, the version that waits, and what is on disk of it."""
        record, scheduled, flat = await self._store.all(
            [("GET", record_key(ident)), ("GET", scheduled_key(ident)), ("HGETALL", live.built_key(ident))]
        )
        known = _Read(record, scheduled).known
        return known.current, known.waiting, {flat[at]: flat[at + 1] for at in range(0, len(flat), 2)}

    def _turn(self, ident: str) -> asyncio.Lock:
        """The lock of a guid; it lives for as long as somebody has it or waits for it."""
        return self._turns.setdefault(ident, asyncio.Lock())

    async def _read(self, ident: str, *slugs: str) -> _Read:
        keys = (record_key(ident), scheduled_key(ident), live.live_key(ident), chain_of_key(ident), *slugs)
        record, scheduled, card, chain_of, *owners = await self._store.do("MGET", *keys)
        return _Read(record, scheduled, card, chain_of, dict(zip(slugs, owners, strict=True)))

    async def _carry_out(self, ident: str, read: _Read, known: Known, decision: Decision, body: str) -> Accepted | None:
        """Write what was decided; None if what it rests on has changed meanwhile."""
        shown = decision.waiting or decision.article
        assert shown is not None  # noqa: S101 - every decision is about an article
        expect: dict[str, bytes | None] = {record_key(ident): read.record, scheduled_key(ident): read.scheduled}
        commands: list[Command] = []
        accepted = Accepted(decision.outcome, shown)
        if decision.waiting is not None and decision.due is not None:
            waiting = await self._settle(shown, known, read, expect, commands)
            commands += _wait(waiting, body, millis(decision.due))
            accepted = Accepted(decision.outcome, waiting)
        elif decision.quiet or decision.outcome in ("published", "updated", "withdrawn"):
            if shown.state == "published" and not decision.quiet:
                shown = await self._settle(shown, known, read, expect, commands)
            state = State(known.current, shown, body, read.card, read.chain_of, decision.quiet)
            accepted = await self._change(decision.outcome, state, expect, commands)
        if decision.drop_waiting:
            commands += [("DEL", scheduled_key(ident), scheduled_body_key(ident)), ("ZREM", due("ingest"), ident)]
        if commands and await self._store.commit(expect, commands) is None:
            return None
        return accepted

    async def _change(
        self, outcome: Outcome, state: State, expect: dict[str, bytes | None], commands: list[Command]
    ) -> Accepted:
        """Enter a new state of an article, and what it changes for the others of its chain of rewrites."""
        entered = await enter_state(self._store, self._site, self._clock.now(), state)
        expect |= entered.expect
        commands += entered.commands
        return Accepted(outcome, entered.article, entered.event_id, entered.others)

    async def _settle(
        self, article: Article, known: Known, read: _Read, expect: dict[str, bytes | None], commands: list[Command]
    ) -> Article:
        """Give an article its address; the one that it has had is its own for good."""
        if known.current is not None and known.current.path == article.path:
            return article
        claimed = await claim(self._store, article, read.owners)
        expect |= claimed.expect
        commands += claimed.commands
        return claimed.article


LARGE = 100_000


async def _prepare(illustrated: Illustrated) -> Copy:
    """Clean the body; a large one beside the event loop, which others need meanwhile."""
    draft = illustrated.draft
    if len(draft.body_html or draft.body_text or "") > LARGE:
        return await asyncio.to_thread(prepare, draft, illustrated.image, illustrated.media)
    return prepare(draft, illustrated.image, illustrated.media)


def _wait(article: Article, body: str, due_ms: int) -> list[Command]:
    return [
        ("SET", scheduled_key(article.id), article.model_dump_json()),
        ("SET", scheduled_body_key(article.id), pack_body(body)),
        ("ZADD", due("ingest"), due_ms, article.id),
    ]

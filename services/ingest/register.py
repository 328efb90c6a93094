"""The register: takes a decision into the store, the state and its event in one step.

A draft is decided upon from what is read; the step is carried out only if that still holds, else it is decided
again. `due:ingest` has the ids of versions that wait, by their time.
"""

import asyncio
from collections import defaultdict
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from services.ingest.chains import Standing, is_cycle, standings
from services.ingest.draft import Draft
from services.ingest.entries import Change, enter
from services.ingest.families import chain_of_key, family_of
from services.ingest.illustrations import Illustrated, linked
from services.ingest.intake import Copy, Decision, Known, Outcome, decide, fall_due, prepare, slugs
from shared import live
from shared.articles import (
    Article,
    body_key,
    identify,
    pack_body,
    record_key,
    scheduled_body_key,
    scheduled_key,
    slug_key,
    unpack_body,
)
from shared.clock import Clock, due, millis
from shared.problems import Fault, Problem
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
    """What a decision rests on, as it was read."""

    record: bytes | None
    scheduled: bytes | None
    card: bytes | None
    chain_of: bytes | None

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
        self._turns: defaultdict[str, asyncio.Lock] = defaultdict(asyncio.Lock)

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
                read = await self._read(ident)
                decision = decide(copy, source, ident, read.known, self._site, self._clock.now())
                if done := await self._carry_out(ident, read, decision, copy.body):
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
                if done := await self._carry_out(ident, read, fall_due(read.known), body):
                    return done
        raise StoreUnavailable("the article is being changed by others; try again")

    async def find(self, ident: str) -> tuple[Article | None, Article | None, dict[bytes, bytes]]:
        """An article's state, the version that waits, and what is on disk of it."""
        record, scheduled, flat = await self._store.all(
            [("GET", record_key(ident)), ("GET", scheduled_key(ident)), ("HGETALL", live.built_key(ident))]
        )
        known = _Read(record, scheduled, None, None).known
        return known.current, known.waiting, {flat[at]: flat[at + 1] for at in range(0, len(flat), 2)}

    @asynccontextmanager
    async def _turn(self, ident: str) -> AsyncIterator[None]:
        lock = self._turns[ident]
        async with lock:
            yield
        if not lock.locked() and not lock._waiters:
            self._turns.pop(ident, None)

    async def _read(self, ident: str) -> _Read:
        keys = (record_key(ident), scheduled_key(ident), live.live_key(ident), chain_of_key(ident))
        return _Read(*await self._store.do("MGET", *keys))

    async def _carry_out(self, ident: str, read: _Read, decision: Decision, body: str) -> Accepted | None:
        """Write what was decided; None if what it rests on has changed meanwhile."""
        shown = decision.waiting or decision.article
        assert shown is not None  # noqa: S101 - every decision is about an article
        expect: dict[str, bytes | None] = {record_key(ident): read.record, scheduled_key(ident): read.scheduled}
        commands: list[Command] = []
        accepted = Accepted(decision.outcome, shown)
        if decision.waiting is not None and decision.due is not None:
            waiting = await self._claim(decision.waiting, expect, commands)
            commands += _wait(waiting, body, millis(decision.due))
            accepted = Accepted(decision.outcome, waiting)
        elif decision.outcome in ("published", "updated", "withdrawn"):
            if shown.state == "published":
                shown = await self._claim(shown, expect, commands)
            accepted = await self._change(decision.outcome, read, shown, body, expect, commands)
        elif decision.quiet:
            commands.append(("SET", record_key(ident), shown.model_dump_json()))
        if decision.drop_waiting:
            commands += [("DEL", scheduled_key(ident), scheduled_body_key(ident)), ("ZREM", due("ingest"), ident)]
        if commands and await self._store.commit(expect, commands) is None:
            return None
        return accepted

    async def _change(
        self,
        outcome: Outcome,
        read: _Read,
        article: Article,
        body: str,
        expect: dict[str, bytes | None],
        commands: list[Command],
    ) -> Accepted:
        """Enter a new state of an article, and what it changes for the others of its chain of rewrites."""
        before = read.known.current
        family = await family_of(self._store, article, read.chain_of)
        members = {**family.members, article.id: article}
        if is_cycle(article.id, members):
            fault = Fault("/evolved_from", "This makes the article a rewrite of itself, by way of others.")
            raise Problem(422, fault.detail, [fault])
        expect |= family.expect
        commands += family.commands
        standing = standings(members)
        article = _standing(article, standing[article.id])
        if not article.live:
            expect[live.live_key(article.id)] = read.card
        moved = before is not None and before.path != article.path
        changes = [Change(before, article, body, read.card)]
        for ident, member in family.members.items():
            expect[record_key(ident)] = family.records[ident]
            after = _standing(member, standing[ident])
            if after == member and not (moved and member.replaced_by == article.id):
                continue
            expect[live.live_key(ident)] = family.cards[ident]
            kept = unpack_body(await self._store.do("GET", body_key(ident)))
            after = after.model_copy(update={"revision": member.revision + 1})
            changes.append(Change(member, after, kept, family.cards[ident]))
        event_id = ""
        for change in reversed(changes):
            entries, event_id = enter(change, self._site, self._clock.now())
            commands += entries
        others = tuple((change.after.id, change.after.revision) for change in changes[1:])
        return Accepted(outcome, article, event_id, others)

    async def _claim(self, article: Article, expect: dict[str, bytes | None], commands: list[Command]) -> Article:
        """Give the article the first slug of its day that is free or its own already."""
        names = slugs(article.slug, article.id)
        owners = await self._store.do("MGET", *(slug_key(article.day, name) for name in names))
        mine = article.id.encode()
        for name, owner in zip(names, owners, strict=True):
            if owner in (None, mine):
                key = slug_key(article.day, name)
                expect[key] = owner
                if owner is None:
                    commands.append(("SET", key, article.id))
                return article.model_copy(update={"slug": name})
        raise StoreUnavailable("no free slug; try again")


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


def _standing(article: Article, standing: Standing) -> Article:
    return article.model_copy(update={"replaced_by": standing.replaced_by, "down": standing.down})

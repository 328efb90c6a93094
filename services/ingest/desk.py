"""Ingest's desk: takes what upstream sends of articles, and answers, by whichever call it came."""

import asyncio
from collections.abc import Sequence
from functools import partial
from typing import Any

from fastapi import Request
from fastapi.responses import Response
from pydantic_core import to_json

from services.ingest.beside import beside
from services.ingest.bodies import read_body
from services.ingest.doors import Doors
from services.ingest.draft import Draft
from services.ingest.formats import native
from services.ingest.formats.faults import refused
from services.ingest.illustrations import Illustrated, illustrate
from services.ingest.kills import kill
from services.ingest.parse import parse_json
from services.ingest.register import TRIES, Accepted, Register
from services.ingest.states import state_of
from services.ingest.versions import Known
from services.ingest.waiting import Waiting, seconds_to_wait
from shared.logs import log
from shared.problems import Fault, Problem
from shared.service import Service
from shared.store import StoreUnavailable

AT_REST = ("unchanged", "stale", "scheduled", "ignored")
"""Outcomes after which no page is to come."""


class Desk:
    """Takes what upstream sends, and answers."""

    def __init__(self, service: Service, doors: Doors, register: Register, waiting: Waiting) -> None:
        self._service = service
        self._doors = doors
        self._register = register
        self._waiting = waiting

    def source(self, request: Request) -> str:
        """The source that a request's token belongs to; Problem 401 if none."""
        return self._doors.bearer(request.headers.get("authorization"))

    async def take(self, request: Request) -> Response:
        """Accept an article in the native format. With `Prefer: wait=SECONDS` answer 201 once its page is on disk."""
        source = self.source(request)
        raw = await read_body(request)
        draft = await beside(len(raw), _draft, raw)
        return await self._answer(await self._native(source, draft), request.headers.getlist("prefer"))

    async def line(self, source: str, reading: asyncio.Lock, raw: bytes) -> dict[str, Any]:
        """Accept a line of a batch, whose lines are read one after the other: those about one article take their turns
        in their order."""
        async with reading:
            draft = await beside(len(raw), _draft, raw)
        accepted = await self._native(source, draft)
        return {"status": 202, **await self._acknowledge(accepted)}

    async def accept(self, source: str, draft: Draft, prefer: Sequence[str]) -> Response:
        """Accept a draft of another format, and answer as `POST /v1/articles` does."""
        accepted = await self._register.accept(source, draft, partial(illustrate, self._service.store, source))
        return await self._answer(accepted, prefer)

    async def state(self, source: str, ident: str) -> dict[str, Any]:
        """What is known of an article of this source; Problem 404 if nothing."""
        return state_of(*await self._find(source, ident), self._service.settings.site.base_url)

    async def withdraw(self, source: str, ident: str) -> dict[str, Any]:
        """Withdraw an article at its current version, and what waits beside it, though newer ones come in between."""
        for _ in range(TRIES):
            known, _ = await self._find(source, ident)
            accepted = await kill(self._register, self._service.clock, known)
            if accepted.outcome != "stale":
                return await self._acknowledge(accepted)
        raise StoreUnavailable("newer versions of the article come again and again; try again")

    async def _native(self, source: str, draft: Draft) -> Accepted:
        return await self._register.accept(source, draft, partial(self._illustrate, source))

    async def _illustrate(self, source: str, draft: Draft) -> Illustrated:
        illustrated = await illustrate(self._service.store, source, draft)
        if illustrated.unknown:
            detail = f"No picture with the media_id {illustrated.unknown[0]!r} has been pushed; push it first."
            raise Problem(422, detail, [Fault("/image/media_id", detail)])
        return illustrated

    async def _answer(self, accepted: Accepted, prefer: Sequence[str]) -> Response:
        told = await self._acknowledge(accepted)
        headers = {"Location": f"/v1/articles/{accepted.article.id}"}
        status = 202
        seconds = seconds_to_wait(prefer)
        waits = seconds and accepted.awaited and accepted.outcome not in AT_REST
        if waits and await self._waiting.until_built(accepted.awaited, seconds):
            status = 201
            headers["Preference-Applied"] = f"wait={seconds:g}"
        return Response(to_json(told), status, headers, "application/json")

    async def _acknowledge(self, accepted: Accepted) -> dict[str, Any]:
        """The members of an acknowledgement, once a replica has what was accepted; of `unchanged` too, since its first
        try may have ended here."""
        await self._service.replicas.have_it()
        article = accepted.article
        log().info(
            "accepted", outcome=accepted.outcome, id=article.id, version=article.version, event_id=accepted.event_id
        )
        return {
            "id": article.id,
            "guid": article.guid,
            "version": article.version,
            "outcome": accepted.outcome,
            "url": article.url(self._service.settings.site.base_url),
            "event_id": accepted.event_id,
        }

    async def _find(self, source: str, ident: str) -> tuple[Known, dict[bytes, bytes]]:
        known, built = await self._register.find(ident)
        shown = known.current or known.waiting
        if shown is None or shown.source != source:
            raise Problem(404, f"no article of yours has the id {ident}")
        return known, built


def _draft(raw: bytes) -> Draft:
    found = native.read(parse_json(raw))
    if isinstance(found, list):
        raise refused("article", found)
    return found

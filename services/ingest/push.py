"""Ingest's calls for upstream systems that push in formats of their own."""

from collections.abc import Awaitable, Callable, Sequence
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse, Response

from services.ingest.beside import beside
from services.ingest.bodies import Unproven, read_body
from services.ingest.disk import Disk
from services.ingest.doors import Doors, Kind
from services.ingest.draft import Draft, Ignored, Reading
from services.ingest.formats import ghost, ninjs, wordpress
from services.ingest.formats.faults import refused
from services.ingest.media import Media
from services.ingest.parse import parse_json
from shared.articles import identify
from shared.problems import Problem
from shared.service import Service
from shared.settings import Settings

Accept = Callable[[str, Draft, Sequence[str]], Awaitable[Response]]
Read = Callable[[Any], Reading]
Call = Callable[..., Awaitable[Response]]

SUPERDESK: Sequence[Kind] = ("superdesk", "bearer")
GHOST: Sequence[Kind] = ("ghost",)
WORDPRESS: Sequence[Kind] = ("bearer",)
UNPROVEN_SHARE = 4
"""Of this part of the requests in flight the bodies may be waited for before it is known who sends them."""


def push_routes(service: Service, doors: Doors, accept: Accept, disk: Disk) -> APIRouter:
    """The calls below `/v1/push/{source}`; `accept` decides upon a draft and answers as a Prefer header asks for."""
    router = APIRouter(prefix="/v1/push/{source}", tags=["push"])
    unproven = Unproven(max(1, service.settings.in_flight // UNPROVEN_SHARE))
    media = Media(service.store, service.replicas, service.settings.originals_dir, disk)

    async def take(source: str, request: Request, kinds: Sequence[Kind], read: Read) -> Response:
        is_proven = doors.knock(source, request.headers, kinds)
        raw = await read_body(request, None if is_proven else unproven)
        doors.signed(source, raw, request.headers, kinds)
        found = await beside(len(raw), lambda: read(parse_json(raw)))
        if isinstance(found, list):
            raise refused("item", found)
        if isinstance(found, Draft):
            return await accept(source, found, request.headers.getlist("prefer"))
        if found.guid and found.said:
            media_id = found.picture.media_id if found.picture else None
            await media.name(source, found.guid, media_id, found.said)
        return JSONResponse(_ignored(source, found), 202)

    @_at_either_address(router, "/ninjs", 202)
    async def push_ninjs(source: str, request: Request) -> Response:
        """IPTC ninjs 1.x, 2.x, 3.x and Superdesk's dialect. Signed as Superdesk does it, or with a token."""
        try:
            return await take(source, request, SUPERDESK, ninjs.read)
        except Problem as problem:
            raise ninjs.in_its_words(problem) from None

    @_at_either_address(router, "/ghost", 202)
    async def push_ghost(source: str, request: Request) -> Response:
        """A Ghost webhook for posts, with Ghost's signature."""
        return await take(source, request, GHOST, ghost.read)

    @_at_either_address(router, "/wordpress", 202)
    async def push_wordpress(source: str, request: Request) -> Response:
        """A WordPress REST post, with a token."""
        return await take(source, request, WORDPRESS, wordpress.read)

    _asset_routes(router, service.settings, doors, media)
    return router


def _at_either_address(router: APIRouter, path: str, status: int) -> Callable[[Call], Call]:
    """Route a POST with and without a slash at its end: an upstream's settings may have either, nothing here redirects,
    and after a 404 Superdesk would never send again."""

    def route(call: Call) -> Call:
        router.post(path, status_code=status)(call)
        router.post(f"{path}/", status_code=status, include_in_schema=False)(call)
        return call

    return route


def _asset_routes(router: APIRouter, settings: Settings, doors: Doors, media: Media) -> None:
    async def get_asset(source: str, media_id: str) -> Response:
        """Whether a picture is there, without the picture: it is public only through an article."""
        if source not in settings.upstreams or not await media.find(source, media_id):
            raise Problem(404, "there is no such picture of this source")
        return Response()

    router.get("/assets/{media_id:path}")(get_asset)

    @_at_either_address(router, "/assets", 201)
    async def push_asset(source: str, request: Request) -> Response:
        """A file: multipart/form-data with `media_id` and `media`, the signature over the raw body."""
        headers = request.headers
        doors.knock(source, headers, SUPERDESK)
        media_id, original = await media.receive(
            source, request, lambda raw: doors.signed(source, raw, headers, SUPERDESK)
        )
        return JSONResponse({"media_id": media_id, "type": original.type, "size": original.size}, 201)


def _ignored(source: str, item: Ignored) -> dict[str, Any]:
    """The members of an acknowledgement, for what is no article."""
    return {
        "id": identify(source, item.guid) if item.guid else None,
        "guid": item.guid,
        "version": None,
        "outcome": "ignored",
        "url": None,
        "event_id": None,
        "reason": item.reason,
    }

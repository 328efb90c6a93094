"""The calls for upstream systems that push, against a real store; what becomes of drafts is tested elsewhere."""

import asyncio
import errno
import hashlib
import hmac
import json
import os
import threading
import time
from collections.abc import AsyncIterator, Sequence
from io import BytesIO
from itertools import permutations
from pathlib import Path
from typing import Any

import httpx
import pytest
from PIL import Image
from starlette.responses import JSONResponse, Response

from services.ingest.beside import LARGE
from services.ingest.disk import Disk
from services.ingest.doors import Doors
from services.ingest.draft import Draft, Picture
from services.ingest.formats import ninjs
from services.ingest.illustrations import illustrate
from services.ingest.media import AT_ONCE, AWAITED, ENVELOPE, MOST, SPOOLS, Media
from services.ingest.multipart import CHUNK
from services.ingest.push import UNPROVEN_SHARE, push_routes
from shared.application import create_app
from shared.logs import NowAndThen
from shared.media import find_media, original_path
from shared.service import Service
from shared.settings import Settings
from shared.store import Store

SECRET = b"123456789"
MEDIA_ID = "2025072609/a b/c%2f\u00fc.jpg"


class Ingest:
    """The routes under test, and what they let in."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.drafts: list[tuple[str, Draft]] = []
        self.disk = Disk(settings.data, 0)
        service = self.service = Service("ingest", settings)
        self.store: Store = service.store
        app = create_app(service, "test")
        app.include_router(push_routes(service, Doors(settings.upstreams), self.accept, self.disk))
        transport = httpx.ASGITransport(app, raise_app_exceptions=False)
        self.http = httpx.AsyncClient(transport=transport, base_url="http://ingest")

    async def accept(self, source: str, draft: Draft, prefer: Sequence[str]) -> Response:
        self.drafts.append((source, draft))
        return JSONResponse({"outcome": "published"}, 202)

    async def push(self, path: str, content: Any, sign: str = "superdesk", **headers: str) -> httpx.Response:
        raw = content if isinstance(content, bytes) else json.dumps(content).encode()
        return await self.http.post(path, content=raw, headers={**signature(sign, raw), **headers})

    async def push_asset(self, media_id: str, media: bytes, kind: str = "image/jpeg", **headers: str) -> httpx.Response:
        body = self.http.build_request(
            "POST", "/x", data={"media_id": media_id}, files={"media": (media_id, media, kind)}
        )
        raw = body.read()
        signed = {**signature("superdesk", raw), "content-type": body.headers["content-type"], **headers}
        return await self.http.post("/v1/push/desk/assets", content=raw, headers=signed)


def signature(sign: str, raw: bytes) -> dict[str, str]:
    if sign == "superdesk":
        return {"x-superdesk-signature": "sha1=" + hmac.new(SECRET, raw, hashlib.sha1).hexdigest()}
    if sign == "ghost":
        return {"x-ghost-signature": f"sha256={hmac.new(SECRET, raw + b'17', hashlib.sha256).hexdigest()}, t=17"}
    return {"authorization": sign} if sign else {}


@pytest.fixture
async def ingest(valkey: str, tmp_path: Path) -> AsyncIterator[Ingest]:
    (tmp_path / "sources.toml").write_text(
        '[sources.desk]\ntokens = ["token"]\nhmac_secrets = ["123456789"]\n[sources.other]\ntokens = ["other"]\n'
    )
    found = Ingest(Settings(data=tmp_path, redis_url=valkey))
    yield found
    await found.http.aclose()
    await found.store.close()


def picture(size: tuple[int, int] = (1200, 800)) -> bytes:
    file = BytesIO()
    Image.new("RGB", size, (1, 2, 3)).save(file, "JPEG")
    return file.getvalue()


ITEM = {"guid": "x", "headline": "h", "body_html": "b", "version": "1"}
POST = {"post": {"current": {"id": "1", "title": "T", "html": "x"}, "previous": {}}}


@pytest.mark.parametrize(
    ("path", "content", "sign", "guid"),
    [
        ("ninjs", ITEM, "superdesk", "x"),
        ("ninjs", ITEM, "Bearer token", "x"),
        ("ghost", POST, "ghost", "1"),
        ("wordpress", {"id": 5, "title": "T"}, "Bearer token", "5"),
    ],
)
async def test_what_is_signed_is_let_in(ingest: Ingest, path: str, content: Any, sign: str, guid: str) -> None:
    answer = await ingest.push(f"/v1/push/desk/{path}", content, sign)
    assert (answer.status_code, answer.json()) == (202, {"outcome": "published"})
    assert [(source, draft.guid) for source, draft in ingest.drafts] == [("desk", guid)]


@pytest.mark.parametrize(
    ("path", "sign"),
    [
        ("desk/ninjs", ""),
        ("desk/ninjs", "ghost"),
        ("desk/ninjs", "Bearer other"),
        ("other/ninjs", "superdesk"),
        ("nobody/ninjs", "superdesk"),
        ("desk/ghost", "Bearer token"),
        ("desk/ghost", "superdesk"),
        ("desk/wordpress", "superdesk"),
        ("desk/wordpress", ""),
        ("desk/assets", ""),
        ("desk/assets", "superdesk"),
    ],
)
async def test_what_is_not_signed_stays_outside(ingest: Ingest, path: str, sign: str) -> None:
    headers = {"x-superdesk-signature": "sha1=" + "0" * 40} if path.endswith("assets") and sign else {}
    answer = await ingest.push(f"/v1/push/{path}", ITEM, sign, **headers)
    assert answer.status_code == 401
    assert answer.headers["content-type"] == "application/problem+json"
    assert "www-authenticate" in answer.headers
    assert not ingest.drafts


async def test_poison_is_4xx_with_pointers(ingest: Ingest) -> None:
    assert (await ingest.push("/v1/push/desk/ninjs", b"{")).status_code == 400
    answer = await ingest.push("/v1/push/desk/ninjs", {**ITEM, "pubstatus": "burnt", "headline": 5})
    assert answer.status_code == 422
    assert {error["pointer"] for error in answer.json()["errors"]} == {"/pubstatus", "/headline"}
    assert answer.json()["detail"] == "2 things are wrong with the item"
    answer = await ingest.push("/v1/push/desk/ninjs", {**ITEM, "headline": 5})
    assert answer.json()["detail"] == "1 thing is wrong with the item"
    assert (await ingest.push("/v1/push/desk/ninjs", b" " * (5 * 1024 * 1024 + 1))).status_code == 413


@pytest.mark.parametrize("members", [{"body_html": 5}, {"associations": "x"}, {"versioncreated": 5}, {"byline": []}])
async def test_a_fault_is_told_once(ingest: Ingest, members: dict[str, Any]) -> None:
    problem = (await ingest.push("/v1/push/desk/ninjs", {**ITEM, **members})).json()
    assert [error["pointer"] for error in problem["errors"]] == [f"/{name}" for name in members]
    assert problem["detail"].startswith("1 ")


@pytest.mark.parametrize("call", ["ninjs", "ghost", "assets"])
async def test_a_body_that_nobody_has_vouched_for_has_to_come_in_time(
    ingest: Ingest, monkeypatch: pytest.MonkeyPatch, call: str
) -> None:
    monkeypatch.setattr("services.ingest.bodies.PATIENCE", 0.05)
    never = asyncio.Event()

    async def dribble() -> AsyncIterator[bytes]:
        yield b"{"
        await never.wait()

    signed = {"x-superdesk-signature": "sha1=x", "x-ghost-signature": "x", "content-type": "multipart/form-data"}
    answer = await ingest.http.post(f"/v1/push/desk/{call}", content=dribble(), headers=signed)
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "1")
    assert not list(ingest.settings.originals_dir.glob(".incoming/*"))


@pytest.mark.parametrize("call", ["ninjs", "wordpress"])
async def test_who_has_a_token_makes_no_room_for_those_who_have_proven_nothing(ingest: Ingest, call: str) -> None:
    asked, whole = asyncio.Event(), asyncio.Event()
    awaited = {"x-superdesk-signature": "sha1=x"}

    async def slowly() -> AsyncIterator[bytes]:
        asked.set()
        yield b"{"
        await whole.wait()
        yield b"}"

    async def others() -> AsyncIterator[bytes]:
        yield b"{"
        await asyncio.Event().wait()

    slow = asyncio.create_task(
        ingest.http.post(f"/v1/push/desk/{call}", content=slowly(), headers={"authorization": "Bearer token"})
    )
    await asked.wait()
    places = ingest.settings.in_flight // UNPROVEN_SHARE
    crowd = [
        asyncio.create_task(ingest.http.post("/v1/push/desk/ninjs", content=others(), headers=awaited))
        for _ in range(places + 1)
    ]
    done, silent = await asyncio.wait(crowd, return_when=asyncio.FIRST_COMPLETED)
    assert [task.result().status_code for task in done] == [503]
    assert not slow.done()
    whole.set()
    assert (await slow).status_code == 422
    for task in silent:
        task.cancel()


@pytest.mark.parametrize("call", ["ninjs", "ghost", "wordpress", "assets"])
@pytest.mark.parametrize("authorization", ["", "Bearer x", "Bearer other"])
async def test_a_body_without_a_proof_is_not_even_read(ingest: Ingest, call: str, authorization: str) -> None:
    async def unread() -> AsyncIterator[bytes]:
        raise AssertionError("somebody reads it")
        yield b""

    headers = {"authorization": authorization} if authorization else {}
    answer = await ingest.http.post(f"/v1/push/desk/{call}", content=unread(), headers=headers)
    assert answer.status_code == 401


async def test_a_large_item_is_read_beside_the_event_loop(ingest: Ingest, monkeypatch: pytest.MonkeyPatch) -> None:
    readers, plainly = [], ninjs.read

    def read(content: Any) -> Any:
        readers.append(threading.current_thread())
        return plainly(content)

    monkeypatch.setattr(ninjs, "read", read)
    for body in ("b", "b" * LARGE):
        assert (await ingest.push("/v1/push/desk/ninjs", {**ITEM, "body_html": body})).status_code == 202
    assert [reader is threading.current_thread() for reader in readers] == [True, False]
    assert (await ingest.push("/v1/push/desk/ninjs", b"{" + b" " * LARGE)).status_code == 400


async def test_of_very_many_faults_the_first_hundred_are_told(ingest: Ingest) -> None:
    problem = (await ingest.push("/v1/push/desk/ninjs", {**ITEM, "keywords": [1] * 1000})).json()
    assert problem["detail"] == "1000 things are wrong with the item"
    assert [error["pointer"] for error in problem["errors"]] == [f"/keywords/{at}" for at in range(100)]


async def test_what_is_no_article_is_ignored_with_2xx(ingest: Ingest) -> None:
    answer = await ingest.push("/v1/push/desk/ninjs", {"guid": "e", "type": "event"})
    assert answer.status_code == 202
    assert {name: answer.json()[name] for name in ("outcome", "guid", "event_id")} == {
        "outcome": "ignored",
        "guid": "e",
        "event_id": None,
    }


async def test_an_asset_is_absent_then_pushed_then_there(ingest: Ingest) -> None:
    path = httpx.URL("http://ingest").copy_with(raw_path=b"/v1/push/desk/assets/2025072609/a%20b/c%252f%C3%BC.jpg")
    assert (await ingest.http.get(path)).status_code == 404
    answer = await ingest.push_asset(MEDIA_ID, picture())
    assert (answer.status_code, answer.json()["media_id"]) == (201, MEDIA_ID)
    for method in ("GET", "HEAD"):
        answer = await ingest.http.request(method, path)
        assert (answer.status_code, answer.content) == (200, b"")
    assert (await ingest.http.get("/v1/push/other/assets/" + MEDIA_ID)).status_code == 404
    found = await find_media(ingest.store, "desk", MEDIA_ID)
    assert found is not None
    assert (found.width, found.height, found.type) == (1200, 800, "image/jpeg")
    assert original_path(ingest.settings.originals_dir, found.digest).read_bytes() == picture()


@pytest.mark.parametrize("pushed", ["lead/x.png", "/lead/x.png", "//lead/x.png", " / lead/x.png "])
@pytest.mark.parametrize("named", ["lead/x.png", "/lead/x.png", " //lead/x.png"])
async def test_a_media_id_is_the_same_with_a_slash_before_it(ingest: Ingest, pushed: str, named: str) -> None:
    answer = await ingest.push_asset(pushed, picture())
    assert (answer.status_code, answer.json()["media_id"]) == (201, "lead/x.png")
    for method in ("GET", "HEAD"):
        assert (await ingest.http.request(method, f"/v1/push/desk/assets/{named}")).status_code == 200
    draft = Draft(guid="a", headline="h", body_text="b", image=Picture(media_id=named))
    illustrated = await illustrate(ingest.store, "desk", draft)
    assert illustrated.unknown == ()
    assert illustrated.image is not None


@pytest.mark.parametrize(
    ("body", "places"),
    [
        ("<img src=\"https://a.b/1\"> <img src='https://a.b/1'> <img src=https://a.b/1>", "+++"),
        ('<img src = "https://a.b/1"> <img src=" https://a.b/1 "> <p title="https://a.b/1">', "+++"),
        ('<img src="https://a.b/2?c&amp;d=it\'s"> <img src="https://a.b/2?c&d=it\'s">', "++"),
        ('<img src="https://a.b/12"> <img src="https://a.b/1/2"> <img src="HTTPS://a.b/1">', "---"),
        ('<p>a="b <img src="https://a.b/1">', "+"),
        ("<img src=\"city/1.png\" alt='city/1.png'> <p title=\"city/1.png\">city/1.png <img src='city/1.png'>", "++"),
    ],
)
async def test_what_was_pushed_is_shown_from_here_where_a_body_names_it(ingest: Ingest, body: str, places: str) -> None:
    assert (await ingest.push_asset("m", picture())).status_code == 201
    embedded = (("https://a.b/1", "m"), ("https://a.b/2?c&d=it's", "m"), ("city/1.png", "m"))
    found = await illustrate(ingest.store, "desk", Draft(guid="a", headline="h", body_html=body, embedded=embedded))
    assert found.draft.body_html is not None
    assert found.draft.body_html.count("/media/") == places.count("+")
    assert found.draft.body_html.lower().count("https://a.b/") == places.count("-")


@pytest.mark.parametrize("media_id", [None, "never-pushed"])
async def test_an_articles_own_picture_that_is_only_linked_to_is_the_same_in_the_body(
    ingest: Ingest, media_id: str | None
) -> None:
    """Agencies show a smaller rendition there; readers would get both."""
    own, other = "https://a.b/large", "https://a.b/other"
    draft = Draft(
        guid="a",
        headline="h",
        body_html=f'<img src="https://a.b/small"><img src="{other}">',
        image=Picture(media_id=media_id, url=own),
        embedded=(("https://a.b/small", media_id or own), (other, "https://a.b/other-large")),
    )
    found = await illustrate(ingest.store, "desk", draft)
    assert found.draft.body_html == f'<img src="{own}"><img src="{other}">'
    assert found.image is not None
    assert found.image.url == own


async def test_a_body_is_looked_through_once_however_many_pictures_there_are(ingest: Ingest) -> None:
    assert (await ingest.push_asset("m", picture())).status_code == 201
    embedded = tuple((f"https://a.b/{number}", "m") for number in range(20_000))
    body = "".join(f'<img src="{address}">' for address, _ in embedded)
    draft = Draft(guid="a", headline="h", body_html=body, embedded=embedded)
    before = time.process_time()
    found = await illustrate(ingest.store, "desk", draft)
    assert time.process_time() - before < 2
    assert (found.draft.body_html or "").count("/media/") == 20_000


async def test_nothing_is_left_behind_and_nothing_leaves_the_folder(ingest: Ingest) -> None:
    folder = ingest.settings.originals_dir
    for media_id in ("../../etc/passwd", "/etc/passwd", "..", "a/../../b"):
        assert (await ingest.push_asset(media_id, picture())).status_code == 201
    assert (await ingest.push_asset("x", b"<svg>", "image/svg+xml")).status_code == 422
    files = [path for path in ingest.settings.data.rglob("*") if path.is_file() and path.name != "sources.toml"]
    digest = hashlib.blake2b(picture(), digest_size=20).hexdigest()
    assert files == [folder / digest[:2] / digest]


async def test_a_file_that_is_no_picture_is_kept_so_that_the_article_can_come(ingest: Ingest) -> None:
    assert (await ingest.push_asset("media-id", b"bin", "text/plain")).status_code == 201
    found = await find_media(ingest.store, "desk", "media-id")
    assert found is not None
    assert (found.shown, found.type) == (False, "text/plain")


async def test_a_file_is_judged_by_its_name_too(ingest: Ingest) -> None:
    assert (await ingest.push_asset("x.svg", b"x", "application/octet-stream")).status_code == 422


async def test_an_address_may_have_a_slash_at_its_end_for_nothing_redirects(ingest: Ingest) -> None:
    assert (await ingest.push("/v1/push/desk/assets/", b"x", "Bearer token")).status_code == 415
    assert (await ingest.push("/v1/push/desk/ninjs/", ITEM)).status_code == 202
    for name in ("ghost", "wordpress"):
        assert (await ingest.http.post(f"/v1/push/desk/{name}/", content=b"{}")).status_code == 401
    assert (await ingest.http.get("/v1/push/desk/assets/")).status_code == 404


BOUNDARY = {"content-type": "multipart/form-data; boundary=b"}


def parts(*given: bytes) -> bytes:
    return b"".join(b"--b\r\ncontent-disposition: form-data; " + part + b"\r\n" for part in given) + b"--b--\r\n"


@pytest.mark.parametrize(
    ("raw", "status", "pointer"),
    [
        (b"", 400, "/"),
        (b"junk", 400, "/"),
        (parts(b'name="media_id"\r\n\r\nx'), 422, "/media"),
        (parts(b'name="media_id"\r\n\r\nx', b'name="media"; filename="y"\r\n\r\n'), 422, "/media"),
        (parts(b'name="media"; filename="y"\r\n\r\nx'), 422, "/media_id"),
        (parts(b'name="media_id"\r\n\r\n', b'name="media"\r\n\r\nx'), 422, "/media_id"),
        (parts(b'name="media_id"\r\n\r\n\xff', b'name="media"\r\n\r\nx'), 422, "/media_id"),
        (parts(b'name="media_id"\r\n\r\n' + b"x" * 3000, b'name="media"\r\n\r\nx'), 422, "/media_id"),
        (parts(b'name="media_id"\r\n\r\n' + b"x" * 513, b'name="media"\r\n\r\nx'), 422, "/media_id"),
        (parts(b'name="media_id"\r\n\r\nx\x07y', b'name="media"\r\n\r\nx'), 422, "/media_id"),
        (parts(b'name="media_id"\r\n\r\nx\xe2\x80\xaey', b'name="media"\r\n\r\nx'), 422, "/media_id"),
        (parts(b'name="media_id"\r\n\r\nx', b'name="media_id"\r\n\r\ny'), 400, "/"),
        (parts(b'name="media_id"\r\n\r\nx', *[b'name="media"\r\n\r\nx'] * 2), 400, "/"),
        (parts(b'name="media_id"\r\n\r\nx', *[b'name="x"\r\n\r\nx'] * 15, b'name="media"\r\n\r\nx'), 400, "/"),
        (parts(b'name="media_id"\r\n\r\nx', b'name="media"\r\n\r\nx')[:-6], 400, "/"),
    ],
)
async def test_bodies_that_are_not_as_they_should_be(ingest: Ingest, raw: bytes, status: int, pointer: str) -> None:
    answer = await ingest.push("/v1/push/desk/assets", raw, **BOUNDARY)
    assert answer.status_code == status, answer.text
    assert [error["pointer"] for error in answer.json()["errors"]] == [pointer]


async def test_other_types_of_bodies_are_415_and_large_ones_413(ingest: Ingest) -> None:
    raw = parts(b'name="media_id"\r\n\r\nx', b'name="media"\r\n\r\nx')
    form = "multipart/form-data"
    long = "b" * 257  # the parser takes none of that length
    for kind in (
        "application/json",
        "multipart/mixed; boundary=b",
        form,
        *(f"{form}; boundary={b}" for b in ("", long)),
    ):
        assert (await ingest.push("/v1/push/desk/assets", raw, **{"content-type": kind})).status_code == 415

    async def stream() -> AsyncIterator[bytes]:
        for _ in range((MOST + ENVELOPE) // 1_000_000 + 2):
            yield b"x" * 1_000_000

    headers = {"authorization": "Bearer token", **BOUNDARY}
    answer = await ingest.http.post("/v1/push/desk/assets", content=stream(), headers=headers)
    assert answer.status_code == 413


async def test_a_file_that_says_it_is_too_large_is_not_even_read(ingest: Ingest) -> None:
    async def unread() -> AsyncIterator[bytes]:
        raise AssertionError("somebody reads it")
        yield b""

    headers = {"authorization": "Bearer token", "content-length": str(MOST + ENVELOPE + 1), **BOUNDARY}
    answer = await ingest.http.post("/v1/push/desk/assets", content=unread(), headers=headers)
    assert answer.status_code == 413


async def test_a_file_may_be_as_large_as_that_and_no_larger(ingest: Ingest, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("services.ingest.media.MOST", 4)
    assert [(await ingest.push_asset("x", b"x" * size, "text/plain")).status_code for size in (4, 5)] == [201, 413]


async def test_a_media_id_may_be_that_long_and_parts_that_many(ingest: Ingest) -> None:
    media_id = "\U00010348" * 512  # four bytes each
    named, others = b'name="media_id"\r\n\r\n' + media_id.encode(), [b'name="x"\r\n\r\nx'] * 14
    raw = parts(named, *others, b'name="media"\r\n\r\nx')
    answer = await ingest.push("/v1/push/desk/assets", raw, **BOUNDARY)
    assert (answer.status_code, answer.json()["media_id"]) == (201, media_id)


async def test_no_more_of_a_media_id_is_kept_than_it_may_have(ingest: Ingest) -> None:
    raw = parts(b'name="media_id"\r\n\r\n' + b"x" * (4 * 512 + 1), b'name="media"\r\n\r\nx')
    answer = await ingest.push("/v1/push/desk/assets", raw, **BOUNDARY)
    assert "too long" in answer.json()["errors"][0]["detail"], "it was read to its end"


async def test_what_one_part_is_says_nothing_of_the_next(ingest: Ingest) -> None:
    named = b'name="media_id"\r\ncontent-type: text/plain\r\n\r\nx'
    nameless = b"--b\r\ncontent-type: text/plain\r\n\r\nno part of the file\r\n"
    raw = parts(named, b'name="media"\r\n\r\nfile').replace(b"--b--", nameless + b"--b--")
    answer = await ingest.push("/v1/push/desk/assets", raw, **BOUNDARY)
    assert answer.json() == {"media_id": "x", "type": "application/octet-stream", "size": 4}


async def test_a_file_is_kept_byte_by_byte_though_it_looks_like_the_end_of_a_part(ingest: Ingest) -> None:
    content = (b"\r\n--" * (CHUNK // 4 + 1) + b"\r\n--" + b"\r" * CHUNK) * 2
    assert (await ingest.push_asset("x", content, "text/plain")).status_code == 201
    found = await find_media(ingest.store, "desk", "x")
    assert found is not None
    assert found.digest == hashlib.blake2b(content, digest_size=20).hexdigest()
    assert original_path(ingest.settings.originals_dir, found.digest).read_bytes() == content


async def test_so_many_files_may_come_at_once_and_others_once_they_are_through(
    ingest: Ingest, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("services.ingest.media.SPOOLS", 2)
    arrived, go_on = asyncio.Semaphore(0), asyncio.Event()

    async def waits() -> AsyncIterator[bytes]:
        arrived.release()
        await go_on.wait()
        yield b"junk"

    headers = {"authorization": "Bearer token", **BOUNDARY}
    under_way = [
        asyncio.create_task(ingest.http.post("/v1/push/desk/assets", content=waits(), headers=headers))
        for _ in range(2)
    ]
    for _ in under_way:
        await arrived.acquire()
    refused = await ingest.push_asset("m", picture())
    assert (refused.status_code, refused.headers["retry-after"]) == (503, "1")
    go_on.set()
    assert [answer.status_code for answer in await asyncio.gather(*under_way)] == [400] * 2
    assert (await ingest.push_asset("m", picture())).status_code == 201


@pytest.mark.parametrize("call", ["ninjs", "assets"])
async def test_those_without_a_secret_cannot_keep_the_places_of_those_who_have_one(ingest: Ingest, call: str) -> None:
    awaited = asyncio.Semaphore(0)

    async def never_whole() -> AsyncIterator[bytes]:
        yield b"{"
        awaited.release()
        await asyncio.Event().wait()

    headers = {"x-superdesk-signature": "sha1=", **BOUNDARY}
    places = ingest.settings.in_flight // UNPROVEN_SHARE if call == "ninjs" else AWAITED
    strangers = []
    for _ in range(2 * places):
        strangers.append(
            asyncio.create_task(ingest.http.post(f"/v1/push/desk/{call}", content=never_whole(), headers=headers))
        )
        await awaited.acquire()
    assert {(await stranger).status_code for stranger in strangers[:places]} == {503}
    assert (await ingest.push_asset("m", picture())).status_code == 201
    assert (await ingest.push("/v1/push/desk/ninjs", {"guid": "a", "headline": "A", "body_text": "A."})).is_success
    for stranger in strangers:
        stranger.cancel()
    await asyncio.gather(*strangers, return_exceptions=True)


async def test_no_more_files_are_looked_at_at_once_than_there_is_memory_for(
    ingest: Ingest, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = most = 0

    async def in_turns(call: Any, *given: Any) -> Any:
        nonlocal now, most
        now += 1
        most = max(most, now)
        for _ in range(100):  # the others may come as far as they do
            await asyncio.sleep(0)
        now -= 1
        return call(*given)

    monkeypatch.setattr(asyncio, "to_thread", in_turns)
    answers = await asyncio.gather(*(ingest.push_asset(f"m{number}", picture()) for number in range(5)))
    assert [answer.status_code for answer in answers] == [201] * 5
    assert most == AT_ONCE


async def test_a_signature_covers_every_byte_of_the_multipart_body(ingest: Ingest) -> None:
    raw = parts(b'name="media_id"\r\n\r\nx', b'name="media"\r\n\r\nx')
    answer = await ingest.push("/v1/push/desk/assets", raw + b"\r\n", **signature("superdesk", raw), **BOUNDARY)
    assert answer.status_code == 401
    assert await find_media(ingest.store, "desk", "x") is None
    of_another = {**signature("superdesk", raw), **BOUNDARY}
    assert (await ingest.push("/v1/push/desk/assets", b"", **of_another)).status_code == 401, "nothing is no exception"


async def test_a_picture_item_gives_its_asset_a_second_name(ingest: Ingest) -> None:
    await ingest.push_asset("m.jpg", picture())
    item = {"guid": "tag:p", "type": "picture", "renditions": {"original": {"media": "m.jpg", "href": "https://a.b/c"}}}
    assert (await ingest.push("/v1/push/desk/ninjs", item)).json()["outcome"] == "ignored"
    assert await find_media(ingest.store, "desk", "tag:p") == await find_media(ingest.store, "desk", "m.jpg")


def item(guid: str, version: int, media: str, **members: str) -> dict[str, Any]:
    """A picture item."""
    renditions = {"original": {"media": media}}
    return {"guid": guid, "version": str(version), "type": "picture", "renditions": renditions, **members}


async def test_a_picture_items_newest_version_says_what_it_stands_for_in_whatever_order_they_come(
    ingest: Ingest,
) -> None:
    for name, colour in (("old.jpg", "red"), ("new.jpg", "blue")):
        file = BytesIO()
        Image.new("RGB", (600, 400), colour).save(file, "JPEG")
        await ingest.push_asset(name, file.getvalue())

    async def stands_for(guid: str, *versions: dict[str, Any]) -> Any:
        for version in versions:
            assert (await ingest.push("/v1/push/desk/ninjs", version)).status_code == 202
        return await find_media(ingest.store, "desk", guid)

    for number, arrived in enumerate(permutations((1, 2))):
        guid = f"tag:{number}"
        sent = {1: item(guid, 1, "old.jpg"), 2: item(guid, 2, "new.jpg")}
        found = await stands_for(guid, *(sent[version] for version in arrived))
        assert found == await find_media(ingest.store, "desk", "new.jpg")
    for number, arrived in enumerate(permutations((1, 2, 3))):
        guid = f"tag:killed:{number}"
        kill = item(guid, 3, "new.jpg", pubstatus="canceled")
        sent = {1: item(guid, 1, "old.jpg"), 2: item(guid, 2, "new.jpg"), 3: kill}
        assert await stands_for(guid, *(sent[version] for version in arrived)) is None
        assert await stands_for(guid, item(guid, 4, "old.jpg")) is not None
    dated = [item("tag:dated", 1, "new.jpg", versioncreated="2025-07-26T09:31:00Z"),
             item("tag:dated", 1, "old.jpg", versioncreated="2025-07-26T09:30:00Z")]  # fmt: skip
    newer = await find_media(ingest.store, "desk", "new.jpg")
    assert await stands_for("tag:dated", *dated) == newer
    assert await stands_for("tag:dated", item("tag:dated", 2, "never-pushed.jpg")) == newer
    await ingest.push_asset("new.jpg", picture())
    newest = await find_media(ingest.store, "desk", "new.jpg")
    assert await stands_for("tag:dated", dated[0]) == newest != newer, "it came again for its new file"


async def test_of_two_versions_of_a_picture_item_that_come_at_once_the_newer_one_says_what_it_stands_for(
    ingest: Ingest, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, size in (("old.jpg", (1200, 800)), ("new.jpg", (600, 400))):
        await ingest.push_asset(name, picture(size))
    commit = ingest.store.commit

    async def after_the_newer(*step: Any) -> Any:
        monkeypatch.undo()
        assert (await ingest.push("/v1/push/desk/ninjs", item("tag:p", 2, "new.jpg"))).status_code == 202
        return await commit(*step)

    monkeypatch.setattr(ingest.store, "commit", after_the_newer)
    assert (await ingest.push("/v1/push/desk/ninjs", item("tag:p", 1, "old.jpg"))).status_code == 202
    assert await find_media(ingest.store, "desk", "tag:p") == await find_media(ingest.store, "desk", "new.jpg")
    assert await find_media(ingest.store, "desk", "old.jpg") is not None


async def test_a_picture_item_whose_asset_never_came_is_ignored_all_the_same(ingest: Ingest) -> None:
    item = {"guid": "tag:p", "type": "picture", "renditions": {"original": {"media": "m.jpg", "href": "https://a.b/c"}}}
    answer = await ingest.push("/v1/push/desk/ninjs", item)
    assert (answer.status_code, answer.json()["outcome"]) == (202, "ignored")
    assert await find_media(ingest.store, "desk", "tag:p") is None


async def test_while_the_store_is_away_it_is_503(tmp_path: Path) -> None:
    (tmp_path / "sources.toml").write_text('[sources.desk]\ntokens = ["token"]\nhmac_secrets = ["123456789"]\n')
    ingest = Ingest(Settings(data=tmp_path, redis_url="redis://127.0.0.1:1/0"))
    for answer in (
        await ingest.push_asset("x", picture()),
        await ingest.http.get("/v1/push/desk/assets/x"),
    ):
        assert answer.status_code == 503
        assert answer.headers["retry-after"]
    await ingest.http.aclose()
    await ingest.store.close()


@pytest.mark.parametrize("place", ["_place", "_spool", "Media._unfinished"])
@pytest.mark.parametrize(
    ("code", "status"),
    [
        (errno.ENOSPC, 503), (errno.EDQUOT, 503), (errno.EMFILE, 503), (errno.ENFILE, 503), (errno.EIO, 503),
        (errno.EROFS, 503), (errno.EBADF, 500),
    ],
)  # fmt: skip
async def test_a_disk_that_fails_may_take_it_later(
    ingest: Ingest, monkeypatch: pytest.MonkeyPatch, code: int, status: int, place: str
) -> None:
    def fail(*_: object) -> None:
        raise OSError(code, os.strerror(code))

    monkeypatch.setattr(f"services.ingest.media.{place}", fail)
    answer = await ingest.push_asset("x", picture())
    assert answer.status_code == status
    assert ("retry-after" in answer.headers) == (status == 503)
    assert not list(ingest.settings.originals_dir.glob(".incoming/*"))


async def test_a_disk_that_takes_no_files_is_logged_with_its_reason_and_not_for_each_file(
    ingest: Ingest, monkeypatch: pytest.MonkeyPatch
) -> None:
    lines: list[tuple[str, str]] = []

    class Log:
        def error(self, event: str, *, error: str) -> None:
            lines.append((event, error))

    def fail(*_: object) -> None:
        raise OSError(errno.EROFS, os.strerror(errno.EROFS), "/media/ab")

    monkeypatch.setattr("services.ingest.media._place", fail)
    monkeypatch.setattr("services.ingest.media.log", Log)
    monkeypatch.setattr("services.ingest.media._of_the_disk", NowAndThen())
    for media_id in ("x", "y"):
        assert (await ingest.push_asset(media_id, picture())).status_code == 503
    assert lines == [("the disk does not take a file", "[Errno 30] Read-only file system: '/media/ab'")]


async def test_a_file_its_name_and_its_folder_are_on_disk_before_they_are_acknowledged(
    ingest: Ingest, monkeypatch: pytest.MonkeyPatch
) -> None:
    synced, plainly = [], os.fsync

    def noted(descriptor: int) -> None:
        synced.append(os.fstat(descriptor).st_ino)
        plainly(descriptor)

    monkeypatch.setattr(os, "fsync", noted)
    assert (await ingest.push_asset("x", picture())).status_code == 201
    found = await find_media(ingest.store, "desk", "x")
    assert found is not None
    path = original_path(ingest.settings.originals_dir, found.digest)
    assert synced == [place.stat().st_ino for place in (path, path.parent, path.parent.parent)]


async def test_what_a_killed_process_left_unfinished_is_removed(ingest: Ingest, tmp_path: Path) -> None:
    folder = tmp_path / "originals" / ".incoming"
    folder.mkdir(parents=True)
    (folder / "old").write_bytes(b"x")
    (folder / "new").write_bytes(b"x")
    os.utime(folder / "old", (0, 0))
    Media(ingest.store, ingest.service.replicas, tmp_path / "originals", ingest.disk)
    assert [path.name for path in folder.iterdir()] == ["new"]


async def test_what_another_ingest_removes_at_the_same_time_stops_no_start(ingest: Ingest, tmp_path: Path) -> None:
    folder = tmp_path / "originals" / ".incoming"
    folder.mkdir(parents=True)
    (folder / "listed").symlink_to("gone")
    Media(ingest.store, ingest.service.replicas, tmp_path / "originals", ingest.disk)


async def test_the_address_of_a_picture_makes_no_gigabytes_of_a_body(ingest: Ingest) -> None:
    picture = Picture(url=f"https://a.org/{'1' * 2_000}")
    body, embedded = ' src="a"' * 5_000, (("a", picture.url or ""),)
    found = await illustrate(
        ingest.store, "desk", Draft(guid="a", headline="h", body_html=body, image=picture, embedded=embedded)
    )
    assert 4_900_000 < len(found.draft.body_html or "") < 6_000_000


async def test_files_stop_coming_before_they_fill_the_disk(ingest: Ingest, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("services.ingest.disk._free", lambda _: SPOOLS * 2**20)
    assert (await ingest.push_asset("small", b"x" * 2**20, "text/plain")).status_code == 201
    monkeypatch.setattr("services.ingest.disk._free", lambda _: SPOOLS * 2**20 - 1)
    assert (await ingest.push_asset("large", b"x" * 2**21, "text/plain")).status_code == 503
    assert not list((ingest.settings.originals_dir / ".incoming").iterdir())
    monkeypatch.setattr("services.ingest.disk._free", lambda _: 2**19)  # of a file too small to be asked about before
    assert (await ingest.push_asset("copy", b"y" * 2**19, "text/plain")).status_code == 503

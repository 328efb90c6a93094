"""Too much at once, a disk that is nearly full, bodies that are too large, settings that are wrong."""

import asyncio
import gzip
import json
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import httpx
import pytest
from prometheus_client import REGISTRY

from services.ingest.disk import Disk
from services.ingest.draft import Draft
from services.ingest.limits import Limits
from services.ingest.register import Register
from shared.articles import identify, record_key
from shared.clock import Clock
from shared.problems import Problem
from shared.settings import Settings
from shared.site_settings import SiteSettings
from shared.store import Store
from tests.ingest.conftest import SOURCES, TOKEN, Ingest, started
from tests.servers import Valkey, free_port, under_uvicorn

ROOT = Path(__file__).parents[2]
MIB = 2**20
ARTICLE = {"guid": "a", "headline": "H", "body_text": "Words."}


async def test_above_the_bound_it_is_503_and_below_it_work_goes_on(tmp_path: Path) -> None:
    arrived, go_on = asyncio.Semaphore(0), asyncio.Event()

    async def work(scope: Any, receive: Any, send: Any) -> None:
        arrived.release()
        await go_on.wait()
        await send({"type": "http.response.start", "status": 202, "headers": []})
        await send({"type": "http.response.body"})

    limits = Limits(work, 2, Disk(tmp_path, floor_mb=0))
    async with httpx.AsyncClient(transport=httpx.ASGITransport(limits), base_url="http://ingest") as client:
        under_way = [asyncio.create_task(client.post("/v1/articles")) for _ in range(2)]
        for _ in under_way:
            await arrived.acquire()
        for path in ("/v1/articles", "/v1/views", "/v1/push/desk/ninjs"):
            refused = await client.post(path)
            assert (refused.status_code, refused.headers["retry-after"]) == (503, "1")
            assert refused.headers["content-type"] == "application/problem+json"
        looking = asyncio.create_task(client.get("/health/live"))
        await arrived.acquire()
        go_on.set()
        assert [answer.status_code for answer in await asyncio.gather(*under_way, looking)] == [202] * 3
        assert (await client.post("/v1/articles")).status_code == 202


def test_refusals_are_told_from_zero_on(tmp_path: Path, valkey: str) -> None:
    with started(tmp_path, valkey) as ingest, ingest.client() as client:
        told = client.get("/metrics").text
    for reason in ("too many requests at once", "the disk is nearly full"):
        assert f'pressrun_requests_refused_total{{reason="{reason}"}} 0.0' in told


@pytest.fixture(scope="module")
def full_disk(valkey_server: Valkey, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ingest]:
    """An ingest whose floor of free space no disk has."""
    with started(tmp_path_factory.mktemp("full"), valkey_server.url, disk_floor_mb="1000000000") as found:
        yield found


def test_below_the_floor_of_free_space_nothing_is_taken(full_disk: Ingest) -> None:
    with full_disk.client() as client:
        for method, path in (
            ("POST", "/v1/articles"), ("POST", "/v1/articles/batch"), ("POST", "/v1/push/desk/ninjs"),
            ("POST", "/v1/push/desk/assets"), ("POST", "/v1/views/batch"), ("PUT", "/v1/front"),
            ("DELETE", "/v1/articles/aaaaaaaaaaaaaaaa"),
        ):  # fmt: skip
            answer = client.request(method, path, json=ARTICLE)
            assert (answer.status_code, answer.headers["retry-after"]) == (503, "1"), path
            assert "disk" in answer.json()["detail"]
        assert client.get("/health/live").status_code == 200
        assert client.get("/v1/articles/aaaaaaaaaaaaaaaa").status_code == 404
        assert client.head("/v1/push/desk/assets/x").status_code == 404
        told = client.get("/metrics").text
    assert 'pressrun_requests_refused_total{reason="the disk is nearly full"} 7.0' in told


def test_a_folder_that_is_not_there_yet_is_made(tmp_path: Path, valkey: str) -> None:
    more = {"data": str(tmp_path / "not" / "yet"), "sources": str(tmp_path / "sources.toml")}
    with started(tmp_path, valkey, **more) as ingest, ingest.client() as client:
        assert client.post("/v1/articles", json=ARTICLE).status_code == 202


async def test_a_folder_that_has_gone_takes_nothing(tmp_path: Path) -> None:
    async def work(scope: Any, receive: Any, send: Any) -> None:
        raise AssertionError("it was let through")

    limits = Limits(work, 2, Disk(tmp_path / "gone", floor_mb=1))
    async with httpx.AsyncClient(transport=httpx.ASGITransport(limits), base_url="http://ingest") as client:
        assert (await client.post("/v1/articles")).status_code == 503


async def test_a_request_that_fails_gives_its_place_back(tmp_path: Path) -> None:
    async def fail(scope: Any, receive: Any, send: Any) -> None:
        raise ZeroDivisionError

    limits = Limits(fail, 1, Disk(tmp_path, floor_mb=0))
    async with httpx.AsyncClient(transport=httpx.ASGITransport(limits), base_url="http://ingest") as client:
        for _ in range(2):
            with pytest.raises(ZeroDivisionError):
                await client.post("/v1/articles")


async def test_the_free_space_is_looked_at_again_each_second_and_no_more_often(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def work(scope: Any, receive: Any, send: Any) -> None:
        await send({"type": "http.response.start", "status": 202, "headers": []})
        await send({"type": "http.response.body"})

    at = SimpleNamespace(now=0.0, free=0)
    monkeypatch.setattr("services.ingest.limits.time", SimpleNamespace(monotonic=lambda: at.now))
    monkeypatch.setattr("services.ingest.disk._free", lambda _: at.free)
    limits = Limits(work, 2, Disk(tmp_path, floor_mb=1))
    answers = []
    async with httpx.AsyncClient(transport=httpx.ASGITransport(limits), base_url="http://ingest") as client:
        for at.now, at.free in ((100.0, MIB), (100.5, 0), (101.5, 0), (102.0, MIB), (103.0, MIB)):
            answers.append((await client.post("/v1/articles")).status_code)
    assert answers == [202, 202, 503, 503, 202]


def test_a_body_of_5_mib_is_taken_and_a_byte_more_is_413(ingest_process: Ingest) -> None:
    def body(size: int) -> bytes:
        begins = b'{"guid": "large", "headline": "Large", "body_text": "'
        return begins + b"x " * ((size - len(begins) - 2) // 2) + b"x" * ((size - len(begins) - 2) % 2) + b'"}'

    with ingest_process.client() as client:
        assert client.post("/v1/articles", content=body(5 * MIB)).status_code == 202
        for content in (body(5 * MIB + 1), iter([body(5 * MIB), b" "])):  # the latter in chunks, its size not told
            answer = client.post("/v1/articles", content=content)
            assert (answer.status_code, answer.headers["content-type"]) == (413, "application/problem+json")
        assert client.put("/v1/front", content=b" " * (5 * MIB + 1)).status_code == 413


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", "/v1/articles"), ("POST", "/v1/articles/batch"), ("POST", "/v1/push/desk/ninjs"),
        ("POST", "/v1/push/desk/assets"), ("POST", "/v1/views/batch"), ("PUT", "/v1/front"), ("PUT", "/v1/conditions"),
    ],
)  # fmt: skip
def test_a_compressed_body_is_415_and_says_so(ingest_process: Ingest, method: str, path: str) -> None:
    with ingest_process.client() as client:
        packed = gzip.compress(json.dumps(ARTICLE).encode())
        answer = client.request(method, path, content=packed, headers={"Content-Encoding": "gzip"})
        assert (answer.status_code, answer.headers["content-type"]) == (415, "application/problem+json")
        assert "Content-Encoding" in answer.json()["detail"]


def test_identity_is_no_compression(ingest_process: Ingest) -> None:
    with ingest_process.client() as client:
        article = {**ARTICLE, "guid": "identity"}
        assert client.post("/v1/articles", json=article, headers={"Content-Encoding": "identity"}).status_code == 202


def test_a_line_that_is_too_long_is_refused_alone(ingest_process: Ingest) -> None:
    small = b'{"guid": "small", "headline": "Small", "body_text": "Words."}'
    with ingest_process.client() as client:
        answer = client.post("/v1/articles/batch", content=small + b"\n" + b" " * (5 * MIB + 1) + b"\n" + small)
    statuses = [line.partition('"status":')[2][:3] for line in answer.text.splitlines()]
    assert statuses == ["202", "413", "202"]


def test_a_file_of_more_than_50_mib_is_413(ingest_process: Ingest) -> None:
    with ingest_process.client() as client:
        kept = client.post(
            "/v1/push/desk/assets", data={"media_id": "film"}, files={"media": ("film", b"x" * 50 * MIB, "video/mp4")}
        )
        assert (kept.status_code, kept.json()["size"]) == (201, 50 * MIB)
        answer = client.post(
            "/v1/push/desk/assets",
            data={"media_id": "long"},
            files={"media": ("long", b"x" * (50 * MIB + 1), "video/mp4")},
        )
        assert (answer.status_code, answer.headers["content-type"]) == (413, "application/problem+json")
        assert client.get("/v1/push/desk/assets/long").status_code == 404


@pytest.mark.parametrize(
    ("name", "value", "named"),
    [
        ("PRESSRUN_IN_FLIGHT", "many", "PRESSRUN_IN_FLIGHT: "),
        ("PRESSRUN_DATA", "/proc/press", "PRESSRUN_DATA: cannot make /proc/press: "),
        ("PRESSRUN_NOW", "2001-01-01T00:00:00Z", "PRESSRUN_NOW"),
        ("PRESSRUN_SOURCES", "/nowhere/sources.toml", "/nowhere/sources.toml: no such file"),
        ("PRESSRUN_REDIS_PASSWORD_FILE", "/nowhere", "PRESSRUN_REDIS_PASSWORD_FILE: "),
    ],
)
def test_a_wrong_setting_stops_the_start_with_one_line(
    valkey: str, tmp_path: Path, name: str, value: str, named: str
) -> None:
    (tmp_path / "sources.toml").write_text(SOURCES)
    environ = {**os.environ, "PRESSRUN_DATA": str(tmp_path), "PRESSRUN_REDIS_URL": valkey}
    if name == "PRESSRUN_NOW":  # the site has been later than that
        with started(tmp_path, valkey, now="2025-07-26T09:00:00Z") as found, found.client() as client:
            assert client.post("/v1/articles", json=ARTICLE).status_code == 202
    done = subprocess.run(
        [*under_uvicorn("ingest", free_port()), "--log-level", "warning"], env={**environ, name: value}, cwd=ROOT,
        capture_output=True, text=True, timeout=30, check=False,
    )  # fmt: skip
    assert done.returncode == 1
    assert done.stderr.startswith("cannot start: ")
    assert named in done.stderr
    assert done.stderr.count("\n") == 1, done.stderr
    assert TOKEN not in done.stderr


async def test_what_came_in_while_there_was_room_is_not_taken_where_it_leaves_none(
    valkey: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    at = SimpleNamespace(free=3 * MIB)
    monkeypatch.setattr("services.ingest.disk._free", lambda _: at.free)
    settings = Settings(data=tmp_path, redis_url=valkey)
    store = Store(settings)
    register = Register(store, SiteSettings(), Clock(settings), Disk(tmp_path, floor_mb=1))
    before = refused_for_want_of_room()
    for guid, length, free, is_taken in (
        ("a", 4096, 2 * MIB, True),
        ("b", MIB, 3 * MIB, False),
        ("c", 1, 1, False),
    ):
        at.free = free
        draft = Draft(guid=guid, headline="H", body_text="x" * length)
        if is_taken:
            assert (await register.accept("desk", draft)).outcome == "published"
        else:
            with pytest.raises(Problem) as refused:
                await register.accept("desk", draft)
            assert refused.value.status == 503
        assert bool(await store.do("EXISTS", record_key(identify("desk", guid)))) is is_taken
    await store.close()
    assert refused_for_want_of_room() == before + 2, "an alarm looks at it"


def test_below_a_folder_that_has_gone_there_is_no_room(tmp_path: Path) -> None:
    assert not Disk(tmp_path, floor_mb=0).is_nearly_full()
    with pytest.raises(Problem):
        Disk(tmp_path / "gone", floor_mb=1).make_sure_of_room(0)


def refused_for_want_of_room() -> float:
    told = REGISTRY.get_sample_value("pressrun_requests_refused_total", {"reason": "the disk is nearly full"})
    assert told is not None
    return told

"""What every service has: answers are timed, and one that cannot have its port ends."""

import asyncio
import contextlib
import gc
import os
import socket
import subprocess
import sys
import weakref
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any, cast
from urllib.parse import urlsplit

import hiredis
import httpx
import pytest
from prometheus_client import REGISTRY
from pydantic import SecretStr

from services.render.dirty_steps import LOOK
from services.render.mend import BOOT
from shared import metrics
from shared.application import create_app
from shared.clock import LAST, TICK
from shared.events import view_events
from shared.failures import problem_of
from shared.logs import NowAndThen
from shared.problems import Problem
from shared.running import running as service_is_running
from shared.schema import SCHEMA, SCHEMA_KEY, TOO_OLD
from shared.service import Service
from shared.settings import Settings
from shared.store import Store, StoreUnavailable
from shared.timed import Timed
from shared.wrong import WrongSetting
from tests.servers import free_port, running, under_uvicorn, until_true

ROOT = Path(__file__).parents[1]


def _answers(route: str, status: int) -> float:
    labels = {"route": route, "status": str(status)}
    return REGISTRY.get_sample_value("pressrun_request_seconds_count", labels) or 0


async def test_each_answer_is_timed_by_its_route_and_status(valkey: str) -> None:
    app = create_app(Service("test", Settings(redis_url=valkey, consumer="w")), "test")
    live, absent = _answers("/health/live", 200), _answers("none", 404)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://test") as client:
        assert (await client.get("/health/live")).status_code == 200
        assert (await client.get("/no/such/id-17")).status_code == 404
    assert _answers("/health/live", 200) == live + 1
    assert _answers("none", 404) == absent + 1


async def test_a_request_that_ends_without_an_answer_is_timed_as_an_error() -> None:
    async def dies(*_: Any) -> None:
        raise RuntimeError

    before = _answers("none", 500)
    with pytest.raises(RuntimeError):
        await Timed(dies)({"type": "http"}, dies, dies)
    assert _answers("none", 500) == before + 1


@pytest.mark.parametrize("path", ["/health/live", "/health/ready"])
async def test_a_probe_may_ask_for_health_with_head(valkey: str, path: str) -> None:
    service = Service("test", Settings(redis_url=valkey, consumer="w"))
    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(create_app(service, "test")), base_url="http://test"
    ) as client:
        assert (await client.head(path)).status_code == (await client.get(path)).status_code != 405


async def test_what_can_be_read_answers_head_as_get_without_a_body_and_nothing_else_does(
    valkey: str,
) -> None:
    """RFC 9110 §9.1: a server supports both. (A check of links asks for nothing but the head.)"""
    service = Service("test", Settings(redis_url=valkey, consumer="w"))
    app = create_app(service, "test")
    app.get("/v1/things/{name}", name="get_thing")(_thing)
    app.post("/v1/orders", name="post_order")(_thing)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://test") as client:
        for path in ("/v1/things/one", "/v1/things/none", "/metrics", "/docs", "/openapi.json", "/v1/nothing"):
            asked, got = await client.head(path), await client.get(path)
            assert asked.status_code == got.status_code != 405, path
            assert asked.headers.get("content-type") == got.headers.get("content-type"), path
        assert (await client.post("/v1/things/one")).headers["allow"] == "GET, HEAD"
        refused = await client.head("/v1/orders?name=one")
        assert (refused.status_code, refused.headers["allow"]) == (405, "POST")


async def _thing(name: str) -> dict[str, str]:
    if name == "none":
        raise Problem(404, "there is none")
    return {"name": name}


async def test_a_service_is_not_ready_while_a_check_of_its_own_says_why(valkey: str) -> None:
    service, faults = Service("test", Settings(redis_url=valkey, consumer="w")), ["the disk is full", None]

    async def check() -> str | None:
        return faults.pop(0)

    service.checks["disk"] = check
    app = create_app(service, "test")
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://test") as client:
        answers = [await client.get("/health/ready") for _ in range(2)]
    assert [(answer.status_code, answer.json()) for answer in answers] == [
        (503, {"status": "unready", "faults": {"disk": "the disk is full"}}),
        (200, {"status": "ready", "faults": {}}),
    ]


class Said:
    """A log whose lines are kept: each with the task that it is about."""

    def __init__(self) -> None:
        self.lines: list[tuple[str, str]] = []

    def error(self, event: str, *, task: str, **_: object) -> None:
        self.lines.append((event, task))


@pytest.fixture
def said(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, str]]:
    log = Said()
    monkeypatch.setattr("shared.service.log", lambda: log)
    return log.lines


async def test_a_task_that_fails_is_told_counted_and_started_again(valkey: str, said: list[tuple[str, str]]) -> None:
    service, ended = Service("test", Settings(redis_url=valkey, consumer="w")), asyncio.Event()
    failures = [ZeroDivisionError(), StoreUnavailable("it is away")]

    async def work() -> None:
        if failures:
            raise failures.pop(0)
        ended.set()

    unhandled = REGISTRY.get_sample_value("pressrun_unhandled_exceptions_total") or 0
    service.keep_running(work, "work")
    async with asyncio.timeout(20):
        await ended.wait()
    await service.stop()
    assert said == [("a task failed; starting it again", "work")], "that the store is away is no fault of the task"
    assert REGISTRY.get_sample_value("pressrun_unhandled_exceptions_total") == unhandled + 1


async def test_a_task_that_does_not_end_is_named_and_left(
    valkey: str, said: list[tuple[str, str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("shared.service.STOP_PATIENCE", 0.2)
    service, begun, go_on = Service("test", Settings(redis_url=valkey, consumer="w")), asyncio.Event(), asyncio.Event()

    async def work() -> None:
        begun.set()
        while not go_on.is_set():
            with contextlib.suppress(asyncio.CancelledError):
                await go_on.wait()

    service.keep_running(work, "stubborn")
    service.keep_running(asyncio.Event().wait, "obedient")
    await begun.wait()
    await service.stop()
    go_on.set()
    assert said == [("a task did not end", "stubborn")]


class Old(asyncio.Protocol):
    """Redis 7.0, as Debian 12 has it: `ZRANK` with a score came with 7.2."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)
        self._commands = hiredis.Reader()

    def data_received(self, data: bytes) -> None:
        self._commands.feed(data)
        while command := self._commands.gets():
            is_too_long = command[0] == b"ZRANK" and len(command) > 3
            answer = b"-ERR wrong number of arguments for 'zrank' command" if is_too_long else b":0"
            self._transport.write(answer + b"\r\n")


async def test_a_store_that_lacks_commands_is_refused() -> None:
    async with await asyncio.get_running_loop().create_server(Old, "127.0.0.1", 0) as server:
        url = f"redis://127.0.0.1:{server.sockets[0].getsockname()[1]}/0"
        service = Service("test", Settings(redis_url=url, consumer="w"))
        with pytest.raises(WrongSetting, match=rf"^{TOO_OLD}$"):
            await service.start()
        await service.stop()


async def test_a_store_that_a_newer_version_has_written_is_refused_and_left_alone(valkey: str, store: Store) -> None:
    kept = []
    for schema in (None, SCHEMA, SCHEMA + 1):
        service = Service("test", Settings(redis_url=valkey, consumer="w"))
        if schema:
            await store.do("SET", SCHEMA_KEY, schema)
        try:
            with pytest.raises(WrongSetting, match="schema") if schema == SCHEMA + 1 else contextlib.nullcontext():
                await service.start()
        finally:
            await service.stop()
        kept.append(int(await store.do("GET", SCHEMA_KEY)))
    assert kept == [SCHEMA, SCHEMA, SCHEMA + 1]


async def test_a_store_that_stays_away_or_refuses_its_user_ends_the_start_with_a_line(
    valkey: str, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("shared.service.STORE_PATIENCE", 0)
    parts, nowhere = urlsplit(valkey), free_port()
    await store.do("ACL", "SETUSER", "reader", "on", ">hush", "~*", "+@read", "+@connection")
    for netloc, told in (
        (f"127.0.0.1:{nowhere}", f"cannot be reached: .* 127.0.0.1:{nowhere}.* \\(tried for 0 s\\)"),
        (f"nobody:hush@{parts.hostname}:{parts.port}", "cannot be reached: .*password"),
        (f"reader:hush@{parts.hostname}:{parts.port}", "user may not do what is needed: .*permission"),
    ):
        service = Service("test", Settings(redis_url=f"redis://{netloc}/0", consumer="w"))
        with pytest.raises(WrongSetting, match=f"^PRESSRUN_REDIS_URL: the store.*{told}") as wrong:
            await service.start()
        await service.stop()
        assert "hush" not in str(wrong.value)
    await store.do("ACL", "DELUSER", "reader")


@pytest.mark.parametrize(
    ("user", "password", "setting"),
    [
        ("", "needless", "PRESSRUN_REDIS_PASSWORD"),
        ("locked@", "wrong", "PRESSRUN_REDIS_PASSWORD"),
        ("locked@", None, "PRESSRUN_REDIS_PASSWORD"),
        ("locked:wrong@", None, "PRESSRUN_REDIS_URL"),
        ("locked:wrong@", "right", "PRESSRUN_REDIS_URL"),
    ],
)
async def test_a_store_that_does_not_take_the_password_ends_the_start_at_once_with_the_setting_that_said_it(
    valkey: str, store: Store, user: str, password: str | None, setting: str
) -> None:
    parts = urlsplit(valkey)
    await store.do("ACL", "SETUSER", "locked", "on", ">right", "~*", "+@all")
    url = f"redis://{user}{parts.hostname}:{parts.port}/0"
    secret = SecretStr(password) if password else None
    service = Service("test", Settings(redis_url=url, redis_password=secret, consumer="w"))
    with pytest.raises(WrongSetting, match=f"^{setting}: the store cannot be reached: .*") as wrong:
        await service.start()
    await service.stop()
    await store.do("ACL", "DELUSER", "locked")
    assert "tried" not in str(wrong.value), "nobody waits for another password"


@contextlib.asynccontextmanager
async def breaking_at(valkey: str, word: bytes) -> AsyncIterator[str]:
    """The URL of a store whose connection breaks the first time that a command has this word."""
    parts, left = urlsplit(valkey), [word]
    ways: list[asyncio.StreamWriter] = []

    async def pass_on(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while data := await reader.read(65_536):
            if left and left[0] in data:
                left.clear()
                break
            writer.write(data)
        writer.close()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        from_store, to_store = await asyncio.open_connection(parts.hostname, parts.port)
        ways.extend((writer, to_store))
        await asyncio.gather(pass_on(reader, to_store), pass_on(from_store, writer))

    async with await asyncio.start_server(serve, "127.0.0.1", 0) as server:
        host = parts.netloc.rpartition(":")[0]
        yield parts._replace(netloc=f"{host}:{server.sockets[0].getsockname()[1]}").geturl()
        for way in ways:
            way.close()
            with contextlib.suppress(OSError):
                await way.wait_closed()
    assert not left, "nothing broke"


@pytest.mark.parametrize("word", [SCHEMA_KEY, LAST, "MKSTREAM"])
async def test_a_store_that_goes_away_in_the_middle_of_a_start_is_waited_for(valkey: str, word: str) -> None:
    async with breaking_at(valkey, word.encode()) as url:
        service = Service("test", Settings(redis_url=url, consumer="w"))
        service.consume(stream="views", group="test", events=view_events, handle=None)
        await service.start()
        assert await service.unready() == {}
        await service.stop()


@pytest.mark.parametrize("word", [BOOT, TICK, LOOK])
async def test_a_press_waits_for_a_store_that_goes_away_while_it_takes_up_its_work(
    valkey: str, tmp_path: Path, word: str
) -> None:
    port = free_port()
    command = [sys.executable, "-m", "services.console.serve", "render", "127.0.0.1", str(port)]
    environ = {"PRESSRUN_DATA": str(tmp_path), "PRESSRUN_CONSUMER": "w", "PYTHONPATH": str(ROOT)}

    async def is_ready() -> bool:
        assert process.poll() is None, log.read_text()
        with contextlib.suppress(httpx.TransportError):
            return (await client.get(f"http://127.0.0.1:{port}/health/ready")).status_code == 200
        return False

    log = tmp_path / "log"
    async with breaking_at(valkey, word.encode()) as url, httpx.AsyncClient() as client:
        with running(command, environ | {"PRESSRUN_REDIS_URL": url}, log) as process:
            await until_true(is_ready, 60)
    assert '"level": "error"' not in log.read_text()


def test_a_store_that_does_not_serve_is_logged_with_its_reason_and_not_for_each_call(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    lines: list[tuple[str, str]] = []

    class Log:
        def warning(self, event: str, *, reason: str) -> None:
            lines.append((event, reason))

    monkeypatch.setattr(metrics, "log", Log)
    monkeypatch.setattr(metrics, "_of_the_store", NowAndThen())
    for _ in range(3):
        assert problem_of(StoreUnavailable("it is away"), "/v1/articles").status == 503
    assert lines == [("the store does not serve", "it is away")]


async def test_a_lookup_that_nobody_waits_for_any_more_is_not_logged_and_any_other_failure_is(
    valkey: str, caplog: pytest.LogCaptureFixture
) -> None:
    async with service_is_running(Service("test", Settings(redis_url=valkey, consumer="w"))):
        for error in (socket.gaierror(socket.EAI_AGAIN, "Temporary failure"), ConnectionResetError("broken")):
            asyncio.get_running_loop().create_future().set_exception(error)
        gc.collect()
        logged = [record.exc_info[1] for record in caplog.records if record.name == "asyncio" and record.exc_info]
    assert [type(error) for error in logged] == [ConnectionResetError]


async def test_a_service_that_remembers_looks_at_what_it_keeps_once(valkey: str) -> None:
    service = Service("test", Settings(redis_url=valkey, consumer="w"), remembers=True)
    async with service_is_running(service):
        gc.collect(0)  # one that comes by itself while the cycle is in use would keep it for good
        kept = [[number] for number in range(1_000)]
        cycle: list[Any] = [set()]
        cycle.append(cycle)
        gone = weakref.ref(cycle[0])
        del cycle
        gc.collect(0)
        assert gone() is None
        assert not {id(one) for one in kept}.intersection(map(id, gc.get_objects()))  # those that it looks at


def test_a_service_whose_port_is_taken_ends(valkey: str, tmp_path: Path) -> None:
    (tmp_path / "sources.toml").write_text('[sources.desk]\ntokens = ["a-token"]\n')
    environ = {"PRESSRUN_DATA": str(tmp_path), "PRESSRUN_REDIS_URL": valkey, "PRESSRUN_CONSUMER": "w"}
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        with running(under_uvicorn("ingest", taken.getsockname()[1]), environ, tmp_path / "log") as process:
            assert process.wait(20) != 0
    log = (tmp_path / "log").read_text()
    assert "address already in use" in log
    assert "did not end" not in log


LOGGING = """
from shared import metrics
from shared.logs import configure_logs, log
configure_logs("test", "info", metrics.lines_lost.inc)
log().info("accepted")
log().error("failed", exc_info=ValueError("wrong"))
print(metrics.lines_lost._value.get(), flush=True)
"""


def test_a_line_that_a_full_disk_does_not_take_is_counted_and_fails_nothing() -> None:
    command = [sys.executable, "-c", LOGGING]
    with Path("/dev/full").open("wb") as full:
        done = subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=full, timeout=20, check=False)
    assert done.stdout == b"2.0\n"


COUNTING = """
import os, sys
from shared import metrics
from shared.logs import NowAndThen
from shared.problems import Problem
metrics.unhandled.inc(float(sys.argv[1]))
metrics.event_lag.labels("articles", "render").set(float(sys.argv[2]))
print(metrics.exposition().decode())
"""


def _count(folder: Path, consumer: str, unhandled: int, lag: int) -> set[str]:
    """A process of that name counts; the metrics that it tells then."""
    environ = {metrics.METRICS_FOLDER: str(folder), "PRESSRUN_CONSUMER": consumer, "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-c", COUNTING, str(unhandled), str(lag)]
    done = subprocess.run(
        command, env={**os.environ, **environ}, capture_output=True, text=True, timeout=20, check=True
    )
    return set(done.stdout.splitlines())


def test_processes_of_one_service_tell_what_all_have_counted(tmp_path: Path) -> None:
    for consumer in ("w", "w-2"):
        metrics.make_room(tmp_path, consumer)
    assert "pressrun_unhandled_exceptions_total 2.0" in _count(tmp_path, "w", 2, 7)
    told = _count(tmp_path, "w-2", 3, 5)
    assert "pressrun_unhandled_exceptions_total 5.0" in told
    assert 'pressrun_event_lag{group="render",stream="articles"} 5.0' in told, "a state is as it was last seen"
    assert any(line.startswith("process_resident_memory_bytes ") for line in told)
    assert "pressrun_unhandled_exceptions_total 6.0" in _count(tmp_path, "w", 1, 4), "it was started again"


def test_what_one_process_alone_counts_is_not_told_for_all(tmp_path: Path) -> None:
    """It would be less where another one answers next, which Prometheus takes for a new beginning."""
    metrics.make_room(tmp_path, "w")
    counters = {line.split()[2] for line in _count(tmp_path, "w", 1, 1) if line.endswith(" counter")}
    assert counters
    assert not [name for name in counters if not name.startswith("pressrun_")]


EARLY = """
import importlib, sys
from prometheus_client import metrics, values
made, first, begin = [], values.ValueClass, metrics.MetricWrapperBase.__init__
def note(self, name, *words, **others):
    made.append((name, values.ValueClass is first))
    begin(self, name, *words, **others)
metrics.MetricWrapperBase.__init__ = note
importlib.import_module(sys.argv[1])
print(len(made), *[name for name, is_early in made if is_early])
"""


@pytest.mark.parametrize(
    "name", ["services.ingest.app", "services.trending.app", "services.render.app", "services.render.helper"]
)
def test_every_metric_of_a_process_is_counted_with_those_of_the_others(tmp_path: Path, name: str) -> None:
    """One without labels that is made before `shared.metrics` is read would be counted for a process by its pid."""
    (tmp_path / "sources.toml").write_text('[sources.desk]\ntokens = ["t"]\n')
    metrics.make_room(tmp_path, "w")
    environ = {metrics.METRICS_FOLDER: str(tmp_path), "PRESSRUN_CONSUMER": "w", "PYTHONPATH": str(ROOT)}
    environ |= {"PRESSRUN_DATA": str(tmp_path), "PRESSRUN_REDIS_URL": "redis://127.0.0.1:1"}
    done = subprocess.run(
        [sys.executable, "-c", EARLY, name], env={**os.environ, **environ}, capture_output=True, text=True,
        timeout=20, check=True,
    )  # fmt: skip
    count, *early = done.stdout.split()
    assert (int(count) > 10, early) == (True, [])


def test_a_folder_whose_name_looks_like_a_pattern_is_counted_in_like_any_other(tmp_path: Path) -> None:
    folder = tmp_path / "a[b]*"
    metrics.make_room(folder, "w")
    assert "pressrun_unhandled_exceptions_total 2.0" in _count(folder, "w", 2, 7)


def test_the_folder_that_another_program_counts_in_is_left_alone(tmp_path: Path) -> None:
    environ = {name: value for name, value in os.environ.items() if name != "PRESSRUN_CONSUMER"}
    environ |= {metrics.METRICS_FOLDER: str(tmp_path), "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-m", "services.console", "--version"]
    done = subprocess.run(command, env=environ, capture_output=True, text=True, timeout=20, check=True)
    assert done.stdout.startswith("pressrun ")
    assert not list(tmp_path.iterdir())


def test_the_room_that_processes_count_in_is_on_disk_before_they_do(tmp_path: Path) -> None:
    metrics.make_room(tmp_path, "w")
    before = {path.name: path.stat().st_size for path in tmp_path.iterdir()}
    assert all(path.stat().st_blocks * 512 >= path.stat().st_size > 100_000 for path in tmp_path.iterdir())
    _count(tmp_path, "w", 1, 1)
    assert {path.name: path.stat().st_size for path in tmp_path.iterdir()} == before, "no other file, and none grew"

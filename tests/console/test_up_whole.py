"""`pressrun up` from end to end: the real command, the real children, a reader and an upstream."""

import http.client
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from services.console.leftovers import processes
from shared.machine import cores
from tests.servers import begun_with, free_port, wait_for

ROOT = Path(__file__).parents[2]
COMMAND = (sys.executable, "-m", "services.console", "up")
pytestmark = pytest.mark.fault


class Up:
    """A `pressrun up` in a folder, with nothing of its own outside it."""

    def __init__(self, base: Path) -> None:
        self.folder = base / "press"
        self.empty = [base / name for name in ("cwd", "home", "tmp")]
        for folder in self.empty:
            folder.mkdir()
        self.port = free_port(5)
        self.process: subprocess.Popen[str] | None = None

    @property
    def run(self) -> dict[str, Any]:
        return dict(json.loads((self.folder / "run.json").read_text()))

    def begin(self, *words: str, **environ: str) -> subprocess.Popen[str]:
        cwd, home, temporary = self.empty
        with (self.empty[0].parent / "stderr").open("a") as told:
            self.process = subprocess.Popen(
                [*COMMAND, "--data", str(self.folder), "--port", str(self.port), *words],
                cwd=cwd,
                env={**os.environ, "PYTHONPATH": str(ROOT), "HOME": str(home), "TMPDIR": str(temporary), **environ},
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=told,
                text=True,
            )
        return self.process

    def start(self, *words: str, **environ: str) -> None:
        process = self.begin(*words, **environ)
        assert process.stdout is not None
        assert process.stdout.readline() == f"ready http://127.0.0.1:{self.port}/\n", self.told()

    def told(self) -> str:
        return (self.empty[0].parent / "stderr").read_text()

    def stop(self, way: signal.Signals = signal.SIGTERM) -> int:
        assert self.process is not None
        self.process.send_signal(way)
        code = self.process.wait(15)
        assert self.process.stdout is not None
        self.process.stdout.close()
        self.process = None
        return code


@contextmanager
def _made(base: Path) -> Iterator[Up]:
    up = Up(base)
    try:
        yield up
    finally:
        if up.process is not None:
            up.stop()


@pytest.fixture
def up(tmp_path: Path) -> Iterator[Up]:
    with _made(tmp_path) as made:
        yield made


def call(url: str, method: str = "GET", body: Any = None, **headers: str) -> tuple[int, str]:
    """The status and text of an answer; status 0 where there is none."""
    parts = urlsplit(url)
    connection = http.client.HTTPConnection(parts.netloc, timeout=10)
    try:
        content = None if body is None else json.dumps(body)
        connection.request(method, parts.path, content, {"Content-Type": "application/json", **headers})
        answer = connection.getresponse()
        return answer.status, answer.read().decode()
    except (OSError, http.client.HTTPException):
        return 0, ""
    finally:
        connection.close()


def post(run: dict[str, Any], guid: str) -> str:
    """Post an article and wait until readers have it; its address."""
    article = {"guid": guid, "headline": f"The news of {guid}", "body_text": "It happened."}
    headers = {"Authorization": f"Bearer {run['token']}", "Prefer": "wait=10"}
    status, text = call(f"{run['ingest']}/v1/articles", "POST", article, **headers)
    assert status in (200, 201), text
    return str(json.loads(text)["url"])


def gone(pids: dict[str, int]) -> bool:
    running = processes()
    return not any(pid in running or any(one.group == pid for one in running.values()) for pid in pids.values())


def test_the_sample_is_live_when_up_says_ready_and_all_ends_with_it(up: Up) -> None:
    up.start("--sample")
    run = up.run
    assert (up.folder / "run.json").stat().st_mode & 0o777 == 0o600
    assert set(run) == {"site", "ingest", "trending", "render", "redis", "source", "token", "hmac_secret", "pids"}
    assert list(run["pids"]) == ["redis", "ingest", "trending", "render", "site"]
    status, page = call(f"{run['site']}/")
    assert (status, 'id="hot"' in page) == (200, True)
    begin = time.monotonic()
    assert up.stop() == 0
    assert time.monotonic() - begin < 10
    assert gone(run["pids"])
    assert [list(folder.iterdir()) for folder in up.empty] == [[], [], []], "something was written outside DIR"


@pytest.mark.usefixtures("curl")
def test_the_line_that_posts_a_first_article_can_be_pasted(up: Up) -> None:
    up.start()
    wait_for(lambda: "curl" in up.told())
    line = up.told().splitlines()[-1]
    for proxy in ({}, {"http_proxy": "http://127.0.0.1:9"}):
        pasted = subprocess.run(
            ["/bin/sh", "-c", line], env=os.environ | proxy, capture_output=True, text=True, timeout=20, check=True
        )
        assert " 202 " in pasted.stdout


def test_it_ends_with_its_terminal_unless_nohup_keeps_it(up: Up) -> None:
    with begun_with(signal.SIGHUP, signal.SIG_IGN):
        up.start()
    assert up.process is not None
    up.process.send_signal(signal.SIGHUP)
    pid = up.run["pids"]["trending"]
    os.kill(pid, signal.SIGKILL)
    wait_for(lambda: up.run["pids"]["trending"] != pid, what="it goes on, and looks after its parts")
    assert up.stop() == 0
    with begun_with(signal.SIGHUP, signal.SIG_DFL):
        up.start()
    assert up.stop(signal.SIGHUP) == 0


@pytest.mark.parametrize("name", ["redis", "ingest", "trending", "render", "site"])
def test_each_child_that_is_killed_comes_back_and_the_stack_works(up: Up, name: str) -> None:
    up.start()
    before = post(up.run, "before")
    pid = up.run["pids"][name]
    os.kill(pid, signal.SIGKILL)
    wait_for(lambda: up.run["pids"][name] != pid)
    for part in ("ingest", "trending", "render"):
        wait_for(lambda part=part: call(f"{up.run[part]}/health/ready")[0] == 200)  # type: ignore[misc]  # mypy's
    wait_for(lambda: call(f"{up.run['site']}/")[0] == 200)
    after = post(up.run, "after")
    assert [call(url)[0] for url in (before, after)] == [200, 200]
    assert up.stop(signal.SIGINT) == 0


def test_after_its_own_sigkill_the_next_up_goes_on(up: Up) -> None:
    up.start()
    url, left = post(up.run, "kept"), up.run["pids"]
    up.stop(signal.SIGKILL)
    assert not gone(left)
    up.start()
    assert gone({name: pid for name, pid in left.items() if pid not in up.run["pids"].values()})
    assert set(left.values()).isdisjoint(up.run["pids"].values())
    assert call(url)[0] == 200
    assert up.stop() == 0


def test_sigterm_during_the_start_ends_all_too(up: Up) -> None:
    process = up.begin("--sample")
    wait_for((up.folder / "children.json").exists)
    pids = {name: child["pid"] for name, child in json.loads((up.folder / "children.json").read_text()).items()}
    assert up.stop() == 0
    assert process.returncode == 0
    assert gone(pids)


def test_a_site_whose_clock_would_go_back_does_not_start(up: Up) -> None:
    up.start(PRESSRUN_NOW="2025-07-26T12:00:00Z")
    assert up.stop() == 0
    process = up.begin(PRESSRUN_NOW="2025-07-26T11:00:00Z", PRESSRUN_PORT="9080")
    assert process.wait(30) == 1
    assert up.told().splitlines()[-1].startswith("pressrun: PRESSRUN_NOW: ")
    assert "pressrun: PRESSRUN_PORT: there is no setting of this name, and nothing is done with it\n" in up.told()
    up.stop()
    up.start(PRESSRUN_NOW="2025-07-26T13:00:00Z")
    assert up.stop() == 0


FURTHER = ("ingest-2", "render-2")
two_cores = pytest.mark.skipif(cores() < 2, reason="one core: there are no further parts")


def recorded(up: Up) -> dict[str, int]:
    """The pids of all parts, by name."""
    return {name: child["pid"] for name, child in json.loads((up.folder / "children.json").read_text()).items()}


def scraped(up: Up, service: str, name: str) -> float:
    """What one of a service's processes says of a metric, over a connection of its own."""
    status, text = call(f"{up.run[service]}/metrics")
    assert status == 200
    return sum(float(line.split()[-1]) for line in text.splitlines() if line.startswith(name))


@two_cores
def test_both_ingests_answer_and_either_tells_what_both_have_counted(up: Up) -> None:
    up.start()
    wait_for(lambda: len({scraped(up, "ingest", "process_start_time_seconds") for _ in range(16)}) == 2)
    article = 'pressrun_request_seconds_count{route="/v1/articles",status="202"}'
    headers = {"Authorization": f"Bearer {up.run['token']}"}
    for number in range(24):
        content = {"guid": f"n{number}", "headline": f"Number {number}", "body_text": "It happened."}
        assert call(f"{up.run['ingest']}/v1/articles", "POST", content, **headers)[0] == 202
    # noted once it is answered
    wait_for(lambda: {scraped(up, "ingest", article) for _ in range(16)} == {24})
    os.kill(killed := recorded(up)["ingest"], signal.SIGKILL)
    wait_for(lambda: killed not in processes())
    assert [scraped(up, "ingest", article) for _ in range(4)] == [24] * 4, "the other one answers for both"
    assert up.stop() == 0


@two_cores
def test_what_stands_beside_ingest_and_render_is_kept_running_and_ends_with_the_rest(up: Up) -> None:
    up.start()
    before = recorded(up)
    assert [name for name in before if name not in up.run["pids"]] == list(FURTHER)
    for name in FURTHER:
        os.kill(before[name], signal.SIGKILL)
    wait_for(lambda: all(recorded(up)[name] != before[name] for name in FURTHER))
    after = recorded(up)
    assert {name for name in before if before[name] != after[name]} == set(FURTHER)
    assert up.stop() == 0
    assert gone(after)


@two_cores
@pytest.mark.skipif(sys.platform != "linux", reason="only Linux ends a process with its parent")
def test_what_nothing_outside_names_does_not_outlive_a_stack_that_was_killed(up: Up) -> None:
    up.start()
    before = recorded(up)
    up.stop(signal.SIGKILL)
    wait_for(lambda: not {before[name] for name in FURTHER} & set(processes()))
    assert before["ingest"] in processes(), "what run.json names is there still, for the next one to find"
    up.start()
    assert up.stop() == 0
    assert gone(before)

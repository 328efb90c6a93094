"""A real `pressrun up` for tests: started on a folder of its own, driven through its public calls, stopped."""

import html
import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import Any, Self
from urllib.parse import urlsplit

import httpx
import pytest
import redis

from services.render.dirty_steps import WAITING
from services.trending.lua import PENDING, TOUCHED
from shared.machine import cores
from tests.servers import answers, free_port, wait_for

ROOT = Path(__file__).parents[1]
CONSOLE = (sys.executable, "-m", "services.console")

SAMPLE_NOW = "2025-07-26T09:00:00+03:00"
GROUPS = {"articles": ("render", "trending"), "views": ("trending",), "signals": ("render",)}
PARTS = ("ingest", "trending", "render", "site", "redis")
FURTHER = ("ingest-2", "render-2") if cores() > 1 else ()
"""What stands beside ingest and render on a machine of several cores; `run.json` does not name it."""


class Up:
    """The stack on a folder. `environ` is what every start has in its environment; `site` are the settings of a site
    whose address has the `path`. On one core it starts no further processes, which take a third of a start."""

    def __init__(
        self, base: Path, site: str | None = None, path: str = "", *, one_core: bool = False, **environ: str
    ) -> None:
        self.folder = base / "press"
        self._base = base
        self._environ = {**os.environ, "PYTHONPATH": str(ROOT), **environ}
        self._one_core = one_core
        self._process: subprocess.Popen[str] | None = None
        self._client: httpx.Client | None = None
        self.port = free_port(5)
        self.path = path
        if site is not None:
            self.folder.mkdir(parents=True)
            (self.folder / "site.toml").write_text(f'base_url = "{self.url}{path}"\n{site}')

    # ------------------------------------------------------------------------------------------ its life

    @property
    def url(self) -> str:
        """The site's address, without a slash at its end."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def run(self) -> dict[str, Any]:
        """What `run.json` says now."""
        return dict(json.loads((self.folder / "run.json").read_text()))

    def start(self, *words: str, **environ: str) -> None:
        """Start it and wait until it says that it is ready."""
        assert self._process is None
        self._process = self._begin(*words, **environ)
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        assert line == f"ready {self.url}{self.path}/\n", (line, self.told())
        self._client = httpx.Client(
            base_url=self.run["ingest"], headers={"Authorization": f"Bearer {self.run['token']}"}, timeout=20
        )

    def refuses(self, *words: str, **environ: str) -> str:
        """Start what is expected not to start; the last line that it says."""
        process = self._begin(*words, **environ)
        with process:
            assert process.wait(30) == 1
        return self.told().splitlines()[-1]

    def stop(self) -> None:
        """SIGTERM: all is gone within 10 seconds, exit code 0."""
        process, self._process = self._process, None
        assert process is not None
        if self._client is not None:
            self._client.close()
            self._client = None
        process.send_signal(signal.SIGTERM)
        with process:
            try:
                code = process.wait(10)
            except subprocess.TimeoutExpired:
                process.kill()
                raise
        assert code == 0, self.told()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self._process is not None:
            self.stop()

    def told(self) -> str:
        """What `pressrun up` has said on stderr."""
        return (self._base / "up.log").read_text()

    def errors(self) -> str:
        """What its parts have logged as errors."""
        lines = [line for log in self.folder.glob("logs/*.log") for line in log.read_text().splitlines()]
        return "\n".join(line for line in lines if '"level": "error"' in line)

    def kill(self, name: str) -> int:
        """SIGKILL for one part; its pid."""
        pid = self.pid(name)
        os.kill(pid, signal.SIGKILL)
        return pid

    def pid(self, name: str) -> int:
        """The pid of a part, a further one too."""
        return int(json.loads((self.folder / "children.json").read_text())[name]["pid"])

    def is_back(self, name: str, killed: int) -> bool:
        """Whether a part runs again under another pid, and is ready."""
        if self.pid(name) == killed:
            return False
        if name in FURTHER:
            return True
        if name == "redis":
            with self.store() as store:
                return bool(store.ping())
        path = "/nginx-health" if name == "site" else "/health/ready"
        return answers(self.run[name] + path)

    def _begin(self, *words: str, **environ: str) -> subprocess.Popen[str]:
        command = [*CONSOLE, "up", "--data", str(self.folder), "--port", str(self.port), *words]
        with (self._base / "up.log").open("a") as log, _on_one_core() if self._one_core else nullcontext():
            return subprocess.Popen(
                command, env={**self._environ, **environ}, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                stderr=log, text=True,
            )  # fmt: skip

    # ------------------------------------------------------------------------------------------ its calls

    @property
    def ingest(self) -> httpx.Client:
        """A client of ingest that has the source's token."""
        assert self._client is not None
        return self._client

    def post(self, guid: str, wait: int = 15, **members: Any) -> dict[str, Any]:
        """Post an article; with `wait` it is on disk when this returns."""
        article = {"guid": guid, "headline": f"Story {guid}", "body_text": f"Body of {guid}.", **members}
        headers = {"Prefer": f"wait={wait}"} if wait else {}
        answer = self.ingest.post("/v1/articles", json=article, headers=headers)
        assert answer.status_code in ((201, 202) if not wait else (201,)), answer.text
        return dict(answer.json())

    def put(self, path: str, content: Any) -> None:
        """`PUT`, accepted."""
        answer = self.ingest.put(path, json=content)
        assert answer.status_code == 202, answer.text

    def withdraw(self, ident: str) -> dict[str, Any]:
        """`DELETE` an article."""
        answer = self.ingest.delete(f"/v1/articles/{ident}")
        assert answer.status_code == 202, answer.text
        return dict(answer.json())

    def view(self, ident: str, agent: str = "Mozilla/5.0 (X11) Test") -> None:
        """What the page's beacon sends, as the browser `agent`."""
        content = json.dumps({"article": ident}).encode()
        headers = {"Content-Type": "text/plain;charset=UTF-8", "User-Agent": agent, "Sec-Fetch-Site": "same-origin"}
        answer = httpx.post(f"{self.url}/v1/views", content=content, headers=headers)
        assert answer.status_code == 202, answer.text

    def views(self) -> dict[str, int]:
        """The views of 7 days, by article, as trending tells them."""
        answer = httpx.get(f"{self.run['trending']}/v1/trending?window=7d&limit=50").json()
        return {item["id"]: item["views"] for item in answer["items"]}

    def site_get(self, path: str) -> httpx.Response:
        """What a reader gets."""
        return httpx.get(f"{self.url}{path}", timeout=20)

    def page(self, path: str) -> str:
        """A page as text that a reader gets; it is there."""
        answer = self.site_get(path)
        assert answer.status_code == 200, (path, answer.status_code)
        return html.unescape(answer.text)

    # ------------------------------------------------------------------------------------------ its insides

    def store(self) -> redis.Redis:
        """A client of the store."""
        return redis.Redis.from_url(self.run["redis"])

    def drained(self) -> bool:
        """Whether every event is done, no view waits for its rankings or these to be announced, no page to be built.

        Asked in the order in which one follows from another, so that nothing slips past.
        """
        with self.store() as store:
            for stream, groups in GROUPS.items():
                if stream == "signals" and store.exists(PENDING, TOUCHED):
                    return False
                found = {group["name"].decode(): group for group in store.xinfo_groups(stream)}
                if any(found[name]["lag"] or found[name]["pending"] for name in groups):
                    return False
            return not store.zunion(WAITING)  # in one step: a page that changes between these sets is in one

    def drain(self, seconds: float = 30) -> None:
        """Wait until all is done."""
        wait_for(self.drained, seconds, "everything is built")

    def check(self) -> tuple[int, str]:
        """Exit code and words of `pressrun check`."""
        return self.call("check")

    def call(self, command: str, *words: str) -> tuple[int, str]:
        """Exit code and words of a command."""
        done = subprocess.run(
            [*CONSOLE, command, "--data", str(self.folder), *words], env=self._environ, capture_output=True, text=True,
            timeout=60, check=False,
        )  # fmt: skip
        return done.returncode, done.stdout + done.stderr

    def files(self) -> dict[str, tuple[int, int]]:
        """Every file that readers are served from, with its inode and moment of writing."""
        root = self.folder / "site"
        found = (path for path in root.rglob("*") if not path.name.startswith(".") and path.is_file())
        return {path.relative_to(root).as_posix(): (path.stat().st_ino, path.stat().st_mtime_ns) for path in found}


@contextmanager
def _on_one_core() -> Iterator[None]:
    """What is started here runs on one core for good: not all that run side by side on the same."""
    usable = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {sorted(usable)[os.getpid() % len(usable)]})
    try:
        yield
    finally:
        os.sched_setaffinity(0, usable)


def path_of(url: str) -> str:
    """The path of an address."""
    return urlsplit(url).path


@pytest.fixture(scope="session")
def sample_stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Up]:
    """The sample edition on the morning of 26 July 2025, for all tests that leave it as it is."""
    with Up(tmp_path_factory.mktemp("sample"), PRESSRUN_NOW=SAMPLE_NOW) as up:
        up.start("--sample")
        yield up


@pytest.fixture
def stack(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Up]:
    """An empty stack that a test may do anything to; the test starts it. Tests that kill processes have all of it."""
    with Up(tmp_path, one_core=request.node.get_closest_marker("fault") is None) as up:
        yield up

"""Stacks and servers that a run starts, and ends again: each by its own process alone."""

import atexit
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import Any

from redis import Redis

from bench import corpus
from bench.batch_call import send_batch
from bench.wire import Line
from services.console.folder import Folder
from services.render.dirty_steps import WAITING
from shared.events import ARTICLES, SIGNALS, VIEWS

START_WITHIN = 30.0
RENDERED = "pressrun_pages_rendered_total{"
READ = (ARTICLES, VIEWS, SIGNALS)
"""The streams that the services read."""
UVICORN = ("--loop", "uvloop", "--http", "httptools", "--no-access-log", "--log-level", "warning", "--backlog", "2048")


def free_ports(count: int) -> int:
    """The first of `count` ports in a row that nobody uses."""
    for first in range(21_000 + os.getpid() % 2000, 32_000, count):
        try:
            for port in range(first, first + count):
                with socket.socket() as probe:
                    probe.bind(("127.0.0.1", port))
        except OSError:
            continue
        return first
    raise RuntimeError("no free ports")


def wait_for(port: int) -> None:
    """Wait until something listens on a port."""
    until = time.monotonic() + START_WITHIN
    while True:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
            return
        except OSError:
            if time.monotonic() > until:
                raise
            time.sleep(0.02)


class Child:
    """A process of this run; what it says goes to a file."""

    def __init__(self, command: list[str], log: Path, cwd: Path | None = None) -> None:
        with log.open("ab") as words:
            self.process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=words, stderr=words, cwd=cwd)

    def end(self) -> None:
        """End it and wait for that."""
        self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(15)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


class Bare:
    """An app of `bench.bare` under the uvicorn that the services run under."""

    def __init__(self, app: str, folder: Path) -> None:
        self.port = free_ports(1)
        self.url = f"http://127.0.0.1:{self.port}"
        command = [sys.executable, "-m", "uvicorn", f"bench.bare:{app}", "--port", str(self.port), *UVICORN]
        self._child = Child(command, folder / "bare.log")

    def __enter__(self) -> "Bare":
        wait_for(self.port)
        return self

    def __exit__(self, *_: object) -> None:
        self._child.end()


def _new_folder() -> Path:
    """A folder that goes away when the run ends, and not before.

    For minutes after thousands of files were deleted, an ext4 without a journal looks at each of their inodes for every
    file that it creates nearby: creating and renaming a page took 0.04 ms before another stack's folder was deleted,
    and 0.6 ms after it.
    """
    folder = Path(tempfile.mkdtemp(prefix="pressrun-bench-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return folder


class Press:
    """The embedded stack on a folder of its own, with articles in it."""

    def __init__(self) -> None:
        self.folder = _new_folder()
        self.data = self.folder / "data"
        self.data.mkdir()
        self.articles: list[dict[str, Any]] = []
        self._run: dict[str, Any] = {}
        self._stack = ExitStack()

    def __enter__(self) -> "Press":
        port = free_ports(5)
        (self.data / "site.toml").write_text(f'name = "Bench"\nbase_url = "http://127.0.0.1:{port}"\n')
        program = str(Path(sys.executable).with_name("pressrun"))
        child = Child([program, "up", "--data", str(self.data), "--port", str(port)], self.folder / "up.log")
        self._stack.callback(child.end)
        until = time.monotonic() + START_WITHIN
        while "ready " not in (words := (self.folder / "up.log").read_text()):
            if child.process.poll() is not None or time.monotonic() > until:
                self._stack.close()
                raise RuntimeError(f"the stack did not start:\n{words}")
            time.sleep(0.05)
        self._run = json.loads((self.data / "run.json").read_text())
        self.store = Redis.from_url(self._run["redis"])
        self._stack.callback(self.store.close)
        return self

    def __exit__(self, *_: type[BaseException] | BaseException | TracebackType | None) -> None:
        self._stack.close()

    @property
    def token(self) -> str:
        """What the bench may post with."""
        return str(self._run["token"])

    @property
    def edge_secret(self) -> str:
        """What nginx tells ingest the visitor's address with."""
        return Folder(self.data).secrets().edge_secret

    def url(self, name: str) -> str:
        """Address of a part, without a slash at its end."""
        return str(self._run[name]).rstrip("/")

    def line(self, name: str) -> Line:
        """A new connection to a part."""
        return Line(self.url(name))

    def fill(self, count: int, *, one_place: bool = False) -> None:
        """Post articles until there are `count`, and wait until all pages are built."""
        while len(self.articles) < count:
            first = len(self.articles)
            numbers = range(first, min(first + 5_000, count))
            lines = [corpus.line(number, one_place=one_place) for number in numbers]
            self.articles += send_batch(self.url("ingest"), self.token, lines).answers
        self.drain(120 + count / 50)

    def rendered(self) -> float:
        """How many pages have been rendered, by the press's own count."""
        told = self.line("render").get("/metrics")[1].decode()
        return sum(float(line.split()[-1]) for line in told.splitlines() if line.startswith(RENDERED))

    def drain(self, within: float = 120.0) -> float:
        """Wait until the streams are read and no page waits; return the seconds that took."""
        started = time.monotonic()
        while not self._is_drained():
            if time.monotonic() - started > within:
                raise RuntimeError("the stack does not come to rest")
            time.sleep(0.02)
        return time.monotonic() - started

    def _is_drained(self) -> bool:
        """Asked in one step: between two, a page could go from one place to another, unseen."""
        asked = self.store.pipeline(transaction=True)
        for stream in READ:
            asked.xinfo_groups(stream)
        for name in WAITING:
            asked.zcard(name)
        groups, counts = (answers := asked.execute())[: len(READ)], answers[len(READ) :]
        return not any(counts) and not any(one["pending"] or one["lag"] for found in groups for one in found)

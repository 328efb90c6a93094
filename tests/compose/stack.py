"""docker-compose.yml brought up under a name of its own, as an operator would, and what tests do to it."""

import contextlib
import json
import os
import re
import secrets
import signal
import subprocess
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import urlsplit

import httpx

from tests.servers import free_port

T = TypeVar("T")

ROOT = Path(__file__).parents[2]
SERVICES = ("redis", "ingest", "trending", "render", "site")
OURS = ("ingest", "trending", "render")
IMAGE = "pressrun:test"
BROWSER = "Mozilla/5.0 (X11; Linux x86_64) Firefox/140.0"
ASK = "import sys, urllib.request; print(urllib.request.urlopen(sys.argv[1], timeout=5).read().decode())"


def wait(condition: Callable[[], T], what: str, seconds: float = 60) -> T:
    """Wait until the condition holds and return its value; fail with what was waited for."""
    until = time.monotonic() + seconds
    while True:
        with contextlib.suppress(httpx.TransportError):
            if value := condition():
                return value
        assert time.monotonic() < until, f"not within {seconds:g} s: {what}"
        time.sleep(0.02)


def path_of(answer: dict[str, Any]) -> str:
    """The path of an acknowledged article's page."""
    return urlsplit(answer["url"]).path


def proxies_of_the_docs() -> str:
    """What docs/deploy.md says to trust where a server on the same machine is in front."""
    said = re.search(r"^PRESSRUN_TRUSTED_PROXIES=(.+)$", (ROOT / "docs/deploy.md").read_text(), re.MULTILINE)
    assert said is not None
    return said[1]


class Stack:
    """A running stack."""

    def __init__(self, folder: Path) -> None:
        self.name = f"pressrun-test-{secrets.token_hex(4)}"
        self._env_file = folder / ".env"
        port = free_port(2)
        self.site, self.ingest = f"http://127.0.0.1:{port}", f"http://127.0.0.1:{port + 1}"
        given = {name: value for name, value in os.environ.items() if not name.startswith(("PRESSRUN_", "COMPOSE_"))}
        self._environ = given | {"PRESSRUN_IMAGE": IMAGE}
        self.secrets = folder / "secrets"
        made = subprocess.run(
            [ROOT / "deploy" / "make-env"],
            env=given
            | {
                "PRESSRUN_SECRETS": str(self.secrets),
                "PRESSRUN_SITE_TOML": str(folder / "site.toml"),
                "PRESSRUN_SITE_PORT": str(port),
                "PRESSRUN_INGEST_PORT": str(port + 1),
                "PRESSRUN_TRUSTED_PROXIES": proxies_of_the_docs(),
            },
            check=True,
            capture_output=True,
            text=True,
            timeout=30,
        )
        self._env_file.write_text(made.stdout)
        settings = dict(line.split("=", 1) for line in made.stdout.splitlines() if "=" in line and line[0] != "#")
        self.token = settings["PRESSRUN_TOKEN"]
        self._http = httpx.Client(timeout=30, headers={"User-Agent": BROWSER})

    # the engine

    def compose(self, *words: str, seconds: float = 120) -> subprocess.CompletedProcess[str]:
        """Run `docker compose` on this stack."""
        command = ["docker", "compose", "--env-file", str(self._env_file), "-p", self.name, *words]
        return subprocess.run(
            command, cwd=ROOT, env=self._environ, capture_output=True, text=True, timeout=seconds, check=False
        )

    def up(self, *more: str) -> None:
        """Bring it up and wait until it is healthy; with what it said if it is not."""
        done = self.compose("up", "-d", "--wait", "--wait-timeout", "180", *more, seconds=900)
        if done.returncode:
            logs = self.compose("logs", "--no-color", "--tail", "60")
            raise AssertionError(f"{done.stdout[-4000:]}\n{done.stderr[-4000:]}\n{logs.stdout[-12000:]}")

    def down(self) -> None:
        """Take everything down, with its volumes."""
        self._http.close()
        done = self.compose("down", "-v", "--remove-orphans", "--timeout", "5", seconds=300)
        assert done.returncode == 0, done.stderr

    def run(self, service: str, *command: str, seconds: float = 60) -> subprocess.CompletedProcess[str]:
        """Run a command inside a service's container."""
        return self.compose("exec", "-T", service, *command, seconds=seconds)

    def inspect(self, service: str) -> list[dict[str, Any]]:
        """What `docker inspect` shows of the service's containers."""
        names = self.compose("ps", "-aq", service).stdout.split()
        shown = subprocess.run(["docker", "inspect", *names], capture_output=True, text=True, timeout=30, check=True)
        return list(json.loads(shown.stdout))

    def state(self, service: str) -> dict[str, Any]:
        """The state of the service's first container."""
        return dict(self.inspect(service)[0]["State"])

    def kill(self, service: str) -> int:
        """Kill -9 the process of a service from outside its container, as a crash would, and return its pid."""
        pid = int(self.state(service)["Pid"])
        assert pid > 1, f"{service} is not running"
        os.kill(pid, signal.SIGKILL)
        return pid

    def wait_healthy(self, service: str, but_not: int) -> None:
        """Wait until the service runs again, as another process, and is healthy."""

        def back() -> bool:
            state = self.state(service)
            return state["Pid"] not in (0, but_not) and state["Health"]["Status"] == "healthy"

        wait(back, f"{service} is healthy again", 120)

    def ask(self, service: str, path: str) -> str:
        """What a service answers inside."""
        done = self.run(service, "python", "-c", ASK, f"http://127.0.0.1:8000{path}")
        assert done.returncode == 0, done.stderr
        return done.stdout

    def ask_store(self, *command: str) -> str:
        """What the store answers."""
        shell = 'REDISCLI_AUTH="$(cat /run/secrets/redis_password)" exec redis-cli --raw "$@"'
        done = self.run("redis", "sh", "-c", shell, "redis-cli", *command)
        assert done.returncode == 0, done.stderr
        return done.stdout

    # the published doors

    def get(self, path: str) -> httpx.Response:
        """A reader asks for a page."""
        return self._http.get(self.site + path)

    def view(self, article: str, reader: int = 0, passed_on_for: str = "") -> int:
        """A reader's page tells that it was opened; the status of the answer. Each number is another reader, and so is
        each address that a server in front passes it on for."""
        headers = {"User-Agent": f"{BROWSER} reader/{reader}"}
        if passed_on_for:
            headers["X-Forwarded-For"] = passed_on_for
        return self._http.post(self.site + "/v1/views", json={"article": article}, headers=headers).status_code

    def call(self, method: str, path: str, **more: Any) -> httpx.Response:
        """A source calls ingest; what it cannot take now (503, a broken connection) is sent again."""
        headers = {"Authorization": f"Bearer {self.token}", **more.pop("headers", {})}

        def answered() -> httpx.Response | None:
            answer = self._http.request(method, self.ingest + path, headers=headers, **more)
            return None if answer.status_code == 503 else answer

        return wait(answered, f"{method} {path} is answered", 90)

    def publish(self, **article: Any) -> dict[str, Any]:
        """Post an article and return the acknowledgement."""
        guid = f"test-{secrets.token_hex(6)}"
        whole = {"guid": guid, "body_text": "Some words.", "published_at": datetime.now(UTC).isoformat()} | article
        answer = self.call("POST", "/v1/articles", json=whole, headers={"Prefer": "wait=20"})
        assert answer.status_code in (201, 202), answer.text
        return dict(answer.json())

    def wait_for_page(self, path: str, words: str) -> httpx.Response:
        """Wait until a reader gets the page with these words."""

        def shown() -> httpx.Response | None:
            answer = self.get(path)
            return answer if answer.status_code == 200 and words in answer.text else None

        return wait(shown, f"{path} shows {words!r}")

    def wait_for_redirect(self, path: str) -> str:
        """Where readers of this path are sent; a path moves after the page that it leads to has come (P4)."""

        def moved() -> str | None:
            answer = self.get(path)
            return answer.headers["location"] if answer.status_code == 301 else None

        return wait(moved, f"{path} moves")

    def check(self) -> None:
        """The site equals a build from the store, byte for byte."""
        done = self.run("render", "pressrun", "check", seconds=120)
        assert done.returncode == 0, done.stdout + done.stderr
        assert done.stdout.rstrip().endswith("clean")

    def views(self, article: str) -> int:
        """How many views trending has counted of an article."""
        items = json.loads(self.ask("trending", "/v1/trending?window=7d&limit=1000"))["items"]
        return sum(item["views"] for item in items if item["id"] == article)

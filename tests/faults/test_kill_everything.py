"""Every part is killed twice while articles are posted: what was acknowledged is live, nothing else was promised."""

import random
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import httpx
import pytest

from tests.servers import wait_for
from tests.stack import FURTHER, PARTS, Up, path_of

pytestmark = pytest.mark.fault

ARTICLES = 500
BROKEN = "the connection broke"


@dataclass
class Sender:
    """An upstream that posts one by one and notes every answer; it waits while ingest says that it is not ready."""

    up: Up
    client: httpx.Client
    answers: dict[str, int | str] = field(default_factory=dict)
    urls: dict[str, str] = field(default_factory=dict)

    def send(self, number: int) -> None:
        """Post one article, once."""
        headline = f"Dispatch {number} from the field"
        article = {
            "guid": f"dispatch-{number}",
            "headline": headline,
            "body_text": "It happened.",
            "section": f"Section {number % 5}",
            "topics": [f"Topic {number % 17}", f"Topic {number % 3}"],
            "authors": [f"Author {number % 7}"],
        }
        try:
            answer = self.client.post("/v1/articles", json=article)
        except httpx.TransportError:
            self.answers[headline] = BROKEN
        else:
            self.answers[headline] = answer.status_code
            if answer.is_success:
                self.urls[headline] = answer.json()["url"]
        if self.answers[headline] != 202:
            wait_for(self._is_ready, 30, "ingest is ready again")

    def _is_ready(self) -> bool:
        try:
            return self.client.get("/health/ready").status_code == 200
        except httpx.TransportError:
            return False


@dataclass
class Killer:
    """Kills the next part whenever so many more articles were sent, but none before it is back from its last death."""

    up: Up
    sender: Sender
    order: list[str]
    killed: dict[str, int] = field(default_factory=dict)
    error: BaseException | None = None

    def work(self) -> None:
        """Kill all of `order`."""
        try:
            for number, name in enumerate(self.order, 1):
                at = number * ARTICLES // (len(self.order) + 1)
                wait_for(lambda at=at: len(self.sender.answers) >= at, 60, f"{at} articles were sent")
                self.wait_until_back(name)
                self.killed[name] = self.up.kill(name)
        except BaseException as error:  # noqa: BLE001 - the test raises it
            self.error = error

    def wait_until_back(self, name: str) -> None:
        """Until it runs again under another pid."""
        if name in self.killed:
            wait_for(lambda: self.up.is_back(name, self.killed[name]), 60, f"{name} is back")


@contextmanager
def killing(killer: Killer) -> Iterator[None]:
    """It kills beside what is done here."""
    thread = threading.Thread(target=killer.work)
    thread.start()
    try:
        yield
    finally:
        thread.join()
    if killer.error:
        raise killer.error


def test_what_was_acknowledged_is_live_whatever_was_killed(stack: Up) -> None:
    stack.start()
    order = [*PARTS, *FURTHER, *PARTS, *FURTHER]
    random.Random(7).shuffle(order)
    with httpx.Client(base_url=stack.run["ingest"], headers=stack.ingest.headers, timeout=20) as client:
        sender = Sender(stack, client)
        killer = Killer(stack, sender, order)
        with killing(killer):
            for number in range(ARTICLES):
                sender.send(number)
    assert len(sender.answers) == ARTICLES
    assert set(sender.answers.values()) <= {202, 503, BROKEN}
    assert len(sender.urls) > ARTICLES * 0.9, "kills cost a few answers, not the service"
    assert len(sender.urls) < ARTICLES, "something was killed while it answered"

    for name in (*PARTS, *FURTHER):
        killer.wait_until_back(name)
    stack.drain(30)
    with httpx.Client(base_url=stack.url, timeout=20) as reader:
        for headline, url in sender.urls.items():
            answer = reader.get(path_of(url))
            assert answer.status_code == 200, (headline, url)
            assert f"<h1>{headline}</h1>" in answer.text
    code, told = stack.check()
    assert code == 0, told
    assert told.rstrip().endswith("clean")
    assert "not clean" not in told
    for name in ("ingest", "trending", "render"):
        metrics = httpx.get(f"{stack.run[name]}/metrics").text
        assert "pressrun_unhandled_exceptions_total 0.0" in metrics, (name, stack.errors())


def test_what_a_reader_gets_while_everything_behind_the_site_is_dead(stack: Up) -> None:
    stack.start()
    url = stack.post("one", headline="Before the storm")["url"]
    killed = {name: stack.kill(name) for name in ("ingest", "trending", "render", "redis")}
    answer = stack.site_get(path_of(url))
    assert answer.status_code == 200
    assert "Before the storm" in answer.text
    for name, pid in killed.items():
        wait_for(lambda name=name, pid=pid: stack.is_back(name, pid), 60, f"{name} is back")
    posted = stack.post("two", headline="After the storm")
    assert "After the storm" in stack.page(path_of(posted["url"]))
    stack.drain()
    assert "After the storm" in stack.page("/")

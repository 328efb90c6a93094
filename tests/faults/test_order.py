"""What a reader sees while much happens: no dead link, no half page, nothing that is gone; and time that moves."""

import json
import os
import random
import re
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from tests.servers import wait_for
from tests.stack import Up, path_of

pytestmark = pytest.mark.fault

SCALE = int(os.environ.get("PRESSRUN_TEST_SCALE", "1"))  # the full size, 2,000 and 500: PRESSRUN_TEST_SCALE=5
PUBLISHED, KILLED = 400 * SCALE, 100 * SCALE
GONE_WITHIN = 2.0
SECTIONS = ("World", "Politics", "Sport")
LINK = re.compile(r'href="(/[^"#]*)"')
ENDS = {"html": "</html>", "atom": "</feed>", "rss": "</rss>", "xml": ">"}


@dataclass
class Paper:
    """What has been promised to readers: when each withdrawal was acknowledged, by address."""

    killed_at: dict[str, float] = field(default_factory=dict)
    over: threading.Event = field(default_factory=threading.Event)


@dataclass
class Reader:
    """Follows every link of the front page and of the section pages, again and again."""

    up: Up
    paper: Paper
    faults: list[str] = field(default_factory=list)
    rounds: int = 0
    followed: int = 0

    def work(self) -> None:
        """Until it is over, and once more then."""
        try:
            with httpx.Client(base_url=self.up.url, timeout=20) as client:
                while not self.paper.over.is_set():
                    self._round(client)
                self._round(client)
        except BaseException as error:  # noqa: BLE001 - the test tells it
            self.faults.append(repr(error))

    def _round(self, client: httpx.Client) -> None:
        for page in ("/", *(f"/{section.lower()}/" for section in SECTIONS)):
            for link in self._links(client, page):
                self._follow(client, link, page)
        self.rounds += 1

    def _links(self, client: httpx.Client, page: str) -> list[str]:
        began = time.monotonic()
        answer = client.get(page)
        if answer.status_code != 200 or not answer.text.rstrip().endswith("</html>"):
            self.faults.append(f"{page}: {answer.status_code}, {len(answer.text)} characters")
        links = list(dict.fromkeys(LINK.findall(answer.text)))
        for link in links:
            late = began - self.paper.killed_at.get(link, began)
            if late > GONE_WITHIN:
                self.faults.append(f"{page} leads to {link}, {late:.2f} s after its kill was acknowledged")
        return links

    def _follow(self, client: httpx.Client, link: str, page: str) -> None:
        answer = client.get(link)
        self.followed += 1
        if answer.status_code == 410 and self._is_being_killed(link):
            return
        kind = answer.headers["content-type"]
        whole = all(answer.text.rstrip().endswith(end) for name, end in ENDS.items() if name in kind)
        if answer.status_code != 200 or not whole:
            self.faults.append(f"{page} leads to {link}: {answer.status_code}, {len(answer.text)} characters")
        if "json" in kind:
            json.loads(answer.text)

    def _is_being_killed(self, link: str) -> bool:
        """Its kill was acknowledged; or is at this moment, and the sender has not been told yet."""
        try:
            return bool(wait_for(lambda: link in self.paper.killed_at, 1))
        except AssertionError:
            return False


@contextmanager
def reading(readers: list[Reader], paper: Paper) -> Iterator[None]:
    """They read beside what is done here."""
    threads = [threading.Thread(target=reader.work) for reader in readers]
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        paper.over.set()
        for thread in threads:
            thread.join()


def article(number: int) -> dict[str, Any]:
    """One of many, in few sections, under few topics and by few authors, so that no list runs empty."""
    return {
        "headline": f"Report {number}",
        "section": SECTIONS[number % 3],
        "topics": [f"Topic {number % 5}", f"Topic {number % 2}"],
        "authors": [f"Author {number % 4}"],
    }


def test_a_reader_sees_no_dead_link_no_half_page_and_nothing_that_is_gone(stack: Up) -> None:
    stack.start(PRESSRUN_NOW="2025-07-26T09:00:00+03:00")
    stay = [stack.post(f"stays-{number}", **article(number)) for number in range(12)]
    stack.drain()
    paper, chance, there, number = Paper(), random.Random(11), [], 0
    readers = [Reader(stack, paper) for _ in range(2)]
    with reading(readers, paper):
        for number in range(PUBLISHED):
            there.append(stack.post(f"report-{number}", wait=15 if number % 2 else 0, **article(number)))
            if number % (PUBLISHED // KILLED) == 3:
                kill = there.pop(chance.randrange(len(there)))
                stack.withdraw(kill["id"])
                paper.killed_at[path_of(kill["url"])] = time.monotonic()
        wait_for(lambda: all(reader.rounds >= 3 for reader in readers), 60, "each reader was round three times")
        began = time.monotonic()
        wait_for(lambda: time.monotonic() > began + GONE_WITHIN, 5)
    assert [fault for reader in readers for fault in reader.faults] == []
    assert len(paper.killed_at) == KILLED
    assert sum(reader.followed for reader in readers) > 500

    stack.drain()
    with httpx.Client(base_url=stack.url, timeout=20) as client:
        for posted in (*stay, *there):
            assert client.get(path_of(posted["url"])).status_code == 200
        for path in paper.killed_at:
            assert client.get(path).status_code == 410
    code, told = stack.check()
    assert code == 0, told


def test_a_killed_article_leaves_its_lists_and_answers_410_within_two_seconds(stack: Up) -> None:
    stack.start()
    posted = [stack.post(f"g{number}", section="World", topics=["Oil"], authors=["Jane"]) for number in range(3)]
    stack.drain()
    path = path_of(posted[1]["url"])
    stack.withdraw(posted[1]["id"])
    acknowledged = time.monotonic()
    for page in ("/", "/world/", "/topic/oil/", "/author/jane/"):
        wait_for(lambda page=page: path not in stack.page(page), GONE_WITHIN, f"{page} has forgotten it")
    wait_for(lambda: stack.site_get(path).status_code == 410, GONE_WITHIN, "410")
    assert time.monotonic() - acknowledged < GONE_WITHIN
    stack.post("g1", version=99)
    assert stack.site_get(path).status_code == 200, "it is back at its address"


def test_an_embargo_lifts_within_a_second_and_not_before(stack: Up) -> None:
    stack.start()
    until = datetime.now(UTC) + timedelta(seconds=5)
    answer = stack.ingest.post(
        "/v1/articles",
        json={"guid": "e", "headline": "Under embargo", "body_text": "News.", "embargo_until": until.isoformat()},
    )
    assert (answer.status_code, answer.json()["outcome"]) == (202, "scheduled")
    path = path_of(answer.json()["url"])
    seen: list[tuple[datetime, int, datetime]] = []

    def is_live() -> bool:
        asked = datetime.now(UTC)
        seen.append((asked, stack.site_get(path).status_code, datetime.now(UTC)))
        return seen[-1][1] == 200

    assert not is_live()
    assert "Under embargo" not in stack.page("/")
    assert "Under embargo" not in stack.site_get("/feed.xml").text
    wait_for(is_live, 10, "it is live")
    asked, _, answered = seen[-1]
    assert answered >= until
    assert asked < until + timedelta(seconds=1)
    assert {status for _, status, _ in seen[:-1]} == {404}
    wait_for(lambda: "Under embargo" in stack.page("/"), 2, "the front page has it")


def test_an_embargo_is_kept_over_a_kill_of_everything(stack: Up) -> None:
    stack.start()
    until = datetime.now(UTC) + timedelta(seconds=3)
    answer = stack.ingest.post(
        "/v1/articles",
        json={"guid": "e", "headline": "Under embargo", "body_text": "News.", "embargo_until": until.isoformat()},
    )
    killed = {name: stack.kill(name) for name in ("ingest", "render", "redis")}
    for name, pid in killed.items():
        wait_for(lambda name=name, pid=pid: stack.is_back(name, pid), 20, f"{name} is back")
    path = path_of(answer.json()["url"])
    wait_for(lambda: stack.site_get(path).status_code == 200, 10, "it is live")
    assert datetime.now(UTC) >= until


EVENING, NIGHT = "2025-07-26T23:30:00+03:00", "2025-07-27T02:00:00+03:00"


@pytest.fixture
def baghdad(tmp_path: Any) -> Iterator[Up]:
    """A site with a city and a time zone."""
    with Up(tmp_path, site='timezone = "Asia/Baghdad"\ncity = "Baghdad"\n') as up:
        yield up


def test_a_later_start_moves_the_clock_and_all_that_was_due_happens(baghdad: Up) -> None:
    baghdad.start(PRESSRUN_NOW=EVENING)
    first = baghdad.post("first", headline="The first story", published_at="2025-07-25T00:30:00+03:00")
    for number in range(3):
        baghdad.post(f"later-{number}", headline=f"Later story {number}")
    baghdad.put("/v1/conditions", {"city": "Baghdad", "temperature_c": 38, "at": "2025-07-26T22:30:00+03:00"})
    baghdad.put("/v1/front", {"lead": [{"article": first["id"], "until": "2025-07-27T01:00:00+03:00"}]})
    baghdad.ingest.post(
        "/v1/articles",
        json={
            "guid": "e", "headline": "Not before one", "body_text": "News.",
            "embargo_until": "2025-07-27T01:00:00+03:00",
        },
    )  # fmt: skip
    baghdad.drain()
    front = baghdad.page("/")
    assert "Saturday, July 26, 2025" in front
    assert "38 C" in front
    assert "Not before one" not in front
    assert _place(front, "The first story") < _place(front, "Later story 2")
    assert first["url"] in baghdad.site_get("/news-sitemap.xml").text
    baghdad.stop()

    baghdad.start(PRESSRUN_NOW=NIGHT)
    _wait_for_the_page(baghdad, lambda text: "Sunday, July 27, 2025" in text and "Not before one" in text)
    baghdad.drain()
    front = baghdad.page("/")
    assert "38 C" not in front, "the temperature is left out rather than wrong"
    assert _place(front, "Later story 2") < _place(front, "The first story"), "it does not lead any more"
    assert first["url"] not in baghdad.site_get("/news-sitemap.xml").text, "48 hours are over"
    code, told = baghdad.check()
    assert code == 0, told
    baghdad.stop()

    line = baghdad.refuses(PRESSRUN_NOW=EVENING)
    assert line.startswith("pressrun: PRESSRUN_NOW: ")
    assert "before the site's last moment" in line
    baghdad.start(PRESSRUN_NOW=NIGHT)
    assert "Not before one" in baghdad.page("/")


def _place(page: str, headline: str) -> int:
    main = page.partition('id="content"')[2]
    assert headline in main
    return main.index(headline)


def _wait_for_the_page(up: Up, holds: Callable[[str], bool]) -> None:
    wait_for(lambda: holds(up.page("/")), 5, "the front page is that of the new moment")

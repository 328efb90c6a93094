"""What every page shares changes in one small file: a view and a new temperature, on the whole stack."""

import time
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.servers import wait_for
from tests.stack import SAMPLE_NOW, Up, path_of

HEADLINES = [f"Story {number} of the day" for number in range(7)]
EVERYWHERE = ("/", "/world/", "/topic/oil/", "/hot/", "/archive/2025/07/26/", "/no-such-page/")


@pytest.fixture(scope="module")
def press(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Up, list[dict[str, Any]]]]:
    """A site with seven articles that nobody has read, and the weather."""
    with Up(tmp_path_factory.mktemp("views"), site='timezone = "Asia/Baghdad"\n', PRESSRUN_NOW=SAMPLE_NOW) as up:
        up.start()
        up.put("/v1/conditions", {"city": "Baghdad", "temperature_c": 41, "at": SAMPLE_NOW})
        posted = [up.post(f"g{n}", headline=text, section="World", topics=["Oil"]) for n, text in enumerate(HEADLINES)]
        up.drain()
        yield up, posted


def _pages(posted: list[dict[str, Any]]) -> list[str]:
    return [*EVERYWHERE, *(path_of(article["url"]) for article in posted)]


def _all_show(client: httpx.Client, pages: list[str], block: str, words: str) -> bool:
    return all(words in client.get(page).text.partition(block)[2].partition("</section>")[0] for page in pages)


def _is_before(page: str, one: str, other: str) -> bool:
    block = page.partition('id="hot"')[2].partition("</section>")[0]
    return -1 < block.find(one) < block.find(other)


def _rewritten(before: dict[str, Any], after: dict[str, Any]) -> set[str]:
    return {path for path in before.keys() | after.keys() if before.get(path) != after.get(path)}


def test_a_view_is_in_hot_this_week_on_every_page_within_a_second_and_touches_no_article(
    press: tuple[Up, list[dict[str, Any]]],
) -> None:
    up, posted = press
    before, took = up.files(), []
    with httpx.Client(base_url=up.url) as client:
        for agent, number in enumerate((2, 4, 4)):
            sent = time.monotonic()
            up.view(posted[number]["id"], f"Mozilla/5.0 (X11) Reader {agent}")
            if agent < 2:
                wait_for(
                    lambda number=number: _all_show(client, _pages(posted), 'id="hot"', HEADLINES[number]),
                    what="Hot this week shows it everywhere",
                )
                took.append(time.monotonic() - sent)
        assert min(took) < 1, "this machine may be busy for a moment, not twice"
        wait_for(lambda: _is_before(client.get("/").text, HEADLINES[4], HEADLINES[2]), what="the most read is first")
    up.drain()
    rewritten = _rewritten(before, up.files())
    assert "_fragments/hot.html" in rewritten
    assert rewritten <= {"_fragments/hot.html", "_fragments/topics.html", "hot/index.html"}
    assert up.check()[0] == 0


def test_a_view_that_changes_no_place_writes_no_file(press: tuple[Up, list[dict[str, Any]]]) -> None:
    up, posted = press
    up.view(posted[0]["id"], "Mozilla/5.0 (X11) First")
    up.drain()
    wait_for(lambda: up.views()[posted[0]["id"]] == 1, what="it is counted")
    up.drain()
    before = up.files()
    up.view(posted[0]["id"], "Mozilla/5.0 (X11) First")
    up.view(posted[0]["id"], "Googlebot/2.1 (+http://www.google.com/bot.html)")
    up.view("aaaaaaaaaaaaaaaa", "Mozilla/5.0 (X11) First")
    up.drain()
    assert up.views()[posted[0]["id"]] == 1
    assert up.files() == before


def test_a_new_temperature_is_on_every_page_within_a_second_and_rewrites_one_file(
    press: tuple[Up, list[dict[str, Any]]],
) -> None:
    up, posted = press
    up.drain()
    before, took = up.files(), []
    with httpx.Client(base_url=up.url) as client:
        for temperature in (42, 43):
            sent = time.monotonic()
            up.put("/v1/conditions", {"city": "Baghdad", "temperature_c": temperature, "at": SAMPLE_NOW})
            words = f"{temperature} C"
            wait_for(
                lambda words=words: all(words in client.get(page).text for page in _pages(posted)),
                what=f"{words} is on every page",
            )
            took.append(time.monotonic() - sent)
    assert min(took) < 1, "this machine may be busy for a moment, not twice"
    up.drain()
    assert _rewritten(before, up.files()) == {"_fragments/masthead.html"}
    up.put("/v1/conditions", {"city": "Baghdad", "temperature_c": 41, "at": SAMPLE_NOW})
    wait_for(lambda: "41 C" in up.page("/"), what="41 C again")


def test_a_week_later_hot_this_week_is_another_one_though_nothing_happened(tmp_path: Path) -> None:
    with Up(tmp_path, one_core=True, site='timezone = "Asia/Baghdad"\n', PRESSRUN_NOW=SAMPLE_NOW) as up:
        up.start()
        posted = [up.post(f"g{n}", headline=text, section="World") for n, text in enumerate(HEADLINES[:2])]
        up.view(posted[0]["id"], "Mozilla/5.0 (X11) Reader")
        with httpx.Client(base_url=up.url) as client:
            wait_for(lambda: _all_show(client, _pages(posted), 'id="hot"', HEADLINES[0]), what="Hot this week has it")
        up.drain()
        up.stop()
        up.start(PRESSRUN_NOW=(datetime.fromisoformat(SAMPLE_NOW) + timedelta(days=7, hours=1)).isoformat())
        wait_for(lambda: HEADLINES[0] not in _hot(up.page("/")), what="its hour has left the 7 days")
        wait_for(lambda: HEADLINES[0] not in _hot(up.page(path_of(posted[1]["url"]))), what="there too")
        up.drain()
        assert up.check()[0] == 0


def _hot(page: str) -> str:
    return page.partition('id="hot"')[2].partition("</section>")[0]

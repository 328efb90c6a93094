"""A site whose address has a path: all of it is read below that path, by what its own pages say."""

import re
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urljoin

import httpx
import pytest

from tests.stack import Up, path_of

PATH = "/news/desk"
LINK = re.compile(r'(?:href|src)="([^"#]*)"')
SITE = 'timezone = "UTC"\n'


@pytest.fixture(scope="module")
def up(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Up]:
    """A stack with articles of which one has moved and one was withdrawn."""
    with Up(tmp_path_factory.mktemp("below"), SITE, PATH, one_core=True, PRESSRUN_NOW="2025-07-26T09:00:00Z") as up:
        up.start()
        for guid in ("stays", "moves", "goes"):
            up.post(guid, section="World", topics=["Oil"], slug=guid)
        up.post("moves", section="World", topics=["Oil"], slug="moved")
        up.withdraw(up.post("goes", slug="goes")["id"])
        up.drain()
        yield up


def test_every_link_that_a_reader_can_follow_leads_to_something(up: Up) -> None:
    seen: set[str] = set()
    waiting = {f"{PATH}/"}
    while waiting:
        path = waiting.pop()
        seen.add(path)
        answer = up.site_get(path)
        assert answer.status_code == 200, path
        assert answer.url.path == path
        if answer.headers["content-type"].startswith("text/html"):
            links = {path_of(link) for found in LINK.findall(answer.text) if (link := _here(up, path, found))}
            assert all(link.startswith(f"{PATH}/") for link in links), (path, links)
            waiting |= links - seen
    assert {f"{PATH}/2025/07/26/moved/", f"{PATH}/archive/2025/07/", f"{PATH}/world/feed.xml"} <= seen


def _here(up: Up, path: str, link: str) -> str | None:
    whole = urljoin(up.url + path, link)
    return whole if whole.startswith(up.url) else None


def test_what_moved_what_is_gone_and_what_never_was(up: Up) -> None:
    for address in ("/2025/07/26/moves", "/2025/07/26/moves/"):
        answer = up.site_get(PATH + address)
        assert (answer.status_code, answer.headers["location"]) == (301, f"{PATH}/2025/07/26/moved/")
    assert up.site_get(f"{PATH}/world").headers["location"] == f"{PATH}/world/"
    assert up.site_get(f"{PATH}/2025/07/26/goes/").status_code == 410
    for missing in (f"{PATH}/nowhere/", "/", "/2025/07/26/stays/"):
        answer = up.site_get(missing)
        assert answer.status_code == 404
        assert "There is no page at this address." in answer.text


def test_the_script_posts_views_to_where_they_are_taken(up: Up) -> None:
    page = up.page(f"{PATH}/2025/07/26/stays/")
    [script] = re.findall(r'<script src="([^"]+)"', page)
    [ident] = re.findall(r'data-article="([^"]+)"', page)
    [relative] = re.findall(r'new URL\("([^"]+)", document.currentScript.src\)', up.page(script))
    address = urljoin(up.url + script, relative)
    assert address == f"{up.url}{PATH}/v1/views"
    answer = httpx.post(address, json={"article": ident}, headers={"User-Agent": "Mozilla/5.0 (X11) Test"})
    assert answer.status_code == 202


def test_why_takes_the_address_that_readers_see(up: Up) -> None:
    told = up.call("why", "/hot/")
    assert told[1].startswith("page      hot")
    for address in (f"{PATH}/hot/", f"{up.url}{PATH}/hot", f"{PATH}//hot/index.html?from=mail"):
        assert up.call("why", address) == told
    assert up.call("why", f"{up.url}{PATH}")[1].startswith("page      front")
    assert up.call("why", f"{PATH}s/hot/")[0] == 1


def test_a_tree_for_any_host_sends_readers_on_within_its_path(up: Up, tmp_path: Path) -> None:
    assert up.check()[0] == 0
    code, words = up.call("build", "--out", str(tmp_path / "out"), "--inline")
    assert code == 0, words
    moved = (tmp_path / "out/2025/07/26/moves/index.html").read_text()
    assert f'content="0; url={PATH}/2025/07/26/moved/"' in moved
    assert set(re.findall(r'href="([^"]+)"', moved)) == {f"{PATH}/2025/07/26/moved/"}


def test_a_tree_for_any_host_posts_no_views_where_nothing_takes_them(up: Up, tmp_path: Path) -> None:
    code, words = up.call("build", "--out", str(tmp_path / "out"), "--inline")
    assert code == 0, words
    page = (tmp_path / "out/2025/07/26/stays/index.html").read_text()
    assert re.findall("<script[^>]*>", page) == ['<script type="application/ld+json">']
    assert not list((tmp_path / "out").rglob("*.js"))

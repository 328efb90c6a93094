"""Why a page is as it is."""

import json
import random
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from services.render import keys
from services.render.addresses import path_of
from services.render.dirty import waits_key
from services.render.edition import LiveEdition
from services.render.reasons import WHY, why
from services.render.shelf import Shelf
from shared.articles import Article
from shared.settings import Site
from tests.properties.press_room import PressRoom, draft

SITE = Site(timezone="Asia/Baghdad", hot=2, topics=3, related=2)


@pytest.fixture
async def room(valkey: str, tmp_path: Path) -> AsyncIterator[PressRoom]:
    made = PressRoom(valkey, tmp_path, SITE)
    await made.open()
    yield made
    await made.close()


class OneByOne(random.Random):
    """Chance by which one event is delivered at a time, and none twice."""

    def choice(self, among: Any) -> Any:
        return among[0]

    def random(self) -> float:
        return 1.0


async def publish(room: PressRoom, guid: str, **members: Any) -> Article:
    accepted = await room.accept(draft(guid, **{"section": "World", "topics": ("Oil",), **members}))
    await room.drain()
    return accepted.article


async def reasons_of(room: PressRoom, address: str) -> dict[str, Any]:
    found = await why(room.store, LiveEdition(room.store, SITE), room.tree, address)
    assert found is not None, address
    return found


async def test_the_event_is_told_that_made_an_address_lead_to_the_rewrite(room: PressRoom) -> None:
    old = await publish(room, "old")
    rewrite = await room.accept(draft("new", evolved_from="old"))
    await room.deliver(OneByOne())
    while await room.press.round():  # its page waits for the rewrite's
        pass
    assert await room.store.do("EXISTS", waits_key(rewrite.article.id))
    await room.drain()
    found = await reasons_of(room, old.path)
    events = [json.loads(fields[1]) for _, fields in await room.store.do("XRANGE", "articles", "-", "+")]
    [withdrawn] = [event for event in events if event["id"] == old.id and event["type"] == "article.withdrawn"]
    assert found["page"] == keys.article(old.id)
    assert found["last_event"]["event_id"] == withdrawn["event_id"]
    assert (await reasons_of(room, rewrite.article.path))["last_event"]["event_id"] == rewrite.event_id


async def test_the_event_is_told_though_the_lists_changed_while_its_page_was_built(
    room: PressRoom, monkeypatch: pytest.MonkeyPatch
) -> None:
    shelve, tries = Shelf.shelve, []

    async def too_late(shelf: Shelf, *args: Any, **members: Any) -> bool:
        if not tries:
            await room.rank("hot", ["another"])
        tries.append(await shelve(shelf, *args, **members))
        return tries[-1]

    monkeypatch.setattr(Shelf, "shelve", too_late)
    accepted = await room.accept(draft("g", headline="One"))
    await room.drain()
    assert tries[:2] == [False, True]
    cause = (await room.store.do("HGET", WHY, keys.listing("all"))).split()[0].decode()
    assert cause == accepted.event_id


@pytest.mark.parametrize(
    ("address", "path"),
    [
        ("/hot/", "/hot/"),
        ("hot", "/hot/"),
        ("/hot/index.html", "/hot/"),
        ("http://host/hot/", "/hot/"),
        ("HTTPS://reader@[::1]:8080/hot/?x=1#top", "/hot/"),
        ("http://host", "/"),
        ("http://host?x=http://host/hot/", "/"),
        ("", "/"),
        ("/feed.xml?x=1", "/feed.xml"),
        ("/feed.xml#a?b", "/feed.xml"),
        ("/feed.xml/", "/feed.xml/"),
        ("/world%2dco/", "/world-co/"),
        ("/topic%2Foil/", "/topic/oil/"),
        ("/%D9%86%D9%81%D8%B7/", "/نفط/"),
        ("/what%3F/", "/what?/"),
        ("//hot//", "/hot/"),
        ("/world/./../hot", "/hot/"),
        ("/%ff\ud800/", "/\ufffd?/"),
    ],
)
def test_an_address_is_taken_as_nginx_takes_it(address: str, path: str) -> None:
    assert path_of(address) == path


async def test_a_page_is_found_by_its_whole_address(room: PressRoom) -> None:
    await publish(room, "g", section="World & Co")
    found = await reasons_of(room, "http://anywhere:8080/world%2dco?from=mail#top")
    assert (found["path"], found["page"]) == ("/world-co/", keys.listing("section:world-co"))


async def test_a_folder_of_redirects_and_410s_is_no_page(room: PressRoom) -> None:
    old = await publish(room, "old")
    await room.accept(draft("old", status="canceled"))
    await room.drain()
    assert (await reasons_of(room, old.path))["page"] == keys.article(old.id)
    year = f"/{old.path.split('/')[1]}/"
    assert (room.folder / "site/_gone" / year.strip("/")).is_dir()
    assert await why(room.store, LiveEdition(room.store, SITE), room.tree, year) is None

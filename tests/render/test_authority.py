"""The ids of feeds' entries: they stay when the site moves to another address."""

import json

import pytest

from services.render.authority import is_of_this_machine
from shared.site_settings import SiteSettings
from tests.properties.press_room import PressRoom, draft


async def ids(room: PressRoom, address: str) -> set[str]:
    """The ids of the entries once the site has this address, in all three formats the same."""
    room.site_settings = SiteSettings.model_validate(room.site_settings.model_dump() | {"base_url": address})
    await room.die_and_start_again()
    await room.drain()
    assert (await room.differences()).clean
    found = {item["id"] for item in json.loads(room.tree.read("feed.json") or b"")["items"]}
    for name in ("feed.xml", "rss.xml"):
        assert all(f">{one}<".encode() in (room.tree.read(name) or b"") for one in found)
    return found


async def test_an_entry_keeps_its_id_wherever_the_site_moves(room: PressRoom) -> None:
    await room.accept(draft("g"))
    first = await ids(room, "https://www.courier.example")
    assert first == {"tag:www.courier.example,2025:desk/g"}
    await room.accept(draft("h"))
    later = await ids(room, "https://courier.example/news")
    assert later == {*first, "tag:www.courier.example,2025:desk/h"}


async def test_ids_of_a_site_without_an_address_of_its_own_are_not_for_good(room: PressRoom) -> None:
    await room.accept(draft("g"))
    assert await ids(room, "http://127.0.0.1:8080") == {"tag:127.0.0.1,2025:desk/g"}
    assert await ids(room, "https://courier.example") == {"tag:courier.example,2025:desk/g"}


@pytest.mark.parametrize("host", ["127.0.0.1", "127.8.0.1", "::1", "localhost", "press.localhost"])
def test_a_host_that_is_everybodys_own_machine_is_no_authority(host: str) -> None:
    assert is_of_this_machine(host)


@pytest.mark.parametrize(
    "host", ["courier.example", "notlocalhost", "192.0.2.7", "localhost.example", "xn--mnchen-3ya.example"]
)
def test_any_other_host_is_one(host: str) -> None:
    assert not is_of_this_machine(host)

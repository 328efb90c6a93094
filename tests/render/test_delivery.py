"""What leaves the press: pages that are ready together go to the disk together, and each has its own end."""

import asyncio
import json
from pathlib import Path

import pytest
from prometheus_client import REGISTRY

from services.render.delivery import Delivery, TooLate
from services.render.leases import Taken
from services.render.output import Output, gone, moved
from services.render.site import Site
from shared.clock import Clock
from shared.settings import Settings


@pytest.fixture
def delivery(tmp_path: Path) -> Delivery:
    site = Site(tmp_path / "site")
    site.prepare()
    return Delivery(site, Clock(Settings()))


def taken(page: str, **members: float | bool) -> Taken:
    return Taken(page, "token", "e1", **members)  # type: ignore[arg-type]


async def test_a_page_that_cannot_be_written_keeps_no_other_from_the_disk(delivery: Delivery) -> None:
    (delivery.site.root / "world/index.html/folder").mkdir(parents=True)
    (delivery.site.root / "world/index.html/folder/file").touch()
    pages = {
        "front": Output({"index.html": b"front"}),  # goes alone, and the others behind it together
        "list:section:world": Output({"world/index.html": b"world"}),
        "list:section:out": Output({"../out/index.html": b"out"}),
        "list:section:sport": Output({"sport/index.html": b"sport"}),
    }
    ended = await asyncio.gather(
        *(delivery.bring(taken(page), output) for page, output in pages.items()),
        delivery.bring(taken("hot", until=0), Output({"hot/index.html": b"late"})),
        return_exceptions=True,
    )
    assert [type(one) for one in ended] == [list, IsADirectoryError, ValueError, list, TooLate]
    on_disk = {path for path in delivery.site.walk() if not path.startswith("world/")}
    assert on_disk == {"index.html", "sport/index.html"}


async def test_what_was_changed_is_told_of_and_by_what_readers_get_it_was_built_or_removed(delivery: Delivery) -> None:
    page, marker = "2025/07/26/story/index.html", gone("/2025/07/26/story/")
    link, target = moved("/2025/07/26/old/", "/2025/07/26/story/")
    there, away = Output({page: b"words"}, absent=(marker,)), Output({marker: b""}, absent=(page,))
    moved_there = Output({page: b"words"}, {link: target}, absent=(marker,))

    async def told(output: Output, *, untold: bool = False) -> list[tuple[str, list[str]]]:
        events = map(json.loads, await delivery.bring(taken("article:a", untold=untold), output))
        return [(event["type"], event["paths"]) for event in events]

    assert await told(there) == [("page.built", [page])]
    assert await told(there) == []
    assert await told(there, untold=True) == [("page.built", [page, marker])]
    assert await told(moved_there) == [("page.built", [link])]
    assert await told(moved_there, untold=True) == [("page.built", [page, link, marker])]
    assert await told(away) == [("page.removed", [marker, page])]
    assert await told(away) == []
    assert await told(away, untold=True) == [("page.removed", [marker, page])]


async def test_every_page_that_is_rendered_is_counted_and_apart_from_it_those_whose_files_changed(
    delivery: Delivery,
) -> None:
    def counted() -> list[float]:
        names = ("pressrun_pages_rendered_total", "pressrun_pages_written_total")
        return [REGISTRY.get_sample_value(name, {"kind": "hot"}) or 0 for name in names]

    before = counted()
    for _ in range(2):
        await delivery.bring(taken("hot"), Output({"hot/index.html": b"words"}))
    assert [now - was for now, was in zip(counted(), before, strict=True)] == [2, 1]

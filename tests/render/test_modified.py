"""When an article last changed: the same answer on its page, in its feeds and in the sitemap, however it changed."""

import json
import re
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.ingest.draft import DraftCorrection
from services.render import contexts as c
from services.render.dirty_steps import LOOK
from services.render.printer import Printer
from shared.articles import Card, Correction
from shared.kept import read_card
from shared.live import live_key
from shared.site_settings import SiteSettings
from tests.properties.press_room import START, PressRoom, draft, opened
from tests.render.composition import NOW, SITE, story

LATER = START + timedelta(hours=2)
moments = st.datetimes().map(lambda at: at.replace(tzinfo=NOW.tzinfo))


@pytest.fixture
async def room(valkey: str, tmp_path: Path) -> AsyncIterator[PressRoom]:
    async with opened(valkey, tmp_path, SiteSettings(timezone="Asia/Baghdad")) as made:
        await made.drain()
        yield made


def told(room: PressRoom, path: str) -> set[str]:
    """Every moment of a change that the site tells of its only article."""
    read = {file: (room.folder / "site" / file.lstrip("/")).read_text() for file in (
        f"{path}index.html", "feed.xml", "feed.json", "sitemaps/2025-07-1.xml",
    )}  # fmt: skip
    page, atom, feed, sitemap = read.values()
    found = [
        *re.findall(r'"dateModified":"([^"]*)"', page),
        *re.findall(r'"article:modified_time" content="([^"]*)"', page),
        *re.findall(r"<updated>(.*)</updated>", atom),
        *re.findall(r"<lastmod>(.*)</lastmod>", sitemap),
        json.loads(feed)["items"][0]["date_modified"],
    ]
    assert len(found) == 6
    return set(found)


CORRECTED = (DraftCorrection("It was <b>Tuesday</b>.", LATER),)


@pytest.mark.parametrize("change", [{"corrections": CORRECTED}, {"updated_at": LATER, "headline": "Another"}])
async def test_a_change_is_told_alike_everywhere(room: PressRoom, change: dict[str, Any]) -> None:
    path = (await room.accept(draft("g", topics=("Oil",)))).article.path
    await room.drain()
    assert told(room, path) == {START.isoformat()}
    await room.accept(draft("g", topics=("Oil",), **change))
    await room.drain()
    assert told(room, path) == {LATER.isoformat()}
    assert (await room.differences()).clean


async def test_a_correction_alone_is_in_the_text_of_every_feed(room: PressRoom) -> None:
    await room.accept(draft("g"))
    await room.drain()
    await room.accept(draft("g", corrections=CORRECTED))
    await room.drain()
    for file in ("feed.xml", "rss.xml", "feed.json"):
        text = (room.folder / "site" / file).read_text()
        assert "Correction, " in text, file
        assert "Body of g." in text, file
    (item,) = json.loads(text)["items"]
    assert item["content_html"].endswith(" It was &lt;b&gt;Tuesday&lt;/b&gt;.</p>\n</section>")


async def test_content_that_left_and_came_back_unseen_is_told_as_of_its_return(room: PressRoom) -> None:
    path = (await room.accept(draft("g"))).article.path
    await room.drain()
    await room.accept(draft("g", headline="Another"))
    await room.accept(draft("g", updated_at=LATER))
    await room.drain()
    assert told(room, path) == {LATER.isoformat()}
    assert (await room.differences()).clean


async def test_a_card_that_an_older_pressrun_kept_is_read_and_comes_to_know_of_changes(room: PressRoom) -> None:
    accepted = await room.accept(draft("g", corrections=CORRECTED))
    await room.drain()
    key = live_key(accepted.article.id)
    kept = json.loads(await room.store.do("GET", key))
    del kept["modified_at"]
    await room.store.do("SET", key, json.dumps({**kept, "updated_at": None}))
    (room.folder / "site/sitemaps/2025-07-1.xml").unlink()
    await room.store.do("SET", LOOK, "of an older one")
    await room.store.do("HSET", f"built:{accepted.article.id}", "shown", "of an older one")
    await room.die_and_start_again()
    await room.drain()
    assert read_card(await room.store.do("GET", key)).modified_at == LATER
    assert told(room, accepted.article.path) == {LATER.isoformat()}
    assert (await room.differences()).clean


@given(published=moments, updated=st.none() | moments, corrected=st.lists(moments, max_size=3))
def test_it_last_changed_when_it_was_published_updated_or_corrected_last(
    published: Any, updated: Any, corrected: list[Any]
) -> None:
    article = story().model_copy(
        update={
            "published_at": published,
            "updated_at": updated,
            "corrections": tuple(Correction(text="x", at=at) for at in corrected),
        }
    )
    assert article.modified_at == sorted([published, *corrected, *([updated] if updated else [])])[-1]
    assert article.card().modified_at == article.modified_at


@pytest.mark.parametrize(("seconds", "shown"), [(59, False), (60, True)])
def test_readers_are_told_of_an_update_from_a_minute_on_and_machines_of_each(seconds: int, shown: bool) -> None:
    at = NOW + timedelta(seconds=seconds)
    article = story().model_copy(update={"updated_at": at, "corrections": ()})
    page = Printer(SITE).print(c.ArticlePage(SITE, article, "<p>Body</p>")).decode()
    iso = SITE.local(at).isoformat()
    assert f'"dateModified":"{iso}"' in page
    assert f'"article:modified_time" content="{iso}"' in page
    assert ('class="updated"' in page) is shown


def test_a_card_of_an_older_pressrun_stands_in_the_sitemap_as_it_was_published() -> None:
    old = Card.model_validate(story().card().model_dump(exclude={"modified_at"}) | {"updated_at": NOW})
    assert SITE.local(NOW).isoformat().encode() in Printer(SITE).print(c.Sitemap(SITE, (old,)))

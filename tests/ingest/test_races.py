"""What comes while something else is being accepted, by another process: nothing is decided on what holds no more."""

from collections.abc import AsyncIterator, Callable, Coroutine
from datetime import UTC, datetime
from typing import Any

import pytest

from services.ingest.doors import Doors
from services.ingest.draft import Draft
from services.ingest.register import Accepted, Register
from services.ingest.routes import Desk
from services.ingest.waiting import Waiting
from shared.articles import Article, identify
from shared.clock import Clock
from shared.service import Service
from shared.settings import Settings, Site
from shared.store import Store
from tests.servers import Valkey

NOW = datetime(2025, 7, 26, 20, 30, tzinfo=UTC)
Between = Callable[[], Coroutine[Any, Any, Any]]


class Interrupted(Store):
    """A store to which, before the first step that is carried out, somebody else does something."""

    between: Between | None = None

    async def commit(self, *step: Any) -> list[Any] | None:
        between, self.between = self.between, None
        if between is not None:
            await between()
        return await super().commit(*step)


class Two:
    """Two ingests over one store, the first of which can be interrupted."""

    def __init__(self, url: str) -> None:
        self.settings = settings = Settings(redis_url=url, now=NOW)
        self.stores = (Interrupted(settings), Store(settings))
        self.first, self.second = (Register(store, Site(), Clock(settings)) for store in self.stores)

    async def interrupt(self, mine: Draft, theirs: Draft) -> tuple[Accepted, Article]:
        """Accept one draft while another one is accepted whole; the first one's answer, and the first one's state."""
        self.stores[0].between = lambda: self.second.accept("desk", theirs)
        accepted = await self.first.accept("desk", mine)
        article, _, _ = await self.second.find(accepted.article.id)
        assert article is not None
        return accepted, article


@pytest.fixture
async def two(valkey_server: Valkey) -> AsyncIterator[Two]:
    valkey_server.flush()
    found = Two(valkey_server.url)
    yield found
    for store in found.stores:
        await store.close()


def story(guid: str, **members: Any) -> Draft:
    return Draft(guid=guid, **{"headline": "Story", "body_text": guid, "version": 1, **members})


async def test_two_articles_that_want_one_address_get_two(two: Two) -> None:
    accepted, article = await two.interrupt(story("mine"), story("theirs"))
    assert accepted.article.path == article.path == "/2025/07/26/story-2/"


async def test_an_older_version_does_not_take_the_place_of_the_newer_one_that_came_meanwhile(two: Two) -> None:
    accepted, article = await two.interrupt(story("g"), story("g", version=2, summary="newer"))
    assert (accepted.outcome, article.version, article.summary) == ("stale", 2, "newer")


async def test_an_original_learns_of_the_rewrite_that_came_meanwhile(two: Two) -> None:
    theirs = story("rewrite", headline="Another address", evolved_from="original")
    accepted, article = await two.interrupt(story("original"), theirs)
    assert accepted.article.replaced_by == article.replaced_by is not None


async def test_a_rewrite_replaces_the_original_that_came_meanwhile(two: Two) -> None:
    mine = story("rewrite", headline="Another address", evolved_from="original")
    accepted, _ = await two.interrupt(mine, story("original"))
    original, _, _ = await two.second.find(identify("desk", "original"))
    assert original is not None
    assert original.replaced_by == accepted.article.id


async def test_a_kill_takes_down_the_newer_version_that_came_meanwhile(two: Two) -> None:
    ident = (await two.second.accept("desk", story("g"))).article.id
    service = Service("ingest", two.settings)
    desk = Desk(service, Doors({}), two.first, Waiting(service.store))
    two.stores[0].between = lambda: two.second.accept("desk", story("g", version=2, summary="newer"))
    told = await desk.withdraw("desk", ident)
    assert (told["outcome"], told["version"]) == ("withdrawn", 2)
    await service.store.close()

"""Two ingests over one store, as where a second one runs beside the first."""

from collections.abc import Callable, Coroutine
from datetime import UTC, datetime
from typing import Any

from services.ingest.draft import Draft
from services.ingest.register import Accepted, Register
from shared.articles import Article
from shared.clock import Clock
from shared.settings import Settings
from shared.site_settings import SiteSettings
from shared.store import Store

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
        self.first, self.second = (Register(store, SiteSettings(), Clock(settings)) for store in self.stores)

    async def interrupt(self, mine: Draft, theirs: Draft) -> tuple[Accepted, Article]:
        """Accept one draft while another one is accepted whole; the first one's answer, and the first one's state."""
        self.stores[0].between = lambda: self.second.accept("desk", theirs)
        accepted = await self.first.accept("desk", mine)
        article = (await self.second.find(accepted.article.id))[0].current
        assert article is not None
        return accepted, article


def story(guid: str, **members: Any) -> Draft:
    return Draft(guid=guid, **{"headline": "Story", "body_text": guid, "version": 1, **members})

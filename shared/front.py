"""What leads the front page: `front`, JSON, written by ingest and shown by render."""

from collections.abc import Mapping
from datetime import datetime

from shared.articles import Frozen
from shared.store import Store

FRONT = "front"


class Lead(Frozen):
    """An article that leads the front page, until then."""

    article: str
    until: datetime | None = None


class Front(Frozen):
    """The articles that lead, in order."""

    lead: tuple[Lead, ...] = ()

    def after(self, moves: Mapping[str, str | None]) -> "Front":
        """With articles moved: to the rewrite that took one's place, or away (None). No article leads twice."""
        moved: dict[str, Lead] = {}
        for lead in self.lead:
            article = moves.get(lead.article, lead.article)
            if article is not None:
                moved.setdefault(article, Lead(article=article, until=lead.until))
        return Front(lead=tuple(moved.values()))

    def at(self, tick: datetime) -> tuple[str, ...]:
        """The ids that lead at that moment."""
        return tuple(lead.article for lead in self.lead if lead.until is None or lead.until > tick)


async def front(store: Store) -> Front:
    """The last one that was set."""
    kept = await store.do("GET", FRONT)
    return Front.model_validate_json(kept) if kept else Front()

"""What comes from the streams: articles and signals, turned into marks; building happens from current state."""

from typing import Literal

from pydantic import TypeAdapter

from services.render import keys
from services.render.edition import LiveEdition
from services.render.leases import Change
from services.render.pages.fragments import is_full
from services.render.press import Press
from services.render.ticker import Ticker, note_expiry, note_leads
from shared.entries import Delivered
from shared.events import SIGNALS, ConditionsChanged, Event, FrontChanged, RankingChanged, Signal
from shared.store import Store


class Notice(Event):
    """What render reads of an article's event: its page is made from what the store has of the article by then."""

    type: Literal["article.published", "article.updated", "article.withdrawn"]
    id: str
    revision: int


notices: TypeAdapter[Notice] = TypeAdapter(Notice)


def pages_of(signal: Signal) -> tuple[str, ...]:
    """The pages that a signal touches."""
    match signal:
        case RankingChanged(list="hot"):
            return (keys.HOT_BLOCK, keys.HOT)
        case RankingChanged(list="topics"):
            return (keys.TOPICS_BLOCK,)
        case RankingChanged(list=name) if name.startswith("week:"):
            return (keys.chart(name.removeprefix("week:")), keys.HOT)
        case ConditionsChanged():
            return (keys.MASTHEAD,)
        case FrontChanged():
            return (keys.FRONT,)
        case _:
            return ()


class Handlers:
    """The handlers of render's two streams."""

    def __init__(self, store: Store, press: Press, edition: LiveEdition, ticker: Ticker) -> None:
        self._store = store
        self._press = press
        self._edition = edition
        self._ticker = ticker

    async def mark_articles(self, batch: list[Delivered[Notice]]) -> None:
        """Mark the articles' pages; a withdrawal goes first. What they touch is marked once they are on disk."""
        await self._press.mark_articles(
            [
                Change(
                    one.entry,
                    one.event.event_id,
                    one.event.id,
                    one.event.revision,
                    urgent=one.event.type == "article.withdrawn",
                )
                for one in batch
            ]
        )

    async def mark_signals(self, batch: list[Delivered[Signal]]) -> None:
        """Mark the pages that signals touch, and note when what they show will be over."""
        for one in batch:
            await self._note_what_is_due(one.event)
            pages = [page for page in pages_of(one.event) if not await self._stays(page, one.event)]
            await self._press.dirty.mark(pages, one.event.event_id, ack=(SIGNALS, one.entry))
        self._press.wake()

    async def _stays(self, page: str, signal: Signal) -> bool:
        """Whether a page shows too little of a ranking to have changed with it."""
        if not isinstance(signal, RankingChanged) or page not in (keys.HOT_BLOCK, keys.TOPICS_BLOCK):
            return False
        return await is_full(self._edition, signal.list, signal.first)

    async def _note_what_is_due(self, signal: Signal) -> None:
        if isinstance(signal, ConditionsChanged):
            await note_expiry(self._store, self._edition.site)
        if isinstance(signal, FrontChanged):
            await note_leads(self._store)
        if isinstance(signal, ConditionsChanged | FrontChanged):
            # the tick is that of what was due last: what was over since would be shown until the ticker looks again
            await self._ticker.advance()

"""The weather in the masthead: `conditions`, JSON, written by ingest and shown by render."""

from datetime import datetime, timedelta

from shared.articles import Frozen
from shared.store import Store

CONDITIONS = "conditions"


class Conditions(Frozen):
    """Temperature at a place and time."""

    city: str
    temperature_c: float
    at: datetime

    def expire_at(self, hours: float) -> datetime:
        """When they are too old to show."""
        return self.at + timedelta(hours=hours)


async def conditions(store: Store) -> Conditions | None:
    """The last ones that were accepted."""
    kept = await store.do("GET", CONDITIONS)
    return Conditions.model_validate_json(kept) if kept else None

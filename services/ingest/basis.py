"""What a decision about a guid rests on, as it was read at a moment: it is carried out only if that still holds."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from services.ingest.families import chain_of_key
from services.ingest.versions import Known
from shared.articles import Article, record_key, scheduled_key
from shared.live import NAMED_SINCE, live_key
from shared.store import Store


@dataclass(frozen=True, slots=True)
class Basis:
    """A guid's keys and what they say, who has the slugs that were asked for, and since when there are names
    (`Names.settle`)."""

    at: datetime
    known: Known
    record: bytes | None
    scheduled: bytes | None
    card: bytes | None
    chain_of: bytes | None
    owners: Mapping[str, bytes | None]
    named_since: bytes | None = None


async def read_basis(store: Store, ident: str, at: datetime, *slugs: str) -> Basis:
    """What the store has now. Raises StoreUnavailable."""
    of_guid = (record_key(ident), scheduled_key(ident), live_key(ident), chain_of_key(ident))
    kept = await store.do("MGET", *of_guid, NAMED_SINCE, *slugs)
    record, scheduled, card, chain_of, since, *owners = kept
    owned = dict(zip(slugs, owners, strict=True))
    return Basis(at, known_of(record, scheduled), record, scheduled, card, chain_of, owned, since or b"")


def basis_of_new(at: datetime, slug: str) -> Basis:
    """What would be read of a new article whose slug is free."""
    return Basis(at, Known(), None, None, None, None, {slug: None})


def known_of(record: bytes | None, scheduled: bytes | None) -> Known:
    """What a guid's record says, and that of the version that waits."""
    return Known(
        Article.model_validate_json(record) if record else None,
        Article.model_validate_json(scheduled) if scheduled else None,
    )

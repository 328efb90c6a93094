"""What waits for the presses, for whoever must not run far ahead of them."""

from shared.events import ARTICLES
from shared.groups import groups_of
from shared.store import Store

PRESSES = "render"
"""As which the presses read streams."""
TO_BUILD = "render:dirty:articles"
"""Sorted set of the pages of articles that wait to be built, and that nobody builds just now."""


async def articles_to_build(store: Store) -> int:
    """How many articles' events wait to be read, or their pages to be built. Raises StoreUnavailable."""
    unread = sum(
        (group.lag or 0) + group.pending for group in await groups_of(store, ARTICLES) if group.name == PRESSES
    )
    return unread + int(await store.do("ZCARD", TO_BUILD))

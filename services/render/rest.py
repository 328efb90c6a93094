"""Whether the site stands still: every event is read and done, and no page waits."""

from services.render.dirty import Dirty
from shared.events import ARTICLES, SIGNALS
from shared.groups import PRESSES, Group, groups_of
from shared.store import Store


async def readers(store: Store) -> list[Group]:
    """Render's groups of readers, one of each of its streams that is there."""
    return [one for stream in (ARTICLES, SIGNALS) for one in await groups_of(store, stream) if one.name == PRESSES]


async def at_rest(store: Store) -> tuple[str, ...] | None:
    """The entries up to which all is done; None while anything is on its way."""
    read = await readers(store)
    if any(group.behind for group in read) or not await Dirty(store).drained():
        return None
    return tuple(group.last for group in read)

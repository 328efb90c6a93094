"""Where the store has replicas, what is acknowledged is on the disk of one: a failover drops what one node alone has.

`replicas:asked` is written to be waited for: what was written before it, over whatever connection, is there when it is.
"""

from collections.abc import Sequence

from redis.exceptions import ResponseError

from shared.settings import Settings
from shared.store import Store, StoreUnavailable
from shared.together import Together

ASKED = "replicas:asked"
PATIENCE_MS = 1000  # below what a silent connection is given up after; its other commands wait as well


class Replicas:
    """The replicas of a store that Sentinel keeps; a store of any other address is taken to have none."""

    def __init__(self, store: Store, settings: Settings) -> None:
        self._store = store
        self._are_there = settings.redis_url.startswith("sentinel://")
        self._asking = Together(self._ask)

    async def have_it(self) -> None:
        """Return once a replica has on its disk what has been written until now. Raises StoreUnavailable if none has it
        in time: the same may be sent again, and is `unchanged` then, but waited for as well."""
        if self._are_there:
            await self._asking.put(None)

    async def _ask(self, waiting: Sequence[None]) -> Sequence[None]:
        """A replica that is asked says what it has on disk before it syncs what came together with the question; by
        itself it says so once a second. So it is asked when it has that, and once more."""
        try:
            *_, (_, replicas) = await self._store.all(
                [("SET", ASKED, "1"), ("WAIT", 1, PATIENCE_MS), ("WAITAOF", 1, 1, PATIENCE_MS)]
            )
        except ResponseError as error:
            raise StoreUnavailable(f"the store cannot say what its replicas have: {error}") from None
        if not replicas:
            raise StoreUnavailable("no replica of the store has it on disk yet")
        return waiting

"""Reading a stream: FastStream brings new entries; what it leaves undone is picked up here.

FastStream starts new groups at `$`, never delivers again what a handler failed on, and stops for good when a
group is gone. So the group is created from the beginning, a batch is decoded entry by entry, pending entries are
read again after a start or a failure, those of replicas that are gone are claimed, and a subscriber that stopped
is started again.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import Any, Generic

from faststream.redis import RedisBroker
from pydantic import TypeAdapter
from redis.exceptions import ResponseError

from shared import metrics
from shared.broker import create_group, subscribe
from shared.dead_letters import set_event_aside
from shared.entries import Delivered, E, Fields, Unreadable, decode, entries_of, order_of
from shared.groups import groups_of, pending_between
from shared.logs import log
from shared.settings import Settings
from shared.store import Store, StoreUnavailable

BATCH = 100
CLAIM_AFTER_MS = 15_000
LOOK_EVERY = 1.0
TRIES = 5


class Consumer(Generic[E]):
    """A group's reading of one stream, as one named consumer.

    `handle` gets the events of a batch in order and acknowledges them itself, in the step that does their work.
    When it raises, the events are tried again one by one; one that fails TRIES times is set aside. While the
    store is away nothing counts as failed. `noted` is a key that has the newest entry that was handled, where doing
    one again would do harm: a group that was lost is made anew from there. `anew` is called where it was lost, which
    may have gone with all else in the store; by default the group is made.
    """

    def __init__(
        self,
        broker: RedisBroker,
        store: Store,
        settings: Settings,
        *,
        stream: str,
        group: str,
        events: TypeAdapter[E],
        handle: Callable[[list[Delivered[E]]], Awaitable[None]],
        batch: int = BATCH,
        noted: str | None = None,
        anew: Callable[[], Awaitable[None]] | None = None,
    ) -> None:
        self.stream = stream
        self.group = group
        self._name = settings.consumer
        self._store = store
        self._events = events
        self._handle = handle
        self._failures: dict[str, int] = {}
        self._left_undone = True
        self._batch = batch
        self._noted = noted
        self._anew = anew or self.prepare
        self.lag, self.oldest = 0, 0.0
        """Entries that the group has not read, and seconds since the oldest came that is not acknowledged."""
        self._turn = asyncio.Lock()
        for counted in (metrics.events_handled, metrics.events_retried, metrics.events_set_aside):
            counted.labels(stream, group)  # told from 0 on: where there was no number, Prometheus sees no rise
        self._subscriber = subscribe(broker, stream, group, self._name, batch)
        self._subscriber(self._receive)

    @property
    def running(self) -> bool:
        """Whether new entries are being read."""
        return bool(self._subscriber.running)

    async def prepare(self) -> None:
        """Create the group; to be called before the broker starts."""
        begin = await self._store.do("GET", self._noted) if self._noted else None
        await create_group(self._store, self.stream, self.group, begin.decode() if begin else "0")

    async def recover(self) -> None:
        """For ever: read again what was left undone, claim what others left, restart a subscriber that stopped."""
        while True:
            try:
                await self._restart_if_stopped()
                if self._left_undone:
                    await self._again()
                await self._claim()
                await self._measure()
            except StoreUnavailable as error:
                metrics.store_failed(error)
                self._left_undone = True
            except ResponseError as error:
                if not str(error).startswith("NOGROUP"):
                    raise
                await self._anew()
            await asyncio.sleep(LOOK_EVERY)

    async def _restart_if_stopped(self) -> None:
        if not self.running:
            log().warning("reading of a stream stopped; starting it again", stream=self.stream)
            await self._anew()
            await self._subscriber.start()

    async def _receive(self, raw: dict[str, Any]) -> None:
        ids = [ident.decode() for ident in raw["message_ids"]]
        async with self._turn:
            await self._deliver(list(zip(ids, raw["data"], strict=True)))

    async def _again(self) -> None:
        """Read this consumer's own pending entries once more, in order, up to the newest that is pending now.

        What comes later is on its way to `_receive`: with a long backlog it would all be done twice.
        """
        self._left_undone = False
        pending = await pending_between(self._store, self.stream, self.group)
        if pending is None:
            return
        after, newest = "0", order_of(pending[1])
        while True:
            async with self._turn:
                answer = await self._store.do(
                    "XREADGROUP", "GROUP", self.group, self._name, "COUNT", self._batch, "STREAMS", self.stream, after
                )
                entries = entries_of(answer[0][1] if answer else [])
                due = [entry for entry in entries if order_of(entry[0]) <= newest]
                await self._deliver(due)
            if not due or len(due) < len(entries):
                return
            after = due[-1][0]

    async def _claim(self) -> None:
        """Take over what consumers that are gone have left pending for CLAIM_AFTER_MS."""
        answer = await self._store.do(
            "XAUTOCLAIM", self.stream, self.group, self._name, CLAIM_AFTER_MS, "0", "COUNT", self._batch
        )
        if entries := entries_of(answer[1]):
            async with self._turn:
                await self._deliver(entries)

    async def _measure(self) -> None:
        for group in await groups_of(self._store, self.stream):
            if group.name == self.group:
                self.lag = group.lag or 0
                self.oldest = await self._oldest() if group.pending else 0.0
                metrics.event_lag.labels(self.stream, self.group).set(self.lag)
                metrics.event_pending.labels(self.stream, self.group).set(group.pending)
                metrics.event_oldest.labels(self.stream, self.group).set(self.oldest)

    async def _oldest(self) -> float:
        """Seconds since the oldest entry came that is not acknowledged."""
        pending = await pending_between(self._store, self.stream, self.group)
        return max(0.0, time.time() - order_of(pending[0])[0] / 1000) if pending else 0.0

    async def _deliver(self, entries: list[tuple[str, Fields]]) -> None:
        batch: list[Delivered[E]] = []
        unreadable: list[tuple[str, Unreadable]] = []
        for entry, fields in entries:
            try:
                batch.append(decode(self._events, entry, fields))
            except Unreadable as error:
                unreadable.append((entry, error))
        if batch:
            await self._do(batch)
        # after their neighbours and all in one go: each by itself, a flood of them would hold up what comes behind it
        await asyncio.gather(*(self._set_aside(entry, error.raw, error.reason) for entry, error in unreadable))

    async def _do(self, batch: list[Delivered[E]]) -> None:
        try:
            await self._handle(batch)
        except StoreUnavailable as error:
            metrics.store_failed(error)
            self._left_undone = True
            return
        except Exception as error:  # noqa: BLE001 - whatever a handler raises ends as done, tried again or set aside
            await self._failed(batch, error)
            return
        metrics.events_handled.labels(self.stream, self.group).inc(len(batch))
        if self._failures:
            for one in batch:
                self._failures.pop(one.entry, None)

    async def _failed(self, batch: list[Delivered[E]], error: Exception) -> None:
        if len(batch) > 1:
            for one in batch:
                await self._do([one])
            return
        one = batch[0]
        self._failures[one.entry] = tries = self._failures.get(one.entry, 0) + 1
        log().error(
            "an event failed", stream=self.stream, entry=one.entry, event_id=one.event.event_id, tries=tries,
            exc_info=error,
        )  # fmt: skip
        if tries >= TRIES:
            reason = f"{type(error).__name__}: {error}"
            await self._set_aside(one.entry, one.raw.decode(), reason, one.event.event_id)
        else:
            metrics.events_retried.labels(self.stream, self.group).inc()
            self._left_undone = True

    async def _set_aside(self, entry: str, raw: str, reason: str, event_id: str | None = None) -> None:
        try:
            await set_event_aside(self._store, self.stream, self.group, entry, raw, reason, event_id)
        except StoreUnavailable as error:
            metrics.store_failed(error)
            self._left_undone = True
        else:
            self._failures.pop(entry, None)

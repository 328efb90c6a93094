"""What every service has: its parts, made before it serves, started and stopped, and whether they are well."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any, TypeVar

from faststream.redis import RedisBroker
from redis.exceptions import NoPermissionError

from shared import metrics
from shared.broker import make_broker
from shared.clock import Clock
from shared.logs import log
from shared.replicas import Replicas
from shared.schema import SCHEMA_KEY, bring_up
from shared.settings import Settings
from shared.store import LINKS, Store, StoreUnavailable
from shared.store_address import says_password
from shared.streams import Consumer
from shared.wire import StoreLocked
from shared.wrong import WrongSetting, tell_wrong_settings

LAG_BOUND = 10_000
OLDEST_BOUND = 60.0
STORE_PATIENCE = 30.0
STOP_PATIENCE = 4.0

T = TypeVar("T")

tell_wrong_settings()  # before a service reads any: each of them imports this first


class Service:
    """The parts of a running service, made before it serves: store, clock, broker, consumers, tasks.

    `remembers`: whether most of what it makes and keeps is remembered for long, as cards and parts of pages are: then
    its process looks at each object for garbage once.
    """

    def __init__(self, name: str, settings: Settings, links: int = LINKS, *, remembers: bool = False) -> None:
        self.name = name
        self.settings = settings
        self.remembers = remembers
        self.store = Store(settings, links)
        self.replicas = Replicas(self.store, settings)
        self.clock = Clock(settings)
        self.broker: RedisBroker = make_broker(settings)
        self.consumers: list[Consumer[Any]] = []
        self.checks: dict[str, Callable[[], Awaitable[str | None]]] = {}
        self.take_up: Callable[[], Awaitable[object]] | None = None
        """What it does at its start beside, and again with a store that has been emptied under it."""
        self._tasks: list[asyncio.Task[None]] = []

    def consume(self, **reading: Any) -> None:
        """Read a stream; `reading` is what `Consumer` takes: stream, group, events, handle."""
        self.consumers.append(Consumer(self.broker, self.store, self.settings, anew=self._begin_anew, **reading))

    def keep_running(self, make: Callable[[], Coroutine[Any, Any, None]], name: str) -> None:
        """Run a task until the service stops; one that raises is logged, counted and started again."""
        self._tasks.append(asyncio.create_task(_for_ever(make, name), name=name))

    async def start(self) -> None:
        """Wait for the store, take up the site's time, and begin to read."""
        await self.through_outages(self._prepare)
        if self.consumers:
            await self.broker.start()
        for consumer in self.consumers:
            self.keep_running(consumer.recover, f"recover {consumer.stream}")

    async def through_outages(self, step: Callable[[], Awaitable[T]]) -> T:
        """Do a step of the start; begun anew where the store is away or goes away in the middle, for a while. Raises
        WrongSetting where it stays away, lets nobody in with that password, or refuses what its user asks for."""
        until = time.monotonic() + STORE_PATIENCE
        while True:
            try:
                return await step()
            except StoreLocked as error:
                raise WrongSetting(f"{says_password(self.settings.redis_url)}: {error}") from None
            except StoreUnavailable as error:
                metrics.store_failed(error)
                if time.monotonic() > until:
                    raise WrongSetting(f"PRESSRUN_REDIS_URL: {error} (tried for {STORE_PATIENCE:g} s)") from None
                await asyncio.sleep(0.05)
            except NoPermissionError as error:
                raise WrongSetting(f"PRESSRUN_REDIS_URL: the store's user may not do what is needed: {error}") from None

    async def stop(self) -> None:
        """Stop reading, end the tasks, close the connections; what does not end in time is named and left."""
        broker = asyncio.create_task(self.broker.stop(), name="broker")
        left, until = {broker, *self._tasks}, time.monotonic() + STOP_PATIENCE
        while left and time.monotonic() < until:
            for task in left - {broker}:
                task.cancel()  # again and again: redis-py drops a cancellation that comes while it connects
            _, left = await asyncio.wait(left, timeout=0.1)
        for task in left:
            log().error("a task did not end", task=task.get_name())
        await self.store.close()

    async def unready(self) -> dict[str, str]:
        """What keeps it from being ready; empty if nothing does."""
        faults: dict[str, str] = {}
        try:
            await self.store.do("PING")
        except StoreUnavailable as error:
            faults["store"] = str(error)
        for consumer in self.consumers:
            if not consumer.running:
                faults[f"consumer {consumer.stream}"] = "not running"
            elif consumer.lag > LAG_BOUND:
                faults[f"consumer {consumer.stream}"] = f"{consumer.lag} entries behind"
            elif consumer.oldest > OLDEST_BOUND:
                faults[f"consumer {consumer.stream}"] = f"an entry has been pending for {consumer.oldest:.0f} s"
        for name, check in self.checks.items():
            if fault := await check():
                faults[name] = fault
        return faults

    async def _prepare(self) -> None:
        """What the store has to say before anything begins."""
        await self._take_up_the_time()
        await self._make_groups()

    async def _begin_anew(self) -> None:
        """Do with the store what the start does: a group that is gone may have gone with all else that was in it, the
        tick and what falls due too. The group is made last, so that this comes to its end."""
        if not await self.store.do("EXISTS", SCHEMA_KEY):
            log().error("the store has been emptied; it is begun anew")
        await self._take_up_the_time()
        if self.take_up is not None:
            await self.take_up()
        await self._make_groups()

    async def _take_up_the_time(self) -> None:
        await bring_up(self.store)
        if await self.clock.start(self.store):
            log().warning("the clock is behind the site's last moment; the site waits there")

    async def _make_groups(self) -> None:
        for consumer in self.consumers:
            await consumer.prepare()


async def _for_ever(make: Callable[[], Coroutine[Any, Any, None]], name: str) -> None:
    while True:
        try:
            await make()
            return
        except StoreUnavailable as error:
            metrics.store_failed(error)
        except Exception as error:  # noqa: BLE001 - a task of the service must not end by an error
            metrics.unhandled.inc()
            log().error("a task failed; starting it again", task=name, exc_info=error)
        await asyncio.sleep(0.2)

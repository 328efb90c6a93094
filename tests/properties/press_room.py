"""A press room in one process: the real register, handlers and press over a real Valkey, killed at will."""

import json
import random
import tempfile
from collections.abc import AsyncIterator, Iterable, Iterator
from contextlib import asynccontextmanager, contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from services.ingest.draft import Author, Draft
from services.ingest.masthead_and_front import put_conditions, put_front
from services.ingest.register import Accepted, Register
from services.ingest.schedule import Schedule
from services.render import affected, edition, everything, listed, neighbours, reasons, take_steps
from services.render.authority import settle_authority
from services.render.check import Differences, compare
from services.render.edition import LiveEdition
from services.render.handlers import Handlers, notices
from services.render.pages import archives, feeds, lists, sitemaps
from services.render.press import Press
from services.render.printer import Printer
from services.render.refresh import refresh
from services.render.related import AROUND
from services.render.shelf import Shelf
from services.render.site import Site
from services.render.ticker import Ticker
from services.render.whole import WholeEdition
from shared.broker import create_group
from shared.clock import Clock
from shared.entries import Delivered, decode
from shared.events import ARTICLES, SIGNALS, RankingChanged, announce, signals
from shared.groups import PRESSES, groups_of
from shared.ranking import ranking_key
from shared.settings import Settings
from shared.site_settings import SiteSettings
from shared.store import Script, Store
from tests.servers import Valkey

START = datetime.fromisoformat("2025-07-26T20:00:00+03:00")


SIZES = {
    "NEWEST": (affected, feeds, lists),
    "ARCHIVE_PLACES": (affected, archives, everything),
    "SITEMAP_PLACES": (affected, everything, sitemaps),
    "NEWS_PLACES": (affected, sitemaps),
    "AROUND": (listed, neighbours, reasons),
}
"""How many articles pages have, and how many are looked at for related ones; with the modules that ask for it."""
RELATING = ((edition, "_FIND"), (take_steps, "TAKE"), (take_steps, "MARK_ARTICLES"))
"""The scripts that look at so many."""
AS_MANY = "local AROUND, MOST, TOPIC, LIVE_CARD = "


@contextmanager
def pages_of(places: int) -> Iterator[None]:
    """Lists, archives and sitemaps of so few places at the most that some are full, or hold no article any more; and as
    few are looked at on either side of an article for related ones."""
    remembered = (affected._shown_on, affected._begun_or_ended)
    with pytest.MonkeyPatch.context() as patch:
        for name, modules in SIZES.items():
            for module in modules:
                patch.setattr(module, name, min(places, getattr(module, name)))
        for module, name in RELATING:
            source = getattr(module, name).source.replace(f"{AS_MANY}{AROUND},", f"{AS_MANY}{min(places, AROUND)},")
            patch.setattr(module, name, Script(source))
        for one in remembered:
            one.cache_clear()
        yield
    for one in remembered:
        one.cache_clear()


class Killed(BaseException):
    """The process is gone: nothing catches this."""


class Mortal(Store):
    """A store whose user dies at a given command: before it is sent, or when it has been carried out."""

    def __init__(self, settings: Settings) -> None:
        super().__init__(settings)
        self.left: int | None = None
        self.late = False

    async def all(self, commands: Iterable[Any]) -> list[Any]:
        self._live(before=True)
        answers = await super().all(commands)
        self._live(before=False)
        return answers

    async def do(self, *command: Any) -> Any:
        self._live(before=True)
        answer = await super().do(*command)
        self._live(before=False)
        return answer

    def _live(self, *, before: bool) -> None:
        if self.left is None or (self.left > 0 and before is self.late):
            return
        self.left -= 1
        if self.left <= 0:
            raise Killed


_PRINTERS: dict[str, Printer] = {}


def _printer(site: SiteSettings) -> Printer:
    """Templates are compiled once."""
    name = site.model_dump_json()
    if name not in _PRINTERS:
        _PRINTERS[name] = Printer(site)
    return _PRINTERS[name]


class OneByOne(random.Random):
    """Chance by which one event is delivered at a time, and none twice."""

    def choice(self, among: Any) -> Any:
        return among[0]

    def random(self) -> float:
        return 1.0


class PressRoom:
    """Ingest and render without HTTP, each step in the test's hands."""

    def __init__(self, url: str, folder: Path, site: SiteSettings) -> None:
        self.folder = folder
        self.site_settings = site
        self.settings = Settings(redis_url=url, data=folder, now=START, consumer="w1")
        self.store = Store(self.settings)
        self.now = START
        self._begin()
        self.delivered: list[tuple[str, list[Delivered[Any]]]] = []

    def _begin(self) -> None:
        settings = self.settings.model_copy(update={"now": self.now})
        self.clock = Clock(settings)
        self.register = Register(self.store, self.site_settings, self.clock)
        self.schedule = Schedule(self.store, self.register, self.clock)
        self.mortal = Mortal(settings)
        edition = LiveEdition(self.mortal, self.site_settings)
        self.printer = _printer(self.site_settings)
        self.tree = Site(self.folder / "site", "w1")
        self.press = Press(self.mortal, edition, self.printer, self.tree, self.clock, "w1", self.folder / "media")
        self.ticker = Ticker(self.mortal, self.press, self.site_settings, self.clock)
        self.handlers = Handlers(self.mortal, self.press, edition, self.ticker)

    async def open(self) -> None:
        """Start, as the service does."""
        await self.clock.start(self.store)
        for stream in (ARTICLES, SIGNALS):
            await create_group(self.store, stream, PRESSES)
        self.tree.prepare()
        await self.press.dirty.reclaim()
        await self.ticker.start()
        await settle_authority(self.mortal, self.site_settings)
        await refresh(self.mortal, self.press.dirty, self.clock, self.printer.digest)

    async def accept(self, draft: Draft) -> Accepted:
        """What a POST does."""
        return await self.register.accept("desk", draft)

    async def move_clock(self, hours: float) -> None:
        """A start with a later PRESSRUN_NOW."""
        self.now += timedelta(hours=hours)
        await self.mortal.close()
        self._begin()
        await self.open()
        while await self.schedule.advance():
            pass

    async def die_and_start_again(self) -> None:
        """What follows a SIGKILL of render."""
        await self.mortal.close()
        self._begin()
        await self.open()

    async def rank(self, name: str, members: list[str], first: int = 0) -> None:
        """What trending does when a ranking changes from a place on."""
        commands = [("SET", ranking_key(name), json.dumps(members))]
        event = RankingChanged(at=self.now, list=name, first=first)
        await self.store.commit({}, [*commands, announce(SIGNALS, event)])

    async def conditions(self, temperature: float, hours_ago: float) -> None:
        """What `PUT /v1/conditions` does."""
        at = (self.now - timedelta(hours=hours_ago)).isoformat()
        await put_conditions(self.store, self.clock, {"city": "Baghdad", "temperature_c": temperature, "at": at})

    async def lead(self, ident: str, hours: float) -> None:
        """What `PUT /v1/front` does."""
        until = (self.now + timedelta(hours=hours)).isoformat()
        await put_front(self.store, self.clock, {"lead": [{"article": ident, "until": until}]})

    async def deliver(self, chance: random.Random) -> None:
        """Read the streams, and now and then deliver old batches again, in any order."""
        for stream, adapter in ((ARTICLES, notices), (SIGNALS, signals)):
            answer = await self.store.do(
                "XREADGROUP", "GROUP", PRESSES, "w1", "COUNT", chance.choice([1, 2, 50]), "STREAMS", stream, ">"
            )
            if answer:
                batch = [decode(adapter, entry.decode(), {b"event": fields[1]}) for entry, fields in answer[0][1]]
                self.delivered.append((stream, batch))
                await self._handle(stream, batch)
        if self.delivered and chance.random() < 0.3:
            stream, batch = chance.choice(self.delivered)
            await self._handle(stream, chance.sample(batch, len(batch)))

    async def _handle(self, stream: str, batch: list[Delivered[Any]]) -> None:
        handle = self.handlers.mark_articles if stream == ARTICLES else self.handlers.mark_signals
        await handle(batch)

    async def drain(self) -> None:
        """Deliver and build until nothing is left."""
        quiet = random.Random(0)
        quiet.random = lambda: 1.0  # type: ignore[method-assign]  # no batch is delivered twice
        for _ in range(2000):
            await self._pending()
            await self.deliver(quiet)
            built = await self.press.round()
            if not built and await self._read_up() and await self.press.dirty.drained():
                return
        raise AssertionError(f"never drained: {await self.press.dirty.waiting()}")

    async def _pending(self) -> None:
        for stream, adapter in ((ARTICLES, notices), (SIGNALS, signals)):
            answer = await self.store.do("XREADGROUP", "GROUP", PRESSES, "w1", "COUNT", 100, "STREAMS", stream, "0")
            if answer and answer[0][1]:
                batch = [decode(adapter, entry.decode(), {b"event": fields[1]}) for entry, fields in answer[0][1]]
                await self._handle(stream, batch)

    async def _read_up(self) -> bool:
        for stream in (ARTICLES, SIGNALS):
            if any(group.behind for group in await groups_of(self.store, stream)):
                return False
        return True

    async def differences(self) -> Differences:
        """The live tree held against a build from the store alone."""
        whole = await WholeEdition.load(self.store, self.site_settings)
        return await compare(whole, self.printer, self.tree, lambda _: None)

    async def close(self) -> None:
        """Close the connections."""
        await self.mortal.close()
        await self.store.close()


@asynccontextmanager
async def opened(url: str, folder: Path, site: SiteSettings) -> AsyncIterator[PressRoom]:
    """A press room that has started, until it is left. What comes in it is never the one of many: lists are built
    once they are marked."""
    room = PressRoom(url, folder, site)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("services.render.press.QUIET", 0)
        await room.open()
        try:
            yield room
        finally:
            await room.close()


@asynccontextmanager
async def emptied(server: Valkey, site: SiteSettings) -> AsyncIterator[PressRoom]:
    """A press room over an emptied store, in a folder of its own: for each of many in one test."""
    server.flush()
    with tempfile.TemporaryDirectory() as folder:
        async with opened(server.url, Path(folder), site) as room:
            yield room


def lists_change_while_shelving(room: PressRoom, monkeypatch: pytest.MonkeyPatch) -> list[bool]:
    """Have a ranking change just when an article is to be listed, so that the first try is in vain; the tries."""
    shelve, tries = Shelf.shelve, []

    async def too_late(shelf: Shelf, *args: Any, **members: Any) -> bool:
        if not tries:
            await room.rank("hot", ["another"])
        tries.append(await shelve(shelf, *args, **members))
        return tries[-1]

    monkeypatch.setattr(Shelf, "shelve", too_late)
    return tries


def draft(guid: str, **members: Any) -> Draft:
    """A usable draft."""
    authors = tuple(Author(name) for name in members.pop("authors", ()))
    whole = {"headline": f"Story {guid}", "body_html": f"<p>Body of {guid}.</p>", **members}
    return Draft(guid=guid, authors=authors, **whole)

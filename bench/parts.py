"""Where the time from event to live goes: the product's own steps in one process, over a store that syncs."""

import asyncio
import inspect
import json
import time
from collections import defaultdict
from collections.abc import Callable
from pathlib import Path
from typing import Any

from bench import corpus
from bench.limits import bare_store
from services.ingest.formats import native
from services.ingest.html import clean_html
from services.ingest.parse import parse_json
from services.ingest.register import Register
from services.render.edition import LiveEdition
from services.render.handlers import Handlers, notices
from services.render.press import Press
from services.render.printer import Printer
from services.render.site import Site
from services.render.ticker import Ticker
from shared.broker import create_group
from shared.clock import Clock
from shared.entries import decode
from shared.events import ARTICLES
from shared.groups import PRESSES
from shared.logs import configure_logs
from shared.settings import Settings
from shared.site_settings import SiteSettings
from shared.store import Store

ARTICLES_BEFORE = 300
EVENTS = 150


class Stopwatch:
    """Adds up the seconds of calls, by name."""

    def __init__(self) -> None:
        self.spent: defaultdict[str, float] = defaultdict(float)

    def over(self, owner: Any, name: str, label: str) -> None:
        """Time a function of an object, from now on."""
        call = getattr(owner, name)
        setattr(owner, name, self._timed_async(call, label) if inspect.iscoroutinefunction(call) else
                self._timed(call, label))  # fmt: skip

    def _timed(self, call: Callable[..., Any], label: str) -> Callable[..., Any]:
        def timed(*args: Any, **named: Any) -> Any:
            started = time.perf_counter()
            try:
                return call(*args, **named)
            finally:
                self.spent[label] += time.perf_counter() - started

        return timed

    def _timed_async(self, call: Callable[..., Any], label: str) -> Callable[..., Any]:
        async def timed(*args: Any, **named: Any) -> Any:
            started = time.perf_counter()
            try:
                return await call(*args, **named)
            finally:
                self.spent[label] += time.perf_counter() - started

        return timed


def parts(folder: Path, site_toml: Path) -> dict[str, float]:
    """Seconds of each step per event, on average; only the article's own page is waited for."""
    site = SiteSettings.read(site_toml)
    with bare_store(folder / "parts-store") as url:
        return asyncio.run(_measure(Settings(redis_url=url, data=folder / "parts"), site))


async def _measure(settings: Settings, site: SiteSettings) -> dict[str, float]:
    configure_logs("bench", "error", lambda: None)
    store, clock = Store(settings), Clock(settings)
    register = Register(store, site, clock)
    tree, edition, printer = Site(settings.pages_dir), LiveEdition(store, site), Printer(site)
    press = Press(store, edition, printer, tree, clock, "bench", settings.originals_dir)
    handlers = Handlers(store, press, edition, Ticker(store, press, site, clock))
    await create_group(store, ARTICLES, PRESSES)
    tree.prepare()
    watch = Stopwatch()
    cleaning = 0.0

    async def one(number: int) -> None:
        nonlocal cleaning
        article = corpus.fresh(number)
        raw = json.dumps(article).encode()
        started = time.perf_counter()
        draft = native.read(parse_json(raw))
        watch.spent["JSON and validation"] += time.perf_counter() - started
        assert not isinstance(draft, list)
        started = time.perf_counter()
        clean_html(article["body_html"])
        cleaning += time.perf_counter() - started
        started = time.perf_counter()
        await register.accept("bench", draft)
        watch.spent["decide, Lua and fsync"] += time.perf_counter() - started
        answer = await store.do("XREADGROUP", "GROUP", PRESSES, "bench", "STREAMS", ARTICLES, ">")
        entry, (_, event) = answer[0][1][0]
        started = time.perf_counter()
        await handlers.mark_articles([decode(notices, entry.decode(), {b"event": event})])
        watch.spent["decode, mark, take and read"] += time.perf_counter() - started
        await press.round()  # the article's page; what it touches is not waited for

    for number in range(ARTICLES_BEFORE):
        await one(number)
    while await press.round():
        pass
    for owner, name, label in (
        (printer, "print", "render"), (tree, "apply", "write"),
        (press.articles._shelf, "shelve", "mark and shelve"),
    ):  # fmt: skip
        watch.over(owner, name, label)
    watch.spent.clear()
    cleaning = 0.0
    for number in range(EVENTS):
        await one(ARTICLES_BEFORE + number)
        taken = dict(watch.spent)
        while await press.round():
            pass
        watch.spent.clear()
        watch.spent.update(taken)
    await store.close()
    watch.spent["decide, Lua and fsync"] -= cleaning
    return _in_order({**watch.spent, "nh3": cleaning})


ORDER = ("JSON and validation", "nh3", "decide, Lua and fsync", "decode, mark, take and read", "render", "write",
         "mark and shelve")  # fmt: skip


def _in_order(spent: dict[str, float]) -> dict[str, float]:
    return {name: spent[name] / EVENTS for name in ORDER}

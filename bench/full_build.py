"""A build of the whole site from the store, beside its bare limit and beside Hugo on the same articles."""

import asyncio
import multiprocessing
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from bench import hugo as yardstick
from bench.bare_printer import BarePrinter
from bench.event_to_live import LOAD, busy
from bench.table import Row, median, rate, share
from bench.up import Press
from services.render.pages import build
from services.render.whole import WholeEdition
from shared.machine import cores
from shared.settings import Settings
from shared.site_settings import SiteSettings
from shared.store import Store

ROUNDS = 5
PORTION = 256
STEP = 5_000  # articles that are posted before their pages are waited for


def rows(press: Press, articles: int, *, hugo: bool) -> list[Row]:
    """`pressrun build` as a command: its start and the reading of the store are in its time."""
    for count in (*range(STEP, articles, STEP), articles):
        press.fill(count)
    count = sum(1 for _ in press.store.scan_iter("article:*", count=1000))
    whole = asyncio.run(_load(press))
    printer = BarePrinter(SiteSettings.read(press.data / "site.toml"))
    limits, built = [], []
    for number in range(ROUNDS):  # nothing is deleted between them: where files have just been, new ones take longer
        os.sync()  # or the system writes the files of one run to the disk during another
        limits.append(_limit(whole, printer, press.folder / f"bare-{number}"))
        os.sync()
        built.append(_command(press, press.folder / f"built-{number}"))
    with busy(press):
        loaded = _command(press, press.folder / "built-busy")
    press.drain()
    pages, limit = built[0].pages, median(limits)
    seconds, alone = median([one.seconds for one in built]), median([one.building for one in built])
    both = f"{rate(pages / limit, ' pages')}: Jinja2 in memory, then the files; both cores"
    found = [
        Row(f"full build, {count:,} articles, {pages:,} pages; median of {ROUNDS}",
            rate(pages / alone, " pages"), both, share(limit, alone), "≥ 75 %"),
        Row(f"— while {LOAD} other articles come each second", rate(loaded.pages / loaded.building, " pages")),
        Row("— the command, with its start and reading the store", f"{seconds:.2f} s", f"{limit:.2f} s",
            share(limit, seconds)),
        Row("— CPU of the command, for each page", f"{1e6 * median([one.cpu for one in built]) / pages:.0f} µs"),
        Row("— memory of its largest process, for each article",
            f"{max(one.memory for one in built) / count / 1024:.1f} kB"),
        Row("— the store, for each article", f"{int(press.store.info('memory')['used_memory']) / count / 1024:.1f} kB"),
    ]  # fmt: skip
    return found + (yardstick.rows(press.folder, whole, seconds) if hugo else [])


@dataclass(frozen=True, slots=True)
class _Built:
    """A run of the command: its seconds, the pages and seconds that it tells, its CPU, bytes of its largest process."""

    seconds: float
    pages: int
    building: float
    cpu: float
    memory: int


async def _load(press: Press) -> WholeEdition:
    store = Store(Settings(redis_url=press.url("redis"), data=press.data))
    whole = await WholeEdition.load(store, SiteSettings.read(press.data / "site.toml"))
    await store.close()
    return whole


def _command(press: Press, out: Path) -> _Built:
    program = str(Path(sys.executable).with_name("pressrun"))
    command = [program, "build", "--out", str(out), "--data", str(press.data)]
    started = time.perf_counter()
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=os.environ | {"COLUMNS": "300"}) as process:
        told = process.stdout.read() if process.stdout else ""
        _, status, used = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    seconds = time.perf_counter() - started
    found = re.search(r"(\d+) pages in ([\d.]+) s", told)
    assert found, told
    return _Built(seconds, int(found[1]), float(found[2]), used.ru_utime + used.ru_stime, used.ru_maxrss * 1024)


_SHARED: list[tuple[WholeEdition, BarePrinter, Path]] = []


def _limit(whole: WholeEdition, printer: BarePrinter, out: Path) -> float:
    """Seconds of nothing but rendering the pages in memory, then of nothing but writing them; on both cores."""
    out.mkdir()
    pages = whole.page_keys
    portions = [pages[at : at + PORTION] for at in range(0, len(pages), PORTION)]
    workers = cores()
    _SHARED.append((whole, printer, out))
    # a handler of ours, which the children have too, does not end one that is just about to wait for work
    default = (signal.SIGTERM, signal.SIG_DFL)
    with ProcessPoolExecutor(workers, multiprocessing.get_context("fork"), signal.signal, default) as pool:
        seconds = sum(pool.map(_bare, portions)) / workers
    _SHARED.clear()
    return seconds


def _bare(portion: Sequence[str]) -> float:
    whole, printer, out = _SHARED[0]
    rendering = 0.0
    files: list[tuple[str, bytes]] = []
    for key in portion:
        files += asyncio.run(build(whole, printer, key)).files.items()
        rendering += printer.spent()
    started = time.perf_counter()
    for path, content in files:
        full = f"{out}/{path}"
        os.makedirs(os.path.dirname(full), exist_ok=True)  # noqa: PTH103, PTH120 - nothing but the calls
        with open(full, "wb") as file:  # noqa: PTH123 - as above
            file.write(content)
    return rendering + time.perf_counter() - started

"""A build of the whole site from the store, beside its bare limit and beside Hugo on the same articles."""

import asyncio
import multiprocessing
import os
import re
import resource
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from bench import hugo as yardstick
from bench.bare_printer import BarePrinter
from bench.table import Row, median, rate, share
from bench.up import Press
from services.render.pages import build
from services.render.whole import WholeEdition
from shared.settings import Settings, Site
from shared.store import Store

ROUNDS = 3  # each is seconds long; the median of three says enough
PORTION = 256


def rows(press: Press, articles: int, *, hugo: bool) -> list[Row]:
    """`pressrun build` as a command: its start and the reading of the store are in its time."""
    press.fill(articles)
    count = sum(1 for _ in press.store.scan_iter("article:*", count=1000))
    whole = asyncio.run(_load(press))
    printer = BarePrinter(Site.read(press.data / "site.toml"))
    ours, alone, limits, pages, memory = [], [], [], 0, 0
    for number in range(ROUNDS):
        limits.append(_limit(whole, printer, press.folder / f"bare-{number}"))
        seconds, told, most = _command(press, press.folder / f"built-{number}")
        pages, building, memory = *told, max(memory, most)
        ours.append(seconds)
        alone.append(building)
    limit, seconds = median(limits), median(ours)
    both = f"{rate(pages / limit, ' pages')}: Jinja2 in memory, then the files; both cores"
    found = [
        Row(f"full build, {count:,} articles, {pages:,} pages; median of {ROUNDS}",
            rate(pages / median(alone), " pages"), both,
            share(limit, median(alone)), "≥ 75 %"),
        Row("— the command, with its start and reading the store", f"{seconds:.2f} s", f"{limit:.2f} s",
            share(limit, seconds)),
        Row("— memory of the largest process", f"{memory / 1024:.0f} MB"),
        Row("— the store, for each article", f"{int(press.store.info('memory')['used_memory']) / count / 1024:.1f} kB"),
    ]  # fmt: skip
    return found + (yardstick.rows(press.folder, whole, seconds) if hugo else [])


async def _load(press: Press) -> WholeEdition:
    store = Store(Settings(redis_url=press.url("redis"), data=press.data))
    whole = await WholeEdition.load(store, Site.read(press.data / "site.toml"))
    await store.close()
    return whole


def _command(press: Press, out: Path) -> tuple[float, tuple[int, float], int]:
    """Seconds of the command; pages and seconds as it tells them; kB of the largest process."""
    program = str(Path(sys.executable).with_name("pressrun"))
    started = time.perf_counter()
    told = subprocess.run(
        [program, "build", "--out", str(out), "--data", str(press.data)],
        capture_output=True, text=True, check=True, timeout=300, env=os.environ | {"COLUMNS": "300"},
    ).stdout  # fmt: skip
    seconds = time.perf_counter() - started
    found = re.search(r"(\d+) pages in ([\d.]+) s", told)
    assert found, told
    return seconds, (int(found[1]), float(found[2])), resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss


_SHARED: list[tuple[WholeEdition, BarePrinter, Path]] = []


def _limit(whole: WholeEdition, printer: BarePrinter, out: Path) -> float:
    """Seconds of nothing but rendering the pages in memory, then of nothing but writing them; on both cores."""
    out.mkdir()
    pages = list(whole.page_keys())
    portions = [pages[at : at + PORTION] for at in range(0, len(pages), PORTION)]
    cores = os.cpu_count() or 1
    _SHARED.append((whole, printer, out))
    with multiprocessing.get_context("fork").Pool(cores) as pool:
        seconds = sum(pool.imap_unordered(_bare, portions)) / cores
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

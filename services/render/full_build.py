"""A full build from the store alone, on all cores."""

import asyncio
import gc
import multiprocessing
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor, as_completed
from itertools import groupby
from pathlib import Path

from services.render.new_site import NewSite
from services.render.pages import build_each
from services.render.printer import Printer
from services.render.whole import WholeEdition
from shared.imaging import NoPicture, derive
from shared.machine import cores
from shared.media import digest_of, original_path

Progress = Callable[[int], None]
PORTION, TOGETHER = 512, 1024


def build_site(
    whole: WholeEdition, printer: Printer, out: Path, originals: Path, progress: Progress, say: Callable[[str], None]
) -> None:
    """Write every page into an empty folder; `progress` is told of each so many. The cores share them out by processes.

    A picture that cannot be made is left out, as on the live site, and said. Raises OSError where there is no room, and
    BrokenProcessPool where one of the processes was ended from outside.
    """
    for url in whole.picture_addresses():
        try:
            derive(original_path(originals, digest_of(url) or ""), out)
        except (NoPicture, FileNotFoundError) as error:
            say(f"left out: {url}: {error}")
    portions = list(_portions(whole.page_keys))
    workers = min(cores(), len(portions))
    if workers < 2:
        for portion in portions:
            progress(_build_portion(whole, printer, NewSite(out), portion))
        return
    gc.freeze()  # the children share what was loaded: a collection would copy it, one at the end only take time
    _SHARED.append((whole, printer, NewSite(out)))
    # without a collector, since they are short-lived, and make hardly any cycles
    processes = ProcessPoolExecutor(workers, multiprocessing.get_context("fork"), gc.disable)
    try:
        for built in as_completed([processes.submit(_build_shared, portion) for portion in portions]):
            progress(built.result())
    finally:
        # each ends what it has begun: one that is ended may hold a lock of theirs
        processes.shutdown(cancel_futures=True)
        _SHARED.clear()


def _portions(pages: Iterable[str]) -> Iterator[list[str]]:
    """What goes to a core at a time. Feeds stay together, and a month's archives: they show the same articles. Of
    articles many: they are related to those before and after them, whose cards are set on each core that shows them."""
    for one, found in groupby(pages, key=_group):
        group, size = list(found), TOGETHER if one else PORTION
        yield from (group[at : at + size] for at in range(0, len(group), size))


def _group(key: str) -> str:
    kind, _, name = key.partition(":")
    return {"archive": name.partition("|")[2], "sitemap": name, "feed": "feeds"}.get(kind, "")[: len("2025-07")]


_SHARED: list[tuple[WholeEdition, Printer, NewSite]] = []


def _build_shared(portion: list[str]) -> int:
    return _build_portion(*_SHARED[0], portion)


def _build_portion(whole: WholeEdition, printer: Printer, site: NewSite, portion: list[str]) -> int:
    async def all_of_it() -> None:
        async for output in build_each(whole, printer, portion):
            site.add(output)

    asyncio.run(all_of_it())
    return len(portion)

"""`pressrun build`, `check` and `rebuild`."""

import asyncio
import json
import time
from concurrent.futures.process import BrokenProcessPool
from pathlib import Path
from typing import Annotated

import typer

from services.console.failed import CannotGoOn
from services.console.place import Data, Place, find, named, tell_unreadable, with_store
from services.console.terminal import AsJson, err, out, progress_bar
from services.console.unreadable import READ_ERRORS
from services.render.check import Differences, compare
from services.render.dirty import Dirty
from services.render.edition import LiveEdition
from services.render.full_build import build_site
from services.render.inline import inline_tree
from services.render.mend import repair as mend_pages
from services.render.printer import Printer
from services.render.refresh import builds_otherwise, mark_everything
from services.render.site import Site
from services.render.suspects import Suspects
from services.render.whole import WholeEdition
from shared.dead_letters import pages_set_aside
from shared.store import Store

LOOKS = 3
"""A lease that was lost at the end of one look is over in the next, and its page built in the last one."""


def build(
    out_dir: Annotated[
        Path, typer.Option("--out", metavar="DIR", parser=named, help="Folder to build into; made if need be.")
    ],
    data: Data = None,
    inline: Annotated[bool, typer.Option("--inline", help="Resolve the includes, for any static host.")] = False,
) -> None:
    """Build the whole site from the store alone into an empty folder."""
    try:
        is_taken = out_dir.exists() and (not out_dir.is_dir() or any(out_dir.iterdir()))
    except OSError as error:  # its name is too long, say
        raise CannotGoOn(f"{out_dir}: {error.strerror}") from None
    if is_taken:
        raise CannotGoOn(f"{out_dir}: not an empty folder; name one that is, or that is not there yet")
    place = find(data)
    whole = with_store(data, lambda place, store: WholeEdition.load(store, place.settings.site))
    started = time.monotonic()
    try:
        out_dir.mkdir(parents=True, exist_ok=True)
        _build(whole, place, out_dir)
        if inline:
            inline_tree(out_dir, place.settings.site.path)
    except OSError as error:
        raise CannotGoOn(f"{error.filename or out_dir}: {error.strerror}") from None
    except BrokenProcessPool:
        raise CannotGoOn(f"{out_dir}: a process that built pages was ended; there may be too little memory") from None
    except READ_ERRORS:
        with_store(data, lambda _, store: tell_unreadable(store))
        raise
    pages, seconds = len(whole.page_keys), time.monotonic() - started
    out.print(f"{pages} pages in {seconds:.2f} s ({pages / seconds:,.0f} pages/s) in {out_dir}", markup=False)


def _build(whole: WholeEdition, place: Place, out_dir: Path) -> None:
    """With a progress bar."""
    printer, started = Printer(place.settings.site), time.monotonic()
    with progress_bar("building", draws_itself=False) as bar:  # what forks has no other thread: it may hold a lock
        task = bar.add_task("", total=len(whole.page_keys), rate="")

        def progress(count: int) -> None:
            done = bar.tasks[0].completed + count
            rate = f"{done / (time.monotonic() - started):,.0f} pages/s"
            bar.update(task, advance=count, rate=rate, refresh=True)

        def say(what: str) -> None:
            err.print(what, markup=False)

        build_site(whole, printer, out_dir, place.settings.originals_dir, progress, say)


def check(
    data: Data = None,
    repair: Annotated[
        bool,
        typer.Option(
            "--repair", help="Build again what differs, take away what is extra, put lists in the store right."
        ),
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Hold the live site against a build from the store alone, byte for byte: exit 0, or 1 with every difference."""

    async def work(place: Place, store: Store) -> tuple[Differences, list[str]]:
        printer, site = Printer(place.settings.site), Site(place.settings.pages_dir)
        whole = await WholeEdition.load(store, place.settings.site)
        with progress_bar("checking") as bar:
            task = bar.add_task("", total=len(whole.page_keys), rate="")
            found = await compare(whole, printer, site, lambda count: bar.update(task, advance=count))
        if not found.clean:
            edition = LiveEdition(store, place.settings.site)
            found = await Suspects(store, edition, printer, site).confirm(found)
        if not found.clean and await builds_otherwise(store, printer.digest):
            err.print("templates or site settings changed since the press started: start it again, and pages have them")
        if repair and not found.clean:
            listed = await mend_pages(store, site, found)
            err.print(f"{_number(found.repairs(), 'page')} built again, {_number(found.extra, 'file')} taken away")
            if not listed:
                err.print("lists in the store are wrong still, since news kept coming: run it again when it is quiet")
        return found, await pages_set_aside(store)

    found, aside = with_store(data, work)
    _report(found, aside, as_json)
    if not found.clean:
        raise typer.Exit(1)


def _number(things: list[str], name: str) -> str:
    return f"1 {name} is" if len(things) == 1 else f"{len(things)} {name}s are"


def _report(found: Differences, aside: list[str], as_json: bool) -> None:
    kinds = {"differs": sorted(found.differs), "missing": sorted(found.missing), "extra": sorted(found.extra)}
    failed = [f"{page}: {reason}" for page, reason in sorted(found.failed.items())]
    if as_json:
        out.print_json(
            json.dumps({"clean": found.clean, "pages": found.pages, **kinds, "failed": failed, "set_aside": aside})
        )
        return
    for kind, paths in kinds.items():
        for path in paths:
            out.print(f"{kind}: {path}", markup=False)
    for page in failed:
        out.print(f"cannot be built: {page}", markup=False)
    for page in aside:
        out.print(f"set aside: {page}", markup=False)
    out.print(f"{found.pages} pages, {'clean' if found.clean else 'not clean'}")


def rebuild(data: Data = None) -> None:
    """Build every page of the live site again, in place; readers are undisturbed, and news goes first."""

    async def work(place: Place, store: Store) -> int:
        dirty = Dirty(store)
        count = await mark_everything(store, dirty, "rebuild")
        await _wait(dirty, count)
        return count

    out.print(f"{with_store(data, work)} pages built again")


async def _wait(dirty: Dirty, total: int) -> None:
    """Wait for what is due now, not for what events ask for from now on: news may never end. And for what is due then,
    as are the pages whose builder came to no end, and which another one had to take once their leases had run out."""
    with progress_bar("rebuilding") as bar:
        task = bar.add_task("", total=total, rate="")
        for _ in range(LOOKS):
            at = await dirty.now()
            while left := await dirty.unsettled(at):
                bar.update(task, completed=max(total - left, 0))
                await asyncio.sleep(0.1)
        while await dirty.waits_for("rebuild"):  # an article with many new pictures makes them in turns
            bar.update(task, completed=total - 1)
            await asyncio.sleep(0.1)

"""What a check of a running site found, looked at again: what is only on its way is no difference.

A page is built again from the lists that render keeps, which is quickly done. What is as these have it may still be
wrong, if they are: so it is held against the articles themselves too, once the site stands still.
"""

import asyncio
import re
from collections.abc import Mapping
from dataclasses import dataclass

from services.render import keys
from services.render.addresses import page_of, path_of
from services.render.check import Differences, compare, contents, look_at_picture, note, try_to_build
from services.render.dirty import Dirty
from services.render.dirty_steps import WHY
from services.render.edition import Edition, LiveEdition
from services.render.neighbours import may_reach
from services.render.printer import Printer
from services.render.rest import at_rest, readers
from services.render.site import Site
from services.render.whole import WholeEdition, picture_files
from shared.store import Store

PATIENCE = 20.0


@dataclass(frozen=True, slots=True)
class _Moment:
    """Whether a page is at rest: every event is done, and it does not wait; what last changed its files, and all that
    waits."""

    at_rest: bool
    changed: bytes | None
    waiting: set[str]


@dataclass(frozen=True, slots=True)
class _Seen:
    """What was seen of a page at rest: its differences, what had last changed its files, and what waited that may yet
    mark it."""

    differences: Differences
    changed: bytes | None
    reached_by: set[str]


class Suspects:
    """What differed from a build while the site went on: it counts only if it still does when read again with
    its page not waiting to be built, before and after, and not built in between."""

    def __init__(self, store: Store, edition: LiveEdition, printer: Printer, site: Site) -> None:
        self._store = store
        self._dirty = Dirty(store)
        self._edition = edition
        self._printer = printer
        self._site = site
        self._seen: dict[str, _Seen] = {}
        """What will be certain of a page once what may reach it is done, unless that changes it."""

    async def confirm(self, found: Differences) -> Differences:
        """Look again, for at most PATIENCE seconds; what waits and is not built in all that time counts."""
        left = Differences(pages=found.pages, failed=dict(found.failed))
        suspects: dict[str, list[str]] = {}
        for path, key in {**found.differs, **found.missing}.items():
            suspects.setdefault(key, []).append(path)
        begun_ms = await self._dirty.now()
        until = asyncio.get_running_loop().time() + PATIENCE
        certain = await self._certain(suspects, until)
        for key, paths in suspects.items():
            if key in certain:
                left.add(certain[key])
            elif not await self._moves(key, begun_ms):
                left.add(await self._compare(self._edition, key, paths))
        by_articles = await self._by_articles({key: suspects[key] for key, one in certain.items() if one.clean}, until)
        left.in_lists = not by_articles.clean
        left.add(by_articles)
        left.extra += await self._still_extra(found.extra, until, begun_ms)
        left.extra = [path for path in left.extra if await self._page_of(path) not in left.failed]
        return left

    async def _certain(self, suspects: Mapping[str, list[str]], until: float) -> dict[str, Differences]:
        """The differences of those pages of which they have become certain until then."""
        certain: dict[str, Differences] = {}
        left = list(suspects)
        while left:
            for key in left:
                if asyncio.get_running_loop().time() >= until:
                    return certain
                if (differences := await self._look(key, suspects[key])) is not None:
                    certain[key] = differences
            left = [key for key in left if key not in certain]
            await asyncio.sleep(0.05 if left else 0)
        return certain

    async def _look(self, key: str, paths: list[str]) -> Differences | None:
        """The differences of a page at rest; None as long as they are not certain."""
        if last := self._seen.get(key):
            now = await self._moment(key)
            if now.at_rest and now.changed == last.changed:
                return None if last.reached_by & now.waiting else last.differences
            del self._seen[key]
        # all that waits is much to ask for where a whole site does: only for a page that differs
        seen = await self._see(key, paths, briefly=True)
        if seen and not seen.differences.clean:
            seen = await self._see(key, paths)
        if seen and not seen.differences.clean and seen.reached_by:
            self._seen[key] = seen
            return None
        return seen.differences if seen else None

    async def _see(self, key: str, paths: list[str], *, briefly: bool = False) -> _Seen | None:
        """What is to be seen of a page; None unless it is at rest before and after, and not built in between."""
        before = await self._moment(key, briefly=briefly)
        if not before.at_rest:
            return None
        differences = await self._compare(self._edition, key, paths)
        after = await self._moment(key, briefly=briefly)
        if not after.at_rest or after.changed != before.changed:
            return None
        reached_by = {waits for waits in before.waiting | after.waiting if may_reach(waits, key)}
        return _Seen(differences, before.changed, reached_by)

    async def _moment(self, key: str, *, briefly: bool = False) -> _Moment:
        """`briefly`: of all that waits only whether this page does."""
        # in the order in which one follows from another, so that nothing slips past
        is_behind = any(group.behind for group in await readers(self._store))
        if briefly:
            waiting = {key} if await self._dirty.waits(key) else set()
        else:
            waiting = await self._dirty.waiting()
        changed = await self._store.do("HGET", WHY, key)
        return _Moment(not is_behind and key not in waiting, changed, waiting)

    async def _by_articles(self, pages: Mapping[str, list[str]], until: float) -> Differences:
        """Those of these pages that are as render's lists have it, and differ from what the articles make of them; none
        if the site does not stand still for as long as it takes to read them."""
        while pages and asyncio.get_running_loop().time() < until:
            if (before := await at_rest(self._store)) is not None:
                found, whole = Differences(), await WholeEdition.load(self._store, self._edition.site)
                for key, paths in pages.items():
                    found.add(await self._compare(whole, key, paths))
                if await at_rest(self._store) == before:
                    return found
            await asyncio.sleep(0.05)
        return Differences()

    async def _compare(self, edition: Edition, key: str, paths: list[str]) -> Differences:
        """Some of a page's files against the page as it is to be now."""
        found = Differences()
        output = await try_to_build(edition, self._printer, key, found)
        if output is None:
            return found
        wanted, shown = dict(contents(output)), await self._pictures_of(key)
        for path in paths:
            if path in shown:
                await look_at_picture(edition, self._site, path, key, found)
            elif path in wanted:
                note(found, path, key, self._site.read(path), wanted[path])
            elif self._site.read(path) is not None:
                found.extra.append(path)
        return found

    async def _moves(self, key: str, since_ms: int) -> bool:
        """Whether a page was built, or came to wait, since then."""
        noted = [await self._dirty.mark_of(key), await self._store.do("HGET", WHY, key)]
        return any(int(note.rpartition(b" ")[2]) > since_ms for note in noted if note)

    async def _pictures_of(self, key: str) -> set[str]:
        """The public files of the pictures that a live article's page shows now."""
        [card] = await self._edition.cards([keys.name(key)])
        return set(picture_files(card)) if card else set()

    async def _still_extra(self, paths: list[str], until: float, since_ms: int) -> list[str]:
        """Those that are still there, and that no page built since accounts for, nor one taken away meanwhile. Where
        the site comes to no rest, what a page comes and goes with that moves itself does not count."""
        while paths := [path for path in paths if self._site.has_name(path)]:
            rested = await self._dirty.drained()
            again = await WholeEdition.load(self._store, self._edition.site)
            extra = set((await compare(again, self._printer, self._site, lambda _: None)).extra)
            paths = [path for path in paths if path in extra]
            rested = rested and await self._dirty.drained()
            if rested:
                break
            if asyncio.get_running_loop().time() >= until:
                return [path for path in paths if not await self._moves(await self._page_of(path), since_ms)]
            await asyncio.sleep(0.05)
        return paths

    async def _page_of(self, path: str) -> str:
        """The page that a file is of, or that its address belongs to; empty if there is none."""
        address = path_of(re.sub("^_(gone|moved)/", "", path))
        is_fixed = "/" not in path and path.endswith(".html") and address != "/"
        return keys.FIXED if is_fixed else await page_of(self._store, address) or ""

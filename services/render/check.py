"""The live site held against a build from the store alone, byte for byte."""

import asyncio
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from services.render.dirty import Dirty
from services.render.edition import LiveEdition
from services.render.neighbours import is_waited_for
from services.render.pages import build
from services.render.printer import Printer
from services.render.site import Output, Site
from services.render.whole import WholeEdition
from shared.store import Store

PATIENCE = 20.0


@dataclass(slots=True)
class Differences:
    """How the live site differs from a build: path → page key; extra paths belong to no page."""

    differs: dict[str, str] = field(default_factory=dict)
    missing: dict[str, str] = field(default_factory=dict)
    extra: list[str] = field(default_factory=list)
    pages: int = 0

    @property
    def clean(self) -> bool:
        """Whether there are none."""
        return not (self.differs or self.missing or self.extra)

    def repairs(self) -> list[str]:
        """The pages to build again."""
        return sorted({*self.differs.values(), *self.missing.values()})


async def compare(whole: WholeEdition, printer: Printer, site: Site, progress: Callable[[int], None]) -> Differences:
    """Every file of the live site against what a build would write; of pictures, that they are there and no others.

    On a running site `Suspects` looks again.
    """
    found, expected = Differences(), set()
    for key in whole.page_keys():
        output = await build(whole, printer, key)
        found.pages += 1
        for path, wanted in _contents(output):
            expected.add(path)
            _note(found, path, key, site.read(path), wanted)
        progress(1)
    for key, names in whole.pictures():
        expected.update(names)
        found.missing |= {name: key for name in names if not site.has(name)}
    found.extra = sorted(path for path in site.walk() if path not in expected)
    return found


class Suspects:
    """What differed from a build while the site went on: it counts only if it still does when read again with
    its page not waiting to be built."""

    def __init__(self, store: Store, edition: LiveEdition, printer: Printer, site: Site) -> None:
        self._store = store
        self._dirty = Dirty(store, "check")
        self._edition = edition
        self._printer = printer
        self._site = site

    async def confirm(self, found: Differences) -> Differences:
        """Look again, for at most PATIENCE seconds; what never came to rest counts."""
        left = Differences(pages=found.pages)
        suspects = {**found.differs, **found.missing}
        until = asyncio.get_running_loop().time() + PATIENCE
        while suspects and asyncio.get_running_loop().time() < until:
            waiting = await self._dirty.waiting()
            for path, key in list(suspects.items()):
                if not is_waited_for(key, waiting) and await self._look(path, key, left):
                    del suspects[path]
            await asyncio.sleep(0.05 if suspects else 0)
        for path, key in suspects.items():
            (left.missing if self._site.read(path) is None else left.differs)[path] = key
        left.extra += await self._still_extra(found.extra, until)
        return left

    async def _look(self, path: str, key: str, left: Differences) -> bool:
        """Compare one path with its page as it is now; False if the page began to wait meanwhile."""
        if path.startswith("media/"):
            return self._look_at_picture(path, key, left)
        wanted = dict(_contents(await build(self._edition, self._printer, key))).get(path)
        there = self._site.read(path)
        if is_waited_for(key, await self._dirty.waiting()):
            return False
        if wanted is not None:
            _note(left, path, key, there, wanted)
        elif there is not None:
            left.extra.append(path)
        return True

    def _look_at_picture(self, path: str, key: str, left: Differences) -> bool:
        """Public files of pictures are only asked to be there: making them again would take minutes."""
        if not self._site.has(path):
            left.missing[path] = key
        return True

    async def _still_extra(self, paths: list[str], until: float) -> list[str]:
        """Those that are still there, and that no page built since accounts for."""
        while paths and not await self._dirty.drained() and asyncio.get_running_loop().time() < until:  # noqa: ASYNC110 - what is waited for happens in other processes
            await asyncio.sleep(0.05)
        if not (paths := [path for path in paths if self._site.read(path) is not None]):
            return []
        again = await WholeEdition.load(self._store, self._edition.site)
        return (await compare(again, self._printer, self._site, lambda _: None)).extra


def _note(found: Differences, path: str, key: str, there: bytes | None, wanted: bytes) -> None:
    if there is None:
        found.missing[path] = key
    elif there != wanted:
        found.differs[path] = key


def _contents(output: Output) -> Iterator[tuple[str, bytes]]:
    yield from output.files.items()
    yield from ((path, target.encode()) for path, target in output.links.items())

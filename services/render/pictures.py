"""The public files of pictures: there while a live article shows them, and no longer.

`render:pictures-of:{article}` set of the widest addresses that its page may show ·
`render:shows:{address}` set of the articles that may show it. How long its files are stands in `shared.media`.
"""

import asyncio
import math
import time
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path

from services.render import keys
from services.render.dirty import Dirty
from services.render.known import pictures_of_key
from shared.clock import Clock
from shared.dead_letters import set_aside_once
from shared.events import PAGES, PageBuilt, PageRemoved, announce
from shared.imaging import NoPicture, derive
from shared.logs import log
from shared.media import LENGTHS, digest_of, is_whole, length_of, original_path, siblings
from shared.metrics import Counter
from shared.store import Command, Script, Store

TURN = 1.0
"""Seconds for which one article's pictures are made until others get their turn: its page is on its lease meanwhile,
and so is neither built anew nor taken down, and what is in hand beside it may wait for it."""

failed = Counter("pressrun_pictures_failed_total", "Pictures set aside, because their public files cannot be made")


class MoreToMake(Exception):
    """An article is to show so many new pictures that the rest waits for its next turn."""


class Pictures:
    """Makes and takes away public files. An article is noted before its files are made, and forgotten before
    they are taken away, so that two articles with one picture never lose it to each other.

    What is made and what is taken away is told to the stream of pages, with the event that it is done for, its `cause`.
    """

    def __init__(self, store: Store, dirty: Dirty, originals: Path, pages: Path, clock: Clock) -> None:
        self._store = store
        self._dirty = dirty
        self._originals = originals
        self._pages = pages
        self._clock = clock

    async def show(self, article: str, addresses: tuple[str, ...], cause: str = "") -> tuple[set[str], bool]:
        """Make the files that an article is about to show, those anew that are damaged, for a TURN; those addresses
        whose length is not what was known of it, and whether that was all."""
        measured: set[str] = set()
        until = math.inf
        for address in addresses:
            if time.monotonic() > until:
                return measured, False
            names = siblings(address)
            *_, known = await self._store.all([
                ("SADD", pictures_of_key(article), address),
                ("SADD", _shows(address), article),
                ("HMGET", LENGTHS, address, *names),
            ])  # fmt: skip
            lengths = {name: int(length or 0) for name, length in zip((address, *names), known, strict=True)}
            wrong = [name for name in names if not is_whole(self._length(name), lengths[name])]
            if wrong:
                began = time.monotonic()
                if not await self._make(article, address, wrong):
                    continue
                until = min(until, began + TURN)  # so one at least is made, whatever those before it took
            found = self._measure(lengths)
            if address in found:
                measured.add(address)
            # who made a file and was killed before this has not told of it either
            told = [name for name in names if name in wrong or not lengths[name]]
            await self._note(found, [self._tell(PageBuilt, address, told, cause)] if told else [])
        return measured, True

    async def keep_only(
        self, article: str, noted: set[str], addresses: tuple[str, ...], cause: str = "", *, untold: bool = False
    ) -> None:
        """Take away the files of those `noted` that only this article showed, and no longer does. All are told of if
        that is `untold`: whoever began with it may have come to no end."""
        for address in noted.difference(addresses):
            told: list[Command] = []
            await self._store.do("SREM", _shows(address), article)
            if not await self._store.do("SCARD", _shows(address)):
                told = await self._take_away(address, cause, untold=untold)
            if not self._are_there(address):  # taken away now, or before we were killed: others may show them since
                again = await self._store.do("SMEMBERS", _shows(address))
                await self._dirty.mark_at_once(keys.article(ident.decode()) for ident in again)
            # in one step: whoever is killed before it finds the address here again
            await self._store.commit({}, [("SREM", pictures_of_key(article), address), *told])

    async def _take_away(self, address: str, cause: str, *, untold: bool) -> list[Command]:
        """Take a picture's files away; what tells of those that were there."""
        names = siblings(address)
        gone = [name for name in names if untold or self._length(name) is not None]
        for name in names:
            (self._pages / name[1:]).unlink(missing_ok=True)
        await self._store.run(_FORGET_LENGTHS, (_shows(address), LENGTHS), (address, *names))
        return [self._tell(PageRemoved, address, gone, cause)] if gone else []

    def _tell(
        self, kind: type[PageBuilt | PageRemoved], address: str, names: Sequence[str], cause: str
    ) -> tuple[str, ...]:
        paths = [name[1:] for name in names]
        return announce(PAGES, kind(at=self._clock.now(), page=keys.picture(address), paths=paths, cause=cause or None))

    def _are_there(self, address: str) -> bool:
        return all((self._pages / name[1:]).exists() for name in siblings(address))

    def _length(self, name: str) -> int | None:
        return length_of(self._pages / name[1:])

    def _measure(self, known: Mapping[str, int]) -> dict[str, int]:
        """The files that are not as long as was known of them, with their lengths."""
        return {name: length for name, was in known.items() if (length := self._length(name)) not in (None, was)}

    async def _note(self, lengths: Mapping[str, int], told: Sequence[Command]) -> None:
        """Lengths that are known from now on, and what is told together with them."""
        commands = list(told)
        if lengths:
            commands.append(("HSET", LENGTHS, *(part for pair in lengths.items() for part in pair)))
        if commands:
            await self._store.commit({}, commands)

    async def _make(self, article: str, address: str, wrong: Collection[str]) -> bool:
        original = original_path(self._originals, digest_of(address) or "")
        try:
            await asyncio.to_thread(derive, original, self._pages, wrong)
        except (NoPicture, FileNotFoundError) as error:
            failed.inc()
            log().error("a picture was set aside", article=article, picture=address, error=str(error))
            await set_aside_once(self._store, "picture", address, str(error), article=article)
            return False
        return True


def _shows(address: str) -> str:
    return f"render:shows:{address}"


# KEYS: those who show it, LENGTHS. Whoever shows it since has made its files anew, and noted how long they are.
_FORGET_LENGTHS = Script("""
if redis.call('SCARD', KEYS[1]) == 0 then redis.call('HDEL', KEYS[2], unpack(ARGV)) end
return 1
""")

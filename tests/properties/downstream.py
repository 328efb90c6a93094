"""Those who live off the streams alone: an index of the articles, and a mirror of the site's files."""

import json
import os
from pathlib import Path
from typing import Any

from shared.events import ARTICLES, PAGES
from shared.store import Store


class Index:
    """What a search index has that reads the stream of articles and nothing else."""

    def __init__(self) -> None:
        self._read = "-"
        self._last: dict[str, dict[str, Any]] = {}

    async def follow(self, store: Store) -> None:
        """Read on. What an event says was before is what the one before it left."""
        for entry, event in await _read_on(store, ARTICLES, self._read):
            self._read = f"({entry}"
            last = self._last.get(event["id"], {"after": None, "revision": 0})
            assert event["before"] == last["after"], (last, event)
            assert event["revision"] > last["revision"], (last, event)
            self._last[event["id"]] = event

    @property
    def articles(self) -> dict[str, dict[str, Any]]:
        """The live ones, by id. A higher version of the same content is recorded and makes no event: so without it."""
        return {ident: {**event["article"], "version": None} for ident, event in self._last.items() if event["after"]}


class Mirror:
    """What a copy of the site has that gets each file that the stream of pages tells of, and nothing else."""

    def __init__(self) -> None:
        self._read = "-"
        self.files: dict[str, bytes] = {}

    async def follow(self, store: Store, site: Path) -> None:
        """Get all that was told of since, as it is now."""
        for entry, event in await _read_on(store, PAGES, self._read):
            self._read = f"({entry}"
            for path in event["paths"]:
                if (content := _content(site / path)) is None:
                    self.files.pop(path, None)
                else:
                    self.files[path] = content

    def lacks(self, site: Path) -> list[str]:
        """The files of which it has not what readers get."""
        there = {
            str(file.relative_to(site)): content
            for folder, folders, names in os.walk(site)
            for name in (*folders, *names)
            if (content := _content(file := Path(folder) / name)) is not None
        }
        return sorted(path for path in {*there, *self.files} if there.get(path) != self.files.get(path))


def _content(file: Path) -> bytes | None:
    if file.is_symlink():
        return str(file.readlink()).encode()
    return file.read_bytes() if file.is_file() else None


async def _read_on(store: Store, stream: str, after: str) -> list[tuple[str, dict[str, Any]]]:
    return [(entry.decode(), json.loads(fields[1])) for entry, fields in await store.do("XRANGE", stream, after, "+")]

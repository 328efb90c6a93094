"""Every article of the store, also of one that goes away meanwhile."""

import asyncio
import gc
from collections.abc import AsyncIterator
from typing import Any

import pytest

from services.render import everything
from services.render.everything import Kept, every_article
from shared.articles import record_key
from shared.store import Store, StoreUnavailable


async def test_every_article_is_read_once(store: Store) -> None:
    idents = {f"a{number}" for number in range(5_000)}
    await store.all([("SET", record_key(ident), ident) for ident in idents])
    read = [(ident, record) async for some in every_article(store) for ident, record, _ in some]
    assert sorted(read) == sorted((ident, ident.encode()) for ident in idents)


async def test_of_a_store_that_goes_away_nothing_is_left_that_nobody_was_told(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    untold: list[dict[str, Any]] = []

    async def names(*_: object) -> AsyncIterator[list[str]]:
        yield ["article:a"]
        yield ["article:b"]
        await asyncio.sleep(0)  # articles are asked for meanwhile
        raise StoreUnavailable("away")

    async def articles(_: Store, idents: list[str]) -> list[Kept]:
        if idents == ["b"]:
            raise StoreUnavailable("away")
        return []

    monkeypatch.setattr(everything, "scan", names)
    monkeypatch.setattr(everything, "_fetch", articles)
    asyncio.get_running_loop().set_exception_handler(lambda _, context: untold.append(context))
    with pytest.raises(StoreUnavailable):
        [some async for some in every_article(store)]
    gc.collect()
    assert not untold

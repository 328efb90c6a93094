"""Lists are mended while the site stands still, and by nobody who read them before something changed."""

import pytest

from services.render import relist
from services.render.dirty_steps import WAITING
from services.render.known import SHELVINGS
from services.render.relist import _cards, _carry_out, _moment
from shared.articles import Article, record_key
from shared.events import ARTICLES
from shared.live import built_key, live_key
from shared.store import Command, Store
from tests.render.composition import story


async def test_nothing_is_mended_once_anything_has_come_or_waits_or_is_being_built(store: Store) -> None:
    mend: list[Command] = [("SET", "mended", 1)]
    changes: list[tuple[Command, Command]] = [
        (("XADD", ARTICLES, "1-0", "event", "{}"), ("XDEL", ARTICLES, "1-0")),
        (("SET", SHELVINGS, 1), ("DEL", SHELVINGS)),
        *((("ZADD", queue, 1, "front"), ("DEL", queue)) for queue in WAITING),
    ]
    moment = await _moment(store)
    for change, back in changes:
        await store.do(*change)
        assert not await _carry_out(store, moment, mend), change
        await store.do(*back)
    assert not await store.do("EXISTS", "mended")
    assert await _carry_out(store, moment, mend)
    assert await store.do("EXISTS", "mended")


async def test_many_mends_are_carried_out_in_several_steps(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(relist, "AT_ONCE", 2)
    assert await _carry_out(store, await _moment(store), [("RPUSH", "mended", number) for number in range(5)])
    assert await store.do("LRANGE", "mended", 0, -1) == [b"0", b"1", b"2", b"3", b"4"]


async def test_what_is_to_be_listed_is_what_is_on_disk(store: Store) -> None:
    async def kept(ident: str, built: int | None, **changes: object) -> Article:
        article = story().model_copy(update={"id": ident, "revision": 2, **changes})
        await store.do("SET", record_key(ident), article.model_dump_json())
        if built is not None:
            await store.do("HSET", built_key(ident), "revision", built)
        return article

    there = await kept("there", 2)
    older = await kept("older", 1)
    card = older.model_copy(update={"headline": "As it was"}).card()
    await store.do("SET", live_key("older"), card.model_dump_json())
    await kept("withdrawn", 2, state="withdrawn")
    await kept("never built", None)
    await kept("never listed", 1)
    assert await _cards(store) == {"there": there.card(), "older": card}

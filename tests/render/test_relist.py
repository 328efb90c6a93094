"""Lists are mended while the site stands still, and by nobody who read them before something changed."""

import pytest

from services.render import relist
from services.render.dirty_steps import WAITING
from services.render.known import SHELVINGS
from services.render.relist import _carry_out, _moment
from shared.events import ARTICLES
from shared.store import Command, Store


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

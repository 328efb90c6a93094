"""A connection to the store that many share: answers find their callers, whatever happens to the others."""

import asyncio
import socket
import struct
from collections.abc import AsyncIterator
from itertools import count
from typing import cast

import hiredis
import pytest
import uvloop
from redis.exceptions import ResponseError

from services.ingest.waiting import Waiting
from shared.link import Link
from shared.settings import Settings
from shared.store import LINKS, Store, StoreUnavailable, redis_client
from shared.wire import Wire, failure


@pytest.fixture
async def link(store: Store) -> AsyncIterator[Link]:
    made = Link(store.client.connection_pool)
    yield made
    await made.close()


async def test_answers_come_to_those_who_asked_in_the_order_of_their_commands(link: Link) -> None:
    asked = [link.all([("SET", f"k{n}", n), ("GET", f"k{n}")]) for n in range(100)]
    assert await asyncio.gather(*asked) == [[b"OK", str(n).encode()] for n in range(100)]


async def test_no_command_has_no_answer(store: Store) -> None:
    assert await store.all([]) == []


async def test_a_refused_command_is_told_to_its_caller_alone(link: Link) -> None:
    refused = link.all([("SET", "text", "x"), ("INCR", "text"), ("GET", "text")])
    served = link.all([("GET", "text")])
    answers = await asyncio.gather(refused, served, return_exceptions=True)
    assert isinstance(answers[0], ResponseError)
    assert answers[1] == [b"x"]


async def test_a_caller_that_gave_up_takes_no_answer_from_others(link: Link) -> None:
    await link.all([("SET", "mine", "1")])
    impatient = asyncio.create_task(link.all([("GET", "nothing")]))
    await asyncio.sleep(0)
    impatient.cancel()
    assert await link.all([("GET", "mine")]) == [b"1"]


async def test_what_is_under_way_fails_with_the_connection_and_the_next_call_makes_a_new_one(
    store: Store, link: Link
) -> None:
    (ident,) = await link.all([("CLIENT", "ID")])
    under_way = [asyncio.create_task(link.all([("BLPOP", f"never-{n}", 0)])) for n in range(3)]
    await store.client.client_kill_filter(_id=str(ident))
    async with asyncio.timeout(3):  # less than it takes to give up an answer
        answers = await asyncio.gather(*under_way, return_exceptions=True)
    assert [type(answer) for answer in answers] == [StoreUnavailable] * 3
    assert await link.all([("PING",)]) == [b"PONG"]


async def test_the_end_of_an_earlier_connection_is_not_that_of_the_one_after_it(store: Store, link: Link) -> None:
    """It is told late where something is still to be written, as to a store that has stopped to read."""
    before = await link.all([("CLIENT", "ID")])
    earlier = link._wire
    assert earlier
    link._drop("it did not answer")
    after = await link.all([("CLIENT", "ID")])
    asked = asyncio.create_task(link.all([("CLIENT", "ID")]))
    earlier.connection_lost(None)
    assert await asked == await link.all([("CLIENT", "ID")]) == after != before


async def test_every_connection_of_the_store_is_made_again_after_it_broke(store: Store) -> None:
    before = {await store.do("CLIENT", "ID") for _ in range(LINKS)}
    for ident in before:
        await store.client.client_kill_filter(_id=str(ident))
    await asyncio.gather(*(store.do("PING") for _ in range(LINKS)), return_exceptions=True)
    after = {await store.do("CLIENT", "ID") for _ in range(LINKS)}
    assert len(before) == len(after) == LINKS
    assert not before & after


async def test_a_full_store_is_unavailable_also_to_a_script(store: Store) -> None:
    await store.do("CONFIG", "SET", "maxmemory", 1)
    try:
        with pytest.raises(StoreUnavailable):
            await store.do("SET", "one", "more")
        with pytest.raises(StoreUnavailable):
            await store.commit({}, [("SET", "one", "more")])
    finally:
        await store.do("CONFIG", "SET", "maxmemory", 0)


async def test_a_connection_that_is_given_up_while_it_is_made_is_closed() -> None:
    came, gone = asyncio.Event(), asyncio.Event()

    async def silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        came.set()
        while await reader.read(1000):
            pass
        gone.set()
        writer.close()

    async with await asyncio.start_server(silent, "127.0.0.1", 0) as server:
        store = Store(Settings(redis_url=f"redis://:password@127.0.0.1:{server.sockets[0].getsockname()[1]}/0"))
        link = Link(store.client.connection_pool)
        asked = asyncio.create_task(link.all([("PING",)]))
        await came.wait()
        async with asyncio.timeout(3):  # less than it takes to give up an answer
            await link.close()
            await gone.wait()
        await asyncio.gather(asked, return_exceptions=True)
        await store.close()


async def test_a_connection_that_was_closed_is_not_made_again(store: Store, link: Link) -> None:
    await link.all([("PING",)])
    await link.close()
    with pytest.raises(StoreUnavailable):
        await link.all([("PING",)])
    await store.close()
    with pytest.raises(StoreUnavailable):
        await store.do("PING")
    await asyncio.sleep(0)
    assert asyncio.all_tasks() == {asyncio.current_task()}, "whoever watched it has ended"


@pytest.mark.parametrize(
    "text",
    [
        "OOM command not allowed when used memory > 'maxmemory'.",
        "ERR Error running script (call to f_1): @user_script:1: OOM command not allowed",
        "LOADING Redis is loading the dataset in memory",
        "READONLY You can't write against a read only replica. script: f_1, on @user_script:1.",
        "MASTERDOWN Link with MASTER is down and replica-serve-stale-data is set to 'no'.",
        "MISCONF Errors writing to the AOF file: No space left on device",
        "BUSY Redis is busy running a script.",
        "NOREPLICAS Not enough good replicas to write.",
    ],
)
def test_what_a_store_says_that_cannot_serve_now_means_that_the_same_call_may_succeed_later(text: str) -> None:
    assert isinstance(failure(text), StoreUnavailable)


@pytest.mark.parametrize(
    "text", ["BUSYGROUP Consumer Group name already exists", "NOSCRIPT No matching script.", "ERR no"]
)
def test_what_a_store_refuses_for_good_means_no_other_try(text: str) -> None:
    assert not isinstance(failure(text), StoreUnavailable)


async def test_a_store_that_says_nothing_is_told_as_such(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shared.link.ANSWER_TIMEOUT", 0.05)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        store = Store(Settings(redis_url=f"redis://127.0.0.1:{silent.getsockname()[1]}/0"))
        with pytest.raises(StoreUnavailable, match=r"^the store cannot be reached: it did not answer for 0\.05 s$"):
            await store.do("PING")
        await store.close()


class Rude(asyncio.Protocol):
    """A store that takes a greeting for good, and is gone so many turns of the loop later."""

    def __init__(self, turns: int) -> None:
        self._turns = turns

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)
        there = transport.get_extra_info("socket")
        there.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))  # as of a process that is killed

    def data_received(self, data: bytes) -> None:
        if b"PING" not in data and b"XREAD" not in data:
            self._transport.write(b"+OK\r\n")
        self._go_on(self._turns)

    def _go_on(self, turns: int) -> None:
        if turns:
            asyncio.get_running_loop().call_soon(self._go_on, turns - 1)
        else:
            self._transport.abort()


@pytest.mark.parametrize("turns", range(9))
def test_a_store_that_hangs_up_while_it_is_greeted_cannot_be_reached(turns: int) -> None:
    """Under uvloop, as services run: it has an error of its own for who writes to what has been closed."""

    async def ask() -> None:
        async with await asyncio.get_running_loop().create_server(lambda: Rude(turns), "127.0.0.1", 0) as server:
            store = Store(Settings(redis_url=f"redis://:password@127.0.0.1:{server.sockets[0].getsockname()[1]}/0"))
            async with asyncio.timeout(20):
                with pytest.raises(StoreUnavailable):
                    await store.do("PING")
                with pytest.raises(StoreUnavailable):
                    await Waiting(store)._hear("0")
            await store.close()

    uvloop.run(ask())


class Patient(asyncio.Protocol):
    """A store to which every command is well."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)

    def data_received(self, data: bytes) -> None:
        self._transport.write(b"+OK\r\n" * data.count(b"*"))


@pytest.mark.parametrize("turns", [2, 3])
def test_a_client_for_reads_begins_again_where_the_store_hung_up_on_its_greeting(turns: int) -> None:
    """Under uvloop, too: at these turns the error is its own."""

    async def ask() -> None:
        come = count()
        answering = lambda: Rude(turns) if next(come) < 3 else Patient()  # noqa: E731
        async with await asyncio.get_running_loop().create_server(answering, "127.0.0.1", 0) as server:
            client = redis_client(Settings(redis_url=f"redis://:p@127.0.0.1:{server.sockets[0].getsockname()[1]}/0"))
            async with asyncio.timeout(20):
                assert await client.execute_command("ECHO", "well") == b"OK"
            await client.aclose()
        assert next(come) == 4

    uvloop.run(ask())


async def test_what_says_something_that_is_no_answer_is_given_up() -> None:
    ended: asyncio.Queue[None] = asyncio.Queue()

    async def babble(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        commands = hiredis.Reader()
        while said := await reader.read(1000):
            commands.feed(said)
            while command := commands.gets():
                writer.write(b"babble\r\n" if command == [b"GET", b"one"] else b"+OK\r\n")
        writer.close()
        ended.put_nowait(None)

    async with await asyncio.start_server(babble, "127.0.0.1", 0) as server:
        store = Store(Settings(redis_url=f"redis://127.0.0.1:{server.sockets[0].getsockname()[1]}/0"))
        link = Link(store.client.connection_pool)
        with pytest.raises(StoreUnavailable, match=r"^the store's connection broke: what it says is no answer: "):
            await link.all([("GET", "one")])
        assert await link.all([("GET", "another")]) == [b"OK"], "over a connection that was made since"
        await link.close()
        for _ in range(2):
            await ended.get()
        await store.close()


async def test_a_store_whose_answer_is_long_in_coming_is_waited_for_while_it_comes(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    looks: asyncio.Queue[None] = asyncio.Queue()
    gone = asyncio.Event()
    waits = Wire.waits.fget
    assert waits

    def looked_at(wire: Wire) -> bool:
        looks.put_nowait(None)
        return waits(wire)

    async def slow(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        commands = hiredis.Reader()
        while said := await reader.read(1000):
            commands.feed(said)
            while command := commands.gets():
                if command != [b"GET", b"long"]:
                    writer.write(b"+OK\r\n")
                    continue
                for piece in (b"$20\r\n", *[b"x"] * 20, b"\r\n"):
                    await looks.get()
                    writer.write(piece)
        gone.set()
        writer.close()

    monkeypatch.setattr("shared.link.LOOK_EVERY", 0.01)
    monkeypatch.setattr("shared.link.Wire.waits", property(looked_at))
    async with await asyncio.start_server(slow, "127.0.0.1", 0) as server:
        store = Store(Settings(redis_url=f"redis://127.0.0.1:{server.sockets[0].getsockname()[1]}/0"))
        await store.do("PING")
        monkeypatch.setattr("shared.link.ANSWER_TIMEOUT", 0.05)  # not before: it bounds connecting too
        assert await store.do("GET", "long") == b"x" * 20
        await store.close()
        await gone.wait()


async def test_a_step_may_rest_on_any_number_of_keys(store: Store) -> None:
    await store.do("SET", "key:8999", "x")
    expect: dict[str, bytes | None] = {f"key:{number}": None for number in range(9_000)}
    assert await store.commit(expect, [("SET", "done", "1")]) is None
    assert await store.commit({**expect, "key:8999": b"x"}, [("SET", "done", "1")]) == [b"OK"]


async def test_a_step_rests_on_names_that_are_free_or_just_as_it_says(store: Store) -> None:
    for name, done in (("Oil", True), ("Oil", True), ("OIL", False)):
        name_of = ("names", "oil", name)
        assert (await store.commit({}, [("HSETNX", *name_of)], [name_of]) is not None) == done
    assert await store.do("HGET", "names", "oil") == b"Oil"

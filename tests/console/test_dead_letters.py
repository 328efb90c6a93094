"""`pressrun dead-letters`: what it says of ids that there are, and of those that there are not, and what goes back."""

import asyncio
import json
from collections.abc import Callable
from typing import Any

import pytest
import redis
import typer

from services.console.dead_letters import drop, list_letters, retry, show
from services.console.place import with_store
from shared.dead_letters import OF, letters, set_aside, set_aside_once
from shared.events import ARTICLES, DEAD_LETTERS, VIEWS
from shared.store import Store


@pytest.mark.parametrize(("command", "done"), [(drop, "dropped"), (retry, "put back")])
def test_an_id_of_none_is_named_and_the_others_are_done(
    store: redis.Redis, capsys: pytest.CaptureFixture[str], command: Callable[[list[str]], None], done: str
) -> None:
    ident = store.execute_command(*set_aside("page", "front", "it failed")).decode()
    with pytest.raises(typer.Exit) as ended:
        command(["nope", ident, ident, "1-1"])
    told = capsys.readouterr()
    assert ended.value.exit_code == 1
    assert told.out == f"1 {done}\n"
    assert told.err == "no dead letter has the id nope, 1-1\n"
    assert not store.xlen(DEAD_LETTERS)


def test_an_entry_that_somebody_else_made_hides_no_other_and_can_only_be_dropped(
    store: redis.Redis, capsys: pytest.CaptureFixture[str]
) -> None:
    foreign = store.xadd(DEAD_LETTERS, {b"event": b"\xff\xfe", b"id": b"7"}).decode()
    page = store.execute_command(*set_aside("page", "front", "it failed")).decode()
    list_letters(as_json=True)
    assert [(letter["id"], letter["kind"]) for letter in json.loads(capsys.readouterr().out)] == [
        (foreign, "unknown"), (page, "page"),
    ]  # fmt: skip
    list_letters()
    show(foreign)
    capsys.readouterr()
    with pytest.raises(typer.Exit) as ended:
        retry([foreign, page])
    told = capsys.readouterr()
    assert ended.value.exit_code == 1
    assert (told.out, told.err) == ("1 put back\n", f"nothing here can be put back, only dropped: {foreign}\n")
    drop([foreign])
    assert not store.xlen(DEAD_LETTERS)


def test_an_event_that_two_groups_set_aside_goes_back_once(store: redis.Redis) -> None:
    by_render, by_trending = (
        store.execute_command(*set_aside("event", "articles/5-0", "it failed", "{}", stream=ARTICLES, group=group))
        for group in ("render", "trending")
    )
    other = store.execute_command(*set_aside("event", "articles/6-0", "no", "{}", stream=ARTICLES, group="render"))
    retry([by_render.decode(), by_trending.decode()])
    assert store.xlen(ARTICLES) == 1
    assert [ident for ident, _ in store.xrange(DEAD_LETTERS)] == [other]
    retry([other.decode()])
    assert store.xlen(ARTICLES) == 2
    assert not store.xlen(DEAD_LETTERS)


def test_an_event_goes_back_for_all_groups_if_one_of_its_letters_is_named(store: redis.Redis) -> None:
    for group in ("render", "trending"):
        ident = store.execute_command(*set_aside("event", "articles/5-0", "no", "{}", stream=ARTICLES, group=group))
    retry([ident.decode()])
    assert store.xlen(ARTICLES) == 1
    assert not store.xlen(DEAD_LETTERS)


def test_what_two_put_back_at_the_same_time_goes_back_once(
    store: redis.Redis, capsys: pytest.CaptureFixture[str]
) -> None:
    more = {"stream": VIEWS, "group": "trending"}
    ident = store.execute_command(*set_aside("event", "views/5-0", "it failed", "{}", **more)).decode()
    with pytest.MonkeyPatch.context() as patched, pytest.raises(typer.Exit):

        async def another_is_quicker(of: Store) -> list[dict[str, Any]]:
            found = await letters(of)
            patched.undo()
            await asyncio.to_thread(retry, [ident])
            return found

        patched.setattr("services.console.dead_letters.letters", another_is_quicker)
        retry([ident])
    assert capsys.readouterr() == ("1 put back\n0 put back\n", f"no dead letter has the id {ident}\n")
    assert store.xlen(VIEWS) == 1


@pytest.mark.parametrize("command", [drop, retry])
def test_nothing_is_kept_of_what_was_dropped_or_put_back(
    store: redis.Redis, command: Callable[[list[str]], None]
) -> None:
    with_store(None, lambda _, of: set_aside_once(of, "page", "front", "it failed"))
    with_store(None, lambda _, of: set_aside_once(of, "picture", "/media/a.jpg", "damaged", article="g"))
    command([ident.decode() for ident, _ in store.xrange(DEAD_LETTERS)])
    assert not store.xlen(DEAD_LETTERS)
    assert not store.exists(OF)


def test_a_letter_that_is_dropped_leaves_another_one_of_the_same_known(store: redis.Redis) -> None:
    earlier = store.execute_command(*set_aside("page", "front", "it failed")).decode()
    with_store(None, lambda _, of: set_aside_once(of, "page", "front", "it failed"))
    drop([earlier])
    with_store(None, lambda _, of: set_aside_once(of, "page", "front", "it failed"))
    assert store.xlen(DEAD_LETTERS) == 1

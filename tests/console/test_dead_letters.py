"""`pressrun dead-letters`: what it says of ids that there are, and of those that there are not, and what goes back."""

import asyncio
import json
from collections.abc import Callable
from typing import Any

import pytest
import redis
import typer

from services.console.dead_letters import drop, list_letters, retry, show
from services.console.failed import CannotGoOn
from services.console.place import with_store
from services.render.dirty import Dirty
from services.render.dirty_steps import CAUSES
from shared.dead_letters import OF, letters, set_aside, set_aside_once, set_event_aside, take_back
from shared.events import ARTICLES, DEAD_LETTERS, VIEWS
from shared.live import built_key
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


def test_a_letter_is_a_line_of_the_list_and_shown_whole_and_what_there_is_none_of_is_told(
    store: redis.Redis, capsys: pytest.CaptureFixture[str]
) -> None:
    list_letters()
    assert capsys.readouterr() == ("", "no dead letters\n")
    ident = store.execute_command(*set_aside("page", "front", "it failed\nat a line" + "." * 200)).decode()
    list_letters()
    assert capsys.readouterr() == (f"{ident}  page  front  it failed at a line{'.' * 141}\n", "")
    show(ident)
    assert json.loads(capsys.readouterr().out)["reason"].endswith("." * 200)
    with pytest.raises(typer.Exit) as ended:
        show("1-1")
    assert (ended.value.exit_code, *capsys.readouterr()) == (1, "", "no dead letter has the id 1-1\n")


def test_a_page_that_is_put_back_waits_and_of_a_picture_the_page_of_its_article(store: redis.Redis) -> None:
    for of in (("page", "front"), ("picture", "/media/a.jpg")):
        store.execute_command(*set_aside(*of, "it failed", article="g"))
    foreign = store.execute_command(*set_aside("picture", "/media/b.jpg", "somebody else's, of no article"))
    store.hset(built_key("g"), "shown", "as it is on disk")
    with pytest.raises(typer.Exit):
        retry([ident.decode() for ident, _ in store.xrange(DEAD_LETTERS)])
    assert with_store(None, lambda _, of: Dirty(of).waiting()) == {"front", "article:g"}
    assert not store.hexists(built_key("g"), "shown"), "it is written whatever is on disk"
    assert [ident for ident, _ in store.xrange(DEAD_LETTERS)] == [foreign]


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


@pytest.mark.parametrize(
    ("kind", "name", "more"),
    [("event", "views/5-0", {"stream": VIEWS, "group": "trending"}), ("page", "front", {})],
)
def test_what_two_put_back_at_the_same_time_goes_back_once(
    store: redis.Redis, capsys: pytest.CaptureFixture[str], kind: str, name: str, more: dict[str, str]
) -> None:
    ident = store.execute_command(*set_aside(kind, name, "it failed", "{}", **more)).decode()
    with pytest.MonkeyPatch.context() as patched, pytest.raises(typer.Exit):

        async def another_is_quicker(of: Store) -> list[dict[str, Any]]:
            found = await letters(of)
            patched.undo()
            await asyncio.to_thread(retry, [ident])
            return found

        patched.setattr("services.console.dead_letters.letters", another_is_quicker)
        retry([ident])
    assert capsys.readouterr() == ("1 put back\n0 put back\n", f"no dead letter has the id {ident}\n")
    assert store.xlen(VIEWS) == (kind == "event")


def test_what_was_set_aside_twice_goes_back_though_one_of_its_letters_was_dropped_meanwhile(store: redis.Redis) -> None:
    found = [{"id": store.execute_command(*set_aside("page", "front", why)).decode()} for why in ("first", "second")]
    store.xdel(DEAD_LETTERS, found[0]["id"])
    assert with_store(None, lambda _, of: take_back(of, found, ("XADD", VIEWS, "*", "event", "{}")))
    assert (store.xlen(VIEWS), store.xlen(DEAD_LETTERS)) == (1, 0)


def test_what_cannot_be_put_back_keeps_its_letter(store: redis.Redis) -> None:
    store.set("no-stream", "somebody else's")
    letter = {"id": store.execute_command(*set_aside("event", "no-stream/5-0", "it failed")).decode()}
    with pytest.raises(CannotGoOn, match="WRONGTYPE"):
        with_store(None, lambda _, of: take_back(of, [letter], ("XADD", "no-stream", "*", "event", "{}")))
    assert store.xlen(DEAD_LETTERS) == 1


def test_a_page_that_cannot_be_put_back_keeps_its_letter(store: redis.Redis) -> None:
    ident = store.execute_command(*set_aside("page", "front", "it failed")).decode()
    store.set(CAUSES, "somebody else's")
    with pytest.raises(CannotGoOn, match=f"{CAUSES}: a string, where a hash is to be"):
        retry([ident])
    assert store.xlen(DEAD_LETTERS) == 1


def test_a_thing_that_fails_again_for_the_same_reason_keeps_its_letter(store: redis.Redis) -> None:
    kept = []
    for _ in range(2):
        with_store(None, lambda _, of: set_aside_once(of, "page", "front", "it failed"))
        kept.append([ident for ident, _ in store.xrange(DEAD_LETTERS)])
    assert len(kept[0]) == 1
    assert kept[0] == kept[1], "who has read of it finds it"


def test_an_event_that_was_acknowledged_meanwhile_is_not_set_aside(store: redis.Redis) -> None:
    store.xgroup_create(VIEWS, "trending", "0", mkstream=True)
    entry = store.xadd(VIEWS, {"event": "{}"}).decode()
    store.xreadgroup("trending", "w1", {VIEWS: ">"})
    for _ in range(2):
        with_store(None, lambda _, of: set_event_aside(of, VIEWS, "trending", entry, "{}", "it failed"))
        assert store.xlen(DEAD_LETTERS) == 1


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

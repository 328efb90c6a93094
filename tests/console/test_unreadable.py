"""What somebody else has written under Pressrun's names: commands tell which key it is, in a line of its own."""

from collections.abc import Callable
from pathlib import Path

import pytest
import redis

from services.console import unreadable
from services.console.building import build, check
from services.console.failed import CannotGoOn
from services.console.reasons import impact, why
from services.console.status import status
from shared.articles import body_key, record_key
from shared.backlog import SHARED
from shared.charts import chart_key, charts_key
from shared.clock import TICK
from shared.conditions import CONDITIONS
from shared.events import ARTICLES
from shared.front import FRONT
from shared.kept import pack_body
from shared.live import former_key, list_key, live_key, months_key, names_key, place_key
from shared.ranking import HOT, ranking_key
from tests.stack import Up

IDENT = "a" * 16
TEXT = b"\xff\xfe is no UTF-8"


def told(command: Callable[[], None]) -> list[str]:
    """The keys that a command names."""
    with pytest.raises(CannotGoOn, match=r"^the store has what Pressrun does not write; ") as refused:
        command()
    assert "\n" not in str(refused.value)
    return [line.partition(": ")[0] for note in refused.value.__notes__ for line in note.splitlines()]


@pytest.mark.parametrize(
    "key",
    [
        record_key(IDENT), TICK, CONDITIONS, FRONT, ranking_key(HOT), names_key("topic"), place_key("all", "2025-07"),
        charts_key(),
    ],
)  # fmt: skip
def test_a_check_names_the_key_that_it_cannot_read(store: redis.Redis, key: str) -> None:
    write(store, key)
    assert told(check) == [key]


def write(store: redis.Redis, key: str) -> None:
    """What is no text, in the shape that the key is to have."""
    kept = unreadable.kept_under(key)
    assert kept is not None
    match kept[0]:
        case "string":
            store.set(key, TEXT)
        case "hash":
            store.hset(key, "a", TEXT)
        case "set":
            store.sadd(key, TEXT)
        case "zset":
            store.zadd(key, {TEXT: 1})


def test_all_of_them_are_named_at_once(store: redis.Redis, tmp_path: Path) -> None:
    store.set(record_key(IDENT), "{garbage")
    store.set(record_key("b" * 16), '{"id": 5}')
    store.set(record_key("c" * 16), "")
    store.sadd(former_key("").encode() + b"\xff", "/of/a/name/that/is/no/text/")
    store.set(body_key(IDENT), TEXT)
    store.set(body_key("b" * 16), pack_body("<p>It can be read.</p>"))
    store.lpush(charts_key(), "a list")
    store.set(chart_key("2025-W30"), "[]")
    store.set("somebody:elses", TEXT)
    records = [record_key(ident) for ident in (IDENT, "b" * 16, "c" * 16)]
    wrong = [*records, body_key(IDENT), chart_key("2025-W30"), charts_key(), former_key(r"\xff")]
    assert told(check) == wrong
    assert told(lambda: build(tmp_path / "out")) == wrong
    assert not (tmp_path / "out").exists()


def test_whatever_a_command_reads_of_lists_is_named_too(store: redis.Redis, tmp_path: Path) -> None:
    (tmp_path / "data" / "site").mkdir()
    (tmp_path / "data" / "site" / "index.html").touch()
    store.zadd(list_key("all"), {IDENT: 1})
    store.set(live_key(IDENT), "{garbage")
    assert told(lambda: why("/")) == [live_key(IDENT)]
    assert told(lambda: impact(IDENT)) == [live_key(IDENT)]
    store.delete(live_key(IDENT))
    store.hset(months_key("all"), "2025-07", "many")
    assert told(lambda: why("/")) == [months_key("all")]


def test_a_key_of_another_type_is_named(store: redis.Redis) -> None:
    store.set(ARTICLES, "no stream")
    store.set(SHARED, "no set")
    assert told(status) == [ARTICLES, SHARED]


@pytest.mark.parametrize("there", ["string", "none"])
def test_a_key_that_has_gone_meanwhile_is_not_named(there: str) -> None:
    assert unreadable._wrong(FRONT.encode(), *unreadable.KEPT[FRONT], there, None) == ""


def test_an_article_of_which_nothing_is_left_is_named(store: redis.Redis) -> None:
    store.set(record_key(IDENT), "")
    assert told(check) == [record_key(IDENT)]


def test_a_mistake_of_ours_is_not_blamed_on_the_store(store: redis.Redis, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("services.console.status.came_at", lambda *_: 1 / 0)
    store.xadd("pages", {"event": "{}"})
    monkeypatch.setattr("services.console.status.groups_of", int)
    with pytest.raises(TypeError):
        status()


def test_everything_that_a_site_keeps_can_be_read(sample_stack: Up, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("services.console.status.groups_of", int)
    with pytest.raises(TypeError):
        status(sample_stack.folder)
    with sample_stack.store() as store:
        kinds = {key.partition(b":")[0].decode() for key in store.scan_iter()}  # marks of readers are no text
    assert {"article", "body", "live", "list", "place", "ranking", "names", "months", "days"} < kinds

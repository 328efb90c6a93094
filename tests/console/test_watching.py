"""`pressrun status` and `watch`: what they say of a store, whatever stands on its streams."""

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import redis
import typer

from services.console.dead_letters import list_letters
from services.console.reasons import impact
from services.console.status import status
from shared.dead_letters import set_aside
from shared.entries import came_at
from shared.events import ARTICLES, PAGES, ArticlePublished, PageBuilt, new_event_id
from shared.live import list_key
from tests.servers import Valkey, wait_for

UNREADABLE = ("{}", "{nope", "[]", "1", '{"type": "page.built", "cause": 1}')


def published(guid: str, **own: Any) -> str:
    event = ArticlePublished(
        at="2025-07-26T06:00:00Z", id="a", source="desk", guid=guid, version=1, revision=1, url="/a", **own
    )
    return event.model_dump_json()


def built(cause: str | None, article: str | None = "a", **own: Any) -> str:
    at = "2025-07-26T06:00:00Z"
    return PageBuilt(at=at, page="article:a", paths=["/a"], cause=cause, article=article, **own).model_dump_json()


@contextmanager
def watching(*words: str) -> Iterator[subprocess.Popen[str]]:
    command = [sys.executable, "-m", "services.console", "watch", *words]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as process:
        try:
            yield process
        finally:
            process.kill()


def said(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None
    return process.stdout.readline()


def reads(store: redis.Redis) -> bool:
    """Whether somebody waits for entries; only what comes from then on is shown."""
    return any(client["cmd"] == "xread" for client in store.client_list())


def test_an_article_that_is_no_utf_8_has_no_impact(store: redis.Redis, capsys: pytest.CaptureFixture[str]) -> None:
    assert not store.dbsize()
    with pytest.raises(typer.Exit) as ended:
        impact(b"\xff".decode(errors="surrogateescape"))
    assert ended.value.exit_code == 1
    assert "no article with the id \\udcff is on the site" in capsys.readouterr().err


def test_status_passes_over_what_it_cannot_read(store: redis.Redis, capsys: pytest.CaptureFixture[str]) -> None:
    for text in UNREADABLE:
        store.xadd(PAGES, {"event": text})
    cause = new_event_id()
    store.xadd(ARTICLES, {"event": published("bridge", event_id=cause)})
    for text in UNREADABLE[:3]:
        store.xadd(ARTICLES, {"event": text})
    store.xadd(ARTICLES, {"other": "field"})
    store.xadd(PAGES, {"event": built(cause)})
    store.xadd(PAGES, {"event": built("x" * 32)})
    status(as_json=True)
    found: dict[str, Any] = json.loads(capsys.readouterr().out)
    assert [event["guid"] for event in found["last_events"]] == ["bridge"]
    assert found["event_to_live_ms"]["count"] == 1


BEGAN = 1_753_509_600_000  # 2025-07-26T06:00:00Z


def test_status_tells_how_the_stack_is_doing(store: redis.Redis, capsys: pytest.CaptureFixture[str]) -> None:
    store.zadd(list_key("all"), {"a": 1, "b": 2})
    store.execute_command(*set_aside("page", "front", "broken"))
    for number in range(7):
        store.xadd(ARTICLES, {"event": published(f"g{number}")}, id=f"{BEGAN + number}-0")
    store.xgroup_create(ARTICLES, "render", 0)
    store.xreadgroup("render", "w1", {ARTICLES: ">"}, count=2)
    status()
    told = capsys.readouterr().out.splitlines()
    assert told[:6] == [
        "articles       2 live",
        "pages waiting  0",
        "dead letters   1",
        "event to live  p50 -, p99 - of the last 0",
        f"{ARTICLES:<14} render: lag 5, pending 2",
        "2025-07-26T06:00:00.006+00:00  article.published  g6",
    ]
    assert [line.split()[-1] for line in told[5:]] == ["g6", "g5", "g4", "g3", "g2"]


def test_status_tells_of_a_group_that_somebody_else_made(
    store: redis.Redis, capsys: pytest.CaptureFixture[str]
) -> None:
    _, second, _ = (store.xadd(ARTICLES, {"event": published(guid)}) for guid in ("one", "two", "three"))
    store.xgroup_create(ARTICLES, "[/partner]", second)  # the store cannot tell how far behind it is
    status()
    assert f"{ARTICLES:<14} [/partner]: lag -, pending 0\n" in capsys.readouterr().out


def test_event_to_live_is_from_the_acceptance_of_what_changed_an_article_to_its_page(
    store: redis.Redis, capsys: pytest.CaptureFixture[str]
) -> None:
    causes = [f"{BEGAN:012x}{number:020x}" for number in range(200)]
    for wait, cause in enumerate(causes, 1):  # the newest waited the longest
        # the store's clock is behind that of ingest
        store.xadd(ARTICLES, {"event": published("one", event_id=cause)}, id=f"{BEGAN - 5_000}-*")
        store.xadd(PAGES, {"event": built(cause)}, id=f"{BEGAN + wait}-0")
    # a page that was built anew, a list, a page that shows the article as related, and its own once more
    for other, article in ((None, "a"), (causes[0], None), (causes[0], "b"), (causes[0], "a")):
        store.xadd(PAGES, {"event": built(other, article)}, id=f"{BEGAN + 9_000}-*")
    status()
    assert "event to live  p50 101 ms, p99 199 ms of the last 200\n" in capsys.readouterr().out


def test_event_to_live_leaves_out_a_page_whose_first_building_is_out_of_sight(
    store: redis.Redis, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("services.console.status.BUILT", 4)
    old, new = (f"{BEGAN + later:012x}{0:020x}" for later in (0, 9_000))
    for cause in (old, new):
        store.xadd(ARTICLES, {"event": published("one", event_id=cause)})
    for later, cause in ((10, old), (8_000, None), (8_000, None), (9_020, new), (9_500, old)):
        store.xadd(PAGES, {"event": built(cause)}, id=f"{BEGAN + later}-*")
    status()
    assert "event to live  p50 20 ms, p99 20 ms of the last 1\n" in capsys.readouterr().out


@pytest.mark.parametrize("ahead", [2**64 - 10, 4_070_908_800_000])  # of somebody else's making; a clock in 2099
def test_status_tells_true_times_where_the_ids_of_a_stream_are_ahead_of_the_clock(
    store: redis.Redis, capsys: pytest.CaptureFixture[str], ahead: int
) -> None:
    for stream in ARTICLES, PAGES:
        store.xadd(stream, {"event": "{}"}, id=f"{ahead}-0")  # the ids of what comes later are no lower
    cause = f"{BEGAN:012x}{1:020x}"
    store.xadd(ARTICLES, {"event": published("one", event_id=cause)})
    store.xadd(PAGES, {"event": built(cause, event_id=f"{BEGAN + 7:012x}{2:020x}")})
    status(as_json=True)
    found = json.loads(capsys.readouterr().out)
    assert [event["at"] for event in found["last_events"]] == ["2025-07-26T06:00:00.000+00:00"]
    assert found["event_to_live_ms"] == {"count": 1, "p50": 7, "p99": 7}


def test_an_entry_that_is_ahead_came_when_its_event_was_made_and_by_now() -> None:
    assert came_at(f"{BEGAN}-0", "x", BEGAN) == BEGAN
    assert came_at(f"{BEGAN + 1}-0", f"{BEGAN - 5:012x}{1:020x}", BEGAN) == BEGAN - 5
    assert came_at(f"{BEGAN + 1}-0", "f" * 32, BEGAN) == BEGAN
    assert came_at(f"{BEGAN + 1}-0", "x", BEGAN) == BEGAN


def test_watch_names_what_it_cannot_read_and_goes_on(store: redis.Redis) -> None:
    with watching() as process:
        wait_for(lambda: reads(store))
        pipeline = store.pipeline()
        for text in UNREADABLE:
            pipeline.xadd(ARTICLES, {"event": text})
        pipeline.xadd(ARTICLES, {"other": "field"})
        pipeline.xadd(ARTICLES, {"event": published("bridge")}, id=f"{2**64 - 1}-1")  # which is no moment
        entries = [entry.decode() for entry in pipeline.execute()]
        told = [said(process) for _ in entries]
    assert told[:-1] == [f"unreadable entry {entry} on {ARTICLES}\n" for entry in entries[:-1]]
    assert "article.published" in told[-1]
    assert "bridge" in told[-1]


def test_a_watch_ends_with_its_store_in_one_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    server = Valkey(tmp_path)
    server.start()
    monkeypatch.setenv("PRESSRUN_REDIS_URL", server.url)
    try:
        with watching() as process:
            with server.client() as client:
                wait_for(lambda: reads(client))
            server.kill()
            told, _ = process.communicate(timeout=60)
    finally:
        server.kill()
    assert process.returncode == 1
    assert told.startswith("pressrun: the store cannot be reached: ")
    assert told.count("\n") == 1


@pytest.mark.parametrize("words", [(), ("--json",)])
def test_what_looks_like_the_name_of_an_emoji_is_shown_as_it_is(store: redis.Redis, words: tuple[str, ...]) -> None:
    with watching(*words) as process:
        wait_for(lambda: reads(store))
        store.xadd(ARTICLES, {"event": published(":key: [bold]")})
        assert ":key: [bold]" in said(process)


HOSTILE = "a\nforged\r\x1b[31m\x9b31m\u202eb"
SHOWN = r"a\nforged\r\x1b[31m\x9b31m\u202eb"


def test_what_would_steer_a_terminal_is_shown_by_its_code(
    store: redis.Redis, capsys: pytest.CaptureFixture[str]
) -> None:
    store.execute_command(*set_aside("page", HOSTILE, HOSTILE))
    store.xadd(ARTICLES, {"event": published(HOSTILE)})
    status()
    list_letters()
    told = capsys.readouterr().out
    assert told.count(SHOWN) == 2
    assert told.replace("\n", "").isprintable()
    status(as_json=True)
    list_letters(as_json=True)
    told = capsys.readouterr().out
    assert told.replace("\n", "").isprintable()
    assert told.count(json.dumps(HOSTILE)) == 3


def test_letters_of_every_script_are_shown_as_they_are(store: redis.Redis, capsys: pytest.CaptureFixture[str]) -> None:
    store.xadd(ARTICLES, {"event": published("عاجل – 新聞")})
    status()
    status(as_json=True)
    assert capsys.readouterr().out.count("عاجل – 新聞") == 2


def test_a_disk_without_room_for_what_is_printed_is_one_line(store: redis.Redis) -> None:
    assert not store.dbsize()
    command = [sys.executable, "-m", "services.console", "status"]
    with Path("/dev/full").open("w") as full:
        ended = subprocess.run(command, stdout=full, stderr=subprocess.PIPE, text=True, timeout=30, check=False)
    assert (ended.returncode, ended.stderr) == (1, "pressrun: what is printed: No space left on device\n")

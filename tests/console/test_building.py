"""`pressrun rebuild` and `status` beside a press that has much to do: they do not hold up the store."""

import io
import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import redis

from services.console import building
from services.console.building import build, rebuild
from services.console.failed import CannotGoOn
from services.console.status import status
from services.console.terminal import err
from services.render import full_build
from services.render.dirty_steps import ALL, BACKGROUND, LEASE_MS, LEASES
from services.render.new_site import NewSite
from shared.backlog import SHARED, TO_BUILD, UNHURRIED
from tests.servers import wait_for


def asked(store: redis.Redis, command: str) -> int:
    """How often the store has been asked for something, in this run."""
    return int(store.info("commandstats").get(f"cmdstat_{command}", {"calls": 0})["calls"])


def now(store: redis.Redis) -> int:
    """The store's time in milliseconds."""
    seconds, micros = store.time()
    return int(seconds) * 1000 + int(micros) // 1000


@contextmanager
def rebuilding(store: redis.Redis) -> Iterator[Future[None]]:
    """A rebuild that has marked its pages; whatever it waits for then is taken away in the end."""
    store.set("article:a", "{}")
    marked = asked(store, "zcount")
    with ThreadPoolExecutor() as beside:
        command = beside.submit(rebuild)
        try:
            wait_for(lambda: asked(store, "zcount") > marked, what="it has marked its pages")
            yield command
        finally:
            store.delete(*ALL)


def sees_it_wait(store: redis.Redis, command: Future[None], by: str = "zcount") -> None:
    """Hold that it goes on asking the store, by this, and does not end."""
    counted = asked(store, by)
    wait_for(lambda: asked(store, by) > counted + 20, what="it looks again and again")
    assert not command.done()


def test_status_counts_the_pages_that_wait_without_asking_for_their_names(
    store: redis.Redis, capsys: pytest.CaptureFixture[str]
) -> None:
    store.zadd(BACKGROUND, {f"article:{number}": number for number in range(3)})
    before = asked(store, "zunion")
    status()
    assert "pages waiting  3" in capsys.readouterr().out
    assert asked(store, "zunion") == before


def test_a_rebuild_waits_for_the_last_page_without_asking_for_the_names_of_all(
    store: redis.Redis, capsys: pytest.CaptureFixture[str]
) -> None:
    store.set("article:a", "{}")
    before = asked(store, "zunion")
    with ThreadPoolExecutor() as beside:
        command = beside.submit(rebuild)
        try:
            sees_it_wait(store, command)
            assert asked(store, "zunion") == before
        finally:
            store.delete(*ALL)
    assert command.result() is None
    assert "pages built again" in capsys.readouterr().out


@pytest.mark.parametrize("lost", [BACKGROUND, LEASES, TO_BUILD, SHARED, UNHURRIED])
def test_a_rebuild_comes_to_its_end_while_news_goes_on(
    store: redis.Redis, capsys: pytest.CaptureFixture[str], lost: str
) -> None:
    """Wherever its last page stands it is waited for, but not what comes due later."""
    later = 10**15
    for name, page in ((TO_BUILD, "article:b"), (SHARED, "list:b"), (UNHURRIED, "feed:b"), (LEASES, "list:c")):
        store.zadd(name, {page: later})
    store.zadd(TO_BUILD, {"article:c": 0})
    with rebuilding(store) as command:
        in_hand = now(store) + LEASE_MS - 1_000  # taken a second ago
        store.zadd(lost, {"article:d": in_hand if lost == LEASES else 1})
        store.zremrangebyscore(BACKGROUND, 2, "+inf")
        sees_it_wait(store, command)
        store.zrem(lost, "article:d")
        wait_for(command.done, what="it ends")
    assert "pages built again" in capsys.readouterr().out


def test_a_rebuild_waits_for_the_page_of_a_builder_that_came_to_no_end(
    store: redis.Redis, capsys: pytest.CaptureFixture[str]
) -> None:
    with rebuilding(store) as command:
        store.zadd(LEASES, {"article:d": now(store) + LEASE_MS - 1_000})
        store.delete(BACKGROUND)
        step = store.pipeline(transaction=True)  # its lease is over, and it waits again
        step.zrem(LEASES, "article:d")
        step.zadd(TO_BUILD, {"article:d": now(store)})
        step.execute()
        sees_it_wait(store, command)
        store.zrem(TO_BUILD, "article:d")
        wait_for(command.done, what="it ends")
    assert "pages built again" in capsys.readouterr().out


def test_a_rebuild_waits_for_an_article_that_has_more_pictures_to_make(
    store: redis.Redis, capsys: pytest.CaptureFixture[str]
) -> None:
    with rebuilding(store) as command:
        step = store.pipeline(transaction=True)
        step.zadd(TO_BUILD, {"article:a": 10**15})  # given back again and again, later than all looks
        step.delete(BACKGROUND)
        step.execute()
        sees_it_wait(store, command, "zrange")
        store.zrem(TO_BUILD, "article:a")
        wait_for(command.done, what="it ends")
    assert "pages built again" in capsys.readouterr().out


def test_a_build_names_its_folder_as_it_is_called(
    store: redis.Redis, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert not store.dbsize()
    build(tmp_path / "site[" / "v2]")
    assert capsys.readouterr().out.endswith(f"{tmp_path}/site[/v2]\n")


def test_processes_begin_beside_no_other_thread_on_a_terminal_too(
    store: redis.Redis, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """They would wait for ever for what it holds: the lock of stderr, while it draws the bar there."""
    running: list[threading.Thread] = []

    def begin(
        _whole: Any, _printer: Any, _out: Any, _originals: Any, progress: Callable[[int], None], _say: Any
    ) -> None:
        running.extend(threading.enumerate())
        progress(1)

    assert not store.dbsize()
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setattr(err, "is_interactive", True)
    monkeypatch.setattr(sys, "stderr", terminal := io.StringIO())
    monkeypatch.setattr(terminal, "isatty", lambda: True)
    monkeypatch.setattr(building, "build_site", begin)
    build(tmp_path / "site")
    assert "building" in terminal.getvalue()
    assert running == [threading.main_thread()]


def test_a_build_into_a_name_that_no_file_can_have_is_one_line(store: redis.Redis, tmp_path: Path) -> None:
    assert not store.dbsize()
    with pytest.raises(CannotGoOn, match=r"aa: File name too long$"):
        build(tmp_path / ("a" * 300))


@pytest.mark.parametrize(("where", "step"), [(NewSite, "add"), (building, "inline_tree")])
def test_a_build_that_the_disk_has_no_room_for_is_one_line(
    store: redis.Redis, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, where: Any, step: str
) -> None:
    def full(*_: Any) -> None:
        raise OSError(28, "No space left on device")

    assert not store.dbsize()
    monkeypatch.setattr(where, step, full)
    with pytest.raises(CannotGoOn, match=r"site: No space left on device$"):
        build(tmp_path / "site", inline=True)


def test_a_build_one_of_whose_processes_is_ended_is_one_line(
    store: redis.Redis, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As by the kernel, where there is no memory left."""
    assert not store.dbsize()
    monkeypatch.setattr(full_build, "cores", lambda: 2)  # with one alone there are no processes of its own
    monkeypatch.setattr(NewSite, "add", lambda *_: os.kill(os.getpid(), signal.SIGKILL))
    with pytest.raises(CannotGoOn, match=r"site: a process that built pages was ended"):
        build(tmp_path / "site")


def test_a_build_of_no_stack_leaves_no_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("PRESSRUN_REDIS_URL", raising=False)
    with pytest.raises(CannotGoOn, match="no stack runs on this folder"):
        build(tmp_path / "site", data=tmp_path)
    assert not any(tmp_path.iterdir())

"""`pressrun up`: its folder, its children, and what it says when it cannot start; on real processes."""

import asyncio
import fcntl
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, suppress
from dataclasses import replace
from functools import partial
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from redis.asyncio import Redis

from services.console import children, leftovers, stack
from services.console.children import Child, Part, pause
from services.console.failed import CannotGoOn
from services.console.folder import Folder, Secrets, other_address, read_run, unknown, write_private
from services.console.parts import Ports, service_environ, site_part, store_part
from services.console.probe import ask_store
from services.console.sample import SampleFailed
from services.console.serve import listener
from services.console.stack import Stack, check_ports, reclaim
from services.console.up import _describe, _post_sample, _prepare, say_curl
from shared.settings import Settings
from shared.site_settings import SiteSettings
from shared.sources import read_sources
from tests.servers import begun_with, free_port, until, until_true, wait_for

ROOT = Path(__file__).parents[2]
SECRETS = Secrets("store-password", "edge-secret")
RUN = {"ingest": "http://127.0.0.1:8081", "token": "a-token"}
STUB = """
import os, pathlib, signal, sys
for way in sys.argv[2:]:
    signal.signal(getattr(signal, way), signal.SIG_IGN)
pathlib.Path(sys.argv[1]).write_text(str(os.getpid()))
while True:
    signal.pause()
"""


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Folder]:
    folder = Folder(tmp_path / "press")
    folder.take()
    yield folder
    folder.release()


def alive(pid: int) -> bool:
    return pid in leftovers.processes()


def stub(folder: Folder, name: str, *ignoring: str) -> Part:
    """A part that is ready once it has written its pid, and ends when it is told to."""
    mark = folder.temporary / name

    async def is_ready() -> bool:
        if not mark.exists() or not (pid := mark.read_text()):
            return False
        return alive(int(pid))

    command = (sys.executable, "-c", STUB, str(mark), *ignoring)
    return Part(name, command, folder.root, dict(os.environ), is_ready)


def broken(folder: Folder, name: str, words: str = "the disk is full") -> Part:
    async def is_ready() -> bool:
        return False

    command = (sys.executable, "-c", f"import sys; print('first', flush=True); sys.exit({words!r})")
    return Part(name, command, folder.root, dict(os.environ), is_ready)


@asynccontextmanager
async def running(folder: Folder, *stages: list[Part]) -> AsyncIterator[Stack]:
    said: list[str] = []
    made = Stack(folder, stages, {"site": "http://127.0.0.1:1"}, said.append)
    try:
        await made.start()
        yield made
    finally:
        await made.stop()


def pids(folder: Folder) -> dict[str, int]:
    return dict(json.loads(folder.run.read_text())["pids"])


def _changed(folder: Folder, name: str, before: int) -> bool:
    return pids(folder)[name] != before


def command(*words: str, **environ: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "services.console", *words],
        cwd=ROOT,
        env={**os.environ, **environ},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


# The folder.


def test_a_new_folder_gets_settings_and_random_secrets(folder: Folder) -> None:
    folder.write_settings("http://127.0.0.1:8080", sample=False)
    site, sources = SiteSettings.read(folder.site_settings), read_sources(folder.sources)
    assert (site.base_url, site.timezone) == ("http://127.0.0.1:8080", "UTC")
    modes = [path.stat().st_mode & 0o777 for path in (folder.root, folder.site_settings, folder.sources)]
    assert modes == [0o700, 0o644, 0o600]
    token = sources["newsroom"].tokens[0].get_secret_value()
    assert len(token) >= 32
    assert token != sources["newsroom"].hmac_secrets[0].get_secret_value()


def test_what_is_not_public_is_private_in_a_folder_that_is_open_to_all(tmp_path: Path) -> None:
    open_to_all = Folder(tmp_path)
    tmp_path.chmod(0o755)
    open_to_all.take()
    open_to_all.release()
    for private in (open_to_all.store, open_to_all.media, open_to_all.logs):
        assert private.stat().st_mode & 0o077 == 0, private


def test_the_samples_site_is_in_baghdad(folder: Folder) -> None:
    folder.write_settings("http://127.0.0.1:8080", sample=True)
    site = SiteSettings.read(folder.site_settings)
    assert (site.timezone, site.city) == ("Asia/Baghdad", "Baghdad")


def test_settings_and_secrets_that_are_there_stay(folder: Folder) -> None:
    folder.site_settings.write_text('name = "Mine"\n')
    folder.write_settings("http://127.0.0.1:8080", sample=False)
    before = (folder.secrets(), folder.sources.read_text())
    folder.write_settings("http://127.0.0.1:9090", sample=True)
    assert SiteSettings.read(folder.site_settings).name == "Mine"
    assert (folder.secrets(), folder.sources.read_text()) == before
    assert (folder.root / "secrets.json").stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("text", ["", "[]", '{"store_password": "known"}', '{"another": "member"}', "\xff"])
def test_secrets_that_cannot_be_read_are_one_line_that_shows_none(folder: Folder, text: str) -> None:
    (folder.root / "secrets.json").write_text(text, "latin-1")
    with pytest.raises(CannotGoOn, match=r"^cannot read .*/secrets\.json: .*$") as refused:
        folder.secrets()
    assert "known" not in str(refused.value)


def test_a_private_file_is_replaced_whole_and_leaves_nothing_beside_it(tmp_path: Path) -> None:
    path = tmp_path / "run.json"
    path.write_text("old")
    path.chmod(0o644)
    write_private(path, "new")
    assert (path.read_text(), path.stat().st_mode & 0o777) == ("new", 0o600)
    assert list(tmp_path.iterdir()) == [path]


def test_a_private_file_that_cannot_be_written_is_an_error_and_leaves_nothing_beside_it(tmp_path: Path) -> None:
    (tmp_path / "secrets.json").mkdir()
    with pytest.raises(IsADirectoryError):
        write_private(tmp_path / "secrets.json", "{}")
    assert [path.name for path in tmp_path.iterdir()] == ["secrets.json"]


def test_run_json_is_read_only_while_a_stack_runs(folder: Folder) -> None:
    folder.run.write_text('{"site": "http://127.0.0.1:8080"}')
    assert read_run(folder.root) == {"site": "http://127.0.0.1:8080"}
    folder.release()
    assert read_run(folder.root) is None
    assert read_run(folder.root / "none") is None
    with (folder.root / "up.lock").open("rb") as looked_at:
        fcntl.flock(looked_at, fcntl.LOCK_SH)
        assert read_run(folder.root) is None, "another command that looks at the same time is no stack"
    folder.take()
    assert read_run(folder.root) is None, "it told of the stack before this one, whose ports may be somebody else's"


def test_a_command_that_just_looks_whether_a_stack_runs_keeps_none_from_starting(
    folder: Folder, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder.release()
    with (folder.root / "up.lock").open("rb") as looked_at:
        fcntl.flock(looked_at, fcntl.LOCK_SH)
        monkeypatch.setattr("services.console.folder.time.sleep", lambda _: looked_at.close())  # looks end that soon
        folder.take()
        assert looked_at.closed, "it was waited for"


def test_a_site_that_names_another_port_of_this_machine_is_noticed() -> None:
    served = "http://127.0.0.1:8080"
    assert other_address(SiteSettings(base_url="http://127.0.0.1:9090"), served)
    assert other_address(SiteSettings(base_url="http://localhost:9090/8080"), served)
    assert not other_address(SiteSettings(base_url=served), served)
    assert not other_address(SiteSettings(base_url=f"{served}/news"), served)
    assert not other_address(SiteSettings(base_url="https://news.example"), served)
    assert not other_address(SiteSettings(base_url="http://news.example"), served)
    assert not other_address(SiteSettings(base_url="https://localhost:8443"), served), "a proxy of their own"


# Children.


def test_a_child_that_was_ready_comes_back_at_once_and_an_early_death_waits_ever_longer() -> None:
    assert pause(0, was_ready=True) == pause(1, was_ready=True) == 0
    waits = [pause(early, was_ready=False) for early in range(1, 10)]
    assert waits == sorted(waits)
    assert (waits[0], waits[-1]) == (0.2, 5.0)
    assert pause(2, was_ready=True) == 0.4
    assert pause(5, was_ready=True) > 1, "ready for a moment, again and again: as on a full disk"


async def test_run_json_says_who_runs(folder: Folder) -> None:
    async with running(folder, [stub(folder, "redis")], [stub(folder, "ingest"), stub(folder, "site")]) as made:
        assert json.loads(folder.run.read_text()) == made.run
        assert folder.run.stat().st_mode & 0o777 == 0o600
        assert list(pids(folder)) == ["redis", "ingest", "site"]
        assert all(alive(pid) for pid in pids(folder).values())
    assert not any(alive(pid) for pid in pids(folder).values())


def test_a_part_comes_after_others_however_late_all_of_them_come(folder: Folder) -> None:
    code = """
import asyncio, os, sys
from pathlib import Path
from services.console.children import Child, Part

async def main():
    os.setpriority(os.PRIO_PROCESS, 0, 5)
    later = Part("later", ("sleep", "30"), Path(sys.argv[1]), dict(os.environ), lambda: None, nice=10)
    child = Child(later, Path(sys.argv[1]) / "log", lambda: None, print)
    process = await child._start()
    print(os.getpriority(os.PRIO_PROCESS, process.pid) - os.getpriority(os.PRIO_PROCESS, 0))
    process.kill()
    await process.wait()

asyncio.run(main())
"""
    told = subprocess.run(
        [sys.executable, "-c", code, str(folder.temporary)], env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True, text=True, timeout=30, check=True,
    )  # fmt: skip
    assert told.stdout == "10\n"


async def test_a_part_that_comes_after_others_does_so_for_linux_too(folder: Folder) -> None:
    # In another session it would be weighed against them as a session, and nice would mean nothing between the two.
    late = replace(stub(folder, "render"), nice=10)
    async with running(folder, [stub(folder, "ingest"), late]):
        first, second = pids(folder)["ingest"], pids(folder)["render"]
        assert os.getpriority(os.PRIO_PROCESS, second) == os.getpriority(os.PRIO_PROCESS, first) + 10
        assert os.getsid(first) == os.getsid(second) == os.getsid(0)
        assert os.getpgid(first) == first, "Ctrl-C is for the stack alone, which ends its parts in order"


async def test_run_json_names_no_part_that_only_stands_beside_another(folder: Folder) -> None:
    beside = replace(stub(folder, "ingest-2"), is_further=True)
    async with running(folder, [stub(folder, "ingest")], [beside]) as made:
        assert list(pids(folder)) == ["ingest"]
        await until(lambda: (folder.temporary / "ingest-2").exists())
        further = made.children[1].trace
        assert further is not None
        assert alive(further.pid)
        assert further in leftovers.noted(folder.children), "the next start ends it, should this one be killed"
    assert not alive(further.pid)


async def test_the_next_stage_waits_for_the_one_before(folder: Folder) -> None:
    slow, seen = stub(folder, "redis"), []

    async def is_ready() -> bool:
        seen.append((folder.temporary / "ingest").exists())
        return len(seen) > 5 and await slow.is_ready()

    first = Part(slow.name, slow.command, slow.folder, slow.environ, is_ready)
    async with running(folder, [first], [stub(folder, "ingest")]):
        assert not any(seen)


async def test_a_killed_child_is_started_again_and_its_pid_refreshed(folder: Folder) -> None:
    async with running(folder, [stub(folder, "redis")], [stub(folder, "ingest")]) as made:
        before = pids(folder)
        os.kill(before["ingest"], signal.SIGKILL)
        await until(lambda: pids(folder)["ingest"] != before["ingest"])
        await asyncio.wait_for(made.children[1].ready.wait(), 10)
        assert pids(folder)["redis"] == before["redis"]
        assert alive(pids(folder)["ingest"])


async def test_a_killed_child_is_started_again_though_the_logs_were_taken_away(folder: Folder) -> None:
    async with running(folder, [stub(folder, "a")]):
        first = pids(folder)["a"]
        shutil.rmtree(folder.logs)
        os.kill(first, signal.SIGKILL)
        await until(lambda: pids(folder)["a"] != first)
        assert folder.log("a").stat().st_mode & 0o777 == 0o600
        assert folder.logs.stat().st_mode & 0o777 == 0o700


async def test_a_child_that_will_not_start_is_given_up_with_its_last_lines(folder: Folder) -> None:
    with pytest.raises(CannotGoOn, match=r"(?s)^ingest does not start.*the disk is full$"):
        async with running(folder, [stub(folder, "redis")], [broken(folder, "ingest")]):
            pass
    assert not alive(int((folder.temporary / "redis").read_text()))


async def test_a_command_that_is_not_there_is_given_up_too(folder: Folder) -> None:
    part = broken(folder, "ingest")
    with pytest.raises(CannotGoOn, match=r"^ingest does not start, and has written nothing$"):
        async with running(folder, [Part(part.name, ("/none",), part.folder, part.environ, part.is_ready)]):
            pass


@pytest.mark.parametrize(
    ("code", "ended"), [("exit 3", "ended with exit code 3"), ("kill -9 $$", "was ended by signal 9")]
)
async def test_it_is_told_how_a_child_ended_and_when_it_comes_back_until_it_is_given_up(
    folder: Folder, monkeypatch: pytest.MonkeyPatch, code: str, ended: str
) -> None:
    monkeypatch.setattr(children, "pause", lambda early, **_: early / 100)
    said: list[str] = []
    part = replace(broken(folder, "ingest"), command=("sh", "-c", code))
    child = Child(part, folder.log("ingest"), lambda: None, said.append)
    await asyncio.wait_for(child.keep(), 10)
    assert said == [f"ingest {ended}; starting it again in {wait} s" for wait in ("0.01", "0.02")]
    assert child.given_up.is_set()


async def test_a_child_whose_command_was_taken_away_is_not_said_to_have_ended_once_more(
    folder: Folder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(children, "pause", lambda *_, **__: 0.0)
    said: list[str] = []
    command = folder.temporary / "ingest.sh"
    command.write_text('#!/bin/sh\nrm "$0"; exit 3\n')
    command.chmod(0o700)
    part = replace(broken(folder, "ingest"), command=(str(command),))
    await asyncio.wait_for(Child(part, folder.log("ingest"), lambda: None, said.append).keep(), 10)
    again = "starting it again"
    assert said[0] == f"ingest ended with exit code 3; {again}"
    assert said[1].startswith("ingest cannot be started: [Errno 2]")
    assert said[2] == f"ingest did not start; {again}"


async def test_a_child_that_was_ready_once_is_never_given_up(folder: Folder, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(children, "TRIES", 1)
    async with running(folder, [stub(folder, "redis")]) as made:
        for _ in range(3):
            before = pids(folder)["redis"]
            os.kill(before, signal.SIGKILL)
            await until(partial(_changed, folder, "redis", before))
            await asyncio.wait_for(made.children[0].ready.wait(), 10)
        assert not made.children[0].given_up.is_set()


async def test_the_early_deaths_of_a_part_that_nobody_asks_are_told_by_its_age(
    folder: Folder, monkeypatch: pytest.MonkeyPatch
) -> None:
    earlier: list[int] = []
    monkeypatch.setattr(children, "pause", lambda early, **_: earlier.append(early) or 0.0)

    async def is_ready() -> bool:
        return True

    for settles_after in (0.0, 60.0):
        earlier.clear()
        part = replace(broken(folder, "ingest-2"), is_ready=is_ready, settles_after=settles_after)
        async with running(folder, [stub(folder, "redis")], [part]):
            await until(lambda: len(earlier) >= 3)
        assert earlier[:3] == ([0, 0, 0] if settles_after == 0 else [1, 2, 3])


def test_a_second_ingest_may_listen_beside_the_first_and_no_other_service_may() -> None:
    port = free_port()
    with listener("127.0.0.1", port, is_shared=True) as first, listener("127.0.0.1", port, is_shared=True) as second:
        first.listen()
        second.listen()
    with listener("127.0.0.1", port, is_shared=False) as alone:
        alone.listen()
        with pytest.raises(OSError, match="in use"):
            listener("127.0.0.1", port, is_shared=True)


async def test_a_child_that_will_not_go_is_forced(folder: Folder, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stack, "PATIENCE", 0.2)
    async with running(folder, [stub(folder, "redis")], [stub(folder, "site", "SIGTERM")]):
        stubborn = pids(folder)["site"]
    assert not alive(stubborn)


async def test_a_child_may_finish_what_it_does_and_what_it_began_ends_with_it(folder: Folder) -> None:
    begun, asked, may, finished = (folder.temporary / name for name in ("begun", "asked", "may", "finished"))

    async def is_ready() -> bool:
        return begun.exists() and bool(begun.read_text())

    async def let_it_finish() -> None:
        await until(asked.exists)
        may.touch()

    finish = f'echo > "{asked}"; until [ -e "{may}" ]; do sleep 0.01; done; echo > "{finished}"; exit'
    code = f"trap '{finish}' TERM; sleep 30 & echo $! > \"{begun}\"; wait"
    async with running(folder, [replace(stub(folder, "site"), command=("sh", "-c", code), is_ready=is_ready)]):
        others = asyncio.create_task(let_it_finish())
    others.cancel()
    assert finished.exists()
    assert not alive(int(begun.read_text()))


async def test_a_full_disk_does_not_end_the_stack(folder: Folder, monkeypatch: pytest.MonkeyPatch) -> None:
    async with running(folder, [stub(folder, "redis")]) as made:
        before = folder.run.read_text()

        def full(*_: object) -> None:
            raise OSError(28, "No space left on device")

        with monkeypatch.context() as patched:
            patched.setattr(stack, "write_private", full)
            os.kill(pids(folder)["redis"], signal.SIGKILL)
            await until(lambda: made._unwritten)
        assert folder.run.read_text() == before
        monkeypatch.setattr(stack, "HOUSEKEEPING", 0.01)
        keeping = asyncio.create_task(made.keep())
        await until(lambda: folder.run.read_text() != before)
        keeping.cancel()
        await asyncio.gather(keeping, return_exceptions=True)


async def test_a_long_log_is_moved_aside(folder: Folder, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(children, "LOG_BYTES", 10)
    log = folder.log("ingest")
    log.write_text("a line that is long enough\n")
    child = Child(stub(folder, "ingest"), log, lambda: None, lambda _: None)
    child.trim_log()
    child.trim_log()
    assert log.read_text() == ""
    assert log.with_suffix(".log.1").read_text() == "a line that is long enough\n"
    log.write_text("10 letters")
    child.trim_log()
    assert log.read_text() == "10 letters"


async def test_the_last_lines_are_those_of_the_last_process_also_where_the_log_was_moved_aside(
    folder: Folder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(children, "LOG_BYTES", 10)
    log = folder.log("ingest")
    log.write_text("an earlier one's\n" * 3)
    child = Child(broken(folder, "ingest"), log, lambda: None, lambda _: None)
    await child._live()
    assert child.last_lines().splitlines() == ["first", "the disk is full"]
    child.trim_log()
    log.write_text("it goes on\n")
    assert child.last_lines() == "it goes on"


@pytest.mark.parametrize(
    ("written", "told"),
    [
        ("".join(f"{number}\n" for number in range(40)), "\n".join(map(str, range(25, 40)))),
        ("é" * 5000 + "!", "\ufffd" + "é" * 4095 + "!"),
    ],
    ids=["many lines", "one long line, cut within a letter"],
)
def test_of_much_that_a_child_wrote_only_the_end_is_told(folder: Folder, written: str, told: str) -> None:
    log = folder.log("ingest")
    log.write_text(written, encoding="utf-8")
    assert Child(stub(folder, "ingest"), log, lambda: None, lambda _: None).last_lines() == told


async def test_a_child_knows_of_the_environment_what_its_part_names(folder: Folder) -> None:
    part = replace(broken(folder, "ingest"), command=("env",), environ={"NAMED": "yes"})
    await Child(part, folder.log("ingest"), lambda: None, lambda _: None)._live()
    assert folder.log("ingest").read_text() == "NAMED=yes\n"


async def test_a_child_that_has_ended_is_not_ready_and_what_it_began_has_ended_too(folder: Folder) -> None:
    begun = folder.temporary / "begun"

    async def is_ready() -> bool:
        return True

    command = ("sh", "-c", f'sleep 30 & echo $! > "{begun}"')
    part = Part("ingest", command, folder.root, dict(os.environ), is_ready)
    child = Child(part, folder.log("ingest"), lambda: None, lambda _: None)
    assert await child._live() is not None
    assert not child.ready.is_set()
    assert not alive(int(begun.read_text()))


# What a killed `up` leaves.


def begin(part: Part, log: Path) -> subprocess.Popen[bytes]:
    """Start a part as the stack does, but on its own."""
    with log.open("wb") as words:
        return subprocess.Popen(
            part.command, cwd=part.folder, stdin=subprocess.DEVNULL, stdout=words, stderr=words, start_new_session=True
        )


def orphan(folder: Folder, name: str, *ignoring: str) -> subprocess.Popen[bytes]:
    return begin(stub(folder, name, *ignoring), folder.log(name))


def test_what_a_killed_start_had_not_recorded_yet_does_not_run(tmp_path: Path) -> None:
    code = f"""
import asyncio, os, pathlib, signal, sys
from services.console.children import Child, Part

async def is_ready():
    return False

def changed():
    print(child.trace.pid, flush=True)
    os.kill(os.getpid(), signal.SIGKILL)

here = pathlib.Path({str(tmp_path)!r})
part = Part("ingest", ("/bin/sh", "-c", "touch began; exec sleep 60"), here, dict(os.environ), is_ready)
child = Child(part, here / "logs" / "log", changed, print)
asyncio.run(child.keep())
"""
    killed = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=30, check=False)
    pid = int(killed.stdout)
    try:
        wait_for(lambda: pid not in leftovers.processes(), what="what nobody knows of has ended")
        assert not (tmp_path / "began").exists()
    finally:
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)


async def test_the_next_start_ends_what_a_killed_one_left(folder: Folder, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(leftovers, "PATIENCE", 0.3)
    left = [orphan(folder, "redis"), orphan(folder, "ingest", "SIGTERM")]
    try:
        await until(lambda: all((folder.temporary / name).exists() for name in ("redis", "ingest")))
        folder.children.write_text(leftovers.note({str(one.pid): leftovers.trace(one.pid) for one in left}))
        await reclaim(folder)
        assert [one.wait(5) for one in left] == [-signal.SIGTERM, -signal.SIGKILL]
    finally:
        for one in left:
            one.kill()
            one.wait()


async def test_what_takes_long_to_end_is_waited_for(folder: Folder, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(leftovers, "PATIENCE", 0.1)
    signal_it, loop = leftovers._signal, asyncio.get_running_loop()
    monkeypatch.setattr(leftovers, "_signal", lambda *what: loop.call_later(0.5, signal_it, *what))  # busy as it is
    left = orphan(folder, "redis", "SIGTERM")
    try:
        await until((folder.temporary / "redis").exists)
        folder.children.write_text(leftovers.note({"redis": leftovers.trace(left.pid)}))
        await reclaim(folder)
        assert left.wait(5) == -signal.SIGKILL
    finally:
        left.kill()
        left.wait()


async def test_beside_what_does_not_end_no_stack_starts(folder: Folder, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(leftovers, "LONGEST", 0.2)
    sent: list[tuple[int, signal.Signals]] = []
    monkeypatch.setattr(leftovers, "_signal", lambda *what: sent.append(what))
    left = orphan(folder, "redis")
    try:
        await until((folder.temporary / "redis").exists)
        folder.children.write_text(leftovers.note({"redis": leftovers.trace(left.pid)}))
        with pytest.raises(CannotGoOn, match=str(left.pid)):
            await reclaim(folder)
        assert sent == [(left.pid, signal.SIGTERM)], "a second one would have some end at once"
    finally:
        left.kill()
        left.wait()


async def test_a_stranger_with_a_recorded_pid_is_left_alone(folder: Folder) -> None:
    stranger = orphan(folder, "stranger")
    try:
        await until((folder.temporary / "stranger").exists)
        folder.children.write_text(json.dumps({"redis": {"pid": stranger.pid, "started": "another time"}}))
        await reclaim(folder)
        assert stranger.poll() is None
    finally:
        stranger.kill()
        stranger.wait()


async def test_a_copy_of_the_folder_of_a_stack_that_runs_leaves_that_one_alone(folder: Folder, tmp_path: Path) -> None:
    child = orphan(folder, "redis")
    try:
        await until((folder.temporary / "redis").exists)
        folder.children.write_text(leftovers.note({"redis": leftovers.trace(child.pid)}))
        copy = Folder(tmp_path / "copy")
        shutil.copytree(folder.root, copy.root)
        await reclaim(copy)
        assert child.poll() is None
    finally:
        child.kill()
        child.wait()


@pytest.mark.parametrize("moved", ["the folder", "the store alone, to another disk"])
async def test_what_was_left_is_ended_wherever_the_folder_is_by_now(folder: Folder, tmp_path: Path, moved: str) -> None:
    left = begin(replace(stub(folder, "redis"), folder=folder.store), folder.log("redis"))
    try:
        await until((folder.temporary / "redis").exists)
        folder.children.write_text(leftovers.note({"redis": leftovers.trace(left.pid)}))
        there = tmp_path / "there"
        if moved == "the folder":
            folder.root.rename(there)
        else:
            folder.store.rename(there)
            folder.store.symlink_to(there)
        await reclaim(Folder(there) if moved == "the folder" else folder)
        assert left.wait(5) == -signal.SIGTERM
    finally:
        left.kill()
        left.wait()


@pytest.fixture
def proc(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A /proc without processes, of the boot `now`."""
    found = tmp_path / "proc"
    (found / "self").mkdir(parents=True)
    (found / "sys/kernel/random").mkdir(parents=True)
    (found / "sys/kernel/random/boot_id").write_text("now\n")
    monkeypatch.setattr(leftovers, "PROC", found)
    monkeypatch.setattr(leftovers, "_boot", leftovers._boot.__wrapped__)
    return found


def runs(proc: Path, pid: int, group: int, folder: Path | None, called: bytes = b"nginx") -> None:
    """Have a process run, which began at 100; without a folder it does not say where it works."""
    entry = proc / str(pid)
    entry.mkdir()
    (entry / "stat").write_bytes(b"%d (%s) S 1 %d %s100 0" % (pid, called, group, b"0 " * 16))
    (entry / "cwd").touch() if folder is None else (entry / "cwd").symlink_to(folder)


def test_what_is_left_is_told_by_its_leader_and_without_one_by_where_it_works(proc: Path, tmp_path: Path) -> None:
    runs(proc, 7, 7, None)
    runs(proc, 8, 7, None)
    assert sorted(leftovers.remains(leftovers.Trace(7, "now/100"), [tmp_path])) == [7, 8]
    assert leftovers.remains(leftovers.Trace(7, "before/100"), [tmp_path]) == [], "the machine was started anew"
    runs(proc, 10, 9, None)
    runs(proc, 11, 9, tmp_path / "store")
    runs(proc, 12, 9, Path("/"))
    assert leftovers.remains(leftovers.Trace(9, "now/100"), [tmp_path]) == [11]


def test_processes_may_be_called_whatever_their_owners_like(proc: Path) -> None:
    runs(proc, 7, 5, None, called=b") R 1 \xff (")
    assert leftovers.processes() == {7: leftovers.Process(7, 5, "now/100")}


async def test_the_end_of_a_group_is_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    member = {8: leftovers.Process(8, 7, "now/100")}
    looks = [member, member, {}]
    monkeypatch.setattr(leftovers, "_signal", lambda *_: None)
    monkeypatch.setattr(leftovers, "processes", lambda: looks.pop(0))
    await leftovers.end_group(7)
    assert not looks


@pytest.mark.parametrize("text", ["", "{", "[]", '{"redis": 1}', '{"redis": {"pid": "x"}}'])
async def test_a_torn_record_of_children_is_no_obstacle(folder: Folder, text: str) -> None:
    folder.children.write_text(text)
    assert leftovers.noted(folder.children) == []
    await reclaim(folder)


# The real store and the real web server.


async def test_the_store_keeps_what_it_acknowledged_and_its_password_to_itself(folder: Folder) -> None:
    ports = Ports(free_port(5))
    part, port = store_part(folder, ports, SECRETS), ports.of("redis")
    assert SECRETS.store_password not in " ".join(part.command)
    assert (folder.store / "valkey.conf").stat().st_mode & 0o777 == 0o600
    async with running(folder, [part]):
        assert await ask_store(port, "wrong", "PING") != "+PONG"
        assert await ask_store(port, SECRETS.store_password, "SET kept yes") == "+OK"
        os.kill(pids(folder)["redis"], signal.SIGKILL)
        await until_true(lambda: _is_kept(port))
        async with Redis.from_url(ports.store_url(SECRETS.store_password), decode_responses=True) as client:
            for name, value in (("appendfsync", "always"), ("maxmemory-policy", "noeviction"), ("save", "")):
                assert await client.config_get(name) == {name: value}
            assert (await client.config_get("maxmemory"))["maxmemory"] != "0"
    assert (folder.store / "appendonlydir").is_dir()


@pytest.mark.parametrize("name", ["a[b]c", "*", r"a\n?", r"a\c"])
async def test_a_folder_whose_name_looks_like_a_pattern_has_its_own_store(tmp_path: Path, name: str) -> None:
    folder, other, ports = Folder(tmp_path / name), Folder(tmp_path / "a"), Ports(free_port(5))
    for one in (other, folder):
        one.take()
    store_part(other, Ports(1), SECRETS)
    async with asyncio.timeout(20), running(folder, [store_part(folder, ports, SECRETS)]):
        assert await ask_store(ports.of("redis"), SECRETS.store_password, "PING") == "+PONG"
    for one in (other, folder):
        one.release()


async def _is_kept(port: int) -> bool:
    return await ask_store(port, SECRETS.store_password, "STRLEN kept") == ":3"


def test_nginx_is_configured_in_every_locale(folder: Folder) -> None:
    site_part(folder, Ports(8080), SECRETS, "")
    configured = (folder.nginx / "site.conf").read_bytes()
    subprocess.run(
        [sys.executable, "-c", SITE_PART, str(folder.root)], cwd=ROOT, timeout=60, check=True,
        env={**os.environ, "LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"},
    )  # fmt: skip
    assert (folder.nginx / "site.conf").read_bytes() == configured


SITE_PART = f"""
import pathlib, sys
from services.console.folder import Folder, Secrets
from services.console.parts import Ports, site_part
site_part(Folder(pathlib.Path(sys.argv[1])), Ports(8080), {SECRETS!r}, "")
"""


def _pages(folder: Folder) -> None:
    (folder.site / "index.html").write_text("front")


async def test_nginx_whose_master_is_killed_serves_again(folder: Folder) -> None:
    _pages(folder)
    async with running(folder, [site_part(folder, Ports(free_port(5)), SECRETS, "")]) as made:
        before = pids(folder)["site"]
        workers = [pid for pid, one in leftovers.processes().items() if one.group == before and pid != before]
        assert workers
        os.kill(before, signal.SIGKILL)
        await until(lambda: pids(folder)["site"] != before)
        await asyncio.wait_for(made.children[0].ready.wait(), 10)
        assert not any(alive(pid) for pid in workers)


async def test_workers_of_a_killed_nginx_are_ended_by_the_next_start(folder: Folder) -> None:
    _pages(folder)
    ports = Ports(free_port(5))
    part = site_part(folder, ports, SECRETS, "")
    master = begin(part, folder.log("site"))
    await until_true(part.is_ready)
    folder.children.write_text(leftovers.note({"site": leftovers.trace(master.pid)}))
    master.kill()
    master.wait()
    assert await part.is_ready(), "its workers outlive it"
    await reclaim(folder)
    check_ports([ports.site])


# The command.


def test_the_services_learn_their_settings_from_the_stack_alone(folder: Folder) -> None:
    given = {"PRESSRUN_REDIS_URL": "redis://elsewhere", "PRESSRUN_SITE_DIR": "/elsewhere", "PRESSRUN_IN_FLIGHT": "9"}
    given["PRESSRUN_SITE_PATH"] = "/of/compose"  # from an .env that was read into the shell, as docs/deploy.md does
    environ = service_environ({**given, "PRESSRUN_EDGE_SECRET_FILE": "/none"}, folder, Ports(8080), SECRETS)
    assert environ["PRESSRUN_REDIS_URL"] == "redis://:store-password@127.0.0.1:8084/0"
    assert environ["PRESSRUN_DATA"] == str(folder.root)
    assert environ["PRESSRUN_IN_FLIGHT"] == "9"
    assert environ["TMPDIR"].startswith(str(folder.root))
    assert {"PRESSRUN_SITE_DIR", "PRESSRUN_SITE_PATH", "PRESSRUN_EDGE_SECRET_FILE"}.isdisjoint(environ)


def test_a_variable_that_is_no_setting_is_noticed() -> None:
    given = ("PRESSRUN_DISK_FLOR_MB", "PRESSRUN_NOW_FILE", "PRESSRUN_NOW", "PRESSRUN_REDIS_PASSWORD_FILE", "PATH")
    assert unknown(given) == ["PRESSRUN_DISK_FLOR_MB", "PRESSRUN_NOW_FILE"]


def test_variables_that_the_docs_name_are_not_called_unknown() -> None:
    """As after `. ./.env`, which docs/deploy.md tells to read into the shell."""
    pages = (ROOT / "README.md").read_text() + (ROOT / "docs" / "deploy.md").read_text()
    assert unknown(re.findall(r"\bPRESSRUN_[A-Z_]*[A-Z]\b", pages)) == []


def test_run_json_names_a_source_whose_token_is_known(folder: Folder) -> None:
    folder.sources.write_text(
        f'[sources.first]\nhmac_secrets = ["signs"]\n[sources.second]\ntokens = [" sha256:{"0" * 64}", " plain "]\n'
    )
    run = _describe(Settings.load({}, data=folder.root), Ports(8080), SECRETS)
    assert (run["source"], run["token"], run["hmac_secret"]) == ("second", "plain", "")
    assert (run["site"], run["render"]) == ("http://127.0.0.1:8080", "http://127.0.0.1:8083")


@pytest.mark.parametrize(("floor", "is_told"), [("0", False), ("999999999", True)])
def test_a_disk_on_which_nothing_would_be_accepted_is_named(
    folder: Folder, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], floor: str, is_told: bool
) -> None:
    monkeypatch.setenv("PRESSRUN_DISK_FLOOR_MB", floor)
    _prepare(folder, Ports(8080), sample=False)
    told = f"pressrun: {folder.root}: the disk has less than 999999999 MB (PRESSRUN_DISK_FLOOR_MB) free; "
    assert capsys.readouterr().err.startswith(told) is is_told


def test_the_curl_line_can_be_pasted(capsys: pytest.CaptureFixture[str]) -> None:
    say_curl(RUN)
    line = capsys.readouterr().err
    words = subprocess.run(
        ["/bin/sh", "-c", f'curl() {{ for word in "$@"; do printf "%s\\n" "$word"; done; }}; {line}'],
        capture_output=True,
        text=True,
        check=True,
        timeout=10,
    ).stdout.splitlines()
    assert "http://127.0.0.1:8081/v1/articles" in words
    assert "Authorization: Bearer a-token" in words
    assert json.loads(words[-1])["headline"] == "Hello, readers"


def test_a_stack_goes_on_where_nobody_can_be_told_how_to_post() -> None:
    go_on = f"from services.console.up import say_curl; say_curl({RUN}); print('serves')"
    with Path("/dev/full").open("w") as full:
        told = subprocess.run([sys.executable, "-c", go_on], cwd=ROOT, stdout=subprocess.PIPE, stderr=full, timeout=60)
    assert told.stdout == b"serves\n"


def test_without_a_token_there_is_no_curl_line(capsys: pytest.CaptureFixture[str]) -> None:
    say_curl({"ingest": "http://127.0.0.1:8081", "token": ""})
    assert capsys.readouterr().err == ""


@pytest.mark.parametrize("source", ['hmac_secrets = ["signs"]', f'tokens = ["sha256:{"0" * 64}"]'])
def test_the_sample_without_a_token_to_post_it_is_one_line(tmp_path: Path, source: str) -> None:
    (tmp_path / "sources.toml").write_text(f"[sources.desk]\n{source}\n")
    answer = command("up", "--sample", "--data", str(tmp_path), "--port", str(free_port(5)))
    assert (answer.returncode, answer.stdout) == (1, "")
    told = [line for line in answer.stderr.splitlines() if "still waiting" not in line]  # as on a busy machine
    assert told == [
        f"pressrun: {tmp_path}/sources.toml: --sample posts with a token, and none stands there in plain text; "
        "add one, or leave --sample out"
    ]


async def test_a_sample_that_was_not_posted_to_its_end_is_noted_until_it_is(
    folder: Folder, monkeypatch: pytest.MonkeyPatch
) -> None:
    noted = []

    async def post_sample(*_: object) -> None:
        noted.append(folder.is_sample_begun())
        if len(noted) == 1:
            raise SampleFailed("the stack was killed")

    monkeypatch.setattr("services.console.sample.post_sample", post_sample)
    setup: Any = SimpleNamespace(folder=folder, settings=Settings(), stack=SimpleNamespace(run={"token": "t"}))
    with pytest.raises(CannotGoOn, match="the stack was killed"):
        await _post_sample(setup)
    noted.append(folder.is_sample_begun())
    await _post_sample(setup)
    assert (noted, folder.is_sample_begun()) == ([True] * 3, False)


def test_the_version_is_told() -> None:
    answer = command("--version")
    assert (answer.returncode, answer.stdout.split()[0]) == (0, "pressrun")


def test_the_shell_completes_commands() -> None:
    environ = {"_PRESSRUN_COMPLETE": "complete_bash", "COMP_WORDS": "pressrun dead", "COMP_CWORD": "1"}
    code = "import sys; sys.argv = ['pressrun']; from services.console.cli import main; main()"
    answer = subprocess.run(
        [sys.executable, "-c", code], env={**os.environ, **environ, "PYTHONPATH": str(ROOT)}, capture_output=True,
        text=True, timeout=30, check=False,
    )  # fmt: skip
    assert answer.stdout.split() == ["dead-letters"]


@pytest.mark.parametrize(
    ("way", "word", "code"), [("SIGTERM", "up", 0), ("SIGINT", "up", 0), ("SIGINT", "status", 130)]
)
def test_a_command_that_is_ended_while_it_is_being_imported_says_nothing(
    tmp_path: Path, way: str, word: str, code: int
) -> None:
    (tmp_path / "typer.py").write_text(f"import os, signal; os.kill(os.getpid(), signal.{way}); 1 / 0")
    with begun_with(signal.Signals[way], signal.SIG_DFL):
        answer = subprocess.run(
            [sys.executable, "-m", "services.console", word, "--data", str(tmp_path / "press")], check=False,
            env={**os.environ, "PYTHONPATH": f"{tmp_path}:{ROOT}"}, capture_output=True, text=True, timeout=30,
        )  # fmt: skip
    assert (answer.returncode, answer.stdout, answer.stderr) == (code, "", "")


@pytest.mark.parametrize("words", [["up", "--port", "70000"], ["up", "--none"], ["none"]])
def test_wrong_usage_is_exit_code_2(words: list[str]) -> None:
    assert command(*words).returncode == 2


def refused(answer: subprocess.CompletedProcess[str]) -> str:
    """The one line that says why it did not start."""
    assert (answer.returncode, answer.stdout) == (1, "")
    [line] = answer.stderr.splitlines()
    return line


def test_a_second_up_on_one_folder_says_so(folder: Folder) -> None:
    assert refused(command("up", "--data", str(folder.root))) == (
        f"pressrun: another `pressrun up` runs on {folder.root}"
    )


def test_a_folder_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    assert refused(command("up", "--data", str(tmp_path / "file"))).startswith(
        f"pressrun: cannot write to {tmp_path / 'file'}: "
    )
    assert "cannot write to" in refused(command("up", "--data", "/proc/none"))


def test_a_folder_below_one_that_has_gone_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (here := tmp_path / "here").mkdir()
    monkeypatch.chdir(here)
    here.rmdir()
    with pytest.raises(CannotGoOn, match=r"^data: the folder that this is called in has gone; "):
        Folder(Path("data"))


@pytest.mark.parametrize("name", ["media", "site"])
def test_a_link_to_a_disk_that_is_not_there_is_named(tmp_path: Path, name: str) -> None:
    (tmp_path / name).symlink_to(tmp_path / "not-mounted" / name)
    assert refused(command("up", "--data", str(tmp_path))) == (
        f"pressrun: cannot write to {tmp_path / name}: File exists"
    )


@pytest.mark.parametrize("offset", range(5))
def test_a_busy_port_is_named(tmp_path: Path, offset: int) -> None:
    port = free_port(5)
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", port + offset))
        taken.listen()
        line = refused(command("up", "--data", str(tmp_path / "press"), "--port", str(port)))
    assert line.startswith(f"pressrun: port {port + offset} on 127.0.0.1 is not free")
    assert not (tmp_path / "press" / "site.toml").exists(), "its base_url would name a port that is not served"


def test_a_wrong_setting_is_named(tmp_path: Path) -> None:
    answer = command("up", "--data", str(tmp_path), "--port", str(free_port(5)), PRESSRUN_NOW="yesterday")
    assert refused(answer).startswith("pressrun: PRESSRUN_NOW: ")
    (tmp_path / "site.toml").write_text('timezone = "Mars/Olympus"\n')
    assert "timezone" in refused(command("up", "--data", str(tmp_path), "--port", str(free_port(5))))


def test_the_last_lines_of_a_part_that_will_not_start_stand_in_lines_of_their_own(tmp_path: Path) -> None:
    log = tmp_path / "store" / "appendonlydir"
    log.mkdir(parents=True)
    (log / "appendonly.aof.manifest").write_text("damaged\n")
    answer = command("up", "--data", str(tmp_path), "--port", str(free_port(5)))
    assert answer.returncode == 1
    said = answer.stderr.splitlines()
    lines = said[said.index("pressrun: redis does not start. Its last lines:") + 1 :]
    assert [line for line in lines if line.endswith(" * Server initialized")]
    assert "manifest" in lines[-1]

"""`pressrun export` and `import`, on a real Valkey."""

import asyncio
import gzip
import io
import json
import os
import signal
import subprocess
import sys
import tarfile
from base64 import b64encode
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import redis
import typer
from hypothesis import example, given, settings
from hypothesis import strategies as st

from services.console import exported, exporting, importing
from services.console.exported import BESIDE, Damaged, end, head, kept
from services.console.exporting import export
from services.console.failed import CannotGoOn
from services.console.held import Held
from services.console.importing import import_
from services.ingest.view_stream import Beacon, ViewStream
from services.render.dirty_steps import BACKGROUND
from services.render.everything import ALWAYS
from shared.clock import due
from shared.events import VIEWS
from shared.live import NAMED_SINCE, live_key
from shared.media import Original
from shared.schema import SCHEMA, SCHEMA_KEY
from shared.service import Service
from shared.settings import Settings
from shared.store import Store
from shared.streams import CLAIM_AFTER_MS
from tests.servers import Valkey, wait_for

ARTICLE = "a" * 16


def view(url: str, times: int = 20) -> None:
    """That many readers open the article, as ingest writes it."""

    async def work() -> None:
        service = Service("ingest", Settings(redis_url=url))
        readers = [Beacon(ARTICLE, "198.51.100.7", b"reader %d" % number) for number in range(times)]
        assert await ViewStream(service).beacons(readers) == ["counted"] * times
        await service.store.close()

    asyncio.run(work())


def writes(store: redis.Redis) -> bool:
    """Whether the store takes a write within a second: a pause holds it for half a minute."""
    hasty = redis.Redis.from_url(
        "redis://", **{**store.connection_pool.connection_kwargs, "socket_timeout": 1.0, "retry": None}
    )
    try:
        return bool(hasty.set("probe", "1"))
    except redis.TimeoutError:
        store.execute_command("CLIENT", "UNPAUSE")
        return False
    finally:
        hasty.close()


def test_what_readers_have_opened_is_exported_and_no_mark_of_a_reader(
    store: redis.Redis, valkey: str, tmp_path: Path
) -> None:
    store.set(live_key(ARTICLE), "1")
    view(valkey)
    assert store.keys("seen:*")
    viewed = store.xrange(VIEWS)
    export(tmp_path / "site.pressrun")
    assert writes(store)
    store.flushall()
    import_(tmp_path / "site.pressrun")
    assert store.xrange(VIEWS) == viewed
    assert not [key for pattern in ("seen:*", "views:from:*", "views:salts") for key in store.keys(pattern)]


def test_an_export_that_fails_lets_the_store_write_again(
    store: redis.Redis, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def fail(*_: object) -> bool:
        raise RuntimeError("in between")

    for owner, step in ((Held, "on"), (exporting, "_write_keys")):
        with monkeypatch.context() as patched:
            patched.setattr(owner, step, fail)
            with pytest.raises(RuntimeError, match="in between"):
                export(tmp_path / "site.pressrun")
        assert writes(store)
    assert not (tmp_path / "site.pressrun").exists()


def test_an_export_that_stood_still_for_longer_than_writing_was_held_is_none(
    store: redis.Redis, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As in a machine that was suspended: what it read before and what it reads then are of two moments."""
    fill(store)
    monkeypatch.setattr("services.console.held.HOLD_MS", 0)
    with pytest.raises(CannotGoOn, match="others have written to since; try again"):
        export(tmp_path / "site.pressrun")
    assert not list(tmp_path.glob("*site.pressrun*"))
    assert writes(store)


def test_an_export_beside_another_one_is_refused_and_lets_nobody_write_into_that(
    store: redis.Redis, tmp_path: Path
) -> None:
    store.execute_command("CLIENT", "PAUSE", 5_000, "WRITE")
    with pytest.raises(CannotGoOn, match="held already: another export reads it"):
        export(tmp_path / "site.pressrun")
    assert not list(tmp_path.glob("*site.pressrun*"))
    assert not writes(store)


def test_what_groups_have_not_done_waits_for_nobody_and_is_done_after_an_import(
    store: redis.Redis, tmp_path: Path
) -> None:
    fill(store)
    read, left, other, unread = (store.xadd("a-stream", {"event": number}) for number in range(4))
    for reader, count in ("one", 2), ("two", 1):
        store.xreadgroup("readers", reader, {"a-stream": ">"}, count=count)
    store.xack("a-stream", "readers", read)
    store.xgroup_create("a-stream", "strangers", "0")
    behind = [(one["name"], one["lag"], one["pending"]) for one in store.xinfo_groups("a-stream")]
    export(tmp_path / "site.pressrun")
    store.flushall()
    import_(tmp_path / "site.pressrun")
    assert [(one["name"], one["lag"], one["pending"]) for one in store.xinfo_groups("a-stream")] == behind
    pending = store.xpending_range("a-stream", "readers", "-", "+", 10)
    assert [(one["message_id"], one["consumer"]) for one in pending] == [(left, b"one"), (other, b"two")]
    assert store.xautoclaim("a-stream", "readers", "one", CLAIM_AFTER_MS, justid=True) == [left, other]
    assert [entry for entry, _ in store.xreadgroup("readers", "one", {"a-stream": ">"})[0][1]] == [unread]
    assert len(store.xreadgroup("strangers", "one", {"a-stream": ">"})[0][1]) == store.xlen("a-stream")


@pytest.mark.parametrize("count", [5, 6, 7])
def test_a_long_stream_goes_out_and_comes_back_in_short_steps_and_is_there_at_once(
    store: redis.Redis, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, count: int
) -> None:
    entries = [store.xadd("z-stream", {"event": number}) for number in range(count)]
    store.xgroup_create("z-stream", "readers", entries[4])
    store.xgroup_create("z-stream", "strangers", "0")
    store.xgroup_create("z-stream", "slow", "0")
    store.xreadgroup("slow", "one", {"z-stream": ">"})
    asked = Store.do

    async def in_portions(self: Store, *command: Any) -> Any:
        answer = await asked(self, *command)
        assert command[0] != "XRANGE" or len(answer) <= 3
        return answer

    for module in (exporting, exported):
        monkeypatch.setattr(module, "PORTION", 3)
    monkeypatch.setattr(Store, "do", in_portions)
    export(tmp_path / "site.pressrun")
    store.flushall()
    store.xadd(f"{BESIDE}z-stream", {"event": "of an import that was broken off"})
    commit, sizes = Store.commit, []

    async def in_the_open(self: Store, expect: Any, commands: Any, *more: Any) -> Any:
        sizes.append(len(commands))
        assert store.xlen("z-stream") == 0
        return await commit(self, expect, commands, *more)

    monkeypatch.setattr(importing, "AT_ONCE", 2)
    monkeypatch.setattr(Store, "commit", in_the_open)
    import_(tmp_path / "site.pressrun")
    assert max(sizes) == 2
    assert [entry for entry, _ in store.xrange("z-stream")] == entries
    behind = {one["name"]: one["lag"] for one in store.xinfo_groups("z-stream")}
    assert behind == {b"readers": count - 5, b"strangers": count, b"slow": 0}
    assert store.xpending("z-stream", "slow")["pending"] == count
    assert not store.keys(f"{BESIDE}*")


def test_a_stream_that_nobody_reads_comes_back_where_its_last_line_has_no_entries(
    store: redis.Redis, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    entries = [store.xadd("a-stream", {"event": number}) for number in range(3)]
    monkeypatch.setattr(exporting, "PORTION", 3)
    export(tmp_path / "site.pressrun")
    store.flushall()
    import_(tmp_path / "site.pressrun")
    assert [entry for entry, _ in store.xrange("a-stream")] == entries


def test_who_reads_a_stream_that_has_nothing_just_now_goes_on_after_an_import(
    store: redis.Redis, tmp_path: Path
) -> None:
    store.xgroup_create("a-stream", "partner", store.xadd("a-stream", {"event": "read and trimmed"}))
    store.xtrim("a-stream", maxlen=0, approximate=False)
    export(tmp_path / "site.pressrun")
    store.flushall()
    import_(tmp_path / "site.pressrun")
    later = store.xadd("a-stream", {"event": "later"})
    assert [entry for entry, _ in store.xreadgroup("partner", "one", {"a-stream": ">"})[0][1]] == [later]


def test_an_entry_of_the_highest_id_that_a_store_takes_comes_back(store: redis.Redis, tmp_path: Path) -> None:
    highest = f"{2**64 - 1}-{2**64 - 1}"
    store.xadd("a-stream", {"event": "somebody else's"}, id=highest)
    store.xgroup_create("a-stream", "readers", "0")
    store.xreadgroup("readers", "one", {"a-stream": ">"})
    export(tmp_path / "site.pressrun")
    store.flushall()
    import_(tmp_path / "site.pressrun")
    assert store.xpending("a-stream", "readers")["max"] == store.xinfo_groups("a-stream")[0]["last-delivered-id"]
    assert store.xrange("a-stream")[0][0] == highest.encode()


def test_large_entries_come_back_in_short_steps_too(
    store: redis.Redis, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fill(store)
    for one in b"abc" * 10:
        store.xadd("a-stream", {"event": bytes([one]) * 300_000})
    entries = store.xrange("a-stream")
    export(tmp_path / "site.pressrun")
    store.flushall()
    commit, sizes = Store.commit, []

    async def noted(self: Store, expect: Any, commands: Any, *more: Any) -> Any:
        sizes.append(sum(len(part) for command in commands for part in command if isinstance(part, bytes)))
        return await commit(self, expect, commands, *more)

    monkeypatch.setattr(importing, "BYTES_AT_ONCE", 1_000_000)
    monkeypatch.setattr(Store, "commit", noted)
    import_(tmp_path / "site.pressrun")
    assert 900_000 < max(sizes) <= 1_000_000
    assert sum(size > 600_000 for size in sizes) == 10, "three entries in each"
    assert store.xrange("a-stream") == entries


def test_an_import_writes_a_stream_when_all_that_its_events_are_about_is_there_and_then_what_is_due(
    store: redis.Redis, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fill(store)
    streams = {"a-stream", *(f"z-stream-{number}" for number in range(20))}
    for stream in streams:
        store.xadd(stream, {"event": 1})
    store.zadd(due("ingest"), {ARTICLE: 1})  # taken before what waits is there, it would be taken for gone
    export(tmp_path / "site.pressrun")
    store.flushall()
    commit, written = Store.commit, []

    last = {**dict.fromkeys(streams, 5), due("ingest"): 0}

    async def with_these_in_a_hurry(self: Store, expect: Any, commands: Any, *more: Any) -> Any:
        key = commands[0][1].removeprefix(BESIDE)
        for _ in range(last.get(key, 10)):
            await asyncio.sleep(0)
        written.append(key)
        return await commit(self, expect, commands, *more)

    monkeypatch.setattr(Store, "commit", with_these_in_a_hurry)
    import_(tmp_path / "site.pressrun")
    assert len(written) > len(streams) + 3
    assert written[-1] == due("ingest")
    assert set(written[-1 - len(streams) : -1]) == streams


def test_an_export_that_the_disk_has_no_room_for_leaves_nothing(
    store: redis.Redis, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: Any) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(tarfile.TarFile, "add", full)
    with pytest.raises(CannotGoOn, match=r"site.pressrun: No space left on device$"):
        export(tmp_path / "site.pressrun")
    assert [path.name for path in tmp_path.iterdir()] == ["data"]


def test_writing_is_paused_for_as_long_as_an_export_reads(store: redis.Redis, tmp_path: Path) -> None:
    store.mset({f"key:{number}": "x" for number in range(20_000)})
    store.config_resetstat()
    export(tmp_path / "site.pressrun")
    assert store.info("commandstats")["cmdstat_client|pause"]["calls"] >= 20, "again with each portion"
    assert writes(store)


def test_writing_is_paused_for_as_long_as_an_export_reads_a_long_stream(
    store: redis.Redis, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(20):
        store.xadd("a-stream", {"event": number})
    monkeypatch.setattr(exporting, "PORTION", 1)
    store.config_resetstat()
    export(tmp_path / "site.pressrun")
    assert store.info("commandstats")["cmdstat_client|pause"]["calls"] >= 20, "again with each portion"


def test_an_export_that_is_ended_lets_the_store_write_again_and_leaves_nothing(
    store: redis.Redis, valkey: str, tmp_path: Path
) -> None:
    store.mset({f"key:{number}": "x" * 100 for number in range(200_000)})
    command = [sys.executable, "-m", "services.console", "export", str(tmp_path / "site.pressrun")]
    with subprocess.Popen(command, env={**os.environ, "PRESSRUN_REDIS_URL": valkey}) as process:
        wait_for(lambda: store.info("clients")["paused_actions"] == "write", what="writing is paused")
        process.terminate()
    assert process.returncode == 128 + signal.SIGTERM
    assert writes(store)
    assert not [path.name for path in tmp_path.iterdir() if "site.pressrun" in path.name]


@pytest.mark.parametrize("way", [signal.SIGTERM, signal.SIGINT])
def test_an_export_that_is_ended_among_the_pictures_leaves_nothing(
    store: redis.Redis, valkey: str, tmp_path: Path, way: signal.Signals
) -> None:
    picture = tmp_path / "data" / "media" / "ab" / ("ab" + "0" * 38)
    picture.parent.mkdir(parents=True)
    with picture.open("wb") as long:
        long.truncate(2**34)  # of holes: packing it takes a minute
    command = [sys.executable, "-m", "services.console", "export", str(tmp_path / "site.pressrun")]
    with subprocess.Popen(command, env={**os.environ, "PRESSRUN_REDIS_URL": valkey}) as process:
        wait_for(lambda: any(part.stat().st_size > 100_000 for part in tmp_path.glob(".*.part")), what="it packs")
        process.send_signal(way)
        try:
            process.wait(15)
        finally:
            process.kill()
    assert process.returncode == 128 + way
    assert [path.name for path in tmp_path.iterdir()] == ["data"]


def test_another_export_to_the_same_file_at_once_damages_nothing(
    store: redis.Redis, valkey: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fill(store)
    before, add = held(store), tarfile.TarFile.add
    command = [sys.executable, "-m", "services.console", "export", str(tmp_path / "site.pressrun")]

    def interrupted(*words: Any, **more: Any) -> None:
        monkeypatch.setattr(tarfile.TarFile, "add", add)
        subprocess.run(command, env={**os.environ, "PRESSRUN_REDIS_URL": valkey}, check=True)
        add(*words, **more)

    monkeypatch.setattr(tarfile.TarFile, "add", interrupted)
    export(tmp_path / "site.pressrun")
    store.flushall()
    import_(tmp_path / "site.pressrun")
    assert held(store) == before
    assert sorted(path.name for path in tmp_path.iterdir()) == ["data", "site.pressrun"]


def test_an_exported_file_is_its_owners_alone(store: redis.Redis, tmp_path: Path) -> None:
    export(tmp_path / "site.pressrun")
    assert (tmp_path / "site.pressrun").stat().st_mode & 0o777 == 0o600


def fill(store: redis.Redis) -> None:
    """A key of each kind, and a picture's file."""
    store.set("article:" + ARTICLE, b"\xff\0 record")
    store.hset("a-hash", mapping={f"field {n}": n for n in range(1_500)})
    store.sadd("a-set", *range(3_000))
    store.zadd("a-zset", {"one": 0.1, "last": float("inf"), "first": -1e300})
    for number in range(3):
        store.xadd("a-stream", {"event": number})
    store.xgroup_create("a-stream", "readers", "0")
    for entries in store.xreadgroup("readers", "one", {"a-stream": ">"}):
        store.xack("a-stream", "readers", *(entry for entry, _ in entries[1]))


def held(store: redis.Redis) -> dict[bytes, Any]:
    """What the keys of `fill` hold."""
    read = {
        b"string": store.get, b"hash": store.hgetall, b"set": store.smembers, b"stream": store.xrange,
        b"zset": lambda key: store.zrange(key, 0, -1, withscores=True),
    }  # fmt: skip
    return {key: read[store.type(key)](key) for key in store.keys("a*")}


def packed(file: Path, *lines: Any) -> Path:
    """A file of which archive and sum are in order, with these lines."""
    content = b"".join((line if isinstance(line, bytes) else json.dumps(line).encode()) + b"\n" for line in lines)
    with tarfile.open(file, "w:gz") as archive:
        member = tarfile.TarInfo("store.ndjson")
        member.size = len(content)
        archive.addfile(member, io.BytesIO(content))
    return file


def raw(text: str) -> str:
    return b64encode(text.encode()).decode()


def test_what_is_exported_is_what_an_import_brings_back(store: redis.Redis, tmp_path: Path) -> None:
    fill(store)
    picture = tmp_path / "data" / "media" / "ab" / ("ab" + "0" * 38)
    picture.parent.mkdir(parents=True)
    picture.write_bytes(b"jpeg")
    before, groups = held(store), store.xinfo_groups("a-stream")
    export(tmp_path / "site.pressrun")
    store.flushall()
    picture.unlink()
    import_(tmp_path / "site.pressrun")
    assert held(store) == before
    assert [(one["name"], one["last-delivered-id"], one["lag"]) for one in groups] == [
        (one["name"], one["last-delivered-id"], one["lag"]) for one in store.xinfo_groups("a-stream")
    ]
    assert picture.read_bytes() == b"jpeg"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["data", "site.pressrun"]


def test_what_somebody_else_keeps_in_the_store_is_left_out_and_named(
    store: redis.Redis, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    fill(store)
    before = held(store)
    store.rpush("queue", "work")
    store.set(b"\xff", "theirs")
    export(tmp_path / "site.pressrun")
    said = capsys.readouterr().err
    assert "'queue' (a list)" in said
    assert "xff' (a string)" in said
    store.flushall()
    import_(tmp_path / "site.pressrun")
    assert held(store) == before


@pytest.mark.parametrize("asked", ["TYPE", "GET"])
def test_what_of_somebody_else_s_ends_by_itself_meanwhile_spoils_no_export(
    store: redis.Redis, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], asked: str
) -> None:
    fill(store)
    before = held(store)
    theirs = ("z-text", "z-hash")
    store.set(theirs[0], "a session")
    store.hset(theirs[1], "a", "session")
    ask = Store.all

    async def when_they_have_ended(self: Store, commands: Any) -> Any:
        if commands and any(command[0] == asked for command in commands):
            store.execute_command("CLIENT", "UNPAUSE")
            store.delete(*theirs)
        return await ask(self, commands)

    monkeypatch.setattr(Store, "all", when_they_have_ended)
    export(tmp_path / "site.pressrun")
    assert capsys.readouterr() == (f"{len(before)} keys in {tmp_path / 'site.pressrun'}\n", "")
    store.flushall()
    import_(tmp_path / "site.pressrun")
    assert capsys.readouterr() == (f"{len(before)} keys from {tmp_path / 'site.pressrun'}\n", "")
    assert held(store) == before


def test_many_keys_of_somebody_else_are_one_line(
    store: redis.Redis, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for number in range(3000):
        store.rpush(f"queue:{number}", "work")
    export(tmp_path / "site.pressrun")
    [said] = capsys.readouterr().err.splitlines()
    assert said.endswith(" and 2995 more")
    assert said.count("(a list)") == 5


def test_an_import_has_every_page_built(store: redis.Redis, tmp_path: Path) -> None:
    fill(store)
    store.zadd(BACKGROUND, {"topic:what-waits-where-it-was-exported": 1})
    export(tmp_path / "site.pressrun")
    store.flushall()
    import_(tmp_path / "site.pressrun")
    assert set(store.zrange(BACKGROUND, 0, -1)) == {page.encode() for page in (*ALWAYS, f"article:{ARTICLE}")}


def test_an_export_overwrites_nothing(store: redis.Redis, tmp_path: Path) -> None:
    file = tmp_path / "site.pressrun"
    file.write_text("mine")
    with pytest.raises(CannotGoOn, match="exists already"):
        export(file)
    assert file.read_text() == "mine"


def test_an_export_to_a_name_that_no_file_can_have_is_one_line(store: redis.Redis, tmp_path: Path) -> None:
    assert not store.dbsize()
    with pytest.raises(CannotGoOn, match=r"aa: File name too long$"):
        export(tmp_path / ("a" * 300))


def test_a_store_that_has_an_article_takes_no_import(store: redis.Redis, tmp_path: Path) -> None:
    fill(store)
    export(tmp_path / "site.pressrun")
    store.flushall()
    store.set("article:another", "mine")
    with pytest.raises(CannotGoOn, match="the store is not empty"):
        import_(tmp_path / "site.pressrun")
    assert store.keys() == [b"article:another"]


def test_other_settings_of_an_exported_site_are_left_beside_those_that_are_here(
    store: redis.Redis, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    here = tmp_path / "data" / "site.toml"
    beside = here.with_name("site.toml.imported")
    here.write_text('name = "Theirs"')
    export(tmp_path / "site.pressrun")
    import_(tmp_path / "site.pressrun")
    assert not beside.exists(), "they are the same"
    here.write_text('name = "Mine"')
    import_(tmp_path / "site.pressrun")
    assert (here.read_text(), beside.read_text()) == ('name = "Mine"', 'name = "Theirs"')
    assert f"the exported site had other settings: see {beside}" in capsys.readouterr().err
    here.unlink()
    beside.unlink()
    import_(tmp_path / "site.pressrun")
    assert beside.exists()
    beside.unlink()
    beside.mkdir()
    import_(tmp_path / "site.pressrun")
    assert f"the exported site had other settings: {beside}: Is a directory" in capsys.readouterr().err


def test_a_picture_that_is_not_whole_yet_is_not_exported(store: redis.Redis, tmp_path: Path) -> None:
    for name in ("ab/.unfinished", "_unfinished", "ab/whole"):
        file = tmp_path / "data" / "media" / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.touch()
    export(tmp_path / "site.pressrun")
    with tarfile.open(tmp_path / "site.pressrun") as archive:
        assert sorted(archive.getnames()) == ["media", "media/ab", "media/ab/whole", "store.ndjson"]


def test_an_export_without_a_picture_that_the_store_knows_of_says_so(
    store: redis.Redis, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A command that is told of the store alone looks for the originals where it was called."""
    media = tmp_path / "data" / "media"
    for digest, name in (("a" * 40, "desk:here.jpg"), ("b" * 40, "desk:lost.jpg"), ("b" * 40, "desk:lost-again")):
        store.set(f"media:{name}", Original(digest=digest, type="image/jpeg", size=1).model_dump_json())
    store.set("media:somebody:else", "theirs")
    store.rpush("media:somebody:list", "theirs")
    (media / "aa").mkdir(parents=True)
    (media / "aa" / ("a" * 40)).touch()
    with pytest.raises(typer.Exit) as ended:
        export(tmp_path / "site.pressrun")
    assert ended.value.exit_code == 1
    said = capsys.readouterr().err.splitlines()[0]
    assert said.startswith(f"pictures are left out, since their originals are not in {media}: desk:lost")
    assert "here" not in said
    assert said.count("desk:") == 1, "it is named once"
    store.delete("media:desk:lost.jpg", "media:desk:lost-again")
    export(tmp_path / "again.pressrun")
    with tarfile.open(tmp_path / "site.pressrun") as archive:
        assert "store.ndjson" in archive.getnames()


def test_what_the_pages_here_were_built_with_is_not_overwritten(store: redis.Redis, tmp_path: Path) -> None:
    """Else settings that are changed to the exported ones later would seem to be those that the pages show."""
    fill(store)
    store.mset({"render:look": "theirs", "render:boot": "theirs"})
    export(tmp_path / "site.pressrun")
    old = packed(
        tmp_path / "old.pressrun", head(), {"key": "render:look", "type": "string", "value": raw("theirs")}, end(1)
    )
    for file in (tmp_path / "site.pressrun", old):
        store.flushall()
        store.mset({"render:look": "mine", "render:boot": "mine"})
        import_(file)
        assert store.mget("render:look", "render:boot") == [b"mine", b"mine"]


def test_since_when_a_store_has_names_is_told_to_no_other(store: redis.Redis, tmp_path: Path) -> None:
    """An ingest that remembers the names of a store that was emptied would take what was put back for it."""
    fill(store)
    store.set(NAMED_SINCE, "a while")
    export(tmp_path / "site.pressrun")
    store.flushall()
    import_(tmp_path / "site.pressrun")
    assert not store.exists(NAMED_SINCE)


def kept_as(key: str, value: str) -> dict[str, str]:
    """A text, as a file has it."""
    return {"key": key, "type": "string", "value": raw(value)}


def test_what_an_older_version_exported_is_brought_to_this_one_s_schema(store: redis.Redis, tmp_path: Path) -> None:
    lines: list[Any] = [
        {"key": "list:all", "type": "zset", "value": [raw("a"), raw("1")]},
        {"key": "place:all:2025-07", "type": "zset", "value": [raw("gone"), raw("0"), raw("a"), raw("1")]},
        {"key": "periods:all", "type": "hash", "value": [raw("2025-07"), raw("1")]},
        kept_as(SCHEMA_KEY, "1"),
    ]
    import_(packed(tmp_path / "old.pressrun", head(), *lines, end(len(lines))))
    assert store.hgetall("months:all") == {b"2025-07": b"1"}
    assert not store.exists("periods:all")
    assert store.get(SCHEMA_KEY) == b"%d" % SCHEMA
    export(tmp_path / "of-this-one.pressrun")
    store.flushall()
    import_(tmp_path / "of-this-one.pressrun")
    assert store.hgetall("months:all") == {b"2025-07": b"1"}


def test_what_a_newer_version_exported_is_refused_before_anything_is_written(
    store: redis.Redis, tmp_path: Path
) -> None:
    file = packed(tmp_path / "new.pressrun", head(), FINE, kept_as(SCHEMA_KEY, str(SCHEMA + 1)), end(2))
    with pytest.raises(CannotGoOn, match=f"^{file}: a newer version has written it"):
        import_(file)
    assert not store.dbsize()


def test_keys_of_an_import_share_their_fsyncs(store: redis.Redis, tmp_path: Path) -> None:
    store.mset({f"key:{number}": "x" for number in range(2_000)})
    export(tmp_path / "site.pressrun")
    store.flushall()
    store.config_resetstat()
    import_(tmp_path / "site.pressrun")
    assert len(store.keys("key:*")) == 2_000
    assert store.info("stats")["total_reads_processed"] < 1_000, "the store syncs after each round of reading"


def test_a_damaged_file_is_imported_whole_or_not_at_all(store: redis.Redis, tmp_path: Path) -> None:
    fill(store)
    before = held(store)
    export(tmp_path / "site.pressrun")
    whole = (tmp_path / "site.pressrun").read_bytes()
    file = tmp_path / "damaged"

    @given(st.integers(0, len(whole) - 1), st.integers(0, 255))
    @settings(max_examples=60)
    def hurt(at: int, mask: int) -> None:
        store.flushall()
        file.write_bytes(whole[:at] + bytes([whole[at] ^ mask]) + whole[at + 1 :] if mask else whole[:at])
        try:
            import_(file)
        except CannotGoOn as error:
            assert str(error).startswith(f"{file}: damaged")
            assert "\n" not in str(error)
            assert not store.dbsize()
        else:
            assert held(store) == before

    hurt()


def test_what_has_an_empty_name_comes_back_too(store: redis.Redis, tmp_path: Path) -> None:
    store.set("", "somebody's")
    store.xadd("articles", {"event": "{}"})
    store.xgroup_create("articles", "", "0")
    store.xreadgroup("", "", {"articles": ">"})
    export(tmp_path / "site.pressrun")
    store.flushall()
    import_(tmp_path / "site.pressrun")
    assert store.get("") == b"somebody's"
    assert [one["consumer"] for one in store.xpending_range("articles", "", "-", "+", 9)] == [b""]


FINE = {"key": "article:a", "type": "string", "value": raw("record")}
STREAM = {"key": "a", "type": "stream", "value": [], "groups": []}
ENTRIES = [[raw("1-0"), [raw("event"), raw("{}")]]]
GROUP = {"name": "g", "last": "1-0", "read": 0}
PART = {"key": "a", "type": "entries", "value": ENTRIES}


@pytest.mark.parametrize(
    ("lines", "said"),
    [
        ([], "line 1: "),
        ([[1]], "line 1: "),
        ([b"{"], "line 1: "),
        ([{"pressrun": 1}, FINE, end(1)], "the format 1"),
        ([head(), FINE], "it was cut after 1 keys"),
        ([head(), FINE, end(2)], "line 3: the end, after 1 keys of 2"),
        ([head(), end(0), FINE], "line 2: the end"),
        ([head(), FINE, b"[" * 100_000, end(2)], "line 3: "),
        ([head(), FINE, {"key": "a"}, end(2)], "line 3: "),
        ([head(), FINE, {**FINE, "value": 1}, end(2)], "line 3: string/value "),
        ([head(), FINE, {**FINE, "value": raw("record") + "\n"}, end(2)], "line 3: string/value "),
        ([head(), FINE, {**FINE, "type": "list"}, end(2)], "line 3: "),
        ([head(), FINE, {**STREAM, "value": [[raw("9" * 20 + "-0"), [raw("a")] * 2]]}, end(2)], "line 3: stream/value"),
        (
            [head(), FINE, {**STREAM, "groups": [{**GROUP, "last": "9" * 20 + "-0"}]}, end(2)],
            "line 3: stream/groups",
        ),
        (
            [
                head(),
                FINE,
                {**STREAM, "groups": [{**GROUP, "left": {"one": ["1"]}}]},
                end(2),
            ],
            "line 3: stream/groups",
        ),
        ([head(), FINE, {**STREAM, "groups": [{"name": "g", "last": "1-0"}]}, end(2)], "line 3: stream/groups/0/read"),
        (
            [head(), FINE, {**STREAM, "groups": [{**GROUP, "read": 1}]}, end(2)],
            "line 3: a group that",
        ),
        (
            [head(), {**STREAM, "key": "b", "value": ENTRIES}, {**STREAM, "groups": [{**GROUP, "read": 1}]}, end(2)],
            "line 3: a group that",
        ),
        ([head(), FINE, {**STREAM, "groups": [GROUP, GROUP]}, end(2)], "line 3: stream/groups "),
        ([head(), FINE, {**STREAM, "groups": [{**GROUP, "read": -2}]}, end(2)], "line 3: stream/groups/0/read"),
        ([head(), FINE, {**STREAM, "value": [[raw("1-0\n"), [raw("a")] * 2]]}, end(2)], "line 3: stream/value"),
        ([head(), FINE, {**STREAM, "value": [*ENTRIES, *ENTRIES]}, end(2)], "line 3: entries out of order"),
        ([head(), FINE, PART, {**STREAM, "value": ENTRIES, "continues": True}, end(2)], "line 4: entries out of order"),
        ([head(), FINE, PART, STREAM, end(2)], "line 4: a part of a stream that does not follow"),
        ([head(), FINE, PART, PART, end(2)], "line 4: a part of a stream that does not follow"),
        ([head(), FINE, PART, {**STREAM, "key": "b", "continues": True}, end(2)], "line 4: a part of a stream"),
        ([head(), FINE, {**STREAM, "continues": True}, end(2)], "line 3: a part of a stream that does not follow"),
        ([head(), PART, FINE, end(2)], "line 3: the stream a has no end"),
        ([head(), PART, end(1)], "line 3: the stream a has no end"),
        ([head(), FINE, {**FINE, "type": "hash", "value": [raw("a")]}, end(2)], "line 3: hash/value "),
        ([head(), FINE, {**FINE, "type": "set", "value": []}, end(2)], "line 3: set/value "),
        ([head(), FINE, {**FINE, "type": "zset", "value": [raw("a"), raw("nan")]}, end(2)], "line 3: zset/value "),
    ],
)
def test_a_file_of_other_lines_is_one_line_and_nothing_is_written(
    store: redis.Redis, tmp_path: Path, lines: list[Any], said: str
) -> None:
    with pytest.raises(CannotGoOn) as refused:
        import_(packed(tmp_path / "file", *lines))
    assert str(refused.value).startswith(f"{tmp_path / 'file'}: damaged")
    assert said in str(refused.value)
    assert "\n" not in str(refused.value)
    assert not store.dbsize()
    later = {**STREAM, "key": "b", "value": [[raw("2-0"), [raw("a")] * 2]]}
    import_(packed(tmp_path / "file", head(), FINE, later, {**STREAM, "value": ENTRIES}, end(3)))
    assert (store.get("article:a"), store.xlen("a"), store.xlen("b")) == (b"record", 1, 1)


def with_member(file: Path, name: str, **attributes: Any) -> Path:
    """An exported file of one article, with a member that says this of itself."""
    found = tarfile.TarInfo(name)
    for attribute, value in attributes.items():
        setattr(found, attribute, value)
    with gzip.open(packed(file, head(), FINE, end(1))) as whole:
        content = whole.read().rstrip(b"\0")
    content += b"\0" * (-len(content) % 512) + found.tobuf()
    file.write_bytes(gzip.compress(content + b"\0" * 1024))
    return file


@pytest.mark.parametrize(
    ("name", "attributes"),
    [
        ("media/../../evil", {}),
        ("media//etc/evil", {}),
        ("media/ab/evil", {}),
        ("media/ab/cd" + "0" * 38, {}),
        ("media/ab/ab" + "0" * 38 + ".html", {}),
        ("media/ab", {"type": tarfile.SYMTYPE, "linkname": "/etc"}),
        ("media/ab/ab" + "0" * 38, {"type": tarfile.LNKTYPE, "linkname": "site.toml"}),
    ],
)
def test_only_originals_come_out_of_a_file(
    store: redis.Redis, tmp_path: Path, name: str, attributes: dict[str, Any]
) -> None:
    before = sorted(tmp_path.rglob("*"))
    import_(with_member(tmp_path / "file", name, **attributes))
    assert store.get("article:a") == b"record"
    assert sorted(tmp_path.rglob("*")) == sorted([*before, tmp_path / "file"])


def test_an_original_is_written_as_the_importer_writes_whatever_the_file_says_of_it(
    store: redis.Redis, tmp_path: Path
) -> None:
    name = "ab/ab" + "0" * 38
    import_(with_member(tmp_path / "file", f"media/{name}", mode=0o4777, uid=4242, mtime=2**70))
    written = (tmp_path / "data" / "media" / name).stat()
    assert (oct(written.st_mode & 0o7022), written.st_uid) == ("0o0", os.getuid())


def test_an_archive_whose_lines_are_a_link_to_nothing_is_damaged(store: redis.Redis, tmp_path: Path) -> None:
    member = tarfile.TarInfo("store.ndjson")
    member.type, member.linkname = tarfile.LNKTYPE, "nothing"
    with tarfile.open(tmp_path / "file", "w:gz") as archive:
        archive.addfile(member)
    with pytest.raises(CannotGoOn, match="damaged, or no file"):
        import_(tmp_path / "file")


def test_pictures_that_the_disk_has_no_room_for_are_not_begun(
    store: redis.Redis, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    picture = tmp_path / "data" / "media" / "ab" / ("ab" + "0" * 38)
    picture.parent.mkdir(parents=True)
    picture.write_bytes(b"x" * 2**20)
    fill(store)
    export(tmp_path / "site.pressrun")
    store.flushall()
    monkeypatch.setattr(importing.shutil, "disk_usage", lambda _: SimpleNamespace(free=2**20 - 1))
    with pytest.raises(CannotGoOn, match=r"the pictures take 1 MB, and .*/media has room for 0"):
        import_(tmp_path / "site.pressrun")
    assert not store.dbsize()


def test_what_is_no_archive_is_one_line(store: redis.Redis, tmp_path: Path) -> None:
    file = tmp_path / "file"
    for content in (b"", b"text", gzip.compress(b""), gzip.compress(b"text" * 1000)):
        file.write_bytes(content)
        with pytest.raises(CannotGoOn, match="damaged, or no file"):
            import_(file)
    with pytest.raises(CannotGoOn, match=f"{tmp_path}/none: No such file"):
        import_(tmp_path / "none")
    assert not store.dbsize()


parts = st.binary(max_size=4).map(lambda some: b64encode(some).decode())
pairs = st.lists(parts, min_size=1, max_size=4)
entries = st.sampled_from(["0-0", "1-1", "1-2", "2-0", f"{2**64 - 1}-{2**64 - 1}", f"{2**64}-0", "x"])
scores = st.sampled_from(["0", "-1.5", "1e999", "1e-999", "inf", "nan", "1_0", "", "x"]) | st.floats().map(str)
left = st.dictionaries(st.sampled_from(["one", "two", ""]), st.lists(entries, max_size=2), max_size=2)
group = st.fixed_dictionaries(
    {"name": st.sampled_from(["g", "h", ""]), "last": entries, "read": st.integers(-1, 3)}, optional={"left": left}
)
groups = st.lists(group, max_size=2)
some_entries = st.lists(st.tuples(entries.map(raw), pairs), max_size=2)


def of_kind(kind: str, value: st.SearchStrategy[Any], **more: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.fixed_dictionaries({"key": st.sampled_from("ab"), "type": st.just(kind), "value": value, **more})


lines = st.one_of(
    of_kind("string", parts),
    of_kind("hash", pairs),
    of_kind("set", pairs),
    of_kind("zset", st.tuples(parts, scores.map(raw))),
    of_kind("stream", some_entries, groups=groups, continues=st.booleans()),
    of_kind("entries", some_entries, continues=st.booleans()),
)


NOTHING_GOES_ON: list[dict[str, Any]] = [{"type": "entries"}, {"type": "stream", "groups": [], "continues": True}]


def test_the_store_takes_every_line_that_passes(valkey_server: Valkey) -> None:
    async def commit(given_lines: list[Any]) -> None:
        store = Store(Settings(redis_url=valkey_server.url))
        try:
            for one in given_lines:
                assert await store.commit({}, one.commands()) is not None
        finally:
            await store.close()

    @given(st.lists(lines, min_size=1, max_size=3))
    @example([{"key": "a", "value": [], **more} for more in NOTHING_GOES_ON])
    @settings(max_examples=150)
    def passed(some: list[dict[str, Any]]) -> None:
        try:
            keys = sum(line["type"] != "entries" for line in some)
            checked = list(kept(json.dumps(line).encode() for line in [head(), *some, end(keys)]))
        except Damaged:
            return
        asyncio.run(commit(checked))

    passed()

"""`pressrun post`: which lines of a file go to a real ingest, and what is no file of articles or no token."""

import json
import os
import pty
import re
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import pytest
import redis
import typer
from typer.testing import CliRunner

from services.console.cli import app
from services.console.failed import CannotGoOn
from services.console.post import post
from shared.events import ARTICLES
from tests.ingest.conftest import TOKEN, started
from tests.servers import wait_for


def article(guid: str) -> str:
    return json.dumps({"guid": guid, "headline": f"The news of {guid}", "body_text": "It happened."})


def guids(store: redis.Redis) -> list[str]:
    """The articles on the stream, sorted: of the lines of a batch only those of one guid keep their order."""
    return sorted(json.loads(fields[b"event"])["guid"] for _, fields in store.xrange(ARTICLES))


def posted(url: str, content: str, capsys: pytest.CaptureFixture[str]) -> tuple[int, str, str]:
    """Exit code, stdout and stderr of posting a file of that content."""
    Path("file").write_text(content)
    code = 0
    try:
        post(["file"], url=url, token_file=Path("token"))
    except typer.Exit as ended:
        code = ended.exit_code
    told = capsys.readouterr()
    return code, told.out, told.err


@pytest.fixture(autouse=True)
def _folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Files have short names here."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("PRESSRUN_TOKEN", raising=False)
    Path("token").write_text(f"{TOKEN}\n")


def test_a_bad_line_refuses_itself_alone_wherever_it_stands(
    tmp_path: Path, valkey: str, capsys: pytest.CaptureFixture[str]
) -> None:
    one, two = article("one"), article("two")
    with started(tmp_path, valkey) as ingest:
        for bad in ("{nope", "[1]", '"text"', "[" * 100_000):
            for at in range(3):
                lines = [one, two]
                lines.insert(at, bad)
                code, out, err = posted(ingest.url, "\n\n" + "\n".join(lines), capsys)
                assert (code, out) == (1, "2 accepted, 1 refused\n")
                assert err.startswith(f"file:{at + 3}: 4")


def test_a_refused_line_is_one_line_of_output_and_shown_as_it_was_sent(
    tmp_path: Path, valkey: str, capsys: pytest.CaptureFixture[str]
) -> None:
    wrong = json.dumps({"guid": "a", "headline": "News", "body_text": "It.", ":key:" + "x" * 200: 1})
    with started(tmp_path, valkey) as ingest:
        code, _, err = posted(ingest.url, wrong, capsys)
    assert code == 1
    assert f":key:{'x' * 200}" in err
    assert err.count("\n") == 1


def test_what_is_wrong_with_a_whole_line_names_no_member(
    tmp_path: Path, valkey: str, capsys: pytest.CaptureFixture[str]
) -> None:
    long = json.dumps({"guid": "long", "headline": "News", "body_text": "x" * 6_000_000})
    with started(tmp_path, valkey) as ingest:
        assert posted(ingest.url, long, capsys)[2] == "file:1: 413 the line is too long\n"


def test_one_document_is_posted_whatever_its_lines_are(
    store: redis.Redis, tmp_path: Path, valkey: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with started(tmp_path, valkey) as ingest:
        assert posted(ingest.url, f"[\n{article('one')},\n{article('two')}\n]", capsys)[0] == 0
        assert posted(ingest.url, json.dumps(json.loads(article("three")), indent=1), capsys)[0] == 0
    assert guids(store) == ["one", "three", "two"]


def test_a_feed_without_news_is_nothing_to_post(capsys: pytest.CaptureFixture[str]) -> None:
    for content in ("", "\n\n"):
        assert posted("http://127.0.0.1:9", content, capsys) == (0, "0 accepted, 0 refused\n", "")


def test_standard_input_has_nothing_more_the_second_time(store: redis.Redis, tmp_path: Path, valkey: str) -> None:
    with started(tmp_path, valkey) as ingest:
        words = [sys.executable, "-m", "services.console", "post", "-", "-", "--url", ingest.url]
        told = subprocess.run(
            [*words, "--token-file", "token"], input=article("one"), capture_output=True, text=True, check=False
        )
    assert (told.returncode, told.stdout, told.stderr) == (0, "1 accepted, 0 refused\n", "")
    assert guids(store) == ["one"]


def test_what_comes_on_standard_input_is_posted_while_more_may_come(
    store: redis.Redis, tmp_path: Path, valkey: str
) -> None:
    with started(tmp_path, valkey) as ingest:
        words = [sys.executable, "-m", "services.console", "post", "-", "--url", ingest.url, "--token-file", "token"]
        with subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as wire:
            assert wire.stdin
            wire.stdin.write(f"\n{article('one')}\n{article('two')}\n" + article("three")[:20])
            wire.stdin.flush()
            wait_for(lambda: guids(store) == ["one", "two"])
            told, _ = wire.communicate(article("three")[20:])
    assert (wire.returncode, told) == (0, "3 accepted, 0 refused\n")
    assert guids(store) == ["one", "three", "two"]


def test_a_closed_standard_input_is_one_line() -> None:
    command = f"{sys.executable} -m services.console.cli post - --url http://127.0.0.1:9 --token-file token <&-"
    told = subprocess.run(["/bin/sh", "-c", command], capture_output=True, text=True, check=False)
    assert (told.returncode, told.stderr) == (1, "pressrun: -: standard input is closed\n")


def test_a_closed_standard_error_takes_nothing_from_the_result() -> None:
    """As some have it who want no progress in their mail: "the answer is no" would be wrong."""
    Path("empty").touch()
    command = f"{sys.executable} -m services.console post empty --url http://127.0.0.1:9 --token-file token 2>&-"
    told = subprocess.run(["/bin/sh", "-c", command], stdout=subprocess.PIPE, text=True, check=False)
    assert (told.returncode, told.stdout) == (0, "0 accepted, 0 refused\n")


@pytest.mark.parametrize("content", ["text", "{", "[1", "[" * 100_000, '{"a":' * 100_000, "\udcff"])
def test_what_is_no_file_of_articles_is_one_line(content: str) -> None:
    Path("file").write_text(content, errors="surrogateescape")
    with pytest.raises(CannotGoOn, match=r"^file: neither JSON nor NDJSON: .*$"):
        post(["file"], url="http://127.0.0.1:9", token_file=Path("token"))


@pytest.mark.parametrize("content", [b"\xff\xfe", "žeton".encode(), b"one\ntwo", b"a\0b"])
def test_what_is_no_token_is_one_line_that_does_not_show_it(content: bytes) -> None:
    Path("token").write_bytes(content)
    Path("file").write_text(article("one"))
    with pytest.raises(CannotGoOn, match=r"^token: not a token, which is one line of ASCII$"):
        post(["file"], url="http://127.0.0.1:9", token_file=Path("token"))


def test_a_token_of_the_environment_is_held_to_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PRESSRUN_TOKEN", "one\ntwo")
    with pytest.raises(CannotGoOn, match=r"^PRESSRUN_TOKEN: not a token"):
        post(["file"], url="http://127.0.0.1:9")


def test_a_token_that_is_not_known_is_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    Path("file").write_text(article("one"))
    Path("token").write_text("\n")
    monkeypatch.setenv("PRESSRUN_TOKEN", "of another ingest")
    with pytest.raises(CannotGoOn, match=r"^no token: give --token-file"):
        post(["file"], url="http://127.0.0.1:9", token_file=Path("token"))


def test_a_token_is_asked_for_where_only_the_address_is_told() -> None:
    Path("file").write_text(article("one"))
    with pytest.raises(CannotGoOn, match=r"^no token: give --token-file"):
        post(["file"], url="http://127.0.0.1:9")


@pytest.mark.parametrize("url", ["127.0.0.1:8081", "ftp://press", "http://", "http://[", "http://press:port"])
def test_an_address_that_is_none_is_wrong_usage(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    told = CliRunner().invoke(app, ["post", "file", "--url", url, "--token-file", "token"])
    assert told.exit_code == 2
    assert "--url" in told.stderr
    monkeypatch.setenv("PRESSRUN_URL", url)
    with pytest.raises(CannotGoOn) as refused:
        post(["file"], token_file=Path("token"))
    assert str(refused.value) == f"PRESSRUN_URL: an http:// or https:// address is needed, not {url!r}"


@contextmanager
def answering(*answers: bytes, came: list[list[str]] | None = None) -> Iterator[str]:
    """The address of a server that answers one connection after the other with these; `came`: the articles in each."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(10)

        def serve() -> None:
            for answer in answers:
                connection, _ = server.accept()
                with connection:
                    request = b""
                    while not request.endswith(b"0\r\n\r\n"):
                        request += connection.recv(65536)
                    connection.sendall(answer)
                if came is not None:
                    came.append(re.findall(r'"guid": "(\w+)"', request.decode()))
            server.close()

        thread = threading.Thread(target=serve)
        url = f"http://127.0.0.1:{server.getsockname()[1]}"
        thread.start()
        yield url
        thread.join()


PROBLEM = b'{"detail": "This is not signed\\n by a source that may send it."}'


@pytest.mark.parametrize(
    ("answer", "told"),
    [
        (
            b"HTTP/1.1 404 Not Found\r\ncontent-length: 23\r\n\r\n<html>\n<p>no\n</p>\n</hm>",
            "404: this is not what ingest answers; is it the address of ingest?",
        ),
        (
            b"HTTP/1.1 401 Unauthorized\r\nconnection: close\r\n\r\n" + PROBLEM,
            "401: This is not signed by a source that may send it.",
        ),
        *(
            (
                b"HTTP/1.1 200 OK\r\nconnection: close\r\n\r\n" + other,
                "200: this is not what ingest answers; is it the address of ingest?",
            )
            for other in (b"<html></html>\n", b'["ok"]\n', b'{"status": "ok"}\n')
        ),
        (b"-ERR unknown command\r\n", "no HTTP server answers there; is it the address of ingest?"),
    ],
)
def test_an_address_that_is_not_ingests_and_a_refusal_are_one_line(answer: bytes, told: str) -> None:
    Path("file").write_text(article("one"))
    with answering(answer) as url, pytest.raises(CannotGoOn) as refused:
        post(["file"], url=url, token_file=Path("token"))
    assert str(refused.value) == f"{url}: {told}"


def told(*lines: dict[str, Any]) -> bytes:
    """An answer of the batch call that may end before every line has its own."""
    body = b"".join(json.dumps(line).encode() + b"\n" for line in lines)
    return b"HTTP/1.1 200 OK\r\nconnection: close\r\n\r\n" + body


BUSY = b'HTTP/1.1 503 Service Unavailable\r\nconnection: close\r\n\r\n{"detail": "busy"}'
LATER = {"status": 503, "errors": [{"pointer": "/", "detail": "later"}]}


@pytest.mark.parametrize(
    ("answers", "sent", "out", "err"),
    [
        ([told({"status": 202}, LATER), told({"status": 202}, {"status": 202})], ["abc", "bc"], "3 accepted, 0", ""),
        ([BUSY, told(*[{"status": 202}] * 3)], ["abc", "abc"], "3 accepted, 0", ""),
        ([told(), told({"status": 202}, LATER)], ["abc", "abc"], "1 accepted, 2",
         "file:2: 503 later\nfile:3: 503 ingest could not take it\n"),
        ([told({"status": 202}), BUSY], ["abc", "bc"], "1 accepted, 2",
         "file:2: 503 ingest could not take it\nfile:3: 503 ingest could not take it\n"),
    ],
)  # fmt: skip
def test_what_ingest_could_not_take_now_is_sent_again_alone_and_told_if_it_is_never_taken(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    answers: list[bytes],
    sent: list[str],
    out: str,
    err: str,
) -> None:
    monkeypatch.setattr("services.console.post.TRIES", 2)
    monkeypatch.setattr("services.console.post.PAUSE", 0.01)
    came: list[list[str]] = []
    with answering(*answers, came=came) as url:
        code, said, complaints = posted(url, "\n".join(map(article, "abc")), capsys)
    assert ["".join(guids) for guids in came] == sent
    assert (code, said) == (int(bool(err)), f"{out} refused\n")
    assert complaints.partition("trying again for 0.02 s\n")[2] == err


def test_what_came_after_a_line_about_the_same_article_is_sent_again_behind_it(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("services.console.post.PAUSE", 0.01)
    taken = {"status": 202}
    came: list[list[str]] = []
    with answering(told(taken, LATER, taken, taken, taken), told(taken, taken), came=came) as url:
        code, said, _ = posted(url, "\n".join(map(article, "bacca")), capsys)
    assert ["".join(guids) for guids in came] == ["bacca", "aa"]
    assert (code, said) == (0, "5 accepted, 0 refused\n")


def test_a_long_file_goes_in_portions_each_line_once_and_under_its_own_number(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("services.console.post.PORTION", 2)
    monkeypatch.setattr("services.console.post.TRIES", 1)
    wrong = {"status": 422, "errors": [{"pointer": "/slug", "detail": "wrong"}]}
    answers = [told({"status": 202}, wrong), told(wrong, {"status": 202}), told({"status": 202})]
    a, b, c, d, e = map(article, "abcde")
    came: list[list[str]] = []
    with answering(*answers, came=came) as url:
        code, said, complaints = posted(url, f"{a}\n\n {b}\n \n{c}\n{d}\n\n\n{e}\n", capsys)
    assert ["".join(guids) for guids in came] == ["ab", "cd", "e"]
    assert (code, said) == (1, "3 accepted, 2 refused\n")
    assert complaints == "file:3: 422 /slug: wrong\nfile:5: 422 /slug: wrong\n"


def test_what_was_taken_before_an_error_is_told_with_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("services.console.post.PORTION", 2)
    monkeypatch.setattr("services.console.post.PAUSE", 0.01)
    Path("file").write_text("\n".join(map(article, "abcd")))
    gone = b'HTTP/1.1 401 Unauthorized\r\nconnection: close\r\n\r\n{"detail": "no such token"}'
    with (
        answering(told({"status": 202}, {"status": 202}), told({"status": 202}), gone, came=[]) as url,
        pytest.raises(CannotGoOn, match="no such token") as ended,
    ):
        post(["file"], url=url, token_file=Path("token"))
    assert ended.value.__notes__ == ["3 accepted, 0 refused until then"]


def test_the_progress_bar_moves_as_answers_come(tmp_path: Path, valkey: str) -> None:
    """Not only from portion to portion: most files have one."""
    Path("file").write_text("\n".join(article(f"n{number}") for number in range(2_000)))
    mine, its = pty.openpty()
    with started(tmp_path, valkey) as ingest:
        words = (sys.executable, "-m", "services.console", "post", "file", "--url", ingest.url, "--token-file", "token")
        with subprocess.Popen(words, stdout=subprocess.DEVNULL, stderr=its):
            os.close(its)
            shown = b""
            with suppress(OSError):  # the other end is closed when it is over
                while more := os.read(mine, 65536):
                    shown += more
    os.close(mine)
    assert any(0 < int(count) < 2_000 for count in re.findall(rb"(\d+)/\?", shown))


def test_who_waits_for_ingest_is_told_why(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr("services.console.post.TRIES", 2)
    monkeypatch.setattr("services.console.post.PAUSE", 0.01)
    Path("file").write_text(article("one"))
    with socket.create_server(("127.0.0.1", 0)) as server:
        url = f"http://127.0.0.1:{server.getsockname()[1]}"
    with pytest.raises(CannotGoOn, match="Connect"):
        post(["file"], url=url, token_file=Path("token"))
    told = capsys.readouterr().err
    assert told.startswith(f"{url}: ")
    assert told.endswith("; trying again for 0.02 s\n")
    assert told.count("\n") == 1

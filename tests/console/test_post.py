"""`pressrun post`: which lines of a file go to a real ingest, and what is no file of articles or no token."""

import json
from pathlib import Path

import pytest
import redis
import typer

from services.console.folder import CannotStart
from services.console.post import post
from shared.events import ARTICLES
from tests.ingest.conftest import TOKEN, started


def article(guid: str) -> str:
    return json.dumps({"guid": guid, "headline": f"The news of {guid}", "body_text": "It happened."})


def guids(store: redis.Redis) -> list[str]:
    return [json.loads(fields[b"event"])["guid"] for _, fields in store.xrange(ARTICLES)]


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


def test_one_document_is_posted_whatever_its_lines_are(
    store: redis.Redis, tmp_path: Path, valkey: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with started(tmp_path, valkey) as ingest:
        assert posted(ingest.url, f"[\n{article('one')},\n{article('two')}\n]", capsys)[0] == 0
        assert posted(ingest.url, json.dumps(json.loads(article("three")), indent=1), capsys)[0] == 0
    assert guids(store) == ["one", "two", "three"]


@pytest.mark.parametrize("content", ["text", "{", "[1", "[" * 100_000, '{"a":' * 100_000, "\udcff"])
def test_what_is_no_file_of_articles_is_one_line(content: str) -> None:
    Path("file").write_text(content, errors="surrogateescape")
    with pytest.raises(CannotStart, match=r"^file: neither JSON nor NDJSON: .*$"):
        post(["file"], url="http://127.0.0.1:9", token_file=Path("token"))


@pytest.mark.parametrize("content", [b"\xff\xfe", "žeton".encode(), b"one\ntwo", b"a\0b"])
def test_what_is_no_token_is_one_line_that_does_not_show_it(content: bytes) -> None:
    Path("token").write_bytes(content)
    Path("file").write_text(article("one"))
    with pytest.raises(CannotStart, match=r"^token: not a token, which is one line of ASCII$"):
        post(["file"], url="http://127.0.0.1:9", token_file=Path("token"))


def test_a_token_of_the_environment_is_held_to_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PRESSRUN_TOKEN", "one\ntwo")
    with pytest.raises(CannotStart, match=r"^PRESSRUN_TOKEN: not a token"):
        post(["file"], url="http://127.0.0.1:9")

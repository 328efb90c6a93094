"""Where a command finds its stack: what `--data` names is its own, whatever the environment says of another."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import redis
from typer.testing import CliRunner

from services.console.addressee import addressee
from services.console.cli import app
from services.console.failed import CannotGoOn
from services.console.folder import Folder
from services.console.place import find
from tests.console.test_post import article, guids
from tests.ingest.conftest import TOKEN, started


@contextmanager
def there(root: Path) -> Iterator[Folder]:
    """The folder of a stack that runs."""
    made = Folder(root)
    made.take()
    made.run.write_text('{"redis": "redis://127.0.0.1:9/0"}')
    yield made
    made.release()


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Folder]:
    """That of one."""
    with there(tmp_path / "press") as made:
        yield made


def test_a_token_that_the_stack_does_not_know_comes_from_the_environment(
    folder: Folder, store: redis.Redis, valkey: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PRESSRUN_TOKEN", TOKEN)
    (tmp_path / "articles.json").write_text(article("one"))
    with started(tmp_path, valkey) as ingest:
        folder.run.write_text(f'{{"redis": "{valkey}", "ingest": "{ingest.url}", "token": ""}}')
        told = CliRunner().invoke(app, ["post", str(tmp_path / "articles.json"), "--data", str(folder.root)])
    assert told.stdout == "1 accepted, 0 refused\n", told
    assert guids(store) == ["one"]


def test_the_folders_of_another_stack_are_not_taken_for_those_of_the_one_that_is_named(
    folder: Folder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("DATA", "SITE_DIR", "MEDIA_DIR", "SITE_CONFIG", "SOURCES", "REDIS_URL_FILE", "REDIS_PASSWORD_FILE"):
        monkeypatch.setenv(f"PRESSRUN_{name}", str(tmp_path / "other"))
    settings = find(folder.root).settings
    assert settings.data == folder.root
    assert settings.pages_dir == folder.site
    assert settings.originals_dir == folder.media
    assert (settings.site_config, settings.sources, settings.redis_password) == (None, None, None)


def test_a_stack_that_has_ended_is_not_called_a_missing_file(folder: Folder) -> None:
    folder.release()
    assert folder.run.exists()
    with pytest.raises(CannotGoOn) as refused:
        find(folder.root)
    assert str(refused.value) == (
        f"{folder.root}: no stack runs on this folder; start it with `pressrun up`, or name another with --data"
    )


@pytest.mark.parametrize("run", ["", "{", "5", "[]", "{}", '["redis"]'])
def test_a_stack_that_does_not_say_where_its_store_is_is_one_line(folder: Folder, run: str) -> None:
    folder.run.write_text(run)
    with pytest.raises(CannotGoOn, match=r": no stack runs on this folder; "):
        find(folder.root)


def test_articles_go_to_the_stack_that_is_named(
    folder: Folder, store: redis.Redis, valkey: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PRESSRUN_URL", "http://127.0.0.1:9")
    monkeypatch.setenv("PRESSRUN_TOKEN", "another's")
    monkeypatch.setenv("PRESSRUN_TOKEN_FILE", str(tmp_path / "none"))
    (tmp_path / "articles.json").write_text(article("one"))
    with started(tmp_path, valkey) as ingest:
        folder.run.write_text(f'{{"redis": "{valkey}", "ingest": "{ingest.url}", "token": "{TOKEN}"}}')
        told = CliRunner().invoke(app, ["post", str(tmp_path / "articles.json"), "--data", str(folder.root)])
    assert told.stdout == "1 accepted, 0 refused\n", told
    assert guids(store) == ["one"]


def test_articles_go_to_the_stack_of_the_environment_where_none_is_named_and_what_it_says_itself_comes_first(
    folder: Folder, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("URL", "TOKEN", "TOKEN_FILE", "REDIS_URL", "REDIS_URL_FILE"):
        monkeypatch.delenv(f"PRESSRUN_{name}", raising=False)
    monkeypatch.setenv("PRESSRUN_DATA", str(folder.root))
    folder.run.write_text('{"redis": "redis://127.0.0.1:9/0", "ingest": "http://127.0.0.1:8081/", "token": "its own"}')
    assert addressee(None, None, None) == ("http://127.0.0.1:8081", "its own")
    monkeypatch.setenv("PRESSRUN_URL", "http://ingest.example/")
    assert addressee(None, None, None) == ("http://ingest.example", "its own")
    monkeypatch.setenv("PRESSRUN_TOKEN", "another")
    assert addressee(None, None, None) == ("http://ingest.example", "another")
    monkeypatch.delenv("PRESSRUN_URL")
    assert addressee(None, None, None) == ("http://127.0.0.1:8081", "another")
    (token := folder.root / "token").write_text("given\n")
    assert addressee(None, "https://given.example", token) == ("https://given.example", "given")
    assert addressee(folder.root, None, None) == ("http://127.0.0.1:8081", "its own"), "it is named"
    monkeypatch.setenv("PRESSRUN_TOKEN_FILE", str(token))
    assert addressee(None, None, None)[1] == "another"
    monkeypatch.delenv("PRESSRUN_TOKEN")
    assert addressee(None, None, None)[1] == "given"
    token.unlink()
    with pytest.raises(CannotGoOn, match=r"/token: No such file or directory$"):
        addressee(None, None, None)


def test_the_token_of_the_stack_of_the_environment_goes_to_no_other_that_is_named(
    folder: Folder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("TOKEN", "TOKEN_FILE"):
        monkeypatch.delenv(f"PRESSRUN_{name}", raising=False)
    with there(tmp_path / "here") as here:
        here.run.write_text('{"redis": "redis://127.0.0.1:9/0", "ingest": "http://127.0.0.1:8081", "token": "its own"}')
        folder.run.write_text('{"redis": "redis://127.0.0.1:9/0", "ingest": "http://127.0.0.1:8091", "token": ""}')
        monkeypatch.setenv("PRESSRUN_DATA", str(here.root))
        with pytest.raises(CannotGoOn, match=r"^no token: give --token-file"):
            addressee(folder.root, None, None)


@pytest.mark.parametrize(("store", "told"), [("", r"^data: no stack runs"), ("redis://127.0.0.1:9/0", r"^where to\? ")])
def test_who_names_no_stack_where_none_runs_is_told_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, store: str, told: str
) -> None:
    monkeypatch.chdir(tmp_path)
    for name in ("URL", "DATA", "REDIS_URL", "REDIS_URL_FILE"):
        monkeypatch.delenv(f"PRESSRUN_{name}", raising=False)
    if store:
        monkeypatch.setenv("PRESSRUN_REDIS_URL", store)
    with pytest.raises(CannotGoOn, match=told):
        addressee(None, None, None)


@pytest.mark.parametrize(
    "words",
    [
        ("up", "--data", ""),
        ("status", "--data="),
        ("build", "--out", ""),
        ("export", ""),
        ("import", ""),
        ("post", "--token-file", "", "-"),
        ("post", "one.json", ""),
    ],
)
def test_an_empty_path_is_not_the_present_folder(
    words: tuple[str, ...], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What a variable that is not set leaves of `--data "$folder"`."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PRESSRUN_NOW", "never")  # whatever would start stops at this
    told = CliRunner().invoke(app, words)
    assert told.exit_code == 2, told
    assert "an empty path" in told.stderr
    assert not list(tmp_path.iterdir())


def test_a_folder_of_the_environment_that_is_empty_is_none_as_for_up(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("REDIS_URL", "REDIS_URL_FILE"):
        monkeypatch.delenv(f"PRESSRUN_{name}", raising=False)
    monkeypatch.setenv("PRESSRUN_DATA", "")
    with pytest.raises(CannotGoOn, match=r"^data: no stack runs"):
        find(None)


def test_a_store_whose_address_stands_in_a_file_is_found_without_a_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "url").write_text("redis://127.0.0.1:9/0")
    monkeypatch.delenv("PRESSRUN_REDIS_URL", raising=False)
    monkeypatch.setenv("PRESSRUN_REDIS_URL_FILE", str(tmp_path / "url"))
    assert find(None).settings.redis_url == "redis://127.0.0.1:9/0"

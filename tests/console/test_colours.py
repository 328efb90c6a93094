"""Results and errors on a terminal, in a pipe, and with NO_COLOR."""

import json
import os
import pty
import subprocess
import sys
from collections.abc import Sequence

import pytest
import redis

PRESSRUN = (sys.executable, "-P", "-m", "services.console")


def on_a_terminal(*words: str) -> str:
    """What a command shows there."""
    mine, its = pty.openpty()
    with subprocess.Popen((*PRESSRUN, *words), stdin=its, stdout=its, stderr=its) as command:
        os.close(its)
        shown = b""
        try:
            while some := os.read(mine, 65536):
                shown += some
        except OSError:  # how Linux says that the other end is closed
            pass
    os.close(mine)
    assert command.returncode in (0, 1), shown
    return shown.decode()


@pytest.fixture(autouse=True)
def terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    """One that knows colours."""
    monkeypatch.setenv("TERM", "xterm-256color")
    for name in ("NO_COLOR", "FORCE_COLOR", "COLORTERM"):
        monkeypatch.delenv(name, raising=False)


CALLS = (("status",), ("status", "--json"), ("why", "/none/", "--data", "none"), ("why", "--help"))


@pytest.mark.parametrize("words", CALLS)
def test_what_a_command_says_is_coloured_on_a_terminal(store: redis.Redis, words: Sequence[str]) -> None:
    assert "\x1b[" in on_a_terminal(*words)


@pytest.mark.parametrize("words", CALLS)
def test_with_no_color_it_is_plain(store: redis.Redis, words: Sequence[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    assert "\x1b" not in on_a_terminal(*words)


def test_in_a_pipe_it_is_plain(store: redis.Redis) -> None:
    told = subprocess.run((*PRESSRUN, "status"), capture_output=True, check=True)
    assert told.stdout.startswith(b"articles ")
    assert b"\x1b" not in told.stdout


@pytest.mark.parametrize("words", [("status", "--json"), ("--help",)])
def test_a_width_of_nothing_is_none(store: redis.Redis, words: Sequence[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("COLUMNS", raising=False)
    wanted = subprocess.run((*PRESSRUN, *words), capture_output=True, check=True).stdout
    monkeypatch.setenv("COLUMNS", "0")
    assert subprocess.run((*PRESSRUN, *words), capture_output=True, check=True).stdout == wanted


def test_what_an_encoding_lacks_is_shown_by_its_code(store: redis.Redis, monkeypatch: pytest.MonkeyPatch) -> None:
    letter = {"kind": "page", "name": "list:topic:مياه", "reason": "a 😀", "raw": ""}
    store.xadd("dead-letters", letter, id="1-1")
    monkeypatch.setenv("PYTHONIOENCODING", "latin-1")
    listed, whole, helped = [
        subprocess.run((*PRESSRUN, *words), capture_output=True, check=True).stdout.decode("latin-1")
        for words in (("dead-letters", "list"), ("dead-letters", "show", "1-1"), ("post", "--help"))
    ]
    assert listed.endswith("a \\U0001f600\n")
    assert json.loads(whole) == {"id": "1-1", **letter}
    assert "Post articles." in helped

"""What is wrong with a setting, in one line for whoever wrote it; it ends a service's start with exit code 1."""

import os
import sys
import tomllib
from pathlib import Path
from types import TracebackType
from typing import Any, NoReturn

from pydantic import ValidationError
from pydantic_core import ErrorDetails

CONSUMER = r"^[!-.0-~]{1,128}$"
"""No slash: the name is a part of the names of unfinished files, and a slash ends it in the token of a lease."""
LANGUAGE = r"^[A-Za-z]{2,3}([-_][A-Za-z0-9]{2,8})*$"
ADDRESS = r"^https?://[^/\s?#@]+(/[A-Za-z0-9][A-Za-z0-9._~-]*)*/*$"
"""It stands in pages as it is, so it has no name and password; a path in it stands in nginx' configuration too."""
_IN_WORDS = {
    CONSUMER: "up to 128 visible characters of ASCII, none of them a space or a slash",
    LANGUAGE: "a language like en or pt-BR",
    ADDRESS: "an address like https://news.example or https://example.org/news, without a query",
}


class WrongSetting(Exception):
    """A setting that stops the start; its text is one line that names the setting."""


def read_toml(path: Path, missing: dict[str, Any] | None) -> dict[str, Any]:
    """A file of settings; `missing` stands in for one that is not there. Raises WrongSetting."""
    try:
        return tomllib.loads(path.read_text("utf-8-sig"))  # whatever the locale is; editors of Windows put a BOM first
    except FileNotFoundError:
        if missing is None:
            raise WrongSetting(f"{path}: no such file; it names the sources that may post") from None
        return missing
    except (OSError, ValueError) as error:
        raise WrongSetting(f"{path}: {error}") from None
    except RecursionError:
        raise WrongSetting(f"{path}: nested too deeply to be read; no setting is") from None


def where(path: Path, error: ValidationError) -> str:
    """The first fault of a file, with its place."""
    first = error.errors(include_url=False)[0]
    return f"{path}: {'.'.join(map(str, first['loc']))}: {told(first)}"


def told(error: ErrorDetails) -> str:
    """What is wrong, in words for whoever wrote the setting."""
    if error["type"] == "extra_forbidden":
        return "there is no setting of this name; correct it or leave it out"
    if error["type"] == "value_error":
        return str(error["ctx"]["error"])
    if error["type"] == "string_pattern_mismatch":
        return f"{error['input']!r} is not what stands here: {_IN_WORDS[error['ctx']['pattern']]}"
    return error["msg"]


def tell_wrong_settings() -> None:
    """From now on a WrongSetting that nothing catches is one line instead of a traceback."""
    usual = sys.excepthook

    def tell(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
        if isinstance(error, WrongSetting):
            _say(error)
        else:
            usual(kind, error, trace)

    sys.excepthook = tell


def end_the_start(error: WrongSetting) -> NoReturn:
    """End a process whose server runs already: uvicorn would print a traceback, or serve all the same."""
    _say(error)
    os._exit(1)


def _say(error: WrongSetting) -> None:
    sys.stderr.write(f"cannot start: {error}\n")
    sys.stderr.flush()

"""Where `pressrun post` posts to: as given, else the stack that `--data` names, else the environment, else `data`."""

import os
import re
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import typer

from services.console.failed import CannotGoOn
from services.console.place import find

TOKEN = re.compile(r"[ -~]+")  # what a header may have
WANTED = "an http:// or https:// address is needed"


def addressee(data: Path | None, url: str | None, token_file: Path | None) -> tuple[str, str]:
    """The address of ingest, without a slash at its end, and a token. Raises CannotGoOn; BadParameter for `url`."""
    if url is not None and not _is_address(url):
        raise typer.BadParameter(f"{WANTED}, not {url!r}", param_hint="--url")
    token = None if token_file is None else _read(token_file)
    run = find(data).run if data is not None else {}
    url = url or run.get("ingest") or _address_of_environment()
    if token is None:
        token = run.get("token") or _token_of_environment()
    if data is None and (url is None or token is None):
        run = _run_here(is_needed=url is None)
        url, token = url or run.get("ingest"), run.get("token") if token is None else token
    if not url:
        raise CannotGoOn("where to? give --data DIR, or --url and --token-file")
    if not token:
        raise CannotGoOn("no token: give --token-file or PRESSRUN_TOKEN; of one kept as sha256:… it cannot be told")
    return url.rstrip("/"), token


def _run_here(*, is_needed: bool) -> dict[str, Any]:
    """What the stack of this folder or of `PRESSRUN_DATA` says of itself; nothing where there is none and need not."""
    try:
        return find(None).run
    except CannotGoOn:
        if is_needed:
            raise
        return {}


def _address_of_environment() -> str | None:
    url = os.environ.get("PRESSRUN_URL")
    if url is not None and not _is_address(url):
        raise CannotGoOn(f"PRESSRUN_URL: {WANTED}, not {url!r}")
    return url


def _is_address(url: str) -> bool:
    try:
        parts = urlsplit(url)
        return parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:  # of brackets that do not match, or a port that is none
        return False


def _token_of_environment() -> str | None:
    token, file = os.environ.get("PRESSRUN_TOKEN"), os.environ.get("PRESSRUN_TOKEN_FILE")
    if token is None:
        return None if file is None else _read(Path(file))
    return _checked(token, "PRESSRUN_TOKEN")


def _read(file: Path) -> str:
    """The token of a file; empty if it has none."""
    try:
        return _checked(file.read_bytes().decode("latin-1").strip(), str(file))
    except OSError as error:
        raise CannotGoOn(f"{file}: {error.strerror}") from None


def _checked(token: str, source: str) -> str:
    if token and not TOKEN.fullmatch(token):
        raise CannotGoOn(f"{source}: not a token, which is one line of ASCII")
    return token

"""The folder that `pressrun up` keeps everything in: what lies where, its lock, its secrets, its first settings."""

import fcntl
import json
import os
import secrets
import time
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any
from urllib.parse import SplitResult, urlsplit

from services.console.failed import CannotGoOn
from shared.settings import PREFIX, variables
from shared.site_settings import SiteSettings

OURS = (
    "DATA",
    "SITE_DIR",
    "SITE_PATH",
    "MEDIA_DIR",
    "SITE_CONFIG",
    "SOURCES",
    "REDIS_URL",
    "REDIS_PASSWORD",
    "EDGE_SECRET",
    "CONSUMER",
)

ELSEWHERE = (
    *("URL", "TOKEN", "TOKEN_FILE", "HMAC_SECRET", "BASE_URL"),  # of senders, and of `make .env`
    *("BIND", "SITE_PORT", "INGEST_PORT", "SECRETS", "SITE_TOML", "STORE_MEMORY", "IMAGE"),  # of Compose
)
"""Variables that are no settings of a stack of `pressrun up`, and may be there all the same: an .env was read."""
LOOKED_AT = 0.2
"""Seconds. Commands that look whether a stack runs (`read_run`) hold its lock for far less."""


def unknown(environ: Iterable[str]) -> list[str]:
    """The variables among these that look like settings and are none: nothing is done with them."""
    known = variables() | {PREFIX + name for name in ELSEWHERE}
    return sorted(name for name in environ if name.startswith(PREFIX) and name not in known)


@dataclass(frozen=True, slots=True)
class Secrets:
    """What the parts of a stack know and nobody else."""

    store_password: str
    edge_secret: str


def write_private(path: Path, text: str) -> None:
    """Replace a file that only its owner can read, in one step and on disk; it is UTF-8 whatever the locale is."""
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(descriptor)
        temporary.replace(path)
    except OSError:
        temporary.unlink(missing_ok=True)
        raise


class Folder:
    """The paths of a stack below one folder. Raises CannotGoOn where it cannot be said where that is."""

    def __init__(self, root: Path) -> None:
        try:
            self.root = root.absolute()
        except FileNotFoundError:
            raise CannotGoOn(f"{root}: the folder that this is called in has gone; go to another") from None
        self.store = self.root / "store"
        self.site = self.root / "site"
        self.media = self.root / "media"
        self.nginx = self.root / "nginx"
        self.logs = self.root / "logs"
        self.temporary = self.root / "tmp"
        self.metrics = self.root / "metrics"
        self.run = self.root / "run.json"
        self.children = self.root / "children.json"
        self.site_settings = self.root / "site.toml"
        self.sources = self.root / "sources.toml"
        self._sample_begun = self.root / "sample-begun"
        self._secrets = self.root / "secrets.json"
        self._lock = self.root / "up.lock"
        self._locked = -1

    def take(self) -> None:
        """Make the folder where there is none, and lock it against a second `pressrun up`.

        Raises CannotGoOn where it cannot be written to, or is in use.
        """
        try:
            self.root.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._locked = os.open(self._lock, os.O_RDWR | os.O_CREAT, 0o600)
        except OSError as error:
            raise CannotGoOn(f"cannot write to {error.filename}: {error.strerror}") from None
        until = time.monotonic() + LOOKED_AT
        while not self._is_locked():
            if time.monotonic() > until:
                self.release()
                raise CannotGoOn(f"another `pressrun up` runs on {self.root}")
            time.sleep(0.005)
        try:
            self.site.mkdir(exist_ok=True)
            for below in (self.store, self.media, self.nginx, self.logs, self.temporary):
                below.mkdir(mode=0o700, exist_ok=True)  # what is not public yet is there; the root may be open to all
            self.run.unlink(missing_ok=True)  # it tells of a stack that is gone
        except OSError as error:
            self.release()
            raise CannotGoOn(f"cannot write to {error.filename}: {error.strerror}") from None

    def _is_locked(self) -> bool:
        try:
            fcntl.flock(self._locked, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            return False
        return True

    def release(self) -> None:
        """Let the lock go."""
        if self._locked >= 0:
            os.close(self._locked)
            self._locked = -1

    def write_settings(self, base_url: str, *, sample: bool) -> None:
        """Write `site.toml` and `sources.toml` where they are missing."""
        if not self.site_settings.exists():
            write_private(self.site_settings, (SAMPLE_SITE if sample else SITE).format(base_url=base_url))
            self.site_settings.chmod(0o644)
        if not self.sources.exists():
            made = SOURCES.format(token=secrets.token_urlsafe(24), hmac_secret=secrets.token_urlsafe(24))
            write_private(self.sources, made)

    def secrets(self) -> Secrets:
        """The stack's secrets, made at its first start."""
        try:
            return Secrets(**json.loads(self._secrets.read_bytes()))
        except FileNotFoundError:
            made = Secrets(secrets.token_hex(24), secrets.token_hex(24))
            write_private(self._secrets, json.dumps(asdict(made)))
            return made
        except (OSError, ValueError, TypeError) as error:
            raise CannotGoOn(f"cannot read {self._secrets}: {error}") from None

    def begin_sample(self) -> None:
        """Note that the sample edition is being posted."""
        self._sample_begun.touch()

    def end_sample(self) -> None:
        """Note that it has been posted."""
        self._sample_begun.unlink(missing_ok=True)

    def is_sample_begun(self) -> bool:
        """Whether its posting was interrupted."""
        return self._sample_begun.exists()

    def log(self, name: str) -> Path:
        """Where a child's words go."""
        return self.logs / f"{name}.log"


def read_run(root: Path) -> dict[str, Any] | None:
    """The `run.json` of the stack that runs on a folder; None where none does."""
    try:
        with (root / "up.lock").open("rb") as lock:
            fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
        return None
    except BlockingIOError:
        pass
    except OSError:
        return None
    try:
        run = json.loads((root / "run.json").read_bytes())
    except (OSError, ValueError):
        return None
    return run if isinstance(run, dict) else None


def others(environ: Mapping[str, str]) -> dict[str, str]:
    """An environment without what a stack on a folder decides itself: it would speak of another stack."""
    ours = {f"PRESSRUN_{name}{end}" for name in OURS for end in ("", "_FILE")}
    return {name: value for name, value in environ.items() if name not in ours}


def other_address(site: SiteSettings, base_url: str) -> bool:
    """Whether a site that says it is on this machine says another port than it is served on."""
    said, served = urlsplit(site.base_url), urlsplit(base_url)
    return said.scheme == "http" and said.hostname in ("127.0.0.1", "localhost") and _port(said) != _port(served)


def _port(address: SplitResult) -> str:
    return address.netloc.rpartition(":")[2]


SITE = """\
# What the site is called and where its day begins. Every member has a default; the README lists them.
name = "Pressrun"
base_url = "{base_url}"
timezone = "UTC"
"""

SAMPLE_SITE = """\
# The sample's site. Every member has a default; the README lists them.
name = "The Baghdad Courier"
base_url = "{base_url}"
timezone = "Asia/Baghdad"
city = "Baghdad"
"""

SOURCES = """\
# Who may post. Several secrets at once are allowed, so that they can be changed without a gap.
[sources.newsroom]
tokens = ["{token}"]
hmac_secrets = ["{hmac_secret}"]
"""

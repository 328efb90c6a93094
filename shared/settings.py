"""What can be set of the installation: `PRESSRUN_*`. Of the site: `site_settings`; of the upstreams: `sources`."""

import os
import socket
from collections.abc import Mapping
from datetime import datetime
from functools import cached_property
from ipaddress import IPv4Network, IPv6Network, ip_network
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, SecretStr, ValidationError, field_validator

from shared.site_settings import SiteSettings
from shared.sources import Source, read_sources
from shared.store_address import check_address
from shared.times import Moment
from shared.wrong import CONSUMER, WrongSetting, told

PREFIX = "PRESSRUN_"


class Settings(BaseModel):
    """The installation's settings; each one is the environment variable `PRESSRUN_` + its name in capitals."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    data: Path = Field(Path("data"), description="folder of everything that is kept")
    site_dir: Path | None = Field(None, description="folder that the site's pages are written to (DATA/site)")
    media_dir: Path | None = Field(None, description="folder of the originals of pictures (DATA/media)")
    site_config: Path | None = Field(None, description="the site's settings (DATA/site.toml)")
    site_path: str | None = Field(None, description="the path of base_url, where nginx has been told one")
    sources: Path | None = Field(None, description="the upstreams and their secrets (DATA/sources.toml)")
    redis_url: str = Field("redis://127.0.0.1:6379/0", description="the store")
    redis_password: SecretStr | None = Field(None, description="the store's password")
    edge_secret: SecretStr | None = Field(None, description="what nginx alone knows, to say who the visitor is")
    now: Moment | None = Field(None, description="stops the site's clock at this moment (RFC 3339)")
    consumer: str = Field(
        default_factory=socket.gethostname,
        pattern=CONSUMER,
        description="name of this replica among the consumers; stable over restarts, unique among replicas",
    )
    trusted_proxies: list[IPv4Network | IPv6Network] = Field(
        default_factory=list, description="ranges of the CDN or balancer before nginx, comma-separated"
    )
    in_flight: int = Field(
        256, ge=1, le=65536, description="requests that each process of ingest works on at once; above it 503"
    )
    disk_floor_mb: int = Field(
        256, ge=0, description="free space below which ingest answers 503; large pages and feeds leave half of it"
    )
    retain_hours: float = Field(
        24,
        gt=0,
        le=87_840,
        allow_inf_nan=False,
        description="hours for which streams keep entries that nobody needs any more",
    )
    views_memory_mb: int = Field(512, ge=1, description="memory for the event_ids of counted views; above it 503")
    log_level: Literal["debug", "info", "warning", "error"] = Field("info", description="least level that is logged")

    @field_validator("data", "site_dir", "media_dir", "site_config", "sources", mode="before")
    @classmethod
    def _somewhere(cls, value: Any) -> Any:
        if value == "":
            raise ValueError("empty, which would be the folder that the process was started in; leave it out")
        return value

    @field_validator("now")
    @classmethod
    def _of_this_age(cls, value: datetime | None) -> datetime | None:
        if value is not None and not 1970 <= value.year <= 9998:
            raise ValueError("a year from 1970 to 9998")
        return value

    @field_validator("redis_url")
    @classmethod
    def _reachable(cls, value: str) -> str:
        check_address(value)
        return value

    @field_validator("trusted_proxies", mode="before")
    @classmethod
    def _split(cls, value: Any) -> Any:
        return [_range(part.strip()) for part in value.split(",") if part.strip()] if isinstance(value, str) else value

    @property
    def pages_dir(self) -> Path:
        """Where nginx finds the site's files."""
        return self.site_dir or self.data / "site"

    @property
    def spare(self) -> int:
        """Bytes that are left free when a large file is written: less than ingest leaves, so that what was accepted
        comes out."""
        return self.disk_floor_mb * 1024 * 1024 // 2

    @property
    def originals_dir(self) -> Path:
        """Where the originals of pictures are kept."""
        return self.media_dir or self.data / "media"

    def make_folder(self) -> None:
        """Make the folder of everything that is kept where there is none. Raises WrongSetting."""
        try:
            self.data.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise WrongSetting(f"PRESSRUN_DATA: cannot make {self.data}: {error.strerror}") from None

    @property
    def site_file(self) -> Path:
        """Where the site's settings are."""
        return self.site_config or self.data / "site.toml"

    @cached_property
    def site(self) -> SiteSettings:
        """The site's settings, read once. A file that is named has to be there: with the defaults every page would be
        another. And nginx has to serve the path that its links begin with."""
        if self.site_config is not None and not self.site_config.exists():
            raise WrongSetting(f"PRESSRUN_SITE_CONFIG: no such file: {self.site_config}")
        site = SiteSettings.read(self.site_file)
        if self.site_path not in (None, site.path):
            raise WrongSetting(
                f"PRESSRUN_SITE_PATH: {self.site_path!r} is not the path of base_url in {self.site_file}: {site.path!r}"
            )
        return site

    @cached_property
    def upstreams(self) -> dict[str, Source]:
        """The upstreams by name, read once; none at all is an error."""
        return read_sources(self.sources or self.data / "sources.toml")

    @classmethod
    def load(cls, environ: Mapping[str, str] | None = None, **given: Any) -> "Settings":
        """Read the environment; `given` wins over it. A secret is also read from the file named by `…_FILE`."""
        environ = os.environ if environ is None else environ
        found: dict[str, Any] = {}
        for name in cls.model_fields:
            variable = PREFIX + name.upper()
            if variable in environ:
                found[name] = environ[variable]
            elif f"{variable}_FILE" in environ and _may_be_in_a_file(name):
                found[name] = _read_secret(f"{variable}_FILE", Path(environ[f"{variable}_FILE"]))
        try:
            return cls(**{**found, **given})
        except ValidationError as error:
            first = error.errors(include_url=False)[0]
            name = PREFIX + str(first["loc"][0]).upper()
            raise WrongSetting(f"{name}: {told(first)}") from None


def variables() -> frozenset[str]:
    """The names of all environment variables that are read."""
    names = {PREFIX + name.upper(): name for name in Settings.model_fields}
    return frozenset(names) | {f"{variable}_FILE" for variable, name in names.items() if _may_be_in_a_file(name)}


def _may_be_in_a_file(name: str) -> bool:
    return name == "redis_url" or "SecretStr" in str(Settings.model_fields[name].annotation)


def _range(text: str) -> IPv4Network | IPv6Network:
    """A range of addresses, or one alone; ValueError says which may be meant by an address within a range."""
    try:
        around = ip_network(text, strict=False)
    except ValueError:
        raise ValueError(f"{text!r} is no range of addresses like 10.0.0.0/8, and no address") from None
    try:
        return ip_network(text)
    except ValueError:
        alone = text.partition("/")[0]
        raise ValueError(f"{text} is an address within a range: write {around} for the range, or {alone}") from None


def _read_secret(variable: str, path: Path) -> str:
    try:
        secret = path.read_text("utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise WrongSetting(f"{variable}: cannot read {path}: {error}") from None
    if not secret:
        raise WrongSetting(f"{variable}: nothing stands in {path}")
    return secret

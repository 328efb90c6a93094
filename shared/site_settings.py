"""What can be set of the site: `site.toml`."""

import re
from datetime import datetime
from functools import cached_property
from pathlib import Path
from typing import Literal
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from shared.characters import is_blank, is_one_line
from shared.wrong import ADDRESS, LANGUAGE, WrongSetting, read_toml, where

_HOST = re.compile(r"[A-Za-z0-9._:\[\]-]+")


class SiteSettings(BaseModel):
    """What `site.toml` says; every member has a default."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, arbitrary_types_allowed=True)

    name: str = Field("Pressrun", max_length=200)
    base_url: str = Field("http://127.0.0.1:8080", pattern=ADDRESS)
    timezone: str = "UTC"
    language: str = Field("en", pattern=LANGUAGE)
    week_starts: Literal["monday", "sunday", "saturday"] = "monday"
    city: str = Field("", max_length=100)
    conditions_expire: float = Field(3, gt=0, le=8_784, allow_inf_nan=False, description="hours")
    hot: int = Field(5, ge=1, le=50)
    topics: int = Field(8, ge=1, le=50)
    related: int = Field(4, ge=0, le=16)

    @field_validator("name", "city")
    @classmethod
    def _one_line(cls, value: str) -> str:
        if not is_one_line(value):
            raise ValueError("a control character, or another that XML forbids, cannot stand on pages and in feeds")
        return value

    @field_validator("name")
    @classmethod
    def _visible(cls, value: str) -> str:
        if is_blank(value):
            raise ValueError("nothing of it can be seen")
        return value

    @field_validator("timezone")
    @classmethod
    def _known(cls, value: str) -> str:
        try:
            ZoneInfo(value)
        except (ZoneInfoNotFoundError, ValueError, OSError):
            raise ValueError(f"no such time zone: {value}") from None
        return value

    @field_validator("base_url")
    @classmethod
    def _bare(cls, value: str) -> str:
        try:
            parts = urlsplit(value)
            port = parts.port  # brackets that do not match, and what is no host, are told here too
        except ValueError:
            raise ValueError(f"{value!r} has a host or a port that cannot be") from None
        if port == 0 or not parts.hostname or parts.netloc.endswith(":"):
            raise ValueError(f"{value!r} is an address that no reader can call: its host or port is missing, or 0")
        if not _HOST.fullmatch(parts.netloc):
            raise ValueError(f"{value!r} has a host that no address can have; other letters are written as xn--…")
        return value.rstrip("/")

    @property
    def path(self) -> str:
        """The path of its address, below which it is read: `/news`; mostly empty."""
        return urlsplit(self.base_url).path

    @property
    def host(self) -> str:
        """The host of its address."""
        return urlsplit(self.base_url).hostname or ""

    @cached_property
    def zone(self) -> ZoneInfo:
        """The time zone in which the site's days begin."""
        return ZoneInfo(self.timezone)

    def local(self, at: datetime) -> datetime:
        """`at` as the site's readers see it."""
        return at.astimezone(self.zone)

    @classmethod
    def read(cls, path: Path) -> "SiteSettings":
        """Read a `site.toml`; a file that is missing gives the defaults."""
        content = read_toml(path, missing={})
        try:
            return cls(**content)
        except ValidationError as error:
            raise WrongSetting(where(path, error)) from None

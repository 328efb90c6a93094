"""`sources.toml`: the upstreams that may post, and what each may sign with."""

import hashlib
import re
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field, SecretStr, ValidationError, field_validator

from shared.wrong import WrongSetting, read_toml, where

HASHED = "sha256:"
"""What a token begins with that is kept as its digest alone: 64 hexadecimal digits follow."""

_DIGEST = re.compile(f"{HASHED}[0-9a-fA-F]{{64}}")


class Source(BaseModel):
    """One upstream: what it may sign with. Several at once, so that secrets can be rotated."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    tokens: list[SecretStr] = Field(default_factory=list)
    hmac_secrets: list[SecretStr] = Field(default_factory=list)

    @field_validator("tokens", "hmac_secrets")
    @classmethod
    def _none_empty(cls, value: list[SecretStr]) -> list[SecretStr]:
        if any(not secret.get_secret_value().strip() for secret in value):
            raise ValueError("an empty secret")
        return value

    @field_validator("tokens")
    @classmethod
    def _as_headers_bring_them(cls, value: list[SecretStr]) -> list[SecretStr]:
        tokens = [secret.get_secret_value().strip() for secret in value]
        for token in tokens:
            if any(letter < " " or letter == "\x7f" for letter in token):
                raise ValueError("a control character, which no header can bring")
            if token.lower().startswith(HASHED) and not _DIGEST.fullmatch(token):
                raise ValueError(
                    f"after {HASHED} come the 64 hexadecimal digits of a token's SHA-256, and nothing else"
                )
        return [SecretStr(token) for token in tokens]


def read_sources(path: Path) -> dict[str, Source]:
    """Read a `sources.toml`; without any source that can sign it is an error, for ingest takes no unsigned work."""
    content = read_toml(path, missing=None)
    try:
        sources = _Sources(**content).sources
    except ValidationError as error:
        raise WrongSetting(where(path, error)) from None
    if not any(source.tokens or source.hmac_secrets for source in sources.values()):
        raise WrongSetting(f"{path}: no source has a token or an hmac_secret; ingest accepts no unsigned work")
    speakers: dict[bytes, str] = {}
    for name, source in sources.items():
        for token in source.tokens:
            if (other := speakers.setdefault(digest_of(token.get_secret_value()), name)) != name:
                raise WrongSetting(f"{path}: sources.{name}.tokens: {other} has one of them too; each needs its own")
    return sources


def digest_of(token: str) -> bytes:
    """The SHA-256 of a token, which may be kept as such alone."""
    if token.startswith(HASHED):
        return bytes.fromhex(token.removeprefix(HASHED))
    return hashlib.sha256(token.encode()).digest()


class _Sources(BaseModel):
    model_config = ConfigDict(extra="forbid")
    sources: dict[str, Source] = Field(default_factory=dict)

    @field_validator("sources")
    @classmethod
    def _plain(cls, value: dict[str, Source]) -> dict[str, Source]:
        for name in value:
            if not (name.isascii() and name.replace("-", "").replace("_", "").isalnum() and len(name) <= 64):
                raise ValueError(f"a source's name is 1 to 64 letters, digits, - and _, not these two alone: {name!r}")
        return value

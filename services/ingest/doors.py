"""Who may come in: bearer tokens and signatures of each source, several at once for rotation."""

import hashlib
import hmac
import secrets
from collections.abc import Callable, Mapping, Sequence
from typing import Literal, NoReturn

from services.ingest import signatures
from services.ingest.signatures import Raw
from shared.problems import Problem
from shared.sources import Source, digest_of

Kind = Literal["bearer", "superdesk", "ghost"]

_SIGNATURES: dict[Kind, Callable[[bytes, Raw, str | None], bool]] = {
    "superdesk": signatures.superdesk,
    "ghost": signatures.ghost,
}


class Doors:
    """The sources and how each proves itself.

    Tokens are kept as SHA-256 digests alone, and may stand so in the settings: `sha256:<hex>`. Everything is
    compared with everything, so that neither the answer nor its time says which part was wrong.
    """

    def __init__(self, upstreams: Mapping[str, Source]) -> None:
        self._tokens = {
            digest_of(token.get_secret_value()): name for name, source in upstreams.items() for token in source.tokens
        }
        most = max([1, *(len(source.hmac_secrets) for source in upstreams.values())])
        self._secrets = {
            name: _filled([secret.get_secret_value().encode() for secret in source.hmac_secrets], most)
            for name, source in upstreams.items()
        }
        self._nobody = _filled([], most)

    def bearer(self, header: str | None) -> str:
        """The source whose token an Authorization header carries; Problem 401 if there is none."""
        return self._speaker(header) or _refuse()

    def knock(self, source: str, headers: Mapping[str, str], kinds: Sequence[Kind]) -> bool:
        """Whether the source's token has come, before a body is read, or some signature, which is of the body; else
        Problem 401."""
        if "bearer" in kinds and self._speaker(headers.get("authorization")) == source:
            return True
        if not any(headers.get(_header(kind)) for kind in kinds if kind != "bearer"):
            _refuse()
        return False

    def signed(self, source: str, raw: Raw, headers: Mapping[str, str], kinds: Sequence[Kind]) -> None:
        """Ensure that the source sent this, by one of the kinds of proof; else Problem 401."""
        proven = False
        for kind in kinds:
            if kind == "bearer":
                proven |= self._speaker(headers.get("authorization")) == source
                continue
            for secret in self._secrets.get(source, self._nobody):
                proven |= _SIGNATURES[kind](secret, raw, headers.get(_header(kind)))
        if not proven:
            _refuse()

    def _speaker(self, header: str | None) -> str | None:
        scheme, _, token = (header or "").partition(" ")
        given = hashlib.sha256(_as_sent(token.strip())).digest()
        speaker = None
        for digest, name in self._tokens.items():
            if hmac.compare_digest(digest, given):
                speaker = name
        return speaker if scheme.lower() == "bearer" else None


def _header(kind: Kind) -> str:
    return f"x-{kind}-signature"


def _refuse() -> NoReturn:
    raise Problem(401, "This is not signed by a source that may send it.")


def _as_sent(text: str) -> bytes:
    """The bytes of a header's text: servers decode headers as Latin-1."""
    try:
        return text.encode("latin-1")
    except UnicodeEncodeError:
        return text.encode("utf-8", "surrogatepass")


def _filled(known: list[bytes], length: int) -> tuple[bytes, ...]:
    """As many secrets for each source, so that time does not tell sources apart; the added ones nobody knows."""
    return (*known, *(secrets.token_bytes(32) for _ in range(length - len(known))))

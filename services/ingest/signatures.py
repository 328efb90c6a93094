"""Signatures of what upstream systems push: pure, in constant time, and false for any nonsense in the header."""

import hashlib
import hmac
import re
from mmap import mmap

Raw = bytes | mmap

_GHOST = re.compile(r"\s*sha256=([0-9a-fA-F]{64})\s*(?:,\s*t=([0-9]{1,20})\s*)?")


def superdesk(secret: bytes, raw: Raw, header: str | None) -> bool:
    """Whether `header` is `sha1=` and the HMAC-SHA1 of the raw body, in hexadecimal of either case."""
    expected = "sha1=" + hmac.new(secret, raw, hashlib.sha1).hexdigest()
    return _same(expected, (header or "").strip().lower())


def ghost(secret: bytes, raw: Raw, header: str | None) -> bool:
    """Whether `header` is `sha256=<hex>, t=<ms>` over the body and t, or, as Ghost had it earlier, over the body alone.

    How old t is does not matter: what is sent again is unchanged or stale.
    """
    found = _GHOST.fullmatch(header or "")
    signature, stamp = (found[1].lower(), found[2] or "") if found else ("", "")
    plain = hmac.new(secret, raw, hashlib.sha256)
    stamped = plain.copy()
    stamped.update(stamp.encode())
    # both are compared whatever the first says
    return any([_same(stamped.hexdigest(), signature), _same(plain.hexdigest(), signature)])


def _same(expected: str, given: str) -> bool:
    return hmac.compare_digest(expected.encode(), given.encode("utf-8", "surrogatepass"))

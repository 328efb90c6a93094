"""Addresses as URIs (RFC 3986). Pure."""

import re
from urllib.parse import quote

_PLAIN = re.compile(r"[A-Za-z0-9_.~/-]*").fullmatch
_ADDRESS = re.compile(r"(https?://(?:\[[0-9A-Fa-f:.]+\])?)([^#]*)(#?)(.*)", re.DOTALL | re.IGNORECASE)
_NOT_IN_A_URI = re.compile(r"[^A-Za-z0-9._~!$&'()*+,;=:@/?%-]|%(?![0-9A-Fa-f]{2})")


def quoted(path: str) -> str:
    """A path, percent-encoded."""
    return path if _PLAIN(path) else quote(path)


def is_web_address(address: str) -> bool:
    """Whether it is one, in letters of whatever case, as ingest takes it (RFC 3986 §3.1)."""
    return address[: len("https://")].lower().startswith(("https://", "http://"))


def uri(address: str) -> str:
    """A web address as a URI (RFC 3986): what may not stand in one is percent-encoded, what is encoded stays."""
    start, path, mark, fragment = _ADDRESS.fullmatch(address).groups()  # type: ignore[union-attr]  # as all of them do
    return start + _encoded(path) + mark + _encoded(fragment)


def _encoded(part: str) -> str:
    return _NOT_IN_A_URI.sub(lambda found: quote(found[0], safe=""), part)

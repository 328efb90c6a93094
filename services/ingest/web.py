"""Web addresses in what strangers send. Pure."""

import re

WEB_ADDRESS = r"https?://[^/?#\s]\S*"
"""As a pattern, whatever the case of its letters."""
_WEB_ADDRESS = re.compile(WEB_ADDRESS, re.IGNORECASE)


def is_web_address(text: str) -> bool:
    """Whether this is a whole address that starts with http."""
    return _WEB_ADDRESS.fullmatch(text) is not None


def absolute(address: str) -> str:
    """The whole address of one that leaves it to the page how it is fetched."""
    return f"https:{address}" if address.startswith("//") else address

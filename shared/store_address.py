"""The store's address, as `PRESSRUN_REDIS_URL` gives it."""

import re
from urllib.parse import urlsplit

from redis.asyncio.connection import ConnectionPool

FORMS = (
    "not redis://host:port/0, rediss://…, unix:///path?db=0 or sentinel://host:port,host:port/name "
    "(what is special in a password stands there as %40, %2F, …)"
)
_DATABASE = re.compile(r"/?\d*/?", re.ASCII)


def parse_sentinel(url: str) -> tuple[list[tuple[str, int]], str]:
    """The sentinels' addresses and the name of the master in a `sentinel://` URL; ValueError if it lacks either."""
    hosts, _, name = url.removeprefix("sentinel://").partition("/")
    nodes = [(host, int(port or 26379)) for host, _, port in (node.partition(":") for node in hosts.split(","))]
    if not name or any(not host or not 0 < port < 65_536 for host, port in nodes):
        raise ValueError(FORMS)
    return nodes, name


def says_password(url: str) -> str:
    """The setting that the store's password is from: the address itself, if one stands there."""
    return "PRESSRUN_REDIS_URL" if urlsplit(url).password else "PRESSRUN_REDIS_PASSWORD"


def check_address(url: str) -> None:
    """ValueError if there can be no store at that URL; it does not repeat the URL, which may hold a password."""
    try:
        if url.startswith("sentinel://"):
            parse_sentinel(url)
            return
        ConnectionPool.from_url(url).make_connection()  # type: ignore[no-untyped-call]  # redis-py's; it connects later
        there = urlsplit(url)
    except (ValueError, TypeError):
        raise ValueError(FORMS) from None
    if not (there.path if there.scheme == "unix" else _DATABASE.fullmatch(there.path)):
        raise ValueError(FORMS)

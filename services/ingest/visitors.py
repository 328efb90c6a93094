"""Who a visitor is, without knowing who: the address as nginx tells it, and a mark that cannot be traced back.

A mark is a keyed hash of address, agent and article. Its key is the day's salt: random, kept in the store alone, and
thrown away 30 minutes after the day; then nothing leads from a mark to an address any more.
"""

import hashlib
import hmac
import re
import secrets
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from functools import lru_cache
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address
from typing import NamedTuple

from shared.site_settings import SiteSettings
from shared.store import Script, Store

SALTS = "views:salts"  # hash, day → salt; today's, and yesterday's for OVERLAP
OVERLAP = timedelta(minutes=30)

_WITH_PORT = re.compile(r"(?:([0-9.]+)|\[(.+)\])(?::[0-9]+)?")
"""As some balancers write it, each connection with another port: `192.0.2.7:4711`, `[2001:db8::7]:4711`."""

Network = IPv4Network | IPv6Network
Address = IPv4Address | IPv6Address


class Salts(NamedTuple):
    """Today's salt and, in the first minutes of a day, yesterday's."""

    today: bytes
    yesterday: bytes | None


class Client:
    """Finds out the address of a request's sender."""

    def __init__(self, edge_secret: str | None, trusted: Iterable[Network]) -> None:
        self._secret = edge_secret.encode() if edge_secret else None
        self._trusted = tuple(trusted)

    def address(self, headers: Mapping[bytes, bytes], peer: str) -> str:
        """The visitor's address: nginx's word if it proves itself, through proxies that are trusted; else the peer."""
        given = headers.get(b"x-pressrun-edge", b"")
        if self._secret is None or not hmac.compare_digest(given, self._secret):
            return peer
        client = headers.get(b"x-pressrun-client", b"").decode("latin-1")
        if not self._trusted or not self._trusts(client):
            return client or peer
        for hop in reversed(headers.get(b"x-forwarded-for", b"").decode("latin-1").split(",")):
            if (found := _address(hop)) is None:
                break  # what stands left of it was not written by a proxy that is trusted
            client = str(found)
            if not self._trusts(client):
                break
        return client

    def _trusts(self, text: str) -> bool:
        found = _address(text)
        return found is not None and any(found in network for network in self._trusted)


@lru_cache(maxsize=4096)
def network_of(address: str) -> str:
    """What floods are bounded by: an IPv4 address, or the /64 of an IPv6 one, which is one household's or host's."""
    if ":" not in address:
        return address
    found = _address(address)
    if isinstance(found, IPv6Address):
        return str(IPv6Network((int(found) >> 64 << 64, 64)))
    return str(found) if found else address


def mark(salt: bytes, *parts: bytes) -> bytes:
    """12 bytes that are the same for the same parts on the same day, and mean nothing to anyone."""
    return hashlib.blake2b(b"\0".join(parts), digest_size=12, key=salt).digest()


class DailySalts:
    """The salts of the site's day, shared by all replicas through the store."""

    def __init__(self, store: Store, site: SiteSettings) -> None:
        self._store = store
        self._site = site
        self._of: tuple[str, str] | None = None
        self._salts = Salts(b"", None)

    async def at(self, now: datetime) -> Salts:
        """The salts that hold now."""
        local = self._site.local(now)
        day, earlier = local.date().isoformat(), self._site.local(now - OVERLAP).date().isoformat()
        if self._of != (day, earlier):
            today, yesterday = await self._store.run(_SALTS, (SALTS,), [day, earlier, secrets.token_bytes(16)])
            self._salts = Salts(today, yesterday if earlier != day else None)
            self._of = (day, earlier)
        return self._salts


def _address(text: str) -> Address | None:
    text = text.strip()
    written = _WITH_PORT.fullmatch(text)
    try:
        found = ip_address(written[1] or written[2] if written else text)
    except ValueError:
        return None
    return getattr(found, "ipv4_mapped", None) or found


_SALTS = Script("""
local today, earlier = ARGV[1], ARGV[2]
redis.call('HSETNX', KEYS[1], today, ARGV[3])
for _, day in ipairs(redis.call('HKEYS', KEYS[1])) do
  -- one to come is that of a process whose clock is ahead
  if day < earlier then redis.call('HDEL', KEYS[1], day) end
end
return redis.call('HMGET', KEYS[1], today, earlier)
""")

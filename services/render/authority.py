"""Whose names the ids of feeds' entries are (RFC 4151 §2.1): those of the host that the site had first, for good.

`feeds:authority` that host; missing as long as the site has had none but this machine's own.
"""

from contextlib import suppress
from ipaddress import ip_address

from shared.site_settings import SiteSettings
from shared.store import Store

AUTHORITY = "feeds:authority"


async def settle_authority(store: Store, site: SiteSettings) -> None:
    """Note the site's host if it is the first: RFC 4287 §4.2.6 has an entry keep its id wherever it moves."""
    if not is_of_this_machine(site.host):
        await store.do("SET", AUTHORITY, site.host, "NX")


async def authority(store: Store, site: SiteSettings) -> str:
    """The host that ids are made with."""
    kept = await store.do("GET", AUTHORITY)
    return kept.decode() if kept else site.host


def is_of_this_machine(host: str) -> bool:
    """Whether a host is everybody's own machine, as that of a site is which nobody has given an address yet: two sites
    may not have the same ids."""
    with suppress(ValueError):
        return ip_address(host).is_loopback
    return host == "localhost" or host.endswith(".localhost")

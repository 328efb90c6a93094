"""Which page an address belongs to."""

import posixpath
import re
from urllib.parse import unquote_to_bytes

from services.render import keys
from services.render.output import gone, moved, page_file
from shared.articles import slug_key
from shared.store import Store

_FIXED = {
    "/": keys.FRONT,
    "/hot/": keys.HOT,
    "/sitemap.xml": keys.SITEMAPS,
    "/news-sitemap.xml": keys.NEWS,
    "/robots.txt": keys.FIXED,
}
_PATTERNS: tuple[tuple[re.Pattern[str], str], ...] = tuple(
    (re.compile(pattern), form)
    for pattern, form in (
        (r"/hot/(\d{4}-W\d{2})/", keys.chart("{0}")),
        (r"/_fragments/([a-z]+)\.html", "fragment:{0}"),
        (r"/sitemaps/(\d{4}-\d{2})-(\d+)\.xml", keys.sitemap("{0}", "{1}")),
        (r"/archive/(\d{4})/(\d{2})/", keys.archive("all", "{0}-{1}", 1)),
        (r"/archive/(\d{4})/(\d{2})/(\d{2})/", keys.archive("all", "{0}-{1}-{2}", 1)),
        (r"/archive/(\d{4})/(\d{2})/0*(\d+)/", keys.archive("all", "{0}-{1}", "{2}")),
        (r"/archive/(\d{4})/(\d{2})/(\d{2})/(\d+)/", keys.archive("all", "{0}-{1}-{2}", "{3}")),
        (r"/(topic|author)/([^/]+)/", keys.listing("{0}:{1}")),
        (r"/(topic|author)/([^/]+)/(\d{4})/(\d{2})/", keys.archive("{0}:{1}", "{2}-{3}", 1)),
        (r"/(topic|author)/([^/]+)/(\d{4})/(\d{2})/(\d+)/", keys.archive("{0}:{1}", "{2}-{3}", "{4}")),
        (r"/(?:feed\.xml|rss\.xml|feed\.json)", keys.feed("all")),
        (r"/(topic|author)/([^/]+)/(?:feed\.xml|rss\.xml|feed\.json)", keys.feed("{0}:{1}")),
        (r"/([^/]+)/(?:feed\.xml|rss\.xml|feed\.json)", keys.feed("section:{0}")),
        (r"/([^/_][^/]*)/(\d{4})/(\d{2})/", keys.archive("section:{0}", "{1}-{2}", 1)),
        (r"/([^/_][^/]*)/(\d{4})/(\d{2})/(\d+)/", keys.archive("section:{0}", "{1}-{2}", "{3}")),
        (r"/([^/_][^/]*)/", keys.listing("section:{0}")),
    )
)
_HOST = re.compile(r"^[a-z][a-z0-9+.-]*://[^/?#]*", re.IGNORECASE)


def path_of(address: str, below: str = "") -> str:
    """The path within the site that nginx sees in an address, whole or not: decoded, without host, query, fragment and
    detours, and without `below`, the path that the site itself stands at.

    A folder ends in its slash, whether asked for with it, without it or as `index.html`.
    """
    asked = re.split("[?#]", _HOST.sub("", address, count=1), maxsplit=1)[0]
    decoded = unquote_to_bytes(asked.encode(errors="replace")).decode(errors="replace")
    path = re.sub("/+", "/", f"/{decoded}")
    plain = posixpath.normpath(path)
    is_file = "." in posixpath.basename(plain) and not path.endswith("/")
    seen = plain.removesuffix("index.html") if is_file else f"{plain.rstrip('/')}/"
    return seen.removeprefix(below) if seen.startswith(f"{below}/") else seen


async def page_of(store: Store, path: str) -> str | None:
    """The key of the page that a path may lead to; None if no page has such a path."""
    if path in _FIXED:
        return _FIXED[path]
    if found := re.fullmatch(r"/(\d{4})/(\d{2})/(\d{2})/([^/]+)/", path):
        owner = await store.do("GET", slug_key("-".join(found.groups()[:3]), found[4]))
        return keys.article(owner.decode()) if owner else None
    for pattern, form in _PATTERNS:
        if found := pattern.fullmatch(path):
            return form.format(*found.groups())
    return None


def files_of(page: str, path: str) -> tuple[str, ...]:
    """What there is on disk if a page has this path, one of: the page, and of an article a redirect or a 410."""
    leads_elsewhere = (moved(path, path)[0], gone(path)) if keys.kind(page) == "article" else ()
    return (page_file(path), *leads_elsewhere)

"""The printer: a typed context in, the bytes of a file out. Everything that can be done once is done at start."""

import hashlib
import re
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from markupsafe import Markup, escape

from services.render import contexts
from services.render.compositor import TEMPLATES, Compositor
from services.render.contexts import Context
from services.render.typeset import article, feeds, lists
from services.render.typeset.desk import Desk
from services.render.typeset.ready import ready
from shared.schema import SCHEMA
from shared.site_settings import SiteSettings

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
STATIC = HERE / "static"
DECIDE = (
    "printer.py", "compositor.py", "edition.py", "related.py", "related_step.py", "affected.py", "output.py",
    "authority.py",
)  # fmt: skip
"""Modules that decide what a page looks like, beside those of the kinds of pages and of their type."""
SHARED = ("articles.py", "charts.py", "excerpts.py", "live.py", "media.py")
"""The same of the ground floor."""

_HASHED = re.compile(r"_static/[a-z-]+\.[0-9a-f]{12}\.(css|js)")

Setter = Callable[[Desk, Any], dict[str, Any]]

FORMS: dict[type, tuple[str, Setter]] = {
    contexts.Masthead: ("masthead.html", lists.masthead),
    contexts.Navigation: ("navigation.html", lists.navigation),
    contexts.HotFragment: ("hot-fragment.html", lists.hot_fragment),
    contexts.TopicsFragment: ("topics-fragment.html", lists.topics_fragment),
    contexts.ArticlePage: ("article.html", article.article),
    contexts.FrontPage: ("front.html", lists.front),
    contexts.ListPage: ("list.html", lists.listing),
    contexts.ArchivePage: ("archive.html", lists.archived),
    contexts.HotPage: ("hot.html", lists.hot),
    contexts.ChartPage: ("chart.html", lists.chart),
    contexts.ErrorPage: ("error.html", lists.error),
    contexts.AtomFeed: ("atom.xml", feeds.atom),
    contexts.RssFeed: ("rss.xml", feeds.rss),
    contexts.SitemapIndex: ("sitemap-index.xml", feeds.sitemap_index),
    contexts.Sitemap: ("sitemap.xml", feeds.sitemap),
    contexts.NewsSitemap: ("news-sitemap.xml", feeds.news_sitemap),
    contexts.Robots: ("robots.txt", feeds.robots),
}
BLOCKS = ("story.html", "card.html", "corrections.html", "atom-entry.xml", "rss-item.xml")
"""What stands on many pages as it is: the desk has each set once and keeps it."""


class Printer:
    """Prints the pages of one site."""

    def __init__(self, site: SiteSettings) -> None:
        self._desk = Desk(site, self._block)
        self._static = {_hashed(path): path.read_bytes() for path in sorted(STATIC.iterdir()) if path.is_file()}
        self._compositor = Compositor(self._known_of_the_site())
        self._blocks = {name: self._compositor.compile(name) for name in BLOCKS}
        self._forms = {kind: (self._compositor.compile(name), setter) for kind, (name, setter) in FORMS.items()}
        self.digest = _digest(site)

    def print(self, context: Context) -> bytes:
        """The file that shows this context."""
        # joined as bytes: one dash in a title would make the whole page a string of wide characters
        return b"".join(map(str.encode, self._pieces(context)))

    def _pieces(self, context: Context) -> Iterable[str]:
        if isinstance(context, contexts.JsonFeed):
            return feeds.json_feed(self._desk, context)
        template, setter = self._forms[type(context)]
        return self._compositor.pieces(template, setter(self._desk, context))

    def static_files(self) -> dict[str, bytes]:
        """The style sheet and the script, by path; the name changes with the content, so that caches may keep them."""
        return dict(self._static)

    def _block(self, name: str, shown: dict[str, Any]) -> Markup:
        set_in_type = "".join(self._compositor.pieces(self._blocks[name], shown))
        return ready(set_in_type.removesuffix("\n"))  # its template escapes

    def _known_of_the_site(self) -> dict[str, Any]:
        desk = self._desk
        names = {Path(path).suffix: desk.href(path) for path in self._static}
        return {
            "site_name": escape(desk.site.name),  # titles, to which it is compared, are escaped too
            "site_url": desk.base_url + "/",
            "site_language": desk.language,
            "site_attributes": desk.attributes,
            "site_home": desk.href("/"),
            "style": names[".css"],
            "script": names[".js"],
            "related_size": desk.site.related,
        }


def _hashed(path: Path) -> str:
    digest = hashlib.blake2b(path.read_bytes(), digest_size=6).hexdigest()
    return f"/_static/{path.stem}.{digest}{path.suffix}"


def is_of_another_version(path: str) -> bool:
    """Whether it may be the style or script of another version, to which pages in caches and browsers still lead."""
    return bool(_HASHED.fullmatch(path))


def _digest(site: SiteSettings) -> str:
    """Of all that decides what a page looks like beside what there is in the store: templates, what is written of
    articles and which ones a page shows, the site's settings; and how the store is written, since an older version may
    have shown less of it."""
    digest = hashlib.blake2b(f"{SCHEMA} {site.model_dump_json()}".encode(), digest_size=16)
    for path in deciding():
        digest.update(f"\0{path.parent.name}/{path.name}\0".encode())
        digest.update(path.read_bytes())
    return digest.hexdigest()


def deciding() -> list[Path]:
    """The files that decide what a page looks like."""
    return sorted([*filter(_decides, HERE.rglob("*")), *(ROOT / "shared" / name for name in SHARED)])


def _decides(path: Path) -> bool:
    code = path.suffix == ".py" and (path.parent.name in ("pages", "typeset", "contexts") or path.name in DECIDE)
    return path.is_file() and (code or path.parent in (TEMPLATES, STATIC))

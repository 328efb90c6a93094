"""The printer: a typed context in, the bytes of a file out. Everything that can be done once is done at start."""

import hashlib
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

from jinja2 import Environment, StrictUndefined, Template, nodes, select_autoescape
from markupsafe import escape

from services.render import contexts
from services.render.contexts import Context
from services.render.typeset import article, feeds, lists
from services.render.typeset.desk import Desk
from shared.settings import Site

HERE = Path(__file__).parent
TEMPLATES = HERE / "templates"
STATIC = HERE / "static"

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
    contexts.AtomFeed: ("atom.xml", feeds.feed),
    contexts.RssFeed: ("rss.xml", feeds.feed),
    contexts.SitemapIndex: ("sitemap-index.xml", feeds.sitemap_index),
    contexts.Sitemap: ("sitemap.xml", feeds.sitemap),
    contexts.NewsSitemap: ("news-sitemap.xml", feeds.news_sitemap),
    contexts.Robots: ("robots.txt", feeds.robots),
}


class Printer:
    """Prints the pages of one site."""

    def __init__(self, site: Site) -> None:
        self._desk = Desk(site)
        self._static = {_hashed(path): path.read_bytes() for path in sorted(STATIC.iterdir()) if path.is_file()}
        self._constants = self._known_of_the_site()
        environment = Environment(
            undefined=StrictUndefined,
            autoescape=select_autoescape(("html", "xml"), default_for_string=True),
            keep_trailing_newline=True,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        self._forms = {kind: (self._compile(environment, name), setter) for kind, (name, setter) in FORMS.items()}
        self.digest = _digest(site)

    def print(self, context: Context) -> bytes:
        """The file that shows this context."""
        if isinstance(context, contexts.JsonFeed):
            return feeds.json_feed(self._desk, context).encode()
        template, setter = self._forms[type(context)]
        return self._set(template, setter(self._desk, context))

    def static_files(self) -> dict[str, bytes]:
        """The style sheet and the script, by path; the name changes with the content, so that caches may keep them."""
        return dict(self._static)

    def _compile(self, environment: Environment, name: str) -> Template:
        """Compile a template with what is known of the site set in type: that is escaped once, not for every page."""
        tree = environment.parse(_source(name), name)
        for output in tree.find_all(nodes.Output):
            output.nodes = [self._known(node) for node in output.nodes]
        return Template.from_code(environment, environment.compile(tree, name), {})

    def _known(self, node: nodes.Expr) -> nodes.Expr:
        if isinstance(node, nodes.Name) and node.name in self._constants:
            return nodes.TemplateData(str(escape(self._constants[node.name])))
        return node

    def _set(self, template: Template, shown: dict[str, Any]) -> bytes:
        # What Template.render does, without merging its chain of globals for every page.
        frame = template.new_context(self._constants | shown, shared=True)
        return "".join(template.root_render_func(frame)).encode()

    def _known_of_the_site(self) -> dict[str, Any]:
        desk = self._desk
        names = {Path(path).suffix: desk.href(path) for path in self._static}
        return {
            "site_name": desk.site.name,
            "site_url": desk.base_url + "/",
            "site_language": desk.language,
            "site_attributes": desk.attributes,
            "site_home": desk.href("/"),
            "style": names[".css"],
            "script": names[".js"],
            "related_size": desk.site.related,
        }


def _source(name: str) -> str:
    """A template with its `{% include %}` put in place, so that a page costs no look-up of another one."""
    text = (TEMPLATES / name).read_text(encoding="utf-8")
    return re.sub(r'\{% include "([a-z-]+\.[a-z]+)" %\}\n?', lambda found: _source(found[1]), text)


def _hashed(path: Path) -> str:
    digest = hashlib.blake2b(path.read_bytes(), digest_size=6).hexdigest()
    return f"/_static/{path.stem}.{digest}{path.suffix}"


def _digest(site: Site) -> str:
    """Of all that decides what a page looks like beside its context: templates, this code, the site's settings."""
    digest = hashlib.blake2b(site.model_dump_json().encode(), digest_size=16)
    for path in sorted(path for path in HERE.rglob("*") if _decides(path)):
        digest.update(f"\0{path.relative_to(HERE)}\0".encode())
        digest.update(path.read_bytes())
    return digest.hexdigest()


def _decides(path: Path) -> bool:
    code = path.suffix == ".py" and (path.parent.name in ("typeset", "contexts") or path.name == "printer.py")
    return path.is_file() and (code or path.parent in (TEMPLATES, STATIC))

"""What each template may show: one frozen value per template, made by `pages`, printed by `printer`.

Nothing here reads a store or a clock. Paths are not percent-encoded; moments are aware.
"""

from services.render.contexts.addresses import Kind, archive, home, parts_of
from services.render.contexts.feeds import (
    AtomFeed,
    Entry,
    Feed,
    JsonFeed,
    NewsSitemap,
    Robots,
    RssFeed,
    Sitemap,
    SitemapIndex,
)
from services.render.contexts.fragments import HotFragment, Masthead, Navigation, TopicCard, TopicsFragment
from services.render.contexts.pages import (
    ArchivePage,
    ArticlePage,
    ChartEntry,
    ChartPage,
    ErrorPage,
    FrontPage,
    HotPage,
    ListPage,
)

__all__ = [
    "ArchivePage",
    "ArticlePage",
    "AtomFeed",
    "ChartEntry",
    "ChartPage",
    "Context",
    "Entry",
    "ErrorPage",
    "Feed",
    "FrontPage",
    "HotFragment",
    "HotPage",
    "JsonFeed",
    "Kind",
    "ListPage",
    "Masthead",
    "Navigation",
    "NewsSitemap",
    "Robots",
    "RssFeed",
    "Sitemap",
    "SitemapIndex",
    "TopicCard",
    "TopicsFragment",
    "archive",
    "home",
    "parts_of",
]

Context = (
    Masthead
    | Navigation
    | HotFragment
    | TopicsFragment
    | ArticlePage
    | FrontPage
    | ListPage
    | ArchivePage
    | HotPage
    | ChartPage
    | ErrorPage
    | AtomFeed
    | RssFeed
    | JsonFeed
    | SitemapIndex
    | Sitemap
    | NewsSitemap
    | Robots
)

"""Page keys: what a page is called in the dirty set, and how long it may wait its turn under load.

`article:{id}` · `front` · `list:{name}` (a section, topic or author) · `hot` · `chart:{week}` ·
`archive:{list}|{period}|{n}` · `feed:{list}` · `sitemap-index` · `sitemap:{month}|{n}` · `news-sitemap` ·
`fragment:{masthead,navigation,hot,topics}` · `fixed` (error pages, robots, static files) ·
`picture:{address}`, no page but the public files of a picture, which are told of ·
`extra`, what is in the site's folder and of no page, told of when a repair takes it away ·
`near:…`, no page but a look at which pages there are around an article (`neighbours`)
"""

FRONT = "front"
HOT = "hot"
SITEMAPS = "sitemap-index"
NEWS = "news-sitemap"
FIXED = "fixed"
EXTRA = "extra"
MASTHEAD = "fragment:masthead"
NAVIGATION = "fragment:navigation"
HOT_BLOCK = "fragment:hot"
TOPICS_BLOCK = "fragment:topics"
FRAGMENTS = (MASTHEAD, NAVIGATION, HOT_BLOCK, TOPICS_BLOCK)

SOON, LATER, LAST = 100, 750, 8_000
FIRST = (FRONT, *FRAGMENTS)
"""What goes before all other pages that have waited as long as they may."""

UNHURRIED = ("feed", "archive", "sitemap", "sitemap-index", "news-sitemap")
"""Kinds of pages that nobody misses for some seconds."""
_PATIENCE = {"front": SOON, "fragment": SOON} | dict.fromkeys(UNHURRIED, LAST)


def article(ident: str) -> str:
    """The page of an article."""
    return f"article:{ident}"


def listing(name: str) -> str:
    """The page of a list: the front page for `all`, else a section's, topic's or author's."""
    return FRONT if name == "all" else f"list:{name}"


def feed(name: str) -> str:
    """The feeds of a list, in all three formats."""
    return f"feed:{name}"


def archive(name: str, period: str, page: int | str) -> str:
    """A page of a list's archive of a month or a day."""
    return f"archive:{name}|{period}|{page}"


def sitemap(month: str, part: int | str) -> str:
    """A part of the sitemap of a month."""
    return f"sitemap:{month}|{part}"


def picture(address: str) -> str:
    """The public files of a picture, by the address of the widest."""
    return f"picture:{address}"


def chart(week: str) -> str:
    """The chart of a finished week (`2025-W30`)."""
    return f"chart:{week}"


def kind(key: str) -> str:
    """The kind of page."""
    return key.partition(":")[0]


def name(key: str) -> str:
    """What a page is called among those of its kind: an article's id, a list's name; empty where there is one alone."""
    return key.partition(":")[2]


NEIGHBOUR = LAST // 2
"""Patience of the look around an article that changed, and then of the pages around it."""


def patience(key: str) -> int:
    """Milliseconds for which new articles go before this page, counted from its first mark."""
    return _PATIENCE.get(kind(key), LATER)


MIDNIGHT_DUE = "midnight"
CONDITIONS_DUE = "conditions"
LEAD_DUE = "lead"
NEWS_DUE = "news"

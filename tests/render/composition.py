"""One of everything: a story with a text in every field, and a context of it for every template."""

import re
from datetime import UTC, datetime, timedelta

from services.render import contexts as c
from services.render.printer import FORMS, Printer
from shared.articles import Article, Correction, Image, Term
from shared.conditions import Conditions
from shared.site_settings import SiteSettings

NOW = datetime(2025, 7, 26, 9, 30, tzinfo=UTC)
SITE = SiteSettings(name="Baghdad Courier", base_url="https://courier.example", timezone="Asia/Baghdad", city="Baghdad")
PAYLOADS = [
    "<script>alert(1)</script>",
    '<!--# include virtual="/_fragments/hot.html" -->',
    "--><!--#exec cmd='id' -->",
    "</script><script>alert(1)</script>",
    "\"'><img src=x onerror=alert(1)>",
    "]]></title><x>",
    "javascript:alert(1)",
    "{{ 7*7 }}{% raw %}&amp;&lt;",
    "a\u2028b\u2029c",
    "</textarea></title></style><svg onload=alert(1)>",
]
FRAGMENTS = {"masthead": c.Masthead, "navigation": c.Navigation, "hot": c.HotFragment, "topics": c.TopicsFragment}
PAGES = [kind for kind, (name, _) in FORMS.items() if name.endswith(".html") and kind not in FRAGMENTS.values()]


def story(text: str = "Words", language: str | None = None, url: str = "https://wire.example/x") -> Article:
    """An article with `text` in every field that an upstream fills."""
    term = Term(slug="words", name=text, url=url)
    return Article(
        id="abcdefghijklmnop",
        source="wire",
        guid=text,
        revision=1,
        version=1,
        state="published",
        digest="d",
        accepted_at=NOW,
        published_at=NOW,
        updated_at=NOW + timedelta(hours=1),
        headline=text,
        summary=text,
        section=term,
        topics=(term, Term(slug="security", name="Security")),
        authors=(term,),
        language=language,
        day="2025-07-26",
        slug="words",
        image=Image(
            url="/media/a b.jpg", alt=text, credit=text, caption=text, width=1200, height=800, widths=(640, 1280)
        ),
        corrections=(Correction(text=text, at=NOW),),
        source_url=url,
    )


def contexts_of(article: Article, site: SiteSettings = SITE, body: str = "<p>Body</p>") -> dict[type, c.Context]:
    """One context for every template."""
    card, term = article.card(), article.topics[0]
    cards, entries = (card, card), (c.Entry(article, body, site.host),)
    made: list[c.Context] = [
        c.Masthead(site, NOW, Conditions(city=article.headline[:100], temperature_c=47.6, at=NOW)),
        c.Navigation(site, (term,)),
        c.HotFragment(site, cards),
        c.TopicsFragment(site, (c.TopicCard(term, card), c.TopicCard(None, card))),
        c.ArticlePage(site, article, body, cards),
        c.FrontPage(site, (card,), (card,) * 7, ("2025-07",)),
        c.ListPage(site, "topic", term, cards, ("2025-07",)),
        c.ArchivePage(site, "author", term, "2025-07", 2, cards, 1, 3, ("2025-07-26",)),
        c.HotPage(site, cards, ("2025-W30",)),
        c.ChartPage(site, "2025-W30", (c.ChartEntry(1, 20, card), c.ChartEntry(3, 1, card))),
        c.ErrorPage(site, 404),
        c.AtomFeed(site, "topic", term, NOW, entries),
        c.RssFeed(site, "topic", term, NOW, entries),
        c.JsonFeed(site, "topic", term, NOW, entries),
        c.SitemapIndex(site, ("2025-07-1",)),
        c.Sitemap(site, cards),
        c.NewsSitemap(site, cards),
        c.Robots(site),
    ]
    return {type(context): context for context in made}


def inlined(printer: Printer, made: dict[type, c.Context], kind: type) -> str:
    """A page as readers get it, with its fragments in place."""
    include = re.compile(r'<!--# include virtual="/_fragments/(\w+)\.html" -->')
    return include.sub(
        lambda found: printer.print(made[FRAGMENTS[found[1]]]).decode(), printer.print(made[kind]).decode()
    )

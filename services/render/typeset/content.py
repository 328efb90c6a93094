"""What an article says: its body as ingest cleaned it, and the corrections below; on its page, and in feeds."""

from typing import Any

from markupsafe import Markup

from services.render.typeset.desk import Desk
from services.render.typeset.ready import ready
from shared.articles import Article


def on_page(body: str) -> Markup:
    """The body on the article's page.

    A cleaner may leave `<` in attribute values as it is, which is right in HTML, but nginx looks for `<!--#`
    everywhere. The body has no comments, so that `<!--` can only stand in a value, where the reference means the same.
    """
    return ready(body.replace("<!--", "&lt;!--"))


def in_feed(desk: Desk, article: Article, body: str) -> str:
    """The body in a feed, whose readers have no page below it: with the corrections, as HTML."""
    if not article.corrections:
        return body
    return "\n".join((body, str(desk.set_block("corrections.html", corrections(desk, article)))))


def corrections(desk: Desk, article: Article) -> dict[str, Any]:
    """What `corrections.html` shows; `chrome` are the attributes of the site's own words in another language's text."""
    language = (article.language or desk.language).replace("_", "-")
    return {
        "corrections": [(correction.text, desk.stamp(correction.at)) for correction in article.corrections],
        "chrome": desk.attributes if language != desk.language else "",
    }

"""What search engines read: JSON-LD of an article (schema.org NewsArticle) and of the site (WebSite)."""

from typing import Any

from markupsafe import Markup
from pydantic_core import to_json

from services.render.contexts import home
from services.render.typeset.desk import Desk
from services.render.typeset.ready import ready
from services.render.typeset.uris import is_web_address
from shared.articles import Article, Term
from shared.excerpts import beginning

HEADLINE_LENGTH = 110
DESCRIPTION_LENGTH = 155


def script_safe(value: dict[str, Any]) -> Markup:
    """JSON that can stand in a script element: it can neither close it nor open a comment or an SSI directive."""
    text = to_json(value).decode()
    for character, escape in _UNSAFE:
        if character in text:
            text = text.replace(character, escape)
    return ready(text)  # every character that means something to HTML is escaped above


_UNSAFE = tuple((character, f"\\u{ord(character):04x}") for character in "<>&\u2028\u2029")


def news_article(desk: Desk, article: Article, url: str, published: str, modified: str, picture: str) -> Markup:
    """The NewsArticle of an article's page."""
    found: dict[str, Any] = {
        "@context": "https://schema.org",
        "@type": "NewsArticle",
        "mainEntityOfPage": url,
        "headline": shorten(article.headline),
        "datePublished": published,
        "dateModified": modified,
        "inLanguage": desk.language_of(article),
        "publisher": {"@type": "NewsMediaOrganization", "name": desk.site.name, "url": desk.base_url + "/"},
        "author": [_person(desk, author) for author in article.authors]
        or [{"@type": "Organization", "name": desk.site.name, "url": desk.base_url + "/"}],
    }
    if article.summary:
        found["description"] = article.summary
    if picture:
        found["image"] = [picture]
    if article.section:
        found["articleSection"] = article.section.name
    if article.topics:
        found["keywords"] = [topic.name for topic in article.topics]
    if article.corrections:
        found["correction"] = [
            {"@type": "CorrectionComment", "text": correction.text, "datePublished": desk.iso(correction.at)}
            for correction in article.corrections
        ]
    if article.source_url and is_web_address(article.source_url):
        found["isBasedOn"] = article.source_url
    return script_safe(found)


def website(desk: Desk) -> Markup:
    """The WebSite of the front page: by what name search engines call the site."""
    return script_safe(
        {"@context": "https://schema.org", "@type": "WebSite", "name": desk.site.name, "url": desk.base_url + "/"}
    )


def shorten(text: str, length: int = HEADLINE_LENGTH) -> str:
    """A text within the length that search engines advise, cut at a word."""
    if len(text) <= length:
        return text
    return beginning(text, length - 1).rstrip(" ,;:–-·") + "…"


def _person(desk: Desk, author: Term) -> dict[str, str]:
    url = author.url if author.url and is_web_address(author.url) else None
    return {"@type": "Person", "name": author.name, "url": url or desk.absolute(home("author", author))}

"""An article's page, in words that its template prints as they are."""

from datetime import timedelta
from typing import Any

from markupsafe import Markup

from services.render.contexts import ArticlePage
from services.render.typeset.desk import Desk, Stamp
from services.render.typeset.language import direction
from services.render.typeset.ready import escaped, ready
from services.render.typeset.structured import news_article
from shared.articles import Article
from shared.excerpts import excerpt

DESCRIPTION_LENGTH = 155
UPDATE_WORTH_TELLING = timedelta(minutes=1)


def article(desk: Desk, page: ArticlePage) -> dict[str, Any]:
    """What `article.html` shows."""
    story = page.article
    url = desk.absolute(story.path)
    published = desk.stamp(story.published_at)
    updated = _updated(desk, story)
    modified = updated.iso if updated else published.iso
    picture = desk.picture(story.image)
    image_url = desk.absolute(story.image.url) if story.image and picture else ""
    language = (story.language or desk.language).replace("_", "-")
    headline = escaped(story.headline)
    return {
        "page_language": language,
        "page_direction": direction(language),
        "feeds": desk.home,
        "chrome": desk.attributes if language != desk.language else "",
        "id": story.id,
        "headline": headline,
        "title": headline,
        "canonical": escaped(url),
        "description": escaped(excerpt(story.summary or story.opening, DESCRIPTION_LENGTH)),
        "standfirst": "" if story.summary and _repeats(story) else story.summary,
        "published": published,
        "updated": updated,
        "modified": modified,
        "section": desk.section(story.section),
        "topics": [desk.topic(topic) for topic in story.topics],
        "authors": [desk.author(author) for author in story.authors],
        "picture": picture,
        "image_url": image_url,
        "corrections": [(correction.text, desk.stamp(correction.at)) for correction in story.corrections],
        "structured": news_article(desk, story, url, published.iso, modified, image_url),
        "body": safe_body(page.body),
        "related": desk.briefs(page.related),
    }


def safe_body(body: str) -> Markup:
    """The cleaned body, as HTML.

    A cleaner may leave `<` in attribute values as it is, which is right in HTML, but nginx looks for `<!--#`
    everywhere. The body has no comments, so that `<!--` can only stand in a value, where the reference means the same.
    """
    return ready(body.replace("<!--", "&lt;!--"))


def _repeats(story: Article) -> bool:
    """Whether the summary only says what the body opens with."""
    told, opening = " ".join(story.summary.split()), " ".join(story.opening.split())
    return bool(told and opening) and (opening.startswith(told) or told.startswith(opening))


def _updated(desk: Desk, story: Article) -> Stamp | None:
    if story.updated_at is None or story.updated_at - story.published_at < UPDATE_WORTH_TELLING:
        return None
    return desk.stamp(story.updated_at)

"""An article's page, in words that its template prints as they are."""

import html
import re
from datetime import timedelta
from typing import Any, NamedTuple
from unicodedata import normalize

from services.render.contexts import ArticlePage
from services.render.typeset.content import corrections, on_page
from services.render.typeset.desk import COLUMN, COLUMN_PIXELS, Desk, sizes_within
from services.render.typeset.ready import escaped
from services.render.typeset.structured import DESCRIPTION_LENGTH, news_article
from shared.articles import Article, Image
from shared.excerpts import excerpt

DATELINE_LENGTH = 60
CUT_OPENING = 150  # an opening that is cut is longer
LONGEST = 2_000  # characters of a summary, which senders may have written megabytes of; an opening is shorter
UPDATE_WORTH_TELLING = timedelta(minutes=1)
TALLEST = 600  # a picture; on a screen that is lower `press.css` makes it lower
_CAPTION = re.compile(r"<figcaption\b[^<>]*>(.*?)</figcaption>", re.DOTALL)
_TAG = re.compile(r"<[^<>]*>")
_BETWEEN = re.compile(r"[\W_]+")


class Room(NamedTuple):
    """How large a picture is at the most where it stands: a browser keeps that free while the picture comes."""

    width: int
    height: int


def article(desk: Desk, page: ArticlePage) -> dict[str, Any]:
    """What `article.html` shows."""
    story = page.article
    url = desk.absolute(story.path)
    modified_at = story.modified_at
    published = desk.stamp(story.published_at)
    modified = published if modified_at == story.published_at else desk.stamp(modified_at)
    picture = desk.picture(story.image)
    room = _room(story.image)
    image_url = desk.absolute(story.image.url) if story.image and picture else ""
    headline = escaped(story.headline)
    return {
        "page_language": desk.language_of(story),
        "page_direction": desk.direction_of(story),
        "feeds": desk.home,
        "feeds_name": desk.name,
        **corrections(desk, story),
        "id": story.id,
        "headline": headline,
        "title": headline,
        "canonical": escaped(url),
        "description": escaped(excerpt(story.summary or story.opening, DESCRIPTION_LENGTH)),
        "standfirst": story.summary if story.summary and not _repeats(story) else "",
        "published": published,
        "updated": modified if modified_at - story.published_at >= UPDATE_WORTH_TELLING else None,
        "modified": modified.iso,
        "section": desk.section(story.section),
        "topics": [desk.topic(topic) for topic in story.topics],
        "authors": [desk.author(author) for author in story.authors],
        "picture": picture,
        "credit": _credit(story.image) if story.image and story.image.credit else "",
        "room": room,
        "picture_sizes": sizes_within(COLUMN, COLUMN_PIXELS, room.width if room else None),
        "is_pictured": story.image is not None and not _shows(page.body, story.image),
        "image_url": image_url,
        "structured": news_article(desk, story, url, published.iso, modified.iso, image_url),
        "body": on_page(desk, page.body),
        "related": desk.briefs(page.related),
    }


def _room(image: Image | None) -> Room | None:
    """A tall picture is shown smaller than it is."""
    if image is None or not image.width or not image.height:
        return None
    height = min(image.height, TALLEST)
    return Room(max(round(image.width * height / image.height), 1), height)


def _credit(image: Image) -> str:
    """Whose picture it is, where its caption does not say that: agencies write the credit into both."""
    before, told, after = image.caption.partition(image.credit)
    is_told = told and not (before[-1:].isalnum() or after[:1].isalnum())  # a part of a word says nothing
    return "" if is_told else image.credit


def _shows(body: str, image: Image) -> bool:
    """Whether the body shows the article's picture itself, with its credit and its caption, or another one that was
    written for this place: upstream systems often have no other picture to give."""
    at = body.find(f' src="{html.escape(image.url)}"')
    caption, credit = (html.escape(text, quote=False) for text in (image.caption, image.credit))
    return at >= 0 and credit in body and (caption in body or _is_captioned(body, at, credit))


def _is_captioned(body: str, at: int, credit: str) -> bool:
    """Whether the figure around what stands there has a caption that says more than whose it is."""
    begins, ends = body.rfind("<figure", 0, at), body.find("</figure>", at)
    figure = body[begins:ends] if 0 <= begins < ends else ""
    if "<figure" in figure[1:] or "</figure>" in figure:
        return False
    return any(_TAG.sub("", told).replace(credit, "").strip() for told in _CAPTION.findall(figure))


def _repeats(story: Article) -> bool:
    """Whether the summary only says what the body opens with, after an agency's dateline perhaps."""
    if not any(story.summary[at : at + 6] in story.opening for at in (2, 12)):
        return False  # most summaries are words of their own, as a glance tells
    told, opening = _letters(story.summary[:LONGEST]), _letters(story.opening)
    begins = opening.find(told[:CUT_OPENING])
    is_there = bool(told) and 0 <= begins <= min(DATELINE_LENGTH, len(told))
    return is_there and told.startswith(opening[begins:][: len(told)])


def _letters(text: str) -> str:
    """The letters and numbers of a text, raised and lowered ones too: a summary that a system took from the body has
    them so, a blank where a link ended, a dash where somebody is quoted, and an ellipsis in the end."""
    return _BETWEEN.sub("", normalize("NFKC", text))

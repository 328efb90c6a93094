"""WordPress REST posts (https://developer.wordpress.org/rest-api/reference/posts/), as the plugin of ours sends them.

Names of categories, tags and authors, and the picture, are read from `_embedded`; without it they are unknown.
WordPress gives no version: `modified_gmt` decides.
"""

import re
from datetime import datetime
from typing import Any
from urllib.parse import unquote

from services.ingest.draft import Draft, Ignored, Picture, Reading, Status
from services.ingest.formats import wordpress_plugins as plugins
from services.ingest.formats.bounds import MAX_GUID, MAX_NAME
from services.ingest.formats.reading import (
    Members,
    authors,
    dicts,
    members_of,
    names,
    plain,
    shorten,
    slug,
    web_address,
)
from services.ingest.formats.wordpress_body import plain_body
from services.ingest.formats.words import begins_with, first_words
from services.ingest.references import unescape

_NEVER = ("0000-00-00", "-0001-11-30")  # what WordPress keeps for a moment that is not set yet, and PHP's reading of it
_MORE = re.compile(r"<a\b[^<>]*\b(?:more-link|read-?more)\b[^<>]*>.*?</a>", re.IGNORECASE | re.DOTALL)
# a last paragraph that leads to the post itself: Jetpack says there that one can subscribe where the post has its form
_HERE = re.compile(r"""<p>\s*<a\b[^<>]*\shref=["']([^"'<>]+)["'][^<>]*>[^<]*</a>[^<]*</p>\s*\Z""")
_LAST = 1000  # characters, where it stands: hostile HTML must not cost more than its length
_CUT = re.compile(r"\s*(?:\[\s*(?:…|\.\.\.)\s*\]|…|\.\.\.)\Z")
# a footnote's number, which no excerpt has
_NUMBER = re.compile(r"<sup\b(?=[^<>]*\bdata-fn=)[^<>]*>\s*<a\b[^<>]*>\d+</a>\s*</sup>")
_STATUS: dict[str, Status] = {"publish": "usable", "future": "usable", "trash": "canceled"}
# WordPress's own types but `post`; types of plugins and themes may well be articles
_OWN = (
    "page attachment revision nav_menu_item custom_css customize_changeset oembed_cache user_request wp_block"
    " wp_template wp_template_part wp_global_styles wp_navigation wp_font_family wp_font_face"
)
_NO_ARTICLES = frozenset(_OWN.split())
# The REST API says no type of revisions: what an editor has saved by the way is not for everyone, and has no status
_REVISION = re.compile(r"[0-9]+-(?:revision|autosave)-v[0-9]+")

_Term = tuple[str, str, Any]
"""Taxonomy, name and id of a category, a tag or the like."""


def read(content: Any) -> Reading:
    """The article, what the post is instead, or everything that is wrong with it."""
    post = members_of(content, "id")
    if isinstance(post, list):
        return post
    if deleted := post.get("deleted") is True:  # what the REST API says of a post that has gone for good
        post = post.object("previous")
    guid = _guid(post)
    kind = post.text("type").lower() or ("revision" if _REVISION.fullmatch(post.text("slug")) else "")
    if kind in _NO_ARTICLES:
        return post.faults or Ignored(f"a post of the type {kind} is no article", guid)
    draft = _deleted(post, guid) if deleted else _draft(post, guid)
    return post.faults or draft


def _draft(post: Members, guid: str) -> Draft:
    embedded = post.object("_embedded")
    terms = [term for _, group in embedded.items("wp:term") for term in _group(embedded, group)]
    status = _status(post)
    body = plain_body(_rendered(post, "content"), post.text("link"))
    summary = _summary(post, guid, body)
    headline = shorten(plain(_rendered(post, "title"))) or first_words(body, summary)
    if status == "usable" and not headline:
        post.wrong("title", "The post has neither a title nor words in its body; send one.")
    named = post.text("slug")
    published_at = _moment(post, "date_gmt")
    return Draft(
        guid=guid,
        status=status,
        headline=headline,
        body_html=plugins.disclaimers(post) + body,
        summary=summary,
        section=_section(post, terms),
        topics=names([name for taxonomy, name, _ in terms if taxonomy == "post_tag"]),
        authors=plugins.bylined(post) or authors(plugins.signed(embedded.objects("author"))),
        language=plugins.language_of(post),
        published_at=published_at,
        withholds=post.text("status").lower() == "future",
        updated_at=_updated_at(post, published_at),
        slug=None if named.endswith("__trashed") else slug(unquote(named)),
        corrections=plugins.corrections(post),
        image=_image(embedded, post.plain("featured_media_credit")),
        source_url=web_address(post.text("link")) if status == "usable" else None,
    )


def _deleted(previous: Members, guid: str) -> Draft:
    return Draft(guid=guid, status="canceled", updated_at=_moment(previous, "modified_gmt"))


def _guid(post: Members) -> str:
    """The post's id: it stays, whatever happens to addresses."""
    ident = post.get("id")
    if isinstance(ident, int) and not isinstance(ident, bool):
        return str(ident)
    text = post.text("id")
    if (isinstance(ident, str) or ident is None) and not 0 < len(text) <= MAX_GUID:
        post.wrong("id", "The post is not identified; send its id.")
    return text


def _status(post: Members) -> Status:
    """Only `publish` and `future` are for everyone. Drafts, private posts, and what plugins add, are withheld."""
    told = post.text("status").lower() or "publish"
    content = post.get("content")
    if post.text("password") or (isinstance(content, dict) and content.get("protected") is True):
        return "withheld"
    return "withheld" if plugins.is_for_subscribers(post) else _STATUS.get(told, "withheld")


def _rendered(post: Members, name: str) -> str:
    """`{"rendered": …}`, or the text itself, which webhook plugins send."""
    return post.text(name) if isinstance(post.get(name), str) else post.object(name).text("rendered", "raw")


def _summary(post: Members, guid: str, body: str) -> str:
    """The excerpt, if somebody has written one: WordPress makes it of the body's first words otherwise, and the page
    would say them twice. Else the subtitle."""
    told = _rendered(post, "excerpt")
    last = _MORE.sub("", told[-_LAST:])  # themes add a link to the rest
    if (here := _HERE.search(last)) and _is_own_address(post, guid, unescape(here[1])):
        last = last[: here.start()]
    excerpt = plain(told[:-_LAST] + last)
    is_made = begins_with(_NUMBER.sub("", body), _CUT.sub("", excerpt), is_cut=bool(_CUT.search(excerpt)))
    written = "" if is_made else excerpt
    return written or plugins.subtitle(post)


def _is_own_address(post: Members, guid: str, address: str) -> bool:
    return address == post.text("link") or address.endswith((f"?p={guid}", f"&p={guid}"))


def _moment(post: Members, name: str) -> datetime | None:
    """A moment without a zone, which is UTC in the members that end in `_gmt`."""
    value = post.get(name)
    return None if isinstance(value, str) and value.startswith(_NEVER) else post.moment(name)


def _updated_at(post: Members, published_at: datetime | None) -> datetime | None:
    """When it was changed, if that is known. Of a post that is created as a scheduled one, as apps do, WordPress keeps
    the moment that it is scheduled for: corrections and a kill that come before would count as older."""
    at = _moment(post, "modified_gmt")
    if at and published_at and at >= published_at and post.text("status").lower() == "future":
        return None
    return at


def _section(post: Members, terms: list[_Term]) -> str | None:
    """The category that an editor has said to be the first, as far as our plugin was told, else the first as WordPress
    has them: by name."""
    primary = post.get("primary_category")
    categories = [(name, ident) for taxonomy, name, ident in terms if taxonomy == "category" and name]
    categories.sort(key=lambda category: primary is None or category[1] != primary)
    return next((shorten(name, MAX_NAME) for name, _ in categories), None)


def _group(embedded: Members, group: Any) -> list[_Term]:
    """The terms of one taxonomy; an error stands in the place of what could not be embedded."""
    terms = [Members(term, embedded.faults, embedded.at("wp:term")) for term in dicts(group)]
    return [(term.text("taxonomy").lower(), term.plain("name"), term.get("id")) for term in terms]


def _image(embedded: Members, credit: str) -> Picture | None:
    """The featured picture; Newspack says in its caption already whose it is."""
    for media in embedded.objects("wp:featuredmedia"):
        kind = media.text("mime_type").lower()
        url = web_address(media.text("source_url"))
        if url and (not kind or kind.startswith("image/")):  # a PDF may be featured too, by a preview of its own
            caption = plain(_rendered(media, "caption"))
            return Picture(
                url=url, alt=media.plain("alt_text"), caption=caption, credit="" if credit in caption else credit
            )
    return None

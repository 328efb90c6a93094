"""Ghost's webhooks for posts: `{"post": {"current": …, "previous": …}}` (https://docs.ghost.org/webhooks).

A post that is taken back arrives as a draft, one that is deleted with nothing current. Ghost gives no version:
`updated_at` decides.
"""

import re
from typing import Any

from services.ingest.draft import Author, Draft, Ignored, Picture, Reading, Status
from services.ingest.formats.bounds import MAX_GUID, MAX_NAME
from services.ingest.formats.reading import Members, authors, language, members_of, names, shorten, slug, web_address
from services.ingest.formats.words import first_words, one_body

_STATUS: dict[str, Status] = {"published": "usable", "scheduled": "usable", "draft": "withheld", "sent": "withheld"}
_OTHERS = ("page", "tag", "member", "user", "site", "label", "newsletter", "offer", "tier")
# What a theme's styles and scripts make of Ghost's cards (https://ghost.org/docs/themes/content/) is not there on our
# pages: the clock of a player, what a form says when it has been sent, the dot between the names below a bookmark, and
# what makes the icon beside them small.
# Nor is the member whose podcasts a card of Transistor's would play: its address leads nowhere without them.
_SCRIPTED = re.compile(
    r'<span class="kg-(?:audio|video)-current-time">[^<]*</span>\s*'
    r'<div class="kg-(?:audio|video)-time">[^<]*<span class="kg-(?:audio|video)-duration">[^<]*</span>\s*</div>'
    r'|<div class="kg-signup-card-success"[^<>]*>[^<]*</div>'
    r'|<img class="kg-bookmark-icon"[^<>]*>'
    r'|<figure class="kg-card kg-transistor-card">[^<]*(?:<(?!/?figure\b)[^<]*){0,64}</figure>'
)
_SOUND = re.compile(r'<audio\b([^<>]*>\s*</audio>)\s*<div class="kg-audio-title">([^<]*)</div>')
# What a review gives, of five: a drawing of a star for each. A header (until Ghost 5.71) has its picture in a style.
_STAR = re.compile(
    r'<span class="(?:(kg-product-card-rating-active)|) ?kg-product-card-rating-star">'
    r"[^<]*<svg\b[^<]*(?:<(?!/?svg\b)[^<]*){0,16}</svg>[^<]*</span>\s{0,64}"
)
_HEADER = re.compile(
    r"<div\b(?=[^<>]{0,4096}>)(?=[^<>]*\bkg-header-card\b)(?=[^<>]*\bkg-style-image\b)"
    r'[^<>]*\sdata-kg-background-image="([^"<>]+)"[^<>]*>'
)
_PUBLISHER = re.compile(r'(?<=</span>)(?=<span class="kg-bookmark-publisher")')
# A card may be for members alone in a post that is for everyone; a webhook has it too, between comments that say so.
_GATE = re.compile(r"<!--\s*kg-gated-block:(begin\b[^<>]*|end\s*)-->")
_OPEN = re.compile(r"\Aend|\bnonMember:[\"']?true\b")


def read(content: Any) -> Reading:
    """The article, what the event is instead, or everything that is wrong with it."""
    event = members_of(_without_excerpts(content), "post")
    if isinstance(event, list):
        return event
    if not list(event):
        return Ignored("an event without a body, as site.changed is, is no article")
    if event.get("post") is None:
        told = event.text("event").partition(".")[0]  # some Ghosts name it; of `site.changed` that is all
        if other := next((name for name in _OTHERS if name in event or name == told), None):
            return Ignored(f"an event of the kind {other} is no article")
        event.wrong("post", "The event is about no post; send the body of one of Ghost's post webhooks.")
    post = event.object("post")
    current, previous = post.object("current"), post.object("previous")
    if event.faults:
        return event.faults
    draft = _draft(current) if list(current) else _deleted(previous)
    return event.faults or draft


def _without_excerpts(content: Any) -> Any:
    """The event without what Ghost makes of a body's first 500 units of UTF-16, which may end within a character;
    `custom_excerpt` is what somebody wrote."""
    if not isinstance(content, dict):
        return content
    return {name: _without_excerpts(value) for name, value in content.items() if name != "excerpt"}


def _draft(post: Members) -> Draft:
    status = _status(post)
    told = post.text("html")
    public = _without_gated(told)
    html, text = one_body([_plain_cards(public)], [post.text("plaintext")] if public == told else [])
    summary = post.plain("custom_excerpt")
    headline = shorten(post.plain("title")) or first_words(html, text, summary)
    if status == "usable" and not headline:
        post.wrong("title", "The post has neither a title nor words in its body; send one.")
    tags = [_tag(tag) for tag in post.objects("tags")]
    primary = _tag(post.object("primary_tag"))
    return Draft(
        guid=_guid(post),
        status=status,
        headline=headline,
        body_html=html,
        body_text=text,
        summary=summary,
        section=shorten(primary, MAX_NAME) or next((shorten(tag, MAX_NAME) for tag in tags if tag), None),
        topics=names(tags),
        authors=_authors(post),
        language=language(post.text("locale")),
        published_at=post.moment("published_at"),
        withholds=post.text("status").lower() == "scheduled",
        updated_at=post.moment("updated_at"),
        slug=slug(post.text("slug")),
        image=_image(post),
        source_url=web_address(post.text("canonical_url", "url")),
    )


def _without_gated(html: str) -> str:
    """The HTML without the cards that are not for those who only read."""
    first, *rest = _GATE.split(html)
    return first + "".join(part for gate, part in zip(rest[::2], rest[1::2], strict=True) if _OPEN.search(gate))


def _plain_cards(html: str) -> str:
    """The HTML with cards that say the same without Ghost's styles and scripts; a sound is called by its title."""
    html = _SOUND.sub(lambda found: f'<audio title="{found[2].strip().replace(chr(34), "&quot;")}"{found[1]}', html)
    html = _STAR.sub(lambda star: "★" if star[1] else "☆", html)
    html = _HEADER.sub(r'\g<0><img src="\1" alt="">', html)
    return _PUBLISHER.sub(" · ", _SCRIPTED.sub("", html))


def _deleted(previous: Members) -> Draft:
    return Draft(guid=_guid(previous), status="canceled", updated_at=previous.moment("updated_at"))


def _guid(post: Members) -> str:
    guid = post.text("id")
    if not guid and isinstance(post.get("id"), str | None):
        post.wrong("id", "The post is not identified; send its id.")
    if len(guid) > MAX_GUID:
        post.wrong("id", f"This is too long; shorten it to {MAX_GUID} characters.")
    return guid


def _status(post: Members) -> Status:
    """What is for members alone, or for those who get it by mail, is not for everyone: it is withheld."""
    told = post.text("status").lower() or "published"
    if told not in _STATUS:
        post.wrong("status", "There is no such status; send published, scheduled or draft.")
    if post.get("email_only") is True or post.text("visibility").lower() not in ("", "public"):
        return "withheld"
    return _STATUS.get(told, "withheld")


def _tag(tag: Members) -> str:
    """The tag's name; empty if it is an internal one (`#…`)."""
    name = tag.plain("name")
    return "" if name.startswith("#") or tag.text("visibility").lower() == "internal" else name


def _authors(post: Members) -> tuple[Author, ...]:
    told = [*post.objects("authors"), post.object("primary_author")]
    return authors((author.plain("name"), author.text("website", "url")) for author in told)


def _image(post: Members) -> Picture | None:
    url = web_address(post.text("feature_image"))
    alt, caption = post.plain("feature_image_alt"), post.plain("feature_image_caption")
    return Picture(url=url, alt=alt, caption=caption) if url else None

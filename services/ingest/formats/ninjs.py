"""IPTC ninjs 1.x, 2.x and 3.x, and Superdesk's dialect of 1.x (https://iptc.org/std/ninjs/).

They are told apart member by member: 1.x has `headline`, `body_*` and objects of associations, 2.x has lists
(`headlines`, `bodies`), 3.x the same in camel case; no name means two things.
"""

import re
from collections.abc import Iterator
from typing import Any

from services.ingest.draft import Draft, Ignored, Reading, Status
from services.ingest.formats import ninjs_body_pictures as body_pictures
from services.ingest.formats import ninjs_gallery as gallery
from services.ingest.formats import ninjs_pictures as pictures
from services.ingest.formats import ninjs_words as words
from services.ingest.formats.bounds import MAX_GUID, MAX_NAME, MAX_VERSION
from services.ingest.formats.ninjs_authors import authors_of
from services.ingest.formats.ninjs_identity import identity
from services.ingest.formats.reading import Members, language, members_of, names, plain, shorten
from services.ingest.formats.words import first_words, own_headline, without_first_line, without_headline
from shared.problems import Fault, Problem

_STATUS: dict[str, Status] = {
    "usable": "usable",
    "withheld": "withheld",
    "canceled": "canceled",
    "cancelled": "canceled",
    "unpublished": "withheld",  # Superdesk Publisher's
}
# what may be an article (the BBC's Local Democracy Reporters write stories); a body of anything else is its own affair
_WORDY = ("", "text", "composite", "story")
_PICTURES = ("picture", "graphic", "")  # what has no type and no words is taken for its renditions
_EMBARGOES = ("embargoed", "embargoeduntil", "embargotime")
_MOMENTS = "versioncreated firstpublished embargoed embargoeduntil embargotime publish_schedule"
# members of which no more is asked than that they are what all versions of ninjs say they are; these moments are read
# by nobody here, and of what is in an archive a year may be all that is known
_OTHER_MOMENTS = "firstcreated contentcreated contentdigitised expires"
_TEXTS = (
    "title slugline byline by copyrightholder copyrightnotice ednote mimetype profile representationtype located source"
)
_CONCEPTS = (
    "person people organisation organisations place places event events object objects genre genres"
    " infosource infosources trustindicator trustindicators"
)
_OBJECTS = ("rightsinfo", "digitalsourcetype", "standard", "$standard")
_ROUTES = ("destination", "distribution")  # the Canadian Press has them among the subjects
_SUMMARIES = ("main", "summary", "abstract", "lead", "text")
_MEMBERS = {"/evolved_from": "/evolvedfrom"}
# What a sender's own styles say is not there on our pages.
_PLAIN = (
    # Superdesk: as its editor wrote captions until it was noticed; paragraphs that are a quotation; older captions
    (re.compile("<figcatpion>"), "<figcaption>"),
    (
        re.compile(r'<div class="multi-line-quote">([^<]*(?:<(?!/?div\b)[^<]*){0,256})</div>'),
        r"<blockquote>\1</blockquote>",
    ),
    (
        re.compile(
            r'<div class="media-block">((?:(?!</?(?:div|span)\b).)*)'
            r'<span class="media-block__description">((?:(?!</?(?:div|span)\b).)*)</span>\s*</div>',
            re.DOTALL,
        ),
        r"<figure>\1<figcaption>\2</figcaption></figure>",
    ),
    # TT: department and source are two words; the first paragraphs are no heading; who has taken the picture
    (re.compile(r'(?<=</span>)(?=<span class="source">)'), " "),
    (re.compile(r"<h4>(\s*<p>(?:(?!</?h4\b).)*)</h4>", re.DOTALL), r"<div>\1</div>"),
    (
        re.compile(r'<div class="byline">([^<]*)</div>\s*<figcaption>((?:(?!</?fig).)*)</figcaption>', re.DOTALL),
        r"<figcaption>\2 <small>\1</small></figcaption>",
    ),
)
_SITE = re.compile(r"https?://[^/]+/")


def read(content: Any) -> Reading:
    """The article, what the item is instead, or everything that is wrong with it."""
    item = members_of(content, "uri")
    if isinstance(item, list):
        return item
    kind = item.text("type").lower() or ("event" if item.get("eventdetails") is not None else "")
    guid = _guid(item, kind)
    status = _status(item)
    html, text = words.body(item) if kind in _WORDY else (None, None)
    if kind == "story" or (kind == "composite" and (html or text or status != "usable")):
        kind = "text"  # a kill comes without the words that made it an article
    version = _version(item)
    item.moment(*_MOMENTS.split())
    item.text(*_OTHER_MOMENTS.split())
    if kind not in ("", "text"):
        return _no_article(item, guid, kind, version, f"an item of the type {shorten(kind, 40)} is no article")
    _check(item)
    draft = _draft(item, guid, version, status, html, text)
    if status == "usable" and not draft.headline:
        return _no_article(item, guid, kind, version, "an item without words is no article")
    return item.faults or draft


def in_its_words(problem: Problem) -> Problem:
    """What is wrong with a draft, its pointers naming the members that it was read from."""
    faults = [Fault(_MEMBERS.get(fault.pointer, fault.pointer), fault.detail) for fault in problem.faults]
    return Problem(problem.status, problem.detail, faults)


def _guid(item: Members, kind: str) -> str:
    guid = identity(item)
    if not guid and kind not in _WORDY:
        guid = item.text("_id")  # all that Superdesk has for the events of a day that it features
    member = "guid" if item.get("guid") is not None else "uri"
    if not guid and not isinstance(item.get(member), int | float | list | dict):
        item.wrong(member, "The item is not identified; send uri, or guid as Superdesk does.")
    if len(guid) > MAX_GUID:
        item.wrong(member, f"This is too long; shorten it to {MAX_GUID} characters.")
    return guid


def _status(item: Members) -> Status:
    """The status. The Associated Press has one of its own for what has an embargo."""
    told = item.text("pubstatus").lower() or "usable"
    if told == "embargoed":
        return "usable" if item.moment(*_EMBARGOES) else "withheld"
    if told not in _STATUS:
        item.wrong("pubstatus", "There is no such status; send usable, withheld or canceled.")
    return _STATUS.get(told, "withheld")


def _no_article(item: Members, guid: str, kind: str, version: int | None, reason: str) -> Ignored | list[Fault]:
    if kind not in _PICTURES:
        return item.faults or Ignored(reason, guid)
    is_withdrawn, at = pictures.is_withdrawn(item), item.moment("versioncreated")
    picture = None if is_withdrawn else pictures.itself(item)
    said = (version or 0, is_withdrawn, at.timestamp() if at else 0)
    return item.faults or Ignored(reason, guid, picture, said if picture or is_withdrawn else None)


def _check(item: Members) -> None:
    """Note wrong types of members that nothing else is made of."""
    item.text(*_TEXTS.split())
    if not isinstance(item.get("usageterms"), list):  # the Associated Press has several
        item.text("usageterms")
    for one in item.objects(*_CONCEPTS.split()):
        one.text("name")
    item.number("urgency", whole=True)
    item.number("priority")
    item.number("charcount", "wordcount", as_text=True)
    for name in _OBJECTS:
        item.object(name)
    item.named("renditions")
    if isinstance(item.get("altids"), list):  # of objects in 2.x and 3.x, an object in 1.x
        item.objects("altids")
    else:
        item.object("altids")


def _draft(item: Members, guid: str, version: int | None, status: Status, html: str | None, text: str | None) -> Draft:
    version_created = item.moment("versioncreated")
    scheduled = item.moment("publish_schedule")
    summary = _summary(item)
    embargoes = [at for at in (item.moment(*_EMBARGOES), scheduled) if at]
    told = _headline(item)
    headline = told or own_headline(html) or first_words(html, text, summary)
    if html:
        html = without_first_line(without_headline(_plain_html(html), headline), told)
        html = body_pictures.without_names_in_stories(html)
        html = body_pictures.without_withdrawn(item, html)
        html = body_pictures.with_credits(item, body_pictures.with_alternatives(item, html))
    image = pictures.picture(item)
    html = gallery.with_galleries(item, html, text, image)
    services = [one.plain("name") or one.plain("code") for one in item.objects("service")]
    return Draft(
        guid=guid,
        version=version,
        status=status,
        headline=headline,
        body_html=html,
        body_text=None if html else text,
        summary=summary,
        section=next((shorten(name, MAX_NAME) for name in services if name), None),
        topics=_topics(item),
        authors=authors_of(item),
        language=language(item.text("language")),
        published_at=item.moment("firstpublished") or scheduled or version_created,
        updated_at=version_created,
        embargo_until=max(embargoes, default=None),
        evolved_from=_evolved_from(item, guid),
        image=image,
        embedded=body_pictures.embedded(item, html),
    )


def _evolved_from(item: Members, guid: str) -> str | None:
    """The article whose place this one takes. Each update of TT's is an article of its own, and lists what it does."""
    if named := item.text("evolvedfrom"):
        if named == guid or len(named) > MAX_GUID:
            item.wrong("evolvedfrom", "An article cannot be a rewrite of itself, nor of a guid so long; name another.")
        return named
    told = item.get("replacing")
    others = [one.strip() for one in told if isinstance(one, str)] if isinstance(told, list) else []
    others += _rewritten(item, guid)
    return next((other for other in others if 0 < len(other) <= MAX_GUID and other != guid), None)


def _rewritten(item: Members, guid: str) -> Iterator[str]:
    """What the Canadian Press says that an item is a rewrite of: the id stands among others, without the site that
    stands before it in the uri."""
    site = _SITE.match(guid)
    for one in item.objects("altids") if isinstance(item.get("altids"), list) else ():
        if one.text("role").lower() == "rewrite_of" and (other := one.text("value")):
            yield f"{site[0]}{other}" if site and not _SITE.match(other) else other


def _plain_html(html: str) -> str:
    """The HTML that says the same without the sender's styles."""
    for styled, plainly in _PLAIN:
        html = styled.sub(plainly, html)
    return html


def _version(item: Members) -> int | None:
    """The version, a text in ninjs. One that is no integer is as good as none if versioncreated can decide, else 0."""
    version = item.get("version")
    if version is None:
        return None
    if isinstance(version, bool | float | list | dict):
        item.wrong("version", "This must be text with an integer in it.")
        return None
    digits = str(version).strip()
    whole = digits.isascii() and digits.isdigit() and len(digits) <= 20
    if whole and int(digits) <= MAX_VERSION:
        return int(digits)
    return None if item.moment("versioncreated") else 0


def _headline(item: Members) -> str:
    """The headline, else the slugline (Superdesk lets it be absent)."""
    return shorten(words.headline(item) or item.plain("title") or item.plain("slugline"))


def _summary(item: Members) -> str:
    told, marked_up = item.plain("description_text"), item.plain("description_html")
    described = words.description(item, *_SUMMARIES)
    if marked_up and marked_up.replace(" ", "") == told.replace(" ", ""):
        return marked_up  # Superdesk takes the markup out and puts nothing between two paragraphs
    return told or described


def _topics(item: Members) -> tuple[str, ...]:
    subjects = item.objects("subject", "subjects")
    found = [name for one in subjects if (name := one.plain("name")) and not _is_for_desks(one, name)]
    for pointer, keyword in item.items("keywords"):
        if isinstance(keyword, str):
            found.append(plain(keyword))
        else:
            item.faults.append(Fault(pointer, "A keyword must be text."))
    return names(found)


def _is_for_desks(subject: Members, name: str) -> bool:
    """Whether it says where an item is sent to, or is a letter by which the Associated Press's wires sort it."""
    rels = subject.get("rels")
    is_letter = len(name) == 1 and isinstance(rels, list) and "category" in rels
    return is_letter or str(subject.get("rel")).lower() in _ROUTES

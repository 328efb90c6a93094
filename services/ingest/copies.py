"""Copy: a draft made ready, and the article that it becomes, its address included. Pure: time is given."""

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType

from services.ingest.draft import Draft
from services.ingest.html import clean_html, text_to_html
from services.ingest.opening import excerpt
from services.ingest.sizes import Size, with_sizes
from services.ingest.terms import section_of, slug_of, spelling_of, term_of
from shared.articles import Article, Correction, Image, Term, identify
from shared.site_settings import SiteSettings

WITHDRAWN = "withdrawn"
_NO_LANGUAGES = frozenset(("mis", "mul", "und", "zxx"))
"""What ISO 639-2 calls a language that nobody can name: what is told of one, its direction say, is wrong of most."""
_NO_PICTURES: Mapping[str, Size] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Copy:
    """A source's draft made ready: cleaned, its digest taken. `ident` is the article's id."""

    source: str
    ident: str
    draft: Draft
    body: str
    digest: str
    image: Image | None = None
    media: tuple[str, ...] = ()


def prepare(source: str, draft: Draft, image: Image | None = None, sizes: Mapping[str, Size] = _NO_PICTURES) -> Copy:
    """Clean a draft's body and take the digest of what readers would see, its pictures included: `sizes` has the
    address of each that was pushed, and its size."""
    ident = identify(source, draft.guid)
    if draft.status != "usable":
        return Copy(source, ident, draft, "", WITHDRAWN)
    body = clean_html(draft.body_html) if draft.body_html else text_to_html(draft.body_text or "")
    body = with_sizes(body, sizes)
    seen = [
        draft.headline, draft.summary, draft.section, draft.topics, draft.authors, draft.language,
        _iso(draft.published_at), _iso(draft.embargo_until), draft.slug, draft.evolved_from,
        [(correction.text, _iso(correction.at)) for correction in draft.corrections],
        image and image.model_dump(),
        draft.source_url,
    ]  # fmt: skip
    digest = hashlib.blake2b(json.dumps(seen).encode(), digest_size=12)
    digest.update(body.encode())  # as it is: a whole body would take longer to escape than to digest
    return Copy(source, ident, draft, body, digest.hexdigest(), image, tuple(sorted(sizes)))


def article_of(copy: Copy, current: Article | None, version: int, site: SiteSettings, now: datetime) -> Article:
    """The article that a copy is from now on, after its `current` state."""
    draft = copy.draft
    day, slug = address_of(copy, current, site, now)
    asked = _asked(draft) or (current.asked_slug if current else None)
    return Article(
        id=copy.ident,
        source=copy.source,
        guid=draft.guid,
        revision=current.revision + 1 if current else 1,
        version=version,
        is_numbered=draft.version is not None,
        state="published",
        digest=copy.digest,
        accepted_at=now,
        updated_at=draft.updated_at,
        ordered_at=draft.updated_at,
        published_at=_published_at(draft, current, now),
        headline=draft.headline,
        summary=draft.summary,
        section=section_of(draft.section) if draft.section else None,
        topics=_unique(term_of(name) for name in draft.topics),
        authors=_unique(term_of(author.name, author.url) for author in draft.authors),
        language=_named_language(draft.language),
        day=day,
        slug=slug,
        asked_slug=asked,
        image=copy.image,
        media=copy.media,
        corrections=tuple(Correction(text=correction.text, at=correction.at) for correction in draft.corrections),
        evolved_from=draft.evolved_from,
        source_url=draft.source_url,
        opening=excerpt(copy.body),
    )


def waiting_of(copy: Copy, article: Article) -> Article:
    """An article that is to wait: it keeps apart what its source said of its address and its date from what it takes
    over from the state that is live, since that may be another one when its time comes."""
    draft = copy.draft
    own = {"asked_slug": _asked(draft), "is_dated": draft.published_at is not None, "withholds": draft.withholds}
    return article.model_copy(update=own)


def appearing(waiting: Article, current: Article | None) -> Article:
    """The article that a version which waited is from now on, after the state that it finds."""
    if current is None or not current.slug:
        return waiting
    return waiting.model_copy(
        update={
            "day": current.day,
            "slug": _slug_after(current, waiting.asked_slug),
            "asked_slug": waiting.asked_slug or current.asked_slug,
            "published_at": waiting.published_at if waiting.is_dated else current.published_at,
        }
    )


def address_of(copy: Copy, current: Article | None, site: SiteSettings, now: datetime) -> tuple[str, str]:
    """The day and the slug that an article would have, were the slug free; both are its own for good."""
    draft = copy.draft
    asked = _asked(draft)
    if current and current.slug:
        return current.day, _slug_after(current, asked)
    day = site.local(_published_at(draft, current, now)).date().isoformat()
    return day, asked or slug_of(draft.headline, f"article-{copy.ident[:8]}")


def _slug_after(current: Article, asked: str | None) -> str:
    """The slug after a state that has one: only another explicit one moves the article."""
    return current.slug if asked is None or asked == current.asked_slug else asked


def _asked(draft: Draft) -> str | None:
    return slug_of(draft.slug, "") or None if draft.slug else None


def _published_at(draft: Draft, current: Article | None, now: datetime) -> datetime:
    kept = current.published_at if current and current.slug else None
    return draft.published_at or kept or draft.embargo_until or now


def _named_language(tag: str | None) -> str | None:
    return None if tag and tag.partition("-")[0].lower() in _NO_LANGUAGES else tag


def _unique(terms: Iterable[Term]) -> tuple[Term, ...]:
    return tuple({spelling_of(term.name): term for term in terms}.values())


def _iso(at: datetime | None) -> str | None:
    return at.isoformat() if at else None

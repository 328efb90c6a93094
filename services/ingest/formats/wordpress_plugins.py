"""What plugins and themes know of a WordPress post, beside what WordPress itself does."""

import html as entities
import re
from collections.abc import Iterable, Iterator

from services.ingest.draft import Author, DraftCorrection
from services.ingest.formats.bounds import MAX_CORRECTION, MAX_CORRECTIONS
from services.ingest.formats.bylines import named_in
from services.ingest.formats.reading import Members, authors, dicts, language, plain, shorten

# what Co-Authors Plus is asked for by our plugin, Newspack and PublishPress Authors
_SEVERAL = ("coauthors", "newspack_author_info", "authors")
_SIGN = re.compile(r"\[/?Author\b[^\[\]]*\]")  # around a name in a byline of Newspack's, which it makes a link of


def is_for_subscribers(post: Members) -> bool:
    """Whether Jetpack shows the post to those alone who have its newsletter."""
    return _kept(post).text("_jetpack_newsletter_access") not in ("", "everybody")


def subtitle(post: Members) -> str:
    """What stands under the title in Newspack's themes."""
    return _kept(post).plain("newspack_post_subtitle")


def bylined(post: Members) -> tuple[Author, ...]:
    """Those whom a byline names that somebody has written, as Newspack lets them, else all authors, where a plugin for
    several has them: WordPress' own API knows the first alone."""
    kept = _kept(post)
    if kept.get("_newspack_byline_active") is True:
        byline = plain(_SIGN.sub("", kept.text("_newspack_byline")))
        if found := named_in([byline], language_of(post)):
            return found
    for name in _SEVERAL:
        if found := authors(signed([Members(one, []) for one in dicts(post.get(name))])):
            return found
    return ()


def disclaimers(post: Members) -> str:
    """What Newspack says of a post that a sponsor has paid for, in a paragraph of its own."""
    told = post.get("sponsor_disclaimers")
    lines = [plain(one) for one in told if isinstance(one, str)] if isinstance(told, list) else []
    return "".join(f"<p><strong>{entities.escape(line, quote=False)}</strong></p>" for line in lines if line)


def corrections(post: Members) -> tuple[DraftCorrection, ...]:
    """What was corrected, as Newspack keeps it and our plugin sends it."""
    told = [Members(one, []) for one in dicts(post.get("corrections"))]
    found = [(shorten(one.plain("text"), MAX_CORRECTION), one.moment("at")) for one in told]
    return tuple(DraftCorrection(text, at) for text, at in found if text and at)[:MAX_CORRECTIONS]


def signed(found: Iterable[Members]) -> Iterator[tuple[str, str]]:
    """Names and pages of authors, as WordPress and plugins call them."""
    return ((one.plain("display_name", "name"), one.text("url", "author_link", "link")) for one in found)


def language_of(post: Members) -> str | None:
    """The language, which plugins add, each in a shape of its own."""
    told = post.get("lang", "locale", "wpml_current_locale")
    return language(told.strip()) if isinstance(told, str) else None


def _kept(post: Members) -> Members:
    """What plugins and themes keep beside the post: of a type that is theirs to choose, so none is wrong."""
    meta = post.get("meta")
    return Members(meta if isinstance(meta, dict) else {}, [])

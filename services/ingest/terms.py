"""Names as parts of addresses: sections, topics, authors, headlines. Pure."""

import hashlib
import re
import unicodedata
from collections.abc import Iterator
from functools import lru_cache

from slugify import slugify

from shared.articles import Article, Term

LONGEST = 80
# Keyboards of Persian and Arabic have a yeh and a kaf each, a tatweel only widens a word, and an apostrophe is typed in
# several ways: a slug keeps some of these apart.
_AS_TYPED = str.maketrans(
    {
        "\N{ARABIC LETTER FARSI YEH}": "\N{ARABIC LETTER YEH}",
        "\N{ARABIC LETTER KEHEH}": "\N{ARABIC LETTER KAF}",
        "\N{ARABIC TATWEEL}": None,
    }
    | dict.fromkeys(
        "`\N{ACUTE ACCENT}\N{LEFT SINGLE QUOTATION MARK}\N{RIGHT SINGLE QUOTATION MARK}\N{MODIFIER LETTER APOSTROPHE}",
        "'",
    )
)
# scripts in which vowels are marks that mostly nobody writes
_VOWELLED = ("ARABIC ", "HEBREW ")
# a letter of its own in Russian, of which Unicode makes another one with a mark
_SHORT_I = "\N{CYRILLIC SMALL LETTER SHORT I}"
# scripts whose marks tell one word from another, as tones do
_TONAL = ("THAI ", "LAO ", "KHMER ", "MYANMAR ")
_SIGNS = re.compile(r"(?<=\w)[+#]+(?!\w)")
RESERVED = frozenset({"archive", "author", "hot", "media", "nginx-health", "sitemaps", "topic", "v1"})
"""What the site has at its root itself: lists, pictures, sitemaps, and what nginx answers."""


@lru_cache(maxsize=1024)  # an article's is asked for when it is read, and again when it is decided upon
def slug_of(text: str, otherwise: str) -> str:
    """A slug of a text, cut at a word; `otherwise` where nothing of it can be written in letters."""
    return slugify(text, max_length=LONGEST, word_boundary=True, save_order=True) or otherwise


@lru_cache(maxsize=8192)  # a newsroom's topics and authors come again and again
def term_of(name: str, url: str | None = None) -> Term:
    """A topic or an author."""
    return Term(slug=term_slug(name), name=name, url=url)


@lru_cache(maxsize=1024)
def section_of(name: str) -> Term:
    """A section."""
    return Term(slug=section_slug(name), name=name)


def term_slug(name: str) -> str:
    """A topic's or an author's slug; never empty."""
    digest = hashlib.blake2b(name.encode("utf-8", "replace"), digest_size=4).hexdigest()
    return slug_of(_as_typed_by_anybody(name), f"x-{digest}")


def section_slug(name: str) -> str:
    """A section's slug, with a suffix where it would collide with an address of the site's own."""
    slug = term_slug(name)
    if slug in RESERVED or re.fullmatch(r"[0-9]{4}", slug):
        return f"{slug}-section"
    return slug


def terms_of(article: Article) -> Iterator[tuple[str, tuple[Term, ...]]]:
    """An article's section, topics and authors, by kind."""
    yield "section", (article.section,) if article.section else ()
    yield "topic", article.topics
    yield "author", article.authors


def slugs_of(term: Term) -> list[str]:
    """The slugs to try for a name, in order, until one is nobody else's; the last one is."""
    digest = hashlib.blake2b("\0".join(spelling_of(term.name)).encode("utf-8", "replace"), digest_size=4).hexdigest()
    return [term.slug, *(f"{term.slug}-{n}" for n in range(2, 10)), f"{term.slug}-{digest}"]


@lru_cache(maxsize=8192)
def spelling_of(name: str) -> tuple[str, str]:
    """What all spellings of a name have in common, as far as anybody can tell: `Middle East` and `middle-east` are one,
    though not two words of another script that are alike only in Latin letters, nor `C` and `C++`."""
    return slugify(_as_typed_by_anybody(name)) or name, _letters(name)


def _as_typed_by_anybody(name: str) -> str:
    """The name without what depends on a keyboard and on how careful its user is."""
    plain = name.translate(_AS_TYPED)
    return plain if plain.isascii() else "".join(filter(_is_no_vowel, plain))


def _is_no_vowel(character: str) -> bool:
    return unicodedata.category(character) != "Mn" or not unicodedata.name(character, "").startswith(_VOWELLED)


def _letters(name: str) -> str:
    """What a slug does not keep apart: the letters of other scripts than Latin, without marks, and `+` and `#` at
    the end of a word."""
    whole = unicodedata.normalize("NFKD", name).translate(_AS_TYPED).casefold()
    whole = whole.replace(unicodedata.normalize("NFD", _SHORT_I), _SHORT_I)
    return "".join([*filter(_is_foreign, whole), *_SIGNS.findall(whole)])


def _is_foreign(character: str) -> bool:
    """Whether this is a letter, or a mark without which a word is another one. Apostrophes are letters to Unicode."""
    kind, name = unicodedata.category(character), unicodedata.name(character, "")
    is_letter = kind.startswith("L") and not name.startswith(("LATIN ", "MODIFIER LETTER "))
    return is_letter or (kind == "Mn" and name.startswith(_TONAL))

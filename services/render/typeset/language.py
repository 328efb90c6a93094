"""What a language tag (BCP 47) means for the page: its direction and its way to write dates."""

from datetime import date
from functools import lru_cache
from itertools import takewhile
from unicodedata import bidirectional

from babel import Locale, UnknownLocaleError
from babel.core import get_global
from babel.dates import format_date, format_skeleton

_RTL_SCRIPTS = frozenset(
    ["adlm", "arab", "aran", "armi", "hebr", "mand", "mend", "nkoo", "rohg", "samr", "syrc", "thaa", "yezi"]
)
# where Unicode's likely subtags tell a language's script without regard to the region
_ARABIC_IN = frozenset(["ku_IQ", "ku_IR", "tk_AF", "tk_IR"])


@lru_cache(1024)
def direction(language: str) -> str:
    """`rtl` or `ltr`; a script in the tag (`az-Arab`) decides, else what its language is written in there (`az-IR`)."""
    first, *others = language.replace("_", "-").lower().split("-")
    named = list(takewhile(lambda part: len(part) > 1, others))  # after one character stand extensions
    script = next((part for part in named if len(part) == 4 and part.isalpha()), None)
    region = next((part for part in named if len(part) == 2 and part.isalpha()), "")
    return "rtl" if (script or _likely_script(first, region.upper())) in _RTL_SCRIPTS else "ltr"


def direction_of(text: str, otherwise: str) -> str:
    """`rtl` or `ltr` as most letters of a text whose language nobody told are written; `otherwise` without any."""
    if otherwise == "ltr" and text.isascii():
        return otherwise  # most of them, at once
    classes = [bidirectional(character) for character in text]
    to_the_left = classes.count("R") + classes.count("AL")
    to_the_right = classes.count("L")
    return otherwise if to_the_left == to_the_right else "rtl" if to_the_left > to_the_right else "ltr"


@lru_cache(4096)
def full_day(day: date, language: str) -> str:
    """`Saturday, July 26, 2025`. Babel is slow, so that each day is put into words once."""
    return format_date(day, "full", _locale(language))


@lru_cache(4096)
def long_day(day: date, language: str) -> str:
    """`July 26, 2025`."""
    return format_date(day, "long", _locale(language))


@lru_cache(4096)
def month(period: str, language: str) -> str:
    """`July 2025` of `2025-07`."""
    return format_skeleton("yMMMM", date.fromisoformat(f"{period}-01"), locale=_locale(language))


def _likely_script(language: str, region: str) -> str:
    """The script of a language in a region (CLDR's likely subtags); empty where nobody knows the language."""
    language, _, implied = get_global("language_aliases").get(language, language).partition("_")
    there = f"{language}_{region or implied}"
    if there in _ARABIC_IN:
        return "arab"
    likely = get_global("likely_subtags")
    whole: str = likely.get(there) or likely.get(language, "")  # az_Arab_IR
    return "".join(whole.lower().split("_")[1:2])


@lru_cache(256)
def _locale(language: str) -> Locale:
    parts = language.replace("_", "-").split("-")
    while parts:
        try:
            return Locale.parse("-".join(parts), sep="-")
        except (UnknownLocaleError, ValueError):
            parts.pop()
    return Locale.parse("en")

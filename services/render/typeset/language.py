"""What a language tag (BCP 47) means for the page: its direction and its way to write dates."""

from datetime import date
from functools import lru_cache

from babel import Locale, UnknownLocaleError
from babel.dates import format_date, format_skeleton

_RTL_LANGUAGES = frozenset(
    {"ar", "arc", "azb", "bal", "ckb", "dv", "fa", "glk", "he", "iw", "khw", "ks", "lrc", "mzn", "nqo", "pnb"}
    | {"prs", "ps", "sd", "syr", "ug", "ur", "yi"}
)
_RTL_SCRIPTS = frozenset(["adlm", "arab", "aran", "hebr", "mand", "mend", "nkoo", "rohg", "samr", "syrc", "thaa"])


@lru_cache(1024)
def direction(language: str) -> str:
    """`rtl` or `ltr`; a script in the tag (`az-Arab`) decides over its language."""
    first, *others = language.replace("_", "-").lower().split("-")
    script = next((part for part in others if len(part) == 4 and part.isalpha()), None)
    return "rtl" if (script in _RTL_SCRIPTS if script else first in _RTL_LANGUAGES) else "ltr"


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


@lru_cache(256)
def _locale(language: str) -> Locale:
    parts = language.replace("_", "-").split("-")
    while parts:
        try:
            return Locale.parse("-".join(parts), sep="-")
        except (UnknownLocaleError, ValueError):
            parts.pop()
    return Locale.parse("en")

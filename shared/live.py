"""What is on the site now: the cards of the articles whose page is on disk, and the lists they are in.

`live:{id}` the card, JSON, as long as the article is listed · `left:{id}` the card it was last listed with, from
its withdrawal until the press has marked those lists · `built:{id}` what is on disk (`built_key`) ·
`list:{name}` sorted set of ids, score: published_at in milliseconds · `place:{list}:{period}` sorted set of ids,
score: the place in that archive, for good · `months:{list}` hash, month → articles listed ·
`days:{month}` hash, day → articles listed of all: each page reads those of one month, however many there are ·
`former:{id}` set of the paths that were acknowledged before, whether or not the page ever stood there: each leads to
where the article is now. Ingest adds them and nobody takes them out, also if the article comes back to one ·
`names:{kind}` hash, slug → name as first accepted · `named:since` what the first of them brought with it: another text
in each store, and again once it was emptied.
Render lets articles in after their page is on disk; ingest takes them out in the step that withdraws them.
"""

from shared.articles import Card
from shared.clock import millis
from shared.store import Command

MONTH = len("2025-07")
"""A day is longer."""
NAMED_SINCE = "named:since"


def live_key(article: str) -> str:
    """Key of the card of a listed article."""
    return f"live:{article}"


def left_key(article: str) -> str:
    """Key of the card that a withdrawn article was last listed with."""
    return f"left:{article}"


def built_key(article: str) -> str:
    """Key of what is on disk: hash of revision, version, at (the site's time, in ms), shown (a digest of what the page
    shows beside the article), gone."""
    return f"built:{article}"


def former_key(article: str) -> str:
    """Key of the paths that an article had before."""
    return f"former:{article}"


def list_key(name: str) -> str:
    """Key of a list."""
    return f"list:{name}"


def place_key(name: str, period: str) -> str:
    """Key of the places in a list's archive of a month (`2025-07`) or a day (`2025-07-26`)."""
    return f"place:{name}:{period}"


def months_key(name: str) -> str:
    """Key of how many articles of each month a list has."""
    return f"months:{name}"


def days_key(month: str) -> str:
    """Key of how many articles of each day of a month are listed."""
    return f"days:{month}"


def counts_key(name: str, period: str) -> str:
    """Key of the counts among which that of a list's month or day is; only `all` has days."""
    return months_key(name) if is_month(period) else days_key(period[:7])


def periods_of(name: str, card: Card) -> tuple[str, ...]:
    """The periods under which a card stands in a list's archive."""
    return (card.day[:7], card.day) if name == "all" else (card.day[:7],)


def is_month(period: str) -> bool:
    """Whether a period is a month; the others are days."""
    return len(period) == MONTH


def names_key(kind: str) -> str:
    """Key of the names of sections, topics or authors: slug → name."""
    return f"names:{kind}"


def score(card: Card) -> int:
    """Where a card stands in its lists; ties go by id."""
    return millis(card.published_at)


def leave(card: Card) -> list[Command]:
    """The commands that take a listed article out of every list at once."""
    places = [(name, period) for name in card.lists for period in periods_of(name, card)]
    return [
        *(("ZREM", list_key(name), card.id) for name in card.lists),
        *(("HINCRBY", counts_key(name, period), period, -1) for name, period in places),
        ("RENAME", live_key(card.id), left_key(card.id)),
    ]

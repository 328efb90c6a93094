"""The same articles in every run: bodies of about 5 kB, ten sections, three topics each of two hundred."""

import json
import random
from datetime import UTC, datetime, timedelta
from typing import Any

SECTIONS = ("World", "Politics", "Business", "Culture", "Science", "Sport", "Health", "Travel", "Opinion", "Weather")
TOPICS = tuple(f"{first} {second}" for first in (
    "Water", "Energy", "Housing", "Election", "Trade", "School", "Climate", "Harbour", "Border", "Film",
    "Music", "Court", "Market", "Rail", "Desert", "River", "City", "Farm", "Space", "Museum",
) for second in (
    "Policy", "Rights", "Reform", "Security", "Festival", "Crisis", "Workers", "History", "Research", "Funding",
))  # fmt: skip
AUTHORS = tuple(f"{first} {last}" for first in ("Amal", "Jonas", "Mei", "Ruth", "Tariq", "Ines", "Noor", "Pavel")
                for last in ("Haddad", "Berg", "Lin", "Okafor", "Suarez"))  # fmt: skip
_TEXT = (
    "the council said on Thursday that residents of the old quarter would be asked again before work begins while "
    "engineers warned of rising costs and a shortage of steel officials who asked not to be named described talks as "
    "difficult but open although neighbours remember earlier promises that were never kept in spite of public money "
    "spent since spring a spokeswoman for the ministry declined to comment and pointed to figures due next month"
)
WORDS = _TEXT.split()
SUBJECTS = ("Ministers", "Fishermen", "Teachers", "Nurses", "Engineers", "Voters", "Farmers", "Curators", "Drivers")
VERBS = ("weigh", "reject", "demand", "welcome", "question", "postpone", "rediscover", "defend", "reopen")
THINGS = ("a plan for the harbour", "new rules for landlords", "the night train", "an old irrigation canal",
          "the museum's lost wing", "a cheaper school year", "the desert highway", "tighter water limits")  # fmt: skip
DAYS = 400


def article(number: int, *, one_place: bool = False, now: datetime | None = None) -> dict[str, Any]:
    """Article `number`; with `one_place` all are of one day and one section."""
    chance = random.Random(number)
    at = (now or datetime.now(UTC)) - timedelta(minutes=5)
    back = timedelta(seconds=chance.randrange(1, 3600)) if one_place else timedelta(
        minutes=chance.randrange(1, DAYS * 1440))  # fmt: skip
    if one_place:
        at = at.replace(hour=12, minute=0) - timedelta(days=1)
    return {
        "guid": f"bench-{number}",
        "headline": f"{chance.choice(SUBJECTS)} {chance.choice(VERBS)} {chance.choice(THINGS)}, part {number}",
        "body_html": body(chance),
        "section": SECTIONS[0] if one_place else chance.choice(SECTIONS),
        "topics": chance.sample(TOPICS, 3),
        "authors": [chance.choice(AUTHORS)],
        "published_at": (at - back).isoformat(timespec="milliseconds"),
        "version": 1,
    }


def fresh(number: int) -> dict[str, Any]:
    """Article `number` as it would come in now, for the top of every list."""
    return {name: value for name, value in article(number).items() if name != "published_at"}


def line(number: int, *, one_place: bool = False, now: datetime | None = None) -> bytes:
    """A line of the batch call."""
    return json.dumps(article(number, one_place=one_place, now=now)).encode() + b"\n"


def body(chance: random.Random) -> str:
    """Some paragraphs of HTML, about 5 kB."""
    paragraphs = []
    for number in range(12):
        words = [chance.choice(WORDS) for _ in range(68)]
        words[0] = words[0].capitalize()
        words[20] = f'<a href="https://example.org/{chance.randrange(10**6)}">{words[20]}</a>'
        words[40] = f"<em>{words[40]}</em>"
        paragraphs.append(f"<p>{' '.join(words)}.</p>")
        if number % 4 == 3:
            paragraphs.append(f"<h2>{chance.choice(THINGS).capitalize()}</h2>")
    return "\n".join(paragraphs)

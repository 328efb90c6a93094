"""Lists in memory, made from the articles' cards alone. Pure."""

import sys
from bisect import bisect_left
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from operator import itemgetter
from typing import NamedTuple

from services.render.related import AROUND, Candidate
from shared import live
from shared.articles import Article, Card
from shared.clock import millis

Position = tuple[int, str]
"""Where an article stands in its lists: published_at in milliseconds, and id."""


class Listed(NamedTuple):
    """A list, oldest first."""

    positions: Sequence[Position] = ()
    members: Sequence[Candidate] = ()

    def newest(self, count: int) -> list[Card]:
        """The newest, newest first."""
        return [member.card for member in self.members[: -count - 1 : -1]]

    def around(self, position: Position) -> Sequence[Candidate]:
        """Those from which related articles are chosen: some before and some after, and who stands there."""
        at = bisect_left(self.positions, position)
        there = at < len(self.positions) and self.positions[at] == position
        return self.members[max(0, at - AROUND) : at + AROUND + there]

    def periods(self, name: str) -> dict[str, int]:
        """How many it has in each period of its archive."""
        return Counter(period for member in self.members for period in live.periods_of(name, member.card))


def position_of(article: Article | Card) -> Position:
    """Where an article stands."""
    return millis(article.published_at), article.id


def arrange(cards: Iterable[Card]) -> dict[str, Listed]:
    """All lists that these cards are in."""
    found: defaultdict[str, list[tuple[Position, Candidate]]] = defaultdict(list)
    for card in cards:
        place = (position_of(card), _member(card))
        for name in card.lists:
            found[name].append(place)
    for places in found.values():
        places.sort(key=itemgetter(0))
    return {name: Listed(*zip(*places, strict=True)) for name, places in found.items()}


def _member(card: Card) -> Candidate:
    """Topics that are the same are one string: they are compared millions of times."""
    return Candidate(
        frozenset(sys.intern(topic.slug) for topic in card.topics), card.published_at.timestamp(), card.id, card
    )

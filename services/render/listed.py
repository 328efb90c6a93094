"""Lists in memory, made from the articles' cards alone. Pure."""

from bisect import bisect_left
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from operator import itemgetter
from typing import NamedTuple

from services.render.related import AROUND, Candidate, candidate
from shared import live
from shared.articles import Article, Card
from shared.clock import millis

MONTH, DAY = len("/2025/07"), len("/2025/07/26")

Position = tuple[int, str]
"""Where an article stands in its lists: published_at in milliseconds, and id."""


class Ordered(NamedTuple):
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

    def counts(self, name: str) -> dict[str, Counter[str]]:
        """How many it has in each period of its archive, by the key that they are kept under."""
        found: defaultdict[str, Counter[str]] = defaultdict(Counter)
        length = DAY if name == "all" else MONTH
        times = [member.card.path[:length] for member in self.members]
        one_of = dict(zip(times, self.members, strict=True))
        for time, count in Counter(times).items():
            for period in live.periods_of(name, one_of[time].card):
                found[live.counts_key(name, period)][period] += count
        return found


def position_of(article: Article) -> Position:
    """Where an article stands."""
    return millis(article.published_at), article.id


def arrange(cards: Iterable[Card]) -> dict[str, Ordered]:
    """All lists that these cards are in."""
    found: defaultdict[str, list[tuple[Position, Candidate]]] = defaultdict(list)
    for card in cards:
        one = candidate(card)
        place = ((one.at, one.id), one)
        for name in card.lists:
            found[name].append(place)
    for places in found.values():
        places.sort(key=itemgetter(0))
    return {name: Ordered(*zip(*places, strict=True)) for name, places in found.items()}

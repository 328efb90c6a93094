"""Related articles by a bounded rule: candidates are the 8 before and the 8 after in each of five topics. Pure."""

import sys
from collections.abc import Iterable
from typing import NamedTuple

from shared.articles import Article, Card

TOPICS = 5
AROUND = 8


def topics_of(article: Article) -> tuple[str, ...]:
    """The topics that candidates come from."""
    return tuple(topic.slug for topic in article.topics[:TOPICS])


class Candidate(NamedTuple):
    """An article that may be related: what decides, beside its card, so that 48 of them are gone through at once."""

    topics: frozenset[str]
    at: float
    id: str
    card: Card


def candidate(card: Card) -> Candidate:
    """A card as a candidate."""
    return Candidate(*card.standing, card.id, card)


def related(article: Article, candidates: Iterable[Candidate], size: int) -> tuple[Card, ...]:
    """The most related: number of shared topics, then newest, then id."""
    mine = {sys.intern(topic) for topic in topics_of(article)}
    found = {one.id: one for one in candidates}
    found.pop(article.id, None)
    ranked = [(-len(mine & topics), -at, ident, card) for topics, at, ident, card in found.values()]
    ranked.sort()  # ids differ, so that cards are never compared
    return tuple([card for *_, card in ranked[:size]])

"""Related articles by a bounded rule: candidates are the 8 before and the 8 after in each of five topics. Pure."""

import sys
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from shared.articles import Article, Card
from shared.clock import millis

TOPICS = 5
AROUND = 8


def topics_of(article: Article) -> tuple[str, ...]:
    """The topics that candidates come from."""
    return tuple(topic.slug for topic in article.topics[:TOPICS])


class Candidate(NamedTuple):
    """An article that may be related: its topics and its moment in milliseconds, which decide, its id and its card."""

    topics: frozenset[str]
    at: int
    id: str
    card: Card


def candidate(card: Card) -> Candidate:
    """A card as a candidate. Topics that are the same are one string: they are compared millions of times."""
    topics = frozenset(sys.intern(topic.slug) for topic in card.topics)
    return Candidate(topics, millis(card.published_at), card.id, card)


def related(article: Article, around: Mapping[str, Sequence[Candidate]], size: int) -> tuple[Card, ...]:
    """The most related of those around it in each of its topics, oldest first there: number of shared topics, then
    newest, then id."""
    mine = frozenset(around)
    ranked: list[tuple[int, int, str, Card]] = []
    several: dict[str, Candidate] = {}
    for topic, members in around.items():
        share_only_that = (mine - {topic}).isdisjoint
        alone = []
        for one in members:
            if share_only_that(one.topics):
                alone.append(one)
            elif one.id != article.id:
                several[one.id] = one
        # most of them are here, and in no other topic; only the newest may be shown, with all of the last one's moment
        first = max(0, len(alone) - size - 1)
        while first and alone[first - 1].at == alone[first].at:
            first -= 1
        ranked += [(-1, -at, ident, card) for _, at, ident, card in alone[first:] if ident != article.id]
    ranked += [(-len(mine & topics), -at, ident, card) for topics, at, ident, card in several.values()]
    ranked.sort()  # ids differ, so that cards are never compared
    return tuple([card for *_, card in ranked[:size]])

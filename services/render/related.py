"""Related articles by a bounded rule: candidates are the 8 before and the 8 after in each of five topics. Pure."""

import heapq
from collections.abc import Iterable

from shared.articles import Article, Card

TOPICS = 5
AROUND = 8


def topics_of(article: Article) -> tuple[str, ...]:
    """The topics that candidates come from."""
    return tuple(topic.slug for topic in article.topics[:TOPICS])


def related(article: Article, candidates: Iterable[Card], size: int) -> tuple[Card, ...]:
    """The most related: number of shared topics, then newest, then id."""
    mine = set(topics_of(article))
    found = {card.id: card for card in candidates if card.id != article.id}.values()

    def order(card: Card) -> tuple[int, int, str]:
        shared, at = card.standing
        return (-len(mine & shared), -at, card.id)

    return tuple(heapq.nsmallest(size, found, key=order))

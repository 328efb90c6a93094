"""Related articles by a bounded rule: candidates are the 8 before and the 8 after in each of five topics. Pure."""

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
    found = {card.id: card for card in candidates}
    found.pop(article.id, None)
    ranked = [
        (-len(mine & topics), -at, ident, card) for ident, card in found.items() for topics, at in (card.standing,)
    ]
    ranked.sort()  # ids differ, so that cards are never compared
    return tuple([card for *_, card in ranked[:size]])

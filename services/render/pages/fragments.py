"""What every page shares, each in a file of its own that nginx puts in: a change rewrites one small file."""

from collections.abc import Awaitable, Callable, Iterable

from services.render.contexts import Context, HotFragment, Masthead, Navigation, TopicCard, TopicsFragment
from services.render.edition import Edition
from services.render.output import Output
from services.render.printer import Printer
from shared.ranking import HOT, TOPICS


async def build(edition: Edition, printer: Printer, name: str) -> Output:
    """The fragment of that name."""
    return Output({f"_fragments/{name}.html": printer.print(await _CONTEXTS[name](edition))})


async def masthead(edition: Edition) -> Masthead:
    """Date, temperature and city."""
    return Masthead(edition.site, await edition.tick(), await edition.conditions())


async def navigation(edition: Edition) -> Navigation:
    """The sections that have articles."""
    return Navigation(edition.site, await edition.sections())


async def hot(edition: Edition) -> HotFragment:
    """The first of the announced ranking that are listed."""
    cards = [card for card in await edition.cards(await edition.ranking(HOT)) if card]
    return HotFragment(edition.site, tuple(cards[: edition.site.hot]))


async def topics(edition: Edition) -> TopicsFragment:
    """The most read topics, the newest article of each, none twice; then the newest articles."""
    size = edition.site.topics
    shown = await _of_topics(edition, await edition.ranking(TOPICS))
    if len(shown) < size:
        for card in await edition.newest("all", size):  # those that stand there already are so many fewer to add
            if len(shown) < size and card.id not in shown:
                shown[card.id] = TopicCard(None, card)
    return TopicsFragment(edition.site, tuple(shown.values()))


async def _of_topics(edition: Edition, ranked: Iterable[str]) -> dict[str, TopicCard]:
    size = edition.site.topics
    shown: dict[str, TopicCard] = {}
    for slug in ranked:
        if len(shown) == size:
            break
        for card in await edition.newest(f"topic:{slug}", size):
            if card.id not in shown:
                shown[card.id] = TopicCard(await edition.term("topic", slug), card)
                break
    return shown


async def is_full(edition: Edition, name: str, first: int) -> bool:
    """Whether the block of an announced ranking is full before its place `first`: nothing from there on shows."""
    size = {HOT: edition.site.hot, TOPICS: edition.site.topics}[name]
    if first < size:
        return False
    ranked = (await edition.ranking(name))[:first]
    shown = await edition.cards(ranked) if name == HOT else list(await _of_topics(edition, ranked))
    return sum(one is not None for one in shown) >= size


_CONTEXTS: dict[str, Callable[[Edition], Awaitable[Context]]] = {
    "masthead": masthead,
    "navigation": navigation,
    "hot": hot,
    "topics": topics,
}

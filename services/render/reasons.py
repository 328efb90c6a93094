"""Why a page is as it is: what it is made of, what last rebuilt it, and which pages an article's change would reach.
For people (`pressrun why`, `impact`) and machines alike.
"""

import json
from datetime import timedelta
from typing import Any

from services.render import keys
from services.render.addresses import files_of, page_of, path_of
from services.render.affected import Mark, Shown, affected, neighbourhoods
from services.render.contexts import ArchivePage, ArticlePage, ChartPage, Context, FrontPage, HotPage, ListPage
from services.render.dirty_steps import WHY
from services.render.edition import LiveEdition
from services.render.proof import articles_in, proof
from services.render.related import AROUND
from services.render.site import Site
from shared import live
from shared.articles import Card
from shared.charts import charted_key
from shared.events import ARTICLES, SIGNALS, made_at
from shared.store import Store

NEAR_MS = 10_000

_WITH_FRAGMENTS = (ArticlePage, FrontPage, ListPage, ArchivePage, HotPage, ChartPage)


async def why(store: Store, edition: LiveEdition, site: Site, address: str) -> dict[str, Any] | None:
    """What the page at an address is made of, and the event that last rebuilt it; None for an address of none."""
    path = path_of(address, edition.site.path)
    key = await page_of(store, path)
    if key is None or not any(map(site.has, files_of(key, path))):
        return None
    cause, _, at = (await store.do("HGET", WHY, key) or b"").decode().rpartition(" ")
    return {
        "path": path,
        "page": key,
        "made_of": _made_of(key, await proof(edition, key)),
        "last_event": await _event(store, cause) or ({"event_id": cause} if cause else None),
        "rebuilt_at_ms": int(at) if at else None,
    }


def _made_of(key: str, shown: tuple[Context, ...]) -> dict[str, list[str]]:
    own = [keys.name(key)] if keys.kind(key) == "article" else []  # whatever is at its address now
    includes = keys.FRAGMENTS if any(isinstance(context, _WITH_FRAGMENTS) for context in shown) else ()
    return {"articles": list(dict.fromkeys([*own, *articles_in(shown)])), "includes": list(includes)}


async def article_at(store: Store, edition: LiveEdition, told: str) -> str:
    """The id of the article that an address is, or was, of; whatever is the address of none is an id."""
    key = await page_of(store, path_of(told, edition.site.path))
    return keys.name(key) if key and keys.kind(key) == "article" else told


async def impact(store: Store, edition: LiveEdition, ident: str) -> list[str] | None:
    """The pages that would change if this article's headline and text did, at a later moment; None if it is not on the
    site.

    The dependency table says which may; what each of them shows, which do.
    """
    card = (await edition.cards([ident]))[0]
    if card is None:
        return None
    later = (card.modified_at or card.published_at) + timedelta(minutes=1)
    changed = card.model_copy(update={"headline": f"{card.headline} ", "content": "changed", "modified_at": later})
    anywhere = Shown(hot=(ident,), topics=tuple(topic.slug for topic in card.topics), lead=(ident,))
    marked = [page for mark in affected(card, changed, anywhere) for page in await _pages(store, card, mark)]
    around = [page for topic in neighbourhoods(card, changed) for page in await _around(store, card, topic)]
    pages = dict.fromkeys([keys.article(ident), *marked, *around])
    return [page for page in pages if ident in articles_in(await proof(edition, page))]


async def _pages(store: Store, card: Card, mark: Mark) -> list[str]:
    """The pages that a mark may mean, wherever the article stands in its list."""
    match mark.when:
        case "place":
            place = await store.do("ZSCORE", live.place_key(mark.list, mark.period), card.id)
            return [] if place is None else [mark.page.replace("{n}", str(int(float(place)) // mark.size + 1))]
        case "charts":
            weeks = await store.do("SMEMBERS", charted_key(card.id))
            return sorted(mark.page.replace("{n}", week.decode()) for week in weeks)
        case _:
            return [mark.page]


async def _around(store: Store, card: Card, topic: str) -> list[str]:
    """The pages of the articles around it in a topic."""
    name = live.list_key(f"topic:{topic}")
    rank = await store.do("ZRANK", name, card.id)
    if rank is None:
        return []
    others = await store.do("ZRANGE", name, max(0, rank - AROUND), rank + AROUND)
    return [keys.article(other.decode()) for other in others]


async def _event(store: Store, event_id: str) -> dict[str, Any] | None:
    """An event that is still on its stream, by the moment its id begins with."""
    if (at := made_at(event_id)) is None:
        return None
    for stream in (ARTICLES, SIGNALS):
        for _, fields in await store.do("XRANGE", stream, at - NEAR_MS, at + NEAR_MS, "COUNT", 20_000):
            if event_id.encode() in fields[1]:
                event = json.loads(fields[1])
                if event["event_id"] == event_id:
                    event.pop("article", None)
                    return dict(event)
    return None

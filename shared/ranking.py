"""The last announced rankings: what pages show, never the live counters.

`ranking:hot` at most 50 article ids, most read first · `ranking:topics` at most 50 topic slugs, most read first ·
`ranking:hot:section:{slug}` the same for a section.
Trending writes them in the step that announces `ranking.changed`; render reads them.
"""

import json

from shared.store import Store

HOT = "hot"
TOPICS = "topics"
SIZE = 50


def ranking_key(name: str) -> str:
    """Key of an announced list, a JSON array."""
    return f"ranking:{name}"


async def announced(store: Store, name: str) -> tuple[str, ...]:
    """The last announced list; empty before there was one."""
    return tuple(json.loads(await store.do("GET", ranking_key(name)) or b"[]"))

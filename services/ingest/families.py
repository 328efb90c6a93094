"""Chains of rewrites in the store: who belongs to an article's chain.

`chain-of:{id}` the id by which its chain is known · `chain:{id}` its members, JSON.
"""

import json
from dataclasses import dataclass, field

from services.ingest.chains import parent
from shared.articles import Article, record_key
from shared.live import live_key
from shared.store import Command, Store


@dataclass(slots=True)
class Family:
    """The known members of a chain but the article itself, their cards where they are listed; what the reading rests
    on, and the commands that join the chain."""

    members: dict[str, Article] = field(default_factory=dict)
    cards: dict[str, bytes | None] = field(default_factory=dict)
    expect: dict[str, bytes | None] = field(default_factory=dict)
    commands: list[Command] = field(default_factory=list)


async def family_of(store: Store, article: Article, chain_of: bytes | None) -> Family:
    """Read an article's chain, joined with that of what it is a rewrite of."""
    family = Family()
    above = parent(article)
    if chain_of is None and above is None:
        return family
    idents = [article.id, *([above] if above else [])]
    roots = [chain_of, *([await store.do("GET", chain_of_key(above))] if above else [])]
    family.expect |= {chain_of_key(ident): root for ident, root in zip(idents, roots, strict=True)}
    named = sorted({root.decode() for root in roots if root})
    lists = await store.do("MGET", *(_chain(root) for root in named)) if named else []
    family.expect |= {_chain(root): members for root, members in zip(named, lists, strict=True)}
    everyone = sorted(set(idents).union(*(json.loads(members or b"[]") for members in lists)))
    if named != everyone[:1] or json.loads(lists[0] or b"[]") != everyone:
        family.commands += [("DEL", *(_chain(root) for root in named))] if named else []
        family.commands.append(("SET", _chain(everyone[0]), json.dumps(everyone)))
        family.commands += [("SET", chain_of_key(ident), everyone[0]) for ident in everyone]
    others = [ident for ident in everyone if ident != article.id]
    records = await store.do("MGET", *map(record_key, others)) if others else []
    cards = await store.do("MGET", *map(live_key, others)) if others else []
    for ident, record, card in zip(others, records, cards, strict=True):
        family.expect[record_key(ident)], family.cards[ident] = record, card
        if record:
            family.members[ident] = Article.model_validate_json(record)
    return family


def chain_of_key(article: str) -> str:
    """Key of the id by which an article's chain is known."""
    return f"chain-of:{article}"


def _chain(root: str) -> str:
    return f"chain:{root}"

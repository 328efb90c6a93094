"""Slugs in the store: the first one of a day that is free goes to the article that asks, for good."""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass

from shared.articles import Article, slug_key
from shared.store import Command, Store


@dataclass(frozen=True, slots=True)
class Claim:
    """An article at the address that it gets; what that rests on, and the commands that take the address."""

    article: Article
    expect: Mapping[str, bytes | None]
    commands: tuple[Command, ...] = ()


def slugs(wanted: str, ident: str) -> list[str]:
    """The slugs to try, in order, until one is free; the last one is, unless somebody has asked for just that."""
    return [wanted, *(f"{wanted}-{n}" for n in range(2, 6)), f"{wanted}-{ident}"]


async def claim(store: Store, article: Article, owners: Mapping[str, bytes | None]) -> Claim:
    """Give an article the first slug that is free or its own; of some keys the `owners` have been read already."""
    names = slugs(article.slug, article.id)
    keys = [slug_key(article.day, name) for name in names]
    if owners.get(keys[0], b"another's") not in (None, article.id.encode()):
        owners = dict(zip(keys, await store.do("MGET", *keys), strict=True))
    for name, key in zip(names, keys, strict=True):
        owner = owners[key]
        if owner is None or owner == article.id.encode():
            claimed = article if name == article.slug else article.model_copy(update={"slug": name})
            return Claim(claimed, {key: owner}, () if owner else (("SET", key, article.id),))
    slug = f"{names[-1]}-{secrets.token_hex(4)}"  # who has taken them all could take any other that can be foretold
    key = slug_key(article.day, slug)
    return Claim(article.model_copy(update={"slug": slug}), {key: None}, (("SET", key, article.id),))

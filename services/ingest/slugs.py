"""Slugs in the store: the first one of a day that is free goes to the article that asks, for good."""

import secrets
from collections.abc import Mapping

from services.ingest.transaction import Transaction
from shared.articles import Article, slug_key
from shared.store import Store


def slugs(wanted: str, ident: str) -> list[str]:
    """The slugs to try, in order, until one is free; the last one is, unless somebody has asked for just that."""
    return [wanted, *(f"{wanted}-{n}" for n in range(2, 6)), f"{wanted}-{ident}"]


async def claim(store: Store, article: Article, owners: Mapping[str, bytes | None], step: Transaction) -> Article:
    """Give an article the first slug that is free or its own, which it has once the step is carried out; of some keys
    the `owners` have been read already. Raises StoreUnavailable."""
    names = slugs(article.slug, article.id)
    keys = [slug_key(article.day, name) for name in names]
    if owners.get(keys[0], b"another's") not in (None, article.id.encode()):
        owners = dict(zip(keys, await store.do("MGET", *keys), strict=True))
    own = (None, article.id.encode())
    # who has taken them all could take any other that can be foretold
    slug = next((name for name, key in zip(names, keys, strict=True) if owners[key] in own), None)
    slug = slug or f"{names[-1]}-{secrets.token_hex(4)}"
    key = slug_key(article.day, slug)
    step.expect[key] = owner = owners.get(key)
    if owner is None:
        step.commands.append(("SET", key, article.id))
    return article if slug == article.slug else article.model_copy(update={"slug": slug})

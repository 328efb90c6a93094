"""What sections, topics and authors are called in addresses: each name has a slug of its own, for good."""

import secrets
from collections.abc import Mapping, Sequence

from services.ingest.terms import slugs_of, spelling_of, terms_of
from services.ingest.transaction import Transaction
from shared.articles import Article, Term
from shared.live import NAMED_SINCE, names_key
from shared.store import Field, Store

MOST = 65_536
"""Names that are remembered; then they are read again."""

_Named = tuple[str, Term]


class Names:
    """Knows names' slugs. The first name that is published with a slug has it; one that only its transliteration makes
    the same has the next. What is remembered is of the store that it was read from or written to, until that is
    emptied: no step is carried out that rests on names of before."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._slugs: dict[tuple[str, str], str] = {}
        self._since = b""
        self._breaks = 0

    async def settle(self, article: Article, since: bytes | None, step: Transaction) -> Article:
        """The article with its names' own slugs. Those that nobody has yet get their names in the step, and must be
        free until then, or have just these: others may ask too. `since` is what the store has under NAMED_SINCE, b""
        for nothing; None where it was not asked. Raises StoreUnavailable."""
        if self._breaks != self._store.breaks or since not in (None, self._since):
            self._slugs.clear()
            self._breaks = self._store.breaks
            self._since = self._since if since is None else since
        slugs = {(kind, term.name): self._slugs.get((kind, term.name), "") for kind, term in _named(article)}
        new = [(kind, term) for kind, term in _named(article) if not slugs[kind, term.name]]
        holders = await self._holders(new) if new else {}
        asked: list[Field] = []
        for kind, term in new:
            slug = slugs[kind, term.name] = _own_slug(kind, term, holders)
            if holders[kind, slug] is None:
                holders[kind, slug] = term.name
                asked.append((names_key(kind), slug, term.name))
        step.free += asked
        step.commands += [("HSETNX", *name) for name in asked]
        if asked and not self._since:
            step.commands.append(("SET", NAMED_SINCE, secrets.token_hex(8)))
        if slugs:
            step.expect[NAMED_SINCE] = self._since
        return _called(article, slugs)

    def remember(self, article: Article) -> None:
        """The article was published: its names keep the slugs that it has."""
        if len(self._slugs) >= MOST:
            self._slugs.clear()
        self._slugs |= {(kind, term.name): term.slug for kind, term in _named(article)}

    async def _holders(self, names: Sequence[_Named]) -> dict[tuple[str, str], str | None]:
        """Who has the slugs that these names may get."""
        found = await self._store.all([("HMGET", names_key(kind), *slugs_of(term)) for kind, term in names])
        return {
            (kind, slug): holder and holder.decode()
            for (kind, term), holders in zip(names, found, strict=True)
            for slug, holder in zip(slugs_of(term), holders, strict=True)
        }


def _named(article: Article) -> list[_Named]:
    return [(kind, term) for kind, terms in terms_of(article) for term in terms]


def _own_slug(kind: str, term: Term, holders: Mapping[tuple[str, str], str | None]) -> str:
    *earlier, last = slugs_of(term)
    for slug in earlier:
        holder = holders[kind, slug]
        if holder is None or spelling_of(holder) == spelling_of(term.name):
            return slug
    return last


def _called(article: Article, slugs: Mapping[tuple[str, str], str]) -> Article:
    called = {
        kind: tuple(
            term if slugs[kind, term.name] == term.slug else term.model_copy(update={"slug": slugs[kind, term.name]})
            for term in terms
        )
        for kind, terms in terms_of(article)
    }
    if called == dict(terms_of(article)):
        return article
    section = next(iter(called["section"]), None)
    return article.model_copy(update={"section": section, "topics": called["topic"], "authors": called["author"]})

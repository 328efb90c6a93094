"""What sections, topics and authors are called in addresses: each name has a slug of its own, for good."""

from services.ingest.terms import slugs_of, spelling_of, terms_of
from shared.articles import Article, Term
from shared.live import names_key
from shared.store import Store

MOST = 65_536
"""Names that are remembered; then they are asked for again."""


class Names:
    """Gives names their slugs. The first one that asks for a slug has it; one that only its transliteration makes the
    same has the next."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._slugs: dict[tuple[str, str], str] = {}

    def know(self, article: Article) -> bool:
        """Whether all of its names have their slugs, as far as this process remembers."""
        return all((kind, term.name) in self._slugs for kind, terms in terms_of(article) for term in terms)

    async def settle(self, article: Article) -> Article:
        """The article with its names' own slugs. Raises StoreUnavailable."""
        settled = {kind: [await self._settle(kind, term) for term in terms] for kind, terms in terms_of(article)}
        if all(settled[kind] == list(terms) for kind, terms in terms_of(article)):
            return article
        section = settled["section"][0] if settled["section"] else None
        topics, authors = tuple(settled["topic"]), tuple(settled["author"])
        return article.model_copy(update={"section": section, "topics": topics, "authors": authors})

    async def _settle(self, kind: str, term: Term) -> Term:
        slug = self._slugs.get((kind, term.name))
        if slug is None:
            slug = await self._claim(kind, term)
            if len(self._slugs) >= MOST:
                self._slugs.clear()
            self._slugs[kind, term.name] = slug  # what has a slug keeps it
        return term if slug == term.slug else term.model_copy(update={"slug": slug})

    async def _claim(self, kind: str, term: Term) -> str:
        *earlier, last = slugs_of(term)
        for slug in earlier:
            claim = [("HSETNX", names_key(kind), slug, term.name), ("HGET", names_key(kind), slug)]
            _, held = await self._store.all(claim)
            if spelling_of(held.decode()) == spelling_of(term.name):
                return slug
        return last

"""Who gets which slug of a day."""

from datetime import UTC, datetime

from services.ingest.copies import article_of, prepare
from services.ingest.draft import Draft
from services.ingest.slugs import claim, slugs
from services.ingest.transaction import Transaction
from shared.articles import Article, identify, slug_key
from shared.site_settings import SiteSettings
from shared.store import Store

NOW = datetime(2025, 7, 26, 9, 30, tzinfo=UTC)
DAY = "2025-07-26"


def article(guid: str) -> Article:
    """One that is called like all others."""
    draft = Draft(guid=guid, headline="Oil", body_text="Oil.")
    return article_of(prepare("desk", draft), None, 1, SiteSettings(), NOW)


def test_the_slugs_to_try_are_numbered_up_to_five() -> None:
    assert slugs("oil", "abc") == ["oil", "oil-2", "oil-3", "oil-4", "oil-5", "oil-abc"]


async def test_each_gets_the_first_slug_that_is_free_whether_or_not_its_owner_was_read_before(store: Store) -> None:
    idents = [identify("desk", str(number)) for number in range(6)]
    for number, slug in enumerate(slugs("oil", idents[5])):
        one, first = article(str(number)), slug_key(DAY, "oil")
        for owners in ({}, {first: await store.do("GET", first)}):
            step, key = Transaction(), slug_key(DAY, slug)
            assert await claim(store, one, owners, step) == one.model_copy(update={"slug": slug})
            assert (step.expect, step.commands) == ({key: None}, [("SET", key, idents[number])])
        assert await step.commit(store)
        again = Transaction()
        assert (await claim(store, one, {}, again)).slug == slug
        assert (again.expect, again.commands) == ({key: idents[number].encode()}, [])


async def test_an_article_all_of_whose_slugs_are_anothers_has_one_that_nobody_foretells(store: Store) -> None:
    mine = article("mine")
    await store.all([("SET", slug_key(DAY, slug), "another's") for slug in slugs("oil", mine.id)])
    step = Transaction()
    first, second = await claim(store, mine, {}, step), await claim(store, mine, {}, Transaction())
    assert first.slug.startswith(f"oil-{mine.id}-")
    assert first.slug != second.slug
    assert step.expect == {slug_key(DAY, first.slug): None}
    assert step.commands == [("SET", slug_key(DAY, first.slug), mine.id)]

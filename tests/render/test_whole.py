"""The whole store in memory, and the pages that a full build makes of it."""

import asyncio

from services.render import keys
from services.render.listed import arrange
from services.render.output import Output
from services.render.pages import build, build_each
from services.render.printer import Printer
from services.render.whole import WholeEdition
from shared.articles import Article, Term
from shared.kept import pack_body
from tests.render.composition import SITE, story

PRINTER = Printer(SITE)


def numbered(number: int, **changes: object) -> Article:
    """An article with its own address, one of three topics and one that all have."""
    topics = (Term(slug=f"topic-{number % 3}", name="Topic"), Term(slug="security", name="Security"))
    return story().model_copy(
        update={"id": f"{number:016}", "guid": str(number), "slug": f"a-{number}", "topics": topics, **changes}
    )


def whole_of(*articles: Article) -> WholeEdition:
    """An edition of these."""
    whole = WholeEdition(SITE)
    whole._take_articles(
        [(one.id, one.model_dump_json().encode(), pack_body(f"<p>{one.guid}</p>")) for one in articles]
    )
    whole._lists = arrange(whole._cards.values())
    return whole


def test_pages_that_are_built_together_are_what_each_is_alone() -> None:
    articles = [numbered(number) for number in range(9)]
    articles += [numbered(9, state="withdrawn"), numbered(10, replaced_by=articles[0].id), numbered(11, down=True)]
    whole = whole_of(*articles)
    pages = [
        keys.SITEMAPS,
        *(keys.article(one.id) for one in articles),
        keys.article("never-heard-of"),
        keys.FIXED,
        keys.article(articles[3].id),
    ]

    async def both() -> tuple[list[Output], list[Output]]:
        return [one async for one in build_each(whole, PRINTER, pages)], [
            await build(whole, PRINTER, page) for page in pages
        ]

    together, alone = asyncio.run(both())
    assert together == alone
    assert all(output.files for output in together[: 1 + 9])


def test_the_same_term_in_many_articles_is_one_in_memory() -> None:
    whole = whole_of(*(numbered(number, section=Term(slug="world", name="World")) for number in range(6)))
    shown = [*whole._articles.values(), *whole._cards.values()]
    terms = [term for one in shown for term in (one.section, *one.topics)]
    assert len({id(term) for term in terms}) == len({term.slug for term in terms if term}) == 5


def test_articles_in_memory_carry_no_note_of_their_own_of_which_members_were_given() -> None:
    whole = whole_of(*map(numbered, range(3)))
    notes = {id(one.__pydantic_fields_set__) for one in (*whole._articles.values(), *whole._cards.values())}
    assert len(notes) == 1
    assert whole._articles[f"{1:016}"] == numbered(1)

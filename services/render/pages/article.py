"""An article's page, its redirects, and the 410 of one that was withdrawn."""

from collections.abc import Sequence

from services.render.contexts import ArticlePage
from services.render.edition import Edition, Story
from services.render.output import Output, gone, moved, page_file
from services.render.printer import Printer
from shared.articles import Article, Card


async def build(edition: Edition, printer: Printer, ident: str) -> Output:
    """The page if readers are meant to see it, else what stands at its addresses instead."""
    return (await build_all(edition, printer, [ident]))[0]


async def build_all(edition: Edition, printer: Printer, idents: Sequence[str]) -> list[Output]:
    """The same of many. Each step is taken for all of them before the next one: a processor that does one thing at a
    time has at hand what it takes."""
    stories = await edition.stories(idents)
    around = [await edition.related(story.article) if story and story.article.live else () for story in stories]
    return [await _output(edition, printer, *found) for found in zip(stories, around, strict=True)]


async def _output(edition: Edition, printer: Printer, story: Story | None, related: tuple[Card, ...]) -> Output:
    if story is None:
        return Output()
    if not story.article.live:
        return await absent(edition, story)
    return page(edition, printer, story, related)


def page(edition: Edition, printer: Printer, story: Story, related: tuple[Card, ...]) -> Output:
    """The page and the redirects to it from where it was before."""
    path = story.article.path
    former = [old for old in story.former if old != path]
    return Output(
        files={page_file(path): printer.print(ArticlePage(edition.site, story.article, story.body, related))},
        links=dict(moved(old, path) for old in former),
        absent=(
            gone(path),
            moved(path, path)[0],
            *(gone(old) for old in former),
            *(page_file(old) for old in former),
        ),
        keeps_folder=True,
    )


async def absent(edition: Edition, story: Story) -> Output:
    """410 at every address it ever had, or a redirect from each to the rewrite that replaced it."""
    addresses = [path for path in dict.fromkeys((story.article.path, *story.former)) if path]
    pages = tuple(page_file(path) for path in addresses)
    leads_to = await heir(edition, story.article)
    if leads_to is not None:
        return Output(
            links=dict(moved(path, leads_to.path) for path in story.former),
            absent=(*(gone(path) for path in addresses), *pages),
            keeps_folder=True,
        )
    return Output(
        files={gone(path): b"" for path in addresses},
        absent=(*(moved(path, path)[0] for path in addresses), *pages),
        keeps_folder=True,
    )


async def heir(edition: Edition, article: Article) -> Article | None:
    """The rewrite that replaced it, if readers see that."""
    if article.replaced_by is None:
        return None
    [story] = await edition.stories([article.replaced_by])
    return story.article if story and story.article.live else None

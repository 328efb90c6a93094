"""A page's proof: what it shows, told by the module that builds it, before anything is printed."""

from collections.abc import Iterator
from dataclasses import fields, is_dataclass

from services.render.contexts import Context
from services.render.edition import Edition
from services.render.pages import build
from services.render.printer import Printer
from shared.articles import Article, Card


class _ProofReader(Printer):
    """Takes contexts as a printer does, and keeps them."""

    def __init__(self) -> None:
        self.contexts: list[Context] = []

    def print(self, context: Context) -> bytes:
        self.contexts.append(context)
        return b""

    def static_files(self) -> dict[str, bytes]:
        return {}


async def proof(edition: Edition, page: str) -> tuple[Context, ...]:
    """What the files of a page show now; nothing if there is a redirect or a 410 instead, or no page."""
    reader = _ProofReader()
    await build(edition, reader, page)
    return tuple(reader.contexts)


def articles_in(shown: object) -> Iterator[str]:
    """The ids of the articles in a context or a part of one, in their order; one that is there twice comes twice."""
    if isinstance(shown, Article | Card):
        yield shown.id
    elif isinstance(shown, tuple):
        for part in shown:
            yield from articles_in(part)
    elif is_dataclass(shown):
        yield from articles_in(tuple(getattr(shown, field.name) for field in fields(shown)))

"""How commands print: results on stdout, progress and errors on stderr; coloured on a terminal, plain in a pipe."""

import os
import sys
from collections.abc import Iterator
from json import loads
from typing import Annotated, Any, ClassVar, Literal

import typer
from rich.console import Console
from rich.highlighter import RegexHighlighter
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

AsJson = Annotated[bool, typer.Option("--json", help="Print JSON, for programs.")]


class _Lines(Console):
    """Prints one line whatever stands in it, for it may come from upstream: what would end the line, steer the
    terminal or turn round what follows is shown by its code."""

    def print(self, *objects: Any, **options: Any) -> None:
        """As rich's own."""
        super().print(*(_visible(one) if isinstance(one, str) else one for one in objects), **options)

    def print_json(self, json: str | None = None, **options: Any) -> None:
        """As rich's own."""
        is_readable = not json or all(_is_readable(text, self.encoding) for text in _texts(loads(json)))
        super().print_json(json, ensure_ascii=not is_readable, **options)


def _visible(text: str) -> str:
    if text.isprintable():
        return text
    return "".join(one if one.isprintable() else one.encode("unicode_escape").decode() for one in text)


def _is_readable(text: str, encoding: str) -> bool:
    return text.isprintable() and text.encode(encoding, "replace").decode(encoding) == text


def _texts(tree: Any) -> Iterator[str]:
    if isinstance(tree, str):
        yield tree
    elif isinstance(tree, list | dict):
        for one in (*tree, *(tree.values() if isinstance(tree, dict) else ())):
            yield from _texts(one)


class _Marks(RegexHighlighter):
    """What stands out in a line: its label, a moment, numbers, an event, a verdict. A group's name is its style."""

    highlights: ClassVar[list[str]] = [
        r"^(?P<bold>[a-z][a-z ]*?)(?=: |  )",
        r"^(?P<dim>\d{4}-\d\d-\d\dT\S+)",
        r"(?<!\S)(?P<cyan>\d+(?:[.,]\d+)*)(?![^\s,])",
        r"(?<=  )(?P<magenta>(article|page|ranking|conditions|front|clock|site)\.[a-z]+)(?!\S)",
        r"(?P<red>\bnot clean)$|(?P<green>\bclean)$",
    ]


def _lines(**options: Any) -> _Lines:
    """Coloured on a terminal, plain in a pipe; plain with NO_COLOR too, where rich alone would leave bold."""
    colours: Literal["auto"] | None = None if os.environ.get("NO_COLOR") else "auto"
    return _Lines(color_system=colours, highlighter=_Marks(), soft_wrap=True, emoji=False, **options)


err = _lines(stderr=True)
out = _lines()


def progress_bar(what: str, *, draws_itself: bool = True) -> Progress:
    """A progress bar on stderr; nothing where stderr is no terminal, or closed, as `2>&-` leaves it. It draws itself in
    a thread of its own, or is drawn when it is updated with `refresh`."""
    return Progress(
        TextColumn(what), BarColumn(), MofNCompleteColumn(), TextColumn("{task.fields[rate]}"), TimeRemainingColumn(),
        console=err, disable=not (sys.stderr and sys.stderr.isatty()), transient=True, auto_refresh=draws_itself,
    )  # fmt: skip

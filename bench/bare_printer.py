"""Jinja2 as it comes: what the printer is held against."""

import time
from collections.abc import Iterator
from typing import Any

from jinja2 import Template
from jinja2.compiler import CodeGenerator

from services.render.compositor import Compositor
from services.render.printer import BLOCKS, FORMS, Printer
from services.render.typeset import feeds
from services.render.typeset.remembered import Remembered
from shared.site_settings import SiteSettings


class PlainJinja(Compositor):
    """The same templates in Jinja2's own code, and the seconds that it takes to render them."""

    def __init__(self, constants: dict[str, Any]) -> None:
        super().__init__(constants)
        self.spent = 0.0
        self._environment.code_generator_class = CodeGenerator

    def pieces(self, template: Template, shown: dict[str, Any]) -> Iterator[str]:
        """The whole of it at once."""
        started = time.perf_counter()
        rendered = "".join(super().pieces(template, shown))
        self.spent += time.perf_counter() - started
        yield rendered


class BarePrinter(Printer):
    """Prints the same bytes with plain Jinja2, and every card and every entry anew wherever it stands."""

    def __init__(self, site: SiteSettings) -> None:
        super().__init__(site)
        self.jinja = self._compositor = PlainJinja(self._known_of_the_site())
        self._blocks = {name: self.jinja.compile(name) for name in BLOCKS}
        self._forms = {kind: (self.jinja.compile(name), setter) for kind, (name, setter) in FORMS.items()}
        self._desk.story = Remembered(self._desk._set_story, 0)
        self._desk.entry = Remembered(self._desk._set_entry, 0)
        self._desk.brief = Remembered(self._desk._set_brief, 0)

    def spent(self) -> float:
        """Seconds that Jinja2 alone took since this was last asked; nothing that was printed is remembered."""
        feeds._kept.cache_clear()
        feeds._kept_large.cache_clear()
        spent, self.jinja.spent = self.jinja.spent, 0.0
        return spent

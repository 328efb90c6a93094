"""How templates are compiled: whatever is the same for every page is worked out once, when they are."""

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from jinja2 import Environment, StrictUndefined, Template, TemplateSyntaxError, nodes, select_autoescape
from jinja2.compiler import CodeGenerator
from jinja2.utils import missing
from markupsafe import escape

from services.render.typeset.ready import escape_text
from shared.wrong import WrongSetting

TEMPLATES = Path(__file__).parent / "templates"
_INCLUDE = re.compile(r'\{% include "([a-z-]+\.[a-z]+)" %\}\n?')


class Compositor:
    """Compiles the templates of one site. `constants` are what is known of it: escaped once, not for every page."""

    def __init__(self, constants: Mapping[str, Any]) -> None:
        self.constants = dict(constants)
        self._environment = _Environment(
            undefined=StrictUndefined,
            autoescape=select_autoescape(("html", "xml"), default_for_string=True),
            keep_trailing_newline=True,
            trim_blocks=True,
            lstrip_blocks=True,
        )

    def compile(self, name: str) -> Template:
        """A template, with its includes and what is known of the site in place.

        Raises WrongSetting, which names file and line, for what is no template: whoever has edited it starts again.
        """
        try:
            tree = self._environment.parse(_source(name), name)
            for output in tree.find_all(nodes.Output):
                output.nodes = [self._known(node) for node in output.nodes]
            code = self._environment.compile(tree, name)
        except TemplateSyntaxError as error:
            raise WrongSetting(self._place(name) or f"{TEMPLATES / name}: {error.message}") from None
        except FileNotFoundError as error:
            raise WrongSetting(f"{error.filename}: there is no such template, and {name} includes it") from None
        found = {"environment": self._environment, "__file__": name, "escape_text": escape_text}
        exec(code, found)  # noqa: S102 - as Template.from_code does
        return Template.from_module_dict(self._environment, found, {})

    def pieces(self, template: Template, shown: dict[str, Any]) -> Iterator[str]:
        """What Template.render joins, without its context: our templates only look names up."""
        names = _Names(self.constants)
        names.update(shown)
        return template.root_render_func(names)  # type: ignore[arg-type]  # what it asks of a context

    def _place(self, name: str) -> str | None:
        """Which of a template's files is wrong, in which line: what is compiled is all of them in one."""
        text = _text(name)
        try:
            self._environment.compile(text, name)
        except TemplateSyntaxError as error:
            return f"{TEMPLATES / name}, line {error.lineno}: {error.message}"
        return next(filter(None, map(self._place, _INCLUDE.findall(text))), None)

    def _known(self, node: nodes.Expr) -> nodes.Expr:
        if isinstance(node, nodes.Name) and node.name in self.constants:
            return nodes.TemplateData(str(escape(self.constants[node.name])))
        return node


class _Names(dict[str, Any]):
    """The names that a compiled template asks for."""

    resolve_or_missing = dict.__getitem__

    def __missing__(self, name: str) -> object:
        return missing


class _Generator(CodeGenerator):
    """Jinja's code for pages that print much that is ready: text that is escaped already costs no call, and an
    attribute is read as one. A missing one raises AttributeError, as StrictUndefined would when it is printed.
    """

    def _output_child_pre(self, node: nodes.Expr, frame: Any, finalize: Any) -> None:
        if frame.eval_ctx.autoescape:
            self.write("(ready if type(ready := ")
        else:
            super()._output_child_pre(node, frame, finalize)

    def _output_child_post(self, node: nodes.Expr, frame: Any, finalize: Any) -> None:
        if frame.eval_ctx.autoescape:
            self.write(") is Markup else escape_text(ready) if type(ready) is str else escape(ready))")
        else:
            super()._output_child_post(node, frame, finalize)

    def visit_Getattr(self, node: nodes.Getattr, frame: Any) -> None:  # noqa: N802 - Jinja's name for it
        self.visit(node.node, frame)
        self.write(f".{node.attr}")


class _Environment(Environment):
    code_generator_class: type[CodeGenerator] = _Generator


def _source(name: str) -> str:
    """A template with its `{% include %}` put in place, so that a page costs no look-up of another one."""
    return _INCLUDE.sub(lambda found: _source(found[1]), _text(name))


def _text(name: str) -> str:
    return (TEMPLATES / name).read_text(encoding="utf-8")

"""Compiled templates print what Jinja prints, and refuse what StrictUndefined refuses."""

import re
from pathlib import Path
from typing import NamedTuple

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from jinja2 import UndefinedError
from markupsafe import Markup, escape

from services.render import compositor
from services.render.compositor import Compositor
from services.render.typeset.ready import escaped, ready
from services.render.typeset.remembered import Remembered
from shared.wrong import WrongSetting


class Named(NamedTuple):
    """Something with a name."""

    name: str


@pytest.fixture
def printed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> "Printed":
    """Prints a template of a test."""
    monkeypatch.setattr(compositor, "TEMPLATES", tmp_path)
    return Printed(tmp_path)


class Printed:
    """A template in, what it prints out."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def __call__(self, template: str, **shown: object) -> str:
        (self._folder / "test.html").write_text(template)
        made = Compositor({"site": "A & B"})
        return "".join(made.pieces(made.compile("test.html"), shown))


def test_text_is_escaped_and_markup_is_not(printed: Printed) -> None:
    assert printed("{{ a }}{{ b }}{{ c }}{{ site }}", a="<&'\">", b=Markup("<b>"), c=7) == (
        "&lt;&amp;&#39;&#34;&gt;<b>7A &amp; B"
    )


def test_attributes_are_printed_escaped(printed: Printed) -> None:
    assert printed("{{ a.name }}{% if a.name %}!{% endif %}", a=Named("<b>")) == "&lt;b&gt;!"


@pytest.mark.parametrize("template", ["{{ missing }}", "{{ missing.name }}", "{{ a.missing }}", "{{ a.items }}"])
def test_what_is_missing_is_an_error(printed: Printed, template: str) -> None:
    with pytest.raises((UndefinedError, AttributeError)):
        printed(template, a=Named("x"))


def test_an_include_is_put_in_place(printed: Printed, tmp_path: Path) -> None:
    (tmp_path / "part.html").write_text("<i>{{ a }}</i>\n")
    assert printed('{% include "part.html" %}\n.', a="x") == "<i>x</i>\n."


@pytest.mark.parametrize(
    ("part", "template", "told"),
    [
        ("", "<p>\n{% if %}", "test.html, line 2: Expected an expression"),
        ("<p>\n{{ a | shout }}", '<p>\n<p>\n{% include "part.html" %}', "part.html, line 2: No filter named 'shout'"),
        ("{% if a %}", '{% include "part.html" %}', "part.html, line 1: Unexpected end of template"),
        ("", '{% include "whole.html" %}', "whole.html: there is no such template, and test.html includes it"),
    ],
)
def test_what_is_no_template_stops_the_start_and_names_file_and_line(
    printed: Printed, tmp_path: Path, part: str, template: str, told: str
) -> None:
    (tmp_path / "part.html").write_text(part)
    with pytest.raises(WrongSetting, match=re.escape(f"{tmp_path}/{told}")):
        printed(template)


def test_the_same_value_is_set_once_and_an_equal_one_again() -> None:
    made: list[Named] = []
    remembered = Remembered(lambda value: made.append(value) or len(made), size=2)
    one, like_one, other = Named("one"), Named("o" + "ne"), Named("other")
    assert [remembered(value) for value in (one, one, like_one, one)] == [1, 1, 2, 1]
    assert remembered(other) == 3
    assert remembered(like_one) == 4  # there was no more room for what did not come again


def test_what_comes_again_and_again_is_kept() -> None:
    made: list[Named] = []
    remembered = Remembered(lambda value: made.append(value), size=4)
    one, others = Named("one"), [Named(str(number)) for number in range(20)]
    for other in others:
        remembered(other)
        remembered(one)
    assert made.count(one) == 1
    remembered(others[0])
    assert made.count(others[0]) == 2


@given(st.text())
@example("<&'\">")
@example("a <!--# set -->\u2028–")
def test_text_is_escaped_as_markupsafe_does_it(text: str) -> None:
    assert escaped(text) == escape(text)
    assert type(escaped(text)) is Markup
    assert ready(text) == Markup(text)  # noqa: S704 - compared, not printed

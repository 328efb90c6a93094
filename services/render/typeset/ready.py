"""Text that is ready to be printed: templates leave Markup as it is, and escape all other text.

Markupsafe's own way to both asks each value what it is, which takes several times as long as escaping a headline.
"""

from collections.abc import Callable

from markupsafe import Markup, _escape_inner  # type: ignore[attr-defined]  # it has no public name

escape_text: Callable[[str], str] = _escape_inner
"""Plain text, escaped for HTML and XML; what is escaped already would be so twice."""


def ready(text: str) -> Markup:
    """Text that can stand in HTML and XML as it is: digits, or what was escaped."""
    return str.__new__(Markup, text)


def escaped(text: str) -> Markup:
    """Plain text, escaped once for all the places it stands in."""
    return str.__new__(Markup, escape_text(text))

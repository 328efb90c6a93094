"""Every page of a site of hostile text, as nginx puts it together, read by a parser that forgives nothing."""

import json
import re

import html5lib  # type: ignore[import-untyped]  # it has no types
import pytest

from tests.hostile.conftest import Press
from tests.hostile.edition import C1, PAYLOADS

KINDS = {
    "front": r"/",
    "article": r"/\d{4}/\d\d/\d\d/[^/]+/",
    "section": r"/two-words/",
    "topic": r"/topic/[^/]+/",
    "author": r"/author/[^/]+/",
    "month": r"/archive/2025/07/",
    "day": r"/archive/2025/07/\d\d/",
    "second page": r"/archive/2025/07/27/2/",
    "a section's month": r"/two-words/2025/07/",
    "a topic's month": r"/topic/[^/]+/2025/07/",
    "an author's month": r"/author/[^/]+/2025/07/",
    "a month's second page": r"/many/2025/07/2/",
    "hot": r"/hot/",
    "chart": r"/hot/2025-W30/",
}
ALIKE = re.compile(r"/2025/07/27/plain-(?!0/).*")  # a hundred articles that differ by a number


def _strict(text: str) -> None:
    html5lib.HTMLParser(strict=True).parse(text)


def test_a_page_of_every_kind_is_there(press: Press) -> None:
    pages = press.pages()
    missing = [kind for kind, pattern in KINDS.items() if not any(re.fullmatch(pattern, page) for page in pages)]
    assert not missing, pages


def test_every_page_is_valid_to_the_letter(press: Press) -> None:
    for path in press.pages():
        if ALIKE.fullmatch(path):
            continue
        answer = press.up.site_get(path)
        assert answer.status_code == 200, path
        text = answer.content.decode()
        assert text.count('<header class="masthead"') == 1, path  # what is included is there, once
        assert not set(text) & set(C1), path
        try:
            _strict(text)
        except html5lib.html5parser.ParseError as error:
            pytest.fail(f"{path}: {error}")


@pytest.mark.parametrize(("path", "status"), [("/no-such-page/", 404), ("/no-such-page", 404), (None, 410)])
def test_the_pages_of_errors_are_valid_too(press: Press, path: str | None, status: int) -> None:
    answer = press.up.site_get(path or press.withdrawn)
    assert answer.status_code == status
    _strict(answer.content.decode())


def test_text_arrives_without_the_controls_and_else_as_it_was(press: Press) -> None:
    assert "<h1>two words</h1>" in press.up.page(press.paths["C1 controls"])
    assert f"<h1>{PAYLOADS['emoji']}</h1>" in press.up.page(press.paths["emoji"])


def test_what_search_engines_read_of_an_article_is_json_about_its_page(press: Press) -> None:
    for name, path in press.paths.items():
        root = html5lib.parse(press.up.site_get(path).content, namespaceHTMLElements=False)
        (script,) = root.findall(".//script[@type='application/ld+json']")
        found = json.loads(script.text)
        assert found["mainEntityOfPage"] == press.up.url + path
        (canonical,) = root.findall(".//link[@rel='canonical']")
        assert canonical.get("href") == press.up.url + path
        (heading,) = root.findall(".//h1")
        assert found["headline"] == heading.text, name

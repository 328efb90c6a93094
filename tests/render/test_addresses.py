"""Addresses of archives; and those elsewhere as they are printed for machines: always a URI, and always the one that
was meant."""

import re
from urllib.parse import unquote_to_bytes

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.render.contexts import Kind, archive
from services.render.typeset.uris import uri
from shared.articles import Term

# RFC 3986, appendix A: a path, a query and a fragment have the same characters, but for the first two marks
PART = r"(?:[A-Za-z0-9._~!$&'()*+,;=:@/?-]|%[0-9A-Fa-f]{2})*"
URI = re.compile(rf"https?://(?:\[[0-9A-Fa-f:.]+\])?{PART}(?:#{PART})?")

pieces = st.one_of(
    st.text(max_size=4), st.sampled_from(["%", "%4", "%41", "%zz", "#", "[", "]", "[::1]", '"><a>', "é"])
)
addresses = st.builds("{}://{}".format, st.sampled_from(["http", "https"]), st.lists(pieces).map("".join))


@given(address=addresses)
def test_any_address_becomes_a_uri_that_means_the_same(address: str) -> None:
    made = uri(address)
    assert URI.fullmatch(made)
    assert unquote_to_bytes(made) == unquote_to_bytes(address)
    assert uri(made) == made


@given(address=st.from_regex(URI, fullmatch=True))
def test_what_is_a_uri_stays_as_it_is(address: str) -> None:
    assert uri(address) == address


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        ('https://e.com/é.jpg?x="><a>', "https://e.com/%C3%A9.jpg?x=%22%3E%3Ca%3E"),
        ("https://e.com/100%.jpg#a#b", "https://e.com/100%25.jpg#a%23b"),
        ("http://[::1]:80/a[1].jpg", "http://[::1]:80/a%5B1%5D.jpg"),
    ],
)
def test_what_may_not_stand_in_a_uri_is_percent_encoded(address: str, expected: str) -> None:
    assert uri(address) == expected


@pytest.mark.parametrize(
    ("kind", "period", "number", "expected"),
    [
        ("all", "2025-07", 1, "/archive/2025/07/"),
        ("all", "2025-07", 2, "/archive/2025/07/2/"),
        ("all", "2025-07", 9, "/archive/2025/07/9/"),
        ("all", "2025-07", 10, "/archive/2025/07/010/"),
        ("all", "2025-07", 100, "/archive/2025/07/100/"),
        ("all", "2025-07-26", 2, "/archive/2025/07/26/2/"),
        ("all", "2025-07-26", 10, "/archive/2025/07/26/10/"),
        ("section", "2025-07", 10, "/oil/2025/07/10/"),
        ("topic", "2025-07", 2, "/topic/oil/2025/07/2/"),
        ("author", "2025-07", 10, "/author/oil/2025/07/10/"),
    ],
)
def test_the_pages_of_archives_stay_where_they_are(kind: Kind, period: str, number: int, expected: str) -> None:
    """Where a month's page and a day's begin alike, the tenth page of the one is not the tenth day."""
    assert archive(kind, None if kind == "all" else Term(slug="oil", name="Oil"), period, number) == expected

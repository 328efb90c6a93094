"""Signatures of upstream systems."""

import hashlib
import hmac

from hypothesis import given
from hypothesis import strategies as st

from services.ingest import signatures

SECRET, BODY = b"123456789", b"test payload"
SUPERDESK = "sha1=8be62a607898504f87559cb52dc23f9ebee65a21"


def ghost_header(secret: bytes, body: bytes, stamp: str | None) -> str:
    digest = hmac.new(secret, body + (stamp or "").encode(), hashlib.sha256).hexdigest()
    return f"sha256={digest}, t={stamp}" if stamp else f"sha256={digest}"


def test_superdesks_check_vector_is_true() -> None:
    assert signatures.superdesk(SECRET, BODY, SUPERDESK)


def test_the_digits_may_be_of_either_case() -> None:
    assert signatures.superdesk(SECRET, BODY, "sha1=" + SUPERDESK.removeprefix("sha1=").upper())


def test_a_superdesk_signature_is_false_for_another_body_secret_or_header() -> None:
    assert not signatures.superdesk(SECRET, BODY + b" ", SUPERDESK)
    assert not signatures.superdesk(SECRET + b"0", BODY, SUPERDESK)
    for header in (None, "", "sha1=", SUPERDESK[5:], SUPERDESK[:-1], SUPERDESK + "0", "sha256" + SUPERDESK[4:]):
        assert not signatures.superdesk(SECRET, BODY, header), header


def test_ghosts_signature_covers_the_body_and_the_time() -> None:
    header = ghost_header(SECRET, BODY, "1719842984367")
    assert signatures.ghost(SECRET, BODY, header)
    assert signatures.ghost(SECRET, BODY, header.replace(", ", ","))
    assert not signatures.ghost(SECRET, BODY, header.replace("367", "368"))
    assert not signatures.ghost(SECRET, BODY, header.partition(",")[0])


def test_ghosts_older_signature_covers_the_body_alone_with_or_without_a_time_beside_it() -> None:
    header = ghost_header(SECRET, BODY, None)
    assert signatures.ghost(SECRET, BODY, header)
    assert signatures.ghost(SECRET, BODY, f"{header}, t=1719842984367")
    assert not signatures.ghost(SECRET, BODY + b"1", header)


@given(st.one_of(st.none(), st.text(), st.characters().map(lambda c: f"sha256={'a' * 64}, t={c}")))
def test_no_header_makes_them_raise(header: str | None) -> None:
    assert not signatures.superdesk(SECRET, BODY, header)
    assert not signatures.ghost(SECRET, BODY, header)

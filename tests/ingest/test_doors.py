"""Who may come in."""

import hashlib
import hmac

import pytest
from pydantic import SecretStr

from services.ingest.doors import _SIGNATURES, Doors
from shared.problems import Problem
from shared.sources import Source

BODY = b'{"uri": "x"}'


def source(tokens: tuple[str, ...] = (), secrets: tuple[str, ...] = ()) -> Source:
    return Source(tokens=[SecretStr(t) for t in tokens], hmac_secrets=[SecretStr(s) for s in secrets])


def superdesk(secret: str) -> dict[str, str]:
    return {"x-superdesk-signature": "sha1=" + hmac.new(secret.encode(), BODY, hashlib.sha1).hexdigest()}


@pytest.fixture
def doors() -> Doors:
    return Doors(
        {
            "desk": source(("token-one", "token-two"), ("secret-one", "secret-two")),
            "agency": source(("sha256:" + hashlib.sha256(b"hashed").hexdigest(),), ("théâtre",)),
        }
    )


@pytest.mark.parametrize(
    ("header", "name"),
    [
        ("Bearer token-one", "desk"),
        ("bearer token-two", "desk"),
        ("Bearer  token-one ", "desk"),
        ("Bearer hashed", "agency"),
    ],
)
def test_a_token_says_who_is_speaking(doors: Doors, header: str, name: str) -> None:
    assert doors.bearer(header) == name


@pytest.mark.parametrize(
    "header", [None, "", "Bearer", "Bearer ", "token-one", "Basic token-one", "Bearer token", "Bearer token-oné\u20ac"]
)
def test_every_wrong_header_is_the_same_401(doors: Doors, header: str | None) -> None:
    with pytest.raises(Problem) as caught:
        doors.bearer(header)
    assert caught.value.status == 401
    assert caught.value.response().headers["www-authenticate"].startswith("Bearer")
    assert caught.value.detail == "This is not signed by a source that may send it."


def test_the_digest_of_a_token_is_no_token(doors: Doors) -> None:
    with pytest.raises(Problem):
        doors.bearer("Bearer sha256:" + hashlib.sha256(b"hashed").hexdigest())


def test_a_token_may_be_of_any_characters_in_the_bytes_that_were_sent() -> None:
    doors = Doors({"desk": source(("schlüssel",))})
    as_decoded = "Bearer schlüssel".encode().decode("latin-1")  # which is how servers read headers
    assert doors.bearer(as_decoded) == "desk"


def test_each_secret_of_a_source_signs(doors: Doors) -> None:
    for secret in ("secret-one", "secret-two"):
        doors.signed("desk", BODY, superdesk(secret), ("superdesk", "bearer"))
    doors.signed("agency", BODY, superdesk("théâtre"), ("superdesk",))


@pytest.mark.parametrize(
    ("name", "headers", "kinds"),
    [
        ("desk", {}, ("superdesk", "bearer")),
        ("desk", superdesk("théâtre"), ("superdesk",)),
        ("agency", superdesk("secret-one"), ("superdesk",)),
        ("nobody", superdesk("secret-one"), ("superdesk",)),
        ("desk", superdesk("secret-one"), ("ghost", "bearer")),
        ("agency", {"authorization": "Bearer token-one"}, ("superdesk", "bearer")),
        ("nobody", {"authorization": "Bearer token-one"}, ("bearer",)),
        ("desk", {"authorization": "Bearer token-one"}, ("superdesk",)),
    ],
)
def test_what_another_would_sign_is_the_same_401(
    doors: Doors, name: str, headers: dict[str, str], kinds: tuple
) -> None:
    with pytest.raises(Problem) as caught:
        doors.signed(name, BODY, headers, kinds)
    assert (caught.value.status, caught.value.detail) == (401, "This is not signed by a source that may send it.")


def test_a_token_signs_for_its_own_source(doors: Doors) -> None:
    doors.signed("desk", BODY, {"authorization": "Bearer token-one"}, ("superdesk", "bearer"))


def test_nothing_signs_for_a_source_without_secrets() -> None:
    doors = Doors({"tokens-only": source(("t",))})
    with pytest.raises(Problem):
        doors.signed("tokens-only", BODY, superdesk(""), ("superdesk",))


def test_a_body_is_not_read_without_a_token_of_the_source_or_a_signature_to_look_at(doors: Doors) -> None:
    signed, named = {"x-superdesk-signature": "sha1=wrong"}, {"authorization": "Bearer token-one"}
    assert not doors.knock("desk", signed, ("superdesk", "bearer")), "only its body can tell who has signed it"
    assert doors.knock("desk", named, ("superdesk", "bearer"))
    assert doors.knock("desk", signed | named, ("superdesk", "bearer"))
    for headers in ({"x-ghost-signature": "x"}, {"authorization": "Bearer x"}, {"authorization": "Bearer hashed"}, {}):
        with pytest.raises(Problem):
            doors.knock("desk", headers, ("superdesk", "bearer"))
    with pytest.raises(Problem):
        doors.knock("desk", named, ("ghost",))


def test_as_much_is_compared_for_a_source_without_secrets_or_that_there_is_none_as_for_any(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Else the time of an answer would tell which sources there are, and how many secrets each has."""
    compared: list[bytes] = []

    def compare(secret: bytes, *_: object) -> bool:
        compared.append(secret)
        return False

    monkeypatch.setitem(_SIGNATURES, "superdesk", compare)
    doors = Doors({"desk": source((), ("one", "two")), "agency": source(("token",))})
    counts = set()
    for name in ("desk", "agency", "nobody"):
        compared.clear()
        with pytest.raises(Problem):
            doors.signed(name, BODY, superdesk("three"), ("superdesk",))
        assert len(set(compared)) == len(compared), "each may be one that is known"
        counts.add(len(compared))
    assert counts == {2}

"""What the documents say is what ingest does: every call, every answer, every event."""

import copy
import hashlib
import hmac
import io
import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import httpx
import jsonschema_rs
import pytest
import requests
import schemathesis
from hypothesis import given, settings
from PIL import Image
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    allow_header_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
    unsupported_method,
)

from services.ingest.api import CALLS, NDJSON
from services.ingest.asyncapi import STREAMS, document
from shared import events
from tests.ingest.conftest import SECRET, TOKEN, Ingest
from tests.servers import Valkey

EXAMPLES = 20
OTHERS = ("trending", "render")
CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    unsupported_method,
    allow_header_conformance,
]
# any bytes are lines, so nothing is wrong as a body of lines: each of them answers for itself
ASKED = [
    (call, mode)
    for call in sorted(CALLS)
    for mode in schemathesis.GenerationMode
    if mode is schemathesis.GenerationMode.POSITIVE or NDJSON not in str(CALLS[call].get("requestBody"))
]


@schemathesis.serializer(NDJSON)
def lines(_: Any, value: Any) -> bytes:
    """A body of lines, from the text that the document promises."""
    return value.encode("utf-8", "replace") if isinstance(value, str) else json.dumps(value).encode()


class Signed(requests.auth.AuthBase):
    """Proves who is speaking in whatever way the call takes."""

    def __call__(self, request: Any) -> Any:
        body = request.body or b""
        raw = body.encode() if isinstance(body, str) else body
        request.headers["Authorization"] = f"Bearer {TOKEN}"
        if "/ghost" in request.path_url:
            digest = hmac.new(SECRET.encode(), raw + b"17", hashlib.sha256).hexdigest()
            request.headers["X-Ghost-Signature"] = f"sha256={digest}, t=17"
        return request


@pytest.fixture(scope="module")
def served(ingest_process: Ingest) -> Any:
    """The document that ingest serves."""
    return httpx.get(f"{ingest_process.url}/openapi.json").json()


@pytest.fixture(scope="module")
def schema(served: Any) -> Any:
    """The same for generating requests; `Signed` proves who is speaking, so that bodies are looked at."""
    open_doors = copy.deepcopy(served)
    for methods in open_doors["paths"].values():
        for operation in methods.values():
            operation.pop("security", None)
    return schemathesis.openapi.from_dict(open_doors)


@pytest.mark.parametrize(("call", "mode"), ASKED, ids=[f"{call} {mode.value}" for call, mode in ASKED])
def test_no_answer_is_a_5xx_or_undocumented(
    ingest_process: Ingest, schema: Any, call: str, mode: schemathesis.GenerationMode
) -> None:
    method, _, path = call.partition(" ")
    operation = schema[path][method]

    @settings(max_examples=EXAMPLES)
    @given(case=operation.as_strategy(generation_mode=mode))
    def ask(case: Any) -> None:
        case.path_parameters = {**case.path_parameters, "source": "desk"} if "source" in path else case.path_parameters
        answer = case.call(base_url=ingest_process.url, auth=Signed(), timeout=10)
        case.validate_response(answer, checks=CHECKS)

    ask()


def test_every_call_is_documented_and_nothing_else(served: Any) -> None:
    found = {f"{method} {path}" for path, methods in served["paths"].items() for method in methods}
    assert {call for call in found if " /v1/" in call} == set(CALLS)


ARTICLE = {"guid": "as-promised", "headline": "As promised", "body_text": "Kept."}
AT = "2025-07-26T09:30:00Z"


@pytest.mark.parametrize(
    ("call", "model", "body", "status"),
    [
        ("POST /v1/articles", "NativeArticle", {**ARTICLE, "slug": "بغداد"}, 202),
        ("POST /v1/articles", "NativeArticle", {**ARTICLE, "slug": "日本"}, 202),
        ("POST /v1/articles", "NativeArticle", {**ARTICLE, "slug": "--"}, 422),
        ("POST /v1/articles", "NativeArticle", {**ARTICLE, "corrections": [{"text": " ", "at": AT}]}, 422),
        ("POST /v1/articles", "NativeArticle", {**ARTICLE, "headline": "\u200b\xad"}, 422),
        ("POST /v1/articles", "NativeArticle", {**ARTICLE, "headline": "\u200fش"}, 202),
        ("POST /v1/articles", "NativeArticle", {**ARTICLE, "body_text": None}, 422),
        ("POST /v1/articles", "NativeArticle", {**ARTICLE, "body_text": None, "body_html": "<p>Kept.</p>"}, 202),
        ("POST /v1/articles", "NativeArticle", {**ARTICLE, "body_html": None}, 202),
        ("POST /v1/articles", "NativeArticle", {**ARTICLE, "image": {"url": None}}, 422),
        ("PUT /v1/conditions", "ConditionsBody", {"city": " ", "temperature_c": 1, "at": AT}, 422),
    ],
    ids=[
        "arabic slug",
        "japanese slug",
        "slug of signs",
        "blank correction",
        "headline that nobody sees",
        "headline with a mark of direction",
        "no body",
        "html",
        "text",
        "no picture",
        "blank city",
    ],
)
def test_what_the_schema_refuses_is_what_is_refused(
    ingest_process: Ingest, served: Any, call: str, model: str, body: Any, status: int
) -> None:
    schema = {"$ref": f"#/components/schemas/{model}", "components": served["components"]}
    method, _, path = call.partition(" ")
    with ingest_process.client() as client:
        assert client.request(method, path, json=body).status_code == status
    assert jsonschema_rs.is_valid(schema, body) is (status == 202)


@pytest.mark.parametrize("call", sorted(call for call in CALLS if CALLS[call]["security"]))
def test_a_call_that_needs_proof_is_401_without_it(ingest_process: Ingest, call: str) -> None:
    method, _, path = call.partition(" ")
    address = ingest_process.url + path.replace("{source}", "desk").replace("{ident}", "a" * 16)
    for proof in ({}, {"Authorization": "Bearer wrong", "X-Ghost-Signature": "sha256=0", "x-superdesk-signature": "x"}):
        answer = httpx.request(method.upper(), address, headers=proof)
        assert (answer.status_code, answer.headers["content-type"]) == (401, "application/problem+json")
        assert answer.headers["www-authenticate"]


def test_a_picture_that_is_too_wide_is_refused_as_the_document_says(ingest_process: Ingest, served: Any) -> None:
    wide = io.BytesIO()
    Image.new("RGB", (1100, 100)).save(wide, "PNG")
    with ingest_process.client() as client:
        answer = client.post("/v1/push/desk/assets", files={"media_id": (None, "wide"), "media": wide.getvalue()})
    assert answer.status_code == 422
    assert "One side of the picture is more than 10 times the other" in answer.json()["detail"]
    body = served["paths"]["/v1/push/{source}/assets"]["post"]["requestBody"]["content"]["multipart/form-data"]
    about = body["schema"]["properties"]["media"]["description"]
    assert about == (
        "no SVG; of a picture at most 50 million pixels (of a JPEG that is not progressive 200 million), "
        "and one side at most 10 times the other"
    )


@pytest.mark.parametrize("call", sorted(call for call in CALLS if call.startswith("post /v1/push/")))
def test_a_push_for_a_source_that_is_none_is_one_that_nobody_signed(
    ingest_process: Ingest, served: Any, call: str
) -> None:
    path = call.partition(" ")[2]
    with ingest_process.client() as client:
        assert client.post(path.replace("{source}", "nobody"), json={}).status_code == 401
    assert "404" not in served["paths"][path]["post"]["responses"]


def test_every_body_says_how_much_it_may_be(served: Any) -> None:
    bodies = {
        f"{method} {path}": operation["requestBody"]["description"]
        for path, methods in served["paths"].items()
        for method, operation in methods.items()
        if "requestBody" in operation
    }
    assert len(bodies) == 10
    assert bodies.pop("post /v1/articles/batch") == "at most 10,000 lines, each at most 5 MiB"
    assert bodies.pop("post /v1/views/batch") == "at most 10,000 lines, each at most 4 KiB"
    assert bodies.pop("post /v1/views") == "at most 4 KiB"
    assert bodies.pop("post /v1/push/{source}/assets") == "a file of at most 50 MiB"
    assert set(bodies.values()) == {"at most 5 MiB"}


def test_every_refusal_is_a_problem(served: Any) -> None:
    for path, methods in served["paths"].items():
        for method, operation in methods.items():
            assert operation["summary"], (method, path)
            for status, answer in operation["responses"].items():
                if status >= "400" and path.startswith("/v1/") and method != "head":
                    assert list(answer["content"]) == ["application/problem+json"], (method, path, status)


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/nothing", 404),
        ("POST", "/v1/nothing", 404),
        ("POST", "//v1/articles", 404),
        ("POST", "/v1/articles/", 404),
        ("PATCH", "/v1/articles/x", 405),
        ("GET", "/v1/views", 405),
    ],
)
def test_addresses_and_methods_that_are_none_are_problems_too(
    ingest_process: Ingest, method: str, path: str, status: int
) -> None:
    answer = httpx.request(method, ingest_process.url + path)
    assert (answer.status_code, answer.headers["content-type"]) == (status, "application/problem+json")
    assert answer.json()["status"] == status
    told = f"There is no address '{path}' here; correct it, its slashes count too."
    if status == 405:
        taken = "POST" if path.endswith("views") else "DELETE, GET, HEAD"
        assert answer.headers["allow"] == taken
        told = "views are posted" if path.endswith("views") else f"This address does not take {method}; send {taken}."
    assert answer.json()["detail"] == told


def test_every_event_stands_in_the_asyncapi_document() -> None:
    made = document()
    assert made["asyncapi"].startswith("3.")
    assert list(made["channels"]) == [
        events.ARTICLES, events.VIEWS, events.SIGNALS, events.PAGES, events.DEAD_LETTERS,
    ]  # fmt: skip
    ours = [kind for kind in _kinds(events.Event) if kind.__module__ == events.__name__]
    names = {kind.model_fields["type"].default for kind in ours if "type" in kind.model_fields}
    assert set(made["components"]["messages"]) == names | {"dead-letter"}
    listed = [name for channel in made["channels"].values() for name in channel["messages"]]
    assert sorted(listed) == sorted(made["components"]["messages"])
    assert set(STREAMS) == set(made["channels"])
    for name, message in made["components"]["messages"].items():
        schema = made["components"]["schemas"][message["payload"]["$ref"].rpartition("/")[2]]
        if name != "dead-letter":
            assert schema["properties"]["type"]["const"] == name
            assert {"event_id", "at", "type"} <= set(schema["required"])
    text = json.dumps(made)
    assert all(_resolves(made, found) for found in re.findall(r'"\$ref": "#/([^"]+)"', text))


def test_the_pages_are_served_and_cannot_publish(ingest_process: Ingest) -> None:
    assert httpx.get(f"{ingest_process.url}/asyncapi.json").json() == document()
    page = httpx.get(f"{ingest_process.url}/asyncapi").text
    assert "article.withdrawn" in page
    assert "try" not in page.lower().replace("country", "").replace("entry", "")
    page = httpx.get(f"{ingest_process.url}/docs").text
    assert "openapi.json" in page
    assert "at most 10,000 lines, each at most 4 KiB" in page


def test_the_article_in_an_event_is_described_member_by_member(ingest_process: Ingest, valkey_server: Valkey) -> None:
    with ingest_process.client() as client:
        article = {
            "guid": "whole",
            "headline": "Whole",
            "body_text": "All of it.",
            "section": "City",
            "topics": ["Ports"],
        }
        assert client.post("/v1/articles", json=article).status_code == 202
    with valkey_server.client() as store:
        [(_, fields)] = store.xrevrange(events.ARTICLES, count=1)
    event, schemas = json.loads(fields[b"event"]), document()["components"]["schemas"]
    reference = schemas["ArticlePublished"]["properties"]["article"]["anyOf"][0]["$ref"]
    described = schemas[reference.rpartition("/")[2]]
    assert set(event["article"]) == set(described["properties"]) == set(described["required"])
    schema = {"$ref": "#/components/schemas/ArticlePublished", "components": {"schemas": schemas}}
    jsonschema_rs.validator_for(schema, validate_formats=True).validate(event)


def test_every_member_on_the_streams_is_described() -> None:
    told = [
        (name, member, about)
        for name, schema in document()["components"]["schemas"].items()
        for member, about in schema["properties"].items()
    ]
    assert [
        (name, member) for name, member, about in told if "const" not in about and not about.get("description")
    ] == []


def _kinds(kind: type[events.Event]) -> list[type[events.Event]]:
    return [one for direct in kind.__subclasses__() for one in (direct, *_kinds(direct))]


def _resolves(made: dict[str, Any], path: str) -> bool:
    found: Any = made
    for part in path.split("/"):
        found = found.get(part)
        if found is None:
            return False
    return True


@pytest.fixture(scope="module")
def documents(served: Any, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """The document of each service."""
    return {"ingest": served, **{name: _documented(name, tmp_path_factory.mktemp(name)) for name in OTHERS}}


def _documented(name: str, folder: Path) -> Any:
    code = f"import json; from services.{name}.app import app; print(json.dumps(app.openapi()))"
    environ = {"PRESSRUN_DATA": str(folder), "PATH": "/usr/bin:/bin", "PYTHONPATH": str(Path(__file__).parents[2])}
    done = subprocess.run([sys.executable, "-c", code], env=environ, capture_output=True, timeout=30, check=True)
    return json.loads(done.stdout)


@pytest.mark.parametrize("name", OTHERS)
def test_the_other_services_document_problems_as_well(name: str, documents: dict[str, Any]) -> None:
    assert "HTTPValidationError" not in json.dumps(documents[name])
    for path, methods in documents[name]["paths"].items():
        for operation in methods.values():
            if path.startswith("/v1/"):
                assert {"200", "422", "503"} <= set(operation["responses"])


def test_each_object_is_one_class_to_those_who_make_a_client(documents: dict[str, Any]) -> None:
    schemas = [about for document in documents.values() for about in document["components"]["schemas"].items()]
    assert [name for name, schema in schemas if {"anyOf", "oneOf", "allOf"} & set(schema)] == []


NAME = re.compile("live|ready|metrics|(get|head|post|put|delete|push)_[a-z]+")


def test_calls_have_names_that_a_generated_client_can_bear(documents: dict[str, Any]) -> None:
    for one in documents.values():
        calls = [call["operationId"] for methods in one["paths"].values() for call in methods.values()]
        assert len(set(calls)) == len(calls)
        assert [call for call in calls if not NAME.fullmatch(call)] == []
    assert "/v1/articles/{id}" in documents["ingest"]["paths"]


def test_each_answer_in_json_says_what_is_in_it(documents: dict[str, Any]) -> None:
    answers = [
        (name, path, status, answer.get("content", {}).get("application/json", {}).get("schema"))
        for name, document in documents.items()
        for path, methods in document["paths"].items()
        for operation in methods.values()
        for status, answer in operation["responses"].items()
        if "application/json" in answer.get("content", {}) or path == "/health/ready"
    ]
    told = [answer[:3] for answer in answers if answer[3] and answer[3].get("additionalProperties") is not True]
    assert [answer[:3] for answer in answers] == told

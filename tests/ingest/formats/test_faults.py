"""What is wrong, in sentences."""

from typing import Annotated, Any

import pytest
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from services.ingest.formats.faults import faults_of, kind_of, refused
from shared.problems import Fault


class Asked(BaseModel):
    """One member of each kind that is asked for somewhere."""

    model_config = ConfigDict(strict=True)

    number: float = 0
    whole: Annotated[int, Field(strict=False)] = 0
    form: Annotated[str, Field(pattern="^a$")] = "a"
    row: tuple[int, ...] = ()
    table: dict[str, int] = {}


@pytest.mark.parametrize(
    ("name", "value", "sentence"),
    [
        ("number", "x", "This must be a number, not text."),
        ("whole", 1.5, "This must be an integer, not a number."),
        ("form", "b", "This has not the form of such a member: it must match ^a$."),
        ("row", {}, "This must be a list, not an object."),
        ("table", [], "This must be an object, not a list."),
        ("table", None, "This must be an object, not null."),
        ("table", True, "This must be an object, not true or false."),
    ],
)
def test_what_is_wrong_is_said_in_a_sentence(name: str, value: Any, sentence: str) -> None:
    with pytest.raises(ValidationError) as error:
        Asked.model_validate({name: value})
    assert faults_of(error.value) == [Fault(f"/{name}", sentence)]


@pytest.mark.parametrize(
    ("value", "kind"),
    [(None, "null"), (False, "true or false"), (1, "a number"), (1.5, "a number"), ("", "text"), ([], "a list"),
     ({}, "an object")],
)  # fmt: skip
def test_each_kind_of_value_has_a_name(value: Any, kind: str) -> None:
    assert kind_of(value) == kind


def test_a_refusal_counts_each_fault_once() -> None:
    one, other = Fault("/a", "A."), Fault("/b", "B.")
    told = refused("article", [one, one])
    assert (told.status, told.detail, told.faults) == (422, "1 thing is wrong with the article", (one,))
    told = refused("article", [one, other, one])
    assert (told.detail, told.faults) == ("2 things are wrong with the article", (one, other))

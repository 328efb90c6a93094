"""What is wrong with an article, in sentences for the person who has to put it right."""

from collections.abc import Sequence
from typing import Any

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from shared.problems import Fault, Problem, pointer_to

_SENTENCES = {
    "missing": "This member is required and missing; send it.",
    "extra_forbidden": "There is no member of this name; correct the name or leave it out.",
    "string_type": "This must be text, not {got}.",
    "int_type": "This must be an integer, not {got}.",
    "float_type": "This must be a number, not {got}.",
    "string_pattern_mismatch": "This has not the form of such a member: it must match {pattern}.",
    "int_from_float": "This must be an integer, not {got}.",
    "list_type": "This must be a list, not {got}.",
    "tuple_type": "This must be a list, not {got}.",
    "model_type": "This must be an object, not {got}.",
    "dict_type": "This must be an object, not {got}.",
    "string_too_short": "This is too short; it needs {min_length} or more characters besides white space.",
    "string_too_long": "This is too long; shorten it to {max_length} characters.",
    "too_long": "These are too many; send {max_length} at most.",
    "greater_than_equal": "This is too small; the least is {ge}.",
    "less_than_equal": "This is too large; the most is {le}.",
    "literal_error": "This must be one of {expected}.",
}


def refused(what: str, faults: Sequence[Fault]) -> Problem:
    """422, with each fault once: a member that is asked for under several names may be told several times."""
    once = tuple(dict.fromkeys(faults))
    count = "1 thing is" if len(once) == 1 else f"{len(once)} things are"
    return Problem(422, f"{count} wrong with the {what}", once)


def faults_of(error: ValidationError) -> list[Fault]:
    """A fault for each thing that pydantic found, its pointer naming the member."""
    return [Fault(pointer_to(*found["loc"]), _sentence(found)) for found in error.errors(include_url=False)]


def kind_of(value: Any) -> str:
    """What a JSON value is, in words."""
    if value is None:
        return "null"
    kinds: dict[type, str] = {bool: "true or false", int: "a number", float: "a number", str: "text", list: "a list"}
    return kinds.get(type(value), "an object")


def _sentence(found: ErrorDetails) -> str:
    pattern = _SENTENCES.get(found["type"])
    if pattern is None:
        return str(found["msg"])
    return pattern.format(**{**found.get("ctx", {}), "got": kind_of(found["input"])})

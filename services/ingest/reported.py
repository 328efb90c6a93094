"""A view as an analytics system reports it: a line of `POST /v1/views/batch`."""

from datetime import datetime

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from shared.once import AHEAD, MEMORY
from shared.problems import Fault, Problem, pointer_to
from shared.times import Moment


class Line(BaseModel):
    """A view as an analytics system reports it."""

    model_config = ConfigDict(strict=True, extra="ignore")

    event_id: str = Field(min_length=1, max_length=200)
    article: str = Field(min_length=1, max_length=200)
    at: Moment


def read_line(raw: bytes, now: datetime) -> Line:
    """The view on a line; Problem 400 or 422 if it is none, or belongs to a moment that does not count."""
    try:
        line = Line.model_validate_json(raw)
    except ValidationError as error:
        found = error.errors(include_url=False, include_context=False)
        if found[0]["type"] == "json_invalid":
            raise Problem(400, f"the line is not JSON: {found[0]['msg']}") from None
        raise Problem(
            422, "not a view", [Fault(pointer_to(*one["loc"]) or "/event_id", one["msg"]) for one in found]
        ) from None
    if line.at > now + AHEAD:
        raise Problem(422, "too early", [Fault("/at", "more than 5 minutes in the future")])
    if line.at < now - MEMORY:
        raise Problem(422, "too late", [Fault("/at", "more than 8 days ago")])
    return line

"""A view as an analytics system reports it: a line of `POST /v1/views/batch`."""

from datetime import datetime

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from services.ingest.formats.faults import faults_of
from shared.problems import Fault, Problem
from shared.times import Moment
from shared.view_bounds import AHEAD, MEMORY, TOO_EARLY, TOO_LATE


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
        first = error.errors(include_url=False)[0]
        if first["type"] == "json_invalid":
            raise Problem(400, f"The line is not JSON: {first['ctx']['error']}.") from None
        faults = [Fault(fault.pointer or "/event_id", fault.detail) for fault in faults_of(error)]
        raise Problem(422, "not a view", faults) from None
    if line.at > now + AHEAD:
        raise Problem(422, "too early", [Fault("/at", TOO_EARLY)])
    if line.at < now - MEMORY:
        raise Problem(422, "too late", [Fault("/at", TOO_LATE)])
    return line

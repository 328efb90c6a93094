"""Errors as RFC 9457 problem details."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from starlette.responses import JSONResponse

RETRY_AFTER = "1"
MOST_FAULTS = 100
"""More than anybody reads; what is wrong a million times over must not be answered with hundreds of megabytes."""
TITLES = {
    400: "The request cannot be parsed",
    401: "Not authenticated",
    404: "Not found",
    405: "Method not allowed",
    413: "Too large",
    415: "Unsupported media type",
    422: "Not valid",
    431: "Too large",
    500: "Internal error",
    503: "Try again later",
}
WHOLE = "/"
"""The pointer of what is wrong with a body, line or request as a whole: none is empty, which many take for a bug."""
_SURROGATE = re.compile("[\ud800-\udfff]")


def pointer_to(*path: int | str) -> str:
    """A JSON pointer (RFC 6901 §3) from a path of members; for a lone surrogate in a name there is U+FFFD."""
    names = (_SURROGATE.sub("\ufffd", str(name)) for name in path)
    return "".join("/" + name.replace("~", "~0").replace("/", "~1") for name in names)


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that is wrong: a JSON pointer to the member (RFC 6901; of a missing one too), and what is wrong."""

    pointer: str
    detail: str

    def as_dict(self) -> dict[str, str]:
        """As it stands in `errors`."""
        return {"pointer": self.pointer, "detail": self.detail}


class Problem(Exception):
    """Ends a request with that status and those faults, of which it tells MOST_FAULTS. What cannot be parsed is wrong
    as a WHOLE."""

    def __init__(self, status: int, detail: str, faults: Sequence[Fault] = ()) -> None:
        super().__init__(detail)
        if status == 400 and not faults:
            faults = [Fault(WHOLE, detail)]
        self.status = status
        self.detail = detail
        self.faults = tuple(faults[:MOST_FAULTS])

    def response(self) -> JSONResponse:
        """The answer, as application/problem+json."""
        headers: dict[str, str] = {}
        if self.status == 401:
            headers["WWW-Authenticate"] = 'Bearer realm="pressrun"'
        if self.status == 503:
            headers["Retry-After"] = RETRY_AFTER
        return JSONResponse(self.body(), self.status, headers, media_type="application/problem+json")

    def body(self) -> dict[str, Any]:
        """The members of the problem."""
        return {
            "type": "about:blank",
            "title": TITLES.get(self.status, "Error"),
            "status": self.status,
            "detail": self.detail,
            "errors": [fault.as_dict() for fault in self.faults],
        }

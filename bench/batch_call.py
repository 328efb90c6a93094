"""A sender of the batch call: reads the answers while it writes."""

import http.client
import json
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit


@dataclass(frozen=True, slots=True)
class Sent:
    """The answers, and the seconds until the last of them."""

    answers: list[dict[str, Any]]
    seconds: float


def send_batch(
    url: str, token: str, lines: Sequence[bytes], path: str = "/v1/articles/batch",
    heard: Callable[[bytes], None] | None = None,
) -> Sent:  # fmt: skip
    """Send the lines; every one must be acknowledged."""
    connection = http.client.HTTPConnection(urlsplit(url).netloc, timeout=60)
    connection.putrequest("POST", path)
    for name, value in {
        "Authorization": f"Bearer {token}",
        "Content-Type": "application/x-ndjson",
        "Content-Length": str(sum(map(len, lines))),
    }.items():
        connection.putheader(name, value)
    connection.endheaders()
    started = time.perf_counter()
    writer = threading.Thread(target=_write, args=(connection, lines))
    writer.start()
    raw = []
    for answer in connection.getresponse():
        raw.append(answer)
        if heard:
            heard(answer)
    seconds = time.perf_counter() - started
    writer.join()
    connection.close()
    answers = [json.loads(answer) for answer in raw]
    assert len(answers) == len(lines), f"{len(lines)} lines, {len(answers)} answers"
    assert all(answer["status"] == 202 for answer in answers), next(a for a in answers if a["status"] != 202)
    return Sent(answers, seconds)


def _write(connection: http.client.HTTPConnection, lines: Sequence[bytes]) -> None:
    for at in range(0, len(lines), 50):
        connection.sock.sendall(b"".join(lines[at : at + 50]))

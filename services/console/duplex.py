"""An HTTP/1.1 exchange that reads while it writes: the batch call answers each line as it comes.

httpx sends a whole body before it reads, which two full buffers would turn into a deadlock.
"""

import asyncio
import json
from collections.abc import Callable, Sequence
from typing import Any
from urllib.parse import urlsplit

import h11

CHUNK = 64 * 1024


class Refused(Exception):
    """The server did not take the body at all; its text is one line."""

    def __init__(self, status: int, body: bytes) -> None:
        super().__init__(f"{status}: {_detail(body)}")
        self.status = status


def _detail(body: bytes) -> str:
    """What a problem document says; whatever else answers, the site for one, is not ingest."""
    try:
        told = json.loads(body)["detail"]
    except (ValueError, TypeError, KeyError, RecursionError):
        return "this is not what ingest answers; is it the address of ingest?"
    return " ".join(str(told).split())


Progress = Callable[[int], None]
"""Called with the number of answers that have come, again and again."""


async def exchange(
    url: str, token: str, lines: Sequence[bytes], progress: Progress = lambda _: None
) -> list[dict[str, Any]]:
    """Send lines as NDJSON and return the answers, one a line; fewer if the connection ended early.

    Raises Refused, OSError, and h11.RemoteProtocolError where no HTTP server answers.
    """
    where = urlsplit(url)
    secure = where.scheme == "https"
    port = where.port or (443 if secure else 80)
    reader, writer = await asyncio.open_connection(where.hostname, port, ssl=secure or None)
    connection = h11.Connection(h11.CLIENT)
    try:
        headers = {
            "Host": where.netloc,
            "Authorization": f"Bearer {token}",
            "Content-Type": "application/x-ndjson",
            "Transfer-Encoding": "chunked",
        }
        sent = [(name.encode(), value.encode()) for name, value in headers.items()]
        writer.write(connection.send(h11.Request(method="POST", target=where.path, headers=sent)) or b"")
        writing = asyncio.create_task(_write(connection, writer, lines))
        try:
            return await _read(connection, reader, progress)
        finally:
            writing.cancel()
            await asyncio.gather(writing, return_exceptions=True)
    finally:
        writer.close()


async def _write(connection: h11.Connection, writer: asyncio.StreamWriter, lines: Sequence[bytes]) -> None:
    part = bytearray()
    for line in lines:
        part += line + b"\n"
        if len(part) >= CHUNK:
            writer.write(connection.send(h11.Data(data=bytes(part))) or b"")
            await writer.drain()
            part.clear()
    if part:
        writer.write(connection.send(h11.Data(data=bytes(part))) or b"")
    writer.write(connection.send(h11.EndOfMessage()) or b"")
    await writer.drain()


async def _read(connection: h11.Connection, reader: asyncio.StreamReader, progress: Progress) -> list[dict[str, Any]]:
    status, body, count = 0, bytearray(), 0
    while True:
        event = connection.next_event()
        if event is h11.NEED_DATA:
            received = await reader.read(CHUNK)
            if not received and status == 0:
                if not b"HTTP/".startswith(connection.trailing_data[0][:5]):
                    raise h11.RemoteProtocolError("not HTTP")
                raise ConnectionError("the connection ended before an answer came")
            if not received:
                break
            connection.receive_data(received)
        elif isinstance(event, h11.Response):
            status = event.status_code
        elif isinstance(event, h11.Data):
            body += event.data
            count += event.data.count(b"\n")
            progress(count)
        elif isinstance(event, h11.EndOfMessage | h11.ConnectionClosed):
            break
    if status != 200:
        raise Refused(status, bytes(body))
    whole = bytes(body).rpartition(b"\n")[0]
    return [_answer(line) for line in whole.split(b"\n") if line]


def _answer(line: bytes) -> dict[str, Any]:
    try:
        told = json.loads(line)
    except (ValueError, RecursionError):
        told = None
    if not isinstance(told, dict) or not isinstance(told.get("status"), int):
        raise Refused(200, line)
    return told

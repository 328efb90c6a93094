"""An HTTP/1.1 exchange that reads while it writes: the batch call answers each line as it comes.

httpx sends a whole body before it reads, which two full buffers would turn into a deadlock.
"""

import asyncio
import json
from collections.abc import Sequence
from typing import Any
from urllib.parse import urlsplit

import h11

CHUNK = 64 * 1024


class Refused(Exception):
    """The server did not take the body at all."""

    def __init__(self, status: int, detail: str) -> None:
        super().__init__(f"{status} {detail}")
        self.status = status


async def exchange(url: str, token: str, lines: Sequence[bytes]) -> list[dict[str, Any]]:
    """Send lines as NDJSON and return the answers, one a line; fewer if the connection ended early."""
    where = urlsplit(url)
    secure = where.scheme == "https"
    port = where.port or (443 if secure else 80)
    reader, writer = await asyncio.open_connection(where.hostname, port, ssl=secure or None)
    connection = h11.Connection(h11.CLIENT)
    try:
        headers = [
            ("Host", where.netloc),
            ("Authorization", f"Bearer {token}"),
            ("Content-Type", "application/x-ndjson"),
            ("Transfer-Encoding", "chunked"),
        ]
        writer.write(connection.send(h11.Request(method="POST", target=where.path, headers=headers)) or b"")
        writing = asyncio.create_task(_write(connection, writer, lines))
        try:
            return await _read(connection, reader)
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


async def _read(connection: h11.Connection, reader: asyncio.StreamReader) -> list[dict[str, Any]]:
    status, body = 0, bytearray()
    while True:
        event = connection.next_event()
        if event is h11.NEED_DATA:
            received = await reader.read(CHUNK)
            if not received and status == 0:
                raise ConnectionError("the connection ended before an answer came")
            if not received:
                break
            connection.receive_data(received)
        elif isinstance(event, h11.Response):
            status = event.status_code
        elif isinstance(event, h11.Data):
            body += event.data
        elif isinstance(event, h11.EndOfMessage | h11.ConnectionClosed):
            break
    if status != 200:
        raise Refused(status, body.decode("utf-8", "replace")[:500])
    whole = bytes(body).rpartition(b"\n")[0]
    return [json.loads(line) for line in whole.split(b"\n") if line]

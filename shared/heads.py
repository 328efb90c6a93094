"""The server's HTTP protocol with a bound for the head of a request: its parser has none of its own.

A proxy bounds heads before they come here; what reaches a service directly must not fill its memory either.
"""

import asyncio

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

MOST = 64 * 1024
_TOO_LARGE = (
    b'{"type":"about:blank","title":"Too large","status":431,"detail":"the address and the headers of a request may '
    b'have 64 KiB","errors":[]}'
)
_ANSWER = (
    b"HTTP/1.1 431 Request Header Fields Too Large\r\ncontent-type: application/problem+json\r\nconnection: close\r\n"
    b"content-length: %d\r\n\r\n%s" % (len(_TOO_LARGE), _TOO_LARGE)
)


class BoundedHeads(HttpToolsProtocol):
    """Answers 431, and ends the connection, where a head goes on and on."""

    transport: asyncio.Transport
    _in_head = False
    _size = 0

    def data_received(self, data: bytes) -> None:
        """Pass on what came, unless it makes a head too large; what came with its beginning is not counted."""
        if self._in_head:
            self._size += len(data)
            if self._size > MOST:
                self.transport.write(_ANSWER)
                self.transport.close()
                return
        super().data_received(data)

    def on_message_begin(self) -> None:
        """A request begins, and so does its head."""
        self._in_head, self._size = True, 0
        super().on_message_begin()

    def on_headers_complete(self) -> None:
        """A head is whole."""
        self._in_head = False
        super().on_headers_complete()

"""The server's HTTP protocol with a bound for headers, before a body and after it: its parser has none of its own.

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
    """Answers 431, and ends the connection, where a head goes on and on; ends it where the headers after a body do."""

    transport: asyncio.Transport
    _head: object | None = None
    _size = 0
    _is_first = True  # of the request: nothing has been answered yet

    def data_received(self, data: bytes) -> None:
        """Pass on what came, and count it where it began, ended, and lies within one head."""
        head = self._head
        super().data_received(data)
        if head is None or head is not self._head or self.transport.is_closing():
            return
        self._size += len(data)
        if self._size > MOST:
            if self._is_first:
                self.transport.write(_ANSWER)
            self.transport.close()

    def on_message_begin(self) -> None:
        """A request begins, and so does its head."""
        self._begin(is_first=True)
        super().on_message_begin()

    def on_headers_complete(self) -> None:
        """A head is whole."""
        self._head = None
        super().on_headers_complete()

    def on_chunk_header(self) -> None:
        """A chunk begins; if it is the last one there is no body in it, but more headers (RFC 9112 §7.1.2)."""
        self._begin(is_first=False)

    def on_body(self, body: bytes) -> None:
        """It is not the last one."""
        self._head = None
        super().on_body(body)

    def on_message_complete(self) -> None:
        """A request is whole."""
        self._head = None
        super().on_message_complete()

    def _begin(self, *, is_first: bool) -> None:
        self._head, self._size, self._is_first = object(), 0, is_first

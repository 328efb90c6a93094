"""HTTP as our servers speak it: uvicorn's, with what its parser lacks.

That has no bound for headers, before a body or after it. A proxy bounds them before they come here; what reaches a
service directly must not fill its memory either. Nor does a proxy pass on that a client would rather speak HTTP/2
(`Upgrade: h2c`, from each of Java's and from `curl --http2`): the parser takes what follows such a head for the other
protocol, and the body would be lost (uvicorn issue 2722). And the end of a client's side is not the end of its request.
"""

import asyncio
import sys
from http import HTTPStatus

import httptools
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from shared.problems import Problem

MOST = 64 * 1024


def _answer(status: HTTPStatus, detail: str) -> bytes:
    """A problem as an answer, where there is no request yet that could be answered."""
    body = bytes(Problem(status.value, detail).response().body)
    head = f"HTTP/1.1 {status.value} {status.phrase}\r\ncontent-type: application/problem+json\r\nconnection: close\r\n"
    return f"{head}content-length: {len(body)}\r\n\r\n".encode() + body


_TOO_LARGE = _answer(
    HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE, "the address and the headers of a request may have 64 KiB"
)
_NOT_HTTP = _answer(HTTPStatus.BAD_REQUEST, "this is no HTTP/1.1: its first line, a header or a length")


class HttpProtocol(HttpToolsProtocol):
    """Answers 431, and ends the connection, where a head goes on and on; ends it where the headers after a body do. A
    head that offers another protocol is read as if it did not. Who has said all may end their side and be answered."""

    transport: asyncio.Transport
    _head: object | None = None
    _size = 0
    _is_first = True  # of the request: nothing has been answered yet
    _data = b""
    _again = b""

    def data_received(self, data: bytes) -> None:
        """Pass on what came, and once more from a head on that offered another protocol."""
        while data:
            self._data, self._again = data, b""
            self._pass_on(data)
            data = self._again
        self._data = b""

    def _pass_on(self, data: bytes) -> None:
        """Pass on what came, and count it where it began, ended, and lies within one head."""
        head = self._head
        super().data_received(data)
        if head is None or head is not self._head or self.transport.is_closing():
            return
        self._size += len(data)
        if self._size > MOST:
            if self._is_first:
                self.transport.write(_TOO_LARGE)
            self.transport.close()

    def eof_received(self) -> bool | None:  # type: ignore[override]  # uvicorn's says nothing, and so ends it
        """Nothing more will come: what has come whole is answered all the same, as `nc -N` and others expect it."""
        cycle = self.cycle
        if cycle is None or cycle.more_body or cycle.response_complete:
            return None
        cycle.keep_alive = False
        return True

    def send_400_response(self, msg: str) -> None:
        """Say it as all other errors are said; uvicorn's answer is plain text."""
        self.transport.write(_NOT_HTTP)
        self.transport.close()

    def on_message_begin(self) -> None:
        """A request begins, and so does its head."""
        self._begin(is_first=True)
        super().on_message_begin()

    def on_headers_complete(self) -> None:
        """A head is whole."""
        self._head = None
        if not self._offers_another():
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
        if not self._offers_another():
            super().on_message_complete()

    def _offers_another(self) -> bool:
        return self.parser.should_upgrade() and any(name == b"upgrade" for name, _ in self.headers)

    def _unsupported_upgrade_warning(self) -> None:
        """A head was read that offers another protocol, and nothing after it: have it read again without the offer."""
        offer = sys.exception()
        if not (isinstance(offer, httptools.HttpParserUpgrade) and self._offers_another()):
            super()._unsupported_upgrade_warning()  # CONNECT
            return
        version = self.parser.get_http_version().encode()
        head = [b"%s %s HTTP/%s" % (self.parser.get_method(), self.url, version)]
        head += [b"%s: %s" % header for header in self.headers if header[0] != b"upgrade"]
        self._again = b"\r\n".join([*head, b"", self._data[offer.args[0] :]])
        self.parser = httptools.HttpRequestParser(self)  # the old one may have read the last request of its connection
        self.parser.set_dangerous_leniencies(lenient_data_after_close=True)  # as uvicorn has it

    def _begin(self, *, is_first: bool) -> None:
        self._head, self._size, self._is_first = object(), 0, is_first

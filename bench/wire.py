"""HTTP over a raw socket that is kept alive: the least that a client can cost."""

import socket
import time
from urllib.parse import quote, urlsplit


class Line:
    """A connection to a server, one request at a time."""

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        self._address = (parts.hostname or "127.0.0.1", parts.port or 80)
        self._host = parts.netloc.encode()
        self._socket = socket.create_connection(self._address, timeout=20)
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._held = b""

    def get(self, path: str) -> tuple[int, bytes]:
        """Status and body of a page."""
        return self.ask(b"GET " + quote(path).encode() + b" HTTP/1.1\r\nHost: " + self._host + b"\r\n\r\n")

    def post(self, path: str, body: bytes, token: str = "") -> tuple[int, bytes]:
        """Status and body of the answer to a POST."""
        proof = f"Authorization: Bearer {token}\r\n" if token else ""
        head = f"POST {path} HTTP/1.1\r\nHost: {self._host.decode()}\r\n{proof}Content-Type: application/json\r\n"
        return self.ask(f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body)

    def ask(self, request: bytes) -> tuple[int, bytes]:
        """Send a request as it is and read the whole answer."""
        self._socket.sendall(request)
        while b"\r\n\r\n" not in self._held:
            self._more()
        head, _, self._held = self._held.partition(b"\r\n\r\n")
        fields = head.lower()
        if b"transfer-encoding: chunked" in fields:
            return int(head[9:12]), self._chunks()
        found = fields.partition(b"content-length:")[2].partition(b"\r\n")[0]
        return int(head[9:12]), self._exactly(int(found or 0))

    def close(self) -> None:
        """Hang up."""
        self._socket.close()

    def _more(self) -> None:
        part = self._socket.recv(1 << 18)
        if not part:
            raise ConnectionError("the server hung up")
        self._held += part

    def _exactly(self, size: int) -> bytes:
        while len(self._held) < size:
            self._more()
        body, self._held = self._held[:size], self._held[size:]
        return body

    def _chunks(self) -> bytes:
        body = b""
        while True:
            while b"\r\n" not in self._held:
                self._more()
            size, _, self._held = self._held.partition(b"\r\n")
            part = self._exactly(int(size, 16) + 2)[:-2]
            if not part:
                return body
            body += part


def timed(line: Line, path: str, body: bytes, token: str = "") -> float:
    """Seconds that a POST takes."""
    started = time.perf_counter()
    status, answer = line.post(path, body, token)
    assert status in (200, 202), answer
    return time.perf_counter() - started

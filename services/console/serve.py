"""`python -m services.console.serve NAME HOST PORT`: a service under uvicorn.

Two ingests share a port: the system gives each connection to one of those that listen, by a hash of its addresses.
One that has not started yet is given none, nor one that has died.
"""

import socket
import sys

import uvicorn

from shared.http_protocol import HttpProtocol


def listener(host: str, port: int, *, is_shared: bool) -> socket.socket:
    """A socket bound to a port; a shared one, together with others of the same user that are shared as well."""
    bound = socket.socket()
    bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, is_shared)
    try:
        bound.bind((host, port))
    except OSError:
        bound.close()
        raise
    return bound


def main(name: str, host: str, port: int) -> None:
    """Serve until SIGTERM; a port that another has taken since `up` looked ends it in one line."""
    try:
        bound = listener(host, port, is_shared=name == "ingest")
    except OSError as error:
        sys.exit(f"port {port} on {host} is not free ({error.strerror})")
    config = uvicorn.Config(
        f"services.{name}.app:app",
        loop="uvloop",
        http=HttpProtocol,
        access_log=False,
        log_level="warning",
        proxy_headers=False,  # ingest itself decides whom it believes
        timeout_graceful_shutdown=5,
        timeout_keep_alive=30,
        backlog=2048,
    )
    uvicorn.Server(config).run(sockets=[bound])


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], int(sys.argv[3]))

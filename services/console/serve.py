"""`python -m services.console.serve NAME HOST PORT`: a service under uvicorn, on a port that it shares with its like.

Processes that listen on one port are given connections in turn by the system. One that has not started yet is given
none, nor one that has died.
"""

import socket
import sys

import uvicorn


def listener(host: str, port: int) -> socket.socket:
    """A socket bound to a port that other sockets of this kind, of the same user, may be bound to as well."""
    bound = socket.socket()
    bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
    bound.bind((host, port))
    return bound


def main(name: str, host: str, port: int) -> None:
    """Serve until SIGTERM."""
    config = uvicorn.Config(
        f"services.{name}.app:app",
        loop="uvloop",
        http="httptools",
        access_log=False,
        log_level="warning",
        proxy_headers=False,  # ingest itself decides whom it believes
        timeout_graceful_shutdown=5,
        timeout_keep_alive=30,
        backlog=2048,
    )
    uvicorn.Server(config).run(sockets=[listener(host, port)])


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], int(sys.argv[3]))

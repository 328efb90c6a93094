"""Asking a part of the stack whether it serves, without a client of its own: the store, or an address."""

import asyncio
from collections.abc import Awaitable, Callable

HERE = "127.0.0.1"
ANSWER_WITHIN = 2.0


async def ask_store(port: int, password: str, command: str) -> str:
    """The first line of the store's answer; empty if there is none."""
    answer = await _exchange(port, f"AUTH {password}\r\n{command}\r\nQUIT\r\n".encode())
    lines = answer.decode("latin-1").splitlines()
    return lines[1] if len(lines) > 1 else ""


def answers(port: int, path: str) -> Callable[[], Awaitable[bool]]:
    """What says whether a part answers 200 at a path."""
    request = f"GET {path} HTTP/1.1\r\nHost: {HERE}:{port}\r\nConnection: close\r\n\r\n".encode()

    async def ask() -> bool:
        return (await _exchange(port, request)).startswith(b"HTTP/1.1 200 ")

    return ask


async def _exchange(port: int, question: bytes) -> bytes:
    try:
        async with asyncio.timeout(ANSWER_WITHIN):
            reader, writer = await asyncio.open_connection(HERE, port)
            try:
                writer.write(question)
                return await reader.read()
            finally:
                writer.close()
    except (OSError, TimeoutError):
        return b""

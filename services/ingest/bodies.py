"""Request bodies within their bounds."""

from collections.abc import AsyncIterator

from starlette.requests import ClientDisconnect, Request

from shared.problems import Problem

MOST = 5 * 1024 * 1024


def pieces(request: Request) -> AsyncIterator[bytes]:
    """The body as it arrives; Problem 415 for one that is compressed: signatures and bounds are of bytes as sent."""
    encoding = request.headers.get("content-encoding", "identity").strip()
    if encoding.lower() not in ("", "identity"):
        raise Problem(415, f"Send the body without Content-Encoding: {encoding} is not taken.")
    return request.stream()


async def read_body(request: Request, most: int = MOST) -> bytes:
    """The body; Problem 413 as soon as it is known to be larger than `most` bytes."""
    length = request.headers.get("content-length", "")
    if length.isdigit() and int(length) > most:
        raise Problem(413, f"a body may have {most} bytes at most, this one has {length}")
    parts, size = [], 0
    try:
        async for part in pieces(request):
            size += len(part)
            if size > most:
                raise Problem(413, f"a body may have {most} bytes at most")
            parts.append(part)
    except ClientDisconnect:
        raise Problem(400, "the connection ended before the body did") from None
    return b"".join(parts)

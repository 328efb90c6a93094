"""Request bodies within their bounds."""

from starlette.requests import ClientDisconnect, Request

from shared.problems import Problem

MOST = 5 * 1024 * 1024


async def read_body(request: Request, most: int = MOST) -> bytes:
    """The body; Problem 413 as soon as it is known to be larger than `most` bytes."""
    length = request.headers.get("content-length", "")
    if length.isdigit() and int(length) > most:
        raise Problem(413, f"a body may have {most} bytes at most, this one has {length}")
    parts, size = [], 0
    try:
        async for part in request.stream():
            size += len(part)
            if size > most:
                raise Problem(413, f"a body may have {most} bytes at most")
            parts.append(part)
    except ClientDisconnect:
        raise Problem(400, "the connection ended before the body did") from None
    return b"".join(parts)

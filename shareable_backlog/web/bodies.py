"""Read the body of a request, and no more of it than it may have."""

from starlette.exceptions import HTTPException
from starlette.requests import Request


async def read_body(request: Request, largest: int) -> bytes:
    """Return the body. Raises HTTPException 413 beyond `largest` bytes, and ClientDisconnect."""
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > largest:
            raise HTTPException(413, headers={"Connection": "close"})  # else the rest would be read, and thrown away
    return bytes(body)

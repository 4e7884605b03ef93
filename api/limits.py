"""What holds for every request, as plain ASGI: the body limit and the security headers.

A larger body is refused before it is read into memory.
"""

from __future__ import annotations

from fastapi import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.faults import BadRequest
from api.problems import problem

BODY_LIMIT = 1024 * 1024
"""Bytes of a request body."""
_LIMIT = {"limit": f"{BODY_LIMIT // 1024} KiB"}
_LARGER = {"/directory/import": 11 * 1024 * 1024}
"""Where a file is uploaded: the page itself tells what is too much."""

SECURITY_HEADERS = ((b"x-content-type-options", b"nosniff"),)
_NOT_KEPT = (b"cache-control", b"no-store")


class BodyLimit:
    """Refuses bodies over the limit with 413, whether or not they announce their length."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one connection."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        limit = _LARGER.get(scope["path"], BODY_LIMIT)
        length = next((value for name, value in scope["headers"] if name == b"content-length"), b"0")
        if not length.isdigit() or int(length) > limit:
            await problem(Request(scope), 413, "body_too_large", _LIMIT)(scope, receive, send)
            return
        read = 0

        async def counted() -> Message:
            nonlocal read
            message = await receive()
            read += len(message.get("body", b""))
            if read > limit:
                raise BadRequest(413, "body_too_large", **_LIMIT)
            return message

        await self._app(scope, counted, send)


class SecurityHeaders:
    """Nothing is taken for anything but what it says it is; what does not say otherwise is not kept by a cache."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one connection."""

        async def sealed(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = message["headers"]
                kept = any(name.lower() == b"cache-control" for name, _ in headers)
                message["headers"] = [*headers, *SECURITY_HEADERS, *(() if kept else (_NOT_KEPT,))]
            await send(message)

        await self._app(scope, receive, sealed if scope["type"] == "http" else send)

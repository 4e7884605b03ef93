"""The body limit, as plain ASGI: a larger body is refused before it is read into memory."""

from __future__ import annotations

from fastapi import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.problems import problem

BODY_LIMIT = 1024 * 1024
"""Bytes of a request body."""


class _TooLarge(Exception):
    pass


class BodyLimit:
    """Refuses bodies over the limit with 413, whether or not they announce their length."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one connection."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        request = Request(scope)
        length = request.headers.get("content-length", "0")
        if not length.isdigit() or int(length) > BODY_LIMIT:
            await self._refuse(request, receive, send)
            return
        read = 0

        async def counted() -> Message:
            nonlocal read
            message = await receive()
            read += len(message.get("body", b""))
            if read > BODY_LIMIT:
                raise _TooLarge
            return message

        try:
            await self._app(scope, counted, send)
        except _TooLarge:
            await self._refuse(request, receive, send)

    @staticmethod
    async def _refuse(request: Request, receive: Receive, send: Send) -> None:
        answer = problem(request, 413, "body_too_large", {"limit": f"{BODY_LIMIT // 1024} KiB"})
        await answer(request.scope, receive, send)

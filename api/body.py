"""Reading a body: JSON, and nothing that the ledger could not store or digest.

Checked here once, so that no command, draft or digest ever meets a NUL, half a surrogate pair, an infinite number, an
integer beyond what JSON readers agree on, or nesting deep enough to exhaust the stack.
"""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from typing import Any

from fastapi import Request, Response
from fastapi.routing import APIRoute
from pydantic_core import from_json

from api.faults import BadRequest

MAX_DEPTH = 32
"""Levels of nesting; the documents need four."""
MAX_INTEGER = 2**53 - 1


class JsonRequest(Request):
    """A request whose body is read strictly."""

    async def body(self) -> bytes:
        """Return the body; 415 when there is one and it is not said to be JSON."""
        body = await super().body()
        kind = self.headers.get("content-type", "").partition(";")[0].strip().lower()
        if body and kind != "application/json":
            raise BadRequest(415, "content_type_not_json", "Content-Type")
        return body

    async def json(self) -> Any:
        """Return the body's value; 400 when it is not JSON, 422 with the field when it could not be stored."""
        try:
            value = from_json(await self.body(), allow_inf_nan=False)
        except ValueError:
            raise BadRequest(400, "form_not_json", "body") from None
        _check(value, "", 0)
        return value


def _check(value: Any, at: str, depth: int) -> None:
    if isinstance(value, str):
        if "\x00" in value:
            raise BadRequest(422, "unstorable", at or "body")
    elif isinstance(value, dict | list):
        if depth == MAX_DEPTH:
            raise BadRequest(422, "nested_too_deep", at or "body", limit=MAX_DEPTH)
        if isinstance(value, dict):
            for name, one in value.items():
                _check(name, at, depth + 1)
                _check(one, f"{at}.{name}" if at else name, depth + 1)
        else:
            for index, one in enumerate(value):
                _check(one, f"{at}.{index}" if at else str(index), depth + 1)
    elif isinstance(value, int | float) and not -MAX_INTEGER <= value <= MAX_INTEGER:
        raise BadRequest(422, "number_out_of_range", at or "body")


class JsonRoute(APIRoute):
    """A route that reads its body strictly."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """Return the handler, given a strict request."""
        handle = super().get_route_handler()

        async def strict(request: Request) -> Response:
            return await handle(JsonRequest(request.scope, request.receive))

        return strict

"""Faults of a request itself, before any command is looked at."""

from __future__ import annotations

from starlette.exceptions import HTTPException


class BadRequest(HTTPException):
    """A request that cannot be understood. `status_code` and `code` are what the caller is told.

    An HTTPException, because FastAPI lets nothing else through from the reading of a body.
    """

    def __init__(self, status: int, code: str, at: str | None = None, **params: str | int) -> None:
        super().__init__(status, code)
        self.code = code
        self.at = at
        self.params = params

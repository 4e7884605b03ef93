"""Faults of a request itself, before any command is looked at."""

from __future__ import annotations


class BadRequest(Exception):
    """A request that cannot be understood. `status` and `code` are what the caller is told."""

    def __init__(self, status: int, code: str, at: str | None = None, **params: str | int) -> None:
        super().__init__(code)
        self.status = status
        self.code = code
        self.at = at
        self.params = params

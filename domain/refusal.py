"""Refusals: why a command was not carried out, as data. The words are in `domain.messages`."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import final


class Kind(StrEnum):
    """What a caller should make of a refusal. The API maps each kind to one HTTP status."""

    INVALID = "invalid"
    """The command's own content is wrong; mend it and send it again."""
    FORBIDDEN = "forbidden"
    """This person may not do this here."""
    CONFLICT = "conflict"
    """The stream is in a state that does not allow this now."""
    MISSING = "missing"
    """There is no such thing, or the caller may not know of it."""


Params = Mapping[str, str | int]


@final
class Refused(Exception):
    """A command was refused; nothing was written.

    `code` is a key of `domain.messages.CATALOGUE`, `params` fill its sentence, `at` names the field at fault.
    """

    def __init__(self, kind: Kind, code: str, params: Params | None = None, at: str | None = None) -> None:
        super().__init__(code)
        self.kind = kind
        self.code = code
        self.params: Params = dict(params or {})
        self.at = at


def invalid(code: str, at: str, **params: str | int) -> Refused:
    """Return a refusal for content that is wrong at the field `at`."""
    return Refused(Kind.INVALID, code, params, at)


def forbidden(code: str, **params: str | int) -> Refused:
    """Return a refusal for an actor without the right."""
    return Refused(Kind.FORBIDDEN, code, params)


def conflict(code: str, **params: str | int) -> Refused:
    """Return a refusal for a state that does not allow the command."""
    return Refused(Kind.CONFLICT, code, params)

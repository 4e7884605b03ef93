"""Forms: from what a browser posts to a command, and from a fault to the field it is about.

A field's name is its path in the command: `reason`, `post.role`, `adjustments.0.points`. What is left empty is absent.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar
from uuid import UUID, uuid4

from pydantic import ValidationError
from starlette.datastructures import FormData

from api.problems import told
from api.web.kit import say
from api.web.visitor import Visitor
from domain.ids import PersonId, derived
from domain.machine import Command
from domain.messages import Lang
from domain.refusal import Refused

Typed = Mapping[str, str]
"""What was typed, by field name: the last value where a name came several times."""

RESERVED = frozenset({"csrf", "version", "command_id", "next", "on_behalf_of"})
"""Hidden fields that are no part of a command."""

MAX_PARTS = 8
"""Parts of a field's name; a deeper one is of no form of ours."""

_ROW = re.compile(r"[0-9]{1,9}")
_PERSON_ID = re.compile(r"per-[0-9a-f]{20}")
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")

C = TypeVar("C", bound=Command)


@dataclass(frozen=True, slots=True)
class Tried:
    """A form that was refused: what it wanted, what was typed, and why it was not done."""

    command: str
    typed: Typed = field(default_factory=dict)
    message: str = ""
    errors: Mapping[str, str] = field(default_factory=dict)

    def value(self, command: str, name: str, usual: str = "") -> str:
        """What to show in a field of a command's form: what was typed, else the usual."""
        return self.typed.get(name, usual) if command == self.command else usual

    def error(self, command: str, name: str) -> str:
        """What is wrong with a field of a command's form."""
        return self.errors.get(name, "") if command == self.command else ""


NOTHING_TRIED = Tried("")


class WrongForm(Exception):
    """The form's fields are at fault: a sentence for each."""

    def __init__(self, errors: Mapping[str, str]) -> None:
        super().__init__(", ".join(errors))
        self.errors = errors


def typed(form: FormData) -> Typed:
    """Return the text fields of a form."""
    return {name: value for name, value in form.multi_items() if isinstance(value, str) and name not in RESERVED}


def command_from(command: type[C], form: FormData, lang: Lang) -> C:
    """Build a command from a posted form. Raises `WrongForm` with a sentence for each field at fault."""
    try:
        return command.model_validate(nested(command, form))
    except ValidationError as fault:
        raise WrongForm({_id(one["loc"]): told(one, lang) for one in fault.errors()}) from fault


def nested(command: type[Command], form: FormData) -> dict[str, Any]:
    """Return a form's values as the nested data that a command is made of."""
    given: dict[str, list[str]] = {}
    for name, value in form.multi_items():
        if name not in RESERVED and name.partition(".")[0] in command.model_fields and name.count(".") < MAX_PARTS:
            given.setdefault(name, []).extend([value] if isinstance(value, str) and value.strip() else ())
    data: dict[str, Any] = {}
    for name, values in given.items():
        if values:
            _put(data, name.split("."), values if _is_many(command, name) else values[-1])
    return {name: _listed(value) for name, value in data.items()}


def _is_many(command: type[Command], name: str) -> bool:
    """Whether a top-level field takes several values of one name (check boxes, repeated lines)."""
    info = command.model_fields.get(name)
    return info is not None and "tuple[" in str(info.annotation)


def _put(data: dict[str, Any], path: list[str], value: object) -> None:
    """Put a value at its path; the first of two names that contradict each other stays, as no page of ours has both."""
    for part in path[:-1]:
        inner = data.setdefault(part, {})
        if not isinstance(inner, dict):
            return
        data = inner
    data.setdefault(path[-1], value)


def _listed(value: Any) -> Any:
    """Turn {"0": a, "2": b} into [a, b]: rows of a table come numbered, and empty ones were left out."""
    if not isinstance(value, dict):
        return value
    inner = {name: _listed(one) for name, one in value.items()}
    if inner and all(_ROW.fullmatch(name) for name in inner):
        return [inner[name] for name in sorted(inner, key=int)]
    return inner


def _id(loc: Iterable[str | int]) -> str:
    return ".".join(str(part) for part in loc)


def refused(command: str, form: FormData, refusal: Refused, lang: Lang) -> Tried:
    """Return a refused form with the refusal's sentence, at its field where it names one."""
    sentence = say(lang, f"refusal.{refusal.code}", **refusal.params)
    at_field = {refusal.at: sentence} if refusal.at is not None else {}
    return Tried(command, typed(form), "" if at_field else sentence, at_field)


def command_id_of(form: FormData, visitor: Visitor) -> UUID:
    """The command id of a person's form: the same form sent twice is one command. A fresh one where it is missing."""
    return own_command_id(visitor, form.get("command_id"))


def own_command_id(visitor: Visitor, given: object) -> UUID:
    """The command id that an id from a page stands for; a fresh one where it is missing or broken.

    Each person has their own: ids of alarms and of others' requests can be worked out, and whoever used one up first
    would stop a deadline for good.
    """
    try:
        drawn = UUID(str(given))
    except ValueError:
        return uuid4()
    return derived(visitor.tenant, visitor.person, "form", str(drawn))


def version_of(form: FormData) -> int | None:
    """The version of the stream that the person saw; None when the form does not say."""
    given = form.get("version")
    return int(given) if isinstance(given, str) and given.isdecimal() and len(given) < 10 else None


def giver_of(form: FormData, field: str = "on_behalf_of") -> PersonId | None:
    """In whose stead the form's command is given; None for the visitor's own. The ledger checks that they may."""
    given = form.get(field)
    return PersonId(given) if isinstance(given, str) and _PERSON_ID.fullmatch(given) else None


def local_path(address: str | None, otherwise: str = "/") -> str:
    """Return an address of our own to go on to; never another host's.

    A browser drops tabs and line ends before it looks, so that `/<tab>/host` would be another host's.
    """
    own = address is not None and address.startswith("/") and not address.startswith(("//", "/\\"))
    return address if own and address is not None and _CONTROL.search(address) is None else otherwise

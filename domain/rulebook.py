"""The rulebook machine (现行方案): which programme is in force for a tenant, since when, by whom and why.

A tenant has one such stream, and it is the tenant's first. A programme in force says which roles there are and what
each may do, so adopting one is the keeper's, who gives people their posts. Filings and cycles go by the programme they
began under, until somebody moves them.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import ClassVar, Literal

from domain.access import Actor, Scope, keeps_directory, only_system
from domain.context import Context, Lookups
from domain.ids import PersonId, StreamId, TenantId, stream_id
from domain.machine import Command, Event, Fact, Machine, State, Transition
from domain.programme import Programme, Right
from domain.refusal import invalid
from domain.text import Digest, Prose, Slug, Text


class InForce(State):
    """The programme that is in force, and how it came to be."""

    status: Literal["in_force"] = "in_force"
    digest: Digest
    programme: Slug
    version: int
    title: Text
    adopted_at: datetime
    by: PersonId
    reason: str | None


class Establish(Command):
    """Put a tenant's first programme in force."""

    name: ClassVar[str] = "establish"
    programme: Digest


class Adopt(Command):
    """Put another stored programme in force: its roles and rights hold from now on, and its new units are founded."""

    name: ClassVar[str] = "adopt"
    programme: Digest
    reason: Prose | None = None
    """A person says why; what an operator sets up need not."""


class ProgrammeAdopted(Event):
    """A programme's roles and rights hold from now on."""

    type: ClassVar[str] = "rulebook.programme_adopted"
    programme_field: ClassVar[str | None] = "digest"
    digest: Digest
    programme: Slug
    version: int
    title: Text
    reason: str | None


def rulebook_stream(tenant: TenantId) -> StreamId:
    """The stream that says what is in force for a tenant: the only one of its machine."""
    return stream_id("rulebook", tenant)


def _establish(_: None, command: Establish, context: Context) -> Sequence[Event]:
    return (_adopted(command.programme, None, context),)


def _adopt(state: InForce, command: Adopt, context: Context) -> Sequence[Event]:
    if command.programme == state.digest:
        raise invalid("rules_unchanged", at="programme")
    if not context.actor.is_system:
        if command.reason is None:
            raise invalid("adopting_wants_reason", at="reason")
        # Whoever puts rules in force can put others in force: nobody locks the door behind themself.
        if not _keeps_under(context.directory.programmes[command.programme], context.actor):
            raise invalid("keeper_lost", at="programme")
    return (_adopted(command.programme, command.reason, context),)


def _keeps_under(programme: Programme, actor: Actor) -> bool:
    """Whether somebody keeps the directory under a programme, too, by what they hold now."""
    held = (one.role for one in actor.held if one.unit == programme.root_path[0])
    return any(role in programme.role_by_id and Right.DIRECTORY in programme.role_by_id[role].rights for role in held)


def _adopted(digest: str, reason: str | None, context: Context) -> ProgrammeAdopted:
    programme = context.directory.programmes[digest]
    return ProgrammeAdopted(
        digest=digest, programme=programme.id, version=programme.version, title=programme.title, reason=reason
    )


def _in_force(_: InForce | None, event: ProgrammeAdopted, fact: Fact) -> InForce:
    told = {name: getattr(event, name) for name in ProgrammeAdopted.model_fields}
    return InForce(adopted_at=fact.at, by=fact.by, **told)


def _scope(state: InForce) -> Scope:
    return Scope(path=(), everyone=True)


def _lookups(state: InForce | None, command: Establish | Adopt) -> Lookups:
    return Lookups(programmes=frozenset({command.programme}))


RULEBOOK: Machine = Machine(
    name="rulebook",
    states=(InForce,),
    ends=frozenset({InForce}),
    transitions=(
        Transition(Establish, (), (InForce,), (ProgrammeAdopted,), only_system, _establish),
        Transition(Adopt, (InForce,), (InForce,), (ProgrammeAdopted,), keeps_directory, _adopt),
    ),
    evolve={ProgrammeAdopted: _in_force},
    scope=_scope,
    in_force=lambda state: state.digest,
    lookups=_lookups,
)

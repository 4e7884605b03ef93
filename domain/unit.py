"""The unit machine (单位): a node of the tenant's tree, from its founding to its closing, as events.

open ⇄ closed. A programme brings the first units; from then on the tree is what these streams say. A unit keeps its id
and its kind for life; its title and its parent may change.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar, Literal

from domain.access import Scope, keeps_directory
from domain.context import Context
from domain.ids import StreamId, UnitId, stream_id
from domain.machine import Command, Event, Fact, Machine, State, Transition
from domain.programme import Place, Programme, Unit, UnitKind
from domain.refusal import conflict, invalid
from domain.text import Prose, Slug, Text

_RANK = {kind: rank for rank, kind in enumerate(UnitKind)}


class UnitState(State):
    """What is true of a unit in every state."""

    unit: UnitId
    kind: UnitKind
    title: Text
    parent: UnitId | None
    parents: tuple[UnitId, ...]
    """Every unit it has ever stood directly below, in order."""
    subject: Slug | None
    centre: bool


class Open(UnitState):
    """Part of the tree."""

    status: Literal["open"] = "open"


class Closed(UnitState):
    """No more part of the tree; what happened there stays readable."""

    status: Literal["closed"] = "closed"


class Found(Command):
    """Found a unit."""

    name: ClassVar[str] = "found"
    unit: Slug
    kind: UnitKind
    title: Text
    parent: Slug | None = None
    """None for the root alone."""
    subject: Slug | None = None
    centre: bool = False


class Rename(Command):
    """Give another title."""

    name: ClassVar[str] = "rename"
    title: Text


class Move(Command):
    """Put a unit, with everything below it, below another."""

    name: ClassVar[str] = "move"
    parent: Slug


class Close(Command):
    """Take a unit out of the tree."""

    name: ClassVar[str] = "close"
    reason: Prose | None = None


class Reopen(Command):
    """Put a closed unit back where it was."""

    name: ClassVar[str] = "reopen"


class UnitFounded(Event):
    """Is part of the tree."""

    type: ClassVar[str] = "unit.founded"
    unit: Slug
    kind: UnitKind
    title: Text
    parent: Slug | None
    subject: Slug | None
    centre: bool


class UnitRenamed(Event):
    """Is called otherwise."""

    type: ClassVar[str] = "unit.renamed"
    title: Text


class UnitMoved(Event):
    """Stands below another unit."""

    type: ClassVar[str] = "unit.moved"
    parent: Slug


class UnitClosed(Event):
    """Is no more part of the tree."""

    type: ClassVar[str] = "unit.closed"
    reason: str | None


class UnitReopened(Event):
    """Is part of the tree again."""

    type: ClassVar[str] = "unit.reopened"


def unit_stream(tenant: str, unit: str) -> StreamId:
    """The stream of a unit: one to an id, so that no id is founded twice."""
    return stream_id("unit", tenant, unit)


def founding(unit: Unit) -> Found:
    """The command that founds a unit as a programme declares it."""
    return Found(**{name: getattr(unit, "id" if name == "unit" else name) for name in Found.model_fields})


def _found(_: None, command: Found, context: Context) -> Sequence[Event]:
    programme = context.programme
    if command.parent is None and command.unit != programme.root_path[0]:
        raise invalid("parent_missing", at="parent")
    # What a programme brings was checked with it, and comes whole: parents and children in one batch.
    if not context.actor.is_system:
        if command.unit in programme.known_units:
            raise conflict("unit_taken", unit=command.unit)
        if command.subject is not None and command.subject not in programme.subject_by_id:
            raise invalid("subject_unknown", at="subject", subject=command.subject)
        if command.parent is not None:
            _check_parent(programme, command.kind, command.parent)
    return (UnitFounded(**{name: getattr(command, name) for name in UnitFounded.model_fields}),)


def _check_parent(programme: Programme, kind: UnitKind, parent: str) -> None:
    above = programme.all_units.get(parent)
    if above is None:
        raise invalid("unit_unknown", at="parent", unit=parent)
    if _RANK[above.kind] > _RANK[kind]:
        raise invalid(
            "kinds_out_of_order", at="parent", kind=kind.value, parent=above.title.zh, parent_en=above.title.en
        )


def _rename(state: Open, command: Rename, context: Context) -> Sequence[Event]:
    if command.title == state.title:
        raise invalid("unit_unchanged", at="title")
    return (UnitRenamed(title=command.title),)


def _move(state: Open, command: Move, context: Context) -> Sequence[Event]:
    if state.parent is None:
        raise conflict("root_stays")
    if command.parent == state.parent:
        raise invalid("unit_unchanged", at="parent")
    _check_parent(context.programme, state.kind, command.parent)
    if state.unit in context.programme.path_of(command.parent):
        raise invalid("unit_below_itself", at="parent")
    return (UnitMoved(parent=command.parent),)


def _close(state: Open, command: Close, context: Context) -> Sequence[Event]:
    if state.parent is None:
        raise conflict("root_stays")
    below = sum(one.parent == state.unit for one in context.programme.all_units.values())
    if below:
        raise conflict("unit_has_units", count=below)
    return (UnitClosed(reason=command.reason),)


def _reopen(state: Closed, command: Reopen, context: Context) -> Sequence[Event]:
    if state.parent not in context.programme.all_units:
        raise conflict("parent_closed")
    return (UnitReopened(),)


def _founded(_: None, event: UnitFounded, fact: Fact) -> Open:
    parents = () if event.parent is None else (UnitId(event.parent),)
    return Open(parents=parents, **{name: getattr(event, name) for name in UnitFounded.model_fields})


def _renamed(state: Open, event: UnitRenamed, fact: Fact) -> Open:
    return state.model_copy(update={"title": event.title})


def _moved(state: Open, event: UnitMoved, fact: Fact) -> Open:
    parent = UnitId(event.parent)
    known = parent in state.parents
    return state.model_copy(update={"parent": parent, "parents": state.parents if known else (*state.parents, parent)})


def _base(state: UnitState) -> dict[str, Any]:
    return {name: getattr(state, name) for name in UnitState.model_fields if name != "status"}


def _closed(state: Open, event: UnitClosed, fact: Fact) -> Closed:
    return Closed(**_base(state))


def _reopened(state: Closed, event: UnitReopened, fact: Fact) -> Open:
    return Open(**_base(state))


def _scope(state: UnitState) -> Scope:
    return Scope(path=(), everyone=True)


def _place(state: UnitState) -> Place:
    unit = Unit(
        id=state.unit,
        kind=state.kind,
        title=state.title,
        parent=state.parent,
        subject=state.subject,
        centre=state.centre,
    )
    return Place(unit, state.parents, isinstance(state, Closed))


UNIT: Machine = Machine(
    name="unit",
    states=(Open, Closed),
    ends=frozenset({Open, Closed}),
    transitions=(
        Transition(Found, (), (Open,), (UnitFounded,), keeps_directory, _found),
        Transition(Rename, (Open,), (Open,), (UnitRenamed,), keeps_directory, _rename),
        Transition(Move, (Open,), (Open,), (UnitMoved,), keeps_directory, _move),
        Transition(Close, (Open,), (Closed,), (UnitClosed,), keeps_directory, _close),
        Transition(Reopen, (Closed,), (Open,), (UnitReopened,), keeps_directory, _reopen),
    ),
    evolve={
        UnitFounded: _founded,
        UnitRenamed: _renamed,
        UnitMoved: _moved,
        UnitClosed: _closed,
        UnitReopened: _reopened,
    },
    scope=_scope,
    place=_place,
)

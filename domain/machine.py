"""The machine kernel: a state machine is one value, and everything else comes from it.

From a `Machine` come the decision, the fold, what a person may do now, when the process manager wakes, what it then
does, the diagram in the docs, and the exhaustive tests. A machine is checked when it is defined: a table that has
no way in, no way out or an unreachable state never leaves the import.
"""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import cached_property
from typing import Annotated, Any, ClassVar, Literal

from pydantic import Field, TypeAdapter, ValidationError

from domain.access import Actor, Inspected, Post, Scope
from domain.context import NOTHING, Context, Lookups
from domain.delegation import Delegation
from domain.ids import PersonId, StreamId, UnitId
from domain.programme import Place, Programme
from domain.refusal import Kind, Refused, conflict
from domain.text import Frozen, Slug


class Unreadable(Exception):
    """What is stored is not in a form that this version knows: another version wrote it. Says what it is."""


class State(Frozen):
    """A state of a machine. Each subclass fixes `status` to one literal; the set of subclasses is the state space."""

    status: str


class Command(Frozen):
    """An order to a stream."""

    name: ClassVar[str]
    unseen: ClassVar[bool] = False
    """Whether who may not read the stream may give it: its row alone says who may, and nothing is shown for it."""

    def contents(self, salt: str) -> Mapping[str, Any]:
        """Return document contents, by digest, that are stored beside the events when this command is accepted.

        `salt` is the command's id: what is about a person takes it in, so that two people of one name do not share
        a content, and a digest does not give a name away.
        """
        return {}


class Event(Frozen):
    """A fact of a stream.

    `type` is the stored name, `machine.fact`. It is chosen once; a changed shape gets a new name (`machine.fact.v2`)
    and an entry in `domain.machines.UPCASTS`, so renaming a class never touches the ledger.
    """

    type: ClassVar[str]
    content_field: ClassVar[str | None] = None
    """The field that names a document's content by digest, if there is one."""
    programme_field: ClassVar[str | None] = None
    """The field that names, by digest, the programme that the stream goes by from this event on; none: as before."""


@dataclass(frozen=True, slots=True)
class Fact:
    """An event as it happened: when, by whom, and for whom where somebody acted as a delegate."""

    event: Event
    at: datetime
    by: PersonId
    on_behalf_of: PersonId | None = None


class Notify(Frozen):
    """Put a notice into inboxes. `notice` is a key of `domain.messages.CATALOGUE`."""

    do: Literal["notify"] = "notify"
    notice: str
    people: tuple[PersonId, ...] = ()
    posts: tuple[Post, ...] = ()
    params: dict[str, str | int] = Field(default_factory=dict)


class Issue(Frozen):
    """Give a command to another stream, or to this one."""

    do: Literal["issue"] = "issue"
    stream: StreamId
    command: str
    data: dict[str, Any] = Field(default_factory=dict)


class OpenWindow(Frozen):
    """Open what every unit or person owes in a window of the cycle."""

    do: Literal["open_window"] = "open_window"
    window: str


class RollCall(Frozen):
    """See who is there: every filing that waits for one of these people or posts is given the command `reseat`.

    Every inspection that waits for one of these people is given `check_panel`.
    """

    do: Literal["roll_call"] = "roll_call"
    people: tuple[PersonId, ...] = ()
    posts: tuple[Post, ...] = ()


Intent = Annotated[Notify | Issue | OpenWindow | RollCall, Field(discriminator="do")]
INTENT: TypeAdapter[Intent] = TypeAdapter(Intent)


@dataclass(frozen=True, slots=True)
class Transition:
    """A row of a machine's table. No source means: this command starts the stream."""

    command: type[Command]
    source: tuple[type[State], ...]
    target: tuple[type[State], ...]
    """Where it may lead. Empty: it stays in the state it was in."""
    events: tuple[type[Event], ...]
    may: Callable[[Any, Actor], Refused | None]
    decide: Callable[[Any, Any, Context], Sequence[Event]]

    def leads_to(self, source: type[State] | None) -> tuple[type[State], ...]:
        """Return where it may lead from one of its sources."""
        return self.target or (() if source is None else (source,))


@dataclass(frozen=True, slots=True)
class Alarm:
    """Something that falls due by time alone, and the system's command then."""

    name: str
    states: tuple[type[State], ...]
    at: Callable[[Any], datetime | None]
    command: Callable[[Any], Command]


@dataclass(frozen=True, slots=True)
class Due:
    """An alarm of a given state."""

    name: str
    at: datetime
    command: Command


@dataclass(frozen=True, slots=True)
class Reaction:
    """What follows from an event. It sees the state just after the event."""

    event: type[Event]
    react: Callable[[Any, Any], Iterable[Intent]]


@dataclass(frozen=True, slots=True)
class Summary:
    """A stream in one line, for lists."""

    cycle: str | None
    unit: UnitId
    duty: str | None
    period: str | None
    person: PersonId | None
    subject: str | None
    stage: str | None
    due_at: datetime | None
    late: bool


@dataclass(frozen=True, slots=True)
class Task:
    """Something that waits for a person or for whoever holds a post."""

    kind: str
    due_at: datetime | None
    person: PersonId | None = None
    post: Post | None = None


class Appointment(Frozen):
    """A person's role at a unit, from day to day (both included), in the programme's calendar (任职)."""

    id: Slug
    role: Slug
    unit: UnitId
    subject: Slug | None = None
    first_day: date
    last_day: date | None = None
    ended_at: datetime | None = None
    """The instant from which it gives nothing, where it was ended at once and not with a day."""

    def in_force(self, day: date, now: datetime) -> bool:
        """Whether it holds at an instant, which is on this local day."""
        return in_force(self.first_day, self.last_day, self.ended_at, day, now)


def in_force(first: date, last: date | None, ended_at: datetime | None, day: date, now: datetime) -> bool:
    """Whether an appointment of these days holds at an instant, which is on this local day."""
    return first <= day and (last is None or day <= last) and (ended_at is None or now < ended_at)


@dataclass(frozen=True, slots=True)
class Decision:
    """What a command comes to: its facts, the state after them, and what they call for."""

    facts: tuple[Fact, ...]
    state: State
    intents: tuple[tuple[int, Intent], ...]
    """Each with the ordinal of the fact that calls for it."""


class MachineError(Exception):
    """A machine's table is wrong. This is a fault of the product, never of a caller."""


@dataclass(frozen=True)
class Machine:
    """A state machine as one value."""

    name: str
    states: tuple[type[State], ...]
    ends: frozenset[type[State]]
    """States in which the process manager rests: nothing falls due in them."""
    transitions: tuple[Transition, ...]
    evolve: Mapping[type[Event], Callable[[Any, Any, Fact], State]]
    scope: Callable[[Any], Scope]
    summary: Callable[[Any], Summary | None] = field(default=lambda state: None)
    tasks: Callable[[Any], Iterable[Task]] = field(default=lambda state: ())
    appointments: Callable[[Any], Iterable[Appointment]] | None = None
    """Only the directory's machines keep appointments."""
    delegations: Callable[[Any], Iterable[Delegation]] | None = None
    """Only people give delegations."""
    panel: Callable[[Any], Iterable[tuple[PersonId, Inspected]]] | None = None
    """Only inspections have a panel: who is on it, and what they may look at for it."""
    place: Callable[[Any], Place] | None = None
    """Only units have a place in the tree."""
    in_force: Callable[[Any], str] | None = None
    """Only the rulebook puts a programme in force, named by digest."""
    alarm_table: tuple[Alarm, ...] = ()
    reaction_table: tuple[Reaction, ...] = ()
    lookups: Callable[[Any, Any], Lookups] = field(default=lambda state, command: NOTHING)
    lookups_under: Callable[[Any, Any, Mapping[str, Programme]], Lookups] = field(
        default=lambda state, command, stored: NOTHING
    )
    """What a command that names programmes asks of the directory besides, once they are read."""
    quiet: frozenset[type[Event]] = frozenset()
    """Events that change nothing about what stands there to be decided: reminders, the passing of time, comments."""

    def __post_init__(self) -> None:
        _check(self)

    # -- what a command comes to

    def decide(self, state: State | None, command: Command, context: Context) -> Decision:
        """Decide a command. Returns its facts and the state after them; raises `Refused` when it may not be."""
        row = self.row(state, command)
        refusal = row.may(state, context.actor)
        if refusal is not None:
            raise refusal
        actor = context.actor
        facts = tuple(
            Fact(event, context.now, actor.person, actor.on_behalf_of) for event in row.decide(state, command, context)
        )
        return self._carried(row, state, facts)

    def row(self, state: State | None, command: Command) -> Transition:
        """Return the table's row for a command in a state, or raise `Refused`."""
        row = self._rows.get((type(command), None if state is None else type(state)))
        if row is not None:
            return row
        named = f"{self.name}.{command.name}"
        if state is None:
            raise Refused(Kind.MISSING, "not_started", {"command": f"{self.name}.{command.name}"})
        if (type(command), None) in self._rows:
            raise conflict("already_started", command=named)
        raise conflict("not_now", command=named, status=f"{self.name}.{state.status}")

    def _carried(self, row: Transition, state: State | None, facts: tuple[Fact, ...]) -> Decision:
        intents: list[tuple[int, Intent]] = []
        targets = row.leads_to(None if state is None else type(state))
        for ordinal, fact in enumerate(facts):
            if type(fact.event) not in row.events:
                raise MachineError(f"{row.command.name} emitted undeclared {fact.event.type}")
            state = self.fold(state, fact)
            intents += ((ordinal, intent) for intent in self.reactions(fact.event, state))
        if state is None or type(state) not in targets:
            raise MachineError(f"{row.command.name} ended in undeclared {state!r}")
        return Decision(facts, state, tuple(intents))

    def fold(self, state: State | None, fact: Fact) -> State:
        """Return the state after a fact. Total over recorded facts: it never refuses."""
        return self.evolve[type(fact.event)](state, fact.event, fact)

    # -- what a state tells

    def permitted(self, state: State, actor: Actor) -> tuple[str, ...]:
        """Return the names of the commands this actor may give now: the buttons on a page."""
        return tuple(
            row.command.name
            for row in self.transitions
            if type(state) in row.source and not actor.is_system and row.may(state, actor) is None
        )

    def alarms(self, state: State) -> tuple[Due, ...]:
        """Return what falls due in this state, earliest first; ties keep the table's order."""
        due = (
            Due(alarm.name, at, alarm.command(state))
            for alarm in self.alarm_table
            if type(state) in alarm.states and (at := alarm.at(state)) is not None
        )
        return tuple(sorted(due, key=lambda one: one.at))

    def reactions(self, event: Event, state: State) -> tuple[Intent, ...]:
        """Return what an event calls for, given the state just after it."""
        return tuple(
            intent for row in self._reactions_by_event.get(type(event), ()) for intent in row.react(event, state)
        )

    def is_end(self, state: State) -> bool:
        """Whether the process manager rests in this state."""
        return type(state) in self.ends

    # -- stored forms

    def load_state(self, status: str, data: str | bytes) -> State:
        """Return the state that a snapshot holds, as JSON. Raises `Unreadable`."""
        try:
            return self._states_by_status[status].model_validate_json(data)
        except (KeyError, ValidationError) as fault:
            raise Unreadable(f"{self.name} {status}") from fault

    @cached_property
    def commands(self) -> Mapping[str, type[Command]]:
        """Commands by name."""
        return {row.command.name: row.command for row in self.transitions}

    @cached_property
    def events(self) -> Mapping[str, type[Event]]:
        """Events by stored name."""
        return {event.type: event for event in self.evolve}

    # -- the diagram

    def mermaid(self, *, stays: bool = True) -> str:
        """Return the machine as a Mermaid state diagram; `stays` says whether with what leaves a state as it is."""
        alarmed = {
            (state, alarm_command) for alarm_command, state in _alarm_edges(self)
        }  # a clock marks what time alone brings about
        labels: dict[tuple[str, str], list[str]] = {}
        for source, target, name in sorted(_edges(self)):
            if stays or source != target:
                labels.setdefault((source, target), []).append(f"{'⏰ ' if (source, name) in alarmed else ''}{name}")
        lines = ["stateDiagram-v2", "    direction TB"]
        lines += [f"    {source} --> {target} : {', '.join(names)}" for (source, target), names in labels.items()]
        lines += [f"    {state.__name__} --> [*]" for state in self.states if state in self.ends]
        return "\n".join(lines) + "\n"

    @cached_property
    def _rows(self) -> Mapping[tuple[type[Command], type[State] | None], Transition]:
        return {(row.command, source): row for row in self.transitions for source in (row.source or (None,))}

    @cached_property
    def _reactions_by_event(self) -> Mapping[type[Event], tuple[Reaction, ...]]:
        return {event: tuple(row for row in self.reaction_table if row.event is event) for event in self.evolve}

    @cached_property
    def _states_by_status(self) -> Mapping[str, type[State]]:
        return {status_of(state): state for state in self.states}


def status_of(state: type[State]) -> str:
    """Return the literal a state class fixes its `status` to."""
    return str(state.model_fields["status"].default)


def _edges(machine: Machine) -> set[tuple[str, str, str]]:
    return {
        ("[*]" if source is None else source.__name__, target.__name__, row.command.name)
        for row in machine.transitions
        for source, target in _steps(row)
    }


def _steps(row: Transition) -> Iterable[tuple[type[State] | None, type[State]]]:
    for source in row.source or (None,):
        for target in row.leads_to(source):
            yield source, target


def _alarm_edges(machine: Machine) -> Iterable[tuple[str, str]]:
    for alarm in machine.alarm_table:
        for state in alarm.states:
            yield alarm.name, state.__name__


def _check(machine: Machine) -> None:
    """Raise MachineError unless the table is whole."""
    _check_rows(machine)
    _check_names(machine)
    _check_reach(machine)
    for alarm in machine.alarm_table:
        if any(state in machine.ends for state in alarm.states):
            raise MachineError(f"{machine.name}: alarm {alarm.name} is set in an end state")
        if alarm.name not in machine.commands:
            raise MachineError(f"{machine.name}: alarm {alarm.name} names no command")
    declared = {event for row in machine.transitions for event in row.events}
    if declared != set(machine.evolve):
        raise MachineError(f"{machine.name}: events declared and folded differ: {declared ^ set(machine.evolve)}")
    if not machine.quiet <= declared:
        raise MachineError(f"{machine.name}: quiet events are not declared: {machine.quiet - declared}")
    for reaction in machine.reaction_table:
        if reaction.event not in declared:
            raise MachineError(f"{machine.name}: nothing emits {reaction.event.type}, which has a reaction")


def _check_names(machine: Machine) -> None:
    """Stored data and orders name states, commands and events, so each name has one meaning."""
    for kind, names in (
        ("states", [status_of(state) for state in machine.states]),
        ("commands", [command.name for command in {row.command for row in machine.transitions}]),
        ("events", [event.type for event in machine.evolve]),
    ):
        doubled = sorted(name for name, times in Counter(names).items() if times > 1)
        if doubled:
            raise MachineError(f"{machine.name}: two {kind} are named {', '.join(doubled)}")


def _check_rows(machine: Machine) -> None:
    if not [row for row in machine.transitions if not row.source]:
        raise MachineError(f"{machine.name}: no transition starts it")
    seen: set[tuple[type[Command], type[State] | None]] = set()
    for row in machine.transitions:
        for source in row.source or (None,):
            if (row.command, source) in seen:
                raise MachineError(f"{machine.name}: two rows for {row.command.name} in {source}")
            seen.add((row.command, source))
        for state in (*row.source, *row.target):
            if state not in machine.states:
                raise MachineError(f"{machine.name}: {state.__name__} is not among its states")
    starts = {target for row in machine.transitions if not row.source for target in row.target}
    if len(starts) != 1:
        raise MachineError(f"{machine.name}: one initial state is needed, found {len(starts)}")


def _check_reach(machine: Machine) -> None:
    forward: dict[type[State], set[type[State]]] = {state: set() for state in machine.states}
    backward: dict[type[State], set[type[State]]] = {state: set() for state in machine.states}
    starts: set[type[State]] = set()
    for row in machine.transitions:
        for source, target in _steps(row):
            if source is None:
                starts.add(target)
            else:
                forward[source].add(target)
                backward[target].add(source)
    for name, roots, edges in (("unreachable", starts, forward), ("a dead end", set(machine.ends), backward)):
        lost = set(machine.states) - _closure(roots, edges)
        if lost:
            names = ", ".join(sorted(state.__name__ for state in lost))
            raise MachineError(f"{machine.name}: {name}: {names}")


def _closure(roots: set[type[State]], edges: Mapping[type[State], set[type[State]]]) -> set[type[State]]:
    seen = set(roots)
    queue = deque(roots)
    while queue:
        for state in edges[queue.popleft()] - seen:
            seen.add(state)
            queue.append(state)
    return seen

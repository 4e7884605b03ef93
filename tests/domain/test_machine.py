"""The kernel: a wrong table never leaves the import, and everything else comes from a right one."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, ClassVar, Literal

import pytest

from domain.access import SYSTEM_ACTOR, Actor, Scope, only_system
from domain.context import Context
from domain.ids import PersonId, UnitId
from domain.machine import (
    INTENT,
    Alarm,
    Command,
    Due,
    Event,
    Fact,
    Intent,
    Issue,
    Machine,
    MachineError,
    Notify,
    OpenWindow,
    Reaction,
    State,
    Transition,
    status_of,
)
from domain.machines import MACHINES, UPCASTS, load_event, machine_for
from domain.refusal import Refused, forbidden
from tests.domain.given import OFFICE, PEOPLE, PROGRAMME, STRANGER, TENANT, at

NOON = at("2025-09-01 12:00")


class Shut(State):
    status: Literal["shut"] = "shut"
    opens_at: datetime = NOON


class Ajar(State):
    status: Literal["ajar"] = "ajar"


class Gone(State):
    status: Literal["gone"] = "gone"


class Twin(State):
    status: Literal["shut"] = "shut"


class Build(Command):
    name: ClassVar[str] = "build"


class Knock(Command):
    name: ClassVar[str] = "knock"


class Push(Command):
    name: ClassVar[str] = "push"


class Burn(Command):
    name: ClassVar[str] = "burn"


class SecondPush(Command):
    name: ClassVar[str] = "push"


class Built(Event):
    type: ClassVar[str] = "door.built"


class Knocked(Event):
    type: ClassVar[str] = "door.knocked"


class Pushed(Event):
    type: ClassVar[str] = "door.pushed"


class Burnt(Event):
    type: ClassVar[str] = "door.burnt"


class Creaked(Event):
    type: ClassVar[str] = "door.creaked"


class PushedAgain(Event):
    type: ClassVar[str] = "door.pushed"


def anybody(_: object, actor: Actor) -> None:
    return None


def only_office(_: object, actor: Actor) -> Refused | None:
    return None if actor.person == OFFICE.person else forbidden("not_leader")


def emit(*events: Event) -> Any:
    def decide(_: State | None, command: Command, context: Context) -> Sequence[Event]:
        return events

    return decide


def to(state: State) -> Any:
    def fold(_: State | None, event: Event, fact: Fact) -> State:
        return state

    return fold


def same(state: State, event: Event, fact: Fact) -> State:
    return state


def knock_knock(event: Event, state: State) -> Iterable[Intent]:
    yield Notify(notice="commended", params={"seen": state.status})


BUILD = Transition(Build, (), (Shut,), (Built,), only_system, emit(Built()))
KNOCK = Transition(Knock, (Shut, Ajar), (), (Knocked,), anybody, emit(Knocked()))
PUSH = Transition(Push, (Shut,), (Ajar,), (Knocked, Pushed), only_office, emit(Knocked(), Pushed()))
BURN = Transition(Burn, (Shut, Ajar), (Gone,), (Burnt,), only_system, emit(Burnt()))
EVOLVE: dict[type[Event], Callable[[Any, Any, Fact], State]] = {
    Built: to(Shut()),
    Knocked: same,
    Pushed: to(Ajar()),
    Burnt: to(Gone()),
}
DOOR = Machine(
    name="door",
    states=(Shut, Ajar, Gone),
    ends=frozenset((Gone,)),
    transitions=(BUILD, KNOCK, PUSH, BURN),
    evolve=EVOLVE,
    scope=lambda state: Scope((UnitId("county"),)),
    alarm_table=(
        Alarm("burn", (Shut, Ajar), lambda state: NOON + timedelta(days=1), lambda state: Burn()),
        Alarm("knock", (Shut,), lambda state: state.opens_at, lambda state: Knock()),
        Alarm("push", (Shut,), lambda state: None, lambda state: Push()),
    ),
    reaction_table=(Reaction(Knocked, knock_knock),),
)


def world(actor: Actor) -> Context:
    return Context(TENANT, NOON, actor, PROGRAMME, PROGRAMME.calendar_of(2025))


# -- bad tables


@pytest.mark.parametrize(
    ("part", "fault"),
    [
        ({"transitions": (KNOCK, PUSH, BURN)}, "no transition starts it"),
        ({"transitions": (BUILD, replace(BUILD, command=Push, target=(Ajar,)), KNOCK, BURN)}, "one initial state"),
        ({"transitions": (replace(BUILD, target=(Shut, Ajar)), KNOCK, PUSH, BURN)}, "one initial state"),
        ({"transitions": (replace(BUILD, target=()), KNOCK, PUSH, BURN)}, "one initial state"),
        ({"transitions": (BUILD, KNOCK, replace(BURN, source=(Shut,)))}, "unreachable: Ajar"),
        ({"transitions": (BUILD, KNOCK, PUSH, replace(BURN, source=(Shut,)))}, "a dead end: Ajar"),
        ({"transitions": (BUILD, KNOCK, KNOCK, PUSH, BURN)}, "two rows for knock"),
        ({"transitions": (BUILD, KNOCK, replace(KNOCK, source=(Ajar,)), PUSH, BURN)}, "two rows for knock"),
        ({"transitions": (BUILD, BUILD, KNOCK, PUSH, BURN)}, "two rows for build"),
        ({"states": (Shut, Gone)}, "Ajar is not among its states"),
        ({"states": (Shut, Ajar, Gone, Twin)}, "two states are named shut"),
        ({"transitions": (BUILD, KNOCK, PUSH, replace(PUSH, command=SecondPush), BURN)}, "two commands are named push"),
        (
            {
                "transitions": (BUILD, KNOCK, PUSH, replace(BURN, events=(Burnt, PushedAgain))),
                "evolve": EVOLVE | {PushedAgain: same},
            },
            "two events are named door.pushed",
        ),
        ({"evolve": EVOLVE | {Creaked: same}}, "events declared and folded differ"),
        ({"evolve": {Built: to(Shut())}, "reaction_table": ()}, "events declared and folded differ"),
        ({"alarm_table": (Alarm("burn", (Gone,), lambda _: NOON, lambda _: Burn()),)}, "set in an end state"),
        ({"alarm_table": (Alarm("ring", (Shut,), lambda _: NOON, lambda _: Burn()),)}, "ring names no command"),
        ({"reaction_table": (Reaction(Creaked, knock_knock),)}, "nothing emits door.creaked"),
        ({"ends": frozenset()}, "a dead end"),
    ],
)
def test_wrong_table_is_refused(part: dict[str, Any], fault: str) -> None:
    with pytest.raises(MachineError, match=fault):
        replace(DOOR, **part)


def test_undeclared_event_is_a_fault_of_the_product() -> None:
    door = replace(DOOR, transitions=(BUILD, KNOCK, replace(PUSH, decide=emit(Burnt())), BURN))
    with pytest.raises(MachineError, match=r"push emitted undeclared door\.burnt"):
        door.decide(Shut(), Push(), world(OFFICE))


def test_undeclared_target_is_a_fault_of_the_product() -> None:
    door = replace(DOOR, transitions=(BUILD, KNOCK, replace(PUSH, decide=emit(Knocked())), BURN))
    with pytest.raises(MachineError, match="push ended in undeclared"):
        door.decide(Shut(), Push(), world(OFFICE))
    moving = replace(DOOR, evolve={**EVOLVE, Knocked: to(Ajar())})
    with pytest.raises(MachineError, match="knock ended in undeclared"):
        moving.decide(Shut(), Knock(), world(STRANGER))


# -- what comes from a right one


def test_decision_has_facts_state_and_intents_in_order() -> None:
    decision = DOOR.decide(Shut(), Push(), world(OFFICE))
    assert decision.facts == (Fact(Knocked(), NOON, OFFICE.person), Fact(Pushed(), NOON, OFFICE.person))
    assert decision.state == Ajar()
    # A reaction sees the state just after its own event, not after the whole decision.
    assert decision.intents == ((0, Notify(notice="commended", params={"seen": "shut"})),)


def test_refusals_say_why() -> None:
    for state, command, actor, code in (
        (None, Push(), OFFICE, "not_started"),
        (Shut(), Build(), SYSTEM_ACTOR, "already_started"),
        (Ajar(), Push(), OFFICE, "not_now"),
        (Shut(), Push(), STRANGER, "not_leader"),
        (None, Build(), OFFICE, "only_system"),
    ):
        with pytest.raises(Refused) as refused:
            DOOR.decide(state, command, world(actor))
        assert refused.value.code == code
    with pytest.raises(Refused) as not_now:
        DOOR.decide(Ajar(), Push(), world(OFFICE))
    assert not_now.value.params == {"command": "door.push", "status": "door.ajar"}


def test_permitted_is_what_a_person_may_do_now() -> None:
    assert DOOR.permitted(Shut(), OFFICE) == ("knock", "push")
    assert DOOR.permitted(Shut(), STRANGER) == ("knock",)
    assert DOOR.permitted(Ajar(), OFFICE) == ("knock",)
    assert DOOR.permitted(Gone(), OFFICE) == ()
    assert DOOR.permitted(Shut(), SYSTEM_ACTOR) == ()


def test_alarms_are_earliest_first_and_ties_keep_the_tables_order() -> None:
    burn, knock = Due("burn", NOON + timedelta(days=1), Burn()), Due("knock", NOON, Knock())
    assert DOOR.alarms(Shut()) == (knock, burn)
    assert DOOR.alarms(Shut(opens_at=burn.at)) == (burn, replace(knock, at=burn.at))
    assert DOOR.alarms(Ajar()) == (burn,)
    assert DOOR.alarms(Gone()) == ()


def test_diagram_shows_each_step_and_marks_what_time_brings() -> None:
    assert DOOR.mermaid() == (
        "stateDiagram-v2\n"
        "    direction TB\n"
        "    Ajar --> Ajar : knock\n"
        "    Ajar --> Gone : ⏰ burn\n"
        "    Shut --> Ajar : ⏰ push\n"
        "    Shut --> Gone : ⏰ burn\n"
        "    Shut --> Shut : ⏰ knock\n"
        "    [*] --> Shut : build\n"
        "    Gone --> [*]\n"
    )


def test_row_without_target_stays_and_leads_nowhere_else() -> None:
    assert KNOCK.leads_to(Ajar) == (Ajar,)
    assert PUSH.leads_to(Shut) == (Ajar,)
    assert BUILD.leads_to(None) == (Shut,)
    assert replace(BUILD, target=()).leads_to(None) == ()


def test_a_state_that_can_only_stay_is_a_dead_end() -> None:
    with pytest.raises(MachineError, match="a dead end: Ajar"):
        replace(DOOR, transitions=(BUILD, KNOCK, PUSH, replace(BURN, source=(Shut,))))


def test_intents_survive_storage() -> None:
    for intent in (
        Notify(notice="commended", people=(PersonId("per-1"),), params={"n": 1}),
        Issue(stream=machine_stream(), command="open", data={"x": ["y"]}),
        OpenWindow(window="plan/autumn"),
    ):
        assert INTENT.validate_json(INTENT.dump_json(intent)) == intent


def machine_stream() -> Any:
    return "fil-0123456789abcdef0123"


# -- the machines that there are


@pytest.mark.parametrize("machine", MACHINES.values(), ids=lambda one: one.name)
def test_stored_names_are_the_machines_own(machine: Machine) -> None:
    assert all(name.startswith(f"{machine.name}.") for name in machine.events)
    assert all(status_of(state) != "PydanticUndefined" for state in machine.states)
    assert machine.mermaid().startswith("stateDiagram-v2\n")


@pytest.mark.parametrize("machine", MACHINES.values(), ids=lambda one: one.name)
def test_alarms_command_what_their_name_says(machine: Machine) -> None:
    for alarm in machine.alarm_table:
        row_states = {source for row in machine.transitions if row.command.name == alarm.name for source in row.source}
        assert set(alarm.states) <= row_states


def test_streams_find_their_machine() -> None:
    for name, prefix in (("filing", "fil"), ("follow_up", "fup"), ("person", "per")):
        assert machine_for(f"{prefix}-0123").name == name
    with pytest.raises(Refused) as refused:
        machine_for("odd-" + "x" * 500)
    assert refused.value.code == "stream_unknown"
    assert len(str(refused.value.params["stream"])) == 80


def test_old_events_are_lifted_to_todays_shape(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(UPCASTS, "door.rapped", lambda data: ("door.knocked", {}))
    assert load_event(DOOR, "door.rapped", {"loud": True}) == Knocked()
    assert load_event(DOOR, "door.knocked", {}) == Knocked()


def test_people_are_all_different() -> None:
    assert len({one.person for one in PEOPLE}) == len(PEOPLE)

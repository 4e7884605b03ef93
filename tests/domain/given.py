"""Given events, when a command, then events: a small county, its people, and a story that checks itself as it goes."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from datetime import datetime
from functools import cache
from types import ModuleType
from typing import Any
from zoneinfo import ZoneInfo

from domain.access import SYSTEM_ACTOR, Actor, Held, Post
from domain.canonical import content_digest
from domain.context import NOTHING, Context, Directory, Lookups
from domain.ids import PREFIXES, PersonId, StreamId, TenantId, UnitId
from domain.machine import Command, Decision, Event, Fact, Intent, Issue, Machine, Notify, State
from domain.machines import load_event
from domain.programme import Programme
from domain.programme_check import load
from domain.refusal import Kind, Refused
from domain.units import path_of

ZONE = ZoneInfo("Asia/Shanghai")
TENANT = TenantId("small")
CYCLE_ID = StreamId("cyc-0123456789abcdef0123")

_TEXT = """
id: small
title: {zh: 小县方案, en: Small county}
calendar:
  terms:
    - {id: autumn, title: {zh: 秋季学期, en: Autumn}, first_day: 09-01, last_day: 01-18}
    - {id: spring, title: {zh: 春季学期, en: Spring}, first_day: 02-25, last_day: 07-05}
subjects:
  - {id: maths, title: {zh: 数学, en: Maths}}
roles:
  - {id: office, title: {zh: 教研室, en: Office}, at: [county], rights: [read, run_cycle, waive, arrange, follow_up]}
  - {id: admin, title: {zh: 管理员, en: Administrator}, at: [county], rights: [directory]}
  - {id: director, title: {zh: 局长, en: Director}, at: [county], rights: [read]}
  - {id: deputy, title: {zh: 副局长, en: Deputy}, at: [county], rights: [read]}
  - {id: expert, title: {zh: 专家, en: Expert}, at: [county]}
  - {id: coordinator, title: {zh: 片区负责人, en: Coordinator}, at: [cluster], rights: [read]}
  - {id: principal, title: {zh: 校长, en: Principal}, at: [school], rights: [read]}
  - {id: leader, title: {zh: 教研组长, en: Leader}, at: [group], rights: [read]}
  - {id: teacher, title: {zh: 教师, en: Teacher}, at: [group]}
units:
  - {id: county, kind: county, title: {zh: 县教育局, en: County}}
  - {id: east, kind: cluster, parent: county, title: {zh: 东片区, en: East}}
  - {id: west, kind: cluster, parent: county, title: {zh: 西片区, en: West}}
  - {id: school, kind: school, parent: east, title: {zh: 一中, en: School One}}
  - {id: other, kind: school, parent: west, title: {zh: 二中, en: School Two}}
unit_templates:
  - {kind: group, under: school, title: {zh: 组, en: group}, subjects: [maths]}
documents:
  - {id: plan, title: {zh: 计划, en: Plan}, fields: [{id: aims, title: {zh: 目标, en: Aims}}]}
pipelines:
  - id: approval
    title: {zh: 审批, en: Approval}
    rework: 5
    stages:
      - id: check
        title: {zh: 片区审核, en: Check}
        decided_by: coordinator@cluster
        due: 3
        remind: 1
        escalate: {after: 2, to: office@county}
      - id: board
        title: {zh: 会审, en: Board}
        decided_by: deputy@county
        mode: all
        due: 5
        escalate: {after: 2, to: director@county}
      - id: seal
        title: {zh: 备案, en: Seal}
        decided_by: office@county
        due: 4
        may_reject: true
        resumes: false
        judges: true
    judgements:
      - {id: strong, title: {zh: 突出, en: Strong}, opens: praise}
      - {id: sound, title: {zh: 正常, en: Sound}}
      - {id: weak, title: {zh: 薄弱, en: Weak}, opens: help}
  - id: receipt
    title: {zh: 收存, en: Receipt}
    stages:
      - {id: receive, title: {zh: 收存, en: Receipt}, decided_by: leader@group, due: 5, remind: null, seal: received}
duties:
  - id: plan
    title: {zh: 报送计划, en: Plan}
    document: plan
    pipeline: approval
    owed_by: leader@group
    window: {per: term, opens: start, due: start + 10 workdays, lapses: 10}
    remind: [3, 1]
  - id: diary
    title: {zh: 个人计划, en: Diary}
    document: plan
    pipeline: receipt
    owed_by: teacher@group
    per: person
    window: {per: term, opens: start, due: start + 15 workdays, lapses: 5, terms: [autumn]}
    stays_in: school
rubrics:
  - id: sheet
    title: {zh: 评分表, en: Sheet}
    total: 30
    groups:
      - id: only
        title: {zh: 全部, en: All}
        items:
          - {id: a, weight: 10, evidence: [plan], title: {zh: 甲, en: A}, method: {zh: 查看, en: Look}}
          - {id: b, weight: 20, title: {zh: 乙, en: B}, method: {zh: 查看, en: Look}}
inspections:
  - id: visit
    title: {zh: 年终检查, en: Visit}
    rubric: sheet
    of: school
    window: {per: year, opens: end - 30 workdays, due: end - 20 workdays, lapses: 5}
    arranged_by: office@county
    inspectors: expert@county
    panel: 2
    answered_by: principal@school
    answer_within: 3
    reviewed_by: deputy@county
    review_within: 4
    outcomes:
      - {id: good, title: {zh: 良好, en: Good}, at_least: 24}
      - {id: poor, title: {zh: 较差, en: Poor}, at_least: 0, opens: mend}
    closes_year: true
follow_ups:
  - id: praise
    title: {zh: 表扬, en: Praise}
    kind: commendation
    led_by: office@county
    answered_by: principal@school
  - id: help
    title: {zh: 帮扶, en: Help}
    kind: assistance
    led_by: office@county
    answered_by: principal@school
    visit_within: 10
    plan_within: 5
    verify_within: 20
  - {id: mend, title: {zh: 整改, en: Mend}, kind: rectification, led_by: office@county, answered_by: principal@school}
"""


PROGRAMME: Programme = load(_TEXT)
STORED: dict[str, Programme] = {}
"""Other programmes that the ledger knows, by digest."""
GROUP = UnitId("school-maths")
SCHOOL = UnitId("school")
COUNTY = UnitId("county")


def other_rules(**fields: object) -> str:
    """The digest of a stored programme that differs from the small county's in these fields."""
    body = {name: getattr(PROGRAMME, name) for name in Programme.model_fields} | fields
    programme = Programme(**body)
    digest = content_digest(programme.model_dump(mode="json"))
    STORED[digest] = programme
    return digest


def at(text: str) -> datetime:
    """An instant, written as the county's clocks show it."""
    return datetime.fromisoformat(text).replace(tzinfo=ZONE).astimezone(ZoneInfo("UTC"))


def held(role: str, unit: str) -> Held:
    """An appointment in force, as the ledger hands it to the domain."""
    return Held(role, UnitId(unit), path_of(PROGRAMME, UnitId(unit)), PROGRAMME.role_by_id[role].rights)


def somebody(name: str, *posts: str) -> Actor:
    """A person with posts written role@unit."""
    return Actor(PersonId(f"per-{name}"), tuple(held(*post.split("@")) for post in posts))


LEADER = somebody("leader", "leader@school-maths")
SECOND_LEADER = somebody("second-leader", "leader@school-maths")
TEACHER = somebody("teacher", "teacher@school-maths")
COORDINATOR = somebody("coordinator", "coordinator@east")
TWO_HATS = somebody("two-hats", "leader@school-maths", "coordinator@east", "deputy@county")
DEPUTY = somebody("deputy", "deputy@county")
OFFICE = somebody("office", "office@county")
DIRECTOR = somebody("director", "director@county")
ADMIN = somebody("admin", "admin@county")
PRINCIPAL = somebody("principal", "principal@school")
EXPERT = somebody("expert", "expert@county")
SECOND_EXPERT = somebody("second-expert", "expert@county")
LOCAL_EXPERT = somebody("local-expert", "expert@county", "teacher@school-maths")
STRANGER = somebody("stranger", "leader@other-maths")
PEOPLE = (
    LEADER,
    SECOND_LEADER,
    TEACHER,
    COORDINATOR,
    TWO_HATS,
    DEPUTY,
    OFFICE,
    DIRECTOR,
    ADMIN,
    PRINCIPAL,
    EXPERT,
    SECOND_EXPERT,
    LOCAL_EXPERT,
    STRANGER,
)


STAFF = {"t0001": TEACHER.person, "d0001": DEPUTY.person, "x0001": EXPERT.person}
"""Some of them by staff number."""


def directory(wanted: Lookups, people: Iterable[Actor]) -> Directory:
    """Answer a command's lookups as the ledger would: what is asked for, and nothing else."""
    known = {one.person: one for one in people}
    staff = {one: STAFF[one] for one in wanted.staff if STAFF.get(one) in known}
    return Directory(
        {one: known[one].held if one in known else () for one in (*wanted.people, *staff.values())},
        {post: frozenset(one.person for one in known.values() if one.holds(post)) for post in wanted.posts},
        staff=staff,
        programmes={one: STORED[one] for one in wanted.programmes},
    )


def context_for(
    machine: Machine,
    state: State | None,
    command: Command,
    actor: Actor,
    now: datetime,
    people: Iterable[Actor],
    programme: Programme = PROGRAMME,
) -> Context:
    """The world a command is decided in."""
    wanted = machine.lookups(state, command)
    wanted |= machine.lookups_under(state, command, STORED) if wanted.programmes else NOTHING
    return Context(
        tenant=TENANT,
        now=now,
        actor=actor,
        programme=programme,
        calendar=programme.calendar_at(now),
        directory=directory(wanted, people),
        stream=StreamId(f"{PREFIXES[machine.name]}-told"),
    )


def refusal_of(machine: Machine, state: State | None, command: Command, context: Context) -> Refused | None:
    """Why the command is refused, or None when it is accepted."""
    try:
        machine.decide(state, command, context)
    except Refused as refused:
        return refused
    return None


def stored(machine: Machine, fact: Fact) -> Fact:
    """The fact, through JSON and back."""
    data = json.loads(json.dumps(fact.event.model_dump(mode="json")))
    return Fact(load_event(machine, fact.event.type, data), fact.at, fact.by, fact.on_behalf_of)


def check_decision(machine: Machine, before: State | None, decision: Decision) -> None:
    """What must hold of every decision: the fold gives the state, and nothing is lost on its way through JSON."""
    state = before
    for fact in decision.facts:
        again = stored(machine, fact)
        assert again == fact
        state = machine.fold(state, again)
    assert state == decision.state
    check_snapshot(machine, decision.state)


def check_snapshot(machine: Machine, state: State) -> None:
    assert machine.load_state(state.status, state.model_dump_json()) == state
    assert machine.load_state(state.status, json.dumps(state.model_dump(mode="json"))) == state


def carry_out_due(
    machine: Machine, state: State, now: datetime, people: Iterable[Actor], programme: Programme = PROGRAMME
) -> tuple[State, list[Fact]]:
    """Carry out every alarm that is due, as the process manager does; fail when it would never come to rest."""
    facts: list[Fact] = []
    for _ in range(20):
        due = next((one for one in machine.alarms(state) if one.at <= now), None)
        if due is None:
            return state, facts
        context = context_for(machine, state, due.command, SYSTEM_ACTOR, now, people, programme)
        decision = machine.decide(state, due.command, context)
        check_decision(machine, state, decision)
        _note(machine, state, due.command, decision)
        state = decision.state
        facts += decision.facts
    raise AssertionError(f"alarms of {state!r} never come to rest at {now}")


PARTICULAR = frozenset(
    {
        "urged_already",
        "copied_already",
        "nothing_to_hand_over",
        "not_at_stage",
        "nothing_moves",
        "nobody_left_to_decide",
        "nobody_else_extends",
    }
)
"""Refusals for what a command says or when it is given: its button is there all the same."""


class Taken:
    """What the stories of a module have shown of one machine's table."""

    def __init__(self) -> None:
        self.sources: set[tuple[str, str | None]] = set()
        self.targets: set[tuple[int, str]] = set()
        self.events: set[tuple[int, str]] = set()
        self.states: dict[str, State] = {}


_taken: dict[str, Taken] = {}
_histories: dict[str, list[list[Fact]]] = {}
"""All that happened in each story told of a machine."""


def _note(machine: Machine, before: State | None, command: Command, decision: Decision) -> None:
    taken = _taken.setdefault(machine.name, Taken())
    row = machine.transitions.index(machine.row(before, command))
    taken.sources.add((command.name, before.status if before else None))
    taken.targets.add((row, decision.state.status))
    taken.events.update((row, fact.event.type) for fact in decision.facts)
    taken.states[decision.state.status] = decision.state


class Story:
    """A stream, told: each command is decided, checked and remembered."""

    def __init__(
        self, machine: Machine, now: str, people: tuple[Actor, ...] = PEOPLE, programme: Programme = PROGRAMME
    ) -> None:
        self.machine = machine
        self.programme = programme
        self.now = at(now)
        self.people = people
        self.current: State | None = None
        self.intents: tuple[Intent, ...] = ()
        self.facts: tuple[Fact, ...] = ()
        self.history: list[Fact] = []
        self.answers: dict[str, Any] = {}
        _histories.setdefault(machine.name, []).append(self.history)

    @property
    def state(self) -> Any:
        """The state; the story's reader knows of which kind."""
        assert self.current is not None, "the story has not begun"
        return self.current

    def given(self, *events: Event, by: Actor = SYSTEM_ACTOR) -> Story:
        """Let events have happened."""
        for event in events:
            fact = Fact(event, self.now, by.person)
            self.current = self.machine.fold(self.current, fact)
            self.history.append(fact)
        return self

    def at(self, text: str) -> Story:
        """Let it be this time."""
        self.now = at(text)
        return self

    def among(self, *people: Actor) -> Story:
        """Let these be the people there are, with what they hold, from now on."""
        self.people = people
        return self

    def knowing(self, **answers: object) -> Story:
        """Let the directory answer so, from now on."""
        self.answers = answers
        return self

    def when(self, command: Command, by: Actor = SYSTEM_ACTOR) -> Story:
        """Give a command that is accepted."""
        before = self.current
        decision = self._decide(command, by)
        if before is not None and not by.is_system:
            assert command.name in self.machine.permitted(before, by)
        check_decision(self.machine, before, decision)
        _note(self.machine, before, command, decision)
        self.current = decision.state
        self.facts = decision.facts
        self.history += decision.facts
        for one in decision.facts:
            if one.event.programme_field is not None:
                self.programme = STORED[getattr(one.event, one.event.programme_field)]
        self.intents = tuple(intent for _, intent in decision.intents)
        return self

    def then(self, *events: type[Event]) -> Story:
        """The last command came to exactly these events, in this order."""
        assert [type(fact.event) for fact in self.facts] == list(events)
        return self

    def refuses(self, command: Command, by: Actor, code: str, at: str | None = None) -> Story:
        """Give a command that is refused, for this reason; a matter of right or state is no button either."""
        refused = refusal_of(self.machine, self.current, command, self._context(command, by))
        assert refused is not None, f"{command!r} was accepted"
        assert (refused.code, refused.at) == (code, at)
        if self.current is not None and refused.kind is not Kind.INVALID and code not in PARTICULAR:
            of_another_stage = code == "not_decider" and getattr(command, "stage", None) is not None
            assert of_another_stage or command.name not in self.machine.permitted(self.current, by)
        return self

    def due(self) -> list[str]:
        """Names of the alarms that are set, earliest first."""
        return [one.name for one in self.machine.alarms(self.state)]

    def carry_out_due(self) -> Story:
        """Let the process manager do what is due now."""
        self.current, facts = carry_out_due(self.machine, self.state, self.now, self.people, self.programme)
        self.facts = tuple(facts)
        self.history += facts
        return self

    def notices(self) -> list[str]:
        """The notices that the last command calls for."""
        return [one.notice for one in self.intents if isinstance(one, Notify)]

    def issues(self) -> list[Issue]:
        """The commands that the last command calls for."""
        return [one for one in self.intents if isinstance(one, Issue)]

    def _decide(self, command: Command, by: Actor) -> Decision:
        return self.machine.decide(self.current, command, self._context(command, by))

    def _context(self, command: Command, by: Actor) -> Context:
        context = context_for(self.machine, self.current, command, by, self.now, self.people, self.programme)
        return replace(context, directory=replace(context.directory, **self.answers))


Test = Callable[[], None]


def stories(module: Mapping[str, Any]) -> tuple[Test, ...]:
    """The tests of a module that tell a story: those that take nothing and are not about the whole table."""
    return tuple(
        one
        for name, one in module.items()
        if name.startswith("test_") and not name.startswith("test_every_") and _takes_nothing(one)
    )


def together(*modules: ModuleType) -> dict[str, Any]:
    """The tests of several modules."""
    tests = [(f"{name}_{number}", test) for number, one in enumerate(modules) for name, test in vars(one).items()]
    return dict(tests)


def _takes_nothing(test: Any) -> bool:
    """Whether it can be told as it stands. What is no function here is a neighbouring module of such a name."""
    return hasattr(test, "__code__") and not test.__code__.co_argcount


@cache
def _told(machine: str, tests: tuple[Test, ...]) -> Taken:
    _taken.pop(machine, None)
    for test in tests:
        test()
    return _taken[machine]


def histories(machine: Machine, module: Mapping[str, Any]) -> list[list[Fact]]:
    """All that happened in the stories of a machine's module: together they show each of its events."""
    _told(machine.name, stories(module))
    return [history for history in _histories[machine.name] if history]


def check_every_row_is_taken(machine: Machine, module: Mapping[str, Any]) -> None:
    """Each row is taken from each of its sources, reaches each of its targets and emits each of its events."""
    taken = _told(machine.name, stories(module))
    sources: set[tuple[str, str | None]] = set()
    targets: set[tuple[int, str]] = set()
    events: set[tuple[int, str]] = set()
    for number, row in enumerate(machine.transitions):
        sources.update((row.command.name, one.model_fields["status"].default) for one in row.source)
        if not row.source:
            sources.add((row.command.name, None))
        reached = [one for source in row.source or (None,) for one in row.leads_to(source)]
        targets.update((number, one.model_fields["status"].default) for one in reached)
        events.update((number, event.type) for event in row.events)
    assert taken.sources == sources
    assert taken.targets == targets
    assert taken.events == events


def check_everything_else_is_refused(machine: Machine, module: Mapping[str, Any]) -> None:
    """Each command that has no row in a state is refused, whoever gives it, for that reason."""
    samples: Mapping[str, State] = _told(machine.name, stories(module)).states
    assert set(samples) == {one.model_fields["status"].default for one in machine.states}
    starts = {row.command for row in machine.transitions if not row.source}
    known = {(row.command, source) for row in machine.transitions for source in row.source}
    for command in machine.commands.values():
        order = command.model_construct()
        for state in (None, *samples.values()):
            if (command, type(state)) in known or (state is None and command in starts):
                continue
            expected = "not_started" if state is None else "already_started" if command in starts else "not_now"
            for actor in (SYSTEM_ACTOR, *PEOPLE):
                context = Context(TENANT, at("2025-10-20 09:00"), actor, PROGRAMME, PROGRAMME.calendar_of(2025))
                refused = refusal_of(machine, state, order, context)
                assert refused is not None, f"{command.name} was accepted in {state!r}"
                kind = Kind.MISSING if state is None else Kind.CONFLICT
                assert (refused.code, refused.kind) == (expected, kind)


def post(text: str) -> Post:
    """A post written role@unit."""
    role, unit = text.split("@")
    return Post(role=role, unit=UnitId(unit))

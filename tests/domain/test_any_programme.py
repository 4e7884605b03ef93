"""Any programme, any people, in any order, while time passes and posts begin and end: what must always hold.

A Hypothesis machine makes a pipeline at random (modes, branches, conditions, choosers, vacancies, escalations, passing
by time) and drives random people at one filing of it. Some of them hold several posts, some act for others; posts begin
and end under their feet, and so do delegations. In mid-flight the rules change: the path, a stage's rule, the calendar,
the duty's deadlines, the tree of units. What holds is worked out here anew from the programme and the directory, not
asked of the machine. One assumption is made: the office has one holder who authors nothing.

In CI this takes a few thousand steps. For more, say how many runs of fifty steps:

    TERMLEDGER_RUNS=2000 pytest -n 0 tests/domain/test_any_programme.py

Such a run draws a seed and prints it; TERMLEDGER_SEED=<number> takes the same way again. A failure prints the steps
that lead to it and a `@reproduce_failure` line.
"""

from __future__ import annotations

import json
import os
import secrets
import sys
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from functools import cache
from typing import Any

import pytest
from hypothesis import HealthCheck, given, seed, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from domain import filing as f
from domain.access import SYSTEM_ACTOR, Actor, Held, Post
from domain.calendar import SchoolCalendar
from domain.filing import FILING, InReview, Origin, Visit
from domain.ids import PersonId, UnitId
from domain.machine import Command, Decision, Fact, State
from domain.programme import Mode, Programme, Vacancy
from domain.programme_check import check, dump
from domain.refusal import Kind, Refused
from tests.domain.given import (
    CYCLE_ID,
    GROUP,
    PARTICULAR,
    PROGRAMME,
    STAFF,
    STORED,
    at,
    check_decision,
    context_for,
    held,
    stored,
)

RUNS = int(os.environ.get("TERMLEDGER_RUNS", "70"))
SEED = os.environ.get("TERMLEDGER_SEED")
START = at("2025-09-01 08:00")
AUTHOR = Post(role="leader", unit=GROUP)

POSTS = {
    "deputy@county": "deputy@county",
    "director@county": "director@county",
    "expert@county": "expert@county",
    "coordinator@cluster": "coordinator@east",
    "principal@parent": "principal@school",
    "principal@centre": "principal@school",
    "teacher@own": "teacher@school-maths",
    "leader@own": "leader@school-maths",
}
"""Where each decider is found, seen from the maths group."""
CONDITIONS: Mapping[str, Callable[[int | None], bool]] = {
    "fields.cost > 100": lambda cost: cost is None or cost > 100,
    'fields.aims != "" && unit.kind == "group"': lambda cost: True,
    "has(fields.cost) && fields.cost == 7": lambda cost: cost == 7,
    'cycle.duty == "other"': lambda cost: False,
}
"""Conditions, and what they come to for a cost: what cannot be told counts as true."""


def post(text: str) -> Post:
    role, unit = text.split("@")
    return Post(role=role, unit=UnitId(unit))


# -- any programme


def texts(id: str) -> dict[str, str]:
    return {"zh": f"环节{id}", "en": f"Stage {id}"}


DECIDERS = st.lists(st.sampled_from(sorted(POSTS.keys() - {"leader@own"})), min_size=1, max_size=2, unique=True)


@st.composite
def stages(draw: st.DrawFn, id: str, may_choose_before: bool) -> dict[str, Any]:
    """A stage, as a programme writes it."""
    found: dict[str, Any] = {
        "id": id,
        "title": texts(id),
        "due": draw(st.integers(1, 3)),
        "remind": draw(st.sampled_from([None, 0, 1, 2])),
        "may_reject": draw(st.booleans()),
        "resumes": draw(st.booleans()),
        "same_person": draw(st.sampled_from(["ask", "once"])),
        "vacant": draw(st.sampled_from(["skip", "stop", "deputy@county", "director@county"])),
    }
    if draw(st.integers(0, 9)) == 0:
        return found | {"person": draw(st.sampled_from(sorted(STAFF)))}
    found["decided_by"] = draw(DECIDERS)
    found["mode"] = draw(st.sampled_from(["any", "all", "votes", "in_order"]))
    if found["mode"] == "votes":
        found["votes"] = draw(st.integers(1, 3))
        found["veto"] = draw(st.sampled_from([[], found["decided_by"][:1]]))
    if draw(st.integers(0, 3)) == 0:
        found["chosen_by"] = draw(st.sampled_from(["author", *(["previous"] if may_choose_before else [])]))
    if draw(st.integers(0, 3)) == 0:
        found["when"] = draw(st.sampled_from(sorted(CONDITIONS)))
    if draw(st.booleans()):
        found["escalate"] = {"after": draw(st.integers(1, 2)), "to": draw(st.sampled_from(sorted(POSTS)))}
    if draw(st.integers(0, 3)) == 0:
        found["passes_after"] = draw(st.integers(3, 4))
    return found


@st.composite
def pipelines(draw: st.DrawFn) -> dict[str, Any]:
    """A pipeline, as a programme writes it."""
    found: list[dict[str, Any]] = []
    one_before = False
    for number in range(draw(st.integers(1, 3))):
        if draw(st.integers(0, 2)) == 0:
            branches = [
                [draw(stages(f"s{number}{name}{n}", n > 0 or one_before)) for n in range(draw(st.integers(1, 2)))]
                for name in "ab"
            ]
            found.append({"parallel": branches})
            one_before = False
        else:
            found.append(draw(stages(f"s{number}", one_before)))
            one_before = True
    return {
        "id": "approval",
        "title": {"zh": "审批", "en": "Approval"},
        "stages": found,
        "rework": draw(st.integers(1, 3)),
        "copies": draw(st.sampled_from([[], ["principal@parent"]])),
        "urge_hours": draw(st.integers(1, 8)),
    }


@cache
def _body() -> dict[str, Any]:
    body = dump(PROGRAMME)
    cost = {"id": "cost", "title": {"zh": "经费", "en": "Cost"}, "kind": "number", "required": False}
    body["documents"][0]["fields"].append(cost)
    for unit in body["units"]:
        unit["centre"] = unit["kind"] == "school"
    return body


@dataclass(frozen=True)
class Rules:
    """What may be another thing in the next version of the programme."""

    pipeline: dict[str, Any]
    closed: tuple[date, ...] = ()
    made_up: tuple[date, ...] = ()
    due: int = 10
    lapses: int = 10
    remind: tuple[int, ...] = (3, 1)
    cluster: str = "east"
    """Where the school stands."""

    def written(self) -> dict[str, Any]:
        """The small county with these rules, as a programme."""
        body = _body()
        days = {"closures": self.closed, "makeup_days": self.made_up}
        named = {name: [{"date": one.isoformat(), "why": "停课"} for one in found] for name, found in days.items()}
        duty = body["duties"][0]
        window = duty["window"] | {"due": f"start + {self.due} workdays", "lapses": self.lapses}
        return body | {
            "calendar": body["calendar"] | named,
            "units": [one | ({"parent": self.cluster} if one["id"] == "school" else {}) for one in body["units"]],
            "pipelines": [self.pipeline, body["pipelines"][1]],
            "duties": [duty | {"window": window, "remind": list(self.remind)}, *body["duties"][1:]],
        }

    @property
    def posts(self) -> Mapping[str, str]:
        """Where each decider is found."""
        return POSTS | {"coordinator@cluster": f"coordinator@{self.cluster}"}


def branches(part: dict[str, Any]) -> list[list[dict[str, Any]]]:
    found: list[list[dict[str, Any]]] = part.get("parallel", [[part]])
    return found


def stages_of(pipeline: dict[str, Any]) -> list[dict[str, Any]]:
    return [one for part in pipeline["stages"] for branch in branches(part) for one in branch]


def waits_for(pipeline: dict[str, Any]) -> dict[str, set[str]]:
    """Which stages come directly before each."""
    found: dict[str, set[str]] = {}
    ends: set[str] = set()
    for part in pipeline["stages"]:
        begun, ends = ends, set()
        for branch in branches(part):
            last = begun
            for one in branch:
                found[one["id"]], last = last, {one["id"]}
            ends |= last
    return found


def tidied(pipeline: dict[str, Any]) -> dict[str, Any]:
    """Only where one stage comes before can whoever agrees there choose."""
    before = waits_for(pipeline)

    def kept(one: dict[str, Any]) -> dict[str, Any]:
        fits = one.get("chosen_by") != "previous" or len(before[one["id"]]) == 1
        return one if fits else {name: value for name, value in one.items() if name != "chosen_by"}

    parts = [
        {"parallel": [[kept(one) for one in branch] for branch in part["parallel"]]}
        if "parallel" in part
        else kept(part)
        for part in pipeline["stages"]
    ]
    return pipeline | {"stages": parts}


@st.composite
def edits(draw: st.DrawFn, pipeline: dict[str, Any], fresh: str, here: Collection[str]) -> dict[str, Any]:
    """The pipeline with a stage more, less, elsewhere or by another rule."""
    parts = list(pipeline["stages"])
    where = draw(st.integers(0, len(parts) - 1))
    kind = draw(st.sampled_from(["insert", "rule", "rule", "drop", "swap", "beside", "straighten"]))
    if kind == "insert":
        parts.insert(draw(st.integers(0, len(parts))), draw(stages(fresh, True)))
    elif kind == "drop" and len(parts) > 1:
        del parts[where]
    elif kind == "swap":
        parts[where], parts[0] = parts[0], parts[where]
    elif kind == "beside" and "parallel" not in parts[where]:
        parts[where] = {"parallel": [[parts[where]], [draw(stages(fresh, True))]]}
    elif kind == "straighten":
        parts[where : where + 1] = [one for branch in branches(parts[where]) for one in branch]
    else:
        ids = [one["id"] for one in stages_of(pipeline)]
        near = [one for one in ids if one in here]
        at_hand = bool(near) and draw(st.integers(0, 2)) > 0
        id = draw(st.sampled_from(near if at_hand else ids))
        new = draw(stages(id, True))
        parts = [
            {"parallel": [[new if one["id"] == id else one for one in branch] for branch in part["parallel"]]}
            if "parallel" in part
            else new
            if part["id"] == id
            else part
            for part in parts
        ]
    return tidied(pipeline | {"stages": parts, "rework": draw(st.integers(1, 3))})


@st.composite
def changes(draw: st.DrawFn, rules: Rules, number: int, today: date, here: Collection[str] = ()) -> Rules:
    """The next version of the rules. Mostly they change where somebody is."""
    days = st.lists(st.integers(1, 14).map(lambda n: today + timedelta(days=n)), min_size=1, max_size=3, unique=True)
    kinds = draw(st.lists(st.sampled_from(["path", "path", "path", "days", "duty", "tree"]), min_size=1, max_size=2))
    for n, kind in enumerate(kinds):
        if kind == "path":
            anew = draw(st.integers(0, 3)) == 0
            rules = replace(
                rules, pipeline=draw(pipelines() if anew else edits(rules.pipeline, f"n{number}-{n}", here))
            )
        elif kind == "days":
            off, on = (tuple(sorted(draw(st.one_of(st.just([]), days)))) for _ in range(2))
            rules = replace(rules, closed=off, made_up=tuple(one for one in on if one not in off))
        elif kind == "duty":
            remind = draw(st.sampled_from([(3, 1), (2,), (5, 2, 1)]))
            rules = replace(rules, due=draw(st.integers(5, 15)), lapses=draw(st.integers(5, 12)), remind=remind)
        else:
            rules = replace(rules, cluster="west" if rules.cluster == "east" else "east")
    return rules


@given(pipelines(), st.data())
@settings(max_examples=15, deadline=None, suppress_health_check=list(HealthCheck))
def test_any_pipeline_made_here_is_one_that_the_check_lets_through(
    pipeline: dict[str, Any], data: st.DataObject
) -> None:
    rules = data.draw(changes(Rules(pipeline), 1, date(2025, 9, 3)))
    faults = check(json.dumps(rules.written(), ensure_ascii=False), year=2025)
    # Two stages may come out alike; that is a slip to point out, and runs all the same.
    assert [one for one in faults if one.code != "repeated_stage"] == []


# -- any people


def days(after: date, until: date) -> Iterator[date]:
    for n in range((until - after).days):
        yield after + timedelta(days=n + 1)


@dataclass
class Person:
    """Somebody, with the posts they hold now."""

    id: PersonId
    posts: list[str]

    @property
    def held(self) -> tuple[Held, ...]:
        return tuple(held(*one.split("@")) for one in self.posts)


OFFICE, KEEPER = PersonId("per-office"), PersonId("per-admin")
FREE = sorted({*POSTS.values(), "coordinator@west"})
NAMES = [*sorted(STAFF.values()), *(PersonId(f"per-{name}") for name in "abcde")]


@dataclass(frozen=True)
class Stay:
    """The times of a stay at a stage, as they should be."""

    arrived_at: datetime
    due_at: datetime
    remind_at: datetime | None
    escalate_at: datetime | None
    passes_at: datetime | None
    late: bool = False
    """Whether the role above has been asked."""


_ENDS = (f.FilingRejected, f.FilingWaived, f.FilingLapsed, f.FilingVoided)
_SPOKEN = (f.ApprovalGiven, f.ObjectionRaised, f.FilingReturned, f.SentBack, f.FilingRejected)
_OF_DECIDERS = (*_SPOKEN, f.Transferred, f.SignerAdded)


class AnyProgramme(RuleBasedStateMachine):
    """One filing, under a programme and people made at random."""

    def __init__(self) -> None:
        super().__init__()
        self.now = START
        self.facts: list[Fact] = []
        self.state: State | None = None
        self.people: dict[PersonId, Person] = {}
        self.delegates: dict[PersonId, list[PersonId]] = {}
        self.unseen = False
        """Posts have begun or ended, and nobody has looked who is there."""
        self.asked: dict[str, set[PersonId]] = {}
        """Who was asked to decide at a stage besides those of its rule."""
        self.escalated: dict[str, set[str]] = {}
        """Which roles above were asked at a stage that was late."""
        self.stays: dict[str, Stay] = {}
        self.versions = 0
        self.plain: dict[str, bool] = {}
        """Stages at which nothing has happened but agreements."""

    @initialize(
        pipeline=pipelines(),
        posts=st.lists(st.lists(st.sampled_from(FREE), max_size=3, unique=True), min_size=8, max_size=8),
        delegates=st.lists(st.tuples(st.sampled_from(NAMES), st.sampled_from(NAMES)), max_size=3),
        personal=st.booleans(),
        data=st.data(),
    )
    def begin(
        self,
        pipeline: dict[str, Any],
        posts: list[list[str]],
        delegates: list[tuple[PersonId, PersonId]],
        personal: bool,
        data: st.DataObject,
    ) -> None:
        self.goes_by(Rules(pipeline))
        self.people = {one: Person(one, list(given)) for one, given in zip(NAMES, posts, strict=True)}
        self.people[OFFICE] = Person(OFFICE, ["office@county"])
        self.people[KEEPER] = Person(KEEPER, ["admin@county"])
        for giver, delegate in delegates:
            if giver != delegate:
                self.delegates.setdefault(giver, []).append(delegate)
        calendar = self.programme.calendar_at(self.now)
        due_at = at("2025-09-15 18:00")
        self.give(
            f.OpenFiling(
                cycle=CYCLE_ID,
                duty="plan",
                period="2025-autumn",
                unit=GROUP,
                person=NAMES[0] if personal else None,
                due_at=due_at,
                lapses_at=at("2025-09-28 18:00"),
                remind_at=tuple(sorted(calendar.workdays_before(due_at, n) for n in (3, 1))),
            ),
            SYSTEM_ACTOR,
        )
        if data.draw(st.integers(0, 3)):
            author = self.people[NAMES[0]]
            author.posts = sorted({*author.posts, f"{AUTHOR.role}@{AUTHOR.unit}"})
            self.attempt(self.commands(data.draw, "submit"), Actor(author.id, author.held))

    def goes_by(self, rules: Rules, programme: Programme | None = None) -> None:
        self.current = rules
        self.programme = programme or Programme.model_validate(rules.written())
        self.stages = {one.id: one for one in self.programme.pipelines[0].all_stages}

    @property
    def calendar(self) -> SchoolCalendar:
        return self.programme.calendar_at(self.now)

    # -- the directory

    def actors(self) -> list[Actor]:
        """Everybody, for themself and for whoever has them act in their stead."""
        found = [Actor(one.id, one.held) for one in self.people.values()]
        for giver, delegates in self.delegates.items():
            found += [Actor(one, self.people[giver].held, giver) for one in delegates if self.people[one].posts]
        return found

    def found(self, decider: str) -> Post:
        return post(self.current.posts[decider])

    def holders(self, post: Post) -> set[PersonId]:
        return {one.id for one in self.people.values() if f"{post.role}@{post.unit}" in one.posts}

    # -- giving a command

    @property
    def here(self) -> Any:
        return self.state

    def context(self, command: Command, actor: Actor) -> Any:
        people = [Actor(one.id, one.held) for one in self.people.values()]
        return context_for(FILING, self.state, command, actor, self.now, people, self.programme)

    def give(self, command: Command, actor: Actor) -> Decision:
        before = self.state
        decision = FILING.decide(before, command, self.context(command, actor))
        check_decision(FILING, before, decision)
        state = before
        for fact in decision.facts:
            self.is_entitled(state, fact, command, actor)
            after = FILING.fold(state, fact)
            if isinstance(fact.event, f.RulesMoved):
                self.is_moved(state, fact.event, after)
            self.note(fact, after)
            if isinstance(fact.event, f.StageReached):
                self.is_its_turn(state, fact.event.stage)
            elif isinstance(fact.event, f.FilingSubmitted):
                self.is_asked_by_conditions(fact.event, command)
            elif isinstance(fact.event, f.FilingApproved):
                passed: Any = state
                assert {one.stage for one in passed.steps} == {*passed.passed}, "approved, and not through"
            state = after
        self.facts += decision.facts
        self.state = decision.state
        self.leaves_the_rest_alone(before, decision)
        return decision

    def attempt(self, command: Command, actor: Actor) -> bool:
        """Give a command that may be refused: a button is never refused for right or state, and nothing else is taken.

        What a command says, and when it is given, may be refused all the same.
        """
        offered = not actor.is_system and command.name in FILING.permitted(self.here, actor)
        refused = self.refusal(command, actor)
        if refused is None:
            assert offered or actor.is_system, f"{command.name} was taken and is no button"
            return True
        elsewhere = getattr(command, "stage", None) is not None and refused.code == "not_decider"
        particular = refused.kind is Kind.INVALID or refused.code in PARTICULAR or elsewhere
        assert particular or not offered, f"{command!r}: {refused}"
        return False

    def refusal(self, command: Command, actor: Actor) -> Refused | None:
        """Give a command; return why it is refused, or None when it was taken."""
        try:
            self.give(command, actor)
        except Refused as refused:
            return refused
        return None

    # -- what happens

    def commands(self, draw: Any, name: str) -> Command:
        """A command of this name, with anything in it."""
        people = st.lists(st.sampled_from([*NAMES, OFFICE]), min_size=1, max_size=2).map(tuple)
        stage = draw(st.sampled_from([None, None, *(one.stage for one in self.here.steps)]))
        cost = draw(st.sampled_from([None, 7, 50, 500])) if name == "submit" else None
        made: dict[str, Any] = {
            "submit": lambda: {
                "content": {"aims": f"第 {len(self.facts)} 种"} | ({} if cost is None else {"cost": cost}),
                "choose": self.choices(draw),
            },
            "approve": lambda: {"choose": self.choice(draw), "stage": stage},
            "return": lambda: {"then": draw(st.sampled_from([None, "again", "straight"])), "to": self.back(draw)},
            "transfer": lambda: {"to": draw(st.sampled_from(NAMES)), "stage": stage},
            "add_signer": lambda: {
                "people": draw(people),
                "where": draw(st.sampled_from(["before", "after", "beside"])),
                "stage": stage,
            },
            "assign": lambda: {"people": draw(people), "stage": stage},
            "hand_over": lambda: {"leaver": draw(st.sampled_from(NAMES)), "to": draw(st.sampled_from(NAMES))},
            "ask_extension": lambda: {"until": (self.now + timedelta(days=draw(st.integers(0, 30)))).date()},
            "copy": lambda: {"people": draw(people)},
            "comment": lambda: {"text": "好", "mentions": draw(people)},
        }
        command = FILING.commands[name]
        fields = made.get(name, dict)()
        if "reason" in command.model_fields and command.model_fields["reason"].is_required():
            fields["reason"] = "因故"
        return command(**fields)

    def choices(self, draw: Any) -> dict[str, tuple[PersonId, ...]]:
        """Mostly whom the stages ask for, sometimes anybody."""
        asked = [one for one in self.here.steps if one.chosen_by == "author"]
        return {one.stage: self.some(draw, one) for one in asked if draw(st.integers(0, 9))}

    def choice(self, draw: Any) -> tuple[PersonId, ...]:
        if not isinstance(self.state, InReview):
            return ()
        at = {one.stage for one in self.state.visits}
        asked = [one for one in self.state.steps if one.chosen_by == "previous" and at.intersection(one.after)]
        return self.some(draw, asked[0]) if asked and draw(st.booleans()) else ()

    def some(self, draw: Any, step: f.Step) -> tuple[PersonId, ...]:
        fit = sorted({one for post in step.posts for one in self.holders(post)}) or NAMES
        return tuple(draw(st.lists(st.sampled_from(fit), min_size=1, max_size=3)))

    def back(self, draw: Any) -> str | None:
        passed = self.state.passed if isinstance(self.state, InReview) else ()
        found: str | None = draw(st.sampled_from([None, *passed]))
        return found

    @rule(data=st.data())
    def anybody_tries_anything(self, data: st.DataObject) -> None:
        names = sorted(FILING.commands.keys() - {"open", "move_rules"})
        name = data.draw(st.sampled_from(names))
        if name in {"remind_stage", "escalate", "pass_by_time"}:
            stage = data.draw(st.sampled_from([one.stage for one in self.here.steps]))
            command = FILING.commands[name].model_validate({"stage": stage})
            self.attempt(command, data.draw(st.sampled_from(self.actors())))
        else:
            self.attempt(self.commands(data.draw, name), data.draw(st.sampled_from(self.actors())))

    @rule(data=st.data())
    def somebody_presses_a_button(self, data: st.DataObject) -> None:
        found = [(one, name) for one in self.actors() for name in FILING.permitted(self.here, one)]
        found = [(one, name) for one, name in found if name not in {"waive", "void", "move_rules"}]
        if found:
            who, name = data.draw(st.sampled_from(found))
            self.attempt(self.commands(data.draw, name), who)

    @rule(data=st.data())
    def business_goes_on(self, data: st.DataObject) -> None:
        for _ in range(data.draw(st.integers(1, 3))):
            wanted = {"submit", "approve", "amend"}
            found = [(one, name) for one in self.actors() for name in FILING.permitted(self.here, one)]
            found = [(one, name) for one, name in found if name in wanted]
            if found:
                who, name = data.draw(st.sampled_from(found))
                self.attempt(self.commands(data.draw, name), who)

    @rule(data=st.data())
    @precondition(lambda self: isinstance(self.state, InReview) and self.state.in_force is None)
    def all_agree(self, data: st.DataObject) -> None:
        """To the end, where nobody is wanting: left to chance alone, few filings come into force."""
        for _ in range(12):
            able = [one for one in self.actors() if "approve" in FILING.permitted(self.here, one)]
            if not able:
                return
            self.attempt(self.commands(data.draw, "approve"), data.draw(st.sampled_from(able)))

    @rule(data=st.data())
    @precondition(lambda self: isinstance(self.state, f.Approved))
    def what_is_in_force_is_amended(self, data: st.DataObject) -> None:
        for name in ("amend", "submit"):
            able = [one for one in self.actors() if name in FILING.permitted(self.here, one)]
            if able:
                self.attempt(self.commands(data.draw, name), data.draw(st.sampled_from(able)))

    @rule(data=st.data())
    @precondition(lambda self: isinstance(self.state, InReview) and bool(self.state.passed))
    def somebody_sends_it_back(self, data: st.DataObject) -> None:
        able = [one for one in self.actors() if "return" in FILING.permitted(self.here, one)]
        if able:
            self.attempt(self.commands(data.draw, "return"), data.draw(st.sampled_from(able)))

    @rule(data=st.data())
    @precondition(lambda self: isinstance(self.state, f.Returned) and bool(self.state.approvals))
    def whoever_agreed_mends_it(self, data: st.DataObject) -> None:
        person = self.people[data.draw(st.sampled_from([one.principal for one in self.here.approvals]))]
        person.posts = sorted({*person.posts, f"{AUTHOR.role}@{AUTHOR.unit}"})
        self.unseen = True
        self.attempt(self.commands(data.draw, "submit"), Actor(person.id, person.held))
        self.somebody_looks_who_is_there()

    def seated(self) -> list[PersonId]:
        """Those of the free people who sit somewhere by name."""
        visits = (*self.state.visits, *self.state.paused) if isinstance(self.state, InReview) else ()
        return [one for one in NAMES if any(seat.person == one for visit in visits for seat in visit.seats)]

    @rule(data=st.data())
    @precondition(lambda self: bool(self.seated()))
    def somebody_leaves(self, data: st.DataObject) -> None:
        leaver, to = data.draw(st.sampled_from(self.seated())), data.draw(st.sampled_from(NAMES))
        keeper = Actor(KEEPER, self.people[KEEPER].held)
        self.attempt(f.HandOver(leaver=leaver, to=to, reason="调离"), keeper)

    @rule(data=st.data())
    @precondition(lambda self: bool(self.seated()))
    def somebody_who_sits_there_loses_a_post_and_tries(self, data: st.DataObject) -> None:
        person = self.people[data.draw(st.sampled_from(self.seated()))]
        if person.posts:
            person.posts.remove(data.draw(st.sampled_from(person.posts)))
            self.unseen = True
            self.plain = dict.fromkeys(self.plain, False)
            self.attempt(self.commands(data.draw, "approve"), Actor(person.id, person.held))
            if data.draw(st.booleans()):
                self.somebody_looks_who_is_there()

    @rule(data=st.data(), begins=st.booleans(), seen=st.integers(0, 3))
    def posts_begin_and_end(self, data: st.DataObject, begins: bool, seen: int) -> None:
        person = self.people[data.draw(st.sampled_from(NAMES))]
        free = [one for one in FREE if one not in person.posts]
        if begins and free:
            person.posts.append(data.draw(st.sampled_from(free)))
        elif person.posts:
            person.posts.remove(data.draw(st.sampled_from(person.posts)))
        self.unseen = True
        self.plain = dict.fromkeys(self.plain, False)
        if seen:
            self.somebody_looks_who_is_there()

    @rule()
    def somebody_looks_who_is_there(self) -> None:
        if isinstance(self.state, InReview):
            self.reseat()
            if isinstance(self.state, InReview):
                assert not self.reseat(), "looking again changes nothing"
        self.unseen = False

    def reseat(self) -> bool:
        refused = self.refusal(f.Reseat(), SYSTEM_ACTOR)
        assert refused is None or refused.code == "nothing_changed_here"
        return refused is None

    @rule(data=st.data())
    def acting_for_others_begins_and_ends(self, data: st.DataObject) -> None:
        giver, delegate = data.draw(st.sampled_from(NAMES)), data.draw(st.sampled_from(NAMES))
        given = self.delegates.setdefault(giver, [])
        if delegate in given:
            given.remove(delegate)
        elif giver != delegate:
            given.append(delegate)

    @rule(data=st.data())
    @precondition(lambda self: not isinstance(self.state, f.Open | f.Drafting) or not self.versions)
    def rules_change(self, data: st.DataObject) -> None:
        """Nothing of it happens to the filing, unless somebody says so: it stays, moves, or goes back."""
        self.versions += 1
        review = self.state if isinstance(self.state, InReview) else None
        here = [one.stage for one in (*review.visits, *review.paused)] if review is not None else []
        rules = data.draw(changes(self.current, self.versions, self.calendar.local(self.now).date(), here))
        choice = data.draw(st.sampled_from(["move", "move", "back"]))
        stages = [None, None, *(one["id"] for one in stages_of(rules.pipeline))]
        to = data.draw(st.sampled_from(stages)) if choice == "back" else None
        office = Actor(OFFICE, self.people[OFFICE].held)
        by = office if data.draw(st.integers(0, 9)) else data.draw(st.sampled_from(self.actors()))
        digest = f"{self.versions:064x}"
        self.next = rules, Programme.model_validate(rules.written())
        STORED[digest] = self.next[1]
        command = f.MoveRules(programme=digest, choice=choice, to=to, reason="县局批复")
        if self.attempt(command, by):
            self.is_where_it_should_be(command)

    @rule(hours=st.integers(1, 24 * 5))
    def time_passes_and_alarms_ring(self, hours: int) -> None:
        self.now += timedelta(hours=hours)
        for _ in range(40):
            due = next((one for one in FILING.alarms(self.here) if one.at <= self.now), None)
            if due is None:
                return
            self.give(due.command, SYSTEM_ACTOR)
        raise AssertionError(f"alarms never come to rest: {self.state!r}")

    @rule(hours=st.integers(1, 24 * 2))
    def time_passes_while_nobody_keeps_it(self, hours: int) -> None:
        self.now += timedelta(hours=hours)

    # -- who could decide, worked out anew

    def note(self, fact: Fact, state: State) -> None:
        """Remember what gives somebody a part in a stage."""
        event = fact.event
        stage = getattr(event, "stage", "")
        if isinstance(event, f.StageReached):
            again = any(isinstance(one.event, f.SignerAdded) for one in self.facts)
            if not again and stage in self.stages:
                self.asked.pop(stage, None)
            self.escalated.pop(stage, None)
            self.plain[stage] = not self.unseen and not again
            self.stays[stage] = self.stay(stage, state)
        elif isinstance(event, f.RulesMoved):
            self.note_move(event)
        elif isinstance(event, f.Transferred):
            self.asked.setdefault(stage, set()).add(event.to)
        elif isinstance(event, f.DeciderAssigned):
            self.asked[stage] = set(event.people)
        elif isinstance(event, f.SignerAdded):
            self.asked[event.step.stage] = set(event.step.people)
        elif isinstance(event, f.HandedOver):
            for people in self.asked.values():
                people.add(event.to)
            for visit in (*getattr(state, "visits", ()), *getattr(state, "paused", ())):
                self.asked.setdefault(visit.stage, set()).add(event.to)
        elif isinstance(event, f.StageEscalated):
            self.escalated.setdefault(stage, set()).add(f"{event.to.role}@{event.to.unit}")
            self.stays[stage] = replace(self.stays[stage], remind_at=None, escalate_at=None, late=True)
        elif isinstance(event, f.StageReminded):
            self.stays[stage] = replace(self.stays[stage], remind_at=None)
        if not isinstance(event, f.StageReached | f.ApprovalGiven | f.StageReminded):
            for one in self.plain if isinstance(event, f.HandedOver) else (stage,):
                self.plain[one] = False

    def is_entitled(self, state: Any, fact: Fact, command: Command, actor: Actor) -> None:
        """Every decision is by somebody who could decide there at that moment, and is nobody's own."""
        event = fact.event
        if not isinstance(event, _OF_DECIDERS) or fact.by == SYSTEM_ACTOR.person:
            return
        if isinstance(event, f.FilingReturned | f.FilingRejected) and not isinstance(command, f.Return | f.Reject):
            return  # a lost vote ends so
        principal = fact.on_behalf_of or fact.by
        assert principal == actor.principal
        authors = {one for r in state.revisions for one in (r.by, r.on_behalf_of)} | {state.person}
        assert not {fact.by, principal} & (authors - {None}), "nobody decides on their own"
        stage = event.stage
        assert stage in {one.stage for one in state.visits}, "only where it is"
        posts = set(self.people[principal].posts)
        assert posts, "whoever holds nothing decides nothing"
        assert self.may_decide(state, stage, principal, posts), f"{principal} at {stage}"
        decided = [one for one in (*state.approvals, *state.objections) if one.stage == stage]
        # A member of a board who is also the role above may agree once more, as the latter, where the board is late.
        if stage not in self.escalated:
            assert principal not in {one.on_behalf_of or one.by for one in decided}, "nobody decides twice"
        capacity = getattr(event, "capacity", None)
        if capacity is not None and principal not in self.asked.get(stage, ()):
            assert f"{capacity.role}@{capacity.unit}" in posts, "the record says by which post"

    def may_decide(self, state: Any, stage: str, principal: PersonId, posts: set[str]) -> bool:
        if principal in self.asked.get(stage, ()):
            return True
        if stage not in self.stages:
            return False
        rule = self.stages[stage]
        own = {self.current.posts[str(one)] for one in rule.decided_by}
        also = {str(rule.vacant)} if rule.vacant not in set(Vacancy) else set()
        also |= self.escalated.get(stage, set())
        if rule.person is not None and STAFF[rule.person] == principal:
            return True
        if posts & also:
            return True
        chosen = state.chosen.get(stage)
        return bool(posts & own) and (chosen is None or principal in chosen)

    def leaves_the_rest_alone(self, before: Any, decision: Decision) -> None:
        """What a command does not speak of stays as it was."""
        after: Any = decision.state
        if not isinstance(before, InReview) or any(isinstance(one.event, f.RulesMoved) for one in decision.facts):
            return
        events = [one.event for one in decision.facts]
        for event in events:
            if isinstance(event, f.ApprovalGiven) and event.completes and not event.by_time:
                self.was_enough(before, event, decision)
        if not isinstance(after, InReview):
            return
        undone: set[str] = set()
        for event in events:
            if isinstance(event, f.SentBack):
                undone |= {event.to, event.stage}
                undone |= set() if event.straight else self.after(before, event.to)
        assert [one for one in before.approvals if one.stage not in undone] == [
            one for one in after.approvals if one in before.approvals
        ]
        assert {one for one in before.passed if one not in undone} <= set(after.passed)
        touched = {getattr(one, "stage", None) for one in events}
        for visit in before.visits:
            now = after.visit_of(visit.stage)
            if now is not None and now.arrived_at == visit.arrived_at and visit.stage not in undone:
                assert (now.due_at, now.passes_at) == (visit.due_at, visit.passes_at)
            if now is not None and visit.stage not in touched | undone and not isinstance(events[0], f.HandedOver):
                assert now == visit
        if not any(isinstance(one, f.SignerAdded | f.HandedOver) for one in events):
            assert after.steps == before.steps

    def after(self, state: Any, stage: str) -> set[str]:
        found: set[str] = set()
        while more := {one.stage for one in state.steps if {*one.after} & (found | {stage})} - found:
            found |= more
        return found

    def was_enough(self, before: InReview, event: f.ApprovalGiven, decision: Decision) -> None:
        """A stage at which nothing but agreements happened is through by its own rule, counted anew."""
        if not self.plain.get(event.stage) or event.stage not in self.stages or event.stage in self.escalated:
            return
        rule = self.stages[event.stage]
        visit = before.visit_of(event.stage)
        assert visit is not None
        if rule.person is not None or any(one.origin not in (Origin.RULE, Origin.CHOSEN) for one in visit.seats):
            return
        given = next(one for one in decision.facts if one.event is event)
        agreed = {one.principal for one in before.approvals if one.stage == event.stage}
        agreed.add(given.on_behalf_of or given.by)
        own = {one for text in rule.decided_by for one in self.holders(self.found(str(text)))} - before.authors
        voters = own & set(before.chosen[event.stage]) if event.stage in before.chosen else own
        if rule.mode in (Mode.ALL, Mode.IN_ORDER):
            assert agreed == voters
        elif rule.mode is Mode.VOTES:
            assert len(agreed) >= min(rule.votes or 1, len(voters))

    def is_its_turn(self, state: Any, stage: str) -> None:
        """A stage is reached when all before it are through, in every branch that joins there."""
        if stage in self.stages and not any(one.added for one in state.steps):
            assert waits_for(self.current.pipeline)[stage] <= {*state.passed}, f"{stage} is reached too soon"

    # -- other rules

    def stay(self, stage: str, state: Any) -> Stay:
        """The times of a stay that begins now, by the rule of its stage."""
        calendar, step, rule = self.calendar, state.step_of(stage), self.stages.get(stage)
        due_at = calendar.workdays_after(self.now, rule.due if rule else step.due)
        days = rule.remind if rule else step.remind
        remind_at = None if days is None else calendar.workdays_before(due_at, days)
        late = rule.escalate.after if rule and rule.escalate else None
        passes = rule.passes_after if rule else None
        return Stay(
            self.now,
            due_at,
            remind_at if remind_at is not None and remind_at > self.now else None,
            None if late is None else calendar.workdays_after(due_at, late),
            None if passes is None else calendar.workdays_after(due_at, passes),
        )

    def note_move(self, event: f.RulesMoved) -> None:
        """From here on it goes by the next rules; what was said at a stage that is gone or undone counts no more."""
        old = self.stages
        stays = {one.stage: self.moved_stay(one.stage) for one in event.visits if one.stage in self.next_stages()}
        self.goes_by(*self.next)
        self.stays |= stays
        # Signers who were added are asked again; whoever came to a stage of the rules by another's word is not.
        gone = {one for one in self.asked if one in event.undone and one in old and event.choice == "back"}
        gone |= {one for one in self.asked if one not in {step.stage for step in event.steps}}
        for one in gone:
            self.asked.pop(one)
        for one in self.plain:
            self.plain[one] = self.plain[one] and old.get(one) == self.stages.get(one)

    def next_stages(self) -> Mapping[str, Any]:
        return {one.id: one for one in self.next[1].pipelines[0].all_stages}

    def same_days(self) -> bool:
        rules = self.next[0]
        return (self.current.closed, self.current.made_up) == (rules.closed, rules.made_up)

    def ahead(self, before: datetime | None, after: datetime) -> datetime:
        """Nothing that is still to come is moved into the past: today, then, or the next day that is worked."""
        over = before is not None and before <= self.now
        return after if after > self.now or over else self.next[1].calendar_at(self.now).workdays_after(self.now, 0)

    def as_far_off(self, at: datetime) -> datetime:
        """The close of business after as many days of work as before."""
        old, new = self.calendar, self.next[1].calendar_at(self.now)
        if at <= self.now or self.same_days():
            return at
        today = old.local(self.now).date()
        day, left = today, sum(old.is_workday(one) for one in days(today, old.local(at).date()))
        while left or not new.is_workday(day):
            day += timedelta(days=1)
            left -= new.is_workday(day) and left > 0
        return new.close_of_business(day)

    def moved_stay(self, stage: str) -> Stay:
        """The times of a stay under the next rules."""
        stay, was, will = self.stays[stage], self.stages[stage], self.next_stages()[stage]
        timed = [(one.due, one.remind, one.escalate, one.passes_after) for one in (was, will)]
        if self.same_days() and timed[0] == timed[1]:
            return stay
        old, new = self.calendar, self.next[1].calendar_at(self.now)
        due_at = (
            self.ahead(stay.due_at, new.workdays_after(stay.arrived_at, will.due))
            if stay.due_at == old.workdays_after(stay.arrived_at, was.due)
            else self.as_far_off(stay.due_at)
        )
        remind_at = None if will.remind is None else new.workdays_before(due_at, will.remind)
        sent = stay.remind_at is None and (due_at, was.remind) == (stay.due_at, will.remind)
        late = None if will.escalate is None or stay.late else new.workdays_after(due_at, will.escalate.after)
        passes = None if will.passes_after is None else new.workdays_after(due_at, will.passes_after)
        return replace(
            stay,
            due_at=due_at,
            remind_at=remind_at if remind_at is not None and remind_at > self.now and not sent else None,
            escalate_at=None if late is None else self.ahead(stay.escalate_at, late),
            passes_at=None if passes is None else self.ahead(stay.passes_at, passes),
        )

    def is_moved(self, before: Any, event: f.RulesMoved, after: Any) -> None:
        """What remains, remains; what is new before its place is passed over; every time that moved is told."""
        rules = self.next[0]
        graph = waits_for(rules.pipeline)
        added = {one.stage for one in before.steps if one.added}
        assert {one.stage for one in after.steps} == graph.keys() | added
        for step in after.steps:
            if not step.added:
                assert {*step.after} - added == graph[step.stage] or {*step.after} & added
                wanted = self.next_stages()[step.stage]
                assert list(step.posts) == [post(rules.posts[str(one)]) for one in wanted.decided_by]
        self.is_due(before, event, after)
        self.is_told(before, event, after)
        assert after.copies == before.copies
        assert after.revisions == before.revisions
        if not isinstance(before, InReview):
            assert after.status == before.status
        elif event.author_again:
            assert isinstance(after, f.Returned)
            assert (after.passed, after.approvals, after.straight) == ((), (), False)
        else:
            self.keeps_its_place(before, event, after)

    def keeps_its_place(self, before: InReview, event: f.RulesMoved, after: InReview) -> None:
        known, remain = ({one.stage for one in each.steps} for each in (before, after))
        undone = set() if event.to is None else {event.to} | self.after(after, event.to)
        there = {one.stage for one in before.visits}
        assert {one.stage for one in after.visits} == (there & remain) - undone
        kept = ({*before.passed} & remain) - undone
        assert kept <= {*after.passed}
        new = {*after.passed} - {*before.passed}
        assert not new & known, "what both paths ask for is not passed over"
        behind = set().union(*(self.before(after, one) for one in there & remain))
        assert behind - known - undone <= {*after.passed}, "new, and before its place"
        votes = {one for one in there | {v.stage for v in before.paused} if self.counted_otherwise(one)}
        assert after.approvals == tuple(
            one for one in before.approvals if one.stage in remain and one.stage not in undone | votes
        )
        unmet = {one.stage: one.when for one in before.steps if one.stage in before.left_out}
        assert {*after.left_out} == {one.stage for one in after.steps if unmet.get(one.stage, ...) == one.when}

    def before(self, state: Any, stage: str) -> set[str]:
        return {one.stage for one in state.steps if stage in self.after(state, one.stage)}

    def decided_by(self, stages: Mapping[str, Any], rules: Rules, stage: str) -> Any:
        """Who decides at a stage, as its rule says."""
        rule = stages.get(stage)
        names = ("person", "chosen_by", "mode", "votes", "vacant")
        if rule is None:
            return None
        posts = [rules.posts[str(one)] for each in (rule.decided_by, rule.veto) for one in each]
        return [getattr(rule, name) for name in names], posts, len(rule.veto)

    def is_renewed(self, stage: str) -> bool:
        was = self.decided_by(self.stages, self.current, stage)
        will = self.decided_by(self.next_stages(), self.next[0], stage)
        return was is not None and will is not None and was != will

    def counted_otherwise(self, stage: str) -> bool:
        """Whether a stage counts votes, or did, and by another rule."""
        modes = {each[stage].mode for each in (self.stages, self.next_stages()) if stage in each}
        return self.is_renewed(stage) and Mode.VOTES in modes

    def is_due(self, before: Any, event: f.RulesMoved, after: Any) -> None:
        """The filing's own times, by the window of its duty or as far off as they were."""
        was, will = self.current, self.next[0]
        same = self.same_days() and (was.due, was.lapses, was.remind) == (will.due, will.lapses, will.remind)
        if getattr(before, "in_force", None) is not None and not event.author_again:
            assert (after.due_at, after.lapses_at, after.remind_at) == (
                before.due_at,
                before.lapses_at,
                before.remind_at,
            )
            return
        old, new = self.calendar, self.next[1].calendar_at(self.now)
        first = date(2025, 9, 1)
        before_rule, by_rule = (
            c.close_of_business(c.add_workdays(first, one.due)) for c, one in ((old, was), (new, will))
        )
        owed = getattr(before, "in_force", None) is None
        due_at = before.due_at
        if owed and not same:
            due_at = self.ahead(due_at, by_rule) if due_at == before_rule else self.as_far_off(due_at)
        if event.author_again:
            due_at = max(due_at, new.workdays_after(self.now, will.pipeline["rework"]))
        assert after.due_at == due_at
        assert after.lapses_at >= due_at
        assert after.lapses_at > self.now or before.lapses_at <= self.now
        ruled = before.lapses_at == old.workdays_after(before_rule, was.lapses) and before.due_at == before_rule
        if ruled and owed and due_at == by_rule and not event.author_again:
            lapses_at = self.ahead(before.lapses_at, new.workdays_after(by_rule, will.lapses))
            assert after.lapses_at == (before.lapses_at if same else max(due_at, lapses_at))

    def is_told(self, before: Any, event: f.RulesMoved, after: Any) -> None:
        """The event names each time that is another, as it was and as it is, and no other."""
        told = {
            (one.time, one.stage): (one.before, one.after) for one in event.times if one.time is not f.Time.REMINDER
        }
        found = {(f.Time.DUE, None): (before.due_at, after.due_at)}
        found[f.Time.LAPSES, None] = before.lapses_at, after.lapses_at
        names = {"due_at": "stage_due", "remind_at": "stage_reminder"}
        names |= {"escalate_at": "stage_escalates", "passes_at": "stage_passes"}
        for visit in getattr(after, "visits", ()):
            one = before.visit_of(visit.stage)
            for name, time in names.items():
                found[f.Time(time), visit.stage] = getattr(one, name), getattr(visit, name)
        assert told == {key: pair for key, pair in found.items() if pair[0] != pair[1]}
        if not event.author_again:
            reminders = [(one.before, one.after) for one in event.times if one.time is f.Time.REMINDER]
            assert {one for one, _ in reminders if one} >= {*before.remind_at} - {*after.remind_at}
            assert {one for _, one in reminders if one} >= {*after.remind_at} - {*before.remind_at}

    def is_where_it_should_be(self, command: f.MoveRules) -> None:
        """After the whole move: those decide whom the new rules name, and nobody needs to look again."""
        state = self.here
        assert not FILING.is_end(state), "nothing ends by a change of rules"
        if command.choice == "back" and command.to is not None:
            assert command.to in {one.stage for one in state.visits} or self.before(state, command.to) - {*state.passed}
        if not isinstance(state, InReview):
            return
        for visit in state.visits:
            rule = self.stages.get(visit.stage)
            plain = rule is not None and rule.person is None and visit.stage not in {*self.asked, *state.chosen}
            if plain and rule is not None and rule.mode is Mode.ANY and not visit.gave and not self.unseen:
                named = {one for text in rule.decided_by for one in self.holders(self.found(str(text)))}
                able = {one.principal for one in self.actors() if any(v is visit for v, _ in state.seats_of(one))}
                assert named - state.authors <= able, f"not all that the rule of {visit.stage} names"
        # Where nobody is at a stage that was asked by name, it is left when appointments are looked at.
        if not self.unseen and command.choice == "move" and all(one.seats for one in state.visits):
            assert not self.reseat(), "looking again changes nothing"

    def is_asked_by_conditions(self, event: f.FilingSubmitted, command: Any) -> None:
        cost = command.content.get("cost")
        unmet = {id for id, one in self.stages.items() if one.when is not None and not CONDITIONS[one.when](cost)}
        assert {*event.left_out} == unmet

    # -- what always holds

    @invariant()
    def nobody_is_stuck(self) -> None:
        state = self.here
        if not isinstance(state, InReview):
            return
        assert state.visits, "in review, and at no stage"
        for visit in state.visits:
            turns = state.turns(visit)
            assert turns or visit.vacant, f"{visit.stage} waits for nobody"
            if not self.unseen:
                self.somebody_can_take(state, visit)
        assert "assign" in FILING.permitted(state, Actor(OFFICE, self.people[OFFICE].held))

    def somebody_can_take(self, state: InReview, visit: Visit) -> None:
        able = [one for one in self.actors() if any(v is visit for v, _ in state.seats_of(one))]
        able = [one for one in able if "approve" in FILING.permitted(state, one)]
        told = {one.kind for one in FILING.tasks(state)}
        assert able or "name_decider" in told, f"nobody can take {visit.stage}, and nobody is told"

    @invariant()
    def nobody_decides_their_own(self) -> None:
        state = self.here
        if isinstance(state, InReview):
            spoken: tuple[f.Approval | f.Objection, ...] = (*state.approvals, *state.objections)
            given = {one for each in spoken for one in (each.by, each.on_behalf_of)}
            assert not given & state.authors
            assert (
                not {one.person for visit in state.visits for one in state.turns(visit)} & state.authors or self.unseen
            )

    @invariant()
    def it_ends_once(self) -> None:
        events = [one.event for one in self.facts]
        ends = [one for one in events if isinstance(one, _ENDS)]
        approved = [one for one in events if isinstance(one, f.FilingApproved)]
        revisions = [one.revision for one in approved]
        assert len(set(revisions)) == len(revisions)
        final = self.state is not None and FILING.is_end(self.here) and not isinstance(self.state, f.Approved)
        refused_amendments = sum(isinstance(one, f.FilingRejected) for one in ends) if approved else 0
        assert len(ends) - refused_amendments <= 1
        if final:
            last = max(n for n, one in enumerate(events) if isinstance(one, _ENDS))
            assert all(isinstance(one, f.FilingCommented | f.FilingCopied | f.CopyRead) for one in events[last + 1 :])
        if FILING.is_end(self.here):
            assert not FILING.alarms(self.here)

    @invariant()
    def what_is_in_force_stays(self) -> None:
        approved = [one.event.revision for one in self.facts if isinstance(one.event, f.FilingApproved)]
        if approved and not isinstance(self.state, f.Voided):
            assert self.here.in_force.number == approved[-1]

    @invariant()
    def reminders_match_the_rules(self) -> None:
        state = self.here
        if isinstance(state, InReview):
            for visit in state.visits:
                self.times_match(visit)
            rules = {"remind_stage": "remind_at", "escalate": "escalate_at", "pass_by_time": "passes_at"}
            for name, time in rules.items():
                expected = [at for one in state.visits if (at := getattr(one, time)) is not None]
                assert [one.at for one in FILING.alarms(state) if one.name == name] == sorted(expected)[:1]
        elif isinstance(state, f.Working) and state.in_force is None:
            calendar = self.programme.calendar_at(self.now)
            expected = sorted({calendar.workdays_before(state.due_at, n) for n in self.current.remind})
            assert [one for one in state.remind_at if one > self.now] == [one for one in expected if one > self.now]
            assert state.lapses_at > state.due_at or isinstance(state, f.Recalled)
            names = {one.name for one in FILING.alarms(state)}
            assert "lapse" in names
            assert ("fall_due" in names) is not state.overdue
        elif isinstance(state, f.Working):
            assert not FILING.alarms(state), "an amendment is owed to nobody"

    def times_match(self, visit: Visit) -> None:
        """The times of a stay are those of the rules since it began."""
        stay = self.stays[visit.stage]
        for name in ("arrived_at", "due_at", "remind_at", "escalate_at", "passes_at"):
            assert getattr(visit, name) == getattr(stay, name), f"{name} at {visit.stage}"

    @invariant()
    def whoever_sits_there_may_decide(self) -> None:
        state = self.here
        if not isinstance(state, InReview) or self.unseen:
            return
        for visit in state.visits:
            for seat in state.turns(visit):
                by_post = self.holders(seat.post) - state.authors if seat.post is not None else set()
                for one in by_post if seat.person is None else {seat.person}:
                    posts = set(self.people[one].posts)
                    assert self.may_decide(state, visit.stage, one, posts), f"{one} sits at {visit.stage}"

    def teardown(self) -> None:
        """Replay gives the same state; and from wherever it is, there is a way to an end."""
        if self.state is None:
            return
        for number in range(self.versions):
            del STORED[f"{number + 1:064x}"]
        state: State | None = None
        for fact in self.facts:
            state = FILING.fold(state, stored(FILING, fact))
        assert state == self.state
        self.somebody_looks_who_is_there()
        for _ in range(60):
            if FILING.is_end(self.here):
                return
            self.way_out()
        raise AssertionError(f"no end is reached from {self.here!r}")

    def way_out(self) -> None:
        """What brings it nearer to an end: the office names somebody who agrees, the author gives up an amendment."""
        state = self.here
        office = Actor(OFFICE, self.people[OFFICE].held)
        if state.in_force is None:
            self.give(f.Waive(reason="停办"), office)
        elif isinstance(state, InReview):
            visit = state.visits[0]
            fresh = Person(PersonId(f"per-fresh-{len(self.facts)}"), ["expert@county"])
            self.people[fresh.id] = fresh
            self.give(f.Assign(stage=visit.stage, people=(fresh.id,), reason="结案"), office)
            asked = [one for one in state.steps if one.chosen_by == "previous" and visit.stage in one.after]
            posts = [post for one in asked for post in one.posts if one.stage not in state.left_out]
            choose = tuple(sorted({one for post in posts for one in self.holders(post)} - state.authors))[:1]
            self.attempt(f.Approve(stage=visit.stage, choose=choose), Actor(fresh.id, fresh.held))
        else:
            author = state.person if state.person is not None else NAMES[0]
            if "leader@school-maths" not in self.people[author].posts:
                self.people[author].posts.append("leader@school-maths")
            self.give(f.AbandonAmendment(), Actor(author, self.people[author].held))


SETTINGS = settings(
    max_examples=RUNS,
    stateful_step_count=50,
    deadline=None,
    print_blob=True,
    suppress_health_check=list(HealthCheck),
)


def test_any_programme_under_any_people(capsys: pytest.CaptureFixture[str]) -> None:
    machine = AnyProgramme
    if SEED is not None or "TERMLEDGER_RUNS" in os.environ:
        number = secrets.randbits(32) if SEED is None else int(SEED)
        with capsys.disabled():
            sys.stdout.write(f"\n{RUNS} runs, TERMLEDGER_SEED={number}\n")
        machine = seed(number)(AnyProgramme)
    run_state_machine_as_test(machine, settings=SETTINGS)

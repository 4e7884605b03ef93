"""Any programme, any people, in any order, while time passes and posts begin and end: what must always hold.

A Hypothesis machine makes a pipeline at random (modes, branches, conditions, choosers, vacancies, escalations, passing
by time) and drives random people at one filing of it. Some of them hold several posts, some act for others; posts begin
and end under their feet. What holds is worked out here anew from the programme and the directory, not asked of the
machine. One assumption is made: the office has one holder who authors nothing.

In CI this takes a few thousand steps. For more, say how many runs of fifty steps:

    TERMLEDGER_RUNS=2000 pytest -n 0 tests/domain/test_any_programme.py

A failure prints the steps that lead to it and a `@reproduce_failure` line; TERMLEDGER_SEED=<number> begins elsewhere,
and the seed of a run is printed with `--hypothesis-show-statistics` or when it is chosen.
"""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from datetime import timedelta
from functools import cache
from typing import Any

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
CONDITIONS = {
    "fields.cost > 100": lambda cost: cost is None or cost > 100,
    'fields.aims != "" && unit.kind == "group"': lambda cost: True,
    "has(fields.cost) && fields.cost == 7": lambda cost: cost == 7,
    'cycle.duty == "other"': lambda cost: False,
}
"""Conditions, and what they come to for a cost: what cannot be told counts as true."""


def post(text: str) -> Post:
    role, unit = POSTS.get(text, text).split("@")
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


def written(pipeline: dict[str, Any]) -> dict[str, Any]:
    """The small county with this pipeline."""
    body = _body()
    return body | {"pipelines": [pipeline, body["pipelines"][1]]}


@given(pipelines())
@settings(max_examples=15, deadline=None, suppress_health_check=list(HealthCheck))
def test_any_pipeline_made_here_is_one_that_the_check_lets_through(pipeline: dict[str, Any]) -> None:
    faults = check(json.dumps(written(pipeline), ensure_ascii=False), year=2025)
    # Two stages may come out alike; that is a slip to point out, and runs all the same.
    assert [one for one in faults if one.code != "repeated_stage"] == []


# -- any people


@dataclass
class Person:
    """Somebody, with the posts they hold now."""

    id: PersonId
    posts: list[str]

    @property
    def held(self) -> tuple[Held, ...]:
        return tuple(held(*one.split("@")) for one in self.posts)


OFFICE, KEEPER = PersonId("per-office"), PersonId("per-admin")
FREE = sorted({*POSTS.values()})
NAMES = [*sorted(STAFF.values()), *(PersonId(f"per-{name}") for name in "abcde")]

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
        self.escalated: set[str] = set()
        self.plain: dict[str, bool] = {}
        """Stages at which nothing has happened but agreements."""
        self.cost: int | None = None

    @initialize(
        pipeline=pipelines(),
        posts=st.lists(st.lists(st.sampled_from(FREE), max_size=3, unique=True), min_size=8, max_size=8),
        delegates=st.lists(st.tuples(st.sampled_from(NAMES), st.sampled_from(NAMES)), max_size=3),
        personal=st.booleans(),
    )
    def begin(
        self,
        pipeline: dict[str, Any],
        posts: list[list[str]],
        delegates: list[tuple[PersonId, PersonId]],
        personal: bool,
    ) -> None:
        self.programme = Programme.model_validate(written(pipeline))
        self.stages = {one.id: one for one in self.programme.pipelines[0].all_stages}
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

    # -- the directory

    def actors(self) -> list[Actor]:
        """Everybody, for themself and for whoever has them act in their stead."""
        found = [Actor(one.id, one.held) for one in self.people.values()]
        for giver, delegates in self.delegates.items():
            found += [Actor(one, self.people[giver].held, giver) for one in delegates if self.people[one].posts]
        return found

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
            state = FILING.fold(state, fact)
            self.note(fact, state)
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
    @precondition(lambda self: isinstance(self.state, InReview) and bool(self.state.passed))
    def somebody_sends_it_back(self, data: st.DataObject) -> None:
        able = [one for one in self.actors() if "return" in FILING.permitted(self.here, one)]
        if able:
            self.attempt(self.commands(data.draw, "return"), data.draw(st.sampled_from(able)))

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
            self.escalated.discard(stage)
            self.plain[stage] = not self.unseen and not again
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
            self.escalated.add(stage)
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
        own = {POSTS[str(one)] for one in rule.decided_by}
        also = {POSTS.get(str(rule.vacant), "")} if rule.vacant not in set(Vacancy) else set()
        if stage in self.escalated and rule.escalate is not None:
            also.add(POSTS[str(rule.escalate.to)])
        if rule.person is not None and STAFF[rule.person] == principal:
            return True
        if posts & also:
            return True
        chosen = state.chosen.get(stage)
        return bool(posts & own) and (chosen is None or principal in chosen)

    def leaves_the_rest_alone(self, before: Any, decision: Decision) -> None:
        """What a command does not speak of stays as it was."""
        after: Any = decision.state
        if not isinstance(before, InReview):
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
        own = {one for text in rule.decided_by for one in self.holders(post(str(text)))} - before.authors
        voters = own & set(before.chosen[event.stage]) if event.stage in before.chosen else own
        if rule.mode in (Mode.ALL, Mode.IN_ORDER):
            assert agreed == voters
        elif rule.mode is Mode.VOTES:
            assert len(agreed) >= min(rule.votes or 1, len(voters))

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
        escalated = any(one.origin is Origin.ESCALATED for one in visit.seats)
        assert able or escalated or "name_decider" in told, f"nobody can take {visit.stage}, and nobody is told"

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
            expected = sorted({calendar.workdays_before(state.due_at, n) for n in (3, 1)})
            assert [one for one in state.remind_at if one > self.now] == [one for one in expected if one > self.now]
            assert state.lapses_at > state.due_at or isinstance(state, f.Recalled)
            names = {one.name for one in FILING.alarms(state)}
            assert "lapse" in names
            assert ("fall_due" in names) is not state.overdue

    def times_match(self, visit: Visit) -> None:
        """The times of a stay, from its arrival and the rule of its stage."""
        calendar = self.programme.calendar_at(visit.arrived_at)
        step = self.here.step_of(visit.stage)
        rule = self.stages.get(visit.stage)
        since = [one.event for one in self.facts if one.at >= visit.arrived_at]
        index = max(n for n, one in enumerate(since) if isinstance(one, f.StageReached) and one.stage == visit.stage)
        later = [one for one in since[index + 1 :] if getattr(one, "stage", None) == visit.stage]
        reminded = any(isinstance(one, f.StageReminded | f.StageEscalated) for one in later)
        escalated = any(isinstance(one, f.StageEscalated) for one in later)
        assert visit.due_at == calendar.workdays_after(visit.arrived_at, rule.due if rule else step.due)
        days = rule.remind if rule else step.remind
        remind = None if days is None or reminded else calendar.workdays_before(visit.due_at, days)
        assert visit.remind_at == (remind if remind is not None and remind > visit.arrived_at else None)
        after = rule.escalate.after if rule and rule.escalate and not escalated else None
        assert visit.escalate_at == (None if after is None else calendar.workdays_after(visit.due_at, after))
        passes = rule.passes_after if rule else None
        assert visit.passes_at == (None if passes is None else calendar.workdays_after(visit.due_at, passes))

    def teardown(self) -> None:
        """Replay gives the same state; and from wherever it is, there is a way to an end."""
        if self.state is None:
            return
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


def test_any_programme_under_any_people() -> None:
    machine = AnyProgramme if SEED is None else seed(int(SEED))(AnyProgramme)
    run_state_machine_as_test(machine, settings=SETTINGS)

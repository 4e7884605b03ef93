"""Whatever people do, in whatever order, while time passes: what must always hold."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, ClassVar, Literal

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from domain import filing, follow_up, inspection
from domain.access import SYSTEM_ACTOR, Actor
from domain.filing import FILING, Filing, InReview
from domain.follow_up import FOLLOW_UP
from domain.ids import PersonId
from domain.inspection import INSPECTION, Inspection
from domain.machine import Command, Fact, Machine, State
from domain.refusal import Kind, Refused
from tests.domain.given import (
    COORDINATOR,
    CYCLE_ID,
    DEPUTY,
    EXPERT,
    GROUP,
    LEADER,
    LOCAL_EXPERT,
    OFFICE,
    PARTICULAR,
    PEOPLE,
    SCHOOL,
    SECOND_EXPERT,
    TWO_HATS,
    at,
    carry_out_due,
    check_decision,
    check_snapshot,
    context_for,
    somebody,
)

BOTH = somebody("deputy-and-director", "deputy@county", "director@county", "expert@county")
EVERYBODY = (*PEOPLE, BOTH)
START = at("2025-09-01 08:00")

Escape = tuple[Command, Actor]


class Sequence(RuleBasedStateMachine):
    """A stream under arbitrary orders. Subclasses say which machine, which orders and which way is out."""

    machine: ClassVar[Machine]
    first: ClassVar[Command]
    orders: ClassVar[dict[str, Callable[[int], Command]]]
    """A command of each name, varied by a number."""
    onward: ClassVar[tuple[str, ...]]
    """What brings the business on, what leads furthest last."""

    def __init__(self) -> None:
        super().__init__()
        self.now = START
        self.facts: list[Fact] = []
        self.state: State | None = None
        self.state = self._order(self.first, SYSTEM_ACTOR)

    @property
    def here(self) -> Any:
        return self.state

    def way_out(self) -> Escape:
        """The next order on the way to an end, from here."""
        raise NotImplementedError

    def _order(self, command: Command, actor: Actor) -> State:
        context = context_for(self.machine, self.state, command, actor, self.now, EVERYBODY)
        decision = self.machine.decide(self.state, command, context)
        check_decision(self.machine, self.state, decision)
        self.facts += decision.facts
        self.state = decision.state
        return decision.state

    @rule(actor=st.sampled_from((*EVERYBODY, SYSTEM_ACTOR)), data=st.data(), variant=st.integers(0, 5))
    def anybody_orders_anything(self, actor: Actor, data: st.DataObject, variant: int) -> None:
        name = data.draw(st.sampled_from(sorted(self.orders)))
        self._try(name, actor, variant)

    @rule(data=st.data(), variant=st.integers(0, 5))
    @precondition(lambda self: not self.machine.is_end(self.state))
    def somebody_presses_a_button(self, data: st.DataObject, variant: int) -> None:
        who, name = data.draw(st.sampled_from(self._offered(tuple(self.orders))))
        self._try(name, who, variant)

    @rule(data=st.data(), variant=st.integers(1, 5))
    @precondition(lambda self: self._offered(self.onward))
    def business_goes_on(self, data: st.DataObject, variant: int) -> None:
        for step in range(data.draw(st.integers(1, 6))):
            offered = self._offered(self.onward)
            if offered:
                furthest = max(self.onward.index(name) for _, name in offered)
                who = data.draw(st.sampled_from([one for one, name in offered if name == self.onward[furthest]]))
                self._try(self.onward[furthest], who, (variant + step) % 6)

    def _offered(self, names: tuple[str, ...]) -> list[tuple[Actor, str]]:
        """Who may do which of these now; the system does what no person may."""
        people = [(one, name) for one in EVERYBODY for name in self.machine.permitted(self.here, one) if name in names]
        rows = [row for row in self.machine.transitions if type(self.state) in row.source and row.command.name in names]
        return people + [(SYSTEM_ACTOR, row.command.name) for row in rows if row.may(self.state, SYSTEM_ACTOR) is None]

    def _try(self, name: str, actor: Actor, variant: int) -> None:
        """A button is never refused for right or state; what is no button is refused for nothing else."""
        before = self.state
        offered = name in self.machine.permitted(self.here, actor)
        try:
            self._order(self.orders[name](variant), actor)
        except Refused as refused:
            assert self.state is before
            if refused.code not in PARTICULAR:
                self._agree(offered, refused.kind is Kind.INVALID, name)
        else:
            self._agree(offered, True, name) if not actor.is_system else None

    @staticmethod
    def _agree(offered: bool, expected: bool, name: str) -> None:
        assert offered == expected, f"{name}: offered is {offered}"

    @rule(hours=st.integers(1, 24 * 6))
    def time_passes_and_alarms_are_carried_out(self, hours: int) -> None:
        self.now += timedelta(hours=hours)
        self.state, facts = carry_out_due(self.machine, self.here, self.now, EVERYBODY)
        self.facts += facts
        assert all(due.at > self.now for due in self.machine.alarms(self.here))

    @rule(hours=st.integers(1, 24 * 6))
    def time_passes_while_nobody_keeps_it(self, hours: int) -> None:
        self.now += timedelta(hours=hours)

    @invariant()
    def folding_the_facts_gives_the_state(self) -> None:
        state: State | None = None
        for fact in self.facts:
            state = self.machine.fold(state, fact)
        assert state == self.state
        check_snapshot(self.machine, self.here)

    @invariant()
    def nothing_falls_due_at_an_end(self) -> None:
        if self.machine.is_end(self.here):
            assert not self.machine.alarms(self.here)
            # Whoever was sent a copy may read it when they will.
            assert {one.kind for one in self.machine.tasks(self.here)} <= {"read"}

    @invariant()
    def a_task_waits_for_somebody_until_the_end(self) -> None:
        for task in self.machine.tasks(self.here):
            assert (task.person is None) != (task.post is None)

    def teardown(self) -> None:
        for _ in range(12):
            if self.machine.is_end(self.here):
                return
            due = [one.at for one in self.machine.alarms(self.here)]
            self.now = max([self.now, *due])
            self._order(*self.way_out())
        raise AssertionError(f"no end is reached from {self.here!r}")


_WHERE: tuple[Literal["before", "after", "beside"], ...] = ("before", "after", "beside")


def _whom(variant: int) -> PersonId:
    return (EXPERT, COORDINATOR, DEPUTY, LEADER, TWO_HATS, OFFICE)[variant].person


def _content(variant: int) -> dict[str, Any]:
    return {} if variant == 0 else {"aims": f"第 {variant} 种"}


class FilingSequence(Sequence):
    machine = FILING
    onward = ("submit", "approve", "amend")
    first = filing.OpenFiling(
        cycle=CYCLE_ID,
        duty="plan",
        period="2025-autumn",
        unit=GROUP,
        due_at=at("2025-09-15 18:00"),
        lapses_at=at("2025-09-28 18:00"),
        remind_at=(at("2025-09-10 08:00"), at("2025-09-12 08:00")),
    )
    orders: ClassVar[dict[str, Callable[[int], Command]]] = {
        "begin_draft": lambda _: filing.BeginDraft(),
        "submit": lambda n: filing.Submit(content=_content(n)),
        "approve": lambda n: filing.Approve(judgement=(None, None, "sound", "weak", "strong", "odd")[n]),
        "return": lambda n: filing.Return(reason="改", to=(None, None, None, "check", "board", "odd")[n]),
        "reject": lambda _: filing.Reject(reason="不行"),
        "recall": lambda _: filing.Recall(),
        "agree_recall": lambda _: filing.AgreeRecall(),
        "refuse_recall": lambda _: filing.RefuseRecall(reason="已上会"),
        "transfer": lambda n: filing.Transfer(to=_whom(n), reason="出差"),
        "add_signer": lambda n: filing.AddSigner(people=(_whom(n),), where=_WHERE[n % 3], reason="请看"),
        "copy": lambda n: filing.SendCopy(people=(_whom(n),)),
        "mark_read": lambda _: filing.MarkRead(),
        "urge": lambda _: filing.Urge(),
        "waive": lambda _: filing.Waive(reason="停办"),
        "amend": lambda _: filing.Amend(reason="换人"),
        "abandon_amendment": lambda _: filing.AbandonAmendment(),
        "remind": lambda _: filing.Remind(),
        "fall_due": lambda _: filing.FallDue(),
        "lapse": lambda _: filing.Lapse(),
        "remind_stage": lambda _: filing.RemindStage(stage="check"),
        "escalate": lambda _: filing.Escalate(stage="check"),
    }

    def way_out(self) -> Escape:
        state = self.here
        if state.in_force is None:
            return filing.Waive(reason="停办"), OFFICE
        if not isinstance(state, InReview):
            return filing.AbandonAmendment(), LEADER
        if state.recall_asked is None:
            return filing.Recall(), LEADER
        deciders = (one for one in EVERYBODY if "agree_recall" in FILING.permitted(state, one))
        decider = next(deciders, None)
        if decider is None:  # the only one there asked for it
            named = filing.Assign(stage=state.visits[0].stage, people=(EXPERT.person,), reason="另行指定")
            return named, OFFICE
        return filing.AgreeRecall(), decider

    @invariant()
    def nobody_agrees_to_their_own_filing(self) -> None:
        state = self.here
        assert isinstance(state, Filing)
        if isinstance(state, InReview):
            assert not {one.by for one in state.approvals} & {one.by for one in state.revisions}
        in_force = getattr(state, "in_force", None)
        if in_force is not None:
            authors = {one.by for one in state.revisions[: in_force.number]}
            assert not {one.by for one in in_force.approvals} & authors
            assert {one.stage for one in in_force.approvals} >= {"check", "board", "seal"}

    @invariant()
    def agreements_belong_to_stages_already_reached(self) -> None:
        state = self.here
        if isinstance(state, InReview):
            passed = set(state.passed)
            reached = passed | {one.stage for one in (*state.visits, *state.paused)}
            assert passed <= {one.stage for one in state.approvals} <= reached

    @invariant()
    def revisions_are_numbered_from_one(self) -> None:
        assert [one.number for one in self.here.revisions] == list(range(1, len(self.here.revisions) + 1))

    @invariant()
    def what_is_in_force_stays_until_something_newer_is(self) -> None:
        approved = [one.event.revision for one in self.facts if isinstance(one.event, filing.FilingApproved)]
        if approved:
            assert self.here.in_force.number == approved[-1]

    @invariant()
    def it_lapses_after_it_is_due(self) -> None:
        assert self.here.lapses_at > self.here.due_at


class InspectionSequence(Sequence):
    machine = INSPECTION
    onward = ("assign", "score", "sign", "notify", "acknowledge", "dispute", "review", "finalise")
    first = inspection.PlanInspection(
        cycle=CYCLE_ID,
        rules="visit",
        period="2025",
        unit=SCHOOL,
        due_at=at("2025-09-15 18:00"),
        remind_at=at("2025-09-12 08:00"),
    )
    panels = (
        (EXPERT, SECOND_EXPERT),
        (EXPERT, BOTH),
        (EXPERT, LOCAL_EXPERT),
        (EXPERT,),
        (EXPERT, EXPERT),
        (BOTH, SECOND_EXPERT),
    )
    orders: ClassVar[dict[str, Callable[[int], Command]]] = {
        "assign": lambda n: inspection.Assign(inspectors=tuple(one.person for one in InspectionSequence.panels[n])),
        "score": lambda n: inspection.ScoreItem(item="abbabz"[n], points=Decimal(n * 4), evidence=("照片",)),
        "sign": lambda n: inspection.Sign(findings=(None, "资料不全")[n % 2]),
        "notify": lambda _: inspection.NotifyUnit(),
        "acknowledge": lambda _: inspection.Acknowledge(),
        "accept_silence": lambda _: inspection.AcceptSilence(),
        "dispute": lambda n: inspection.Dispute(reason="偏低", items=((), ("a",), ("b",), ("z",), (), ())[n]),
        "review": lambda n: inspection.Review(
            adjustments=(inspection.Adjustment(item="aabbaz"[n], points=Decimal(n * 2), reason="属实"),)[: n % 3]
        ),
        "finalise": lambda _: inspection.Finalise(),
        "cancel": lambda _: inspection.Cancel(reason="并入"),
        "remind": lambda _: inspection.RemindInspectors(),
        "remind_reviewer": lambda _: inspection.RemindReviewer(),
    }

    def way_out(self) -> Escape:
        ways: dict[str, Escape] = {
            "signed": (inspection.NotifyUnit(), SYSTEM_ACTOR),
            "notified": (inspection.AcceptSilence(), SYSTEM_ACTOR),
            "acknowledged": (inspection.Review(), DEPUTY),
            "disputed": (inspection.Review(), DEPUTY),
            "reviewed": (inspection.Finalise(), SYSTEM_ACTOR),
        }
        return ways.get(self.here.status, (inspection.Cancel(reason="并入"), OFFICE))

    @invariant()
    def scores_stay_within_the_sheet(self) -> None:
        state = self.here
        assert isinstance(state, Inspection)
        weights = {one.id: one.weight for one in state.items}
        assert all(0 <= score.points <= weights[item] for item, score in state.scores.items())

    @invariant()
    def nobody_inspects_where_they_work_nor_reviews_what_they_scored(self) -> None:
        assert LOCAL_EXPERT.person not in self.here.inspectors
        assert LOCAL_EXPERT.person not in {one.by for one in self.here.scores.values()}
        reviewers = {one.by for one in self.facts if isinstance(one.event, inspection.ResultReviewed)}
        assert not reviewers & set(self.here.inspectors)

    @invariant()
    def what_is_signed_is_complete(self) -> None:
        if self.here.status in ("signed", "notified", "acknowledged", "disputed", "reviewed", "final"):
            assert set(self.here.scores) == {one.id for one in self.here.items}
        if self.here.status == "final":
            assert self.here.result == self.here.total


class FollowUpSequence(Sequence):
    machine = FOLLOW_UP
    onward = ("visit", "agree_plan", "send_back", "verify")
    first = follow_up.OpenFollowUp(cycle=CYCLE_ID, rules="help", unit=GROUP, cause="plan/2025-autumn/weak")
    orders: ClassVar[dict[str, Callable[[int], Command]]] = {
        "commend": lambda _: follow_up.Commend(text="好"),
        "visit": lambda _: follow_up.RecordVisit(findings="流于形式"),
        "agree_plan": lambda n: follow_up.AgreePlan(plan=f"方案 {n}"),
        "verify": lambda _: follow_up.Verify(),
        "send_back": lambda _: follow_up.SendBack(reason="太空"),
        "cancel": lambda _: follow_up.CancelFollowUp(reason="撤并"),
        "remind": lambda _: follow_up.RemindFollowUp(),
    }

    def way_out(self) -> Escape:
        return follow_up.CancelFollowUp(reason="撤并"), OFFICE

    @invariant()
    def what_was_found_and_agreed_is_kept(self) -> None:
        if self.here.status in ("visited", "plan_agreed", "verified"):
            assert self.here.findings
        if self.here.status in ("plan_agreed", "verified"):
            assert self.here.plan

    @invariant()
    def only_the_leader_verifies(self) -> None:
        if self.here.status == "verified":
            assert self.here.by == OFFICE.person


QUICK = settings(
    max_examples=60,
    stateful_step_count=30,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
)


def _quick(sequence: type[Sequence]) -> Any:
    case = sequence.TestCase
    case.settings = QUICK
    return case


TestFiling = _quick(FilingSequence)
TestInspection = _quick(InspectionSequence)
TestFollowUp = _quick(FollowUpSequence)


def test_everybody_is_there_for_the_sequences() -> None:
    assert {TWO_HATS.person, BOTH.person} <= {one.person for one in EVERYBODY}
    assert isinstance(START, datetime)

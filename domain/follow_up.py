"""The follow-up machine (跟进): commendation, assistance visit (下校调研帮扶), rectification (整改).

opened → visited → plan agreed → verified. A commendation is published and so verified at once.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any, ClassVar, Literal

from domain.access import Actor, Post, Scope, needs, only_system
from domain.context import Context
from domain.ids import PersonId, StreamId, UnitId
from domain.machine import (
    Alarm,
    Command,
    Event,
    Fact,
    Intent,
    Machine,
    Notify,
    Reaction,
    State,
    Summary,
    Task,
    Transition,
)
from domain.programme import FollowUpKind, Right
from domain.refusal import Refused, conflict, forbidden
from domain.text import Prose, Slug, Text
from domain.units import path_of, post_of, unit_of

# -- states


class FollowUp(State):
    """What is true of a follow-up in every state."""

    cycle: StreamId
    rules: Slug
    kind: FollowUpKind
    title: Text
    cause: str
    unit: UnitId
    unit_title: Text
    path: tuple[UnitId, ...]
    leader: Post
    answerer: Post
    due_at: datetime
    """When the present step is due."""
    reminded: bool = False
    findings: str | None = None
    plan: str | None = None


class Opened(FollowUp):
    """Owed."""

    status: Literal["opened"] = "opened"


class Visited(FollowUp):
    """The visit took place; a plan is to be agreed."""

    status: Literal["visited"] = "visited"


class PlanAgreed(FollowUp):
    """The unit carries out the plan."""

    status: Literal["plan_agreed"] = "plan_agreed"


class Verified(FollowUp):
    """Done, and seen to be done."""

    status: Literal["verified"] = "verified"
    by: PersonId


class Cancelled(FollowUp):
    """Called off."""

    status: Literal["cancelled"] = "cancelled"
    reason: str


# -- commands


class OpenFollowUp(Command):
    """Open what a judgement or an outcome calls for."""

    name: ClassVar[str] = "open"
    cycle: StreamId
    rules: Slug
    unit: UnitId
    cause: str


class Commend(Command):
    """Publish the commendation."""

    name: ClassVar[str] = "commend"
    text: Prose


class RecordVisit(Command):
    """Record the visit's findings."""

    name: ClassVar[str] = "visit"
    findings: Prose


class AgreePlan(Command):
    """Agree the plan that the unit will carry out."""

    name: ClassVar[str] = "agree_plan"
    plan: Prose


class Verify(Command):
    """Confirm that the plan was carried out."""

    name: ClassVar[str] = "verify"
    note: Prose | None = None


class SendBack(Command):
    """Ask for a better plan."""

    name: ClassVar[str] = "send_back"
    reason: Prose


class CancelFollowUp(Command):
    """Call it off."""

    name: ClassVar[str] = "cancel"
    reason: Prose


class RemindFollowUp(Command):
    """Remind whose turn it is."""

    name: ClassVar[str] = "remind"


# -- events


class FollowUpOpened(Event):
    """Owed."""

    type: ClassVar[str] = "follow_up.opened"
    cycle: StreamId
    rules: Slug
    kind: FollowUpKind
    title: Text
    cause: str
    unit: UnitId
    unit_title: Text
    path: tuple[UnitId, ...]
    leader: Post
    answerer: Post
    due_at: datetime


class Commended(Event):
    """The commendation was published."""

    type: ClassVar[str] = "follow_up.commended"
    text: str


class VisitRecorded(Event):
    """The visit took place."""

    type: ClassVar[str] = "follow_up.visited"
    findings: str
    due_at: datetime


class FollowUpPlanAgreed(Event):
    """The plan stands."""

    type: ClassVar[str] = "follow_up.plan_agreed"
    plan: str
    due_at: datetime


class FollowUpVerified(Event):
    """Done."""

    type: ClassVar[str] = "follow_up.verified"
    note: str | None


class FollowUpSentBack(Event):
    """A better plan is asked for."""

    type: ClassVar[str] = "follow_up.sent_back"
    reason: str
    due_at: datetime


class FollowUpCancelled(Event):
    """Called off."""

    type: ClassVar[str] = "follow_up.cancelled"
    reason: str


class FollowUpReminded(Event):
    """Whose turn it is was reminded."""

    type: ClassVar[str] = "follow_up.reminded"


# -- permissions


def _leads(state: FollowUp, actor: Actor) -> Refused | None:
    return None if actor.holds(state.leader) else forbidden("not_leader")


def _may_commend(state: FollowUp, actor: Actor) -> Refused | None:
    if state.kind is not FollowUpKind.COMMENDATION:
        return conflict("not_a_commendation")
    return _leads(state, actor)


def _may_visit(state: FollowUp, actor: Actor) -> Refused | None:
    if state.kind is FollowUpKind.COMMENDATION:
        return conflict("no_visit_for_commendation")
    return _leads(state, actor)


def _may_plan(state: FollowUp, actor: Actor) -> Refused | None:
    if actor.holds(state.answerer) or actor.holds(state.leader):
        return None
    return forbidden("not_answerer")


def _may_cancel(state: FollowUp, actor: Actor) -> Refused | None:
    return needs(Right.FOLLOW_UP, actor, state.path)


# -- decisions


def _within(context: Context, workdays: int) -> datetime:
    return context.calendar.workdays_after(context.now, workdays)


def _open(_: None, command: OpenFollowUp, context: Context) -> Sequence[Event]:
    programme = context.programme
    rules = programme.follow_up_by_id[command.rules]
    return (
        FollowUpOpened(
            cycle=command.cycle,
            rules=rules.id,
            kind=rules.kind,
            title=rules.title,
            cause=command.cause,
            unit=command.unit,
            unit_title=unit_of(programme, command.unit).title,
            path=path_of(programme, command.unit),
            leader=post_of(programme, command.unit, rules.led_by),
            answerer=post_of(programme, command.unit, rules.answered_by),
            due_at=_within(context, rules.visit_within),
        ),
    )


def _commend(state: Opened, command: Commend, context: Context) -> Sequence[Event]:
    return (Commended(text=command.text),)


def _visit(state: Opened, command: RecordVisit, context: Context) -> Sequence[Event]:
    rules = context.programme.follow_up_by_id[state.rules]
    return (VisitRecorded(findings=command.findings, due_at=_within(context, rules.plan_within)),)


def _agree_plan(state: Visited, command: AgreePlan, context: Context) -> Sequence[Event]:
    rules = context.programme.follow_up_by_id[state.rules]
    return (FollowUpPlanAgreed(plan=command.plan, due_at=_within(context, rules.verify_within)),)


def _verify(state: PlanAgreed, command: Verify, context: Context) -> Sequence[Event]:
    return (FollowUpVerified(note=command.note),)


def _send_back(state: PlanAgreed, command: SendBack, context: Context) -> Sequence[Event]:
    rules = context.programme.follow_up_by_id[state.rules]
    return (FollowUpSentBack(reason=command.reason, due_at=_within(context, rules.plan_within)),)


def _cancel(state: FollowUp, command: CancelFollowUp, context: Context) -> Sequence[Event]:
    return (FollowUpCancelled(reason=command.reason),)


def _remind(state: FollowUp, command: RemindFollowUp, context: Context) -> Sequence[Event]:
    if state.reminded or state.due_at > context.now:
        raise conflict("alarm_not_due")
    return (FollowUpReminded(),)


# -- folds


def _base(state: FollowUp) -> dict[str, Any]:
    return {name: getattr(state, name) for name in FollowUp.model_fields if name != "status"}


def _opened(_: None, event: FollowUpOpened, fact: Fact) -> Opened:
    return Opened(**{name: getattr(event, name) for name in FollowUpOpened.model_fields})


def _commended(state: Opened, event: Commended, fact: Fact) -> Verified:
    return Verified(by=fact.by, **_base(state) | {"findings": event.text})


def _visited(state: Opened, event: VisitRecorded, fact: Fact) -> Visited:
    step = {"findings": event.findings, "due_at": event.due_at, "reminded": False}
    return Visited(**_base(state) | step)


def _plan_agreed(state: Visited, event: FollowUpPlanAgreed, fact: Fact) -> PlanAgreed:
    return PlanAgreed(**_base(state) | {"plan": event.plan, "due_at": event.due_at, "reminded": False})


def _verified(state: PlanAgreed, event: FollowUpVerified, fact: Fact) -> Verified:
    return Verified(by=fact.by, **_base(state))


def _sent_back(state: PlanAgreed, event: FollowUpSentBack, fact: Fact) -> Visited:
    return Visited(**_base(state) | {"due_at": event.due_at, "reminded": False})


def _cancelled(state: FollowUp, event: FollowUpCancelled, fact: Fact) -> Cancelled:
    return Cancelled(reason=event.reason, **_base(state))


def _reminded(state: FollowUp, event: FollowUpReminded, fact: Fact) -> FollowUp:
    return state.model_copy(update={"reminded": True})


# -- alarms, reactions, views


def _remind_time(state: FollowUp) -> datetime | None:
    return None if state.reminded else state.due_at


def _params(state: FollowUp) -> dict[str, str | int]:
    return {
        "title": state.title.zh,
        "title_en": state.title.en,
        "unit": state.unit_title.zh,
        "unit_en": state.unit_title.en,
        "due": state.due_at.isoformat(),
    }


def _on_opened(event: FollowUpOpened, state: Opened) -> Iterable[Intent]:
    posts = (state.leader, state.answerer)
    yield Notify(notice="follow_up_opened", posts=posts, params=_params(state))


def _on_commended(event: Commended, state: Verified) -> Iterable[Intent]:
    yield Notify(notice="commended", posts=(state.answerer,), params=_params(state))


def _on_visited(event: VisitRecorded, state: Visited) -> Iterable[Intent]:
    yield Notify(notice="follow_up_plan_wanted", posts=(state.answerer,), params=_params(state))


def _on_plan_agreed(event: FollowUpPlanAgreed, state: PlanAgreed) -> Iterable[Intent]:
    yield Notify(notice="follow_up_to_verify", posts=(state.leader,), params=_params(state))


def _on_sent_back(event: FollowUpSentBack, state: Visited) -> Iterable[Intent]:
    params = _params(state) | {"reason": event.reason}
    yield Notify(notice="follow_up_sent_back", posts=(state.answerer,), params=params)


def _on_reminded(event: FollowUpReminded, state: FollowUp) -> Iterable[Intent]:
    yield Notify(notice="follow_up_overdue", posts=(_whose_turn(state),), params=_params(state))


def _whose_turn(state: FollowUp) -> Post:
    return state.answerer if isinstance(state, Visited) else state.leader


def _scope(state: FollowUp) -> Scope:
    return Scope(state.path, posts=frozenset({state.leader, state.answerer}))


def _summary(state: FollowUp) -> Summary:
    return Summary(
        cycle=state.cycle,
        unit=state.unit,
        duty=state.rules,
        period=None,
        person=None,
        subject=None,
        stage=None,
        due_at=state.due_at,
        late=state.reminded and isinstance(state, _LIVE),
    )


def _tasks(state: FollowUp) -> Iterable[Task]:
    if isinstance(state, Opened):
        kind = "commend" if state.kind is FollowUpKind.COMMENDATION else "visit"
        yield Task(kind, state.due_at, post=state.leader)
    elif isinstance(state, Visited):
        yield Task("agree_plan", state.due_at, post=state.answerer)
    elif isinstance(state, PlanAgreed):
        yield Task("verify", state.due_at, post=state.leader)


_LIVE: tuple[type[State], ...] = (Opened, Visited, PlanAgreed)

FOLLOW_UP: Machine = Machine(
    name="follow_up",
    states=(Opened, Visited, PlanAgreed, Verified, Cancelled),
    ends=frozenset((Verified, Cancelled)),
    transitions=(
        Transition(OpenFollowUp, (), (Opened,), (FollowUpOpened,), only_system, _open),
        Transition(Commend, (Opened,), (Verified,), (Commended,), _may_commend, _commend),
        Transition(RecordVisit, (Opened,), (Visited,), (VisitRecorded,), _may_visit, _visit),
        Transition(AgreePlan, (Visited,), (PlanAgreed,), (FollowUpPlanAgreed,), _may_plan, _agree_plan),
        Transition(Verify, (PlanAgreed,), (Verified,), (FollowUpVerified,), _leads, _verify),
        Transition(SendBack, (PlanAgreed,), (Visited,), (FollowUpSentBack,), _leads, _send_back),
        Transition(CancelFollowUp, _LIVE, (Cancelled,), (FollowUpCancelled,), _may_cancel, _cancel),
        Transition(RemindFollowUp, _LIVE, (), (FollowUpReminded,), only_system, _remind),
    ),
    evolve={
        FollowUpOpened: _opened,
        Commended: _commended,
        VisitRecorded: _visited,
        FollowUpPlanAgreed: _plan_agreed,
        FollowUpVerified: _verified,
        FollowUpSentBack: _sent_back,
        FollowUpCancelled: _cancelled,
        FollowUpReminded: _reminded,
    },
    scope=_scope,
    summary=_summary,
    tasks=_tasks,
    quiet=frozenset({FollowUpReminded}),
    alarm_table=(Alarm("remind", _LIVE, _remind_time, lambda _: RemindFollowUp()),),
    reaction_table=(
        Reaction(FollowUpOpened, _on_opened),
        Reaction(Commended, _on_commended),
        Reaction(VisitRecorded, _on_visited),
        Reaction(FollowUpPlanAgreed, _on_plan_agreed),
        Reaction(FollowUpSentBack, _on_sent_back),
        Reaction(FollowUpReminded, _on_reminded),
    ),
)

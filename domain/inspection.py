"""The inspection machine (检查评估): inspectors score a weighted rubric, sign, the unit answers.

planned → assigned → scoring → signed → notified → acknowledged or disputed → reviewed → final; cancelled.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Annotated, Any, ClassVar, Literal

from pydantic import Field

from domain.access import Actor, Held, Inspected, Post, Scope, keeps_directory, needs, only_system
from domain.context import NOTHING, Context, Lookups
from domain.ids import PersonId, StreamId, UnitId, stream_id
from domain.machine import (
    Alarm,
    Command,
    Event,
    Fact,
    Intent,
    Issue,
    Machine,
    Notify,
    Reaction,
    State,
    Summary,
    Task,
    Transition,
)
from domain.programme import Outcome, Right
from domain.refusal import Refused, conflict, forbidden, invalid
from domain.text import Frozen, Line, Prose, Slug, Text
from domain.units import path_of, post_of, unit_of

Points = Annotated[Decimal, Field(ge=0, le=1000, max_digits=5, decimal_places=1)]
"""Points of a score, in tenths at the finest; stored as a decimal string."""


class Item(Frozen):
    """A line of the sheet and what it is worth."""

    id: Slug
    weight: int


class Score(Frozen):
    """What an item got, with the evidence cited."""

    points: Points
    by: PersonId
    at: datetime
    evidence: tuple[str, ...] = ()
    comment: str | None = None


# -- states


class Inspection(State):
    """What is true of an inspection in every state."""

    tenant: str
    cycle: StreamId
    rules: Slug
    title: Text
    period: str
    unit: UnitId
    unit_title: Text
    path: tuple[UnitId, ...]
    items: tuple[Item, ...]
    evidence: tuple[Slug, ...]
    """The duties whose filings bear on an item: the panel looks at them."""
    arranger: Post
    inspectors_from: Post
    answerer: Post
    reviewer: Post
    panel: int
    answer_within: int
    due_at: datetime
    remind_at: datetime | None
    inspectors: tuple[PersonId, ...] = ()
    absent: tuple[PersonId, ...] = ()
    """Inspectors who lost the post by which they inspect before they signed: the arranger has been told."""
    scores: dict[str, Score] = Field(default_factory=dict)

    @property
    def total(self) -> Decimal:
        """The sum of the points so far."""
        return sum((one.points for one in self.scores.values()), Decimal(0))


class Planned(Inspection):
    """Owed; nobody is assigned."""

    status: Literal["planned"] = "planned"


class Assigned(Inspection):
    """The panel is named."""

    status: Literal["assigned"] = "assigned"


class Scoring(Inspection):
    """Under way."""

    status: Literal["scoring"] = "scoring"
    signatures: tuple[PersonId, ...] = ()
    findings: str | None = None


class Signed(Inspection):
    """Every inspector has signed."""

    status: Literal["signed"] = "signed"
    findings: str | None


class Notified(Inspection):
    """The unit has been told and may answer."""

    status: Literal["notified"] = "notified"
    findings: str | None
    answer_by: datetime


class Answered(Inspection):
    """The unit has answered."""

    findings: str | None
    review_by: datetime
    reminded: bool = False


class Acknowledged(Answered):
    """The unit accepts, or let the time pass."""

    status: Literal["acknowledged"] = "acknowledged"


class Disputed(Answered):
    """The unit objects."""

    status: Literal["disputed"] = "disputed"
    reason: str
    disputed_items: tuple[Slug, ...]


class Reviewed(Inspection):
    """The reviewer has ruled."""

    status: Literal["reviewed"] = "reviewed"
    findings: str | None


class Final(Inspection):
    """The result stands."""

    status: Literal["final"] = "final"
    findings: str | None
    result: Decimal
    outcome: str | None


class Cancelled(Inspection):
    """Will not take place."""

    status: Literal["cancelled"] = "cancelled"
    reason: str


# -- commands


class PlanInspection(Command):
    """Plan what the cycle's window owes a unit."""

    name: ClassVar[str] = "plan"
    cycle: StreamId
    rules: Slug
    period: str
    unit: UnitId
    due_at: datetime
    remind_at: datetime | None = None


class Assign(Command):
    """Name the panel."""

    name: ClassVar[str] = "assign"
    inspectors: Annotated[tuple[PersonId, ...], Field(min_length=1, max_length=9)]


class HandOver(Command):
    """Give somebody's place on the panel to a successor (离职交接). The keeper of the directory's."""

    name: ClassVar[str] = "hand_over"
    unseen: ClassVar[bool] = True
    leaver: PersonId
    to: PersonId
    reason: Prose
    with_posts: tuple[Post, ...] = ()
    """The posts that the successor is given in the same transaction."""


class CheckPanel(Command):
    """Look who on the panel can no longer inspect."""

    name: ClassVar[str] = "check_panel"


class ScoreItem(Command):
    """Score one item."""

    name: ClassVar[str] = "score"
    item: Slug
    points: Points
    evidence: Annotated[tuple[Line, ...], Field(max_length=20)] = ()
    comment: Prose | None = None


class Sign(Command):
    """Sign the whole sheet."""

    name: ClassVar[str] = "sign"
    findings: Prose | None = None
    """Problems found, suggestions (存在问题或改进建议)."""


class NotifyUnit(Command):
    """Tell the unit its scores."""

    name: ClassVar[str] = "notify"


class Acknowledge(Command):
    """Accept the result."""

    name: ClassVar[str] = "acknowledge"
    comment: Prose | None = None


class AcceptSilence(Command):
    """Take no answer for acceptance."""

    name: ClassVar[str] = "accept_silence"


class Dispute(Command):
    """Object to the result."""

    name: ClassVar[str] = "dispute"
    reason: Prose
    items: tuple[Slug, ...] = ()


class Adjustment(Frozen):
    """A ruling on one item."""

    item: Slug
    points: Points
    reason: Prose


class Review(Command):
    """Rule on the result, changing scores where the objection holds."""

    name: ClassVar[str] = "review"
    note: Prose | None = None
    adjustments: tuple[Adjustment, ...] = ()


class Finalise(Command):
    """Let the result stand."""

    name: ClassVar[str] = "finalise"


class Cancel(Command):
    """Call it off."""

    name: ClassVar[str] = "cancel"
    reason: Prose


class RemindInspectors(Command):
    """Remind those whose turn it is."""

    name: ClassVar[str] = "remind"


class RemindReviewer(Command):
    """Remind the reviewer."""

    name: ClassVar[str] = "remind_reviewer"


# -- events


class InspectionPlanned(Event):
    """The inspection is owed."""

    type: ClassVar[str] = "inspection.planned"
    tenant: str
    cycle: StreamId
    rules: Slug
    title: Text
    period: str
    unit: UnitId
    unit_title: Text
    path: tuple[UnitId, ...]
    items: tuple[Item, ...]
    evidence: tuple[Slug, ...]
    arranger: Post
    inspectors_from: Post
    answerer: Post
    reviewer: Post
    panel: int
    answer_within: int
    due_at: datetime
    remind_at: datetime | None


class InspectorsAssigned(Event):
    """The panel is named."""

    type: ClassVar[str] = "inspection.assigned"
    inspectors: tuple[PersonId, ...]


class SeatHandedOver(Event):
    """A successor has somebody's place on the panel.

    Points that were given stay in the name of who gave them; the successor, who signs, stands for all of them.
    """

    type: ClassVar[str] = "inspection.handed_over"
    leaver: PersonId
    to: PersonId
    reason: str


class SeatLeft(Event):
    """Inspectors can no longer inspect and have not signed; nobody has their places."""

    type: ClassVar[str] = "inspection.seat_left"
    people: tuple[PersonId, ...]


class ItemScored(Event):
    """An item has its points; signatures given before no longer hold."""

    type: ClassVar[str] = "inspection.scored"
    item: Slug
    points: Points
    evidence: tuple[str, ...]
    comment: str | None


class SheetSigned(Event):
    """One inspector signed."""

    type: ClassVar[str] = "inspection.signed"
    total: Decimal
    findings: str | None


class SheetCompleted(Event):
    """The last inspector signed."""

    type: ClassVar[str] = "inspection.completed"


class UnitNotified(Event):
    """The unit was told."""

    type: ClassVar[str] = "inspection.notified"
    answer_by: datetime


class ResultAcknowledged(Event):
    """The unit accepts; `silent` when it let the time pass."""

    type: ClassVar[str] = "inspection.acknowledged"
    silent: bool
    comment: str | None
    review_by: datetime


class ResultDisputed(Event):
    """The unit objects."""

    type: ClassVar[str] = "inspection.disputed"
    reason: str
    items: tuple[Slug, ...]
    review_by: datetime


class ResultReviewed(Event):
    """The reviewer ruled."""

    type: ClassVar[str] = "inspection.reviewed"
    note: str | None
    adjustments: tuple[Adjustment, ...]


class InspectionFinalised(Event):
    """The result stands."""

    type: ClassVar[str] = "inspection.finalised"
    result: Decimal
    outcome: str | None
    opens: str | None


class InspectionCancelled(Event):
    """Called off."""

    type: ClassVar[str] = "inspection.cancelled"
    reason: str


class InspectorsReminded(Event):
    """Those whose turn it is were reminded."""

    type: ClassVar[str] = "inspection.reminded"


class ReviewerReminded(Event):
    """The reviewer was reminded."""

    type: ClassVar[str] = "inspection.reviewer_reminded"


# -- permissions


def _holds_arranger(state: Inspection, actor: Actor) -> Refused | None:
    if actor.holds(state.arranger) or actor.has(Right.ARRANGE, state.path):
        return None
    return forbidden("not_arranger")


def _hands_over(state: Inspection, actor: Actor) -> Refused | None:
    return keeps_directory(state, actor)


def _is_inspector(state: Inspection, actor: Actor) -> Refused | None:
    """Separation of duties: an appointment in the unit bars an inspector, even one taken up after the assignment.

    Whoever does not hold the post any more by which they were assigned inspects no longer.
    """
    if actor.person not in state.inspectors:
        return forbidden("not_inspector")
    if actor.works_in(state.unit):
        return forbidden("inspects_own_unit", person=actor.person)
    if all(one.role != state.inspectors_from.role for one in actor.held):
        return forbidden("no_inspector_any_more", person=actor.person)
    return None


def _may_sign(state: Scoring, actor: Actor) -> Refused | None:
    refusal = _is_inspector(state, actor)
    if refusal is None and actor.person in state.signatures:
        return conflict("already_signed")
    missing = [str(number) for number, one in enumerate(state.items, 1) if one.id not in state.scores]
    if refusal is None and missing:
        return conflict("items_missing", items="、".join(missing), items_en=", ".join(missing))
    return refusal


def _may_answer(state: Inspection, actor: Actor) -> Refused | None:
    return None if actor.holds(state.answerer) else forbidden("not_answerer")


def _may_review(state: Inspection, actor: Actor) -> Refused | None:
    """Separation of duties: nobody rules on their own scores, nor on their own unit's answer."""
    if not actor.holds(state.reviewer):
        return forbidden("not_reviewer")
    if actor.holds(state.answerer):
        return forbidden("own_answer")
    return forbidden("own_inspection") if actor.person in state.inspectors else None


def _may_cancel(state: Inspection, actor: Actor) -> Refused | None:
    return needs(Right.ARRANGE, actor, state.path)


# -- decisions


def _plan(_: None, command: PlanInspection, context: Context) -> Sequence[Event]:
    programme = context.programme
    rules = programme.inspection_by_id[command.rules]
    rubric = programme.rubric_by_id[rules.rubric]
    unit = command.unit
    return (
        InspectionPlanned(
            tenant=context.tenant,
            cycle=command.cycle,
            rules=rules.id,
            title=rules.title,
            period=command.period,
            unit=unit,
            unit_title=unit_of(programme, unit).title,
            path=path_of(programme, unit),
            items=tuple(Item(id=one.id, weight=one.weight) for one in rubric.items.values()),
            evidence=tuple(sorted({duty for one in rubric.items.values() for duty in one.evidence})),
            arranger=post_of(programme, unit, rules.arranged_by),
            inspectors_from=post_of(programme, unit, rules.inspectors),
            answerer=post_of(programme, unit, rules.answered_by),
            reviewer=post_of(programme, unit, rules.reviewed_by),
            panel=rules.panel,
            answer_within=rules.answer_within,
            due_at=command.due_at,
            remind_at=command.remind_at,
        ),
    )


def _assign(state: Inspection, command: Assign, context: Context) -> Sequence[Event]:
    if len(set(command.inspectors)) != len(command.inspectors):
        raise invalid("inspector_twice", at="inspectors")
    if len(command.inspectors) != state.panel:
        raise invalid("panel_size", at="inspectors", panel=state.panel, named=len(command.inspectors))
    for person in command.inspectors:
        refusal = unfit(state, person, context.directory.held.get(person, ()), "inspectors")
        if refusal is not None:
            raise refusal
    return (InspectorsAssigned(inspectors=command.inspectors),)


def unfit(state: Inspection, person: PersonId, held: Iterable[Held], at: str = "") -> Refused | None:
    """Why somebody who holds these posts may not be on the panel: they are no expert, or work where they inspect."""
    held = tuple(held)
    if not any(one.role == state.inspectors_from.role for one in held):
        return invalid("not_an_expert", at=at, person=person)
    if any(state.unit in one.path for one in held):
        return invalid("inspects_own_unit", at=at, person=person)
    return None


def has_seat(state: Inspection, person: PersonId) -> bool:
    """Whether something of an inspection waits for somebody: they are on the panel and have not signed."""
    if not isinstance(state, Assigned | Scoring) or person not in state.inspectors:
        return False
    return not isinstance(state, Scoring) or person not in state.signatures


def _hand_over(state: Assigned | Scoring, command: HandOver, context: Context) -> Sequence[Event]:
    if not has_seat(state, command.leaver):
        raise conflict("nothing_to_hand_over")
    if command.to in state.inspectors:
        raise invalid("inspector_twice", at="to")
    given = (Held(one.role, one.unit, path_of(context.programme, one.unit)) for one in command.with_posts)
    refusal = unfit(state, command.to, (*context.directory.held.get(command.to, ()), *given), "to")
    if refusal is not None:
        raise refusal
    return (SeatHandedOver(leaver=command.leaver, to=command.to, reason=command.reason),)


def _check_panel(state: Assigned | Scoring, command: CheckPanel, context: Context) -> Sequence[Event]:
    held = context.directory.held
    waiting = (one for one in state.inspectors if has_seat(state, one) and one not in state.absent)
    gone = tuple(one for one in waiting if unfit(state, one, held.get(one, ())) is not None)
    if not gone:
        raise conflict("nothing_changed_here")
    return (SeatLeft(people=gone),)


def _score(state: Inspection, command: ScoreItem, context: Context) -> Sequence[Event]:
    _check_points(state, command.item, command.points)
    return (ItemScored(item=command.item, points=command.points, evidence=command.evidence, comment=command.comment),)


def _check_points(state: Inspection, item: str, points: Decimal, at: str = "") -> None:
    weight = next((one.weight for one in state.items if one.id == item), None)
    if weight is None:
        raise invalid("item_unknown", at=f"{at}item", item=item)
    if points > weight:
        raise invalid("points_over_weight", at=f"{at}points", weight=weight, points=str(points))


def _sign(state: Scoring, command: Sign, context: Context) -> Sequence[Event]:
    signed = SheetSigned(total=state.total, findings=command.findings)
    if {*state.signatures, context.actor.person} >= set(state.inspectors):
        return (signed, SheetCompleted())
    return (signed,)


def _notify(state: Signed, command: NotifyUnit, context: Context) -> Sequence[Event]:
    return (UnitNotified(answer_by=context.calendar.workdays_after(context.now, state.answer_within)),)


def _review_by(state: Inspection, context: Context) -> datetime:
    rules = context.programme.inspection_by_id[state.rules]
    return context.calendar.workdays_after(context.now, rules.review_within)


def _acknowledge(state: Notified, command: Acknowledge, context: Context) -> Sequence[Event]:
    return (ResultAcknowledged(silent=False, comment=command.comment, review_by=_review_by(state, context)),)


def _accept_silence(state: Notified, command: AcceptSilence, context: Context) -> Sequence[Event]:
    if state.answer_by > context.now:
        raise conflict("alarm_not_due")
    return (ResultAcknowledged(silent=True, comment=None, review_by=_review_by(state, context)),)


def _dispute(state: Notified, command: Dispute, context: Context) -> Sequence[Event]:
    known = {one.id for one in state.items}
    unknown = next((one for one in command.items if one not in known), None)
    if unknown is not None:
        raise invalid("item_unknown", at="items", item=unknown)
    return (ResultDisputed(reason=command.reason, items=command.items, review_by=_review_by(state, context)),)


def _review(state: Answered, command: Review, context: Context) -> Sequence[Event]:
    for index, one in enumerate(command.adjustments):
        _check_points(state, one.item, one.points, at=f"adjustments.{index}.")
    return (ResultReviewed(note=command.note, adjustments=command.adjustments),)


def _finalise(state: Reviewed, command: Finalise, context: Context) -> Sequence[Event]:
    outcome = _outcome(context.programme.inspection_by_id[state.rules].outcomes, state.total)
    return (
        InspectionFinalised(
            result=state.total,
            outcome=outcome.id if outcome else None,
            opens=outcome.opens if outcome else None,
        ),
    )


def _outcome(outcomes: Sequence[Outcome], total: Decimal) -> Outcome | None:
    """The first band whose floor the total reaches; the programme lists them from the top."""
    return next((one for one in outcomes if total >= one.at_least), None)


def _cancel(state: Inspection, command: Cancel, context: Context) -> Sequence[Event]:
    return (InspectionCancelled(reason=command.reason),)


def _remind(state: Inspection, command: RemindInspectors, context: Context) -> Sequence[Event]:
    if state.remind_at is None or state.remind_at > context.now:
        raise conflict("alarm_not_due")
    return (InspectorsReminded(),)


def _remind_reviewer(state: Answered, command: RemindReviewer, context: Context) -> Sequence[Event]:
    if state.reminded or state.review_by > context.now:
        raise conflict("alarm_not_due")
    return (ReviewerReminded(),)


# -- folds


def _base(state: Inspection) -> dict[str, Any]:
    return {name: getattr(state, name) for name in Inspection.model_fields if name != "status"}


def _planned(_: None, event: InspectionPlanned, fact: Fact) -> Planned:
    return Planned(**{name: getattr(event, name) for name in InspectionPlanned.model_fields})


def _assigned(state: Planned | Assigned | Scoring, event: InspectorsAssigned, fact: Fact) -> Assigned | Scoring:
    if isinstance(state, Scoring):
        return state.model_copy(update={"inspectors": event.inspectors, "absent": (), "signatures": ()})
    return Assigned(**_base(state) | {"inspectors": event.inspectors, "absent": ()})


def _handed_over(state: Assigned | Scoring, event: SeatHandedOver, fact: Fact) -> Assigned | Scoring:
    panel = tuple(event.to if one == event.leaver else one for one in state.inspectors)
    absent = tuple(one for one in state.absent if one != event.leaver)
    return state.model_copy(update={"inspectors": panel, "absent": absent})


def _seat_left(state: Assigned | Scoring, event: SeatLeft, fact: Fact) -> Assigned | Scoring:
    return state.model_copy(update={"absent": (*state.absent, *event.people)})


def _scored(state: Assigned | Scoring, event: ItemScored, fact: Fact) -> Scoring:
    score = Score(points=event.points, by=fact.by, at=fact.at, evidence=event.evidence, comment=event.comment)
    findings = state.findings if isinstance(state, Scoring) else None
    return Scoring(findings=findings, **_base(state) | {"scores": {**state.scores, event.item: score}})


def _sheet_signed(state: Scoring, event: SheetSigned, fact: Fact) -> Scoring:
    findings = "\n".join(one for one in (state.findings, event.findings) if one) or None
    return state.model_copy(update={"signatures": (*state.signatures, fact.by), "findings": findings})


def _completed(state: Scoring, event: SheetCompleted, fact: Fact) -> Signed:
    return Signed(findings=state.findings, **_base(state))


def _notified(state: Signed, event: UnitNotified, fact: Fact) -> Notified:
    return Notified(findings=state.findings, answer_by=event.answer_by, **_base(state))


def _acknowledged(state: Notified, event: ResultAcknowledged, fact: Fact) -> Acknowledged:
    return Acknowledged(findings=state.findings, review_by=event.review_by, **_base(state))


def _disputed(state: Notified, event: ResultDisputed, fact: Fact) -> Disputed:
    return Disputed(
        findings=state.findings,
        review_by=event.review_by,
        reason=event.reason,
        disputed_items=event.items,
        **_base(state),
    )


def _reviewed(state: Answered, event: ResultReviewed, fact: Fact) -> Reviewed:
    scores = dict(state.scores)
    for one in event.adjustments:
        evidence = scores[one.item].evidence
        scores[one.item] = Score(points=one.points, by=fact.by, at=fact.at, evidence=evidence, comment=one.reason)
    return Reviewed(findings=state.findings, **_base(state) | {"scores": scores})


def _final(state: Reviewed, event: InspectionFinalised, fact: Fact) -> Final:
    return Final(findings=state.findings, result=event.result, outcome=event.outcome, **_base(state))


def _cancelled(state: Inspection, event: InspectionCancelled, fact: Fact) -> Cancelled:
    return Cancelled(reason=event.reason, **_base(state))


def _inspectors_reminded(state: Inspection, event: InspectorsReminded, fact: Fact) -> Inspection:
    return state.model_copy(update={"remind_at": None})


def _reviewer_reminded(state: Answered, event: ReviewerReminded, fact: Fact) -> Answered:
    return state.model_copy(update={"reminded": True})


# -- reactions


def _params(state: Inspection) -> dict[str, str | int]:
    return {
        "title": state.title.zh,
        "title_en": state.title.en,
        "unit": state.unit_title.zh,
        "unit_en": state.unit_title.en,
        "period": state.period,
    }


def _on_planned(event: InspectionPlanned, state: Planned) -> Iterable[Intent]:
    params = _params(state) | {"due": state.due_at.isoformat()}
    yield Notify(notice="inspection_to_assign", posts=(state.arranger,), params=params)


def _on_assigned(event: InspectorsAssigned, state: Inspection) -> Iterable[Intent]:
    params = _params(state) | {"due": state.due_at.isoformat()}
    yield Notify(notice="inspection_assigned", people=event.inspectors, params=params)


def _on_handed_over(event: SeatHandedOver, state: Inspection) -> Iterable[Intent]:
    params = _params(state) | {"due": state.due_at.isoformat(), "reason": event.reason}
    yield Notify(notice="inspection_handed_over", people=(event.to,), params=params)


def _on_seat_left(event: SeatLeft, state: Inspection) -> Iterable[Intent]:
    params = _params(state) | {"due": state.due_at.isoformat()}
    for person in event.people:
        yield Notify(notice="inspection_seat_left", posts=(state.arranger,), params=params | {"inspector": person})


def _on_completed(event: SheetCompleted, state: Signed) -> Iterable[Intent]:
    key = (state.cycle, state.rules, state.unit, state.period)
    yield Issue(stream=stream_id("inspection", state.tenant, *key), command="notify")


def _on_notified(event: UnitNotified, state: Notified) -> Iterable[Intent]:
    params = _params(state) | {"total": str(state.total), "due": event.answer_by.isoformat()}
    yield Notify(notice="inspection_result", posts=(state.answerer,), params=params)


def _on_answered(event: ResultAcknowledged | ResultDisputed, state: Answered) -> Iterable[Intent]:
    params = _params(state) | {"due": state.review_by.isoformat()}
    if isinstance(event, ResultDisputed):
        params |= {"reason": event.reason}
        yield Notify(notice="inspection_disputed", posts=(state.reviewer,), params=params)
    else:
        yield Notify(notice="inspection_acknowledged", posts=(state.reviewer,), params=params)


def _on_reviewed(event: ResultReviewed, state: Reviewed) -> Iterable[Intent]:
    key = (state.cycle, state.rules, state.unit, state.period)
    yield Issue(stream=stream_id("inspection", state.tenant, *key), command="finalise")


def _on_final(event: InspectionFinalised, state: Final) -> Iterable[Intent]:
    params = _params(state) | {"total": str(event.result)}
    yield Notify(notice="inspection_final", posts=(state.answerer,), params=params)
    if event.opens is not None:
        key = (state.cycle, event.opens, state.unit, state.rules, state.period)
        yield Issue(
            stream=stream_id("follow_up", state.tenant, *key),
            command="open",
            data={
                "cycle": state.cycle,
                "rules": event.opens,
                "unit": state.unit,
                "cause": f"{state.rules}/{state.period}/{event.outcome}",
            },
        )


def _on_reminded(event: InspectorsReminded, state: Inspection) -> Iterable[Intent]:
    params = _params(state) | {"due": state.due_at.isoformat()}
    posts = () if state.inspectors else (state.arranger,)
    yield Notify(notice="inspection_due_soon", people=state.inspectors, posts=posts, params=params)


def _on_reviewer_reminded(event: ReviewerReminded, state: Answered) -> Iterable[Intent]:
    yield Notify(notice="inspection_review_due", posts=(state.reviewer,), params=_params(state))


# -- views


def _scope(state: Inspection) -> Scope:
    posts = frozenset({state.arranger, state.answerer, state.reviewer})
    return Scope(state.path, people=frozenset(state.inspectors), posts=posts)


def _panel(state: Inspection) -> Iterable[tuple[PersonId, Inspected]]:
    """From the assignment on, after the result too, so that what was cited stays readable; not once it is called off.

    Whoever is taken off the panel looks no longer.
    """
    if isinstance(state, Cancelled) or not state.evidence:
        return
    looks = Inspected(state.cycle, state.unit, frozenset(state.evidence))
    yield from ((one, looks) for one in state.inspectors)


def _summary(state: Inspection) -> Summary:
    due_at = state.due_at
    if isinstance(state, Notified):
        due_at = state.answer_by
    elif isinstance(state, Answered):
        due_at = state.review_by
    return Summary(
        cycle=state.cycle,
        unit=state.unit,
        duty=state.rules,
        period=state.period,
        person=None,
        subject=None,
        stage=None,
        due_at=due_at,
        late=False,
    )


def _tasks(state: Inspection) -> Iterable[Task]:
    if isinstance(state, Planned):
        yield Task("assign", state.due_at, post=state.arranger)
    elif isinstance(state, Assigned):
        yield from (Task("score", state.due_at, person=one) for one in state.inspectors)
    elif isinstance(state, Scoring):
        waiting = [one for one in state.inspectors if one not in state.signatures]
        yield from (Task("score", state.due_at, person=one) for one in waiting)
    elif isinstance(state, Notified):
        yield Task("answer", state.answer_by, post=state.answerer)
    elif isinstance(state, Answered):
        yield Task("review", state.review_by, post=state.reviewer)


def _lookups(state: Inspection | None, command: Command) -> Lookups:
    if isinstance(command, HandOver):
        return Lookups(people=frozenset({command.to}))
    if isinstance(command, CheckPanel) and state is not None:
        return Lookups(people=frozenset(state.inspectors))
    return Lookups(people=frozenset(command.inspectors)) if isinstance(command, Assign) else NOTHING


_BEFORE_SIGNED: tuple[type[State], ...] = (Planned, Assigned, Scoring)
_ANSWERED: tuple[type[State], ...] = (Acknowledged, Disputed)

INSPECTION: Machine = Machine(
    name="inspection",
    states=(
        Planned,
        Assigned,
        Scoring,
        Signed,
        Notified,
        Acknowledged,
        Disputed,
        Reviewed,
        Final,
        Cancelled,
    ),
    ends=frozenset({Final, Cancelled}),
    transitions=(
        Transition(PlanInspection, (), (Planned,), (InspectionPlanned,), only_system, _plan),
        Transition(Assign, (Planned, Assigned), (Assigned,), (InspectorsAssigned,), _holds_arranger, _assign),
        Transition(Assign, (Scoring,), (Scoring,), (InspectorsAssigned,), _holds_arranger, _assign),
        Transition(HandOver, (Assigned, Scoring), (), (SeatHandedOver,), _hands_over, _hand_over),
        Transition(CheckPanel, (Assigned, Scoring), (), (SeatLeft,), only_system, _check_panel),
        Transition(ScoreItem, (Assigned, Scoring), (Scoring,), (ItemScored,), _is_inspector, _score),
        Transition(Sign, (Scoring,), (Scoring, Signed), (SheetSigned, SheetCompleted), _may_sign, _sign),
        Transition(NotifyUnit, (Signed,), (Notified,), (UnitNotified,), only_system, _notify),
        Transition(Acknowledge, (Notified,), (Acknowledged,), (ResultAcknowledged,), _may_answer, _acknowledge),
        Transition(AcceptSilence, (Notified,), (Acknowledged,), (ResultAcknowledged,), only_system, _accept_silence),
        Transition(Dispute, (Notified,), (Disputed,), (ResultDisputed,), _may_answer, _dispute),
        Transition(Review, _ANSWERED, (Reviewed,), (ResultReviewed,), _may_review, _review),
        Transition(Finalise, (Reviewed,), (Final,), (InspectionFinalised,), only_system, _finalise),
        Transition(Cancel, _BEFORE_SIGNED, (Cancelled,), (InspectionCancelled,), _may_cancel, _cancel),
        Transition(RemindInspectors, _BEFORE_SIGNED, (), (InspectorsReminded,), only_system, _remind),
        Transition(RemindReviewer, _ANSWERED, (), (ReviewerReminded,), only_system, _remind_reviewer),
    ),
    evolve={
        InspectionPlanned: _planned,
        InspectorsAssigned: _assigned,
        SeatHandedOver: _handed_over,
        SeatLeft: _seat_left,
        ItemScored: _scored,
        SheetSigned: _sheet_signed,
        SheetCompleted: _completed,
        UnitNotified: _notified,
        ResultAcknowledged: _acknowledged,
        ResultDisputed: _disputed,
        ResultReviewed: _reviewed,
        InspectionFinalised: _final,
        InspectionCancelled: _cancelled,
        InspectorsReminded: _inspectors_reminded,
        ReviewerReminded: _reviewer_reminded,
    },
    scope=_scope,
    summary=_summary,
    tasks=_tasks,
    panel=_panel,
    lookups=_lookups,
    quiet=frozenset({InspectorsReminded, ReviewerReminded}),
    alarm_table=(
        Alarm("remind", _BEFORE_SIGNED, lambda state: state.remind_at, lambda _: RemindInspectors()),
        Alarm("accept_silence", (Notified,), lambda state: state.answer_by, lambda _: AcceptSilence()),
        Alarm(
            "remind_reviewer",
            _ANSWERED,
            lambda state: None if state.reminded else state.review_by,
            lambda _: RemindReviewer(),
        ),
    ),
    reaction_table=(
        Reaction(InspectionPlanned, _on_planned),
        Reaction(InspectorsAssigned, _on_assigned),
        Reaction(SeatHandedOver, _on_handed_over),
        Reaction(SeatLeft, _on_seat_left),
        Reaction(SheetCompleted, _on_completed),
        Reaction(UnitNotified, _on_notified),
        Reaction(ResultAcknowledged, _on_answered),
        Reaction(ResultDisputed, _on_answered),
        Reaction(ResultReviewed, _on_reviewed),
        Reaction(InspectionFinalised, _on_final),
        Reaction(InspectorsReminded, _on_reminded),
        Reaction(ReviewerReminded, _on_reviewer_reminded),
    ),
)

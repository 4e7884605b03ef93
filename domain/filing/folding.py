"""What each event makes of a filing. Total over recorded events: nothing is refused here."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from domain.filing import events as e
from domain.filing.graph import behind, with_added, without_added
from domain.filing.states import (
    Amending,
    Approved,
    Drafting,
    Filing,
    InReview,
    Lapsed,
    Open,
    Recalled,
    Rejected,
    Returned,
    Voided,
    Waived,
    Working,
)
from domain.filing.values import (
    Approval,
    Back,
    Copy,
    Extension,
    Hold,
    InForce,
    Objection,
    Origin,
    RecallAsked,
    Revision,
    Seat,
    Visit,
)
from domain.ids import PersonId
from domain.machine import Event, Fact, State


def _base(state: Filing) -> dict[str, Any]:
    return {name: getattr(state, name) for name in Filing.model_fields if name != "status"}


def opened(_: None, event: e.FilingOpened, fact: Fact) -> Open:
    """It is owed."""
    return Open(opened_at=fact.at, **{name: getattr(event, name) for name in e.FilingOpened.model_fields})


def drafting(state: Working, event: e.DraftingBegun, fact: Fact) -> Drafting:
    """Work has begun."""
    return Drafting(begun_by=fact.by, extension=state.extension, **_base(state))


def submitted(state: Working, event: e.FilingSubmitted, fact: Fact) -> InReview:
    """It is on its way, and at no stage yet: the stages it reaches follow in the next facts.

    A mended filing goes straight back where its return said so, unless its author is one of those who agreed on the
    way: nobody approves their own filing, so it passes the whole path again. Signers who were asked on the way were
    asked that time: where it passes every stage again, the path is as the rules have it.
    """
    revision = Revision(
        number=event.revision, content=event.content, by=fact.by, on_behalf_of=fact.on_behalf_of, at=fact.at
    )
    base = _base(state) | {"revisions": (*state.revisions, revision), "urged_at": None}
    authors = {fact.by, fact.on_behalf_of}
    chosen = dict(event.chosen)
    straight = isinstance(state, Returned) and state.straight
    if straight and all(authors.isdisjoint({one.by, one.on_behalf_of} - {None}) for one in _agreements(state)):
        assert isinstance(state, Returned), "only a return leads straight back"
        base |= {"passed": state.passed, "approvals": state.approvals, "holds": state.holds}
        chosen = state.chosen | chosen
    else:
        base["steps"] = without_added(state.steps, {one.stage for one in state.steps})
    return InReview(in_force=state.in_force, visits=(), left_out=event.left_out, chosen=chosen, **base)


def _agreements(state: Working) -> tuple[Approval, ...]:
    return state.approvals if isinstance(state, Returned) else ()


def stage_reached(state: InReview, event: e.StageReached, fact: Fact) -> InReview:
    """It stays at a stage from now."""
    gave = next((one.gave for one in state.paused if one.stage == event.stage), ())
    visit = Visit(
        stage=event.stage,
        arrived_at=fact.at,
        due_at=event.due_at,
        remind_at=event.remind_at,
        escalate_at=event.escalate_at,
        passes_at=event.passes_at,
        seats=event.seats,
        gave=gave,
    )
    order = [one.stage for one in state.steps]
    visits = sorted((*state.visits, visit), key=lambda one: order.index(one.stage))
    paused = tuple(one for one in state.paused if one.stage != event.stage)
    return state.model_copy(update={"visits": tuple(visits), "paused": paused})


def _through(state: InReview, stage: str) -> dict[str, Any]:
    """What changes when a stage is through."""
    return {
        "visits": tuple(one for one in state.visits if one.stage != stage),
        "paused": tuple(one for one in state.paused if one.stage != stage),
        "passed": (*state.passed, stage),
        "holds": tuple(one for one in state.holds if one.until != stage),
        "back": None if state.back is not None and state.back.stage == stage else state.back,
    }


def stage_passed(state: InReview, event: e.StagePassed, fact: Fact) -> InReview:
    """A stage is through."""
    return state.model_copy(update=_through(state, event.stage))


def approval_given(state: InReview, event: e.ApprovalGiven, fact: Fact) -> InReview:
    """One agreement more; the stage may be through with it."""
    approval = Approval(
        stage=event.stage,
        revision=state.revisions[-1].number,
        by=fact.by,
        on_behalf_of=fact.on_behalf_of,
        capacity=event.capacity,
        at=fact.at,
        comment=event.comment,
        judgement=event.judgement,
        by_time=event.by_time,
    )
    changed: dict[str, Any] = {
        "approvals": (*state.approvals, approval),
        "chosen": state.chosen | event.chosen,
    }
    return state.model_copy(update=changed | (_through(state, event.stage) if event.completes else {}))


def objection_raised(state: InReview, event: e.ObjectionRaised, fact: Fact) -> InReview:
    """One vote against."""
    one = Objection(
        stage=event.stage,
        revision=state.revisions[-1].number,
        by=fact.by,
        on_behalf_of=fact.on_behalf_of,
        at=fact.at,
        reason=event.reason,
    )
    return state.model_copy(update={"objections": (*state.objections, one)})


def approved(state: InReview, event: e.FilingApproved, fact: Fact) -> Approved:
    """The revision is in force."""
    revision = state.revisions[-1]
    in_force = InForce(judgement=event.judgement, approvals=state.approvals, **dict(revision))
    return Approved(in_force=in_force, **_base(state))


def returned(state: InReview, event: e.FilingReturned, fact: Fact) -> Returned:
    """The author has it again. Straight back keeps the agreements of the stages that are through.

    A stage that was left out for its condition is none of them: the next revision may meet it.
    """
    times = {"due_at": event.due_at, "lapses_at": event.lapses_at, "remind_at": event.remind_at}
    kept = tuple(one for one in state.passed if one not in state.left_out) if event.straight else ()
    return Returned(
        by=fact.by,
        stage=event.stage,
        reason=event.reason,
        straight=event.straight,
        passed=kept,
        approvals=tuple(one for one in state.approvals if one.stage in kept),
        holds=state.holds if event.straight else (),
        chosen=state.chosen if event.straight else {},
        in_force=state.in_force,
        **_base(state) | times | {"overdue": False},
    )


def sent_back(state: InReview, event: e.SentBack, fact: Fact) -> InReview:
    """An earlier stage has it again; those in between keep their agreement when it then comes straight back.

    Otherwise the stages behind it are passed again, without the signers who were asked there on the way.
    """
    later = behind(state.steps, event.to)
    undone = frozenset({event.to, event.stage}) if event.straight else later | {event.to}
    held = (Hold(stage=event.stage, until=event.to),) if event.straight else ()
    return state.model_copy(
        update={
            "visits": tuple(one for one in state.visits if one.stage not in undone),
            "paused": tuple(one for one in state.paused if one.stage not in undone),
            "passed": tuple(one for one in state.passed if one not in undone),
            "approvals": tuple(one for one in state.approvals if one.stage not in undone),
            "objections": tuple(one for one in state.objections if one.stage not in undone),
            "holds": (*(one for one in state.holds if one.stage not in undone), *held),
            "back": Back(stage=event.to, reason=event.reason),
            "steps": state.steps if event.straight else without_added(state.steps, later),
        }
    )


def rejected(state: InReview, event: e.FilingRejected, fact: Fact) -> Rejected | Approved:
    """Rejecting an amendment leaves the approved revision in force."""
    if state.in_force is not None:
        return Approved(in_force=state.in_force, **_base(state))
    return Rejected(by=fact.by, reason=event.reason, **_base(state))


def _visit_with(state: InReview, stage: str, **changed: Any) -> InReview:
    visits = tuple(one.model_copy(update=changed) if one.stage == stage else one for one in state.visits)
    return state.model_copy(update={"visits": visits})


def transferred(state: InReview, event: e.Transferred, fact: Fact) -> InReview:
    """Somebody else sits there."""
    visit = state.visit_of(event.stage)
    gave = () if visit is None else visit.gave
    return _visit_with(state, event.stage, seats=event.seats, gave=(*gave, event.leaver))


def signer_added(state: InReview, event: e.SignerAdded, fact: Fact) -> InReview:
    """The path is longer by a stage. One that goes first lets the present one wait."""
    waits = event.where == "before"
    # Who waits for this stage to come straight back waits for a signer that it asked for, too.
    follow = [one.stage for one in state.holds if one.until == event.stage and not waits]
    held = tuple(Hold(stage=one, until=event.step.stage) for one in follow)
    here = tuple(one for one in state.visits if one.stage == event.stage) if waits else ()
    return state.model_copy(
        update={
            "steps": with_added(state.steps, event.stage, event.where, event.step),
            "visits": tuple(one for one in state.visits if one not in here),
            "paused": (*state.paused, *here),
            "holds": (*state.holds, *held),
        }
    )


def assigned(state: InReview, event: e.DeciderAssigned, fact: Fact) -> InReview:
    """Those named decide."""
    seats = tuple(Seat(person=one, origin=Origin.ASSIGNED) for one in event.people)
    return _visit_with(state, event.stage, seats=seats)


def handed_over(state: Filing, event: e.HandedOver, fact: Fact) -> Filing:
    """The successor sits where the leaver sat, and owes what the leaver owed."""
    person = event.to if state.person == event.leaver else state.person
    changed: dict[str, Any] = {"person": person}
    if isinstance(state, InReview):
        changed |= {"visits": _seated(state, state.visits, event), "paused": _seated(state, state.paused, event)}
        changed["steps"] = tuple(
            one.model_copy(update={"people": tuple(event.to if p == event.leaver else p for p in one.people)})
            for one in state.steps
        )
    return state.model_copy(update=changed)


def _seated(state: InReview, visits: tuple[Visit, ...], event: e.HandedOver) -> tuple[Visit, ...]:
    return tuple(_succeeded(state, one, event) for one in visits)


def _succeeded(state: InReview, visit: Visit, event: e.HandedOver) -> Visit:
    """What the leaver has said stands; what is still open goes to the successor, who decides once."""
    spoken = state.agreed(visit.stage) | state.objected(visit.stage)
    if event.leaver in spoken or all(one.person != event.leaver for one in visit.seats):
        return visit
    there = event.to in spoken or any(one.person == event.to for one in visit.seats)
    seats = tuple(
        one if one.person != event.leaver else _given_on(one, event.to)
        for one in visit.seats
        if one.person != event.leaver or not there
    )
    return visit.model_copy(update={"seats": seats, "gave": (*visit.gave, event.leaver)})


def _given_on(seat: Seat, to: PersonId) -> Seat:
    return Seat(post=seat.post, person=to, origin=Origin.HANDED_OVER, inherits=seat.alone)


def seats_changed(state: InReview, event: e.SeatsChanged, fact: Fact) -> InReview:
    """Others may decide."""
    return _visit_with(state, event.stage, seats=event.seats)


def recalled(state: InReview, event: e.FilingRecalled, fact: Fact) -> Recalled:
    """The author has it again."""
    reminders = tuple(at for at in state.remind_at if at > fact.at)
    base = _base(state) | {"lapses_at": event.lapses_at, "remind_at": reminders}
    return Recalled(reason=event.reason, in_force=state.in_force, **base)


def recall_requested(state: InReview, event: e.RecallRequested, fact: Fact) -> InReview:
    """The deciders are asked."""
    asked = RecallAsked(by=fact.by, on_behalf_of=fact.on_behalf_of, at=fact.at, reason=event.reason)
    return state.model_copy(update={"recall_asked": asked})


def recall_refused(state: InReview, event: e.RecallRefused, fact: Fact) -> InReview:
    """It goes on."""
    return state.model_copy(update={"recall_asked": None})


def waived(state: Filing, event: e.FilingWaived, fact: Fact) -> Waived:
    """Not owed."""
    return Waived(by=fact.by, reason=event.reason, **_base(state))


def lapsed(state: Working, event: e.FilingLapsed, fact: Fact) -> Lapsed:
    """Never came."""
    return Lapsed(**_base(state))


def amending(state: Approved, event: e.AmendingBegun, fact: Fact) -> Amending:
    """A new revision is being made."""
    return Amending(in_force=state.in_force, reason=event.reason, **_base(state))


def abandoned(state: Working, event: e.AmendmentAbandoned, fact: Fact) -> Approved:
    """The approved revision stays."""
    assert state.in_force is not None, "only an amendment is abandoned"
    return Approved(in_force=state.in_force, **_base(state))


def voided(state: Approved, event: e.FilingVoided, fact: Fact) -> Voided:
    """Nothing is in force any more."""
    return Voided(by=fact.by, reason=event.reason, voided=state.in_force, **_base(state))


def extension_asked(state: Working, event: e.ExtensionAsked, fact: Fact) -> Working:
    """The office is asked."""
    asked = Extension(by=fact.by, on_behalf_of=fact.on_behalf_of, at=fact.at, until=event.until, reason=event.reason)
    return state.model_copy(update={"extension": asked})


def extension_granted(state: Working, event: e.ExtensionGranted, fact: Fact) -> Working:
    """It is due later, and no longer overdue."""
    return state.model_copy(
        update={
            "due_at": event.due_at,
            "lapses_at": event.lapses_at,
            "remind_at": event.remind_at,
            "overdue": False,
            "extension": None,
        }
    )


def extension_refused(state: Working, event: e.ExtensionRefused, fact: Fact) -> Working:
    """The due time stays."""
    return state.model_copy(update={"extension": None})


def commented(state: Filing, event: e.FilingCommented, fact: Fact) -> Filing:
    """Comments are kept in the events alone, so that no number of them makes a state grow."""
    return state


def copied(state: Filing, event: e.FilingCopied, fact: Fact) -> Filing:
    """More people know of it."""
    copies = (Copy(person=one, by=fact.by, at=fact.at) for one in event.people)
    return state.model_copy(update={"copies": (*state.copies, *copies)})


def copy_read(state: Filing, event: e.CopyRead, fact: Fact) -> Filing:
    """Somebody has read it."""
    copies = tuple(
        one.model_copy(update={"read_at": fact.at}) if one.person == fact.by and one.read_at is None else one
        for one in state.copies
    )
    return state.model_copy(update={"copies": copies})


def urged(state: InReview, event: e.FilingUrged, fact: Fact) -> InReview:
    """Not again for some hours."""
    return state.model_copy(update={"urged_at": fact.at})


def rules_moved(state: Filing, event: e.RulesMoved, fact: Fact) -> Filing:
    """It goes by other rules. What is agreed stays agreed where its stage remains and is not passed again."""
    same = ("path", "office", "stays_in", "document", "steps", "judgements", "copied", "rework", "urge_hours")
    changed = {name: getattr(event, name) for name in (*same, "due_at", "lapses_at", "remind_at", "overdue")}
    if event.author_again:
        stage = next((one.stage for one in event.steps if one.stage not in event.passed), event.steps[0].stage)
        in_force = getattr(state, "in_force", None)
        back = {"by": fact.by, "stage": stage, "reason": event.reason, "straight": False, "in_force": in_force}
        return Returned(**_base(state) | changed | back)
    if isinstance(state, InReview | Returned):
        remaining = {one.stage for one in event.steps} - set(event.undone)
        changed["passed"] = event.passed
        if isinstance(state, Returned) and event.undone:
            changed["straight"] = False
        if isinstance(state, Returned) and state.stage not in remaining:
            changed["stage"] = next(one.stage for one in event.steps if one.stage not in event.passed)
        waited_for = remaining - set(event.passed)
        changed["holds"] = tuple(one for one in state.holds if one.stage in remaining and one.until in waited_for)
        changed["chosen"] = event.chosen
        changed["approvals"] = tuple(one for one in state.approvals if one.stage in remaining)
    if isinstance(state, InReview):
        changed |= {name: getattr(event, name) for name in ("visits", "paused", "holds", "left_out")}
        changed["objections"] = tuple(one for one in state.objections if one.stage in remaining)
    return state.model_copy(update=changed)


def reminded(state: Working, event: e.FilingReminded, fact: Fact) -> Working:
    """That reminder is over."""
    return state.model_copy(update={"remind_at": tuple(at for at in state.remind_at if at > fact.at)})


def fell_due(state: Working, event: e.FilingFellDue, fact: Fact) -> Working:
    """It is overdue."""
    return state.model_copy(update={"overdue": True})


def stage_reminded(state: InReview, event: e.StageReminded, fact: Fact) -> InReview:
    """That reminder is over."""
    return _visit_with(state, event.stage, remind_at=None)


def escalated(state: InReview, event: e.StageEscalated, fact: Fact) -> InReview:
    """One more post decides."""
    visit = state.visit_of(event.stage)
    seats = () if visit is None else visit.seats
    seat = Seat(post=event.to, origin=Origin.ESCALATED)
    seats = seats if event.vacant or seat in seats else (*seats, seat)
    return _visit_with(state, event.stage, seats=seats, escalate_at=None, remind_at=None)


FOLDS: Mapping[type[Event], Callable[[Any, Any, Fact], State]] = {
    e.FilingOpened: opened,
    e.DraftingBegun: drafting,
    e.FilingSubmitted: submitted,
    e.StageReached: stage_reached,
    e.StagePassed: stage_passed,
    e.ApprovalGiven: approval_given,
    e.ObjectionRaised: objection_raised,
    e.FilingApproved: approved,
    e.FilingReturned: returned,
    e.SentBack: sent_back,
    e.FilingRejected: rejected,
    e.Transferred: transferred,
    e.SignerAdded: signer_added,
    e.DeciderAssigned: assigned,
    e.HandedOver: handed_over,
    e.SeatsChanged: seats_changed,
    e.FilingRecalled: recalled,
    e.RecallRequested: recall_requested,
    e.RecallRefused: recall_refused,
    e.FilingWaived: waived,
    e.AmendingBegun: amending,
    e.AmendmentAbandoned: abandoned,
    e.FilingVoided: voided,
    e.ExtensionAsked: extension_asked,
    e.ExtensionGranted: extension_granted,
    e.ExtensionRefused: extension_refused,
    e.FilingCommented: commented,
    e.FilingCopied: copied,
    e.CopyRead: copy_read,
    e.FilingUrged: urged,
    e.RulesMoved: rules_moved,
    e.FilingReminded: reminded,
    e.FilingFellDue: fell_due,
    e.FilingLapsed: lapsed,
    e.StageReminded: stage_reminded,
    e.StageEscalated: escalated,
}
"""The fold of each event."""

"""What those whose turn it is do with a filing, and what the office and the clock do in their place."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime

from domain.access import Actor, Post
from domain.context import Context
from domain.filing import commands as c
from domain.filing import events as e
from domain.filing.authoring import lapses_after, recalled, reminders
from domain.filing.graph import sent_back_to
from domain.filing.routing import (
    Course,
    chosen_by_previous,
    holders,
    is_lost,
    is_through,
    onward,
    present,
)
from domain.filing.states import Filing, InReview
from domain.filing.values import Approval, Objection, Origin, Seat, Step, Visit
from domain.ids import PersonId
from domain.machine import Event
from domain.messages import CATALOGUE
from domain.programme import Mode, Vacancy
from domain.refusal import conflict, forbidden, invalid
from domain.text import Text

# -- which stage is meant


def meant(state: InReview, command: c.AtStage, context: Context) -> tuple[Visit, Seat]:
    """The stage a decider speaks of and the seat they speak from; refused when it is not their turn there.

    Where somebody sits twice, the seat that decides alone goes first.
    """
    mine: dict[str, tuple[Visit, Seat]] = {}
    for visit, seat in state.seats_of(context.actor):
        if visit.stage not in mine or seat.alone:
            mine[visit.stage] = (visit, seat)
    if command.stage is None:
        if len(mine) > 1:
            raise invalid("which_stage", at="stage", **_titles(state.step_of(one) for one in mine))
        return next(iter(mine.values()))
    if command.stage not in mine:
        step = next((one for one in state.steps if one.stage == command.stage), None)
        if step is None:
            raise invalid("stage_unknown", at="stage", stage=command.stage)
        raise forbidden("not_decider", stage=step.title.zh, stage_en=step.title.en)
    return mine[command.stage]


def _titles(steps: Iterable[Step]) -> dict[str, str]:
    return _choices([one.title for one in steps])


def _choices(titles: Sequence[Text]) -> dict[str, str]:
    return {
        "choices": "、".join(one.zh for one in titles) or "无",
        "choices_en": ", ".join(one.en for one in titles) or "none",
    }


def capacity(state: Filing, seat: Seat, actor: Actor) -> Post | None:
    """The post by which somebody acts from a seat: the seat's own where they hold it.

    Whoever was given a seat, added or named acts as what they are themself, not as whoever had it before: by the post
    that they hold nearest to the filing.
    """
    if seat.post is not None and actor.holds(seat.post):
        return seat.post
    distance = {unit: number for number, unit in enumerate(reversed(state.path))}
    nearest = sorted(actor.held, key=lambda one: (distance.get(one.unit, len(distance)), one.role, one.unit))
    return Post(role=nearest[0].role, unit=nearest[0].unit) if nearest else None


# -- agreeing and refusing


def approve(state: InReview, command: c.Approve, context: Context) -> Sequence[Event]:
    """Agree; the filing goes on when the stage is through with it."""
    visit, seat = meant(state, command, context)
    step = state.step_of(visit.stage)
    _check_judgement(state, step, command)
    agreed = {*state.agreed(visit.stage), context.actor.principal}
    completes = seat.alone or is_through(step, visit, agreed)
    chosen = chosen_by_previous(state, visit.stage, command.choose, context) if completes else {}
    return _agreed(
        Course(state, context),
        e.ApprovalGiven(
            stage=visit.stage,
            capacity=capacity(state, seat, context.actor),
            comment=command.comment,
            judgement=command.judgement,
            completes=completes,
            chosen=chosen,
        ),
    )


def _agreed(course: Course, event: e.ApprovalGiven) -> Sequence[Event]:
    course.emit(event)
    if event.completes:
        onward(course)
    return course.events


def _check_judgement(state: InReview, step: Step, command: c.Approve) -> None:
    choices = state.judgements if step.judges else ()
    if choices and command.judgement is None:
        raise invalid("judgement_needed", at="judgement", **_choices([one.title for one in choices]))
    if command.judgement is not None and command.judgement not in {one.id for one in choices}:
        raise invalid("judgement_unknown", at="judgement", **_choices([one.title for one in choices]))


def send_back(state: InReview, command: c.Return, context: Context) -> Sequence[Event]:
    """Send back, to the author or to an earlier stage that had agreed."""
    visit, seat = meant(state, command, context)
    step = state.step_of(visit.stage)
    straight = step.resumes if command.then is None else command.then == "straight"
    if command.to is None:
        return (_returned(state, step, capacity(state, seat, context.actor), command.reason, straight, context),)
    earlier = sent_back_to(state, visit.stage)
    if command.to not in {one.stage for one in earlier}:
        raise invalid("not_an_earlier_stage", at="to", **_titles(earlier))
    course = Course(state, context)
    course.emit(
        e.SentBack(
            stage=visit.stage,
            capacity=capacity(state, seat, context.actor),
            to=command.to,
            straight=straight,
            reason=command.reason,
        )
    )
    onward(course, asked=command.to)
    return course.events


def _returned(
    state: InReview, step: Step, capacity: Post | None, reason: str, straight: bool, context: Context
) -> e.FilingReturned:
    due_at = max(state.due_at, context.calendar.workdays_after(context.now, state.rework))
    return e.FilingReturned(
        stage=step.stage,
        capacity=capacity,
        reason=reason,
        straight=straight,
        due_at=due_at,
        lapses_at=lapses_after(state, due_at, context),
        remind_at=reminders(state, due_at, context),
    )


def reject(state: InReview, command: c.Reject, context: Context) -> Sequence[Event]:
    """Refuse for good, where the stage may."""
    visit, seat = meant(state, command, context)
    if not state.step_of(visit.stage).may_reject:
        raise forbidden("stage_may_not_reject")
    return (e.FilingRejected(stage=visit.stage, capacity=capacity(state, seat, context.actor), reason=command.reason),)


def object_to(state: InReview, command: c.Object, context: Context) -> Sequence[Event]:
    """Vote against; when the stage can no longer be carried, it is refused or goes back to its author."""
    visit, seat = meant(state, command, context)
    if state.step_of(visit.stage).mode is not Mode.VOTES:
        raise forbidden("stage_counts_no_votes")
    course = Course(state, context)
    course.emit(
        e.ObjectionRaised(stage=visit.stage, capacity=capacity(state, seat, context.actor), reason=command.reason)
    )
    if seat.alone or is_lost(course.review, visit):
        _lost(course, visit.stage)
    return course.events


def _lost(course: Course, stage: str) -> None:
    """A vote that cannot be carried ends as the stage may end; the reasons are those of the votes against."""
    state = course.review
    step = state.step_of(stage)
    reason = "\n".join(one.reason for one in state.objections if one.stage == stage)[:4000]
    if step.may_reject:
        course.emit(e.FilingRejected(stage=stage, capacity=None, reason=reason))
    else:
        course.emit(_returned(state, step, None, reason, step.resumes, course.context))


# -- handing on


def transfer(state: InReview, command: c.Transfer, context: Context) -> Sequence[Event]:
    """Give one's seat to somebody else. What the stage asks for stays the same."""
    visit, seat = meant(state, command, context)
    _able(state, (command.to,), context, "to")
    leaver = context.actor.principal
    if command.to == leaver or any(one.person == command.to for one in visit.seats):
        raise invalid("decides_already", at="to", person=command.to)
    _not_spoken(state, visit, (command.to,), "to")
    new = Seat(post=seat.post, person=command.to, origin=Origin.TRANSFERRED, inherits=seat.alone)
    seats = tuple(one for own in visit.seats for one in _given(state, own, seat, new, leaver, context))
    return (e.Transferred(stage=visit.stage, leaver=leaver, to=command.to, reason=command.reason, seats=seats),)


def _given(state: InReview, one: Seat, given: Seat, new: Seat, leaver: PersonId, context: Context) -> tuple[Seat, ...]:
    """What becomes of a seat: the one given away goes to the new person, and stays with all others of its post."""
    if one != given:
        return (one,)
    if one.person is not None or one.post is None:
        return (new,)
    others = sorted(holders(state, one.post, context) - {leaver})
    origin = Origin.RULE if one.origin is Origin.VACANT else one.origin
    return (new, *(Seat(post=one.post, person=other, origin=origin) for other in others))


def add_signer(state: InReview, command: c.AddSigner, context: Context) -> Sequence[Event]:
    """Put a stage into the path, before, after or beside one's own; its signers all decide."""
    visit, _ = meant(state, command, context)
    people = tuple(dict.fromkeys(command.people))
    _able(state, people, context, "people")
    here = state.step_of(visit.stage)
    course = Course(state, context)
    course.emit(
        e.SignerAdded(
            stage=visit.stage,
            where=command.where,
            step=_added(state, here, command.where, people),
            reason=command.reason,
        )
    )
    onward(course)
    return course.events


def _added(state: InReview, here: Step, where: str, people: tuple[PersonId, ...]) -> Step:
    known = {one.stage for one in state.steps}
    number = next(n for n in range(1, len(known) + 2) if f"added-{n}" not in known)
    title = CATALOGUE["command.filing.add_signer"]
    return Step(
        stage=f"added-{number}",
        title=Text(zh=f"{here.title.zh[:150]}·{title.zh}", en=f"{here.title.en[:150]} · {title.en}"),
        after=(here.stage,) if where == "after" else here.after,
        posts=(),
        people=people,
        mode=Mode.ALL,
        vacant=Vacancy.SKIP,
        due=here.due,
        remind=here.remind,
        escalate_after=None,
        escalate_to=None,
        may_reject=False,
        resumes=here.resumes,
        judges=False,
        added=True,
    )


def _not_spoken(state: InReview, visit: Visit, people: Collection[PersonId], at: str) -> None:
    """Refuse people who have decided at the stage: they would be asked, and have nothing left to say."""
    for one in people:
        if one in state.agreed(visit.stage) | state.objected(visit.stage):
            raise invalid("decided_already", at=at, person=one)


def _able(state: Filing, people: Collection[PersonId], context: Context, at: str) -> None:
    """Refuse people who cannot decide: authors, whoever holds no post, and those outside where it must stay."""
    for one in people:
        held = context.directory.held.get(one, ())
        if one in state.authors:
            raise invalid("author_cannot_decide", at=at, person=one)
        if not held:
            raise invalid("holds_no_post", at=at, person=one)
        if state.stays_in is not None and not any(state.stays_in in post.path for post in held):
            raise invalid("may_not_read", at=at, person=one)


# -- the office, the directory and the clock


def assign(state: InReview, command: c.Assign, context: Context) -> Sequence[Event]:
    """Name who decides at a stage, in place of everybody it had."""
    if command.stage is None and len(state.visits) > 1:
        raise invalid("which_stage", at="stage", **_titles(state.step_of(one.stage) for one in state.visits))
    visit = state.visits[0] if command.stage is None else state.visit_of(command.stage)
    if visit is None:
        raise conflict("not_at_stage")
    people = tuple(dict.fromkeys(command.people))
    _able(state, people, context, "people")
    _not_spoken(state, visit, people, "people")
    return (e.DeciderAssigned(stage=visit.stage, people=people, reason=command.reason),)


def hand_over(state: Filing, command: c.HandOver, context: Context) -> Sequence[Event]:
    """Let a successor have what somebody had of it."""
    visits = (*state.visits, *state.paused) if isinstance(state, InReview) else ()
    has_seat = any(_waits_for(state, one, command.leaver) for one in visits)
    if command.to == command.leaver or (state.person != command.leaver and not has_seat):
        raise conflict("nothing_to_hand_over")
    _able(state, (command.to,), context, "to")
    if state.person == command.leaver and command.to in _deciders(state):
        raise invalid("decided_already", at="to", person=command.to)
    course = Course(state, context)
    course.emit(e.HandedOver(leaver=command.leaver, to=command.to, reason=command.reason))
    _look_round(course)
    return course.events


def _waits_for(state: Filing, visit: Visit, person: PersonId) -> bool:
    """Whether a stage has a seat for somebody by name who has not spoken."""
    assert isinstance(state, InReview), "only what is in review has visits"
    spoken = state.agreed(visit.stage) | state.objected(visit.stage)
    return person not in spoken and any(one.person == person for one in visit.seats)


def _deciders(state: Filing) -> frozenset[PersonId]:
    """Whose decisions stand: nobody of them takes it over as its author."""
    if not isinstance(state, InReview):
        return frozenset()
    spoken: tuple[Approval | Objection, ...] = (*state.approvals, *state.objections)
    return frozenset(person for one in spoken for person in (one.by, one.on_behalf_of) if person is not None)


def reseat(state: InReview, command: c.Reseat, context: Context) -> Sequence[Event]:
    """Look who may decide now at every stage it is at, and follow each stage's rule."""
    course = Course(state, context)
    _look_round(course)
    if not course.events:
        raise conflict("nothing_changed_here")
    return course.events


def _look_round(course: Course) -> None:
    visits = course.state.visits if isinstance(course.state, InReview) else ()
    for visit in visits:
        if isinstance(course.state, InReview):
            _reseated(course, visit.stage)


def _reseated(course: Course, stage: str) -> None:
    state, context = course.review, course.context
    visit, step = state.visit_of(stage), state.step_of(stage)
    if visit is None:
        return
    seats = present(state, visit, step, context)
    if not seats and step.vacant is Vacancy.SKIP:
        course.emit(e.StagePassed(stage=stage, because=e.Because.VACANT))
        onward(course)
        return
    if seats != visit.seats:
        course.emit(e.SeatsChanged(stage=stage, seats=seats))
    changed = visit.model_copy(update={"seats": seats})
    agreed = state.agreed(stage)
    if agreed and is_through(step, changed, agreed):
        course.emit(e.StagePassed(stage=stage, because=e.Because.REST_AGREED))
        onward(course)
    elif seats and step.mode is Mode.VOTES and is_lost(state, changed):
        _lost(course, stage)


def agree_recall(state: InReview, command: c.AgreeRecall, context: Context) -> Sequence[Event]:
    """Let the author have it back."""
    assert state.recall_asked is not None, "only what was asked for is granted"
    return (recalled(state, state.recall_asked.reason, context),)


def refuse_recall(state: InReview, command: c.RefuseRecall, context: Context) -> Sequence[Event]:
    """Go on."""
    return (e.RecallRefused(reason=command.reason),)


def _due(at: datetime | None, context: Context) -> None:
    """Refuse unless an alarm's time has come."""
    if at is None or at > context.now:
        raise conflict("alarm_not_due")


def _visit(state: InReview, command: c.OfStage) -> Visit:
    visit = state.visit_of(command.stage)
    if visit is None:
        raise conflict("alarm_not_due")
    return visit


def remind_stage(state: InReview, command: c.RemindStage, context: Context) -> Sequence[Event]:
    """Remind those whose turn it is."""
    _due(_visit(state, command).remind_at, context)
    return (e.StageReminded(stage=command.stage),)


def escalate(state: InReview, command: c.Escalate, context: Context) -> Sequence[Event]:
    """Let the next post decide as well."""
    _due(_visit(state, command).escalate_at, context)
    to = state.step_of(command.stage).escalate_to
    if to is None:
        raise conflict("alarm_not_due")
    return (e.StageEscalated(stage=command.stage, to=to, vacant=not holders(state, to, context)),)


def pass_by_time(state: InReview, command: c.PassByTime, context: Context) -> Sequence[Event]:
    """Let a stage pass since its time is over; it is marked as such."""
    _due(_visit(state, command).passes_at, context)
    given = e.ApprovalGiven(
        stage=command.stage, capacity=None, comment=None, judgement=None, completes=True, by_time=True
    )
    return _agreed(Course(state, context), given)

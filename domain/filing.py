"""The filing machine (报送件): one document on its way through its pipeline.

open → drafting → in review (stage k) → approved; returned (to the author or to an earlier stage), recalled, rejected,
waived, lapsed. Approved → amending keeps the approved revision in force until the new one is approved.

The stages a filing passes are resolved to posts when it opens and kept in its first event, so a filing's path never
depends on a later reading of the programme.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from functools import cached_property
from typing import Any, ClassVar, Literal

from domain.access import Actor, Post, Scope, may_read, needs, only_system
from domain.canonical import content_digest
from domain.context import NOTHING, Context, Lookups
from domain.document import check_content
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
from domain.programme import Mode, Programme, Right, Stage, StageSeal
from domain.refusal import Refused, conflict, forbidden, invalid
from domain.text import Frozen, Prose, Slug, Text
from domain.units import nearest, path_of, post_of, unit_of

# -- values


class Judgement(Frozen):
    """A verdict a judging stage may give, and the follow-up that it opens."""

    id: Slug
    title: Text
    opens: Slug | None


class Step(Frozen):
    """A stage of this filing's path, with its posts resolved. Times are workdays."""

    stage: Slug
    title: Text
    post: Post
    mode: Mode
    due: int
    remind: int | None
    escalate_after: int | None
    escalate_to: Post | None
    may_reject: bool
    resumes: bool
    judges: bool
    seal: StageSeal = StageSeal.AGREED
    """What agreement here is stamped as."""


class Revision(Frozen):
    """A submitted content, by digest."""

    number: int
    content: str
    by: PersonId
    at: datetime


class Approval(Frozen):
    """One decider's agreement at a stage."""

    stage: Slug
    by: PersonId
    at: datetime
    comment: str | None
    judgement: str | None


class InForce(Revision):
    """The approved revision, with the verdict on it and the agreements that put it in force."""

    judgement: str | None
    approvals: tuple[Approval, ...]


# -- states


class Filing(State):
    """What is true of a filing in every state."""

    tenant: str
    cycle: StreamId
    duty: Slug
    title: Text
    document: Slug
    period: str
    unit: UnitId
    unit_title: Text
    path: tuple[UnitId, ...]
    subject: str | None
    person: PersonId | None
    author: Post
    stays_in: UnitId | None
    steps: tuple[Step, ...]
    judgements: tuple[Judgement, ...]
    rework: int
    opened_at: datetime
    due_at: datetime
    lapses_at: datetime
    remind_at: tuple[datetime, ...]
    """Reminders still to come, earliest first."""
    overdue: bool = False
    revisions: tuple[Revision, ...] = ()


class Working(Filing):
    """The author has it."""

    in_force: InForce | None = None
    """The approved revision that stays in force while a new one is made."""


class Open(Working):
    """Due, and nobody has begun."""

    status: Literal["open"] = "open"


class Drafting(Working):
    """Somebody has begun a draft."""

    status: Literal["drafting"] = "drafting"
    begun_by: PersonId


class Returned(Working):
    """Sent back to its author."""

    status: Literal["returned"] = "returned"
    by: PersonId
    reason: str
    resume_at: int
    """The step at which the mended filing arrives."""
    approvals: tuple[Approval, ...] = ()
    """Agreements of the stages before that step. They still hold."""


class Recalled(Working):
    """Taken back by its author before it was decided."""

    status: Literal["recalled"] = "recalled"
    reason: str | None


class Amending(Working):
    """Approved, and a new revision is being made."""

    status: Literal["amending"] = "amending"
    in_force: InForce
    reason: str


class InReview(Filing):
    """At a stage of its path."""

    status: Literal["in_review"] = "in_review"
    in_force: InForce | None
    step: int
    arrived_at: datetime
    stage_due_at: datetime
    stage_remind_at: datetime | None
    escalate_at: datetime | None
    escalated: bool = False
    approvals: tuple[Approval, ...] = ()
    """Agreements that hold, all stages."""

    @property
    def here(self) -> Step:
        """The step it is at."""
        return self.steps[self.step]

    @property
    def posts(self) -> tuple[Post, ...]:
        """Who may decide now."""
        extra = self.here.escalate_to
        return (self.here.post, extra) if self.escalated and extra is not None else (self.here.post,)

    def agreed_here(self) -> frozenset[PersonId]:
        """Who has already agreed at this stage since it arrived."""
        return frozenset(one.by for one in self.approvals if one.stage == self.here.stage and one.at >= self.arrived_at)


class Approved(Filing):
    """Through its whole path."""

    status: Literal["approved"] = "approved"
    in_force: InForce


class Rejected(Filing):
    """Refused for good."""

    status: Literal["rejected"] = "rejected"
    by: PersonId
    reason: str


class Waived(Filing):
    """Not owed after all."""

    status: Literal["waived"] = "waived"
    by: PersonId
    reason: str


class Lapsed(Filing):
    """Never came."""

    status: Literal["lapsed"] = "lapsed"


# -- commands


class OpenFiling(Command):
    """Open what a unit or person owes. Given by the cycle's window."""

    name: ClassVar[str] = "open"
    cycle: StreamId
    duty: Slug
    period: str
    unit: UnitId
    person: PersonId | None = None
    due_at: datetime
    lapses_at: datetime
    remind_at: tuple[datetime, ...] = ()


class BeginDraft(Command):
    """Say that work has begun."""

    name: ClassVar[str] = "begin_draft"


class Submit(Command):
    """Hand in a content."""

    name: ClassVar[str] = "submit"
    content: dict[str, Any]

    @cached_property
    def digest(self) -> str:
        """The name of the content."""
        return content_digest(self.content)

    def contents(self, salt: str) -> Mapping[str, Any]:
        """The submitted content, by digest."""
        return {self.digest: self.content}


class Approve(Command):
    """Agree at the present stage."""

    name: ClassVar[str] = "approve"
    comment: Prose | None = None
    judgement: Slug | None = None


class Return(Command):
    """Send back, to the author or to an earlier stage."""

    name: ClassVar[str] = "return"
    reason: Prose
    to: Slug | None = None
    """An earlier stage's id; none for the author."""


class Reject(Command):
    """Refuse for good, where the stage may."""

    name: ClassVar[str] = "reject"
    reason: Prose


class Recall(Command):
    """Take back what one has handed in."""

    name: ClassVar[str] = "recall"
    reason: Prose | None = None


class Waive(Command):
    """Say that it is not owed."""

    name: ClassVar[str] = "waive"
    reason: Prose


class Amend(Command):
    """Begin a new revision of an approved filing."""

    name: ClassVar[str] = "amend"
    reason: Prose


class AbandonAmendment(Command):
    """Keep the approved revision after all."""

    name: ClassVar[str] = "abandon_amendment"


class Comment(Command):
    """Say something about it. Nothing moves."""

    name: ClassVar[str] = "comment"
    text: Prose


class Remind(Command):
    """Remind the author."""

    name: ClassVar[str] = "remind"


class FallDue(Command):
    """Note that the due time has passed."""

    name: ClassVar[str] = "fall_due"


class Lapse(Command):
    """Give up waiting."""

    name: ClassVar[str] = "lapse"


class RemindStage(Command):
    """Remind the deciders."""

    name: ClassVar[str] = "remind_stage"


class Escalate(Command):
    """Let the next post decide as well."""

    name: ClassVar[str] = "escalate"


# -- events


class FilingOpened(Event):
    """The filing is owed."""

    type: ClassVar[str] = "filing.opened"
    tenant: str
    cycle: StreamId
    duty: Slug
    title: Text
    document: Slug
    period: str
    unit: UnitId
    unit_title: Text
    path: tuple[UnitId, ...]
    subject: str | None
    person: PersonId | None
    author: Post
    stays_in: UnitId | None
    steps: tuple[Step, ...]
    judgements: tuple[Judgement, ...]
    rework: int
    due_at: datetime
    lapses_at: datetime
    remind_at: tuple[datetime, ...]


class DraftingBegun(Event):
    """Work has begun."""

    type: ClassVar[str] = "filing.drafting_begun"


class FilingSubmitted(Event):
    """A revision was handed in."""

    type: ClassVar[str] = "filing.submitted"
    content_field: ClassVar[str | None] = "content"
    revision: int
    content: str
    late: bool


class StageReached(Event):
    """The filing arrived at a stage."""

    type: ClassVar[str] = "filing.stage_reached"
    step: int
    due_at: datetime
    remind_at: datetime | None
    escalate_at: datetime | None


class ApprovalGiven(Event):
    """One decider agreed."""

    type: ClassVar[str] = "filing.approval_given"
    stage: Slug
    comment: str | None
    judgement: str | None


class FilingApproved(Event):
    """The last stage agreed; the revision is in force."""

    type: ClassVar[str] = "filing.approved"
    revision: int
    judgement: str | None


class FilingReturned(Event):
    """Sent back to the author."""

    type: ClassVar[str] = "filing.returned"
    stage: Slug
    reason: str
    resume_at: int
    due_at: datetime
    lapses_at: datetime
    remind_at: tuple[datetime, ...]


class SentBack(Event):
    """Sent back to an earlier stage."""

    type: ClassVar[str] = "filing.sent_back"
    stage: Slug
    to: Slug
    reason: str


class FilingRecalled(Event):
    """Taken back by the author."""

    type: ClassVar[str] = "filing.recalled"
    stage: Slug
    reason: str | None
    lapses_at: datetime


class FilingRejected(Event):
    """Refused for good."""

    type: ClassVar[str] = "filing.rejected"
    stage: Slug
    reason: str


class FilingWaived(Event):
    """Not owed."""

    type: ClassVar[str] = "filing.waived"
    reason: str


class AmendingBegun(Event):
    """A new revision is being made."""

    type: ClassVar[str] = "filing.amending_begun"
    reason: str


class AmendmentAbandoned(Event):
    """The approved revision stays."""

    type: ClassVar[str] = "filing.amendment_abandoned"


class FilingCommented(Event):
    """Somebody said something about it. The state stays as it was: comments are read from the events."""

    type: ClassVar[str] = "filing.commented"
    text: str
    told: tuple[PersonId, ...]
    """The author and who may decide, the commenter left out."""


class FilingReminded(Event):
    """The author was reminded."""

    type: ClassVar[str] = "filing.reminded"
    due_at: datetime


class FilingFellDue(Event):
    """The due time passed without a submission."""

    type: ClassVar[str] = "filing.fell_due"


class FilingLapsed(Event):
    """Nobody waits any longer."""

    type: ClassVar[str] = "filing.lapsed"


class StageReminded(Event):
    """The deciders were reminded."""

    type: ClassVar[str] = "filing.stage_reminded"
    stage: Slug


class StageEscalated(Event):
    """The next post may decide as well."""

    type: ClassVar[str] = "filing.escalated"
    stage: Slug
    to: Post


# -- permissions


def _is_author(state: Filing, actor: Actor) -> Refused | None:
    if state.person is not None:
        return None if actor.person == state.person else forbidden("not_author")
    return None if actor.holds(state.author) else forbidden("not_author")


def _may_comment(state: Filing, actor: Actor) -> Refused | None:
    """Whoever reads it may speak: its author, every post on its path, those who read at its unit or above."""
    return None if may_read(actor, _scope(state)) else forbidden("not_yours")


def _may_amendment(state: Working, actor: Actor) -> Refused | None:
    if state.in_force is None:
        return conflict("no_amendment")
    return _is_author(state, actor)


def _may_recall(state: InReview, actor: Actor) -> Refused | None:
    return _is_author(state, actor)


def _may_decide(state: InReview, actor: Actor) -> Refused | None:
    """Separation of duties: nobody decides on a filing they handed in or owe, nor lets another act for them."""
    if not any(actor.holds(post) for post in state.posts):
        return forbidden("not_decider", stage=state.here.title.zh, stage_en=state.here.title.en)
    authors = {state.person, *(one.by for one in state.revisions)}
    if actor.person in authors or (actor.on_behalf_of is not None and actor.on_behalf_of in authors):
        return forbidden("own_filing")
    return None


def _may_approve(state: InReview, actor: Actor) -> Refused | None:
    refusal = _may_decide(state, actor)
    if refusal is None and actor.person in state.agreed_here():
        return conflict("already_agreed")
    return refusal


def _may_reject(state: InReview, actor: Actor) -> Refused | None:
    refusal = _may_decide(state, actor)
    if refusal is None and not state.here.may_reject:
        return forbidden("stage_may_not_reject")
    return refusal


def _may_waive(state: Working | InReview, actor: Actor) -> Refused | None:
    if state.in_force is not None:
        return conflict("in_force_stays")
    return needs(Right.WAIVE, actor, state.path)


# -- decisions


def _open(_: None, command: OpenFiling, context: Context) -> Sequence[Event]:
    programme = context.programme
    duty = programme.duty_by_id[command.duty]
    pipeline = programme.pipeline_by_id[duty.pipeline]
    unit = unit_of(programme, command.unit)
    return (
        FilingOpened(
            tenant=context.tenant,
            cycle=command.cycle,
            duty=duty.id,
            title=duty.title,
            document=duty.document,
            period=command.period,
            unit=command.unit,
            unit_title=unit.title,
            path=path_of(programme, command.unit),
            subject=unit.subject,
            person=command.person,
            author=post_of(programme, command.unit, duty.owed_by),
            stays_in=None if duty.stays_in is None else nearest(programme, command.unit, duty.stays_in),
            steps=tuple(_step(programme, command.unit, stage) for stage in pipeline.stages),
            judgements=tuple(Judgement(id=one.id, title=one.title, opens=one.opens) for one in pipeline.judgements),
            rework=pipeline.rework,
            due_at=command.due_at,
            lapses_at=command.lapses_at,
            remind_at=tuple(at for at in command.remind_at if at > context.now),
        ),
    )


def _step(programme: Programme, unit: UnitId, stage: Stage) -> Step:
    escalate = stage.escalate
    return Step(
        stage=stage.id,
        title=stage.title,
        post=post_of(programme, unit, stage.decided_by),
        mode=stage.mode,
        due=stage.due,
        remind=stage.remind,
        escalate_after=escalate.after if escalate else None,
        escalate_to=post_of(programme, unit, escalate.to) if escalate else None,
        may_reject=stage.may_reject,
        resumes=stage.resumes,
        judges=stage.judges,
        seal=stage.seal,
    )


def _begin_draft(state: Working, command: BeginDraft, context: Context) -> Sequence[Event]:
    return (DraftingBegun(),)


def _submit(state: Working, command: Submit, context: Context) -> Sequence[Event]:
    check_content(context.programme.document_by_id[state.document], command.content)
    content = command.digest
    if state.in_force is not None and state.in_force.content == content:
        raise invalid("nothing_changed", at="content")
    # What is in force came in already: an amendment is owed to nobody, so it cannot be late.
    late = state.in_force is None and context.now > state.due_at
    submitted = FilingSubmitted(revision=len(state.revisions) + 1, content=content, late=late)
    step, _ = _arrives(state, context.actor.person)
    return (submitted, _reached(state, step, context))


def _arrives(state: Working, author: PersonId) -> tuple[int, tuple[Approval, ...]]:
    """Where a submission goes, and which agreements still hold.

    A mended filing goes straight back, unless its author is one of those who agreed on the way: nobody approves their
    own filing, so it passes the whole path again.
    """
    if isinstance(state, Returned) and all(one.by != author for one in state.approvals):
        return state.resume_at, state.approvals
    return 0, ()


def _reached(state: Filing, step: int, context: Context) -> StageReached:
    """Deadlines of a stage: workdays after arrival, at the close of business."""
    here = state.steps[step]
    calendar = context.calendar
    due_at = calendar.workdays_after(context.now, here.due)
    remind_at = None if here.remind is None else calendar.workdays_before(due_at, here.remind)
    return StageReached(
        step=step,
        due_at=due_at,
        remind_at=remind_at if remind_at is not None and remind_at > context.now else None,
        escalate_at=None if here.escalate_after is None else calendar.workdays_after(due_at, here.escalate_after),
    )


def _approve(state: InReview, command: Approve, context: Context) -> Sequence[Event]:
    _check_judgement(state, command)
    given = ApprovalGiven(stage=state.here.stage, comment=command.comment, judgement=command.judgement)
    if not _stage_agreed(state, context):
        return (given,)
    if state.step + 1 < len(state.steps):
        return (given, _reached(state, state.step + 1, context))
    judgement = command.judgement or next((one.judgement for one in reversed(state.approvals) if one.judgement), None)
    return (given, FilingApproved(revision=state.revisions[-1].number, judgement=judgement))


def _check_judgement(state: InReview, command: Approve) -> None:
    choices = state.judgements if state.here.judges else ()
    if choices and command.judgement is None:
        raise invalid("judgement_needed", at="judgement", **_choices([one.title for one in choices]))
    if command.judgement is not None and command.judgement not in {one.id for one in choices}:
        raise invalid("judgement_unknown", at="judgement", **_choices([one.title for one in choices]))


def _choices(titles: Sequence[Text]) -> dict[str, str]:
    return {
        "choices": "、".join(one.zh for one in titles) or "无",
        "choices_en": ", ".join(one.en for one in titles) or "none",
    }


def _stage_agreed(state: InReview, context: Context) -> bool:
    """Whether the stage is through with this agreement. Whoever it was escalated to decides alone."""
    if state.here.mode is Mode.ANY or any(context.actor.holds(post) for post in state.posts[1:]):
        return True
    authors = {one.by for one in state.revisions} | {state.person}
    needed = context.directory.holders[state.here.post] - authors
    return needed <= state.agreed_here() | {context.actor.person}


def _return(state: InReview, command: Return, context: Context) -> Sequence[Event]:
    if command.to is not None:
        earlier = [step.stage for step in state.steps[: state.step]]
        if command.to not in earlier:
            titles = [step.title for step in state.steps[: state.step]]
            raise invalid("not_an_earlier_stage", at="to", **_choices(titles))
        back = SentBack(stage=state.here.stage, to=command.to, reason=command.reason)
        return (back, _reached(state, earlier.index(command.to), context))
    due_at = max(state.due_at, context.calendar.workdays_after(context.now, state.rework))
    remind = context.programme.duty_by_id[state.duty].remind
    reminders = sorted({context.calendar.workdays_before(due_at, days) for days in remind})
    return (
        FilingReturned(
            stage=state.here.stage,
            reason=command.reason,
            resume_at=state.step if state.here.resumes else 0,
            due_at=due_at,
            lapses_at=_lapses_after(state, due_at, context),
            remind_at=tuple(at for at in reminders if at > context.now),
        ),
    )


def _lapses_after(state: Filing, due_at: datetime, context: Context) -> datetime:
    """As many workdays after the new due time as it lay after the old one."""
    calendar = context.calendar
    grace = calendar.workdays_between(calendar.local(state.due_at).date(), calendar.local(state.lapses_at).date())
    return state.lapses_at if due_at == state.due_at else calendar.workdays_after(due_at, grace)


def _reject(state: InReview, command: Reject, context: Context) -> Sequence[Event]:
    return (FilingRejected(stage=state.here.stage, reason=command.reason),)


def _recall(state: InReview, command: Recall, context: Context) -> Sequence[Event]:
    """The time of review does not count against the author: there is time to mend it before it lapses."""
    mended_by = context.calendar.workdays_after(context.now, state.rework)
    return (FilingRecalled(stage=state.here.stage, reason=command.reason, lapses_at=max(state.lapses_at, mended_by)),)


def _waive(state: Filing, command: Waive, context: Context) -> Sequence[Event]:
    return (FilingWaived(reason=command.reason),)


def _amend(state: Approved, command: Amend, context: Context) -> Sequence[Event]:
    return (AmendingBegun(reason=command.reason),)


def _abandon(state: Working, command: AbandonAmendment, context: Context) -> Sequence[Event]:
    return (AmendmentAbandoned(),)


def _comment(state: Filing, command: Comment, context: Context) -> Sequence[Event]:
    told = {state.person} if state.person is not None else set()
    for post in _listeners(state):
        told |= context.directory.holders[post]
    return (FilingCommented(text=command.text, told=tuple(sorted(told - {context.actor.person}))),)


def _listeners(state: Filing) -> tuple[Post, ...]:
    """The posts that a comment is meant for: the author's, unless a person owes it, and those that may decide now."""
    author = () if state.person is not None else (state.author,)
    return (*author, *state.posts) if isinstance(state, InReview) else author


def _remind(state: Working, command: Remind, context: Context) -> Sequence[Event]:
    _fallen_due(_next_reminder(state), context)
    return (FilingReminded(due_at=state.due_at),)


def _fall_due(state: Working, command: FallDue, context: Context) -> Sequence[Event]:
    _fallen_due(_due(state), context)
    return (FilingFellDue(),)


def _lapse(state: Working, command: Lapse, context: Context) -> Sequence[Event]:
    _fallen_due(_lapses(state), context)
    return (FilingLapsed(),)


def _remind_stage(state: InReview, command: RemindStage, context: Context) -> Sequence[Event]:
    _fallen_due(state.stage_remind_at, context)
    return (StageReminded(stage=state.here.stage),)


def _escalate(state: InReview, command: Escalate, context: Context) -> Sequence[Event]:
    to = _fallen_due(state.escalate_at, context) and state.here.escalate_to
    if to is None:
        raise conflict("alarm_not_due")
    return (StageEscalated(stage=state.here.stage, to=to),)


def _fallen_due(at: datetime | None, context: Context) -> datetime:
    """Return the alarm's time, or refuse: an alarm is only carried out once its time has come."""
    if at is None or at > context.now:
        raise conflict("alarm_not_due")
    return at


# -- folds


def _base(state: Filing) -> dict[str, Any]:
    return {name: getattr(state, name) for name in Filing.model_fields if name != "status"}


def _opened(_: None, event: FilingOpened, fact: Fact) -> Open:
    return Open(opened_at=fact.at, **{name: getattr(event, name) for name in FilingOpened.model_fields})


def _drafting(state: Working, event: DraftingBegun, fact: Fact) -> Drafting:
    return Drafting(begun_by=fact.by, **_base(state))


def _submitted(state: Working, event: FilingSubmitted, fact: Fact) -> InReview:
    """The submission alone puts the filing at its step; the stage's deadlines follow in the next fact."""
    revision = Revision(number=event.revision, content=event.content, by=fact.by, at=fact.at)
    base = _base(state) | {"revisions": (*state.revisions, revision)}
    step, approvals = _arrives(state, fact.by)
    return InReview(
        in_force=state.in_force,
        step=step,
        arrived_at=fact.at,
        stage_due_at=fact.at,
        stage_remind_at=None,
        escalate_at=None,
        approvals=approvals,
        **base,
    )


def _stage_reached(state: InReview, event: StageReached, fact: Fact) -> InReview:
    return state.model_copy(
        update={
            "step": event.step,
            "arrived_at": fact.at,
            "stage_due_at": event.due_at,
            "stage_remind_at": event.remind_at,
            "escalate_at": event.escalate_at,
            "escalated": False,
        }
    )


def _approval_given(state: InReview, event: ApprovalGiven, fact: Fact) -> InReview:
    approval = Approval(stage=event.stage, by=fact.by, at=fact.at, comment=event.comment, judgement=event.judgement)
    return state.model_copy(update={"approvals": (*state.approvals, approval)})


def _approved(state: InReview, event: FilingApproved, fact: Fact) -> Approved:
    revision = state.revisions[-1]
    in_force = InForce(judgement=event.judgement, approvals=state.approvals, **dict(revision))
    return Approved(in_force=in_force, **_base(state))


def _returned(state: InReview, event: FilingReturned, fact: Fact) -> Returned:
    times = {"due_at": event.due_at, "lapses_at": event.lapses_at, "remind_at": event.remind_at}
    return Returned(
        by=fact.by,
        reason=event.reason,
        resume_at=event.resume_at,
        approvals=_agreed_before(state, event.resume_at),
        in_force=state.in_force,
        **_base(state) | times | {"overdue": False},
    )


def _agreed_before(state: InReview, step: int) -> tuple[Approval, ...]:
    """The agreements of the stages before a step; those from there on no longer count."""
    kept = {one.stage for one in state.steps[:step]}
    return tuple(one for one in state.approvals if one.stage in kept)


def _sent_back(state: InReview, event: SentBack, fact: Fact) -> InReview:
    step = [one.stage for one in state.steps].index(event.to)
    return state.model_copy(update={"approvals": _agreed_before(state, step)})


def _recalled(state: InReview, event: FilingRecalled, fact: Fact) -> Recalled:
    reminders = tuple(at for at in state.remind_at if at > fact.at)
    base = _base(state) | {"lapses_at": event.lapses_at, "remind_at": reminders}
    return Recalled(reason=event.reason, in_force=state.in_force, **base)


def _rejected(state: InReview, event: FilingRejected, fact: Fact) -> Rejected | Approved:
    """Rejecting an amendment leaves the approved revision in force."""
    if state.in_force is not None:
        return Approved(in_force=state.in_force, **_base(state))
    return Rejected(by=fact.by, reason=event.reason, **_base(state))


def _waived(state: Filing, event: FilingWaived, fact: Fact) -> Waived:
    return Waived(by=fact.by, reason=event.reason, **_base(state))


def _lapsed(state: Working, event: FilingLapsed, fact: Fact) -> Lapsed:
    return Lapsed(**_base(state))


def _amending(state: Approved, event: AmendingBegun, fact: Fact) -> Amending:
    return Amending(in_force=state.in_force, reason=event.reason, **_base(state))


def _abandoned(state: Working, event: AmendmentAbandoned, fact: Fact) -> Approved:
    assert state.in_force is not None, "only an amendment is abandoned"
    return Approved(in_force=state.in_force, **_base(state))


def _commented(state: Filing, event: FilingCommented, fact: Fact) -> Filing:
    """Comments are kept in the events alone, so that no number of them makes a state grow."""
    return state


def _reminded(state: Working, event: FilingReminded, fact: Fact) -> Working:
    return state.model_copy(update={"remind_at": tuple(at for at in state.remind_at if at > fact.at)})


def _fell_due(state: Working, event: FilingFellDue, fact: Fact) -> Working:
    return state.model_copy(update={"overdue": True})


def _stage_reminded(state: InReview, event: StageReminded, fact: Fact) -> InReview:
    return state.model_copy(update={"stage_remind_at": None})


def _escalated(state: InReview, event: StageEscalated, fact: Fact) -> InReview:
    return state.model_copy(update={"escalated": True, "escalate_at": None, "stage_remind_at": None})


# -- alarms: an amendment has no deadline, its approved revision is in force meanwhile


def _next_reminder(state: Working) -> datetime | None:
    return state.remind_at[0] if state.remind_at and state.in_force is None else None


def _due(state: Working) -> datetime | None:
    return None if state.overdue or state.in_force is not None else state.due_at


def _lapses(state: Working) -> datetime | None:
    return None if state.in_force is not None else state.lapses_at


# -- reactions


def _subject_params(state: Filing) -> dict[str, str | int]:
    return {
        "title": state.title.zh,
        "title_en": state.title.en,
        "unit": state.unit_title.zh,
        "unit_en": state.unit_title.en,
        "period": state.period,
    }


def _tell_author(notice: str, state: Filing, **params: str | int) -> Notify:
    to_person = (state.person,) if state.person is not None else ()
    return Notify(
        notice=notice,
        people=to_person,
        posts=() if to_person else (state.author,),
        params=_subject_params(state) | params,
    )


def _on_opened(event: FilingOpened, state: Open) -> Iterable[Intent]:
    yield _tell_author("filing_opened", state, due=state.due_at.isoformat())


def _on_reached(event: StageReached, state: InReview) -> Iterable[Intent]:
    params = _subject_params(state) | {"due": event.due_at.isoformat()}
    yield Notify(notice="filing_to_decide", posts=state.posts, params=params)


def _on_approved(event: FilingApproved, state: Approved) -> Iterable[Intent]:
    yield _tell_author("filing_approved", state)
    opens = next((one.opens for one in state.judgements if one.id == event.judgement), None)
    if opens is not None:
        key = (state.cycle, opens, state.unit, state.duty, state.period, str(event.revision))
        yield Issue(
            stream=stream_id("follow_up", state.tenant, *key),
            command="open",
            data={
                "cycle": state.cycle,
                "rules": opens,
                "unit": state.unit,
                "cause": f"{state.duty}/{state.period}/{event.judgement}",
            },
        )


def _on_returned(event: FilingReturned, state: Returned) -> Iterable[Intent]:
    yield _tell_author("filing_returned", state, reason=event.reason, due=event.due_at.isoformat())


def _on_sent_back(event: SentBack, state: InReview) -> Iterable[Intent]:
    to = next(step.title for step in state.steps if step.stage == event.to)
    yield _tell_author("filing_sent_back", state, stage=to.zh, stage_en=to.en, reason=event.reason)


def _on_recalled(event: FilingRecalled, state: Recalled) -> Iterable[Intent]:
    post = next(step.post for step in state.steps if step.stage == event.stage)
    yield Notify(notice="filing_recalled", posts=(post,), params=_subject_params(state))


def _on_rejected(event: FilingRejected, state: Filing) -> Iterable[Intent]:
    yield _tell_author("filing_rejected", state, reason=event.reason)


def _on_waived(event: FilingWaived, state: Waived) -> Iterable[Intent]:
    yield _tell_author("filing_waived", state, reason=event.reason)


def _on_commented(event: FilingCommented, state: Filing) -> Iterable[Intent]:
    if event.told:
        params = _subject_params(state) | {"text": event.text}
        yield Notify(notice="filing_commented", people=event.told, params=params)


def _on_reminded(event: FilingReminded, state: Working) -> Iterable[Intent]:
    yield _tell_author("filing_due_soon", state, due=event.due_at.isoformat())


def _on_fell_due(event: FilingFellDue, state: Working) -> Iterable[Intent]:
    yield _tell_author("filing_overdue", state, lapses=state.lapses_at.isoformat())


def _on_lapsed(event: FilingLapsed, state: Lapsed) -> Iterable[Intent]:
    yield _tell_author("filing_lapsed", state)


def _on_stage_reminded(event: StageReminded, state: InReview) -> Iterable[Intent]:
    params = _subject_params(state) | {"due": state.stage_due_at.isoformat()}
    yield Notify(notice="filing_decide_soon", posts=(state.here.post,), params=params)


def _on_escalated(event: StageEscalated, state: InReview) -> Iterable[Intent]:
    yield Notify(notice="filing_escalated", posts=(event.to, state.here.post), params=_subject_params(state))


# -- views


def _scope(state: Filing) -> Scope:
    posts = {state.author, *(step.post for step in state.steps)}
    posts.update(step.escalate_to for step in state.steps if step.escalate_to is not None)
    people = {one.by for one in state.revisions} | ({state.person} if state.person else set())
    return Scope(state.path, state.stays_in, frozenset(people), frozenset(posts))


def _summary(state: Filing) -> Summary:
    return Summary(
        cycle=state.cycle,
        unit=state.unit,
        duty=state.duty,
        period=state.period,
        person=state.person,
        subject=state.subject,
        stage=state.here.stage if isinstance(state, InReview) else None,
        due_at=state.stage_due_at if isinstance(state, InReview) else state.due_at,
        late=isinstance(state, Working) and state.in_force is None and state.overdue,
    )


def _tasks(state: Filing) -> Iterable[Task]:
    if isinstance(state, InReview):
        agreed = bool(state.agreed_here())
        for post in state.posts:
            yield Task("agree_too" if agreed else "decide", state.stage_due_at, post=post)
    elif isinstance(state, Working):
        kind = "mend" if isinstance(state, Returned) else "submit"
        due_at = None if state.in_force is not None else state.due_at
        if state.person is not None:
            yield Task(kind, due_at, person=state.person)
        else:
            yield Task(kind, due_at, post=state.author)


def _lookups(state: Filing | None, command: Command) -> Lookups:
    if isinstance(state, InReview) and isinstance(command, Approve) and state.here.mode is Mode.ALL:
        return Lookups(posts=frozenset({state.here.post}))
    if state is not None and isinstance(command, Comment):
        return Lookups(posts=frozenset(_listeners(state)))
    return NOTHING


_STATES: tuple[type[State], ...] = (
    Open,
    Drafting,
    InReview,
    Returned,
    Recalled,
    Amending,
    Approved,
    Rejected,
    Waived,
    Lapsed,
)
_WORKING: tuple[type[State], ...] = (Open, Drafting, Returned, Recalled, Amending)
_DUE: tuple[type[State], ...] = (Open, Drafting, Returned, Recalled)
_AMENDMENT: tuple[type[State], ...] = (Returned, Recalled, Amending)
_REVIEW: tuple[type[State], ...] = (InReview,)

FILING: Machine = Machine(
    name="filing",
    states=_STATES,
    ends=frozenset({Approved, Rejected, Waived, Lapsed}),
    transitions=(
        Transition(OpenFiling, (), (Open,), (FilingOpened,), only_system, _open),
        Transition(BeginDraft, (Open,), (Drafting,), (DraftingBegun,), _is_author, _begin_draft),
        Transition(Submit, _WORKING, _REVIEW, (FilingSubmitted, StageReached), _is_author, _submit),
        Transition(
            Approve,
            _REVIEW,
            (InReview, Approved),
            (ApprovalGiven, StageReached, FilingApproved),
            _may_approve,
            _approve,
        ),
        Transition(
            Return,
            _REVIEW,
            (Returned, InReview),
            (FilingReturned, SentBack, StageReached),
            _may_decide,
            _return,
        ),
        Transition(Reject, _REVIEW, (Rejected, Approved), (FilingRejected,), _may_reject, _reject),
        Transition(Recall, _REVIEW, (Recalled,), (FilingRecalled,), _may_recall, _recall),
        Transition(Waive, (*_DUE, InReview), (Waived,), (FilingWaived,), _may_waive, _waive),
        Transition(Amend, (Approved,), (Amending,), (AmendingBegun,), _is_author, _amend),
        Transition(AbandonAmendment, _AMENDMENT, (Approved,), (AmendmentAbandoned,), _may_amendment, _abandon),
        Transition(Comment, _STATES, (), (FilingCommented,), _may_comment, _comment),
        Transition(Remind, _DUE, (), (FilingReminded,), only_system, _remind),
        Transition(FallDue, _DUE, (), (FilingFellDue,), only_system, _fall_due),
        Transition(Lapse, _DUE, (Lapsed,), (FilingLapsed,), only_system, _lapse),
        Transition(RemindStage, _REVIEW, (), (StageReminded,), only_system, _remind_stage),
        Transition(Escalate, _REVIEW, (), (StageEscalated,), only_system, _escalate),
    ),
    evolve={
        FilingOpened: _opened,
        DraftingBegun: _drafting,
        FilingSubmitted: _submitted,
        StageReached: _stage_reached,
        ApprovalGiven: _approval_given,
        FilingApproved: _approved,
        FilingReturned: _returned,
        SentBack: _sent_back,
        FilingRecalled: _recalled,
        FilingRejected: _rejected,
        FilingWaived: _waived,
        AmendingBegun: _amending,
        AmendmentAbandoned: _abandoned,
        FilingCommented: _commented,
        FilingReminded: _reminded,
        FilingFellDue: _fell_due,
        FilingLapsed: _lapsed,
        StageReminded: _stage_reminded,
        StageEscalated: _escalated,
    },
    alarm_table=(
        Alarm("remind", _DUE, _next_reminder, lambda _: Remind()),
        Alarm("fall_due", _DUE, _due, lambda _: FallDue()),
        Alarm("lapse", _DUE, _lapses, lambda _: Lapse()),
        Alarm("remind_stage", _REVIEW, lambda state: state.stage_remind_at, lambda _: RemindStage()),
        Alarm("escalate", _REVIEW, lambda state: state.escalate_at, lambda _: Escalate()),
    ),
    reaction_table=(
        Reaction(FilingOpened, _on_opened),
        Reaction(StageReached, _on_reached),
        Reaction(FilingApproved, _on_approved),
        Reaction(FilingReturned, _on_returned),
        Reaction(SentBack, _on_sent_back),
        Reaction(FilingRecalled, _on_recalled),
        Reaction(FilingRejected, _on_rejected),
        Reaction(FilingWaived, _on_waived),
        Reaction(FilingCommented, _on_commented),
        Reaction(FilingReminded, _on_reminded),
        Reaction(FilingFellDue, _on_fell_due),
        Reaction(FilingLapsed, _on_lapsed),
        Reaction(StageReminded, _on_stage_reminded),
        Reaction(StageEscalated, _on_escalated),
    ),
    scope=_scope,
    summary=_summary,
    tasks=_tasks,
    lookups=_lookups,
    quiet=frozenset({FilingCommented, FilingReminded, FilingFellDue, StageReminded}),
)

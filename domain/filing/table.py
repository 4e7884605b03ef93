"""The filing machine as one value."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime

from domain.access import Post, only_system
from domain.context import NOTHING, Lookups
from domain.filing import asides, authoring, deciding, moving, opening
from domain.filing import commands as c
from domain.filing import events as e
from domain.filing import permissions as may
from domain.filing.folding import FOLDS
from domain.filing.notices import REACTIONS
from domain.filing.routing import people_and_posts
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
from domain.filing.values import Visit
from domain.ids import PersonId
from domain.machine import Alarm, Command, Machine, State, Summary, Task, Transition
from domain.programme import Programme


def _summary(state: Filing) -> Summary:
    review = isinstance(state, InReview)
    return Summary(
        cycle=state.cycle,
        unit=state.unit,
        duty=state.duty,
        period=state.period,
        person=state.person,
        subject=state.subject,
        stage=state.first.stage if isinstance(state, InReview) else None,
        due_at=state.first.due_at if isinstance(state, InReview) else state.due_at,
        late=not review and isinstance(state, Working) and state.in_force is None and state.overdue,
    )


def _tasks(state: Filing) -> Iterable[Task]:
    if isinstance(state, InReview):
        yield from _decisions(state)
    elif isinstance(state, Working):
        kind = "mend" if isinstance(state, Returned) else "submit"
        due_at = None if state.in_force is not None else state.due_at
        if state.person is not None:
            yield Task(kind, due_at, person=state.person)
        else:
            yield Task(kind, due_at, post=state.author)
        if state.extension is not None:
            yield from (Task("extend", due_at, post=post) for post in state.office[:1])
    yield from (Task("read", None, person=one.person) for one in state.copies if one.read_at is None)


def _decisions(state: InReview) -> Iterable[Task]:
    for visit in state.visits:
        kind = "agree_too" if state.agreed(visit.stage) else "decide"
        for seat in state.turns(visit):
            if seat.person is not None:
                yield Task(kind, visit.due_at, person=seat.person)
            else:
                yield Task(kind, visit.due_at, post=seat.post)
        if visit.vacant:
            yield from (Task("name_decider", visit.due_at, post=post) for post in state.office[:1])


_ROUTING = (c.Submit, c.Approve, c.Return, c.Object, c.Reseat, c.PassByTime, c.AddSigner)
_NAMING: dict[type[Command], Callable[..., Iterable[PersonId]]] = {
    c.Transfer: lambda command: (command.to,),
    c.AddSigner: lambda command: command.people,
    c.Assign: lambda command: command.people,
    c.HandOver: lambda command: (command.to,),
    c.Comment: lambda command: command.mentions,
    c.SendCopy: lambda command: command.people,
}


def _lookups(state: Filing | None, command: Command) -> Lookups:
    if state is None:
        return NOTHING
    wanted = Lookups()
    if isinstance(command, c.MoveRules):
        return Lookups(programmes=frozenset({command.programme}))
    if isinstance(command, (*_ROUTING, c.Transfer, c.HandOver)):
        wanted = people_and_posts(state)
    elif isinstance(command, c.Comment):
        wanted = asides.listeners(state)
    elif isinstance(command, c.AskExtension):
        wanted = Lookups(posts=frozenset({*state.office, state.author}))
    elif isinstance(command, c.Escalate):
        wanted = Lookups(posts=frozenset(_above(state, command.stage)))
    naming = _NAMING.get(type(command))
    named: frozenset[PersonId] = frozenset() if naming is None else frozenset(naming(command))
    return Lookups(people=wanted.people | named, posts=wanted.posts, staff=wanted.staff)


def _above(state: Filing, stage: str) -> Iterable[Post]:
    return (one.escalate_to for one in state.steps if one.stage == stage and one.escalate_to is not None)


def _lookups_under(state: Filing | None, command: Command, stored: Mapping[str, Programme]) -> Lookups:
    """Under other rules, others come to decide."""
    if state is None or not isinstance(command, c.MoveRules):
        return NOTHING
    return moving.people_and_posts_under(state, stored[command.programme])


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
    Voided,
    Lapsed,
)
_WORKING: tuple[type[State], ...] = (Open, Drafting, Returned, Recalled, Amending)
_DUE: tuple[type[State], ...] = (Open, Drafting, Returned, Recalled)
_AMENDMENT: tuple[type[State], ...] = (Returned, Recalled, Amending)
_REVIEW: tuple[type[State], ...] = (InReview,)

_ONWARD = (e.StageReached, e.StagePassed, e.FilingApproved, e.FilingCopied)
"""What follows when a filing goes on."""
_ENDINGS = (InReview, Approved)

Times = Callable[[Visit], datetime | None]


def _earliest(of: Times) -> Callable[[InReview], datetime | None]:
    def at(state: InReview) -> datetime | None:
        return min((found for visit in state.visits if (found := of(visit)) is not None), default=None)

    return at


def _ringing(of: Times, command: Callable[..., c.OfStage]) -> Callable[[InReview], c.OfStage]:
    """The command of an alarm, for the stay that it rings for."""

    def ring(state: InReview) -> c.OfStage:
        due = [(found, visit.stage) for visit in state.visits if (found := of(visit)) is not None]
        order = [visit.stage for visit in state.visits]
        return command(stage=min(due, key=lambda one: (one[0], order.index(one[1])))[1])

    return ring


def _stage_alarm(name: str, of: Times, command: Callable[..., c.OfStage]) -> Alarm:
    return Alarm(name, _REVIEW, _earliest(of), _ringing(of, command))


FILING: Machine = Machine(
    name="filing",
    states=_STATES,
    ends=frozenset({Approved, Rejected, Waived, Voided, Lapsed}),
    transitions=(
        Transition(c.OpenFiling, (), (Open,), (e.FilingOpened,), only_system, opening.open_filing),
        Transition(c.BeginDraft, (Open,), (Drafting,), (e.DraftingBegun,), may.is_author, authoring.begin_draft),
        Transition(c.Submit, _WORKING, _ENDINGS, (e.FilingSubmitted, *_ONWARD), may.is_author, authoring.submit),
        Transition(c.Approve, _REVIEW, _ENDINGS, (e.ApprovalGiven, *_ONWARD), may.decides, deciding.approve),
        Transition(
            c.Return,
            _REVIEW,
            (Returned, InReview),
            (e.FilingReturned, e.SentBack, e.StageReached),
            may.decides,
            deciding.send_back,
        ),
        Transition(c.Reject, _REVIEW, (Rejected, Approved), (e.FilingRejected,), may.rejects, deciding.reject),
        Transition(
            c.Object,
            _REVIEW,
            (InReview, Returned, Rejected, Approved),
            (e.ObjectionRaised, e.FilingReturned, e.FilingRejected),
            may.objects,
            deciding.object_to,
        ),
        Transition(c.Transfer, _REVIEW, _REVIEW, (e.Transferred,), may.decides, deciding.transfer),
        Transition(c.AddSigner, _REVIEW, _REVIEW, (e.SignerAdded, e.StageReached), may.decides, deciding.add_signer),
        Transition(c.Assign, _REVIEW, _REVIEW, (e.DeciderAssigned,), may.assigns, deciding.assign),
        Transition(c.HandOver, _WORKING, (), (e.HandedOver,), may.hands_over, deciding.hand_over),
        Transition(
            c.HandOver,
            _REVIEW,
            (InReview, Approved, Returned, Rejected),
            (e.HandedOver, e.SeatsChanged, e.FilingReturned, e.FilingRejected, *_ONWARD),
            may.hands_over,
            deciding.hand_over,
        ),
        Transition(
            c.Recall,
            _REVIEW,
            (Recalled, InReview),
            (e.FilingRecalled, e.RecallRequested),
            may.recalls,
            authoring.recall,
        ),
        Transition(c.AgreeRecall, _REVIEW, (Recalled,), (e.FilingRecalled,), may.answers_recall, deciding.agree_recall),
        Transition(c.RefuseRecall, _REVIEW, _REVIEW, (e.RecallRefused,), may.answers_recall, deciding.refuse_recall),
        Transition(c.Waive, (*_DUE, InReview), (Waived,), (e.FilingWaived,), may.waives, asides.waive),
        Transition(c.Amend, (Approved,), (Amending,), (e.AmendingBegun,), may.is_author, authoring.amend),
        Transition(c.AbandonAmendment, _AMENDMENT, (Approved,), (e.AmendmentAbandoned,), may.amends, authoring.abandon),
        Transition(c.Void, (Approved,), (Voided,), (e.FilingVoided,), may.voids, asides.void),
        Transition(c.AskExtension, _DUE, (), (e.ExtensionAsked,), may.asks_extension, authoring.ask_extension),
        Transition(c.GrantExtension, _DUE, (), (e.ExtensionGranted,), may.answers_extension, authoring.grant_extension),
        Transition(
            c.RefuseExtension, _DUE, (), (e.ExtensionRefused,), may.answers_extension, authoring.refuse_extension
        ),
        Transition(c.Comment, _STATES, (), (e.FilingCommented,), may.reads, asides.comment),
        Transition(c.SendCopy, _STATES, (), (e.FilingCopied,), may.sends_copies, asides.copy),
        Transition(c.MarkRead, _STATES, (), (e.CopyRead,), may.marks_read, asides.mark_read),
        Transition(c.Urge, _REVIEW, (), (e.FilingUrged,), may.is_author, asides.urge),
        Transition(c.MoveRules, _WORKING, (), (e.RulesMoved,), may.moves_rules, moving.move_rules),
        Transition(
            c.MoveRules,
            _REVIEW,
            (InReview, Returned),
            (e.RulesMoved, e.SeatsChanged, e.StageReached, e.StagePassed),
            may.moves_rules,
            moving.move_rules,
        ),
        Transition(c.Remind, _DUE, (), (e.FilingReminded,), only_system, asides.remind),
        Transition(c.FallDue, _DUE, (), (e.FilingFellDue,), only_system, asides.fall_due),
        Transition(c.Lapse, _DUE, (Lapsed,), (e.FilingLapsed,), only_system, asides.lapse),
        Transition(c.RemindStage, _REVIEW, (), (e.StageReminded,), only_system, deciding.remind_stage),
        Transition(c.Escalate, _REVIEW, (), (e.StageEscalated,), only_system, deciding.escalate),
        Transition(c.PassByTime, _REVIEW, _ENDINGS, (e.ApprovalGiven, *_ONWARD), only_system, deciding.pass_by_time),
        Transition(
            c.Reseat,
            _REVIEW,
            (InReview, Approved, Returned, Rejected),
            (e.SeatsChanged, e.FilingReturned, e.FilingRejected, *_ONWARD),
            only_system,
            deciding.reseat,
        ),
    ),
    evolve=FOLDS,
    alarm_table=(
        Alarm("remind", _DUE, asides.next_reminder, lambda _: c.Remind()),
        Alarm("fall_due", _DUE, asides.due, lambda _: c.FallDue()),
        Alarm("lapse", _DUE, asides.lapses, lambda _: c.Lapse()),
        _stage_alarm("remind_stage", lambda visit: visit.remind_at, c.RemindStage),
        _stage_alarm("escalate", lambda visit: visit.escalate_at, c.Escalate),
        _stage_alarm("pass_by_time", lambda visit: visit.passes_at, c.PassByTime),
    ),
    reaction_table=REACTIONS,
    scope=may.scope,
    summary=_summary,
    tasks=_tasks,
    lookups=_lookups,
    lookups_under=_lookups_under,
    quiet=frozenset({e.FilingCommented, e.FilingReminded, e.FilingFellDue, e.StageReminded, e.CopyRead, e.FilingUrged}),
)
"""The filing machine."""

"""The way of a stream as a picture: what is done and sealed, where it is now, what comes next. No markup.

All three pictures are made of `Step`s. Those of a filing are its author and its stages; those of an inspection and of a
follow-up are the machine's own course.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from domain import filing, follow_up, inspection
from domain.access import Post
from domain.filing import FILING
from domain.filing.routing import votes_needed
from domain.follow_up import FOLLOW_UP
from domain.ids import SYSTEM
from domain.inspection import INSPECTION
from domain.machine import Event, State
from domain.path_shape import Segment, shape
from domain.programme import Chooser, FollowUpKind, Mode
from domain.story import posts_of
from domain.view import Happening, Moved, Names, PostWords, walk


class StepState(StrEnum):
    """Where a step stands."""

    DONE = "done"
    NOW = "now"
    NEXT = "next"
    LEFT_OUT = "left_out"
    """It will not be reached: the stream has ended before it."""


class Verdict(StrEnum):
    """What a seal says."""

    SUBMITTED = "submitted"
    AGREED = "agreed"
    RECEIVED = "received"
    READ = "read"
    RETURNED = "returned"
    SENT_BACK = "sent_back"
    OBJECTED = "objected"
    BY_TIME = "by_time"
    """Nobody decided; the stage let it pass when its time was over."""
    REJECTED = "rejected"
    WAIVED = "waived"
    ARRANGED = "arranged"
    SIGNED = "signed"
    ACKNOWLEDGED = "acknowledged"
    DISPUTED = "disputed"
    REVIEWED = "reviewed"
    COMMENDED = "commended"
    VISITED = "visited"
    PLANNED = "planned"
    VERIFIED = "verified"
    CANCELLED = "cancelled"
    VOIDED = "voided"


@dataclass(frozen=True, slots=True)
class Seal:
    """A decision, as it is stamped: two to four characters, role, name, date."""

    verdict: Verdict
    words: str
    who: str
    """The person's name, “乙 代 甲” when it was for somebody else."""
    post: PostWords | None
    """The post by which they could, where that is known."""
    at: datetime
    comment: str | None = None
    judgement: str | None = None


@dataclass(frozen=True, slots=True)
class Tally:
    """How a vote stands."""

    given: int
    against: int
    needed: int
    voters: int


@dataclass(frozen=True, slots=True)
class Step:
    """One step of a way."""

    id: str
    title: str
    state: StepState
    post: PostWords | None
    """Who takes it; none for what the system does by itself."""
    people: tuple[str, ...] = ()
    """Who takes it by name, where it is for people and not for whoever holds a post."""
    due_at: datetime | None = None
    """Until when, at the present step."""
    seals: tuple[Seal, ...] = ()
    """What was decided here and holds."""
    earlier: tuple[Seal, ...] = ()
    """What was decided here before the stream came back, oldest first."""
    more_posts: tuple[PostWords, ...] = ()
    """Who else takes it, where it is for several posts."""
    layer: int = 0
    """How far along it is: steps of one layer stand side by side."""
    after: tuple[str, ...] = ()
    """The steps that come directly before it."""
    later: tuple[str, ...] = ()
    """Who decides after those whose turn it is, where they go in order."""
    tally: Tally | None = None
    """How a vote stands, at the present step."""
    vacant: bool = False
    """It is the present step, and nobody is there to take it."""
    chooser: Chooser | None = None
    """Who is to name those who take it, while nobody is named."""
    staff_no: str | None = None
    """Who takes it, by staff number, before it is reached."""
    passed_over: str | None = None
    """Why nobody had to decide there."""
    added: bool = False
    """Put into the path on the way."""
    together: bool = False
    """Everybody must agree."""
    escalation: PostWords | None = None
    """Who else decides when the step is late."""
    escalates_at: datetime | None = None
    escalated: bool = False
    resumes: bool = False
    """What was sent back from here comes straight back here."""


@dataclass(frozen=True, slots=True)
class Path:
    """The way of a stream."""

    steps: tuple[Step, ...]
    end: Seal | None = None
    """What ended it before its way was over: waived, cancelled. A rejection is the seal of its stage."""
    lapsed: bool = False

    @property
    def shape(self) -> tuple[Segment[Step], ...]:
        """Its steps one after another, with branches side by side."""
        return shape(self.steps)

    @property
    def now(self) -> Step | None:
        """The step it is at, the first of several; none when it has ended."""
        return next((step for step in self.steps if step.state is StepState.NOW), None)

    @property
    def next(self) -> Step | None:
        """The step after the present one."""
        return next((step for step in self.steps if step.state is StepState.NEXT), None)


def _seal(
    verdict: Verdict, moved: Moved, names: Names, comment: str | None = None, judgement: str | None = None
) -> Seal:
    one = moved.happening
    post = names.acted_by(posts_of(moved), one.actor, one.on_behalf_of)
    return Seal(
        verdict=verdict,
        words=names.say(f"seal.{verdict}"),
        who=names.actor(one.actor, one.on_behalf_of),
        post=None if post is None else names.post(post),
        at=one.happened_at,
        comment=comment,
        judgement=judgement,
    )


@dataclass(frozen=True, slots=True)
class _Pressed:
    """A seal, the step it was pressed at, and the event it stands for."""

    step: str
    seal: Seal
    version: int


def _at(step: str, pressed: Iterable[_Pressed]) -> tuple[Seal, ...]:
    return tuple(one.seal for one in pressed if one.step == step)


# -- filings


AUTHOR = "author"
"""The id of a filing's first step."""


def filing_path(happenings: Iterable[Happening], names: Names) -> Path:
    """Return the way of a filing, from all its events."""
    moves = tuple(walk(FILING, happenings))
    state = moves[-1].after
    assert isinstance(state, filing.Filing), "these are the events of a filing"
    pressed = [one for moved in moves for one in _pressed_on_filing(moved, names)]
    holding = _holding(moves, pressed, state)
    earlier = [one for one in pressed if one not in holding]
    steps = [_author_step(state, holding, earlier, names)]
    over = _passed_over(moves, state, names)
    layers = _layers(state)
    steps += [_stage_step(one, layers[one.stage], over, state, holding, earlier, names) for one in state.steps]
    end = next((seal for moved in moves if (seal := _end(moved, names)) is not None), None)
    return Path(tuple(steps), end, lapsed=isinstance(state, filing.Lapsed))


def _end(moved: Moved, names: Names) -> Seal | None:
    """The seal of what ended it beside its way."""
    if isinstance(moved.happening.event, filing.FilingWaived):
        return _seal(Verdict.WAIVED, moved, names, _reason(moved))
    if isinstance(moved.happening.event, filing.FilingVoided):
        return _seal(Verdict.VOIDED, moved, names, _reason(moved))
    return None


def _layers(state: filing.Filing) -> Mapping[str, int]:
    """How far along each stage is, by the longest way to it."""
    layers: dict[str, int] = {}
    while len(layers) < len(state.steps):
        for one in state.steps:
            if all(stage in layers for stage in one.after):
                layers[one.stage] = 1 + max((layers[stage] for stage in one.after), default=0)
    return layers


def _passed_over(moves: Sequence[Moved], state: filing.Filing, names: Names) -> Mapping[str, str]:
    """Why the stages that were passed without a decision were, in the present round."""
    passed = state.passed if isinstance(state, filing.InReview | filing.Returned) else None
    why: dict[str, str] = {}
    for event in (moved.happening.event for moved in moves):
        if isinstance(event, filing.StagePassed):
            why[event.stage] = names.say(f"story_part.because.{event.because}")
        elif isinstance(event, filing.RulesMoved):
            why |= dict.fromkeys(event.passed_over, names.say("story_part.because.behind"))
        elif isinstance(event, filing.ApprovalGiven):
            why.pop(event.stage, None)
    ended = isinstance(state, filing.Approved)
    return {stage: said for stage, said in why.items() if ended or (passed is not None and stage in passed)}


def _pressed_on_filing(moved: Moved, names: Names) -> Iterable[_Pressed]:
    event, version = moved.happening.event, moved.happening.version
    if isinstance(event, filing.FilingSubmitted):
        yield _Pressed(AUTHOR, _seal(Verdict.SUBMITTED, moved, names), version)
    elif isinstance(event, filing.ApprovalGiven):
        assert isinstance(moved.after, filing.InReview), "an approval leaves it at its stage"
        titles = {one.id: names.text(one.title) for one in moved.after.judgements}
        judgement = None if event.judgement is None else titles.get(event.judgement)
        stamp = Verdict.BY_TIME if event.by_time else Verdict(moved.after.step_of(event.stage).seal)
        yield _Pressed(event.stage, _seal(stamp, moved, names, event.comment, judgement), version)
    elif isinstance(event, filing.ObjectionRaised):
        yield _Pressed(event.stage, _seal(Verdict.OBJECTED, moved, names, event.reason), version)
    elif isinstance(event, filing.FilingReturned):
        yield _Pressed(event.stage, _seal(Verdict.RETURNED, moved, names, event.reason), version)
    elif isinstance(event, filing.SentBack):
        yield _Pressed(event.stage, _seal(Verdict.SENT_BACK, moved, names, event.reason), version)
    elif isinstance(event, filing.FilingRejected):
        yield _Pressed(event.stage, _seal(Verdict.REJECTED, moved, names, event.reason), version)


def _holding(moves: Sequence[Moved], pressed: Sequence[_Pressed], state: filing.Filing) -> list[_Pressed]:
    """The seals that count now: the agreements that the state keeps, what stopped it, and the hand-in behind it."""
    agreed = _agreements(moves)
    events = {moved.happening.version: moved.happening for moved in moves}
    # Where the clock stands still, somebody may agree twice in one instant; the later one is meant.
    latest = {(one.step, events[one.version].actor, one.seal.at): one.version for one in pressed}

    def holds(one: _Pressed) -> bool:
        event = events[one.version].event
        if isinstance(event, filing.ApprovalGiven):
            key = (one.step, events[one.version].actor, one.seal.at)
            return key in agreed and latest[key] == one.version
        if isinstance(event, filing.FilingSubmitted):
            return event.revision == _handed_in(moves)
        return not _overtaken(event, moves[one.version :], state)

    return [one for one in pressed if holds(one)]


def _agreements(moves: Sequence[Moved]) -> frozenset[tuple[str, str, datetime]]:
    """The agreements that the last state keeps; an end that keeps none stands on those of the state before it."""
    for moved in reversed(moves):
        state = moved.after
        if isinstance(state, filing.InReview | filing.Returned):
            return frozenset((one.stage, one.by, one.at) for one in state.approvals)
        if isinstance(state, filing.Approved | filing.Voided):
            in_force = state.in_force if isinstance(state, filing.Approved) else state.voided
            return frozenset((one.stage, one.by, one.at) for one in in_force.approvals)
        if isinstance(state, filing.Working):
            break
    return frozenset()


def _handed_in(moves: Sequence[Moved]) -> int | None:
    """The revision that is in review, in force or was last decided; none while the author has it."""
    for moved in reversed(moves):
        state = moved.after
        if isinstance(state, filing.InReview):
            return state.revisions[-1].number
        if isinstance(state, filing.Approved):
            return state.in_force.number
        if isinstance(state, filing.Voided):
            return state.voided.number
        if isinstance(state, filing.Working):
            break
    return None


def _overtaken(event: Event, later: Sequence[Moved], state: filing.Filing) -> bool:
    """Whether what stopped a filing has been overtaken by what came after."""
    if isinstance(event, filing.FilingReturned):
        kept = isinstance(state, filing.Returned | filing.Waived | filing.Lapsed)
        return not kept or any(isinstance(one.happening.event, filing.FilingSubmitted) for one in later)
    if isinstance(event, filing.SentBack):
        again = (one.happening.event for one in later if isinstance(one.happening.event, filing.StageReached))
        reached = any(one.stage == event.stage for one in again)
        return reached or not all(isinstance(one.after, filing.InReview) for one in later)
    if isinstance(event, filing.ObjectionRaised):
        return not (isinstance(state, filing.InReview) and any(one.stage == event.stage for one in state.objections))
    return not isinstance(state, filing.Rejected)


def _author_step(state: filing.Filing, holding: Iterable[_Pressed], earlier: Iterable[_Pressed], names: Names) -> Step:
    seals = _at(AUTHOR, holding)
    has_it = isinstance(state, filing.Working)
    return Step(
        id=AUTHOR,
        title=names.say("path.author"),
        state=StepState.NOW if has_it else StepState.DONE if seals else StepState.LEFT_OUT,
        post=names.post(state.author),
        people=() if state.person is None else (names.person(state.person),),
        due_at=state.due_at if isinstance(state, filing.Working) and state.in_force is None else None,
        seals=seals,
        earlier=_at(AUTHOR, earlier),
    )


def _stage_step(
    stage: filing.Step,
    layer: int,
    passed_over: Mapping[str, str],
    state: filing.Filing,
    holding: Iterable[_Pressed],
    earlier: Iterable[_Pressed],
    names: Names,
) -> Step:
    seals = _at(stage.stage, holding)
    visit = state.visit_of(stage.stage) if isinstance(state, filing.InReview) else None
    turns = state.turns(visit) if isinstance(state, filing.InReview) and visit is not None else ()
    named = tuple(names.person(one.person) for one in turns if one.person is not None)
    chosen = state.chosen.get(stage.stage, ()) if isinstance(state, filing.InReview) and visit is None else ()
    posts = tuple(names.post(one) for one in _shown_posts(stage, visit))
    return Step(
        id=stage.stage,
        title=names.text(stage.title),
        state=_state_of_stage(stage.stage, state, seals),
        post=posts[0] if posts else None,
        more_posts=posts[1:],
        people=named or tuple(names.person(one) for one in (stage.people or chosen)),
        layer=layer,
        after=stage.after or (AUTHOR,),
        later=_later(stage, visit, state, turns, names),
        tally=_tally(stage, visit, state),
        vacant=visit is not None and visit.vacant,
        chooser=stage.chosen_by if visit is None and not chosen else None,
        staff_no=stage.staff_no if visit is None else None,
        passed_over=passed_over.get(stage.stage),
        added=stage.added,
        due_at=None if visit is None else visit.due_at,
        seals=seals,
        earlier=_at(stage.stage, earlier),
        together=stage.mode in (Mode.ALL, Mode.IN_ORDER) and not stage.added,
        escalation=None if stage.escalate_to is None else names.post(stage.escalate_to),
        escalates_at=None if visit is None else visit.escalate_at,
        escalated=visit is not None and any(one.origin is filing.Origin.ESCALATED for one in visit.seats),
        resumes=_resumes(stage.stage, state),
    )


def _resumes(stage: str, state: filing.Filing) -> bool:
    """Whether it comes straight back to a stage that sent it to its author or to an earlier stage."""
    if isinstance(state, filing.Returned):
        return state.straight and state.stage == stage
    return isinstance(state, filing.InReview) and any(one.stage == stage for one in state.holds)


def _later(
    stage: filing.Step,
    visit: filing.Visit | None,
    state: filing.Filing,
    turns: Sequence[filing.Seat],
    names: Names,
) -> tuple[str, ...]:
    """Who comes after those whose turn it is."""
    if visit is None or not isinstance(state, filing.InReview) or stage.mode is not Mode.IN_ORDER:
        return ()
    spoken = state.agreed(stage.stage)
    rest = (one for one in visit.seats if one not in turns and one.person is not None and one.person not in spoken)
    return tuple(names.person(one.person) for one in rest if one.person is not None)


def _tally(stage: filing.Step, visit: filing.Visit | None, state: filing.Filing) -> Tally | None:
    if visit is None or not isinstance(state, filing.InReview) or stage.mode is not Mode.VOTES:
        return None
    return Tally(
        given=len(state.agreed(stage.stage)),
        against=len(state.objected(stage.stage)),
        needed=votes_needed(stage, visit),
        voters=sum(not one.alone for one in visit.seats),
    )


def _shown_posts(stage: filing.Step, visit: filing.Visit | None) -> tuple[Post, ...]:
    """The posts that a stage is for: its own, or the one that took over where those are vacant."""
    over = () if visit is None else tuple(one.post for one in visit.seats if one.origin is filing.Origin.TOOK_OVER)
    return tuple(one for one in over if one is not None) or stage.posts


def _state_of_stage(stage: str, state: filing.Filing, seals: Sequence[Seal]) -> StepState:
    if isinstance(state, filing.InReview):
        if state.visit_of(stage) is not None:
            return StepState.NOW
        return StepState.DONE if stage in state.passed else StepState.NEXT
    if isinstance(state, filing.Working):
        passed = isinstance(state, filing.Returned) and stage in state.passed
        return StepState.DONE if passed else StepState.NEXT
    if isinstance(state, filing.Approved | filing.Voided):
        return StepState.DONE
    return StepState.DONE if seals else StepState.LEFT_OUT


def _reason(moved: Moved) -> str | None:
    return getattr(moved.happening.event, "reason", None)


# -- inspections and follow-ups


@dataclass(frozen=True, slots=True)
class _Planned:
    """A step that a machine's course is known to have, before what happened at it is laid over."""

    id: str
    post: Post | None
    people: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class _Press:
    """What an event does to the seals: press one, and lift those of some steps."""

    step: str | None
    verdict: Verdict
    comment: Callable[[Event], str | None] = lambda event: None
    lifts: tuple[str, ...] = ()


def _course(
    moves: Sequence[Moved],
    presses: Mapping[type[Event], _Press],
    steps: Sequence[_Planned],
    here: int,
    due_at: datetime | None,
    names: Names,
) -> Path:
    """Lay what happened over a course of steps. `here` is the present step; as many as there are means: all done."""
    holding: list[_Pressed] = []
    earlier: list[_Pressed] = []
    end: Seal | None = None
    for moved in moves:
        press = presses.get(type(moved.happening.event))
        if press is None:
            continue
        earlier += [one for one in holding if one.step in press.lifts]
        holding = [one for one in holding if one.step not in press.lifts]
        if press.verdict is Verdict.CANCELLED:
            end = _seal(press.verdict, moved, names, _reason(moved))
        elif press.step is not None and moved.happening.actor != SYSTEM:
            seal = _seal(press.verdict, moved, names, press.comment(moved.happening.event))
            holding.append(_Pressed(press.step, seal, moved.happening.version))
    laid = (
        Step(
            id=step.id,
            title=names.say(f"path.{step.id}"),
            state=_state_in_course(number, here, ended=end is not None),
            post=None if step.post is None else names.post(step.post),
            people=step.people,
            layer=number,
            after=() if number == 0 else (steps[number - 1].id,),
            due_at=due_at if number == here and end is None else None,
            seals=_at(step.id, holding),
            earlier=_at(step.id, earlier),
        )
        for number, step in enumerate(steps)
    )
    return Path(tuple(laid), end)


def _state_in_course(number: int, here: int, ended: bool) -> StepState:
    if number < here:
        return StepState.DONE
    if ended:
        return StepState.LEFT_OUT
    return StepState.NOW if number == here else StepState.NEXT


def _field(name: str) -> Callable[[Event], str | None]:
    return lambda event: getattr(event, name)


_INSPECTION_PRESSES: Mapping[type[Event], _Press] = {
    inspection.InspectorsAssigned: _Press("assign", Verdict.ARRANGED, lifts=("assign", "score")),
    # A changed score takes back the signatures.
    inspection.ItemScored: _Press(None, Verdict.SIGNED, lifts=("score",)),
    inspection.SheetSigned: _Press("score", Verdict.SIGNED, _field("findings")),
    inspection.ResultAcknowledged: _Press("answer", Verdict.ACKNOWLEDGED, _field("comment")),
    inspection.ResultDisputed: _Press("answer", Verdict.DISPUTED, _field("reason")),
    inspection.ResultReviewed: _Press("review", Verdict.REVIEWED, _field("note")),
    inspection.InspectionCancelled: _Press(None, Verdict.CANCELLED),
}


def inspection_path(happenings: Iterable[Happening], names: Names) -> Path:
    """Return the way of an inspection, from all its events: name the panel, score and sign, answer, review, result."""
    moves = tuple(walk(INSPECTION, happenings))
    state = moves[-1].after
    assert isinstance(state, inspection.Inspection), "these are the events of an inspection"
    signed = state.signatures if isinstance(state, inspection.Scoring) else ()
    people = tuple(names.person(one) for one in state.inspectors if one not in signed)
    steps = (
        _Planned("assign", state.arranger),
        _Planned("score", state.inspectors_from, people),
        _Planned("answer", state.answerer),
        _Planned("review", state.reviewer),
        _Planned("result", None),
    )
    here, due_at = _place_of_inspection(state)
    return _course(moves, _INSPECTION_PRESSES, steps, here, due_at, names)


def _place_of_inspection(state: inspection.Inspection) -> tuple[int, datetime | None]:
    """The present step and until when; for a cancelled one, the step it had come to."""
    match state:
        case inspection.Planned():
            return 0, state.due_at
        case inspection.Assigned() | inspection.Scoring():
            return 1, state.due_at
        case inspection.Signed():
            return 2, None
        case inspection.Notified():
            return 2, state.answer_by
        case inspection.Answered():
            return 3, state.review_by
        case inspection.Reviewed():
            return 4, None
        case inspection.Final():
            return 5, None
        case _:
            return (1 if state.inspectors else 0), None


_FOLLOW_UP_PRESSES: Mapping[type[Event], _Press] = {
    follow_up.Commended: _Press("commend", Verdict.COMMENDED, _field("text")),
    follow_up.VisitRecorded: _Press("visit", Verdict.VISITED, _field("findings")),
    follow_up.FollowUpPlanAgreed: _Press("plan", Verdict.PLANNED, _field("plan"), lifts=("verify",)),
    follow_up.FollowUpSentBack: _Press("verify", Verdict.SENT_BACK, _field("reason"), lifts=("plan",)),
    follow_up.FollowUpVerified: _Press("verify", Verdict.VERIFIED, _field("note"), lifts=("verify",)),
    follow_up.FollowUpCancelled: _Press(None, Verdict.CANCELLED),
}


def follow_up_path(happenings: Iterable[Happening], names: Names) -> Path:
    """Return the way of a follow-up, from all its events: visit, plan, verification; or the commendation alone."""
    moves = tuple(walk(FOLLOW_UP, happenings))
    state = moves[-1].after
    assert isinstance(state, follow_up.FollowUp), "these are the events of a follow-up"
    steps: tuple[_Planned, ...] = (
        _Planned("visit", state.leader),
        _Planned("plan", state.answerer),
        _Planned("verify", state.leader),
    )
    if state.kind is FollowUpKind.COMMENDATION:
        steps = (_Planned("commend", state.leader),)
    here = _place_of_follow_up(next(moved.after for moved in reversed(moves) if not _is_cancelled(moved)), len(steps))
    return _course(moves, _FOLLOW_UP_PRESSES, steps, here, state.due_at, names)


def _is_cancelled(moved: Moved) -> bool:
    return isinstance(moved.after, follow_up.Cancelled)


def _place_of_follow_up(state: State, steps: int) -> int:
    match state:
        case follow_up.Opened():
            return 0
        case follow_up.Visited():
            return 1
        case follow_up.PlanAgreed():
            return 2
        case _:
            return steps

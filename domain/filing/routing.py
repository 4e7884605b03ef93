"""How a filing goes on: which stages it reaches, who sits there, and when it is through.

A `Course` carries a filing from fact to fact: each event that is emitted is folded at once, so what is decided next
rests on the same folds as every later replay.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

from domain.access import Post
from domain.context import Context, Lookups
from domain.filing.events import (
    Because,
    FilingApproved,
    FilingCopied,
    StagePassed,
    StageReached,
)
from domain.filing.folding import FOLDS
from domain.filing.graph import ready
from domain.filing.states import Filing, InReview
from domain.filing.values import OF_A_POST, Origin, Seat, Step, Visit
from domain.ids import PersonId
from domain.machine import Event, Fact
from domain.programme import Chooser, Mode, Vacancy
from domain.refusal import invalid

Chosen = dict[str, tuple[PersonId, ...]]
"""Who was chosen to decide, by stage."""


class Course:
    """The events of one decision so far, and the state after them."""

    def __init__(self, state: Filing, context: Context) -> None:
        self.state: Any = state
        self.context = context
        self.events: list[Event] = []

    def emit(self, event: Event) -> None:
        """Let it happen."""
        actor = self.context.actor
        fact = Fact(event, self.context.now, actor.person, actor.on_behalf_of)
        self.state = FOLDS[type(event)](self.state, event, fact)
        self.events.append(event)

    @property
    def review(self) -> InReview:
        """The state, while it is in review."""
        assert isinstance(self.state, InReview), "only what is in review goes on"
        return self.state


# -- who sits where


def people_and_posts(state: Filing) -> Lookups:
    """What has to be looked up before a filing goes on: whoever could come to decide."""
    posts = {post for step in state.steps for post in step.posts}
    posts |= {step.vacant for step in state.steps if isinstance(step.vacant, Post)}
    posts |= set(state.copied)
    people = {one for step in state.steps for one in step.people}
    if isinstance(state, InReview):
        seats = [seat for visit in (*state.visits, *state.paused) for seat in visit.seats]
        posts |= {seat.post for seat in seats if seat.post is not None}
        people |= {seat.person for seat in seats if seat.person is not None}
        people |= {one for chosen in state.chosen.values() for one in chosen}
    staff = {step.staff_no for step in state.steps if step.staff_no is not None}
    return Lookups(people=frozenset(people), posts=frozenset(posts), staff=frozenset(staff))


def holders(state: Filing, post: Post, context: Context) -> frozenset[PersonId]:
    """Who holds a post and is not an author."""
    return context.directory.holders.get(post, frozenset()) - state.authors


def pool(state: Filing, step: Step, context: Context) -> dict[PersonId, Post]:
    """Everybody a stage's rule allows, each with the post by which."""
    found: dict[PersonId, Post] = {}
    for post in step.posts:
        for person in sorted(holders(state, post, context)):
            found.setdefault(person, post)
    return found


def seats_for(state: InReview, step: Step, context: Context) -> tuple[Seat, ...]:
    """Who decides at a stage by its rule; nobody when it is vacant.

    Where nobody was asked to choose, since nobody had to agree just before, all that could be chosen decide.
    """
    if step.staff_no is not None:
        named = context.directory.staff.get(step.staff_no)
        return () if named is None else _people(state, (named,), Origin.RULE, context)
    if step.people:
        return _people(state, step.people, Origin.ADDED, context)
    candidates = pool(state, step, context)
    if step.stage in state.chosen:
        chosen = (one for one in state.chosen[step.stage] if one in candidates)
        return tuple(Seat(post=candidates[one], person=one, origin=Origin.CHOSEN) for one in chosen)
    if step.mode is Mode.ANY:
        return tuple(Seat(post=post) for post in step.posts if holders(state, post, context))
    return tuple(Seat(post=post, person=person) for person, post in candidates.items())


def _people(state: Filing, people: Iterable[PersonId], origin: Origin, context: Context) -> tuple[Seat, ...]:
    """Seats for people by name, as far as they still work here and are not its authors."""
    return tuple(
        Seat(person=one, origin=origin)
        for one in people
        if one not in state.authors and context.directory.held.get(one)
    )


def _in_place(state: Filing, step: Step, context: Context) -> tuple[Seat, ...]:
    """Who sits where a stage is vacant: the post that takes over, or the stage's own post, for whoever is appointed."""
    if isinstance(step.vacant, Post) and holders(state, step.vacant, context):
        return (Seat(post=step.vacant, origin=Origin.TOOK_OVER),)
    waits = step.mode is Mode.ANY and step.chosen_by is None and step.vacant is not Vacancy.SKIP
    return tuple(Seat(post=one, origin=Origin.VACANT) for one in step.posts) if waits else ()


def _agreed_before(state: InReview, step: Step, seats: Sequence[Seat], context: Context) -> bool:
    """Whether everybody (or, where one is enough, somebody) has agreed to this revision at another stage."""
    number = state.revisions[-1].number
    spoken = {one.principal for one in state.approvals if one.revision == number and not one.by_time}
    if step.mode is Mode.ANY:
        asked = {one for seat in seats for one in _who(state, seat, context)}
        return bool(asked & spoken)
    return bool(seats) and all(seat.person in spoken for seat in seats)


def _who(state: Filing, seat: Seat, context: Context) -> frozenset[PersonId]:
    if seat.person is not None:
        return frozenset({seat.person})
    return holders(state, seat.post, context) if seat.post is not None else frozenset()


# -- going on


def onward(course: Course, asked: str | None = None) -> None:
    """Reach every stage that is next; when none is left, it is approved.

    `asked` is a stage to which it was sent back by name: it is asked, and never passed over.
    """
    while steps := ready(course.review):
        for step in steps:
            _reach(course, step, asked)
    if not course.review.visits:
        _finish(course)


def _reach(course: Course, step: Step, asked: str | None) -> None:
    state, context = course.review, course.context
    if step.stage in state.left_out:
        course.emit(StagePassed(stage=step.stage, because=Because.CONDITION))
        return
    waiting = next((one for one in state.paused if one.stage == step.stage), None)
    if waiting is not None:
        _reach_again(course, step, waiting)
        return
    seats = seats_for(state, step, context)
    if step.stage == asked:
        course.emit(reached(step, seats or _in_place(state, step, context), context))
    elif not seats and step.vacant is Vacancy.SKIP:
        course.emit(StagePassed(stage=step.stage, because=Because.VACANT))
    elif step.once and _agreed_before(state, step, seats, context):
        course.emit(StagePassed(stage=step.stage, because=Because.AGREED_BEFORE))
    else:
        course.emit(reached(step, seats or _in_place(state, step, context), context))


def _reach_again(course: Course, step: Step, waiting: Visit) -> None:
    """Come back to a stage that had asked another signer to go first: with whoever of it is still there."""
    state, context = course.review, course.context
    seats = present(state, waiting, step, context)
    agreed = state.agreed(step.stage)
    if not seats and step.vacant is Vacancy.SKIP:
        course.emit(StagePassed(stage=step.stage, because=Because.VACANT))
    elif agreed and is_through(step, waiting.model_copy(update={"seats": seats}), agreed):
        course.emit(StagePassed(stage=step.stage, because=Because.REST_AGREED))
    else:
        course.emit(reached(step, seats, context))


def reached(step: Step, seats: tuple[Seat, ...], context: Context) -> StageReached:
    """Deadlines of a stage: workdays after arrival, at the close of business."""
    calendar = context.calendar
    due_at = calendar.workdays_after(context.now, step.due)
    remind_at = None if step.remind is None else calendar.workdays_before(due_at, step.remind)
    late = step.escalate_after if step.escalate_to is not None else None
    return StageReached(
        stage=step.stage,
        due_at=due_at,
        remind_at=remind_at if remind_at is not None and remind_at > context.now else None,
        escalate_at=None if late is None else calendar.workdays_after(due_at, late),
        passes_at=None if step.passes_after is None else calendar.workdays_after(due_at, step.passes_after),
        seats=seats,
    )


def _finish(course: Course) -> None:
    state, context = course.review, course.context
    judgement = next((one.judgement for one in reversed(state.approvals) if one.judgement), None)
    course.emit(FilingApproved(revision=state.revisions[-1].number, judgement=judgement))
    known = {one.person for one in state.copies} | state.authors
    people = {one for post in state.copied for one in context.directory.holders.get(post, frozenset())}
    if people - known:
        course.emit(FilingCopied(people=tuple(sorted(people - known)), note=None))


# -- when a stage is through


def is_through(step: Step, visit: Visit, agreed: Collection[PersonId]) -> bool:
    """Whether these agreements are all that a stage asks of its own deciders."""
    own = [one for one in visit.seats if not one.alone]
    if step.mode is Mode.ANY:
        return bool(agreed)
    if step.mode is Mode.VOTES:
        return len(agreed) >= votes_needed(step, visit)
    return bool(own) and all(one.person in agreed for one in own)


def votes_needed(step: Step, visit: Visit) -> int:
    """How many votes carry a stage: as many as it asks for, or all where fewer people vote."""
    voters = sum(not one.alone for one in visit.seats)
    return max(1, min(step.votes or voters, voters))


def is_lost(state: InReview, visit: Visit) -> bool:
    """Whether a stage that counts votes can no longer be carried. Where nobody votes, somebody decides alone."""
    step, against = state.step_of(visit.stage), state.objected(visit.stage)
    voters = [one for one in visit.seats if not one.alone]
    vetoed = any(one.person in against and one.post in step.veto for one in voters)
    left = sum(one.person not in against for one in voters)
    return vetoed or (bool(voters) and left < votes_needed(step, visit))


# -- choosing


def chosen_by_author(
    state: Filing,
    choose: Mapping[str, Sequence[PersonId]],
    left_out: Collection[str],
    by: Collection[PersonId],
    context: Context,
) -> Chosen:
    """The author's choices, checked: one for each stage that asks for it and can be filled."""
    asked = [one for one in state.steps if one.chosen_by is Chooser.AUTHOR and one.stage not in left_out]
    if unasked := choose.keys() - {one.stage for one in asked}:
        raise invalid("nobody_to_choose", at="choose", stage=min(unasked))
    return _choices(state, asked, choose, by, context)


def chosen_by_previous(state: InReview, stage: str, choose: Sequence[PersonId], context: Context) -> Chosen:
    """The choice of whoever agrees at a stage, for those that come directly after it."""
    asked = [one for one in state.steps if one.chosen_by is Chooser.PREVIOUS and stage in one.after]
    asked = [one for one in asked if one.stage not in state.left_out and one.stage not in state.passed]
    if not asked and choose:
        raise invalid("nobody_to_choose", at="choose", stage=stage)
    return _choices(state, asked, {one.stage: choose for one in asked}, (), context)


def _choices(
    state: Filing,
    asked: Sequence[Step],
    choose: Mapping[str, Sequence[PersonId]],
    by: Collection[PersonId],
    context: Context,
) -> Chosen:
    found: dict[str, tuple[PersonId, ...]] = {}
    for step in asked:
        candidates = pool(state, step, context).keys() - set(by)
        people = tuple(dict.fromkeys(choose.get(step.stage, ())))
        title = {"stage": step.title.zh, "stage_en": step.title.en}
        if not people and candidates:
            raise invalid("choose_deciders", at="choose", **title)
        for one in people:
            if one not in candidates:
                raise invalid("not_to_be_chosen", at="choose", person=one, **title)
        found[step.stage] = people
    return found


# -- when appointments begin and end


def present(state: InReview, visit: Visit, step: Step, context: Context) -> tuple[Seat, ...]:
    """The seats as they stand with today's appointments."""
    kept = [seat for seat in visit.seats if _still_sits(state, visit.stage, seat, context)]
    rule = seats_for(state, step, context)
    usual = [one for one in kept if one.origin is not Origin.ESCALATED]
    if not usual:
        return (*(rule or _in_place(state, step, context)), *kept)
    if all(one.origin is Origin.RULE for one in usual) or step.mode is not Mode.ANY:
        sitting = {one.person for one in kept if one.person is not None}
        rule = tuple(one for one in rule if one not in kept and one.person not in sitting)
        new = tuple(one for one in rule if one.origin is Origin.RULE and one.person not in visit.gave)
        if not any(one.alone for one in usual):
            return (*usual, *new, *(one for one in kept if one.origin is Origin.ESCALATED))
    return tuple(kept)


def _still_sits(state: InReview, stage: str, seat: Seat, context: Context) -> bool:
    """Whoever has spoken keeps the seat: what they said stands."""
    if seat.origin is Origin.VACANT:
        return False
    if seat.person is None:
        return seat.post is not None and bool(holders(state, seat.post, context))
    if seat.person in state.agreed(stage) | state.objected(stage):
        return True
    if seat.person in state.authors:
        return False
    if seat.post is not None and seat.origin in OF_A_POST:
        return seat.person in holders(state, seat.post, context)
    return bool(context.directory.held.get(seat.person))

"""A stream's events as plain sentences: who, in what role, did what, why, to whom, until when."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from domain import cycle, filing, follow_up, inspection, person
from domain.access import Post
from domain.ids import SYSTEM
from domain.machine import Appointment, Event, Machine, State
from domain.rerouting import reordered
from domain.text import Text
from domain.view import Happening, Moved, Names, PostWords, walk


@dataclass(frozen=True, slots=True)
class Told:
    """An event as a sentence."""

    version: int
    at: datetime
    type: str
    who: str | None
    """Who did it, “乙 代 甲” for somebody else; none for the system."""
    post: PostWords | None
    """The post by which they could, where that is known."""
    sentence: str


def story(machine: Machine, happenings: Iterable[Happening], names: Names) -> tuple[Told, ...]:
    """Return a stream's events, from its first, each as a sentence. Total: it never refuses a recorded event."""
    return tuple(_told(moved, names) for moved in walk(machine, happenings))


def _told(moved: Moved, names: Names) -> Told:
    one = moved.happening
    by_system = one.actor == SYSTEM
    who = names.actor(one.actor, one.on_behalf_of)
    acted = None if by_system else names.acted_by(posts_of(moved), one.actor, one.on_behalf_of)
    post = None if acted is None else names.post_at(acted)
    particular = _PARTICULARS.get(type(one.event), _nothing)
    # Whoever sends it back may have been asked for that round only, and be out of the path with it.
    state = moved.before if isinstance(one.event, filing.SentBack) else moved.after
    params = _plain(one.event, names) | {"who": who, "post": post} | particular(one.event, state, names)
    variant = _VARIANTS.get(type(one.event), lambda event: "")(one.event)
    if _lets_go(moved):
        variant = ".agreed"
    return Told(
        version=one.version,
        at=one.happened_at,
        type=one.event.type,
        who=None if by_system else who,
        post=None if acted is None else names.post(acted),
        sentence=names.say(f"story.{one.event.type}{variant}", **params),
    )


def posts_of(moved: Moved) -> tuple[Post, ...]:
    """Return the posts that the event's command was for, one of which its actor held; none where a right decides."""
    event, before = moved.happening.event, moved.before
    if isinstance(before, filing.InReview) and _lets_go(moved):
        return tuple(seat.post for visit in before.visits for seat in visit.seats if seat.post is not None)
    if isinstance(before, filing.Filing):
        return _posts_of_filing(event, before)
    if isinstance(before, inspection.Inspection):
        return _posts_of_inspection(event, before)
    if isinstance(before, follow_up.FollowUp):
        if isinstance(event, follow_up.FollowUpPlanAgreed):
            return (before.answerer, before.leader)
        return () if isinstance(event, follow_up.FollowUpCancelled) else (before.leader,)
    return ()


def _lets_go(moved: Moved) -> bool:
    """Whether somebody who decides let the author have it back, who had asked for it."""
    one, before = moved.happening, moved.before
    if not isinstance(one.event, filing.FilingRecalled) or not isinstance(before, filing.InReview):
        return False
    return before.recall_asked is not None and (one.on_behalf_of or one.actor) not in before.authors


_DECISIONS = (
    filing.ApprovalGiven,
    filing.ObjectionRaised,
    filing.FilingReturned,
    filing.SentBack,
    filing.FilingRejected,
)
"""What the deciders of a stage do; each says in what capacity."""
_BY_AUTHOR = (
    filing.DraftingBegun,
    filing.FilingSubmitted,
    filing.FilingRecalled,
    filing.RecallRequested,
    filing.AmendingBegun,
    filing.AmendmentAbandoned,
    filing.ExtensionAsked,
    filing.FilingUrged,
)


_BY_OFFICE = (
    filing.FilingWaived,
    filing.FilingVoided,
    filing.ExtensionGranted,
    filing.ExtensionRefused,
    filing.DeciderAssigned,
)


def _posts_of_filing(event: Event, before: filing.Filing) -> tuple[Post, ...]:
    if isinstance(event, _DECISIONS):
        return () if event.capacity is None else (event.capacity,)
    if isinstance(event, _BY_AUTHOR):
        return (before.author,)
    if isinstance(event, _BY_OFFICE):
        return before.office
    if isinstance(event, filing.FilingCommented):
        escalated = (step.escalate_to for step in before.steps if step.escalate_to is not None)
        stages = (post for step in before.steps for post in step.posts)
        return tuple(dict.fromkeys((before.author, *stages, *escalated)))
    return ()


def _posts_of_inspection(event: Event, before: inspection.Inspection) -> tuple[Post, ...]:
    if isinstance(event, inspection.InspectorsAssigned | inspection.InspectionCancelled):
        return (before.arranger,)
    if isinstance(event, inspection.ItemScored | inspection.SheetSigned):
        return (before.inspectors_from,)
    if isinstance(event, inspection.ResultAcknowledged | inspection.ResultDisputed):
        return (before.answerer,)
    if isinstance(event, inspection.ResultReviewed):
        return (before.reviewer,)
    return ()


# -- what a sentence is filled in with


Params = dict[str, Any]
Particulars = Callable[[Any, Any, Names], Params]


def _plain(event: Event, names: Names) -> Params:
    """The event's own fields that are words, numbers or times."""
    shown: Params = {}
    for name in type(event).model_fields:
        value = getattr(event, name)
        if isinstance(value, datetime):
            shown[name] = names.when(value)
        elif isinstance(value, date):
            shown[name] = names.day(value)
        elif isinstance(value, Text):
            shown[name] = names.text(value)
        elif name == "period":
            shown[name] = names.period(value)
        elif name in ("unit", "parent") and value is not None:
            shown[name] = names.unit(value)
        elif isinstance(value, bool):
            continue
        elif value is not None and not isinstance(value, tuple | list | dict):
            shown[name] = str(value)
    return shown


def _nothing(event: Event, state: State, names: Names) -> Params:
    return {}


_AtStage = (
    filing.StageReached
    | filing.StagePassed
    | filing.ApprovalGiven
    | filing.ObjectionRaised
    | filing.FilingReturned
    | filing.SentBack
    | filing.FilingRejected
    | filing.Transferred
    | filing.SignerAdded
    | filing.DeciderAssigned
    | filing.SeatsChanged
    | filing.StageReminded
    | filing.StageEscalated
)


def _at_stage(event: _AtStage, state: filing.Filing, names: Names) -> Params:
    return {"stage": names.text(state.step_of(event.stage).title)}


def _seat(seat: filing.Seat, names: Names) -> str:
    if seat.person is not None:
        return names.person(seat.person)
    assert seat.post is not None, "a seat is a person's or a post's"
    return names.post_at(seat.post)


def _seats(seats: Iterable[filing.Seat], names: Names) -> str:
    """Who may decide, by post or by name; nobody yet when there is no seat."""
    said = (_seat(one, names) for one in seats if one.origin is not filing.Origin.VACANT)
    return names.listed(said) or names.say("story_part.nobody")


def _author(state: filing.Filing, names: Names) -> str:
    return names.post_at(state.author) if state.person is None else names.person(state.person)


def _judgement(state: filing.Filing, judgement: str | None, names: Names) -> str | None:
    return next((names.text(one.title) for one in state.judgements if one.id == judgement), None)


def _to_author(event: Event, state: filing.Filing, names: Names) -> Params:
    return {"to": _author(state, names), "unit": names.text(state.unit_title)}


def _submitted(event: filing.FilingSubmitted, state: filing.InReview, names: Names) -> Params:
    return {"late": names.say("story_part.late") if event.late else None}


def _reached(event: filing.StageReached | filing.SeatsChanged, state: filing.InReview, names: Names) -> Params:
    return _at_stage(event, state, names) | {"to": _seats(event.seats, names)}


def _passed(event: filing.StagePassed, state: filing.Filing, names: Names) -> Params:
    return _at_stage(event, state, names) | {"because": names.say(f"story_part.because.{event.because}")}


def _transferred(event: filing.Transferred, state: filing.InReview, names: Names) -> Params:
    return _at_stage(event, state, names) | {"leaver": names.person(event.leaver), "to": names.person(event.to)}


def _signer_added(event: filing.SignerAdded, state: filing.InReview, names: Names) -> Params:
    to = names.listed(names.person(one) for one in event.step.people)
    return _at_stage(event, state, names) | {"to": to, "where": names.say(f"story_part.where.{event.where}")}


def _decider_assigned(event: filing.DeciderAssigned, state: filing.InReview, names: Names) -> Params:
    return _at_stage(event, state, names) | {"to": names.listed(names.person(one) for one in event.people)}


def _filing_handed_over(event: filing.HandedOver, state: filing.Filing, names: Names) -> Params:
    return {"leaver": names.person(event.leaver), "to": names.person(event.to)}


def _seat_handed_over(event: inspection.SeatHandedOver, state: inspection.Inspection, names: Names) -> Params:
    return {"leaver": names.person(event.leaver), "to": names.person(event.to)}


def _seat_left(event: inspection.SeatLeft, state: inspection.Inspection, names: Names) -> Params:
    people = names.listed(names.person(one) for one in event.people)
    return {"people": people, "to": names.post_at(state.arranger)}


def _copied(event: filing.FilingCopied, state: filing.Filing, names: Names) -> Params:
    return {"to": names.listed(names.person(one) for one in event.people)}


def _commented(event: filing.FilingCommented, state: filing.Filing, names: Names) -> Params:
    return {"mentions": names.listed(names.person(one) for one in event.mentions) or None}


def _urged(event: filing.FilingUrged, state: filing.InReview, names: Names) -> Params:
    return {"to": _seats((seat for visit in state.visits for seat in state.turns(visit)), names)}


def _judged(event: filing.ApprovalGiven | filing.FilingApproved, state: filing.Filing, names: Names) -> Params:
    said: Params = {"judgement": _judgement(state, event.judgement, names)}
    if isinstance(event, filing.ApprovalGiven):
        verb = names.say(f"story_part.{_verb(event, state)}")
        return said | _at_stage(event, state, names) | {"verb": verb}
    return said


def _verb(event: filing.ApprovalGiven, state: filing.Filing) -> str:
    return "by_time" if event.by_time else state.step_of(event.stage).seal.value


def _returned(event: filing.FilingReturned, state: filing.Returned, names: Names) -> Params:
    then = names.say("story_part.straight" if event.straight else "story_part.again")
    return _at_stage(event, state, names) | {"to": _author(state, names), "then": then}


def _sent_back(event: filing.SentBack, state: filing.InReview, names: Names) -> Params:
    then = names.say("story_part.straight" if event.straight else "story_part.again")
    return _at_stage(event, state, names) | {"to": names.text(state.step_of(event.to).title), "then": then}


def _stage_reminded(event: filing.StageReminded, state: filing.InReview, names: Names) -> Params:
    visit = state.visit_of(event.stage)
    return _at_stage(event, state, names) | {"to": _seats(() if visit is None else state.turns(visit), names)}


def _escalated(event: filing.StageEscalated, state: filing.InReview, names: Names) -> Params:
    to = names.post_at(event.to)
    above = {"to": None, "nobody": to} if event.vacant else {"to": to, "nobody": None}
    return _at_stage(event, state, names) | above


def _rules_moved(event: filing.RulesMoved, state: filing.Filing, names: Names) -> Params:
    to = None if event.to is None else names.text(state.step_of(event.to).title)
    changes = (*_path_changes(event, names), *(moved_time(one, event, names) for one in event.times))
    return {
        "to": to,
        "author": _author(state, names),
        "changes": ("；" if names.lang == "zh" else "; ").join(changes) or None,
    }


def _path_changes(event: filing.RulesMoved, names: Names) -> Iterable[str]:
    old = {one.stage: one for one in event.steps_before}
    new = {one.stage: one for one in event.steps}
    elsewhere = reordered(event.steps_before, event.steps)
    stages = {
        "came": [one.title for one in event.steps if one.stage not in old],
        "gone": [one.title for one in event.steps_before if one.stage not in new],
        # What comes before a stage is said by the stages that came and went.
        "changed": [
            one.title
            for one in event.steps
            if one.stage in elsewhere
            or (one.stage in old and old[one.stage].model_copy(update={"after": one.after}) != one)
        ],
        "passed_over": [one.title for one in event.steps if one.stage in event.passed_over],
    }
    for key, titles in stages.items():
        if titles:
            yield names.say(f"story_part.moved.{key}", stages=names.listed(names.text(one) for one in titles))


def moved_time(one: filing.MovedTime, event: filing.RulesMoved, names: Names) -> str:
    """Return a time that moved, in words: which, from when, to when."""
    time = names.say(f"time.{one.time}")
    if one.stage is not None:
        titles = {step.stage: step.title for step in (*event.steps_before, *event.steps)}
        time = names.say("story_part.moved.at_stage", stage=names.text(titles[one.stage]), time=time)
    none = names.say("story_part.no_time")
    before, after = (none if at is None else names.when(at) for at in (one.before, one.after))
    return names.say("story_part.moved.time", time=time, before=before, after=after)


def _planned(event: inspection.InspectionPlanned, state: inspection.Planned, names: Names) -> Params:
    return {"unit": names.text(state.unit_title), "to": names.post_at(state.arranger)}


def _assigned(event: inspection.InspectorsAssigned, state: inspection.Inspection, names: Names) -> Params:
    return {"people": names.listed(names.person(one) for one in event.inspectors)}


def _scored(event: inspection.ItemScored, state: inspection.Inspection, names: Names) -> Params:
    weight = next((one.weight for one in state.items if one.id == event.item), None)
    return {
        "item": names.item(state.rules, event.item),
        "weight": weight,
        "evidence": names.listed(event.evidence) or None,
    }


def _notified(event: inspection.UnitNotified, state: inspection.Notified, names: Names) -> Params:
    return {"to": names.post_at(state.answerer), "total": state.total}


def _answered(
    event: inspection.ResultAcknowledged | inspection.ResultDisputed, state: inspection.Answered, names: Names
) -> Params:
    disputed = event.items if isinstance(event, inspection.ResultDisputed) else ()
    return {
        "to": names.post_at(state.reviewer),
        "items": names.listed(names.item(state.rules, one) for one in disputed) or None,
    }


def _reviewed(event: inspection.ResultReviewed, state: inspection.Reviewed, names: Names) -> Params:
    adjusted = (
        names.say(
            "story_part.adjusted", item=names.item(state.rules, one.item), points=str(one.points), reason=one.reason
        )
        for one in event.adjustments
    )
    return {"adjustments": names.listed(adjusted) or None}


def _finalised(event: inspection.InspectionFinalised, state: inspection.Final, names: Names) -> Params:
    rules = names.programme.inspection_by_id.get(state.rules)
    outcomes = () if rules is None else rules.outcomes
    outcome = next((names.text(one.title) for one in outcomes if one.id == event.outcome), event.outcome)
    return {"outcome": outcome, "opens": None if event.opens is None else names.follow_up(event.opens)}


def _follow_up_opened(event: follow_up.FollowUpOpened, state: follow_up.Opened, names: Names) -> Params:
    return {
        "unit": names.text(state.unit_title),
        "leader": names.post_at(state.leader),
        "to": names.post_at(state.answerer),
    }


def _to_answerer(event: Event, state: follow_up.FollowUp, names: Names) -> Params:
    return {"to": names.post_at(state.answerer)}


def _to_leader(event: Event, state: follow_up.FollowUp, names: Names) -> Params:
    return {"to": names.post_at(state.leader)}


def _turn_reminded(event: Event, state: follow_up.FollowUp, names: Names) -> Params:
    turn = state.answerer if isinstance(state, follow_up.Visited) else state.leader
    return {"to": names.post_at(turn)}


def _published(event: cycle.CyclePublished, state: cycle.Published, names: Names) -> Params:
    return {"windows": len(event.windows)}


def _rules_changed(event: cycle.CycleRulesChanged, state: cycle.Cycle, names: Names) -> Params:
    if not isinstance(state, cycle.Scheduled):
        return {}
    begun = {*state.opened, *state.missed}
    return {"windows": sum(one.id not in begun for one in event.windows)}


def _window(event: cycle.WindowOpened | cycle.WindowMissed, state: cycle.Scheduled, names: Names) -> Params:
    rules, _, period = event.window.partition("/")
    return {"window": names.owed(rules), "period": names.period(period)}


def _appointment(post: Appointment, names: Names) -> str:
    last = None if post.last_day is None else names.day(post.last_day)
    where = names.post_at(Post(role=post.role, unit=post.unit))
    return names.say("story_part.appointment", post=where, first=names.day(post.first_day), last=last)


def _registered(event: person.PersonRegistered, state: person.Person, names: Names) -> Params:
    return {"posts": names.listed(_appointment(one, names) for one in event.posts) or None}


def _appointed(event: person.PersonAppointed, state: person.Person, names: Names) -> Params:
    return {"appointment": _appointment(event.post, names)}


def _ended(event: person.AppointmentEnded | person.AppointmentRevoked, state: person.Person, names: Names) -> Params:
    post = next(one for one in state.posts if one.id == event.id)
    return {"appointment": names.post_at(Post(role=post.role, unit=post.unit))}


def _handed_over(event: person.HandedOver, state: person.Person, names: Names) -> Params:
    return {"successor": names.person(event.successor)}


def _announced(event: person.PostOver | person.PostBegun, state: person.Person, names: Names) -> Params:
    post = next(one for one in state.posts if one.id == event.id)
    return {"appointment": names.post_at(Post(role=post.role, unit=post.unit))}


def _filled(event: person.VacancyFilled, state: person.Person, names: Names) -> Params:
    return {"appointments": names.listed(names.post_at(one) for one in event.posts)}


def _delegated(event: person.PersonDelegated, state: person.Person, names: Names) -> Params:
    given = event.delegation
    return {
        "delegate": names.person(given.delegate),
        "first": names.day(given.first_day),
        "last": names.day(given.last_day),
        "documents": names.listed(names.document(one) for one in given.documents) or None,
        "reason": given.reason,
    }


def _delegation_ended(event: person.DelegationEnded, state: person.Person, names: Names) -> Params:
    given = next(one for one in state.delegations if one.id == event.id)
    return {"delegate": names.person(given.delegate)}


_PARTICULARS: Mapping[type[Event], Particulars] = {
    filing.FilingOpened: _to_author,
    filing.FilingSubmitted: _submitted,
    filing.StageReached: _reached,
    filing.StagePassed: _passed,
    filing.ObjectionRaised: _at_stage,
    filing.Transferred: _transferred,
    filing.SignerAdded: _signer_added,
    filing.DeciderAssigned: _decider_assigned,
    filing.HandedOver: _filing_handed_over,
    filing.SeatsChanged: _reached,
    filing.FilingCopied: _copied,
    filing.FilingCommented: _commented,
    filing.FilingUrged: _urged,
    filing.ApprovalGiven: _judged,
    filing.FilingApproved: _judged,
    filing.FilingReturned: _returned,
    filing.SentBack: _sent_back,
    filing.FilingRejected: _at_stage,
    filing.RulesMoved: _rules_moved,
    filing.FilingReminded: _to_author,
    filing.StageReminded: _stage_reminded,
    filing.StageEscalated: _escalated,
    inspection.InspectionPlanned: _planned,
    inspection.InspectorsAssigned: _assigned,
    inspection.SeatHandedOver: _seat_handed_over,
    inspection.SeatLeft: _seat_left,
    inspection.ItemScored: _scored,
    inspection.UnitNotified: _notified,
    inspection.ResultAcknowledged: _answered,
    inspection.ResultDisputed: _answered,
    inspection.ResultReviewed: _reviewed,
    inspection.InspectionFinalised: _finalised,
    follow_up.FollowUpOpened: _follow_up_opened,
    follow_up.VisitRecorded: _to_answerer,
    follow_up.FollowUpPlanAgreed: _to_leader,
    follow_up.FollowUpSentBack: _to_answerer,
    follow_up.FollowUpReminded: _turn_reminded,
    cycle.CyclePublished: _published,
    cycle.CycleRulesChanged: _rules_changed,
    cycle.WindowOpened: _window,
    cycle.WindowMissed: _window,
    person.PersonRegistered: _registered,
    person.PersonAppointed: _appointed,
    person.AppointmentEnded: _ended,
    person.AppointmentRevoked: _ended,
    person.HandedOver: _handed_over,
    person.PostOver: _announced,
    person.PostBegun: _announced,
    person.VacancyFilled: _filled,
    person.PersonDelegated: _delegated,
    person.DelegationEnded: _delegation_ended,
}
"""What a sentence wants besides the event's own words, by event."""


def _silence(event: inspection.ResultAcknowledged) -> str:
    return ".silent" if event.silent else ""


def _why(event: person.DelegationEnded) -> str:
    return "" if event.why == "ended" else f".{event.why}"


def _where_to(event: filing.RulesMoved) -> str:
    if event.author_again:
        return ".author"
    return f".{event.choice}"


_VARIANTS: Mapping[type[Event], Callable[[Any], str]] = {
    filing.RulesMoved: _where_to,
    inspection.ResultAcknowledged: _silence,
    person.DelegationEnded: _why,
}
"""Events that are told in more than one way."""

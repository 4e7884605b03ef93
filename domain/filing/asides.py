"""What is said and sent about a filing without moving it, and what time does to one that its author has."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from domain.access import Actor, may_read
from domain.context import Context, Lookups
from domain.filing import commands as c
from domain.filing import events as e
from domain.filing.permissions import scope
from domain.filing.states import Approved, Filing, InReview, Working
from domain.ids import PersonId
from domain.machine import Event
from domain.refusal import conflict, invalid


def waive(state: Filing, command: c.Waive, context: Context) -> Sequence[Event]:
    """It is not owed."""
    return (e.FilingWaived(reason=command.reason),)


def void(state: Approved, command: c.Void, context: Context) -> Sequence[Event]:
    """What was approved holds no longer."""
    return (e.FilingVoided(reason=command.reason),)


def comment(state: Filing, command: c.Comment, context: Context) -> Sequence[Event]:
    """Say something; the author, those whose turn it is and those mentioned are told."""
    _readers(state, command.mentions, context, "mentions")
    told = {*command.mentions, *_told(state, context)} - {context.actor.person}
    mentions = tuple(dict.fromkeys(command.mentions))
    return (e.FilingCommented(text=command.text, mentions=mentions, told=tuple(sorted(told))),)


def listeners(state: Filing) -> Lookups:
    """Whom a comment is meant for: the author's post, unless a person owes it, and those whose turn it is."""
    posts = set() if state.person is not None else {state.author}
    people = set() if state.person is None else {state.person}
    if isinstance(state, InReview):
        seats = [seat for visit in state.visits for seat in state.turns(visit)]
        people |= {seat.person for seat in seats if seat.person is not None}
        posts |= {seat.post for seat in seats if seat.person is None and seat.post is not None}
    return Lookups(people=frozenset(people), posts=frozenset(posts))


def _told(state: Filing, context: Context) -> set[PersonId]:
    wanted = listeners(state)
    return {*wanted.people, *(one for post in wanted.posts for one in context.directory.holders.get(post, ()))}


def _readers(state: Filing, people: Sequence[PersonId], context: Context, at: str) -> None:
    """Refuse people who may not read it: naming somebody opens nothing."""
    for one in people:
        if not may_read(Actor(one, context.directory.held.get(one, ())), scope(state)):
            raise invalid("may_not_read", at=at, person=one)


def copy(state: Filing, command: c.SendCopy, context: Context) -> Sequence[Event]:
    """Send it to people for their knowledge: they may read it from then on, as far as it may leave its school."""
    have = {one.person for one in state.copies}
    people = tuple(one for one in dict.fromkeys(command.people) if one not in have)
    if not people:
        raise conflict("copied_already")
    for one in people:
        held = context.directory.held.get(one, ())
        if not held:
            raise invalid("holds_no_post", at="people", person=one)
        if state.stays_in is not None and not any(state.stays_in in post.path for post in held):
            raise invalid("may_not_read", at="people", person=one)
    return (e.FilingCopied(people=people, note=command.note),)


def mark_read(state: Filing, command: c.MarkRead, context: Context) -> Sequence[Event]:
    """Give the receipt."""
    return (e.CopyRead(),)


def urge(state: InReview, command: c.Urge, context: Context) -> Sequence[Event]:
    """Remind those whose turn it is, not more often than every so many hours."""
    again = None if state.urged_at is None else state.urged_at + timedelta(hours=state.urge_hours)
    if again is not None and context.now < again:
        raise conflict("urged_already", again=again.isoformat(), hours=state.urge_hours)
    return (e.FilingUrged(),)


# -- the author's times: an amendment has no deadline, its approved revision is in force meanwhile


def next_reminder(state: Working) -> datetime | None:
    """When the author is next reminded."""
    return state.remind_at[0] if state.remind_at and state.in_force is None else None


def due(state: Working) -> datetime | None:
    """When it falls due."""
    return None if state.overdue or state.in_force is not None else state.due_at


def lapses(state: Working) -> datetime | None:
    """When nobody waits any longer."""
    return None if state.in_force is not None else state.lapses_at


def remind(state: Working, command: c.Remind, context: Context) -> Sequence[Event]:
    """Remind the author."""
    _fallen_due(next_reminder(state), context)
    return (e.FilingReminded(due_at=state.due_at),)


def fall_due(state: Working, command: c.FallDue, context: Context) -> Sequence[Event]:
    """Note that it is overdue."""
    _fallen_due(due(state), context)
    return (e.FilingFellDue(),)


def lapse(state: Working, command: c.Lapse, context: Context) -> Sequence[Event]:
    """Give up waiting."""
    _fallen_due(lapses(state), context)
    return (e.FilingLapsed(),)


def _fallen_due(at: datetime | None, context: Context) -> None:
    if at is None or at > context.now:
        raise conflict("alarm_not_due")

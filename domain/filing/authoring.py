"""What an author does with a filing: draft, submit, recall, amend, ask for time."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from domain.conditions import CycleFacts, Facts, UnitFacts, holds
from domain.context import Context
from domain.document import check_content
from domain.filing import commands as c
from domain.filing import events as e
from domain.filing.routing import Course, chosen_by_author, onward
from domain.filing.states import Approved, Filing, InReview, Open, Working
from domain.machine import Event
from domain.programme import Programme
from domain.refusal import conflict, invalid

LONGEST = timedelta(days=400)
"""How far off a new due time may lie."""


def begin_draft(state: Open, command: c.BeginDraft, context: Context) -> Sequence[Event]:
    """Note that work has begun."""
    return (e.DraftingBegun(),)


def submit(state: Working, command: c.Submit, context: Context) -> Sequence[Event]:
    """Hand in a content; it goes to the first stages, or straight back to whoever returned it."""
    check_content(context.programme.document_by_id[state.document], command.content)
    content = command.digest
    if state.in_force is not None and state.in_force.content == content:
        raise invalid("nothing_changed", at="content")
    # What is in force came in already: an amendment is owed to nobody, so it cannot be late.
    late = state.in_force is None and context.now > state.due_at
    left_out = stages_left_out(state, command.content, context.programme, context.calendar.year)
    by = {one for one in (context.actor.person, context.actor.on_behalf_of) if one is not None}
    chosen = chosen_by_author(state, command.choose, left_out, by, context)
    course = Course(state, context)
    course.emit(
        e.FilingSubmitted(
            revision=len(state.revisions) + 1, content=content, late=late, left_out=left_out, chosen=chosen
        )
    )
    onward(course)
    return course.events


def stages_left_out(state: Filing, content: Mapping[str, Any], programme: Programme, year: int) -> tuple[str, ...]:
    """Return the stages whose condition a content does not meet, in the school year that begins in a year."""
    unit = programme.known_units[state.unit]
    facts = Facts(
        document=programme.document_by_id[state.document],
        fields=content,
        unit=UnitFacts(unit.id, unit.kind, unit.subject, unit.centre, state.path),
        cycle=CycleFacts(year, state.period, state.duty),
    )
    return tuple(one.stage for one in state.steps if one.when is not None and not holds(one.when, facts))


def recall(state: InReview, command: c.Recall, context: Context) -> Sequence[Event]:
    """Take it back while nobody has decided, or nobody is there to ask; otherwise ask those whose turn it is."""
    if state.asks_before_recall:
        return (e.RecallRequested(reason=command.reason),)
    return (recalled(state, command.reason, context),)


def recalled(state: InReview, reason: str | None, context: Context) -> e.FilingRecalled:
    """The time of review does not count against the author: there is time to mend it before it lapses."""
    mended_by = context.calendar.workdays_after(context.now, state.rework)
    return e.FilingRecalled(reason=reason, lapses_at=max(state.lapses_at, mended_by))


def amend(state: Approved, command: c.Amend, context: Context) -> Sequence[Event]:
    """Begin a new revision; the approved one stays in force."""
    return (e.AmendingBegun(reason=command.reason),)


def abandon(state: Working, command: c.AbandonAmendment, context: Context) -> Sequence[Event]:
    """Keep the approved one."""
    return (e.AmendmentAbandoned(),)


def ask_extension(state: Working, command: c.AskExtension, context: Context) -> Sequence[Event]:
    """Ask for a later due time: the close of business of a day after the present one."""
    _somebody_else_answers(state, context)
    until = context.calendar.close_of_business(command.until)
    if until <= max(state.due_at, context.now):
        raise invalid("not_later", at="until", due=state.due_at.isoformat())
    if until > context.now + LONGEST:
        raise invalid("too_far_off", at="until", days=LONGEST.days)
    return (e.ExtensionAsked(until=until, reason=command.reason),)


def _somebody_else_answers(state: Working, context: Context) -> None:
    """Refuse to ask where the office is nobody but those who owe it or ask: it would never be answered."""
    held = context.directory.holders
    office = {one for post in state.office for one in held.get(post, ())}
    owing = {*state.authors, context.actor.person, context.actor.principal}
    if state.person is None:
        owing |= held.get(state.author, frozenset())
    if office and office <= owing:
        raise conflict("nobody_else_extends")


def grant_extension(state: Working, command: c.GrantExtension, context: Context) -> Sequence[Event]:
    """Give the time; the days of grace after it stay as many."""
    assert state.extension is not None, "only what was asked for is granted"
    due_at = state.extension.until
    return (
        e.ExtensionGranted(
            before=state.due_at,
            due_at=due_at,
            lapses_at=lapses_after(state, due_at, context),
            remind_at=reminders(state, due_at, context),
        ),
    )


def refuse_extension(state: Working, command: c.RefuseExtension, context: Context) -> Sequence[Event]:
    """Leave it as it is."""
    return (e.ExtensionRefused(reason=command.reason),)


def reminders(state: Filing, due_at: datetime, context: Context) -> tuple[datetime, ...]:
    """The reminders to come before a due time, by the duty's rule."""
    duty = context.programme.duty_by_id.get(state.duty)
    found = {context.calendar.workdays_before(due_at, days) for days in (duty.remind if duty else ())}
    return tuple(at for at in sorted(found) if at > context.now)


def lapses_after(state: Filing, due_at: datetime, context: Context) -> datetime:
    """As many workdays after the new due time as it lay after the old one."""
    calendar = context.calendar
    grace = calendar.workdays_between(calendar.local(state.due_at).date(), calendar.local(state.lapses_at).date())
    return state.lapses_at if due_at == state.due_at else calendar.workdays_after(due_at, grace)

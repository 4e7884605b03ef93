"""A filing goes over to another programme in mid-flight: its path and its times are made anew, its place is kept.

`under` says what all of it would be under other rules, and is what a dry run shows; `move_rules` carries it out. Rules
that are the same in both programmes leave everything as it is.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cached_property
from typing import Any

from domain.access import Post
from domain.calendar import SchoolCalendar
from domain.context import NOTHING, Context, Lookups
from domain.cycle import Window, window_of
from domain.filing import commands as c
from domain.filing import events as e
from domain.filing.graph import behind as following
from domain.filing.opening import copied_of, judgements_of, office_of, stays_in_of, steps_of
from domain.filing.routing import Course, is_through, onward, people_and_posts, pool, present
from domain.filing.states import Filing, InReview, Returned
from domain.filing.values import Hold, Judgement, MovedTime, Origin, Step, Time, Visit
from domain.ids import PersonId, UnitId
from domain.machine import Event
from domain.programme import Duty, Mode, Programme, Vacancy
from domain.refusal import invalid
from domain.rerouting import behind, carried_over, last_remaining, next_remaining
from domain.units import path_of

_OF_THE_RULE = frozenset({Origin.RULE, Origin.VACANT, Origin.CHOSEN, Origin.TOOK_OVER})
"""Seats that a stage's rule gave; when the rule is another, it gives them anew."""


@dataclass(frozen=True, slots=True)
class _Laid:
    """What a programme lays down for a duty of one unit."""

    path: tuple[UnitId, ...]
    office: tuple[Post, ...]
    stays_in: UnitId | None
    steps: tuple[Step, ...]
    copied: tuple[Post, ...]


class Between:
    """Two programmes. What they give for a duty, a unit and a period is worked out once for all filings."""

    def __init__(self, old: Programme, new: Programme) -> None:
        self.old = old
        self.new = new
        self._laid: dict[tuple[str, UnitId], _Laid] = {}
        self._windows: dict[tuple[str, str, int, int], tuple[Window | None, Window | None]] = {}
        self._documents: dict[tuple[str, str], bool] = {}

    @cached_property
    def same_calendar(self) -> bool:
        """Whether both count days alike."""
        return self.old.calendar == self.new.calendar

    def same_document(self, was: str, will: str) -> bool:
        """Whether a document of the old programme and one of the new one are the same."""
        if (was, will) not in self._documents:
            same = self.old.document_by_id.get(was) == self.new.document_by_id.get(will)
            self._documents[was, will] = same
        return self._documents[was, will]

    def laid(self, duty: Duty, unit: UnitId) -> _Laid:
        """What the new programme lays down for a unit; refused when the unit is closed or not where it has to be."""
        if (duty.id, unit) not in self._laid:
            new, pipeline = self.new, self.new.pipeline_by_id[duty.pipeline]
            self._laid[duty.id, unit] = _Laid(
                steps=steps_of(new, pipeline, unit),
                path=path_of(new, unit),
                office=office_of(new, duty, unit),
                stays_in=stays_in_of(new, duty, unit),
                copied=copied_of(new, pipeline, unit),
            )
        return self._laid[duty.id, unit]

    def windows(self, duty: Duty, state: Filing) -> tuple[Window | None, Window | None]:
        """The window a filing was opened in, by the rules of each programme."""
        before, after = (one.calendar_at(state.opened_at).year for one in (self.old, self.new))
        key = duty.id, state.period, before, after
        if key not in self._windows:
            former = self.old.duty_by_id.get(duty.id)
            was = None if former is None else _window(self.old, former, state.period, before)
            self._windows[key] = was, _window(self.new, duty, state.period, after)
        return self._windows[key]


@dataclass(frozen=True, slots=True)
class Rerouted:
    """What a filing would be under other rules, keeping its place."""

    path: tuple[UnitId, ...]
    office: tuple[Post, ...]
    stays_in: UnitId | None
    document: str
    steps: tuple[Step, ...]
    judgements: tuple[Judgement, ...]
    copied: tuple[Post, ...]
    rework: int
    urge_hours: int
    due_at: datetime
    lapses_at: datetime
    remind_at: tuple[datetime, ...]
    overdue: bool
    times: tuple[MovedTime, ...]
    visits: tuple[Visit, ...]
    """The stays that go on, with their new times; who sits there is as it was."""
    paused: tuple[Visit, ...]
    passed: tuple[str, ...]
    passed_over: tuple[str, ...]
    left_out: tuple[str, ...]
    holds: tuple[Hold, ...]
    next: tuple[str, ...]
    """The stages that it would reach at once."""
    renewed: frozenset[str]
    """Stages it stays at, or comes back to, of which another rule says who decides."""

    @property
    def at(self) -> tuple[str, ...]:
        """Where it would stand, in the order of the path."""
        there = {*self.next, *(one.stage for one in self.visits)}
        return tuple(one.stage for one in self.steps if one.stage in there)

    @property
    def may_go_back_to(self) -> tuple[str, ...]:
        """The stages it could be sent back to: those behind it, and those where it would stand.

        A stage that is left out for its condition would only be passed again.
        """
        there = {*self.passed, *self.at} - {*self.left_out}
        return tuple(one.stage for one in self.steps if one.stage in there)


def under(state: Filing, between: Between, now: datetime) -> Rerouted:
    """Return what a filing would be under other rules.

    Refused when the new rules have no such duty, or when its unit is closed or no longer where its path needs it.
    """
    new = between.new
    duty = new.duty_by_id.get(state.duty)
    if duty is None:
        raise invalid("rules_without_duty", at="programme", title=state.title.zh, title_en=state.title.en)
    pipeline = new.pipeline_by_id[duty.pipeline]
    laid = between.laid(duty, state.unit)
    steps = _with_added(state.steps, laid.steps)
    place = _place(state, steps)
    clock = _Clock(state, between, duty, now)
    due_at, lapses_at, remind_at = clock.working_times()
    visits = tuple(clock.visit(one, steps) for one in place.visits)
    renewed = frozenset(
        one.stage for one in (*place.visits, *place.paused) if _decided_otherwise(state.step_of(one.stage), one, steps)
    )
    return Rerouted(
        path=laid.path,
        office=laid.office,
        # What was handed in under the promise to stay somewhere stays there.
        stays_in=state.stays_in if state.stays_in in laid.path else laid.stays_in,
        document=duty.document,
        steps=steps,
        judgements=judgements_of(pipeline),
        copied=laid.copied,
        rework=pipeline.rework,
        urge_hours=pipeline.urge_hours,
        due_at=due_at,
        lapses_at=lapses_at,
        remind_at=remind_at,
        overdue=state.overdue and due_at <= now,
        times=(*clock.moved(due_at, lapses_at, remind_at), *_moved_visits(place.visits, visits)),
        visits=visits,
        paused=tuple(_without_the_rule(one) if one.stage in renewed else one for one in place.paused),
        passed=place.passed,
        passed_over=tuple(one for one in place.passed if one not in _passed(state)),
        left_out=place.left_out,
        holds=place.holds,
        next=place.next,
        renewed=renewed,
    )


def differs(state: Filing, found: Rerouted) -> bool:
    """Whether other rules change anything about the path or the times of a filing."""
    before = (state.path, state.steps, state.judgements, state.document, state.rework)
    after = (found.path, found.steps, found.judgements, found.document, found.rework)
    return before != after or bool(found.times)


# -- the path


def _with_added(old: Sequence[Step], new: Sequence[Step]) -> tuple[Step, ...]:
    """The new path with the signers that were added on the way, between the same neighbours as far as they remain."""
    steps = list(new)
    for one in old:
        if one.added:
            _put_in(steps, old, one)
    return tuple(steps)


def _put_in(steps: list[Step], old: Sequence[Step], added: Step) -> None:
    remaining = {one.stage for one in steps}
    before = tuple(dict.fromkeys(last_remaining(old, added.stage, remaining)))
    index = max((n + 1 for n, one in enumerate(steps) if one.stage in before), default=0)
    steps.insert(index, added.model_copy(update={"after": before}))
    earlier = behind(steps, (added.stage,))
    for stage in set(next_remaining(old, added.stage, remaining)) - earlier:
        number = next(n for n, one in enumerate(steps) if one.stage == stage)
        waits = steps[number]
        steps[number] = waits.model_copy(update={"after": (*waits.after, added.stage)})


@dataclass(frozen=True, slots=True)
class _Place:
    visits: tuple[Visit, ...] = ()
    paused: tuple[Visit, ...] = ()
    passed: tuple[str, ...] = ()
    holds: tuple[Hold, ...] = ()
    left_out: tuple[str, ...] = ()
    next: tuple[str, ...] = ()


def _passed(state: Filing) -> tuple[str, ...]:
    return state.passed if isinstance(state, InReview | Returned) else ()


def _place(state: Filing, steps: Sequence[Step]) -> _Place:
    """Where a filing stands on its new path."""
    if isinstance(state, Returned):
        gone = [one.stage for one in state.steps if state.straight and one.stage == state.stage]
        passed = carried_over(state.steps, steps, gone, state.passed)
        # Where nobody would be left to look at it when it is mended, it passes every stage again.
        return _Place(passed=_in_order(steps, passed) if len(passed) < len(steps) else ())
    if not isinstance(state, InReview):
        return _Place()
    remaining = {one.stage for one in steps}
    # Where the two have changed places, the one that was waited for would wait itself.
    holds = tuple(
        one
        for one in state.holds
        if {one.stage, one.until} <= remaining and one.stage not in behind(steps, (one.until,))
    )
    there = {one.stage for one in (*state.visits, *state.paused)} | {one.stage for one in state.holds}
    passed = carried_over(state.steps, steps, there, state.passed)
    visits = tuple(one for one in state.visits if one.stage in remaining)
    unmet = {one.stage: one.when for one in state.steps if one.stage in state.left_out}
    return _Place(
        visits=visits,
        paused=tuple(one for one in state.paused if one.stage in remaining),
        passed=_in_order(steps, passed),
        holds=holds,
        # Whether a condition is met was found when it was handed in; by another condition, it is asked.
        left_out=tuple(one.stage for one in steps if one.stage in unmet and one.when == unmet[one.stage]),
        next=_next(steps, passed, {*(one.stage for one in visits), *(one.stage for one in holds)}),
    )


def _next(steps: Iterable[Step], passed: Collection[str], taken: Collection[str]) -> tuple[str, ...]:
    return tuple(
        one.stage
        for one in steps
        if one.stage not in passed and one.stage not in taken and all(before in passed for before in one.after)
    )


def _in_order(steps: Iterable[Step], stages: Collection[str]) -> tuple[str, ...]:
    return tuple(one.stage for one in steps if one.stage in stages)


_WHO = ("posts", "people", "staff_no", "chosen_by", "mode", "votes", "veto", "vacant")


def _decided_otherwise(old: Step, visit: Visit, steps: Iterable[Step]) -> bool:
    new = next(one for one in steps if one.stage == visit.stage)
    return any(getattr(old, name) != getattr(new, name) for name in _WHO)


def _without_the_rule(visit: Visit) -> Visit:
    """A stay whose rule gives its seats anew, with whoever was asked besides."""
    others = tuple(one for one in visit.seats if one.origin not in _OF_THE_RULE)
    return visit.model_copy(update={"seats": others, "gave": ()})


# -- the times


class _Clock:
    """The times of a filing, counted anew by another calendar and other rules."""

    def __init__(self, state: Filing, between: Between, duty: Duty, now: datetime) -> None:
        self.state = state
        self.now = now
        self.old, self.new = between.old.calendar_at(now), between.new.calendar_at(now)
        self.same_calendar = between.same_calendar
        former = between.old.duty_by_id.get(state.duty)
        self.was, self.will = between.windows(duty, state)
        self.remind = duty.remind
        self.reminded = former.remind if former else ()

    def working_times(self) -> tuple[datetime, datetime, tuple[datetime, ...]]:
        """When it is due and lapses, and the reminders to come. What is in force already is owed to nobody."""
        state = self.state
        if getattr(state, "in_force", None) is not None or (self.same_calendar and self.was == self.will):
            return state.due_at, state.lapses_at, state.remind_at
        due_at = self._by_window(state.due_at, _due(self.was), _due(self.will))
        lapses_at = max(due_at, self._not_gone(state.lapses_at, self._lapses(due_at)))
        if due_at == state.due_at and self.remind == self.reminded and self.same_calendar:
            return due_at, lapses_at, state.remind_at
        reminders = {self.new.workdays_before(due_at, days) for days in self.remind}
        return due_at, lapses_at, tuple(at for at in sorted(reminders) if at > self.now)

    def _lapses(self, due_at: datetime) -> datetime:
        state, was, will = self.state, self.was, self.will
        if was and will and state.lapses_at == was.lapses_at and due_at == will.due_at:
            return will.lapses_at
        if due_at == state.due_at:
            return self.later(state.lapses_at)
        return self.new.workdays_after(due_at, _workdays(self.old, state.due_at, state.lapses_at))

    def visit(self, visit: Visit, steps: Iterable[Step]) -> Visit:
        """A stay with its times under the new rule of its stage."""
        was = self.state.step_of(visit.stage)
        will = next(one for one in steps if one.stage == visit.stage)
        if self.same_calendar and all(getattr(was, name) == getattr(will, name) for name in _WHEN):
            return visit
        due_at = self._by_window(
            visit.due_at,
            self.old.workdays_after(visit.arrived_at, was.due),
            self.new.workdays_after(visit.arrived_at, will.due),
        )
        remind_at = None if will.remind is None else self.new.workdays_before(due_at, will.remind)
        if remind_at is not None and remind_at <= self.now:
            remind_at = None
        if due_at == visit.due_at and was.remind == will.remind and visit.remind_at is None:
            remind_at = None  # it has been sent
        rung = was.escalate_to is not None and visit.escalate_at is None
        escalated = rung or any(one.origin is Origin.ESCALATED for one in visit.seats)
        late = None if will.escalate_to is None or escalated else will.escalate_after
        return visit.model_copy(
            update={
                "due_at": due_at,
                "remind_at": remind_at,
                "escalate_at": self._after(visit.escalate_at, due_at, late),
                "passes_at": self._after(visit.passes_at, due_at, will.passes_after),
            }
        )

    def _by_window(self, at: datetime, was: datetime | None, will: datetime | None) -> datetime:
        """A time as the new rules give it, where it is the one that the old rules gave; otherwise as far off as it was.

        Nothing that is still to come is moved into the past.
        """
        return self.later(at) if at != was or will is None else self._not_gone(at, will)

    def _after(self, before: datetime | None, due_at: datetime, days: int | None) -> datetime | None:
        """What happens some workdays after a stage is due. By a change of rules alone, nothing has happened already."""
        return None if days is None else self._not_gone(before, self.new.workdays_after(due_at, days))

    def _not_gone(self, before: datetime | None, after: datetime) -> datetime:
        """A time under the new rules; the end of today where it was still to come and would be over."""
        over = before is not None and before <= self.now
        return after if after > self.now or over else self.new.workdays_after(self.now, 0)

    def later(self, at: datetime) -> datetime:
        """A time to come, as many workdays off by the new calendar as by the old one."""
        if self.same_calendar or at <= self.now:
            return at
        days = _workdays(self.old, self.now, at)
        day = self.new.add_workdays(self.new.local(self.now).date(), days)
        shown = self.old.local(at)
        if at == self.old.close_of_business(shown.date()):
            return self.new.close_of_business(day)
        if at == self.old.start_of_business(shown.date()):
            return self.new.start_of_business(day)
        return self.new.instant(day, shown.time())

    def moved(self, due_at: datetime, lapses_at: datetime, remind_at: tuple[datetime, ...]) -> Iterator[MovedTime]:
        """Which of the filing's own times are others now."""
        state = self.state
        yield from _moved(Time.DUE, None, state.due_at, due_at)
        yield from _moved(Time.LAPSES, None, state.lapses_at, lapses_at)
        for before, after in _paired(state.remind_at, remind_at):
            yield from _moved(Time.REMINDER, None, before, after)


def _due(window: Window | None) -> datetime | None:
    return None if window is None else window.due_at


_WHEN = ("due", "remind", "escalate_after", "escalate_to", "passes_after")
_OF_A_STAY = (
    (Time.STAGE_DUE, "due_at"),
    (Time.STAGE_REMINDER, "remind_at"),
    (Time.STAGE_ESCALATES, "escalate_at"),
    (Time.STAGE_PASSES, "passes_at"),
)


def _moved_visits(before: Iterable[Visit], after: Iterable[Visit]) -> Iterator[MovedTime]:
    for was, now in zip(before, after, strict=True):
        for time, name in _OF_A_STAY:
            yield from _moved(time, was.stage, getattr(was, name), getattr(now, name))


def _moved(time: Time, stage: str | None, before: datetime | None, after: datetime | None) -> Iterator[MovedTime]:
    if before != after:
        yield MovedTime(time=time, stage=stage, before=before, after=after)


def _paired(before: Sequence[datetime], after: Sequence[datetime]) -> Iterator[tuple[datetime | None, datetime | None]]:
    """Reminders from the last one back: the one nearest to the due time is the same one before and after."""
    if before != after:
        longer = max(len(before), len(after))
        for n in range(longer, 0, -1):
            yield (before[-n] if n <= len(before) else None, after[-n] if n <= len(after) else None)


def _workdays(calendar: SchoolCalendar, start: datetime, end: datetime) -> int:
    return max(0, calendar.workdays_between(calendar.local(start).date(), calendar.local(end).date()))


def _window(programme: Programme, duty: Duty, period: str, year: int) -> Window | None:
    """The window of a period, by a programme's rules, for what was opened in a school year."""
    # A window may open a little before its school year begins.
    years = (programme.calendar_of(one) for one in (year, year + 1))
    return next((one for each in years if (one := window_of(programme, each, duty, period))), None)


# -- carrying it out


def people_and_posts_under(state: Filing, new: Programme) -> Lookups:
    """Whoever could come to decide under other rules."""
    duty = new.duty_by_id.get(state.duty)
    if duty is None:
        return NOTHING
    steps = steps_of(new, new.pipeline_by_id[duty.pipeline], state.unit)
    return people_and_posts(state) | people_and_posts(state.model_copy(update={"steps": steps}))


def move_rules(state: Filing, command: c.MoveRules, context: Context) -> Sequence[Event]:
    """Go by another programme from now on.

    Nobody's filing is approved by a change of rules: where nobody would be left to decide, it is refused.
    """
    new = context.directory.programmes[command.programme]
    found = under(state, Between(context.programme, new), context.now)
    if new == context.programme and not differs(state, found) and command.choice == "move":
        raise invalid("nothing_moves", at="programme")
    if command.choice == "back" and not isinstance(state, InReview):
        raise invalid("author_has_it", at="choice")
    course = Course(state, replace(context, programme=new, calendar=new.calendar_at(context.now)))
    event = _event(state, command, found, course.context)
    if command.choice == "move":
        _keep(course, event, found)
    elif command.to is None:
        _to_author(course, event)
    else:
        _to_stage(course, event, found, command.to)
    return course.events


def _event(state: Filing, command: c.MoveRules, found: Rerouted, context: Context) -> e.RulesMoved:
    same: dict[str, Any] = {
        name: getattr(found, name) for name in e.RulesMoved.model_fields if name in Rerouted.__dataclass_fields__
    }
    return e.RulesMoved(
        programme=command.programme,
        version=context.programme.version,
        choice=command.choice,
        to=command.to,
        author_again=False,
        reason=command.reason,
        steps_before=state.steps,
        undone=_undone(state, found),
        chosen=_choices_that_hold(state, found, context),
        **same,
    )


def _choices_that_hold(state: Filing, found: Rerouted, context: Context) -> dict[str, tuple[PersonId, ...]]:
    """Who was chosen to decide, where the new rule lets somebody choose among them; elsewhere its rule decides."""
    if not isinstance(state, InReview | Returned):
        return {}
    was = {one.stage: (one.chosen_by, one.posts) for one in state.steps}
    return {
        one.stage: people
        for one in found.steps
        if (people := state.chosen.get(one.stage)) is not None
        and (was[one.stage] == (one.chosen_by, one.posts) or _may_be_chosen(state, one, people, context))
    }


def _may_be_chosen(state: Filing, step: Step, people: Iterable[PersonId], context: Context) -> bool:
    return step.chosen_by is not None and any(one in pool(state, step, context) for one in people)


def _undone(state: Filing, found: Rerouted) -> tuple[str, ...]:
    """Stages whose agreements no longer hold: a vote that was counted by another rule begins anew."""
    if isinstance(state, Returned):
        return tuple(one.stage for one in found.steps) if state.passed and not found.passed else ()
    modes = {one.stage: {one.mode} for one in found.steps}
    for one in state.steps:
        modes.get(one.stage, set()).add(one.mode)
    return tuple(one.stage for one in found.steps if one.stage in found.renewed and Mode.VOTES in modes[one.stage])


def _keep(course: Course, event: e.RulesMoved, found: Rerouted) -> None:
    course.emit(event)
    if not isinstance(course.state, InReview):
        return
    for visit in found.visits:
        if visit.stage in found.renewed:
            _seat_anew(course, visit)
    _onward(course)


def _seat_anew(course: Course, visit: Visit) -> None:
    """Let those decide whom the new rule names, with whoever was asked besides."""
    state, context = course.review, course.context
    step = state.step_of(visit.stage)
    others = _without_the_rule(visit).seats
    ruled = present(state, visit.model_copy(update={"seats": (), "gave": ()}), step, context)
    known = {one.person for one in ruled} - {None}
    seats = (*ruled, *(one for one in others if one.person not in known))
    if not seats and step.vacant is Vacancy.SKIP:
        course.emit(e.StagePassed(stage=visit.stage, because=e.Because.VACANT))
        return
    course.emit(e.SeatsChanged(stage=visit.stage, seats=seats))
    agreed = state.agreed(visit.stage)
    if agreed and is_through(step, visit.model_copy(update={"seats": seats}), agreed):
        course.emit(e.StagePassed(stage=visit.stage, because=e.Because.RULES))


def _onward(course: Course, asked: str | None = None) -> None:
    onward(course, asked)
    if not isinstance(course.state, InReview):
        raise invalid("nobody_left_to_decide", at="choice")


def _to_author(course: Course, event: e.RulesMoved) -> None:
    """The author has it again, with time to mend it, as after a return."""
    state, calendar, now = course.review, course.context.calendar, course.context.now
    due_at = max(event.due_at, calendar.workdays_after(now, event.rework))
    lapses_at = event.lapses_at
    if due_at != event.due_at:
        lapses_at = calendar.workdays_after(due_at, _workdays(calendar, event.due_at, event.lapses_at))
    duty = course.context.programme.duty_by_id[state.duty]
    reminders = {calendar.workdays_before(due_at, days) for days in duty.remind}
    remind_at = tuple(at for at in sorted(reminders) if at > now)
    times = (
        *_moved(Time.DUE, None, state.due_at, due_at),
        *_moved(Time.LAPSES, None, state.lapses_at, lapses_at),
    )
    again = {"due_at": due_at, "lapses_at": lapses_at, "remind_at": remind_at, "overdue": False, "times": times}
    gone = {"visits": (), "paused": (), "passed": (), "passed_over": (), "holds": (), "left_out": (), "undone": ()}
    course.emit(event.model_copy(update={"author_again": True, **again, **gone}))


def _to_stage(course: Course, event: e.RulesMoved, found: Rerouted, stage: str) -> None:
    """A stage has it again; what comes after it is passed again."""
    if stage not in found.may_go_back_to:
        titles = [one.title for one in found.steps if one.stage in found.may_go_back_to]
        raise invalid(
            "not_behind_it",
            at="to",
            choices="、".join(one.zh for one in titles) or "无",
            choices_en=", ".join(one.en for one in titles) or "none",
        )
    undone = following(found.steps, stage) | {stage}
    course.emit(
        event.model_copy(
            update={
                "visits": tuple(one for one in event.visits if one.stage not in undone),
                "paused": tuple(one for one in event.paused if one.stage not in undone),
                "passed": tuple(one for one in event.passed if one not in undone),
                "passed_over": tuple(one for one in event.passed_over if one not in undone),
                "holds": tuple(one for one in event.holds if not {one.stage, one.until} & undone),
                "times": tuple(one for one in event.times if one.stage not in undone),
                "undone": (*event.undone, *_in_order(found.steps, undone - set(event.undone))),
            }
        )
    )
    for visit in found.visits:
        if visit.stage in found.renewed and visit.stage not in undone:
            _seat_anew(course, visit)
    _onward(course, asked=stage)

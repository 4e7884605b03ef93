"""The cycle machine (周期): one run of a programme over a school year.

drafted → published → running → inspecting → closing → archived; suspended and resumed. Its alarms are the calendar,
its reactions open the windows. The windows' instants are computed once, when it is published, and kept in that event.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any, ClassVar, Literal

from domain.access import Actor, Scope, needs, only_system
from domain.calendar import BusinessEdge, Period, SchoolCalendar
from domain.context import NOTHING, Context, Lookups
from domain.ids import UnitId
from domain.machine import (
    Alarm,
    Command,
    Event,
    Fact,
    Intent,
    Machine,
    OpenWindow,
    Reaction,
    State,
    Summary,
    Transition,
)
from domain.programme import Duty, InspectionRules, Programme, Right, WindowRules
from domain.refusal import Refused, conflict, forbidden, invalid
from domain.text import Digest, Frozen, Prose, Slug, Text
from domain.units import root_of

_OPENS: BusinessEdge = "start_of_business"
_CLOSES: BusinessEdge = "close_of_business"


class Window(Frozen):
    """When one duty or inspection opens, falls due and lapses in one period. Instants are UTC."""

    id: str
    kind: Literal["duty", "inspection"]
    rules: Slug
    period: str
    opens_at: datetime
    due_at: datetime
    lapses_at: datetime
    remind_at: tuple[datetime, ...] = ()
    closes_year: bool = False
    provisional: bool = False
    """Rests on a year whose holidays have not been announced."""


# -- states


class Cycle(State):
    """What is true of a cycle in every state."""

    tenant: str
    programme: Slug
    title: Text
    school_year: int
    unit: UnitId


class Drafted(Cycle):
    """Made, and not yet binding."""

    status: Literal["drafted"] = "drafted"


class Scheduled(Cycle):
    """Its windows are fixed."""

    windows: tuple[Window, ...]
    starts_at: datetime
    closes_at: datetime
    opened: tuple[str, ...] = ()
    missed: tuple[str, ...] = ()
    """Windows that lapsed while the cycle was suspended: owed by nobody."""

    def next_window(self) -> Window | None:
        """The earliest window that has neither opened nor been missed."""
        waiting = (one for one in self.windows if one.id not in self.opened and one.id not in self.missed)
        return min(waiting, key=lambda one: (one.opens_at, one.id), default=None)


class Published(Scheduled):
    """Announced; its year has not begun."""

    status: Literal["published"] = "published"


class Running(Scheduled):
    """The year is on."""

    status: Literal["running"] = "running"


class Inspecting(Scheduled):
    """The year-end inspection is on."""

    status: Literal["inspecting"] = "inspecting"


class Suspended(Scheduled):
    """No window opens until it is resumed; what is open goes on."""

    status: Literal["suspended"] = "suspended"
    reason: str
    inspecting: bool


class Closing(Scheduled):
    """The year is over; what is in flight may still end."""

    status: Literal["closing"] = "closing"


class Archived(Scheduled):
    """Closed for good."""

    status: Literal["archived"] = "archived"


# -- commands


class DraftCycle(Command):
    """Make a cycle of the programme that the order pins."""

    name: ClassVar[str] = "draft"
    school_year: int


class Publish(Command):
    """Fix the calendar and announce it."""

    name: ClassVar[str] = "publish"


class Start(Command):
    """Begin the year."""

    name: ClassVar[str] = "start"


class OpenNextWindow(Command):
    """Open the next window."""

    name: ClassVar[str] = "open_window"
    window: str


class Suspend(Command):
    """Stop opening windows."""

    name: ClassVar[str] = "suspend"
    reason: Prose


class Resume(Command):
    """Go on; windows whose time has come open at once."""

    name: ClassVar[str] = "resume"


class ChangeRules(Command):
    """Go by another programme from the next window on; what is open stays as it is."""

    name: ClassVar[str] = "change_rules"
    programme: Digest
    reason: Prose


class BeginClosing(Command):
    """End the year."""

    name: ClassVar[str] = "begin_closing"


class Archive(Command):
    """Close for good."""

    name: ClassVar[str] = "archive"


# -- events


class CycleDrafted(Event):
    """A cycle was made."""

    type: ClassVar[str] = "cycle.drafted"
    tenant: str
    programme: Slug
    title: Text
    school_year: int
    unit: UnitId


class CyclePublished(Event):
    """Its calendar is fixed."""

    type: ClassVar[str] = "cycle.published"
    windows: tuple[Window, ...]
    starts_at: datetime
    closes_at: datetime


class CycleStarted(Event):
    """The year began."""

    type: ClassVar[str] = "cycle.started"


class WindowOpened(Event):
    """A window opened."""

    type: ClassVar[str] = "cycle.window_opened"
    window: str


class WindowMissed(Event):
    """A window's time was over before it could open: nobody owes anything in it."""

    type: ClassVar[str] = "cycle.window_missed"
    window: str


class InspectingBegun(Event):
    """The year-end inspection began."""

    type: ClassVar[str] = "cycle.inspecting_begun"


class CycleSuspended(Event):
    """No window opens for now."""

    type: ClassVar[str] = "cycle.suspended"
    reason: str


class CycleResumed(Event):
    """Windows open again."""

    type: ClassVar[str] = "cycle.resumed"


class CycleRulesChanged(Event):
    """It goes by another programme from the next window on."""

    type: ClassVar[str] = "cycle.rules_changed"
    programme_field: ClassVar[str | None] = "digest"
    digest: Digest
    programme: Slug
    version: int
    title: Text
    reason: str
    windows: tuple[Window, ...]
    """All of them: those that have opened or were missed, as they were, and those to come by the new rules. None while
    the cycle is a draft."""
    closes_at: datetime | None
    """None while the cycle is a draft."""


class ClosingBegun(Event):
    """The year is over."""

    type: ClassVar[str] = "cycle.closing_begun"


class CycleArchived(Event):
    """Closed for good."""

    type: ClassVar[str] = "cycle.archived"


# -- decisions


def _may_draft(_: None, actor: Actor) -> Refused | None:
    held = any(Right.RUN_CYCLE in one.rights and len(one.path) == 1 for one in actor.held)
    return None if held else forbidden("right_missing", right=Right.RUN_CYCLE.value)


def _may_run(state: Cycle, actor: Actor) -> Refused | None:
    return needs(Right.RUN_CYCLE, actor, (state.unit,))


def _draft(_: None, command: DraftCycle, context: Context) -> Sequence[Event]:
    if not 2000 <= command.school_year <= 2100:
        raise invalid("school_year_out_of_range", at="school_year", year=command.school_year)
    programme = context.programme
    return (
        CycleDrafted(
            tenant=context.tenant,
            programme=programme.id,
            title=programme.title,
            school_year=command.school_year,
            unit=root_of(programme),
        ),
    )


def _publish(state: Drafted, command: Publish, context: Context) -> Sequence[Event]:
    """Windows already past their due time when the year is announced are owed by nobody."""
    calendar = context.programme.calendar_of(state.school_year)
    windows = tuple(one for one in schedule(context.programme, calendar) if one.due_at > context.now)
    return (
        CyclePublished(
            windows=windows,
            starts_at=calendar.start_of_business(calendar.first_day),
            closes_at=_closes_at(calendar, windows),
        ),
    )


def schedule(programme: Programme, calendar: SchoolCalendar) -> tuple[Window, ...]:
    """Every window of the school year, in the order they open."""
    owed: tuple[Duty | InspectionRules, ...] = (*programme.duties, *programme.inspections)
    windows = [
        _window(programme, calendar, rules, period) for rules in owed for period in _periods(calendar, rules.window)
    ]
    return tuple(sorted(windows, key=lambda one: (one.opens_at, one.id)))


def window_of(
    programme: Programme, calendar: SchoolCalendar, rules: Duty | InspectionRules, period: str
) -> Window | None:
    """Return the window of a duty or an inspection in one period; None when it owes nothing then."""
    found = (one for one in _periods(calendar, rules.window) if one.id == period)
    return next((_window(programme, calendar, rules, one) for one in found), None)


def _periods(calendar: SchoolCalendar, rules: WindowRules) -> Iterable[Period]:
    for period in calendar.periods(rules.per, rules.min_workdays):
        if rules.terms is None or period.term is None or period.term in rules.terms:
            yield period


def _window(programme: Programme, calendar: SchoolCalendar, rules: Duty | InspectionRules, period: Period) -> Window:
    due_at = calendar.resolve(period, rules.window.due, _CLOSES)
    reminders = rules.remind if isinstance(rules, Duty) else (1,)
    lapses_at = calendar.workdays_after(due_at, rules.window.lapses)
    return Window(
        id=f"{rules.id}/{period.id}",
        kind="duty" if isinstance(rules, Duty) else "inspection",
        rules=rules.id,
        period=period.id,
        opens_at=calendar.resolve(period, rules.window.opens, _OPENS),
        due_at=due_at,
        lapses_at=lapses_at,
        remind_at=tuple(sorted(calendar.workdays_before(due_at, days) for days in reminders)),
        closes_year=isinstance(rules, InspectionRules) and rules.closes_year,
        provisional=any(calendar.is_provisional(calendar.local(at).date()) for at in (due_at, lapses_at)),
    )


def _start(state: Published, command: Start, context: Context) -> Sequence[Event]:
    _due(state.starts_at, context)
    return (CycleStarted(),)


def _open_window(state: Scheduled, command: OpenNextWindow, context: Context) -> Sequence[Event]:
    window = state.next_window()
    if window is None or window.id != command.window:
        raise conflict("alarm_not_due")
    _due(window.opens_at, context)
    if window.lapses_at <= context.now:
        return (WindowMissed(window=window.id),)
    opened = WindowOpened(window=window.id)
    if window.closes_year and isinstance(state, Running):
        return (opened, InspectingBegun())
    return (opened,)


def _suspend(state: Scheduled, command: Suspend, context: Context) -> Sequence[Event]:
    return (CycleSuspended(reason=command.reason),)


def _resume(state: Suspended, command: Resume, context: Context) -> Sequence[Event]:
    return (CycleResumed(),)


def _change_rules(state: Cycle, command: ChangeRules, context: Context) -> Sequence[Event]:
    programme = context.directory.programmes[command.programme]
    if programme == context.programme:
        raise invalid("rules_unchanged", at="programme")
    windows = replanned(state, programme, context.now) if isinstance(state, Scheduled) else ()
    calendar = programme.calendar_of(state.school_year)
    return (
        CycleRulesChanged(
            digest=command.programme,
            programme=programme.id,
            version=programme.version,
            title=programme.title,
            reason=command.reason,
            windows=windows,
            closes_at=_closes_at(calendar, windows) if isinstance(state, Scheduled) else None,
        ),
    )


def replanned(state: Scheduled, programme: Programme, now: datetime) -> tuple[Window, ...]:
    """Return the windows of a cycle under other rules: what has opened or was missed stays, what is to come is new.

    A window already past its due time is owed by nobody, as when a cycle is announced.
    """
    begun = {*state.opened, *state.missed}
    coming = schedule(programme, programme.calendar_of(state.school_year))
    windows = [one for one in state.windows if one.id in begun]
    windows += [one for one in coming if one.id not in begun and one.due_at > now]
    return tuple(sorted(windows, key=lambda one: (one.opens_at, one.id)))


def _closes_at(calendar: SchoolCalendar, windows: Sequence[Window]) -> datetime:
    return max(calendar.close_of_business(calendar.last_day), *(one.lapses_at for one in windows))


def _begin_closing(state: Scheduled, command: BeginClosing, context: Context) -> Sequence[Event]:
    _due(state.closes_at, context)
    return (ClosingBegun(),)


def _archive(state: Closing, command: Archive, context: Context) -> Sequence[Event]:
    return (CycleArchived(),)


def _due(at: datetime, context: Context) -> None:
    if at > context.now:
        raise conflict("alarm_not_due")


# -- folds


def _base(state: Cycle, kind: type[Cycle]) -> dict[str, Any]:
    return {name: getattr(state, name) for name in kind.model_fields if name != "status"}


def _drafted(_: None, event: CycleDrafted, fact: Fact) -> Drafted:
    return Drafted(**{name: getattr(event, name) for name in CycleDrafted.model_fields})


def _published(state: Drafted, event: CyclePublished, fact: Fact) -> Published:
    return Published(
        windows=event.windows,
        starts_at=event.starts_at,
        closes_at=event.closes_at,
        **_base(state, Cycle),
    )


def _started(state: Published, event: CycleStarted, fact: Fact) -> Running:
    return Running(**_base(state, Scheduled))


def _window_opened(state: Running | Inspecting, event: WindowOpened, fact: Fact) -> Running | Inspecting:
    return state.model_copy(update={"opened": (*state.opened, event.window)})


def _window_missed(state: Running | Inspecting, event: WindowMissed, fact: Fact) -> Running | Inspecting:
    return state.model_copy(update={"missed": (*state.missed, event.window)})


def _inspecting(state: Running, event: InspectingBegun, fact: Fact) -> Inspecting:
    return Inspecting(**_base(state, Scheduled))


def _suspended(state: Scheduled, event: CycleSuspended, fact: Fact) -> Suspended:
    return Suspended(reason=event.reason, inspecting=isinstance(state, Inspecting), **_base(state, Scheduled))


def _resumed(state: Suspended, event: CycleResumed, fact: Fact) -> Running | Inspecting:
    kind = Inspecting if state.inspecting else Running
    return kind(**_base(state, Scheduled))


def _rules_changed(state: Cycle, event: CycleRulesChanged, fact: Fact) -> Cycle:
    changed: dict[str, Any] = {"programme": event.programme, "title": event.title}
    if isinstance(state, Scheduled):
        changed |= {"windows": event.windows, "closes_at": event.closes_at}
    return state.model_copy(update=changed)


def _closing(state: Scheduled, event: ClosingBegun, fact: Fact) -> Closing:
    return Closing(**_base(state, Scheduled))


def _archived(state: Closing, event: CycleArchived, fact: Fact) -> Archived:
    return Archived(**_base(state, Scheduled))


# -- alarms, reactions, views


def _next_opening(state: Scheduled) -> datetime | None:
    window = state.next_window()
    return None if window is None else window.opens_at


def _next_command(state: Scheduled) -> Command:
    window = state.next_window()
    return OpenNextWindow(window="" if window is None else window.id)


def _closing_time(state: Scheduled) -> datetime | None:
    return state.closes_at if state.next_window() is None else None


def _on_window_opened(event: WindowOpened, state: Scheduled) -> Iterable[Intent]:
    yield OpenWindow(window=event.window)


def _summary(state: Cycle) -> Summary:
    window = state.next_window() if isinstance(state, Scheduled) else None
    return Summary(
        cycle=None,
        unit=state.unit,
        duty=None,
        period=str(state.school_year),
        person=None,
        subject=None,
        stage=None,
        due_at=None if window is None else window.opens_at,
        late=False,
    )


def _scope(state: Cycle) -> Scope:
    return Scope((state.unit,), everyone=True)


def _lookups(state: Cycle | None, command: Command) -> Lookups:
    return Lookups(programmes=frozenset({command.programme})) if isinstance(command, ChangeRules) else NOTHING


_ON: tuple[type[State], ...] = (Running, Inspecting)
_CHANGING: tuple[type[State], ...] = (Drafted, Published, *_ON, Suspended)

CYCLE: Machine = Machine(
    name="cycle",
    states=(Drafted, Published, Running, Inspecting, Suspended, Closing, Archived),
    ends=frozenset({Archived}),
    transitions=(
        Transition(DraftCycle, (), (Drafted,), (CycleDrafted,), _may_draft, _draft),
        Transition(Publish, (Drafted,), (Published,), (CyclePublished,), _may_run, _publish),
        Transition(Start, (Published,), (Running,), (CycleStarted,), only_system, _start),
        Transition(
            OpenNextWindow, (Running,), _ON, (WindowOpened, WindowMissed, InspectingBegun), only_system, _open_window
        ),
        Transition(
            OpenNextWindow, (Inspecting,), (Inspecting,), (WindowOpened, WindowMissed), only_system, _open_window
        ),
        Transition(Suspend, _ON, (Suspended,), (CycleSuspended,), _may_run, _suspend),
        Transition(Resume, (Suspended,), _ON, (CycleResumed,), _may_run, _resume),
        Transition(ChangeRules, _CHANGING, (), (CycleRulesChanged,), _may_run, _change_rules),
        Transition(BeginClosing, _ON, (Closing,), (ClosingBegun,), only_system, _begin_closing),
        Transition(Archive, (Closing,), (Archived,), (CycleArchived,), _may_run, _archive),
    ),
    evolve={
        CycleDrafted: _drafted,
        CyclePublished: _published,
        CycleStarted: _started,
        WindowOpened: _window_opened,
        WindowMissed: _window_missed,
        InspectingBegun: _inspecting,
        CycleSuspended: _suspended,
        CycleResumed: _resumed,
        CycleRulesChanged: _rules_changed,
        ClosingBegun: _closing,
        CycleArchived: _archived,
    },
    scope=_scope,
    summary=_summary,
    alarm_table=(
        Alarm("start", (Published,), lambda state: state.starts_at, lambda _: Start()),
        Alarm("open_window", _ON, _next_opening, _next_command),
        Alarm("begin_closing", _ON, _closing_time, lambda _: BeginClosing()),
    ),
    reaction_table=(Reaction(WindowOpened, _on_window_opened),),
    lookups=_lookups,
)

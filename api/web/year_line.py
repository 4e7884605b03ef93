"""The school year as a line: months across, terms and days off as bands, a lane for each duty, and today.

Places along the year are shares of its width in percent, so that the line is as wide as the page; heights are pixels.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Literal

from api.web.kit import duty_title, period_title, say
from domain.calendar import SchoolCalendar
from domain.cycle import Cycle, Scheduled, Window
from domain.messages import Lang, when
from domain.programme import Programme

HEAD = 72
"""Height of today's words, the months and the terms."""
LANE = 44
"""Height of a lane: two lines of its title beside it."""
BAR = 16
LEAST = 0.7
"""Percent; what is shorter would not be seen."""
WORDS_FIT = 4.5
"""Percent of the year from which on a term's name stands in its band."""

Stage = Literal["waiting", "open", "over", "missed"]
"""A window's place in time: to come, open until due, past its due time, or never opened."""


@dataclass(frozen=True, slots=True)
class Band:
    """A stretch of the year."""

    x: str
    width: str
    words: str = ""


@dataclass(frozen=True, slots=True)
class Bar:
    """A window: its bar runs from opening to due, its tail on to where it lapses."""

    anchor: str
    x: str
    due: str
    end: str
    width: str
    middle: str
    y: int
    stage: Stage
    provisional: bool
    words: str


@dataclass(frozen=True, slots=True)
class Lane:
    """A duty or an inspection with its windows."""

    rules: str
    kind: Literal["duty", "inspection"]
    title: str
    y: int
    windows: Sequence[Window]
    bars: Sequence[Bar]


@dataclass(frozen=True, slots=True)
class DayOff:
    """Days off in a row within a term, or a day that is worked instead."""

    first: date
    last: date
    worked: bool
    provisional: bool


@dataclass(frozen=True, slots=True)
class YearLine:
    """Everything that the line shows."""

    height: int
    months: Sequence[Band]
    terms: Sequence[Band]
    off: Sequence[Band]
    worked: Sequence[str]
    lanes: Sequence[Lane]
    today: str
    """Empty when today is in another year."""
    today_late: bool
    """Whether today is so near the year's end that its words stand before the line."""


def stage_of(window: Window, state: Scheduled | None, now: datetime) -> Stage:
    """Return where a window is; of a cycle that is only drafted, nothing has opened."""
    if state is None or window.id not in state.opened:
        return "missed" if state is not None and window.id in state.missed else "waiting"
    return "open" if now < window.due_at else "over"


def window_words(window: Window, programme: Programme, lang: Lang) -> str:
    """Return a window's title and period in words."""
    return say(
        lang,
        "web.cycle.window",
        title=duty_title(programme, lang, window.rules),
        span=period_title(programme, lang, window.period),
    )


def rules_in_order(programme: Programme) -> list[str]:
    """Return the ids of what opens windows: the programme's duties, then its inspections."""
    return [*(one.id for one in programme.duties), *(one.id for one in programme.inspections)]


def anchor(window: Window) -> str:
    """Return the id of a window's row on the page."""
    return "w-" + window.id.replace("/", "-")


def year_line(state: Cycle, windows: Sequence[Window], programme: Programme, now: datetime, lang: Lang) -> YearLine:
    """Return the line of a cycle's school year, by the rules it is pinned to."""
    calendar = programme.calendar_of(state.school_year)
    scale = _Scale(programme, state.school_year)
    shown = [id for id in rules_in_order(programme) if any(window.rules == id for window in windows)]
    scheduled = state if isinstance(state, Scheduled) else None
    lanes = [
        _lane(id, number, [one for one in windows if one.rules == id], scheduled, scale, programme, now, lang)
        for number, id in enumerate(shown)
    ]
    today = programme.local_day(now)
    inside = scale.first <= today < scale.end
    off = list(days_off(calendar))
    return YearLine(
        height=HEAD + LANE * len(lanes) + 8,
        months=[_month(scale, month, lang) for month in scale.months()],
        terms=[
            scale.band(one.first_day, one.last_day, one.title.zh if lang == "zh" else one.title.en)
            for one in calendar.terms
        ],
        off=[scale.band(one.first, one.last) for one in off if not one.worked],
        worked=[scale.middle(one.first) for one in off if one.worked],
        lanes=lanes,
        today=scale.percent(now) if inside else "",
        today_late=inside and scale.share(now) > 85,
    )


class _Scale:
    """From days and instants to places along the year."""

    def __init__(self, programme: Programme, year: int) -> None:
        starts = programme.calendar.school_year_starts
        self.first, self.end = starts.in_year(year), starts.in_year(year + 1)
        self._programme = programme
        self._days = (self.end - self.first).days

    def share(self, at: datetime) -> float:
        local = self._programme.calendar_at(at).local(at)
        days = (local.date() - self.first).days + (local.hour + local.minute / 60) / 24
        return min(100.0, max(0.0, 100 * days / self._days))

    def percent(self, at: datetime) -> str:
        return _written(self.share(at))

    def of_day(self, day: date) -> float:
        return min(100.0, max(0.0, 100 * (day - self.first).days / self._days))

    def middle(self, day: date) -> str:
        return _written(self.of_day(day) + 50 / self._days)

    def band(self, first: date, last: date, words: str = "") -> Band:
        start, end = self.of_day(first), self.of_day(last + timedelta(days=1))
        return Band(_written(start), _written(end - start), words if end - start > WORDS_FIT else "")

    def months(self) -> Iterator[date]:
        month = self.first
        while month < self.end:
            yield month
            month = (month.replace(day=1) + timedelta(days=32)).replace(day=1)


def _month(scale: _Scale, first: date, lang: Lang) -> Band:
    following = (first.replace(day=1) + timedelta(days=32)).replace(day=1)
    return scale.band(first, following - timedelta(days=1), say(lang, f"web.cycle.month_{first.month}"))


def _written(share: float) -> str:
    return f"{share:.2f}%"


def _lane(
    id: str,
    number: int,
    windows: Sequence[Window],
    state: Scheduled | None,
    scale: _Scale,
    programme: Programme,
    now: datetime,
    lang: Lang,
) -> Lane:
    y = HEAD + LANE * number
    bars = [_bar(one, y, stage_of(one, state, now), scale, programme, lang) for one in windows]
    return Lane(id, windows[0].kind, duty_title(programme, lang, id), y, windows, bars)


def _bar(window: Window, y: int, stage: Stage, scale: _Scale, programme: Programme, lang: Lang) -> Bar:
    start, due, end = (scale.share(at) for at in (window.opens_at, window.due_at, window.lapses_at))
    width = max(LEAST, due - start)
    return Bar(
        anchor=anchor(window),
        x=_written(start),
        due=_written(start + width),
        end=_written(max(end, start + width)),
        width=_written(width),
        middle=_written(start + width / 2),
        y=y + (LANE - BAR) // 2,
        stage=stage,
        provisional=window.provisional and stage == "waiting",
        words=say(
            lang,
            "web.cycle.bar",
            window=window_words(window, programme, lang),
            opens=when(window.opens_at, lang),
            due=when(window.due_at, lang),
            lapses=when(window.lapses_at, lang),
        ),
    )


def days_off(calendar: SchoolCalendar) -> Iterable[DayOff]:
    """Yield what the calendar changes within the terms: weekdays off, with the days off around them, and days worked
    at a weekend, in order.
    """
    for term in calendar.terms:
        run: list[date] = []
        day = term.first_day
        while day <= term.last_day + timedelta(days=1):
            if day <= term.last_day and not calendar.is_workday(day):
                run.append(day)
            else:
                if any(one.weekday() < 5 for one in run):
                    yield DayOff(run[0], run[-1], False, any(map(calendar.is_provisional, run)))
                run = []
                if day <= term.last_day and day.weekday() >= 5:
                    yield DayOff(day, day, True, calendar.is_provisional(day))
            day += timedelta(days=1)

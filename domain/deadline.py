"""How long until something is due, or since it was: in words, and as the urgency that a desk is sorted by."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum

from domain.calendar import SchoolCalendar
from domain.messages import Lang, render


class Urgency(StrEnum):
    """The groups of a desk, most urgent first."""

    OVERDUE = "overdue"
    TODAY = "today"
    THIS_WEEK = "this_week"
    LATER = "later"
    NONE = "none"


@dataclass(frozen=True, slots=True)
class Deadline:
    """A due time, seen from now."""

    urgency: Urgency
    words: str
    """“还有 3 个工作日”, “今天 18:00 截止”, “逾期 2 天”."""


def deadline(at: datetime | None, now: datetime, calendar: SchoolCalendar, lang: Lang) -> Deadline:
    """Return how urgent a due time is, and how long there is, in the programme's days and workdays.

    Both instants are aware. A due time that is reached is past, as for the alarms. Weeks run from Monday to Sunday.
    """
    if at is None:
        return Deadline(Urgency.NONE, render("deadline.none", lang))
    local, here = calendar.local(at), calendar.local(now)
    clock = {"time": f"{local:%H:%M}"}
    if at <= now:
        late = (here.date() - local.date()).days
        words = _counted("late", "day", late, lang) if late else render("deadline.passed_today", lang, clock)
        return Deadline(Urgency.OVERDUE, words)
    if local.date() == here.date():
        return Deadline(Urgency.TODAY, render("deadline.today", lang, clock))
    urgency = Urgency.THIS_WEEK if local.date() <= _sunday(here.date()) else Urgency.LATER
    return Deadline(urgency, _left(here.date(), local.date(), calendar, lang))


def _left(today: date, due: date, calendar: SchoolCalendar, lang: Lang) -> str:
    """In workdays; in days where only days off lie between."""
    workdays = calendar.workdays_between(today, due)
    if workdays:
        return _counted("left", "workday", workdays, lang)
    return _counted("left", "day", (due - today).days, lang)


def _counted(what: str, unit: str, number: int, lang: Lang) -> str:
    return render(f"deadline.{unit}{'' if number == 1 else 's'}_{what}", lang, {"number": number})


def _sunday(day: date) -> date:
    return day + timedelta(days=6 - day.weekday())

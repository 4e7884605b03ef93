"""The school calendar: terms, teaching weeks, windows, workdays and close of business.

Where the workdays come from: the `holidays` package (country CN). It computes the statutory holidays of any
year, and for the years whose arrangement the State Council has announced it also holds the shifted days off
and the make-up working days (调休), the latter in `weekend_workdays`. The package has no flag "announced";
this module reads it from there: **a year counts as announced if and only if `weekend_workdays` has a date in
it.** Every announced year since 2007 has at least one make-up day, and computed years have none.

A programme's own `closures` and `makeup_days` are laid over this and always win.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from typing import Annotated, Any, Literal, Self, TypeAlias, cast
from zoneinfo import ZoneInfo

import holidays
from pydantic import Field, GetCoreSchemaHandler, field_validator, model_validator
from pydantic_core import CoreSchema, core_schema

from domain.text import Frozen, Line, Text

Per: TypeAlias = Literal["year", "term", "month"]
MomentBase: TypeAlias = Literal["start", "end", "week"]
MomentUnit: TypeAlias = Literal["workday", "day", "week"]
BusinessEdge: TypeAlias = Literal["start_of_business", "close_of_business"]
# A name for `date` that a model field called "date" does not hide.
_Day: TypeAlias = date

_ONE_DAY = timedelta(days=1)


# ---------------------------------------------------------------- values written as text


class _WrittenAsText:
    """A value that YAML and JSON hold as a string: `parse` reads it, `str` writes it back."""

    __slots__ = ()

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read the value from its text; ValueError if the text is not one."""
        raise NotImplementedError

    @classmethod
    def __get_pydantic_core_schema__(cls, _source: type[Any], _handler: GetCoreSchemaHandler) -> CoreSchema:
        # An instance goes through its text too: one path, and one error per field instead of a union's two.
        return core_schema.no_info_before_validator_function(
            lambda value: str(value) if isinstance(value, cls) else value,
            core_schema.no_info_after_validator_function(cls.parse, core_schema.str_schema()),
            serialization=core_schema.plain_serializer_function_ser_schema(str, return_schema=core_schema.str_schema()),
        )


@dataclass(frozen=True, slots=True, order=True)
class MonthDay(_WrittenAsText):
    """A day of every year, written "MM-DD". 29 February is refused, because most years have none."""

    month: int
    day: int

    def __post_init__(self) -> None:
        try:
            date(2001, self.month, self.day)  # any year that is not a leap year
        except ValueError:
            raise ValueError(f"{self} is not a day of every year") from None

    def __str__(self) -> str:
        return f"{self.month:02}-{self.day:02}"

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read "MM-DD"; ValueError if it is not a day of every year."""
        if not (match := re.fullmatch(r"([0-9]{2})-([0-9]{2})", text)):
            raise ValueError(f"{text!r} is not a month and day; write it as MM-DD, for example 09-01")
        return cls(int(match[1]), int(match[2]))

    def in_year(self, year: int) -> date:
        """Return this day in the calendar year."""
        return date(year, self.month, self.day)

    def in_school_year(self, year: int, starts: "MonthDay") -> date:
        """Return this day in the school year that begins on `starts` of the calendar year."""
        return self.in_year(year if self >= starts else year + 1)


_MOMENT = re.compile(
    r"(?P<base>start|end)(?: *(?P<sign>[+-]) *(?P<count>[1-9][0-9]{0,2}) +(?P<unit>workday|day|week)s?)?"
    r"|week +(?P<week>[1-9][0-9]?)"
)
_MOMENT_FORMS = '"start", "end", "start + 5 workdays", "end - 1 workday", "start + 2 weeks", "end + 3 days", "week 3"'


@dataclass(frozen=True, slots=True)
class Moment(_WrittenAsText):
    """An edge of a window, relative to a period.

    `start` and `end` take a signed `number` of `unit` (0 and None for the plain forms); for `week`, `number`
    is the teaching week, from 1, and there is no unit.
    """

    base: MomentBase
    number: int = 0
    unit: MomentUnit | None = None

    def __post_init__(self) -> None:
        if not _MOMENT.fullmatch(str(self)) or (self.base == "week" and self.unit):
            raise ValueError(f"{self} is not a moment; the forms are {_MOMENT_FORMS}")

    def __str__(self) -> str:
        if self.base == "week":
            return f"week {self.number}"
        if self.number == 0 and self.unit is None:
            return self.base
        sign, count = "-" if self.number < 0 else "+", abs(self.number)
        return f"{self.base} {sign} {count} {self.unit}{'' if count == 1 else 's'}"

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read a moment; ValueError, listing the forms, if the text is none of them."""
        if not (match := _MOMENT.fullmatch(text.strip())):
            raise ValueError(f"{text!r} is not a moment; the forms are {_MOMENT_FORMS}")
        if match["week"]:
            return cls("week", int(match["week"]))
        base, unit = cast(MomentBase, match["base"]), cast(MomentUnit | None, match["unit"])
        return cls(base, int(match["sign"] + match["count"]), unit) if unit else cls(base)


# ---------------------------------------------------------------- the rules, as a programme writes them


class NamedDay(Frozen):
    """A day a programme lists itself, with the reason people are shown."""

    date: _Day
    why: Line


class TermRules(Frozen):
    """A term as it recurs; a day before `school_year_starts` lies in the next calendar year."""

    # Begins with a letter, so that no term's period is taken for a month's: "2026-09".
    id: str = Field(pattern=r"^[a-z][a-z0-9_-]{0,62}$")
    title: Text
    first_day: MonthDay
    last_day: MonthDay


class TermDates(Frozen):
    """The dates of one term in one school year, in place of the recurring ones."""

    first_day: date
    last_day: date


class YearRules(Frozen):
    """What differs in one school year."""

    terms: dict[str, TermDates] = Field(default_factory=dict)


class CalendarRules(Frozen):
    """The `calendar:` part of a programme; `years` is keyed by the calendar year a school year starts in."""

    time_zone: str = "Asia/Shanghai"
    start_of_business: time = time(8)
    close_of_business: time = time(18)
    school_year_starts: MonthDay = MonthDay(9, 1)
    terms: tuple[TermRules, ...] = Field(min_length=1)
    # The computed holidays follow the Chinese calendar, whose tables end with this century.
    years: dict[Annotated[int, Field(ge=2000, le=2099)], YearRules] = Field(default_factory=dict)
    closures: tuple[NamedDay, ...] = ()
    makeup_days: tuple[NamedDay, ...] = ()

    @field_validator("time_zone")
    @classmethod
    def _known_zone(cls, name: str) -> str:
        try:
            ZoneInfo(name)
        except (KeyError, ValueError, OSError):  # unknown, malformed, or the name of a folder of zones
            raise ValueError(f"{name!r} is not a known time zone; write one like Asia/Shanghai") from None
        return name

    @field_validator("start_of_business", "close_of_business")
    @classmethod
    def _local_time(cls, value: time) -> time:
        if value.tzinfo is not None:
            raise ValueError("write the time without an offset; it is local to time_zone")
        return value

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if self.start_of_business >= self.close_of_business:
            raise ValueError("start_of_business must be before close_of_business")
        if both := {day.date for day in self.closures} & {day.date for day in self.makeup_days}:
            raise ValueError(f"{min(both)} is both in closures and in makeup_days")
        _check_ids(self)
        # No term falls on 29 February, so recurring terms that fit in one year fit in every year.
        _check_terms(_dated_terms(self, 2001, {}), self, 2001, "terms, taking the school year 2001")
        for year, changes in self.years.items():
            _check_terms(_dated_terms(self, year, changes.terms), self, year, f"years.{year}")
        return self


@dataclass(frozen=True, slots=True)
class Term:
    """A term of one school year; both days belong to it."""

    id: str
    title: Text
    first_day: date
    last_day: date


def _check_ids(rules: CalendarRules) -> None:
    ids = [term.id for term in rules.terms]
    if repeated := [term_id for term_id in ids if ids.count(term_id) > 1]:
        raise ValueError(f"two terms have the id {repeated[0]!r}")
    for year, changes in rules.years.items():
        if unknown := sorted(set(changes.terms) - set(ids)):
            raise ValueError(f"years.{year} changes the term {unknown[0]!r}; the terms are {', '.join(ids)}")


def _dated_terms(rules: CalendarRules, year: int, changed: Mapping[str, TermDates]) -> tuple[Term, ...]:
    starts = rules.school_year_starts
    return tuple(
        Term(term.id, term.title, dates.first_day, dates.last_day)
        if (dates := changed.get(term.id))
        else Term(
            term.id,
            term.title,
            term.first_day.in_school_year(year, starts),
            term.last_day.in_school_year(year, starts),
        )
        for term in rules.terms
    )


def _check_terms(terms: Iterable[Term], rules: CalendarRules, year: int, where: str) -> None:
    first, beyond = (rules.school_year_starts.in_year(y) for y in (year, year + 1))
    before: Term | None = None
    for term in terms:
        if term.last_day <= term.first_day:
            raise ValueError(
                f"{where}: term {term.id!r} ends {term.last_day}, not after its first day {term.first_day}"
            )
        # Otherwise a date could belong to two school years, or to the wrong one.
        if term.first_day < first or term.last_day >= beyond:
            raise ValueError(
                f"{where}: term {term.id!r}, {term.first_day} to {term.last_day}, reaches outside the school"
                f" year from {first} to {beyond - _ONE_DAY}; change the term or school_year_starts"
            )
        if before and term.first_day <= before.last_day:
            raise ValueError(
                f"{where}: term {term.id!r} starts {term.first_day}, but term {before.id!r} before it ends"
                f" {before.last_day}; terms are listed in order and do not overlap"
            )
        before = term


def school_year_of(rules: CalendarRules, day: date) -> int:
    """Return the calendar year in which the school year of the (local) day starts."""
    return day.year if day >= rules.school_year_starts.in_year(day.year) else day.year - 1


# ---------------------------------------------------------------- the State's workdays


@dataclass(frozen=True, slots=True)
class _StatutoryYear:
    announced: bool
    closed: frozenset[date]
    made_up: frozenset[date]

    def is_workday(self, day: date) -> bool:
        return day in self.made_up or (day.weekday() < 5 and day not in self.closed)


@lru_cache(maxsize=256)
def _statutory(year: int) -> _StatutoryYear:
    china = holidays.country_holidays("CN", years=year)
    # The set holds make-up days of some other years as well.
    made_up = frozenset(day for day in china.weekend_workdays if day.year == year)
    return _StatutoryYear(announced=bool(made_up), closed=frozenset(china), made_up=made_up)


def _rests_on(day: date) -> int:
    """Return the year whose arrangement is the last that can still change the day."""
    # New Year's arrangement reaches back into December: 2018-12-29 was worked and 2018-12-31 off for 2019's.
    return day.year + 1 if (day.month, day.day) >= (12, 29) else day.year


# ---------------------------------------------------------------- one school year


@dataclass(frozen=True, slots=True)
class TeachingWeek:
    """A week of a term, Monday to Sunday, clipped to the term; `number` counts from 1."""

    term: str
    number: int
    first_day: date
    last_day: date


@dataclass(frozen=True, slots=True)
class Period:
    """A stretch of the school year for which duties are opened; both days belong to it.

    `id` is "2026" for a year, "2026-autumn" for a term, "2026-09" for a month; `term` is None for a year.
    """

    id: str
    per: Per
    term: str | None
    first_day: date
    last_day: date


class SchoolCalendar:
    """One school year of a programme. Immutable; days are dates in the programme's zone, instants are UTC."""

    def __init__(self, rules: CalendarRules, year: int) -> None:
        """Lay the rules over the school year that starts in the calendar year."""
        self.rules = rules
        self.year = year
        changes = rules.years.get(year, YearRules())
        self._terms = _dated_terms(rules, year, changes.terms)
        self._zone = ZoneInfo(rules.time_zone)
        self._closed = frozenset(day.date for day in rules.closures)
        self._made_up = frozenset(day.date for day in rules.makeup_days)

    # ---- terms and weeks

    @property
    def terms(self) -> tuple[Term, ...]:
        """The terms, in order."""
        return self._terms

    @property
    def first_day(self) -> date:
        """The first day of teaching."""
        return self._terms[0].first_day

    @property
    def last_day(self) -> date:
        """The last day of teaching."""
        return self._terms[-1].last_day

    def term(self, term_id: str) -> Term:
        """Return the term with the id; LookupError if there is none."""
        for term in self._terms:
            if term.id == term_id:
                return term
        raise LookupError(f"no term {term_id!r}; the terms are {', '.join(term.id for term in self._terms)}")

    def term_on(self, day: date) -> Term | None:
        """Return the term the day lies in, or None between and outside terms."""
        return next((term for term in self._terms if term.first_day <= day <= term.last_day), None)

    def weeks(self, term: Term) -> tuple[TeachingWeek, ...]:
        """Return the term's teaching weeks, in order; the first and the last may be partial."""
        count = _week_number(term, term.last_day)
        return tuple(_week(term, number) for number in range(1, count + 1))

    # ---- workdays

    def is_workday(self, day: date) -> bool:
        """Say whether people work on the day: first the programme's own days, then the State's."""
        if day in self._closed:
            return False
        return day in self._made_up or _statutory(day.year).is_workday(day)

    def is_provisional(self, day: date) -> bool:
        """Say whether an arrangement still to be announced may change `is_workday` of the day.

        The last three days of December rest on the next year's arrangement. A day the programme lists itself
        rests on none.
        """
        if day in self._closed or day in self._made_up:
            return False
        return not _statutory(_rests_on(day)).announced

    def add_workdays(self, day: date, n: int) -> date:
        """Return the n-th workday after the day (before it for negative n).

        For n = 0: the day itself if it is a workday, else the next workday.
        """
        if n == 0:
            return day if self.is_workday(day) else self.next_workday(day)
        step = _ONE_DAY if n > 0 else -_ONE_DAY
        left = abs(n)
        while left:
            day += step
            left -= self.is_workday(day)
        return day

    def workdays_between(self, a: date, b: date) -> int:
        """Count the workdays after `a` up to and including `b`.

        If `b` is before `a`: minus the workdays after `b` up to and including `a`.
        """
        if b < a:
            return -self.workdays_between(b, a)
        return sum(self.is_workday(a + timedelta(days=n)) for n in range(1, (b - a).days + 1))

    def next_workday(self, day: date) -> date:
        """Return the first workday after the day."""
        return self.add_workdays(day, 1)

    def last_workday_on_or_before(self, day: date) -> date:
        """Return the day if it is a workday, else the last workday before it."""
        return day if self.is_workday(day) else self.add_workdays(day, -1)

    # ---- periods

    def periods(self, per: Per, min_workdays: int = 1) -> tuple[Period, ...]:
        """Return the school year's periods of the kind, in order.

        Months are clipped to the term they lie in. Where two terms touch the same month only the longer part
        is kept (the earlier if they are equal), and a month with fewer than `min_workdays` workdays is
        dropped; years and terms are never dropped.
        """
        if per == "year":
            return (Period(str(self.year), per, None, self.first_day, self.last_day),)
        if per == "term":
            return tuple(
                Period(f"{self.year}-{term.id}", per, term.id, term.first_day, term.last_day) for term in self._terms
            )
        longest: dict[str, Period] = {}
        for month in (month for term in self._terms for month in _months(term)):
            if month.id not in longest or _length(month) > _length(longest[month.id]):
                longest[month.id] = month
        return tuple(month for month in longest.values() if self._workdays_in(month) >= min_workdays)

    def resolve(self, period: Period, moment: Moment, at: BusinessEdge) -> datetime:
        """Return the UTC instant of the moment in the period, always on a workday.

        - "start" is the first workday on or after the first day, "end" the last on or before the last day;
        - workdays are counted from there;
        - days and weeks are counted from the period's first or last day itself, and a result that is no
          workday moves as the plain form does: forward from the start, back from the end;
        - "week n" is the last workday of that teaching week of the period's term, or, if all of the week is
          closed, the last workday before it.

        ValueError for "week n" in a period of a whole year, or if the term has no such week.
        """
        rules = self.rules
        clock = rules.start_of_business if at == "start_of_business" else rules.close_of_business
        return self.instant(self._day_of(period, moment), clock)

    def _day_of(self, period: Period, moment: Moment) -> date:
        if moment.base == "week":
            return self.last_workday_on_or_before(self._week_of(period, moment.number).last_day)
        from_start = moment.base == "start"
        day = period.first_day if from_start else period.last_day
        if moment.unit != "workday":
            day += timedelta(days=moment.number * (7 if moment.unit == "week" else 1))
        day = self.add_workdays(day, 0) if from_start else self.last_workday_on_or_before(day)
        return self.add_workdays(day, moment.number) if moment.unit == "workday" else day

    def _week_of(self, period: Period, number: int) -> TeachingWeek:
        if period.term is None:
            raise ValueError(f'"week {number}" needs a term, and the period {period.id} has none')
        weeks = self.weeks(self.term(period.term))
        if number > len(weeks):
            raise ValueError(f"term {period.term!r} of {self.year} has {len(weeks)} weeks, so no week {number}")
        return weeks[number - 1]

    def _workdays_in(self, period: Period) -> int:
        return self.workdays_between(period.first_day - _ONE_DAY, period.last_day)

    # ---- instants

    def local(self, at: datetime) -> datetime:
        """Return the aware datetime in the programme's zone; ValueError if it is naive."""
        if at.tzinfo is None:
            raise ValueError(f"{at} has no time zone")
        return at.astimezone(self._zone)

    def instant(self, day: date, clock: time) -> datetime:
        """Return the UTC instant at which clocks of the programme's zone show the day and time."""
        return datetime.combine(day, clock, tzinfo=self._zone).astimezone(UTC)

    def start_of_business(self, day: date) -> datetime:
        """Return the UTC instant at which business starts on the day, be it a workday or not."""
        return self.instant(day, self.rules.start_of_business)

    def close_of_business(self, day: date) -> datetime:
        """Return the UTC instant at which business closes (下班) on the day, be it a workday or not."""
        return self.instant(day, self.rules.close_of_business)

    def workdays_before(self, at: datetime, n: int) -> datetime:
        """Return the start of business on the n-th workday before the local day of `at`, in UTC.

        Used for reminders. Raises ValueError for a negative `n` or a naive time.
        """
        if n < 0:
            raise ValueError("the number of workdays must not be negative")
        day = self.last_workday_on_or_before(self.local(at).date())
        return self.start_of_business(self.add_workdays(day, -n) if n else day)

    def workdays_after(self, at: datetime, n: int) -> datetime:
        """Return the UTC close of business on the n-th workday after the local day of the aware datetime.

        For n = 0: the same day if it is a workday and business has not closed, else the next workday.
        ValueError if n is negative or the datetime naive.
        """
        if n < 0:
            raise ValueError(f"a deadline {n} workdays after {at} would lie before it")
        day = self.local(at).date()
        if n == 0 and at >= self.close_of_business(day):
            n = 1
        return self.close_of_business(self.add_workdays(day, n))


def _monday(day: date) -> date:
    return day - timedelta(days=day.weekday())


def _week_number(term: Term, day: date) -> int:
    return (day - _monday(term.first_day)).days // 7 + 1


def _week(term: Term, number: int) -> TeachingWeek:
    monday = _monday(term.first_day) + timedelta(weeks=number - 1)
    sunday = monday + timedelta(days=6)
    return TeachingWeek(term.id, number, max(monday, term.first_day), min(sunday, term.last_day))


def _months(term: Term) -> Iterable[Period]:
    day = term.first_day
    while day <= term.last_day:
        following = (day.replace(day=1) + timedelta(days=31)).replace(day=1)
        yield Period(f"{day:%Y-%m}", "month", term.id, day, min(following - _ONE_DAY, term.last_day))
        day = following


def _length(period: Period) -> timedelta:
    return period.last_day - period.first_day

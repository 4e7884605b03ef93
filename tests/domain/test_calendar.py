import json
from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from typing import Any, Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel, ValidationError

from domain.calendar import (
    BusinessEdge,
    CalendarRules,
    Moment,
    MomentUnit,
    MonthDay,
    Period,
    SchoolCalendar,
    TeachingWeek,
    school_year_of,
)

AUTUMN = {
    "id": "autumn",
    "title": {"zh": "第一学期", "en": "Autumn term"},
    "first_day": "09-01",
    "last_day": "01-29",
}
SPRING = {
    "id": "spring",
    "title": {"zh": "第二学期", "en": "Spring term"},
    "first_day": "03-01",
    "last_day": "07-09",
}


def rules(**changes: Any) -> CalendarRules:
    return CalendarRules.model_validate({"terms": [AUTUMN, SPRING], **changes})


def dates(first: str, last: str) -> dict[str, str]:
    return {"first_day": first, "last_day": last}


def refusal(**changes: Any) -> str:
    with pytest.raises(ValidationError) as caught:
        rules(**changes)
    return str(caught.value)


RULES = rules()
YEAR = SchoolCalendar(RULES, 2026)
MONTHS = YEAR.periods("month")


def period(period_id: str) -> Period:
    every = (*YEAR.periods("year"), *YEAR.periods("term"), *MONTHS)
    return next(p for p in every if p.id == period_id)


# ---- workdays


@pytest.mark.parametrize("day", ["2026-02-14", "2026-02-28", "2026-09-20", "2026-10-10", "2026-09-30", "2026-10-08"])
def test_announced_workdays(day: str) -> None:
    assert YEAR.is_workday(date.fromisoformat(day))
    assert not YEAR.is_provisional(date.fromisoformat(day))


@pytest.mark.parametrize("day", [f"2026-10-0{n}" for n in range(1, 8)] + ["2026-02-23", "2026-09-25", "2026-10-11"])
def test_announced_days_off(day: str) -> None:
    assert not YEAR.is_workday(date.fromisoformat(day))
    assert not YEAR.is_provisional(date.fromisoformat(day))


# 2099 is not announced whichever release of the library is installed.
@pytest.mark.parametrize("day", ["2027-10-01", "2099-10-01", "2099-05-01"])
def test_statutory_days_are_computed_for_a_year_not_announced(day: str) -> None:
    assert not YEAR.is_workday(date.fromisoformat(day))


def test_a_year_not_announced_is_provisional() -> None:
    assert YEAR.is_provisional(date(2099, 10, 1))
    assert YEAR.is_provisional(date(2099, 3, 2))
    assert YEAR.is_provisional(date(2098, 12, 31))


def test_the_end_of_december_rests_on_the_next_year() -> None:
    assert YEAR.is_workday(date(2018, 12, 29))
    assert not YEAR.is_workday(date(2018, 12, 31))
    assert not YEAR.is_provisional(date(2018, 12, 31))
    assert not YEAR.is_provisional(date(2026, 12, 28))


def test_closures_and_makeup_days_override_the_state() -> None:
    own = SchoolCalendar(
        rules(
            closures=[{"date": "2026-09-10", "why": "校运会"}, {"date": "2026-10-10", "why": "台风停课"}],
            makeup_days=[{"date": "2026-10-07", "why": "补课"}, {"date": "2099-10-01", "why": "补课"}],
        ),
        2026,
    )
    assert not own.is_workday(date(2026, 9, 10))
    assert not own.is_workday(date(2026, 10, 10))
    assert own.is_workday(date(2026, 10, 7))
    assert own.is_workday(date(2099, 10, 1))
    assert not own.is_provisional(date(2099, 10, 1))


def test_counting_workdays_over_the_national_holiday() -> None:
    before, holiday, after = date(2026, 9, 30), date(2026, 10, 3), date(2026, 10, 8)
    assert YEAR.next_workday(before) == after
    assert YEAR.add_workdays(before, 0) == before
    assert YEAR.add_workdays(holiday, 0) == after
    assert YEAR.add_workdays(holiday, -1) == before
    assert YEAR.add_workdays(before, 3) == date(2026, 10, 10)
    assert YEAR.last_workday_on_or_before(holiday) == before
    assert YEAR.last_workday_on_or_before(after) == after
    assert YEAR.workdays_between(before, date(2026, 10, 10)) == 3
    assert YEAR.workdays_between(date(2026, 10, 10), before) == -3
    assert YEAR.workdays_between(before, before) == 0


DAYS = st.dates(date(2024, 1, 1), date(2028, 12, 31))


@given(DAYS, st.integers(-60, 60))
def test_adding_and_counting_workdays_are_inverse(day: date, n: int) -> None:
    there = YEAR.add_workdays(day, n)
    assert YEAR.is_workday(there)
    if n > 0 or YEAR.is_workday(day):
        assert YEAR.workdays_between(day, there) == n
        assert YEAR.workdays_between(there, day) == -n
    if YEAR.is_workday(day):
        assert YEAR.add_workdays(there, -n) == day


@given(st.lists(DAYS, min_size=3, max_size=3))
def test_counts_of_workdays_add_up(days: list[date]) -> None:
    a, b, c = days
    assert YEAR.workdays_between(a, b) + YEAR.workdays_between(b, c) == YEAR.workdays_between(a, c)


# ---- terms and weeks


def test_terms_of_the_school_year() -> None:
    assert [(t.id, t.first_day, t.last_day) for t in YEAR.terms] == [
        ("autumn", date(2026, 9, 1), date(2027, 1, 29)),
        ("spring", date(2027, 3, 1), date(2027, 7, 9)),
    ]
    assert (YEAR.first_day, YEAR.last_day) == (date(2026, 9, 1), date(2027, 7, 9))
    assert YEAR.term_on(date(2027, 1, 29)) == YEAR.term("autumn")
    assert YEAR.term_on(date(2027, 2, 10)) is None
    with pytest.raises(LookupError, match="no term 'summer'; the terms are autumn, spring"):
        YEAR.term("summer")


def test_one_year_changes_a_term() -> None:
    changed = rules(years={2026: {"terms": {"spring": dates("2027-02-22", "2027-07-02")}}})
    spring = SchoolCalendar(changed, 2026).term("spring")
    assert (spring.first_day, spring.last_day) == (date(2027, 2, 22), date(2027, 7, 2))
    assert SchoolCalendar(changed, 2027).term("spring").first_day == date(2028, 3, 1)


@pytest.mark.parametrize(("day", "year"), [("2026-08-31", 2025), ("2026-09-01", 2026), ("2028-02-29", 2027)])
def test_school_year_of(day: str, year: int) -> None:
    assert school_year_of(RULES, date.fromisoformat(day)) == year


def test_teaching_weeks() -> None:
    weeks = YEAR.weeks(YEAR.term("autumn"))
    assert weeks[0] == TeachingWeek("autumn", 1, date(2026, 9, 1), date(2026, 9, 6))
    assert weeks[1] == TeachingWeek("autumn", 2, date(2026, 9, 7), date(2026, 9, 13))
    assert weeks[-1] == TeachingWeek("autumn", 22, date(2027, 1, 25), date(2027, 1, 29))
    assert [week.number for week in weeks] == list(range(1, 23))
    assert all(a.last_day + timedelta(days=1) == b.first_day for a, b in pairwise(weeks))


# ---- periods


def test_years_and_terms_as_periods() -> None:
    assert YEAR.periods("year") == (Period("2026", "year", None, date(2026, 9, 1), date(2027, 7, 9)),)
    assert [p.id for p in YEAR.periods("term")] == ["2026-autumn", "2026-spring"]


def test_months_are_clipped_to_their_term() -> None:
    assert [p.id for p in MONTHS] == [
        *("2026-09", "2026-10", "2026-11", "2026-12", "2027-01"),
        *("2027-03", "2027-04", "2027-05", "2027-06", "2027-07"),
    ]
    assert period("2026-12") == Period("2026-12", "month", "autumn", date(2026, 12, 1), date(2026, 12, 31))
    assert period("2027-01").last_day == date(2027, 1, 29)
    assert period("2027-07").last_day == date(2027, 7, 9)


def test_short_months_are_dropped() -> None:
    ids = [p.id for p in YEAR.periods("month", min_workdays=8)]
    assert ids == [p.id for p in MONTHS if p.id != "2027-07"]
    assert "2027-07" in [p.id for p in YEAR.periods("month", min_workdays=7)]


def test_a_month_of_two_terms_is_the_longer_part() -> None:
    touching = rules(
        terms=[{**AUTUMN, "last_day": "02-04"}, {**SPRING, "first_day": "02-20"}],
        years={2027: {"terms": {"autumn": dates("2027-09-01", "2028-02-18")}}},
    )
    spring, autumn = (
        [p for p in SchoolCalendar(touching, year).periods("month") if p.id.endswith("-02")] for year in (2026, 2027)
    )
    assert spring == [Period("2027-02", "month", "spring", date(2027, 2, 20), date(2027, 2, 28))]
    assert autumn == [Period("2028-02", "month", "autumn", date(2028, 2, 1), date(2028, 2, 18))]


# ---- moments


class Window(BaseModel):
    due: Moment


CANONICAL = [
    "start",
    "end",
    "start + 5 workdays",
    "end - 1 workday",
    "start + 2 weeks",
    "end + 3 days",
    "week 3",
]


@pytest.mark.parametrize("text", CANONICAL)
def test_a_moment_keeps_its_text(text: str) -> None:
    moment = Moment.parse(text)
    assert str(moment) == text
    window = Window.model_validate({"due": text})
    assert window.due == moment
    assert json.loads(window.model_dump_json()) == window.model_dump() == {"due": text}
    assert Window(due=moment) == Window.model_validate_json(window.model_dump_json()) == window


def test_a_moment_is_written_one_way() -> None:
    assert str(Moment.parse(" start+1 workdays ")) == "start + 1 workday"
    assert str(Moment.parse("end  -  2 day")) == "end - 2 days"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "middle",
        "start 5 workdays",
        "start + 0 days",
        "week 0",
        "week",
        "week 3 + 1 day",
        "end + 2 months",
    ],
)
def test_what_is_no_moment_is_refused_with_the_forms(text: str) -> None:
    with pytest.raises(ValueError, match='the forms are "start", "end", "start \\+ 5 workdays"'):
        Moment.parse(text)
    with pytest.raises(ValidationError) as caught:
        Window.model_validate({"due": text})
    assert [error["loc"] for error in caught.value.errors()] == [("due",)]


def test_a_moment_cannot_be_built_wrong() -> None:
    with pytest.raises(ValueError, match="is not a moment"):
        Moment("week")
    with pytest.raises(ValueError, match="is not a moment"):
        Moment("start", 3)
    with pytest.raises(ValueError, match="is not a moment"):
        Moment("week", 3, "day")


def test_the_schema_of_a_moment_is_a_string() -> None:
    assert Window.model_json_schema()["properties"]["due"]["type"] == "string"


@pytest.mark.parametrize(
    ("period_id", "moment", "day"),
    [
        ("2026-10", "start", "2026-10-08"),
        ("2026-10", "start + 2 workdays", "2026-10-10"),
        ("2026-10", "start - 1 workday", "2026-09-30"),
        ("2026-10", "start + 3 days", "2026-10-08"),
        ("2026-10", "start + 2 weeks", "2026-10-15"),
        ("2026-10", "end", "2026-10-30"),
        ("2026-10", "end - 1 workday", "2026-10-29"),
        ("2026-10", "end + 1 workday", "2026-11-02"),
        ("2026-10", "end + 7 days", "2026-11-06"),
        ("2026-autumn", "week 1", "2026-09-04"),
        ("2026-autumn", "week 3", "2026-09-20"),  # a Sunday, worked for the National Day holiday
        ("2026-10", "week 5", "2026-09-30"),
        ("2026", "end", "2027-07-09"),
    ],
)
def test_moments_resolve(period_id: str, moment: str, day: str) -> None:
    at = YEAR.resolve(period(period_id), Moment.parse(moment), "close_of_business")
    assert at == datetime.combine(date.fromisoformat(day), time(10), UTC)
    assert at.tzinfo is UTC


def test_a_week_needs_a_term_that_has_it() -> None:
    with pytest.raises(ValueError, match='"week 3" needs a term, and the period 2026 has none'):
        YEAR.resolve(period("2026"), Moment.parse("week 3"), "close_of_business")
    with pytest.raises(ValueError, match="term 'autumn' of 2026 has 22 weeks, so no week 23"):
        YEAR.resolve(period("2026-09"), Moment.parse("week 23"), "close_of_business")


OFFSETS = st.integers(-40, 40)
UNITS: st.SearchStrategy[MomentUnit] = st.sampled_from(["workday", "day", "week"])
BASES: st.SearchStrategy[Literal["start", "end"]] = st.sampled_from(["start", "end"])
EDGES: st.SearchStrategy[BusinessEdge] = st.sampled_from(["start_of_business", "close_of_business"])


def shifted(base: Literal["start", "end"], number: int, unit: MomentUnit) -> Moment:
    return Moment(base, number, unit) if number else Moment(base)


@given(st.sampled_from(MONTHS), BASES, UNITS, OFFSETS, OFFSETS, EDGES)
def test_a_later_moment_never_resolves_earlier(
    month: Period,
    base: Literal["start", "end"],
    unit: MomentUnit,
    m: int,
    n: int,
    edge: BusinessEdge,
) -> None:
    early, late = (YEAR.resolve(month, shifted(base, k, unit), edge) for k in sorted((m, n)))
    assert early <= late
    assert (early < late) or unit != "workday" or m == n


@given(st.sampled_from(MONTHS), BASES, UNITS, OFFSETS, EDGES)
def test_every_moment_is_on_a_workday_at_the_right_time(
    month: Period,
    base: Literal["start", "end"],
    unit: MomentUnit,
    n: int,
    edge: BusinessEdge,
) -> None:
    moment = shifted(base, n, unit)
    assert Moment.parse(str(moment)) == moment
    local = YEAR.local(YEAR.resolve(month, moment, edge))
    assert YEAR.is_workday(local.date())
    assert local.time() == (time(8) if edge == "start_of_business" else time(18))


def test_weeks_resolve_in_order() -> None:
    for term in YEAR.periods("term"):
        count = len(YEAR.weeks(YEAR.term(term.id.removeprefix("2026-"))))
        times = [YEAR.resolve(term, Moment("week", n), "close_of_business") for n in range(1, count + 1)]
        assert times == sorted(times)
        assert all(YEAR.is_workday(YEAR.local(at).date()) for at in times)


# ---- instants


def test_business_hours_are_local() -> None:
    day = date(2026, 9, 1)
    assert YEAR.start_of_business(day) == datetime(2026, 9, 1, 0, tzinfo=UTC)
    assert YEAR.close_of_business(day) == datetime(2026, 9, 1, 10, tzinfo=UTC)
    urumqi = SchoolCalendar(rules(time_zone="Asia/Urumqi", close_of_business="19:30"), 2026)
    assert urumqi.close_of_business(day) == datetime(2026, 9, 1, 13, 30, tzinfo=UTC)
    assert urumqi.local(datetime(2026, 9, 1, 13, 30, tzinfo=UTC)).time() == time(19, 30)
    with pytest.raises(ValueError, match="has no time zone"):
        YEAR.local(datetime(2026, 9, 1))  # noqa: DTZ001 — a naive datetime is what is refused


@pytest.mark.parametrize(
    ("at", "n", "day"),
    [
        ("2026-09-30T09:00+08:00", 0, "2026-09-30"),
        ("2026-09-30T18:00+08:00", 0, "2026-10-08"),
        ("2026-10-03T09:00+08:00", 0, "2026-10-08"),
        ("2026-09-30T20:00+08:00", 1, "2026-10-08"),
        ("2026-09-30T09:00+08:00", 3, "2026-10-10"),
        ("2026-09-29T23:00+00:00", 0, "2026-09-30"),  # already the 30th in Shanghai
    ],
)
def test_deadlines_in_workdays(at: str, n: int, day: str) -> None:
    due = YEAR.workdays_after(datetime.fromisoformat(at), n)
    assert due == YEAR.close_of_business(date.fromisoformat(day))


def test_a_deadline_is_not_in_the_past() -> None:
    with pytest.raises(ValueError, match="would lie before it"):
        YEAR.workdays_after(datetime(2026, 9, 1, tzinfo=UTC), -1)


@given(st.datetimes(datetime(2024, 1, 1), datetime(2028, 1, 1), timezones=st.just(UTC)), st.integers(0, 30))  # noqa: DTZ001 — Hypothesis wants naive bounds
def test_a_deadline_lies_ahead(at: datetime, n: int) -> None:
    assert at < YEAR.workdays_after(at, n) <= YEAR.workdays_after(at, n + 1)


# ---- the rules refuse what does not fit


@pytest.mark.parametrize("zone", ["Asia/Nowhere", "", "../etc/passwd", "Asia"])
def test_an_unknown_zone_is_reported_at_its_field(zone: str) -> None:
    with pytest.raises(ValidationError) as caught:
        rules(time_zone=zone)
    assert [error["loc"] for error in caught.value.errors()] == [("time_zone",)]
    assert "is not a known time zone" in str(caught.value)


@pytest.mark.parametrize("text", ["9-1", "13-01", "02-29", "02-30", "2026-09-01"])
def test_what_is_no_month_day_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="is not a"):
        MonthDay.parse(text)


def test_terms_that_do_not_fit_are_refused() -> None:
    assert "two terms have the id 'autumn'" in refusal(terms=[AUTUMN, AUTUMN])
    assert "not after its first day" in refusal(terms=[{**AUTUMN, "last_day": "09-01"}])
    assert "listed in order and do not overlap" in refusal(terms=[SPRING, AUTUMN])
    assert "listed in order and do not overlap" in refusal(terms=[AUTUMN, {**SPRING, "first_day": "01-29"}])
    assert "at least 1 item" in refusal(terms=[])
    assert "String should match pattern" in refusal(terms=[{**AUTUMN, "id": "09"}])


def test_changes_of_a_year_that_do_not_fit_are_refused() -> None:
    def changed(term: str, first: str, last: str) -> str:
        return refusal(years={2026: {"terms": {term: dates(first, last)}}})

    assert "years.2026 changes the term 'summer'" in changed("summer", "2027-07-10", "2027-07-20")
    assert "do not overlap" in changed("spring", "2027-01-20", "2027-07-01")
    assert "not after its first day" in changed("spring", "2027-03-01", "2027-02-01")
    assert "reaches outside the school year from 2026-09-01 to 2027-08-31" in changed(
        "autumn", "2026-08-30", "2027-01-20"
    )


def test_other_rules_that_do_not_fit_are_refused() -> None:
    day = [{"date": "2026-10-10", "why": "?"}]
    assert "both in closures and in makeup_days" in refusal(closures=day, makeup_days=day)
    assert "must be before close_of_business" in refusal(close_of_business="07:00")
    assert "without an offset" in refusal(close_of_business="18:00Z")
    assert "Extra inputs are not permitted" in refusal(half_terms=[])


def test_rules_survive_json() -> None:
    full = rules(
        years={2026: {"terms": {"spring": dates("2027-02-22", "2027-07-02")}}},
        closures=[{"date": "2026-11-13", "why": "校运会"}],
    )
    assert CalendarRules.model_validate_json(full.model_dump_json()) == full
    assert full.model_dump(mode="json")["school_year_starts"] == "09-01"

"""How long until something is due, and how instants and days are written."""

from __future__ import annotations

from datetime import date

import pytest

from domain.deadline import Urgency, deadline
from domain.messages import CATALOGUE, day, when
from tests.domain.given import PROGRAMME, at

NOW = at("2025-09-24 09:00")
"""A Wednesday. Sunday the 28th is worked; 1 to 8 October is off."""
CALENDAR = PROGRAMME.calendar_at(NOW)


@pytest.mark.parametrize(
    ("due", "urgency", "zh", "en"),
    [
        ("2025-09-22 18:00", Urgency.OVERDUE, "逾期 2 天", "2 days late"),
        ("2025-09-23 23:59", Urgency.OVERDUE, "逾期 1 天", "1 day late"),
        ("2025-09-24 08:30", Urgency.OVERDUE, "今天 08:30 已到期", "Was due today 08:30"),
        ("2025-09-24 09:00", Urgency.OVERDUE, "今天 09:00 已到期", "Was due today 09:00"),
        ("2025-09-24 18:00", Urgency.TODAY, "今天 18:00 截止", "Due today 18:00"),
        ("2025-09-25 00:00", Urgency.THIS_WEEK, "还有 1 个工作日", "1 workday left"),
        ("2025-09-28 18:00", Urgency.THIS_WEEK, "还有 3 个工作日", "3 workdays left"),
        ("2025-09-29 18:00", Urgency.LATER, "还有 4 个工作日", "4 workdays left"),
        ("2025-10-09 18:00", Urgency.LATER, "还有 6 个工作日", "6 workdays left"),
    ],
)
def test_deadline_in_words_and_how_urgent_it_is(due: str, urgency: Urgency, zh: str, en: str) -> None:
    chinese, english = (deadline(at(due), NOW, CALENDAR, lang) for lang in ("zh", "en"))
    assert (chinese.urgency, chinese.words) == (urgency, zh)
    assert (english.urgency, english.words) == (urgency, en)


def test_days_off_alone_are_counted_as_days() -> None:
    in_the_holiday = at("2025-10-01 12:00")
    assert deadline(at("2025-10-03 18:00"), in_the_holiday, CALENDAR, "zh").words == "还有 2 天"
    assert deadline(at("2025-10-02 18:00"), in_the_holiday, CALENDAR, "en").words == "1 day left"


def test_the_day_is_the_programmes_own() -> None:
    # 17:00 in London is the 25th in Beijing.
    assert deadline(at("2025-09-25 00:30"), at("2025-09-24 23:00"), CALENDAR, "zh").urgency is Urgency.THIS_WEEK
    assert deadline(at("2025-09-25 18:00"), at("2025-09-25 00:30"), CALENDAR, "zh").urgency is Urgency.TODAY


def test_no_due_time_is_said_as_well() -> None:
    assert deadline(None, NOW, CALENDAR, "zh").urgency is Urgency.NONE
    assert deadline(None, NOW, CALENDAR, "en").words == "No due time"


def test_every_urgency_has_words() -> None:
    assert {key.partition(".")[2] for key in CATALOGUE if key.startswith("urgency.")} == set(Urgency)


def test_year_is_written_when_it_is_another() -> None:
    then = at("2025-11-22 18:00")
    assert when(then, "zh", now=at("2025-12-31 23:00")) == "11月22日 周六 18:00"
    assert when(then, "zh", now=at("2026-01-01 01:00")) == "2025年11月22日 周六 18:00"
    assert when(then, "en", now=at("2026-01-01 01:00")) == "22 Nov 2025, Sat 18:00"
    assert when(then, "en") == "22 Nov, Sat 18:00"


def test_day_is_written_without_a_time() -> None:
    on = date(2026, 11, 22)
    assert day(on, "zh", today=date(2026, 1, 1)) == "11月22日 周日"
    assert day(on, "en", today=date(2026, 1, 1)) == "22 Nov, Sun"
    assert day(on, "zh") == "2026年11月22日 周日"
    assert day(on, "en", today=date(2027, 1, 1)) == "22 Nov 2026, Sun"

"""The cycle machine, told as stories; and every row and every refusal of its table."""

from __future__ import annotations

import pytest

from domain.access import SYSTEM_ACTOR, may_read
from domain.calendar import Moment
from domain.cycle import (
    CYCLE,
    Archive,
    BeginClosing,
    ChangeRules,
    ClosingBegun,
    CycleArchived,
    CycleDrafted,
    CyclePublished,
    CycleResumed,
    CycleRulesChanged,
    CycleStarted,
    CycleSuspended,
    DraftCycle,
    InspectingBegun,
    OpenNextWindow,
    Publish,
    Resume,
    Start,
    Suspend,
    WindowMissed,
    WindowOpened,
    schedule,
)
from domain.machine import OpenWindow
from tests.domain.given import (
    LEADER,
    OFFICE,
    PRINCIPAL,
    PROGRAMME,
    Story,
    at,
    check_every_row_is_taken,
    check_everything_else_is_refused,
    other_rules,
    somebody,
)

IN_ORDER = ["diary/2025-autumn", "plan/2025-autumn", "plan/2025-spring", "visit/2025"]


def drafted() -> Story:
    return Story(CYCLE, "2025-08-25 09:00").when(DraftCycle(school_year=2025), OFFICE)


def published() -> Story:
    return drafted().when(Publish(), OFFICE)


def running() -> Story:
    return published().at("2025-09-01 08:00").when(Start())


def through(story: Story, until: str) -> Story:
    """Let the process manager work at each window's time, up to a time."""
    for window in story.state.windows:
        if story.now < window.opens_at <= at(until):
            story.now = window.opens_at
        if window.opens_at <= at(until):
            story.carry_out_due()
    return story.at(until)


def inspecting() -> Story:
    return through(running(), "2026-06-01 09:00")


def closing() -> Story:
    return inspecting().at("2026-08-30 09:00").carry_out_due()


def test_year_from_draft_to_archive() -> None:
    story = drafted().then(CycleDrafted)
    assert (story.state.school_year, story.state.unit) == (2025, "county")
    story.when(Publish(), OFFICE).then(CyclePublished)
    assert [one.id for one in story.state.windows] == IN_ORDER
    assert story.state.starts_at == at("2025-09-01 08:00")
    story.at("2025-09-01 08:00").when(Start()).then(CycleStarted)
    story.when(OpenNextWindow(window="diary/2025-autumn")).then(WindowOpened)
    assert story.intents == (OpenWindow(window="diary/2025-autumn"),)
    through(story, "2026-06-01 09:00")
    assert story.state.status == "inspecting"
    assert story.state.opened == tuple(IN_ORDER)
    assert [type(one.event) for one in story.facts][-2:] == [WindowOpened, InspectingBegun]
    story.now = story.state.closes_at
    story.when(BeginClosing()).then(ClosingBegun).when(Archive(), OFFICE).then(CycleArchived)
    assert CYCLE.is_end(story.state)


def test_windows_are_counted_in_workdays() -> None:
    plan = next(one for one in schedule(PROGRAMME, PROGRAMME.calendar_of(2025)) if one.id == "plan/2025-autumn")
    # Monday, 1 September is the first workday; ten more end on Monday the 15th. Sunday the 28th is worked.
    assert (plan.opens_at, plan.due_at) == (at("2025-09-01 08:00"), at("2025-09-15 18:00"))
    assert plan.lapses_at == at("2025-09-28 18:00")
    assert plan.remind_at == (at("2025-09-10 08:00"), at("2025-09-12 08:00"))


def test_window_only_in_its_terms() -> None:
    assert "diary/2025-spring" not in IN_ORDER
    assert [one.id for one in published().state.windows if one.rules == "diary"] == ["diary/2025-autumn"]


def test_windows_already_over_when_it_is_announced_are_owed_by_nobody() -> None:
    story = drafted().at("2025-09-16 09:00").when(Publish(), OFFICE)
    assert [one.id for one in story.state.windows] == ["diary/2025-autumn", "plan/2025-spring", "visit/2025"]


def test_windows_open_one_after_the_other_and_not_before_their_time() -> None:
    story = running()
    story.refuses(OpenNextWindow(window="plan/2025-spring"), SYSTEM_ACTOR, "alarm_not_due")
    story.at("2025-09-01 07:59").refuses(OpenNextWindow(window="diary/2025-autumn"), SYSTEM_ACTOR, "alarm_not_due")
    story.at("2025-09-01 08:00").carry_out_due()
    assert story.state.opened == ("diary/2025-autumn", "plan/2025-autumn")
    assert story.due() == ["open_window"]
    story.refuses(OpenNextWindow(window="plan/2025-autumn"), SYSTEM_ACTOR, "alarm_not_due")


def test_year_neither_begins_nor_ends_early() -> None:
    published().at("2025-09-01 07:59").refuses(Start(), SYSTEM_ACTOR, "alarm_not_due")
    story = inspecting()
    assert story.due() == ["begin_closing"]
    story.refuses(BeginClosing(), SYSTEM_ACTOR, "alarm_not_due")


def test_suspended_opens_nothing_and_resumed_goes_on_where_it_was() -> None:
    story = running().when(Suspend(reason="防汛"), OFFICE).then(CycleSuspended)
    assert story.due() == []
    story.when(Resume(), OFFICE).then(CycleResumed)
    assert story.state.status == "running"
    story = inspecting().when(Suspend(reason="防汛"), OFFICE).when(Resume(), OFFICE)
    assert story.state.status == "inspecting"


def test_window_that_lapsed_while_suspended_is_owed_by_nobody() -> None:
    story = running().when(Suspend(reason="防汛"), OFFICE).at("2026-01-10 09:00").when(Resume(), OFFICE)
    story.when(OpenNextWindow(window="diary/2025-autumn")).then(WindowMissed)
    assert (story.state.opened, story.state.missed) == ((), ("diary/2025-autumn",))
    story.carry_out_due()
    assert "diary/2025-autumn" not in story.state.opened
    late = inspecting().when(Suspend(reason="防汛"), OFFICE).at("2026-08-20 09:00").when(Resume(), OFFICE)
    late.carry_out_due()
    assert late.state.missed == ()


def test_window_missed_while_inspecting() -> None:
    story = running().given(WindowOpened(window="visit/2025"), InspectingBegun()).at("2026-01-10 09:00")
    story.when(OpenNextWindow(window="diary/2025-autumn")).then(WindowMissed)
    assert story.state.status == "inspecting"


def test_window_after_the_inspection_began_does_not_begin_it_again() -> None:
    story = running().given(WindowOpened(window="visit/2025"), InspectingBegun())
    story.when(OpenNextWindow(window="diary/2025-autumn")).then(WindowOpened)
    assert story.state.status == "inspecting"


def test_year_without_an_inspection_closes_from_running() -> None:
    story = running().given(*(WindowOpened(window=one) for one in IN_ORDER)).at("2026-08-30 09:00")
    assert story.when(BeginClosing()).state.status == "closing"
    assert closing().state.status == "closing"


def later_spring() -> str:
    """The small county, its plans owed in spring alone, five workdays later, and a report in the year's middle."""
    plan = PROGRAMME.duty_by_id["plan"]
    window = plan.window.model_copy(update={"terms": ("spring",), "due": Moment.parse("start + 15 workdays")})
    other = plan.model_copy(update={"id": "report", "window": window})
    later = plan.model_copy(update={"window": window})
    return other_rules(version=2, duties=(later, PROGRAMME.duty_by_id["diary"], other))


def test_other_rules_hold_for_windows_to_come() -> None:
    story = through(running(), "2025-09-02 09:00")
    before = story.state
    story.when(ChangeRules(programme=later_spring(), reason="县局批复"), OFFICE).then(CycleRulesChanged)
    after = story.state
    assert [one.id for one in after.windows] == [*IN_ORDER[:2], "plan/2025-spring", "report/2025-spring", "visit/2025"]
    assert [one for one in after.windows if one.id in before.opened] == list(before.windows[:2])
    # Saturday, 28 February is worked.
    spring = [next(one for one in state.windows if one.id == "plan/2025-spring") for state in (before, after)]
    assert (spring[0].due_at, spring[1].due_at) == (at("2026-03-10 18:00"), at("2026-03-17 18:00"))
    assert after.opened == before.opened
    story.at("2026-02-25 08:00").carry_out_due()
    assert story.state.opened[2:] == ("plan/2025-spring", "report/2025-spring")


def test_draft_goes_by_other_rules_and_publishes_by_its_programme() -> None:
    story = drafted().when(ChangeRules(programme=later_spring(), reason="县局批复"), OFFICE)
    assert (story.state.status, story.facts[-1].event.windows) == ("drafted", ())  # type: ignore[attr-defined]


def test_window_past_its_due_time_under_other_rules_is_owed_by_nobody() -> None:
    story = running().when(Suspend(reason="防汛"), OFFICE).at("2025-12-01 09:00")
    story.when(ChangeRules(programme=later_spring(), reason="县局批复"), OFFICE)
    assert [one.id for one in story.state.windows] == ["plan/2025-spring", "report/2025-spring", "visit/2025"]


def test_cycle_changes_to_other_rules_only() -> None:
    running().refuses(ChangeRules(programme=other_rules(), reason="x"), OFFICE, "rules_unchanged", "programme")
    running().refuses(ChangeRules(programme=later_spring(), reason="x"), LEADER, "right_missing")


def test_cycle_may_change_its_rules_until_it_closes() -> None:
    for story in (published(), running(), inspecting(), running().when(Suspend(reason="x"), OFFICE)):
        story.when(ChangeRules(programme=later_spring(), reason="x"), OFFICE)
        assert story.state.programme == PROGRAMME.id


def test_only_who_runs_the_year_moves_it() -> None:
    Story(CYCLE, "2025-08-25 09:00").refuses(DraftCycle(school_year=2025), LEADER, "right_missing")
    drafted().refuses(Publish(), PRINCIPAL, "right_missing")
    published().refuses(Start(), OFFICE, "only_system")
    running().refuses(Suspend(reason="x"), LEADER, "right_missing")
    closing().refuses(Archive(), LEADER, "right_missing")


@pytest.mark.parametrize("year", [1999, 2101])
def test_school_year_is_one_there_can_be(year: int) -> None:
    story = Story(CYCLE, "2025-08-25 09:00")
    story.refuses(DraftCycle(school_year=year), OFFICE, "school_year_out_of_range", "school_year")


def test_everybody_with_an_appointment_reads_the_calendar() -> None:
    scope = CYCLE.scope(published().state)
    assert may_read(LEADER, scope)
    assert not may_read(somebody("nobody"), scope)


def test_list_shows_what_comes_next() -> None:
    summary = CYCLE.summary(running().state)
    assert summary is not None
    assert (summary.period, summary.due_at) == ("2025", at("2025-09-01 08:00"))


def test_every_row_is_taken() -> None:
    check_every_row_is_taken(CYCLE, globals())


def test_every_other_command_is_refused() -> None:
    check_everything_else_is_refused(CYCLE, globals())

"""The follow-up machine, told as stories; and every row and every refusal of its table."""

from __future__ import annotations

from domain.access import SYSTEM_ACTOR
from domain.follow_up import (
    FOLLOW_UP,
    AgreePlan,
    CancelFollowUp,
    Commend,
    Commended,
    FollowUpCancelled,
    FollowUpOpened,
    FollowUpPlanAgreed,
    FollowUpReminded,
    FollowUpSentBack,
    FollowUpVerified,
    OpenFollowUp,
    RecordVisit,
    RemindFollowUp,
    SendBack,
    Verify,
    VisitRecorded,
)
from domain.machine import Summary
from tests.domain.given import (
    CYCLE_ID,
    DEPUTY,
    GROUP,
    LEADER,
    OFFICE,
    PRINCIPAL,
    Story,
    at,
    check_every_row_is_taken,
    check_everything_else_is_refused,
    post,
)

VISIT = RecordVisit(findings="集体备课流于形式")
PLAN = AgreePlan(plan="每周一次集体备课")


def opened(rules: str = "help") -> Story:
    command = OpenFollowUp(cycle=CYCLE_ID, rules=rules, unit=GROUP, cause="plan/2025-autumn/weak")
    return Story(FOLLOW_UP, "2025-09-26 09:00").when(command)


def visited() -> Story:
    return opened().when(VISIT, OFFICE)


def planned() -> Story:
    return visited().when(PLAN, PRINCIPAL)


def summary(story: Story) -> Summary:
    found = FOLLOW_UP.summary(story.state)
    assert found is not None
    return found


def test_visit_plan_and_verification() -> None:
    story = opened().then(FollowUpOpened)
    assert (story.state.leader, story.state.answerer) == (post("office@county"), post("principal@school"))
    assert story.notices() == ["follow_up_opened"]
    story.when(VISIT, OFFICE).then(VisitRecorded)
    assert story.notices() == ["follow_up_plan_wanted"]
    story.when(PLAN, PRINCIPAL).then(FollowUpPlanAgreed)
    assert story.notices() == ["follow_up_to_verify"]
    story.when(Verify(), OFFICE).then(FollowUpVerified)
    assert (story.state.by, story.state.findings, story.state.plan) == (OFFICE.person, VISIT.findings, PLAN.plan)
    assert FOLLOW_UP.is_end(story.state)


def test_each_step_has_its_workdays() -> None:
    # Ten workdays from Friday 26 September over National Day: 28, 29, 30 September, 9 to 11 and 13 to 16 October.
    story = opened()
    assert story.state.due_at == at("2025-10-16 18:00")
    story.at("2025-09-29 09:00").when(VISIT, OFFICE)
    assert story.state.due_at == at("2025-10-13 18:00")
    assert story.when(PLAN, PRINCIPAL).state.due_at == at("2025-11-03 18:00")
    assert story.when(SendBack(reason="太空"), OFFICE).state.due_at == at("2025-10-13 18:00")


def test_better_plan_is_asked_for() -> None:
    story = planned().when(SendBack(reason="没有时间表"), OFFICE).then(FollowUpSentBack)
    assert story.notices() == ["follow_up_sent_back"]
    assert story.state.status == "visited"
    assert story.when(AgreePlan(plan="附时间表"), OFFICE).state.plan == "附时间表"


def test_commendation_is_published_and_done() -> None:
    story = opened("praise")
    assert [task.kind for task in FOLLOW_UP.tasks(story.state)] == ["commend"]
    story.refuses(VISIT, OFFICE, "no_visit_for_commendation")
    story.when(Commend(text="成绩突出"), OFFICE).then(Commended)
    assert story.notices() == ["commended"]
    assert FOLLOW_UP.is_end(story.state)
    opened().refuses(Commend(text="成绩突出"), OFFICE, "not_a_commendation")


def test_reminded_once_in_each_step_when_it_is_due() -> None:
    for reach, whose in ((opened, "office@county"), (visited, "principal@school"), (planned, "office@county")):
        story = reach().refuses(RemindFollowUp(), SYSTEM_ACTOR, "alarm_not_due")
        assert not summary(story).late
        story.now = story.state.due_at
        story.when(RemindFollowUp()).then(FollowUpReminded)
        assert story.notices() == ["follow_up_overdue"]
        assert [getattr(one, "posts", None) for one in story.intents] == [(post(whose),)]
        assert summary(story).late
        assert story.due() == []
        story.refuses(RemindFollowUp(), SYSTEM_ACTOR, "alarm_not_due")


def test_next_step_is_reminded_again_and_what_is_done_is_not_late() -> None:
    story = opened().at("2025-12-01 09:00").carry_out_due()
    assert summary(story).late
    story.when(VISIT, OFFICE)
    assert story.due() == ["remind"]
    assert not summary(story).late
    story = planned().at("2026-01-05 09:00").carry_out_due().when(Verify(), OFFICE)
    assert not summary(story).late


def test_called_off_by_whoever_has_the_right() -> None:
    for reach in (opened, visited, planned):
        story = reach().refuses(CancelFollowUp(reason="撤并"), PRINCIPAL, "right_missing")
        story.when(CancelFollowUp(reason="撤并"), OFFICE).then(FollowUpCancelled)
        assert FOLLOW_UP.is_end(story.state)


def test_each_step_belongs_to_its_post() -> None:
    opened().refuses(VISIT, PRINCIPAL, "not_leader")
    opened("praise").refuses(Commend(text="好"), DEPUTY, "not_leader")
    visited().refuses(PLAN, LEADER, "not_answerer")
    planned().refuses(Verify(), PRINCIPAL, "not_leader").refuses(SendBack(reason="x"), PRINCIPAL, "not_leader")
    tasks = [[(task.kind, task.post) for task in FOLLOW_UP.tasks(one().state)] for one in (opened, visited, planned)]
    office, principal = post("office@county"), post("principal@school")
    assert tasks == [[("visit", office)], [("agree_plan", principal)], [("verify", office)]]


def test_only_the_system_opens_one() -> None:
    command = OpenFollowUp(cycle=CYCLE_ID, rules="help", unit=GROUP, cause="x")
    Story(FOLLOW_UP, "2025-09-26 09:00").refuses(command, OFFICE, "only_system")


def test_every_row_is_taken() -> None:
    check_every_row_is_taken(FOLLOW_UP, globals())


def test_every_other_command_is_refused() -> None:
    check_everything_else_is_refused(FOLLOW_UP, globals())

"""The filing machine, told as stories; and every row and every refusal of its table."""

from __future__ import annotations

from datetime import timedelta

import pytest

from domain.access import SYSTEM_ACTOR, Actor
from domain.filing import (
    FILING,
    AbandonAmendment,
    Amend,
    AmendingBegun,
    AmendmentAbandoned,
    ApprovalGiven,
    Approve,
    BeginDraft,
    Comment,
    DraftingBegun,
    Escalate,
    FallDue,
    FilingApproved,
    FilingCommented,
    FilingFellDue,
    FilingLapsed,
    FilingOpened,
    FilingRecalled,
    FilingRejected,
    FilingReminded,
    FilingReturned,
    FilingSubmitted,
    FilingWaived,
    Lapse,
    OpenFiling,
    Origin,
    Recall,
    Reject,
    Remind,
    RemindStage,
    Return,
    SentBack,
    StageEscalated,
    StageReached,
    StageReminded,
    Submit,
    Void,
    Waive,
)
from domain.ids import stream_id
from domain.machine import Notify, Summary, status_of
from tests.domain.given import (
    ADMIN,
    COORDINATOR,
    COUNTY,
    CYCLE_ID,
    DEPUTY,
    DIRECTOR,
    EXPERT,
    GROUP,
    LEADER,
    OFFICE,
    PEOPLE,
    PRINCIPAL,
    SCHOOL,
    SECOND_LEADER,
    STRANGER,
    TEACHER,
    TENANT,
    TWO_HATS,
    Story,
    at,
    post,
    somebody,
)

ONE = Submit(content={"aims": "读书"})
TWO = Submit(content={"aims": "读书与写作"})
SOUND = Approve(judgement="sound")


def opened(people: tuple[Actor, ...] = PEOPLE) -> Story:
    """The group's plan: opened on 1 September, due on the 15th, lapsing on the 29th."""
    command = OpenFiling(
        cycle=CYCLE_ID,
        duty="plan",
        period="autumn",
        unit=GROUP,
        due_at=at("2025-09-15 18:00"),
        lapses_at=at("2025-09-28 18:00"),
        remind_at=(at("2025-09-10 08:00"), at("2025-09-12 08:00")),
    )
    return Story(FILING, "2025-09-01 08:00", people).when(command)


def diary() -> Story:
    """A teacher's own plan, which stays in the school."""
    command = OpenFiling(
        cycle=CYCLE_ID,
        duty="diary",
        period="autumn",
        unit=GROUP,
        person=TEACHER.person,
        due_at=at("2025-09-15 18:00"),
        lapses_at=at("2025-09-22 18:00"),
    )
    return Story(FILING, "2025-09-01 08:00").when(command)


def submitted(people: tuple[Actor, ...] = PEOPLE) -> Story:
    return opened(people).at("2025-09-08 09:00").when(ONE, LEADER)


def drafting() -> Story:
    return opened().when(BeginDraft(), LEADER)


def recalled() -> Story:
    return submitted().when(Recall(), LEADER)


def on_board() -> Story:
    return submitted().at("2025-09-09 09:00").when(Approve(), COORDINATOR)


def at_seal() -> Story:
    return on_board().at("2025-09-10 09:00").when(Approve(), DEPUTY).when(Approve(), TWO_HATS)


def approved() -> Story:
    return at_seal().at("2025-09-11 09:00").when(SOUND, OFFICE)


def returned() -> Story:
    return on_board().at("2025-09-12 09:00").when(Return(reason="缺少负责人"), DEPUTY)


def summary(story: Story) -> Summary:
    found = FILING.summary(story.state)
    assert found is not None
    return found


# -- the path


def test_opened_filing_carries_its_path_and_tells_its_author() -> None:
    story = opened().then(FilingOpened)
    assert [(step.stage, step.posts, step.after) for step in story.state.steps] == [
        ("check", (post("coordinator@east"),), ()),
        ("board", (post("deputy@county"),), ("check",)),
        ("seal", (post("office@county"),), ("board",)),
    ]
    assert story.state.author == post("leader@school-maths")
    (notify,) = story.intents
    assert isinstance(notify, Notify)
    assert (notify.notice, notify.posts) == ("filing_opened", (post("leader@school-maths"),))
    assert story.due() == ["remind", "fall_due", "lapse"]


def test_reminders_of_the_past_are_left_out_when_it_opens_late() -> None:
    late = OpenFiling(
        cycle=CYCLE_ID,
        duty="plan",
        period="autumn",
        unit=GROUP,
        due_at=at("2025-09-15 18:00"),
        lapses_at=at("2025-09-28 18:00"),
        remind_at=(at("2025-09-10 08:00"), at("2025-09-12 08:00")),
    )
    story = Story(FILING, "2025-09-11 08:00").when(late)
    assert story.state.remind_at == (at("2025-09-12 08:00"),)


def test_only_the_cycle_opens_filings() -> None:
    story = Story(FILING, "2025-09-01 08:00")
    command = OpenFiling(
        cycle=CYCLE_ID, duty="plan", period="autumn", unit=GROUP, due_at=story.now, lapses_at=story.now
    )
    story.refuses(command, OFFICE, "only_system")


def test_a_draft_is_begun_and_handed_in() -> None:
    story = opened().when(BeginDraft(), LEADER).then(DraftingBegun)
    assert story.state.begun_by == LEADER.person
    story.at("2025-09-08 09:00").when(ONE, LEADER).then(FilingSubmitted, StageReached)
    assert story.notices() == ["filing_to_decide"]
    assert [(one.number, one.by) for one in story.state.revisions] == [(1, LEADER.person)]
    assert [one.stage for one in story.state.visits] == ["check"]


def test_all_stages_agree_and_the_revision_is_in_force() -> None:
    story = submitted().when(Approve(comment="可行"), COORDINATOR).then(ApprovalGiven, StageReached)
    story.when(Approve(), DEPUTY).then(ApprovalGiven)
    story.when(Approve(), TWO_HATS).then(ApprovalGiven, StageReached)
    story.when(SOUND, OFFICE).then(ApprovalGiven, FilingApproved)
    assert FILING.is_end(story.state)
    assert story.state.in_force.number == 1
    assert [one.by for one in story.state.in_force.approvals] == [
        COORDINATOR.person,
        DEPUTY.person,
        TWO_HATS.person,
        OFFICE.person,
    ]
    assert story.due() == []
    assert story.notices() == ["filing_approved"]
    assert not story.issues()


# -- deadlines, in workdays


@pytest.mark.parametrize(
    ("handed_in", "due", "remind", "escalates"),
    [
        # 28 September 2025 is a Sunday that is worked, so the third workday is Tuesday the 30th.
        ("2025-09-26 09:00", "2025-09-30 18:00", "2025-09-29 08:00", "2025-10-10 18:00"),
        # 1 to 8 October is off: National Day and Mid-Autumn. Saturday the 11th is worked.
        ("2025-09-29 09:00", "2025-10-10 18:00", "2025-10-09 08:00", "2025-10-13 18:00"),
        # Handed in on a day off: counted from the next workday.
        ("2025-10-04 22:00", "2025-10-11 18:00", "2025-10-10 08:00", "2025-10-14 18:00"),
        # 1 January 2026 is off, and so are the 2nd and the 3rd; Sunday the 4th is worked.
        ("2025-12-31 17:00", "2026-01-06 18:00", "2026-01-05 08:00", "2026-01-08 18:00"),
    ],
)
def test_stage_deadlines_skip_holidays_and_count_makeup_days(
    handed_in: str, due: str, remind: str, escalates: str
) -> None:
    visit = opened().at(handed_in).when(ONE, LEADER).state.first
    assert (visit.due_at, visit.remind_at, visit.escalate_at) == (at(due), at(remind), at(escalates))


def test_stage_reminder_that_would_lie_in_the_past_is_not_set() -> None:
    command = OpenFiling(
        cycle=CYCLE_ID,
        duty="plan",
        period="autumn",
        unit=GROUP,
        due_at=at("2025-09-15 18:00"),
        lapses_at=at("2025-09-28 18:00"),
    )
    story = Story(FILING, "2025-09-01 08:00").when(command)
    assert story.due() == ["fall_due", "lapse"]
    assert story.at("2025-09-08 09:00").when(ONE, LEADER).state.first.remind_at == at("2025-09-10 08:00")
    assert diary().at("2025-09-08 09:00").when(ONE, TEACHER).state.first.remind_at is None


def test_returned_filing_has_time_for_rework_and_lapses_as_many_workdays_later_as_before() -> None:
    story = submitted().at("2025-09-26 09:00").when(Return(reason="再改"), COORDINATOR)
    # Five workdays after Friday the 26th: 28, 29, 30 September, 9 and 10 October.
    assert story.state.due_at == at("2025-10-10 18:00")
    # Ten workdays lay between 15 and 28 September, which is a worked Sunday.
    assert story.state.lapses_at == at("2025-10-23 18:00")
    early = submitted().at("2025-09-02 09:00").when(Return(reason="再改"), COORDINATOR)
    assert (early.state.due_at, early.state.lapses_at) == (at("2025-09-15 18:00"), at("2025-09-28 18:00"))


# -- time passes


def test_author_is_reminded_once_for_each_reminder() -> None:
    story = opened().at("2025-09-10 08:00").when(Remind()).then(FilingReminded)
    assert story.notices() == ["filing_due_soon"]
    assert story.state.remind_at == (at("2025-09-12 08:00"),)
    story.refuses(Remind(), OFFICE, "only_system")
    story.at("2025-09-13 08:00").carry_out_due()
    assert [type(one.event) for one in story.facts] == [FilingReminded]
    assert story.due() == ["fall_due", "lapse"]


def test_overdue_then_lapsed() -> None:
    story = opened().at("2025-09-15 18:00").when(FallDue()).then(FilingFellDue)
    assert story.notices() == ["filing_overdue"]
    assert summary(story).late
    story.at("2025-09-28 18:00").when(Lapse()).then(FilingLapsed)
    assert story.notices() == ["filing_lapsed"]
    assert FILING.is_end(story.state)


def test_nothing_is_carried_out_before_its_time() -> None:
    for command in (Remind(), FallDue(), Lapse()):
        opened().refuses(command, SYSTEM_ACTOR, "alarm_not_due")
    for review in (RemindStage(stage="check"), Escalate(stage="check"), Escalate(stage="board")):
        submitted().refuses(review, SYSTEM_ACTOR, "alarm_not_due")


@pytest.mark.parametrize("alarm", ["remind", "fall_due", "lapse", "remind_stage", "escalate"])
def test_alarm_is_refused_a_moment_early_and_carried_out_on_time(alarm: str) -> None:
    story = submitted() if alarm in ("remind_stage", "escalate") else opened()
    due = next(one for one in FILING.alarms(story.state) if one.name == alarm)
    story.now = due.at - timedelta(microseconds=1)
    story.refuses(due.command, SYSTEM_ACTOR, "alarm_not_due")
    story.now = due.at
    story.when(due.command)


def test_late_submission_is_marked_late_and_no_longer_overdue() -> None:
    story = opened().at("2025-09-16 09:00").carry_out_due().when(ONE, LEADER)
    submitted_late = story.facts[0].event
    assert isinstance(submitted_late, FilingSubmitted)
    assert submitted_late.late
    assert not summary(story).late


def test_each_waiting_state_reminds_falls_due_and_lapses() -> None:
    for reach in (opened, drafting, returned, recalled):
        story = reach()
        before = story.state.status
        for alarm, after in (("remind", before), ("fall_due", before), ("lapse", "lapsed")):
            due = next(one for one in FILING.alarms(story.state) if one.name == alarm)
            story.now = due.at
            assert story.when(due.command).state.status == after


def test_deciders_are_reminded_then_the_next_post_may_decide_too() -> None:
    story = submitted().at("2025-09-10 08:00").when(RemindStage(stage="check")).then(StageReminded)
    assert story.notices() == ["filing_decide_soon"]
    story.refuses(Approve(), OFFICE, "not_decider")
    story.at("2025-09-15 18:00").when(Escalate(stage="check")).then(StageEscalated)
    assert story.notices() == ["filing_escalated"]
    assert story.due() == []
    assert {task.post for task in FILING.tasks(story.state)} == {post("coordinator@east"), post("office@county")}
    story.when(Approve(), OFFICE).then(ApprovalGiven, StageReached)
    assert [one.origin for one in story.state.first.seats] == [Origin.RULE, Origin.RULE]
    story.refuses(Approve(), OFFICE, "not_decider")


# -- separation of duties


def test_nobody_decides_on_what_they_handed_in_though_they_hold_the_post() -> None:
    story = opened().at("2025-09-08 09:00").when(ONE, TWO_HATS)
    for command in (Approve(), Return(reason="改"), Reject(reason="不行")):
        story.refuses(command, TWO_HATS, "own_filing")
    story.when(Approve(), COORDINATOR)
    story.refuses(Approve(), TWO_HATS, "own_filing")
    # Of the board's two members one is the author: the other alone is all there are.
    story.when(Approve(), DEPUTY).then(ApprovalGiven, StageReached)


def test_author_of_an_earlier_revision_does_not_decide_on_a_later_one() -> None:
    story = opened().at("2025-09-08 09:00").when(ONE, TWO_HATS)
    story.when(Return(reason="改"), COORDINATOR).when(TWO, LEADER)
    story.refuses(Approve(), TWO_HATS, "own_filing")


def test_person_who_owes_a_filing_never_decides_on_it() -> None:
    both = somebody("teacher", "teacher@school-maths", "leader@school-maths")
    story = diary().at("2025-09-08 09:00").when(ONE, TEACHER)
    story.refuses(Approve(), both, "own_filing")
    story.when(Approve(), LEADER)


def test_nobody_decides_on_their_own_filing_through_another() -> None:
    deputised = Actor(COORDINATOR.person, COORDINATOR.held, on_behalf_of=LEADER.person)
    submitted().refuses(Approve(), deputised, "own_filing")


def test_decider_who_mends_the_filing_sends_it_through_the_whole_path_again() -> None:
    story = submitted().when(Approve(), TWO_HATS).when(Return(reason="改"), DEPUTY)
    story.when(TWO, TWO_HATS)
    assert (story.state.first.stage, story.state.approvals) == ("check", ())


def test_strangers_neither_hand_in_nor_decide() -> None:
    opened().refuses(ONE, STRANGER, "not_author").refuses(BeginDraft(), TEACHER, "not_author")
    submitted().refuses(Approve(), STRANGER, "not_decider").refuses(Recall(), COORDINATOR, "not_author")
    submitted().refuses(Approve(), DEPUTY, "not_decider")


def test_only_the_person_owes_what_is_owed_by_a_person() -> None:
    colleague = somebody("colleague", "teacher@school-maths")
    story = diary().refuses(ONE, colleague, "not_author")
    assert story.state.stays_in == SCHOOL
    (task,) = FILING.tasks(story.state)
    assert (task.person, task.post) == (TEACHER.person, None)
    story.at("2025-09-08 09:00").when(ONE, TEACHER).when(Return(reason="改"), LEADER)
    assert [one.people for one in story.intents if isinstance(one, Notify)] == [(TEACHER.person,)]


# -- all must agree


def test_each_of_all_agrees_once() -> None:
    story = on_board().when(Approve(), DEPUTY).then(ApprovalGiven)
    story.refuses(Approve(), DEPUTY, "already_agreed")
    assert [task.kind for task in FILING.tasks(story.state)] == ["agree_too"]


def test_all_means_who_holds_the_post_now() -> None:
    alone = tuple(one for one in PEOPLE if one is not TWO_HATS)
    story = submitted(alone).when(Approve(), COORDINATOR).when(Approve(), DEPUTY)
    story.then(ApprovalGiven, StageReached)


def test_whoever_it_was_escalated_to_decides_alone() -> None:
    story = on_board().at("2025-09-18 18:00").carry_out_due()
    story.when(Approve(), DIRECTOR).then(ApprovalGiven, StageReached)


def test_escalation_counts_also_for_a_member_of_the_board() -> None:
    both = somebody("both", "deputy@county", "director@county")
    people = (*PEOPLE, both)
    story = submitted(people).at("2025-09-09 09:00").when(Approve(), COORDINATOR)
    story.at("2025-09-18 18:00").carry_out_due().when(Approve(), both).then(ApprovalGiven, StageReached)


# -- back


def test_returned_to_author_and_straight_back_to_the_stage() -> None:
    story = returned().then(FilingReturned)
    assert story.notices() == ["filing_returned"]
    assert (story.state.by, story.state.reason, story.state.straight) == (DEPUTY.person, "缺少负责人", True)
    assert [task.kind for task in FILING.tasks(story.state)] == ["mend"]
    story.when(TWO, LEADER).then(FilingSubmitted, StageReached)
    assert story.state.first.stage == "board"
    assert [one.stage for one in story.state.approvals] == ["check"]
    assert [one.number for one in story.state.revisions] == [1, 2]


def test_agreements_of_the_stage_that_returned_it_are_given_again() -> None:
    story = on_board().when(Approve(), DEPUTY).when(Return(reason="改"), TWO_HATS).when(TWO, LEADER)
    story.when(Approve(), TWO_HATS).then(ApprovalGiven)
    story.when(Approve(), DEPUTY).then(ApprovalGiven, StageReached)


def test_stage_that_does_not_resume_sends_it_through_the_whole_path() -> None:
    story = at_seal().when(Return(reason="重做"), OFFICE).when(TWO, LEADER)
    assert (story.state.first.stage, story.state.approvals) == ("check", ())


def test_sent_back_to_an_earlier_stage() -> None:
    story = at_seal().when(Return(reason="请会审再议", to="board"), OFFICE).then(SentBack, StageReached)
    assert story.notices() == ["filing_sent_back", "filing_to_decide_again"]
    author, decider = story.intents
    assert isinstance(author, Notify)
    assert isinstance(decider, Notify)
    assert (author.params["reason"], decider.params["reason"]) == ("请会审再议", "请会审再议")
    assert decider.people == (DEPUTY.person, TWO_HATS.person)
    assert [one.stage for one in story.state.approvals] == ["check"]
    story.refuses(Return(reason="改", to="board"), DEPUTY, "not_an_earlier_stage", "to")
    story.refuses(Return(reason="改", to="seal"), DEPUTY, "not_an_earlier_stage", "to")
    story.when(Approve(), DEPUTY).then(ApprovalGiven).when(Approve(), TWO_HATS).then(ApprovalGiven, StageReached)
    assert story.notices() == ["filing_to_decide"]
    assert story.state.back is None


def test_recalled_before_it_was_decided() -> None:
    story = submitted().when(Recall(reason="发错"), LEADER).then(FilingRecalled)
    assert story.notices() == ["filing_recalled"]
    assert summary(story).due_at == at("2025-09-15 18:00")
    story.when(TWO, SECOND_LEADER).then(FilingSubmitted, StageReached)
    assert [one.number for one in story.state.revisions] == [1, 2]


def test_recall_after_long_review_leaves_time_to_mend() -> None:
    story = submitted().at("2025-11-03 09:00").when(Recall(), LEADER).carry_out_due()
    assert story.state.status == "recalled"
    assert story.state.lapses_at == at("2025-11-10 18:00")
    story.at("2025-11-10 18:00").carry_out_due()
    assert story.state.status == "lapsed"


def test_recalled_filing_is_reminded_of_nothing_that_is_past() -> None:
    recall = FilingRecalled(reason=None, lapses_at=at("2025-09-28 18:00"))
    story = opened().at("2025-09-11 09:00")
    story.given(FilingSubmitted(revision=1, content="0" * 64, late=False), recall, by=LEADER)
    assert story.state.remind_at == (at("2025-09-12 08:00"),)


def test_returned_filing_is_reminded_before_its_new_due_time() -> None:
    story = submitted().at("2025-09-26 09:00").when(Return(reason="再改"), COORDINATOR)
    # Due on Friday, 10 October: three workdays before it, over the holiday, and one.
    assert story.state.remind_at == (at("2025-09-29 08:00"), at("2025-10-09 08:00"))
    assert story.due()[0] == "remind"


def test_rejected_only_where_the_stage_may() -> None:
    on_board().refuses(Reject(reason="不行"), DEPUTY, "stage_may_not_reject")
    story = at_seal().when(Reject(reason="不行"), OFFICE).then(FilingRejected)
    assert FILING.is_end(story.state)
    assert story.notices() == ["filing_rejected"]


def test_waived_by_whoever_has_the_right() -> None:
    for reach in (opened, drafting, submitted, returned, recalled):
        story = reach().refuses(Waive(reason="停办"), LEADER, "right_missing").when(Waive(reason="停办"), OFFICE)
        assert story.then(FilingWaived).notices() == ["filing_waived"]
        assert FILING.is_end(story.state)


# -- amendment


def amending() -> Story:
    return approved().at("2025-09-20 09:00").when(Amend(reason="换人"), LEADER).then(AmendingBegun)


def amendment_in_review() -> Story:
    return amending().when(TWO, LEADER)


def test_amendment_keeps_the_approved_revision_in_force_until_the_new_one_is() -> None:
    story = amendment_in_review()
    assert (story.state.in_force.number, story.state.first.stage) == (1, "check")
    story.when(Return(reason="改"), COORDINATOR)
    assert story.state.in_force.number == 1
    story.when(Submit(content={"aims": "三稿"}), LEADER).when(Approve(), COORDINATOR)
    story.when(Approve(), DEPUTY).when(Approve(), TWO_HATS).when(Approve(judgement="strong"), OFFICE)
    assert (story.state.in_force.number, story.state.in_force.judgement) == (3, "strong")


def test_abandoned_or_rejected_amendment_leaves_all_as_it_was() -> None:
    in_force = approved().state.in_force
    abandoned = amending().when(AbandonAmendment(), LEADER).then(AmendmentAbandoned)
    assert abandoned.state.in_force == in_force
    sealed = amendment_in_review().when(Approve(), COORDINATOR).when(Approve(), DEPUTY).when(Approve(), TWO_HATS)
    assert sealed.when(Reject(reason="不必"), OFFICE).then(FilingRejected).state.in_force == in_force
    recalled = amendment_in_review().when(Recall(), LEADER).when(AbandonAmendment(), LEADER)
    assert recalled.state.in_force == in_force
    sent_back = amendment_in_review().when(Return(reason="改"), COORDINATOR).when(AbandonAmendment(), LEADER)
    assert sent_back.state.in_force == in_force
    assert in_force.judgement == "sound"
    assert len(in_force.approvals) == 4


def test_amendment_has_no_deadline_and_is_never_late() -> None:
    for story in (amending(), amendment_in_review().when(Recall(), LEADER)):
        assert story.due() == []
        assert not summary(story).late
    for alarm in (Remind(), FallDue(), Lapse()):
        story.at("2026-06-01 09:00").refuses(alarm, SYSTEM_ACTOR, "alarm_not_due")
    submitted_long_after = story.when(TWO, LEADER).facts[0].event
    assert isinstance(submitted_long_after, FilingSubmitted)
    assert not submitted_long_after.late


def test_what_is_in_force_is_not_waived_away() -> None:
    for story in (
        amendment_in_review(),
        amendment_in_review().when(Recall(), LEADER),
        amendment_in_review().when(Return(reason="改"), COORDINATOR),
    ):
        story.refuses(Waive(reason="停办"), OFFICE, "in_force_stays")


def test_only_amendments_are_abandoned_and_only_by_their_author() -> None:
    returned().refuses(AbandonAmendment(), LEADER, "no_amendment")
    amending().refuses(AbandonAmendment(), OFFICE, "not_author")


def test_amendment_must_change_something() -> None:
    amending().refuses(ONE, LEADER, "nothing_changed", "content")


def test_content_is_checked_against_the_document() -> None:
    opened().refuses(Submit(content={}), LEADER, "field_missing", "content.aims")


# -- comments


def test_comment_moves_nothing_and_tells_the_author_and_who_may_decide() -> None:
    story = submitted()
    before = story.state
    story.when(Comment(text="请补充人员分工"), OFFICE).then(FilingCommented)
    assert story.state is before
    (notify,) = story.intents
    assert isinstance(notify, Notify)
    assert notify.notice == "filing_commented"
    assert set(notify.people) == {
        LEADER.person,
        SECOND_LEADER.person,
        TWO_HATS.person,
        COORDINATOR.person,
    }
    assert notify.params["text"] == "请补充人员分工"


def test_commenter_is_not_told_of_their_own_comment() -> None:
    story = submitted().when(Comment(text="收到"), LEADER)
    (notify,) = story.intents
    assert isinstance(notify, Notify)
    assert LEADER.person not in notify.people
    alone = opened((LEADER,)).when(Comment(text="收到"), LEADER)
    assert not alone.intents


def test_comment_on_what_a_person_owes_tells_that_person() -> None:
    story = diary().when(Comment(text="请按时提交"), LEADER)
    (notify,) = story.intents
    assert isinstance(notify, Notify)
    assert notify.people == (TEACHER.person,)


def test_whoever_it_is_escalated_to_is_told_of_comments_as_well() -> None:
    story = submitted().at("2025-09-15 18:00").when(Escalate(stage="check")).when(Comment(text="请尽快"), LEADER)
    (notify,) = story.intents
    assert isinstance(notify, Notify)
    assert OFFICE.person in notify.people


def test_comments_come_from_the_author_the_path_and_those_who_read() -> None:
    for who in (LEADER, COORDINATOR, DEPUTY, OFFICE, DIRECTOR, PRINCIPAL):
        submitted().when(Comment(text="好"), who)
    for stranger in (STRANGER, TEACHER, EXPERT, ADMIN):
        submitted().refuses(Comment(text="好"), stranger, "not_yours")
    # What stays in the school is not for the county to speak of.
    diary().when(Comment(text="好"), PRINCIPAL).refuses(Comment(text="好"), OFFICE, "not_yours")


def test_comment_in_each_state() -> None:
    reached = [opened(), drafting(), submitted(), returned(), recalled(), amending(), approved()]
    reached.append(at_seal().when(Reject(reason="不行"), OFFICE))
    reached.append(opened().when(Waive(reason="停办"), OFFICE))
    reached.append(approved().when(Void(reason="不实"), OFFICE))
    reached.append(opened().at("2025-09-28 18:00").carry_out_due())
    assert {story.state.status for story in reached} == {status_of(state) for state in FILING.states}
    for story in reached:
        before = story.state
        assert story.when(Comment(text="好"), LEADER).then(FilingCommented).state is before


# -- judgement


def test_judging_stage_names_one_of_the_judgements() -> None:
    at_seal().refuses(Approve(), OFFICE, "judgement_needed", "judgement")
    at_seal().refuses(Approve(judgement="odd"), OFFICE, "judgement_unknown", "judgement")
    submitted().refuses(Approve(judgement="sound"), COORDINATOR, "judgement_unknown", "judgement")


def test_weak_judgement_opens_an_assistance_visit() -> None:
    story = at_seal().when(Approve(judgement="weak"), OFFICE)
    (issue,) = story.issues()
    assert issue.stream == stream_id("follow_up", TENANT, CYCLE_ID, "help", GROUP, "plan", "autumn", "1")
    assert (issue.command, issue.data["rules"], issue.data["unit"]) == ("open", "help", GROUP)
    assert issue.data["cause"] == "plan/autumn/weak"


# -- who may read


def test_scope_names_everybody_with_a_part_in_it() -> None:
    scope = FILING.scope(submitted().state)
    assert scope.path == (COUNTY, "east", SCHOOL, GROUP)
    assert scope.people == {LEADER.person}
    assert post("director@county") in scope.posts
    assert FILING.scope(diary().state).people == {TEACHER.person}

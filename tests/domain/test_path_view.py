"""The way of a filing, an inspection and a follow-up as a picture."""

from __future__ import annotations

from typing import Any, Literal

import pytest

from domain.filing import FILING, AgreeRecall, Approve, Escalate, InReview, Recall, Reject, Return, Waive
from domain.follow_up import Commend, SendBack, Verify
from domain.inspection import AcceptSilence, Acknowledge, Cancel, Dispute, Finalise, Review, Sign
from domain.machine import Fact
from domain.messages import CATALOGUE
from domain.path_view import AUTHOR, Path, StepState, Verdict, filing_path, follow_up_path, inspection_path
from domain.story import story as tell
from tests.domain.given import COORDINATOR, DEPUTY, EXPERT, LEADER, OFFICE, PRINCIPAL, TEACHER, TWO_HATS, Story, at
from tests.domain.test_filing import (
    ONE,
    TWO,
    amending,
    amendment_in_review,
    approved,
    at_seal,
    diary,
    on_board,
    opened,
    returned,
    submitted,
)
from tests.domain.test_follow_up import PLAN, visited
from tests.domain.test_follow_up import opened as follow_up
from tests.domain.test_follow_up import planned as agreed
from tests.domain.test_inspection import assigned, notified, planned, points, scored
from tests.domain.test_moving import BOARD, CHECK, SEAL, stage, to, with_stages
from tests.domain.views import names, recorded, told_histories

DONE, NOW, NEXT, LEFT_OUT = StepState.DONE, StepState.NOW, StepState.NEXT, StepState.LEFT_OUT


def path(story: Story) -> Path:
    return filing_path(recorded(story.history), names())


def states(way: Path) -> list[StepState]:
    return [step.state for step in way.steps]


def seals(way: Path) -> list[list[str]]:
    return [[seal.words for seal in step.seals] for step in way.steps]


def earlier(way: Path) -> list[list[str]]:
    return [[seal.words for seal in step.earlier] for step in way.steps]


# -- filings


def test_a_stage_that_new_rules_put_behind_is_not_shown_as_decided() -> None:
    moved = on_board().when(to(with_stages(stage("first", "coordinator@cluster"), CHECK, BOARD, SEAL)), OFFICE)
    over = {step.id: step.passed_over for step in path(moved).steps}
    assert over == {AUTHOR: None, "first": "按新方案新增，当时已过这一步", "check": None, "board": None, "seal": None}
    # In the next round somebody decides there.
    again = moved.when(Return(reason="请先核实", then="again"), DEPUTY).when(ONE, LEADER)
    decided = again.when(Approve(), COORDINATOR)
    assert "first" in decided.state.passed
    assert {step.passed_over for step in path(decided).steps} == {None}


def test_opened_filing_is_with_its_author() -> None:
    way = path(opened())
    assert [(step.id, step.title) for step in way.steps] == [
        (AUTHOR, "报送"),
        ("check", "片区审核"),
        ("board", "会审"),
        ("seal", "备案"),
    ]
    assert states(way) == [NOW, NEXT, NEXT, NEXT]
    assert way.now is not None
    assert way.now.due_at == at("2025-09-15 18:00")
    assert way.now.post == ("教研组长", "一中数学组")
    assert way.next is way.steps[1]
    assert seals(way) == [[], [], [], []]


def test_filing_in_review_shows_seals_the_present_stage_and_what_is_next() -> None:
    way = path(on_board())
    assert states(way) == [DONE, DONE, NOW, NEXT]
    assert seals(way) == [["提交"], ["同意"], [], []]
    (seal,) = way.steps[1].seals
    assert (seal.verdict, seal.who, seal.post) == (Verdict.AGREED, "负责人丁", ("片区负责人", "东片区"))
    assert seal.at == at("2025-09-09 09:00")
    board = way.steps[2]
    assert (board.due_at, board.escalates_at) == (at("2025-09-16 18:00"), at("2025-09-18 18:00"))
    assert (board.together, board.escalation, board.escalated) == (True, ("局长", "县教育局"), False)
    assert (way.steps[3].due_at, way.steps[3].escalates_at) == (None, None)


def test_one_stage_shows_each_who_agreed_with_comment_and_judgement() -> None:
    way = path(at_seal().at("2025-09-11 09:00").when(Approve(judgement="weak", comment="可行"), OFFICE))
    assert states(way) == [DONE, DONE, DONE, DONE]
    assert [seal.who for seal in way.steps[2].seals] == ["副局长戊", "副局长己"]
    (last,) = way.steps[3].seals
    assert (last.comment, last.judgement) == ("可行", "薄弱")
    assert way.now is None
    assert way.next is None


def test_escalated_stage_says_so() -> None:
    way = path(submitted().at("2025-09-15 18:00").when(Escalate(stage="check")))
    assert way.now is not None
    assert (way.now.escalated, way.now.escalates_at, way.now.escalation) == (True, None, ("教研室", "县教育局"))


def test_returned_filing_shows_who_returned_it_and_where_it_will_resume() -> None:
    way = path(returned())
    assert states(way) == [NOW, DONE, NEXT, NEXT]
    assert seals(way) == [[], ["同意"], ["退回"], []]
    (seal,) = way.steps[2].seals
    assert (seal.verdict, seal.comment, seal.who) == (Verdict.RETURNED, "缺少负责人", "副局长戊")
    assert [step.resumes for step in way.steps] == [False, False, True, False]
    assert earlier(way) == [["提交"], [], [], []]


@pytest.mark.parametrize("then", ["straight", "again"])
def test_a_stage_that_sent_it_to_an_earlier_one_says_whether_it_comes_straight_back(
    then: Literal["straight", "again"],
) -> None:
    way = path(at_seal().when(Return(reason="重做", to="check", then=then), OFFICE))
    assert [step.resumes for step in way.steps] == [False, False, False, then == "straight"]


def test_mended_filing_keeps_what_came_before_as_earlier() -> None:
    way = path(returned().when(TWO, LEADER))
    assert states(way) == [DONE, DONE, NOW, NEXT]
    assert seals(way) == [["提交"], ["同意"], [], []]
    assert earlier(way) == [["提交"], [], ["退回"], []]


def test_stage_that_does_not_resume_lifts_all_seals() -> None:
    way = path(at_seal().when(Return(reason="重做"), OFFICE))
    assert seals(way) == [[], [], [], ["退回"]]
    assert [step.resumes for step in way.steps] == [False] * 4
    assert states(way) == [NOW, NEXT, NEXT, NEXT]
    again = path(at_seal().when(Return(reason="重做"), OFFICE).when(TWO, LEADER))
    assert earlier(again) == [["提交"], ["同意"], ["同意", "同意"], ["退回"]]


def test_sent_back_a_stage_shows_until_it_comes_again() -> None:
    story = at_seal().when(Return(reason="再议", to="check"), OFFICE)
    assert states(path(story)) == [DONE, NOW, NEXT, NEXT]
    assert seals(path(story)) == [["提交"], [], [], ["退回"]]
    story.when(Approve(), COORDINATOR).when(Approve(), DEPUTY)
    assert seals(path(story)) == [["提交"], ["同意"], ["同意"], ["退回"]]
    story.when(Approve(), TWO_HATS)
    assert seals(path(story)) == [["提交"], ["同意"], ["同意", "同意"], []]
    assert earlier(path(story))[3] == ["退回"]


def test_recalled_filing_is_with_its_author_again() -> None:
    way = path(submitted().when(Recall(), LEADER))
    assert states(way) == [NOW, NEXT, NEXT, NEXT]
    assert (seals(way), earlier(way)) == ([[], [], [], []], [["提交"], [], [], []])


def test_filing_recalled_with_consent_keeps_what_was_agreed_as_earlier() -> None:
    asked = on_board().when(Recall(), LEADER)
    assert states(path(asked)) == [DONE, DONE, NOW, NEXT]
    way = path(asked.when(AgreeRecall(), DEPUTY))
    assert states(way) == [NOW, NEXT, NEXT, NEXT]
    assert (seals(way), earlier(way)) == ([[], [], [], []], [["提交"], ["同意"], [], []])


def test_rejection_is_the_last_seal() -> None:
    way = path(at_seal().when(Reject(reason="不行"), OFFICE))
    assert states(way) == [DONE, DONE, DONE, DONE]
    assert seals(way)[3] == ["不同意"]
    assert way.end is None


def test_waived_and_lapsed_leave_out_what_was_to_come() -> None:
    way = path(on_board().when(Waive(reason="停办"), OFFICE))
    assert states(way) == [DONE, DONE, LEFT_OUT, LEFT_OUT]
    assert way.end is not None
    assert (way.end.words, way.end.who, way.end.comment) == ("免报", "教研员庚", "停办")
    assert way.end.post is not None
    lapsed = path(opened().at("2025-09-28 18:00").carry_out_due())
    assert lapsed.lapsed
    assert states(lapsed) == [LEFT_OUT] * 4


def test_amendment_begins_anew_and_the_old_seals_return_when_it_is_given_up() -> None:
    whole = [["提交"], ["同意"], ["同意", "同意"], ["同意"]]
    assert seals(path(approved())) == whole
    way = path(amending())
    assert (seals(way), earlier(way)) == ([[], [], [], []], whole)
    assert way.now is not None
    assert way.now.due_at is None
    rejected = amendment_in_review().when(Approve(), COORDINATOR).when(Approve(), DEPUTY).when(Approve(), TWO_HATS)
    rejected.when(Reject(reason="不必"), OFFICE)
    way = path(rejected)
    assert seals(way) == whole
    assert states(way) == [DONE] * 4
    assert earlier(way)[3] == ["不同意"]


def test_what_a_person_owes_names_the_person() -> None:
    assert path(diary()).steps[0].people == ("教师丙",)


def test_stage_that_receives_is_stamped_so() -> None:
    story = diary().at("2025-09-08 09:00").when(ONE, TEACHER).when(Approve(), LEADER)
    way = path(story)
    assert [(seal.verdict, seal.words) for seal in way.steps[1].seals] == [(Verdict.RECEIVED, "签收")]
    sentences = [one.sentence for one in tell(FILING, recorded(story.history), names())]
    assert "组长甲（一中数学组的教研组长）在“收存”环节签收" in sentences


# -- inspections and follow-ups


def inspected(story: Story) -> Path:
    return inspection_path(recorded(story.history), names())


def followed(story: Story) -> Path:
    return follow_up_path(recorded(story.history), names())


def test_inspection_step_by_step() -> None:
    assert states(inspected(planned())) == [NOW, NEXT, NEXT, NEXT, NEXT]
    way = inspected(assigned())
    assert states(way) == [DONE, NOW, NEXT, NEXT, NEXT]
    assert way.steps[1].people == ("专家壬", "专家癸")
    assert way.steps[1].due_at == at("2026-06-05 18:00")
    way = inspected(scored().when(Sign(findings="资料不全"), EXPERT))
    assert [(seal.words, seal.comment) for seal in way.steps[1].seals] == [("签字", "资料不全")]
    assert way.steps[1].people == ("专家癸",), "who has signed has it to do no more"
    story = notified()
    assert states(inspected(story)) == [DONE, DONE, NOW, NEXT, NEXT]
    assert inspected(story).steps[2].due_at == at("2026-06-04 18:00")
    story.when(Dispute(reason="偏低", items=("b",)), PRINCIPAL)
    assert seals(inspected(story)) == [["安排"], ["签字", "签字"], ["异议"], [], []]
    story.when(Review(note="维持"), DEPUTY)
    assert states(inspected(story)) == [DONE, DONE, DONE, DONE, NOW]
    story.when(Finalise())
    assert states(inspected(story)) == [DONE] * 5


def test_changed_score_lifts_the_signatures() -> None:
    way = inspected(scored().when(Sign(), EXPERT).when(points("a", "9"), EXPERT))
    assert (way.steps[1].seals, len(way.steps[1].earlier)) == ((), 1)


def test_silence_presses_no_seal() -> None:
    way = inspected(notified().at("2026-06-04 18:00").when(AcceptSilence()))
    assert way.steps[2].seals == ()
    assert way.steps[2].state is DONE
    assert inspected(notified().when(Acknowledge(), PRINCIPAL)).steps[2].seals[0].verdict is Verdict.ACKNOWLEDGED


def test_cancelled_inspection_stops_where_it_was() -> None:
    way = inspected(assigned().when(Cancel(reason="停课"), OFFICE))
    assert states(way) == [DONE] + [LEFT_OUT] * 4
    assert way.end is not None
    assert (way.end.words, way.end.comment) == ("取消", "停课")
    assert way.end.post is not None, "by which post is stamped too"


def test_follow_up_step_by_step() -> None:
    assert states(followed(follow_up())) == [NOW, NEXT, NEXT]
    assert states(followed(visited())) == [DONE, NOW, NEXT]
    story = agreed().when(SendBack(reason="没有负责人"), OFFICE)
    way = followed(story)
    assert states(way) == [DONE, NOW, NEXT]
    assert (seals(way), earlier(way)) == ([["下校"], [], ["退回"]], [[], ["定案"], []])
    way = followed(story.when(PLAN, PRINCIPAL).when(Verify(note="落实"), OFFICE))
    assert states(way) == [DONE] * 3
    assert (seals(way), earlier(way)[2]) == ([["下校"], ["定案"], ["办结"]], ["退回"])


def test_commendation_has_one_step() -> None:
    way = followed(follow_up("praise"))
    assert [(step.id, step.state) for step in way.steps] == [("commend", NOW)]
    way = followed(follow_up("praise").when(Commend(text="好"), OFFICE))
    assert seals(way) == [["表扬"]]
    assert states(way) == [DONE]


# -- the whole


def test_every_history_has_a_picture_and_shows_where_it_is() -> None:
    draw: dict[str, Any] = {"filing": filing_path, "inspection": inspection_path, "follow_up": follow_up_path}
    for machine, history in told_histories():
        if machine.name not in draw:
            continue
        for length in range(1, len(history) + 1):
            way = draw[machine.name](history[:length], names())
            present = [step for step in way.steps if step.state is NOW]
            state = None
            for one in history[:length]:
                state = machine.fold(state, Fact(one.event, one.happened_at, one.actor, one.on_behalf_of))
            assert state is not None
            ended = machine.is_end(state)
            # Several where branches run side by side; none between a hand-in and the stages that it reaches.
            expected = len(state.visits) if isinstance(state, InReview) else 0 if ended else 1
            assert len(present) == expected, (machine.name, [one.event.type for one in history[:length]])


def test_every_seal_has_words() -> None:
    assert {key.partition(".")[2] for key in CATALOGUE if key.startswith("seal.")} == set(Verdict)

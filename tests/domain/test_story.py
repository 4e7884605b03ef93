"""Every event of every machine is told as a sentence, in both languages, with who and by which post."""

from __future__ import annotations

from dataclasses import replace

import pytest

from domain.filing import FILING, AgreeRecall, Approve, Comment, Escalate, Recall, Return
from domain.inspection import AcceptSilence, Acknowledge, Finalise, Review
from domain.machines import MACHINES
from domain.messages import CATALOGUE, UNKNOWN, Lang
from domain.story import Told, story
from domain.view import Names
from tests.domain.given import COORDINATOR, DEPUTY, LEADER, OFFICE, PRINCIPAL, STRANGER, TWO_HATS, Story
from tests.domain.test_filing import ONE, at_seal, diary, opened, submitted
from tests.domain.test_inspection import notified
from tests.domain.views import MODULES, names, recorded, told_histories


def told(tale: Story, lang: Lang = "zh") -> list[Told]:
    return list(story(tale.machine, recorded(tale.history), names(lang)))


def last(tale: Story, lang: Lang = "zh") -> str:
    return told(tale, lang)[-1].sentence


def test_every_event_type_of_every_machine_has_a_sentence() -> None:
    # An event's sentence may have variants: story.<machine>.<event>.<variant>.
    kept = {".".join(key.split(".")[1:3]) for key in CATALOGUE if key.startswith("story.")}
    assert kept == {name for one in MACHINES.values() for name in one.events}


def test_stories_of_every_machine_are_told() -> None:
    assert set(MODULES) == set(MACHINES)
    shown = {one.event.type for _, history in told_histories() for one in history}
    assert shown == {name for one in MACHINES.values() for name in one.events}


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_no_sentence_of_any_history_wants_anything(lang: Lang) -> None:
    for machine, history in told_histories():
        for one in story(machine, history, names(lang)):
            assert UNKNOWN not in one.sentence, one
            assert not one.sentence.startswith("story."), one
            assert "per-" not in one.sentence, one


def test_filing_is_told_from_beginning_to_end() -> None:
    tale = at_seal().at("2025-09-11 09:00").when(Approve(judgement="sound", comment="可行"), OFFICE)
    assert [one.sentence for one in told(tale)] == [
        "“报送计划”（autumn）开始报送，由一中数学组的教研组长报送，9月15日 周一 18:00 截止，9月28日 周日 18:00 后失效",
        "组长甲（一中数学组的教研组长）提交了第 1 稿",
        "到达“片区审核”环节，由东片区的片区负责人在 9月11日 周四 18:00 前办理",
        "负责人丁（东片区的片区负责人）在“片区审核”环节同意",
        "到达“会审”环节，由副局长戊、副局长己在 9月16日 周二 18:00 前办理",
        "副局长戊（县教育局的副局长）在“会审”环节同意",
        "副局长己（县教育局的副局长）在“会审”环节同意",
        "到达“备案”环节，由县教育局的教研室在 9月16日 周二 18:00 前办理",
        "教研员庚（县教育局的教研室）在“备案”环节同意，评定为“正常”，意见：可行",
        "第 1 稿通过，即日生效，评定为“正常”",
    ]


def test_return_says_who_why_to_whom_and_where_it_goes_next() -> None:
    tale = submitted().at("2025-09-09 09:00").when(Return(reason="缺少负责人"), COORDINATOR)
    assert last(tale) == (
        "负责人丁（东片区的片区负责人）在“片区审核”环节退回给一中数学组的教研组长，原因：缺少负责人。"
        "请在 9月16日 周二 18:00 前修改，修改后直接回到该环节"
    )
    assert last(tale, "en") == (
        "负责人丁 (Coordinator, East) returned it from the stage “Check” to Leader, School One Maths group. "
        "Reason: 缺少负责人. To be mended by 16 Sep, Tue 18:00. Afterwards it comes straight back there"
    )


def test_acting_for_somebody_is_said() -> None:
    tale = submitted().when(Approve(), COORDINATOR)
    history = recorded(tale.history)
    history[-2] = replace(history[-2], actor=LEADER.person, on_behalf_of=COORDINATOR.person)
    (approval,) = [one for one in story(FILING, history, names()) if one.type == "filing.approval_given"]
    assert approval.who == "组长甲 代 负责人丁"
    assert approval.sentence == "组长甲 代 负责人丁（东片区的片区负责人）在“片区审核”环节同意"


def test_post_is_told_as_the_record_has_it() -> None:
    tale = submitted().at("2025-09-15 18:00").when(Escalate(stage="check")).when(Approve(), OFFICE)
    (approval,) = [one for one in told(tale) if one.type == "filing.approval_given"]
    assert approval.post == ("教研室", "县教育局")
    # Two posts may decide, and what the decider holds today is not known: the record says by which it was.
    unknown = Names("zh", names().programme)
    (approval,) = [one for one in story(FILING, recorded(tale.history), unknown) if one.type == "filing.approval_given"]
    assert approval.sentence == "（姓名不详）（县教育局的教研室）在“片区审核”环节同意"


def test_system_is_nobody() -> None:
    first = told(opened())[0]
    assert (first.who, first.post) == (None, None)


def test_recall_comment_and_late_submission() -> None:
    late = opened().at("2025-09-16 09:00").carry_out_due().when(ONE, LEADER)
    assert told(late)[-2].sentence == "组长甲（一中数学组的教研组长）提交了第 1 稿，已逾期"
    assert last(submitted().when(Recall(reason="发错"), LEADER)) == ("组长甲（一中数学组的教研组长）撤回，原因：发错")
    assert last(submitted().when(Comment(text="请尽快"), DEPUTY)) == "副局长戊（县教育局的副局长）的意见：请尽快"
    # A post of somebody who reads from above is no part of the path.
    assert last(submitted().when(Comment(text="好"), PRINCIPAL)) == "校长辛的意见：好"


def test_letting_the_author_have_it_back_is_told_of_who_agreed() -> None:
    asked = submitted().when(Approve(), COORDINATOR).when(Recall(reason="发错"), LEADER)
    agreed = told(asked.when(AgreeRecall(), DEPUTY))[-1]
    assert agreed.sentence == "副局长戊（县教育局的副局长）同意撤回，退给报送人修改，撤回原因：发错"
    assert agreed.post == ("副局长", "县教育局")


def test_what_a_person_owes_is_told_with_the_person() -> None:
    assert "由教师丙报送" in told(diary())[0].sentence


def test_sheet_is_told_with_the_titles_of_its_items() -> None:
    tale = notified().when(Acknowledge(comment="无异议"), PRINCIPAL).when(Review(), DEPUTY).when(Finalise())
    sentences = [one.sentence for one in told(tale)]
    assert "专家壬（县教育局的专家）对“甲”评 8 分（满分 10 分）" in sentences
    assert (
        "校长辛（一中的校长）确认结果，说明：无异议，由县教育局的副局长在 2026年6月5日 周五 18:00 前复核" in sentences
    )
    assert sentences[-1] == "结果确定：25.5 分，等次“良好”"


def test_silence_is_told_as_such() -> None:
    tale = notified().at("2026-06-04 18:00").when(AcceptSilence())
    assert last(tale).startswith("期限内没有答复，视为确认，由县教育局的副局长在")


def test_terms_and_other_periods_are_named() -> None:
    assert names().period("2025-autumn") == "2025–2026 学年秋季学期"
    assert names("en").period("2025-spring") == "Spring 2025–2026"
    assert names().period("2025-09") == "2025年9月"
    assert names().period("2025-summer") == "2025-summer"


def test_what_somebody_wrote_is_told_as_it_stands() -> None:
    tale = submitted().when(Return(reason="<b>{who}</b> [x]"), COORDINATOR)
    assert "原因：<b>{who}</b> [x]。" in last(tale)


def test_actor_without_a_name_is_somebody_unknown() -> None:
    assert names().person(STRANGER.person) == "（姓名不详）"
    assert names().actor(TWO_HATS.person) == "副局长己"


def test_notice_has_its_period_and_times_in_words() -> None:
    params = {"unit": "一中", "title": "计划", "period": "2025-autumn", "due": "2026-01-05T10:00:00Z"}
    assert names().notice("filing_opened", params) == (
        "一中：请报送“计划”（2025–2026 学年秋季学期），2026年1月5日 周一 18:00 截止。"
    )
    assert "（2025–2026 学年）" in names().notice("filing_approved", {"period": "2025"})


def test_a_notice_tells_the_beginning_of_what_somebody_wrote() -> None:
    said = names().notice("filing_returned", {"reason": "请补充\n日期。" + "长" * 4000})
    assert f"原因：请补充 日期。{'长' * 112}…。请修改后在" in said
    assert "原因：请补充日期。请修改后在" in names().notice("filing_returned", {"reason": "请补充日期。"})

"""What differs between two contents and between two states."""

from __future__ import annotations

import typing
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel

from domain.access import Post
from domain.difference import Change, FactDifference, Segment, content_difference, state_difference, text_difference
from domain.filing import Approve, Return
from domain.machine import Fact, State
from domain.machines import MACHINES
from domain.messages import CATALOGUE, UNKNOWN, Lang
from domain.programme import Document
from domain.text import Text
from tests.domain.given import COORDINATOR, EXPERT, OFFICE, Story
from tests.domain.test_filing import approved, at_seal, opened, submitted
from tests.domain.test_inspection import assigned, points
from tests.domain.views import names, told_histories

SAME, ADDED, REMOVED, CHANGED = Change.UNCHANGED, Change.ADDED, Change.REMOVED, Change.CHANGED

FORM = Document.model_validate(
    {
        "id": "report",
        "title": {"zh": "报告", "en": "Report"},
        "fields": [
            {"id": "topic", "title": {"zh": "主题", "en": "Topic"}, "kind": "line"},
            {"id": "text", "title": {"zh": "正文", "en": "Text"}},
            {"id": "count", "title": {"zh": "人数", "en": "Count"}, "kind": "number"},
            {"id": "day", "title": {"zh": "日期", "en": "Day"}, "kind": "date"},
            {"id": "form", "title": {"zh": "形式", "en": "Form"}, "kind": "choice", "choices": ["听课", "论坛"]},
            {"id": "books", "title": {"zh": "书目", "en": "Books"}, "kind": "list"},
            {
                "id": "tasks",
                "title": {"zh": "月度任务", "en": "Tasks"},
                "kind": "table",
                "columns": [
                    {"id": "month", "title": {"zh": "月份", "en": "Month"}},
                    {"id": "task", "title": {"zh": "任务", "en": "Task"}},
                    {"id": "people", "title": {"zh": "人数", "en": "People"}, "kind": "number"},
                ],
            },
        ],
    }
)


def marked(segments: tuple[Segment, ...]) -> str:
    signs = {SAME: "{}", ADDED: "+{}+", REMOVED: "-{}-"}
    return "".join(signs[one.change].format(one.text) for one in segments)


# -- text


@pytest.mark.parametrize(
    ("before", "after", "shown"),
    [
        ("每周二集体备课。", "每周三集体备课。", "每周-二-+三+集体备课。"),
        ("读书", "读书与写作", "读书+与写作+"),
        ("张三负责。李四参加。", "李四参加。", "-张三负责。-李四参加。"),
        ("Read every week", "Read two books every week", "Read+ two books+ every week"),
        ("the weekly plan", "the monthly plan", "the -weekly-+monthly+ plan"),
        ("第 3 周检查", "第 13 周检查", "第 -3-+13+ 周检查"),
        ("语文组开展读书活动", "数学竞赛另行安排", "-语文组开展读书活动-+数学竞赛另行安排+"),
        ("", "新", "+新+"),
        ("旧", "", "-旧-"),
        ("一样", "一样", "一样"),
    ],
)
def test_text_is_compared_by_character_in_chinese_and_by_word_in_latin(before: str, after: str, shown: str) -> None:
    assert marked(text_difference(before, after)) == shown


_TEXT = st.text(alphabet="教研组长ab c1。；\n", max_size=60)


@given(_TEXT, _TEXT)
def test_segments_put_together_are_both_texts(before: str, after: str) -> None:
    segments = text_difference(before, after)
    assert "".join(one.text for one in segments if one.change is not ADDED) == before
    assert "".join(one.text for one in segments if one.change is not REMOVED) == after
    assert all(one.text for one in segments)
    assert all(one.change is not other.change for one, other in pairwise(segments))


def test_long_texts_are_compared_by_sentence_and_by_word_within() -> None:
    sentences = [f"第{number}条，教研组每周开展一次活动，由组长负责。" for number in range(800)]
    changed = [*sentences[:400], "第400条，教研组每月开展一次活动，由组长负责。", *sentences[401:]]
    segments = text_difference("".join(sentences), "".join(changed))
    assert [(one.change, one.text) for one in segments if one.change is not SAME] == [(REMOVED, "周"), (ADDED, "月")]


def test_one_endless_sentence_is_shown_whole() -> None:
    before, after = "的" * 9_999 + "甲", "乙" + "的" * 9_999
    assert [one.change for one in text_difference(before, after)] == [REMOVED, ADDED]


# -- contents


def compared(before: dict[str, Any] | None, after: dict[str, Any] | None, lang: Lang = "zh") -> dict[str, Any]:
    return {one.id: one for one in content_difference(FORM, before, after, names(lang))}


def test_each_field_is_compared_by_its_kind() -> None:
    before = {"topic": "读书", "text": "每周二。", "count": 3, "day": "2025-09-01", "form": "听课"}
    after = {"topic": "读书", "text": "每周三。", "count": 13, "day": "2025-09-02", "form": "论坛"}
    found = compared(before, after)
    assert [one.title for one in found.values()] == ["主题", "正文", "人数", "日期", "形式", "书目", "月度任务"]
    assert (found["topic"].change, marked(found["topic"].segments)) == (SAME, "读书")
    assert (found["text"].change, marked(found["text"].segments)) == (CHANGED, "每周-二-+三+。")
    assert marked(found["count"].segments) == "-3-+13+"
    assert marked(found["day"].segments) == "-9月1日 周一-+9月2日 周二+"
    assert marked(found["form"].segments) == "-听课-+论坛+"
    assert (found["books"].change, found["books"].items) == (SAME, ())


def test_field_that_came_or_went() -> None:
    came = compared({"topic": "读书"}, {"topic": "读书", "text": "新", "books": ["论语"]})
    assert (came["text"].change, came["books"].change) == (ADDED, ADDED)
    went = compared({"text": "旧", "books": ["论语"]}, {})
    assert (went["text"].change, went["books"].change) == (REMOVED, REMOVED)
    assert all(one.change in (ADDED, SAME) for one in compared(None, {"topic": "读书"}).values())
    assert all(one.change is SAME for one in compared(None, None).values())


def test_lists_are_compared_by_item() -> None:
    before = {"books": ["论语", "教育心理学（上）", "学记"]}
    after = {"books": ["论语", "教育心理学（下）", "给教师的建议", "学记"]}
    books = compared(before, after)["books"]
    assert [(one.change, marked(one.segments)) for one in books.items] == [
        (SAME, "论语"),
        (CHANGED, "教育心理学（-上-+下+）"),
        (ADDED, "+给教师的建议+"),
        (SAME, "学记"),
    ]
    assert books.change is CHANGED


def test_tables_are_aligned_by_row_then_compared_by_cell() -> None:
    before = {
        "tasks": [
            {"month": "九月", "task": "制定计划", "people": 5},
            {"month": "十月", "task": "听课"},
            {"month": "十一月", "task": "论坛", "people": 8},
        ]
    }
    after = {
        "tasks": [
            {"month": "九月", "task": "制定计划", "people": 6},
            {"month": "国庆", "task": "读书"},
            {"month": "十一月", "task": "论坛", "people": 8},
        ]
    }
    table = compared(before, after)["tasks"]
    assert table.columns == ("月份", "任务", "人数")
    assert [row.change for row in table.rows] == [CHANGED, REMOVED, ADDED, SAME]
    assert [marked(cell.segments) for cell in table.rows[0].cells] == ["九月", "制定计划", "-5-+6+"]
    assert [cell.change for cell in table.rows[1].cells] == [REMOVED, REMOVED, SAME]
    assert [marked(cell.segments) for cell in table.rows[2].cells] == ["+国庆+", "+读书+", ""]


def test_items_are_paired_with_what_they_resemble_most() -> None:
    books = compared({"books": ["教育心理学（上）"]}, {"books": ["教育心理学概论选读", "教育心理学（下）"]})["books"]
    assert [one.change for one in books.items] == [ADDED, CHANGED]


def test_row_that_moved_away_leaves_the_others_aligned() -> None:
    rows = [{"month": f"第{number}月", "task": f"任务{number}"} for number in range(5)]
    table = compared({"tasks": rows}, {"tasks": rows[1:]})["tasks"]
    assert [row.change for row in table.rows] == [REMOVED, SAME, SAME, SAME, SAME]


def test_large_lists_of_different_things_are_compared_as_they_come() -> None:
    before, after = {"books": [f"甲{n}" for n in range(100)]}, {"books": [f"乙{n}" for n in range(120)]}
    changes = [one.change for one in compared(before, after)["books"].items]
    assert changes == [CHANGED] * 100 + [ADDED] * 20


def test_value_of_another_kind_is_compared_as_text() -> None:
    found = compared({"books": "论语", "day": "someday"}, {"books": ["论语"], "day": None})
    assert marked(found["books"].segments) == "-论语-+['论语']+"
    assert marked(found["day"].segments) == "-someday-"


# -- states


def facts(story: Story, since: State | None, lang: Lang = "zh") -> dict[str, FactDifference]:
    return {one.fact: one for one in state_difference(story.machine, since, story.state, names(lang))}


def told(one: FactDifference) -> tuple[str, str | None, str | None]:
    return one.title, one.before, one.after


def test_decision_changes_what_it_changes_and_nothing_else() -> None:
    story = submitted().at("2025-09-09 09:00")
    before = story.state
    found = facts(story.when(Approve(comment="可行"), COORDINATOR), before)
    assert set(found) == {"visits", "passed", "approvals"}
    (passed,) = (
        one for one in state_difference(story.machine, before, story.state, names("zh")) if one.fact == "passed"
    )
    assert told(passed) == ("已办完的环节", None, "片区审核")
    gone, come = (
        one for one in state_difference(story.machine, before, story.state, names("zh")) if one.fact == "visits"
    )
    assert (gone.title, gone.change, come.change) == ("所在环节", REMOVED, ADDED)
    assert (gone.before or "").startswith("环节：片区审核；")
    assert "截止时间：9月11日 周四 18:00" in (gone.before or "")
    assert (come.after or "").startswith("环节：会审；")
    assert "截止时间：9月16日 周二 18:00" in (come.after or "")
    assert found["approvals"].change is ADDED
    assert found["approvals"].after == (
        "环节：片区审核；对应稿次：1；办理人：负责人丁；以何职务：东片区的片区负责人；"
        "时间：9月9日 周二 09:00；意见：可行"
    )


def test_return_shows_status_reason_and_who() -> None:
    story = submitted()
    before = story.state
    found = facts(story.when(Return(reason="缺少负责人"), COORDINATOR), before)
    assert told(found["status"]) == ("状态", "审批中", "已退回")
    assert told(found["reason"]) == ("原因", None, "缺少负责人")
    assert told(found["by"]) == ("办理人", None, "负责人丁")
    assert told(found["stage"]) == ("环节", None, "片区审核")
    assert told(found["straight"]) == ("直接返回", None, "是")
    assert found["visits"].change is REMOVED


def test_first_state_is_all_new() -> None:
    found = facts(opened(), None)
    assert {one.change for one in found.values()} == {ADDED}
    assert found["author"].after == "一中数学组的教研组长"
    assert found["duty"].after == "报送计划"
    assert "overdue" not in found


def test_scores_differ_by_item() -> None:
    story = assigned().when(points("a", "8"), EXPERT)
    before = story.state
    found = facts(story.when(points("a", "9"), EXPERT), before)
    assert set(found) == {"scores.a"}
    title, old, new = told(found["scores.a"])
    assert title == "评分：甲"
    assert old is not None
    assert new is not None
    assert old.startswith("得分：8；")
    assert new.startswith("得分：9；")


def test_nothing_differs_from_itself() -> None:
    assert facts(approved(), approved().state) == {}


def test_judged_and_in_force() -> None:
    story = at_seal().at("2025-09-11 09:00")
    before = story.state
    found = facts(story.when(Approve(judgement="weak"), OFFICE), before, "en")
    assert told(found["status"]) == ("Status", "In review", "Approved")
    assert "Revision: 1" in (found["in_force"].after or "")


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_every_step_of_every_history_is_told_without_a_gap(lang: Lang) -> None:
    for machine, history in told_histories():
        state: State | None = None
        for one in history:
            after = machine.fold(state, Fact(one.event, one.happened_at, one.actor, one.on_behalf_of))
            for fact in state_difference(machine, state, after, names(lang)):
                said = f"{fact.title} {fact.before} {fact.after}"
                assert UNKNOWN not in said, fact
                assert "fact." not in said, fact
                assert "datetime" not in said, fact
            state = after


def fields() -> set[str]:
    found: set[str] = set()

    def look(model: type[BaseModel]) -> None:
        for name, field in model.model_fields.items():
            found.add(name)
            for one in models(field.annotation):
                look(one)

    def models(annotation: Any) -> list[type[BaseModel]]:
        if isinstance(annotation, type) and issubclass(annotation, BaseModel):
            return [] if annotation in (Text, Post) else [annotation]
        return [one for part in typing.get_args(annotation) for one in models(part)]

    for machine in MACHINES.values():
        for state in machine.states:
            look(state)
    return found


def test_every_fact_of_every_state_has_a_title() -> None:
    assert {key.partition(".")[2] for key in CATALOGUE if key.startswith("fact.")} == fields()

"""What simulated people write: documents filled in with plausible words of our own, for any programme's fields.

A field is filled by what its title is about; a title that says nothing to us gets a sentence that fits anywhere.
"""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

from domain.filing import Filing
from domain.programme import Column, DocumentField, FieldKind, Programme, UnitKind

SURNAMES = "王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗梁宋郑谢韩唐冯于董萧程曹袁邓许傅沈曾彭吕"
GIVEN = "文芳秀英敏静丽强军洋艳勇杰涛明超霞平刚桂兰建华玉梅红春晓云海峰志宏思源雨晨嘉宁若溪安和"
"""The commonest surnames, and characters that given names are made of."""

_PROSE: Mapping[str, Sequence[str]] = {
    "分析状况概况": (
        "组内教师以中青年为主，课堂活动组织较好，但对学情的分析多凭经验；学生阅读和表达两极分化，作业反馈不够及时。",
        "本学期新任教师较多，集体备课能按时进行，备课内容以教案分工为主，围绕真实课堂问题的研讨偏少。",
        "抽测显示基础题得分稳定，综合题失分集中在审题和步骤表达，班级之间差距较上学期缩小。",
    ),
    "目标任务": (
        "每位教师上好一节研究课，写出一篇有数据的课堂观察；全组形成两个可以共用的单元整体设计。",
        "围绕“让学生说清楚想法”开展研究，期末学生课堂发言人次和质量都有可见的提高。",
    ),
    "内容问题归因": (
        "课堂提问多而浅，追问不够；小组合作流于形式，部分学生没有真正参与。",
        "作业设计分层不足，讲评以对答案为主，错因没有落到个人。",
        "研讨记录较完整，但改进意见没有跟到下一节课，缺少前后对比。",
    ),
    "成效结果": (
        "完成研究课三节，听评课二十余人次；两个班的课堂观察显示，学生主动发言由每节八人次增加到十五人次。",
        "形成单元作业样例一套，已在片区内共享；青年教师能独立主持一次备课。",
    ),
    "打算措施保障改进": (
        "下月聚焦作业讲评课，先由骨干教师上示范课，再分组改进；每次研讨留下一条可以检验的改进意见。",
        "研修时间固定在每周三下午，学校保证经费和场地；外出教师由教导处统一调课。",
        "建立错因台账，按周跟踪；对薄弱班级安排结对听课，期末复核。",
    ),
}
_ANYWHERE = (
    "按计划推进，过程材料已归档，由专人负责。",
    "已在组内讨论并征求意见，分工明确，按月检查落实。",
    "结合本校实际开展，注重实效，不增加教师额外负担。",
)
_TOPICS = (
    *("单元整体教学设计", "课堂追问的时机与方式", "作业分层与讲评", "学生表达能力的课堂观察", "新教材疑难问题研讨"),
    *("复习课怎样不炒冷饭", "跨学科主题学习", "期中质量分析", "同课异构：如何导入", "小课题中期交流"),
)
_FORMS = ("集体备课", "听评课", "教学论坛", "专题讲座", "同课异构", "小课题研讨")
_RESULTS = ("研究课课例一份", "单元设计一套", "观察记录表", "作业样例", "交流发言稿")
_DUTIES = ("统筹安排", "业务指导", "资料收集", "活动组织", "宣传报道")
_THINGS = ("活动签到表", "听评课记录", "研究课教案", "活动照片", "阶段小结")
_BOOKS = ("课堂观察的方法", "学习的科学", "给教师的一百条建议（读书笔记）", "作业设计实务")
_MONTHS = ("9月", "10月", "11月", "12月", "1月")


def full_name(rng: random.Random) -> str:
    """Make up a name: a common surname and one or two characters; nobody is meant."""
    return rng.choice(SURNAMES) + "".join(rng.sample(GIVEN, rng.choice((1, 2, 2))))


def specimen(programme: Programme, state: Filing, rng: random.Random) -> dict[str, Any]:
    """Return a filled-in document: plausible, and different in each revision."""
    document = programme.document_by_id[state.document]
    return {field.id: _value(field, state, programme, rng) for field in document.fields}


def _value(field: DocumentField, state: Filing, programme: Programme, rng: random.Random) -> Any:
    if field.kind is FieldKind.CHOICE:
        return rng.choice(field.choices)
    if field.kind is FieldKind.LIST:
        return rng.sample(_BOOKS if "书" in field.title.zh else _THINGS, 3)
    if field.kind is FieldKind.TABLE:
        topics = rng.sample(_TOPICS, 4)
        return [
            {column.id: _cell(column, row, topics[row], state, programme, rng) for column in field.columns}
            for row in range(rng.choice((3, 4)))
        ]
    return _scalar(field.kind, field.title.zh, state, rng)


def _scalar(kind: FieldKind, title: str, state: Filing, rng: random.Random) -> Any:
    if kind is FieldKind.NUMBER:
        return rng.randint(6, 30)
    if kind is FieldKind.DATE:
        return _near(state, rng)
    if kind is FieldKind.LINE:
        return rng.choice(_TOPICS)
    bank = next((said for about, said in _PROSE.items() if _is_about(title, about)), _ANYWHERE)
    # The revision is said, so that no two revisions of a document are the same.
    again = f"（第 {len(state.revisions) + 1} 稿已按意见修改）" if state.revisions else ""
    return rng.choice(bank) + again


def _is_about(title: str, about: str) -> bool:
    return any(about[start : start + 2] in title for start in range(0, len(about), 2))


def _near(state: Filing, rng: random.Random) -> str:
    """A day in the weeks before the document is due."""
    return (state.due_at - timedelta(days=rng.randint(1, 24))).date().isoformat()


def _cell(column: Column, row: int, topic: str, state: Filing, programme: Programme, rng: random.Random) -> Any:
    title = column.title.zh
    if column.kind in (FieldKind.NUMBER, FieldKind.DATE):
        return _scalar(FieldKind(column.kind), title, state, rng)
    if any(word in title for word in ("负责人", "教师", "姓名")):
        return full_name(rng)
    if "学校" in title:
        schools = [
            unit.title.zh
            for unit in programme.all_units.values()
            if unit.kind is UnitKind.SCHOOL and unit.parent in state.path[1:]
        ]
        return rng.choice(schools or [state.unit_title.zh])
    words: Mapping[str, Sequence[str]] = {
        "月份": _MONTHS,
        "形式": _FORMS,
        "成果": _RESULTS,
        "职责": _DUTIES,
        "岗位": ("组长", "副组长", "联络员", "成员"),
        "类别": ("计划", "活动", "成果", "总结"),
        "名称": _THINGS,
        "学科": [one.title.zh for one in programme.subjects] or ["综合"],
        "职称": ("一级教师", "高级教师", "县级教学能手", "市级骨干"),
    }
    bank = next((said for about, said in words.items() if about in title), None)
    return topic if bank is None else bank[row % len(bank)]

"""An example of every request's body, for the OpenAPI document."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fastapi import Body
from pydantic import BaseModel

_REASON = {"reason": "附件中的活动安排与计划不一致，请核对日期。"}
_POST = {"id": "2026-1", "role": "group_leader", "unit": "shiyan-maths", "first_day": "2026-09-01"}
_PLAN = {"analysis": "七年级新教师较多。", "content": "单元整体教学。", "forms": "听评课"}

EXAMPLES: Mapping[str, dict[str, Any]] = {
    "draft": {"body": _PLAN},
    "tokens.issue": {"name": "教研室统计程序", "scopes": ["read"], "days": 30},
    "notices.read": {"ids": ["6f0f8f0e-7c0a-5d0e-9a57-8a1f6d3c2b10"]},
    "cycle.draft": {"school_year": 2026},
    "cycle.publish": {},
    "cycle.change_rules": {"programme": "5f" * 32, "reason": "县教育局批复了新的研修方案。"},
    "cycle.suspend": {"reason": "全县停课三天，报送期顺延。"},
    "cycle.resume": {},
    "cycle.archive": {},
    "filings.bulk": {
        "command": "return",
        **_REASON,
        "items": [
            {"stream": "fil-3f0c9a7be1d24c55a1b2", "version": 3, "key": "2026-10-12-1"},
            {"stream": "fil-7be1d24c55a1b23f0c9a", "version": 5, "key": "2026-10-12-2"},
        ],
    },
    "filing.begin_draft": {},
    "filing.submit": {"content": _PLAN},
    "filing.approve": {"comment": "活动扎实，材料齐全。", "judgement": "sound"},
    "filing.return": _REASON,
    "filing.reject": {"reason": "与片区计划重复。"},
    "filing.recall": {"reason": "补充参加人员名单。"},
    "filing.waive": {"reason": "该教研组本学期与邻校合并活动。"},
    "filing.amend": {"reason": "十月活动改期。"},
    "filing.abandon_amendment": {},
    "filing.comment": {"text": "请补充十一月的人员分工。", "mentions": ["per-3f0c9a7be1d24c55a1b2"]},
    "filing.object": {"reason": "经费测算缺少依据。"},
    "filing.transfer": {"to": "per-3f0c9a7be1d24c55a1b2", "reason": "本人下周外出培训。"},
    "filing.add_signer": {
        "people": ["per-3f0c9a7be1d24c55a1b2", "per-7be1d24c55a1b23f0c9a"],
        "where": "before",
        "reason": "请先核对学科部分。",
    },
    "filing.assign": {"people": ["per-3f0c9a7be1d24c55a1b2"], "reason": "该岗位暂缺。"},
    "filing.hand_over": {
        "leaver": "per-7be1d24c55a1b23f0c9a",
        "to": "per-3f0c9a7be1d24c55a1b2",
        "reason": "调往县教研室。",
    },
    "inspection.hand_over": {
        "leaver": "per-7be1d24c55a1b23f0c9a",
        "to": "per-3f0c9a7be1d24c55a1b2",
        "reason": "调往县教研室。",
    },
    "filing.agree_recall": {},
    "filing.refuse_recall": {"reason": "只差一个环节，请等审批结果。"},
    "filing.void": {"reason": "活动取消，计划不再执行。"},
    "filing.ask_extension": {"until": "2026-10-23", "reason": "期中检测占用两天。"},
    "filing.grant_extension": {},
    "filing.refuse_extension": {"reason": "汇总时间不能再推迟。"},
    "filing.copy": {"people": ["per-3f0c9a7be1d24c55a1b2"], "note": "供下学期排课参考。"},
    "filing.mark_read": {},
    "filing.urge": {},
    "filing.move_rules": {"programme": "5f" * 32, "choice": "move", "reason": "县教育局批复了新的研修方案。"},
    "inspection.assign": {"inspectors": ["per-3f0c9a7be1d24c55a1b2", "per-7be1d24c55a1b23f0c9a"]},
    "inspection.score": {"item": "a1", "points": "4.5", "evidence": ["会议记录 2026-10-12"], "comment": "缺一次签到。"},
    "inspection.sign": {"findings": "听课记录完整，教研活动主题可再集中。"},
    "inspection.acknowledge": {"comment": "无异议。"},
    "inspection.dispute": {"reason": "签到表已补交，请复核。", "items": ["a1"]},
    "inspection.review": {
        "note": "核对了补交的签到表。",
        "adjustments": [{"item": "a1", "points": "5", "reason": "签到表属实。"}],
    },
    "inspection.cancel": {"reason": "与全县统考时间冲突。"},
    "follow_up.commend": {"text": "片区阶段报告扎实，予以通报表扬。"},
    "follow_up.visit": {"findings": "集体备课流于形式，缺少课后反思。"},
    "follow_up.agree_plan": {"plan": "每周二集体备课，片区负责人到场指导。"},
    "follow_up.verify": {"note": "连续四周记录完整。"},
    "follow_up.send_back": {"reason": "方案没有写明负责人。"},
    "follow_up.cancel": {"reason": "该校本学期撤并。"},
    "person.register": {"full_name": "王老师", "posts": [_POST]},
    "person.correct_name": {"full_name": "王晓老师"},
    "person.appoint": {"post": _POST},
    "person.end_appointment": {"id": "2026-1", "last_day": "2027-07-10"},
    "person.revise": {"full_name": "王晓老师", "end": [{"id": "2026-1", "last_day": "2027-07-10"}]},
    "person.leave": {},
    "person.hand_over": {
        "successor": "per-3f0c9a7be1d24c55a1b2",
        "reason": "调往县教研室。",
        "posts": ["2026-1"],
        "leaves": False,
    },
    "person.delegate": {
        "delegate": "per-3f0c9a7be1d24c55a1b2",
        "documents": ["stage_report"],
        "first_day": "2026-10-12",
        "last_day": "2026-10-23",
        "reason": "赴省参加培训。",
    },
    "person.end_delegation": {"id": "d1"},
    "unit.found": {
        "unit": "xincheng-xiaoxue",
        "kind": "school",
        "title": {"zh": "新城小学", "en": "Xincheng Primary School"},
        "parent": "chengguan",
    },
    "unit.rename": {"title": {"zh": "新城第一小学", "en": "Xincheng First Primary School"}},
    "unit.move": {"parent": "shiyan"},
    "unit.close": {"reason": "并入实验小学。"},
    "unit.reopen": {},
    "rulebook.adopt": {
        "programme": "5f2b9a61c0d84e7396ab1d2e8f7c4b0a5f2b9a61c0d84e7396ab1d2e8f7c4b0a",
        "reason": "县教育局〔2026〕15 号批复。",
    },
}


def body(model: type[BaseModel], key: str) -> Any:
    """Return what marks a parameter as the request's body, with its example."""
    summary = (model.__doc__ or "").partition("\n")[0]
    return Body(openapi_examples={"example": {"summary": summary, "value": EXAMPLES[key]}})

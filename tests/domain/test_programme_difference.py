"""What differs between two versions of a programme."""

from __future__ import annotations

import json
from typing import Any

from domain.difference import Change
from domain.programme import Programme
from domain.programme_difference import EntryDifference, programme_difference
from domain.view import Names
from tests.domain.given import PROGRAMME
from tests.domain.views import names


def changed(edit: Any) -> Programme:
    """The small county's programme, edited."""
    data = json.loads(PROGRAMME.model_dump_json())
    edit(data)
    return Programme.model_validate(data)


def found(
    after: Programme, before: Programme = PROGRAMME, spoken: Names | None = None
) -> dict[str, list[EntryDifference]]:
    return {one.key: list(one.entries) for one in programme_difference(before, after, spoken or names())}


def by_id(data: list[dict[str, Any]], id: str) -> dict[str, Any]:
    return next(one for one in data if one["id"] == id)


def test_the_same_rules_do_not_differ() -> None:
    assert found(changed(lambda data: None)) == {}
    assert found(changed(lambda data: data.update(version=2))) == {}


def test_changed_window_is_told_in_words() -> None:
    after = changed(lambda data: by_id(data["duties"], "plan")["window"].update(due="start + 15 workdays"))
    (entry,) = found(after)["duties"]
    assert (entry.title, entry.change) == ("报送计划", Change.CHANGED)
    (rule,) = entry.rules
    assert (rule.label, rule.before, rule.after) == (
        "报送期",
        "每学期初开放，学期初后 10 个工作日截止，逾期 10 个工作日失效",
        "每学期初开放，学期初后 15 个工作日截止，逾期 10 个工作日失效",
    )


def test_stage_that_went_and_those_that_moved_up() -> None:
    after = changed(lambda data: by_id(data["pipelines"], "approval")["stages"].pop(0))
    entries = found(after)["pipelines"]
    assert [(one.id, one.change, one.within) for one in entries] == [
        ("board", Change.CHANGED, ("审批",)),
        ("seal", Change.CHANGED, ("审批",)),
        ("check", Change.REMOVED, ("审批",)),
    ]
    assert [(rule.before, rule.after) for rule in entries[0].rules] == [("第 2 项", "第 1 项")]
    assert all(rule.change is Change.REMOVED for rule in entries[2].rules)
    # The duty goes through the same pipeline as before.
    assert "duties" not in found(after)


def test_escalation_that_came() -> None:
    def edit(data: Any) -> None:
        by_id(data["pipelines"], "receipt")["stages"][0]["escalate"] = {"after": 2, "to": "principal@school"}

    (entry,) = found(changed(edit))["pipelines"]
    assert [(rule.label, rule.change, rule.before, rule.after) for rule in entry.rules] == [
        ("超时", Change.ADDED, None, "超时 2 个工作日后，学校的校长也可以办理")
    ]


def test_renamed_role_is_one_difference() -> None:
    def edit(data: Any) -> None:
        by_id(data["roles"], "coordinator")["title"]["zh"] = "片区牵头人"

    sections = found(changed(edit))
    assert set(sections) == {"roles"}
    (entry,) = sections["roles"]
    assert [(rule.label, rule.before, rule.after) for rule in entry.rules] == [("名称", "片区负责人", "片区牵头人")]


def test_what_went_is_still_called_by_its_name() -> None:
    def edit(data: Any) -> None:
        data["follow_ups"] = [one for one in data["follow_ups"] if one["id"] != "praise"]
        by_id(by_id(data["pipelines"], "approval")["judgements"], "strong")["opens"] = None

    sections = found(changed(edit))
    assert [(one.title, one.change) for one in sections["follow_ups"]] == [("表扬", Change.REMOVED)]
    (rule,) = sections["pipelines"][0].rules
    assert (rule.before, rule.after) == ("“突出”，随后进行“表扬”", "“突出”")


def test_new_unit_field_item_and_day_off() -> None:
    def edit(data: Any) -> None:
        data["units"].append(
            {"id": "third", "kind": "school", "title": {"zh": "三中", "en": "Three"}, "parent": "east"}
        )
        data["documents"][0]["fields"].append({"id": "note", "title": {"zh": "备注", "en": "Note"}, "required": False})
        data["rubrics"][0]["groups"][0]["items"][0]["weight"] = 12
        data["calendar"]["closures"].append({"date": "2025-11-03", "why": "运动会"})

    sections = found(changed(edit))
    assert list(sections) == ["calendar", "units", "documents", "rubrics"]
    assert [(one.title, one.change) for one in sections["units"]] == [("三中", Change.ADDED)]
    assert sections["documents"][0].within == ("计划",)
    assert [one.id for one in sections["rubrics"]] == ["only", "a"]
    assert sections["rubrics"][1].within == ("评分表", "全部")
    (day,) = sections["calendar"][0].rules
    assert (day.label, day.after) == ("11月3日 周一", "运动会")


def test_difference_is_told_in_english_as_well() -> None:
    after = changed(lambda data: by_id(data["pipelines"], "approval").update(rework=7))
    (entry,) = found(after, spoken=names("en"))["pipelines"]
    assert [(rule.label, rule.after) for rule in entry.rules] == [
        ("Mending", "To be mended within 7 workdays of a return")
    ]


def test_order_turned_round_turns_the_difference_round() -> None:
    after = changed(lambda data: data["units"].append(data["units"][-1] | {"id": "third"}))
    assert found(after)["units"][0].change is Change.ADDED
    assert found(PROGRAMME, after)["units"][0].change is Change.REMOVED

"""The checker: every fault, at its exact place, all at once, and never another exception."""

from __future__ import annotations

import json
import re
import time
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import programmes
from domain.programme import Programme
from domain.programme_check import MAX_BYTES, Fault, ProgrammeFaults, advice, check, dump, load
from tests.domain import branching

COUNTY = programmes.text("pucheng-county")
YEARS = range(2024, 2031)

SMALL = """\
id: small
title: {zh: 小校, en: Small}
calendar:
  terms:
    - {id: autumn, title: {zh: 秋, en: Autumn}, first_day: 09-01, last_day: 01-18}
    - {id: spring, title: {zh: 春, en: Spring}, first_day: 02-25, last_day: 07-05}
  years:
    2026: {terms: {autumn: {first_day: 2026-09-01, last_day: 2027-01-22}}}
subjects:
  - {id: maths, title: {zh: 数学, en: Maths}}
roles:
  - {id: head, title: {zh: 校长, en: Head}, at: [school]}
  - {id: leader, title: {zh: 组长, en: Leader}, at: [group]}
  - {id: teacher, title: {zh: 教师, en: Teacher}, at: [group]}
units:
  - {id: town, kind: school, title: {zh: 镇小, en: Town}}
  - {id: annex, kind: department, parent: town, title: {zh: 分部, en: Annex}}
unit_templates:
  - {kind: group, under: school, title: {zh: 组, en: group}, subjects: [maths]}
documents:
  - id: plan
    title: {zh: 计划, en: Plan}
    fields:
      - {id: aims, title: {zh: 目标, en: Aims}}
      - {id: tasks, title: {zh: 任务, en: Tasks}, kind: table, columns: [{id: task, title: {zh: 任务, en: Task}}]}
      - {id: form, title: {zh: 形式, en: Form}, kind: choice, choices: [a, b]}
pipelines:
  - id: approval
    title: {zh: 审批, en: Approval}
    stages:
      - {id: peer, title: {zh: 同组, en: Peer}, decided_by: teacher@group, due: 3}
      - {id: final, title: {zh: 终审, en: Final}, decided_by: head@school, due: 3, judges: true}
    judgements:
      - {id: fine, title: {zh: 好, en: Fine}, opens: praise}
duties:
  - id: plan
    title: {zh: 计划, en: Plan}
    document: plan
    pipeline: approval
    owed_by: leader@group
    window: {per: term, opens: start, due: start + 9 workdays, lapses: 5, terms: [autumn]}
rubrics:
  - id: sheet
    title: {zh: 表, en: Sheet}
    total: 10
    groups:
      - id: all
        title: {zh: 全, en: All}
        items:
          - {id: one, title: {zh: 一, en: One}, method: {zh: 看, en: Look}, weight: 4}
          - {id: two, title: {zh: 二, en: Two}, method: {zh: 看, en: Look}, weight: 6}
inspections:
  - id: yearly
    title: {zh: 年检, en: Yearly}
    rubric: sheet
    of: group
    window: {per: year, opens: end - 9 workdays, due: end, lapses: 5}
    arranged_by: head@school
    inspectors: head@school
    answered_by: leader@group
    reviewed_by: head@school
    outcomes:
      - {id: good, title: {zh: 好, en: Good}, at_least: 8, opens: praise}
      - {id: poor, title: {zh: 差, en: Poor}, at_least: 0}
follow_ups:
  - {id: praise, title: {zh: 表扬, en: Praise}, kind: commendation, led_by: head@school, answered_by: leader@group}
"""


def spoil(text: str, *changes: tuple[str, str]) -> str:
    for old, new in changes:
        assert text.count(old) == 1, f"{old!r} is there {text.count(old)} times"
        text = text.replace(old, new)
    return text


def place(text: str, marked: str) -> tuple[int, int]:
    """Where `marked` stands in the text; with ‸ in it, where that stands."""
    before, _, after = marked.partition("‸") if "‸" in marked else ("", "", marked)
    assert text.count(before + after) == 1, f"{marked!r} is there {text.count(before + after)} times"
    at = text.index(before + after) + len(before)
    return text.count("\n", 0, at) + 1, at - text.rfind("\n", 0, at)


def test_the_small_programme_is_clean() -> None:
    assert check(SMALL) == ()


# Each row: what is changed, into what, where the fault is (‸) in the changed text, and its code.
ONE_FAULT = [
    # YAML
    ("id: small", "id: [small", "title‸: {zh: 小校", "syntax"),
    ("id: small", "id: sm\x07all", "id: sm‸\x07all", "character"),
    ("id: small", 'id: "\\UFFFFFFFF"', '‸id: "\\UFFFFFFFF"', "syntax"),
    ("id: small", "---\nid: small\n---\nb: 1\n---", "‸---\nb: 1", "second_document"),
    ("id: small", "id: &a small", "id: ‸&a small", "anchor"),
    ("id: small", "id: *a", "id: ‸*a", "alias"),
    ("id: small", "id: !!str small", "id: ‸!!str small", "tag"),
    ("id: small", "id: small\nid: big", "‸id: big", "duplicate_key"),
    ("id: small", "id: small\n? [a]\n: b", "? ‸[a]", "key"),
    ("id: small", "id: small\nx: " + "[" * 40 + "]" * 40, "x: " + "[" * 31 + "‸" + "[" * 9, "too_deep"),
    # the typed model
    ("total: 10", "total: ten", "total: ‸ten", "wrong_value"),
    ("total: 10", "total: 0", "total: ‸0", "wrong_value"),
    ("total: 10", "total: 99999", "total: ‸99999", "wrong_value"),
    ("at: [school]", "at: school", "at: ‸school", "wrong_value"),
    ("at: [school]", "at: []", "at: ‸[]", "wrong_value"),
    ("at: [school]", "at: [shcool]", "at: [‸shcool]", "wrong_value"),
    ("id: small", "id: Small School", "id: ‸Small School", "wrong_value"),
    ("id: small", "id: 007", "id: ‸007", "wrong_value"),
    ("zh: 小校", "zh: ''", "zh: ‸''", "wrong_value"),
    ("zh: 小校", f"zh: {'小' * 201}", f"zh: ‸{'小' * 201}", "wrong_value"),
    ("title: {zh: 小校, en: Small}", "title: 小校", "title: ‸小校", "wrong_value"),
    ("title: {zh: 小校, en: Small}", "title: {zh: 小校}", "title: ‸{zh: 小校}", "missing_field"),
    ("id: small\n", "", "‸title: {zh: 小校", "missing_field"),
    ("judges: true", "judges: true, judge: 1", "true, ‸judge: 1", "unknown_field"),
    ("judges: true", "judges: maybe", "judges: ‸maybe", "wrong_value"),
    ("decided_by: teacher@group", "decided_by: teacher", "decided_by: ‸teacher,", "wrong_value"),
    ("decided_by: teacher@group", "decided_by: teacher@room", "decided_by: ‸teacher@room", "wrong_value"),
    ("decided_by: teacher@group", "decided_by: [teacher]", "decided_by: [‸teacher]", "wrong_value"),
    ("at_least: 8", "at_least: eight", "at_least: ‸eight", "wrong_value"),
    ("at_least: 8", "at_least: .inf", "at_least: ‸.inf", "wrong_value"),
    ("start + 9 workdays", "start + 9 weekdays", "due: ‸start + 9 weekdays", "wrong_value"),
    # the calendar
    ("calendar:", "calendar:\n  time_zone: Asia/Nowhere", "time_zone: ‸Asia/Nowhere", "wrong_value"),
    ("first_day: 09-01", "first_day: 02-30", "first_day: ‸02-30", "wrong_value"),
    ("calendar:", "calendar:\n  start_of_business: dawn", "start_of_business: ‸dawn", "wrong_value"),
    ("calendar:", "calendar:\n  start_of_business: '19:00'", "calendar:\n  ‸start_of_business", "wrong_value"),
    ("2026-09-01", "2026-13-01", "first_day: ‸2026-13-01", "wrong_value"),
    ("2026-09-01", "2026-03-01", "2026: ‸{terms: {autumn", "wrong_value"),
    ("first_day: 02-25", "first_day: 01-02", "    ‸- {id: autumn, title: {zh: 秋", "wrong_value"),
    ("2026: {terms", "1066: {terms", "‸1066: {terms", "wrong_value"),
    ("{terms: {autumn:", "{terms: {autum:", "‸autum:", "unknown_reference"),
    ("{id: spring", "{id: autumn", "- {id: ‸autumn, title: {zh: 春", "duplicate_id"),
    # ids
    ("id: annex", "id: town", "{id: ‸town, kind: department", "duplicate_id"),
    ("id: annex", "id: town-maths", "subjects: ‸[maths]", "duplicate_id"),
    (
        "  - {id: leader",
        "  - {id: head, title: {zh: 长, en: H}, at: [group]}\n  - {id: leader",
        "‸head, title: {zh: 长",
        "duplicate_id",
    ),
    ("{id: final,", "{id: peer,", "{id: ‸peer, title: {zh: 终审", "duplicate_id"),
    ("{id: two,", "{id: one,", "{id: ‸one, title: {zh: 二", "duplicate_id"),
    ("{id: tasks,", "{id: aims,", "{id: ‸aims, title: {zh: 任务", "duplicate_id"),
    ("{id: poor,", "{id: good,", "{id: ‸good, title: {zh: 差", "duplicate_id"),
    # references
    ("decided_by: teacher@group", "decided_by: techer@group", "decided_by: ‸techer@group", "unknown_reference"),
    ("parent: town", "parent: twon", "parent: ‸twon", "unknown_reference"),
    ("subjects: [maths]", "subjects: [maths, art]", "subjects: [maths, ‸art]", "unknown_reference"),
    ("    document: plan", "    document: plane", "document: ‸plane", "unknown_reference"),
    ("rubric: sheet", "rubric: shet", "rubric: ‸shet", "unknown_reference"),
    ("weight: 6", "weight: 6, evidence: [plann]", "evidence: [‸plann]", "unknown_reference"),
    ("en: Fine}, opens: praise", "en: Fine}, opens: prize", "opens: ‸prize", "unknown_reference"),
    ("at_least: 8, opens: praise", "at_least: 8, opens: prize", "opens: ‸prize", "unknown_reference"),
    ("terms: [autumn]", "terms: [autum]", "terms: [‸autum]", "unknown_reference"),
    # who can do it
    ("decided_by: head@school", "decided_by: head@group", "decided_by: ‸head@group", "role_not_held"),
    ("inspectors: head@school", "inspectors: head@group", "inspectors: ‸head@group", "role_not_held"),
    # units
    ("parent: town, title", "title", "- {id: ‸annex", "several_roots"),
    ("kind: department", "kind: county", "parent: ‸town", "upside_down"),
    ("under: school", "under: cluster", "under: ‸cluster", "no_such_units"),
    # documents
    (", columns: [{id: task, title: {zh: 任务, en: Task}}]", "", "- ‸{id: tasks", "no_columns"),
    (", choices: [a, b]", "", "- ‸{id: form", "no_choices"),
    ("{zh: 目标, en: Aims}", "{zh: 目标, en: Aims}, choices: [a]", "choices: ‸[a]", "idle_choices"),
    ("kind: table, columns", "kind: list, columns", "columns: ‸[{id: task", "idle_columns"),
    # conditions
    ("due: 3, judges", "due: 3, when: fields.aim == 'x', judges", "when: fields.‸aim", "condition_field_unknown"),
    ("due: 3, judges", 'due: 3, when: "fields.aim", judges', 'when: "fields.‸aim', "condition_field_unknown"),
    ("due: 3, judges", "due: 3, when: ' fields.aim', judges", "when: ' fields.‸aim", "condition_field_unknown"),
    ("due: 3, judges", r'due: 3, when: "\u0066ields.aim", judges', 'when: ‸"', "condition_field_unknown"),
    ("due: 3, judges", "due: 3, when: fields.aims &&, judges", "fields.aims &&‸, judges", "condition_unfinished"),
    ("due: 3, judges", "due: 3, when: fields.form == 'c', judges", "form == ‸'c'", "condition_choice_unknown"),
    ("due: 3, judges", "due: 3, when: size(fields.tasks), judges", "when: ‸size", "condition_not_a_condition"),
    ("due: 3, judges", f"due: 3, when: '{'!' * 199}x', judges", "when: ‸'", "condition_too_deep"),
    # pipelines
    (
        "decided_by: teacher@group, due: 3",
        "decided_by: leader@group, due: 3",
        "Peer}, decided_by: ‸leader",
        "unreachable_stage",
    ),
    (
        "decided_by: teacher@group",
        "decided_by: head@school",
        "{zh: 终审, en: Final}, decided_by: ‸head",
        "repeated_stage",
    ),
    ("en: Peer}, ", "en: Peer}, judges: true, ", "judges: ‸true, decided_by: teacher", "judging_not_last"),
    (", judges: true", "", "‸- {id: fine", "nobody_judges"),
    (
        "    owed_by: leader@group",
        "    owed_by: leader@group\n    stays_in: group",
        "by: ‸head@school, due",
        "decider_cannot_read",
    ),
    # what a stage is made of
    ("decided_by: head@school, due", "due", "- ‸{id: final", "nobody_decides"),
    ("decided_by: head@school, due", "decided_by: [], due", "- ‸{id: final", "nobody_decides"),
    ("decided_by: head@school, due", "decided_by: head@school, person: t1, due", "person: ‸t1", "two_deciders"),
    ("decided_by: head@school", "decided_by: [head@school, head@school]", "[head@school, ‸head", "repeated_decider"),
    ("decided_by: head@school, due", "person: t1, chosen_by: author, due", "chosen_by: ‸author", "idle_chosen_by"),
    ("en: Peer}, ", "en: Peer}, chosen_by: previous, ", "chosen_by: ‸previous", "no_previous_stage"),
    ("en: Final}, ", "en: Final}, mode: votes, ", "mode: ‸votes", "no_votes"),
    ("en: Final}, ", "en: Final}, votes: 2, ", "votes: ‸2", "idle_votes"),
    ("en: Final}, ", "en: Final}, mode: votes, votes: 0, ", "votes: ‸0", "wrong_value"),
    ("en: Final}, ", "en: Final}, mode: all, veto: head@school, ", "veto: ‸head@school", "idle_veto"),
    ("en: Final}, ", "en: Final}, mode: vote, ", "mode: ‸vote,", "wrong_value"),
    (
        "en: Final}, ",
        "en: Final}, mode: votes, votes: 2, veto: [head@school, teacher@group], ",
        "veto: [head@school, ‸teacher",
        "veto_not_voting",
    ),
    (
        "decided_by: head@school, due",
        "person: t1, mode: votes, votes: 2, due",
        "votes: ‸2",
        "too_many_votes",
    ),
    ("en: Final}, ", "en: Final}, vacant: leave, ", "vacant: ‸leave", "wrong_value"),
    ("en: Final}, ", "en: Final}, vacant: 3, ", "vacant: ‸3", "wrong_value"),
    ("en: Final}, ", "en: Final}, vacant: head@room, ", "vacant: ‸head@room", "wrong_value"),
    ("en: Final}, ", "en: Final}, vacant: hed@school, ", "vacant: ‸hed@school", "unknown_reference"),
    ("en: Final}, ", "en: Final}, vacant: head@group, ", "vacant: ‸head@group", "role_not_held"),
    (
        "en: Final}, ",
        "en: Final}, escalate: {after: 3, to: teacher@group}, passes_after: 3, ",
        "passes_after: ‸3",
        "passes_before_escalation",
    ),
    ("decided_by: teacher@group", "decided_by: [teacher@group, boss@group]", ", ‸boss@group", "unknown_reference"),
    ("decided_by: teacher@group", "decided_by: teacher@parent", "by: ‸teacher@parent", "role_not_held"),
    ("decided_by: teacher@group", "decided_by: head@own", "by: ‸head@own", "role_not_held"),
    ("decided_by: teacher@group", "decided_by: head@centre", "by: ‸head@centre", "nobody_can_fill"),
    ("decided_by: teacher@group", "decided_by: leader@own", "by: ‸leader@own", "unreachable_stage"),
    (
        "decided_by: teacher@group",
        "decided_by: leader@group, vacant: leader@own",
        "by: ‸leader@group, vacant",
        "unreachable_stage",
    ),
    ("    judgements:", "    copies: hed@school\n    judgements:", "copies: ‸hed", "unknown_reference"),
    ("    judgements:", "    copies: [head@parent, head@group]\n    judgements:", ", ‸head@group", "role_not_held"),
    ("    judgements:", "    urge_hours: 0\n    judgements:", "urge_hours: ‸0", "wrong_value"),
    # outcomes and rubrics
    ("weight: 6", "weight: 7", "total: ‸10", "weights"),
    ("at_least: 0", "at_least: 8.5", "at_least: ‸8.5", "outcome_order"),
    ("at_least: 0", "at_least: 8", "en: Poor}, at_least: ‸8}", "outcome_order"),
    ("at_least: 8", "at_least: 11", "at_least: ‸11", "outcome_above_total"),
    # windows
    ("due: start + 9 workdays", "due: start - 9 workdays", "due: ‸start - 9", "due_before_opening"),
    ("opens: start,", "opens: week 40,", "opens: ‸week 40", "impossible_moment"),
    ("due: end, lapses: 5", "due: week 3, lapses: 5", "due: ‸week 3", "impossible_moment"),
    ("due: end, lapses: 5", "due: end, lapses: 5, terms: [spring]", "terms: ‸[spring]", "terms_of_a_year"),
    ("{per: term,", "{per: month, min_workdays: 60,", "per: ‸month", "never_opens"),
]  # fmt: skip


@pytest.mark.parametrize(("old", "new", "marked", "code"), ONE_FAULT)
def test_a_fault_is_found_alone_at_its_place(old: str, new: str, marked: str, code: str) -> None:
    text = spoil(SMALL, (old, new))
    faults = check(text)
    assert [(fault.line, fault.column, fault.code) for fault in faults] == [(*place(text, marked), code)], faults
    with pytest.raises(ProgrammeFaults) as refused:
        load(text)
    assert refused.value.faults == faults


def kinds(text: str) -> list[tuple[str, str]]:
    return [(fault.code, fault.path) for fault in check(text)]


def test_units_in_a_ring_are_named_once() -> None:
    text = spoil(
        SMALL,
        ("parent: town", "parent: shed"),
        (
            "unit_templates:",
            "  - {id: shed, kind: department, parent: annex, title: {zh: 棚, en: Shed}}\nunit_templates:",
        ),
    )
    (fault,) = check(text)
    assert (fault.line, fault.column) == place(text, "‸shed, title: {zh: 分部")
    assert fault.code == "cyclic_units"
    assert "annex → shed → annex" in fault.message.en


def test_a_stage_nobody_can_fill_names_the_unit_without_the_level() -> None:
    text = spoil(
        SMALL, ("at: [school]", "at: [school, cluster]"), ("decided_by: head@school", "decided_by: head@cluster")
    )
    (fault,) = check(text)
    assert (fault.line, fault.column) == place(text, "decided_by: ‸head@cluster")
    assert fault.code == "nobody_can_fill"
    assert "“town-maths”" in fault.message.en


def test_a_stage_below_the_unit_that_owes_is_not_at_or_above_it() -> None:
    text = spoil(SMALL, ("at: [school]", "at: [school, group]"), ("owed_by: leader@group", "owed_by: head@school"))
    faults = check(text)
    assert ("nobody_can_fill", "pipelines[0].stages[0].decided_by") in kinds(text)
    assert [fault.line for fault in faults] == sorted(fault.line for fault in faults)


def test_a_follow_up_must_be_possible_for_what_it_is_opened_for() -> None:
    extra = "  - {id: boss, title: {zh: 主任, en: Boss}, at: [department]}\nunits:"
    text = spoil(SMALL, ("units:\n", extra + "\n"), ("led_by: head@school", "led_by: boss@department"))
    assert kinds(text) == [("nobody_can_fill", "follow_ups[0].led_by")]


def test_a_pipeline_no_duty_uses_is_unreachable() -> None:
    extra = """\
  - id: idle
    title: {zh: 闲, en: Idle}
    stages:
      - {id: one, title: {zh: 一, en: One}, decided_by: head@school, due: 3}
duties:
"""
    text = spoil(SMALL, ("duties:\n", extra))
    assert [(fault.line, fault.column) for fault in check(text)] == [place(text, "- id: ‸idle")]
    assert kinds(text) == [("unreachable_stage", "pipelines[1].id")]


def test_colleagues_may_decide_what_each_person_owes_unless_all_must() -> None:
    peers = spoil(SMALL, ("    owed_by: leader@group", "    owed_by: teacher@group\n    per: person"))
    assert check(peers) == ()
    together = spoil(peers, ("decided_by: teacher@group", "mode: all, decided_by: teacher@group"))
    assert ("unreachable_stage", "pipelines[0].stages[0].decided_by") in kinds(together)


def test_a_stage_that_is_skipped_or_passes_by_time_lets_the_author_past() -> None:
    own = "decided_by: leader@group, due: 3"
    for way in ("vacant: skip", "passes_after: 2", "vacant: head@school"):
        assert check(spoil(SMALL, ("decided_by: teacher@group, due: 3", f"{own}, {way}"))) == (), way


BRANCHES = """\
    stages:
      - parallel:
          - - {id: peer, title: {zh: 同组, en: Peer}, decided_by: teacher@group, due: 3}
            - {id: chief, title: {zh: 组长, en: Chief}, decided_by: leader@group, vacant: skip, due: 3}
          - - {id: staff, title: {zh: 校长, en: Staff}, person: t0007, due: 3}
      - {id: final, title: {zh: 终审, en: Final}, decided_by: head@parent, due: 3, judges: true}
    copies: [leader@own, head@school]
"""
STAGES = SMALL[SMALL.index("    stages:") : SMALL.index("    judgements:")]
PARALLEL = spoil(SMALL, (STAGES, BRANCHES))


def test_branches_and_every_kind_of_decider_are_clean() -> None:
    assert check(PARALLEL) == ()
    assert [one.id for one in load(PARALLEL).pipelines[0].all_stages] == ["peer", "chief", "staff", "final"]


@pytest.mark.parametrize(
    ("old", "new", "marked", "code"),
    [
        ("{id: staff,", "{id: peer,", "{id: ‸peer, title: {zh: 校长", "duplicate_id"),
        ("{id: staff,", "{id: final,", "{id: ‸final, title: {zh: 终审", "duplicate_id"),
        (
            "          - - {id: staff, title: {zh: 校长, en: Staff}, person: t0007, due: 3}\n",
            "          - []\n",
            "- ‸[]",
            "wrong_value",
        ),
        (
            "          - - {id: staff, title: {zh: 校长, en: Staff}, person: t0007, due: 3}\n",
            "",
            "parallel:\n          ‸- - {id: peer",
            "wrong_value",
        ),
        ("- parallel:", "- join: 1\n        parallel:", "‸join: 1", "unknown_field"),
        ("person: t0007, due: 3", "person: t0007, due: soon", "due: ‸soon", "wrong_value"),
        ("person: t0007, due: 3", "person: t0007", "- ‸{id: staff", "missing_field"),
        ("vacant: skip", "vacant: skipped", "vacant: ‸skipped", "wrong_value"),
        ("person: t0007", "decided_by: teacher@group", "en: Staff}, decided_by: ‸teacher", "repeated_stage"),
        ("person: t0007", "person: t0007, judges: true", "t0007, judges: ‸true", "judging_not_last"),
        ("en: Final}, ", "en: Final}, chosen_by: previous, ", "chosen_by: ‸previous", "no_previous_stage"),
        ("en: Staff}, ", "en: Staff}, chosen_by: author, ", "chosen_by: ‸author", "idle_chosen_by"),
        ("person: t0007", "decided_by: head@school, chosen_by: previous", "chosen_by: ‸previous", "no_previous_stage"),
    ],
)  # fmt: skip
def test_a_fault_in_a_branch_is_found_alone_at_its_place(old: str, new: str, marked: str, code: str) -> None:
    text = spoil(PARALLEL, (old, new))
    assert [(one.line, one.column, one.code) for one in check(text)] == [(*place(text, marked), code)]


def test_paths_of_faults_are_those_of_the_text() -> None:
    text = spoil(PARALLEL, ("person: t0007, due: 3", "person: t0007, due: soon"), ("head@parent", "head"))
    assert [one.path for one in check(text)] == [
        "pipelines[0].stages[0].parallel[1][0].due",
        "pipelines[0].stages[1].decided_by",
    ]


def test_the_stage_before_may_choose_within_a_branch_too() -> None:
    chosen = ("decided_by: leader@group, vacant: skip", "decided_by: leader@group, chosen_by: previous, vacant: skip")
    assert check(spoil(PARALLEL, chosen)) == ()


def test_what_a_wrong_vacancy_may_be_is_said_in_both_languages() -> None:
    (fault,) = check(spoil(SMALL, ("en: Final}, ", "en: Final}, vacant: leave, ")))
    assert "skip" in fault.message.zh
    assert "角色@层级" in fault.message.zh
    assert fault.message.en == "this must be skip, stop or a role@scope, for example head@cluster"


SPREAD = spoil(
    SMALL,
    (
        "  - {id: town, kind: school, title: {zh: 镇小, en: Town}}\n",
        "  - {id: land, kind: county, title: {zh: 县, en: Land}}\n"
        "  - {id: east, kind: cluster, parent: land, title: {zh: 东, en: East}}\n"
        "  - {id: town, kind: school, parent: east, centre: true, title: {zh: 镇小, en: Town}}\n"
        "  - {id: hill, kind: school, parent: east, title: {zh: 山小, en: Hill}}\n",
    ),
    ("at: [school]", "at: [school, county]"),
)


def spread(decided_by: str, *more: tuple[str, str]) -> list[tuple[str, str]]:
    found = kinds(spoil(SPREAD, ("decided_by: teacher@group", f"decided_by: {decided_by}"), *more))
    inside = [(code, path) for code, path in found if path.startswith("pipelines")]
    return [(code, path.removeprefix("pipelines[0].stages[0].")) for code, path in inside]


def test_a_centre_school_is_looked_for_in_the_cluster() -> None:
    assert spread("head@centre") == []
    assert spread("leader@centre") == [("role_not_held", "decided_by")]
    assert spread("head@centre", ("centre: true, ", "")) == [("nobody_can_fill", "decided_by")]


def test_a_unit_without_a_parent_has_nobody_there() -> None:
    assert spread("head@parent") == []
    owed = ("    owed_by: leader@group", "    owed_by: head@county")
    final = ("decided_by: head@school, due", "decided_by: head@county, vacant: skip, due")
    assert spread("head@parent", owed, final) == [("nobody_can_fill", "decided_by")]


def test_a_centre_school_cannot_decide_its_own() -> None:
    owed = ("    owed_by: leader@group", "    owed_by: head@school")
    final = ("decided_by: head@school, due", "decided_by: head@county, due")
    assert spread("head@centre", owed, final) == [("unreachable_stage", "decided_by")]
    assert spread("head@centre, vacant: head@county", owed, final) == []


def test_what_stays_where_no_office_is_is_lawful_and_pointed_out() -> None:
    stays = SMALL.replace("owed_by: leader@group", "owed_by: leader@group\n    stays_in: school")
    assert check(stays) == ()
    told = [(one.code, _at(stays, one)) for one in advice(stays)]
    assert told == [
        ("waits_for_appointment", "{id: peer"),
        ("waits_for_appointment", "{id: fina"),
        ("no_office_within", "school"),
    ]
    assert [one.code for one in advice(stays.replace("head@school, due", "head@school, vacant: skip, due"))] == [
        "waits_for_appointment",
        "no_office_within",
    ]
    office = ("en: Head}, at: [school]", "en: Head}, at: [school], rights: [waive]")
    assert advice(stays.replace(*office)) == ()
    above = SMALL.replace("owed_by: leader@group", "owed_by: leader@group\n    stays_in: group").replace(*office)
    assert "no_office_within" in {one.code for one in advice(above)}
    assert advice(stays.replace("en: Head}, at: [school]", "en: Head}, at: [school], rights: [waive_within]")) == ()
    assert advice(SMALL) == advice("[") == ()
    assert all(len(one.message.zh) < 200 > len(one.message.en) for one in advice(stays))


def _at(text: str, fault: Fault) -> str:
    return text.splitlines()[fault.line - 1][fault.column - 1 :][:9]


@pytest.mark.parametrize(
    ("stays_in", "decided_by", "sees"),
    [
        ("group", "leader@own", True),
        ("group", "head@parent", False),
        ("school", "head@parent", True),
        ("school", "head@centre", False),
        ("cluster", "head@centre", True),
    ],
)
def test_who_is_outside_of_where_it_stays_cannot_decide(stays_in: str, decided_by: str, sees: bool) -> None:
    owed = ("    owed_by: leader@group", f"    owed_by: teacher@group\n    per: person\n    stays_in: {stays_in}")
    held = (
        "id: teacher, title: {zh: 教师, en: Teacher}, at: [group]",
        "id: teacher, title: {zh: 教师, en: Teacher}, at: [group, school, cluster]",
    )
    final = ("decided_by: head@school, due", "person: t1, due")
    assert spread(decided_by, owed, held, final) == ([] if sees else [("decider_cannot_read", "decided_by")])
    copied = ("    judgements:", f"    copies: {decided_by}\n    judgements:")
    codes = [code for code, path in spread("teacher@group", owed, held, final, copied)]
    assert codes == ([] if sees else ["decider_cannot_read"])


def test_an_escalation_lets_somebody_else_past_the_authors_own_stage() -> None:
    text = spoil(
        SMALL,
        ("decided_by: teacher@group", "decided_by: leader@group, escalate: {after: 1, to: head@school}"),
    )
    assert check(text) == ()


def test_a_judging_stage_needs_judgements() -> None:
    text = spoil(SMALL, ("    judgements:\n      - {id: fine, title: {zh: 好, en: Fine}, opens: praise}\n", ""))
    assert [(f.line, f.column, f.code) for f in check(text)] == [(*place(text, "judges: ‸true"), "no_judgements")]


def test_templates_cannot_make_units_without_end() -> None:
    template = "  - {kind: group, under: group, title: {zh: 组, en: g}, subjects: [maths, maths]}\n"
    text = spoil(SMALL, ("documents:\n", template * 60 + "documents:\n"))
    started = time.process_time()
    assert "too_many_units" in {fault.code for fault in check(text)}
    assert time.process_time() - started < 5


def test_a_template_whose_units_would_have_too_long_an_id() -> None:
    text = spoil(SMALL, ("{id: town,", f"{{id: {'t' * 60},"), ("parent: town", f"parent: {'t' * 60}"))
    assert [(f.line, f.column, f.code) for f in check(text)] == [(*place(text, "- ‸{kind: group, under"), "too_long")]


def test_text_that_is_too_large_is_refused_before_it_is_read() -> None:
    assert [(f.line, f.column, f.code) for f in check("a" * (MAX_BYTES + 1))] == [(1, 1, "too_large")]
    assert [f.code for f in check("研" * (MAX_BYTES // 3 + 1))] == ["too_large"]
    assert [f.code for f in check("[" * MAX_BYTES)] == ["too_deep"]


@pytest.mark.parametrize("text", ["", "# nothing", "just words", "- a list", "null"])
def test_text_that_is_no_mapping_is_no_programme(text: str) -> None:
    assert [(f.line, f.column, f.code) for f in check(text)] == [(1, 1, "not_a_programme")]


def test_an_alias_bomb_does_nothing() -> None:
    rows = [f"{b}: &{b} [{', '.join([f'*{a}'] * 9)}]\n" for a, b in pairwise("abcdefghi")]
    bomb = "".join(["a: &a [x]\n", *rows])
    codes = {fault.code for fault in check(bomb)}
    assert {"anchor", "alias"} <= codes


MIXED = (
    ("total: 10", "total: ten"),
    ("zh: 小校", "zh: ''"),
    ("decided_by: head@school, due: 3", "decided_by: hed@school, due: soon"),
    ("decided_by: teacher@group, due: 3", "decided_by: techer@group, due: 3"),
    ("    document: plan", "    document: plane"),
    ("at_least: 8", "at_least: 88"),
    ("answered_by: leader@group}", "answered_by: lead@group, colour: red}"),
    ("{id: annex,", "{id: town,"),
    ("due: end, lapses", "due: end - 99 workdays, lapses"),
    (", columns: [{id: task, title: {zh: 任务, en: Task}}]", ""),
)


def test_a_condition_must_make_sense_for_every_document_that_comes_to_the_stage() -> None:
    report = """\
  - id: report
    title: {zh: 报告, en: Report}
    fields:
      - {id: aims, title: {zh: 目标, en: Aims}, kind: number}
"""
    duty = """\
  - id: report
    title: {zh: 报告, en: Report}
    document: report
    pipeline: approval
    owed_by: leader@group
    window: {per: term, opens: start, due: start + 9 workdays, lapses: 5}
"""
    text = spoil(
        SMALL,
        ("due: 3, judges", "due: 3, when: has(fields.form) && has(fields.aims) && x, judges"),
        ("pipelines:", f"{report}pipelines:"),
        ("rubrics:", f"{duty}rubrics:"),
    )
    form, unknown = check(text)
    assert (form.line, form.column, form.code) == (*place(text, "has(fields.‸form"), "condition_field_unknown")
    assert form.message.zh == "文档“report”：没有“form”这一项"
    assert form.message.en == "document “report”: there is no field “form”"
    # What is wrong for all of them is said once, and of none in particular.
    assert (unknown.line, unknown.column) == place(text, "&& ‸x, judges")
    assert unknown.message.zh == "没有变量“x”；可用：cycle、fields、unit"
    # Of a document that is itself at fault, nothing is said.
    broken = text.replace("kind: number", "kind: nummer")
    assert {one.code for one in check(broken)} == {"wrong_value", "condition_variable_unknown"}


def test_every_fault_is_told_at_once_and_nothing_else() -> None:
    text = spoil(SMALL, *MIXED)
    assert [(f.code, f.path) for f in check(text)] == [
        ("wrong_value", "title.zh"),
        ("duplicate_id", "units[1].id"),
        ("no_columns", "documents[0].fields[1]"),
        ("unknown_reference", "pipelines[0].stages[0].decided_by"),
        ("wrong_value", "pipelines[0].stages[1].due"),
        ("unknown_reference", "duties[0].document"),
        ("wrong_value", "rubrics[0].total"),
        ("due_before_opening", "inspections[0].window.due"),
        ("unknown_reference", "follow_ups[0].answered_by"),
        ("unknown_field", "follow_ups[0].colour"),
    ]


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("{id: head, title", "{id: head, titel"),
        ("- {id: head,", "- {id: [head],"),
        ("kind: school, title: {zh: 镇小, en: Town}", "kind: skool, title: {zh: 镇小, en: Town}"),
        ("{id: maths, title: {zh: 数学, en: Maths}}", "{id: maths, title: {zh: 数学}}"),
        ("total: 10", "total: x"),
        ("weight: 6", "weight: x"),
        ("kind: commendation", "kind: applause"),
        ("decided_by: head@school", "decided_by: headschool"),
        ("document: plan\n    pipeline", "document: [plan]\n    pipeline"),
        ("per: term", "per: week"),
        ("first_day: 02-25", "first_day: 25-02"),
        ("columns: [{id: task,", "columns: [{id: [],"),
        ("under: school", "under: skool"),
        ("roles:\n", "roles: none\nold:\n"),
        ("units:\n", "units: none\nold:\n"),
        ("duties:\n", "duties: none\nold:\n"),
        ("follow_ups:\n", "follow_ups: none\nold:\n"),
        ("subjects:\n", "subjects: none\nold:\n"),
        ("calendar:\n", "calendar: none\nold:\n"),
        ("rubrics:\n", "rubrics: *none\nold:\n"),
    ],
)
def test_what_is_cut_out_makes_no_noise(old: str, new: str) -> None:
    """A part the model refuses is reported as such, and nothing is said of what refers to it."""
    own = {"wrong_value", "missing_field", "unknown_field", "alias"}
    text = SMALL.replace(old, new, 1)
    assert text != SMALL
    faults = check(text)
    assert faults
    assert {fault.code for fault in faults} <= own, faults


def test_messages_speak_both_languages_plainly() -> None:
    changes = [(old, new) for old, new, _, _ in ONE_FAULT]
    for old, new in changes:
        for fault in check(spoil(SMALL, (old, new))):
            assert re.search("[\u4e00-\u9fff]", fault.message.zh), fault
            assert not re.search("pydantic|validation|Input should|Value error|schema", str(fault)), fault


def test_a_fault_and_the_exception_read_like_a_compilers() -> None:
    with pytest.raises(ProgrammeFaults, match=r"^2:13 title\.zh: this must not be empty$"):
        load(spoil(SMALL, ("zh: 小校", "zh: ''")))


def test_windows_are_tried_in_the_years_asked_for() -> None:
    """Only 2026 changes this term, and only its Spring Festival falls into the window."""
    short = ("last_day: 2027-01-22", "last_day: 2026-09-08")
    text = spoil(SMALL, short, ("opens: start, due: start + 9 workdays", "opens: start + 8 workdays, due: end"))
    assert check(text, 2025) == ()
    assert [fault.code for fault in check(text, 2026)] == ["due_before_opening"]
    assert check(text) == check(text, 2026)


@pytest.mark.parametrize("name", programmes.names())
@pytest.mark.parametrize("year", [None, *YEARS])
def test_the_shipped_programmes_are_clean(name: str, year: int | None) -> None:
    assert check(programmes.text(name), year) == ()


@pytest.mark.parametrize("text", [SMALL, *map(programmes.text, programmes.names())])
def test_a_dump_reads_back_to_an_equal_programme(text: str) -> None:
    programme = load(text)
    data = json.loads(json.dumps(dump(programme)))
    assert data == dump(programme)
    assert Programme.model_validate(data) == programme


def test_the_county_is_checked_within_a_second() -> None:
    """Of the processor's time, so that it is no matter what else runs."""
    started = time.process_time()
    check(COUNTY)
    assert time.process_time() - started < 1


@pytest.mark.parametrize("name", ["programme.md", "programme.zh-CN.md"])
def test_the_example_of_the_guide_is_a_programme(name: str) -> None:
    guide = (Path(__file__).parents[2] / "docs" / name).read_text(encoding="utf-8")
    examples = re.findall(r"^```yaml programme\n(.*?)^```", guide, re.DOTALL | re.MULTILINE)
    assert len(examples) == 1
    assert check(examples[0]) == ()


# ---------------------------------------------------------------- whatever the text


def only_faults(text: str) -> None:
    faults: tuple[Fault, ...] | None = None
    try:
        load(text, year=2026)
    except ProgrammeFaults as refused:
        faults = refused.faults
    assert faults is None or faults
    breaks = sum(text.count(one) for one in "\n\r\x85\u2028\u2029")
    assert all(1 <= fault.line <= breaks + 2 and fault.column >= 1 for fault in faults or ())


@given(st.text())
def test_any_text_gives_faults_or_a_programme(text: str) -> None:
    only_faults(text)


WORDS = st.sampled_from(
    ["", "-1", "0", "null", "[]", "{}", "[1]", "{a: b}", "x", "*a", "&a x", "!t x", "1e99", "9" * 30, "true", '"',
     "2026-02-30", "09-01", "week 99", "start + 999 weeks", "pucheng", "office@county", "teacher@group", "year",
     "group", "county", "chinese", "\ud800", "\x00", "研" * 300, "- a", ": ", "? a", "votes", "skip", "author",
     "previous", "parallel", "head@own", "office@parent", "x@centre"]
)  # fmt: skip


def tokens(text: str) -> st.SearchStrategy[tuple[int, int]]:
    return st.sampled_from([match.span() for match in re.finditer(r"[^\s{}\[\],:]+", text)])


EVERYTHING = branching.TEXT
"""Every part that a stage can have."""
LINES = COUNTY.splitlines(keepends=True)


def with_words(text: str, changes: list[tuple[tuple[int, int], str]]) -> str:
    for (start, end), word in sorted(changes, reverse=True):
        text = text[:start] + word + text[end:]
    return text


@settings(deadline=None, max_examples=300)
@given(st.lists(st.tuples(tokens(SMALL), WORDS), min_size=1, max_size=4))
def test_any_word_may_be_wrong(changes: list[tuple[tuple[int, int], str]]) -> None:
    only_faults(with_words(SMALL, changes))


@settings(deadline=None, max_examples=100)
@given(st.lists(st.tuples(tokens(EVERYTHING), WORDS), min_size=1, max_size=4))
def test_any_word_of_a_pipeline_may_be_wrong(changes: list[tuple[tuple[int, int], str]]) -> None:
    only_faults(with_words(EVERYTHING, changes))


@settings(deadline=None, max_examples=60)
@given(st.data())
def test_any_line_of_a_pipeline_may_be_missing_or_doubled_or_out_of_place(data: st.DataObject) -> None:
    lines = EVERYTHING.splitlines(keepends=True)
    first = lines.index("pipelines:\n")
    for _ in range(data.draw(st.integers(1, 3))):
        at = data.draw(st.integers(first, len(lines) - 1))
        match data.draw(st.sampled_from(["drop", "double", "indent", "dedent"])):
            case "drop" if len(lines) > first + 1:
                del lines[at]
            case "double":
                lines.insert(at, lines[at])
            case "indent":
                lines[at] = f"  {lines[at]}"
            case _:
                lines[at] = lines[at].removeprefix("  ")
    only_faults("".join(lines))


@settings(deadline=None, max_examples=60, suppress_health_check=[HealthCheck.too_slow])
@given(st.data())
def test_any_mutation_of_the_county_gives_faults_or_a_programme(data: st.DataObject) -> None:
    lines = list(LINES)
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(0, len(lines) - 1))
        match data.draw(st.sampled_from(["drop", "double", "swap", "dedent", "word", "cut"])):
            case "drop":
                del lines[at]
            case "double":
                lines.insert(at, lines[at])
            case "swap":
                other = data.draw(st.integers(0, len(lines) - 1))
                lines[at], lines[other] = lines[other], lines[at]
            case "dedent":
                lines[at] = lines[at].removeprefix("  ")
            case "word":
                words = re.split(r"([\s{}\[\],:]+)", lines[at])
                words[data.draw(st.integers(0, len(words) - 1))] = data.draw(WORDS)
                lines[at] = "".join(words)
            case _:
                lines[at] = lines[at][: data.draw(st.integers(0, len(lines[at])))] + "\n"
    only_faults("".join(lines))

"""The programme as a value, and the facts of the rulebooks that ship."""

from __future__ import annotations

from collections import Counter

import pytest
from pydantic import ValidationError

import programmes
from domain.calendar import SchoolCalendar
from domain.programme import OwedPer, Programme, Role, RoleAt, UnitKind
from domain.programme_check import load

COUNTY = load(programmes.text("pucheng-county"))
SCHOOL = load(programmes.text("caoqiao-school"))

# Members of each cluster, without its centre, in the order of the county's annex.
MEMBERS = {
    "shiyan": 2, "chengguan": 1, "qiaozhong": 2, "wenguang": 1, "hanzhong": 3, "dangmu": 3, "sunzhen": 1,
    "xingzhen": 1, "dianli": 1, "jingyao": 1, "xiaotong": 1, "shangwang": 1, "pinglumiao": 1, "luobin": 2,
    "sufang": 1, "yongfeng": 0,
}  # fmt: skip
WEIGHTS = [2, 2, 2, 2, 2, 2, 4, 2, 2, 5, 10, 10, 5, 5, 10, 5, 2, 3, 5, 10, 5, 5]


def kinds(programme: Programme) -> Counter[str]:
    return Counter(unit.kind.value for unit in programme.all_units.values())


def filings(programme: Programme, year: int) -> int:
    """How many filings a rehearsal of the year opens."""
    calendar, count = SchoolCalendar(programme.calendar, year), 0
    for duty in programme.duties:
        window, units = duty.window, kinds(programme)[duty.owed_by.scope.value]
        people = programme.role_by_id[duty.owed_by.role].rehearse if duty.per is OwedPer.PERSON else 1
        periods = calendar.periods(window.per, window.min_workdays)
        count += units * people * sum(window.terms is None or one.term in window.terms for one in periods)
    return count


def test_the_shipped_rulebooks_are_found_by_name() -> None:
    assert programmes.names() == ("caoqiao-school", "pucheng-county")
    for name in programmes.names():
        assert programmes.path(name).is_file()
        assert programmes.path(name).read_text(encoding="utf-8") == programmes.text(name)
        assert load(programmes.text(name)).id == name


@pytest.mark.parametrize("name", ["", "nobody", "../pyproject", "pucheng-county.yaml"])
def test_a_rulebook_that_does_not_ship_is_not_looked_for(name: str) -> None:
    with pytest.raises(LookupError, match="caoqiao-school, pucheng-county"):
        programmes.path(name)


def test_the_county_has_the_clusters_and_schools_of_its_annex() -> None:
    assert kinds(COUNTY) == {"county": 1, "cluster": 16, "school": 38, "group": 144}
    schools = [unit for unit in COUNTY.units if unit.kind is UnitKind.SCHOOL]
    members = Counter(unit.parent for unit in schools if not unit.centre)
    assert {one: members[one] for one in MEMBERS} == MEMBERS
    assert Counter(unit.parent for unit in schools if unit.centre) == dict.fromkeys(MEMBERS, 1)
    assert [unit.id for unit in COUNTY.units if unit.kind is UnitKind.CLUSTER] == list(MEMBERS)


def test_the_county_weighs_the_22_items_as_its_sheet_does() -> None:
    sheet = COUNTY.rubric_by_id["year_end"]
    assert [item.weight for item in sheet.items.values()] == WEIGHTS
    assert sum(WEIGHTS) == sheet.total == 100
    assert [len(group.items) for group in sheet.groups] == [5, 4, 7, 4, 2]
    assert [group.title.zh for group in sheet.groups] == ["组织管理", "研修计划", "活动组织", "研修效果", "亮点特色"]
    assert [one.id for one in COUNTY.inspections if one.closes_year] == ["year_end"]


def test_the_county_keeps_personal_plans_from_the_county() -> None:
    assert {one.id for one in COUNTY.duties if one.stays_in is UnitKind.CLUSTER} == {"personal_plan", "growth_file"}


def test_the_county_praises_and_helps_by_what_the_office_judges() -> None:
    pipeline = COUNTY.pipeline_by_id["stage_report_receipt"]
    assert {one.id: one.opens for one in pipeline.judgements} == {
        "praised": "commendation",
        "sound": None,
        "weak": "assistance",
    }
    assert [str(one) for stage in pipeline.all_stages for one in stage.decided_by] == [
        "coordinator@cluster",
        "office@county",
    ]


@pytest.mark.parametrize("year", range(2024, 2031))
def test_a_year_of_the_county_is_of_a_size_to_rehearse(year: int) -> None:
    assert 3300 <= filings(COUNTY, year) <= 3700


@pytest.mark.parametrize("programme", [COUNTY, SCHOOL])
@pytest.mark.parametrize("year", range(2024, 2031))
def test_windows_open_and_close_on_workdays_inside_the_terms(programme: Programme, year: int) -> None:
    calendar = SchoolCalendar(programme.calendar, year)
    windows = [one.window for one in programme.duties] + [one.window for one in programme.inspections]
    for window in windows:
        for period in calendar.periods(window.per, window.min_workdays):
            for moment in (window.opens, window.due):
                day = calendar.local(calendar.resolve(period, moment, "start_of_business")).date()
                assert calendar.is_workday(day)
                assert calendar.term_on(day)


def test_the_school_stands_alone_and_scores_to_its_own_total() -> None:
    assert kinds(SCHOOL) == {"school": 1, "department": 3, "group": 7, "prep_group": 24}
    (root,) = (unit for unit in SCHOOL.units if unit.parent is None)
    assert root.kind is UnitKind.SCHOOL
    assert SCHOOL.rubric_by_id["self_assessment"].total == 120


def test_units_come_parents_first_whatever_their_order() -> None:
    data = COUNTY.model_dump(mode="json")
    backwards = Programme.model_validate(data | {"units": data["units"][::-1]})
    seen: set[str | None] = {None}
    for unit in backwards.all_units.values():
        assert unit.parent in seen
        seen.add(unit.id)
    assert backwards.all_units == COUNTY.all_units


def test_a_template_makes_a_unit_for_each_subject() -> None:
    unit = COUNTY.all_units["yongfeng-maths"]
    assert (unit.parent, unit.subject, unit.kind) == ("yongfeng", "maths", UnitKind.GROUP)
    assert unit.title.zh == "永丰初中联片研修区数学教研组"
    assert COUNTY.path_of("yongfeng-maths") == ("pucheng", "yongfeng", "yongfeng-maths")


def test_rights_are_dumped_in_order() -> None:
    rights = ["waive", "audit", "read", "follow_up", "arrange"]
    role = Role.model_validate({"id": "a", "title": {"zh": "甲", "en": "A"}, "at": ["county"], "rights": rights})
    assert role.model_dump(mode="json")["rights"] == sorted(rights)
    assert Role.model_validate(role.model_dump(mode="json")) == role


@pytest.mark.parametrize("text", ["head", "head@", "@school", "head@room", "Head@school", "head@school\n", ""])
def test_a_role_at_a_scope_has_one_form(text: str) -> None:
    with pytest.raises(ValueError, match=r"role@scope|unit kind"):
        RoleAt.parse(text)


def test_a_role_at_a_scope_is_a_value() -> None:
    head = RoleAt.parse("head@school")
    assert head == RoleAt("head", UnitKind.SCHOOL)
    assert hash(head) == hash(RoleAt("head", UnitKind.SCHOOL))
    assert (str(head), repr(head)) == ("head@school", "RoleAt('head@school')")
    assert head != "head@school"


@pytest.mark.parametrize("due", [0, -1, 401, 10**17])
def test_deadlines_have_a_ceiling(due: int) -> None:
    data = COUNTY.model_dump(mode="json")
    data["pipelines"][0]["stages"][0]["due"] = due
    with pytest.raises(ValidationError):
        Programme.model_validate(data)

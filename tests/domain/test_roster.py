"""A sheet of people and posts: what it would change, and what keeps it from being imported."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

import pytest

from domain.ids import TenantId
from domain.machine import Appointment
from domain.programme import Programme, Unit, UnitKind
from domain.roster import (
    FORMULA,
    HEADINGS,
    MAX_ROWS,
    Cell,
    Change,
    Column,
    Fault,
    FaultCode,
    Known,
    Plan,
    Row,
    as_rows,
    person_of,
    plan,
    read_day,
)
from domain.text import Text

TENANT = TenantId("pucheng")
TODAY = date(2026, 11, 22)
HEAD = tuple(HEADINGS[one].zh for one in Column)
LEADER: Mapping[str, Cell] = {
    "staff_no": "1001",
    "name": "王芳",
    "role": "教研组长",
    "unit": "实验中学联片研修区数学教研组",
    "subject": "数学",
    "from": "2026-09-01",
}


def row(number: int, **cells: Cell) -> Row:
    said = {**LEADER, **{name.strip("_"): cell for name, cell in cells.items()}}
    return Row(number, tuple(said.get(one.value) for one in Column))


def sheet(*rows: Row, head: Sequence[Cell] = HEAD) -> list[Row]:
    return [Row(1, tuple(head)), *rows]


def planned(programme: Programme, *rows: Row, known: Sequence[Known] = (), head: Sequence[Cell] = HEAD) -> Plan:
    return plan(sheet(*rows, head=head), programme, known, TODAY, TENANT)


def faults(found: Plan) -> list[tuple[int, str | None, str]]:
    return [(one.row, one.column, one.code) for one in found.faults]


def only(found: Plan) -> Fault:
    (one,) = found.faults
    return one


def carried_out(found: Plan, known: Sequence[Known] = ()) -> list[Known]:
    """The people after a plan was carried out."""
    people = {one.person: one for one in known}
    for change in found.changes:
        before = people.get(change.person) or Known(change.person, change.staff_no, change.name)
        people[change.person] = _after(before, change)
    return list(people.values())


def _after(before: Known, change: Change) -> Known:
    ends = dict(change.end)
    kept = tuple(post.model_copy(update={"last_day": ends.get(post.id, post.last_day)}) for post in before.posts)
    return replace(before, name=change.name, posts=kept + change.appoint, login=change.login or before.login)


def test_a_new_person_is_entered_with_their_posts(small_county: Programme) -> None:
    found = planned(small_county, row(2), row(3, role="teacher", unit="shiyan-maths", subject="maths", to="2027/7/9"))
    assert not found.faults
    (change,) = found.changes
    assert (change.new, change.name, change.person) == (True, "王芳", person_of(TENANT, "1001"))
    assert [(one.role, one.unit, one.subject, one.first_day, one.last_day) for one in change.appoint] == [
        ("group_leader", "shiyan-maths", "maths", date(2026, 9, 1), None),
        ("teacher", "shiyan-maths", "maths", date(2026, 9, 1), date(2027, 7, 9)),
    ]
    assert (found.counts.new, found.counts.appointments, found.counts.unchanged) == (1, 2, 0)


def test_a_second_import_changes_nothing(small_county: Programme) -> None:
    rows = [row(2), row(3, role="教师", to="2027-07-09"), row(4, staff_no="1002", name="李 强", login="liqiang")]
    known = carried_out(planned(small_county, *rows))
    again = planned(small_county, *rows, known=known)
    assert (again.changes, again.faults, again.unchanged) == ((), (), 2)


def test_importing_the_export_changes_nothing(small_county: Programme) -> None:
    known = carried_out(
        planned(
            small_county,
            row(2),
            row(3, role="教师", to="2027-07-09"),
            row(4, staff_no="1002", name="Anna O'Neil", subject=None),
            row(5, staff_no="1003", role=None, unit=None, subject=None, from_=None),
            row(6, staff_no="1004", role="admin", unit="pucheng", subject=None, to="2026-10-01"),
        )
    )
    written = [Row(number, cells) for number, cells in enumerate(as_rows(known, small_county, TODAY), 2)]
    assert len(written) == 5
    again = planned(small_county, *written, known=known)
    assert (again.changes, again.faults, again.unchanged) == ((), (), 4)


def test_who_is_not_in_the_sheet_is_left_alone(small_county: Programme) -> None:
    known = carried_out(planned(small_county, row(2), row(3, staff_no="1002", name="李强")))
    assert planned(small_county, row(2), known=known) == Plan((), (), 1, 1)


def test_a_new_name_is_a_correction(small_county: Programme) -> None:
    known = carried_out(planned(small_county, row(2)))
    (change,) = planned(small_county, row(2, name="王芬"), known=known).changes
    assert (change.new, change.renamed, change.name, change.appoint) == (False, True, "王芬", ())


def test_a_post_ends_on_the_day_the_sheet_says(small_county: Programme) -> None:
    known = carried_out(planned(small_county, row(2)))
    found = planned(small_county, row(2, to="2026-12-31"), known=known)
    (change,) = found.changes
    assert change.end == ((known[0].posts[0].id, date(2026, 12, 31)),)
    assert carried_out(found, known)[0].posts[0].last_day == date(2026, 12, 31)


@pytest.mark.parametrize(("was", "now"), [("2026-10-01", None), ("2026-10-01", "2027-01-01"), ("2026-12-31", None)])
def test_what_has_ended_is_not_opened_again(small_county: Programme, was: str, now: str | None) -> None:
    known = carried_out(planned(small_county, row(2, to=was)))
    fault = only(planned(small_county, row(2, to=now), known=known))
    assert (fault.code, fault.params) == (FaultCode.POST_ENDED, {"last_day": was})


def test_what_was_ended_at_once_stays_ended(small_county: Programme) -> None:
    (known,) = carried_out(planned(small_county, row(2)))
    ended = datetime(2026, 11, 20, 4, 0, tzinfo=UTC)
    posts = (known.posts[0].model_copy(update={"ended_at": ended}),)
    people = [replace(known, posts=posts)]
    fault = only(planned(small_county, row(2), known=people))
    assert (fault.code, fault.params) == (FaultCode.POST_ENDED, {"last_day": "2026-11-19"})
    assert planned(small_county, row(2, to="2026-11-20"), known=people).unchanged == 1
    again = planned(small_county, row(2, from_="2026-11-20"), known=people)
    assert again.counts.appointments == 1
    assert list(as_rows(people, small_county, TODAY)) == [("1001", "王芳", *[None] * 5, "1001")]


def test_a_post_goes_on_in_a_row_of_its_own(small_county: Programme) -> None:
    known = carried_out(planned(small_county, row(2, to="2026-10-01")))
    found = planned(small_county, row(2, to="2026-10-01"), row(3, from_="2026-10-02"), known=known)
    assert not found.faults
    assert found.counts.appointments == 1


def test_one_post_is_not_held_twice_at_a_time(small_county: Programme) -> None:
    fault = only(planned(small_county, row(2), row(3, from_="2026-10-01")))
    assert (fault.row, fault.code, fault.params) == (3, FaultCode.POST_OVERLAPS, {"first_day": "2026-09-01"})
    known = carried_out(planned(small_county, row(2)))
    assert only(planned(small_county, row(2, from_="2025-09-01"), known=known)).code is FaultCode.POST_OVERLAPS


@pytest.mark.parametrize(
    ("cells", "column", "code"),
    [
        ({"staff_no": None}, "staff_no", "cell_empty"),
        ({"name": None}, "name", "cell_empty"),
        ({"role": None}, "role", "cell_empty"),
        ({"unit": None}, "unit", "cell_empty"),
        ({"from_": None}, "from", "cell_empty"),
        ({"name": FORMULA}, "name", "cell_formula"),
        ({"from_": FORMULA}, "from", "cell_formula"),
        ({"name": "王" * 201}, "name", "cell_too_long"),
        ({"name": "王\x00芳"}, "name", "cell_unprintable"),
        ({"name": "王\u202e芳"}, "name", "cell_unprintable"),
        ({"name": "王\ud800"}, "name", "cell_unprintable"),
        ({"staff_no": "工号 1"}, "staff_no", "staff_no_malformed"),
        ({"login": "王芳!"}, "login", "login_malformed"),
        ({"staff_no": "7"}, "login", "login_malformed"),
        ({"role": "教研祖长"}, "role", "role_unknown"),
        ({"unit": "第九中学"}, "unit", "unit_unknown"),
        ({"subject": "拉丁语"}, "subject", "subject_unknown"),
        ({"role": "校长"}, "unit", "role_not_at_unit"),
        ({"from_": "九月一日"}, "from", "date_unreadable"),
        ({"from_": "2026-02-30"}, "from", "date_unreadable"),
        ({"to": "1826-02-03"}, "to", "date_unreadable"),
        ({"to": "2026-08-31"}, "to", "dates_reversed"),
    ],
)
def test_what_is_wrong_in_a_row(small_county: Programme, cells: Mapping[str, Any], column: str, code: str) -> None:
    found = planned(small_county, row(2, staff_no="1000"), row(3, **cells))
    assert faults(found) == [(3, column, code)]


def test_every_fault_of_a_row_is_named_at_once(small_county: Programme) -> None:
    found = planned(small_county, row(2, role="x", unit="y", subject="z", from_="w"))
    assert [one.column for one in found.faults] == ["role", "unit", "subject", "from"]


def test_what_rows_say_together(small_county: Programme) -> None:
    found = planned(
        small_county,
        row(2, login="wf"),
        row(3, name="王芬", role="教师", login="wang"),
        row(4),
        row(5, staff_no="1002", name="李强", login="WF"),
    )
    assert faults(found) == [
        (3, "name", "name_two"),
        (3, "login", "login_two"),
        (4, None, "row_twice"),
        (5, "login", "login_taken"),
    ]


def test_a_login_is_the_staff_number_unless_another_is_given(small_county: Programme) -> None:
    found = planned(small_county, row(2, staff_no="A-17"), row(3, staff_no="1002", name="李强", login="李强"))
    assert [one.login for one in found.changes] == ["a-17", "李强"]


def test_a_login_is_not_changed_by_a_roster(small_county: Programme) -> None:
    known = carried_out(planned(small_county, row(2, login="wf")))
    assert only(planned(small_county, row(2, login="wang"), known=known)).params == {"login": "wf"}
    assert planned(small_county, row(2, login="WF"), known=known).unchanged == 1
    taken = only(planned(small_county, row(2, login="wf"), row(3, staff_no="wf"), known=known))
    assert (taken.row, taken.code) == (3, FaultCode.LOGIN_TAKEN)


def test_who_has_left_is_not_appointed(small_county: Programme) -> None:
    (known,) = carried_out(planned(small_county, row(2)))
    assert only(planned(small_county, row(2), known=[replace(known, left=True)])).code is FaultCode.PERSON_LEFT


def test_somebody_without_a_staff_number_is_known_by_id(small_county: Programme) -> None:
    person = person_of(TENANT, "x")
    known = Known(person, person, "王芳")
    (change,) = planned(small_county, row(2, staff_no=str(person)), known=[known]).changes
    assert (change.person, change.new) == (person, False)


def test_an_ambiguous_title_lists_what_may_be_meant(small_county: Programme) -> None:
    twin = Unit(id="twin", kind=UnitKind.SCHOOL, title=Text(zh="实验中学", en="Other"), parent="shiyan")
    fields = {name: getattr(small_county, name) for name in Programme.model_fields}
    two = Programme(**fields | {"units": (*small_county.units, twin)})
    fault = only(planned(two, row(2, role="principal", unit="实验中学", subject=None)))
    assert fault.code is FaultCode.UNIT_AMBIGUOUS
    assert fault.params["candidates"] == "shiyan-zhongxue（实验中学联片研修区）、twin（实验中学联片研修区）"
    (known,) = carried_out(planned(two, row(2, role="principal", unit="twin", subject=None)))
    ((_, _, _, unit, *_),) = as_rows([known], two, TODAY)
    assert unit == "twin"


@pytest.mark.parametrize(
    ("head", "column", "code"),
    [
        ((*HEAD, "备注"), None, "column_unknown"),
        (("工号", "工号", *HEAD[1:]), "staff_no", "column_twice"),
        (HEAD[1:], "staff_no", "column_missing"),
        ((*HEAD[:5], "to"), "from", "column_missing"),
    ],
)
def test_headings_are_checked(small_county: Programme, head: Sequence[str], column: str | None, code: str) -> None:
    assert faults(planned(small_county, row(2), head=head)) == [(1, column, code)]


def test_headings_stand_in_any_order_and_language(small_county: Programme) -> None:
    head = ("From", "Staff no", "姓 名", "UNIT", "岗位*")
    cells = ("2026-09-01", "1001", "王芳", "shiyan maths research group", "Research group leader")
    rows = [Row(3, head), Row(5, cells)]
    title = small_county.all_units["shiyan-maths"].title.en
    rows[1] = Row(5, (*cells[:3], title, cells[4]))
    (change,) = plan(rows, small_county, (), TODAY, TENANT).changes
    assert change.appoint[0].unit == "shiyan-maths"


def test_a_sheet_of_nothing_or_too_much(small_county: Programme) -> None:
    assert faults(plan([], small_county, (), TODAY, TENANT)) == [(1, None, "empty_sheet")]
    assert faults(planned(small_county)) == [(1, None, "empty_sheet")]
    many = planned(small_county, *(row(number) for number in range(2, MAX_ROWS + 3)))
    assert faults(many) == [(MAX_ROWS + 2, None, "too_many_rows")]


@pytest.mark.parametrize(
    "said",
    [
        *("2026-09-01", "2026-9-1", "2026/9/1", "2026.9.1", "2026年9月1日", "2026 年 9 月 1 日", "２０２６年９月１日"),
        *("20260901", "46266", "2026-09-01 00:00:00"),
    ],
)
def test_days_as_people_write_them(said: str) -> None:
    assert read_day(said) == date(2026, 9, 1)


def test_a_day_from_a_date_cell(small_county: Programme) -> None:
    (change,) = planned(small_county, row(2, from_=date(2026, 9, 1), to="至今")).changes
    assert change.appoint == (_post(change.appoint[0].id),)


def _post(id: str) -> Appointment:
    return Appointment.model_validate(
        {"id": id, "role": "group_leader", "unit": "shiyan-maths", "subject": "maths", "first_day": "2026-09-01"}
    )

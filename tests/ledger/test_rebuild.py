"""The read models come from the events and from nothing else: whatever drifts is found, and nothing that does not."""

from __future__ import annotations

from datetime import timedelta
from typing import LiteralString

import pytest

from domain.cycle import DraftCycle, Publish
from domain.filing import Amend, Approve, FallDue, Recall, Remind, Return, Waive
from domain.follow_up import OpenFollowUp
from domain.ids import SYSTEM, StreamId, TenantId, UnitId, stream_id
from domain.inspection import Assign, PlanInspection
from domain.machine import Appointment
from domain.person import Appoint, EndAppointment, Leave
from domain.programme import Programme
from ledger import rebuild as rebuild_module
from tests.conftest import START, Base, Bureau
from tests.ledger.given import CYCLE, DUE, GROUP, School, changed, dump, once, opened, plan, query, report, spoil


async def mixed(bureau: Bureau) -> str:
    """Something of everything, left in as many states as a few commands reach. Returns the amended filing."""
    school = await School.founded(bureau)
    teacher = await bureau.person("teacher", GROUP)
    leader = await bureau.person("group_leader", GROUP)
    for command in (DraftCycle(school_year=2026), Publish()):
        await bureau.by(school.office, CYCLE, command)
    first = await school.approved()
    await bureau.by(school.lead, first, Amend(reason="有误"))
    second = await opened(bureau, period="2027-spring")
    await bureau.by(school.lead, second, report())
    await bureau.by(school.principal, second, Return(reason="太短"))
    await bureau.by(school.lead, second, report("更长"))
    await bureau.by(school.lead, second, Recall())
    diary = await opened(bureau, "personal_plan", GROUP, person=teacher)
    await bureau.by(teacher, diary, plan())
    await bureau.by(leader, diary, Approve())
    waived = await opened(bureau, period="2028-spring")
    await bureau.by(school.office, waived, Waive(reason="停课"))
    late = await opened(bureau, period="2029-spring")
    await bureau.at(DUE)
    await bureau.by(SYSTEM, late, Remind())
    await bureau.by(SYSTEM, late, FallDue())
    inspection = PlanInspection(
        cycle=CYCLE, rules="special", period="2026-autumn", unit=UnitId("shiyan"), due_at=DUE, remind_at=None
    )
    for visited in ("1", "2"):
        await bureau.by(SYSTEM, stream_id("inspection", "pucheng", visited), inspection)
    panel = Assign(inspectors=(await bureau.person("expert", "pucheng"), await bureau.person("expert", "pucheng", "2")))
    await bureau.by(school.office, stream_id("inspection", "pucheng", "2"), panel)
    follow_up = OpenFollowUp(cycle=CYCLE, rules="assistance", unit=UnitId("shiyan"), cause="special/2026-autumn/off")
    await bureau.by(SYSTEM, stream_id("follow_up", "pucheng", "1"), follow_up)
    post = Appointment(id="2", role="teacher", unit=UnitId("shiyan-chinese"), first_day=START.date())
    await bureau.by(SYSTEM, StreamId(teacher), Appoint(post=post))
    await bureau.by(SYSTEM, StreamId(teacher), EndAppointment(id="1", last_day=START.date() + timedelta(days=90)))
    await bureau.by(SYSTEM, StreamId(leader), Leave())
    return first


@pytest.fixture
async def amended(base: Base, bureau: Bureau) -> str:
    return await once(base, "mixed", mixed(bureau))


MORE: LiteralString = """
    INSERT INTO appointment SELECT tenant, stream, '9', 'admin', 'pucheng', NULL, first_day FROM appointment LIMIT 1
"""
STRAY: LiteralString = """
    INSERT INTO appointment SELECT tenant, 'per-0', '9', 'admin', 'pucheng', NULL, first_day FROM appointment LIMIT 1
"""
BOTH = {table: {(table, "stored"), (table, "rebuilt")} for table in ("stream", "item", "task", "appointment", "panel")}


async def drifts(bureau: Bureau) -> set[tuple[str, str]]:
    """Tables and sides of the drifts found."""
    return {(one.table, one.side) for one in (await bureau.ledger.rebuild_check(bureau.tenant))[1]}


@pytest.mark.parametrize("page", [1, 3, 2000])
async def test_no_drift_after_a_mixed_history(
    base: Base, bureau: Bureau, amended: str, page: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rebuild_module, "_PAGE", page)
    before = dump(base)
    seen: list[int] = []
    streams, found = await bureau.ledger.rebuild_check(bureau.tenant, seen.append)
    (known,) = query(base, "SELECT count(*) AS n, count(DISTINCT status) AS states FROM stream")
    assert (streams, found) == (known["n"], ())
    assert known["states"] >= 9
    assert seen == list(range(1, streams + 1))
    assert changed(before, dump(base)) == set()


DRIFTS: tuple[tuple[LiteralString, set[tuple[str, str]]], ...] = (
    ("UPDATE item SET status = 'open' WHERE status = 'amending'", BOTH["item"]),
    ("UPDATE item SET late = NOT late WHERE status = 'amending'", BOTH["item"]),
    ("UPDATE item SET unit = 'shiyan' WHERE status = 'amending'", BOTH["item"]),
    ("UPDATE item SET due_at = NULL WHERE status = 'amending'", BOTH["item"]),
    ("UPDATE item SET person = 'x' WHERE status = 'amending'", BOTH["item"]),
    ("DELETE FROM item WHERE status = 'amending'", {("item", "rebuilt")}),
    ("DELETE FROM task WHERE kind = 'assign'", {("task", "rebuilt")}),
    ("INSERT INTO task SELECT tenant, stream, 9, kind FROM task LIMIT 1", {("task", "stored")}),
    ("UPDATE task SET role = 'expert' WHERE kind = 'assign'", BOTH["task"]),
    ("UPDATE task SET due_at = now() WHERE kind = 'assign'", BOTH["task"]),
    ("UPDATE stream SET state = state || '{\"rework\": 99}' WHERE status = 'amending'", BOTH["stream"]),
    ("UPDATE stream SET status = 'approved' WHERE status = 'amending'", BOTH["stream"]),
    ("UPDATE stream SET version = version + 1 WHERE status = 'amending'", BOTH["stream"]),
    ("UPDATE stream SET alarm_at = alarm_at + interval '1 s' WHERE status = 'recalled'", BOTH["stream"]),
    ("UPDATE stream SET alarm_at = now() WHERE status = 'waived'", BOTH["stream"]),
    ("UPDATE stream SET alarm_at = NULL WHERE status = 'recalled'", BOTH["stream"]),
    ("UPDATE stream SET ended = true WHERE status = 'recalled'", BOTH["stream"]),
    ("UPDATE stream SET programme = 'x' WHERE status = 'recalled'", BOTH["stream"]),
    ("UPDATE stream SET digest = '' WHERE status = 'recalled'", BOTH["stream"]),
    ("DELETE FROM stream WHERE status = 'recalled'", {("stream", "rebuilt")}),
    ("DELETE FROM panel", {("panel", "rebuilt")}),
    ("UPDATE panel SET duties = '{plan}'", BOTH["panel"]),
    ("DELETE FROM appointment WHERE id = '2'", {("appointment", "rebuilt")}),
    ("UPDATE appointment SET last_day = NULL WHERE last_day IS NOT NULL", BOTH["appointment"]),
    ("UPDATE appointment SET role = 'office' WHERE role = 'principal'", BOTH["appointment"]),
    (MORE, {("appointment", "stored")}),
    (STRAY, {("appointment", "stored")}),
)


async def test_each_drift_is_found(base: Base, bureau: Bureau, amended: str) -> None:
    for statement, expected in DRIFTS:
        spoil(base, statement)
        assert await drifts(bureau) == expected, statement
        await once(base, "mixed", mixed(bureau))


async def test_a_drift_names_its_stream_and_row(base: Base, bureau: Bureau, amended: str) -> None:
    spoil(base, "UPDATE item SET late = true WHERE status = 'amending'")
    stored, rebuilt = (await bureau.ledger.rebuild_check(bureau.tenant))[1]
    assert (stored.side, rebuilt.side, stored.stream, rebuilt.stream) == ("stored", "rebuilt", amended, amended)
    assert (stored.row["late"], rebuilt.row["late"]) == ("True", "False")


async def test_a_history_with_another_ending_is_a_drift(base: Base, bureau: Bureau, amended: str) -> None:
    """The fold sees what happened, not what the snapshot says."""
    spoil(base, "DELETE FROM event WHERE type = 'filing.amending_begun'")
    assert await drifts(bureau) >= {("stream", "stored"), ("stream", "rebuilt"), ("item", "stored"), ("task", "stored")}


async def test_another_tenants_rows_are_not_ours(
    base: Base, bureau: Bureau, amended: str, small_county: Programme
) -> None:
    other = Bureau(bureau.ledger, TenantId("other"), small_county)
    await bureau.ledger.tenants.adopt(other.tenant, small_county)
    await other.person("office", "pucheng")
    spoil(base, "DELETE FROM appointment WHERE tenant = 'other'")
    assert await drifts(bureau) == set()
    assert await drifts(other) == {("appointment", "rebuilt")}


async def test_at_most_a_hundred_drifts_are_told(base: Base, bureau: Bureau, amended: str) -> None:
    query(base, "INSERT INTO task SELECT 'pucheng', 'fil-' || n, 0, 'x' FROM generate_series(1, 300) AS n")
    assert len((await bureau.ledger.rebuild_check(bureau.tenant))[1]) == 100

"""Who held what, on any day: rights end at once, and the past stays answerable."""

from __future__ import annotations

from datetime import date, datetime, timedelta

import pytest

from domain.cycle import Window
from domain.filing import Amend, Approve, OpenFiling
from domain.ids import SYSTEM, PersonId, StreamId, UnitId
from domain.machine import Appointment
from domain.person import Appoint, EndAppointment, Leave
from domain.programme import Right
from domain.refusal import Refused
from domain.windows import owed
from tests.conftest import START, Bureau
from tests.ledger.given import CYCLE, GROUP, SCHOOL, School, opened, report, variant

DAY = timedelta(days=1)


async def posts_on(bureau: Bureau, when: datetime) -> set[tuple[PersonId, str, str]]:
    found = await bureau.ledger.holders_on(bureau.tenant, when)
    return {(one.person, one.post.role, one.post.unit) for one in found}


async def test_a_post_is_told_as_it_was_at_each_instant(bureau: Bureau) -> None:
    """Entered, given a last day, corrected, ended at once; then everything is left."""
    teacher = await bureau.person("teacher", GROUP)
    mine = (teacher, "teacher", GROUP)
    await bureau.at(START + 2 * DAY)
    post = Appointment(id="2", role="group_leader", unit=UnitId(GROUP), first_day=date(2026, 9, 5))
    await bureau.by(SYSTEM, StreamId(teacher), Appoint(post=post))
    leads = (teacher, "group_leader", GROUP)
    await bureau.at(START + 6 * DAY)
    await bureau.by(SYSTEM, StreamId(teacher), EndAppointment(id="2", last_day=date(2026, 9, 10)))
    await bureau.at(START + 8 * DAY)
    await bureau.by(SYSTEM, StreamId(teacher), EndAppointment(id="2", last_day=date(2026, 9, 20)))
    await bureau.at(START + 12 * DAY)
    await bureau.by(SYSTEM, StreamId(teacher), EndAppointment(id="2"))
    await bureau.at(START + 20 * DAY)
    await bureau.by(SYSTEM, StreamId(teacher), Leave())

    moment = timedelta(microseconds=1)
    for when, expected in (
        (START - moment, set()),
        (START, {mine}),
        (START + 3 * DAY, {mine}),  # entered, not begun
        (START + 4 * DAY, {mine, leads}),
        (START + 10 * DAY, {mine, leads}),  # the corrected day counts
        (START + 12 * DAY - moment, {mine, leads}),
        (START + 12 * DAY, {mine}),
        (START + 20 * DAY - moment, {mine}),
        (START + 20 * DAY, set()),
    ):
        assert await posts_on(bureau, when) == expected, when


async def test_what_is_entered_later_does_not_reach_back(bureau: Bureau) -> None:
    """Two days on somebody is entered as if they had held the post all along, and another's end is dated back."""
    lead = await bureau.person("research_lead", SCHOOL)
    await bureau.at(START + 2 * DAY)
    late = await bureau.person("teacher", GROUP)
    await bureau.by(SYSTEM, StreamId(lead), EndAppointment(id="1", last_day=START.date()))
    assert await posts_on(bureau, START + DAY) == {(lead, "research_lead", SCHOOL)}
    assert await posts_on(bureau, START + 2 * DAY) == {(late, "teacher", GROUP)}


async def test_holders_are_told_with_their_rights(bureau: Bureau) -> None:
    office = await bureau.person("office", "pucheng")
    (found,) = await bureau.ledger.holders_on(bureau.tenant, START)
    assert (found.person, found.post.id) == (office, "1")
    assert found.rights == bureau.programme.role_by_id["office"].rights
    assert Right.READ in found.rights


async def test_rights_are_those_of_the_rules_in_force_then(bureau: Bureau) -> None:
    """A right that comes with new rules does not reach back, and one that goes with them stays told."""
    await bureau.person("office", "pucheng")
    before = bureau.programme.role_by_id["office"].rights
    roles = tuple(
        one.model_copy(update={"rights": frozenset({Right.AUDIT})}) if one.id == "office" else one
        for one in bureau.programme.roles
    )
    await bureau.at(START + 3 * DAY)
    await bureau.ledger.tenants.adopt(bureau.tenant, variant(bureau.programme, version=2, roles=roles))
    await bureau.at(START + 5 * DAY)
    for when, rights in (
        (START, before),
        (START + 3 * DAY - timedelta(microseconds=1), before),
        (START + 3 * DAY, frozenset({Right.AUDIT})),
        (START + 5 * DAY, frozenset({Right.AUDIT})),
    ):
        (found,) = await bureau.ledger.holders_on(bureau.tenant, when)
        assert found.rights == rights, when


async def test_the_next_command_is_refused(bureau: Bureau) -> None:
    """Ended at once is ended for the very next command, on the same standing clock, however the right is looked up."""
    school = await School.founded(bureau)
    stream = await opened(bureau)
    await bureau.by(school.lead, stream, report())
    await bureau.by(SYSTEM, StreamId(school.principal), EndAppointment(id="1"))
    with pytest.raises(Refused) as refused:
        await bureau.by(school.principal, stream, Approve())
    assert refused.value.code == "not_yours"
    actor, _, _ = await bureau.ledger.actor(bureau.tenant, school.principal)
    assert actor.held == ()
    assert await bureau.ledger.desk.waiting(bureau.tenant, actor) == []


async def test_who_was_relieved_gets_no_notice(bureau: Bureau) -> None:
    school = await School.founded(bureau)
    stream = await opened(bureau)
    await bureau.by(SYSTEM, StreamId(school.principal), EndAppointment(id="1"))
    await bureau.by(school.lead, stream, report())
    assert await bureau.ledger.inbox.read(bureau.tenant, school.principal) == []
    successor = await bureau.person("principal", SCHOOL, "successor")
    await bureau.by(successor, stream, Approve())
    await bureau.by(school.office, stream, Approve())
    await bureau.by(school.lead, stream, Amend(reason="有误"))
    await bureau.by(school.lead, stream, report("改"))
    assert len(await bureau.ledger.inbox.read(bureau.tenant, successor)) == 1


async def test_who_left_owes_nothing(bureau: Bureau) -> None:
    gone, stays = await bureau.person("teacher", GROUP, "gone"), await bureau.person("teacher", GROUP, "stays")
    await bureau.by(SYSTEM, StreamId(gone), Leave())
    held = await bureau.ledger.lists.appointments(bureau.tenant)
    assert {person for person, _ in held} == {gone, stays}
    window = Window(
        id="personal_plan/2026-autumn",
        kind="duty",
        rules="personal_plan",
        period="2026-autumn",
        opens_at=START + DAY,
        due_at=START + 9 * DAY,
        lapses_at=START + 19 * DAY,
    )
    commands = [command for _, command in owed(bureau.programme, bureau.tenant, CYCLE, window, held)]
    assert [one.person for one in commands if isinstance(one, OpenFiling)] == [stays]

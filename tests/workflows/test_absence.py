"""People's process managers: delegations and posts end by themselves, what waits moves; most people need none."""

from __future__ import annotations

from datetime import date, timedelta

from domain.filing import Filing, InReview
from domain.ids import SYSTEM, PersonId, StreamId, stream_id
from domain.inspection import Assign, PlanInspection
from domain.machine import Appointment
from domain.person import Appoint, Delegate, EndAppointment, Leave, Person
from tests.conftest import START
from tests.workflows.school import CLUSTER, GROUP, School

DAY = timedelta(days=1)
FIRST = date(2026, 9, 1)


async def person(school: School, stream: PersonId) -> Person:
    state = await school.state(StreamId(stream))
    assert isinstance(state, Person)
    return state


async def in_review(school: School) -> StreamId:
    """A group's plan that waits for the coordinator of the cluster."""
    leader = await school.bureau.person("group_leader", GROUP)
    filing = await school.open_filing("group_plan", GROUP)
    await school.submit(leader, filing)
    return filing


async def vacant(school: School, filing: StreamId) -> bool:
    state = await school.state(filing)
    assert isinstance(state, Filing)
    return isinstance(state, InReview) and any(visit.vacant for visit in state.visits)


async def test_a_delegation_ends_by_itself_and_both_are_told(school: School) -> None:
    giver, delegate = [await school.bureau.person("office", "pucheng", name=one) for one in ("甲", "乙")]
    command = Delegate(delegate=delegate, first_day=FIRST, last_day=FIRST + DAY, reason="外出培训")
    await school.bureau.by(giver, StreamId(giver), command)
    await school.to(START + DAY)
    assert (await person(school, giver)).open_delegations != ()
    await school.to(START + 2 * DAY)
    assert (await person(school, giver)).open_delegations == ()
    assert (await school.types(StreamId(giver)))[-1] == "person.delegation_ended"
    for one in (giver, delegate):
        notices = [each.notice for each in await school.ledger.inbox.read(school.bureau.tenant, one)]
        assert notices.count("delegation_ended") == 1
    assert not await school.known(StreamId(delegate)), "nothing falls due for who only received it"


async def test_a_post_that_is_over_moves_what_waits_and_a_new_holder_takes_it_up(school: School) -> None:
    coordinator = await school.bureau.person("coordinator", CLUSTER)
    await school.bureau.by(
        await school.bureau.person("admin", "pucheng"),
        StreamId(coordinator),
        EndAppointment(id="1", last_day=FIRST + DAY),
    )
    filing = await in_review(school)
    await school.quiet()
    assert not await vacant(school, filing)
    await school.to(START + 2 * DAY)
    assert "person.post_over" in await school.types(StreamId(coordinator))
    assert await vacant(school, filing)
    successor = await school.bureau.person("coordinator", CLUSTER, name="successor")
    await school.quiet()
    assert "person.vacancy_filled" in await school.types(StreamId(successor))
    assert not await vacant(school, filing)


async def test_a_post_for_a_later_day_is_taken_up_on_it(school: School) -> None:
    filing = await in_review(school)
    await school.quiet()
    assert await vacant(school, filing)
    somebody = await school.bureau.person("teacher", GROUP)
    post = Appointment(id="2", role="coordinator", unit=CLUSTER, first_day=FIRST + 2 * DAY)
    await school.bureau.by(await school.bureau.person("admin", "pucheng"), StreamId(somebody), Appoint(post=post))
    await school.to(START + DAY)
    assert await vacant(school, filing)
    await school.to(START + 2 * DAY)
    assert not await vacant(school, filing)


async def test_who_leaves_acts_for_nobody_any_more(school: School) -> None:
    giver, delegate = [await school.bureau.person("office", "pucheng", name=one) for one in ("甲", "乙")]
    command = Delegate(delegate=delegate, first_day=FIRST, last_day=FIRST + 30 * DAY, reason="外出培训")
    await school.bureau.by(giver, StreamId(giver), command)
    await school.bureau.by(await school.bureau.person("admin", "pucheng"), StreamId(delegate), Leave())
    await school.quiet()
    assert (await person(school, giver)).open_delegations == ()


async def test_the_arranger_is_told_when_an_inspector_leaves_a_place_behind(school: School) -> None:
    arranger, *panel = [
        await school.bureau.person(role, "pucheng", name=name)
        for role, name in (("office", "甲"), ("expert", "乙"), ("expert", "丙"))
    ]
    cycle = stream_id("cycle", school.bureau.tenant, "2026")
    inspection = stream_id("inspection", school.bureau.tenant, cycle, "special", CLUSTER, "p1")
    plan = PlanInspection(cycle=cycle, rules="special", period="p1", unit=CLUSTER, due_at=START + 30 * DAY)
    await school.bureau.by(SYSTEM, inspection, plan)
    await school.bureau.by(arranger, inspection, Assign(inspectors=tuple(panel)))
    keeper = await school.bureau.person("admin", "pucheng")
    await school.bureau.by(keeper, StreamId(panel[1]), EndAppointment(id="1", last_day=FIRST))
    await school.to(START + DAY)
    await school.bureau.by(keeper, StreamId(panel[1]), Leave())
    await school.quiet()
    assert (await school.types(inspection)).count("inspection.seat_left") == 1
    told = [one for one in await school.ledger.inbox.read(school.bureau.tenant, arranger) if one.stream == inspection]
    assert sorted(one.notice for one in told) == ["inspection_seat_left", "inspection_to_assign"]
    assert [one.params["inspector"] for one in told if one.notice == "inspection_seat_left"] == [panel[1]]


async def test_people_of_whom_nothing_falls_due_have_no_process_manager(school: School) -> None:
    people = [await school.bureau.person("teacher", GROUP, name=f"教师{number}") for number in range(5)]
    await school.quiet()
    assert [await school.known(StreamId(one)) for one in people] == [False] * 5

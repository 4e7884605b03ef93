"""Each stream's process manager, on the time-skipping server with the production worker."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta
from decimal import Decimal

from activities.temporal import DUE, DUTY, STATE, UNIT
from domain.cycle import Archive, Closing, Resume, Scheduled, Suspend
from domain.filing import Amend, Approve, Filing, InReview, Return
from domain.follow_up import AgreePlan, FollowUp, RecordVisit, Verify
from domain.ids import SYSTEM, PersonId, StreamId, stream_id
from domain.inspection import Assign, Inspection, Notified, PlanInspection, Review, ScoreItem, Sign
from domain.programme import UnitKind
from ledger.order import RecordedEvent
from tests.conftest import START
from tests.workflows.school import CLUSTER, GROUP, School, query

EARLIER = timedelta(hours=1)
"""How long before a time it is seen that nothing has happened yet. The ledger's clock stands, so a manager that looks
just before an alarm goes on looking until Temporal's clock gets there: an hour keeps that to a few looks."""


async def test_windows_open_at_their_times_and_each_unit_gets_its_filing_once(school: School) -> None:
    office = await school.bureau.person("office", "pucheng")
    teachers = [await school.bureau.person("teacher", unit) for unit in ("shiyan-maths", "shiyan-english")]
    cycle = await school.begin_year(office)
    await school.quiet()
    groups = [one.id for one in school.programme.all_units.values() if one.kind is UnitKind.GROUP]
    assert len(groups) == 9
    assert Counter(one["unit"] for one in await school.filings("group_plan")) == dict.fromkeys(groups, 1)
    assert [one["unit"] for one in await school.filings("cluster_plan")] == [CLUSTER]

    personal = await school.window(cycle, "personal_plan/2026-autumn")
    assert personal.opens_at > START
    await school.to(personal.opens_at - EARLIER)
    assert await school.filings("personal_plan") == []
    assert "personal_plan/2026-autumn" not in [one.data()["window"] for one in await _windows(school, cycle)]
    await school.to(personal.opens_at)
    opened = await school.filings("personal_plan")
    assert Counter(one["person"] for one in opened) == dict.fromkeys(teachers, 1)
    assert {one["happened_at"] for one in opened} == {personal.opens_at}

    reports = await school.window(cycle, "stage_report/2026-09")
    await school.to(reports.opens_at)
    assert Counter(one["unit"] for one in await school.filings("stage_report")) == dict.fromkeys(groups, 1)
    windows = [one.data()["window"] for one in await _windows(school, cycle)]
    assert len(windows) == len(set(windows))
    assert {one.data()["window"]: one.happened_at for one in await _windows(school, cycle)}[reports.id] == (
        reports.opens_at
    )


async def _windows(school: School, cycle: StreamId) -> list[RecordedEvent]:
    return await school.events(cycle, "cycle.window_opened")


async def test_reminders_fall_due_and_lapse_come_at_their_times(school: School) -> None:
    filing = await school.open_filing("group_plan", GROUP, days=10, remind_days=(5, 1), grace=4)
    state = await school.state(filing)
    assert isinstance(state, Filing)
    assert len(state.remind_at) == 2
    expected = [
        *((at, "filing.reminded") for at in state.remind_at),
        (state.due_at, "filing.fell_due"),
        (state.lapses_at, "filing.lapsed"),
    ]
    done = ["filing.opened"]
    for at, type_ in expected:
        await school.to(at - EARLIER)
        assert await school.types(filing) == done, f"nothing before {at}"
        await school.to(at)
        done.append(type_)
        assert await school.types(filing) == done
        assert (await school.events(filing))[-1].happened_at == at
    assert (await school.ended(filing)).state == "lapsed"


async def test_a_stage_is_reminded_and_escalated_and_the_next_post_may_decide(school: School) -> None:
    author = await school.bureau.person("centre_principal", CLUSTER)
    deputy = await school.bureau.person("deputy", "pucheng")
    filing = await school.open_filing("cluster_plan", CLUSTER, days=40)
    await school.submit(author, filing)
    state = await school.state(filing)
    assert isinstance(state, InReview)
    assert state.first.remind_at is not None
    assert state.first.escalate_at is not None
    assert START < state.first.remind_at < state.first.due_at < state.first.escalate_at < state.due_at
    await school.to(state.first.remind_at - EARLIER)
    assert await school.times(filing, "filing.stage_reminded") == []
    await school.to(state.first.remind_at)
    assert await school.times(filing, "filing.stage_reminded") == [state.first.remind_at]
    await school.to(state.first.escalate_at - EARLIER)
    assert await school.times(filing, "filing.escalated") == []
    await school.to(state.first.escalate_at)
    assert await school.times(filing, "filing.escalated") == [state.first.escalate_at]
    notices = [one.notice for one in await school.ledger.inbox.read(school.bureau.tenant, deputy)]
    assert notices == ["filing_escalated"]
    await school.bureau.by(deputy, filing, Approve())
    assert len(await school.times(filing, "filing.stage_reached")) == 2


async def test_an_earlier_alarm_wakes_the_sleeping_manager(school: School) -> None:
    author = await school.bureau.person("centre_principal", CLUSTER)
    filing = await school.open_filing("cluster_plan", CLUSTER, days=60, remind_days=(1,))
    first = await school.seen(filing, "open")
    assert first.alarm == "remind"
    assert first.sleep == timedelta(days=59)
    await school.submit(author, filing)
    woken = await school.seen(filing, "in_review")
    state = await school.state(filing)
    assert isinstance(state, InReview)
    assert state.first.remind_at is not None
    assert woken.alarm == "remind_stage"
    assert woken.sleep == state.first.remind_at - START


async def test_the_view_and_the_search_attributes_tell_what_the_manager_acts_on(school: School) -> None:
    leader = await school.bureau.person("group_leader", GROUP)
    filing = await school.open_filing("group_plan", GROUP, days=10, remind_days=(2,))
    view = await school.seen(filing, "open")
    state = await school.state(filing)
    assert isinstance(state, Filing)
    assert (view.version, view.unit, view.duty, view.due_at) == (1, GROUP, "group_plan", state.due_at)
    assert (view.alarm, view.sleep, view.final) == ("remind", timedelta(days=8), False)
    assert await _attributes(school, filing) == (GROUP, "group_plan", "open", state.due_at)
    await school.submit(leader, filing)
    view = await school.seen(filing, "in_review")
    submitted = await school.state(filing)
    assert isinstance(submitted, InReview)
    assert view.version == await school.version(filing)
    assert await _attributes(school, filing) == (GROUP, "group_plan", "in_review", submitted.first.due_at)


async def _attributes(school: School, stream: StreamId) -> tuple[object, ...]:
    found = (await school.manager(stream).describe()).typed_search_attributes
    return tuple(found.get(key) for key in (UNIT, DUTY, STATE, DUE))


async def test_approval_ends_the_manager_and_an_amendment_starts_a_new_run(school: School) -> None:
    author = await school.bureau.person("centre_principal", CLUSTER)
    office = await school.bureau.person("office", "pucheng")
    deputy = await school.bureau.person("deputy", "pucheng")
    filing = await school.open_filing("cluster_plan", CLUSTER, remind_days=(1,))
    await school.submit(author, filing)
    await school.seen(filing, "in_review")
    first = await school.runs(filing)
    assert first is not None
    await school.bureau.by(office, filing, Approve())
    await school.bureau.by(deputy, filing, Approve())
    assert (await school.ended(filing)).state == "approved"
    assert await school.runs(filing) is None

    await school.bureau.by(author, filing, Amend(reason="补充承办学校。"))
    await school.submit(author, filing, draft=2)
    view = await school.seen(filing, "in_review")
    assert view.alarm == "remind_stage"
    assert await school.runs(filing) not in (None, first)
    state = await school.state(filing)
    assert isinstance(state, InReview)
    assert state.first.escalate_at is not None
    await school.to(state.first.escalate_at)
    assert await school.times(filing, "filing.escalated") == [state.first.escalate_at]


async def test_a_weak_report_opens_one_assistance_visit(school: School) -> None:
    leader = await school.bureau.person("group_leader", GROUP)
    coordinator = await school.bureau.person("coordinator", CLUSTER)
    office = await school.bureau.person("office", "pucheng")
    filing = await school.open_filing("stage_report", GROUP, remind_days=(1,))
    await school.submit(leader, filing)
    await school.bureau.by(coordinator, filing, Return(reason="活动记录不全。"))
    await school.submit(leader, filing, draft=2)
    await school.bureau.by(coordinator, filing, Approve())
    await school.bureau.by(office, filing, Approve(judgement="weak"))
    await school.quiet()
    visit = await _only_follow_up(school)
    state = await school.state(visit)
    assert isinstance(state, FollowUp)
    assert (state.kind, state.status, state.unit) == ("assistance", "opened", GROUP)
    assert (await school.ended(filing)).state == "approved"

    await school.seen(visit, "opened")
    await school.to(state.due_at)
    assert await school.times(visit, "follow_up.reminded") == [state.due_at]
    await school.bureau.by(office, visit, RecordVisit(findings="资料不全。"))
    await school.bureau.by(coordinator, visit, AgreePlan(plan="两周内补齐。"))
    state = await school.state(visit)
    assert isinstance(state, FollowUp)
    await school.to(state.due_at)
    assert len(await school.times(visit, "follow_up.reminded")) == 2
    await school.bureau.by(office, visit, Verify())
    await school.ended(visit)


async def _only_follow_up(school: School) -> StreamId:
    rows = await query(
        school.ledger,
        "SELECT stream FROM event WHERE tenant = %s AND type = 'follow_up.opened'",
        school.bureau.tenant,
    )
    assert len(rows) == 1
    return StreamId(rows[0]["stream"])


async def test_an_inspection_goes_from_plan_to_final_and_opens_what_its_outcome_says(school: School) -> None:
    office = await school.bureau.person("office", "pucheng")
    deputy = await school.bureau.person("deputy", "pucheng")
    panel = tuple([await school.bureau.person("expert", "pucheng", name) for name in ("甲", "乙")])
    cycle = stream_id("cycle", school.bureau.tenant, "2026")
    # The key that the inspection's own reactions use.
    stream = stream_id("inspection", school.bureau.tenant, cycle, "special", CLUSTER, "2026-autumn")
    remind_at = START + timedelta(days=3)
    await school.bureau.by(
        SYSTEM,
        stream,
        PlanInspection(
            cycle=cycle,
            rules="special",
            period="2026-autumn",
            unit=CLUSTER,
            due_at=START + timedelta(days=10),
            remind_at=remind_at,
        ),
    )
    await school.to(remind_at)
    assert await school.times(stream, "inspection.reminded") == [remind_at]
    await school.bureau.by(office, stream, Assign(inspectors=panel))
    await _score_half(school, stream, panel)
    await school.quiet()
    state = await school.state(stream)
    assert isinstance(state, Notified)
    assert await school.times(stream, "inspection.notified") == [remind_at]
    await school.to(state.answer_by - EARLIER)
    assert (await school.types(stream))[-1] == "inspection.notified"
    await school.to(state.answer_by)
    answers = await school.events(stream, "inspection.acknowledged")
    assert [(one.happened_at, one.data()["silent"]) for one in answers] == [(state.answer_by, True)]
    await school.bureau.by(deputy, stream, Review())
    await school.quiet()
    final = await school.events(stream, "inspection.finalised")
    assert [one.data()["outcome"] for one in final] == ["needs_help"]
    visit = await school.state(await _only_follow_up(school))
    assert isinstance(visit, FollowUp)
    assert (visit.kind, visit.unit) == ("assistance", CLUSTER)
    assert (await school.ended(stream)).state == "final"


async def _score_half(school: School, stream: StreamId, panel: tuple[PersonId, ...]) -> None:
    state = await school.state(stream)
    assert isinstance(state, Inspection)
    for item in state.items:
        await school.bureau.by(panel[0], stream, ScoreItem(item=item.id, points=Decimal(item.weight) / 2))
    for one in panel:
        await school.bureau.by(one, stream, Sign())


async def test_a_suspended_cycle_opens_nothing_until_it_is_resumed(school: School) -> None:
    office = await school.bureau.person("office", "pucheng")
    await school.bureau.person("teacher", GROUP)
    cycle = await school.begin_year(office)
    await school.quiet()
    window = await school.window(cycle, "personal_plan/2026-autumn")
    await school.to(window.opens_at - timedelta(hours=1))
    await school.bureau.by(office, cycle, Suspend(reason="暴雪停课。"))
    resumed_at = window.opens_at + timedelta(days=2)
    await school.to(resumed_at)
    assert await school.filings("personal_plan") == []
    await school.bureau.by(office, cycle, Resume())
    await school.quiet()
    assert [one["happened_at"] for one in await school.filings("personal_plan")] == [resumed_at]
    assert (await school.seen(cycle, "running")).alarm == "open_window"


async def test_a_manager_runs_exactly_while_something_may_fall_due(school: School) -> None:
    """Without this a stream that ends when nothing was due any more leaves its manager behind for ever."""
    office = await school.bureau.person("office", "pucheng")
    cycle = await school.begin_year(office)
    state = await school.state(cycle)
    assert isinstance(state, Scheduled)
    end = state.closes_at
    await school.seen(cycle, "running")
    await school.to(end)
    assert isinstance(await school.state(cycle), Closing)
    await school.bureau.by(office, cycle, Archive())
    await school.quiet()
    rows = await query(
        school.ledger,
        """SELECT stream, alarm_at IS NOT NULL AS armed FROM stream
           WHERE tenant = %s AND machine NOT IN ('person', 'unit', 'rulebook')""",
        school.bureau.tenant,
    )
    assert len(rows) > 10
    for row in rows:
        if row["armed"]:
            assert await school.runs(StreamId(row["stream"])) is not None
        else:
            await school.ended(StreamId(row["stream"]))

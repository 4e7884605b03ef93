"""Rules that change while filings are under way: the dry run, the moves, and what is recorded of them."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest

from domain.access import SYSTEM_ACTOR
from domain.calendar import NamedDay
from domain.cycle import ChangeRules, Cycle, DraftCycle, OpenNextWindow, Publish, Start
from domain.difference import Change
from domain.filing import Approve, InReview, OpenFiling, Return
from domain.ids import SYSTEM, PersonId, StreamId, UnitId, stream_id
from domain.programme import Decider, Pipeline, Programme, Stage
from domain.refusal import Refused
from domain.text import Text
from domain.unit import Move, unit_stream
from ledger.moves import Totals, Wish, moved
from tests.conftest import Base, Bureau
from tests.ledger.given import CYCLE, GROUP, School, filing_id, opened, query, report, variant


def with_stage(programme: Programme, id: str = "quality_report_receipt") -> Programme:
    """A new version in which the coordinator sees reports before the principal signs them."""
    stage = Stage(
        id="look", title=Text(zh="片区阅", en="Look"), decided_by=(Decider.parse("coordinator@cluster"),), due=3
    )
    old = programme.pipeline_by_id[id]
    stages = (stage, *old.stages)
    new = Pipeline(**{name: getattr(old, name) for name in Pipeline.model_fields} | {"stages": stages})
    return variant(programme, version=2, pipelines=tuple(new if one.id == id else one for one in programme.pipelines))


def closed_on(programme: Programme, *days: date) -> Programme:
    closures = (*programme.calendar.closures, *(NamedDay(date=one, why="停课") for one in days))
    return variant(programme, version=2, calendar=programme.calendar.model_copy(update={"closures": closures}))


async def submitted(school: School, period: str = "2026-autumn") -> StreamId:
    stream = await opened(school.bureau, period=period)
    await school.bureau.by(school.lead, stream, report(period))
    return stream


async def dry(bureau: Bureau, new: Programme, **asked: Any) -> list[Any]:
    over = await bureau.ledger.moves.over_the_tree(bureau.tenant, new)
    return list((await bureau.ledger.moves.page(bureau.tenant, CYCLE, over, SYSTEM_ACTOR, **asked)).filings)


async def move(bureau: Bureau, by: PersonId, new: Programme, *wishes: Wish) -> tuple[int, list[Any]]:
    digest = await bureau.ledger.moves.store(bureau.tenant, new)
    return moved(await bureau.ledger.moves.carry_out(bureau.tenant, by, digest, "县局批复新方案", wishes))


async def test_dry_run_lists_what_would_change_and_writes_nothing(bureau: Bureau, base: Base) -> None:
    school = await School.founded(bureau)
    waiting, signed = await submitted(school), await submitted(school, "2027-spring")
    await bureau.by(school.principal, signed, Approve())
    await opened(bureau, "group_plan", GROUP)
    await school.approved("2025-autumn")
    before = query(base, "SELECT count(*) AS n FROM event")
    found = {one.stream: one for one in await dry(bureau, with_stage(bureau.programme))}
    assert set(found) == {waiting, signed}
    assert [(one.change, one.stage) for one in found[waiting].foreseen.stages] == [(Change.ADDED, "look")]
    assert found[waiting].foreseen.at == ("principal_signature",)
    assert found[signed].foreseen.may_go_back_to == ("look", "principal_signature", "office_receipt")
    assert await dry(bureau, variant(bureau.programme, version=2)) == []
    assert query(base, "SELECT count(*) AS n FROM event") == before


async def test_dry_run_is_read_by_pages(bureau: Bureau) -> None:
    school = await School.founded(bureau)
    streams = sorted([await submitted(school, f"20{year}-autumn") for year in range(26, 33)])
    new = await bureau.ledger.moves.over_the_tree(bureau.tenant, with_stage(bureau.programme))
    first = await bureau.ledger.moves.page(bureau.tenant, CYCLE, new, SYSTEM_ACTOR, limit=4)
    assert first.next is not None
    rest = await bureau.ledger.moves.page(bureau.tenant, CYCLE, new, SYSTEM_ACTOR, after=first.next, limit=4)
    assert [one.stream for one in (*first.filings, *rest.filings)] == streams
    assert rest.next is None


async def test_dry_run_sends_as_many_statements_for_many_as_for_few_and_reads_only_what_may_change(
    bureau: Bureau,
) -> None:
    school = await School.founded(bureau)
    await submitted(school)
    cycle = await running(bureau, school.office)
    _, state, _ = await bureau.ledger.head(bureau.tenant, cycle)
    assert isinstance(state, Cycle)
    new = await bureau.ledger.moves.over_the_tree(bureau.tenant, with_stage(bureau.programme))

    async def sent() -> tuple[int, Totals]:
        before = bureau.ledger.database.statements
        total = await bureau.ledger.moves.totals(bureau.tenant, CYCLE, state, new, SYSTEM_ACTOR)
        return bureau.ledger.database.statements - before, total

    await sent()
    few, total = await sent()
    assert (total.looked_at, total.changing) == (1, 1)
    for year in range(27, 32):
        await submitted(school, f"20{year}-autumn")
    teacher = await bureau.person("teacher", GROUP)
    for year in range(26, 31):
        await opened(bureau, "personal_plan", GROUP, period=f"20{year}-autumn", person=teacher)
    many, total = await sent()
    assert many == few
    # The teacher's plans go by rules that stay: this reader is told of none, since none could change.
    assert (total.looked_at, total.changing, total.hidden) == (11, 6, 0)
    none = await bureau.ledger.moves.over_the_tree(bureau.tenant, variant(bureau.programme, version=2))
    before = bureau.ledger.database.statements
    assert (await bureau.ledger.moves.page(bureau.tenant, CYCLE, none, SYSTEM_ACTOR)).filings == []
    assert bureau.ledger.database.statements - before < few - 1, "nothing is read when nothing may change"


async def test_moved_filing_goes_by_the_new_rules_and_reads_as_it_was_before(bureau: Bureau, base: Base) -> None:
    school = await School.founded(bureau)
    coordinator = await bureau.person("coordinator", "shiyan")
    stream = await submitted(school)
    version, before, old = await bureau.ledger.head(bureau.tenant, stream)
    new = with_stage(bureau.programme)
    assert await move(bureau, school.office, new, Wish(stream, version, "back", "look")) == (1, [])
    _, state, digest = await bureau.ledger.head(bureau.tenant, stream)
    assert isinstance(state, InReview)
    assert ([one.stage for one in state.visits], digest != old) == (["look"], True)
    rows = query(base, "SELECT version, type, programme FROM event WHERE stream = %s ORDER BY version", stream)
    assert [row["programme"] == digest for row in rows] == [row["version"] > version for row in rows]
    assert [row["type"] for row in rows[version:]] == ["filing.rules_moved", "filing.stage_reached"]
    assert await bureau.ledger.state_at(bureau.tenant, stream, version) == (version, before)
    for person in (coordinator, school.principal, school.office):
        await bureau.by(person, stream, Approve())
    assert (await bureau.ledger.head(bureau.tenant, stream))[1].status == "approved"
    assert (await bureau.ledger.rebuild_check(bureau.tenant))[1] == ()
    assert (await bureau.ledger.verify(bureau.tenant)).sound


async def test_moving_is_safe_to_repeat_and_each_is_answered_for_itself(bureau: Bureau, base: Base) -> None:
    school = await School.founded(bureau)
    one, other, third = [await submitted(school, period) for period in ("2026-autumn", "2027-spring", "2027-autumn")]
    await bureau.by(school.principal, third, Return(reason="缺数据"))
    wishes = [Wish(one, 3, "move"), Wish(other, 3, "stay"), Wish(third, 3, "back")]
    new = with_stage(bureau.programme)
    done, failed = await move(bureau, school.office, new, *wishes)
    assert (done, [(wish.stream, refused) for wish, refused in failed]) == (1, [(third, None)])
    events = query(base, "SELECT count(*) AS n FROM event")
    assert (await move(bureau, school.office, new, *wishes))[0] == 1
    assert query(base, "SELECT count(*) AS n FROM event") == events
    assert (await bureau.ledger.head(bureau.tenant, other))[0] == 3
    _, failed = await move(bureau, school.office, new, Wish(third, 4, "back"))
    assert failed[0][1].code == "author_has_it"


async def test_only_who_runs_the_cycle_moves(bureau: Bureau) -> None:
    school = await School.founded(bureau)
    stream = await submitted(school)
    for person in (school.lead, school.principal):
        _, failed = await move(bureau, person, with_stage(bureau.programme), Wish(stream, 3, "move"))
        assert failed[0][1].code in {"right_missing", "own_filing"}
    command = ChangeRules(programme="0" * 64, reason="x")
    cycle = await running(bureau, school.office)
    with pytest.raises(Refused, match="programme_unknown"):
        await bureau.by(school.office, cycle, command)


async def test_closure_moves_what_is_due(bureau: Bureau) -> None:
    school = await School.founded(bureau)
    stream = await submitted(school)
    new = closed_on(bureau.programme, date(2026, 9, 2))
    found = await dry(bureau, new)
    assert [one.stream for one in found] == [stream]
    _, before, _ = await bureau.ledger.head(bureau.tenant, stream)
    assert await move(bureau, school.office, new, Wish(stream, 3, "move")) == (1, [])
    _, after, _ = await bureau.ledger.head(bureau.tenant, stream)
    assert isinstance(before, InReview)
    assert isinstance(after, InReview)
    assert (after.first.due_at - before.first.due_at) == timedelta(days=3)  # over a weekend
    assert (await bureau.ledger.rebuild_check(bureau.tenant))[1] == ()


async def test_school_that_moved_to_another_cluster_has_its_posts_found_anew(
    ledger_two_clusters: Bureau, base: Base
) -> None:
    bureau = ledger_two_clusters
    school = await School.founded(bureau)
    office = school.office
    command = OpenFiling(cycle=CYCLE, duty="group_plan", period="2026", unit=UnitId(GROUP), **_times(bureau))
    stream = filing_id(bureau.tenant, command)
    await bureau.by(SYSTEM, stream, command)
    assert await dry(bureau, bureau.programme) == []
    keeper = await bureau.person("admin", "pucheng")
    await bureau.by(keeper, unit_stream(bureau.tenant, GROUP), Move(parent="chengguan"))
    found = await dry(bureau, bureau.programme)
    assert [(one.stream, one.foreseen.unit_moved) for one in found] == [(stream, True)]
    assert await move(bureau, office, bureau.programme, Wish(stream, 1, "move")) == (1, [])
    _, state, _ = await bureau.ledger.head(bureau.tenant, stream)
    assert state.path == ("pucheng", "chengguan", GROUP)  # type: ignore[attr-defined]
    assert {post.unit for step in state.steps for post in step.posts} == {"chengguan", "pucheng"}  # type: ignore[attr-defined]
    assert await dry(bureau, bureau.programme) == []
    rows = query(base, "SELECT readers FROM item WHERE stream = %s", stream)
    assert rows[0]["readers"] == ["pucheng", "chengguan", GROUP]
    assert (await bureau.ledger.rebuild_check(bureau.tenant))[1] == ()


@pytest.fixture
async def ledger_two_clusters(bureau: Bureau, county: Programme) -> Bureau:
    """The whole county's tree, by the same rules."""
    await bureau.ledger.tenants.adopt(bureau.tenant, county)
    return Bureau(bureau.ledger, bureau.tenant, county)


def _times(bureau: Bureau) -> dict[str, Any]:
    calendar = bureau.programme.calendar_of(2026)
    return {
        "due_at": calendar.close_of_business(date(2026, 9, 15)),
        "lapses_at": calendar.close_of_business(date(2026, 9, 29)),
    }


async def running(bureau: Bureau, office: PersonId) -> StreamId:
    cycle = StreamId(stream_id("cycle", bureau.tenant, "2026"))
    await bureau.by(office, cycle, DraftCycle(school_year=2026))
    await bureau.by(office, cycle, Publish())
    await bureau.by(SYSTEM, cycle, Start())
    return cycle


async def test_cycle_opens_its_next_window_by_the_new_rules(bureau: Bureau, base: Base) -> None:
    school = await School.founded(bureau)
    cycle = await running(bureau, school.office)
    _, state, _ = await bureau.ledger.head(bureau.tenant, cycle)
    assert isinstance(state, Cycle)
    first = state.next_window()  # type: ignore[attr-defined]
    await bureau.by(SYSTEM, cycle, OpenNextWindow(window=first.id))
    new = with_stage(bureau.programme)
    digest = await bureau.ledger.moves.store(bureau.tenant, new)
    await bureau.by(school.office, cycle, ChangeRules(programme=digest, reason="县局批复"))
    _, _, pinned = await bureau.ledger.head(bureau.tenant, cycle)
    assert pinned == digest
    # What the window that had opened calls for is still carried out by the rules of that time.
    head = await bureau.ledger.process_head(bureau.tenant, cycle)
    assert head is not None
    assert [one.programme == digest for one in head.pending] == [False]
    assert (await bureau.ledger.rebuild_check(bureau.tenant))[1] == ()
    assert (await bureau.ledger.verify(bureau.tenant)).sound


async def test_dry_run_in_numbers(bureau: Bureau) -> None:
    school = await School.founded(bureau)
    await submitted(school)
    cycle = await running(bureau, school.office)
    _, state, _ = await bureau.ledger.head(bureau.tenant, cycle)
    assert isinstance(state, Cycle)
    new = with_stage(bureau.programme)
    shorter = variant(new, duties=tuple(one for one in new.duties if one.id != "quality_report"))
    total = await bureau.ledger.moves.totals(bureau.tenant, CYCLE, state, shorter, SYSTEM_ACTOR)
    assert isinstance(total, Totals)
    assert (total.looked_at, total.changing, total.cannot_move, total.hidden) == (1, 1, 1, 0)
    assert {one.change for one in total.windows} == {Change.REMOVED}
    assert {one.before.rules for one in total.windows if one.before} == {"quality_report"}


async def test_what_one_may_not_read_is_counted_and_not_shown(bureau: Bureau) -> None:
    teacher = await bureau.person("teacher", GROUP)
    await opened(bureau, "personal_plan", GROUP, person=teacher)
    office = await bureau.person("office", "pucheng")
    actor, _, _ = await bureau.ledger.actor(bureau.tenant, office)
    new = await bureau.ledger.moves.over_the_tree(bureau.tenant, with_stage(bureau.programme, "kept_in_cluster"))
    assert len((await bureau.ledger.moves.page(bureau.tenant, CYCLE, new, SYSTEM_ACTOR)).filings) == 1
    assert (await bureau.ledger.moves.page(bureau.tenant, CYCLE, new, actor)).filings == []

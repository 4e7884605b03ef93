"""Rosters on the real ledger: a dry run is kept, a confirmation writes all or nothing, others see how far it is."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any
from uuid import UUID

import pytest

from domain.ids import SYSTEM, PersonId, StreamId
from domain.person import CorrectName, EndAppointment, Leave
from domain.refusal import Refused
from domain.roster import HEADINGS, Cell, Column, FaultCode, Row, as_rows, person_of
from ledger.imports import AT_WORK, Job, JobState
from ledger.order import BatchRefused, VersionMoved
from tests.conftest import START, Base, Bureau
from tests.ledger.given import order, query, spoil

HEAD = Row(1, tuple(HEADINGS[one].zh for one in Column))
TEACHER: Mapping[str, Cell] = {"role": "教师", "unit": "shiyan-maths", "subject": "数学", "from": date(2026, 9, 1)}


def sheet(*people: Mapping[str, Cell]) -> list[Row]:
    rows = [{**TEACHER, **one} for one in people]
    return [HEAD, *(Row(n, tuple(one.get(column) for column in Column)) for n, one in enumerate(rows, 2))]


def many(count: int, first: int = 10_000) -> list[Row]:
    return sheet(*({"staff_no": str(first + n), "name": f"教师{n}"} for n in range(count)))


WANG, LI = {"staff_no": "1001", "name": "王芳"}, {"staff_no": "1002", "name": "李强", "login": "liqiang"}


@pytest.fixture
async def keeper(bureau: Bureau) -> PersonId:
    return await bureau.person("admin", "pucheng", "管理员")


async def settled(bureau: Bureau, id: UUID) -> Job:
    """The import once it is no longer at work."""
    await bureau.ledger.imports.close()
    return await shown(bureau, id)


async def shown(bureau: Bureau, id: UUID) -> Job:
    job = await bureau.ledger.imports.find(bureau.tenant, id)
    assert job is not None
    return job


async def checked(bureau: Bureau, keeper: PersonId, rows: Sequence[Row]) -> Job:
    return await shown(bureau, await bureau.ledger.imports.check(bureau.tenant, keeper, "名册.xlsx", rows))


async def imported(bureau: Bureau, keeper: PersonId, rows: Sequence[Row]) -> Job:
    job = await checked(bureau, keeper, rows)
    assert await bureau.ledger.imports.confirm(bureau.tenant, job.id, keeper)
    return await settled(bureau, job.id)


async def positions(bureau: Bureau) -> int:
    return (await bureau.ledger.tenants.positions())[bureau.tenant]


async def test_a_dry_run_changes_nothing_and_is_kept(bureau: Bureau, keeper: PersonId) -> None:
    before = await positions(bureau)
    job = await checked(bureau, keeper, sheet(WANG, LI))
    assert (job.state, job.file, job.counts.new, job.counts.appointments) == (JobState.READY, "名册.xlsx", 2, 2)
    assert job.made_by == keeper
    assert await positions(bureau) == before
    assert [one.id for one in await bureau.ledger.imports.recent(bureau.tenant)] == [job.id]


async def test_faults_are_kept_and_cannot_be_confirmed(bureau: Bureau, keeper: PersonId, base: Base) -> None:
    job = await checked(bureau, keeper, sheet(WANG, LI | {"role": "站长\x00"}))
    assert job.state is JobState.FAULTY
    assert [(one.row, one.column, one.code) for one in job.faults] == [(3, Column.ROLE, FaultCode.CELL_UNPRINTABLE)]
    assert not await bureau.ledger.imports.confirm(bureau.tenant, job.id, keeper)
    assert query(base, "SELECT rows FROM import_job") == [{"rows": []}]


async def test_an_import_is_in_the_keepers_name(bureau: Bureau, keeper: PersonId) -> None:
    job = await imported(bureau, keeper, sheet(WANG, LI))
    assert (job.state, job.confirmed_by, job.done, job.total) == (JobState.DONE, keeper, 2, 2)
    person = person_of(bureau.tenant, "1001")
    (event,) = await bureau.ledger.events(bureau.tenant, StreamId(person))
    assert (event.actor, event.event.type) == (keeper, "person.registered")
    assert await bureau.ledger.names(bureau.tenant, [person]) == {person: "王芳"}
    found = await bureau.ledger.accounts.find_many(bureau.tenant, [person, person_of(bureau.tenant, "1002")])
    assert {one.login: one.has_password for one in found.values()} == {"1001": False, "liqiang": False}
    actor, _, _ = await bureau.ledger.actor(bureau.tenant, person)
    assert [(one.role, one.unit) for one in actor.held] == [("teacher", "shiyan-maths")]


async def test_a_second_confirmation_does_nothing(bureau: Bureau, keeper: PersonId) -> None:
    job = await checked(bureau, keeper, sheet(WANG))
    both = await asyncio.gather(*(bureau.ledger.imports.confirm(bureau.tenant, job.id, keeper) for _ in range(2)))
    assert sorted(both) == [False, True]
    await settled(bureau, job.id)
    before = await positions(bureau)
    assert not await bureau.ledger.imports.confirm(bureau.tenant, job.id, keeper)
    assert await positions(bureau) == before


async def test_importing_again_or_importing_the_export_changes_nothing(bureau: Bureau, keeper: PersonId) -> None:
    rows = sheet(WANG, WANG | {"role": "教研组长", "to": "2027-07-09"}, LI)
    await imported(bureau, keeper, rows)
    before = await positions(bureau)
    known = await bureau.ledger.roster.known(bureau.tenant)
    written = as_rows(known, bureau.programme, bureau.programme.local_day(START))
    for again in (rows, [HEAD, *(Row(n, cells) for n, cells in enumerate(written, 2))]):
        job = await imported(bureau, keeper, again)
        assert (job.state, job.counts.people, job.counts.unchanged) == (
            JobState.DONE,
            job.counts.people,
            job.counts.people,
        )
    assert await positions(bureau) == before


async def test_all_or_nothing(bureau: Bureau, keeper: PersonId, monkeypatch: pytest.MonkeyPatch) -> None:
    """The right to keep the directory ends between the confirmation and the writing."""
    job = await checked(bureau, keeper, sheet(WANG, LI))
    execute_all = bureau.ledger.imports._execute_all

    async def too_late(orders: Any, told: Any) -> None:
        await bureau.by(SYSTEM, StreamId(keeper), EndAppointment(id="1"))
        await execute_all(orders, told)

    monkeypatch.setattr(bureau.ledger.imports, "_execute_all", too_late)
    before = await positions(bureau)
    await bureau.ledger.imports.confirm(bureau.tenant, job.id, keeper)
    job = await settled(bureau, job.id)
    assert (job.state, job.faults[0].code, job.faults[0].row) == (JobState.FAULTY, FaultCode.REFUSED, 2)
    assert await positions(bureau) == before + 1
    assert len(await bureau.ledger.roster.known(bureau.tenant)) == 1


async def test_one_refused_order_leaves_all_unwritten(bureau: Bureau, keeper: PersonId) -> None:
    await imported(bureau, keeper, sheet(WANG, LI))
    wang, li = (StreamId(person_of(bureau.tenant, one)) for one in ("1001", "1002"))
    good = order(bureau, wang, CorrectName(full_name="王芬"), keeper)
    bad = order(bureau, li, EndAppointment(id="nothing"), keeper)

    async def told(done: int) -> None: ...

    before = await positions(bureau)
    with pytest.raises(BatchRefused) as caught:
        await bureau.ledger.execute_all([good, bad], told)
    assert (caught.value.order, caught.value.refused.code) == (bad, "appointment_unknown")
    assert await positions(bureau) == before


async def test_a_confirmation_plans_again(bureau: Bureau, keeper: PersonId) -> None:
    job = await checked(bureau, keeper, sheet(WANG, LI))
    await imported(bureau, keeper, sheet(WANG | {"name": "王芬"}))
    await bureau.ledger.imports.confirm(bureau.tenant, job.id, keeper)
    job = await settled(bureau, job.id)
    assert (job.state, job.counts.new, job.counts.renamed) == (JobState.DONE, 1, 1)


async def test_what_became_faulty_meanwhile_is_refused(bureau: Bureau, keeper: PersonId) -> None:
    await imported(bureau, keeper, sheet(WANG))
    job = await checked(bureau, keeper, sheet(WANG | {"name": "王芬"}, LI))
    await bureau.by(keeper, StreamId(person_of(bureau.tenant, "1001")), Leave())
    await bureau.ledger.imports.confirm(bureau.tenant, job.id, keeper)
    job = await settled(bureau, job.id)
    assert (job.state, job.faults[0].code) == (JobState.FAULTY, FaultCode.PERSON_LEFT)
    assert person_of(bureau.tenant, "1002") not in await names(bureau)


async def test_somebody_quicker_makes_it_plan_again(
    bureau: Bureau, keeper: PersonId, monkeypatch: pytest.MonkeyPatch
) -> None:
    await imported(bureau, keeper, sheet(WANG))
    job = await checked(bureau, keeper, sheet(WANG | {"name": "王芬"}, LI))
    execute_all, tries = bureau.ledger.imports._execute_all, 0

    async def overtaken(orders: Any, told: Any) -> None:
        nonlocal tries
        tries += 1
        if tries == 1:
            await bureau.by(keeper, StreamId(person_of(bureau.tenant, "1001")), CorrectName(full_name="王芬"))
        try:
            await execute_all(orders, told)
        except VersionMoved:
            assert tries == 1
            raise

    monkeypatch.setattr(bureau.ledger.imports, "_execute_all", overtaken)
    await bureau.ledger.imports.confirm(bureau.tenant, job.id, keeper)
    job = await settled(bureau, job.id)
    assert (tries, job.state, job.counts.renamed, job.counts.new) == (2, JobState.DONE, 0, 1)


async def test_after_a_crash_it_is_confirmed_again(bureau: Bureau, keeper: PersonId, base: Base) -> None:
    """Written, and then the process died before the accounts were made."""
    job = await checked(bureau, keeper, sheet(WANG))

    async def dies(*_: object) -> None:
        raise ConnectionError

    make = bureau.ledger.imports._accounts.create_many
    bureau.ledger.imports._accounts.create_many = dies  # type: ignore[assignment,method-assign]
    await bureau.ledger.imports.confirm(bureau.tenant, job.id, keeper)
    assert (await settled(bureau, job.id)).state is JobState.READY
    bureau.ledger.imports._accounts.create_many = make  # type: ignore[method-assign]
    spoil(base, "UPDATE import_job SET state = 'writing', moved_at = now() - interval '61 seconds'")
    assert (await shown(bureau, job.id)).stalled
    before = await positions(bureau)
    assert await bureau.ledger.imports.confirm(bureau.tenant, job.id, keeper)
    assert (await settled(bureau, job.id)).state is JobState.DONE
    assert await positions(bureau) == before
    assert await bureau.ledger.accounts.by_login(bureau.tenant, ["1001"])


async def test_only_the_keeper_imports(bureau: Bureau, keeper: PersonId) -> None:
    office = await bureau.person("office", "pucheng")
    with pytest.raises(Refused, match="right_missing"):
        await bureau.ledger.imports.check(bureau.tenant, office, "x", sheet(WANG))
    job = await checked(bureau, keeper, sheet(WANG))
    with pytest.raises(Refused, match="right_missing"):
        await bureau.ledger.imports.confirm(bureau.tenant, job.id, office)


async def test_five_thousand_rows_while_others_work(bureau: Bureau, keeper: PersonId) -> None:
    rows = many(5000)
    job = await checked(bureau, keeper, rows)
    assert job.counts.new == 5000
    seen: list[tuple[JobState, int, int]] = []
    await bureau.ledger.imports.confirm(bureau.tenant, job.id, keeper)
    while (now := await shown(bureau, job.id)).state in AT_WORK:
        seen.append((now.state, now.done, now.total))
    assert (now.state, now.done, now.total) == (JobState.DONE, 5000, 5000)
    assert {one for one, _, _ in seen} == set(AT_WORK)
    assert len({done for state, done, _ in seen if state is JobState.DECIDING}) > 2
    assert len(await bureau.ledger.roster.known(bureau.tenant)) == 5001
    assert (await bureau.ledger.verify(bureau.tenant)).sound
    again = await imported(bureau, keeper, rows)
    assert again.counts.unchanged == 5000


async def test_people_are_found(bureau: Bureau, keeper: PersonId) -> None:
    await imported(bureau, keeper, sheet(WANG, LI, *({"staff_no": f"20{n:02}", "name": f"张{n}"} for n in range(5))))
    roster, now = bureau.ledger.roster, START

    async def found(**wanted: Any) -> list[str | None]:
        return [one.name for one in (await roster.search(bureau.tenant, now, bureau.programme, **wanted)).people]

    assert await found(words="芳") == ["王芳"]
    assert await found(words="1002") == ["李强"]
    assert await found(words="LiQiang") == ["李强"]
    assert await found(words="%") == []
    assert len(await found(units=["shiyan-maths"])) == 7
    assert await found(units=["pucheng"]) == ["管理员"]
    names, after = [], ""
    while True:
        page = await roster.search(bureau.tenant, now, bureau.programme, after=after, limit=3)
        names += [one.name for one in page.people]
        if page.next is None:
            break
        after = page.next
    assert len(names) == len(set(names)) == 8
    await bureau.by(keeper, StreamId(person_of(bureau.tenant, "1001")), Leave())
    assert await found(words="芳") == []
    assert await found(words="芳", left=True) == ["王芳"]
    holders = await roster.holders(bureau.tenant, ["shiyan-maths"])
    assert len(holders) == 6


async def names(bureau: Bureau) -> dict[PersonId, str | None]:
    return {one.person: one.name for one in await bureau.ledger.roster.known(bureau.tenant)}

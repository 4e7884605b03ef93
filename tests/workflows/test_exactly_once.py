"""Advancing a stream at the same time, again, and after being cut short anywhere: everything happens exactly once."""

from __future__ import annotations

import asyncio
import random
from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import Any, cast

import pytest
from temporalio.client import Client

from activities.process import ProcessActivities
from domain.cycle import Scheduled
from domain.filing import Approve
from domain.ids import SYSTEM, StreamId, TenantId, alarm_command_id, reaction_command_id, stream_id
from domain.inspection import Assign, Inspection, PlanInspection, ScoreItem, Sign
from ledger.order import VersionMoved
from tests.conftest import START, Base, Bureau
from tests.workflows.crash import cancel, crashing, cut_connections
from tests.workflows.school import CLUSTER, GROUP, Acting, query, waiting

SEEDS = {"cancelled": 10, "disconnected": 3}
"""A dropped pool of connections takes its time to come back."""

LATER = START + timedelta(days=8)
"""Three windows have opened by then, and none of them is due yet."""


def observed(bureau: Bureau) -> Acting:
    """A bureau without Temporal: nothing here speaks to it."""
    return Acting(bureau, cast(Client, None))


async def another(bureau: Bureau, tenant: str) -> Bureau:
    """The same bureau again, as another tenant."""
    twin = replace(bureau, tenant=TenantId(tenant))
    await bureau.ledger.tenants.adopt(twin.tenant, bureau.programme)
    await twin.at(START)
    return twin


# -- a scene in which much is due at once


async def scene(bureau: Bureau) -> list[StreamId]:
    """A year with windows overdue, a report judged weak, an inspection just signed, a filing past everything."""
    acting = observed(bureau)
    office = await bureau.person("office", "pucheng")
    coordinator = await bureau.person("coordinator", CLUSTER)
    leader = await bureau.person("group_leader", GROUP)
    panel = tuple([await bureau.person("expert", "pucheng", name) for name in ("甲", "乙")])
    for name in ("甲", "乙", "丙"):
        await bureau.person("teacher", GROUP, name)
    cycle = await acting.begin_year(office)
    weak = await acting.open_filing("stage_report", GROUP, key="weak")
    await acting.submit(leader, weak)
    await bureau.by(coordinator, weak, Approve())
    await bureau.by(office, weak, Approve(judgement="weak"))
    lapsing = await acting.open_filing("stage_report", GROUP, key="lapsing", days=3, remind_days=(2, 1), grace=1)
    inspection = await _signed(bureau, cycle, panel)
    await bureau.at(LATER)
    return [cycle, weak, lapsing, inspection]


async def _signed(bureau: Bureau, cycle: StreamId, panel: tuple[Any, ...]) -> StreamId:
    stream = stream_id("inspection", bureau.tenant, cycle, "special", CLUSTER, "2026-autumn")
    plan = PlanInspection(
        cycle=cycle, rules="special", period="2026-autumn", unit=CLUSTER, due_at=START + timedelta(days=9)
    )
    await bureau.by(SYSTEM, stream, plan)
    await bureau.by(await bureau.person("office", "pucheng", "二"), stream, Assign(inspectors=panel))
    state = (await bureau.ledger.head(bureau.tenant, stream))[1]
    assert isinstance(state, Inspection)
    for item in state.items:
        await bureau.by(panel[0], stream, ScoreItem(item=item.id, points=Decimal(1)))
    for one in panel:
        await bureau.by(one, stream, Sign())
    return stream


async def shape(bureau: Bureau) -> Counter[tuple[Any, ...]]:
    """What became of a bureau, free of ids: each stream's kind, unit, duty, period, state and events."""
    rows = await query(
        bureau.ledger,
        """
        SELECT s.machine, i.unit, i.duty, i.period, s.status, s.version, s.alarm_at,
               array_agg(e.type ORDER BY e.version) AS types
        FROM stream AS s JOIN event AS e USING (tenant, stream) LEFT JOIN item AS i USING (tenant, stream)
        WHERE s.tenant = %s GROUP BY s.machine, i.unit, i.duty, i.period, s.status, s.version, s.alarm_at, s.stream
        """,
        bureau.tenant,
    )
    return Counter((*list(row.values())[:-1], tuple(row["types"])) for row in rows)


async def assert_whole(bureau: Bureau, wanted: Counter[tuple[Any, ...]]) -> None:
    assert await shape(bureau) == wanted
    assert "reactions" not in await waiting(bureau.ledger, bureau.tenant)
    doubled = await query(
        bureau.ledger,
        "SELECT person, stream, notice, count(*) FROM inbox WHERE tenant = %s AND notice IN "
        "('filing_opened', 'filing_lapsed', 'follow_up_opened', 'inspection_result') "
        "GROUP BY person, stream, notice HAVING count(*) > 1",
        bureau.tenant,
    )
    assert doubled == []
    assert (await bureau.ledger.verify(bureau.tenant)).sound
    assert (await bureau.ledger.rebuild_check(bureau.tenant))[1] == ()


async def advance_all(process: ProcessActivities, bureau: Bureau, streams: list[StreamId]) -> None:
    for stream in streams:
        await process.advance_stream(observed(bureau).ref(stream))


async def what_is_right(bureau: Bureau) -> Counter[tuple[Any, ...]]:
    """What undisturbed advancing makes of the scene; checked here so that a twin may be compared with it."""
    process = ProcessActivities(bureau.ledger)
    streams = await scene(bureau)
    await advance_all(process, bureau, streams)
    found = await shape(bureau)
    by_stream = {stream: await observed(bureau).types(stream) for stream in streams}
    assert by_stream[streams[2]] == ["filing.opened", "filing.reminded", "filing.fell_due", "filing.lapsed"]
    assert by_stream[streams[3]][-2:] == ["inspection.completed", "inspection.notified"]
    cycle = await observed(bureau).state(streams[0])
    assert isinstance(cycle, Scheduled)
    due = [one.id for one in cycle.windows if one.opens_at <= LATER]
    assert by_stream[streams[0]].count("cycle.window_opened") == len(due) == len(cycle.opened) == 3
    machines = Counter[str]()
    for key, number in found.items():
        machines[key[0]] += number
    # 1 cluster plan, 9 group plans, 3 personal plans, and the scene's own two.
    assert (machines["filing"], machines["follow_up"], machines["inspection"]) == (1 + 9 + 3 + 2, 1, 1)
    return found


async def test_advancing_at_the_same_time_and_again_does_everything_once(bureau: Bureau) -> None:
    wanted = await what_is_right(bureau)
    twin = await another(bureau, "twin")
    process = ProcessActivities(bureau.ledger)
    streams = await scene(twin)
    for _ in range(3):
        answers = await asyncio.gather(
            *(process.advance_stream(observed(twin).ref(stream)) for stream in streams for _ in range(6)),
            return_exceptions=True,
        )
        # Six at once may take a stream from each other more often than one tries again: Temporal repeats the activity.
        assert not [one for one in answers if isinstance(one, BaseException) and not isinstance(one, VersionMoved)]
    await assert_whole(twin, wanted)


async def test_alarms_and_reactions_carry_ids_that_a_repeat_finds_again(bureau: Bureau) -> None:
    acting = observed(bureau)
    _, weak, lapsing, inspection = streams = await scene(bureau)
    pending = await query(
        bureau.ledger,
        "SELECT stream, version, ordinal, intent ->> 'stream' AS target FROM reaction WHERE tenant = %s",
        bureau.tenant,
    )
    await advance_all(ProcessActivities(bureau.ledger), bureau, streams)
    alarms = [one.command_id for one in await acting.events(lapsing)][1:]
    assert alarms == [
        alarm_command_id(bureau.tenant, lapsing, version, name)
        for version, name in enumerate(("remind", "fall_due", "lapse"), start=1)
    ]
    targets = {one["stream"]: one for one in pending}
    assert targets.keys() == {weak, inspection}
    for source, one in targets.items():
        wanted = reaction_command_id(bureau.tenant, source, one["version"], str(one["ordinal"]), one["target"])
        assert wanted in [event.command_id for event in await acting.events(one["target"])]


# -- crashes


async def _crashing_advance(
    process: ProcessActivities, bureau: Bureau, streams: list[StreamId], rng: random.Random, crash: Callable[[], object]
) -> int:
    """Advance with crash after crash until it ends undisturbed; give the number of crashes."""
    crashes, reach = 0, 20
    while True:
        work = advance_all(process, bureau, streams)
        task = asyncio.create_task(_awaited(crashing(work, rng.randint(1, reach), crash)))
        _, ended = await task
        if ended:
            return crashes
        crashes += 1
        reach += 5


async def _awaited(work: Awaitable[tuple[int, bool]]) -> tuple[int, bool]:
    return await work


@pytest.mark.parametrize("kind", ["cancelled", "disconnected"])
async def test_crashes_anywhere_lead_to_the_same_end(bureau: Bureau, base: Base, kind: str) -> None:
    wanted = await what_is_right(bureau)
    process = ProcessActivities(bureau.ledger)
    crash = cancel if kind == "cancelled" else cut_connections(base)
    crashes = 0
    for seed in range(SEEDS[kind]):
        twin = await another(bureau, f"crash-{seed}")
        streams = await scene(twin)
        crashes += await _crashing_advance(process, twin, streams, random.Random(seed), crash)
        await assert_whole(twin, wanted)
    assert crashes > 3 * SEEDS[kind]

"""How fast a cycle opens a window: a bureau of ten thousand research groups, against copying the same rows."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from itertools import count as counter
from typing import LiteralString
from uuid import uuid4

import uvloop

from activities.process import ProcessActivities
from activities.temporal import StreamRef
from bench.bureau import all_together, appoint, county, registration
from bench.harness import (
    CONNECTIONS,
    Aim,
    Database,
    Sample,
    Section,
    Spread,
    alternate,
    database,
    plain_rate_table,
    timed,
)
from domain.cycle import DraftCycle, Publish, Scheduled
from domain.ids import SYSTEM, StreamId, TenantId, stream_id
from domain.machine import Command
from domain.programme import Programme, Unit, UnitKind
from domain.text import Text
from ledger.ledger import Ledger
from ledger.order import Order

OURS = "window opened by the cycle's process manager"
COPY = "the same rows, INSERT … SELECT"
AIM = 10.0
"""Seconds for a window of ten thousand units."""
YEAR = 2026

WHAT = """A programme like the county's, with clusters enough for ten thousand research groups, each with its leader,
and one duty: the group's plan. The clock is set to the window's opening and `ProcessActivities.advance_stream`
advances the cycle: it starts the year, opens the window, and opens a filing for every group in transactions of
500, each with its event, chain, snapshot, list entry, task, notice to the leader, and wake-up. *The same rows*
are those rows copied into empty tables with the same indexes, in one transaction: no decision, no digest, no
round trip."""

_TABLES = ("event", "stream", "item", "task", "inbox", "outbox")
_FILINGS: LiteralString = "SELECT count(*) AS n FROM stream WHERE tenant = %s AND machine = 'filing'"


def run(quick: bool) -> Section:
    """Measure with a new tenant each round."""
    section = Section("Opening a window", WHAT)
    uvloop.run(_measure(section, 12 if quick else 1112, 2))
    return section


async def _measure(section: Section, clusters: int, rounds: int) -> None:
    programme = widened(county(), clusters)
    groups = sum(unit.kind is UnitKind.GROUP for unit in programme.all_units.values())
    with database() as base:
        async with Ledger.connect(base.service, size=CONNECTIONS) as ledger:
            window = _Window(base, ledger, programme)
            found = await alternate({OURS: window.opened, COPY: window.copied}, rounds, f"{groups} groups")
    title = f"A window of {groups:,} units"
    section.tables.append(plain_rate_table(title, found, {OURS: COPY}, "filings"))
    seconds = Spread.of([one.seconds for one in found[OURS]])
    text = f"a window for 10,000 units in the ledger in under {AIM:.0f} s"
    if groups < 10_000:
        section.remarks.append(f"{text}: not measured at this size.")
    else:
        section.aims.append(Aim(text, seconds.median < AIM, f"{seconds.show(lambda one: f'{one:.1f}')} s"))


def widened(programme: Programme, clusters: int) -> Programme:
    """The county with so many clusters, and the research groups' plan as the only duty."""
    root = next(unit for unit in programme.units if unit.parent is None)
    units = [
        Unit(
            id=f"cluster-{number}",
            kind=UnitKind.CLUSTER,
            parent=root.id,
            title=Text(zh=f"第 {number} 片区", en=f"Cluster {number}"),
        )
        for number in range(clusters)
    ]
    kept = {name: getattr(programme, name) for name in Programme.model_fields}
    duties = tuple(duty for duty in programme.duties if duty.id == "group_plan")
    return Programme(**kept | {"units": (root, *units), "duties": duties, "inspections": ()})


class _Window:
    """Opens the window in a new tenant each time, and copies what that wrote."""

    def __init__(self, base: Database, ledger: Ledger, programme: Programme) -> None:
        self._base = base
        self._ledger = ledger
        self._programme = programme
        self._numbers = counter(1)
        self._tenant = TenantId("none")

    async def opened(self, _: int) -> Sample:
        """Open it."""
        self._tenant = TenantId(f"county-{next(self._numbers)}")
        cycle = await self._announced()
        manager = ProcessActivities(self._ledger)
        sample = await timed(manager.advance_stream(StreamRef(tenant=self._tenant, stream=cycle)), 1)
        async with self._ledger.database.connection(self._tenant) as connection:
            row = await (await connection.execute(_FILINGS, (self._tenant,))).fetchone()
        assert row is not None, "counting gives a row"
        return Sample(sample.seconds, (), row["n"])

    async def copied(self, _: int) -> Sample:
        """Copy the rows of the last window."""
        self._base.as_owner(
            "CREATE SCHEMA copied",
            *(f"CREATE TABLE copied.{table} (LIKE public.{table} INCLUDING ALL)" for table in _TABLES),
            "GRANT ALL ON SCHEMA copied TO public",
            "GRANT ALL ON ALL TABLES IN SCHEMA copied TO public",
        )
        sample = await timed(self._copy(), lambda filings: filings)
        self._base.as_owner("DROP SCHEMA copied CASCADE")
        return sample

    async def _copy(self) -> int:
        of = f"WHERE tenant = '{self._tenant}' AND stream LIKE 'fil-%'"
        filings = 0
        async with self._ledger.database.transaction(self._tenant) as connection:
            for table in _TABLES:
                override = "OVERRIDING SYSTEM VALUE" if table == "outbox" else ""
                query = f"INSERT INTO copied.{table} {override} SELECT * FROM public.{table} {of}"
                written = (await connection.execute(query.encode())).rowcount
                filings = written if table == "stream" else filings
        return filings

    async def _announced(self) -> StreamId:
        """Adopt, appoint, announce the year, and set the clock to the window's opening."""
        ledger, programme, tenant = self._ledger, self._programme, self._tenant
        await ledger.tenants.adopt(tenant, programme)
        await ledger.tenants.freeze_clock(tenant, datetime(YEAR, 8, 20, tzinfo=UTC))
        leaders = [unit.id for unit in programme.all_units.values() if unit.kind is UnitKind.GROUP]
        await all_together(ledger, [self._registered(unit) for unit in leaders])
        office = await appoint(ledger, tenant, "office", programme.root_path[0])
        cycle = stream_id("cycle", tenant, str(YEAR))
        commands: Sequence[Command] = (DraftCycle(school_year=YEAR), Publish())
        for command in commands:
            await ledger.execute(Order(tenant, cycle, command, office, uuid4()))
        _, state, _ = await ledger.head(tenant, cycle)
        assert isinstance(state, Scheduled), "it was published"
        await ledger.tenants.freeze_clock(tenant, max(state.windows[0].opens_at, state.starts_at))
        return cycle

    def _registered(self, unit: str) -> Order:
        person = stream_id("person", self._tenant, "group_leader", unit)
        return Order(self._tenant, person, registration("group_leader", unit), SYSTEM, uuid4())

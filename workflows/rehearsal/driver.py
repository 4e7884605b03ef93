"""The rehearsal's clockwork: move the tenant's clock, let Temporal skip to it, let people act, wait until all is quiet.

The ledger's clock stands still within a step, so every time in the ledger repeats for the same seed. Temporal's own
clock is moved by the same span, and a little more, so that every timer of the step fires; a process manager that
wakes early sees so and sleeps again.
"""

from __future__ import annotations

import asyncio
import heapq
import resource
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import LiteralString
from uuid import UUID

from psycopg.rows import DictRow
from temporalio.testing import WorkflowEnvironment

from domain.cycle import DraftCycle, Publish, Scheduled
from domain.ids import SYSTEM, PersonId, StreamId, TenantId, derived, stream_id
from domain.machines import machine_for
from domain.programme import Programme, Right
from domain.refusal import Refused
from ledger.ledger import Ledger
from ledger.order import Order, VersionMoved
from workflows.rehearsal.people import Act, Crowd, registration, whose_turn
from workflows.rehearsal.report import Report, counted
from workflows.worker import REHEARSAL_GRAIN

QUIET_LIMIT = 120.0
"""Seconds of real time a step may take to settle; beyond it something is broken."""

_PENDING: LiteralString = """
SELECT (SELECT count(*) FROM outbox WHERE tenant = t.tenant) AS wakes,
       (SELECT count(*) FROM reaction WHERE tenant = t.tenant) AS reactions,
       (SELECT count(*) FROM stream WHERE tenant = t.tenant AND alarm_at <= t.clock_frozen) AS alarms,
       (SELECT min(alarm_at) FROM stream WHERE tenant = t.tenant) AS next_alarm,
       t.position
FROM tenant AS t WHERE t.tenant = %s
"""

_CHANGED: LiteralString = """
SELECT s.stream, s.version, s.status, s.state::text AS state FROM stream AS s
WHERE s.tenant = %(tenant)s AND s.stream IN (
    SELECT e.stream FROM event AS e WHERE e.tenant = %(tenant)s AND e.position > %(after)s
) AND s.machine IN ('filing', 'inspection', 'follow_up')
ORDER BY s.stream
"""


class NotQuiet(Exception):
    """A step did not settle: something does not carry out what is due."""


Progress = Callable[[date, int], None]
"""Told the simulated day and the events so far."""


@dataclass(order=True, slots=True)
class _Planned:
    at: datetime
    stream: str
    ordinal: int
    act: Act = field(compare=False)


class Rehearsal:
    """One rehearsal of a programme's school year, in a tenant of its own."""

    def __init__(
        self, ledger: Ledger, env: WorkflowEnvironment, tenant: TenantId, programme: Programme, year: int, seed: int
    ) -> None:
        self._ledger = ledger
        self._env = env
        self._tenant = tenant
        self._programme = programme
        self._calendar = programme.calendar_of(year)
        self._year = year
        self._seed = seed
        self._crowd = Crowd(programme, tenant, seed)
        self._plans: list[_Planned] = []
        self._seen = 0
        self._synced = self._begin()
        self._turns: dict[str, object] = {}
        self._refused: Counter[str] = Counter()
        self._cycle = stream_id("cycle", tenant, str(year))

    def _begin(self) -> datetime:
        """The morning a week before the first day: people are appointed, the year is announced."""
        return self._calendar.start_of_business(self._calendar.first_day - timedelta(days=7))

    async def run(self, until: datetime, progress: Progress | None = None) -> Report:
        """Rehearse until an instant, and report."""
        began = time.monotonic()
        await self._set_up()
        now = self._begin()
        while (following := await self._next(now)) is not None and following <= until:
            now = following
            await self._step(now)
            if progress is not None:
                progress(self._calendar.local(now).date(), self._seen)
        await self._ledger.tenants.freeze_clock(self._tenant, until)
        await self._settle(until)
        return await self._report(until, time.monotonic() - began)

    # -- setting up

    async def _set_up(self) -> None:
        await self._ledger.tenants.adopt(self._tenant, self._programme)
        await self._ledger.tenants.freeze_clock(self._tenant, self._begin())
        first_day = self._calendar.local(self._begin()).date()
        orders = [
            Order(
                self._tenant,
                StreamId(one.id),
                registration(one, first_day),
                SYSTEM,
                self._command_id("register", one.id),
            )
            for one in self._crowd.people.values()
        ]
        for start in range(0, len(orders), 500):
            await self._ledger.execute_many(orders[start : start + 500])
        runner = self._runner()
        for command in (DraftCycle(school_year=self._year), Publish()):
            await self._ledger.execute(
                Order(self._tenant, self._cycle, command, runner, self._command_id("cycle", command.name))
            )

    def _runner(self) -> PersonId:
        """Whoever may run the cycle."""
        roles = {role.id for role in self._programme.roles if Right.RUN_CYCLE in role.rights}
        return next(one.id for one in self._crowd.people.values() if one.post.role in roles)

    def _command_id(self, *about: str) -> UUID:
        return derived(self._tenant, "rehearsal", str(self._seed), *about)

    # -- stepping

    async def _next(self, now: datetime) -> datetime | None:
        """The next time at which anything happens: somebody acts, or an alarm falls due."""
        row = await self._pending()
        alarm: datetime | None = row["next_alarm"]
        times = [one.at for one in self._plans[:1]]
        if alarm is not None:
            times.append(max(alarm.astimezone(UTC), now))
        return min(times, default=None)

    async def _step(self, now: datetime) -> None:
        await self._ledger.tenants.freeze_clock(self._tenant, now)
        await self._settle(now)
        due: dict[str, list[_Planned]] = {}
        while self._plans and self._plans[0].at <= now:
            one = heapq.heappop(self._plans)
            due.setdefault(one.stream, []).append(one)
        gate = asyncio.Semaphore(8)
        async with asyncio.TaskGroup() as group:
            for acts in due.values():
                group.create_task(self._act(gate, acts))
        await self._settle(now)

    async def _act(self, gate: asyncio.Semaphore, acts: list[_Planned]) -> None:
        """Carry out what people do about one stream, in order."""
        async with gate:
            for one in acts:
                about = (one.stream, one.at.isoformat(), str(one.ordinal))
                order = Order(
                    self._tenant,
                    StreamId(one.stream),
                    one.act.command,
                    one.act.person,
                    self._command_id("act", *about),
                )
                try:
                    await self._ledger.execute(order)
                except Refused as refused:
                    self._refused[refused.code] += 1
                except VersionMoved:
                    self._refused["moved"] += 1

    async def _settle(self, now: datetime) -> None:
        """Wait until nothing is due, pending or to be relayed; then let people plan what to do about what is new."""
        deadline = time.monotonic() + QUIET_LIMIT
        while True:
            row = await self._pending()
            if row["alarms"]:
                await self._skip_to(now)
            elif not row["wakes"] and not row["reactions"]:
                break
            if time.monotonic() > deadline:
                raise NotQuiet(f"{self._tenant} does not settle at {now}: {row}")
            await asyncio.sleep(0.005)
        await self._plan(row["position"], now)

    async def _skip_to(self, now: datetime) -> None:
        """Let Temporal's clock skip as far as ours has moved, and a little more.

        More by the grain that wake-ups are rounded to, and by two seconds for what real time passed meanwhile.
        """
        await self._env.sleep(max(now - self._synced, timedelta(0)) + REHEARSAL_GRAIN + timedelta(seconds=2))
        self._synced = now

    async def _pending(self) -> DictRow:
        async with self._ledger.database.connection(self._tenant) as connection:
            row = await (await connection.execute(_PENDING, (self._tenant,))).fetchone()
        assert row is not None, "the tenant exists"
        return row

    async def _plan(self, position: int, now: datetime) -> None:
        if position == self._seen:
            return
        values = {"tenant": self._tenant, "after": self._seen}
        async with self._ledger.database.connection(self._tenant) as connection:
            rows = await (await connection.execute(_CHANGED, values)).fetchall()
        self._seen = position
        for row in rows:
            state = machine_for(row["stream"]).load_state(row["status"], row["state"])
            turn = whose_turn(state)
            if self._turns.get(row["stream"]) == turn:
                continue
            self._turns[row["stream"]] = turn
            acts = self._crowd.plan(row["stream"], row["version"], state, now)
            for ordinal, act in enumerate(acts):
                heapq.heappush(self._plans, _Planned(act.at, row["stream"], row["version"] * 100 + ordinal, act))

    # -- reporting

    async def _report(self, until: datetime, seconds: float) -> Report:
        verification = await self._ledger.verify(self._tenant)
        _, drifts = await self._ledger.rebuild_check(self._tenant)
        _, cycle, _ = await self._ledger.head(self._tenant, self._cycle)
        assert isinstance(cycle, Scheduled), "the cycle was published"
        return Report(
            programme=self._programme.id,
            title=self._programme.title,
            seed=self._seed,
            first_day=self._calendar.first_day,
            until=self._calendar.local(until).date(),
            units=len(self._programme.all_units),
            people=len(self._crowd.people),
            provisional_windows=sum(one.provisional for one in cycle.windows),
            refused=dict(sorted(self._refused.items())),
            sound=verification.sound,
            drifts=len(drifts),
            seconds=round(seconds, 1),
            peak_mib=resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024,
            **await counted(self._ledger.database, self._tenant, self._programme),
        )


def narrowed(programme: Programme, units: int | None) -> Programme:
    """Return the programme with only the first `units` units below its root, and all below those.

    ValueError when the programme has fewer.
    """
    if units is None:
        return programme
    root = next(unit.id for unit in programme.units if unit.parent is None)
    children = [unit.id for unit in programme.units if unit.parent == root]
    if not 1 <= units <= len(children):
        raise ValueError(f"the programme has {len(children)} units below its root; ask for 1 to {len(children)}")
    kept = {root, *children[:units]}
    chosen = []
    for unit in programme.units:
        if unit.id in kept or unit.parent in kept - {root}:
            kept.add(unit.id)
            chosen.append(unit)
    return Programme(**{name: getattr(programme, name) for name in Programme.model_fields} | {"units": tuple(chosen)})

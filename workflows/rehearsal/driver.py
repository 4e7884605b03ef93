"""The rehearsal's clockwork: move the tenant's clock, let Temporal skip to it, let people act, wait until all is quiet.

The ledger's clock stands still within a step, so every time in the ledger repeats for the same seed. Temporal's own
clock is moved by the same span, and a little more, so that every timer of the step fires; a process manager that
wakes early sees so and sleeps again.
"""

from __future__ import annotations

import asyncio
import heapq
import random
import resource
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from uuid import UUID

from temporalio.testing import WorkflowEnvironment

from domain.cycle import DraftCycle, Publish, Scheduled
from domain.filing import Filing
from domain.ids import SYSTEM, PersonId, StreamId, TenantId, derived, stream_id
from domain.person import Person
from domain.programme import Programme, Right
from domain.refusal import Refused
from ledger.ledger import Ledger
from ledger.moves import moved
from ledger.order import Order, VersionMoved
from workflows.rehearsal.affairs import Affair, Directory, Errand, Kind, calendar_of_affairs, revised
from workflows.rehearsal.lively import LivelyCrowd
from workflows.rehearsal.people import Act, Crowd, Look, draw, registration, whose_turn
from workflows.rehearsal.report import Report, counted
from workflows.worker import REHEARSAL_GRAIN

QUIET_LIMIT = 120.0
"""Seconds of real time a step may take to settle; beyond it something is broken."""

_WHY_MOVED = "自即日起按新方案办理。"


class NotQuiet(Exception):
    """A step did not settle: something does not carry out what is due."""


Progress = Callable[[date, int], None]
"""Told the simulated day and the events so far."""


@dataclass(order=True, slots=True)
class _Planned:
    at: datetime
    stream: str
    ordinal: int
    act: Act | Look = field(compare=False)


class Rehearsal:
    """One rehearsal of a programme's school year, in a tenant of its own.

    Lively: people do everything that a filing allows, they come and go, and the rules change on the way.
    """

    def __init__(
        self,
        ledger: Ledger,
        env: WorkflowEnvironment,
        tenant: TenantId,
        programme: Programme,
        year: int,
        seed: int,
        *,
        lively: bool = False,
    ) -> None:
        self._ledger = ledger
        self._env = env
        self._tenant = tenant
        self._programme = programme
        self._calendar = programme.calendar_of(year)
        self._year = year
        self._seed = seed
        self._lively = LivelyCrowd(programme, tenant, seed) if lively else None
        self._crowd = self._lively or Crowd(programme, tenant, seed)
        self._machines = ["filing", "inspection", "follow_up", *(["person"] if lively else [])]
        self._affairs = list(calendar_of_affairs(self._calendar)) if lively else []
        self._rules = programme
        self._looks: dict[str, Look] = {}
        self._again: set[str] = set()
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
        await self._ledger.tenants.adopt(self._tenant, self._programme, clock=self._begin())
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
        alarm = (await self._ledger.rehearsals.unrest(self._tenant)).next_alarm
        times = [one.at for one in self._plans[:1]] + [max(one.at, now) for one in self._affairs[:1]]
        if alarm is not None:
            times.append(max(alarm.astimezone(UTC), now))
        return min(times, default=None)

    async def _step(self, now: datetime) -> None:
        await self._ledger.tenants.freeze_clock(self._tenant, now)
        await self._settle(now)
        while self._affairs and self._affairs[0].at <= now:
            await self._happens(heapq.heappop(self._affairs), now)
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
                order = await self._order(one)
                if order is not None:
                    await self._try(order)

    async def _order(self, one: _Planned) -> Order | None:
        """What somebody does who planned to act, or who looks at a filing and decides now; None when nothing."""
        stream, act = StreamId(one.stream), one.act
        id = self._command_id("act", one.stream, one.at.isoformat(), str(one.ordinal))
        if isinstance(act, Act):
            return Order(self._tenant, stream, act.command, act.person, id)
        if self._lively is None or self._looks.get(one.stream) is not act:
            return None  # everybody has thought anew since
        self._again.add(one.stream)
        version, state, _ = await self._ledger.head(self._tenant, stream)
        assert isinstance(state, Filing), "only filings are looked at"
        deed = self._lively.deed(act, stream, version, state, one.at)
        if deed is None:
            return None
        return Order(self._tenant, stream, deed.command, deed.person, id, version, deed.on_behalf_of)

    async def _try(self, order: Order) -> None:
        """Carry out an order; what is refused is counted."""
        try:
            await self._ledger.execute(order)
        except Refused as refused:
            self._refused[refused.code] += 1
        except VersionMoved:
            self._refused["moved"] += 1

    # -- what becomes of people and rules

    async def _happens(self, affair: Affair, now: datetime) -> None:
        assert self._lively is not None, "only a lively rehearsal has affairs"
        rng = draw(self._seed, "affair", str(affair.number), affair.kind)
        directory = Directory(self._lively)
        today = self._calendar.local(now).date()
        if affair.kind is Kind.RULES:
            await self._other_rules(directory, affair)
            return
        if affair.kind is Kind.LEAVER:
            errands = await self._leaving(directory, affair, rng, today)
        else:
            awaited = await self._ledger.rehearsals.awaited(self._tenant)
            errands, following = directory.errands(affair, rng, today, self._calendar, awaited.posts)
            if following is not None:
                heapq.heappush(self._affairs, following)
        for number, one in enumerate(errands):
            id = self._command_id("affair", str(affair.number), affair.kind, str(number))
            await self._try(Order(self._tenant, one.stream, one.command, one.person, id))

    async def _leaving(self, directory: Directory, affair: Affair, rng: random.Random, today: date) -> Sequence[Errand]:
        leaver = directory.leaver((await self._ledger.rehearsals.awaited(self._tenant)).people, rng)
        if leaver is None:
            return ()
        streams = await self._ledger.absence.waiting(self._tenant, [leaver], [])
        return list(directory.handing_over(affair, leaver, streams, rng, today))

    async def _other_rules(self, directory: Directory, affair: Affair) -> None:
        """Put other rules in force, and let whoever runs the cycle say what becomes of each filing on its way."""
        self._rules = revised(self._rules)
        keeper = directory.keeper
        digest = await self._ledger.tenants.put_in_force(self._tenant, self._rules, keeper, _WHY_MOVED)
        runner, rules, _ = await self._ledger.actor(self._tenant, directory.runner)
        found = await self._ledger.moves.page(self._tenant, self._cycle, rules, runner)
        wishes = [directory.wish(one, draw(self._seed, "move", one.stream, digest)) for one in found.filings]
        answers = await self._ledger.moves.carry_out(self._tenant, runner.person, digest, _WHY_MOVED, wishes)
        for _, refused in moved(answers)[1]:
            self._refused["moved" if refused is None else refused.code] += 1

    async def _settle(self, now: datetime) -> None:
        """Wait until nothing is due, pending or to be relayed; then let people plan what to do about what is new."""
        deadline = time.monotonic() + QUIET_LIMIT
        while True:
            unrest = await self._ledger.rehearsals.unrest(self._tenant)
            if unrest.alarms:
                await self._skip_to(now)
            elif not unrest.wakes and not unrest.reactions:
                break
            if time.monotonic() > deadline:
                raise NotQuiet(f"{self._tenant} does not settle at {now}: {unrest}")
            await asyncio.sleep(0.005)
        await self._plan(unrest.position, now)

    async def _skip_to(self, now: datetime) -> None:
        """Let Temporal's clock skip as far as ours has moved, and a little more.

        More by the grain that wake-ups are rounded to, and by two seconds for what real time passed meanwhile.
        """
        await self._env.sleep(max(now - self._synced, timedelta(0)) + REHEARSAL_GRAIN + timedelta(seconds=2))
        self._synced = now

    async def _plan(self, position: int, now: datetime) -> None:
        if position == self._seen and not self._again:
            return
        again, self._again = self._again, set()
        changed = await self._ledger.rehearsals.changed(self._tenant, self._seen, again, self._machines)
        self._seen = position
        for one in changed:
            if self._lively is not None and isinstance(one.state, Person):
                self._lively.heed(one.state)
                self._again |= self._lively.idle
        for one in changed:
            turn = whose_turn(one.state)
            if self._turns.get(one.stream) == turn and one.stream not in again:
                continue
            self._turns[one.stream] = turn
            acts = self._crowd.plan(one.stream, one.version, one.state, now)
            self._looks.pop(one.stream, None)
            for ordinal, act in enumerate(acts):
                number = one.version * 100 + ordinal
                if isinstance(act, Look):
                    self._looks[one.stream] = act
                    number = act.number
                heapq.heappush(self._plans, _Planned(act.at, one.stream, number, act))

    # -- reporting

    async def _report(self, until: datetime, seconds: float) -> Report:
        verification = await self._ledger.verify(self._tenant)
        _, drifts = await self._ledger.rebuild_check(self._tenant)
        _, cycle, _ = await self._ledger.head(self._tenant, self._cycle)
        assert isinstance(cycle, Scheduled), "the cycle was published"
        zone = self._programme.calendar.time_zone
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
            **counted(await self._ledger.rehearsals.tally(self._tenant, zone), self._programme),
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

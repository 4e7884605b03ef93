"""Commands in process: `Ledger.execute` against one SQL statement, pyeventsourcing and an empty Temporal update."""

from __future__ import annotations

import sys
from contextlib import AsyncExitStack
from functools import partial
from typing import Any

import uvloop
from temporalio.client import Client

from bench.bureau import Bureau
from bench.floors import EmptyUpdate, EventSourcing, OneStatement, Step, closing
from bench.harness import (
    CONNECTIONS,
    Aim,
    Contender,
    Rounds,
    Sample,
    Section,
    alternate,
    database,
    drive,
    rate_table,
    ratio,
    ratios,
)
from bench.harness import Database as Base
from deploy.service import Command
from deploy.temporal import TemporalDevServer
from ledger.ledger import Ledger
from ledger.order import Order
from ledger.replay import as_row

OURS = "Ledger.execute"
STATEMENT = "one SQL statement, psycopg"
DEFAULT = "pyeventsourcing, default"
FUNCTIONS = "pyeventsourcing, database functions"
HELD = "pyeventsourcing, database functions, aggregate kept in memory"
UPDATE = "empty Temporal update"

WHAT = """Filings are opened beforehand; each is then begun, submitted and approved: three commands, five events. Ours
is the whole of `Ledger.execute`: read, access policy, decision, digests and links of both chains, snapshot,
read models, notices, contents, outbox. *One SQL statement* writes as many events, a gapless position,
snapshot, one read model row and an outbox row, and decides nothing. *pyeventsourcing* loads the aggregate,
triggers as many events and saves; in the last form it keeps the aggregate and only saves. Its database
function takes no table lock, so its positions may have gaps and come late; ours may not. *An empty Temporal
update* goes to a workflow on the development server, with its worker in a process of its own. All have 16
connections, and the callers of ours, of the statement and of pyeventsourcing share one Python process with
them (pyeventsourcing in threads). No worker runs, so nobody empties the outbox meanwhile."""


def run(quick: bool) -> Section:
    """Measure with 1, 16 and 64 callers."""
    section = Section("Commands, in process", WHAT)
    uvloop.run(_measure(section, quick))
    return section


async def _measure(section: Section, quick: bool) -> None:
    filings = {1: 12, 16: 40, 64: 80} if quick else {1: 200, 16: 600, 64: 600}
    updates = {1: 20, 16: 64} if quick else {1: 200, 16: 1600}
    rounds = 2 if quick else 3
    async with AsyncExitStack() as stack:
        base = stack.enter_context(database())
        ledger = await stack.enter_async_context(Ledger.connect(base.service, size=CONNECTIONS))
        bureau = await Bureau.founded(ledger)
        steps = await _sample_life(bureau)
        contenders = await _contenders(stack, base, bureau, steps)
        update = await _temporal(stack, base)
        for contender in contenders.values():
            await contender(filings[64], 64)  # opens connections and prepares statements
        for callers in (1, 16, 64):
            ready: dict[str, Contender] = {
                name: partial(_round, contender, filings[callers], callers) for name, contender in contenders.items()
            }
            if callers in updates:
                ready[UPDATE] = partial(_round, update.run, updates[callers], callers)
            found = await alternate(ready, rounds, f"{callers} callers")
            title = "1 caller" if callers == 1 else f"{callers} callers"
            section.tables.append(rate_table(title, found, OURS, "commands"))
            section.aims.append(_aim(found, title))
            section.remarks.append(_remark(found, title))


async def _round(run: Any, amount: int, callers: int, _: int) -> Sample:
    found: Sample = await run(amount, callers)
    return found


def _aim(found: Rounds, title: str) -> Aim:
    text = f"{title}: at least as fast as pyeventsourcing with database functions"
    return Aim.as_fast(text, ratios(found, OURS, FUNCTIONS))


def _remark(found: Rounds, title: str) -> str:
    statement, held = ratios(found, OURS, STATEMENT), ratios(found, OURS, HELD)
    return (
        f"{title}: {ratio(statement.median)} of the rate of the one statement, which decides and proves nothing; "
        f"{ratio(held.median)} of pyeventsourcing's when that need not load what it changes."
    )


async def _sample_life(bureau: Bureau) -> list[Step]:
    """Carry one filing through, and tell what each command wrote."""
    (one,) = await bureau.opened(1, "sample")
    version, state, _ = await bureau.ledger.head(bureau.tenant, one.stream)
    steps = []
    for order in bureau.life(one, state):
        outcome = await bureau.ledger.execute(order)
        events = await bureau.ledger.events(bureau.tenant, one.stream, after=version)
        version = outcome.version
        rows = [{name: row[name] for name in ("type", "data")} for row in map(as_row, events)]
        steps.append(Step(outcome.state.status, outcome.state.model_dump(mode="json"), rows))
    return steps


async def _contenders(stack: AsyncExitStack, base: Base, bureau: Bureau, steps: list[Step]) -> dict[str, Any]:
    statement = await stack.enter_async_context(OneStatement(base, steps))
    default = EventSourcing(base, steps, "es_default", functions=False, loads=True)
    functions = EventSourcing(base, steps, "es_functions", functions=True, loads=True)
    held = EventSourcing(base, steps, "es_held", functions=True, loads=False)
    stack.enter_context(closing(default, functions, held))
    return {
        OURS: _Ours(bureau).run,
        STATEMENT: statement.run,
        DEFAULT: default.run,
        FUNCTIONS: functions.run,
        HELD: held.run,
    }


async def _temporal(stack: AsyncExitStack, base: Base) -> EmptyUpdate:
    server = stack.enter_context(TemporalDevServer(base.folder / "temporal", headless=True))
    worker = [sys.executable, "-m", "bench.noop", server.address]
    stack.enter_context(Command("noop", worker, log=base.folder / "noop.log"))
    return EmptyUpdate(await Client.connect(server.address))


class _Ours:
    """Carries filings through their life by `Ledger.execute`."""

    def __init__(self, bureau: Bureau) -> None:
        self._bureau = bureau
        self._runs = 0

    async def run(self, filings: int, callers: int) -> Sample:
        """Let callers take so many filings through their life."""
        self._runs += 1
        opened = await self._bureau.opened(filings, f"run-{self._runs}")
        _, state, _ = await self._bureau.ledger.head(self._bureau.tenant, opened[0].stream)
        jobs = [[self._operation(order) for order in self._bureau.life(one, state)] for one in opened]
        return await drive(jobs, callers)

    def _operation(self, order: Order) -> Any:
        return lambda: self._bureau.ledger.execute(order)

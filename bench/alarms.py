"""How soon a due alarm is applied on the live stack: development server, worker, relay, ledger."""

from __future__ import annotations

import asyncio
import sys
import time
from collections.abc import Sequence
from contextlib import ExitStack
from datetime import datetime, timedelta
from typing import LiteralString
from uuid import uuid4

import uvloop
from temporalio.client import Client

from activities.temporal import SEARCH_ATTRIBUTES
from bench.bureau import Bureau, Opened
from bench.harness import Database, Sample, Section, Spread, Table, database, millis, say
from bench.noop import QUEUE, Timer
from deploy.service import Command
from deploy.temporal import TemporalDevServer
from ledger.ledger import Ledger

OURS = "reminder in the ledger"
FLOOR = "bare Temporal timer"
PERCENTILES = (50, 90, 99, 100)

WHAT = """Filings are opened on the running stack (`termledger worker`, Temporal's development server, PostgreSQL),
each with a reminder ten seconds ahead or more. Lateness is the reminder event's `recorded_at` less the
instant it was due: Temporal's timer, the workflow's task, the look at the stream, the command. *A bare
Temporal timer* is a workflow on the same server that sleeps until such an instant and tells when it woke.
Once the reminders are spread over some seconds, once all of them are due at the same instant, as on an
evening when a duty falls due for everybody."""

_RECORDED: LiteralString = """
SELECT stream, recorded_at FROM event WHERE tenant = %s AND type = 'filing.reminded' AND stream = ANY(%s)
"""


def run(quick: bool) -> Section:
    """Measure spread and all at once."""
    section = Section("Alarms", WHAT)
    uvloop.run(_measure(section, quick))
    return section


async def _measure(section: Section, quick: bool) -> None:
    number, lead, span, rounds = (20, 3.0, 3.0, 1) if quick else (300, 10.0, 20.0, 2)
    with ExitStack() as stack:
        base = stack.enter_context(database())
        client = await _stack(stack, base)
        async with Ledger.connect(base.service, size=4) as ledger:
            bureau = await Bureau.founded(ledger)
            await _ours(bureau, "warm", 5, lead, 1.0)
            await _bare(client, 5, lead, 1.0)
            for title, width in ((f"{number} reminders over {span:.0f} s", span), (f"{number} at one instant", 0.0)):
                found: dict[str, list[Sample]] = {OURS: [], FLOOR: []}
                for round_ in range(rounds):
                    found[OURS].append(await _ours(bureau, f"{width}-{round_}", number, lead, width))
                    found[FLOOR].append(await _bare(client, number, lead, width))
                    say(f"{title}, round {round_ + 1} of {rounds}: p50 {millis(found[OURS][-1].percentile(50))} ms")
                section.tables.append(_table(title, found))
                section.remarks.append(_remark(title, found))


async def _stack(stack: ExitStack, base: Database) -> Client:
    server = stack.enter_context(
        TemporalDevServer(base.folder / "temporal", search_attributes=SEARCH_ATTRIBUTES, headless=True)
    )
    env = {"TERMLEDGER_DSN": base.service, "TERMLEDGER_TEMPORAL": server.address}
    for name, command in (("worker", ["-m", "cli.main", "worker"]), ("noop", ["-m", "bench.noop", server.address])):
        stack.enter_context(Command(name, [sys.executable, *command], log=base.folder / f"{name}.log", env=env))
    return await Client.connect(server.address)


def _instants(now: datetime, number: int, lead: float, width: float) -> list[datetime]:
    return [now + timedelta(seconds=lead + width * ordinal / number) for ordinal in range(number)]


async def _ours(bureau: Bureau, about: str, number: int, lead: float, width: float) -> Sample:
    due = _instants(await bureau.ledger.tenants.now(bureau.tenant), number, lead, width)
    filings = await bureau.opened(number, f"alarm-{about}", due)
    recorded = await _recorded(bureau, filings, lead + width + 60)
    late = [(recorded[one.stream] - instant).total_seconds() for one, instant in zip(filings, due, strict=True)]
    return Sample(max(late), late)


async def _recorded(bureau: Bureau, filings: Sequence[Opened], limit: float) -> dict[str, datetime]:
    streams = [one.stream for one in filings]
    deadline = time.monotonic() + limit
    while True:
        async with bureau.ledger.database.connection(bureau.tenant) as connection:
            rows = await (await connection.execute(_RECORDED, (bureau.tenant, streams))).fetchall()
        if len(rows) == len(streams):
            return {row["stream"]: row["recorded_at"] for row in rows}
        if time.monotonic() > deadline:
            raise TimeoutError(f"{len(streams) - len(rows)} of {len(streams)} reminders did not come in {limit:.0f} s")
        await asyncio.sleep(0.5)


async def _bare(client: Client, number: int, lead: float, width: float) -> Sample:
    due = [time.time() + lead + width * ordinal / number for ordinal in range(number)]
    gate = asyncio.Semaphore(50)

    async def one(instant: float) -> float:
        async with gate:
            handle = await client.start_workflow(Timer.run, instant, id=str(uuid4()), task_queue=QUEUE)
        return await handle.result()

    async with asyncio.timeout(lead + width + 60):
        late = await asyncio.gather(*(one(instant) for instant in due))
    return Sample(max(late), late)


def _table(title: str, found: dict[str, list[Sample]]) -> Table:
    rows = [
        [name, *(Spread.of([one.percentile(p) for one in samples]).show(millis) for p in PERCENTILES)]
        for name, samples in found.items()
    ]
    rows.append(["ours ÷ floor", *(_times(found, p).show(lambda value: f"{value:.1f}×") for p in PERCENTILES)])
    return Table(title, ("lateness, ms", *(f"p{p}" if p < 100 else "worst" for p in PERCENTILES)), rows)


def _times(found: dict[str, list[Sample]], percent: float) -> Spread:
    pairs = zip(found[OURS], found[FLOOR], strict=True)
    return Spread.of([mine.percentile(percent) / max(bare.percentile(percent), 1e-6) for mine, bare in pairs])


def _remark(title: str, found: dict[str, list[Sample]]) -> str:
    mine, bare = (Spread.of([one.percentile(50) for one in found[name]]).median * 1000 for name in (OURS, FLOOR))
    return f"{title}: {mine:.0f} ms at the median, where a bare timer's lateness is {bare:.0f} ms."

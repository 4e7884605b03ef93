"""Running a rehearsal from end to end against a database: worker, skipped time, report."""

from __future__ import annotations

import asyncio
import resource
from collections.abc import Coroutine
from datetime import datetime
from typing import Any

from domain.ids import TenantId
from domain.programme import Programme
from ledger.ledger import Ledger
from workflows.rehearsal.driver import Progress, Rehearsal
from workflows.rehearsal.environment import skipping_environment
from workflows.rehearsal.report import Report
from workflows.rehearsal.worker import WorkerDied, worker_process


async def rehearse(
    dsn: str,
    tenant: TenantId,
    programme: Programme,
    *,
    year: int,
    until: datetime,
    seed: int,
    server: str,
    progress: Progress | None = None,
    lively: bool = False,
) -> Report:
    """Rehearse a school year of a programme until an instant, in a tenant that must be new to the database.

    Lively: people do everything that a filing allows, they come and go, and the rules change on the way.

    `server` is the path of Temporal's time-skipping server. Raises `WorkerDied`, and `NotQuiet` when a step of the
    year does not settle.
    """
    async with Ledger.connect(dsn) as ledger, skipping_environment(server) as env:
        rehearsal = Rehearsal(ledger, env, tenant, programme, year, seed, lively=lively)
        async with worker_process(dsn, env.client.service_client.config.target_host) as worker:
            report = await _while_alive(rehearsal.run(until, progress), worker)
    peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss // 1024
    return report.model_copy(update={"peak_mib": max(report.peak_mib, peak)})


async def _while_alive(work: Coroutine[Any, Any, Report], worker: asyncio.subprocess.Process) -> Report:
    """Wait for the report; a worker that ends before it ends the rehearsal."""
    running = asyncio.ensure_future(work)
    died = asyncio.ensure_future(worker.wait())
    try:
        await asyncio.wait({running, died}, return_when=asyncio.FIRST_COMPLETED)
        done = running.done()
    finally:
        died.cancel()
        running.cancel()
    if not done:
        raise WorkerDied(f"the rehearsal's worker ended with code {worker.returncode}")
    return await running

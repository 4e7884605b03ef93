"""Running a rehearsal from end to end against a database: worker, skipped time, report."""

from __future__ import annotations

from datetime import datetime

from domain.ids import TenantId
from domain.programme import Programme
from ledger.ledger import Ledger
from workflows.rehearsal.driver import Progress, Rehearsal
from workflows.rehearsal.environment import skipping_environment
from workflows.rehearsal.report import Report
from workflows.worker import running_worker


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
) -> Report:
    """Rehearse a school year of a programme until an instant, in a tenant that must be new to the database.

    `server` is the path of Temporal's time-skipping server.
    """
    async with (
        Ledger.connect(dsn) as ledger,
        skipping_environment(server) as env,
        running_worker(env.client, ledger, dsn, sandboxed=False),
    ):
        return await Rehearsal(ledger, env, tenant, programme, year, seed).run(until, progress)

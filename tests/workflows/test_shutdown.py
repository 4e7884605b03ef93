"""A worker that is asked to stop finishes what is under way."""

from __future__ import annotations

import asyncio

import psycopg
from temporalio.testing import WorkflowEnvironment

from tests.conftest import Base, Bureau
from tests.workflows.school import GROUP, Acting, until
from workflows.worker import running_worker


async def test_a_stopping_worker_finishes_the_advance_under_way(
    bureau: Bureau, base: Base, env: WorkflowEnvironment
) -> None:
    acting = Acting(bureau, env.client)
    stop = asyncio.Event()
    working = asyncio.Event()

    async def work() -> None:
        async with running_worker(env.client, bureau.ledger, base.service):
            working.set()
            await stop.wait()

    worker = asyncio.create_task(work())
    await working.wait()
    filing = await acting.open_filing("group_plan", GROUP, days=1, grace=5)
    state = await acting.seen(filing, "open")
    assert state.due_at is not None
    with psycopg.connect(base.owner) as owner:
        # Whoever appends waits for the tenant's head row; so the advance is caught in the middle.
        owner.execute("SELECT 1 FROM tenant FOR NO KEY UPDATE")

        async def is_caught() -> bool:
            with psycopg.connect(base.owner, autocommit=True) as looking:
                row = looking.execute(
                    "SELECT count(*) FROM pg_stat_activity WHERE usename = 'termledger_app'"
                    " AND wait_event_type = 'Lock' AND query LIKE '%append%' AND datname = current_database()"
                ).fetchone()
            return row is not None and row[0] == 1

        owner.execute("UPDATE tenant SET clock_frozen = %s", (state.due_at,))
        owner.commit()
        owner.execute("SELECT 1 FROM tenant FOR NO KEY UPDATE")
        await acting.wake(filing)
        await until(is_caught, "the advance waits for the lock")
        stop.set()
        await asyncio.wait([worker], timeout=1)
        assert not worker.done(), "the worker waits for what is under way"
        assert await acting.types(filing) == ["filing.opened"]
        owner.commit()
    await asyncio.wait_for(worker, 60)
    assert await acting.types(filing) == ["filing.opened", "filing.fell_due"]
    assert (await bureau.ledger.verify(bureau.tenant)).sound

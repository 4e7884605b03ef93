"""The worker: workflows, activities and the outbox relay in one process."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta

from temporalio.client import Client
from temporalio.worker import UnsandboxedWorkflowRunner, Worker
from temporalio.worker.workflow_sandbox import SandboxedWorkflowRunner

from activities.process import ProcessActivities
from activities.relay import Relay
from activities.temporal import TASK_QUEUE
from ledger.ledger import Ledger
from workflows.cycle import CycleProcess
from workflows.filing import FilingProcess
from workflows.follow_up import FollowUpProcess
from workflows.inspection import InspectionProcess
from workflows.person import PersonProcess

PROCESSES = (CycleProcess, FilingProcess, InspectionProcess, FollowUpProcess, PersonProcess)

DRAIN = timedelta(seconds=10)
"""How long activities under way may take to finish when the worker is asked to stop; its supervisor waits longer."""


REHEARSAL_GRAIN = timedelta(minutes=1)
"""What a rehearsal's wake-ups are rounded up to."""


@asynccontextmanager
async def running_worker(client: Client, ledger: Ledger, dsn: str, *, rehearsal: bool = False) -> AsyncIterator[None]:
    """Run a worker and its relay for the length of a block; leaving it drains what is under way.

    A rehearsal runs without the sandbox (a third of its time, and its histories are thrown away), and lets wake-ups
    fall together.
    """
    worker = Worker(
        client,
        task_queue=TASK_QUEUE,
        workflows=list(PROCESSES),
        activities=[ProcessActivities(ledger, REHEARSAL_GRAIN if rehearsal else timedelta(0)).advance],
        max_concurrent_local_activities=24,
        workflow_runner=UnsandboxedWorkflowRunner() if rehearsal else SandboxedWorkflowRunner(),
        max_cached_workflows=4000,
        graceful_shutdown_timeout=DRAIN,
    )
    async with worker:
        relay = asyncio.create_task(Relay(ledger.database, client, dsn).run())
        try:
            yield
        finally:
            relay.cancel()
            await asyncio.gather(relay, return_exceptions=True)

"""The outbox relay: it tells process managers that their streams have moved, and starts them where none runs."""

from __future__ import annotations

import asyncio
import logging

import psycopg
from temporalio.client import Client
from temporalio.common import WorkflowIDConflictPolicy
from temporalio.service import RPCError

from activities.temporal import MOVED, TASK_QUEUE, StreamRef, workflow_id, workflow_type
from ledger.database import Database, DatabaseAway
from ledger.outbox import Wake, listen, taken

log = logging.getLogger(__name__)

BATCH = 50
POLL_SECONDS = 5.0
"""How often the outbox is looked at when nothing is heard."""


class Relay:
    """Empties the outbox towards Temporal, until it is cancelled.

    A wake-up leaves the outbox in the transaction in which Temporal took it: a crash in between repeats it, and
    a repeated wake-up only makes the process manager look once more.
    """

    def __init__(self, database: Database, client: Client, dsn: str) -> None:
        self._database = database
        self._client = client
        self._dsn = dsn
        self._heard = asyncio.Event()

    async def run(self) -> None:
        """Relay until cancelled; with Temporal or the database away, go on trying."""
        listener = asyncio.create_task(self._listen())
        try:
            while True:
                self._heard.clear()
                await self._drain()
                await self._wait()
        finally:
            listener.cancel()
            await asyncio.gather(listener, return_exceptions=True)

    async def _wait(self) -> None:
        try:
            async with asyncio.timeout(POLL_SECONDS):
                await self._heard.wait()
        except TimeoutError:
            return

    async def _listen(self) -> None:
        while True:
            try:
                async for _ in listen(self._dsn):
                    self._heard.set()
            except psycopg.Error as fault:
                log.warning("outbox listener lost the database", extra={"fault": str(fault)})
            await asyncio.sleep(1)

    async def _drain(self) -> None:
        try:
            while await self._relay_batch():
                pass
        except (RPCError, DatabaseAway, psycopg.Error) as fault:
            log.warning("relay waits", extra={"fault": str(fault)})
            await asyncio.sleep(1)
            self._heard.set()

    async def _relay_batch(self) -> bool:
        async with taken(self._database, BATCH) as wakes:
            async with asyncio.TaskGroup() as group:
                for wake in wakes:
                    group.create_task(self._wake(wake))
            return len(wakes) > 0

    async def _wake(self, wake: Wake) -> None:
        kind = workflow_type(wake.stream)
        if kind is None:
            return
        ref = StreamRef(tenant=wake.tenant, stream=wake.stream)
        if wake.fresh:
            # Nothing can run for a stream that was just made; an eager start saves the first task's long tail.
            await self._client.start_workflow(
                kind,
                ref,
                id=workflow_id(ref),
                task_queue=TASK_QUEUE,
                id_conflict_policy=WorkflowIDConflictPolicy.USE_EXISTING,
                request_eager_start=True,
            )
        else:
            await self._client.start_workflow(kind, ref, id=workflow_id(ref), task_queue=TASK_QUEUE, start_signal=MOVED)

"""The outbox relay: it tells process managers that their streams have moved, and starts them where none runs."""

from __future__ import annotations

import asyncio
import logging
from contextlib import suppress

import psycopg
from temporalio.client import Client
from temporalio.exceptions import WorkflowAlreadyStartedError
from temporalio.service import RPCError, RPCStatusCode

from activities.temporal import MOVED, TASK_QUEUE, StreamRef, workflow_id, workflow_type
from ledger.database import Database, DatabaseAway
from ledger.outbox import Wake, listen, taken

log = logging.getLogger(__name__)

BATCH = 50
ENDINGS = 3
"""How often a process manager that just ended is started again before the wake-up is left for later."""
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
        except* (RPCError, DatabaseAway, psycopg.Error) as faults:  # a group, since wake-ups are relayed together
            log.warning("relay waits: %s", _first(faults))
            await self._rest()
        except* Exception:
            # Whatever it is, the outbox keeps everything; a relay that ended would be noticed by nobody.
            log.exception("relay failed and goes on")
            await self._rest()

    async def _rest(self) -> None:
        """Leave a second to whatever is away, then look again."""
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
            # An eager start saves the first task's long tail. One that runs already (the wake-up is repeated, and
            # may stand for later ones too) is signalled like any other.
            with suppress(WorkflowAlreadyStartedError):
                await self._client.start_workflow(
                    kind, ref, id=workflow_id(ref), task_queue=TASK_QUEUE, request_eager_start=True
                )
                return
        for left in reversed(range(ENDINGS)):
            try:
                await self._client.start_workflow(
                    kind, ref, id=workflow_id(ref), task_queue=TASK_QUEUE, start_signal=MOVED
                )
                return
            except RPCError as fault:
                # It ended between being found and being signalled. One such must not hold up its whole batch.
                if fault.status is not RPCStatusCode.NOT_FOUND or not left:
                    raise


def _first(faults: BaseExceptionGroup[BaseException]) -> BaseException:
    one = faults.exceptions[0]
    return _first(one) if isinstance(one, BaseExceptionGroup) else one

"""Workflows that do nothing, and their worker: what Temporal alone costs. Run as `python -m bench.noop ADDRESS`."""

from __future__ import annotations

import asyncio
import sys

from temporalio import workflow
from temporalio.client import Client
from temporalio.worker import Worker

QUEUE = "bench-noop"


@workflow.defn
class Idle:
    """Takes updates and does nothing with them."""

    def __init__(self) -> None:
        self._over = False

    @workflow.run
    async def run(self) -> None:
        """Wait until told to end."""
        await workflow.wait_condition(lambda: self._over)

    @workflow.update
    def poke(self) -> None:
        """Do nothing, durably."""

    @workflow.signal
    def end(self) -> None:
        """End."""
        self._over = True


@workflow.defn
class Timer:
    """Sleeps until an instant and tells how late it woke."""

    @workflow.run
    async def run(self, due: float) -> float:
        """Take a Unix time; return the seconds between it and the waking."""
        await workflow.sleep(max(0.0, due - workflow.time()))
        return workflow.time() - due


async def work(address: str) -> None:
    """Work until killed."""
    client = await Client.connect(address)
    async with Worker(client, task_queue=QUEUE, workflows=[Idle, Timer]):
        await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(work(sys.argv[1]))

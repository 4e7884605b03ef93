"""The rehearsal's worker, in a process of its own: people act in one, process managers work in the other.

Run as `python -m workflows.rehearsal.worker`; addresses come in the environment, since one carries a password.
"""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import uvloop

from activities.temporal import connect
from ledger.ledger import Ledger
from workflows.worker import running_worker

_DSN, _TEMPORAL = "TERMLEDGER_DSN", "TERMLEDGER_TEMPORAL"
_STDERR = 2
_PATIENCE = 30.0
"""Seconds the worker may take to finish what is under way."""


class WorkerDied(Exception):
    """The rehearsal's worker ended by itself; its own output says why."""


@asynccontextmanager
async def worker_process(dsn: str, temporal: str) -> AsyncIterator[asyncio.subprocess.Process]:
    """Run a worker process for the length of a block."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        __spec__.name,
        env={**os.environ, _DSN: dsn, _TEMPORAL: temporal},
        stdout=_STDERR,  # Temporal's core logs to standard output, which is the report's
        start_new_session=True,  # Ctrl-C at the terminal is for us, who then stop the worker
    )
    try:
        yield process
    finally:
        if process.returncode is None:
            process.send_signal(signal.SIGTERM)
        try:
            await asyncio.wait_for(process.wait(), _PATIENCE)
        except TimeoutError:
            process.kill()
            await process.wait()


async def _work() -> None:
    stop = asyncio.Event()
    for signum in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(signum, stop.set)
    dsn = os.environ[_DSN]
    client = await connect(os.environ[_TEMPORAL])
    async with Ledger.connect(dsn) as ledger, running_worker(client, ledger, dsn, rehearsal=True):
        await stop.wait()


if __name__ == "__main__":
    uvloop.run(_work())

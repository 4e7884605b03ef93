"""Temporal's development server, in a folder of its own, for tests that need what the skipping one cannot do."""

from __future__ import annotations

import asyncio
import shutil
import tempfile
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path

from temporalio.client import Client

from activities.temporal import SEARCH_ATTRIBUTES, connect
from deploy.ports import free_port
from deploy.temporal import TemporalDevServer


class Tuned(TemporalDevServer):
    """A development server with other limits (Temporal's dynamic configuration)."""

    def __init__(self, folder: Path, port: int, limits: Mapping[str, object]) -> None:
        super().__init__(folder, port=port, search_attributes=SEARCH_ATTRIBUTES, headless=True)
        self._limits = limits

    def _command(self) -> list[str]:
        limits = [f"--dynamic-config-value={name}={value}" for name, value in self._limits.items()]
        return [*super()._command(), *limits]


class Cluster:
    """A server that can be lost with everything it knew, and set up anew at the same address."""

    def __init__(self, folder: Path, limits: Mapping[str, object]) -> None:
        self._folder = folder
        self._port = free_port()
        self._limits = limits
        self._server = Tuned(folder, self._port, limits)

    async def start(self) -> Client:
        await asyncio.to_thread(self._server.start)
        return await connect(self._server.address)

    async def lose(self) -> None:
        """Stop it and delete its database."""
        # Killed: an orderly stop drains for two seconds, for nothing.
        await asyncio.to_thread(self._server.kill)
        shutil.rmtree(self._folder)
        self._server = Tuned(self._folder, self._port, self._limits)

    async def stop(self) -> None:
        await asyncio.to_thread(self._server.kill)


@asynccontextmanager
async def cluster(**limits: object) -> AsyncIterator[Cluster]:
    with tempfile.TemporaryDirectory(prefix="termledger-temporal-") as folder:
        made = Cluster(Path(folder) / "temporal", {name.replace("__", "."): value for name, value in limits.items()})
        try:
            yield made
        finally:
            await made.stop()

"""The floors of `commands`: one SQL statement, pyeventsourcing, an empty Temporal update."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, LiteralString
from urllib.parse import urlsplit
from uuid import UUID, uuid4

from eventsourcing.application import Application
from eventsourcing.domain import Aggregate
from psycopg.types.json import Jsonb
from psycopg_pool import AsyncConnectionPool
from temporalio.client import Client

from bench.harness import CONNECTIONS, LOGIN, Database, Sample, drive
from bench.noop import QUEUE, Idle


@dataclass(frozen=True, slots=True)
class Step:
    """What one of our commands left behind, for the floors to write as much."""

    status: str
    state: dict[str, Any]
    events: Sequence[dict[str, Any]]


# -- one statement

_SCHEMA = f"""
CREATE SCHEMA floor AUTHORIZATION {LOGIN};
SET ROLE {LOGIN};
CREATE TABLE floor.head (tenant text PRIMARY KEY, position bigint NOT NULL) WITH (fillfactor = 50);
CREATE TABLE floor.stream (tenant text, stream text, version integer NOT NULL, status text NOT NULL,
    state jsonb NOT NULL, PRIMARY KEY (tenant, stream)) WITH (fillfactor = 80);
CREATE TABLE floor.event (tenant text, position bigint, stream text NOT NULL, version integer NOT NULL,
    type text NOT NULL, data jsonb NOT NULL, actor text NOT NULL, command_id uuid NOT NULL, ordinal smallint NOT NULL,
    recorded_at timestamptz NOT NULL, PRIMARY KEY (tenant, position), UNIQUE (tenant, stream, version),
    UNIQUE (tenant, command_id, ordinal));
CREATE TABLE floor.item (tenant text, stream text, status text NOT NULL, PRIMARY KEY (tenant, stream));
CREATE TABLE floor.outbox (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, tenant text, stream text);
INSERT INTO floor.head VALUES ('bench', 0)
"""

_STATEMENT: LiteralString = """
WITH head AS (
    UPDATE floor.head SET position = position + %(n)s WHERE tenant = 'bench' RETURNING position - %(n)s AS last
), moved AS (
    INSERT INTO floor.stream AS s VALUES ('bench', %(stream)s, %(n)s, %(status)s, %(state)s)
    ON CONFLICT (tenant, stream) DO UPDATE
    SET version = s.version + %(n)s, status = excluded.status, state = excluded.state WHERE s.version = %(expected)s
    RETURNING 1
), written AS (
    INSERT INTO floor.event
    SELECT 'bench', head.last + e.ordinal, %(stream)s, %(expected)s + e.ordinal, e.value ->> 'type', e.value -> 'data',
           'somebody', %(id)s, e.ordinal, clock_timestamp()
    FROM head, moved, jsonb_array_elements(%(events)s) WITH ORDINALITY AS e(value, ordinal)
), listed AS (
    INSERT INTO floor.item SELECT 'bench', %(stream)s, %(status)s FROM moved
    ON CONFLICT (tenant, stream) DO UPDATE SET status = excluded.status
)
INSERT INTO floor.outbox (tenant, stream) SELECT 'bench', %(stream)s FROM moved RETURNING id
"""


class OneStatement:
    """Head, snapshot, events, read model and outbox in one statement, with an expected version and nothing decided."""

    def __init__(self, base: Database, steps: Sequence[Step]) -> None:
        base.as_owner(*_SCHEMA.split(";"))
        self._steps = steps
        self._pool = AsyncConnectionPool(
            base.service,
            kwargs={"autocommit": True, "prepare_threshold": 2},
            min_size=1,
            max_size=CONNECTIONS,
            open=False,
        )

    async def __aenter__(self) -> OneStatement:
        await self._pool.open()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._pool.close()

    async def run(self, filings: int, callers: int) -> Sample:
        """Let callers take so many filings through their steps."""
        return await drive([self._job(str(uuid4())) for _ in range(filings)], callers)

    def _job(self, stream: str) -> list[Any]:
        operations, version = [], 0
        for step in self._steps:
            values = {
                "n": len(step.events),
                "stream": stream,
                "status": step.status,
                "state": Jsonb(step.state),
                "expected": version,
                "events": Jsonb(step.events),
                "id": uuid4(),
            }
            version += len(step.events)
            operations.append(lambda values=values: self._write(values))
        return operations

    async def _write(self, values: dict[str, Any]) -> None:
        async with self._pool.connection() as connection:
            row = await (await connection.execute(_STATEMENT, values)).fetchone()
        assert row is not None, "nobody else moves this stream"


# -- pyeventsourcing


class Paper(Aggregate):
    """The filing, for pyeventsourcing: it keeps what its events tell and decides nothing."""

    status = "open"

    class Happened(Aggregate.Event):
        """Something happened."""

        kind: str
        data: dict[str, Any]

        def apply(self, aggregate: Any) -> None:
            aggregate.status = self.kind


class EventSourcing:
    """The same events through pyeventsourcing's application, in process, one thread for each caller."""

    def __init__(self, base: Database, steps: Sequence[Step], schema: str, *, functions: bool, loads: bool) -> None:
        """`functions`: write through its database functions. `loads`: read the aggregate before each command."""
        base.as_owner(f"CREATE SCHEMA {schema} AUTHORIZATION {LOGIN}")
        service = urlsplit(base.service)
        self._steps = steps
        self._loads = loads
        self._application: Application[UUID] = Application(
            env={
                "PERSISTENCE_MODULE": "eventsourcing.postgres",
                "POSTGRES_DBNAME": service.path[1:],
                "POSTGRES_HOST": str(service.hostname),
                "POSTGRES_PORT": str(service.port),
                "POSTGRES_USER": str(service.username),
                "POSTGRES_PASSWORD": str(service.password),
                "POSTGRES_SCHEMA": schema,
                "POSTGRES_POOL_SIZE": str(CONNECTIONS),
                "POSTGRES_MAX_OVERFLOW": "0",
                "POSTGRES_ENABLE_DB_FUNCTIONS": "yes" if functions else "no",
            }
        )

    def close(self) -> None:
        """Close its connections."""
        self._application.close()

    async def run(self, filings: int, callers: int) -> Sample:
        """Let callers take so many filings through their steps."""
        papers = [Paper() for _ in range(filings)]
        for start in range(0, filings, 500):  # opened beforehand, as ours are
            await asyncio.to_thread(self._application.save, *papers[start : start + 500])
        left = iter(papers)
        with ThreadPoolExecutor(callers) as threads:
            loop = asyncio.get_running_loop()
            began = time.perf_counter()
            parts = await asyncio.gather(*(loop.run_in_executor(threads, self._caller, left) for _ in range(callers)))
            return Sample(time.perf_counter() - began, [one for part in parts for one in part])

    def _caller(self, left: Iterator[Paper]) -> list[float]:
        latencies = []
        for made in left:
            paper = made
            for step in self._steps:
                began = time.perf_counter()
                if self._loads:
                    paper = self._application.repository.get(made.id)
                for event in step.events:
                    paper.trigger_event(Paper.Happened, kind=event["type"], data=event["data"])
                self._application.save(paper)
                latencies.append(time.perf_counter() - began)
        return latencies


@contextmanager
def closing(*ones: EventSourcing) -> Iterator[None]:
    """Close them at the end of a block."""
    try:
        yield
    finally:
        for one in ones:
            one.close()


# -- Temporal


class EmptyUpdate:
    """A workflow for each caller, and updates that do nothing."""

    def __init__(self, client: Client) -> None:
        self._client = client

    async def run(self, commands: int, callers: int) -> Sample:
        """Send so many updates."""
        handles = [
            await self._client.start_workflow(Idle.run, id=str(uuid4()), task_queue=QUEUE) for _ in range(callers)
        ]
        for handle in handles:
            await handle.execute_update(Idle.poke)
        each = commands // callers
        jobs = [[lambda handle=handle: handle.execute_update(Idle.poke)] * each for handle in handles]
        sample = await drive(jobs, callers)
        for handle in handles:
            await handle.signal(Idle.end)
        return sample

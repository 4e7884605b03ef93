"""The outbox: which streams' process managers have something to know. Written by `append`, emptied by the relay."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import LiteralString

import psycopg

from domain.ids import StreamId, TenantId
from domain.machine import INTENT, Intent, State
from domain.machines import machine_for
from ledger.database import Database


@dataclass(frozen=True, slots=True)
class Wake:
    """A stream whose process manager is to be woken."""

    tenant: TenantId
    stream: StreamId
    fresh: bool
    """The stream is new; nothing runs for it yet."""


@dataclass(frozen=True, slots=True)
class PendingReaction:
    """What an event calls for and is not carried out yet."""

    stream: StreamId
    version: int
    ordinal: int
    intent: Intent
    programme: str
    """The programme by which the stream went at that event."""


@asynccontextmanager
async def taken(database: Database, limit: int) -> AsyncIterator[Sequence[Wake]]:
    """Take wake-ups; they are gone when the block ends well, and back for others when it does not."""
    async with database.transaction(None) as connection:
        query = """
            DELETE FROM outbox WHERE id IN (SELECT id FROM outbox ORDER BY id LIMIT %s FOR UPDATE SKIP LOCKED)
            RETURNING tenant, stream, fresh
        """
        rows = await (await connection.execute(query, (limit,))).fetchall()
        fresh: dict[tuple[str, str], bool] = {}
        for row in rows:
            key = (row["tenant"], row["stream"])
            fresh[key] = fresh.get(key, False) or row["fresh"]
        yield [Wake(TenantId(tenant), StreamId(stream), new) for (tenant, stream), new in fresh.items()]


async def listen(dsn: str) -> AsyncIterator[None]:
    """Yield whenever something may have been put into the outbox; ends when the server goes away."""
    connection = await psycopg.AsyncConnection.connect(dsn, autocommit=True)
    try:
        await connection.execute("LISTEN outbox")
        yield
        async for _ in connection.notifies():
            yield
    finally:
        await connection.close()


@dataclass(frozen=True, slots=True)
class ProcessHead:
    """A stream as its process manager finds it: the tenant's time, the state, and what is pending."""

    now: datetime
    version: int
    state: State
    pending: tuple[PendingReaction, ...]


_PROCESS_HEAD: LiteralString = """
SELECT coalesce(t.clock_frozen, now() + t.clock_offset) AS now,
       s.version, s.status, s.state::text AS state,
       (SELECT jsonb_agg(jsonb_build_object('version', r.version, 'ordinal', r.ordinal, 'intent', r.intent,
                                            'programme', e.programme)
                         ORDER BY r.version, r.ordinal)
        FROM reaction AS r
        JOIN event AS e ON e.tenant = r.tenant AND e.stream = r.stream AND e.version = r.version
        WHERE r.tenant = s.tenant AND r.stream = s.stream) AS pending
FROM tenant AS t JOIN stream AS s ON s.tenant = t.tenant AND s.stream = %s
WHERE t.tenant = %s
"""


async def process_head(database: Database, tenant: TenantId, stream: StreamId) -> ProcessHead | None:
    """Return what a stream's process manager acts on; None when there is no such stream."""
    async with database.connection(tenant) as connection:
        row = await (await connection.execute(_PROCESS_HEAD, (stream, tenant))).fetchone()
    if row is None:
        return None
    return ProcessHead(
        now=row["now"].astimezone(UTC),
        version=row["version"],
        state=machine_for(stream).load_state(row["status"], row["state"]),
        pending=tuple(
            PendingReaction(
                stream, one["version"], one["ordinal"], INTENT.validate_python(one["intent"]), one["programme"]
            )
            for one in row["pending"] or ()
        ),
    )


async def carried_out(database: Database, tenant: TenantId, one: PendingReaction) -> None:
    """Strike a reaction off."""
    async with database.connection(tenant) as connection:
        await connection.execute(
            "DELETE FROM reaction WHERE tenant = %s AND stream = %s AND version = %s AND ordinal = %s",
            (tenant, one.stream, one.version, one.ordinal),
        )


async def wake_all(database: Database, tenant: TenantId) -> int:
    """Put every stream of a tenant that something may still befall into the outbox. Returns how many."""
    query = """
        INSERT INTO outbox (tenant, stream, fresh)
        SELECT tenant, stream, false FROM stream WHERE tenant = %(tenant)s AND alarm_at IS NOT NULL
        UNION
        SELECT tenant, stream, false FROM reaction WHERE tenant = %(tenant)s
        ORDER BY tenant, stream
    """
    async with database.connection(tenant) as connection:
        written = (await connection.execute(query, {"tenant": tenant})).rowcount
        await connection.execute("SELECT pg_notify('outbox', '')")
    return written

"""The in-app inbox. `append` puts notices in, in the transaction of the events that call for them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from domain.ids import PersonId, StreamId, TenantId
from ledger.database import Database


@dataclass(frozen=True, slots=True)
class Notice:
    """A notice in somebody's inbox. Its words are in `domain.messages` under `notice.<notice>`."""

    id: UUID
    stream: StreamId
    notice: str
    params: dict[str, Any]
    at: datetime
    read_at: datetime | None


class Inbox:
    """Reads notices."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def read(
        self, tenant: TenantId, person: PersonId, limit: int = 50, *, before: UUID | None = None
    ) -> Sequence[Notice]:
        """Return a person's notices, newest first; with the id of one of them, those before it in time."""
        query = """
            SELECT id, stream, notice, params, at, read_at FROM inbox
            WHERE tenant = %(tenant)s AND person = %(person)s
              AND (%(before)s::uuid IS NULL OR (at, id) < (SELECT last.at, last.id FROM inbox AS last
                   WHERE last.tenant = %(tenant)s AND last.person = %(person)s AND last.id = %(before)s))
            ORDER BY at DESC, id DESC LIMIT %(limit)s
        """
        values = {"tenant": tenant, "person": person, "before": before, "limit": limit}
        async with self._database.connection(tenant) as connection:
            rows = await (await connection.execute(query, values)).fetchall()
        return [
            Notice(
                row["id"],
                StreamId(row["stream"]),
                row["notice"],
                row["params"],
                row["at"].astimezone(UTC),
                row["read_at"],
            )
            for row in rows
        ]

    async def mark_read(self, tenant: TenantId, person: PersonId, ids: Sequence[UUID]) -> int:
        """Mark a person's notices as read; returns how many were unread."""
        query = """
            UPDATE inbox SET read_at = now() WHERE tenant = %s AND person = %s AND id = ANY(%s) AND read_at IS NULL
        """
        async with self._database.connection(tenant) as connection:
            return (await connection.execute(query, (tenant, person, list(ids)))).rowcount

    async def mark_all_read(self, tenant: TenantId, person: PersonId) -> None:
        """Mark all of a person's notices as read."""
        query = "UPDATE inbox SET read_at = now() WHERE tenant = %s AND person = %s AND read_at IS NULL"
        async with self._database.connection(tenant) as connection:
            await connection.execute(query, (tenant, person))

    async def mark_settled(self, tenant: TenantId, person: PersonId, streams: Sequence[StreamId]) -> int:
        """Mark what tells a person of these streams as read, since they have acted on them; returns how many were not.

        Who opens a stream's page reads them with it: see `Sessions.counts`.
        """
        query = """
            UPDATE inbox SET read_at = now()
            WHERE tenant = %s AND person = %s AND stream = ANY(%s) AND read_at IS NULL
        """
        async with self._database.connection(tenant) as connection:
            return (await connection.execute(query, (tenant, person, list(streams)))).rowcount

"""Tenants: creating one, the programme whose roles are in force, and the tenant's clock."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from domain.canonical import ZERO
from domain.ids import TenantId
from domain.programme import Programme
from ledger.database import Database
from ledger.programmes import Programmes


class Tenants:
    """The operator's side of a ledger."""

    def __init__(self, database: Database, programmes: Programmes) -> None:
        self._database = database
        self._programmes = programmes

    async def adopt(self, tenant: TenantId, programme: Programme) -> str:
        """Create the tenant if it is new, and put a programme's roles in force. Returns the programme's digest.

        The digest algorithm of the chain is the first programme's; it never changes afterwards.
        """
        async with self._database.transaction() as connection:
            digest = await self._programmes.store(connection, tenant, programme)
            await connection.execute(
                """
                INSERT INTO tenant (tenant, programme, hash, link) VALUES (%s, %s, %s, %s)
                ON CONFLICT (tenant) DO UPDATE SET programme = excluded.programme
                """,
                (tenant, digest, programme.hash, ZERO),
            )
        return digest

    async def known(self) -> list[TenantId]:
        """Every tenant, by name."""
        async with self._database.connection() as connection:
            rows = await (await connection.execute("SELECT tenant FROM tenant ORDER BY tenant")).fetchall()
        return [TenantId(row["tenant"]) for row in rows]

    async def positions(self) -> dict[TenantId, int]:
        """How many events each tenant has."""
        async with self._database.connection() as connection:
            rows = await (await connection.execute("SELECT tenant, position FROM tenant ORDER BY tenant")).fetchall()
        return {TenantId(row["tenant"]): row["position"] for row in rows}

    async def waiting(self) -> dict[str, int]:
        """How much waits for Temporal: wake-ups in the outbox, and reactions."""
        query = "SELECT (SELECT count(*) FROM outbox) AS outbox, (SELECT count(*) FROM reaction) AS reactions"
        async with self._database.connection() as connection:
            row = await (await connection.execute(query)).fetchone()
        assert row is not None, "counting always gives a row"
        return dict(row)

    async def now(self, tenant: TenantId) -> datetime:
        """The tenant's time: the database's clock, shifted; KeyError for an unknown tenant."""
        query = "SELECT coalesce(clock_frozen, now() + clock_offset) AS now FROM tenant WHERE tenant = %s"
        async with self._database.connection() as connection:
            row = await (await connection.execute(query, (tenant,))).fetchone()
        if row is None:
            raise KeyError(tenant)
        found: datetime = row["now"]
        return found.astimezone(UTC)

    async def freeze_clock(self, tenant: TenantId, at: datetime) -> None:
        """Let the tenant's time stand at an instant. Rehearsals only."""
        await self._set_clock(tenant, timedelta(0), at)

    async def shift_clock(self, tenant: TenantId, offset: timedelta) -> None:
        """Let the tenant's time run at an offset from the database's; zero but after a rehearsal."""
        await self._set_clock(tenant, offset, None)

    async def _set_clock(self, tenant: TenantId, offset: timedelta, frozen: datetime | None) -> None:
        async with self._database.connection() as connection:
            await connection.execute(
                "UPDATE tenant SET clock_offset = %s, clock_frozen = %s WHERE tenant = %s", (offset, frozen, tenant)
            )

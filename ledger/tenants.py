"""Tenants: creating one, the programme whose roles are in force, and the tenant's clock."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import LiteralString

from domain.canonical import ZERO
from domain.ids import SYSTEM, StreamId, TenantId, derived
from domain.programme import Programme
from domain.refusal import Kind, Refused
from domain.unit import founding, unit_stream
from ledger.database import Connection, Database
from ledger.execute import Executor
from ledger.order import Order
from ledger.programmes import Programmes


@dataclass(frozen=True, slots=True)
class PinnedCycle:
    """A cycle that goes by a programme."""

    stream: StreamId
    school_year: int
    status: str


@dataclass(frozen=True, slots=True)
class StoredProgramme:
    """A version of the rules that a tenant has or had."""

    digest: str
    name: str
    version: int
    stored_at: datetime
    in_force: bool
    cycles: Sequence[PinnedCycle]


_STORED: LiteralString = """
SELECT p.digest, p.name, (p.body ->> 'version')::int AS version, p.stored_at, p.digest = t.programme AS in_force,
       coalesce(c.cycles, '[]'::jsonb) AS cycles
FROM tenant AS t JOIN programme AS p ON p.tenant = t.tenant
LEFT JOIN (
    SELECT programme, jsonb_agg(jsonb_build_array(stream, state -> 'school_year', state ->> 'status')
                                ORDER BY state -> 'school_year', stream) AS cycles
    FROM stream WHERE tenant = %(tenant)s AND machine = 'cycle' GROUP BY programme
) AS c ON c.programme = p.digest
WHERE t.tenant = %(tenant)s
ORDER BY p.stored_at DESC, p.digest
"""


class Tenants:
    """The operator's side of a ledger."""

    def __init__(self, database: Database, programmes: Programmes, executor: Executor) -> None:
        self._database = database
        self._programmes = programmes
        self._executor = executor

    async def adopt(self, tenant: TenantId, programme: Programme) -> str:
        """Create the tenant if it is new, put a programme's roles in force and found its units. Returns its digest.

        Units that the ledger has never had are founded, all at once; what it has, open or closed, stays as the
        directory keeps it.
        """
        digest = await self.put_in_force(tenant, programme)
        await self._found_units(tenant, programme, digest)
        return digest

    async def put_in_force(self, tenant: TenantId, programme: Programme) -> str:
        """Create the tenant if it is new, and put a programme's roles in force. Returns the programme's digest.

        The digest algorithm of the chain is the first programme's; it never changes afterwards. While no unit was
        founded, the programme's own tree holds.
        """
        async with self._database.transaction(tenant) as connection:
            digest = await self._programmes.store(connection, tenant, programme)
            await connection.execute(
                """
                INSERT INTO tenant (tenant, programme, hash, link) VALUES (%s, %s, %s, %s)
                ON CONFLICT (tenant) DO UPDATE SET programme = excluded.programme
                """,
                (tenant, digest, programme.hash, ZERO),
            )
        return digest

    async def _found_units(self, tenant: TenantId, programme: Programme, digest: str) -> None:
        async with self._database.connection(tenant) as connection:
            rows = await (await connection.execute("SELECT unit FROM unit WHERE tenant = %s", (tenant,))).fetchall()
        known = {row["unit"] for row in rows}
        orders = [
            Order(
                tenant=tenant,
                stream=unit_stream(tenant, unit.id),
                command=founding(unit),
                actor=SYSTEM,
                command_id=derived(tenant, "adopt", digest, unit.id),
            )
            for unit in programme.all_units.values()
            if unit.id not in known
        ]
        for answer in await self._executor.execute_many(orders):
            # Somebody else may just have founded it.
            if isinstance(answer, Refused) and answer.kind is not Kind.CONFLICT:
                raise answer

    async def known(self) -> list[TenantId]:
        """Every tenant, by name."""
        async with self._database.connection(None) as connection:
            rows = await (await connection.execute("SELECT tenant FROM tenant ORDER BY tenant")).fetchall()
        return [TenantId(row["tenant"]) for row in rows]

    async def in_force(self, tenant: TenantId) -> Programme:
        """The programme whose roles are in force; KeyError for an unknown tenant."""
        query = "SELECT programme, tree FROM tenant WHERE tenant = %s"
        async with self._database.connection(tenant) as connection:
            row = await (await connection.execute(query, (tenant,))).fetchone()
            if row is None:
                raise KeyError(tenant)
            return await self._programmes.load(connection, tenant, row["programme"], row["tree"])

    async def programmes(self, tenant: TenantId) -> list[StoredProgramme]:
        """Every version of the rules that was ever stored, the newest first, each with the cycles that go by it."""
        async with self._database.connection(tenant) as connection:
            rows = await (await connection.execute(_STORED, {"tenant": tenant})).fetchall()
        return [
            StoredProgramme(
                digest=row["digest"],
                name=row["name"],
                version=row["version"],
                stored_at=row["stored_at"].astimezone(UTC),
                in_force=row["in_force"],
                cycles=[PinnedCycle(StreamId(stream), year, status) for stream, year, status in row["cycles"]],
            )
            for row in rows
        ]

    async def positions(self) -> dict[TenantId, int]:
        """How many events each tenant has."""
        async with self._database.connection(None) as connection:
            rows = await (await connection.execute("SELECT tenant, position FROM tenant ORDER BY tenant")).fetchall()
        return {TenantId(row["tenant"]): row["position"] for row in rows}

    async def waiting(self) -> dict[str, int]:
        """How much waits for Temporal: wake-ups in the outbox, and reactions."""
        reactions = 0
        for tenant in await self.known():
            async with self._database.connection(tenant) as connection:
                reactions += await _count(connection, "SELECT count(*) AS n FROM reaction")
        async with self._database.connection(None) as connection:
            return {"outbox": await _count(connection, "SELECT count(*) AS n FROM outbox"), "reactions": reactions}

    async def now(self, tenant: TenantId) -> datetime:
        """The tenant's time: the database's clock, shifted; KeyError for an unknown tenant."""
        query = "SELECT coalesce(clock_frozen, now() + clock_offset) AS now FROM tenant WHERE tenant = %s"
        async with self._database.connection(tenant) as connection:
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
        async with self._database.connection(tenant) as connection:
            await connection.execute(
                "UPDATE tenant SET clock_offset = %s, clock_frozen = %s WHERE tenant = %s", (offset, frozen, tenant)
            )


async def _count(connection: Connection, query: LiteralString) -> int:
    row = await (await connection.execute(query)).fetchone()
    assert row is not None, "counting always gives a row"
    return int(row["n"])

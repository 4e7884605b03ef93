"""Tenants: creating one, the programme whose roles are in force, and the tenant's clock."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import LiteralString
from uuid import uuid4

from domain.canonical import ZERO
from domain.ids import SYSTEM, PersonId, StreamId, TenantId, derived
from domain.programme import Programme
from domain.refusal import Kind, Refused
from domain.rulebook import Adopt, Establish, InForce, rulebook_stream
from domain.unit import founding, unit_stream
from ledger.database import Connection, Database
from ledger.execute import Executor
from ledger.order import Order
from ledger.programmes import Programmes
from ledger.replay import timeline


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

    async def adopt(
        self,
        tenant: TenantId,
        programme: Programme,
        by: PersonId = SYSTEM,
        reason: str | None = None,
        *,
        clock: datetime | None = None,
    ) -> str:
        """Create the tenant if it is new, put a programme in force and found its units. Returns its digest.

        See `put_in_force` for who does it, and for the clock, and `found_units`.
        """
        digest = await self.put_in_force(tenant, programme, by, reason, clock=clock)
        await self.found_units(tenant, digest)
        return digest

    async def put_in_force(
        self,
        tenant: TenantId,
        programme: Programme,
        by: PersonId = SYSTEM,
        reason: str | None = None,
        *,
        clock: datetime | None = None,
    ) -> str:
        """Create the tenant if it is new, and put a programme in force, as an event. Returns its digest.

        A tenant's first programme is put in force by the system, later ones by whoever is named, with a reason. Nothing
        happens when it is in force already. The digest algorithm of the chain is the first programme's; it never
        changes afterwards. While no unit was founded, the programme's own tree holds. A new tenant's clock stands at
        `clock`, if given, before the first event is written: so a rehearsal's history reads in order. Raises `Refused`.
        """
        stream = rulebook_stream(tenant)
        async with self._database.transaction(tenant) as connection:
            digest = await self._programmes.store(connection, tenant, programme)
            if await _is_new(connection, tenant, digest, programme.hash, clock):
                order = Order(tenant, stream, Establish(programme=digest), SYSTEM, derived(tenant, "establish"))
                await self._executor.execute_within(connection, order)
                return digest
        try:
            await self._executor.execute(Order(tenant, stream, Adopt(programme=digest, reason=reason), by, uuid4()))
        except Refused as refused:
            if refused.code != "rules_unchanged":
                raise
        return digest

    async def found_units(self, tenant: TenantId, digest: str) -> None:
        """Found the units that a stored programme declares and the ledger has never had, all at once.

        What it has, open or closed, stays as the directory keeps it.
        """
        async with self._database.connection(tenant) as connection:
            programme = await self._programmes.rules(connection, tenant, digest)
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

    async def adoptions(self, tenant: TenantId) -> list[InForce]:
        """What was put in force, when, by whom and why, oldest first: read from the events."""
        async with self._database.connection(tenant) as connection:
            return await _adoptions(connection, tenant)

    async def in_force_at(self, tenant: TenantId, at: datetime) -> InForce:
        """What was in force at an instant; KeyError for an unknown tenant.

        Before the first adoption it is that one: a tenant's clock may be set to before its making.
        """
        adoptions = await self.adoptions(tenant)
        if not adoptions:
            raise KeyError(tenant)
        return next((one for one in reversed(adoptions) if one.adopted_at <= at), adoptions[0])

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


async def _adoptions(connection: Connection, tenant: TenantId) -> list[InForce]:
    states = [state for _, state in await timeline(connection, tenant, rulebook_stream(tenant))]
    return [state for state in states if isinstance(state, InForce)]


async def _is_new(connection: Connection, tenant: TenantId, digest: str, hash: str, clock: datetime | None) -> bool:
    """Make the tenant's row; whether there was none. Waits for whoever is making it at this moment."""
    made = await connection.execute(
        "INSERT INTO tenant (tenant, programme, hash, link, clock_frozen) VALUES (%s, %s, %s, %s, %s) "
        "ON CONFLICT DO NOTHING",
        (tenant, digest, hash, ZERO, clock),
    )
    return made.rowcount == 1


async def _count(connection: Connection, query: LiteralString) -> int:
    row = await (await connection.execute(query)).fetchone()
    assert row is not None, "counting always gives a row"
    return int(row["n"])

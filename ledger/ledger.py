"""The ledger as the rest of the product sees it: one object over one database."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterable, Sequence
from contextlib import asynccontextmanager
from datetime import datetime
from pathlib import Path

from domain.access import Actor
from domain.ids import PersonId, StreamId, TenantId
from domain.machine import State
from domain.programme import Programme
from domain.rulebook import Adopt
from ledger.absence import Absence
from ledger.accounts import Accounts
from ledger.attempts import Attempts
from ledger.audit import Audit
from ledger.contents import Contents, names_of
from ledger.database import Database
from ledger.delegations import Delegations
from ledger.denials import Denials
from ledger.desk import Desk
from ledger.execute import Executor, Told
from ledger.imports import Imports
from ledger.inbox import Inbox
from ledger.inspections import Inspections
from ledger.lists import Holding, Lists
from ledger.moves import Moves
from ledger.order import Answer, Order, Outcome, RecordedEvent
from ledger.outbox import ProcessHead, process_head
from ledger.pending import Pending
from ledger.programmes import Programmes
from ledger.rebuild import Drift, rebuild_check
from ledger.rehearsals import Rehearsals
from ledger.replay import read_many, read_stream, state_at_time, state_at_version, timeline
from ledger.roster import Roster
from ledger.sessions import Sessions
from ledger.sign_in import SignIn
from ledger.tenants import Tenants
from ledger.tokens import Tokens
from ledger.totp_keys import TotpKeys
from ledger.verifications import Verifications
from ledger.verify import Trail, Verification, read_trail, verify
from ledger.views import Views


class Ledger:
    """Everything one may do with a ledger. `execute` is the one way to change anything."""

    def __init__(self, database: Database, totp_keys: TotpKeys) -> None:
        self.database = database
        self.programmes = Programmes()
        self.denials = Denials()
        self.contents = Contents(database)
        self.inbox = Inbox(database)
        self.lists = Lists(database)
        self.desk = Desk(database)
        self.delegations = Delegations(database)
        self.absence = Absence(database)
        self.views = Views(database)
        self.inspections = Inspections(database)
        self.audit = Audit(database)
        self.verifications = Verifications(database)
        self.rehearsals = Rehearsals(database)
        self._executor = Executor(database, self.programmes, self.denials)
        self.tenants = Tenants(database, self.programmes, self._executor)
        self.moves = Moves(database, self.programmes, self._executor.execute_many)
        self.attempts = Attempts(database)
        self.sessions = Sessions(database)
        self.pending = Pending(database)
        self.accounts = Accounts(database, self.sessions, self.attempts, self.denials, self.actor, totp_keys)
        self.tokens = Tokens(database, self.programmes, self.denials, self.actor)
        self.roster = Roster(database)
        self.imports = Imports(database, self.roster, self.accounts, self.actor, self.execute_all)
        self.sign_in = SignIn(self.accounts, self.sessions, self.attempts, self.pending, self.actor)

    @classmethod
    @asynccontextmanager
    async def connect(cls, dsn: str, *, size: int = 16, totp_keys: Path | None = None) -> AsyncIterator[Ledger]:
        """Open a ledger for the length of a block. Only who sets up or checks second factors needs their keys."""
        database = Database(dsn, size=size)
        await database.open()
        ledger = cls(database, TotpKeys(totp_keys))
        try:
            yield ledger
        finally:
            await ledger.imports.close()
            await ledger.verifications.close()
            await database.close()

    async def execute(self, order: Order) -> Outcome:
        """Carry out one order; see `Executor.execute`. What a programme brings in units is founded after it."""
        outcome = await self._executor.execute(order)
        if isinstance(order.command, Adopt):
            await self.tenants.found_units(order.tenant, order.command.programme)
        return outcome

    async def execute_many(self, orders: Sequence[Order]) -> list[Answer]:
        """Carry out many orders in one transaction; see `Executor.execute_many`."""
        return await self._executor.execute_many(orders)

    async def execute_all(self, orders: Sequence[Order], told: Told) -> None:
        """Carry out many orders in one transaction, all or none; see `Executor.execute_all`."""
        await self._executor.execute_all(orders, told)

    async def actor(self, tenant: TenantId, person: PersonId) -> tuple[Actor, Programme, datetime]:
        """Return a person with what they hold now, the programme in force, and the tenant's time."""
        return await self._executor.actor(tenant, person)

    async def head(self, tenant: TenantId, stream: StreamId) -> tuple[int, State, str]:
        """Return a stream's version, state and pinned programme digest; refused when there is none."""
        return await self._executor.stream_head(tenant, stream)

    async def names(self, tenant: TenantId, people: Iterable[PersonId]) -> dict[PersonId, str]:
        """Return the names of people, where they are known and not erased."""
        async with self.database.connection(tenant) as connection:
            return await names_of(connection, tenant, people)

    async def deny(self, tenant: TenantId, person: PersonId, stream: str | None, action: str, code: str) -> None:
        """Note in the denial log that somebody was refused for want of a right."""
        async with self.database.connection(tenant) as connection:
            await self.denials.add(connection, tenant, person, stream, action, code)

    async def process_head(self, tenant: TenantId, stream: StreamId) -> ProcessHead | None:
        """Return what a process manager acts on, in one read; None when there is no such stream."""
        return await process_head(self.database, tenant, stream)

    async def programme(self, tenant: TenantId, digest: str) -> Programme:
        """Return a stored programme by digest, over the tree of units as it is now."""
        async with self.database.connection(tenant) as connection:
            query = "SELECT tree FROM tenant WHERE tenant = %s"
            row = await (await connection.execute(query, (tenant,))).fetchone()
            return await self.programmes.load(connection, tenant, digest, row["tree"] if row else 0)

    async def rules(self, tenant: TenantId, digests: Iterable[str]) -> dict[str, Programme]:
        """Return stored programmes by digest, as they were written. What was read before costs no statement."""
        async with self.database.connection(tenant) as connection:
            return {one: await self.programmes.rules(connection, tenant, one) for one in digests}

    async def holders_on(self, tenant: TenantId, at: datetime) -> list[Holding]:
        """Return who held which post at an instant, with the rights that the rules in force then gave it."""
        then = await self.tenants.in_force_at(tenant, at)
        return await self.lists.holders_on(tenant, at, await self.programme(tenant, then.digest))

    async def events(
        self, tenant: TenantId, stream: StreamId, *, after: int = 0, limit: int | None = None
    ) -> list[RecordedEvent]:
        """Return a stream's events after a version."""
        async with self.database.connection(tenant) as connection:
            return [one async for one in read_stream(connection, tenant, stream, after=after, limit=limit)]

    async def events_of(self, tenant: TenantId, streams: Sequence[StreamId]) -> dict[StreamId, list[RecordedEvent]]:
        """Return the events of several streams, in one query."""
        async with self.database.connection(tenant) as connection:
            return await read_many(connection, tenant, streams)

    async def timeline(self, tenant: TenantId, stream: StreamId) -> Sequence[tuple[RecordedEvent, State]]:
        """Return every event of a stream with the state after it."""
        async with self.database.connection(tenant) as connection:
            return await timeline(connection, tenant, stream)

    async def state_at(self, tenant: TenantId, stream: StreamId, at: int | datetime) -> tuple[int, State]:
        """Return the state after a version, or as it was at an instant, with its version."""
        async with self.database.connection(tenant) as connection:
            if isinstance(at, int):
                return at, await state_at_version(connection, tenant, stream, at)
            return await state_at_time(connection, tenant, stream, at)

    async def verify(self, tenant: TenantId, progress: Callable[[int, int], None] | None = None) -> Verification:
        """Prove that nothing was altered; see `ledger.verify`."""
        return await verify(self.database, tenant, progress)

    async def trail(self, tenant: TenantId, stream: StreamId) -> Trail:
        """Return one stream as it is stored, every event hashed again; see `ledger.verify`."""
        return await read_trail(self.database, tenant, stream)

    async def rebuild_check(
        self, tenant: TenantId, progress: Callable[[int], None] | None = None
    ) -> tuple[int, tuple[Drift, ...]]:
        """Rebuild the read models and compare; see `ledger.rebuild`."""
        return await rebuild_check(self.database, tenant, progress)

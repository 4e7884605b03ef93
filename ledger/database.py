"""The connection pool, and running composed queries on it.

SQLAlchemy Core declares the tables and composes the queries; psycopg runs them. Connections are in autocommit mode:
every statement is its own transaction unless `transaction()` is asked for.
"""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any

import psycopg
from psycopg import AsyncConnection, AsyncCursor
from psycopg.rows import DictRow, dict_row
from psycopg.types.json import set_json_dumps, set_json_loads
from psycopg_pool import AsyncConnectionPool, PoolTimeout
from pydantic_core import from_json, to_json
from sqlalchemy.dialects.postgresql.psycopg import PGDialect_psycopg
from sqlalchemy.sql import ClauseElement

from domain.ids import TenantId

set_json_dumps(to_json)
set_json_loads(from_json)

_DIALECT = PGDialect_psycopg(paramstyle="pyformat")  # type: ignore[no-untyped-call]

NOBODY = ""
"""What the session's setting is at first, and while no tenant's rows are to be seen. No tenant has this name."""

STALE_AFTER = 1.0
"""Seconds of rest after which a pooled connection is probed before it is used: the server may have restarted."""


class Connection(AsyncConnection[DictRow]):
    """A connection that knows when it was last used, and for whom."""

    used_at = 0.0
    tenant: str | None = NOBODY
    """The tenant whose rows its session sees; None while that is not certain."""
    pool: Database | None = None
    """Whose connection it is."""

    async def execute(self, *args: Any, **kwargs: Any) -> AsyncCursor[DictRow]:
        """Run a statement, and count it."""
        if self.pool is not None:
            self.pool.statements += 1
        return await super().execute(*args, **kwargs)


async def _probe_if_rested(connection: Connection) -> None:
    if time.monotonic() - connection.used_at > STALE_AFTER:
        # As the pool's own check does, but not counted: it depends on how long the connection has rested.
        await AsyncConnection.execute(connection, "")


async def _see(connection: Connection, tenant: str) -> None:
    """Let the session see the rows of one tenant; row-level security goes by this setting.

    It belongs to the session, not to the transaction, so that a connection which stays with its tenant pays nothing.
    """
    if connection.tenant == tenant:
        return
    connection.tenant = None  # until the server has answered: whoever is interrupted here leaves it uncertain
    # Not counted: whether it is needed depends on who had the connection before.
    await AsyncConnection.execute(connection, "SELECT set_config('termledger.tenant', %s, false)", (tenant,))
    connection.tenant = tenant


class DatabaseAway(Exception):
    """PostgreSQL cannot be reached. What was asked for may or may not have been done: ask again with the same id."""


class Database:
    """A pool of connections to the ledger's database."""

    def __init__(self, dsn: str, *, size: int = 16, wait: float = 5.0) -> None:
        """Take a connection string, the largest number of connections, and the seconds to wait for one."""
        self.statements = 0
        """How many statements were sent over all its connections: a page's number of them is fixed, and tested."""
        self._pool: AsyncConnectionPool[Connection] = AsyncConnectionPool(
            dsn,
            connection_class=Connection,
            kwargs={"autocommit": True, "row_factory": dict_row, "prepare_threshold": 2},
            min_size=1,
            max_size=size,
            timeout=wait,
            # Attempts come ever more seldom until this much has passed; the next borrower then begins anew, so that
            # people are not kept waiting for minutes by a server that is back.
            reconnect_timeout=wait,
            open=False,
            configure=self._own,
            check=_probe_if_rested,
        )

    async def _own(self, connection: Connection) -> None:
        connection.pool = self

    async def open(self) -> None:
        """Open the pool. It connects in the background; a borrower learns when the server is away."""
        await self._pool.open()

    async def close(self) -> None:
        """Close every connection."""
        await self._pool.close()

    @asynccontextmanager
    async def connection(self, tenant: TenantId | None) -> AsyncIterator[Connection]:
        """Borrow a connection that sees and writes the rows of one tenant, and of no other.

        None is for what goes across tenants: it sees the list of tenants and the outbox, and no tenant's rows. Loss of
        the server surfaces as `DatabaseAway`.
        """
        try:
            async with self._pool.connection() as connection:
                await _see(connection, tenant or NOBODY)
                yield connection
                connection.used_at = time.monotonic()
        except (PoolTimeout, psycopg.OperationalError, psycopg.InterfaceError) as fault:
            if isinstance(fault, psycopg.errors.TransactionRollback | psycopg.errors.LockNotAvailable):
                raise
            raise DatabaseAway(str(fault)) from fault

    @asynccontextmanager
    async def transaction(self, tenant: TenantId | None) -> AsyncIterator[Connection]:
        """Borrow a connection inside one transaction; see `connection`."""
        async with self.connection(tenant) as connection, connection.transaction():
            yield connection

    async def rows(self, statement: ClauseElement, tenant: TenantId | None) -> Sequence[DictRow]:
        """Run a composed query and return its rows."""
        async with self.connection(tenant) as connection:
            return await rows(connection, statement)

    async def row(self, statement: ClauseElement, tenant: TenantId | None) -> DictRow | None:
        """Run a composed query and return its first row, if any."""
        found = await self.rows(statement, tenant)
        return found[0] if found else None


async def run(connection: Connection, statement: ClauseElement) -> psycopg.AsyncCursor[DictRow]:
    """Run a composed statement on a borrowed connection."""
    compiled = statement.compile(dialect=_DIALECT, compile_kwargs={"render_postcompile": True})
    return await connection.execute(compiled.string, _parameters(compiled))


async def rows(connection: Connection, statement: ClauseElement) -> Sequence[DictRow]:
    """Run a composed query on a borrowed connection and return its rows."""
    return await (await run(connection, statement)).fetchall()


def _parameters(compiled: Any) -> dict[str, Any]:
    processors = compiled._bind_processors
    return {name: processors[name](value) if name in processors else value for name, value in compiled.params.items()}

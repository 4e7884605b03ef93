"""The migrated database is what `ledger.schema` says, however often and by however many it was migrated."""

from __future__ import annotations

import secrets
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import urlsplit

import psycopg
import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from psycopg import sql
from sqlalchemy import create_engine
from sqlalchemy.engine import make_url

from ledger.migrate import WAIT, migrate
from ledger.schema import metadata
from tests.conftest import Base
from tests.ledger.given import TABLES, query


@pytest.fixture
def empty(base: Base) -> Iterator[str]:
    """An address of a database with nothing in it."""
    name = f"empty_{secrets.token_hex(4)}"
    with psycopg.connect(base.owner, autocommit=True) as connection:
        connection.execute(sql.SQL("CREATE DATABASE {} STRATEGY wal_log").format(sql.Identifier(name)))
    yield urlsplit(base.owner)._replace(path=f"/{name}").geturl()
    with psycopg.connect(base.owner, autocommit=True) as connection:
        connection.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))


def shape(dsn: str) -> list[dict[str, object]]:
    """Everything the migrations made: columns, indexes, constraints, functions, triggers, rights."""
    return query(
        Base(dsn, dsn),
        """SELECT 'column' AS kind, attrelid::regclass::text AS of, attname AS name,
                  format_type(atttypid, atttypmod) || attnotnull AS what
           FROM pg_attribute JOIN pg_class ON pg_class.oid = attrelid
           WHERE relnamespace = 'public'::regnamespace AND attnum > 0 AND relkind = 'r'
           UNION ALL SELECT 'index', tablename, indexname, indexdef FROM pg_indexes WHERE schemaname = 'public'
           UNION ALL SELECT 'constraint', conrelid::regclass::text, conname, pg_get_constraintdef(oid)
           FROM pg_constraint WHERE connamespace = 'public'::regnamespace
           UNION ALL SELECT 'function', '', proname, md5(prosrc) FROM pg_proc
           WHERE pronamespace = 'public'::regnamespace
           UNION ALL SELECT 'trigger', tgrelid::regclass::text, tgname, pg_get_triggerdef(oid) FROM pg_trigger
           WHERE NOT tgisinternal
           UNION ALL SELECT 'right', '', relname, relacl::text FROM pg_class
           WHERE relnamespace = 'public'::regnamespace AND relkind = 'r'
           ORDER BY 1, 2, 3""",
    )


def test_the_database_is_what_the_schema_says(base: Base) -> None:
    engine = create_engine(make_url(base.owner).set(drivername="postgresql+psycopg"))
    try:
        with engine.connect() as connection:
            options = {"compare_type": True, "compare_server_default": True}
            found = compare_metadata(MigrationContext.configure(connection, opts=options), metadata)
    finally:
        engine.dispose()
    assert found == []
    assert set(metadata.tables) == set(TABLES)  # and the tests empty all of them


def test_migrating_twice_changes_nothing(base: Base) -> None:
    before = shape(base.owner)
    migrate(base.owner)
    assert shape(base.owner) == before


def test_several_at_once(empty: str, base: Base) -> None:
    with ThreadPoolExecutor(3) as pool:
        for one in [pool.submit(migrate, empty) for _ in range(3)]:
            one.result()
    assert shape(empty) == shape(base.owner)
    migrate(empty)


@pytest.mark.parametrize(
    "lock", ["SELECT pg_advisory_lock(726521)", "BEGIN; LOCK TABLE alembic_version IN ACCESS EXCLUSIVE MODE"]
)
def test_it_does_not_wait_for_ever(base: Base, lock: str) -> None:
    """And says so with the exception it promises; when the lock is free, it goes through."""
    with psycopg.connect(base.owner, autocommit=True) as holder:
        holder.execute(lock.encode())
        began = time.monotonic()
        with pytest.raises(psycopg.errors.LockNotAvailable):
            migrate(base.owner, wait=0.2)
        assert time.monotonic() - began < WAIT, "it waits as long as it was told to, not as long as it usually does"
    migrate(base.owner)

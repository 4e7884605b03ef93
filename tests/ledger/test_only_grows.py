"""The database itself keeps the events: against its owner by triggers, against the service by privileges."""

from __future__ import annotations

from typing import LiteralString

import psycopg
import pytest

from tests.conftest import Base, Bureau
from tests.ledger.given import TABLES, dump, opened, query

CHANGES: tuple[LiteralString, ...] = (
    "UPDATE event SET actor = 'x'",
    "UPDATE event SET data = data WHERE position = 1",
    "DELETE FROM event",
    "DELETE FROM event WHERE position = 1",
    "TRUNCATE event",
    "TRUNCATE event, stream CASCADE",
    "INSERT INTO event SELECT * FROM event ON CONFLICT (tenant, position) DO UPDATE SET actor = 'x'",
    "MERGE INTO event AS e USING tenant AS t ON e.tenant = t.tenant WHEN MATCHED THEN DELETE",
    "WITH gone AS (DELETE FROM event RETURNING *) SELECT count(*) FROM gone",
)


FORBIDDEN: tuple[LiteralString, ...] = (
    *CHANGES,
    "ALTER TABLE event DISABLE TRIGGER ALL",
    "ALTER TABLE event DISABLE TRIGGER event_only_grows",
    "DROP TRIGGER event_only_grows ON event",
    "SET session_replication_role = replica",
    "CREATE OR REPLACE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END'",
    "DROP TABLE event",
    "ALTER TABLE event RENAME TO old",
    "ALTER TABLE event ADD COLUMN x int",
    "CREATE TABLE mine (x int)",
    "CREATE SCHEMA mine",
    "CREATE FUNCTION mine() RETURNS int LANGUAGE sql AS 'SELECT 1'",
    "CREATE ROLE mine",
    "CREATE DATABASE mine",
    "SET ROLE postgres",
    "ALTER ROLE termledger_app SUPERUSER",
    "UPDATE denial SET code = 'x'",
    "DELETE FROM denial",
    "TRUNCATE denial",
    "DELETE FROM tenant",
    "TRUNCATE tenant",
    "TRUNCATE stream",
    "UPDATE alembic_version SET version_num = 'x'",
    "COPY event TO PROGRAM 'cat'",
    "SELECT pg_read_file('/etc/passwd')",
    "SELECT rolpassword FROM pg_authid",
)


async def test_the_owner_is_refused(base: Base, bureau: Bureau) -> None:
    await opened(bureau)
    before = dump(base)
    for statement in CHANGES:
        with pytest.raises(psycopg.Error, match="only grows") as refused:
            query(base, statement)
        assert refused.value.sqlstate == "TL403", statement
    assert dump(base) == before


async def test_the_service_is_refused(base: Base, bureau: Bureau) -> None:
    await opened(bureau)
    before = dump(base)
    with psycopg.connect(base.service, autocommit=True) as connection:
        for statement in FORBIDDEN:
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                connection.execute(statement)
    assert dump(base) == before


async def test_the_service_is_nobody_special(base: Base) -> None:
    (role,) = query(base, "SELECT * FROM pg_roles WHERE rolname = 'termledger_app'")
    powers = ("rolsuper", "rolcreaterole", "rolcreatedb", "rolreplication", "rolbypassrls")
    assert not any(role[power] for power in powers)
    member = query(
        base,
        """SELECT r.rolname, m.admin_option FROM pg_auth_members AS m JOIN pg_roles AS r ON r.oid = m.roleid
           WHERE m.member = 'termledger_app'::regrole""",
    )
    assert member == [{"rolname": "termledger_service", "admin_option": False}]
    assert query(base, "SELECT 1 FROM pg_class WHERE relowner = 'termledger_app'::regrole") == []
    assert query(base, "SELECT 1 FROM pg_proc WHERE proowner = 'termledger_app'::regrole") == []


async def test_the_service_may_do_exactly_what_it_needs(base: Base) -> None:
    """Every table is named here, so that a new one does not come with rights that nobody thought about."""
    rows = query(
        base,
        """SELECT c.relname AS name, string_agg(left(p, 1), '' ORDER BY n) AS may
           FROM pg_class AS c CROSS JOIN unnest('{SELECT,INSERT,UPDATE,DELETE,TRUNCATE,REFERENCES,TRIGGER}'::text[])
                WITH ORDINALITY AS u(p, n)
           WHERE c.relnamespace = 'public'::regnamespace AND c.relkind = 'r'
             AND has_table_privilege('termledger_app', c.oid, p)
           GROUP BY c.relname""",
    )
    special = {"event": "SI", "denial": "SI", "sign_in_log": "SI", "tenant": "SIU", "api_token": "SIU"}
    special["alembic_version"] = "S"
    assert {row["name"]: row["may"] for row in rows} == dict.fromkeys(TABLES, "SIUD") | special


async def test_the_guards_stand_after_a_refusal(base: Base, bureau: Bureau) -> None:
    rows = query(base, "SELECT tgname, tgenabled FROM pg_trigger WHERE tgrelid = 'event'::regclass ORDER BY tgname")
    assert [(row["tgname"], row["tgenabled"]) for row in rows] == [
        ("event_not_truncated", "A"),
        ("event_only_grows", "A"),
    ]
    await opened(bureau)
    assert (await bureau.ledger.verify(bureau.tenant)).sound

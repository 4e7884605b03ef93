"""The second lock: a session sees and writes its own tenant's rows, whatever a query says or forgets."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from typing import Any, LiteralString
from uuid import UUID, uuid4

import psycopg
import pytest
from psycopg import sql
from psycopg.types.json import Jsonb

from domain.ids import TenantId
from domain.programme import Programme
from ledger.database import Connection, Database
from ledger.execute import _HEAD, _READ, _READ_MANY
from ledger.outbox import _PROCESS_HEAD, taken, wake_all
from tests.conftest import START, Base, Bureau
from tests.ledger.given import School, dump, opened, query, report

OTHER = TenantId("other")
ACROSS = {"outbox", "tenant"}
"""What is seen whole, since operators' jobs and the relay go across tenants."""
HISTORY = ("event", "stream", "item", "task", "appointment", "content", "inbox", "programme", "draft")
_WHOSE: LiteralString = "SELECT current_setting('termledger.tenant', true) AS whose"


@pytest.fixture
async def database(base: Base) -> AsyncIterator[Database]:
    """A pool of one connection, so that the next borrower is given what the last gave back."""
    one = Database(base.service, size=1)
    await one.open()
    yield one
    await one.close()


@pytest.fixture
async def both(bureau: Bureau, small_county: Programme) -> Bureau:
    """Two tenants with the same history, wake-ups and a draft."""
    await bureau.ledger.tenants.adopt(OTHER, small_county)
    await bureau.ledger.tenants.freeze_clock(OTHER, START)
    for one in (bureau, Bureau(bureau.ledger, OTHER, small_county)):
        school = await School.founded(one)
        stream = await opened(one)
        await bureau.ledger.contents.save_draft(one.tenant, stream, {"overview": "草"}, school.lead, 0)
        await one.by(school.lead, stream, report())
        await bureau.ledger.contents.save_draft(one.tenant, stream, {"overview": "草"}, school.lead, None)
    return bureau


def tables(base: Base) -> list[str]:
    """Every table with a tenant, from the database itself: a new one is among them."""
    rows = query(
        base,
        """SELECT c.relname AS name FROM pg_class AS c JOIN pg_attribute AS a ON a.attrelid = c.oid
           WHERE c.relnamespace = 'public'::regnamespace AND c.relkind = 'r' AND a.attname = 'tenant' ORDER BY 1""",
    )
    return [row["name"] for row in rows]


async def number(connection: Connection, table: str, where: LiteralString = "true") -> int:
    text = sql.SQL("SELECT count(*) AS n FROM {} WHERE {}").format(sql.Identifier(table), sql.SQL(where))
    row = await (await connection.execute(text)).fetchone()
    assert row is not None
    return int(row["n"])


async def whose(database: Database, tenant: TenantId | None) -> str:
    async with database.connection(tenant) as connection:
        row = await (await connection.execute(_WHOSE)).fetchone()
    assert row is not None
    return row["whose"] or ""


def test_every_table_with_a_tenant_is_locked(base: Base) -> None:
    """A migration that brings a table has to lock it, or to be named here with its reason."""
    locked = query(
        base,
        """SELECT c.relname AS name, array_agg(p.polcmd::text ORDER BY p.polcmd) AS of FROM pg_class AS c
           JOIN pg_policy AS p ON p.polrelid = c.oid WHERE c.relrowsecurity GROUP BY 1""",
    )
    assert {row["name"]: row["of"] for row in locked} == {
        **{name: ["*"] for name in tables(base) if name not in ACROSS},
        "tenant": ["a", "r", "w"],  # anybody lists; each makes and changes its own
    }
    assert set(HISTORY) <= set(tables(base)) - ACROSS


async def test_a_query_that_forgets_its_tenant_sees_nothing(both: Bureau, base: Base) -> None:
    async with both.ledger.database.connection(None) as connection:
        seen = {table for table in tables(base) if await number(connection, table)}
    assert seen == ACROSS


async def test_a_connection_nobody_prepared_sees_nothing(both: Bureau, base: Base) -> None:
    with psycopg.connect(base.service, autocommit=True) as connection:
        for table in HISTORY:
            text = sql.SQL("SELECT 1 FROM {}").format(sql.Identifier(table))
            assert connection.execute(text).fetchall() == [], table


async def test_a_query_that_forgets_its_tenant_on_a_tenants_connection_sees_that_tenants_rows(
    both: Bureau, base: Base
) -> None:
    async with both.ledger.database.connection(both.tenant) as connection:
        for table in set(tables(base)) - ACROSS:
            assert await number(connection, table, "tenant <> 'pucheng'") == 0, table
            assert (await number(connection, table) > 0) >= (table in HISTORY), table


async def test_another_tenants_rows_are_neither_seen_nor_changed_nor_removed(both: Bureau, base: Base) -> None:
    before = dump(base)
    async with both.ledger.database.connection(OTHER) as connection:
        for table in set(tables(base)) - ACROSS:
            assert await number(connection, table, "tenant = 'pucheng'") == 0, table
        for table in set(HISTORY) - {"event"}:
            for change in ("DELETE FROM {}", "UPDATE {} SET tenant = tenant"):
                text = sql.SQL(change).format(sql.Identifier(table)) + sql.SQL(" WHERE tenant = 'pucheng'")
                assert (await connection.execute(text)).rowcount == 0, table
        moved = "UPDATE tenant SET position = 0, clock_offset = '1 day' WHERE tenant = 'pucheng'"
        assert (await connection.execute(moved)).rowcount == 0
    assert dump(base) == before


@pytest.mark.parametrize("on", [OTHER, None])
async def test_nothing_is_written_for_another_tenant(both: Bureau, base: Base, on: TenantId | None) -> None:
    """Rows of ours, handed back under a key of their own."""
    before = dump(base)
    rows = {
        table: query(base, sql.SQL("SELECT * FROM {} LIMIT 1").format(sql.Identifier(table)))[0] for table in HISTORY
    }
    rows["denial"] = {"tenant": both.tenant, "person": "per-x", "action": "approve", "code": "not_yours"}
    rows["tenant"] = query(base, "SELECT * FROM tenant WHERE tenant = 'pucheng'")[0] | {"tenant": "third"}
    async with both.ledger.database.connection(on) as connection:
        for table, row in rows.items():
            values = {name: Jsonb(value) if isinstance(value, dict) else value for name, value in row.items()}
            if table != "tenant":
                values["tenant"] = both.tenant
            text = sql.SQL("INSERT INTO {} ({}) VALUES ({})").format(
                sql.Identifier(table),
                sql.SQL(", ").join(map(sql.Identifier, values)),
                sql.SQL(", ").join(map(sql.Placeholder, values)),
            )
            with pytest.raises(psycopg.errors.InsufficientPrivilege, match="row-level security"):
                await connection.execute(text, values)
    assert dump(base) == before


async def test_a_row_cannot_be_handed_to_another_tenant(both: Bureau, base: Base) -> None:
    before = dump(base)
    async with both.ledger.database.connection(both.tenant) as connection:
        for table in set(HISTORY) - {"event"}:
            text = sql.SQL("UPDATE {} SET tenant = 'third'").format(sql.Identifier(table))
            with pytest.raises(psycopg.errors.InsufficientPrivilege, match="row-level security"):
                await connection.execute(text)
    assert dump(base) == before


def one_order(stream: str, version: int) -> tuple[list[str], Jsonb, Jsonb]:
    """What `append` is given for one order that moves a stream, or starts one."""
    head: dict[str, object] = {"status": "active", "state": {}, "digest": "00", "alarm_at": None, "ended": False}
    order = {
        "stream": stream,
        "machine": "person",
        "expected": version,
        "version": version + 1,
        "programme": "x",
    } | head
    order |= {"tasks": [], "appointments": [{"id": "1", "role": "r", "unit": "u", "first_day": "2026-09-01"}]}
    event = {"stream": stream, "version": version + 1, "type": "x", "data": {}, "actor": "x", "programme": "x"}
    event |= {"command_id": str(uuid4()), "ordinal": 0, "command_digest": "00", "happened_at": START.isoformat()}
    event |= {"hash": "sha256", "previous": "00", "digest": "00"}
    parts = ["moves" if version else "starts", "tasks", "appointments"]
    return parts, Jsonb([order]), Jsonb([event])


@pytest.mark.parametrize("on", [OTHER, None])
async def test_append_has_the_rights_of_its_caller(both: Bureau, base: Base, on: TenantId | None) -> None:
    (person,) = query(
        base, "SELECT stream, version FROM stream WHERE machine = 'person' AND tenant = 'pucheng' LIMIT 1"
    )
    before = dump(base)
    async with both.ledger.database.connection(on) as connection:
        for stream, version in (("per-new", 0), (person["stream"], person["version"])):
            with pytest.raises(psycopg.Error) as refused:
                await connection.execute("SELECT append(%s, %s, %s, %s)", (both.tenant, *one_order(stream, version)))
            # To start one is forbidden; one that is not seen has moved.
            assert refused.value.sqlstate == ("TL409" if version else "42501")
    assert dump(base) == before
    async with both.ledger.database.connection(both.tenant) as connection:
        await connection.execute("SELECT append(%s, %s, %s, %s)", (both.tenant, *one_order("per-new", 0)))


async def test_a_pooled_connection_never_keeps_a_former_tenant(both: Bureau, database: Database) -> None:
    for tenant in (None, both.tenant, OTHER, both.tenant, None, OTHER, OTHER, None):
        assert await whose(database, tenant) == (tenant or "")
        async with database.connection(tenant) as connection:
            assert (await number(connection, "stream") > 0) is (tenant is not None)


async def test_nor_after_a_fault_a_rollback_or_a_lost_connection(both: Bureau, base: Base, database: Database) -> None:
    with pytest.raises(psycopg.errors.UndefinedTable):
        async with database.transaction(OTHER) as connection:
            await connection.execute("SELECT 1 FROM nowhere")
    assert await whose(database, OTHER) == OTHER
    assert await whose(database, both.tenant) == both.tenant
    ended = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'termledger_app' AND datname = %s"
    query(base, ended, base.owner.rpartition("/")[2])  # other tests' databases stand on the same server
    with pytest.raises(Exception):  # noqa: B017, PT011 - however the loss shows
        await whose(database, both.tenant)
    assert await whose(database, None) == ""
    assert await whose(database, both.tenant) == both.tenant


async def test_nor_after_a_borrower_was_interrupted(both: Bureau, database: Database) -> None:
    """At whichever of its steps: the next borrower is not given what the interrupted one asked for."""
    assert await whose(database, both.tenant) == both.tenant
    for steps in range(30):
        task = asyncio.create_task(whose(database, OTHER))
        for _ in range(steps):
            await asyncio.sleep(0)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        assert await whose(database, both.tenant) == both.tenant, steps


async def test_a_connection_that_stays_with_its_tenant_is_not_told_again(both: Bureau, database: Database) -> None:
    """A bureau alone on its server pays nothing: the setting is sent when it differs, and only then."""
    async with database.connection(both.tenant) as connection:
        await connection.execute("SELECT set_config('termledger.tenant', 'mark', false)")
    assert await whose(database, both.tenant) == "mark"
    assert await whose(database, OTHER) == OTHER


async def test_jobs_across_tenants_still_see_every_tenant(both: Bureau, base: Base) -> None:
    ledger = both.ledger
    assert await ledger.tenants.known() == [OTHER, both.tenant]
    sizes = await ledger.tenants.positions()
    assert min(sizes[OTHER], sizes[both.tenant]) > 3
    query(base, "INSERT INTO reaction VALUES ('pucheng', 'fil-x', 1, 0, '{}'), ('other', 'fil-x', 1, 0, '{}')")
    wakes = query(base, "SELECT count(*) AS n FROM outbox")[0]["n"]
    assert await ledger.tenants.waiting() == {"outbox": wakes, "reactions": 2}
    woken = [await wake_all(ledger.database, tenant) for tenant in await ledger.tenants.known()]
    assert woken[0] == woken[1] == 2
    async with taken(ledger.database, 100) as found:
        assert {wake.tenant for wake in found} == {OTHER, both.tenant}
    assert await ledger.tenants.waiting() == {"outbox": 0, "reactions": 2}
    query(base, "DELETE FROM reaction")
    for tenant in (OTHER, both.tenant):
        found_sound = await ledger.verify(tenant)
        assert (found_sound.sound, found_sound.events) == (True, sizes[tenant])
        streams, drifts = await ledger.rebuild_check(tenant)
        stored = query(base, "SELECT count(*) AS n FROM stream WHERE tenant = %s", tenant)
        assert (streams, drifts) == (stored[0]["n"], ())


# -- what the lock costs: the rows that the hot statements touch, counted by the database itself

_FILL: tuple[LiteralString, ...] = (
    """INSERT INTO stream (tenant, stream, machine, version, status, state, programme, digest, ended)
       SELECT 'pucheng', 'per-x' || i, 'person', 1, 'active', '{}', 'x', '\\x00', false
       FROM generate_series(1, 3000) AS i""",
    """INSERT INTO appointment (tenant, stream, id, role, unit, first_day)
       SELECT tenant, stream, '1', 'teacher', stream, '2020-01-01' FROM stream WHERE stream LIKE 'per-x%%'""",
    """INSERT INTO task (tenant, stream, ordinal, kind, person)
       SELECT tenant, stream, 0, 'do', stream FROM stream WHERE stream LIKE 'per-x%%'""",
    """INSERT INTO event (tenant, position, stream, version, type, data, actor, programme, command_id, ordinal,
                          command_digest, happened_at, recorded_at, hash, previous, digest, link)
       SELECT 'pucheng', 1000 + row_number() OVER (), stream, 1, 'x', '{}', 'x', 'x', gen_random_uuid(), 0, '\\x00',
              now(), now(), 'sha256', '\\x00', '\\x00', '\\x00' FROM stream WHERE stream LIKE 'per-x%%'""",
    "UPDATE tenant SET position = 5000",
    "ANALYZE",
)
_TOUCHED: LiteralString = """
    SELECT coalesce(sum(seq_tup_read + coalesce(idx_tup_fetch, 0)), 0)::integer AS n FROM pg_stat_xact_user_tables
    WHERE relname <> 'tenant'
"""


async def test_hot_statements_still_find_their_rows_by_index(both: Bureau, base: Base) -> None:
    """Under a policy a condition with an operator that is not leakproof stays out of the index, and nothing says so."""
    for statement in _FILL:
        query(base, statement)
    nobody = UUID(int=0)
    read: dict[str, Any] = {"tenant": both.tenant, "stream": "per-x7", "actor": "per-x8", "command_id": nobody}
    many = {"tenant": both.tenant, "streams": ["per-x7", "per-x8"], "command_ids": [nobody, uuid4()]}
    statements: Sequence[tuple[LiteralString, Any]] = (
        (_READ, read),
        (_READ_MANY, many),
        (_HEAD, (both.tenant, "per-x7")),
        (_PROCESS_HEAD, ("per-x7", both.tenant)),
        ("SELECT append(%s, %s, %s, %s)", (both.tenant, *one_order("per-x7", 1))),
        (
            "SELECT * FROM event WHERE tenant = %s AND stream = %s AND version > 0 ORDER BY version",
            (both.tenant, "per-x7"),
        ),
    )
    for statement, values in statements:
        async with both.ledger.database.transaction(both.tenant) as connection:
            # What this connection did shortly before is still among what the database tells of the transaction.
            before = await _touched(connection)
            await connection.execute(statement, values)
            assert await _touched(connection) - before < 100, statement


async def _touched(connection: Connection) -> int:
    row = await (await connection.execute(_TOUCHED)).fetchone()
    assert row is not None, "a sum is always given"
    return int(row["n"])

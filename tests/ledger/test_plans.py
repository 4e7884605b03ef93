"""What is read for every command and on every page goes by an index, however many people and tasks a county has."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import psycopg
import pytest
from psycopg import AsyncConnection

from domain.access import Post
from domain.filing import Approve
from domain.ids import TenantId, UnitId
from domain.programme import Programme
from ledger.database import Connection, Database
from ledger.ledger import Ledger
from tests.conftest import START, Base, Bureau, _Server
from tests.ledger.given import SCHOOL, School, opened, report

_MORE = (
    """
    INSERT INTO appointment (tenant, stream, id, role, unit, first_day)
    SELECT 'pucheng', 'per-more-' || n, '1', 'role' || n % 12, 'unit' || n % 1900, '2026-01-01'
    FROM generate_series(1, 20000) AS n
    """,
    """
    INSERT INTO task (tenant, stream, ordinal, kind, person, role, unit)
    SELECT 'pucheng', 'fil-more-' || n, 0, 'decide', CASE WHEN n % 2 = 0 THEN 'per-more-' || n END,
           CASE WHEN n % 2 = 1 THEN 'role' || n % 12 END, CASE WHEN n % 2 = 1 THEN 'unit' || n % 1900 END
    FROM generate_series(1, 20000) AS n
    """,
    "ANALYZE appointment, task",
)
FEW = 60
"""Pages of a table and its indexes. Each of the two has more than 200, and as many again in its indexes."""


@pytest.fixture
async def school(server: _Server, small_county: Programme) -> AsyncIterator[School]:
    """A school with a filing to be decided, in a tenant with 20,000 appointments and as many tasks."""
    base: Base = server.create()
    async with Ledger.connect(base.service, size=2) as ledger:
        tenant = TenantId("pucheng")
        await ledger.tenants.put_in_force(tenant, small_county)
        await ledger.tenants.freeze_clock(tenant, START)
        founded = await School.founded(Bureau(ledger, tenant, small_county))
        with psycopg.connect(base.owner, autocommit=True) as owner:
            for statement in _MORE:
                owner.execute(statement)
        yield founded
    server.drop(base)


async def test_neither_commands_nor_pages_read_all_appointments_or_tasks(
    school: School, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Counted in pages, not in time."""
    bureau, ledger = school.bureau, school.bureau.ledger
    stream = await opened(bureau)
    await bureau.by(school.lead, stream, report())
    actor, _, _ = await ledger.actor(bureau.tenant, school.principal)
    told = _told_pages(monkeypatch, ledger.database)
    assert await ledger.sessions.counts(bureau.tenant, actor) == (1, 1)
    assert len(await ledger.desk.waiting(bureau.tenant, actor)) == 1
    post = Post(role="principal", unit=UnitId(SCHOOL))
    assert await ledger.absence.waiting(bureau.tenant, [school.lead], [post]) == [stream]
    await bureau.by(school.principal, stream, Approve())
    assert {table for table, _ in told} == {"appointment", "task"}
    assert max(pages for _, pages in told) <= FEW, told


def _told_pages(patched: pytest.MonkeyPatch, database: Database) -> list[tuple[str, int]]:
    """Let each question of a pool say how many pages of appointments and of tasks it touched."""
    told: list[tuple[str, int]] = []
    run = Connection.execute

    async def telling(self: Connection, text: Any, values: Any = None, **options: Any) -> Any:
        # Beside this test another's server may be at work, in the same process.
        if self.pool is database and text.lstrip().startswith("SELECT") and "append(" not in text:
            explained = f"EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) {text}"
            row = await (await AsyncConnection.execute(self, explained, values, prepare=False)).fetchone()
            assert row is not None, "an explanation is always given"
            told.extend(_scans(row["QUERY PLAN"][0]["Plan"]))
        return await run(self, text, values, **options)

    patched.setattr(Connection, "execute", telling)
    return told


def _scans(plan: dict[str, Any]) -> list[tuple[str, int]]:
    own = [(plan.get("Relation Name"), plan["Shared Hit Blocks"] + plan["Shared Read Blocks"])]
    below = [scan for one in plan.get("Plans", ()) for scan in _scans(one)]
    return [*(own if own[0][0] in ("appointment", "task") else ()), *below]

"""Rebuilding the read models from the events, and comparing. Drift is a bug.

Every stream is folded again and projected into tables of a shadow schema; the database compares the two sides.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, LiteralString

from psycopg import sql
from psycopg.types.json import Jsonb

from domain.filing import Filing
from domain.ids import StreamId, TenantId
from domain.machine import Machine, State
from domain.machines import machine_for
from domain.rulebook import rulebook_stream
from ledger.database import Connection, Database
from ledger.order import RecordedEvent
from ledger.programmes import Programmes
from ledger.projection import project, search_row
from ledger.replay import fold, recorded

_COMPARED = ("stream", "item", "task", "appointment", "delegation", "panel", "unit", "search")
_PAGE = 2000

_EVENTS: LiteralString = """
SELECT * FROM event WHERE tenant = %s AND (stream, version) > (%s, %s) ORDER BY stream, version LIMIT %s
"""

# What was erased is found no more, even when somebody has handed in the very same text again.
_STAYS_ERASED: LiteralString = """
UPDATE pg_temp.shadow_search AS r SET grams = '{}'
FROM public.search AS s WHERE s.tenant = %s AND s.stream = r.stream AND s.content = r.content AND s.grams = '{}'
"""


@dataclass(frozen=True, slots=True)
class Drift:
    """A row that is stored and not rebuilt, or rebuilt and not stored. Of a tenant, what it has in force."""

    table: str
    stream: str
    side: str
    """`stored` or `rebuilt`: the side that has the row."""
    row: dict[str, Any]


@dataclass(frozen=True, slots=True)
class _Folded:
    stream: StreamId
    machine: Machine
    state: State
    version: int
    at: datetime
    programme: str
    handed_in_under: str
    """The programme by which it went when its last content came in: what it is found by rests on that one."""
    digest: bytes


async def rebuild_check(
    database: Database, tenant: TenantId, progress: Callable[[int], None] | None = None
) -> tuple[int, tuple[Drift, ...]]:
    """Fold a tenant's events again and compare. Returns how many streams there are, and every drift (at most 100)."""
    async with database.transaction(tenant) as connection:
        await connection.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
        for table in _COMPARED:
            await connection.execute(
                sql.SQL("CREATE TEMPORARY TABLE {} (LIKE public.{} INCLUDING DEFAULTS) ON COMMIT DROP").format(
                    _shadow(table), sql.Identifier(table)
                )
            )
        streams, programmes = 0, Programmes()
        in_force: str | None = None
        batch: list[_Folded] = []
        async for folded in _fold_all(connection, tenant):
            streams += 1
            batch.append(folded)
            if folded.machine.in_force is not None:
                in_force = folded.machine.in_force(folded.state)
            if len(batch) == _PAGE:
                await _load(connection, tenant, batch, programmes)
                batch.clear()
            if progress is not None:
                progress(streams)
        await _load(connection, tenant, batch, programmes)
        await connection.execute(_STAYS_ERASED, (tenant,))
        drifts = [drift for table in _COMPARED for drift in await _compare(connection, tenant, table)]
        drifts += await _compare_in_force(connection, tenant, in_force)
    return streams, tuple(drifts[:100])


def _shadow(table: str) -> sql.Composable:
    return sql.Identifier("pg_temp", f"shadow_{table}") if table in _COMPARED else sql.Identifier(table)


async def _fold_all(connection: Connection, tenant: TenantId) -> AsyncIterator[_Folded]:
    current: _Folded | None = None
    stream, version = "", 0
    while True:
        rows = await (await connection.execute(_EVENTS, (tenant, stream, version, _PAGE))).fetchall()
        for row in rows:
            machine = machine_for(row["stream"])
            if current is not None and current.stream != row["stream"]:
                yield current
                current = None
            event = recorded(machine, row)
            current = _folded(current, machine, event)
        if len(rows) < _PAGE:
            break
        stream, version = rows[-1]["stream"], rows[-1]["version"]
    if current is not None:
        yield current


def _folded(before: _Folded | None, machine: Machine, event: RecordedEvent) -> _Folded:
    brings_content = event.event.content_field is not None
    return _Folded(
        stream=event.stream,
        machine=machine,
        state=fold(machine, None if before is None else before.state, event),
        version=event.version,
        at=event.happened_at,
        programme=event.programme,
        handed_in_under=event.programme if before is None or brings_content else before.handed_in_under,
        digest=event.digest,
    )


async def _load(connection: Connection, tenant: TenantId, batch: Sequence[_Folded], programmes: Programmes) -> None:
    rows: dict[str, list[dict[str, Any]]] = {table: [] for table in _COMPARED}
    contents = await _last_contents(connection, tenant, batch)
    for one in batch:
        own = {"tenant": tenant, "stream": one.stream}
        rows["stream"].append(own | _head(one))
        projected = project(one.machine, one.state, one.at)
        if "item" in projected:
            rows["item"].append(own | {"machine": one.machine.name} | projected["item"])
        rows["task"] += (own | task for task in projected.get("tasks", ()))
        rows["appointment"] += (own | row for row in projected.get("appointments", ()))
        rows["delegation"] += (own | row for row in projected.get("delegations", ()))
        rows["panel"] += (own | row for row in projected.get("panel", ()))
        if "unit" in projected:
            rows["unit"].append(own | projected["unit"])
        if found := search_row(one.state, contents, await programmes.load(connection, tenant, one.handed_in_under, 0)):
            rows["search"].append(own | found)
    for table, values in rows.items():
        await connection.execute(
            sql.SQL("INSERT INTO {} SELECT * FROM jsonb_populate_recordset(NULL::public.{}, %s)").format(
                _shadow(table), sql.Identifier(table)
            ),
            (Jsonb(values),),
        )


async def _last_contents(connection: Connection, tenant: TenantId, batch: Iterable[_Folded]) -> dict[str, Any]:
    """Return the last content of each filing by digest, erased ones as null."""
    filings = (one.state for one in batch if isinstance(one.state, Filing))
    digests = sorted({state.revisions[-1].content for state in filings if state.revisions})
    query = "SELECT digest, body FROM content WHERE tenant = %s AND digest = ANY(%s)"
    rows = await (await connection.execute(query, (tenant, digests))).fetchall()
    return {row["digest"]: row["body"] for row in rows}


def _head(one: _Folded) -> dict[str, Any]:
    return {
        "machine": one.machine.name,
        "version": one.version,
        "status": one.state.status,
        "state": one.state.model_dump(mode="json"),
        "programme": one.programme,
        "digest": f"\\x{one.digest.hex()}",
        "alarm_at": next((due.at for due in one.machine.alarms(one.state)), None),
        "ended": one.machine.is_end(one.state),
    }


async def _compare_in_force(connection: Connection, tenant: TenantId, rebuilt: str | None) -> list[Drift]:
    row = await (await connection.execute("SELECT programme FROM tenant WHERE tenant = %s", (tenant,))).fetchone()
    stored = None if row is None else row["programme"]
    if stored == rebuilt:
        return []
    stream = rulebook_stream(tenant)
    sides = {"stored": stored, "rebuilt": rebuilt}
    return [Drift("tenant", stream, side, {"programme": one}) for side, one in sides.items() if one is not None]


async def _compare(connection: Connection, tenant: TenantId, table: str) -> list[Drift]:
    stored = sql.SQL("SELECT * FROM public.{} WHERE tenant = {}").format(sql.Identifier(table), sql.Literal(tenant))
    rebuilt = sql.SQL("SELECT * FROM {}").format(_shadow(table))
    drifts = []
    for side, one, other in (("stored", stored, rebuilt), ("rebuilt", rebuilt, stored)):
        query = sql.SQL("{} EXCEPT ALL {} LIMIT 100").format(one, other)
        for row in await (await connection.execute(query)).fetchall():
            plain = {name: str(value) for name, value in row.items()}
            drifts.append(Drift(table, row["stream"], side, plain))
    return drifts

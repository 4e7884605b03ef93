"""Importing a roster: a dry run that is kept, and carrying it out, all or nothing, while others look on.

An import is a row of `import_job`. The dry run stores what was read and what it would change. The confirmation plans
again, against the people as they are by then, and writes every change in one transaction of the ledger, in the name of
whoever confirmed. It goes on without them; a page asks for its figures. An import whose process has died shows as
stalled and may be confirmed again: what was written is found to be so already.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, date, datetime, timedelta
from enum import StrEnum
from typing import Any
from uuid import UUID, uuid4

from psycopg.types.json import Jsonb

from domain.access import Actor, keeps_directory
from domain.ids import PersonId, StreamId, TenantId, derived
from domain.machine import Command
from domain.person import EndAppointment, Register, Revise
from domain.programme import Programme
from domain.refusal import Kind, Refused
from domain.roster import FORMULA, Cell, Change, Column, Counts, Fault, FaultCode, Plan, Row, plan
from ledger.accounts import Accounts, NewAccount
from ledger.database import Database
from ledger.execute import ATTEMPTS, Told
from ledger.order import BatchRefused, Order, VersionMoved
from ledger.roster import Roster

STALLED_AFTER = timedelta(seconds=60)
"""An import that was not seen at work for so long is taken to have died."""
KEPT = timedelta(days=30)
"""A dry run that nobody confirms is thrown away after this, names and all."""

_log = logging.getLogger(__name__)


class JobState(StrEnum):
    """How far an import is."""

    FAULTY = "faulty"
    """Cannot be imported as it stands."""
    READY = "ready"
    """May be confirmed."""
    READING = "reading"
    CHECKING = "checking"
    DECIDING = "deciding"
    WRITING = "writing"
    DONE = "done"


AT_WORK = (JobState.READING, JobState.CHECKING, JobState.DECIDING, JobState.WRITING)


@dataclass(frozen=True, slots=True)
class Job:
    """An import, as a page shows it."""

    id: UUID
    file: str
    made_by: PersonId
    made_at: datetime
    state: JobState
    counts: Counts
    faults: tuple[Fault, ...]
    done: int
    total: int
    confirmed_by: PersonId | None
    finished_at: datetime | None
    stalled: bool
    """At work, by what the row says, and not seen for a while."""

    @property
    def at_work(self) -> bool:
        """Whether somebody is carrying it out."""
        return self.state in AT_WORK and not self.stalled


ActorOf = Callable[[TenantId, PersonId], Awaitable[tuple[Actor, Programme, datetime]]]
ExecuteAll = Callable[[Sequence[Order], Told], Awaitable[None]]

_JOB = """
SELECT id, file, made_by, made_at, state, plan -> 'counts' AS counts, faults, done, total, confirmed_by, finished_at,
       state = ANY(%(at_work)s) AND moved_at < now() - %(stalled)s AS stalled
FROM import_job WHERE tenant = %(tenant)s
"""


class Imports:
    """Checks and carries out imports."""

    def __init__(
        self, database: Database, roster: Roster, accounts: Accounts, actor: ActorOf, execute_all: ExecuteAll
    ) -> None:
        self._database = database
        self._roster = roster
        self._accounts = accounts
        self._actor = actor
        self._execute_all = execute_all
        self._running: set[asyncio.Task[None]] = set()

    async def close(self) -> None:
        """Wait for the imports under way."""
        await asyncio.gather(*self._running, return_exceptions=True)

    # -- looking

    async def find(self, tenant: TenantId, id: UUID) -> Job | None:
        """Return an import."""
        return next(iter(await self._jobs(tenant, " AND id = %(id)s", id=id)), None)

    async def recent(self, tenant: TenantId, limit: int = 10) -> list[Job]:
        """Return the newest imports, newest first."""
        return await self._jobs(tenant, " ORDER BY made_at DESC, id LIMIT %(limit)s", limit=limit)

    async def _jobs(self, tenant: TenantId, rest: str, **values: object) -> list[Job]:
        given = {"tenant": tenant, "at_work": list(AT_WORK), "stalled": STALLED_AFTER, **values}
        async with self._database.connection(tenant) as connection:
            rows = await (await connection.execute((_JOB + rest).encode(), given)).fetchall()
        return [_job(row) for row in rows]

    # -- the dry run

    async def check(self, tenant: TenantId, by: PersonId, file: str, rows: Sequence[Row]) -> UUID:
        """Plan an import and keep it for confirmation. Returns its id; refused to who does not keep the directory."""
        actor, programme, now = await self._actor(tenant, by)
        _needs_keeper(actor)
        known = await self._roster.known(tenant)
        found = await asyncio.to_thread(plan, rows, programme, known, programme.local_day(now), tenant)
        id = uuid4()
        add = """
            INSERT INTO import_job (tenant, id, made_by, file, rows, plan, faults, state, total)
            VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s)
        """
        # Nothing is imported from rows with a fault, so nobody's name is kept with them.
        kept = [] if found.faults else [_stored_row(row) for row in rows]
        values = (
            *(tenant, id, by, file[:200], Jsonb(kept), Jsonb({"counts": asdict(found.counts)})),
            *(_stored_faults(found.faults), JobState.FAULTY if found.faults else JobState.READY, found.rows),
        )
        async with self._database.transaction(tenant) as connection:
            await connection.execute(
                "DELETE FROM import_job WHERE tenant = %s AND finished_at IS NULL AND made_at < now() - %s",
                (tenant, KEPT),
            )
            await connection.execute(add, values)
        return id

    # -- carrying it out

    async def confirm(self, tenant: TenantId, id: UUID, by: PersonId) -> bool:
        """Begin to carry out an import, in somebody's name. False when it is under way, done or faulty.

        Refused to who does not keep the directory. Returns at once; `find` tells how far it is.
        """
        actor, _, _ = await self._actor(tenant, by)
        _needs_keeper(actor)
        claim = """
            UPDATE import_job SET state = %(reading)s, confirmed_by = %(by)s, done = 0, moved_at = now()
            WHERE tenant = %(tenant)s AND id = %(id)s
              AND (state = %(ready)s OR state = ANY(%(at_work)s) AND moved_at < now() - %(stalled)s)
        """
        values = {
            "reading": JobState.READING,
            "ready": JobState.READY,
            "at_work": list(AT_WORK),
            "stalled": STALLED_AFTER,
            "by": by,
            "tenant": tenant,
            "id": id,
        }
        async with self._database.connection(tenant) as connection:
            claimed = (await connection.execute(claim, values)).rowcount == 1
        if claimed:
            task = asyncio.get_running_loop().create_task(self._guarded(tenant, id, by))
            self._running.add(task)
            task.add_done_callback(self._running.discard)
        return claimed

    async def _guarded(self, tenant: TenantId, id: UUID, by: PersonId) -> None:
        try:
            await self._run(tenant, id, by)
        except Exception:
            _log.exception("import %s of %s stopped; it can be confirmed again", id, tenant)
            await self._move(tenant, id, JobState.READY)

    async def _run(self, tenant: TenantId, id: UUID, by: PersonId) -> None:
        rows, accounts = await self._stored(tenant, id)
        for _ in range(ATTEMPTS):
            found = await self._planned(tenant, id, by, rows)
            if found.faults:
                await self._finish(tenant, id, JobState.FAULTY, found.faults)
                return
            if found.changes:
                accounts = [NewAccount(one.person, one.login) for one in found.changes if one.login is not None]
                await self._decide_on(tenant, id, found, accounts)
            orders = [_order(tenant, id, by, one) for one in found.changes if _moves(one)]
            try:
                await self._execute_all(orders, self._telling(tenant, id, len(orders)))
            except VersionMoved:
                continue  # somebody was quicker: plan again
            except BatchRefused as refused:
                await self._finish(tenant, id, JobState.FAULTY, [_refusal(found, refused.order, refused.refused)])
                return
            await self._make_accounts(tenant, by, accounts)
            await self._finish(tenant, id, JobState.DONE, ())
            return
        await self._move(tenant, id, JobState.READY)

    async def _planned(self, tenant: TenantId, id: UUID, by: PersonId, rows: Sequence[Row]) -> Plan:
        await self._move(tenant, id, JobState.READING)
        _, programme, now = await self._actor(tenant, by)
        known = await self._roster.known(tenant)
        await self._move(tenant, id, JobState.CHECKING)
        return await asyncio.to_thread(plan, rows, programme, known, programme.local_day(now), tenant)

    def _telling(self, tenant: TenantId, id: UUID, total: int) -> Told:
        async def told(done: int) -> None:
            await self._move(tenant, id, JobState.WRITING if done == total else JobState.DECIDING, done)

        return told

    async def _make_accounts(self, tenant: TenantId, by: PersonId, wanted: Sequence[NewAccount]) -> None:
        """Give the new people accounts. A login that somebody took meanwhile is left to the office to choose anew."""
        left = list(wanted)
        while left:
            try:
                await self._accounts.create_many(tenant, left, by)
                return
            except Refused as refused:
                del left[int((refused.at or "").rpartition(".")[2])]

    # -- the row

    async def _stored(self, tenant: TenantId, id: UUID) -> tuple[list[Row], list[NewAccount]]:
        query = "SELECT rows, plan FROM import_job WHERE tenant = %s AND id = %s"
        async with self._database.connection(tenant) as connection:
            row = await (await connection.execute(query, (tenant, id))).fetchone()
        assert row is not None, "an import that was claimed is there"
        accounts = [NewAccount(PersonId(person), login) for person, login in row["plan"].get("accounts", ())]
        return [_read_row(one) for one in row["rows"]], accounts

    async def _decide_on(self, tenant: TenantId, id: UUID, found: Plan, accounts: Iterable[NewAccount]) -> None:
        """Note what is about to be written, so that who goes on after a crash knows what was meant."""
        planned = {"counts": asdict(found.counts), "accounts": [(one.person, one.login) for one in accounts]}
        change = """
            UPDATE import_job SET state = %s, plan = %s, done = 0, total = %s, moved_at = now()
            WHERE tenant = %s AND id = %s
        """
        total = sum(map(_moves, found.changes))
        async with self._database.connection(tenant) as connection:
            await connection.execute(change, (JobState.DECIDING, Jsonb(planned), total, tenant, id))

    async def _move(self, tenant: TenantId, id: UUID, state: JobState, done: int = 0) -> None:
        change = "UPDATE import_job SET state = %s, done = %s, moved_at = now() WHERE tenant = %s AND id = %s"
        async with self._database.connection(tenant) as connection:
            await connection.execute(change, (state, done, tenant, id))

    async def _finish(self, tenant: TenantId, id: UUID, state: JobState, faults: Sequence[Fault]) -> None:
        """Close an import, and forget its rows."""
        change = """
            UPDATE import_job SET state = %s, faults = %s, rows = '[]', plan = plan - 'accounts', moved_at = now(),
                   finished_at = now()
            WHERE tenant = %s AND id = %s
        """
        async with self._database.connection(tenant) as connection:
            await connection.execute(change, (state, _stored_faults(faults), tenant, id))


def _needs_keeper(actor: Actor) -> None:
    refusal = keeps_directory(None, actor)
    if refusal is not None:
        raise refusal


def _moves(change: Change) -> bool:
    """Whether the change is one of the ledger, and not of the account alone."""
    return change.new or change.renamed or bool(change.appoint) or bool(change.end)


def _order(tenant: TenantId, id: UUID, by: PersonId, change: Change) -> Order:
    # Derived from the version too: after somebody was quicker the same person is decided on anew.
    command_id = derived(tenant, "import", str(id), change.person, str(change.version))
    return Order(tenant, StreamId(change.person), _command(change), by, command_id, expected=change.version)


def _command(change: Change) -> Command:
    if change.new:
        return Register(full_name=change.name, staff_no=change.staff_no, posts=change.appoint)
    return Revise(
        full_name=change.name if change.renamed else None,
        end=tuple(EndAppointment(id=one.id, last_day=one.last_day) for one in change.end),
        appoint=change.appoint,
    )


def _refusal(found: Plan, order: Order, refused: Refused) -> Fault:
    """A refusal as a fault of the row that asked for it."""
    row = next(one.row for one in found.changes if StreamId(one.person) == order.stream)
    params = {"refusal": refused.code, "forbidden": int(refused.kind is Kind.FORBIDDEN), **refused.params}
    return Fault(row, None, FaultCode.REFUSED, params)


# -- stored forms


def _stored_row(row: Row) -> list[Any]:
    return [row.number, [_stored_cell(cell) for cell in row.cells]]


def _stored_cell(cell: Cell) -> Any:
    if isinstance(cell, date):
        return {"day": cell.isoformat()}
    return {"formula": True} if cell is FORMULA else cell


def _read_row(stored: Sequence[Any]) -> Row:
    number, cells = stored
    return Row(number, tuple(_read_cell(cell) for cell in cells))


def _read_cell(stored: Any) -> Cell:
    if isinstance(stored, dict):
        return date.fromisoformat(stored["day"]) if "day" in stored else FORMULA
    cell: str | None = stored
    return cell


def _stored_faults(faults: Iterable[Fault]) -> Jsonb:
    return Jsonb([[one.row, one.column, one.code, _storable(one.params)] for one in faults])


def _storable(params: Mapping[str, str | int]) -> dict[str, str | int]:
    """What a sheet said may hold what JSONB cannot."""
    return {
        name: value.encode(errors="replace").decode().replace("\x00", "?") if isinstance(value, str) else value
        for name, value in params.items()
    }


def _read_fault(stored: Sequence[Any]) -> Fault:
    row, column, code, params = stored
    return Fault(row, None if column is None else Column(column), FaultCode(code), params)


def _job(row: Mapping[str, Any]) -> Job:
    return Job(
        id=row["id"],
        file=row["file"],
        made_by=PersonId(row["made_by"]),
        made_at=row["made_at"].astimezone(UTC),
        state=JobState(row["state"]),
        counts=Counts(**row["counts"]),
        faults=tuple(map(_read_fault, row["faults"])),
        done=row["done"],
        total=row["total"],
        confirmed_by=None if row["confirmed_by"] is None else PersonId(row["confirmed_by"]),
        finished_at=None if row["finished_at"] is None else row["finished_at"].astimezone(UTC),
        stalled=row["stalled"],
    )

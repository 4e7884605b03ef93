"""Writing accepted orders: one statement, one transaction, however many orders wait.

Commits of a tenant follow one another, since each holds the tenant's head row: positions are gapless and in commit
order. So there is nothing to gain from several appends of a tenant at once, and much from sharing one: while an append
is under way, what arrives waits, and then goes together. A lone order is written at once.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, LiteralString

import psycopg
from psycopg.types.json import Jsonb

from domain.ids import StreamId, TenantId, derived
from domain.machine import Event, Notify
from ledger.chain import event_digest, stamp
from ledger.database import Connection, Database
from ledger.decided import Decided
from ledger.projection import project, search_row

SHARED = 64
"""Orders that share one append, at most."""

_LOST_RACE = frozenset({"TL409", psycopg.errors.UniqueViolation.sqlstate, psycopg.errors.DeadlockDetected.sqlstate})

_APPEND: LiteralString = "SELECT append(%s, %s, %s, %s)"
_PARTS = (
    *("contents", "item", "search", "tasks", "appointments", "delegations", "panel", "unit"),
    *("in_force", "notices", "reactions", "wake"),
)


_TREE = StreamId("tree")
"""Stands for the tree of units among the streams that an append moves."""
_DELEGATIONS = StreamId("delegations")
"""The same for who acts for whom."""


@dataclass(slots=True)
class _Waiting:
    decided: Sequence[Decided]
    written: asyncio.Future[bool]


@dataclass(slots=True)
class _Line:
    """What waits to be written for one tenant, and whether somebody is writing."""

    waiting: list[_Waiting] = field(default_factory=list)
    busy: bool = False


class Writer:
    """Writes accepted orders."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._lines: dict[TenantId, _Line] = {}

    async def write_now(self, connection: Connection, tenant: TenantId, decided: Sequence[Decided]) -> bool | None:
        """Write orders that stand or fall together on a borrowed connection, when nobody else is writing.

        False when another process was quicker: read and decide again. None when somebody is writing: give the
        connection back and `queue`; who waits holds nothing that the writer may need.
        """
        line = self._lines.setdefault(tenant, _Line())
        if line.busy:
            return None
        line.busy = True
        try:
            return await _append(connection, tenant, decided)
        finally:
            self._next(tenant, line)

    async def queue(self, tenant: TenantId, decided: Sequence[Decided]) -> bool:
        """Write orders that stand or fall together, sharing an append with what else waits; False as above."""
        line = self._lines.setdefault(tenant, _Line())
        mine = _Waiting(decided, asyncio.get_running_loop().create_future())
        line.waiting.append(mine)
        if not line.busy:
            line.busy = True
            self._next(tenant, line)
        return await mine.written

    def _next(self, tenant: TenantId, line: _Line) -> None:
        """Hand the line over to what has waited longest, or leave it free."""
        waiting = [one for one in line.waiting if not one.written.done()]
        if not waiting:
            line.waiting.clear()
            line.busy = False
            return
        shared, line.waiting = _sharing(waiting)
        task = asyncio.get_running_loop().create_task(self._write_shared(tenant, line, shared))
        _RUNNING.add(task)
        task.add_done_callback(_RUNNING.discard)

    async def _write_shared(self, tenant: TenantId, line: _Line, shared: list[_Waiting]) -> None:
        try:
            async with self._database.connection(tenant) as connection:
                if len(shared) == 1 or not await _try_together(connection, tenant, shared):
                    # One order spoils the shared append; alone, each finds out about itself.
                    for each in shared:
                        await _write_alone(connection, tenant, each)
        except BaseException as fault:
            for each in shared:
                if not each.written.done():
                    each.written.set_exception(fault)
            if not isinstance(fault, Exception):
                raise
        finally:
            self._next(tenant, line)


_RUNNING: set[asyncio.Task[None]] = set()
"""Shared appends under way: the event loop itself keeps no hold on a task."""


async def _append(connection: Connection, tenant: TenantId, decided: Sequence[Decided]) -> bool:
    # A large batch takes a while to lay out; the others are not to wait for it.
    few = len(decided) <= SHARED
    orders, events = _laid_out(decided) if few else await asyncio.to_thread(_laid_out, decided)
    try:
        await connection.execute(_APPEND, (tenant, _parts(orders), Jsonb(orders), Jsonb(events)))
    except psycopg.Error as fault:
        if fault.sqlstate in _LOST_RACE:
            return False
        raise
    return True


def _laid_out(decided: Sequence[Decided]) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Return the rows of orders and of events, in order of stream, so that two processes lock in the same order."""
    orders: list[dict[str, Any]] = []
    events: list[dict[str, Any]] = []
    for one in sorted(decided, key=lambda one: one.order.stream):
        chained = _chain(one)
        orders.append(_order_row(one, chained[-1]))
        events += chained
    return orders, events


async def _try_together(connection: Connection, tenant: TenantId, shared: Sequence[_Waiting]) -> bool:
    try:
        written = await _append(connection, tenant, [one for each in shared for one in each.decided])
    except psycopg.Error:
        if connection.broken:
            raise
        return False
    for each in shared if written else ():
        _answer(each, True)
    return written


async def _write_alone(connection: Connection, tenant: TenantId, one: _Waiting) -> None:
    try:
        _answer(one, await _append(connection, tenant, one.decided))
    except psycopg.Error as fault:
        if connection.broken:
            raise
        if not one.written.done():
            one.written.set_exception(fault)


def _answer(one: _Waiting, written: bool) -> None:
    if not one.written.done():
        one.written.set_result(written)


def _sharing(waiting: list[_Waiting]) -> tuple[list[_Waiting], list[_Waiting]]:
    """Split into those that can share an append (each stream once, no more than `SHARED`) and those that wait on."""
    shared: list[_Waiting] = []
    later: list[_Waiting] = []
    streams: set[str] = set()
    orders = 0
    for one in waiting:
        own = {each.order.stream for each in one.decided}
        if any(each.machine.place is not None for each in one.decided):
            own.add(_TREE)  # two changes of the tree rest on one another
        if any(_changes_delegations(each) for each in one.decided):
            own.add(_DELEGATIONS)
        if shared and (orders + len(own) > SHARED or streams & own):
            later.append(one)
            continue
        shared.append(one)
        streams |= own
        orders += len(own)
    return shared, later


def _parts(orders: Sequence[dict[str, Any]]) -> list[str]:
    """Name what the orders hold, for `append` to skip the rest."""
    parts = [part for part in _PARTS if any(part in order for order in orders)]
    if any(order["expected"] == 0 for order in orders):
        parts.append("starts")
    if any(order["expected"] > 0 for order in orders):
        parts.append("moves")
    return parts


def _chain(one: Decided) -> list[dict[str, Any]]:
    """Return the decided facts as event rows, each digest resting on the one before."""
    previous, programme, rows = one.head.digest, one.head.programme_digest, []
    command_digest = one.order.content_digest().hex()
    for ordinal, fact in enumerate(one.decision.facts):
        programme = _programme_from(fact.event, programme)
        signed = {
            "tenant": one.order.tenant,
            "stream": one.order.stream,
            "version": one.head.version + ordinal + 1,
            "type": fact.event.type,
            "data": fact.event.model_dump(mode="json"),
            "actor": one.order.actor,
            "on_behalf_of": one.order.on_behalf_of,
            "programme": programme,
            "command_id": str(one.order.command_id),
            "ordinal": ordinal,
            "happened_at": stamp(fact.at),
            "command_digest": command_digest,
        }
        digest = event_digest(one.head.hash, previous, signed)
        rows.append(
            {
                **signed,
                "hash": one.head.hash,
                "previous": previous.hex(),
                "digest": digest.hex(),
            }
        )
        previous = digest
    return rows


def _programme_from(event: Event, before: str) -> str:
    """Return the programme that a stream goes by from an event on, the event itself included."""
    return before if event.programme_field is None else str(getattr(event, event.programme_field))


def _order_row(one: Decided, last: Mapping[str, Any]) -> dict[str, Any]:
    """Return the stream's row after its last event."""
    state, machine = one.decision.state, one.machine
    alarm_at = next((due.at for due in machine.alarms(state)), None)
    row: dict[str, Any] = {
        "stream": one.order.stream,
        "machine": machine.name,
        "expected": one.head.version,
        "version": one.head.version + len(one.decision.facts),
        "status": state.status,
        "state": state,
        "programme": last["programme"],
        "digest": last["digest"],
        "alarm_at": alarm_at,
        "ended": machine.is_end(state),
        **_changed_rows(one),
        **_called_for(one),
    }
    if "unit" in row:
        row["tree"] = one.head.tree
    if "delegations" in row:
        row["given"] = one.head.delegations
    if _wakes(one, alarm_at):
        row["wake"] = True
    if contents := one.order.command.contents(str(one.order.command_id)):
        row["contents"] = contents
        if found := search_row(state, contents, one.head.programme):
            row["search"] = found
    return row


def _changed_rows(one: Decided) -> dict[str, Any]:
    """Return the rows of the read models that this order changes."""
    after = project(one.machine, one.decision.state, one.head.now)
    if one.head.state is None:
        return after
    before = project(one.machine, one.head.state, one.head.now)
    # An item tells when it last changed, so it changes with every order.
    return {name: rows for name, rows in after.items() if name == "item" or rows != before.get(name)}


def _changes_delegations(one: Decided) -> bool:
    return one.machine.delegations is not None and "delegations" in _changed_rows(one)


def _called_for(one: Decided) -> dict[str, Any]:
    """Return what the decided facts call for: notices, delivered with them, and reactions, carried out later."""
    notices, reactions = [], []
    for ordinal, (fact, intent) in enumerate(one.decision.intents):
        version = one.head.version + fact + 1
        if isinstance(intent, Notify):
            notices.append(_notice(one, version, ordinal, intent))
        else:
            reactions.append({"version": version, "ordinal": ordinal, "intent": intent})
    return ({"notices": notices} if notices else {}) | ({"reactions": reactions} if reactions else {})


def _notice(one: Decided, version: int, ordinal: int, notice: Notify) -> dict[str, Any]:
    return {
        "id": derived(one.order.tenant, one.order.stream, str(version), str(ordinal)),
        "notice": notice.notice,
        "params": notice.params,
        "at": one.head.now,
        "today": one.head.in_force.local_day(one.head.now),
        "people": notice.people,
        "posts": notice.posts,
    }


def _wakes(one: Decided, alarm_at: datetime | None) -> bool:
    """Whether the process manager has something to know: reactions, an earlier alarm, or none any more.

    A later alarm is no news: it wakes at the old one, looks, and sleeps again. Where none was set, none runs.
    """
    if any(not isinstance(intent, Notify) for _, intent in one.decision.intents):
        return True
    if alarm_at is not None:
        return one.head.alarm_at is None or alarm_at < one.head.alarm_at
    return one.head.alarm_at is not None

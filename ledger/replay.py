"""Reading events back: a stream's history, and its state at any version or time."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from datetime import UTC, datetime
from typing import Any, LiteralString

from psycopg.rows import DictRow

from domain.ids import PersonId, StreamId, TenantId
from domain.machine import Fact, Machine, State
from domain.machines import load_event, machine_for
from domain.refusal import Kind, Refused
from ledger.database import Connection
from ledger.order import RecordedEvent

PAGE = 1000
"""Events read at a time, so that memory stays flat whatever the length."""

_STREAM: LiteralString = """
SELECT * FROM event
WHERE tenant = %s AND stream = %s AND version > %s AND version <= %s
ORDER BY version LIMIT %s
"""

_STREAMS: LiteralString = """
SELECT * FROM event WHERE tenant = %s AND stream = ANY(%s) ORDER BY stream, version
"""

_LAST = 2**31 - 1


def recorded(machine: Machine, row: DictRow) -> RecordedEvent:
    """Return a row of the event table as a value."""
    return RecordedEvent(
        position=row["position"],
        stream=StreamId(row["stream"]),
        version=row["version"],
        event=load_event(machine, row["type"], row["data"]),
        actor=PersonId(row["actor"]),
        on_behalf_of=row["on_behalf_of"],
        programme=row["programme"],
        command_id=row["command_id"],
        happened_at=row["happened_at"].astimezone(UTC),
        recorded_at=row["recorded_at"].astimezone(UTC),
        hash=row["hash"],
        digest=bytes(row["digest"]),
    )


def fold(machine: Machine, state: State | None, event: RecordedEvent) -> State:
    """Return the state after a recorded event."""
    return machine.fold(state, Fact(event.event, event.happened_at, event.actor, event.on_behalf_of))


async def read_stream(
    connection: Connection,
    tenant: TenantId,
    stream: StreamId,
    *,
    after: int = 0,
    until: int = _LAST,
    limit: int | None = None,
) -> AsyncIterator[RecordedEvent]:
    """Yield a stream's events with `after` < version ≤ `until`, oldest first, at most `limit`."""
    machine = machine_for(stream)
    left = limit
    while left is None or left > 0:
        size = PAGE if left is None else min(PAGE, left)
        rows = await (await connection.execute(_STREAM, (tenant, stream, after, until, size))).fetchall()
        for row in rows:
            yield recorded(machine, row)
        if len(rows) < size:
            return
        after = rows[-1]["version"]
        left = None if left is None else left - len(rows)


async def read_many(
    connection: Connection, tenant: TenantId, streams: Sequence[StreamId]
) -> dict[StreamId, list[RecordedEvent]]:
    """Return the events of several short streams, oldest first, in one query; a stream that is not there has none."""
    found: dict[StreamId, list[RecordedEvent]] = {stream: [] for stream in streams}
    for row in await (await connection.execute(_STREAMS, (tenant, list(streams)))).fetchall():
        found[StreamId(row["stream"])].append(recorded(machine_for(row["stream"]), row))
    return found


async def state_at_version(connection: Connection, tenant: TenantId, stream: StreamId, version: int) -> State:
    """Return the state just after the event of a version; refused when the stream does not reach it."""
    state, seen = None, 0
    machine = machine_for(stream)
    async for event in read_stream(connection, tenant, stream, until=version):
        state, seen = fold(machine, state, event), event.version
    if state is None or seen != version:
        raise Refused(Kind.MISSING, "version_unknown", {"stream": stream, "version": version})
    return state


async def state_at_time(connection: Connection, tenant: TenantId, stream: StreamId, at: datetime) -> tuple[int, State]:
    """Return version and state as they were at an instant; refused when the stream began later."""
    state, version = None, 0
    machine = machine_for(stream)
    async for event in read_stream(connection, tenant, stream):
        if event.happened_at > at:
            break
        state, version = fold(machine, state, event), event.version
    if state is None:
        raise Refused(Kind.MISSING, "not_yet_begun", {"stream": stream})
    return version, state


async def timeline(connection: Connection, tenant: TenantId, stream: StreamId) -> Sequence[tuple[RecordedEvent, State]]:
    """Return every event of a stream with the state just after it."""
    machine = machine_for(stream)
    state: State | None = None
    steps: list[tuple[RecordedEvent, State]] = []
    async for event in read_stream(connection, tenant, stream):
        state = fold(machine, state, event)
        steps.append((event, state))
    return steps


def as_row(event: RecordedEvent) -> dict[str, Any]:
    """Return an event as JSON-able values, for the API and the command line."""
    return {
        "position": event.position,
        "version": event.version,
        "type": event.event.type,
        "data": event.data(),
        "actor": event.actor,
        "on_behalf_of": event.on_behalf_of,
        "programme": event.programme,
        "command_id": str(event.command_id),
        "happened_at": event.happened_at,
        "recorded_at": event.recorded_at,
        "hash": event.hash,
        "digest": event.digest.hex(),
    }

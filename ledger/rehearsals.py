"""What a rehearsal asks of the ledger: whether all is quiet, what has changed, and what happened in all."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import LiteralString

from pydantic import BaseModel

from domain.access import Post
from domain.ids import PersonId, StreamId, TenantId
from domain.machine import State
from domain.machines import machine_for
from ledger.database import Database

_PENDING: LiteralString = """
SELECT (SELECT count(*) FROM outbox WHERE tenant = t.tenant) AS wakes,
       (SELECT count(*) FROM reaction WHERE tenant = t.tenant) AS reactions,
       (SELECT count(*) FROM stream WHERE tenant = t.tenant AND alarm_at <= t.clock_frozen) AS alarms,
       (SELECT min(alarm_at) FROM stream WHERE tenant = t.tenant) AS next_alarm,
       t.position
FROM tenant AS t WHERE t.tenant = %s
"""

_CHANGED: LiteralString = """
SELECT s.stream, s.version, s.status, s.state::text AS state FROM stream AS s
WHERE s.tenant = %(tenant)s AND (s.stream = ANY(%(again)s) OR s.stream IN (
    SELECT e.stream FROM event AS e WHERE e.tenant = %(tenant)s AND e.position > %(after)s
)) AND s.machine = ANY(%(machines)s)
ORDER BY s.stream
"""

_AWAITED: LiteralString = """
SELECT DISTINCT person, role, unit FROM task WHERE tenant = %s AND kind <> 'read' ORDER BY person, role, unit
"""

_DUTIES: LiteralString = """
SELECT o.data ->> 'duty' AS duty, count(*) AS due,
       count(*) FILTER (WHERE s.late IS FALSE) AS on_time,
       count(*) FILTER (WHERE s.late IS TRUE) AS late,
       count(*) FILTER (WHERE h.status = 'lapsed') AS lapsed,
       coalesce(sum(r.n), 0)::integer AS returned,
       count(*) FILTER (WHERE h.status = 'approved') AS approved,
       count(*) FILTER (WHERE NOT h.ended) AS open
FROM event AS o
JOIN stream AS h ON h.tenant = o.tenant AND h.stream = o.stream
LEFT JOIN LATERAL (
    SELECT (e.data ->> 'late')::boolean AS late FROM event AS e
    WHERE e.tenant = o.tenant AND e.stream = o.stream AND e.type = 'filing.submitted' ORDER BY e.version LIMIT 1
) AS s ON true
LEFT JOIN LATERAL (
    SELECT count(*) AS n FROM event AS e
    WHERE e.tenant = o.tenant AND e.stream = o.stream AND e.type IN ('filing.returned', 'filing.sent_back')
) AS r ON true
WHERE o.tenant = %s AND o.type = 'filing.opened'
GROUP BY 1 ORDER BY 1
"""

_ROLES: LiteralString = """
WITH decided AS (
    SELECT a.role, date_trunc('week', e.happened_at AT TIME ZONE %(zone)s)::date AS week
    FROM event AS e JOIN appointment AS a ON a.tenant = e.tenant AND a.stream = e.actor
    WHERE e.tenant = %(tenant)s
      AND e.type IN ('filing.approval_given', 'filing.returned', 'filing.sent_back', 'filing.rejected',
                     'inspection.reviewed', 'inspection.assigned', 'inspection.signed')
), weekly AS (
    SELECT role, week, count(*) AS n FROM decided GROUP BY role, week
), busiest AS (
    SELECT DISTINCT ON (role) role, week, n FROM weekly ORDER BY role, n DESC, week
)
SELECT w.role, sum(w.n)::integer AS decisions, b.week AS busiest_week, b.n AS in_busiest_week,
       (SELECT count(DISTINCT a.stream) FROM appointment AS a WHERE a.tenant = %(tenant)s AND a.role = w.role) AS people
FROM weekly AS w JOIN busiest AS b USING (role)
GROUP BY w.role, b.week, b.n ORDER BY w.role
"""

_ALONE: LiteralString = """
SELECT count(*) FILTER (WHERE on_behalf_of IS NOT NULL) AS on_behalf_of,
       count(*) FILTER (WHERE type = 'filing.approval_given' AND (data ->> 'by_time')::boolean) AS passed_by_time,
       (SELECT count(*) FROM inbox WHERE tenant = %(tenant)s) AS notices
FROM event WHERE tenant = %(tenant)s
"""

_TYPES: LiteralString = "SELECT type, count(*) AS n FROM event WHERE tenant = %s GROUP BY type"
_STATUSES: LiteralString = """
SELECT machine, status, count(*) AS n FROM stream WHERE tenant = %s AND machine IN ('filing', 'inspection', 'follow_up')
GROUP BY machine, status ORDER BY machine, status
"""


class Unrest(BaseModel):
    """What is still to be carried out at the tenant's instant, and how far its chain has come."""

    wakes: int
    reactions: int
    alarms: int
    """Streams whose alarm is due."""
    next_alarm: datetime | None
    position: int


@dataclass(frozen=True, slots=True)
class Changed:
    """A stream as it stands now."""

    stream: StreamId
    version: int
    state: State


@dataclass(frozen=True, slots=True)
class Awaited:
    """For whom something waits: people by name, and posts."""

    people: tuple[PersonId, ...]
    posts: frozenset[Post]


class DutyTally(BaseModel):
    """One duty over the time so far, in filings; returns in times."""

    duty: str
    due: int
    on_time: int
    late: int
    lapsed: int
    returned: int
    approved: int
    open: int


class RoleTally(BaseModel):
    """How a role was burdened."""

    role: str
    decisions: int
    people: int
    busiest_week: date | None
    """The Monday of the week with the most decisions."""
    in_busiest_week: int


@dataclass(frozen=True, slots=True)
class Tally:
    """Everything that happened, counted."""

    duties: Sequence[DutyTally]
    roles: Sequence[RoleTally]
    types: Mapping[str, int]
    """Events by type."""
    statuses: Mapping[str, Mapping[str, int]]
    """Streams by machine and status."""
    on_behalf_of: int
    passed_by_time: int
    notices: int


class Rehearsals:
    """Questions of a rehearsal's driver and report; all of one tenant."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def unrest(self, tenant: TenantId) -> Unrest:
        """Return what is still to be carried out. The tenant must exist."""
        async with self._database.connection(tenant) as connection:
            row = await (await connection.execute(_PENDING, (tenant,))).fetchone()
        return Unrest.model_validate(row)

    async def changed(
        self, tenant: TenantId, after: int, again: Collection[str], machines: Collection[str]
    ) -> Sequence[Changed]:
        """Return the streams of these machines with events after a position, and those asked for again, by id."""
        values = {"tenant": tenant, "after": after, "again": sorted(again), "machines": sorted(machines)}
        async with self._database.connection(tenant) as connection:
            rows = await (await connection.execute(_CHANGED, values)).fetchall()
        return [
            Changed(row["stream"], row["version"], machine_for(row["stream"]).load_state(row["status"], row["state"]))
            for row in rows
        ]

    async def awaited(self, tenant: TenantId) -> Awaited:
        """Return for whom something waits, apart from what is only to be read."""
        async with self._database.connection(tenant) as connection:
            rows = await (await connection.execute(_AWAITED, (tenant,))).fetchall()
        return Awaited(
            tuple(PersonId(row["person"]) for row in rows if row["person"]),
            frozenset(Post(role=row["role"], unit=row["unit"]) for row in rows if row["role"]),
        )

    async def tally(self, tenant: TenantId, zone: str) -> Tally:
        """Count what happened, weeks by the clock of a time zone."""
        async with self._database.connection(tenant) as connection:
            duties = await (await connection.execute(_DUTIES, (tenant,))).fetchall()
            roles = await (await connection.execute(_ROLES, {"tenant": tenant, "zone": zone})).fetchall()
            types = await (await connection.execute(_TYPES, (tenant,))).fetchall()
            statuses = await (await connection.execute(_STATUSES, (tenant,))).fetchall()
            alone = await (await connection.execute(_ALONE, {"tenant": tenant})).fetchone() or {}
        by_machine: dict[str, dict[str, int]] = {}
        for row in statuses:
            by_machine.setdefault(row["machine"], {})[row["status"]] = row["n"]
        return Tally(
            duties=[DutyTally.model_validate(row) for row in duties],
            roles=[RoleTally.model_validate(row) for row in roles],
            types={row["type"]: row["n"] for row in types},
            statuses=by_machine,
            **alone,
        )

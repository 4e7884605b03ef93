"""The people of a tenant as a roster sees them, and finding them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, LiteralString

from domain.access import Actor, may_read
from domain.ids import PersonId, StreamId, TenantId
from domain.machine import Appointment
from domain.machines import machine_for
from domain.person import PERSON, Left, Person
from domain.programme import Programme
from domain.roster import Known
from ledger.database import Connection, Database

# The ids of people share a prefix, and the database compares texts byte by byte, so this is a range of the index.
_PEOPLE: LiteralString = """
SELECT s.stream, s.version, s.status, s.state::text AS state, c.body ->> 'name' AS name, a.login
FROM stream AS s
LEFT JOIN content AS c ON c.tenant = s.tenant AND c.digest = s.state ->> 'profile'
LEFT JOIN account AS a ON a.tenant = s.tenant AND a.person = s.stream
WHERE s.tenant = %(tenant)s AND s.stream >= 'per-' AND s.stream < 'per.'
"""

_ALL: LiteralString = _PEOPLE + "ORDER BY s.state ->> 'staff_no', s.stream"

_FOUND: LiteralString = (
    _PEOPLE
    + """
  AND (%(words)s = '' OR strpos(lower(c.body ->> 'name'), %(words)s) > 0
       OR strpos(lower(s.state ->> 'staff_no'), %(words)s) > 0 OR a.login = %(words)s)
  AND (%(units)s::text[] IS NULL OR EXISTS (
      SELECT FROM appointment AS p WHERE p.tenant = s.tenant AND p.stream = s.stream AND p.unit = ANY(%(units)s)
        AND p.ended_at IS NULL AND (p.last_day IS NULL OR p.last_day >= %(today)s)))
  AND (%(left)s OR s.status <> 'left')
  AND (coalesce(s.state ->> 'staff_no', ''), s.stream) > (%(after_no)s, %(after)s)
ORDER BY coalesce(s.state ->> 'staff_no', ''), s.stream LIMIT %(limit)s
"""
)

_HOLDERS: LiteralString = """
SELECT p.stream, p.id, p.role, p.unit, p.subject, p.first_day, p.last_day, p.ended_at,
       c.body ->> 'name' AS name, s.state ->> 'staff_no' AS staff_no
FROM appointment AS p
JOIN stream AS s ON s.tenant = p.tenant AND s.stream = p.stream
LEFT JOIN content AS c ON c.tenant = s.tenant AND c.digest = s.state ->> 'profile'
WHERE p.tenant = %s AND p.unit = ANY(%s) AND s.status <> 'left'
ORDER BY p.role, coalesce(s.state ->> 'staff_no', ''), p.stream, p.first_day
"""


LATELY = 20_000
"""Events back from the newest that are looked through for what somebody did."""

_DEEDS = (
    *("filing.submitted", "filing.approval_given", "filing.returned", "filing.sent_back", "filing.rejected"),
    *("inspection.signed", "inspection.disputed", "inspection.reviewed"),
    *("follow_up.commended", "follow_up.visited", "follow_up.plan_agreed", "follow_up.verified"),
)
"""What counts as having filed or decided something."""

_LATELY: LiteralString = """
SELECT e.stream, e.type, e.happened_at, s.status, s.state::text AS state, i.duty, i.period, i.unit, i.due_at
FROM event AS e
JOIN tenant AS t ON t.tenant = e.tenant
JOIN stream AS s ON s.tenant = e.tenant AND s.stream = e.stream
LEFT JOIN item AS i ON i.tenant = e.tenant AND i.stream = e.stream
WHERE e.tenant = %s AND e.position > t.position - %s AND e.actor = %s AND e.type = ANY(%s)
ORDER BY e.position DESC LIMIT %s
"""

_OWED: LiteralString = """
SELECT i.stream, i.duty, i.period, i.unit, i.due_at, s.status, s.state::text AS state
FROM item AS i JOIN stream AS s ON s.tenant = i.tenant AND s.stream = i.stream
WHERE i.tenant = %s AND i.machine = ANY(ARRAY['filing', 'inspection', 'follow_up']) AND i.unit = %s
ORDER BY i.due_at DESC NULLS LAST, i.stream LIMIT %s
"""


@dataclass(frozen=True, slots=True)
class Business:
    """A filing, an inspection or a follow-up that the reader may see."""

    stream: StreamId
    machine: str
    status: str
    rules: str | None
    """Of which duty, inspection or follow-up."""
    period: str | None
    unit: str | None
    due_at: datetime | None
    did: str | None = None
    """The type of the event by which somebody had a part in it."""
    at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Found:
    """A page of people, and the cursor of the next (None at the end)."""

    people: Sequence[Known]
    next: str | None


@dataclass(frozen=True, slots=True)
class Holder:
    """Somebody with a post."""

    person: PersonId
    name: str | None
    staff_no: str | None
    post: Appointment


class Roster:
    """Reads the people of a tenant."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def known(self, tenant: TenantId) -> list[Known]:
        """Return everybody, those who left too, in order of staff number."""
        async with self._database.connection(tenant) as connection:
            return await everybody(connection, tenant)

    async def search(
        self,
        tenant: TenantId,
        now: datetime,
        programme: Programme,
        *,
        words: str = "",
        units: Sequence[str] | None = None,
        left: bool = False,
        after: str = "",
        limit: int = 50,
    ) -> Found:
        """Return people by a part of their name or staff number, or by login, and by the units they hold a post at.

        `after` is the cursor of a page before.
        """
        after_no, _, after_id = after.rpartition("~")
        values = {
            "tenant": tenant,
            "words": words.strip().lower(),
            "units": None if units is None else list(units),
            "today": programme.local_day(now),
            "left": left,
            "after_no": after_no,
            "after": after_id,
            "limit": limit + 1,
        }
        async with self._database.connection(tenant) as connection:
            rows = await (await connection.execute(_FOUND, values)).fetchall()
        people = [_known(row) for row in rows[:limit]]
        last = rows[limit - 1] if len(rows) > limit else None
        if last is None:
            return Found(people, None)
        staff_no = people[-1].staff_no
        return Found(people, f"{'' if staff_no == people[-1].person else staff_no}~{last['stream']}")

    async def holders(self, tenant: TenantId, units: Sequence[str]) -> list[Holder]:
        """Return who has, had or will have a post at units; not those who left."""
        async with self._database.connection(tenant) as connection:
            rows = await (await connection.execute(_HOLDERS, (tenant, list(units)))).fetchall()
        return [Holder(PersonId(row["stream"]), row["name"], row["staff_no"], _post(row)) for row in rows]

    async def lately(self, tenant: TenantId, person: PersonId, reader: Actor, limit: int = 30) -> list[Business]:
        """Return what a person filed or decided of late, newest first, as far as the reader may see it."""
        values = (tenant, LATELY, person, list(_DEEDS), limit)
        async with self._database.connection(tenant) as connection:
            rows = await (await connection.execute(_LATELY, values)).fetchall()
        return [_business(row) for row in rows if _readable(row, reader)]

    async def owed(self, tenant: TenantId, unit: str, reader: Actor, limit: int = 60) -> list[Business]:
        """Return the business of one unit, the latest due first, as far as the reader may see it."""
        async with self._database.connection(tenant) as connection:
            rows = await (await connection.execute(_OWED, (tenant, unit, limit))).fetchall()
        return [_business(row) for row in rows if _readable(row, reader)]


async def everybody(connection: Connection, tenant: TenantId) -> list[Known]:
    """Return everybody of a tenant, on a borrowed connection."""
    rows = await (await connection.execute(_ALL, {"tenant": tenant})).fetchall()
    return [_known(row) for row in rows]


def _readable(row: Mapping[str, Any], reader: Actor) -> bool:
    machine = machine_for(row["stream"])
    return may_read(reader, machine.scope(machine.load_state(row["status"], row["state"])))


def _business(row: Mapping[str, Any]) -> Business:
    return Business(
        stream=StreamId(row["stream"]),
        machine=machine_for(row["stream"]).name,
        status=row["status"],
        rules=row["duty"],
        period=row["period"],
        unit=row["unit"],
        due_at=row["due_at"],
        did=row.get("type"),
        at=row.get("happened_at"),
    )


def _known(row: Mapping[str, Any]) -> Known:
    state = PERSON.load_state(row["status"], row["state"])
    assert isinstance(state, Person), "the people's streams are of the person machine"
    person = PersonId(row["stream"])
    return Known(
        person=person,
        staff_no=state.staff_no or person,
        name=row["name"],
        posts=state.posts,
        left=isinstance(state, Left),
        login=row["login"],
        version=row["version"],
    )


def _post(row: Mapping[str, Any]) -> Appointment:
    return Appointment(**{name: row[name] for name in Appointment.model_fields})

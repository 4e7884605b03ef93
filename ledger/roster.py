"""The people of a tenant as a roster sees them, and finding them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, LiteralString

from domain.ids import PersonId, TenantId
from domain.machine import Appointment
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
ORDER BY p.role, p.first_day, p.stream
"""


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


async def everybody(connection: Connection, tenant: TenantId) -> list[Known]:
    """Return everybody of a tenant, on a borrowed connection."""
    rows = await (await connection.execute(_ALL, {"tenant": tenant})).fetchall()
    return [_known(row) for row in rows]


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

"""What waits for somebody who is away, leaves, or is there again."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import date, datetime
from typing import LiteralString

from domain.access import Post
from domain.ids import PersonId, StreamId, TenantId
from domain.machine import State
from domain.machines import machine_for
from ledger.database import Database

_WAITING: LiteralString = """
SELECT t.stream FROM (
    SELECT o.stream FROM task AS o WHERE o.tenant = %(tenant)s AND o.person = ANY(%(people)s)
    UNION
    SELECT o.stream FROM unnest(%(roles)s::text[], %(units)s::text[]) AS p(role, unit)
    JOIN task AS o ON o.tenant = %(tenant)s AND o.role = p.role AND o.unit = p.unit
) AS t
JOIN item AS i ON i.tenant = %(tenant)s AND i.stream = t.stream AND i.machine = ANY(%(machines)s)
ORDER BY t.stream
"""

_AT_POSTS: LiteralString = """
SELECT (SELECT count(DISTINCT t.stream) FROM task AS t
        WHERE t.tenant = %(tenant)s AND t.role = p.role AND t.unit = p.unit) AS waiting,
       ARRAY(SELECT DISTINCT a.stream FROM appointment AS a
             WHERE a.tenant = %(tenant)s AND a.role = p.role AND a.unit = p.unit
               AND %(today)s BETWEEN a.first_day AND coalesce(a.last_day, 'infinity')
               AND (a.ended_at IS NULL OR %(now)s < a.ended_at) ORDER BY a.stream) AS holders
FROM unnest(%(roles)s::text[], %(units)s::text[]) WITH ORDINALITY AS p(role, unit, ordinal) ORDER BY p.ordinal
"""

# Read once in a while, for somebody who leaves: everything open is looked through.
_NAMING: LiteralString = """
SELECT stream, status, state::text AS state FROM stream
WHERE tenant = %(tenant)s AND NOT ended AND machine IN ('filing', 'inspection')
  AND position(%(person)s IN state::text) > 0
ORDER BY stream
"""


class Absence:
    """Reads what an absence concerns."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def waiting(
        self,
        tenant: TenantId,
        people: Collection[PersonId],
        posts: Collection[Post],
        machines: Collection[str] = ("filing",),
    ) -> list[StreamId]:
        """Return the filings, or what else is asked for, that wait for one of these people or posts."""
        values = {
            "tenant": tenant,
            "machines": sorted(machines),
            "people": sorted(people),
            "roles": [post.role for post in posts],
            "units": [post.unit for post in posts],
        }
        async with self._database.connection(tenant) as connection:
            rows = await (await connection.execute(_WAITING, values)).fetchall()
        return [StreamId(row["stream"]) for row in rows]

    async def at_posts(
        self, tenant: TenantId, posts: Sequence[Post], today: date, now: datetime
    ) -> list[tuple[int, list[PersonId]]]:
        """Return, for each of the posts, how much waits there and who holds it now. One query."""
        values = {
            "tenant": tenant,
            "roles": [post.role for post in posts],
            "units": [post.unit for post in posts],
            "today": today,
            "now": now,
        }
        async with self._database.connection(tenant) as connection:
            rows = await (await connection.execute(_AT_POSTS, values)).fetchall()
        return [(row["waiting"], [PersonId(one) for one in row["holders"]]) for row in rows]

    async def naming(self, tenant: TenantId, person: PersonId) -> list[tuple[StreamId, State]]:
        """Return the filings and inspections that have not ended and that name somebody anywhere. One query."""
        async with self._database.connection(tenant) as connection:
            rows = await (await connection.execute(_NAMING, {"tenant": tenant, "person": person})).fetchall()
        return [
            (StreamId(row["stream"]), machine_for(row["stream"]).load_state(row["status"], row["state"]))
            for row in rows
        ]

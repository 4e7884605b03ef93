"""What waits for somebody who is away, leaves, or is there again."""

from __future__ import annotations

from collections.abc import Collection
from typing import LiteralString

from domain.access import Post
from domain.ids import PersonId, StreamId, TenantId
from ledger.database import Database

_WAITING: LiteralString = """
SELECT DISTINCT t.stream FROM task AS t
JOIN item AS i ON i.tenant = t.tenant AND i.stream = t.stream AND i.machine = 'filing'
WHERE t.tenant = %(tenant)s
  AND (t.person = ANY(%(people)s)
       OR (t.role, t.unit) IN (SELECT * FROM unnest(%(roles)s::text[], %(units)s::text[])))
ORDER BY t.stream
"""


class Absence:
    """Reads what an absence concerns."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def waiting(self, tenant: TenantId, people: Collection[PersonId], posts: Collection[Post]) -> list[StreamId]:
        """Return the filings that wait for one of these people or posts."""
        values = {
            "tenant": tenant,
            "people": sorted(people),
            "roles": [post.role for post in posts],
            "units": [post.unit for post in posts],
        }
        async with self._database.connection(tenant) as connection:
            rows = await (await connection.execute(_WAITING, values)).fetchall()
        return [StreamId(row["stream"]) for row in rows]

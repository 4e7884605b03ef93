"""Document contents by digest, and drafts. Both stand beside the events: a content can be erased, a draft changed."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from psycopg.types.json import Jsonb

from domain.ids import PersonId, StreamId, TenantId
from ledger.database import Connection, Database


@dataclass(frozen=True, slots=True)
class Content:
    """A document's content; `body` is None once it was erased."""

    digest: str
    body: Any
    erased_at: datetime | None


@dataclass(frozen=True, slots=True)
class Draft:
    """What an author has written and not handed in. `revision` counts its saves."""

    body: dict[str, Any]
    revision: int
    saved_by: PersonId
    saved_at: datetime


class DraftMoved(Exception):
    """The draft is not the one the author saw. Carries what is there now, if anything, so that no text is lost."""

    def __init__(self, draft: Draft | None) -> None:
        super().__init__("the draft has been saved by somebody else")
        self.draft = draft


async def names_of(connection: Connection, tenant: TenantId, people: Iterable[PersonId]) -> dict[PersonId, str]:
    """Return the names of people, where they are known and not erased."""
    query = """
        SELECT s.stream, c.body ->> 'name' AS name FROM stream AS s
        JOIN content AS c ON c.tenant = s.tenant AND c.digest = s.state ->> 'profile'
        WHERE s.tenant = %s AND s.stream = ANY(%s) AND c.body IS NOT NULL
    """
    rows = await (await connection.execute(query, (tenant, sorted(set(people))))).fetchall()
    return {PersonId(row["stream"]): row["name"] for row in rows}


class Contents:
    """Reads contents; reads and saves drafts."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def content(self, tenant: TenantId, digest: str) -> Content | None:
        """Return a content by digest."""
        query = "SELECT digest, body, erased_at FROM content WHERE tenant = %s AND digest = %s"
        async with self._database.connection(tenant) as connection:
            row = await (await connection.execute(query, (tenant, digest))).fetchone()
        return None if row is None else Content(row["digest"], row["body"], row["erased_at"])

    async def bodies(self, tenant: TenantId, digests: Collection[str], largest: int) -> dict[str, Any]:
        """Return the bodies of contents by digest, in one query: None for what was erased or takes more bytes."""
        query = """
            SELECT digest, CASE WHEN pg_column_size(body) <= %s THEN body END AS body
            FROM content WHERE tenant = %s AND digest = ANY(%s)
        """
        async with self._database.connection(tenant) as connection:
            rows = await (await connection.execute(query, (largest, tenant, sorted(digests)))).fetchall()
        return {row["digest"]: row["body"] for row in rows}

    async def erase(self, tenant: TenantId, digest: str) -> bool:
        """Erase a content, also from the search; its digest in the events stays and still verifies.

        False when there is none.
        """
        query = """
            WITH forgotten AS (UPDATE search SET grams = '{}' WHERE tenant = %(tenant)s AND content = %(digest)s)
            UPDATE content SET body = NULL, erased_at = now() WHERE tenant = %(tenant)s AND digest = %(digest)s
        """
        async with self._database.connection(tenant) as connection:
            return (await connection.execute(query, {"tenant": tenant, "digest": digest})).rowcount == 1

    async def draft(self, tenant: TenantId, stream: StreamId) -> Draft | None:
        """Return a stream's draft."""
        query = "SELECT body, revision, saved_by, saved_at FROM draft WHERE tenant = %s AND stream = %s"
        async with self._database.connection(tenant) as connection:
            row = await (await connection.execute(query, (tenant, stream))).fetchone()
        return None if row is None else _draft(row)

    async def save_draft(
        self, tenant: TenantId, stream: StreamId, body: dict[str, Any], by: PersonId, expected: int | None
    ) -> Draft:
        """Save a draft over the revision the author saw (0 for none; None to overwrite). Raises `DraftMoved`."""
        query = """
            INSERT INTO draft AS d (tenant, stream, body, revision, saved_by, saved_at)
            SELECT %(tenant)s, %(stream)s, %(body)s, 1, %(by)s, coalesce(t.clock_frozen, now() + t.clock_offset)
            FROM tenant AS t
            WHERE t.tenant = %(tenant)s AND (coalesce(%(expected)s::integer, 0) = 0 OR EXISTS (
                SELECT FROM draft WHERE tenant = %(tenant)s AND stream = %(stream)s))
            ON CONFLICT (tenant, stream) DO UPDATE
            SET body = excluded.body, revision = d.revision + 1, saved_by = excluded.saved_by,
                saved_at = excluded.saved_at
            WHERE %(expected)s::integer IS NULL OR d.revision = %(expected)s
            RETURNING body, revision, saved_by, saved_at
        """
        values = {"tenant": tenant, "stream": stream, "body": Jsonb(body), "by": by, "expected": expected}
        async with self._database.connection(tenant) as connection:
            row = await (await connection.execute(query, values)).fetchone()
        if row is not None:
            return _draft(row)
        raise DraftMoved(await self.draft(tenant, stream))

    async def discard_draft(self, tenant: TenantId, stream: StreamId, revision: int | None) -> None:
        """Remove a draft; with a revision only that one, because somebody may have gone on writing."""
        query = """
            DELETE FROM draft WHERE tenant = %s AND stream = %s AND (%s::integer IS NULL OR revision = %s)
        """
        async with self._database.connection(tenant) as connection:
            await connection.execute(query, (tenant, stream, revision, revision))


def _draft(row: dict[str, Any]) -> Draft:
    return Draft(row["body"], row["revision"], PersonId(row["saved_by"]), row["saved_at"].astimezone(UTC))

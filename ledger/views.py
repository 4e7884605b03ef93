"""Saved views: a list as somebody likes to look at it, kept under a name of their own."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID, uuid4

from domain.ids import PersonId, TenantId
from domain.refusal import invalid
from ledger.database import Database

MAX_VIEWS = 20
"""Views that a person keeps for one page."""
NAME_LENGTH = 40


@dataclass(frozen=True, slots=True)
class SavedView:
    """A name for the query of a page's address."""

    id: UUID
    name: str
    query: str


class Views:
    """Keeps people's views."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def of(self, tenant: TenantId, person: PersonId, page: str) -> Sequence[SavedView]:
        """Return somebody's views of a page, oldest first."""
        query = """
            SELECT id, name, query FROM saved_view WHERE tenant = %s AND person = %s AND page = %s
            ORDER BY created_at, id
        """
        async with self._database.connection(tenant) as connection:
            rows = await (await connection.execute(query, (tenant, person, page))).fetchall()
        return [SavedView(row["id"], row["name"], row["query"]) for row in rows]

    async def save(self, tenant: TenantId, person: PersonId, page: str, name: str, query: str) -> None:
        """Keep a view; one of the same name is replaced. Refused without a name, or when there are too many."""
        name = name.strip()
        if not 1 <= len(name) <= NAME_LENGTH:
            raise invalid("view_name", at="name", limit=NAME_LENGTH)
        async with self._database.transaction(tenant) as connection:
            await connection.execute(
                "DELETE FROM saved_view WHERE tenant = %s AND person = %s AND page = %s AND name = %s",
                (tenant, person, page, name),
            )
            added = await connection.execute(
                """
                INSERT INTO saved_view (tenant, person, id, name, page, query)
                SELECT %(tenant)s, %(person)s, %(id)s, %(name)s, %(page)s, %(query)s
                WHERE (SELECT count(*) FROM saved_view
                       WHERE tenant = %(tenant)s AND person = %(person)s AND page = %(page)s) < %(most)s
                """,
                {
                    "tenant": tenant,
                    "person": person,
                    "id": uuid4(),
                    "name": name,
                    "page": page,
                    "query": query,
                    "most": MAX_VIEWS,
                },
            )
            if added.rowcount == 0:
                raise invalid("too_many_views", at="name", limit=MAX_VIEWS)

    async def drop(self, tenant: TenantId, person: PersonId, id: UUID) -> None:
        """Forget one of somebody's own views."""
        async with self._database.connection(tenant) as connection:
            await connection.execute(
                "DELETE FROM saved_view WHERE tenant = %s AND person = %s AND id = %s", (tenant, person, id)
            )

"""What waits for people: one desk, and how much there is on all of them."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from sqlalchemy import TEXT, and_, cast, func, or_, select, tuple_
from sqlalchemy.dialects.postgresql import distinct_on

from domain.access import Actor
from domain.ids import StreamId, TenantId
from domain.machine import State
from domain.machines import machine_for
from ledger.database import Database
from ledger.schema import item, stream, task

_LAST = stream.c.state["revisions"][-1]
_SHOWN = (
    stream.c.version,
    stream.c.programme,
    stream.c.state["title"].label("title"),
    stream.c.state["unit_title"].label("unit_title"),
    _LAST["by"].astext.label("handed_by"),
    _LAST["at"].astext.label("handed_at"),
)
"""What a row says about a stream beyond its line in `item`: rules, titles as they were pinned, the last submission."""


class Desk:
    """Reads desks."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def waiting(self, tenant: TenantId, actor: Actor, *, limit: int = 200) -> Sequence[dict[str, Any]]:
        """Return what waits for the actor or for a post they hold, most urgent first, each stream once.

        In somebody's stead: what waits for that one.
        """
        mine = [task.c.person == actor.principal]
        posts = sorted({(one.role, one.unit) for one in actor.held})
        if posts:
            mine.append(tuple_(task.c.role, task.c.unit).in_(posts))
        # A stream may wait for two posts of one person; it is one thing to do.
        once = (
            select(task.c.stream, task.c.kind, task.c.due_at)
            .where(task.c.tenant == tenant, or_(*mine))
            .ext(distinct_on(task.c.stream))
            .order_by(task.c.stream, task.c.due_at.asc().nulls_last(), task.c.ordinal)
            .subquery()
        )
        query = (
            select(
                once.c.stream,
                once.c.kind,
                once.c.due_at,
                item.c.machine,
                item.c.unit,
                item.c.duty,
                item.c.period,
                item.c.status,
                item.c.stage,
                item.c.person,
                *_SHOWN,
            )
            .join(item, and_(item.c.tenant == tenant, item.c.stream == once.c.stream))
            .join(stream, and_(stream.c.tenant == tenant, stream.c.stream == once.c.stream))
            .order_by(once.c.due_at.asc().nulls_last(), once.c.stream)
            .limit(limit)
        )
        return [dict(row) for row in await self._database.rows(query, tenant)]

    async def heads(self, tenant: TenantId, streams: Collection[StreamId]) -> dict[StreamId, tuple[int, State]]:
        """Return the versions and states of streams, in one query; those that are not there are left out."""
        query = select(stream.c.stream, stream.c.version, stream.c.status, cast(stream.c.state, TEXT).label("state"))
        query = query.where(stream.c.tenant == tenant, stream.c.stream.in_(sorted(streams)))
        return {
            StreamId(row["stream"]): (
                row["version"],
                machine_for(row["stream"]).load_state(row["status"], row["state"]),
            )
            for row in await self._database.rows(query, tenant)
        }

    async def load(self, tenant: TenantId) -> Mapping[str | tuple[str, str], int]:
        """Return how many tasks wait for each person by name and for each post (role, unit)."""
        query = (
            select(task.c.person, task.c.role, task.c.unit, func.count().label("tasks"))
            .where(task.c.tenant == tenant)
            .group_by(task.c.person, task.c.role, task.c.unit)
        )
        rows = await self._database.rows(query, tenant)
        return {row["person"] or (row["role"], row["unit"]): row["tasks"] for row in rows}
